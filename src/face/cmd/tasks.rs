//! `bowline tasks`: append what the spec asks for and no task names, and what the plan lacks; tick what is done.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use crate::base::diag::{Diagnostic, has_errors};
use crate::base::fs::{self, FileError, Replacement};
use crate::base::source::FileId;
use crate::change::diff;
use crate::face::cli::Tasks;
use crate::face::exit::Exit;
use crate::face::made;
use crate::face::output::count;
use crate::face::plan::edits::{self, Edit};
use crate::face::prepare::no_block;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;
use crate::face::tick::{self, Ground, Verdict};
use crate::graph::derive::{Addition, Derived, derive_besides, vanished};
use crate::graph::evidence;
use crate::graph::names::Names;
use crate::model::ids::TaskId;

use super::check::{self, KUBERNETES};

pub fn run(context: &Context, args: &Tasks) -> Exit {
    let project = Project::read(&context.root);
    if args.tick { tick(context, project, args.dry_run) } else { append(context, project, args.dry_run) }
}

fn append(context: &Context, project: Project, dry_run: bool) -> Exit {
    let exists = |path: &str| tick::exists(&project, path);
    let given = project.given(&exists);
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
    let derived = match given {
        Some(given) if !has_errors(&findings) => derive_besides(given, &tick::stamped_tasks(&project)),
        _ => Derived::default(),
    };
    findings.extend(derived.refused);
    if has_errors(&findings) {
        return report::findings(context.output, &findings, &project.sources);
    }
    let mut edits: Vec<Edit> = derived.additions.iter().map(|a| appended(&project, a)).collect();
    let tasks: usize = derived.additions.iter().map(|a| a.tasks.len()).sum();
    let mut after = project.with_tasks(&derived.additions);
    let found = check::everything(&mut after, KUBERNETES).findings;
    let (plans, sections) = edits::edits(&after, &found, &mut findings);
    edits.extend(plans);
    report::findings(context.output, &findings, &after.sources);
    if edits.is_empty() {
        context.output.say("every artifact has its task and the plan is complete; nothing to append");
        return Exit::Done;
    }
    let what: Vec<String> = [(tasks, "task"), (sections, "section of the plan")]
        .into_iter()
        .filter(|(n, _)| *n > 0)
        .map(|(n, one)| if n > 1 && one != "task" { format!("{n} sections of the plan") } else { count(n, one) })
        .collect();
    let what = what.join(" and ");
    for edit in &edits {
        context.output.data(&diff::texts(&edit.path, edit.before.as_deref().unwrap_or_default(), &edit.after));
    }
    if dry_run {
        context.output.say(&format!("{what} to write; run `bowline tasks`"));
        return Exit::Pending;
    }
    if let Err(exit) = write(context, &edits) {
        return exit;
    }
    context.output.say(&format!("{what} written; nothing else was touched"));
    Exit::Done
}

fn appended(project: &Project, addition: &Addition) -> Edit {
    let before = addition.file.map(|f| project.sources.text(f).to_owned());
    let mut after = before.clone().unwrap_or_default();
    after.insert_str(addition.offset.min(after.len()), &addition.text);
    Edit { path: addition.path.clone(), before, after }
}

/// Writes all edits, or none.
fn write(context: &Context, edits: &[Edit]) -> Result<(), Exit> {
    let replacements = edits.iter().map(|edit| {
        let path = fs::inside(&context.root, &edit.path)?;
        let before = edit.before.as_ref().map(|b| b.clone().into_bytes());
        Ok(Replacement { path, before, bytes: edit.after.clone().into_bytes() })
    });
    let written = replacements.collect::<Result<Vec<_>, FileError>>().and_then(|all| fs::replace_all(&all));
    written.map_err(|error| {
        context.output.say(&format!("error[file-unwritable]: {error}"));
        context.output.say("   nothing was written; correct the cause and run it again");
        if matches!(error, FileError::Changed(_)) { Exit::Conflict } else { Exit::World }
    })
}

fn tick(context: &Context, mut project: Project, dry_run: bool) -> Exit {
    if project.has_errors() {
        return report::findings(context.output, &project.diagnostics, &project.sources);
    }
    let findings = check::everything(&mut project, KUBERNETES).findings;
    let made = made::make(&project);
    let disk = made::disk(&project, &made);
    let runs = tick::runs(&tick::run_reports(&context.root));
    let names = Names::new(&project.possible, &project.templates.entries);
    let ground = Ground {
        project: &project,
        made: &made,
        states: &disk.states,
        findings: &findings,
        runs: &runs,
        names: &names,
    };
    let alone = project.documents.features.iter().filter(|f| !f.tasks.is_empty()).count() < 2;
    let name = |id: &TaskId| if alone { id.id.clone() } else { id.to_string() };
    let mut edits: BTreeMap<FileId, Edit> = BTreeMap::new();
    let (mut shown, mut ticked, mut open) = (String::new(), 0, 0);
    for (ix, verdict) in tick::verdicts(&ground) {
        let task = &project.graph.task(ix).task;
        let id = name(&task.id);
        match (verdict, task.mark) {
            (Verdict::Holds(evidence), Some(mark)) => {
                ticked += 1;
                let text = project.sources.text(mark.file);
                let edit = edits.entry(mark.file).or_insert_with(|| {
                    let before = text.to_owned();
                    Edit {
                        path: project.sources.path(mark.file).to_owned(),
                        after: before.clone(),
                        before: Some(before),
                    }
                });
                let feature = project.documents.features.iter().find(|f| f.id == task.id.feature);
                let tick = tick::tick_of(text, feature.map_or(&[][..], |f| &f.tasks));
                edit.after.replace_range(mark.range(), &tick.to_string());
                let verb = if dry_run { "would tick " } else { "ticked     " };
                let _ = writeln!(shown, "{verb} {id}  {evidence}");
            }
            (Verdict::Holds(evidence), None) => {
                open += 1;
                let _ = writeln!(shown, "no box      {id}  {evidence}; the task has no box to tick");
            }
            (Verdict::Open(reason), _) => {
                open += 1;
                let _ = writeln!(shown, "not ticked  {id}  {reason}");
            }
        }
    }
    let exists = |path: &str| tick::exists(&project, path);
    let mut phantoms = 0;
    for node in &project.graph.tasks {
        for absent in evidence::phantom(&project.graph, node, &names, &exists) {
            phantoms += 1;
            let place = project.sources.display(absent.span);
            let id = name(node.id());
            let _ = writeln!(shown, "phantom     {id}  is ticked, and {} does not exist ({place})", absent.path);
        }
    }
    context.output.data(&shown);
    let edits: Vec<Edit> = edits.into_values().collect();
    let mut summary = format!("{ticked} ticked, {open} not");
    if phantoms > 0 {
        let _ = write!(summary, "; {} of ticked tasks missing", count(phantoms, "file"));
    }
    if dry_run && ticked > 0 {
        context.output.say(&format!("{summary}; this was a dry run: run `bowline tasks --tick`"));
        return Exit::Pending;
    }
    if let Err(exit) = write(context, &edits) {
        return exit;
    }
    context.output.say(&summary);
    Exit::Done
}
