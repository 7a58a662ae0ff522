//! The graph of tasks: nodes, edges with their evidence, owners of artifacts.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;

use crate::base::source::Span;
use crate::model::ids::{Identity, TaskId};
use crate::model::workspace::Task;

/// Index of a task in [`Graph::tasks`]: features in their order, tasks in the order of their file.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskIx(pub u32);

impl TaskIx {
    /// The position in [`Graph::tasks`].
    pub fn at(self) -> usize {
        self.0 as usize
    }

    pub(super) fn new(index: usize) -> Self {
        Self(u32::try_from(index).unwrap_or(u32::MAX))
    }
}

/// What a running task does to a unit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    /// Builds its image.
    Build,
    /// Brings its image into the cluster's nodes.
    Load,
    /// Applies its objects.
    Apply,
    /// Sees that it works.
    Verify,
}

impl Action {
    pub fn name(self) -> &'static str {
        match self {
            Self::Build => "build",
            Self::Load => "load",
            Self::Apply => "apply",
            Self::Verify => "verify",
        }
    }
}

/// A task, and what it means for the artifacts of the app.
#[derive(Clone, Debug)]
pub struct TaskNode {
    /// The same as in the documents.
    pub task: Arc<Task>,
    /// Most tasks are about no artifact, and a graph may have a hundred thousand of them.
    claims: Option<Box<Claims>>,
}

/// What a task does to artifacts and units.
#[derive(Clone, Debug, Default)]
pub struct Claims {
    /// Artifacts that it makes.
    pub makes: Vec<Identity>,
    /// Artifacts that it changes.
    pub edits: Vec<Identity>,
    /// Artifacts that it takes away.
    pub removes: Vec<Identity>,
    /// Artifacts that it names for another reason: builds from, verifies.
    pub uses: Vec<Identity>,
    /// What it does to units, for a task that runs or verifies.
    pub runs: Vec<(Action, String)>,
}

static NO_CLAIMS: Claims =
    Claims { makes: Vec::new(), edits: Vec::new(), removes: Vec::new(), uses: Vec::new(), runs: Vec::new() };

impl TaskNode {
    /// A task that is about no artifact.
    pub fn new(task: Arc<Task>) -> Self {
        Self { task, claims: None }
    }

    pub fn id(&self) -> &TaskId {
        &self.task.id
    }

    pub fn claims(&self) -> &Claims {
        self.claims.as_deref().unwrap_or(&NO_CLAIMS)
    }

    pub(super) fn claims_mut(&mut self) -> &mut Claims {
        self.claims.get_or_insert_default()
    }
}

/// How an edge is known, the strongest first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Evidence {
    /// `depends on` of the task itself.
    Declared,
    /// A statement about a phase or a story.
    DeclaredGroup,
    /// From what the two tasks make and run.
    Inferred,
    /// From the order of the phases alone.
    PhaseOrder,
}

impl Evidence {
    pub fn name(self) -> &'static str {
        match self {
            Self::Declared => "declared",
            Self::DeclaredGroup => "declared for the group",
            Self::Inferred => "inferred",
            Self::PhaseOrder => "phase order",
        }
    }
}

/// `to` comes after `from`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    pub from: TaskIx,
    pub to: TaskIx,
    pub evidence: Evidence,
    /// A hard edge holds always; a soft one yields where it would make a circle.
    pub hard: bool,
    /// For a reader: `the Deployment comes after the ConfigMap`.
    pub why: String,
    /// The words that say so, where words do.
    pub span: Option<Span>,
}

/// Every task of `before` comes before every task of `after`: one sentence about two groups, or the order of two
/// phases, kept as a whole because an edge for each pair would be many.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Join {
    /// Sorted; at least two.
    pub before: Vec<TaskIx>,
    /// Sorted; at least two.
    pub after: Vec<TaskIx>,
    pub evidence: Evidence,
    pub hard: bool,
    pub why: String,
    pub span: Option<Span>,
}

impl Join {
    /// What it says of one pair.
    pub fn edge(&self, from: TaskIx, to: TaskIx) -> Edge {
        let (evidence, hard, span) = (self.evidence, self.hard, self.span);
        Edge { from, to, evidence, hard, why: self.why.clone(), span }
    }
}

/// Tasks, their order, and the artifacts that they own.
#[derive(Clone, Debug, Default)]
pub struct Graph {
    pub tasks: Vec<TaskNode>,
    /// Without contradictions; sorted by `from`, `to`.
    pub edges: Vec<Edge>,
    /// The same for whole groups; members that contradict stronger evidence are left out.
    pub joins: Vec<Join>,
    /// Soft edges that contradict stronger ones; of a join, one pair for each member that was left out.
    pub yielded: Vec<Edge>,
    /// Circles of what is said about groups, each as its whole path.
    pub circles: Vec<Vec<Edge>>,
    /// Every task, each after all that it waits for; otherwise in the order of phases and lines.
    pub order: Vec<TaskIx>,
    /// The tasks that own each artifact: makers, then editors, each in the order of the graph.
    pub owners: BTreeMap<Identity, Vec<TaskIx>>,
    /// Artifacts in whose place stands a file that a person wrote, somewhere else than where it would be made.
    pub adopted: BTreeMap<Identity, Vec<String>>,
    /// Artifacts that can exist and that no task asks for, in the order of the catalogue.
    pub missing: Vec<Identity>,
    /// Paths below `out/` and `charts/` that a task claims and nothing can make.
    pub unknown: Vec<(TaskIx, String, Span)>,
}

/// Fewer tasks are given back sooner than other cores are woken up.
const MANY: usize = 4_096;

impl Drop for Graph {
    fn drop(&mut self) {
        if self.tasks.len() >= MANY {
            std::mem::take(&mut self.tasks).into_par_iter().for_each(drop);
        }
    }
}

impl Graph {
    pub fn task(&self, ix: TaskIx) -> &TaskNode {
        &self.tasks[ix.at()]
    }

    /// All indices in document order.
    pub fn indices(&self) -> impl Iterator<Item = TaskIx> + use<> {
        (0..self.tasks.len()).map(TaskIx::new)
    }
}
