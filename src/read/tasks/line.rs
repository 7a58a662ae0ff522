//! A task from its own line: box, heading or row.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::lines::lines;
use crate::base::source::{FileId, Span};
use crate::model::ids::{FeatureId, TaskId};
use crate::model::workspace::{StatusWord, Task, TaskForm};
use crate::read::names::requirement_id;
use crate::read::{paths, prose, verbs};

use super::opening::is_sign;
use super::survey::{Candidate, Shape, Survey};
use super::{cites, fields, status};

/// Longest label, in bytes.
const LABEL: usize = 32;

/// What the lines of a file are read with.
pub(super) struct Lines<'a> {
    pub(super) file: FileId,
    pub(super) feature: &'a FeatureId,
    pub(super) text: &'a str,
    pub(super) survey: &'a Survey,
}

/// The pieces of text that are a task's own.
pub(super) struct Line {
    /// Its words: the line's body, or the cell of a row.
    pub(super) body: Option<Range<usize>>,
    /// Lines of the same item that are fields.
    pub(super) fields: Range<usize>,
}

impl Lines<'_> {
    pub(super) fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    pub(super) fn read(&self, candidate: &Candidate) -> (Task, Line) {
        let text = self.text;
        let (id, id_range) = match &candidate.id {
            Some(id) => (text[id.range.clone()].to_owned(), id.range.clone()),
            None => (String::new(), candidate.text.start..candidate.text.start),
        };
        let mut task = Task::new(TaskId { feature: self.feature.clone(), id }, self.span(id_range.clone()));
        task.span = self.span(candidate.line.clone());
        task.detail = self.span(candidate.extent.clone());
        let line = match candidate.shape {
            Shape::Row { table, row } => self.row(&mut task, table, row),
            Shape::Box { mark, optional } => {
                self.mark(&mut task, mark);
                if optional {
                    task.labels.push("optional".into());
                }
                self.line(&mut task, candidate, id_range.end)
            }
            Shape::Heading => {
                task.form = TaskForm::Heading;
                let line = self.line(&mut task, candidate, id_range.end);
                Line { fields: line.fields.end..line.fields.end, ..line }
            }
        };
        (task, line)
    }

    /// Takes the state from the byte between the brackets.
    pub(super) fn mark(&self, task: &mut Task, mark: usize) {
        task.done = matches!(self.text.as_bytes()[mark], b'x' | b'X');
        task.begun = matches!(self.text.as_bytes()[mark], b'-' | b'~');
        task.mark = Some(self.span(mark..mark + 1));
    }

    fn line(&self, task: &mut Task, candidate: &Candidate, after_id: usize) -> Line {
        let text = self.text;
        let whole = after_id..candidate.text.end.max(after_id);
        let own = self.without_fields(&whole);
        let fields = own.end..whole.end;
        self.word(task, own.clone());
        let from = self.labels(own.clone(), task);
        let to = self.labels_behind(from..own.end, task);
        let body = &text[from..to];
        task.title = title(body);
        cites::add(&mut task.requirements, cites::lettered(self.file, text, from..to));
        add_paths(self.file, text, from..to, task);
        task.kind = verbs::kind(&task.title, task.paths.first().map(|(p, _)| p.as_str()));
        if task.form == TaskForm::Heading {
            task.done = matches!(task.status, Some((StatusWord::Done, _)));
        }
        Line { body: Some(from..to), fields }
    }

    /// The range up to the first line, after the first, that gives a field.
    fn without_fields(&self, range: &Range<usize>) -> Range<usize> {
        for (at, line) in lines(&self.text[range.clone()]).skip(1) {
            let start = range.start + at;
            if fields::field(self.text, &(start..start + line.trim_end().len())).is_some() {
                return range.start..start;
            }
        }
        range.clone()
    }

    /// Takes what the words say about the state.
    pub(super) fn word(&self, task: &mut Task, range: Range<usize>) {
        let first = self.text[range.clone()].find(|c: char| !c.is_whitespace()).unwrap_or(0);
        let start = range.start + first;
        if let Some((word, place)) = status::of_line(&self.text[start..range.end]) {
            task.status = Some((word, self.span(start + place.start..start + place.end)));
        }
    }

    fn row(&self, task: &mut Task, table: usize, row: usize) -> Line {
        task.form = TaskForm::Row;
        let text = self.text;
        let table = &self.survey.tables[table];
        let row = &table.rows[row];
        let cell = |at: usize| row.cells.get(at).cloned();
        if let Some(range) = table.columns.status.and_then(cell) {
            let value = &text[range.clone()];
            let inner = range.start + value.len() - value.trim_start().len();
            let trimmed = value.trim();
            let bytes = trimmed.as_bytes();
            if bytes.len() == 3
                && bytes[0] == b'['
                && bytes[2] == b']'
                && matches!(bytes[1], b' ' | b'x' | b'X' | b'-' | b'~')
            {
                self.mark(task, inner + 1);
            } else if let Some(word) = status::of_value(trimmed) {
                task.status = Some((word, self.span(inner..inner + trimmed.len())));
                task.done = word == StatusWord::Done;
            } else {
                let lower = trimmed.to_lowercase();
                task.done = matches!(lower.as_str(), "x" | "yes" | "[x]");
                task.begun = lower.contains("in progress") || lower.contains("started") && !lower.contains("not");
            }
        }
        let mut body = None;
        if let Some(range) = table.columns.title.and_then(cell) {
            let from = self.labels(range.clone(), task);
            let to = self.labels_behind(from..range.end, task);
            task.title = title(&text[from..to]);
            add_paths(self.file, text, from..to, task);
            body = Some(from..to);
        }
        if let Some(range) = table.columns.parallel.and_then(cell) {
            let lower = text[range].trim().to_lowercase();
            task.parallel |= matches!(lower.as_str(), "p" | "[p]" | "yes" | "y" | "x" | "✅" | "✓" | "true");
        }
        let cited = row.cells.iter().flat_map(|c| cites::lettered(self.file, text, c.clone())).collect();
        cites::add(&mut task.requirements, cited);
        task.kind = verbs::kind(&task.title, task.paths.first().map(|(p, _)| p.as_str()));
        Line { body, fields: 0..0 }
    }

    /// Takes `[P]`, `[US1]`, `[INFRA]`, `(Validation):`, `**PREREQUISITE**:` and separators off the front; returns
    /// where the rest begins.
    fn labels(&self, range: Range<usize>, task: &mut Task) -> usize {
        // what closes the id; later, a dot begins `.helmignore` and an underscore `_helpers.tpl`
        let closed = self.text[range.clone()].trim_start_matches(['.', ')', ']', '_', '`', '、']);
        let closed = closed.strip_prefix("**").unwrap_or(closed);
        let mut at = range.end - closed.len();
        loop {
            let rest = &self.text[at..range.end];
            let spaced = rest.trim_start();
            let trimmed = rest.trim_start_matches(|c: char| {
                matches!(c, ' ' | '\t' | '*' | ':' | '：' | '–' | '—' | '\n' | '\r') || is_sign(c)
            });
            if let Some(label) = bold_label(spaced) {
                at = range.end - spaced.len() + spaced.find(label).unwrap_or(0) + label.len();
                take(label, task);
                continue;
            }
            let trimmed = trimmed.strip_prefix("- ").unwrap_or(trimmed);
            at = range.end - trimmed.len();
            let square = || {
                let inner = trimmed.strip_prefix('[')?;
                let close = inner.bytes().take(LABEL + 1).position(|b| b == b']')?;
                Some((&inner[..close], &inner[close + 1..]))
            };
            let round = || trimmed.strip_prefix('(')?.split_once("):").filter(|(l, _)| l.len() <= LABEL);
            if let Some((label, after)) = square() {
                let path =
                    label.contains(['/', '.', '[']) || after.starts_with(['/', '(', '[']) || label.trim().is_empty();
                if path {
                    break;
                }
                take(label, task);
                at = range.end - after.len();
            } else if let Some((label, after)) = round() {
                take(label, task);
                at = range.end - after.len();
            } else {
                break;
            }
        }
        at
    }

    /// Takes `[P]` and `[US1]` off the end; returns where the rest ends.
    fn labels_behind(&self, range: Range<usize>, task: &mut Task) -> usize {
        let mut end = range.end;
        loop {
            let rest = self.text[range.start..end].trim_end_matches([' ', '\t', '*', '\n', '\r']);
            let label = rest.strip_suffix(']').and_then(|r| r.rsplit_once('[').map(|(_, label)| label));
            match label {
                Some("P") => task.parallel = true,
                Some(label) if is_story(label) => take(label, task),
                _ => return end,
            }
            end = range.start + rest.rfind('[').unwrap_or(0);
        }
    }
}

