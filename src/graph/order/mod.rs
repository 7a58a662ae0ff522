//! A stable order of the tasks. Hard edges hold, soft edges yield.
//!
//! A join is a node of its own between its two groups, so that the stated order of every pair costs as many links
//! as the groups have members.

mod circles;
mod settling;

use std::cmp::Reverse;
use std::collections::{BTreeSet, BinaryHeap};

use super::tasks::{Edge, Evidence, Join, TaskIx};
use circles::{circles, path_of, shortest};
use settling::Settling;

/// Edges without contradiction, and the order that they give.
pub struct Settled {
    pub edges: Vec<Edge>,
    pub joins: Vec<Join>,
    /// Soft edges that would have closed a circle.
    pub yielded: Vec<Edge>,
    pub order: Vec<TaskIx>,
    /// Circles of hard edges, each as its whole path: the edge after the last leads on as the first.
    pub cycles: Vec<Vec<Edge>>,
    /// Circles of what is said about groups, in the same way.
    pub circles: Vec<Vec<Edge>>,
}

/// More circles than this are not shown one by one.
const MOST_CIRCLES: usize = 100;

/// One step from node to node: an edge, into a join, or out of one. Joins are numbered after the tasks.
#[derive(Clone, Copy)]
struct Link {
    from: usize,
    to: usize,
    hard: bool,
    evidence: Evidence,
    what: What,
}

#[derive(Clone, Copy)]
enum What {
    Edge(usize),
    Into(usize),
    OutOf(usize),
}

/// Settles the edges and joins between `count` tasks.
pub fn settle(count: usize, edges: Vec<Edge>, joins: Vec<Join>) -> Settled {
    if agree_with_documents(&edges, &joins, |_, _| true) {
        let order = (0..count).map(TaskIx::new).collect();
        return Settled { edges, joins, yielded: Vec::new(), order, cycles: Vec::new(), circles: Vec::new() };
    }
    let links = links(count, &edges, &joins);
    let nodes = count + joins.len();
    let shown = |path: Vec<Link>| path_of(&path, &edges, &joins);
    let found = |of: &dyn Fn(bool, Evidence) -> bool| {
        if agree_with_documents(&edges, &joins, of) {
            return Vec::new();
        }
        let list: Vec<&Link> = links.iter().filter(|l| of(l.hard, l.evidence)).collect();
        let circles = circles(nodes, list.iter().copied());
        circles.iter().take(MOST_CIRCLES).filter_map(|c| shortest(c, &list)).map(shown).collect::<Vec<_>>()
    };
    let mut cycles = found(&|hard, _| hard);
    cycles.sort_by_key(|c| c.iter().map(|e| e.from).min());
    let circles = found(&|hard, evidence| !hard && evidence == Evidence::DeclaredGroup);
    let mut settling = Settling::new(nodes, &links);
    for evidence in [Evidence::Declared, Evidence::DeclaredGroup, Evidence::Inferred, Evidence::PhaseOrder] {
        settling.level(evidence);
    }
    let Settling { kept, against, next, .. } = settling;
    let yielded: Vec<Edge> = against
        .iter()
        .filter_map(|(link, other)| match links[*link].what {
            What::Edge(edge) => edges.get(edge).cloned(),
            What::Into(join) => {
                let to = other.or(joins[join].after.first().copied())?;
                Some(joins[join].edge(TaskIx::new(links[*link].from), to))
            }
            What::OutOf(join) => {
                let from = other.or(joins[join].before.first().copied())?;
                Some(joins[join].edge(from, TaskIx::new(links[*link].to)))
            }
        })
        .collect();
    let order = kahn(count, &next);
    let out: BTreeSet<usize> = links
        .iter()
        .zip(&kept)
        .filter(|(_, k)| !**k)
        .filter_map(|(l, _)| if let What::Edge(e) = l.what { Some(e) } else { None })
        .collect();
    let mut left: Vec<Join> = joins;
    for join in &mut left {
        join.before.clear();
        join.after.clear();
    }
    for (link, _) in links.iter().zip(&kept).filter(|(_, k)| **k) {
        match link.what {
            What::Into(join) => left[join].before.push(TaskIx::new(link.from)),
            What::OutOf(join) => left[join].after.push(TaskIx::new(link.to)),
            What::Edge(_) => {}
        }
    }
    left.retain(|j| !j.before.is_empty() && !j.after.is_empty());
    let edges = edges.into_iter().enumerate().filter(|(i, _)| !out.contains(i)).map(|(_, e)| e).collect();
    Settled { edges, joins: left, yielded, order, cycles, circles }
}

