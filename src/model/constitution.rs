//! A constitution as read: its sentences, how strongly each binds, and the lines that state nothing.

use crate::base::source::{FileId, Span};

/// The rules of the project.
#[derive(Clone, Debug)]
pub struct Constitution {
    pub file: FileId,
    /// Further files of it: the other steering files of Kiro.
    pub more: Vec<FileId>,
    pub title: String,
    /// From the footer, as written: `Version`, `Ratified`, `Last Amended`.
    pub version: Option<String>,
    pub ratified: Option<String>,
    pub amended: Option<String>,
    pub statements: Vec<Statement>,
    /// The lines that state nothing, and why; with the statements and the headings they are the whole file.
    pub asides: Vec<Aside>,
}

impl Constitution {
    /// A constitution that says nothing yet.
    pub fn new(file: FileId) -> Self {
        Self {
            file,
            more: Vec::new(),
            title: String::new(),
            version: None,
            ratified: None,
            amended: None,
            statements: Vec::new(),
            asides: Vec::new(),
        }
    }
}

/// Lines of a constitution that state nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Aside {
    pub span: Span,
    /// `introduction`, `rationale`, `footer`, `example` and the like.
    pub what: &'static str,
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
