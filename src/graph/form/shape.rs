//! The shapes of tasks: a box, a heading with fields, a row of a table, a box without an id, Kiro's nested boxes.

use std::sync::Arc;

use crate::model::workspace::{Feature, Layout, Task, TaskForm};

use super::Line;
use super::sample::{self, Around, Field, Fields};
use super::table::Table;

/// How tasks of a file are written.
pub(super) enum Shape {
    /// `- [ ] T012 [P] [US1] …`, and `- [ ] …` without ids.
    Box {
        /// `- [ ]`, with the indentation of the file's own.
        lead: String,
        /// `None` where tasks have no ids.
        around: Option<Around>,
        fields: Fields,
        /// The file has `[US1]`, `[P]`.
        stories: bool,
        parallel: bool,
    },
    /// `- [ ] 5. Group` and below it `  - [ ] 5.1 …`, with `_Requirements: …_` below that.
    Nested {
        lead: String,
        indent: String,
        fields: Fields,
    },
    /// `### Task 4.2: …` and fields.
    Heading {
        around: Around,
        /// Where the heading has the id alone.
        title: Option<Field>,
        fields: Fields,
    },
    Row(Table),
}

impl Shape {
    pub(super) fn of(feature: &Feature, text: &str, form: TaskForm, tasks: &[Arc<Task>]) -> Self {
        let all: Vec<&Task> = tasks.iter().map(AsRef::as_ref).collect();
        let mut fields = sample::fields(text, &all);
        let last = tasks.last();
        let lead = last.map_or_else(|| "- [ ]".to_owned(), |t| lead(text, t));
        match (form, last) {
            (TaskForm::Row, Some(_)) => Self::Row(Table::of(text, tasks)),
            (TaskForm::Heading, Some(last)) => {
                let mut around = sample::around(text, line_start(text, last.id_span.start as usize), last);
                around.before = around.before.replace("[x]", "[ ]").replace("[X]", "[ ]");
                if !around.before.trim_start().starts_with('#') {
                    "### ".clone_into(&mut around.before);
                }
                let title = titled(text, last);
                if title.is_none() && around.after.trim().is_empty() && !around.before.trim_end().ends_with('#') {
                    ": ".clone_into(&mut around.after);
                }
                fields.waits.get_or_insert_with(|| Field::named("Dependencies"));
                Self::Heading { around, title, fields }
            }
            (TaskForm::Positional, Some(_)) => {
                let (stories, parallel) = labels(tasks);
                Self::Box { lead, around: None, fields, stories, parallel }
            }
            _ if is_nested(feature, tasks) => {
                let parent = tasks.iter().rev().find(|t| !t.id.id.contains('.'));
                let child = tasks.iter().rev().find(|t| t.id.id.contains('.'));
                let lead = parent.map_or_else(|| "- [ ]".to_owned(), |t| self::lead(text, t));
                let indent = child.map_or_else(|| "  ".to_owned(), |t| indentation(text, t).to_owned());
                fields.requirements.get_or_insert_with(|| Field {
                    lead: format!("{indent}  - _Requirements: "),
                    tail: "_".to_owned(),
                    place: usize::MAX,
                });
                Self::Nested { lead, indent, fields }
            }
            _ => {
                let sample = last.map(|t| {
                    let from = t.mark.map_or(t.span.start, |m| m.end + 1);
                    let mut around = sample::around(text, from as usize, t);
                    // `- [ ]* 1.2` marks that one task as optional
                    if !around.before.starts_with(' ') || around.before.trim().contains(char::is_whitespace) {
                        around = Around { before: " ".into(), after: " ".into(), end: String::new() };
                    }
                    around
                });
                let plain = || Around { before: " ".into(), after: " ".into(), end: String::new() };
                let (stories, parallel) = labels(tasks);
                Self::Box { lead, around: Some(sample.unwrap_or_else(plain)), fields, stories, parallel }
            }
        }
    }

