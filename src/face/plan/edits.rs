//! Which files of plans change, and how.

use std::collections::BTreeSet;

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::face::project::Project;
use crate::model::ids::FeatureId;

use super::merge;

/// One file with its old and its new text.
pub struct Edit {
    pub path: String,
    /// `None` for a new file.
    pub before: Option<String>,
    pub after: String,
}

/// What the plans of the app's features lack, and how many sections that is.
/// `found` is what the checks say; `findings` gets what is wrong with the plans themselves.
pub fn edits(project: &Project, found: &[Diagnostic], findings: &mut Vec<Diagnostic>) -> (Vec<Edit>, usize) {
    let Some(app) = &project.app else { return (Vec::new(), 0) };
    let (mut edits, mut sections) = (Vec::new(), 0);
    let named: BTreeSet<&FeatureId> = app.features.iter().collect();
    for feature in project.documents.features.iter().filter(|f| named.contains(&f.id)) {
        let (path, before) = match feature.plan {
            Some(file) => (project.sources.path(file).to_owned(), Some(project.sources.text(file).to_owned())),
            None => (super::new_path(feature), None),
        };
        let text = before.clone().unwrap_or_else(|| super::opening(feature));
        let merged = merge::merge(&text, &super::sections(project, app, feature, found));
        for (title, range) in merged.edited {
            let at = feature.plan.map(|f| Span::new(f, range.start, range.end));
            findings.push(
                Diagnostic::warning("plan-section-edited", format!("`{title}` was changed by hand, so it is not kept up to date"))
                    .at(at, "a section that Bowline wrote")
                    .fix("take ` (bowline)` out of its heading to keep it as yours, or delete the section to have it written anew"),
            );
        }
        if let [first, ..] = &merged.unseen[..] {
            let message = format!("`{first}` cannot be appended to `{path}`: there it would not be read");
            let end = feature.plan.and_then(|f| project.sources.line_span(f, project.sources.line_count(f)));
            findings.push(
                Diagnostic::warning("plan-unwritable", message)
                    .at(end, "the file ends here")
                    .saying("something above swallows what follows, such as an HTML block that never ends")
                    .fix("close it, and run `bowline tasks` again"),
            );
        }
        if !merged.changes.is_empty() {
            sections += merged.changes.len();
            edits.push(Edit { path, before, after: merge::apply(&text, &merged.changes) });
        }
    }
    (edits, sections)
}
