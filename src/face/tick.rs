//! Which tasks are done by the evidence: files for what makes files, run reports for what runs. A person's work is a
//! person's to tick.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::base::diag::{Diagnostic, Severity};
use crate::base::fs;
use crate::graph::evidence;
use crate::graph::names::Names;
use crate::graph::tasks::{TaskIx, TaskNode};
use crate::make::run::Made;
use crate::make::stamp::{self, Reading};
use crate::make::writes::{self, State};
use crate::model::ids::{FeatureId, TaskId};
use crate::model::workspace::{Task, TaskKind};

use super::project::Project;

/// What is known of one task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Done, by this evidence.
    Holds(String),
    /// Not known to be done, for this reason.
    Open(String),
}

/// One line of a report on a run: whether every operation of a task succeeded, and in which report.
pub type Runs = BTreeMap<String, (bool, String)>;

/// Everything that evidence is taken from.
pub struct Ground<'a> {
    pub project: &'a Project,
    pub made: &'a Made,
    /// How the made files stand on disk.
    pub states: &'a BTreeMap<String, State>,
    pub findings: &'a [Diagnostic],
    pub runs: &'a Runs,
    pub names: &'a Names<'a>,
}

/// The verdict on every open task, in the order of the graph.
pub fn verdicts(ground: &Ground<'_>) -> Vec<(TaskIx, Verdict)> {
    let graph = &ground.project.graph;
    let open = graph.indices().filter(|ix| !graph.task(*ix).task.done);
    open.map(|ix| (ix, verdict(ground, ix))).collect()
}

fn verdict(ground: &Ground<'_>, ix: TaskIx) -> Verdict {
    let node = ground.project.graph.task(ix);
    match node.task.kind {
        TaskKind::Manual => Verdict::Open("a person's work".to_owned()),
        TaskKind::Runs | TaskKind::Verifies => match ground.runs.get(&node.id().to_string()) {
            Some((true, report)) => Verdict::Holds(format!("done in {report}")),
            Some((false, report)) => Verdict::Open(format!("did not succeed in {report}")),
            None => Verdict::Open("no run has reached it".to_owned()),
        },
        TaskKind::Removes => removed(ground, node),
        TaskKind::Produces | TaskKind::Edits => files(ground, ix, node),
    }
}

fn removed(ground: &Ground<'_>, node: &TaskNode) -> Verdict {
    let paths: Vec<&str> =
        node.task.paths.iter().map(|(p, _)| p.as_str()).filter(|p| !p.contains(['*', '{'])).collect();
    let there = |path: &&&str| fs::inside(&ground.project.root, path).is_ok_and(|p| p.exists());
    match (paths.iter().find(there), paths.len()) {
        (_, 0) => Verdict::Open("names no file".to_owned()),
        (Some(path), _) => Verdict::Open(format!("{path} is still there")),
        (None, 1) => Verdict::Holds("the file is gone".to_owned()),
        (None, _) => Verdict::Holds("the files are gone".to_owned()),
    }
}

fn files(ground: &Ground<'_>, ix: TaskIx, node: &TaskNode) -> Verdict {
    let Ground { project, made, states, .. } = ground;
    let owned: BTreeSet<_> = project.graph.artifacts_of(ix).into_iter().collect();
    let files: Vec<&str> =
        made.artifacts.iter().filter(|a| owned.contains(&a.identity)).map(|a| a.path.as_str()).collect();
    for path in &files {
        match states.get(*path) {
            Some(State::Same | State::Adopted) => {}
            Some(State::Intact) => return Verdict::Open(format!("{path} is stale; `bowline generate` writes it")),
            Some(State::Edited) => return Verdict::Open(format!("{path} was edited by hand")),
            Some(State::Foreign) => return Verdict::Open(format!("{path} is not generated")),
            None => return Verdict::Open(format!("{path} does not exist; `bowline generate` writes it")),
        }
    }
    let mut seen: BTreeSet<String> = files.iter().map(|f| (*f).to_owned()).collect();
    let generated = seen.len();
    for named in evidence::named(node, ground.names).into_iter().filter(|n| !n.artifact) {
        if let Some(place) = named.places.iter().find(|p| stamped(project, node, p)) {
            seen.insert(place.clone());
        } else {
            let there = named.places.iter().any(|p| exists(project, p));
            let why = if there { "carries no stamp of this task; a person ticks it" } else { "does not exist" };
            return Verdict::Open(format!("{} {why}", named.path));
        }
    }
    if seen.is_empty() {
        return Verdict::Open("names no file that can be looked at".to_owned());
    }
    if let Some(finding) = finding(ground, &node.task, &seen) {
        let place = finding.location(&project.sources).map(|p| format!(" at {p}")).unwrap_or_default();
        return Verdict::Open(format!("`{}`{place}", finding.code));
    }
    let how = if generated == seen.len() { "as generated" } else { "stamped with it" };
    Verdict::Holds(match (seen.len(), seen.first()) {
        (1, Some(only)) => format!("{only} is {how}, without errors"),
        (n, first) => format!("{} and {} more are {how}, without errors", first.map_or("", String::as_str), n - 1),
    })
}

