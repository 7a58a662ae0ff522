//! Which soft links hold: added level by level, the strongest evidence first, without those that would close a circle.

use std::collections::btree_map::Entry;
use std::collections::{BTreeMap, VecDeque};

use super::circles::circles;
use super::{Link, What, sorted};
use crate::graph::tasks::{Evidence, TaskIx};

/// How many steps may be taken to find out which soft links close a circle; what is left after them keeps the order
/// that is reached by then.
const MOST_STEPS: usize = 2_000_000;

/// Whether a link would close a circle, and if so, for a link of a join, over which task on its other side.
enum Way {
    None,
    Back(Option<TaskIx>),
}

/// Adds links level by level, strongest first, and leaves out those that would close a circle.
pub(super) struct Settling<'l> {
    links: &'l [Link],
    pub(super) kept: Vec<bool>,
    /// The links that hold.
    pub(super) next: Vec<Vec<usize>>,
    /// Links that were left out, each with the task on the other side of its join that stands against it.
    pub(super) against: Vec<(usize, Option<TaskIx>)>,
    steps: usize,
}

impl<'l> Settling<'l> {
    pub(super) fn new(nodes: usize, links: &'l [Link]) -> Self {
        let mut next = vec![Vec::new(); nodes];
        for link in links.iter().filter(|l| l.hard) {
            next[link.from].push(link.to);
        }
        let kept = links.iter().map(|l| l.hard).collect();
        Self { links, kept, next, against: Vec::new(), steps: 0 }
    }

    fn keep(&mut self, link: usize) {
        self.kept[link] = true;
        self.next[self.links[link].from].push(self.links[link].to);
    }

    pub(super) fn level(&mut self, evidence: Evidence) {
        let links = self.links;
        let of: Vec<usize> = (0..links.len()).filter(|l| !links[*l].hard && links[*l].evidence == evidence).collect();
        if of.is_empty() {
            return;
        }
        // only links inside a circle of all that was kept and this level can be in the way
        let held: Vec<bool> = self.kept.iter().enumerate().map(|(l, k)| *k || links[l].evidence == evidence).collect();
        let mut circle = vec![0_usize; self.next.len()];
        let together = links.iter().zip(&held).filter(|(_, h)| **h).map(|(l, _)| l);
        for (number, nodes) in circles(self.next.len(), together).iter().enumerate() {
            nodes.iter().for_each(|n| circle[*n] = number + 1);
        }
        let inside = |l: &usize| circle[links[*l].from] > 0 && circle[links[*l].from] == circle[links[*l].to];
        let (mut tangled, free): (Vec<usize>, Vec<usize>) = of.into_iter().partition(inside);
        free.into_iter().for_each(|l| self.keep(l));
        tangled.sort_by_key(|l| (links[*l].from, links[*l].to));
        let mut rest = tangled.into_iter();
        for link in rest.by_ref() {
            match self.way_back(link, &circle) {
                Way::Back(other) => self.against.push((link, other)),
                Way::None => self.keep(link),
            }
            if self.steps > MOST_STEPS {
                break;
            }
        }
        if rest.len() == 0 {
            return;
        }
        // all links that agree with one order can hold together
        let mut place = vec![usize::MAX; self.next.len()];
        for (position, node) in sorted(&self.next, 0).into_iter().enumerate() {
            place[node] = position;
        }
        for link in rest {
            if place[links[link].from] < place[links[link].to] {
                self.keep(link);
            } else {
                self.against.push((link, None));
            }
        }
    }

    /// Whether a way leads from the end of a link to its beginning; with it, for a link of a join, the task on the
    /// other side of the join.
    fn way_back(&mut self, link: usize, circle: &[usize]) -> Way {
        let Link { from, to, what, .. } = self.links[link];
        if from == to {
            return Way::Back(None);
        }
        let mut came: BTreeMap<usize, usize> = BTreeMap::from([(to, to)]);
        let mut queue = VecDeque::from([to]);
        while let Some(node) = queue.pop_front() {
            for next in &self.next[node] {
                self.steps += 1;
                if circle[*next] != circle[from] {
                    continue;
                }
                if let Entry::Vacant(slot) = came.entry(*next) {
                    slot.insert(node);
                    if *next == from {
                        let task = match what {
                            What::Edge(_) => None,
                            What::OutOf(_) => Some(TaskIx::new(node)),
                            What::Into(_) => {
                                let mut at = from;
                                while came.get(&at).is_some_and(|c| *c != to) {
                                    at = came[&at];
                                }
                                Some(TaskIx::new(at))
                            }
                        };
                        return Way::Back(task);
                    }
                    queue.push_back(*next);
                }
            }
        }
        Way::None
    }
}
