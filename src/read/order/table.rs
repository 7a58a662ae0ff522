//! Tables of dependencies: `| Story | Depends on |`.

use std::ops::Range;

use super::groups::Place;
use super::sentence::{Named, Read, Sentences, ordered};

/// What a column says of the first one.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Column {
    WaitsFor,
    Blocks,
}

impl Sentences<'_> {
    /// Reads a table that has a column for what is waited for, or for what is blocked.
    pub(super) fn table(&self, range: Range<usize>) -> Read {
        let mut read = Read::default();
        let mut rows = rows(self.text, &range);
        let Some(head) = rows.next() else { return read };
        let columns: Vec<(usize, Column)> = head
            .iter()
            .enumerate()
            .skip(1)
            .filter_map(|(at, cell)| column(&self.text[cell.clone()]).map(|c| (at, c)))
            .collect();
        if columns.is_empty() {
            return read;
        }
        for cells in rows {
            let Some(first) =
                cells.first().filter(|c| !self.text[(*c).clone()].trim_matches(['-', ':', ' ']).is_empty())
            else {
                continue;
            };
            let none = Place { offset: range.start, subject: &[] };
            let subject = self.mention(&self.text[first.clone()], none);
            for (at, column) in &columns {
                let Some(cell) = cells.get(*at) else { continue };
                let text = &self.text[cell.clone()];
                let lower = text.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
                if lower.is_empty() || matches!(lower.as_str(), "none" | "n/a" | "nothing" | "no") {
                    continue;
                }
                let about = subject.as_ref().map(|s| s.set.clone()).unwrap_or_default();
                let other = self.mention(text, Place { offset: range.start, subject: &about });
                match (&subject, other) {
                    (Ok(Named { set, group }), Ok(other)) => {
                        let whole = first.start.min(cell.start)..first.end.max(cell.end);
                        let group = *group || other.group;
                        let found = match column {
                            Column::WaitsFor => ordered(&other.set, set, true, group, whole),
                            Column::Blocks => ordered(set, &other.set, false, group, whole),
                        };
                        read.found.extend(found);
                    }
                    (Err(reason), _) => read.unread.push((first.clone(), reason.clone(), false)),
                    (_, Err(reason)) => read.unread.push((cell.clone(), reason, false)),
                }
            }
        }
        read
    }
}

fn column(title: &str) -> Option<Column> {
    let lower = title.trim_matches([' ', '*', '_']).to_ascii_lowercase();
    let waits = ["depend", "prerequisite", "requires", "blocked by", "waits for", "after", "can start after"];
    if waits.iter().any(|w| lower.starts_with(w)) {
        return Some(Column::WaitsFor);
    }
    ["blocks", "required by", "needed by", "before"].iter().any(|w| lower.starts_with(w)).then_some(Column::Blocks)
}

/// The cells of each row, trimmed; a bar after a backslash is none.
fn rows<'t>(text: &'t str, range: &Range<usize>) -> impl Iterator<Item = Vec<Range<usize>>> + use<'t> {
    let mut at = range.start;
    text[range.clone()].split_inclusive('\n').map(move |line| {
        let start = at;
        at += line.len();
        let mut cells = Vec::new();
        let (mut from, mut before) = (start, ' ');
        for (offset, c) in line.char_indices().chain([(line.len(), '|')]) {
            if c == '|' && before != '\\' {
                cells.push(from..start + offset);
                from = (start + offset + 1).min(start + line.len());
            }
            before = c;
        }
        let trim = |cell: Range<usize>| {
            let raw = &text[cell.clone()];
            let begin = cell.start + raw.len() - raw.trim_start().len();
            begin..(cell.start + raw.trim_end().len()).max(begin)
        };
        let mut cells: Vec<Range<usize>> = cells.into_iter().map(trim).collect();
        // the bars at both ends of a row
        if cells.first().is_some_and(Range::is_empty) {
            cells.remove(0);
        }
        if cells.last().is_some_and(Range::is_empty) {
            cells.pop();
        }
        cells
    })
}
