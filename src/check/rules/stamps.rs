//! Stamps: every artifact carries its task, and the task is there.

use std::collections::BTreeSet;

use crate::base::source::{Sources, Span};
use crate::base::tree::Node;
use crate::check::adopted;
use crate::check::view::{Content, File, View};

use super::{Asked, Out};

/// The task that a file carries, with its place: the label of its object, else the line at its head.
fn stamp<'a>(file: &'a File<'_>, sources: &'a Sources) -> Option<(String, Option<Span>)> {
    if let Content::Yaml(documents) = &file.content
        && let Some(label) = documents.iter().find_map(|d| d.get("metadata.labels")?.as_map()?.get("bowline.dev/task"))
    {
        return Some((label.as_str().unwrap_or_default().to_owned(), label.span()));
    }
    let text = sources.text(file.id);
    let at = text.find("bowline:v1 ")?;
    let line = text[at..].lines().next().unwrap_or_default();
    let start = at + line.find("task=")? + "task=".len();
    let rest = &text[start..];
    let length = rest.find(|c: char| c.is_whitespace() || c == '"').unwrap_or(rest.len());
    Some((rest[..length].to_owned(), Some(Span::new(file.id, start, start + length))))
}

pub(super) fn required(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for file in &view.files {
        if adopted::adoption(view.input.documents, &file.artifact.path).is_some() {
            continue;
        }
        if stamp(file, view.sources).is_none_or(|(task, _)| task.is_empty()) {
            let message = format!("`{}` carries no task", file.artifact.path);
            let at = match &file.content {
                Content::Yaml(d) => d.first().and_then(|n| n.get("metadata.name").unwrap_or(n).span()),
                _ => Some(Span::new(file.id, 0, 0)),
            };
            out.file(file, message, at, "no stamp", "run `bowline generate`");
        }
    }
}

pub(super) fn valid(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    let features = &view.input.documents.features;
    let known: BTreeSet<&str> = features.iter().flat_map(|f| &f.tasks).map(|t| t.id.id.as_str()).collect();
    for file in &view.files {
        // what is wrong with those of adopted files is said whatever the constitution asks for
        let adopted = adopted::adoption(view.input.documents, &file.artifact.path).is_some();
        let Some((tasks, at)) = stamp(file, view.sources).filter(|_| !adopted) else { continue };
        for task in tasks.split(',').filter(|t| !t.is_empty()) {
            let bare = task.rsplit('/').next().unwrap_or(task);
            if !known.contains(bare) {
                let message = format!("`{}` carries the task `{task}`, which is not there", file.artifact.path);
                out.file(file, message, at, "no such task", "add the task, or run `bowline generate`");
            }
        }
    }
}

pub(super) fn unedited(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for file in &view.files {
        if view.input.facts.edited_by_hand.contains(&file.artifact.path) {
            let message = format!("`{}` was changed by hand", file.artifact.path);
            let at = match &file.content {
                Content::Yaml(d) => d.first().and_then(Node::span),
                _ => Some(Span::new(file.id, 0, 0)),
            };
            let fix = "put the change into the spec or a template, then generate";
            out.file(file, message, at, "not what was generated", fix);
        }
    }
}
