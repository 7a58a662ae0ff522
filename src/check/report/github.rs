//! Annotations of GitHub Actions: workflow commands on standard output.

use std::fmt::Write;

use crate::base::diag::{Diagnostic, Severity};
use crate::base::source::{Sources, Span};

/// `::error file=…,line=…,col=…,title=…::message`, one line for each finding.
pub fn github(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for d in diagnostics {
        let command = match d.severity {
            Severity::Error => "error",
            Severity::Warning => "warning",
            Severity::Note => "notice",
        };
        let mut properties = Vec::new();
        if let Some(label) = &d.primary {
            let start = sources.position(label.span);
            let end = sources.position(Span { start: label.span.end, ..label.span });
            properties.push(format!("file={}", property(sources.path(label.span.file))));
            properties.push(format!("line={},endLine={}", start.line, end.line));
            if start.line == end.line {
                properties.push(format!("col={},endColumn={}", start.column, end.column));
            }
        }
        properties.push(format!("title={}", property(d.code)));
        let mut message = super::clean(&d.message);
        if let Some(because) = &d.because {
            _ = write!(message, "\nbecause {}", super::sentence(sources, because));
        }
        if let Some(fix) = &d.fix {
            _ = write!(message, "\nfix: {fix}");
        }
        // writing to a String cannot fail
        _ = writeln!(out, "::{command} {}::{}", properties.join(","), escape(&message));
    }
    out
}

fn escape(text: &str) -> String {
    text.replace('%', "%25").replace('\r', "%0D").replace('\n', "%0A")
}

fn property(text: &str) -> String {
    escape(text).replace(':', "%3A").replace(',', "%2C")
}
