//! What the documents say twice and differently: findings, never guesses. The graph keeps the stronger of the two.

mod order;
mod parallel;
mod status;
mod stories;

use std::collections::BTreeMap;

use crate::base::diag::{Diagnostic, Severity};
use crate::model::ids::FeatureId;
use crate::model::workspace::Documents;

use super::tasks::Graph;

/// Where a file that a task names is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Presence {
    Here,
    /// Not there; files of the same name stand here.
    Elsewhere(Vec<String>),
    Absent,
}

/// More findings of one kind than this in one feature become one line that counts the rest.
const MOST: usize = 5;

/// All contradictions. `presence` looks for a path below the root of the repository.
pub fn find(documents: &Documents, graph: &Graph, presence: &dyn Fn(&str) -> Presence) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    order::circles(graph, &mut out);
    order::yielded(graph, &mut out);
    order::against_the_file(graph, &mut out);
    parallel::same_file(graph, &mut out);
    stories::labels(graph, &mut out);
    stories::sequence(graph, &mut out);
    status::words(graph, &mut out);
    status::before(graph, &mut out);
    status::phantom(documents, graph, presence, &mut out);
    out
}

/// Findings by feature, so that many of one kind become few.
#[derive(Default)]
struct Few {
    of: BTreeMap<FeatureId, Vec<Diagnostic>>,
}

impl Few {
    fn push(&mut self, feature: &FeatureId, found: Diagnostic) {
        self.of.entry(feature.clone()).or_default().push(found);
    }

    /// The first ones of each feature, and one line for the rest: `rest` says what they are.
    fn into(self, code: &'static str, out: &mut Vec<Diagnostic>, rest: impl Fn(usize, &FeatureId) -> String) {
        for (feature, list) in self.of {
            let more = list.len().saturating_sub(MOST);
            let (severity, place) =
                list.get(MOST).map_or((Severity::Note, None), |d| (d.severity, d.primary.as_ref().map(|l| l.span)));
            out.extend(list.into_iter().take(MOST));
            if more > 0 {
                out.push(Diagnostic::new(code, severity, rest(more, &feature)).at(place, "the next one"));
            }
        }
    }
}

/// `T001`, `T002` and 3 more.
fn listed<'t>(ids: impl Iterator<Item = &'t str>) -> String {
    let ids: Vec<String> = ids.map(|i| format!("`{i}`")).collect();
    match &ids[..] {
        [] => String::new(),
        [one] => one.clone(),
        [all @ .., last] if ids.len() <= 4 => format!("{} and {last}", all.join(", ")),
        [a, b, c, ..] => format!("{a}, {b}, {c} and {} more", ids.len() - 3),
        _ => ids.join(", "),
    }
}

#[cfg(test)]
mod tests;
