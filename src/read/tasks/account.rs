//! Nothing is lost in silence: what is neither a task nor understood is listed, with the reason.

use std::ops::Range;

use crate::base::lines::lines;
use crate::base::source::{FileId, Span};
use crate::model::workspace::{TaskAside, TaskAsideKind, Unread};
use crate::read::markdown::{Kind, Markdown};
use crate::read::names::{is_lettered, is_task_id};

use super::fate::Fate;
use super::opening::{Bare, opening};
use super::survey::Survey;
use super::table;

/// Every candidate that is no task, as an aside or as a line that was not read.
pub(super) fn asides(file: FileId, text: &str, survey: &Survey, fates: &[Fate]) -> (Vec<TaskAside>, Vec<Unread>) {
    let (mut asides, mut unread) = (Vec::new(), Vec::new());
    for (at, (candidate, fate)) in survey.candidates.iter().zip(fates).enumerate() {
        let span = Span::new(file, candidate.line.start, candidate.line.end);
        let own = || survey.id(text, at).map(str::to_owned);
        let of = |other: usize| survey.id(text, other).map(str::to_owned);
        let (kind, of) = match fate {
            Fate::Task | Fate::Nothing => continue,
            Fate::Unread(reason) => {
                let start = candidate.text.start.min(candidate.line.end);
                let span = Span::new(file, start, candidate.text.end.max(start));
                unread.push(Unread { span, reason: reason.clone() });
                continue;
            }
            Fate::Group => (TaskAsideKind::Group, own()),
            Fate::Mention(other) => (TaskAsideKind::Mention, of(*other)),
            Fate::Acceptance(other) => (TaskAsideKind::Acceptance, of(*other)),
            Fate::Checklist => (TaskAsideKind::Checklist, None),
        };
        asides.push(TaskAside { span, kind, of });
    }
    (asides, unread)
}

/// Lines that look like boxes, headings or rows to a person, and that Markdown reads as something else.
pub(super) fn overlooked(file: FileId, doc: &Markdown) -> Vec<Unread> {
    let mut found = Vec::new();
    let mut blocks = doc.blocks.iter().peekable();
    let mut marks: Vec<usize> = Vec::new();
    let mut tables: Vec<Range<usize>> = Vec::new();
    let mut headings: Vec<Range<usize>> = Vec::new();
    for block in blocks.by_ref() {
        match block.kind {
            Kind::Item { mark: Some(mark) } => marks.push(mark),
            Kind::Table => tables.push(block.range.clone()),
            Kind::Heading(_) => headings.push(block.range.clone()),
            _ => {}
        }
    }
    let within = |ranges: &[Range<usize>], at: usize| {
        let next = ranges.partition_point(|r| r.start <= at);
        next > 0 && ranges[next - 1].contains(&at)
    };
    let mut push = |range: Range<usize>, reason: &str| {
        found.push(Unread { span: Span::new(file, range.start, range.end), reason: reason.into() });
    };
    for (at, line) in lines(&doc.masked) {
        // none of them begins with a letter
        if line.as_bytes().first().is_some_and(|b| b.is_ascii_alphabetic() || *b == b'\n') {
            continue;
        }
        let all = || at..at + line.trim_end().len();
        if let Some(mark) = box_of(line) {
            if marks.binary_search(&(at + mark)).is_err() {
                push(all(), "Markdown reads no list item here; put an empty line before the list");
            }
        } else if let Some(start) = heading_of(line) {
            if !within(&headings, at + start) {
                push(all(), "Markdown reads no heading here; begin the line with `#` and a space");
            }
        } else if row_of(line) && !within(&tables, at + line.len() - line.trim_start().len()) {
            push(all(), "Markdown reads no table here; a table needs a line of names and a line of dashes");
        }
    }
    for (offset, text) in &doc.indented {
        for (at, line) in lines(text).filter(|(_, line)| box_of(line).is_some()) {
            let from = offset + at;
            push(from..from + line.trim_end().len(), "indented so far that Markdown takes it for code");
        }
    }
    found
}

/// The offset of the mark in a line such as `- [ ] …`.
fn box_of(line: &str) -> Option<usize> {
    let front = line.trim_start_matches([' ', '\t', '>', '\u{feff}']);
    let bytes = front.as_bytes();
    let digits = bytes.iter().take_while(|b| b.is_ascii_digit()).count();
    let bullet = match bytes.get(digits)? {
        b'-' | b'*' | b'+' if digits == 0 => 1,
        b'.' | b')' if (1..=9).contains(&digits) => digits + 1,
        _ => return None,
    };
    let after = front[bullet..].trim_start_matches([' ', '\t']);
    let at = front.len() - after.len();
    let inner = after.as_bytes();
    let marked = at > bullet && inner.first() == Some(&b'[') && inner.get(2) == Some(&b']');
    let mark = marked && matches!(inner.get(1), Some(b' ' | b'x' | b'X' | b'-' | b'~'));
    let behind =
        after.get(3..).is_some_and(|b| b.strip_prefix('*').unwrap_or(b).chars().next().is_none_or(char::is_whitespace));
    (mark && behind).then_some(line.len() - front.len() + at + 1)
}

/// Where the text of a line such as `### T001 …` or `## Task 4.1: …` begins.
fn heading_of(line: &str) -> Option<usize> {
    let front = line.trim_start_matches([' ', '>', '\u{feff}']);
    let marks = front.bytes().take_while(|b| *b == b'#').count();
    if !(1..=6).contains(&marks) {
        return None;
    }
    let end = line.trim_end().len();
    let start = line.len() - front.len();
    let id = opening(line, &(start + marks..end.max(start + marks)), Bare::No).id?;
    (id.worded || is_lettered(&line[id.range])).then_some(start)
}

/// Whether a line is a row whose first cell is an id with letters.
fn row_of(line: &str) -> bool {
    let Some(inner) = line.trim_start().strip_prefix('|') else { return false };
    let Some((cell, _)) = inner.split_once('|') else { return false };
    let id = table::bare(cell);
    is_task_id(id) && is_lettered(id)
}
