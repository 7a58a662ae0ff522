//! Ids of other tasks: `T004, T007`, `T001-T004`, `T001 to T004`, `T-4.3a/b`, `007-x/T003`, `All previous tasks`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::ops::Range;

use crate::base::id_index::IdIndex;
use crate::base::source::{FileId, Span};
use crate::model::workspace::Task;
use crate::read::names::{completed, is_dash, is_lettered, is_task_id, resembles_task_id, task_range};

use super::sections;

/// How many ids the ranges of one file may stand for in all; what is more would be a trick, not a plan.
const MOST: usize = 250_000;

/// How strictly a list is read.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum List {
    /// On a line of prose: it ends at the first other word.
    Strict,
    /// The same, and only names count that are ids wherever they stand.
    Known,
    /// The value of a field: other words are passed over.
    Field,
}

/// The tasks of a file by their ids, to resolve what stands for several.
pub(super) struct Known<'t> {
    ids: &'t [Cow<'t, str>],
    index: IdIndex<'t>,
    groups: BTreeMap<String, Vec<usize>>,
    phases: BTreeMap<String, Vec<usize>>,
    lettered: bool,
    file: FileId,
    left: usize,
    /// Places of ranges that were not followed, since together they stand for too many.
    pub(super) refused: Vec<Span>,
}

