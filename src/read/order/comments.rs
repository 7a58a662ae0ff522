//! Examples of parallel work: `# Second person (once T025 is complete)` above the lines of tasks that this person takes.

use std::ops::Range;

use super::groups::Place;
use super::sentence::{Found, Named, Sentences, ordered};

/// Words of a comment behind which the tasks stand that are waited for.
const WAITS: [&str; 4] = ["once ", "after ", "depends on ", "requires "];

impl Sentences<'_> {
    /// What the comments of a block say of the tasks below them, up to an empty line or the next comment. `content` is
    /// no part of the text, so the ranges are places in it.
    pub(super) fn comments(&self, content: &str, offset: usize) -> Vec<Found> {
        let mut found = Vec::new();
        let mut above: Option<(Named, Range<usize>)> = None;
        let mut at = 0;
        for line in content.split_inclusive('\n') {
            let start = at;
            at += line.len();
            let inner = line.trim();
            if let Some(comment) = inner.strip_prefix('#').or_else(|| inner.strip_prefix("//")) {
                above = self.waited_for(comment, offset).map(|named| (named, start..start + line.trim_end().len()));
            } else if inner.is_empty() {
                above = None;
            } else if let (Some((before, from)), Some(named)) = (&above, self.taken(inner, offset)) {
                let range = from.start..start + line.trim_end().len();
                found.extend(ordered(&before.set, &named.set, true, before.group || named.group, range));
            }
        }
        found
    }

    fn waited_for(&self, comment: &str, offset: usize) -> Option<Named> {
        let lower = comment.to_ascii_lowercase();
        let at = WAITS.iter().filter_map(|w| Some(lower.find(w)? + w.len())).min()?;
        let object = comment[at..].split(')').next()?;
        self.first_tasks(object, offset)
    }

    /// `Task: T028 "Write it"`, `T028: write it`, `- T028-T030`.
    fn taken(&self, line: &str, offset: usize) -> Option<Named> {
        let line = line.trim_start_matches(['-', '*', ' ']);
        let line = line.strip_prefix("Task").map_or(line, |rest| rest.trim_start_matches([':', ' ']));
        let (first, range) = self.refs(line).into_iter().next()?;
        (range.start == 0 && first.is_task()).then(|| self.first_tasks(&line[..range.end], offset)).flatten()
    }

    /// The tasks that a text names, without what it says of other groups.
    fn first_tasks(&self, text: &str, offset: usize) -> Option<Named> {
        let refs = self.refs(text);
        let end = refs.iter().take_while(|(r, _)| r.is_task()).last()?.1.end;
        self.by_reference(&text[..end], Place { offset, subject: &[] })?.ok()
    }
}
