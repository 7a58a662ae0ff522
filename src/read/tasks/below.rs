//! What stands below the tasks: fields, details and boxes, each given to the innermost task around it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::base::{self};
use crate::model::workspace::{StatusWord, Task, TaskForm, TaskKind, Unread};
use crate::read::markdown::{Block, Kind, Markdown};
use crate::read::names::requirement_id;
use crate::read::{prose, verbs};

use super::fate::Fate;
use super::fields::{self, Field};
use super::line::{Line, add_paths};
use super::phrases::{Relation, phrases};
use super::refs::{Known, List};
use super::survey::{Shape, Survey};
use super::{cites, rows, status};

/// Ids cited by a heading's field count for every task below it, if they are not more than these.
const PER_PHASE: usize = 64;

/// Reads what is below and beside the tasks.
pub(super) struct Below<'a> {
    pub(super) file: FileId,
    pub(super) doc: &'a Markdown,
    pub(super) survey: &'a Survey,
    pub(super) fates: &'a [Fate],
    /// The task of each candidate that is one.
    pub(super) index: &'a [Option<usize>],
    /// The blocks of the headings of phases.
    pub(super) phases: &'a BTreeSet<usize>,
    pub(super) known: Known<'a>,
    pub(super) unread: Vec<Unread>,
}

/// A task whose details are being read, and where they end.
struct Owner {
    /// `None` for a group: what stands there is not read.
    task: Option<usize>,
    end: usize,
    open: Option<Open>,
    /// The task's own line or item, not a later section about it.
    own: bool,
}

/// A field that takes what stands below it: `**Files**:` and a list.
#[derive(Clone, Copy)]
struct Open {
    field: Field,
    depth: usize,
    /// Opened by an item, which holds the items nested in it, or by a paragraph, which holds those after it.
    item: bool,
}

/// Where lines stand.
#[derive(Clone, Copy)]
struct Place {
    depth: usize,
    item: bool,
    /// Sentences may name files.
    detail: bool,
}