/// One or several ids, as a piece of text names them.
enum Named<'a> {
    One(&'a str),
    Short(String),
    Range(&'a str, String),
}

impl<'t> Known<'t> {
    /// `ids` are those of the tasks; `groups` gives the members of each group by their indices.
    pub(super) fn new(
        file: FileId,
        ids: &'t [Cow<'t, str>],
        tasks: &[Task],
        groups: BTreeMap<String, Vec<usize>>,
        lettered: bool,
    ) -> Self {
        let mut phases: BTreeMap<String, Vec<usize>> = BTreeMap::new();
        let mut at = 0;
        for phase in tasks.chunk_by(|a, b| a.phase == b.phase) {
            if let Some(number) = sections::number(&phase[0].phase_title).filter(|n| !n.is_empty()) {
                phases.entry(number).or_default().extend(at..at + phase.len());
            }
            at += phase.len();
        }
        let index = IdIndex::new(ids.iter().map(|id| &**id));
        Self { ids, index, groups, phases, lettered, file, left: MOST, refused: Vec::new() }
    }

    /// The index of the task with that id.
    pub(super) fn place(&self, id: &str) -> Option<usize> {
        self.index.get(id)
    }

    /// The ids of a list, each with its place; `own` is the task that it stands at.
    pub(super) fn list(&mut self, text: &str, range: Range<usize>, how: List, own: usize) -> Vec<(String, Span)> {
        let mut found: Vec<(String, Span)> = Vec::new();
        let mut at = range.start;
        // the first end of a range, and whether its sign was seen
        let mut open: Option<(String, usize, usize)> = None;
        let mut ranging = false;
        let mut listed = true;
        while at < range.end {
            let rest = &text[at..range.end];
            let skipped = [' ', ',', '&', '*', ':', '`', '+', '\t', '\n', '\r', '，', '、', '；', ';', '[', '：', '_'];
            let trimmed = rest.trim_start_matches(skipped);
            let gap = &rest[..rest.len() - trimmed.len()];
            listed |= gap.contains([',', '，', '、', ';', '；', '\n', '&', '+']);
            at = range.end - trimmed.len();
            let Some(first) = trimmed.chars().next() else { break };
            if matches!(first, '(' | '（') && (found.is_empty() || how == List::Field) {
                at += first.len_utf8();
                listed = true;
                continue;
            }
            if matches!(first, '(' | '（') {
                // a remark: `T001 (the chart), T002`
                let Some(close) = trimmed.char_indices().take(200).find(|(_, c)| matches!(c, ')' | '）')) else {
                    break;
                };
                at += close.0 + close.1.len_utf8();
                continue;
            }
            if matches!(first, ')' | '）' | ']' | '.' | '。' | '|') {
                if how != List::Field {
                    break;
                }
                at += first.len_utf8();
                continue;
            }
            let stops = |c: char| c.is_whitespace() || ",;)`*&+，、；。）]|（".contains(c);
            let end = trimmed.find(stops).unwrap_or(trimmed.len());
            let word = trimmed[..end].trim_end_matches(['.', ':', '：', '…', '_', '!', '?', '\'', '"']);
            let span = at..at + word.len();
            at += end.max(first.len_utf8());
            if is_range_sign(word) {
                ranging = open.is_some();
                listed = ranging;
                if open.is_none() && how != List::Field {
                    break;
                }
                continue;
            }
            let names = self.names(word, how, listed);
            match names {
                Some(names) => {
                    listed = false;
                    if let ([(Named::One(id), _)], Some((from, start, length))) =
                        (&names[..], open.take().filter(|_| ranging))
                    {
                        found.truncate(length);
                        self.expand(&from, id, start..span.end, own, &mut found);
                        ranging = false;
                        continue;
                    }
                    ranging = false;
                    for (name, piece) in names {
                        let place = span.start + piece.start..span.start + piece.end;
                        match name {
                            Named::Range(from, to) => self.expand(from, &to, place, own, &mut found),
                            Named::One(id) => {
                                open = Some((id.to_owned(), place.start, found.len()));
                                self.one(id, place, own, &mut found);
                            }
                            Named::Short(id) => self.one(&id, place, own, &mut found),
                        }
                    }
                }
                None if is_filler(word) => listed = true,
                None => {
                    if how != List::Field {
                        break;
                    }
                    listed = false;
                    open = None;
                }
            }
        }
        found
    }

    /// What a field or a phrase without ids stands for: `All previous tasks`, `Phases 1-3`. `None` if for nothing.
    pub(super) fn group(
        &mut self,
        text: &str,
        range: Range<usize>,
        own: usize,
        field: bool,
    ) -> Option<Vec<(String, Span)>> {
        let raw = &text[range.clone()];
        let front = raw.trim_start_matches([' ', '*', '_', ':', '(', '\t', '`']);
        let start = range.end - front.len();
        let end = front
            .char_indices()
            .take(60)
            .find(|(_, c)| matches!(c, ',' | ';' | ')' | '\n'))
            .map_or_else(|| front.char_indices().nth(60).map_or(front.len(), |(i, _)| i), |(i, _)| i);
        let clause = front[..end].trim_end_matches([' ', '*', '_', '.', '`']);
        let span = Span::new(self.file, start, start + clause.len());
        let lower = clause.to_lowercase();
        let words: Vec<&str> = lower.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).collect();
        let earlier =
            |w: &str| matches!(w, "previous" | "prior" | "above" | "preceding" | "earlier" | "other" | "before");
        let (first, others) = words.split_first()?;
        if *first == "all" || *first == "everything" {
            let plain = |w: &&str| {
                earlier(w)
                    || matches!(
                        *w,
                        "the" | "tasks" | "task" | "of" | "completed" | "complete" | "are" | "done" | "steps"
                    )
            };
            let all = others.iter().all(plain) && (field || others.iter().any(|w| earlier(w) || w.starts_with("task")));
            return all.then(|| self.several((0..own).collect(), span, own));
        }
        let phase = first.strip_prefix("phase").filter(|s| matches!(*s, "" | "s"));
        if phase.is_some() {
            let numbers = clause[first.len()..].trim_start();
            let stop = numbers.find(|c: char| !(c.is_ascii_digit() || ". -–—,&".contains(c))).unwrap_or(numbers.len());
            let members = self.phase_list(&numbers[..stop]);
            return (!members.is_empty()).then(|| self.several(members, span, own));
        }
        None
    }

    fn phase_list(&self, numbers: &str) -> Vec<usize> {
        let mut members = Vec::new();
        for piece in numbers.split([',', '&']) {
            let ends: Vec<&str> = piece.split(is_dash).map(|p| p.trim().trim_end_matches('.')).collect();
            match ends[..] {
                [from, to] => {
                    if let (Ok(from), Ok(to)) = (from.parse::<u16>(), to.parse::<u16>()) {
                        let between = (from..=to).filter_map(|n| self.phases.get(&n.to_string()));
                        members.extend(between.flatten().copied());
                    }
                }
                _ => members.extend(self.phases.get(ends[0]).into_iter().flatten().copied()),
            }
        }
        members
    }

    fn several(&mut self, members: Vec<usize>, span: Span, own: usize) -> Vec<(String, Span)> {
        if members.len() > self.left {
            self.refused.push(span);
            return Vec::new();
        }
        self.left -= members.len();
        members.into_iter().filter(|m| *m != own).map(|m| (self.ids[m].to_string(), span)).collect()
    }

    /// What a word names, with the place of each name in it.
    fn names<'w>(&self, word: &'w str, how: List, listed: bool) -> Option<Vec<(Named<'w>, Range<usize>)>> {
        if word.is_empty() || word.len() > 200 {
            return None;
        }
        let whole = 0..word.len();
        if self.is_id(word, how, listed) {
            return Some(vec![(Named::One(word), whole)]);
        }
        if let Some((from, to)) = task_range(word).or_else(|| self.range(word)) {
            return Some(vec![(Named::Range(from, to.to_owned()), whole)]);
        }
        if let Some((from, to)) = word.split_once(is_dash).or_else(|| word.split_once(".."))
            && self.is_id(from, how, listed)
            && let Some(to) = if self.is_id(to, how, listed) { Some(to.to_owned()) } else { completed(from, to) }
        {
            return Some(vec![(Named::Range(from, to), whole)]);
        }
        if word.contains('/') {
            return self.slashed(word, how, listed);
        }
        // a misspelt id is kept, so that it is reported
        let misspelt = how != List::Known && word.len() < 12 && resembles_task_id(word);
        misspelt.then(|| vec![(Named::One(word), whole)])
    }

    /// `T001/T002`, `T-4.3a/b`, or a task of another feature: `007-x/T003`.
    fn slashed<'w>(&self, word: &'w str, how: List, listed: bool) -> Option<Vec<(Named<'w>, Range<usize>)>> {
        let mut pieces = word.split('/');
        let first = pieces.next().unwrap_or_default();
        if !self.is_id(first, how, listed) {
            let last = word.rsplit('/').next().unwrap_or(word);
            return (is_task_id(last) && how != List::Known).then(|| vec![(Named::One(word), 0..word.len())]);
        }
        let mut found = vec![(Named::One(first), 0..first.len())];
        let mut at = first.len() + 1;
        let mut last = first.to_owned();
        for piece in pieces {
            let place = at..at + piece.len();
            if self.is_id(piece, how, listed) {
                piece.clone_into(&mut last);
                found.push((Named::Short(piece.to_owned()), place));
            } else {
                last = completed(&last, piece)?;
                found.push((Named::Short(last.clone()), place));
            }
            at += piece.len() + 1;
        }
        Some(found)
    }

    fn is_id(&self, word: &str, how: List, listed: bool) -> bool {
        if self.index.has(word) || self.groups.contains_key(word) {
            return is_lettered(word) || listed;
        }
        is_task_id(word) && (is_lettered(word) || (!self.lettered && listed && how != List::Known))
    }

    /// `3-5` where both are ids of the file.
    fn range<'w>(&self, word: &'w str) -> Option<(&'w str, &'w str)> {
        let (from, to) = word.split_once(is_dash)?;
        let known = |id: &str| self.index.has(id) || self.groups.contains_key(id);
        (known(from) && known(to)).then_some((from, to))
    }

    fn one(&mut self, id: &str, place: Range<usize>, own: usize, found: &mut Vec<(String, Span)>) {
        let span = Span::new(self.file, place.start, place.end);
        match self.groups.get(id).filter(|_| !self.index.has(id)) {
            Some(members) => {
                let members = members.clone();
                found.extend(self.several(members, span, own));
            }
            None => found.push((id.to_owned(), span)),
        }
    }

    /// Every task from one to the other, as the file has them.
    fn expand(&mut self, from: &str, to: &str, place: Range<usize>, own: usize, found: &mut Vec<(String, Span)>) {
        let span = Span::new(self.file, place.start, place.end);
        let first = self.index.get(from).or_else(|| self.groups.get(from).and_then(|m| m.first().copied()));
        let last = self.index.get(to).or_else(|| self.groups.get(to).and_then(|m| m.last().copied()));
        match (first, last) {
            (Some(a), Some(b)) if a <= b && b - a < self.left => {
                let members = (a..=b).collect();
                found.extend(self.several(members, span, own));
            }
            (Some(a), Some(b)) if a <= b => self.refused.push(span),
            _ => found.extend([from, to].map(|id| (id.to_owned(), span))),
        }
    }
}

fn is_range_sign(word: &str) -> bool {
    let mut chars = word.chars();
    let dash = chars.next().is_some_and(|c| is_dash(c) || c == '→') && chars.next().is_none();
    dash || ["to", "through", "thru", "until", "..", "bis", "至", "到"].iter().any(|w| word.eq_ignore_ascii_case(w))
}

fn is_filler(word: &str) -> bool {
    let words = ["and", "or", "task", "tasks", "both", "the", "und", "et", "y", "和", "与", "及", "اور", "任务"];
    words.iter().any(|w| word.eq_ignore_ascii_case(w))
}
