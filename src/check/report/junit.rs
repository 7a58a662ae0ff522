//! `JUnit` XML: one suite, one case for each code that found something.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::base::diag::{Diagnostic, Severity};
use crate::base::source::Sources;

use super::short;

/// Errors and warnings are failures; notes are output of a case that passed. `checked` are rules that found nothing.
pub fn junit(diagnostics: &[Diagnostic], sources: &Sources, checked: &[&str]) -> String {
    let mut by_code: BTreeMap<&str, Vec<&Diagnostic>> = checked.iter().map(|c| (*c, Vec::new())).collect();
    for d in diagnostics {
        by_code.entry(d.code).or_default().push(d);
    }
    let failed = |list: &[&Diagnostic]| list.iter().any(|d| d.severity != Severity::Note);
    let failures = by_code.values().filter(|l| failed(l)).count();
    let mut out = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
    let counts = format!("tests=\"{}\" failures=\"{failures}\"", by_code.len());
    // writing to a String cannot fail
    _ = writeln!(out, "<testsuites {counts}>\n  <testsuite name=\"bowline check\" {counts}>");
    for (code, list) in by_code {
        let owned: Vec<Diagnostic> = list.iter().map(|d| (*d).clone()).collect();
        let text = escape(short(&owned, sources).trim_end());
        let case = format!("    <testcase classname=\"bowline\" name=\"{}\"", escape(code));
        _ = if list.is_empty() {
            writeln!(out, "{case}/>")
        } else if failed(&list) {
            let message = escape(&list[0].message);
            writeln!(out, "{case}>\n      <failure message=\"{message}\">{text}</failure>\n    </testcase>")
        } else {
            writeln!(out, "{case}>\n      <system-out>{text}</system-out>\n    </testcase>")
        };
    }
    out + "  </testsuite>\n</testsuites>\n"
}

/// XML text and attribute values; control characters that XML 1.0 cannot hold become spaces.
fn escape(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => out.push_str("&amp;"),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '"' => out.push_str("&quot;"),
            '\n' | '\t' => out.push(c),
            '\u{fffe}' | '\u{ffff}' => out.push(' '),
            c if c.is_control() => out.push(' '),
            c => out.push(c),
        }
    }
    out
}
