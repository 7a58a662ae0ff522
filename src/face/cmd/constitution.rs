//! `bowline constitution`: every sentence and what it became.

use serde_json::json;

use crate::check::rules::{self, Outcome};
use crate::face::cli::{Plain, PlainOutput};
use crate::face::exit::Exit;
use crate::face::project::Project;
use crate::face::run::Context;

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
        context.output.json("constitution", &json!({ "statements": rows }));
        return Exit::Done;
    }
    let mut text = String::new();
    for (statement, binding) in all {
        text += &format!("{}  {}\n", statement.id, project.sources.display(statement.span));
        text += &format!("    {}\n    {}\n", statement.text, outcome(&binding.outcome));
    }
    context.output.data(&text);
    Exit::Done
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
