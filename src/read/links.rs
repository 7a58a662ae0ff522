//! What tasks cite, by the ids that the spec has: `FR-3` is `FR-003`, and `Requirement: User login` is that one.

use std::collections::BTreeMap;

use crate::base::source::{Sources, Span};
use crate::model::workspace::{Feature, Requirement, RequirementKind, Task};

use super::requirements::folded;

/// Writes the ids that tasks cite as their spec does, and adds those that only the spec's own forms explain.
/// What the spec does not have stays as it is written.
pub fn resolve(feature: &mut Feature, sources: &Sources) {
    let known: BTreeMap<String, &Requirement> =
        feature.requirements.iter().rev().map(|r| (folded(&r.id.id), r)).collect();
    let names: Vec<(&str, String)> = feature
        .requirements
        .iter()
        .filter(|r| r.kind == RequirementKind::Functional && r.id.id.contains(' '))
        .map(|r| (r.id.id.as_str(), r.id.id.to_lowercase()))
        .collect();
    for task in &mut feature.tasks {
        let spelt = |id: &str| known.get(&folded(id)).map(|r| r.id.id.clone());
        for (id, _) in &mut task.requirements {
            if let Some(as_spec) = spelt(id) {
                *id = as_spec;
            }
        }
        if let Some(story) = &mut task.story
            && let Some(as_spec) = spelt(story)
        {
            *story = as_spec;
        }
        let text = sources.slice(task.span);
        for (at, word) in words(text) {
            // bare numbers may be versions; a story by its label is no citation of the text
            let cites = word.starts_with(|c: char| c.is_ascii_uppercase()) && word.contains(['-', '/']);
            if cites && let Some(id) = spelt(word) {
                add(task, id, at, word.len());
            }
        }
        named(task, &names, sources);
    }
}

/// `Requirement: User login`, as far as it is the name of one.
fn named(task: &mut Task, names: &[(&str, String)], sources: &Sources) {
    if names.is_empty() {
        return;
    }
    let text = sources.slice(task.detail).to_owned();
    let from = task.detail.start as usize - task.span.start as usize;
    for (at, word) in text.match_indices("Requirement:") {
        let rest = &text[at + word.len()..];
        let line = rest.lines().next().unwrap_or_default();
        let start = at + word.len() + line.len() - line.trim_start_matches([' ', '`', '*', '"', '\'']).len();
        let lower = text[start..].lines().next().unwrap_or_default().to_lowercase();
        let longest = names.iter().filter(|(_, n)| lower.starts_with(n.as_str())).max_by_key(|(_, n)| n.len());
        if let Some((name, _)) = longest {
            add(task, (*name).to_owned(), from + start, name.len());
        }
    }
}

/// Adds a link at `at` bytes after the start of the task's line.
fn add(task: &mut Task, id: String, at: usize, length: usize) {
    if task.requirements.iter().all(|(known, _)| *known != id) {
        let start = task.span.start as usize + at;
        task.requirements.push((id, Span::new(task.span.file, start, start + length)));
    }
}

/// Runs of letters, digits, dashes, dots and slashes, without those at their ends.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let part = |c: char| c.is_alphanumeric() || matches!(c, '-' | '.' | '/' | '_');
    let mut rest = text;
    std::iter::from_fn(move || {
        let start = rest.find(part)?;
        let end = rest[start..].find(|c| !part(c)).map_or(rest.len(), |e| start + e);
        let (at, word) = (text.len() - rest.len() + start, &rest[start..end]);
        rest = &rest[end..];
        Some((at, word.trim_end_matches(['-', '.', '/', '_'])))
    })
}
