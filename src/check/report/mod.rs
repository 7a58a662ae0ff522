//! The same findings in every form that a person or a program wants to read.

mod github;
mod grouped;
mod human;
mod json;
mod junit;
mod markdown;
mod sarif;
mod short;

pub use github::github;
pub use grouped::{grouped, notes};
pub use human::human;
pub use json::{data, finding};
pub use junit::junit;
pub use markdown::markdown;
pub use sarif::sarif;
pub use short::short;

use std::fmt::Write;

use crate::base::diag::{Because, Diagnostic, Severity};
use crate::base::source::{Sources, Span};

/// How much was checked, for the last line.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Scope {
    /// Rules that a sentence of the constitution switched on.
    pub rules: usize,
    /// Those sentences.
    pub sentences: usize,
}

/// `2 errors, 1 warning`, or what was checked when there is no error and no warning.
pub fn summary(diagnostics: &[Diagnostic], scope: Scope) -> String {
    let count = |s: Severity| diagnostics.iter().filter(|d| d.severity == s).count();
    let some = |n: usize, word: &str| (n > 0).then(|| plural(n, word));
    let (errors, warnings, notes) = (count(Severity::Error), count(Severity::Warning), count(Severity::Note));
    let mut parts: Vec<String> = [some(errors, "error"), some(warnings, "warning")].into_iter().flatten().collect();
    if errors == 0 {
        parts.insert(0, "no errors".to_owned());
    }
    parts.extend(some(notes, "note"));
    let mut line = parts.join(", ");
    if errors == 0 && scope.rules > 0 {
        _ = write!(line, "; {} from {} checked", plural(scope.rules, "rule"), plural(scope.sentences, "sentence"));
    }
    line
}

fn plural(n: usize, word: &str) -> String {
    format!("{n} {word}{}", if n == 1 { "" } else { "s" })
}

/// `path:line:column`.
fn place(sources: &Sources, span: Span) -> String {
    let at = sources.position(span);
    format!("{}:{}:{}", sources.path(span.file), at.line, at.column)
}

/// `"sentence" (constitution.md:41)`.
fn sentence(sources: &Sources, because: &Because) -> String {
    let at = because.span.map_or_else(|| because.statement.clone(), |s| sources.display(s));
    format!("\"{}\" ({at})", clean(&because.sentence))
}

/// Text without control characters, which could move a terminal's cursor or break a line format.
fn clean(text: &str) -> String {
    text.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()
}

#[cfg(test)]
mod tests;
