//! Places as data, and the findings that are about a thing.

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::face::project::Project;

use super::answer::Answer;

/// As many findings are shown; the data has all of them.
const MOST: usize = 10;

/// A project and everything that was found in it.
pub(super) struct About<'p> {
    pub(super) project: &'p Project,
    pub(super) findings: &'p [Diagnostic],
}

impl About<'_> {
    /// Adds the findings that fit.
    pub(super) fn findings(&self, answer: &mut Answer, fits: impl Fn(&Diagnostic) -> bool) {
        let found: Vec<&Diagnostic> = self.findings.iter().filter(|d| fits(d)).collect();
        for finding in found.iter().take(MOST) {
            let place = finding.location(&self.project.sources).map(|p| format!(" ({p})")).unwrap_or_default();
            answer.row("found", format!("{}[{}]: {}{place}", finding.severity.name(), finding.code, finding.message));
        }
        if found.len() > MOST {
            answer.row("found", format!("{} more; `bowline check` shows them", found.len() - MOST));
        }
        let data = |d: &&Diagnostic| {
            let place = d.primary.as_ref().map(|l| at(self.project, l.span));
            json!({ "code": d.code, "severity": d.severity.name(), "message": d.message, "at": place, "fix": d.fix })
        };
        answer.put("findings", found.iter().map(data).collect());
    }
}

/// `{"file":…,"line":…}`.
pub(super) fn at(project: &Project, span: Span) -> Json {
    json!({ "file": project.sources.path(span.file), "line": project.sources.position(span).line })
}
