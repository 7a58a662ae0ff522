//! `bowline constitution`: every sentence and what it became.

use std::collections::BTreeMap;

use serde_json::json;

use crate::check::rules::{self, Outcome};
use crate::face::cli::{Plain, PlainOutput};
use crate::face::exit::Exit;
use crate::face::project::Project;
use crate::face::run::Context;
use crate::model::workspace::Constitution;

pub fn run(context: &Context, args: &Plain) -> Exit {
    let project = Project::read(&context.root);
    let Some(constitution) = &project.documents.constitution else {
        context.output.say("there is no constitution here (looked for `constitution.md`, `.specify/memory/constitution.md` and `CONSTITUTION.md`)");
        return Exit::Errors;
    };
    let bindings = rules::bindings(constitution);
    let all = constitution.statements.iter().zip(&bindings);
    if args.output == PlainOutput::Json {
        let rows: Vec<_> = all
            .map(|(s, b)| {
                let place = project.sources.display(s.span);
                json!({ "id": s.id, "heading": s.heading, "sentence": s.text, "place": place, "became": outcome(&b.outcome) })
            })
            .collect();
        let asides: Vec<_> = constitution
            .asides
            .iter()
            .map(|a| json!({ "place": project.sources.display(a.span), "text": project.sources.slice(a.span), "what": a.what }))
            .collect();
        let data = json!({
            "file": project.sources.path(constitution.file),
            "title": constitution.title,
            "version": constitution.version,
            "ratified": constitution.ratified,
            "amended": constitution.amended,
            "notRead": project.documents.not_read,
            "statements": rows,
            "asides": asides,
        });
        context.output.json("constitution", &data);
        return Exit::Done;
    }
    let mut text = String::new();
    for (statement, binding) in all {
        text += &format!("{}  {}\n", statement.id, project.sources.display(statement.span));
        text += &format!("    {}\n    {}\n", statement.text, outcome(&binding.outcome));
    }
    text += &asides(constitution, &project);
    context.output.data(&text);
    Exit::Done
}

/// The lines that state nothing, by what they are.
fn asides(constitution: &Constitution, project: &Project) -> String {
    let mut kinds: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for aside in constitution.asides.iter().filter(|a| a.what != "ruling") {
        kinds.entry(aside.what).or_default().push(project.sources.position(aside.span).line);
    }
    let mut text = String::new();
    for (what, mut lines) in kinds {
        lines.dedup();
        let rest = lines.len().saturating_sub(12);
        let shown: Vec<String> = lines.iter().take(12).map(ToString::to_string).collect();
        let more = if rest > 0 { format!(" and {rest} more") } else { String::new() };
        text += &format!("no statement  {what}: line {}{more}\n", shown.join(", "));
    }
    text
}

/// What a sentence became, in words.
pub fn outcome(outcome: &Outcome) -> String {
    match outcome {
        Outcome::Rules(rules) => {
            let names: Vec<String> = rules.iter().map(ToString::to_string).collect();
            format!("checked by {}", names.join(", "))
        }
        Outcome::NeedsHuman => "needs a human".to_owned(),
        Outcome::NoRule => "not a demand".to_owned(),
        Outcome::NotUnderstood => "not understood: no rule checks it".to_owned(),
    }
}
