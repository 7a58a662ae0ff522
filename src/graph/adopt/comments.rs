//! The tasks that a file names itself, in a comment such as `# [Task]: T-001`.

use std::collections::{BTreeMap, BTreeSet};

use super::{Doubt, How, Tie};
use crate::graph::tasks::{Graph, TaskIx};
use crate::model::existing::Existing;
use crate::read::repository::name;

/// Tasks by their ids as comments write them: `T-001` is `T001`.
pub(super) struct Comments<'a> {
    graph: &'a Graph,
    ids: BTreeMap<String, Vec<TaskIx>>,
}

impl<'a> Comments<'a> {
    pub(super) fn new(graph: &'a Graph) -> Self {
        let mut ids: BTreeMap<String, Vec<TaskIx>> = BTreeMap::new();
        for ix in graph.indices() {
            ids.entry(normal(&graph.task(ix).id().id)).or_default().push(ix);
        }
        Self { graph, ids }
    }

    /// The tasks that a file's own comment names; a task of several features is the one whose feature names the file,
    /// or that the comment names.
    pub(super) fn of(&self, file: &Existing, found: &BTreeMap<How, Vec<Tie>>) -> Result<Vec<Tie>, Doubt> {
        let mut ties = Vec::new();
        let feature = |ix: &TaskIx| &self.graph.task(*ix).id().feature;
        for id in &file.comments.tasks {
            let all = self.ids.get(&normal(name(id))).map(Vec::as_slice).unwrap_or_default();
            let named: BTreeSet<_> = found.values().flatten().map(|t| feature(&t.task)).collect();
            let from = &file.comments.from;
            let said: Vec<TaskIx> = all
                .iter()
                .filter(|ix| from.contains(&*feature(ix).0) || id.contains(&*feature(ix).0))
                .copied()
                .collect();
            let meant: Vec<TaskIx> = all.iter().filter(|ix| named.contains(feature(ix))).copied().collect();
            let one =
                [all, &said, &meant].into_iter().find_map(|list| if let [one] = list { Some(*one) } else { None });
            match one {
                Some(task) => ties.push(Tie { task, how: How::Comment, written: format!("[Task]: {id}"), span: None }),
                None if all.is_empty() => {
                    let reason = format!("its comment names the task `{id}`, which no tasks file has");
                    return Err((0, reason, Vec::new()));
                }
                None => {
                    let reason = format!("its comment names `{id}`, a task of {} features", all.len());
                    let candidates = all.iter().map(|ix| self.graph.task(*ix).id().to_string());
                    return Err((0, reason, candidates.take(5).collect()));
                }
            }
        }
        Ok(ties)
    }
}

/// Upper case, and without the dash behind the letters.
fn normal(id: &str) -> String {
    let upper = id.to_uppercase();
    match upper.split_once('-') {
        Some((letters, rest)) if letters.len() == 1 && rest.starts_with(|c: char| c.is_ascii_digit()) => {
            format!("{letters}{rest}")
        }
        _ => upper,
    }
}
