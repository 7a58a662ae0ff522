//! Operations with edges between them, before they get their final places.

use std::collections::BTreeSet;

use super::object::ObjectId;
use super::plan::{OpId, Operation, What};

/// Operations under construction, with their edges.
#[derive(Default)]
pub(super) struct Draft {
    pub(super) operations: Vec<Operation>,
    after: Vec<BTreeSet<usize>>,
    /// Declared edges between tasks that would have closed a cycle.
    pub(super) dropped: Vec<(String, String)>,
}

impl Draft {
    pub(super) fn add(&mut self, unit: &str, tasks: &[String], what: What, objects: Vec<ObjectId>) -> usize {
        let index = self.operations.len();
        let (unit, tasks) = (unit.to_owned(), tasks.to_vec());
        self.operations.push(Operation { id: OpId(index), tasks, unit, what, after: Vec::new(), objects });
        self.after.push(BTreeSet::new());
        index
    }

    /// Whether `from` is needed, directly or not, by `to`'s predecessors: an edge to it would close a cycle.
    fn reaches(&self, from: usize, to: usize) -> bool {
        let (mut stack, mut seen) = (vec![to], BTreeSet::new());
        while let Some(at) = stack.pop() {
            if at == from {
                return true;
            }
            if seen.insert(at) {
                stack.extend(self.after[at].iter().copied());
            }
        }
        false
    }

    /// `before` comes before `after`, unless the opposite is already known. Returns whether it now holds.
    pub(super) fn edge(&mut self, before: usize, after: usize) -> bool {
        if before == after || self.reaches(after, before) {
            return before == after;
        }
        self.after[after].insert(before);
        true
    }

    /// Puts operations into an order that respects all edges, else follows `rank`, else the order of the input.
    pub(super) fn finish(self, rank: impl Fn(&Operation) -> usize) -> Vec<Operation> {
        let count = self.operations.len();
        let mut blocked: Vec<usize> = self.after.iter().map(BTreeSet::len).collect();
        let mut needed_by = vec![Vec::new(); count];
        for (index, after) in self.after.iter().enumerate() {
            for before in after {
                needed_by[*before].push(index);
            }
        }
        let ranked = |i: usize| (rank(&self.operations[i]), i);
        let mut free: BTreeSet<(usize, usize)> = (0..count).filter(|i| blocked[*i] == 0).map(ranked).collect();
        let mut place = vec![0; count];
        let mut order = Vec::with_capacity(count);
        while let Some((_, next)) = free.pop_first() {
            place[next] = order.len();
            order.push(next);
            for index in &needed_by[next] {
                blocked[*index] -= 1;
                if blocked[*index] == 0 {
                    free.insert(ranked(*index));
                }
            }
        }
        let mut operations: Vec<Operation> = Vec::with_capacity(count);
        for old in order {
            let mut operation = self.operations[old].clone();
            operation.id = OpId(operations.len());
            operation.after = self.after[old].iter().map(|a| OpId(place[*a])).collect();
            operation.after.sort_unstable();
            operations.push(operation);
        }
        operations
    }
}
