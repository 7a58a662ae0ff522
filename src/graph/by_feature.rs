//! The tasks of a graph by their features: one feature knows nothing of another, so that all cores look at them.

use std::ops::Range;

use rayon::prelude::*;

use crate::model::ids::FeatureId;

use super::tasks::{Graph, TaskNode};

/// The tasks of each feature, one after the other.
pub(super) struct ByFeature<'g> {
    pub(super) graph: &'g Graph,
    pub(super) ranges: Vec<Range<usize>>,
}

impl<'g> ByFeature<'g> {
    pub(super) fn new(graph: &'g Graph) -> Self {
        let features = graph.tasks.par_chunk_by(|a, b| a.task.id.feature == b.task.id.feature);
        let counts: Vec<usize> = features.map(<[TaskNode]>::len).collect();
        let mut from = 0;
        let next = |count| {
            from += count;
            from - count..from
        };
        Self { graph, ranges: counts.into_iter().map(next).collect() }
    }

    /// The features, in their order.
    pub(super) fn ids(&self) -> impl Iterator<Item = &'g FeatureId> {
        self.ranges.iter().map(|range| &self.graph.tasks[range.start].task.id.feature)
    }

    /// What is found in each feature by itself, in their order: one knows nothing of another.
    pub(super) fn each<T: Send>(&self, of: impl Fn(&'g Graph, Range<usize>) -> Vec<T> + Sync) -> Vec<T> {
        let found: Vec<Vec<T>> = self.ranges.par_iter().map(|range| of(self.graph, range.clone())).collect();
        found.into_iter().flatten().collect()
    }
}
