//! What tasks cite, by the ids that the spec has: `FR-3` is `FR-003`, and `Requirement: User login` is that one.

use std::sync::Arc;

use crate::base::id_index::IdIndex;
use crate::base::source::{Sources, Span};
use crate::model::workspace::{Feature, Requirement, RequirementKind, Task};

use super::cited::Cited;
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
        let mut cited = Cited::default();
        for (at, word) in words(sources.slice(task.span)) {
            if !cited.has(&task.requirements, word)
                && let Some(id) = spelling.of(word)
            {
                let span = on_line(task, at, word.len());
                cited.add(&mut task.requirements, id, span);
            }
        }
        named(task, &mut cited, &names, sources);
    }
}

/// The ids of a spec, however they are written elsewhere.
struct Spelling<'a> {
    requirements: &'a [Requirement],
    /// As they are compared; of those that are one, the first counts.
    folded: Vec<(String, usize)>,
    /// As the spec has them, with the first that is the same: most are written so, and need not be folded.
    exact: IdIndex<'a>,
    first: Vec<usize>,
}

impl<'a> Spelling<'a> {
    fn new(requirements: &'a [Requirement]) -> Self {
        let ids = || requirements.iter().map(|r| r.id.id.as_str());
        let mut folded: Vec<(String, usize)> = ids().enumerate().map(|(at, id)| (folded(id), at)).collect();
        folded.sort();
        let mut first = vec![0; folded.len()];
        for same in folded.chunk_by(|a, b| a.0 == b.0) {
            same.iter().for_each(|(_, at)| first[*at] = same[0].1);
        }
        Self { requirements, folded, exact: IdIndex::new(ids()), first }
    }

    /// The id that is meant, as the spec writes it.
    fn of(&self, id: &str) -> Option<&'a str> {
        let exact = self.exact.get(id).map(|at| self.first[at]);
        let found = exact.or_else(|| {
            let wanted = folded(id);
            let first = self.folded.partition_point(|(folded, _)| *folded < wanted);
            self.folded.get(first).filter(|(folded, _)| *folded == wanted).map(|(_, at)| *at)
        })?;
        Some(&self.requirements[found].id.id)
    }
}

/// `Requirement: User login`, as far as it is the name of one.
fn named(task: &mut Task, cited: &mut Cited, names: &[(&str, String)], sources: &Sources) {
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
            let span = on_line(task, from + start, name.len());
            cited.add(&mut task.requirements, *name, span);
        }
    }
}

/// The span at `at` bytes after the start of the task's line.
fn on_line(task: &Task, at: usize, length: usize) -> Span {
    let start = task.span.start as usize + at;
    Span::new(task.span.file, start, start + length)
}

/// Runs of letters, digits, dashes, dots and slashes that begin with a capital of ASCII, without the marks at their
/// ends: bare numbers may be versions. A dash or a slash is among them: a story by its label is no citation of the text.
fn words(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let bytes = text.as_bytes();
    let mut end = 0;
    memchr::memchr2_iter(b'-', b'/', bytes).filter_map(move |joint| {
        if joint < end {
            return None;
        }
        let start = run_before(text, joint);
        end = joint + run(&text[joint..]);
        let word = text[start..end].trim_end_matches(['-', '.', '/', '_']);
        (bytes[start].is_ascii_uppercase() && word.contains(['-', '/'])).then_some((start, word))
    })
}

/// Where the run of parts of a word begins that ends there.
fn run_before(text: &str, end: usize) -> usize {
    let start = text.as_bytes()[..end].iter().rposition(|b| !PARTS[usize::from(*b)]).map_or(0, |at| at + 1);
    if text[..start].ends_with(|c: char| !c.is_ascii() && is_part(c)) {
        return text[..start]
            .rfind(|c| !is_part(c))
            .map_or(0, |at| at + text[at..].chars().next().map_or(0, char::len_utf8));
    }
    start
}

/// The length of the run of parts of a word that a text begins with.
fn run(text: &str) -> usize {
    let length = text.bytes().position(|b| !PARTS[usize::from(b)]).unwrap_or(text.len());
    if text[length..].starts_with(|c: char| !c.is_ascii() && is_part(c)) {
        return text.find(|c| !is_part(c)).unwrap_or(text.len());
    }
    length
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