impl Below<'_> {
    /// Reads the tasks' own words, then everything below them.
    pub(super) fn read(&mut self, lines: &[Line], tasks: &mut [Task]) {
        let text = self.doc.masked.as_str();
        for (at, line) in lines.iter().enumerate() {
            if let Some(body) = &line.body {
                self.words(text, body.clone(), at, &mut tasks[at]);
            }
        }
        self.cells(tasks);
        self.blocks(lines, tasks);
        self.files_of_rows(tasks);
        self.boxes(tasks);
        tasks.iter_mut().for_each(one_name);
        rows::adds_to_others(tasks);
    }

    /// `depends on T001` and `blocks T009` in running text.
    fn words(&mut self, text: &str, range: Range<usize>, at: usize, task: &mut Task) {
        for (relation, how, from) in phrases(&text[range.clone()]) {
            let rest = range.start + from..range.end;
            let mut found = self.known.list(text, rest.clone(), how, at);
            if found.is_empty() && how == List::Strict {
                found = self.known.group(text, rest, at, false).unwrap_or_default();
            } else if found.is_empty() && relation == Relation::After {
                let all = text[rest.clone()].trim_start().get(..4).is_some_and(|w| w.eq_ignore_ascii_case("all "));
                found = if all { self.known.group(text, rest, at, false).unwrap_or_default() } else { Vec::new() };
            }
            match relation {
                Relation::After => cites::add(&mut task.depends_on, found),
                Relation::Before => cites::add(&mut task.blocks, found),
            }
        }
    }

    /// The cells of rows that say what fields say.
    fn cells(&mut self, tasks: &mut [Task]) {
        for (candidate, at) in self.survey.candidates.iter().zip(self.index) {
            let (Some(at), Shape::Row { table, row }) = (*at, candidate.shape) else { continue };
            let table = &self.survey.tables[table];
            for (column, field) in &table.columns.fields {
                if let Some(cell) = table.rows[row].cells.get(*column) {
                    self.value(*field, "", cell.clone(), &mut tasks[at], at, true);
                }
            }
        }
    }

    fn blocks(&mut self, lines: &[Line], tasks: &mut [Task]) {
        let text = self.doc.masked.as_str();
        let mut owners: Vec<Owner> = Vec::new();
        let mut candidates = (0..self.survey.candidates.len()).peekable();
        // what the heading of the phase cites, once there is one
        let mut phase: Option<Vec<(String, Span)>> = None;
        for (number, block) in self.doc.blocks.iter().enumerate() {
            while owners.last().is_some_and(|o| o.end <= block.range.start) {
                owners.pop();
            }
            let mut taken = false;
            while let Some(at) = candidates.next_if(|at| self.survey.candidates[*at].block == number) {
                let candidate = &self.survey.candidates[at];
                let (task, own) = match (&self.fates[at], candidate.shape) {
                    (Fate::Task, Shape::Row { .. }) => (self.index[at], true),
                    (_, Shape::Row { .. }) => continue,
                    (Fate::Task, _) => (self.index[at], true),
                    (Fate::Mention(of), Shape::Heading) => (self.index[*of], false),
                    (Fate::Group, Shape::Box { .. }) => (None, true),
                    _ => continue,
                };
                if let Some(task) = task.filter(|_| own) {
                    cites::add(&mut tasks[task].requirements, phase.clone().unwrap_or_default());
                }
                if matches!(candidate.shape, Shape::Row { .. }) {
                    continue;
                }
                taken = true;
                let mut owner = Owner { task, end: candidate.extent.end, open: None, own };
                if let Some(task) = task.filter(|_| own) {
                    let place = Place { depth: block.depth, item: true, detail: true };
                    self.lines(text, lines[task].fields.clone(), &mut owner, tasks, place);
                }
                owners.push(owner);
            }
            if taken {
                continue;
            }
            if self.phases.contains(&number) {
                phase = Some(Vec::new());
            }
            match (owners.last_mut(), &mut phase) {
                (Some(owner), _) if owner.task.is_some() => self.block(text, block, owner, tasks),
                (None, Some(phase)) if matches!(block.kind, Kind::Paragraph) => self.phase(text, block, phase),
                _ => {}
            }
        }
    }

    /// `**Maps to**: FR-001, FR-002` below the heading of a phase.
    fn phase(&self, text: &str, block: &Block, phase: &mut Vec<(String, Span)>) {
        for line in lines(text, &block.head) {
            if let Some(found) = fields::field(text, &line)
                && matches!(found.field, Field::Cites | Field::Requirements)
                && found.name != "spec"
            {
                cites::add(phase, cites::lettered(self.file, text, found.value));
            }
        }
        phase.truncate(PER_PHASE);
    }

    fn block(&mut self, text: &str, block: &Block, owner: &mut Owner, tasks: &mut [Task]) {
        let depth = block.depth;
        match block.kind {
            Kind::Paragraph => {
                owner.open = owner.open.filter(|o| depth > o.depth);
                self.lines(text, block.head.clone(), owner, tasks, Place { depth, item: false, detail: true });
            }
            Kind::Item { mark } => {
                owner.open = owner.open.filter(|o| depth >= o.depth + usize::from(o.item));
                let place = Place { depth, item: true, detail: mark.is_none() };
                self.lines(text, block.head.clone(), owner, tasks, place);
            }
            Kind::Table => self.attributes(text, block, owner, tasks),
            Kind::Heading(_) => owner.open = None,
            Kind::Fence(_) => {}
        }
    }

    /// The lines of a block below a task.
    fn lines(&mut self, text: &str, range: Range<usize>, owner: &mut Owner, tasks: &mut [Task], place: Place) {
        let Some(at) = owner.task else { return };
        for line in lines(text, &range) {
            if let Some(found) = fields::field(text, &line) {
                let empty = text[found.value.clone()].trim_matches([' ', '*', '_', '\r']).is_empty();
                let open = empty || matches!(found.field, Field::Files | Field::Other);
                owner.open = open.then_some(Open { field: found.field, depth: place.depth, item: place.item });
                if !empty {
                    self.value(found.field, &found.name, found.value, &mut tasks[at], at, owner.own);
                }
            } else if let Some(open) = owner.open {
                if open.field != Field::Other {
                    self.value(open.field, "", line, &mut tasks[at], at, owner.own);
                }
            } else if place.detail && owner.own {
                self.detail(text, line, &mut tasks[at]);
            }
        }
    }

    /// A sentence below a task: files that it makes or changes, what it cites.
    fn detail(&self, text: &str, line: Range<usize>, task: &mut Task) {
        if task.form == TaskForm::Heading {
            return;
        }
        let words = prose::plain(&text[line.clone()]);
        let first = text[line.clone()].trim_start_matches([' ', '-', '*', '+', '`', '\t']);
        let found = crate::read::paths::paths(&text[line.clone()]);
        let alone = found.len() == 1 && first.trim_end_matches(['`', ' ', '\r', '\n']) == found[0].0;
        if alone || matches!(verbs::of(&words), Some(TaskKind::Produces | TaskKind::Edits | TaskKind::Removes)) {
            add_paths(self.file, text, line, task);
            if task.kind == TaskKind::Manual && verbs::of(&task.title).is_none() {
                task.kind = verbs::kind(&words, task.paths.first().map(|(p, _)| p.as_str()));
            } else if task.kind == TaskKind::Manual {
                task.kind = verbs::kind(&task.title, task.paths.first().map(|(p, _)| p.as_str()));
            }
        }
    }

    /// Gives the value of a field to a task.
    fn value(&mut self, field: Field, name: &str, value: Range<usize>, task: &mut Task, at: usize, own: bool) {
        let text = self.doc.masked.as_str();
        match field {
            Field::DependsOn | Field::Blocks => {
                let mut found = self.known.list(text, value.clone(), List::Field, at);
                if found.is_empty() {
                    match self.known.group(text, value.clone(), at, true) {
                        Some(group) => found = group,
                        None if own && name != "requires" && name != "after" => self.dependency_unread(text, value),
                        None => {}
                    }
                }
                cites::add(if field == Field::DependsOn { &mut task.depends_on } else { &mut task.blocks }, found);
            }
            Field::Files => {
                let before = task.paths.len();
                add_paths(self.file, text, value.clone(), task);
                if task.paths.len() > before {
                    task.kind = kind_of_files(task, name, &text[value]);
                }
            }
            Field::Cites | Field::Requirements => {
                cites::add(&mut task.requirements, cites::lettered(self.file, text, value.clone()));
                if field == Field::Requirements {
                    cites::add(&mut task.requirements, cites::numbers(self.file, text, value));
                }
            }
            Field::Status => {
                if let Some(word) = status::of_value(&text[value.clone()]) {
                    let trimmed = text[value.clone()].trim();
                    let start = value.start + text[value.clone()].find(trimmed).unwrap_or(0);
                    task.status = Some((word, Span::new(self.file, start, start + trimmed.len())));
                    if task.mark.is_none() {
                        task.done = word == StatusWord::Done;
                    }
                } else if task.mark.is_none() {
                    task.begun = text[value].to_lowercase().contains("progress");
                }
            }
            Field::Title if own => {
                if task.title.is_empty() {
                    task.title = prose::plain(&text[value.clone()]);
                    add_paths(self.file, text, value.clone(), task);
                    cites::add(&mut task.requirements, cites::lettered(self.file, text, value));
                    task.kind = verbs::kind(&task.title, task.paths.first().map(|(p, _)| p.as_str()));
                }
            }
            Field::Story => {
                let found = text[value].trim_start_matches([' ', '*', '[', '_']);
                if let Some(id) = requirement_id(found).filter(|id| id.starts_with("US")) {
                    task.story.get_or_insert_with(|| id.to_owned());
                }
            }
            Field::Parallel => {
                let lower = text[value].trim_matches([' ', '*', '_', '[', ']']).to_lowercase();
                task.parallel |= ["yes", "p", "true", "✅", "可"].iter().any(|w| lower.starts_with(w));
            }
            Field::Title | Field::Other => {}
        }
    }

    fn dependency_unread(&mut self, text: &str, value: Range<usize>) {
        let raw = &text[value.clone()];
        let trimmed = raw.trim_matches([' ', '*', '_', '.', '\t', '\r', '`', '-', '–', '—', '(', ')']);
        let lower = trimmed.to_lowercase();
        let none =
            ["none", "n/a", "na", "nil", "no ", "nothing", "无", "没有", "کوئی نہیں", "aucune", "keine", "ninguna"];
        if trimmed.is_empty() || lower == "no" || none.iter().any(|n| lower.starts_with(n)) {
            return;
        }
        let start = value.start + raw.find(trimmed).unwrap_or(0);
        self.unread.push(Unread {
            span: Span::new(self.file, start, start + trimmed.len()),
            reason: "a dependency that names no task; write ids, such as `T004, T007`".into(),
        });
    }

    /// A table of two columns below a heading's task: its rows are fields.
    fn attributes(&mut self, text: &str, block: &Block, owner: &Owner, tasks: &mut [Task]) {
        let Some(task) = owner.task else { return };
        let at = self.survey.tables.partition_point(|t| self.doc.blocks[t.block].range.start < block.range.start);
        let Some(table) = self.survey.tables.get(at).filter(|t| t.header.cells.len() == 2) else { return };
        for row in std::iter::once(&table.header).chain(&table.rows) {
            let [name, value] = &row.cells[..] else { continue };
            let name = text[name.clone()].trim_matches([' ', '*', '_', '`', ':', '\t']).to_lowercase();
            if let Some(field) = fields::field_of(&name) {
                self.value(field, &name, value.clone(), &mut tasks[task], task, owner.own);
            }
        }
    }

    /// A task without brackets is done when its box elsewhere is ticked, or all the boxes below it.
    fn boxes(&self, tasks: &mut [Task]) {
        let bytes = self.doc.masked.as_bytes();
        let mut ticks: BTreeMap<usize, (usize, usize, bool)> = BTreeMap::new();
        for (candidate, fate) in self.survey.candidates.iter().zip(self.fates) {
            let Shape::Box { mark, .. } = candidate.shape else { continue };
            let (of, own) = match fate {
                Fate::Mention(of) => (*of, true),
                Fate::Acceptance(of) => (*of, false),
                _ => continue,
            };
            let Some(task) = self.index[of].filter(|t| tasks[*t].mark.is_none()) else { continue };
            let ticked = matches!(bytes[mark], b'x' | b'X');
            let count = ticks.entry(task).or_default();
            if own {
                count.2 |= ticked;
                // the first box of its own id, below its own heading
                if candidate.line.start < tasks[task].detail.end as usize
                    && candidate.line.start > tasks[task].span.start as usize
                {
                    tasks[task].mark = Some(Span::new(self.file, mark, mark + 1));
                    tasks[task].done |= ticked;
                }
            } else {
                count.0 += usize::from(ticked);
                count.1 += 1;
            }
        }
        for (task, (ticked, all, own)) in ticks {
            let said = tasks[task].status.is_some();
            tasks[task].done |= own || (!said && all > 0 && ticked == all);
            tasks[task].begun |= !tasks[task].done && ticked > 0;
        }
    }
}

