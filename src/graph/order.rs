//! A stable order of the tasks. Hard edges hold, soft edges yield; the only importer of petgraph.

use std::cmp::Reverse;
use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use petgraph::algo::kosaraju_scc;
use petgraph::graph::DiGraph;

use super::tasks::{Edge, TaskIx};

/// Edges without contradiction, and the order that they give.
pub struct Settled {
    pub edges: Vec<Edge>,
    /// Soft edges that would have closed a circle.
    pub yielded: Vec<Edge>,
    pub order: Vec<TaskIx>,
    /// Circles of hard edges, each as its whole path: the edge after the last leads on as the first.
    pub cycles: Vec<Vec<Edge>>,
}

/// Circles with more soft edges than this are not taken apart edge by edge: all their soft edges yield.
const MOST: usize = 4000;

/// Settles the edges between `count` tasks.
pub fn settle(count: usize, edges: Vec<Edge>) -> Settled {
    let hard: Vec<&Edge> = edges.iter().filter(|e| e.hard).collect();
    let mut cycles: Vec<Vec<Edge>> =
        circles(count, hard.iter().copied()).iter().filter_map(|nodes| shortest(nodes, &hard)).collect();
    cycles.sort_by_key(|c| c.iter().map(|e| e.from).min());
    let mut out: BTreeSet<usize> = BTreeSet::new();
    for nodes in circles(count, edges.iter()) {
        yield_in(&nodes, &edges, &mut out);
    }
    let (mut kept, mut yielded) = (Vec::new(), Vec::new());
    for (index, edge) in edges.into_iter().enumerate() {
        if out.contains(&index) { yielded.push(edge) } else { kept.push(edge) }
    }
    let order = kahn(count, &kept);
    Settled { edges: kept, yielded, order, cycles }
}

/// Sets of tasks that wait for each other, a task that waits for itself among them.
fn circles<'e>(count: usize, edges: impl Iterator<Item = &'e Edge>) -> Vec<Vec<TaskIx>> {
    let mut graph: DiGraph<(), (), u32> = DiGraph::with_capacity(count, count);
    let nodes: Vec<_> = (0..count).map(|_| graph.add_node(())).collect();
    let mut own = BTreeSet::new();
    for edge in edges {
        graph.add_edge(nodes[edge.from.at()], nodes[edge.to.at()], ());
        if edge.from == edge.to {
            own.insert(edge.from);
        }
    }
    let groups = kosaraju_scc(&graph).into_iter().map(|g| g.into_iter().map(|n| TaskIx::new(n.index())).collect());
    groups.filter(|g: &Vec<TaskIx>| g.len() > 1 || own.contains(&g[0])).collect()
}

/// The shortest circle through the first task of a set.
fn shortest(nodes: &[TaskIx], edges: &[&Edge]) -> Option<Vec<Edge>> {
    let inside: BTreeSet<TaskIx> = nodes.iter().copied().collect();
    let start = *inside.first()?;
    let mut next: BTreeMap<TaskIx, Vec<&Edge>> = BTreeMap::new();
    for edge in edges.iter().filter(|e| inside.contains(&e.from) && inside.contains(&e.to)) {
        next.entry(edge.from).or_default().push(edge);
    }
    let mut came: BTreeMap<TaskIx, &Edge> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(node) = queue.pop_front() {
        for edge in next.get(&node).into_iter().flatten() {
            if edge.to == start {
                let mut path = vec![(*edge).clone()];
                let mut at = edge.from;
                while at != start {
                    let edge = came.get(&at)?;
                    path.push((*edge).clone());
                    at = edge.from;
                }
                path.reverse();
                return Some(path);
            }
            if let Entry::Vacant(slot) = came.entry(edge.to) {
                slot.insert(edge);
                queue.push_back(edge.to);
            }
        }
    }
    None
}

