//! The groups of a tasks file: its sections with the tasks in them, its stories, and what a name means.

use std::cell::{Cell, OnceCell};
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::base::id_index::IdIndex;
use crate::model::workspace::{Task, TaskForm};
use crate::read::markdown::{Kind, Markdown};
use crate::read::prose;

use super::Manner;
use super::names::{Names, label};
use super::refs::{self, Ref};

/// A heading and what stands below it, up to the next heading of its level.
pub(super) struct Section {
    pub level: u8,
    pub title: String,
    /// What the title says of the sentences below it.
    pub manner: Manner,
    pub range: Range<usize>,
    /// Positions in [`Groups::order`].
    pub tasks: Range<usize>,
    pub parent: Option<usize>,
    /// A task of its own, not a group.
    is_task: bool,
}

/// A set of tasks, by index, sorted.
pub(super) type Set = Vec<usize>;

/// Sections with their numbers, by what is counted: `phase`.
type Numbered = BTreeMap<String, Vec<(Vec<u32>, usize)>>;

/// Where a sentence stands and whom it is about, for `this phase` and `all previous phases`.
#[derive(Clone, Copy)]
pub(super) struct Place<'s> {
    pub offset: usize,
    pub subject: &'s [usize],
}

pub(super) struct Groups<'a> {
    pub tasks: &'a [Task],
    ids: IdIndex<'a>,
    /// Task indices in the order of the file.
    pub order: Vec<usize>,
    pub sections: Vec<Section>,
    // few files speak of their groups: each of these is made when a sentence does
    numbered: OnceCell<Numbered>,
    names: OnceCell<Names>,
    stories: OnceCell<BTreeMap<u32, Set>>,
    /// How many tasks were looked at to resolve names, so that reading stays linear.
    work: Cell<usize>,
}

impl<'a> Groups<'a> {
    pub(super) fn new(doc: &Markdown, tasks: &'a [Task]) -> Self {
        let mut order: Vec<usize> = (0..tasks.len()).collect();
        order.sort_by_key(|i| tasks[*i].span.start);
        let mut groups = Self {
            tasks,
            ids: IdIndex::new(tasks.iter().map(|task| task.id.id.as_str())),
            order,
            sections: Vec::new(),
            numbered: OnceCell::new(),
            names: OnceCell::new(),
            stories: OnceCell::new(),
            work: Cell::new(0),
        };
        groups.read_sections(doc);
        groups
    }

    fn read_sections(&mut self, doc: &Markdown) {
        let mut open: Vec<usize> = Vec::new();
        for block in &doc.blocks {
            let Kind::Heading(level) = block.kind else { continue };
            while let Some(last) = open.pop_if(|s| self.sections[*s].level >= level) {
                self.sections[last].range.end = block.range.start;
            }
            let title = prose::plain(&doc.masked[block.head.clone()]);
            let manner = Manner::of(&title);
            let range = block.range.start..doc.masked.len();
            let parent = open.last().copied();
            open.push(self.sections.len());
            self.sections.push(Section { level, title, manner, range, tasks: 0..0, parent, is_task: false });
        }
        for section in &mut self.sections {
            let place = |offset: usize| self.order.partition_point(|t| (self.tasks[*t].span.start as usize) < offset);
            section.tasks = place(section.range.start)..place(section.range.end);
            let first = section.tasks.clone().next().map(|p| &self.tasks[self.order[p]]);
            section.is_task = first.is_some_and(|t| {
                t.form == TaskForm::Heading && section.range.contains(&(t.id_span.start as usize)) && {
                    let line = section.range.start..section.range.start + section.title.len() + 16;
                    line.contains(&(t.id_span.start as usize))
                }
            });
        }
    }

    /// The sections that hold tasks and are none.
    pub(super) fn parts(&self) -> impl Iterator<Item = (usize, &Section)> {
        self.sections.iter().enumerate().filter(|(_, s)| !s.tasks.is_empty() && !s.is_task)
    }

    pub(super) fn names(&self) -> &Names {
        self.names.get_or_init(|| Names::new(self))
    }