/// The words without emphasis, and without a sign of state at the end.
fn title(body: &str) -> String {
    let mut title = prose::plain(body);
    let kept = title.trim_end_matches(|c: char| c.is_whitespace() || matches!(c, '✅' | '✔' | '☑' | '\u{fe0f}')).len();
    title.truncate(kept);
    title.shrink_to_fit();
    title
}

/// `PREREQUISITE` of `**PREREQUISITE**: …` and `**PREREQUISITE:** …`.
fn bold_label(text: &str) -> Option<&str> {
    if text.bytes().next().is_none_or(|b| b.is_ascii() && !matches!(b, b':' | b' ' | b'-' | b'*')) {
        return None;
    }
    let inner = text.trim_start_matches([':', ' ', '-', '–', '—']).strip_prefix("**")?;
    let (label, after) = inner.split_once("**").filter(|(l, _)| l.len() <= LABEL)?;
    let name = label.strip_suffix(':').unwrap_or(label);
    let capitals = name.chars().any(char::is_alphabetic) && !name.chars().any(char::is_lowercase);
    (capitals && (name.len() < label.len() || after.starts_with(':'))).then_some(name)
}

fn is_story(label: &str) -> bool {
    let label = label.trim();
    label.starts_with("US") && requirement_id(label).is_some_and(|id| id.len() == label.len())
}

