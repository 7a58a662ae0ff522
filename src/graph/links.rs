//! Tasks and requirements: citations that lead nowhere, requirements that no task cites, tasks that cite none.

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::id_index::IdIndex;
use crate::base::suggest::did_you_mean;
use crate::model::app::App;
use crate::model::ids::FeatureId;
use crate::model::workspace::{Documents, Feature, Layout, Requirement, RequirementKind, Task};

use super::build::{cited, feature_of};

/// Names that one finding lists; the others are counted.
const LISTED: usize = 12;

/// What does not fit together between tasks, typed blocks and requirements.
pub(super) fn check(documents: &Documents, app: Option<&App>, out: &mut Vec<Diagnostic>) {
    let truth: BTreeSet<&str> = documents
        .features
        .iter()
        .filter(|f| f.layout == Layout::OpenSpec && f.tasks_file.is_none())
        .flat_map(|f| &f.requirements)
        .map(|r| r.id.id.as_str())
        .collect();
    let of = |feature: &Feature| {
        let mut out = Vec::new();
        let known = IdIndex::new(feature.requirements.iter().map(|r| r.id.id.as_str()));
        let elsewhere = |id: &str| feature.layout == Layout::OpenSpec && truth.contains(id);
        let mut covered = vec![false; feature.requirements.len()];
        // tasks with the label of a story that the spec does not have
        let mut strange = Vec::new();
        for task in &feature.tasks {
            for (id, span) in &task.requirements {
                if !cover(id, &known, &mut covered) && !elsewhere(id) {
                    let found = undefined(feature, id, &task.id.id).at(*span, "not in the spec");
                    out.push(found.task(task.id.to_string()));
                }
            }
            if let Some(story) = task.story.as_deref().filter(|s| !cover(s, &known, &mut covered)) {
                strange.push((task.as_ref(), story));
            }
        }
        stories(feature, &strange, &mut out);
        coverage(feature, &known, &covered, &mut out);
        out
    };
    let features = documents.features.par_iter().filter(|f| f.spec.is_some() || !f.deltas.is_empty());
    features.map(of).collect::<Vec<_>>().into_iter().for_each(|found| out.extend(found));
    let mut seen: BTreeSet<(FeatureId, String)> = BTreeSet::new();
    for unit in app.into_iter().flat_map(|a| &a.units) {
        cited(&unit.union, &mut |node, id| {
            let Some(feature) = feature_of(documents, node, &unit.feature) else { return };
            let defined = feature.requirements.iter().any(|r| r.id.id == id);
            if !defined && seen.insert((feature.id.clone(), id.to_owned())) {
                out.push(undefined(feature, id, "the typed block").at(node.key_span(), "cited on this line"));
            }
        });
    }
}

fn undefined(feature: &Feature, id: &str, who: &str) -> Diagnostic {
    let who = if who.contains(' ') { who.to_owned() } else { format!("`{who}`") };
    let known = feature.requirements.iter().filter(|r| !r.derived).map(|r| r.id.id.as_str());
    Diagnostic::warning(
        "requirement-unknown",
        format!("{who} cites `{id}`, which the spec of `{}` does not have", feature.id),
    )
    .fix(did_you_mean(id, known).unwrap_or_else(|| format!("write `- **{id}**: …` in the spec, or cite another")))
}

/// Labels of stories that the spec does not have, each once, where it has stories at all.
fn stories(feature: &Feature, strange: &[(&Task, &str)], out: &mut Vec<Diagnostic>) {
    if strange.is_empty() || !feature.requirements.iter().any(|r| r.kind == RequirementKind::Story) {
        return;
    }
    let mut seen = BTreeSet::new();
    for (task, story) in strange.iter().filter(|(_, story)| seen.insert(*story)) {
        let found = undefined(feature, story, &task.id.id).at(task.span, "its label names the story");
        out.push(found.task(task.id.to_string()));
    }
}

/// Notes, one for a feature and direction: most documents say nothing about the link.
fn coverage(feature: &Feature, known: &IdIndex<'_>, covered: &[bool], out: &mut Vec<Diagnostic>) {
    let (Some(_), [first, ..]) = (feature.tasks_file, &feature.tasks[..]) else { return };
    let is_covered = |r: &Requirement| known.get(&r.id.id).is_some_and(|at| covered[at]);
    let expected: Vec<&Requirement> = feature.requirements.iter().filter(|r| expects_a_task(r)).collect();
    let without: Vec<&Requirement> = expected.iter().copied().filter(|r| !is_covered(r)).collect();
    if let Some(one) = without.first() {
        let all = without.len() == expected.len();
        let many = if all {
            format!("none of the {}", expected.len())
        } else {
            format!("{} of {}", without.len(), expected.len())
        };
        let says = match (all, without.len()) {
            (true, _) => "is cited by a task",
            (_, 1) => "is cited by no task",
            _ => "are cited by no task",
        };
        let mut found =
            Diagnostic::note("requirement-without-task", format!("{many} requirements of `{}` {says}", feature.id))
                .at(one.span, "the first");
        if !all {
            found = found.saying(list(without.iter().map(|r| r.id.id.as_str())));
        }
        out.push(found.fix("cite them in their tasks: `… per FR-004`; `[US1]` cites the story alone"));
    }
    let idle: Vec<&str> = feature
        .tasks
        .iter()
        .filter(|t| t.requirements.is_empty() && t.story.is_none())
        .map(|t| t.id.id.as_str())
        .collect();
    if !idle.is_empty() && !expected.is_empty() {
        let many = if idle.len() == 1 { "task cites".to_owned() } else { "tasks cite".to_owned() };
        let message = format!("{} of {} {many} no requirement in `{}`", idle.len(), feature.tasks.len(), feature.id);
        let place = feature.tasks.iter().find(|t| t.id.id == idle[0]).unwrap_or(first);
        let mut found = Diagnostic::note("task-without-requirement", message).at(place.id_span, "the first");
        if idle.len() < feature.tasks.len() {
            found = found.saying(list(idle.into_iter()));
        }
        out.push(found.fix("cite what each is for: `… per FR-004`"));
    }
}

fn list<'a>(ids: impl ExactSizeIterator<Item = &'a str>) -> String {
    let rest = ids.len().saturating_sub(LISTED);
    let shown: Vec<&str> = ids.take(LISTED).collect();
    if rest > 0 { format!("{} and {rest} more", shown.join(", ")) } else { shown.join(", ") }
}

/// Outcomes and scenarios are shown by many tasks at once, and what has no id cannot be cited.
fn expects_a_task(requirement: &Requirement) -> bool {
    let kind = matches!(
        requirement.kind,
        RequirementKind::Functional | RequirementKind::NonFunctional | RequirementKind::Story
    );
    kind && requirement.is_live() && !requirement.derived
}

/// Marks the requirement that is cited, if the spec has it, and those that it is a part of: `1.2` is a part of `1`,
/// `US1/AC2` of `US1`. Whether the spec has it.
fn cover(id: &str, known: &IdIndex<'_>, covered: &mut [bool]) -> bool {
    for end in memchr::memchr2_iter(b'.', b'/', id.as_bytes()) {
        if let Some(at) = known.get(&id[..end]) {
            covered[at] = true;
        }
    }
    let own = known.get(id);
    if let Some(at) = own {
        covered[at] = true;
    }
    own.is_some()
}
