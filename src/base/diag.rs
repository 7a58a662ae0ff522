//! What is wrong, where, why, and what to do: one type for every stage and every output format.

use super::source::{Sources, Span};

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    Error,
    Warning,
    Note,
}

impl Severity {
    pub fn name(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Note => "note",
        }
    }
}

/// A place with a short text beside it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Label {
    pub span: Span,
    pub text: String,
}

/// The sentence of the constitution that a finding rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Because {
    /// Identity of the statement, such as `C/II.3`.
    pub statement: String,
    pub sentence: String,
    pub span: Option<Span>,
}

/// One replacement in one file; a fix that is certain is a list of these.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edit {
    pub span: Span,
    pub replacement: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnostic {
    /// Stable name, such as `task-cycle` or `image-tag-pinned`; `bowline why CODE` explains it.
    pub code: &'static str,
    pub severity: Severity,
    /// One line, lower case, names in backticks.
    pub message: String,
    /// The place to look at first.
    pub primary: Option<Label>,
    /// Further places that belong to the cause.
    pub also: Vec<Label>,
    pub notes: Vec<String>,
    pub because: Option<Because>,
    /// What to do, as an imperative.
    pub fix: Option<String>,
    pub edits: Vec<Edit>,
    /// The task concerned, as `feature/T012`.
    pub task: Option<String>,
}

impl Diagnostic {
    pub fn new(code: &'static str, severity: Severity, message: impl Into<String>) -> Self {
        Self {
            code,
            severity,
            message: message.into(),
            primary: None,
            also: Vec::new(),
            notes: Vec::new(),
            because: None,
            fix: None,
            edits: Vec::new(),
            task: None,
        }
    }

    pub fn error(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Error, message)
    }

    pub fn warning(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Warning, message)
    }

    pub fn note(code: &'static str, message: impl Into<String>) -> Self {
        Self::new(code, Severity::Note, message)
    }

    /// Sets the place to look at first; nothing happens without a span.
    #[must_use]
    pub fn at(mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.primary = Some(Label { span, text: text.into() });
        }
        self
    }

    /// Adds another place.
    #[must_use]
    pub fn and(mut self, span: impl Into<Option<Span>>, text: impl Into<String>) -> Self {
        if let Some(span) = span.into() {
            self.also.push(Label { span, text: text.into() });
        }
        self
    }

    #[must_use]
    pub fn saying(mut self, note: impl Into<String>) -> Self {
        self.notes.push(note.into());
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    #[must_use]
    pub fn because(mut self, because: Because) -> Self {
        self.because = Some(because);
        self
    }

    #[must_use]
    pub fn task(mut self, task: impl Into<String>) -> Self {
        self.task = Some(task.into());
        self
    }

    /// `path:line` of the first place, or nothing.
    pub fn location(&self, sources: &Sources) -> Option<String> {
        self.primary.as_ref().map(|l| sources.display(l.span))
    }
}

/// Whether anything in the list is an error.
pub fn has_errors(diagnostics: &[Diagnostic]) -> bool {
    diagnostics.iter().any(|d| d.severity == Severity::Error)
}

/// Orders findings as a reader wants them: errors first, then by place, then by code.
pub fn sort(diagnostics: &mut Vec<Diagnostic>, sources: &Sources) {
    diagnostics.sort_by_cached_key(|d| {
        let place = d.primary.as_ref().map(|l| (sources.path(l.span.file).to_owned(), l.span.start));
        (d.severity, place, d.code, d.message.clone())
    });
    diagnostics.dedup();
}
