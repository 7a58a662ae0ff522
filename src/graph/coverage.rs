//! Which tasks a requirement has, for all requirements at once.

use std::collections::BTreeMap;

use crate::model::ids::{FeatureId, RequirementId};
use crate::model::workspace::Documents;

use super::tasks::{Graph, TaskIx};

/// The tasks of every requirement that a spec defines, in document order; an empty list where it has none.
///
/// A task covers what it cites, the story of its label, what it cites a part of (`1.2` covers `1`), and the parts of
/// what it cites as a whole (`1` covers `1.2`).
pub fn coverage(documents: &Documents, graph: &Graph) -> BTreeMap<RequirementId, Vec<TaskIx>> {
    let all = documents.features.iter().flat_map(|f| &f.requirements);
    let mut covered: BTreeMap<RequirementId, Vec<TaskIx>> = all.map(|r| (r.id.clone(), Vec::new())).collect();
    for ix in graph.indices() {
        let task = &graph.task(ix).task;
        for id in task.requirements.iter().map(|(id, _)| id).chain(&task.story) {
            for found in meant(&covered, &task.id.feature, id) {
                let tasks = covered.entry(found).or_default();
                if tasks.last() != Some(&ix) {
                    tasks.push(ix);
                }
            }
        }
    }
    covered
}

/// The requirement of that id, those that it is a part of, and its parts.
fn meant(known: &BTreeMap<RequirementId, Vec<TaskIx>>, feature: &FeatureId, id: &str) -> Vec<RequirementId> {
    let of = |id: &str| RequirementId { feature: feature.clone(), id: id.to_owned() };
    let above = id.match_indices(['.', '/']).map(|(at, _)| of(&id[..at]));
    let mut found: Vec<RequirementId> = above.chain([of(id)]).filter(|r| known.contains_key(r)).collect();
    for separator in ['.', '/'] {
        let prefix = format!("{id}{separator}");
        let below = known.range(of(&prefix)..).map(|(r, _)| r);
        found.extend(below.take_while(|r| r.feature == *feature && r.id.starts_with(&prefix)).cloned());
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{Sources, Span};
    use crate::model::ids::TaskId;
    use crate::model::workspace::{Feature, Layout, Requirement, Task};

    #[test]
    fn parts_and_wholes() {
        let mut sources = Sources::default();
        let span = Span::new(sources.add("f", ""), 0, 0);
        let id = FeatureId("f".into());
        let requirement =
            |name: &str| Requirement::new(RequirementId { feature: id.clone(), id: name.to_owned() }, "", span);
        let task = |name: &str, cites: &[&str], story: Option<&str>| Task {
            requirements: cites.iter().map(|c| ((*c).to_owned(), span)).collect(),
            story: story.map(str::to_owned),
            ..Task::new(TaskId { feature: id.clone(), id: name.to_owned() }, span)
        };
        let mut feature = Feature::new(id.clone(), Layout::Kiro);
        feature.requirements = ["1", "1.1", "1.2", "2", "2.1", "10", "US1"].into_iter().map(requirement).collect();
        feature.tasks = [task("1", &["1.2"], None), task("2", &["2"], Some("US1")), task("3", &["1.2", "1"], None)]
            .map(Into::into)
            .into();
        let documents = Documents { features: vec![feature].into(), ..Documents::default() };
        let (graph, _) = crate::graph::build(&documents, None, &[], &[]);
        let covered = coverage(&documents, &graph);
        let names =
            |tasks: &[TaskIx]| tasks.iter().map(|t| graph.task(*t).id().id.clone()).collect::<Vec<_>>().join(" ");
        let seen: Vec<String> = covered.iter().map(|(r, tasks)| format!("{}: {}", r.id, names(tasks))).collect();
        assert_eq!(seen, ["1: 1 3", "1.1: 3", "1.2: 1 3", "10: ", "2: 2", "2.1: 2", "US1: 2"]);
    }
}
