//! Labels of stories against the headings that they stand under, and the order of stories against that of phases.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::graph::tasks::{Evidence, Graph, TaskIx};
use crate::model::ids::FeatureId;
use crate::read::order::stories_in;

use super::{Few, listed};

/// The phases of each feature in the order of the file, with their tasks.
fn phases(graph: &Graph) -> Vec<(&FeatureId, &str, Vec<TaskIx>)> {
    let mut found: Vec<(&FeatureId, usize, &str, Vec<TaskIx>)> = Vec::new();
    for ix in graph.indices() {
        let task = &graph.task(ix).task;
        match found.last_mut() {
            Some((feature, phase, _, tasks)) if **feature == task.id.feature && *phase == task.phase => tasks.push(ix),
            _ => found.push((&task.id.feature, task.phase, &*task.phase_title, vec![ix])),
        }
    }
    found.into_iter().map(|(feature, _, title, tasks)| (feature, title, tasks)).collect()
}

/// `[US3]` in a phase that is named for US1.
pub(super) fn labels(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let mut few = Few::default();
    for (feature, title, tasks) in phases(graph) {
        let named = stories_in(title);
        if named.is_empty() {
            continue;
        }
        let mut others: BTreeMap<&str, Vec<TaskIx>> = BTreeMap::new();
        for ix in tasks {
            let story = graph.task(ix).task.story.as_deref();
            if let Some(story) = story.filter(|s| !stories_in(s).iter().all(|n| named.contains(n))) {
                others.entry(story).or_default().push(ix);
            }
        }
        for (story, tasks) in others {
            let first = &graph.task(tasks[0]).task;
            let ids = listed(tasks.iter().map(|t| graph.task(*t).task.id.id.as_str()));
            let (is, it) = if tasks.len() == 1 { ("belongs", "its") } else { ("belong", "their") };
            let found = Diagnostic::note(
                "story-order",
                format!("{ids} {is} to {story} by {it} label and stand under `{title}`"),
            )
            .at(first.id_span, format!("`[{story}]` here"))
            .saying("the label counts for the story, the heading for the phase")
            .fix("correct the label, or move the line")
            .task(first.id.to_string());
            few.push(feature, found);
        }
    }
    few.into("story-order", out, |n, f| format!("{n} more phases of `{f}` hold tasks of other stories"));
}

/// Phases that take stories out of the order of their numbers, with nothing that says why.
pub(super) fn sequence(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let phases = phases(graph);
    let mut told: Vec<&FeatureId> = Vec::new();
    for pair in phases.windows(2) {
        let [(feature, one, first), (other, two, later)] = pair else { continue };
        let (Some(a), Some(b)) = (stories_in(one).into_iter().max(), stories_in(two).into_iter().min()) else {
            continue;
        };
        if feature != other || a <= b || told.last() == Some(feature) || rank(one) < rank(two) {
            continue;
        }
        told.push(feature);
        let (Some(from), Some(to)) = (first.last(), later.first()) else { continue };
        let said = graph.path(*from, *to);
        if !said.is_empty() && said.iter().all(|e| e.evidence <= Evidence::DeclaredGroup) {
            continue;
        }
        let place = graph.task(*to).task.id_span;
        out.push(
            Diagnostic::note("story-order", format!("`{one}` stands before `{two}`, and nothing says why"))
                .at(place, format!("US{b} begins here, after US{a}"))
                .fix("say which story waits for which in the section on dependencies, or reorder the phases"),
        );
    }
}

/// The number of `(Priority: P1)`: a higher priority comes first by right.
fn rank(title: &str) -> u32 {
    let words = title.split(|c: char| !c.is_alphanumeric());
    let mut numbers = words.filter_map(|w| w.strip_prefix('P').and_then(|n| n.parse().ok()));
    numbers.next_back().unwrap_or_default()
}
