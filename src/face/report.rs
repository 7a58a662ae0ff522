//! Findings on their way to the user.

use crate::base::diag::{self, Diagnostic, has_errors};
use crate::base::source::Sources;
use crate::check::report::{self, Scope};

use super::exit::Exit;
use super::output::Output;

/// Prints findings to standard error with a line that counts them; says nothing when there are none.
/// Notes are counted, not printed.
pub fn findings(output: Output, findings: &[Diagnostic], sources: &Sources) -> Exit {
    let mut shown: Vec<Diagnostic> = findings.iter().filter(|d| d.severity != diag::Severity::Note).cloned().collect();
    diag::sort(&mut shown, sources);
    if !shown.is_empty() {
        output.say(&report::human(&shown, sources, output.colour));
        output.say(&report::summary(&shown, Scope::default()));
    }
    if has_errors(findings) { Exit::Errors } else { Exit::Done }
}
