//! Tasks as rows of a table: a new row fills the columns that the table has.

use std::sync::Arc;

use crate::model::workspace::Task;

use super::Line;
use super::shape::line_start;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Column {
    Id,
    Title,
    Path,
    Requirements,
    Story,
    Waits,
    Status,
    /// Left blank: a person decides.
    Other,
}

/// A table of tasks.
#[derive(Clone, Debug)]
pub(super) struct Table {
    /// The header and the line below it, as the file has them.
    header: Vec<String>,
    columns: Vec<Column>,
    /// What stands around an id: `**`, a backtick or nothing.
    marks: (String, String),
    /// What an open task has in its status column.
    status: String,
    /// What a task has that waits for none.
    none: String,
    /// Whether the text ends in this table.
    pub open: bool,
}

impl Table {
    pub(super) fn of(text: &str, tasks: &[Arc<Task>]) -> Self {
        let rows: Vec<(usize, &Arc<Task>)> =
            tasks.iter().map(|t| (line_start(text, t.id_span.start as usize), t)).collect();
        let (at, last) = rows.last().copied().unzip();
        let header = at.map(|at| header(text, at)).unwrap_or_default();
        let place = last.zip(at).map_or(0, |(t, at)| cell_of(line(text, at), t.id_span.start as usize - at));
        let names = header.first().map(|h| cells(h)).unwrap_or_default();
        let mut columns: Vec<Column> = names.iter().map(|n| column(n)).collect();
        if let Some(id) = columns.get_mut(place) {
            *id = Column::Id;
        }
        for (index, column) in columns.iter_mut().enumerate() {
            if *column == Column::Id && index != place {
                *column = Column::Other;
            }
        }
        if !columns.contains(&Column::Title)
            && let Some(next) = columns.get_mut(place + 1)
        {
            *next = Column::Title;
        }
        let cell = |start: usize, wanted: Column| {
            let index = columns.iter().position(|c| *c == wanted)?;
            cells(line(text, start)).get(index).map(|c| c.trim().to_owned())
        };
        let open = rows.iter().rev().find(|(_, t)| !t.done && !t.begun && t.status.is_none());
        let boxed = rows.iter().rev().find_map(|(at, _)| cell(*at, Column::Status).filter(|c| c.contains('[')));
        let status = open.and_then(|(at, _)| cell(*at, Column::Status)).or(boxed.map(|_| "[ ]".to_owned()));
        let free = rows.iter().find(|(_, t)| t.depends_on.is_empty());
        let none = free.and_then(|(at, _)| cell(*at, Column::Waits)).filter(|c| c.chars().count() <= 6);
        let marks = last.zip(at).map(|(t, at)| {
            let line = line(text, at);
            let (start, end) = (t.id_span.start as usize - at, t.id_span.end as usize - at);
            let mark = |c: char| matches!(c, '*' | '_' | '`');
            let before = line.get(..start).unwrap_or_default();
            let after = line.get(end..).unwrap_or_default();
            let opening = before[before.trim_end_matches(mark).len()..].to_owned();
            let closing = after[..after.len() - after.trim_start_matches(mark).len()].to_owned();
            (opening, closing)
        });
        let ends_here =
            at.is_some_and(|at| text.get(at..).is_some_and(|t| t.lines().all(|l| l.trim_start().starts_with('|'))));
        Self {
            header,
            columns,
            marks: marks.unwrap_or_default(),
            status: status.unwrap_or_default(),
            none: none.unwrap_or_default(),
            open: ends_here,
        }
    }

    pub(super) fn lines(&mut self, id: &str, task: &Line, whole: &str) -> Vec<String> {
        let mut lines = Vec::new();
        if !self.open || whole.ends_with("\n\n") || whole.ends_with("\n\r\n") {
            lines.extend(self.header.iter().cloned());
            self.open = true;
        }
        let has = |column: Column| self.columns.contains(&column);
        let mut title = task.title.clone();
        if let Some(path) = task.path.as_ref().filter(|_| !has(Column::Path)) {
            title = format!("{title} in {path}");
        }
        if !has(Column::Requirements) && !task.requirements.is_empty() {
            title = format!("{title} per {}", task.requirements.join(", "));
        }
        if !has(Column::Waits) && !task.waits.is_empty() {
            title = format!("{title} (depends on {})", task.waits.join(", "));
        }
        let value = |column: &Column| match column {
            Column::Id => format!("{}{id}{}", self.marks.0, self.marks.1),
            Column::Title => title.clone(),
            Column::Path => task.path.clone().unwrap_or_default(),
            Column::Requirements => task.requirements.join(", "),
            Column::Story => task.story.clone().unwrap_or_default(),
            Column::Waits if task.waits.is_empty() => self.none.clone(),
            Column::Waits => task.waits.join(", "),
            Column::Status => self.status.clone(),
            Column::Other => String::new(),
        };
        let row: Vec<String> = self.columns.iter().map(|c| value(c).replace('|', "\\|")).collect();
        lines.push(format!("| {} |", row.join(" | ")));
        lines
    }
}

fn column(name: &str) -> Column {
    let name = name.to_lowercase();
    let has = |words: &[&str]| words.iter().any(|w| name.contains(w));
    if has(&["depend", "blocked", "after", "waits"]) {
        Column::Waits
    } else if has(&["status", "state", "done", "✓", "✅"]) {
        Column::Status
    } else if has(&["requirement", "maps to"]) || name.trim() == "fr" || name.trim() == "req" {
        Column::Requirements
    } else if has(&["story"]) {
        Column::Story
    } else if has(&["file", "path", "artifact"]) {
        Column::Path
    } else if has(&["title", "description", "name"]) || name.trim().trim_matches('*') == "task" {
        Column::Title
    } else {
        Column::Other
    }
}

fn line(text: &str, start: usize) -> &str {
    text.get(start..).and_then(|t| t.lines().next()).unwrap_or_default()
}

/// The two lines that a table begins with, above the row that starts at `at`.
fn header(text: &str, at: usize) -> Vec<String> {
    let above: Vec<&str> = text.get(..at).unwrap_or_default().trim_start_matches('\u{feff}').lines().collect();
    let rule = |l: &str| l.contains('-') && l.trim().bytes().all(|b| matches!(b, b'|' | b'-' | b':' | b' '));
    let Some(found) = above.iter().rposition(|l| rule(l)).filter(|i| *i > 0) else { return Vec::new() };
    vec![above[found - 1].to_owned(), above[found].to_owned()]
}

/// The cells of a row; a `|` after a backslash is text.
fn cells(row: &str) -> Vec<String> {
    let row = row.trim();
    let row = row.strip_prefix('|').unwrap_or(row);
    let row = row.strip_suffix('|').filter(|r| !r.ends_with('\\')).unwrap_or(row);
    let mut cells = vec![String::new()];
    let mut escaped = false;
    for c in row.chars() {
        match cells.last_mut() {
            _ if c == '|' && !escaped => cells.push(String::new()),
            Some(cell) => cell.push(c),
            None => {}
        }
        escaped = c == '\\';
    }
    cells
}

/// Which cell of a row the byte at `at` stands in.
fn cell_of(row: &str, at: usize) -> usize {
    let before = row.get(..at).unwrap_or_default().trim_start();
    cells(&format!("{before}x")).len() - 1
}
