//! What tasks cite, by the ids that the spec has: `FR-3` is `FR-003`, and `Requirement: User login` is that one.

use std::collections::BTreeMap;
use std::sync::Arc;

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
    // most are written as in the spec, and need not be folded
    let exact: BTreeMap<&str, &str> = feature
        .requirements
        .iter()
        .filter_map(|r| Some((r.id.id.as_str(), known.get(&folded(&r.id.id))?.id.id.as_str())))
        .collect();
    let spelt = |id: &str| exact.get(id).copied().or_else(|| known.get(&folded(id)).map(|r| r.id.id.as_str()));
    for task in feature.tasks.iter_mut().map(Arc::make_mut) {
        for id in task.requirements.iter_mut().map(|(id, _)| id).chain(&mut task.story) {
            if let Some(as_spec) = spelt(id).filter(|s| s != id) {
                as_spec.clone_into(id);
            }
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
            add(task, name, from + start, name.len());
        }
    }
}

/// Adds a link at `at` bytes after the start of the task's line.
fn add(task: &mut Task, id: &str, at: usize, length: usize) {
    if task.requirements.iter().all(|(known, _)| *known != id) {
        let start = task.span.start as usize + at;
        task.requirements.push((id.to_owned(), Span::new(task.span.file, start, start + length)));
    }
}

/// Runs of letters, digits, dashes, dots and slashes, without those at their ends.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut next = 0;
    std::iter::from_fn(move || {
        let at = run(text, next, false);
        next = run(text, at, true);
        (at < text.len()).then(|| (at, text[at..next].trim_end_matches(['-', '.', '/', '_'])))
    })
}

/// Where the characters end, from `at` on, that are parts of words, or are none.
fn run(text: &str, mut at: usize, parts: bool) -> usize {
    let sign = |b: u8| matches!(b, b'-' | b'.' | b'/' | b'_');
    while let Some(byte) = text.as_bytes().get(at) {
        let (part, length) = if byte.is_ascii() {
            (byte.is_ascii_alphanumeric() || sign(*byte), 1)
        } else {
            text[at..].chars().next().map_or((false, 1), |c| (c.is_alphanumeric(), c.len_utf8()))
        };
        if part != parts {
            break;
        }
        at += length;
    }
    at
}
