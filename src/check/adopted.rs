//! Files that people wrote and that answer to tasks: the tasks are there, and the requirements say what they said.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Sources, Span};
use crate::base::suggest::did_you_mean;
use crate::make::stamp;
use crate::model::existing::Adoption;
use crate::model::ids::RequirementId;
use crate::model::workspace::Documents;
use crate::read::adopted::{LOCK, find};

use super::findings::Findings;
use super::view::View;

/// What a file says of its tasks, when a person wrote it.
pub(super) fn adoption<'d>(documents: &'d Documents, path: &str) -> Option<&'d Adoption> {
    let at = documents.existing.binary_search_by(|e| e.path.as_str().cmp(path)).ok()?;
    documents.existing[at].adoption()
}

pub(super) fn check(view: &View<'_>, out: &mut Findings) {
    let documents = view.input.documents;
    if documents.existing.iter().all(|e| e.adoption().is_none()) {
        return;
    }
    let tasks: BTreeSet<String> = documents.features.iter().flat_map(|f| &f.tasks).map(|t| t.id.to_string()).collect();
    let requirements = documents.features.iter().flat_map(|f| &f.requirements);
    let texts: BTreeMap<RequirementId, String> = requirements.map(|r| (r.id.clone(), r.text.clone())).collect();
    for file in &view.files {
        let path = &file.artifact.path;
        let Some(adoption) = adoption(documents, path) else { continue };
        let at = place(view.sources, file.id, path, adoption);
        for task in adoption.tasks.iter().filter(|t| !tasks.contains(*t)) {
            let near = did_you_mean(task, tasks.iter().map(String::as_str));
            let found =
                Diagnostic::error("adopted-task", format!("`{path}` answers to `{task}`, which no tasks file has"))
                    .at(at, "this stamp")
                    .fix(near.unwrap_or_else(|| format!("bring the task back, or run `bowline adopt {path}`")));
            out.file(file, found);
        }
        let ids: Vec<RequirementId> = adoption.requirements.iter().filter_map(|r| RequirementId::stamped(r)).collect();
        if !adoption.source.is_empty() && stamp::source(&ids, &texts) != adoption.source {
            let names: Vec<String> = ids.iter().map(|r| format!("`{}`", r.id)).collect();
            let found = Diagnostic::warning(
                "adopted-stale",
                format!("{} changed since `{path}` was adopted for it", names.join(", ")),
            )
            .at(at, "the text of the requirement was another one")
            .fix(format!("see whether the file does what the spec says now, then run `bowline adopt {path}`"));
            out.file(file, found);
        }
    }
}

/// Where the stamp stands: in the file or in `bowline.lock`.
fn place(sources: &Sources, file: FileId, path: &str, adoption: &Adoption) -> Option<Span> {
    if !adoption.sidecar {
        let text = sources.text(file);
        let (range, _) = find(text)?;
        let line = text[range.clone()].trim_matches(['\r', '\n']);
        let start = range.start + text[range].find(line)?;
        return Some(Span::new(file, start, start + line.len()));
    }
    let lock = sources.find(LOCK)?;
    let spans = (1..=sources.line_count(lock)).filter_map(|n| sources.line_span(lock, n));
    let mut spans =
        spans.filter(|s| sources.slice(*s).split(' ').next().is_some_and(|p| crate::base::ids::split(p) == [path]));
    spans.next()
}
