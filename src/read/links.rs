//! What tasks cite, by the ids that the spec has: `FR-3` is `FR-003`, and `Requirement: User login` is that one.

use std::sync::Arc;

use crate::base::source::{Sources, Span};
use crate::model::workspace::{Feature, Requirement, RequirementKind, Task};

use super::requirements::folded;

/// Writes the ids that tasks cite as their spec does, and adds those that only the spec's own forms explain.
/// What the spec does not have stays as it is written.
pub fn resolve(feature: &mut Feature, sources: &Sources) {
    if feature.tasks.is_empty() {
        return;
    }
    let spelling = Spelling::new(&feature.requirements);
    let names: Vec<(&str, String)> = feature
        .requirements
        .iter()
        .filter(|r| r.kind == RequirementKind::Functional && r.id.id.contains(' '))
        .map(|r| (r.id.id.as_str(), r.id.id.to_lowercase()))
        .collect();
    for task in feature.tasks.iter_mut().map(Arc::make_mut) {
        for id in task.requirements.iter_mut().map(|(id, _)| id).chain(&mut task.story) {
            if let Some(as_spec) = spelling.of(id).filter(|s| s != id) {
                as_spec.clone_into(id);
            }
        }
        for (at, word) in words(sources.slice(task.span)) {
            // a story by its label is no citation of the text
            if word.bytes().any(|b| matches!(b, b'-' | b'/'))
                && task.requirements.iter().all(|(known, _)| known != word)
                && let Some(id) = spelling.of(word)
            {
                add(task, id, at, word.len());
            }
        }
        named(task, &names, sources);
    }
}

/// The ids of a spec, however they are written elsewhere.
struct Spelling<'a> {
    /// As they are compared and as the spec writes them, sorted; of those that are one, the first counts.
    folded: Vec<(String, &'a str)>,
    /// The same by what the spec has: most are written so, and need not be folded.
    exact: Vec<(&'a str, &'a str)>,
}

impl<'a> Spelling<'a> {
    fn new(requirements: &'a [Requirement]) -> Self {
        let mut folded: Vec<(String, &str)> =
            requirements.iter().map(|r| (folded(&r.id.id), r.id.id.as_str())).collect();
        folded.sort_by(|a, b| a.0.cmp(&b.0));
        let ones = folded.chunk_by(|a, b| a.0 == b.0);
        let mut exact: Vec<(&str, &str)> = ones.flat_map(|ids| ids.iter().map(|(_, id)| (*id, ids[0].1))).collect();
        exact.sort_unstable();
        Self { folded, exact }
    }

    /// The id that is meant, as the spec writes it.
    fn of(&self, id: &str) -> Option<&'a str> {
        if let Ok(at) = self.exact.binary_search_by(|(written, _)| (*written).cmp(id)) {
            return Some(self.exact[at].1);
        }
        let wanted = folded(id);
        let first = self.folded.partition_point(|(folded, _)| *folded < wanted);
        self.folded.get(first).filter(|(folded, _)| *folded == wanted).map(|(_, id)| *id)
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

/// Runs of letters, digits, dashes, dots and slashes that begin with a capital of ASCII, without the marks at their
/// ends: bare numbers may be versions.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            while !bytes.get(at)?.is_ascii_uppercase() {
                at += 1;
            }
            let (start, inside) = (at, text[..at].ends_with(is_part));
            while bytes.get(at).is_some_and(|b| PARTS[usize::from(*b)]) {
                at += 1;
            }
            if bytes.get(at).is_some_and(|b| !b.is_ascii()) {
                at = text[at..].find(|c| !is_part(c)).map_or(text.len(), |length| at + length);
            }
            if !inside {
                return Some((start, text[start..at].trim_end_matches(['-', '.', '/', '_'])));
            }
        }
    })
}

/// Whether a character is a part of a word.
fn is_part(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '-' | '.' | '/' | '_')
}

/// The bytes that are, of those of ASCII.
const PARTS: [bool; 256] = {
    let mut parts = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        parts[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'/' | b'_');
        byte += 1;
    }
    parts
};
