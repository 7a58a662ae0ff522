//! What `status` shows of the documents: counted once, printed as text or as data.

mod data;
mod text;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::face::adopted::{self, Summary};
use crate::face::project::Project;
use crate::graph::coverage::coverage;
use crate::graph::tasks::TaskIx;
use crate::model::ids::{FeatureId, Identity, RequirementId};
use crate::model::workspace::{Feature, Requirement, StatusWord, Task, TaskAside, TaskKind, Unread};

pub use data::data;
pub use text::{files, text};

/// The documents of a project, counted.
pub struct Overview<'p> {
    pub project: &'p Project,
    /// Those that are asked for; all of them unless named.
    pub features: Vec<&'p Feature>,
    /// The tasks of every requirement.
    pub coverage: BTreeMap<RequirementId, Vec<TaskIx>>,
    /// The artifacts that each task owns.
    pub owned: BTreeMap<TaskIx, Vec<&'p Identity>>,
    /// The files of the repository that are artifacts, and whose they are.
    pub files: Summary,
}

/// How far tasks are. Every task is done or open; how many a person must do is counted beside it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    pub total: usize,
    pub done: usize,
    /// All that are not done, those begun among them.
    pub open: usize,
    pub begun: usize,
    pub manual: usize,
}

impl Counts {
    pub fn of<'t>(tasks: impl IntoIterator<Item = &'t Arc<Task>>) -> Self {
        let mut counts = Self::default();
        for task in tasks {
            counts.total += 1;
            counts.done += usize::from(task.done);
            counts.begun += usize::from(task.begun && !task.done);
            counts.manual += usize::from(is_manual(task));
        }
        counts.open = counts.total - counts.done;
        counts
    }
}

/// Whether a person must do it: by its kind, or because its words say that it waits for one.
pub fn is_manual(task: &Task) -> bool {
    task.kind == TaskKind::Manual || task.status.is_some_and(|(word, _)| word == StatusWord::Manual)
}

/// The requirements that are counted: those that ask for something now. A scenario is a part of its story or
/// requirement, and counted with it.
pub fn requirements(feature: &Feature) -> impl Iterator<Item = &Requirement> {
    feature.requirements.iter().filter(|r| r.is_counted())
}

/// `done`, `begun`, `open`.
pub fn state(task: &Task) -> &'static str {
    match (task.done, task.begun) {
        (true, _) => "done",
        (false, true) => "begun",
        (false, false) => "open",
    }
}

impl<'p> Overview<'p> {
    pub fn new(project: &'p Project, features: Vec<&'p Feature>) -> Self {
        let mut owned: BTreeMap<TaskIx, Vec<&Identity>> = BTreeMap::new();
        for (identity, owners) in &project.graph.owners {
            for ix in owners {
                owned.entry(*ix).or_default().push(identity);
            }
        }
        Self {
            project,
            features,
            coverage: coverage(&project.documents, &project.graph),
            owned,
            files: adopted::summary(project),
        }
    }

    /// The requirements of a feature that have tasks, and all of them.
    fn covered(&self, feature: &Feature) -> (usize, usize) {
        let has = |r: &&&Requirement| self.coverage.get(&r.id).is_some_and(|t| !t.is_empty());
        let all: Vec<&Requirement> = requirements(feature).collect();
        (all.iter().filter(has).count(), all.len())
    }

    /// The lines that were not read, in order of file and line.
    fn unread(&self) -> Vec<&'p Unread> {
        let mut all: Vec<&Unread> = self.features.iter().flat_map(|f| &f.unread).collect();
        all.sort_by_key(|u| (self.project.sources.path(u.span.file), u.span.start));
        all
    }

    /// The lines that look like tasks and belong to one, in order of file and line.
    fn asides(&self) -> Vec<&'p TaskAside> {
        let mut all: Vec<&TaskAside> = self.features.iter().flat_map(|f| &f.asides).collect();
        all.sort_by_key(|a| (self.project.sources.path(a.span.file), a.span.start));
        all
    }

    /// The tasks of a feature in the order of its file.
    fn tasks(&self) -> BTreeMap<&'p FeatureId, Vec<TaskIx>> {
        let mut all: BTreeMap<&FeatureId, Vec<TaskIx>> = BTreeMap::new();
        for ix in self.project.graph.indices() {
            all.entry(&self.project.graph.task(ix).task.id.feature).or_default().push(ix);
        }
        all
    }

    /// What a task has to show: the artifacts that it owns, and the files that it names and that are there.
    fn artifacts(&self, ix: TaskIx) -> Vec<String> {
        let owned = self.owned.get(&ix).into_iter().flatten().map(ToString::to_string);
        let task = &self.project.graph.task(ix).task;
        let makes = matches!(task.kind, TaskKind::Produces | TaskKind::Edits);
        let made: BTreeSet<&String> = self.owned.get(&ix).into_iter().flatten().flat_map(|i| self.paths(i)).collect();
        let named = task.paths.iter().map(|(p, _)| p).filter(|p| makes && !made.contains(p));
        let mut seen = BTreeSet::new();
        owned.chain(named.filter(|p| is_there(self.project, p)).cloned()).filter(|a| seen.insert(a.clone())).collect()
    }

    fn paths(&self, identity: &Identity) -> &'p [String] {
        let possible = self.project.possible.iter().find(|p| p.identity == *identity);
        possible.map_or(&[], |p| &p.paths)
    }
}

/// Whether a path of a task is a file or folder of this repository.
pub fn is_there(project: &Project, path: &str) -> bool {
    crate::base::fs::inside(&project.root, path).is_ok_and(|p| p.exists())
}
