//! Ids as a file numbers its tasks. One is never given twice: what is only mentioned, or was removed, counts as given.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::workspace::Task;

/// Numbers above this are taken for something else, such as a date.
const LARGEST: u32 = 9_999_999;

/// How ids are written, and the next one.
pub(super) struct Ids {
    /// `T`, `T-`, `TASK-` or nothing.
    prefix: String,
    /// Digits of a number that stands alone, zeros filled in.
    width: usize,
    /// Numbers of the next id; the last one counts.
    next: Vec<u32>,
    /// Ids that must not be given.
    used: BTreeSet<String>,
    /// Whether an id was given since the last group was opened.
    given: bool,
}

impl Ids {
    /// `texts` is everything in which an id may be mentioned; `taken` holds ids known from elsewhere.
    pub(super) fn of<'a>(tasks: &[Arc<Task>], texts: &[&str], taken: impl Iterator<Item = &'a str>) -> Self {
        let own: Vec<(String, Vec<u32>, usize)> = tasks.iter().filter_map(|t| split(&t.id.id)).collect();
        let mut shapes: BTreeMap<(&str, usize), usize> = BTreeMap::new();
        for (prefix, numbers, _) in &own {
            *shapes.entry((prefix, numbers.len())).or_default() += 1;
        }
        let most = shapes.values().max().copied().unwrap_or(0);
        let usual = own.iter().find(|(p, n, _)| shapes.get(&(p.as_str(), n.len())) == Some(&most));
        let (prefix, length, first_width) =
            usual.map_or_else(|| ("T".to_owned(), 1, 3), |(p, n, w)| (p.clone(), n.len(), *w));
        let mut used: BTreeSet<String> = tasks.iter().map(|t| t.id.id.clone()).collect();
        used.extend(tasks.iter().flat_map(|t| t.depends_on.iter().chain(&t.blocks)).map(|(id, _)| local(id)));
        used.extend(taken.map(str::to_owned));
        for text in texts {
            mentioned(text, &prefix, &mut used);
        }
        let all = used.iter().filter_map(|id| split(id)).filter(|(p, _, _)| *p == prefix);
        let highest = all.filter_map(|(_, n, _)| n.first().copied()).filter(|n| *n < LARGEST).max().unwrap_or(0);
        let alike = own.iter().filter(|(p, n, _)| *p == prefix && n.len() == length);
        let width = alike.map(|(_, _, w)| *w).min().unwrap_or(first_width);
        let mut next = vec![1; length];
        next[0] = highest + 1;
        // a box that begins with a number is no task yet, and would become one beside tasks that are numbered like it
        used.extend(texts.iter().flat_map(|t| t.lines()).filter_map(box_number));
        Self { prefix, width: if length == 1 { width } else { 1 }, next, used, given: false }
    }

    /// For a new file with `1.1`, `1.2`.
    pub(super) fn numbered() -> Self {
        Self { prefix: String::new(), width: 1, next: vec![1, 1], used: BTreeSet::new(), given: false }
    }

    /// Ids that must not be given either.
    pub(super) fn avoid<'a>(&mut self, ids: impl Iterator<Item = &'a str>) {
        self.used.extend(ids.map(str::to_owned));
    }

    /// Ids such as `4.2`: the first number is that of the group.
    pub(super) fn grouped(&self) -> bool {
        self.next.len() > 1
    }

    /// One more number at the end, for files in which groups have ids of their own.
    pub(super) fn deepen(&mut self) {
        if self.next.len() == 1 {
            self.next.push(1);
            self.width = 1;
        }
    }

    /// Begins a group; returns its number.
    pub(super) fn open(&mut self) -> u32 {
        if self.given && self.grouped() {
            self.next[0] += 1;
            self.next[1..].fill(1);
            self.given = false;
        }
        self.next[0]
    }

    /// Ids below `## Phase 4.6` are `4.6.1`, `4.6.2`.
    pub(super) fn within(&mut self, phase: &[u32]) {
        if phase.len() > 1 && phase.len() + 1 == self.next.len() {
            self.next = [phase, &[1]].concat();
        }
    }

    /// Goes on in the group that the file ends with.
    pub(super) fn resume<'a>(&mut self, tasks: impl Iterator<Item = &'a Task>) {
        if self.given || !self.grouped() {
            return;
        }
        let length = self.next.len();
        let alike = tasks.filter_map(|t| split(&t.id.id)).filter(|(p, n, _)| *p == self.prefix && n.len() == length);
        let Some(mut last) = alike.map(|(_, n, _)| n).max().filter(|n| n[0] + 1 == self.next[0]) else { return };
        last[length - 1] += 1;
        self.next = last;
    }

    pub(super) fn take(&mut self) -> String {
        loop {
            let numbers: Vec<String> = self.next.iter().map(|n| format!("{n:0width$}", width = self.width)).collect();
            if let Some(last) = self.next.last_mut() {
                *last = last.saturating_add(1);
            }
            let id = format!("{}{}", self.prefix, numbers.join("."));
            if self.used.insert(id.clone()) {
                self.given = true;
                return id;
            }
        }
    }
}

