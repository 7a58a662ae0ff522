//! `bowline generate`: write what changed, and nothing else.

use std::collections::BTreeSet;

use serde_json::json;

use crate::base::diag::{Severity, has_errors};
use crate::base::fs;
use crate::face::adopted;
use crate::face::cli::{Generate, PlainOutput};
use crate::face::cmd::compare;
use crate::face::exit::Exit;
use crate::face::made::{self, Ready};
use crate::face::output::count;
use crate::face::prepare::no_block;
use crate::face::project::Project;
use crate::face::replace;
use crate::face::report;
use crate::face::run::Context;
use crate::make::store::Store;
use crate::make::writes::{Action, Write};
use crate::read::adopted::LOCK;
use crate::read::repository;

pub fn run(context: &Context, args: &Generate) -> Exit {
    if let Some(chart) = &args.compare {
        return compare::run(context, args, chart);
    }
    let plain = args.discard.is_empty() && args.replace.is_empty() && args.output == PlainOutput::Human;
    if plain && made::unchanged(&context.root) {
        context.output.say("nothing has changed since the last run: all artifacts are up to date");
        return Exit::Done;
    }
    let project = Project::read(&context.root);
    let mut findings = project.diagnostics.clone();
    if project.app.is_none() && !has_errors(&findings) {
        findings.push(no_block(&project));
    }
    if has_errors(&findings) {
        return report::findings(context.output, &findings, &project.sources);
    }
    let mut store = Store::open(&context.root);
    let ready = Ready::with(&project, &mut store);
    let replace: BTreeSet<String> = args.replace.iter().map(|f| repository::join("", f)).collect();
    let mut made = ready.make_to_write(&project);
    adopted::substitute_but(&project, &mut made, &replace);
    findings.extend(made.diagnostics.iter().cloned());
    if report::findings(context.output, &findings, &project.sources) != Exit::Done {
        return Exit::Errors;
    }
    let discard: BTreeSet<String> = args.discard.iter().map(|f| f.trim_start_matches("./").to_owned()).collect();
    if let Err(refused) = replace::allowed(&project, &made, &replace) {
        return report::findings(context.output, &refused, &project.sources);
    }
    let decided = match made::decide_replacing(context, &project, &made, &discard, &replace, &mut store) {
        Ok(decided) => decided,
        Err(exit) => return exit,
    };
    let pending: Vec<&Write> = decided.iter().filter(|w| w.action.is_change()).collect();
    if args.output == PlainOutput::Json {
        let rows: Vec<_> = pending
            .iter()
            .map(|w| json!({ "path": w.path, "action": word(w.action), "reason": made::reason(&store, w, &made) }))
            .collect();
        context
            .output
            .json("generate", &json!({ "artifacts": made.artifacts.len(), "changes": rows, "written": !args.check }));
    } else {
        for write in &pending {
            let reason =
                if context.explain { format!("  {}", made::reason(&store, write, &made)) } else { String::new() };
            context.output.data(&format!("{:<6}  {}{reason}", word(write.action), write.path));
        }
    }
    if args.check {
        if pending.is_empty() {
            context.output.say(&format!("{}: all up to date", count(made.artifacts.len(), "artifact")));
            return Exit::Done;
        }
        context.output.say(&format!("{} would change; run `bowline generate`", count(pending.len(), "artifact")));
        return Exit::Pending;
    }
    match made::carry_out(context, &made, &decided, &mut store) {
        Ok(done) => {
            context.output.say(&made::summary(&made, done));
            if let Some(lock) = replace::lock_without(&project, &replace) {
                let written = fs::inside(&context.root, LOCK).and_then(|path| fs::write(&path, lock.as_bytes()));
                if let Err(error) = written {
                    context.output.say(&format!("error[file-unwritable]: {error}"));
                    return Exit::World;
                }
            }
            replace::ways_back(&project, &replace)
                .iter()
                .for_each(|way| context.output.say(&format!("the old text: {way}")));
            if findings.iter().all(|d| d.severity == Severity::Note) {
                // what has a warning is read again, so that the warning is said again
                made::remember(&project, &ready, &made, &mut store);
            }
            // the process ends: nobody waits until each value of a large app is given back by itself
            std::mem::forget((project, made, store));
            Exit::Done
        }
        Err(exit) => exit,
    }
}

fn word(action: Action) -> &'static str {
    match action {
        Action::Create => "create",
        Action::Update => "update",
        Action::Remove => "remove",
        Action::Same | Action::Edited | Action::Foreign | Action::Adopted => "keep",
    }
}