fn links(count: usize, edges: &[Edge], joins: &[Join]) -> Vec<Link> {
    let mut links: Vec<Link> = Vec::with_capacity(edges.len());
    for (index, edge) in edges.iter().enumerate() {
        let (hard, evidence, what) = (edge.hard, edge.evidence, What::Edge(index));
        links.push(Link { from: edge.from.at(), to: edge.to.at(), hard, evidence, what });
    }
    for (index, join) in joins.iter().enumerate() {
        let (hard, evidence, node) = (join.hard, join.evidence, count + index);
        let into = join.before.iter().map(|t| (t.at(), node, What::Into(index)));
        let out = join.after.iter().map(|t| (node, t.at(), What::OutOf(index)));
        links.extend(into.chain(out).map(|(from, to, what)| Link { from, to, hard, evidence, what }));
    }
    links
}

/// Whether all that is counted leads from tasks to such as stand later: nothing of it is in a circle, and the order is
/// that of the documents.
fn agree_with_documents(edges: &[Edge], joins: &[Join], counts: impl Fn(bool, Evidence) -> bool) -> bool {
    let on = |join: &Join| match (join.before.last(), join.after.first()) {
        (Some(last), Some(first)) => last < first,
        _ => false,
    };
    edges.iter().filter(|e| counts(e.hard, e.evidence)).all(|e| e.from < e.to)
        && joins.iter().filter(|j| counts(j.hard, j.evidence)).all(on)
}

/// The tasks in order: of those that could come next, the first in the documents does.
/// What hard circles leave over comes last, in document order.
fn kahn(count: usize, next: &[Vec<usize>]) -> Vec<TaskIx> {
    sorted(next, count).into_iter().filter(|n| *n < count).map(TaskIx::new).collect()
}

