//! What the documents of a workspace say: features and their tasks, beside constitution and requirements.

use std::sync::Arc;

use crate::base::source::{FileId, Span};
use crate::base::tree::Node;

pub use super::constitution::{Aside, Constitution, Force, Statement};
use super::existing::Existing;
use super::features::Features;
use super::ids::{FeatureId, TaskId};
pub use super::requirement::{Delta, Requirement, RequirementKind};

/// All documents of one repository, read.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// The constitution that governs.
    pub constitution: Option<Constitution>,
    /// Other constitutions that were found: listed, not read.
    pub not_read: Vec<String>,
    /// Other Markdown that looks like a spec, a plan or a list of tasks and was not read, in order of path.
    pub passed_over: Vec<PassedOver>,
    /// In order of path.
    pub features: Features,
    /// Every folder in which documents were looked for; the repository itself is `.`.
    pub folders: Vec<String>,
    /// Dockerfiles, manifests and charts that stand in the repository, in order of path.
    pub existing: Vec<Existing>,
}

/// A document that was not read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PassedOver {
    /// Of a file, or of a folder with all that is in it.
    pub path: String,
    pub reason: String,
}

/// How the documents of a feature lie in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `specs/F.md`, `plans/F.md`, `tasks/F.md`.
    Flat,
    /// `specs/<dir>/{spec,plan,tasks}.md`.
    SpecKit,
    /// `.kiro/specs/<dir>/{requirements,design,tasks}.md`.
    Kiro,
    /// `openspec/changes/<dir>/{proposal,design,tasks}.md`, and the truth in `openspec/specs/<dir>/spec.md`.
    OpenSpec,
}

impl Layout {
    pub fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::SpecKit => "spec-kit",
            Self::Kiro => "kiro",
            Self::OpenSpec => "openspec",
        }
    }
}

/// One feature: an increment of an app.
#[derive(Clone, Debug)]
pub struct Feature {
    pub id: FeatureId,
    pub layout: Layout,
    pub title: String,
    pub spec: Option<FileId>,
    /// Further files with requirements: the deltas of a change in OpenSpec.
    pub deltas: Vec<FileId>,
    pub plan: Option<FileId>,
    pub tasks_file: Option<FileId>,
    pub requirements: Vec<Requirement>,
    pub tasks: Vec<Arc<Task>>,
    /// What the tasks file says about the order of tasks, phases and stories, apart from the tasks' own lines.
    pub statements: Vec<OrderStatement>,
    /// The typed blocks (` ```yaml bowline `) of the spec, in order.
    pub blocks: Vec<Block>,
    /// Feature ids after `supersedes:` in a block, with their places.
    pub supersedes: Vec<(String, Span)>,
    /// Lines that look like a task or a requirement and were not read.
    pub unread: Vec<Unread>,
    /// Boxes, headings and rows of the tasks file that are no tasks of their own, in order: with the tasks and
    /// `unread`, every one of them is accounted for.
    pub asides: Vec<TaskAside>,
    /// The folder of `All paths relative to phase2/backend/` in the tasks file, with its place.
    pub paths_base: Option<(String, Span)>,
}

impl Feature {
    /// A feature without documents, titled by the last part of its id.
    pub fn new(id: FeatureId, layout: Layout) -> Self {
        Self {
            title: id.short().to_owned(),
            id,
            layout,
            spec: None,
            deltas: Vec::new(),
            plan: None,
            tasks_file: None,
            requirements: Vec::new(),
            tasks: Vec::new(),
            statements: Vec::new(),
            blocks: Vec::new(),
            supersedes: Vec::new(),
            unread: Vec::new(),
            asides: Vec::new(),
            paths_base: None,
        }
    }
}

/// A box, a heading or a row of a table that looks like a task and belongs to one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskAside {
    /// Its line.
    pub span: Span,
    pub kind: TaskAsideKind,
    /// The task or group that it belongs to.
    pub of: Option<String>,
}

impl TaskAside {
    /// For a reader: `an acceptance item of T012`.
    pub fn reason(&self) -> String {
        let of = self.of.as_deref().unwrap_or_default();
        match self.kind {
            TaskAsideKind::Acceptance => format!("an acceptance item of `{of}`"),
            TaskAsideKind::Mention => format!("`{of}` again: a detail or a mention of that task"),
            TaskAsideKind::Group => format!("`{of}` groups the tasks below it"),
            TaskAsideKind::Checklist => "an item of a checklist, not of a task".to_owned(),
        }
    }
}

/// What an aside is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskAsideKind {
    /// A box below a task.
    Acceptance,
    /// An id that another line defines.
    Mention,
    /// A heading or an outline box above tasks: the work is in them.
    Group,
    /// A box below `Acceptance criteria`, `Definition of done` and the like.
    Checklist,
}