    /// The sections with a number, by what is counted.
    fn labelled(&self) -> &Numbered {
        self.numbered.get_or_init(|| {
            let mut numbered = Numbered::new();
            for (index, section) in self.parts() {
                if let Some((label, number)) = label(&section.title) {
                    numbered.entry(label).or_default().push((number, index));
                }
            }
            numbered
        })
    }

    /// The tasks of each story.
    fn stories(&self) -> &BTreeMap<u32, Set> {
        self.stories.get_or_init(|| self.read_stories())
    }

    fn read_stories(&self) -> BTreeMap<u32, Set> {
        let mut of: BTreeMap<u32, BTreeSet<usize>> = BTreeMap::new();
        let mut labels: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
        for (index, task) in self.tasks.iter().enumerate() {
            if let Some(story) = task.story.as_deref() {
                labels.entry(story).or_default().push(index);
            }
        }
        for (label, tasks) in labels {
            for story in refs::stories(label) {
                of.entry(story).or_default().extend(&tasks);
            }
        }
        for section in self.sections.iter().filter(|s| !s.is_task && s.level > 1) {
            let stories = refs::stories(&section.title);
            for task in self.order[section.tasks.clone()].iter().filter(|_| stories.len() <= 4) {
                // its own label is nearer to a task than a heading
                if self.tasks[*task].story.is_none() {
                    for story in &stories {
                        of.entry(*story).or_default().insert(*task);
                    }
                }
            }
        }
        of.into_iter().map(|(story, set)| (story, set.into_iter().collect())).collect()
    }

    pub(super) fn is_known(&self, id: &str) -> bool {
        self.ids.has(id)
    }

    /// The innermost section that holds an offset.
    pub(super) fn section_at(&self, offset: usize) -> Option<usize> {
        let last = self.sections.partition_point(|s| s.range.start <= offset).checked_sub(1)?;
        let mut at = Some(last);
        while let Some(section) = at.filter(|s| !self.sections[*s].range.contains(&offset)) {
            at = self.sections[section].parent;
        }
        at
    }

    /// A section and those around it, from the inside out.
    pub(super) fn around(&self, section: Option<usize>) -> impl Iterator<Item = &Section> {
        std::iter::successors(section, |s| self.sections[*s].parent).map(|s| &self.sections[s])
    }

    pub(super) fn work(&self) -> usize {
        self.work.get()
    }

    fn works(&self, count: usize) {
        self.work.set(self.work.get().saturating_add(count + 1));
    }

    pub(super) fn of_section(&self, section: usize) -> Set {
        self.works(self.sections[section].tasks.len());
        sorted(self.order[self.sections[section].tasks.clone()].iter().copied())
    }

