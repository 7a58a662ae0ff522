//! What a tasks file says about the order of its tasks, phases and stories, apart from the tasks' own ids:
//! sentences, arrows, tables. What looks like such a sentence and is not understood is listed.

mod arrows;
mod comments;
mod groups;
mod names;
mod refs;
mod sentence;
mod table;
mod unit;
mod words;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::model::workspace::{OrderStatement, Task, TaskForm, Unread};

use super::markdown::{Block, Kind, Markdown};
use super::piece_set::PieceSet;
use groups::{Groups, Set};
use sentence::{Found, Sentences};

/// How many ids all statements of a file may hold for each task of it: what is said of large groups again and again
/// is not read again and again.
const MOST_IDS: usize = 64;

/// How many tasks may be looked at for each task of the file, to find out whom sentences are about.
const MOST_WORK: usize = 1024;

/// Longer units are no sentences.
const LONGEST: usize = 2000;

/// Reads the statements of a file in document order, and what looks like one and is none.
/// `tasks` are the tasks of this file.
pub fn read(file: FileId, doc: &Markdown, tasks: &[Task]) -> (Vec<OrderStatement>, Vec<Unread>) {
    if tasks.is_empty() {
        return (Vec::new(), Vec::new());
    }
    let groups = Groups::new(doc, tasks);
    let budget = MOST_IDS * tasks.len() + 4096;
    let mut reader = Reader {
        file,
        text: &doc.masked,
        groups: &groups,
        statements: Vec::new(),
        seen: BTreeSet::new(),
        budget,
        unread: Vec::new(),
        vague: None,
    };
    reader.blocks(&doc.blocks);
    reader.end_vague();
    (reader.statements, reader.unread)
}

/// The numbers of the stories that a heading or a label names: `US1 & US3`, `User Story 2`.
pub fn stories_in(text: &str) -> Vec<u32> {
    refs::stories(text)
}

/// What the titles of sections about dependencies have in them, in lower case.
static DEPENDENCIES: PieceSet<6> =
    PieceSet::new(["depend", "execution order", "critical path", "sequenc", "completion order", "prerequisite"]);

/// How a section is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Manner {
    /// Named for dependencies: what is not understood is listed.
    Dependencies,
    /// Named for what may run side by side: permissions are not listed, only what names tasks and says nothing.
    Parallel,
    /// Any other: only what is said with ids and numbers counts.
    Prose,
}

impl Manner {
    /// What the title of a section asks for.
    fn of(title: &str) -> Self {
        let title = title.to_lowercase();
        if DEPENDENCIES.any_in(&title) {
            Self::Dependencies
        } else if title.contains("parallel") {
            Self::Parallel
        } else {
            Self::Prose
        }
    }
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    groups: &'a Groups<'a>,
    statements: Vec<OrderStatement>,
    seen: BTreeSet<(Set, Set)>,
    budget: usize,
    unread: Vec<Unread>,
    /// Advice that names nothing, collected for a section: `models before services`.
    vague: Option<(Option<usize>, Vec<Unread>)>,
}