/// Sorts a label: `P`, a story (`US1`, `US7,US8`, `Story 2`), or another name.
fn take(label: &str, task: &mut Task) {
    if !label.is_empty() && label.bytes().all(|b| b.is_ascii_alphanumeric()) {
        return one(label, task);
    }
    label.split([',', '+', '&']).map(str::trim).filter(|l| !l.is_empty()).for_each(|label| one(label, task));
}

fn one(label: &str, task: &mut Task) {
    if label == "P" {
        task.parallel = true;
    } else if task.story.is_none() && is_story(label) {
        task.story = Some(label.to_owned());
    } else if !task.labels.iter().any(|l| l == label) {
        task.labels.push(label.to_owned());
    }
}

/// Adds the paths of a piece of text, each once.
pub(super) fn add_paths(file: FileId, text: &str, range: Range<usize>, task: &mut Task) {
    let found = paths::places(&text[range.clone()]);
    if task.paths.is_empty() {
        task.paths.reserve_exact(found.len());
    }
    let large = task.paths.len() + found.len() > 64;
    let mut seen: BTreeSet<String> =
        if large { task.paths.iter().map(|(p, _)| p.clone()).collect() } else { BTreeSet::new() };
    for place in found {
        let place = range.start + place.start..range.start + place.end;
        let path = &text[place.clone()];
        let new = if large { seen.insert(path.to_owned()) } else { task.paths.iter().all(|(p, _)| *p != path) };
        if new {
            task.paths.push((path.to_owned(), Span::new(file, place.start, place.end)));
        }
    }
}
