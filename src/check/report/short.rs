//! One line for each finding, as editors and `grep` read them.

use std::fmt::Write;

use crate::base::diag::Diagnostic;
use crate::base::source::Sources;

use super::{clean, place};

/// `file:line:col: error[code]: message`; without a place, the line begins with the severity.
pub fn short(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut out = String::new();
    for d in diagnostics {
        if let Some(label) = &d.primary {
            // writing to a String cannot fail
            _ = write!(out, "{}: ", place(sources, label.span));
        }
        _ = writeln!(out, "{}[{}]: {}", d.severity.name(), d.code, clean(&d.message));
    }
    out
}