    /// The title of the last group, where groups are tasks themselves.
    pub(super) fn parent(&self, tasks: &[Arc<Task>]) -> Option<String> {
        let Self::Nested { .. } = self else { return None };
        let last = tasks.iter().rev().find(|t| !t.id.id.contains('.'));
        Some(last.map(|t| t.title.clone()).unwrap_or_default())
    }

    pub(super) fn has_ids(&self) -> bool {
        !matches!(self, Self::Box { around: None, .. })
    }

    /// The line that opens a group, where groups are tasks themselves.
    pub(super) fn group(&self, number: u32, title: &str) -> Option<String> {
        let Self::Nested { lead, .. } = self else { return None };
        Some(format!("{lead} {number}. {title}"))
    }

    /// Something that is no task was written: a table begins anew.
    pub(super) fn interrupted(&mut self) {
        if let Self::Row(table) = self {
            table.open = false;
        }
    }

    /// Whether a task may follow on `last`, the line above, without an empty line between.
    pub(super) fn continues(&self, last: &str) -> bool {
        // an indented line belongs to the item above it
        let item =
            |marker: &str| last.trim_start().starts_with(marker) || (last.starts_with("  ") && !last.trim().is_empty());
        match self {
            Self::Box { lead, .. } => item(lead.trim_start().get(..1).unwrap_or("-")),
            Self::Nested { lead, .. } => item(lead.get(..1).unwrap_or("-")),
            Self::Heading { .. } => false,
            Self::Row(_) => last.trim_start().starts_with('|'),
        }
    }

    /// The lines of a task; `whole` is the text that they follow.
    pub(super) fn lines(&mut self, id: Option<&str>, task: &Line, whole: &str) -> Vec<String> {
        match self {
            Self::Box { lead, around, fields, stories, parallel } => {
                let plain = Around { before: " ".into(), after: String::new(), end: String::new() };
                let Around { before, after, end } = around.as_ref().unwrap_or(&plain);
                let free = if *parallel && task.free && task.path.is_some() { "[P] " } else { "" };
                let story = task.story.as_ref().filter(|_| *stories).map(|s| format!("[{s}] ")).unwrap_or_default();
                let waits = around.is_some();
                let title = titled_with(task, fields, waits);
                let head = format!("{lead}{before}{}{after}{free}{story}{title}{end}", id.unwrap_or_default());
                let mut lines = vec![head];
                lines.extend(field_lines(task, fields, waits).into_iter().map(|(_, line)| line));
                lines
            }
            Self::Nested { lead, indent, fields } => {
                let title = titled_with(task, fields, true);
                let mut lines = vec![format!("{indent}{} {} {title}", lead.trim_start(), id.unwrap_or_default())];
                lines.extend(field_lines(task, fields, true).into_iter().map(|(_, line)| line));
                lines
            }
            Self::Heading { around: Around { before, after, end }, title, fields } => {
                let words = titled_with(task, fields, true);
                let id = id.unwrap_or_default();
                let mut lines = Vec::new();
                match title {
                    Some(field) => {
                        lines.push(format!("{before}{id}{}", after.trim_end()));
                        lines.push(String::new());
                        lines.push(field.line(&words));
                    }
                    None => lines.push(format!("{before}{id}{after}{words}{end}")),
                }
                let mut above = None;
                for (item, line) in field_lines(task, fields, true) {
                    // lines without a bullet would flow into one paragraph
                    let joins = above.is_some_and(|a| if item { a } else { fields.close && !a });
                    if !joins {
                        lines.push(String::new());
                    }
                    lines.push(line);
                    above = Some(item);
                }
                lines
            }
            Self::Row(table) => table.lines(id.unwrap_or_default(), task, whole),
        }
    }
}