/// Adds soft edges in order of strength, and marks those that would close a circle.
fn yield_in(nodes: &[TaskIx], edges: &[Edge], out: &mut BTreeSet<usize>) {
    let inside: BTreeSet<TaskIx> = nodes.iter().copied().collect();
    let among = |e: &Edge| inside.contains(&e.from) && inside.contains(&e.to);
    let mut next: BTreeMap<TaskIx, Vec<TaskIx>> = BTreeMap::new();
    let mut soft: Vec<usize> = Vec::new();
    for (index, edge) in edges.iter().enumerate().filter(|(_, e)| among(e)) {
        if edge.hard {
            next.entry(edge.from).or_default().push(edge.to);
        } else {
            soft.push(index);
        }
    }
    if soft.len() > MOST {
        out.extend(soft);
        return;
    }
    soft.sort_by_key(|i| (edges[*i].evidence, edges[*i].from, edges[*i].to));
    for index in soft {
        let edge = &edges[index];
        if reaches(&next, edge.to, edge.from) {
            out.insert(index);
        } else {
            next.entry(edge.from).or_default().push(edge.to);
        }
    }
}

fn reaches(next: &BTreeMap<TaskIx, Vec<TaskIx>>, from: TaskIx, to: TaskIx) -> bool {
    let mut seen = BTreeSet::from([from]);
    let mut stack = vec![from];
    while let Some(node) = stack.pop() {
        if node == to {
            return true;
        }
        stack.extend(next.get(&node).into_iter().flatten().filter(|n| seen.insert(**n)));
    }
    false
}

/// Kahn's algorithm; of the tasks that could come next, the first in the documents does.
/// What hard circles leave over comes last, in document order.
fn kahn(count: usize, edges: &[Edge]) -> Vec<TaskIx> {
    let mut waits = vec![0_usize; count];
    let mut next: Vec<Vec<TaskIx>> = vec![Vec::new(); count];
    for edge in edges {
        waits[edge.to.at()] += 1;
        next[edge.from.at()].push(edge.to);
    }
    let free = waits.iter().enumerate().filter(|(_, w)| **w == 0).map(|(i, _)| Reverse(TaskIx::new(i)));
    let mut heap: BinaryHeap<Reverse<TaskIx>> = free.collect();
    let mut order = Vec::with_capacity(count);
    while let Some(Reverse(node)) = heap.pop() {
        order.push(node);
        for to in &next[node.at()] {
            waits[to.at()] -= 1;
            if waits[to.at()] == 0 {
                heap.push(Reverse(*to));
            }
        }
    }
    order.extend(waits.iter().enumerate().filter(|(_, w)| **w > 0).map(|(i, _)| TaskIx::new(i)));
    order
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::graph::tasks::Evidence;

    fn edge(from: u32, to: u32, hard: bool) -> Edge {
        let evidence = if hard { Evidence::Declared } else { Evidence::Inferred };
        Edge { from: TaskIx(from), to: TaskIx(to), evidence, hard, why: String::new(), span: None }
    }

    fn order(settled: &Settled) -> Vec<u32> {
        settled.order.iter().map(|t| t.0).collect()
    }

    #[test]
    fn the_order_is_that_of_the_documents_unless_an_edge_says_otherwise() {
        assert_eq!(order(&settle(4, vec![])), [0, 1, 2, 3]);
        assert_eq!(order(&settle(4, vec![edge(3, 1, true)])), [0, 2, 3, 1]);
    }

    #[test]
    fn soft_edges_yield() {
        let settled = settle(3, vec![edge(0, 1, true), edge(1, 2, false), edge(2, 0, false)]);
        assert_eq!(order(&settled), [0, 1, 2]);
        assert_eq!(settled.yielded.len(), 1);
        assert!(settled.cycles.is_empty());
    }

    #[test]
    fn a_circle_is_its_whole_path() {
        let settled = settle(5, vec![edge(1, 2, true), edge(2, 3, true), edge(3, 1, true), edge(2, 1, false)]);
        let path: Vec<_> = settled.cycles[0].iter().map(|e| (e.from.0, e.to.0)).collect();
        assert_eq!(path, [(1, 2), (2, 3), (3, 1)]);
        assert_eq!(settle(1, vec![edge(0, 0, true)]).cycles[0].len(), 1);
        assert_eq!(order(&settled).len(), 5);
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let count = 50_000;
        let chain = (1..count).map(|i| edge(i, i - 1, true)).collect();
        assert_eq!(order(&settle(count as usize, chain))[0], count - 1);
    }
}
