//! What waits for itself: sets of nodes in circles, and the shortest circle of a set. The only importer of petgraph.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::{Link, What};
use crate::graph::tasks::{Edge, Join, TaskIx};

/// Sets of nodes that wait for each other, a node that waits for itself among them; each sorted, in order of its first.
pub(super) fn circles<'e>(count: usize, links: impl Iterator<Item = &'e Link>) -> Vec<Vec<usize>> {
    let mut graph: DiGraph<(), (), u32> = DiGraph::with_capacity(count, count);
    let nodes: Vec<_> = (0..count).map(|_| graph.add_node(())).collect();
    let mut own = BTreeSet::new();
    for link in links {
        graph.add_edge(nodes[link.from], nodes[link.to], ());
        if link.from == link.to {
            own.insert(link.from);
        }
    }
    let groups =
        kosaraju_scc(&graph).into_iter().map(|g| g.into_iter().map(petgraph::graph::NodeIndex::index).collect());
    let mut found: Vec<Vec<usize>> = groups.filter(|g: &Vec<usize>| g.len() > 1 || own.contains(&g[0])).collect();
    found.iter_mut().for_each(|g| g.sort_unstable());
    found.sort_unstable();
    found
}

/// The shortest circle through the first node of a set.
pub(super) fn shortest(nodes: &[usize], links: &[&Link]) -> Option<Vec<Link>> {
    let inside: BTreeSet<usize> = nodes.iter().copied().collect();
    let start = *inside.first()?;
    let mut next: BTreeMap<usize, Vec<&Link>> = BTreeMap::new();
    for link in links.iter().filter(|e| inside.contains(&e.from) && inside.contains(&e.to)) {
        next.entry(link.from).or_default().push(link);
    }
    let mut came: BTreeMap<usize, &Link> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for link in next.get(&node).into_iter().flatten() {
            if link.to == start {
                let mut path = vec![**link];
                let mut at = link.from;
                while at != start {
                    let link = came.get(&at)?;
                    path.push(**link);
                    at = link.from;
                }
                path.reverse();
                return Some(path);
            }
            if let Entry::Vacant(slot) = came.entry(link.to) {
                slot.insert(link);
                queue.push_back(link.to);
            }
        }
    }
    None
}

/// A circle of links as edges between tasks.
pub(super) fn path_of(path: &[Link], edges: &[Edge], joins: &[Join]) -> Vec<Edge> {
    let mut path = path.to_vec();
    // begin at a task
    if path.first().is_some_and(|l| matches!(l.what, What::OutOf(_))) {
        path.rotate_left(1);
    }
    let mut found = Vec::new();
    let mut into = 0;
    for link in &path {
        match link.what {
            What::Edge(edge) => found.extend(edges.get(edge).cloned()),
            What::Into(_) => into = link.from,
            What::OutOf(join) => found.push(joins[join].edge(TaskIx::new(into), TaskIx::new(link.to))),
        }
    }
    found
}
