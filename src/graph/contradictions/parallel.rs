//! `[P]` on tasks that change the same file.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::graph::infer;
use crate::graph::tasks::{Graph, TaskIx};
use crate::model::ids::FeatureId;
use crate::read::repository::name;

use super::{Few, listed};

/// Tasks of one phase that may run side by side and would write into one file. Their order is kept all the same.
pub(super) fn same_file(graph: &Graph, out: &mut Vec<Diagnostic>) {
    let mut writers: BTreeMap<(&FeatureId, usize, Cow<'_, str>), Vec<TaskIx>> = BTreeMap::new();
    for ix in graph.indices() {
        let task = &graph.task(ix).task;
        if !task.parallel || !infer::writes(task) {
            continue;
        }
        for file in infer::files(task).filter(|f| is_file(f)) {
            let list = writers.entry((&task.id.feature, task.phase, file)).or_default();
            if list.last() != Some(&ix) {
                list.push(ix);
            }
        }
    }
    let mut few = Few::default();
    let mut shared: Vec<_> = writers.into_iter().filter(|(_, tasks)| tasks.len() > 1).collect();
    shared.sort_by_key(|(_, tasks)| tasks[0]);
    for ((feature, _, file), tasks) in shared {
        let ids = listed(tasks.iter().map(|t| graph.task(*t).task.id.id.as_str()));
        let place = |t: TaskIx| {
            let task = &graph.task(t).task;
            let named =
                task.paths.iter().find(|(p, _)| infer::expand(p).iter().any(|f| f.trim_start_matches("./") == file));
            named.map_or(task.id_span, |(_, span)| *span)
        };
        let found = Diagnostic::note("parallel-same-file", format!("{ids} are marked `[P]` and change the same file"))
            .at(place(tasks[1]), format!("`{}` changes it", graph.task(tasks[1]).task.id.id))
            .and(place(tasks[0]), format!("`{}` changes it too", graph.task(tasks[0]).task.id.id))
            .saying("they are kept in the order of their lines")
            .fix("take `[P]` off, or let each write a file of its own")
            .task(graph.task(tasks[1]).id().to_string());
        few.push(feature, found);
    }
    few.into("parallel-same-file", out, |n, f| {
        format!("{n} more files of `{f}` are changed by several tasks marked `[P]`")
    });
}

/// Several tasks may well put files into one folder.
fn is_file(path: &str) -> bool {
    let name = name(path);
    !name.contains('*') && (name.trim_start_matches('.').contains('.') || name.starts_with('.') || name == "Dockerfile")
}
