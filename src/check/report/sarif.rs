//! SARIF 2.1.0, for code scanning services.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::{Map, Value as Json, json};

use crate::base::diag::{Diagnostic, Label};
use crate::base::digest;
use crate::base::source::{Sources, Span};
use crate::check::explain;

use super::sentence;

/// A log with one run.
pub fn sarif(diagnostics: &[Diagnostic], sources: &Sources) -> Json {
    let codes: BTreeMap<&str, usize> = {
        let mut codes: Vec<&str> = diagnostics.iter().map(|d| d.code).collect();
        codes.sort_unstable();
        codes.dedup();
        codes.into_iter().enumerate().map(|(i, c)| (c, i)).collect()
    };
    json!({
        "$schema": "https://json.schemastore.org/sarif-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": { "driver": {
                "name": "bowline",
                "semanticVersion": env!("CARGO_PKG_VERSION"),
                "rules": codes.keys().map(|c| rule(c)).collect::<Vec<_>>(),
            } },
            "columnKind": "unicodeCodePoints",
            "results": diagnostics.iter().map(|d| result(d, sources, codes[d.code])).collect::<Vec<_>>(),
        }],
    })
}

fn rule(code: &str) -> Json {
    let page = explain::page(code);
    json!({
        "id": code,
        "shortDescription": { "text": page.map_or(code, |p| p.what) },
        "help": { "text": page.map_or(code, |p| p.text) },
    })
}

fn result(d: &Diagnostic, sources: &Sources, rule: usize) -> Json {
    let mut text = d.message.clone();
    if let Some(because) = &d.because {
        _ = write!(text, "\nbecause {}", sentence(sources, because));
    }
    if let Some(fix) = &d.fix {
        _ = write!(text, "\nfix: {fix}");
    }
    let mut result = Map::new();
    result.insert("ruleId".into(), d.code.into());
    result.insert("ruleIndex".into(), rule.into());
    result.insert("level".into(), d.severity.name().into());
    result.insert("message".into(), json!({ "text": text }));
    if let Some(label) = &d.primary {
        result.insert("locations".into(), json!([location(sources, label)]));
        // the line's text, not its number: a finding stays the same when lines move
        let line = sources.position(label.span).line;
        let line = sources.line_span(label.span.file, line).map_or("", |s| sources.slice(s)).trim();
        let key = format!("{}\0{}\0{}\0{line}", d.code, sources.path(label.span.file), d.message);
        result.insert("partialFingerprints".into(), json!({ "bowline/v1": digest::hex(key.as_bytes(), 32) }));
    }
    if !d.also.is_empty() {
        let also: Vec<Json> = d.also.iter().map(|l| location(sources, l)).collect();
        result.insert("relatedLocations".into(), also.into());
    }
    let mut properties = Map::new();
    if let Some(task) = &d.task {
        properties.insert("task".into(), task.as_str().into());
    }
    if let Some(because) = &d.because {
        properties.insert("statement".into(), because.statement.as_str().into());
    }
    if !properties.is_empty() {
        result.insert("properties".into(), properties.into());
    }
    result.into()
}

fn location(sources: &Sources, label: &Label) -> Json {
    let start = sources.position(label.span);
    let end = sources.position(Span { start: label.span.end, ..label.span });
    let mut location = json!({
        "physicalLocation": {
            "artifactLocation": { "uri": uri(sources.path(label.span.file)) },
            "region": {
                "startLine": start.line, "startColumn": start.column,
                "endLine": end.line, "endColumn": end.column,
            },
        },
    });
    if !label.text.is_empty() {
        location["message"] = json!({ "text": label.text });
    }
    location
}

/// A relative path as a URI reference.
fn uri(path: &str) -> String {
    path.bytes()
        .map(|b| match b {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'/' | b'-' | b'_' | b'.' | b'~' => char::from(b).to_string(),
            other => format!("%{other:02X}"),
        })
        .collect()
}
