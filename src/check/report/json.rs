//! Findings as JSON: the `data` of `{"bowline":1,"command":"check","data":…}`.

use serde_json::{Value as Json, json};

use crate::base::diag::{Diagnostic, Label, Severity};
use crate::base::source::{Sources, Span};

use super::Scope;

/// `{summary, findings}`.
pub fn data(diagnostics: &[Diagnostic], sources: &Sources, scope: Scope) -> Json {
    let count = |s: Severity| diagnostics.iter().filter(|d| d.severity == s).count();
    json!({
        "summary": {
            "errors": count(Severity::Error),
            "warnings": count(Severity::Warning),
            "notes": count(Severity::Note),
            "rules": scope.rules,
            "sentences": scope.sentences,
        },
        "findings": diagnostics.iter().map(|d| finding(d, sources)).collect::<Vec<_>>(),
    })
}

/// One finding; every key is always there, `null` or empty where there is nothing to say.
pub fn finding(d: &Diagnostic, sources: &Sources) -> Json {
    json!({
        "code": d.code,
        "severity": d.severity.name(),
        "message": d.message,
        "at": d.primary.as_ref().map(|l| label(sources, l)),
        "also": d.also.iter().map(|l| label(sources, l)).collect::<Vec<_>>(),
        "notes": d.notes,
        "because": d.because.as_ref().map(|b| json!({
            "statement": b.statement,
            "sentence": b.sentence,
            "at": b.span.map(|s| position(sources, s)),
        })),
        "fix": d.fix,
        "edits": d.edits.iter().map(|e| json!({
            "at": position(sources, e.span),
            "replacement": e.replacement,
        })).collect::<Vec<_>>(),
        "task": d.task,
    })
}

fn label(sources: &Sources, label: &Label) -> Json {
    let mut at = position(sources, label.span);
    at["text"] = Json::from(label.text.as_str());
    at
}

/// Lines and columns from 1, columns in characters; bytes from 0.
fn position(sources: &Sources, span: Span) -> Json {
    let start = sources.position(span);
    let end = sources.position(Span { start: span.end, ..span });
    json!({
        "file": sources.path(span.file),
        "line": start.line,
        "column": start.column,
        "endLine": end.line,
        "endColumn": end.column,
        "start": span.start,
        "end": span.end,
    })
}