/// `Write the Dockerfile` and `File: api/Dockerfile` name one file; so do `.dockerignore` and `api/Dockerfile.dockerignore`.
fn one_name(task: &mut Task) {
    let bare = task.paths.iter().any(|(p, _)| !p.contains('/'));
    if bare && task.paths.len() > 1 {
        let names: BTreeSet<String> =
            task.paths.iter().filter_map(|(p, _)| p.rsplit_once('/')).map(|(_, name)| name.to_owned()).collect();
        task.paths.retain(|(p, _)| {
            let ending = p.starts_with('.') && names.iter().any(|n| n.ends_with(p.as_str()));
            p.contains('/') || !(ending || names.contains(p))
        });
    }
}

/// `(CREATE)` and `(MODIFY)` after a path, and the name of the field.
fn kind_of_files(task: &Task, name: &str, value: &str) -> TaskKind {
    let capital = |w: &str| value.split(|c: char| !c.is_ascii_alphabetic()).any(|v| v == w);
    let of_title = verbs::of(&task.title);
    let path = task.paths.first().map(|(p, _)| p.as_str());
    if matches!(of_title, Some(TaskKind::Runs | TaskKind::Verifies | TaskKind::Manual))
        && !capital("MODIFY")
        && !capital("CREATE")
    {
        return verbs::kind(&task.title, path);
    }
    if capital("CREATE") || capital("NEW") {
        TaskKind::Produces
    } else if capital("MODIFY") || capital("UPDATE") || capital("EDIT") {
        TaskKind::Edits
    } else if capital("DELETE") || capital("REMOVE") {
        TaskKind::Removes
    } else if of_title.is_none() && (name.contains("modif") || name.contains("chang")) && !name.contains("create") {
        TaskKind::Edits
    } else {
        verbs::kind(&task.title, path)
    }
}

/// The lines of a range, without what ends them.
fn lines(text: &str, range: &Range<usize>) -> Vec<Range<usize>> {
    let places = base::lines::lines(&text[range.clone()]).map(|(at, line)| {
        let start = range.start + at;
        start..start + line.trim_end().len()
    });
    places.filter(|line| !line.is_empty()).collect()
}
