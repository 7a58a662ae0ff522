//! The form of a tasks file, so that what is appended looks like what is there: boxes, headings, rows; ids, fields,
//! phases, line endings.

mod headings;
mod ids;
mod sample;
mod shape;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::model::workspace::{Feature, Layout, Task, TaskForm};
use crate::read::markdown;

use headings::Headings;
use ids::Ids;
use shape::Shape;

/// A task to be written, in parts: where each part goes is the file's affair.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    /// Without path, requirements and dependencies.
    pub title: String,
    /// The file that it makes.
    pub path: Option<String>,
    pub requirements: Vec<String>,
    /// `US1`.
    pub story: Option<String>,
    /// Ids as this file would write them.
    pub waits: Vec<String>,
    /// Nothing that it waits for is open.
    pub free: bool,
}

/// Collects what is appended to one file.
pub struct Writer {
    /// The file as it is; empty for a new one.
    before: String,
    text: String,
    newline: &'static str,
    tasks: Vec<Arc<Task>>,
    shape: Shape,
    ids: Ids,
    headings: Headings,
    /// The last phase.
    current: String,
    /// A phase was opened, or the last one is gone on with.
    opened: bool,
}

impl Writer {
    /// For the tasks file of a feature, or a new one. `mentioned` are texts whose ids are not given again, `taken` such
    /// ids. `None` if the file ends inside of an open fence or comment: nothing appended would be read.
    pub fn new(feature: &Feature, text: Option<&str>, mentioned: &[&str], taken: &BTreeSet<String>) -> Option<Self> {
        let before = text.unwrap_or_default().to_owned();
        let doc = markdown::parse(&before);
        if !doc.unclosed.is_empty() {
            return None;
        }
        let newline = if before.contains("\r\n") { "\r\n" } else { "\n" };
        let form = usual(&feature.tasks);
        let tasks: Vec<Arc<Task>> = feature.tasks.iter().filter(|t| t.form == form).cloned().collect();
        let texts: Vec<&str> = mentioned.iter().copied().chain([before.as_str()]).collect();
        let mut ids = Ids::of(&tasks, &texts, taken.iter().map(String::as_str));
        // ids of another form are used up as well
        ids.avoid(feature.tasks.iter().map(|t| t.id.id.as_str()));
        let (mut headings, mut current) = Headings::of(&doc, &tasks);
        let shape = Shape::of(feature, &before, form, &tasks);
        if let Some(parent) = shape.parent(&tasks) {
            (headings, current) = (Headings::None, parent);
            if tasks.is_empty() {
                ids = Ids::numbered();
            }
            ids.deepen();
        }
        let mut writer =
            Self { before, text: String::new(), newline, tasks, shape, ids, headings, current, opened: false };
        if text.is_none() {
            writer.begin(feature);
        } else if feature.tasks.is_empty() && matches!(writer.headings, Headings::None) {
            writer.headings = Headings::first();
        }
        Some(writer)
    }

    /// A new file, in the manner of its layout.
    fn begin(&mut self, feature: &Feature) {
        if feature.layout == Layout::Kiro {
            self.line("# Implementation Plan");
            return;
        }
        self.headings = match feature.layout {
            Layout::OpenSpec => {
                self.ids = Ids::numbered();
                Headings::Numbered { level: 2, word: String::new(), next: vec![1], after: ". ".to_owned() }
            }
            _ => Headings::first(),
        };
        self.line(&format!("# Tasks: {}", feature.title));
    }

    /// Opens a phase, unless the file ends with one of that title.
    pub fn heading(&mut self, title: &str) {
        let same = self.current == title || self.current.strip_suffix(title).is_some_and(|b| b.ends_with([' ', '：']));
        if same {
            if !self.opened {
                self.ids.resume(self.tasks.iter().map(AsRef::as_ref));
            }
            self.opened = true;
            return;
        }
        self.opened = true;
        title.clone_into(&mut self.current);
        let group = self.ids.open();
        self.ids.within(self.headings.numbers());
        if let Some(line) = self.shape.group(group, title) {
            self.part();
            self.line(&line);
            return;
        }
        let group = self.ids.grouped().then_some(group);
        if let Some(line) = self.headings.line(title, group) {
            self.shape.interrupted();
            self.blank();
            self.line(&line);
        }
    }

    /// Appends a task and returns its id; a form without ids has none to return.
    pub fn task(&mut self, line: &Line) -> Option<String> {
        let id = self.shape.has_ids().then(|| self.ids.take());
        let whole = if self.text.is_empty() { &self.before } else { &self.text };
        let lines = self.shape.lines(id.as_deref(), line, whole);
        self.part();
        for line in lines {
            self.line(&line);
        }
        id
    }

    /// What to insert at the end of the file.
    pub fn finish(self) -> String {
        self.text
    }

    /// An empty line, unless what stands before goes on with the next task.
    fn part(&mut self) {
        let last = self.text.lines().last().or_else(|| self.before.lines().last()).unwrap_or_default();
        if !self.shape.continues(last) {
            self.blank();
        }
    }

    fn line(&mut self, line: &str) {
        let whole = if self.text.is_empty() { &self.before } else { &self.text };
        if !whole.is_empty() && whole != "\u{feff}" && !whole.ends_with('\n') {
            self.text.push_str(self.newline);
        }
        self.text.push_str(line);
        self.text.push_str(self.newline);
    }

    fn blank(&mut self) {
        let whole = if self.text.is_empty() { &self.before } else { &self.text };
        let nothing = whole.trim_start_matches('\u{feff}').is_empty();
        if !nothing && !whole.ends_with("\n\n") && !whole.ends_with("\n\r\n") {
            self.line("");
        }
    }
}

/// The form that most tasks have; among equals the plainest.
fn usual(tasks: &[Arc<Task>]) -> TaskForm {
    let mut counts: BTreeMap<TaskForm, usize> = BTreeMap::new();
    for task in tasks {
        *counts.entry(task.form).or_default() += 1;
    }
    let most = counts.values().max().copied().unwrap_or(0);
    counts.into_iter().find(|(_, n)| *n == most).map_or(TaskForm::Box, |(form, _)| form)
}

#[cfg(test)]
mod tests;
