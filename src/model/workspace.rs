//! What the documents of a workspace say: constitution, features, requirements, tasks.

use crate::base::source::{FileId, Span};
use crate::base::tree::Node;

use super::ids::{FeatureId, RequirementId, TaskId};

/// All documents of one repository, read.
#[derive(Clone, Debug, Default)]
pub struct Documents {
    /// The constitution that governs.
    pub constitution: Option<Constitution>,
    /// Other constitutions that were found: listed, not read.
    pub not_read: Vec<String>,
    /// In order of path.
    pub features: Vec<Feature>,
    /// Every folder in which documents were looked for; the repository itself is `.`.
    pub folders: Vec<String>,
}

/// How the documents of a feature lie in the repository.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layout {
    /// `specs/F.md`, `plans/F.md`, `tasks/F.md`.
    Flat,
    /// `specs/<dir>/{spec,plan,tasks}.md`.
    SpecKit,
}

impl Layout {
    pub fn name(self) -> &'static str {
        match self {
            Self::Flat => "flat",
            Self::SpecKit => "spec-kit",
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
    pub plan: Option<FileId>,
    pub tasks_file: Option<FileId>,
    pub requirements: Vec<Requirement>,
    pub tasks: Vec<Task>,
    /// The typed blocks (` ```yaml bowline `) of the spec, in order.
    pub blocks: Vec<Block>,
    /// Feature ids after `supersedes:` in a block, with their places.
    pub supersedes: Vec<(String, Span)>,
    /// Lines that look like a task or a requirement and were not read.
    pub unread: Vec<Unread>,
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

/// A numbered requirement of a spec: `- **FR-004**: …`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub id: RequirementId,
    /// The whole item, continuation lines included, white space folded; what `bowline.dev/source` digests.
    pub text: String,
    pub span: Span,
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

/// One task line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Task {
    pub id: TaskId,
    /// The line without box, id and labels.
    pub title: String,
    pub done: bool,
    /// The one byte between the brackets.
    pub mark: Span,
    /// The whole line.
    pub span: Span,
    /// The id as written.
    pub id_span: Span,
    /// `[P]`.
    pub parallel: bool,
    /// `US1` of `[US1]`.
    pub story: Option<String>,
    /// Requirement ids cited on the line (`FR-004`), with their places.
    pub requirements: Vec<(String, Span)>,
    /// Task ids after `depends on`, with their places.
    pub depends_on: Vec<(String, Span)>,
    /// Paths named on the line, in order, with their places.
    pub paths: Vec<(String, Span)>,
    /// Index of the phase heading above (0 when there is none), and its title.
    pub phase: usize,
    pub phase_title: String,
    pub kind: TaskKind,
}

/// The rules of the project.
#[derive(Clone, Debug)]
pub struct Constitution {
    pub file: FileId,
    pub title: String,
    pub version: Option<String>,
    pub statements: Vec<Statement>,
}

/// How strongly a sentence binds; decides the severity of findings that rest on it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Force {
    /// must, never, all, NON-NEGOTIABLE.
    Must,
    /// should, where possible.
    Should,
    /// consider, optional, may.
    May,
}

/// One sentence or bullet of the constitution.
#[derive(Clone, Debug)]
pub struct Statement {
    /// `C/II.3`: the heading's number (or position) and the position below it.
    pub id: String,
    pub heading: String,
    /// White space folded, marks of emphasis removed.
    pub text: String,
    pub span: Span,
    pub force: Force,
}