/// `T009` of `other/T009`.
fn local(id: &str) -> String {
    id.rsplit('/').next().unwrap_or(id).to_owned()
}

/// Prefix, numbers, and digits of the last number of an id.
fn split(id: &str) -> Option<(String, Vec<u32>, usize)> {
    let id = id.rsplit('/').next()?;
    let start = id.find(|c: char| c.is_ascii_digit())?;
    let (prefix, rest) = id.split_at(start);
    let rest = rest.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let numbers = rest.split('.').map(|n| n.parse().ok()).collect::<Option<Vec<u32>>>()?;
    Some((prefix.to_owned(), numbers, rest.split('.').next_back().map_or(1, str::len)))
}

/// The number that the text of a check box begins with.
fn box_number(line: &str) -> Option<String> {
    let rest = line.trim_start().trim_start_matches(['-', '*', '+']).trim_start().strip_prefix('[')?;
    let text = rest.split_once(']')?.1.trim_start();
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let digits = text[..end].trim_end_matches('.');
    digits.starts_with(|c: char| c.is_ascii_digit()).then(|| digits.to_owned())
}

/// Ids with this prefix anywhere in a text. Without a prefix an id cannot be told from a version.
fn mentioned(text: &str, prefix: &str, used: &mut BTreeSet<String>) {
    if prefix.is_empty() {
        return;
    }
    for (at, _) in text.match_indices(prefix) {
        if text[..at].ends_with(char::is_alphanumeric) {
            continue;
        }
        let rest = &text[at + prefix.len()..];
        let end = rest.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(rest.len());
        let digits = rest[..end].trim_end_matches('.');
        if digits.starts_with(|c: char| c.is_ascii_digit()) {
            used.insert(format!("{prefix}{digits}"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{Sources, Span};
    use crate::model::ids::{FeatureId, TaskId};

    fn ids(own: &[&str], texts: &[&str], taken: &[&str]) -> Ids {
        let file = Sources::default().add("t.md", "");
        let task = |id: &&str| {
            let id = TaskId { feature: FeatureId("f".into()), id: (*id).to_owned() };
            Task::new(id, Span::new(file, 0, 0))
        };
        let tasks: Vec<Arc<Task>> = own.iter().map(|id| Arc::new(task(id))).collect();
        Ids::of(&tasks, texts, taken.iter().copied())
    }

    #[test]
    fn the_next_id_is_higher_than_any_that_is_known() {
        for (own, texts, taken, next) in [
            (&[][..], &[][..], &[][..], "T001"),
            (&["T001", "T0012a"], &[], &[], "T013"),
            (&["T0001", "T0002"], &[], &[], "T0003"),
            (&["T1000"], &[], &[], "T1001"),
            (&["T001"], &["see T007, ST900 and T-9"], &["T005"], "T008"),
            (&["T001"], &[], &["T011"], "T012"),
            (&["T001"], &["on T20261121 and T9999999"], &[], "T002"),
            (&["T-4.3a", "T-4.10", "T001"], &["T-6.2 was removed"], &[], "T-7.1"),
            (&["4.1.1", "4.1.2"], &["version 9.1.1"], &[], "5.1.1"),
            (&["INFRA-007"], &[], &[], "INFRA-008"),
            (&["1.1", "1.2"], &["* [ ] 2.1 Not read\n- [x] 2.2. Nor this\n- 2.3 no box"], &[], "2.3"),
            (&["9"], &[], &[], "10"),
        ] {
            assert_eq!(ids(own, texts, taken).take(), next, "{own:?}");
        }
    }

    #[test]
    fn groups_have_a_number_of_their_own() {
        let mut ids = ids(&["4.1", "4.2"], &[], &[]);
        assert_eq!((ids.open(), ids.take(), ids.take()), (5, "5.1".into(), "5.2".into()));
        assert_eq!((ids.open(), ids.open(), ids.take()), (6, 6, "6.1".to_owned()));
    }
}
