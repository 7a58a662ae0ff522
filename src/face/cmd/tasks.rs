//! `bowline tasks`: append what the spec asks for and no task names.

use crate::base::diag::{Diagnostic, has_errors};
use crate::base::fs;
use crate::face::cli::Tasks;
use crate::face::exit::Exit;
use crate::face::output::count;
use crate::face::prepare::no_block;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;
use crate::graph::derive::{Given, derive, vanished};

pub fn run(context: &Context, args: &Tasks) -> Exit {
    let project = Project::read(&context.root);
    let exists = |path: &str| fs::inside(&context.root, path).is_ok_and(|p| p.exists());
    let given = project.app.as_ref().map(|app| Given {
        documents: &project.documents,
        sources: &project.sources,
        app,
        entries: &project.templates.entries,
        possible: &project.possible,
        graph: &project.graph,
        exists: &exists,
    });
    let gone = given.map(vanished).unwrap_or_default();
    // what the appended tasks answer is no reason to append none
    let answered = |d: &Diagnostic| {
        let path = d.primary.as_ref().map_or("", |label| project.sources.slice(label.span));
        let mut paths = gone.iter().filter(|(id, _)| d.task == Some(id.to_string())).flat_map(|(_, paths)| paths);
        d.code == "task-missing" || (d.code == "artifact-unknown" && paths.any(|p| p == path))
    };
    let mut findings: Vec<Diagnostic> = project.diagnostics.iter().filter(|d| !answered(d)).cloned().collect();
    if project.app.is_none() && !has_errors(&findings) {
        findings.push(no_block(&project));
    }
    if report::findings(context.output, &findings, &project.sources) != Exit::Done {
        return Exit::Errors;
    }
    let Some(given) = given else { return Exit::Errors };
    let additions = derive(given);
    if additions.is_empty() {
        context.output.say("every artifact has its task; nothing to append");
        return Exit::Done;
    }
    for addition in &additions {
        context.output.data(&format!("--- {}\n{}", addition.path, addition.text.trim_start_matches('\n')));
        if args.dry_run {
            continue;
        }
        let text = addition.file.map_or("", |f| project.sources.text(f));
        let (before, after) = text.split_at_checked(addition.offset).unwrap_or((text, ""));
        let written = fs::inside(&context.root, &addition.path)
            .and_then(|path| fs::write(&path, format!("{before}{}{after}", addition.text).as_bytes()));
        if let Err(error) = written {
            context.output.say(&format!("error[file-unwritable]: {error}"));
            return Exit::World;
        }
    }
    let tasks: usize = additions.iter().map(|a| a.tasks.len()).sum();
    if args.dry_run {
        context.output.say(&format!("{} to append; run `bowline tasks`", count(tasks, "task")));
        return Exit::Pending;
    }
    context.output.say(&format!("{} appended; nothing else was touched", count(tasks, "task")));
    Exit::Done
}
