//! A table for pull requests and run summaries.

use std::fmt::Write;

use crate::base::diag::Diagnostic;
use crate::base::source::Sources;

use super::{Scope, clean, sentence, summary};

/// The summary, then a row for each finding.
pub fn markdown(diagnostics: &[Diagnostic], sources: &Sources, scope: Scope) -> String {
    let mut out = format!("**{}**\n", summary(diagnostics, scope));
    if diagnostics.is_empty() {
        return out;
    }
    out += "\n| | finding | where | because | fix | task |\n|---|---|---|---|---|---|\n";
    for d in diagnostics {
        let because = d.because.as_ref().map(|b| sentence(sources, b)).unwrap_or_default();
        // writing to a String cannot fail
        _ = writeln!(
            out,
            "| {} `{}` | {} | {} | {} | {} | {} |",
            d.severity.name(),
            d.code,
            cell(&d.message),
            d.location(sources).map(|l| format!("`{l}`")).unwrap_or_default(),
            cell(&because),
            cell(d.fix.as_deref().unwrap_or_default()),
            cell(d.task.as_deref().unwrap_or_default()),
        );
    }
    out
}

/// Text that stays in its cell and opens no tag outside code.
fn cell(text: &str) -> String {
    let mut code = false;
    let mut out = String::new();
    for c in clean(text).chars() {
        match c {
            '`' => {
                code = !code;
                out.push(c);
            }
            '|' => out.push_str("\\|"),
            '<' if !code => out.push_str("&lt;"),
            c => out.push(c),
        }
    }
    out
}
