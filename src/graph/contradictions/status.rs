//! Boxes against words, against each other, and against the files that are there.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::graph::infer;
use crate::graph::tasks::{Evidence, Graph, TaskIx};
use crate::model::ids::FeatureId;
use crate::model::workspace::{Documents, StatusWord, TaskKind};
use crate::read::repository::name;

use super::{Few, Presence, listed};

/// A box that is ticked beside words that say `skipped`, or is open beside `done`.
pub(super) fn words(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let mut few = Few::default();
    for node in &graph.tasks {
        let task = &node.task;
        let (Some((word, span)), true) = (task.status, task.mark.is_some()) else { continue };
        let id = &task.id.id;
        let found = match (task.done, word) {
            (true, StatusWord::Skipped) => {
                Diagnostic::warning("task-status", format!("`{id}` is ticked, and its words say that it was skipped"))
            }
            (true, StatusWord::Failed) => {
                Diagnostic::warning("task-status", format!("`{id}` is ticked, and its words say that it failed"))
            }
            (true, StatusWord::Manual) => {
                Diagnostic::note("task-status", format!("`{id}` is ticked, and its words leave it to a person"))
            }
            (false, StatusWord::Done) => {
                Diagnostic::warning("task-status", format!("`{id}` is open, and its words say that it is done"))
            }
            _ => continue,
        };
        let fix =
            if task.done { "untick the box, or take the words away" } else { "tick the box, or take the words away" };
        let found = found.at(span, "these words").and(task.mark, "this box").fix(fix).task(task.id.to_string());
        few.push(&task.id.feature, found);
    }
    few.into("task-status", out, |n, f| format!("{n} more boxes of `{f}` contradict the words beside them"));
}

/// A ticked task that waits for an open one.
pub(super) fn before(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let done = |ix: TaskIx| graph.task(ix).task.done;
    let mut few = Few::default();
    let mut add = |open: &[TaskIx], ticked: &[TaskIx], span| {
        let (Some(first), Some(later)) = (open.first(), ticked.first()) else { return };
        let ids = |list: &[TaskIx]| listed(list.iter().map(|t| graph.task(*t).task.id.id.as_str()));
        let (is, are) = (if open.len() == 1 { "is" } else { "are" }, if ticked.len() == 1 { "waits" } else { "wait" });
        let message = format!("{} {is} open, and {}, which {are} for it, is ticked", ids(open), ids(ticked));
        let message = if ticked.len() == 1 { message } else { message.replace(", is ticked", ", are ticked") };
        let (first, later) = (&graph.task(*first).task, &graph.task(*later).task);
        let found = Diagnostic::note("task-done-before", message)
            .at(first.id_span, "open")
            .and(later.id_span, "ticked")
            .and(span, "waits by these words")
            .fix("tick what is done, or say that it is not waited for")
            .task(first.id.to_string());
        few.push(&first.id.feature, found);
    };
    let mut waiting: BTreeMap<TaskIx, Vec<TaskIx>> = BTreeMap::new();
    for edge in graph.edges.iter().filter(|e| e.evidence <= Evidence::DeclaredGroup && !done(e.from) && done(e.to)) {
        waiting.entry(edge.from).or_default().push(edge.to);
    }
    for (open, ticked) in waiting {
        let span = graph.outgoing(open).find(|e| e.to == ticked[0]).and_then(|e| e.span);
        add(&[open], &ticked, span);
    }
    for join in graph.joins.iter().filter(|j| j.evidence <= Evidence::DeclaredGroup) {
        let open: Vec<TaskIx> = join.before.iter().copied().filter(|t| !done(*t)).collect();
        let ticked: Vec<TaskIx> = join.after.iter().copied().filter(|t| done(*t)).collect();
        add(&open, &ticked, join.span);
    }
    few.into("task-done-before", out, |n, f| format!("{n} more open tasks of `{f}` come before ticked ones"));
}

/// A ticked task that makes or changes files which are not there.
pub(super) fn phantom(
    documents: &Documents,
    graph: &Graph,
    presence: &dyn Fn(&str) -> Presence,
    out: &mut Vec<Diagnostic>,
) {
    let removes = graph.tasks.iter().filter(|n| n.task.kind == TaskKind::Removes);
    let removed: BTreeSet<Cow<'_, str>> = removes.flat_map(|n| infer::files(&n.task)).collect();
    let bases: BTreeMap<&FeatureId, &str> =
        documents.features.iter().filter_map(|f| Some((&f.id, f.paths_base.as_ref()?.0.as_str()))).collect();
    let mut few = Few::default();
    let mut there: BTreeSet<&FeatureId> = BTreeSet::new();
    for node in graph.tasks.iter().filter(|n| n.task.done && n.claims().makes.is_empty() && n.claims().edits.is_empty())
    {
        let task = &node.task;
        if !matches!(task.kind, TaskKind::Produces | TaskKind::Edits) {
            continue;
        }
        let look = |path: &str| {
            let below = bases.get(&task.id.feature).map(|base| format!("{}/{path}", base.trim_end_matches('/')));
            let found = below.map(|p| presence(&p)).filter(|p| *p == Presence::Here);
            found.unwrap_or_else(|| presence(path))
        };
        let mut missing: Vec<(String, Presence, crate::base::source::Span)> = Vec::new();
        for (written, span) in &task.paths {
            for path in infer::expand(written).iter().map(|p| p.trim_start_matches("./").trim_end_matches('/')) {
                if !is_plain(path) || removed.contains(path) {
                    continue;
                }
                match look(path) {
                    Presence::Here => drop(there.insert(&task.id.feature)),
                    presence => missing.push((path.to_owned(), presence, *span)),
                }
            }
        }
        let Some((path, presence, span)) = missing.first() else { continue };
        let label = match presence {
            Presence::Elsewhere(places) => format!("moved to {}", listed(places.iter().map(String::as_str))),
            _ => "not there".to_owned(),
        };
        let id = &task.id.id;
        let mut found = Diagnostic::note("task-phantom", format!("`{id}` is ticked, and `{path}` is not there"))
            .at(*span, label)
            .fix(match presence {
                Presence::Elsewhere(_) => "name the file where it stands now",
                _ => "untick the box, write the file, or add a task that says it was removed",
            })
            .task(task.id.to_string());
        if missing.len() > 1 {
            found = found.saying(format!("{} more files of this task are not there either", missing.len() - 1));
        }
        few.push(&task.id.feature, found);
    }
    // documents without their code: nothing at all is there, which is one thing to say
    let mut rest = Few::default();
    for (feature, mut list) in std::mem::take(&mut few.of) {
        if there.contains(&feature) || list.len() <= super::MOST {
            rest.of.insert(feature, list);
            continue;
        }
        let count = list.len();
        let place = list.remove(0).primary.map(|l| l.span);
        let message = format!("nothing that the {count} ticked tasks of `{feature}` name is there");
        out.push(
            Diagnostic::note("task-phantom", message)
                .at(place, "the first of them")
                .fix("check out the code that belongs to these documents, or untick the boxes"),
        );
    }
    rest.into("task-phantom", out, |n, f| format!("{n} more ticked tasks of `{f}` name files that are not there"));
}

/// A path that can be looked for: no pattern, no object, nothing outside of the repository.
fn is_plain(path: &str) -> bool {
    let name = name(path);
    let file = name.contains('.') || name == "Dockerfile" || name == "Makefile" || path.matches('/').count() > 1;
    file && !path.contains(['*', '?', '<', '>', '$', '{', '['])
        && !path.starts_with(['/', '~'])
        && !path.starts_with("..")
}