/// Kahn's algorithm over all nodes; nodes from `joins` on take no time of their own.
fn sorted(next: &[Vec<usize>], joins: usize) -> Vec<usize> {
    let mut waits = vec![0_usize; next.len()];
    next.iter().flatten().for_each(|to| waits[*to] += 1);
    let joins = if joins == 0 { next.len() } else { joins };
    let mut heap: BinaryHeap<Reverse<(bool, usize)>> = BinaryHeap::new();
    let key = |node: usize| Reverse((node < joins, node));
    heap.extend((0..next.len()).filter(|n| waits[*n] == 0).map(key));
    let mut order = Vec::with_capacity(next.len());
    while let Some(Reverse((_, node))) = heap.pop() {
        order.push(node);
        for to in &next[node] {
            waits[*to] -= 1;
            if waits[*to] == 0 {
                heap.push(key(*to));
            }
        }
    }
    order.extend(waits.iter().enumerate().filter(|(_, w)| **w > 0).map(|(i, _)| i));
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
        assert_eq!(order(&settle(4, vec![], vec![])), [0, 1, 2, 3]);
        assert_eq!(order(&settle(4, vec![edge(3, 1, true)], vec![])), [0, 2, 3, 1]);
    }

    #[test]
    fn soft_edges_yield() {
        let settled = settle(3, vec![edge(0, 1, true), edge(1, 2, false), edge(2, 0, false)], vec![]);
        assert_eq!(order(&settled), [0, 1, 2]);
        assert_eq!(settled.yielded.len(), 1);
        assert!(settled.cycles.is_empty());
    }

    #[test]
    fn a_circle_is_its_whole_path() {
        let settled = settle(5, vec![edge(1, 2, true), edge(2, 3, true), edge(3, 1, true), edge(2, 1, false)], vec![]);
        let path: Vec<_> = settled.cycles[0].iter().map(|e| (e.from.0, e.to.0)).collect();
        assert_eq!(path, [(1, 2), (2, 3), (3, 1)]);
        assert_eq!(settle(1, vec![edge(0, 0, true)], vec![]).cycles[0].len(), 1);
        assert_eq!(order(&settled).len(), 5);
    }

    fn join(before: &[u32], after: &[u32], hard: bool) -> Join {
        let of = |list: &[u32]| list.iter().map(|i| TaskIx(*i)).collect();
        let evidence = if hard { Evidence::Declared } else { Evidence::DeclaredGroup };
        Join { before: of(before), after: of(after), evidence, hard, why: String::new(), span: None }
    }

    #[test]
    fn a_join_orders_every_pair() {
        let settled = settle(5, vec![], vec![join(&[3, 4], &[0, 1], false)]);
        assert_eq!(order(&settled), [2, 3, 4, 0, 1]);
        assert!(settled.yielded.is_empty() && settled.joins.len() == 1);
    }

    #[test]
    fn a_member_that_contradicts_a_hard_edge_is_left_out_of_its_join() {
        // the group 0, 1 before 2, 3; and 3 before 1 by its own words
        let settled = settle(4, vec![edge(3, 1, true)], vec![join(&[0, 1], &[2, 3], false)]);
        assert_eq!(order(&settled), [0, 3, 1, 2]);
        assert_eq!(settled.yielded.iter().map(|e| (e.from.0, e.to.0)).collect::<Vec<_>>(), [(1, 3)]);
        assert_eq!(settled.joins[0].after, [TaskIx(2)]);
        assert!(settled.cycles.is_empty() && settled.circles.is_empty());
    }

    #[test]
    fn circles_of_groups_are_told_from_circles_of_tasks() {
        let settled = settle(4, vec![], vec![join(&[0, 1], &[2, 3], false), join(&[2, 3], &[0, 1], false)]);
        let pairs: Vec<_> = settled.circles[0].iter().map(|e| (e.from.0, e.to.0)).collect();
        assert_eq!(pairs.len(), 2);
        assert_eq!(pairs[0].1, pairs[1].0);
        let settled = settle(4, vec![], vec![join(&[0, 1], &[2, 3], true), join(&[2, 3], &[0, 1], true)]);
        assert_eq!((settled.circles.len(), settled.cycles.len()), (0, 1));
    }

    proptest::proptest! {
        #[test]
        fn what_is_said_holds_for_every_pair(
            joins in proptest::collection::vec(
                (proptest::collection::btree_set(0_u32..20, 1..6), proptest::collection::btree_set(0_u32..20, 1..6)), 0..6),
            edges in proptest::collection::vec((0_u32..20, 0_u32..20, proptest::bool::ANY), 0..20),
        ) {
            let edges: Vec<Edge> = edges.into_iter().map(|(a, b, hard)| edge(a, b, hard)).collect();
            let said: Vec<Join> = joins.iter().map(|(a, b)| {
                let after: Vec<u32> = b.difference(a).copied().collect();
                join(&a.iter().copied().collect::<Vec<_>>(), &after, false)
            }).filter(|j| !j.after.is_empty()).collect();
            let settled = settle(20, edges.clone(), said.clone());
            let mut place = [0; 20];
            settled.order.iter().enumerate().for_each(|(i, t)| place[t.at()] = i);
            proptest::prop_assert_eq!(settled.order.len(), 20);
            if settled.cycles.is_empty() {
                for join in &settled.joins {
                    for (a, b) in join.before.iter().flat_map(|a| join.after.iter().map(move |b| (a, b))) {
                        proptest::prop_assert!(place[a.at()] < place[b.at()], "{:?} {:?}", a, b);
                    }
                }
                for edge in &settled.edges {
                    proptest::prop_assert!(place[edge.from.at()] < place[edge.to.at()]);
                }
                // nothing yields without a reason, and what yields is named
                let members = |all: &[Join]| all.iter().map(|j| j.before.len() + j.after.len()).sum::<usize>();
                if settled.yielded.is_empty() {
                    proptest::prop_assert_eq!(members(&settled.joins), members(&said));
                    proptest::prop_assert_eq!(settled.edges.len(), edges.len());
                }
            }
        }
    }

    #[test]
    fn many_tasks_in_many_groups_take_linear_time() {
        let phase = |n: u32| (n * 1000..(n + 1) * 1000).collect::<Vec<_>>();
        // a hundred phases of a thousand tasks, each said to come before the next, and some the other way round
        let mut joins: Vec<Join> = (0..99).map(|n| join(&phase(n), &phase(n + 1), false)).collect();
        joins.extend((0..9).map(|n| join(&phase(n * 10 + 9), &phase(n * 10), false)));
        let hard = (0..50_000).map(|i| edge(99_999 - i, i, true)).collect();
        let settled = settle(100_000, hard, joins);
        assert_eq!(settled.order.len(), 100_000);
        assert!(settled.cycles.is_empty() && !settled.circles.is_empty() && !settled.yielded.is_empty());
    }

    #[test]
    fn a_long_chain_does_not_exhaust_the_stack() {
        let count = 50_000;
        let chain = (1..count).map(|i| edge(i, i - 1, true)).collect();
        assert_eq!(order(&settle(count as usize, chain, vec![]))[0], count - 1);
    }
}
