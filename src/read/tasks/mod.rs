//! Tasks as users write them: `- [ ] T012 [P] [US1] Write a/file.yaml per FR-004 (depends on T009, T010)`, and in
//! every other form: headings, rows of tables, outlines with numbers, boxes without ids.

mod account;
mod below;
mod cites;
mod fate;
mod fields;
mod line;
mod opening;
mod phrases;
mod place;
mod refs;
mod rows;
mod sections;
mod status;
mod survey;
mod table;

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::base::source::{FileId, Span};
use crate::model::ids::FeatureId;
use crate::model::workspace::{Task, TaskAside, TaskForm, Unread};

use super::markdown::Markdown;

use fate::Fate;
use survey::{Shape, Survey};

/// A tasks file, read.
#[derive(Clone, Debug, Default)]
pub struct Reading {
    /// In document order.
    pub tasks: Vec<Task>,
    /// Lines that look like a task, or like something said of one, and were not understood; in document order.
    pub unread: Vec<Unread>,
    /// Boxes, headings and rows that are no tasks of their own; in document order.
    pub asides: Vec<TaskAside>,
    /// The folder that paths are relative to, where the file says so.
    pub paths_base: Option<(String, Span)>,
}

/// The tasks of a file, in document order, and the lines that look like one and are none.
pub fn read(file: FileId, feature: &FeatureId, doc: &Markdown) -> (Vec<Task>, Vec<Unread>) {
    let reading = reading(file, feature, doc);
    (reading.tasks, reading.unread)
}

/// The same, with all that belongs to tasks: every box, every heading and row with an id is in one of the lists.
pub fn reading(file: FileId, feature: &FeatureId, doc: &Markdown) -> Reading {
    let text = doc.masked.as_str();
    let sections = sections::read(doc);
    let survey = Survey::new(doc, &sections);
    let (fates, positional) = fate::decide(text, &survey, &sections);
    let groups = fate::group_of(text, &survey, &fates);
    let lines = line::Lines { file, feature, text, survey: &survey };

    let count = fates.iter().filter(|f| **f == Fate::Task).count();
    let mut index: Vec<Option<usize>> = vec![None; survey.candidates.len()];
    let (mut tasks, mut read) = (Vec::with_capacity(count), Vec::with_capacity(count));
    for (at, candidate) in survey.candidates.iter().enumerate() {
        if fates[at] == Fate::Task {
            index[at] = Some(tasks.len());
            let (task, line) = lines.read(candidate);
            tasks.push(task);
            read.push(line);
        }
    }

    let mut places = place::Places::new(&sections, &survey, &fates);
    let mut members: BTreeMap<String, Vec<usize>> = BTreeMap::new();
    for (at, task) in index.iter().enumerate().filter_map(|(at, t)| Some((at, (*t)?))) {
        let mut above = groups[at];
        if let Some(group) = above {
            tasks[task].group = survey.id(text, group).map(str::to_owned);
        }
        while let Some(group) = above {
            if let Some(id) = survey.id(text, group) {
                members.entry(id.to_owned()).or_default().push(task);
            }
            above = groups[group].filter(|g| *g != group);
        }
        let outline = groups[at].filter(|g| matches!(survey.candidates[*g].shape, Shape::Box { .. }));
        let title = outline.map(|g| lines.read(&survey.candidates[g]).0.title);
        (tasks[task].phase, tasks[task].phase_title) = places.phase(at, outline.zip(title).as_ref());
        if positional {
            tasks[task].form = TaskForm::Positional;
            tasks[task].id.id = places.position(at);
        }
    }

    let ids: Vec<Cow<str>> = tasks.iter().map(|task| id(text, task)).collect();
    let known = refs::Known::new(file, &ids, &tasks, members, survey.lettered);
    let phases = places.phases();
    let mut below =
        below::Below { file, doc, survey: &survey, fates: &fates, index: &index, phases, known, unread: Vec::new() };
    below.read(&read, &mut tasks);
    let (asides, mut unread) = account::asides(file, text, &survey, &fates);
    unread.append(&mut below.unread);
    unread.extend(below.known.refused.iter().map(|span| Unread {
        span: *span,
        reason: "the ranges of this file stand for too many tasks together; this one is not followed".into(),
    }));
    unread.extend(account::overlooked(file, doc));
    unread.sort_by_key(|u| u.span);
    Reading { tasks, unread, asides, paths_base: place::base(file, text) }
}

/// The id of a task, from the text where it stands there.
fn id<'t>(text: &'t str, task: &Task) -> Cow<'t, str> {
    let written = text.get(task.id_span.range()).filter(|written| *written == task.id.id);
    written.map_or_else(|| Cow::Owned(task.id.id.clone()), Cow::Borrowed)
}

#[cfg(test)]
mod tests;