    /// The tasks that a reference means.
    ///
    /// # Errors
    /// Why it means none.
    pub(super) fn resolve(&self, what: &Ref, place: Place<'_>) -> Result<Set, String> {
        if let Ref::Task(id) = what {
            self.works(1);
            return self.ids.get(id).map(|i| vec![i]).ok_or_else(|| no_task(id));
        }
        self.works(self.tasks.len());
        let subject = place.subject;
        let phase = |t: &usize| self.tasks[*t].phase;
        let first = subject.iter().map(phase).min().or_else(|| self.here(place.offset).first().map(phase));
        match what {
            Ref::Task(id) => Err(no_task(id)),
            Ref::Tasks(from, to) => {
                let place = |id: &str| {
                    let index = self.ids.get(id).ok_or_else(|| no_task(id))?;
                    let at = self.order.partition_point(|t| self.tasks[*t].span.start < self.tasks[index].span.start);
                    Ok::<usize, String>(at)
                };
                let (from_at, to_at) = (place(from)?, place(to)?);
                if from_at > to_at {
                    return Err(format!("`{to}` stands before `{from}`, so this is no range"));
                }
                Ok(sorted(self.order[from_at..=to_at].iter().copied()))
            }
            Ref::Stories(from, to) => {
                let all: Set = sorted(self.stories().range(*from..=*to).flat_map(|(_, s)| s.iter().copied()));
                if all.is_empty() { Err(format!("no task belongs to story {from}")) } else { Ok(all) }
            }
            Ref::Numbered { label, from, to } => self.numbered(label, from, to.as_deref()),
            Ref::EveryStory => some(sorted(self.stories().values().flatten().copied()), "no task belongs to a story"),
            Ref::EarlierStories => {
                let stories = self.stories().values().flatten().copied();
                let before = stories.filter(|t| first.is_none_or(|f| phase(t) < f));
                some(sorted(before), "no story comes before")
            }
            Ref::EveryPhase | Ref::EveryTask => Ok((0..self.tasks.len()).collect()),
            Ref::EarlierPhases => {
                let before = (0..self.tasks.len()).filter(|t| first.is_some_and(|f| phase(t) < f));
                some(before.collect(), "no phase comes before")
            }
            Ref::EarlierTasks => {
                let start = subject.iter().map(|t| self.tasks[*t].span.start).min();
                let start = start.map_or(place.offset, |s| s as usize);
                let before = (0..self.tasks.len()).filter(|t| (self.tasks[*t].span.start as usize) < start);
                some(before.collect(), "no task comes before")
            }
            Ref::PhaseBefore => {
                let before = (0..self.tasks.len()).filter(|t| first.is_some_and(|f| phase(t) + 1 == f));
                some(before.collect(), "no phase comes before")
            }
            Ref::LastPhase => {
                let last = self.tasks.iter().map(|t| t.phase).max().unwrap_or_default();
                Ok((0..self.tasks.len()).filter(|t| phase(t) == last).collect())
            }
            Ref::Here => some(self.here(place.offset), "it stands in no phase"),
        }
    }

    /// The tasks of the section that an offset stands in, if the section is a part of the file.
    pub(super) fn here(&self, offset: usize) -> Set {
        let mut at = self.section_at(offset);
        while let Some(section) = at {
            let it = &self.sections[section];
            if !it.tasks.is_empty() && !it.is_task {
                let whole = it.level == 1 || it.tasks.len() == self.tasks.len();
                return if whole { Vec::new() } else { self.of_section(section) };
            }
            at = it.parent;
        }
        Vec::new()
    }

    /// The tasks of the section whose heading stands there, if the section is a part of the file.
    pub(super) fn below(&self, offset: usize) -> Set {
        match self.section_at(offset).map(|s| &self.sections[s]) {
            Some(section) if !section.tasks.is_empty() => self.here(offset),
            _ => Vec::new(),
        }
    }

    fn numbered(&self, label: &str, from: &[u32], to: Option<&[u32]>) -> Result<Set, String> {
        let fits = |n: &[u32]| {
            let below = n.len() > from.len() && n.starts_with(from) && to.is_none_or(|t| t == from);
            // `Phase 3-5` has 3.1 and 5.2 in it as well
            (n >= from && to.is_none_or(|t| n <= t || n.starts_with(t))) || below
        };
        let plain = |label: &str| self.labelled().get(label).into_iter().flatten();
        let bare = ["task", "group", "section", "part"].contains(&label).then(|| plain("")).into_iter().flatten();
        let sections = plain(label).chain(bare).filter(|(n, _)| fits(n)).map(|(_, s)| *s);
        let all = sorted(sections.flat_map(|s| self.order[self.sections[s].tasks.clone()].iter().copied()));
        let written: Vec<String> = from.iter().map(ToString::to_string).collect();
        if all.is_empty() { Err(format!("no tasks stand under {label} {}", written.join("."))) } else { Ok(all) }
    }
}

fn some(set: Set, otherwise: &str) -> Result<Set, String> {
    if set.is_empty() { Err(otherwise.to_owned()) } else { Ok(set) }
}

pub(super) fn sorted(set: impl Iterator<Item = usize>) -> Set {
    let mut all: Set = set.collect();
    all.sort_unstable();
    all.dedup();
    all
}

/// `a` without the members of `b`; both sorted.
pub(super) fn minus(a: &[usize], b: &[usize]) -> Set {
    a.iter().copied().filter(|x| b.binary_search(x).is_err()).collect()
}

fn no_task(id: &str) -> String {
    format!("there is no task `{id}` in this file")
}