impl Reader<'_> {
    fn blocks(&mut self, blocks: &[Block]) {
        let mut next = self.groups.order.iter().copied().peekable();
        // the tasks that a block lies in, and where each ends
        let mut open: Vec<(usize, usize)> = Vec::new();
        for block in blocks {
            let at = block.range.start;
            while open.pop_if(|(_, end)| *end <= at).is_some() {}
            while let Some(task) = next.next_if(|t| self.groups.tasks[*t].span.start as usize <= at) {
                let it = &self.groups.tasks[task];
                let end = it.detail.end.max(it.span.end) as usize;
                if it.form != TaskForm::Row && end > at {
                    open.push((task, end));
                }
                self.task(task);
            }
            let owner = open.last().map(|(task, _)| *task);
            match (&block.kind, owner) {
                (Kind::Item { .. } | Kind::Paragraph, Some(task)) if !self.is_task_line(block, task) => {
                    self.field(&block.head, task);
                }
                (_, Some(_)) => {}
                (Kind::Heading(_), None) => self.heading(&block.head),
                (Kind::Item { mark }, None) => {
                    let manner = self.manner(at);
                    if mark.is_none() || manner == Manner::Dependencies {
                        self.text_block(&block.head, manner);
                    }
                }
                (Kind::Paragraph, None) => self.text_block(&block.head, self.manner(at)),
                (Kind::Table, None) => self.table(&block.range),
                (Kind::Fence(fence), None) => self.fence(&block.range, &fence.content, &fence.runs),
            }
        }
    }

    fn is_task_line(&self, block: &Block, task: usize) -> bool {
        let id = self.groups.tasks[task].id_span;
        block.range.start <= id.start as usize && (id.start as usize) <= block.head.end
    }

    fn manner(&self, offset: usize) -> Manner {
        let section = self.groups.section_at(offset);
        let mut around = self.groups.around(section).filter(|s| s.tasks.is_empty()).map(|s| s.manner);
        around.find(|manner| *manner != Manner::Prose).unwrap_or(Manner::Prose)
    }

    /// `depends on Phase 2` and `depends on all previous tasks` on the line of a task; its ids are read with it.
    fn task(&mut self, index: usize) {
        let span = self.groups.tasks[index].span.range();
        let Some(text) = self.text.get(span.clone()) else { return };
        let bytes = text.as_bytes();
        // its rarest letter
        let mut places = memchr::memchr2_iter(b'p', b'P', bytes).filter_map(|at| bytes.get(at.checked_sub(2)?..at + 4));
        if places.any(|word| word.eq_ignore_ascii_case(b"depend")) {
            self.own(index, span);
        }
    }

    /// The same in a field below a task: `**Dependencies**: all of Phase 2`.
    fn field(&mut self, head: &Range<usize>, task: usize) {
        let Some(text) = self.text.get(head.clone()) else { return };
        let name = text.trim_start_matches([' ', '*', '_']).to_ascii_lowercase();
        let named = ["depend", "prerequisite", "blocked by", "requires"].iter().any(|n| name.starts_with(n));
        if named && text.split_once(':').is_some_and(|(n, _)| n.len() < 30) {
            self.own(task, head.clone());
        }
    }

    /// `### Pages (depends on T003-T005)`: said of every task below the heading.
    fn heading(&mut self, head: &Range<usize>) {
        let Some(text) = self.text.get(head.clone()) else { return };
        if text.len() > LONGEST || !words::may_order(text) || self.tired(head) {
            return;
        }
        if let Some(found) = Sentences::new(self.text, self.groups).heading(head.clone()) {
            self.statement(found);
        }
    }

    fn own(&mut self, task: usize, range: Range<usize>) {
        for found in Sentences::new(self.text, self.groups).of_task(range, task) {
            self.statement(found);
        }
    }

    fn text_block(&mut self, head: &Range<usize>, manner: Manner) {
        for range in unit::units(self.text, head) {
            if self.tired(&range) {
                return;
            }
            if range.len() > LONGEST {
                if manner == Manner::Dependencies {
                    let span = Span::new(self.file, range.start, range.start);
                    self.unread.push(Unread { span, reason: "too long for a sentence about order".to_owned() });
                }
                continue;
            }
            // elsewhere, only what is understood counts, and it has a verb or an arrow
            if manner != Manner::Dependencies && !words::may_order(&self.text[range.clone()]) {
                continue;
            }
            let sentences = Sentences::new(self.text, self.groups);
            let read = sentences.unit(range.clone(), manner);
            let lost = manner == Manner::Parallel && read.found.is_empty() && sentences.has_tasks(range);
            for found in read.found {
                self.statement(found);
            }
            for (range, reason, vague) in read.unread {
                let unread = Unread { span: Span::new(self.file, range.start, range.end), reason };
                match manner {
                    Manner::Dependencies if vague => self.advice(range.start, unread),
                    Manner::Dependencies => self.unread.push(unread),
                    Manner::Parallel if lost => self.unread.push(unread),
                    _ => {}
                }
            }
        }
    }

    /// Whether so much was said of large groups that the rest is left.
    fn tired(&mut self, range: &Range<usize>) -> bool {
        if self.budget > 0 && self.groups.work() > MOST_WORK * (self.groups.tasks.len() + MOST_WORK) {
            self.too_much(range);
        }
        self.budget == 0
    }

    fn too_much(&mut self, range: &Range<usize>) {
        let span = Span::new(self.file, range.start, range.end);
        let reason = "too much is said of large groups in this file; from here on it is not read".to_owned();
        self.unread.push(Unread { span, reason });
        self.budget = 0;
    }

    /// Advice that names nothing is listed once for its section.
    fn advice(&mut self, offset: usize, unread: Unread) {
        let section = self.groups.section_at(offset);
        if self.vague.as_ref().is_none_or(|(s, _)| *s != section) {
            self.end_vague();
            self.vague = Some((section, Vec::new()));
        }
        if let Some((_, list)) = &mut self.vague {
            list.push(unread);
        }
    }

    fn end_vague(&mut self) {
        let Some((_, list)) = self.vague.take() else { return };
        let count = list.len();
        if count < 2 {
            self.unread.extend(list);
        } else if let Some(mut first) = list.into_iter().next() {
            first.reason = {
                let more = if count == 2 { "one more line".to_owned() } else { format!("{} more lines", count - 1) };
                format!("this and {more} of this section name no task, phase or story")
            };
            self.unread.push(first);
        }
    }

    fn table(&mut self, range: &Range<usize>) {
        let order = &self.groups.order;
        let first = order.partition_point(|t| (self.groups.tasks[*t].span.start as usize) < range.start);
        let first = order.get(first).map(|t| &self.groups.tasks[*t]);
        if first.is_some_and(|t| t.form == TaskForm::Row && range.contains(&(t.span.start as usize))) {
            return;
        }
        if self.tired(range) {
            return;
        }
        let manner = self.manner(range.start);
        let read = Sentences::new(self.text, self.groups).table(range.clone());
        read.found.into_iter().for_each(|found| self.statement(found));
        if manner != Manner::Prose {
            for (range, reason, _) in read.unread {
                self.unread.push(Unread { span: Span::new(self.file, range.start, range.end), reason });
            }
        }
    }

    /// Lines with arrows between them are read. A drawing that branches is not: what its lines join is a matter of taste.
    fn fence(&mut self, range: &Range<usize>, content: &str, runs: &[(usize, usize)]) {
        let speaks =
            !refs::scan(content.get(..content.len().min(4000)).unwrap_or_default(), &|w| self.groups.is_known(w))
                .is_empty();
        if !speaks || self.tired(range) {
            return;
        }
        // where a part of the content stands in the file
        let place = |at: usize| {
            let run = runs.partition_point(|(joined, _)| *joined <= at).checked_sub(1).map(|r| runs[r]);
            run.map_or(range.start, |(joined, file)| file + at - joined)
        };
        let in_file = |part: Range<usize>| {
            let start = place(part.start);
            start..place(part.end.saturating_sub(1)).saturating_add(1).clamp(start, range.end)
        };
        let sentences = Sentences::new(self.text, self.groups);
        for found in sentences.comments(content, range.start) {
            self.statement(Found { range: in_file(found.range.clone()), ..found });
        }
        if self.manner(range.start) != Manner::Dependencies {
            return;
        }
        let drawn = content.contains(['│', '├', '└', '┌', '┐', '┘', '┬', '┴', '┼', '─', '▼', '↓', '⬇', '►', '→', '⟶'])
            || content.lines().any(|line| matches!(line.trim(), "|" | "v" | "V"));
        let arrows = ["->", "=>", "-->", "+--", "|--"].iter().any(|a| content.contains(a));
        if !(drawn || arrows) {
            return;
        }
        if let Some(found) = sentences.drawing(content, range.start) {
            for found in found {
                self.statement(Found { range: in_file(found.range.clone()), ..found });
            }
            return;
        }
        // the first line that is drawn
        let first = content.find(|c: char| !c.is_whitespace()).unwrap_or_default();
        let line = content[first..].lines().next().unwrap_or_default().trim_end().len();
        let (start, end) = (place(first), place(first + line));
        self.unread.push(Unread {
            span: Span::new(self.file, start, end.clamp(start, range.end)),
            reason: "a drawing that branches is not read; `bowline graph --format mermaid` draws what the text says, to put here"
                .to_owned(),
        });
    }

    fn statement(&mut self, found: Found) {
        let Found { before, after, about_groups, range } = found;
        let size = before.len() + after.len();
        if before.is_empty() || after.is_empty() || self.budget == 0 {
            return;
        }
        if size >= self.budget {
            return self.too_much(&range);
        }
        self.budget -= size;
        if self.seen.contains(&(before.clone(), after.clone())) {
            return;
        }
        let span = Span::new(self.file, range.start, range.end);
        let ids = |set: &Set| set.iter().map(|i| self.groups.tasks[*i].id.id.clone()).collect();
        self.statements.push(OrderStatement { before: ids(&before), after: ids(&after), about_groups, span });
        self.seen.insert((before, after));
    }
}

#[cfg(test)]
mod tests;