/// The title with all that has no field of its own.
pub(super) fn titled_with(task: &Line, fields: &Fields, waits: bool) -> String {
    let mut title = task.title.clone();
    if let Some(path) = task.path.as_ref().filter(|_| fields.path.is_none()) {
        title = format!("{title} in {path}");
    }
    if fields.requirements.is_none() && !task.requirements.is_empty() {
        title = format!("{title} per {}", task.requirements.join(", "));
    }
    if waits && fields.waits.is_none() && !task.waits.is_empty() {
        title = format!("{title} (depends on {})", task.waits.join(", "));
    }
    title
}

/// The fields of a task in the order of the file; whether each is an item of a list.
fn field_lines(task: &Line, fields: &Fields, waits: bool) -> Vec<(bool, String)> {
    let waits = if waits { task.waits.join(", ") } else { String::new() };
    let path = task.path.clone().unwrap_or_default();
    let mut all: Vec<(usize, bool, String)> =
        [(&fields.path, path), (&fields.waits, waits), (&fields.requirements, task.requirements.join(", "))]
            .into_iter()
            .filter_map(|(field, value)| Some((field.as_ref()?, value)))
            .filter(|(_, value)| !value.is_empty())
            .map(|(field, value)| (field.place, field.is_item(), field.line(&value)))
            .collect();
    all.sort_by_key(|(place, _, _)| *place);
    all.into_iter().map(|(_, item, line)| (item, line)).collect()
}

impl Field {
    fn named(name: &str) -> Self {
        Self { lead: format!("**{name}**: "), tail: String::new(), place: usize::MAX }
    }
}

/// `**Title**: …` below a heading that has the id alone.
fn titled(text: &str, task: &Task) -> Option<Field> {
    let heading = text.get(task.id_span.end as usize..)?.lines().next()?;
    if heading.contains(char::is_alphanumeric) {
        return None;
    }
    let below = text.get(task.id_span.end as usize..task.detail.end as usize)?;
    let line = below.lines().find(|l| l.trim_start_matches([' ', '-', '*', '_']).starts_with("Title"))?;
    let colon = line.find(':')? + 1;
    let marks = line[colon..].find(|c: char| !"*_ ".contains(c)).unwrap_or(0);
    Some(Field { lead: line[..colon + marks].to_owned(), tail: String::new(), place: 0 })
}

/// Whether tasks are grouped by tasks: `1.` above `1.1`.
fn is_nested(feature: &Feature, tasks: &[Arc<Task>]) -> bool {
    let bare = |t: &Arc<Task>| t.id.id.bytes().all(|b| b.is_ascii_digit());
    let leaf = |t: &Arc<Task>| t.id.id.contains('.') && t.id.id.starts_with(|c: char| c.is_ascii_digit());
    if tasks.is_empty() { feature.layout == Layout::Kiro } else { tasks.iter().any(bare) && tasks.iter().any(leaf) }
}

fn labels(tasks: &[Arc<Task>]) -> (bool, bool) {
    (tasks.iter().any(|t| t.story.is_some()), tasks.iter().any(|t| t.parallel))
}

/// Where the line of a byte begins.
pub(super) fn line_start(text: &str, at: usize) -> usize {
    text.get(..at).and_then(|t| t.rfind('\n')).map_or(0, |n| n + 1)
}

/// The white space before a task's list marker.
fn indentation<'a>(text: &'a str, task: &Task) -> &'a str {
    let start = task.span.start as usize;
    let before = text.get(line_start(text, start)..start).unwrap_or_default();
    if before.bytes().all(|b| b == b' ') && before.len() <= 4 { before } else { "" }
}

/// `- [ ]` with the file's own marker; the indentation is kept where a list may begin with it.
fn lead(text: &str, task: &Task) -> String {
    let marker = text.get(task.span.start as usize..).and_then(|line| line.chars().next());
    let marker = marker.filter(|m| matches!(m, '*' | '+')).unwrap_or('-');
    let indent = indentation(text, task);
    let indent = if indent.len() < 4 { indent } else { "" };
    format!("{indent}{marker} [ ]")
}
