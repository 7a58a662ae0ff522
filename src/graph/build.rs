//! Documents, app and catalogue to one graph of tasks.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::id_index::IdIndex;
use crate::base::tree::{Node, Tree};
use crate::model::app::App;
use crate::model::catalogue::{Entry, Possible};
use crate::model::ids::FeatureId;
use crate::model::workspace::{Documents, Feature, Task};

use super::tasks::Graph;
use super::{edges, join, links, order};

/// Builds the graph of every feature's tasks. Without an app, tasks are ordered and nothing is joined.
pub fn build(
    documents: &Documents,
    app: Option<&App>,
    entries: &[Entry],
    possible: &[Possible],
) -> (Graph, Vec<Diagnostic>) {
    let mut out = Vec::new();
    let mut graph = Graph::default();
    let tasks = once(documents, &mut out);
    join::join(&mut graph, tasks, app, entries, possible, &documents.existing, &mut out);
    let (edges, joins) = edges::edges(&graph, documents, app, entries, possible, &mut out);
    let settled = order::settle(graph.tasks.len(), edges, joins);
    out.extend(settled.cycles.iter().map(|c| edges::cycle(&graph, c)));
    graph.edges = settled.edges;
    graph.joins = settled.joins;
    graph.yielded = settled.yielded;
    graph.circles = settled.circles;
    graph.order = settled.order;
    let mut place = vec![0_usize; graph.tasks.len()];
    for (position, ix) in graph.order.iter().enumerate() {
        place[ix.at()] = position;
    }
    for owners in graph.owners.values_mut() {
        // the maker stays first
        if let [_, editors @ ..] = &mut owners[..] {
            editors.sort_by_key(|ix| place[ix.at()]);
        }
    }
    links::check(documents, app, &mut out);
    (graph, out)
}

/// All tasks, each id once in its feature.
fn once(documents: &Documents, out: &mut Vec<Diagnostic>) -> Vec<Arc<Task>> {
    if are_unique(documents) {
        return documents.features.par_iter().flat_map_iter(|f| f.tasks.iter().cloned()).collect();
    }
    let mut features: BTreeMap<&FeatureId, BTreeMap<&str, &Task>> = BTreeMap::new();
    let mut tasks = Vec::with_capacity(documents.features.iter().map(|f| f.tasks.len()).sum());
    for feature in &documents.features {
        let first = features.entry(&feature.id).or_default();
        for task in &feature.tasks {
            if let Some(before) = first.get(task.id.id.as_str()) {
                out.push(
                    Diagnostic::error("task-duplicate", format!("two tasks are called `{}`", task.id.id))
                        .at(task.id_span, "again here")
                        .and(before.id_span, "first here")
                        .fix("give the second one an id of its own, higher than any in the file")
                        .task(task.id.to_string()),
                );
            } else {
                first.insert(&task.id.id, task);
                tasks.push(Arc::clone(task));
            }
        }
    }
    tasks
}

/// Whether no two features have one id, and no two tasks of a feature: as it should be, and quick to see.
fn are_unique(documents: &Documents) -> bool {
    let features: BTreeSet<&FeatureId> = documents.features.iter().map(|f| &f.id).collect();
    // ids mostly rise
    let rise = |feature: &Feature| feature.tasks.is_sorted_by(|a, b| a.id.id < b.id.id);
    let unique = |f: &Feature| rise(f) || IdIndex::new(f.tasks.iter().map(|t| t.id.id.as_str())).is_unique();
    features.len() == documents.features.len() && documents.features.par_iter().all(unique)
}

/// Calls `each` for every requirement that a node of the tree cites.
pub(super) fn cited(node: &Node, each: &mut dyn FnMut(&Node, &str)) {
    for id in &node.requirements {
        each(node, id);
    }
    match &node.tree {
        Tree::List(list) => list.iter().for_each(|n| cited(n, each)),
        Tree::Map(map) => map.values().for_each(|n| cited(n, each)),
        _ => {}
    }
}

/// The feature whose spec a node is written in, else `otherwise`.
pub(super) fn feature_of<'d>(documents: &'d Documents, node: &Node, otherwise: &FeatureId) -> Option<&'d Feature> {
    let file = node.key_span().map(|s| s.file);
    let written =
        documents.features.iter().find(|f| file.is_some_and(|file| f.spec == Some(file) || f.deltas.contains(&file)));
    written.or_else(|| documents.features.iter().find(|f| f.id == *otherwise))
}