/// Whether a file carries the stamp of this task, unchanged or not: an adopted file is edited by people.
fn stamped(project: &Project, node: &TaskNode, path: &str) -> bool {
    let bytes = fs::inside(&project.root, path).ok().and_then(|p| fs::read_if_there(&p).ok().flatten());
    match bytes.map(|b| stamp::read(path, &b)) {
        Some(Reading::Intact(stamp) | Reading::Edited(stamp)) => stamp.tasks.contains(&node.id().to_string()),
        _ => false,
    }
}

/// Whether something stands at a path of the workspace.
pub fn exists(project: &Project, path: &str) -> bool {
    fs::inside(&project.root, path).is_ok_and(|p| p.exists())
}

/// An error in one of the files, or about the task itself.
fn finding<'f>(ground: &'f Ground<'_>, task: &Task, files: &BTreeSet<String>) -> Option<&'f Diagnostic> {
    let id = task.id.to_string();
    ground.findings.iter().filter(|d| d.severity == Severity::Error).find(|d| {
        let places = d.primary.iter().chain(&d.also).map(|l| ground.project.sources.path(l.span.file));
        d.task.as_ref() == Some(&id) || places.into_iter().any(|p| files.contains(p))
    })
}

/// What the run reports say of each task: the last run that began one of its operations counts; rehearsals do not.
/// `reports` are names and texts in the order of the runs.
pub fn runs(reports: &[(String, String)]) -> Runs {
    let mut all = Runs::new();
    for (name, text) in reports {
        let Ok(report) = serde_json::from_str::<Json>(text) else { continue };
        if report["rehearsal"] != Json::Bool(false) {
            continue;
        }
        // whether all of a task's operations succeeded, and whether any was begun
        let mut here: BTreeMap<&str, (bool, bool)> = BTreeMap::new();
        for entry in report["operations"].as_array().into_iter().flatten() {
            let result = entry["result"].as_str().unwrap_or_default();
            let good = matches!(result, "done" | "unchanged");
            for task in entry["tasks"].as_array().into_iter().flatten().filter_map(Json::as_str) {
                let (all, begun) = here.entry(task).or_insert((true, false));
                *all &= good;
                *begun |= good || matches!(result, "failed" | "interrupted");
            }
        }
        let begun = here.into_iter().filter(|(_, (_, begun))| *begun);
        all.extend(begun.map(|(task, (good, _))| (task.to_owned(), (good, name.clone()))));
    }
    all
}

/// Names and texts of the reports below `.bowline/runs`, in the order of the runs.
pub fn run_reports(root: &Path) -> Vec<(String, String)> {
    let mut all: Vec<(u32, String, String)> = Vec::new();
    for path in writes::files(root, ".bowline/runs") {
        let number = path.rsplit('/').next().and_then(|n| n.strip_suffix(".json")).and_then(|n| n.parse().ok());
        if let (Some(number), Ok(text)) = (number, fs::read(&root.join(&path))) {
            all.push((number, path, text));
        }
    }
    all.sort();
    all.into_iter().map(|(_, path, text)| (path, text)).collect()
}

/// The tasks that stamps of files below `out/` and `charts/` name: their ids are not given again.
pub fn stamped_tasks(project: &Project) -> BTreeSet<TaskId> {
    let mut all = BTreeSet::new();
    let Some(app) = &project.app else { return all };
    for folder in [format!("out/{}", app.name), format!("charts/{}", app.name)] {
        for path in writes::files(&project.root, &folder) {
            let bytes = fs::inside(&project.root, &path).ok().and_then(|p| fs::read_if_there(&p).ok().flatten());
            if let Some(Reading::Intact(stamp) | Reading::Edited(stamp)) = bytes.map(|b| stamp::read(&path, &b)) {
                let ids = stamp.tasks.iter().filter_map(|t| t.rsplit_once('/'));
                all.extend(ids.map(|(f, id)| TaskId { feature: FeatureId(f.into()), id: id.to_owned() }));
            }
        }
    }
    all
}

/// The byte that ticks a box in this file: the one that most ticked boxes have.
pub fn tick_of(text: &str, tasks: &[Arc<Task>]) -> char {
    let of = |mark: &str| {
        let marks = tasks.iter().filter_map(|t| text.get(t.mark?.range()));
        marks.filter(|m| *m == mark).count()
    };
    if of("X") > of("x") { 'X' } else { 'x' }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_run_that_began_a_task_counts() {
        let report = |rehearsal: bool, operations: &[(&str, &str)]| {
            let operations: Vec<Json> =
                operations.iter().map(|(t, r)| serde_json::json!({ "tasks": [t], "result": r })).collect();
            serde_json::json!({ "rehearsal": rehearsal, "operations": operations }).to_string()
        };
        let reports = [
            ("1".to_owned(), report(false, &[("f/T1", "done"), ("f/T2", "done"), ("f/T3", "failed")])),
            ("2".to_owned(), report(false, &[("f/T1", "done"), ("f/T1", "failed"), ("f/T2", "skipped")])),
            ("3".to_owned(), report(true, &[("f/T3", "done"), ("f/T4", "done")])),
            ("4".to_owned(), "{ torn".to_owned()),
        ];
        let all: Vec<_> = runs(&reports).into_iter().map(|(t, (good, name))| (t, good, name)).collect();
        let wanted =
            [("f/T1", false, "2"), ("f/T2", true, "1"), ("f/T3", false, "1")].map(|(t, g, n)| (t.into(), g, n.into()));
        assert_eq!(all, wanted);
    }
}