impl TaskAsideKind {
    /// In data, and for a reader before `s`.
    pub fn name(self) -> &'static str {
        match self {
            Self::Acceptance => "acceptance item",
            Self::Mention => "mention",
            Self::Group => "group",
            Self::Checklist => "checklist item",
        }
    }
}

/// A line that was not understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unread {
    pub span: Span,
    pub reason: String,
}

/// A typed block, parsed to a tree with spans into the Markdown file.
#[derive(Clone, Debug)]
pub struct Block {
    pub span: Span,
    pub node: Node,
}

/// What doing a task means.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskKind {
    /// Makes files.
    Produces,
    /// Changes files that another task made.
    Edits,
    /// Takes away what another task made.
    Removes,
    /// Runs a command or applies something.
    Runs,
    /// Checks something.
    Verifies,
    /// A person's work.
    Manual,
}

impl TaskKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Produces => "produces",
            Self::Edits => "edits",
            Self::Removes => "removes",
            Self::Runs => "runs",
            Self::Verifies => "verifies",
            Self::Manual => "manual",
        }
    }
}

/// How a task is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum TaskForm {
    /// `- [ ] T012 …`, `- [ ] 4.1 …`.
    Box,
    /// `### Task 4.1: …`.
    Heading,
    /// A row of a table with a column of ids.
    Row,
    /// A box without an id; its id is its place, `<section>.<n>`, and changes when lines move.
    Positional,
}

/// What the words of a task say about its state: a second opinion beside its box.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum StatusWord {
    Done,
    Skipped,
    /// Waits for a person: `manual`, `requires local execution`.
    Manual,
    /// `FAILED`, `EXCEEDED`, `NOT INSTALLED`.
    Failed,
}

/// A sentence outside the tasks that says what comes first: `US2 depends on Phase 2`, `T008 → T009`.
/// Every task of `before` comes before every task of `after`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderStatement {
    /// Ids of tasks of the same file.
    pub before: Vec<String>,
    pub after: Vec<String>,
    /// About tasks by their ids (`declared`), or about phases and stories (`declared for the group`).
    pub about_groups: bool,
    /// The words that say so.
    pub span: Span,
}

/// One task.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    /// The line without box, id and labels.
    pub title: String,
    pub form: TaskForm,
    pub done: bool,
    /// `[-]` or `[~]`: begun and not done.
    pub begun: bool,
    /// What its words say about its state, with their place.
    pub status: Option<(StatusWord, Span)>,
    /// The one byte between the brackets of its own box, where it has one.
    pub mark: Option<Span>,
    /// The whole line, heading or row.
    pub span: Span,
    /// With everything below that belongs to it: fields, acceptance boxes, fences.
    pub detail: Span,
    /// The id as written; empty, at the beginning of the text, for a positional one.
    pub id_span: Span,
    /// `[P]`.
    pub parallel: bool,
    /// `US1` of `[US1]`.
    pub story: Option<String>,
    /// Labels of other names: `INFRA` of `[INFRA]`, `Validation` of `(Validation):`, `optional` for `- [ ]*` of Kiro.
    pub labels: Vec<String>,
    /// Requirement ids cited on the line (`FR-004`), with their places.
    pub requirements: Vec<(String, Span)>,
    /// Task ids after `depends on`, with their places.
    pub depends_on: Vec<(String, Span)>,
    /// Task ids after `blocks` and `before`, with their places: they come after this one.
    pub blocks: Vec<(String, Span)>,
    /// Paths named on the line and in its fields as written, braces and globs among them, in order, with their places.
    pub paths: Vec<(String, Span)>,
    /// Index of the phase heading above (0 when there is none), and its title.
    pub phase: usize,
    pub phase_title: Arc<str>,
    /// The group that it stands in: `1.1` below `### Task 1.1: …`, `1` for `1.2` of Kiro's outline.
    pub group: Option<String>,
    pub kind: TaskKind,
}

impl Task {
    /// An open task of which nothing is known but its id and where that stands.
    pub fn new(id: TaskId, id_span: Span) -> Self {
        Self {
            id,
            title: String::new(),
            form: TaskForm::Box,
            done: false,
            begun: false,
            status: None,
            mark: None,
            span: id_span,
            detail: id_span,
            id_span,
            parallel: false,
            story: None,
            labels: Vec::new(),
            requirements: Vec::new(),
            depends_on: Vec::new(),
            blocks: Vec::new(),
            paths: Vec::new(),
            phase: 0,
            phase_title: Arc::default(),
            group: None,
            kind: TaskKind::Manual,
        }
    }
}
