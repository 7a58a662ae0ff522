//! The form of a tasks file, so that what is appended looks like what is there: ids, marks, headings, line endings.

use crate::model::workspace::Feature;
use crate::read::markdown::{self, Kind, Markdown};
use crate::read::names::task_id;
use crate::read::prose;

/// Collects what is appended to one file.
pub struct Writer {
    /// The file as it is; empty for a new one.
    before: String,
    text: String,
    newline: &'static str,
    marker: &'static str,
    bold: bool,
    ids: Ids,
    headings: Headings,
    /// The last heading.
    current: String,
}

/// How ids are written, and the highest one in use.
struct Ids {
    /// `T`, `T-`, `TASK-` or nothing.
    prefix: String,
    /// Digits of the last number, zeros filled in.
    width: usize,
    /// Numbers of the next id; the last one counts.
    next: Vec<u32>,
}

/// How phases are opened.
enum Headings {
    /// `## Phase 7: …`; the level and the next number.
    Phases(usize, u32),
    /// `## …`
    Plain(usize),
    /// The file has none.
    None,
}

impl Writer {
    /// For the tasks file of a feature, or a new one. `None` if the file ends inside of an open fence or comment:
    /// nothing appended would be read.
    pub fn new(feature: &Feature, text: Option<&str>) -> Option<Self> {
        let before = text.unwrap_or_default().to_owned();
        let doc = markdown::parse(&before);
        if !doc.unclosed.is_empty() {
            return None;
        }
        let newline = if before.contains("\r\n") { "\r\n" } else { "\n" };
        let first = feature.tasks.first();
        // a marker of its own file position: `*`, `+` or `-`
        let marker = first.and_then(|t| before.get(t.span.range())).and_then(|line| line.chars().next());
        let marker = match marker {
            Some('*') => "*",
            Some('+') => "+",
            _ => "-",
        };
        let bold = first.is_some_and(|t| {
            before.get(..t.id_span.start as usize).is_some_and(|b| b.ends_with("**"))
                && before.get(t.id_span.end as usize..).is_some_and(|a| a.starts_with("**"))
        });
        let last = doc.blocks.iter().rev().find(|b| matches!(b.kind, Kind::Heading(_)));
        let current = last.map(|b| prose::plain(&doc.masked[b.head.clone()])).unwrap_or_default();
        let (ids, headings, text_after) = (Ids::of(feature), headings(&doc), String::new());
        let mut writer = Self { before, text: text_after, newline, marker, bold, ids, headings, current };
        if text.is_none() {
            writer.headings = Headings::Phases(2, 1);
            writer.line(&format!("# Tasks: {}", feature.title));
        }
        Some(writer)
    }

    /// Opens a phase, unless the file ends with one of that title.
    pub fn heading(&mut self, title: &str) {
        if self.current == title || self.current.ends_with(&format!(": {title}")) {
            return;
        }
        title.clone_into(&mut self.current);
        let line = match &mut self.headings {
            Headings::Phases(level, number) => {
                *number += 1;
                format!("{} Phase {}: {title}", "#".repeat(*level), *number - 1)
            }
            Headings::Plain(level) => format!("{} {title}", "#".repeat(*level)),
            Headings::None => return,
        };
        self.blank();
        self.line(&line);
    }

    /// Appends a task and returns its id. `dependencies` are ids as this file would write them.
    pub fn task(&mut self, title: &str, dependencies: &[String]) -> String {
        let last = self.text.lines().last().or_else(|| self.before.lines().last()).unwrap_or_default();
        if !last.trim_start().starts_with(self.marker) {
            self.blank();
        }
        let id = self.ids.take();
        let shown = if self.bold { format!("**{id}**") } else { id.clone() };
        let waits =
            if dependencies.is_empty() { String::new() } else { format!(" (depends on {})", dependencies.join(", ")) };
        self.line(&format!("{} [ ] {shown} {title}{waits}", self.marker));
        id
    }

    /// What to insert at the end of the file.
    pub fn finish(self) -> String {
        self.text
    }

    fn line(&mut self, line: &str) {
        let whole = if self.text.is_empty() { &self.before } else { &self.text };
        if !whole.is_empty() && !whole.ends_with('\n') {
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

impl Ids {
    fn of(feature: &Feature) -> Self {
        // ids that are only mentioned count too: a removed task's id is not given again
        let own = feature.tasks.iter().map(|t| t.id.id.as_str());
        let mentioned = feature.tasks.iter().flat_map(|t| t.depends_on.iter().map(|(id, _)| id.as_str()));
        let all: Vec<(String, Vec<u32>, usize)> = own.chain(mentioned).filter_map(split).collect();
        let Some((prefix, numbers, width)) = all.first().cloned() else {
            return Self { prefix: "T".into(), width: 3, next: vec![1] };
        };
        let alike = all.iter().filter(|(p, _, _)| *p == prefix);
        let highest = alike.clone().filter_map(|(_, n, _)| n.first()).max().copied().unwrap_or(0);
        let width = alike.map(|(_, _, w)| *w).min().unwrap_or(width);
        let mut next = vec![1; numbers.len()];
        next[0] = highest.saturating_add(1);
        Self { prefix, width: if numbers.len() == 1 { width } else { 1 }, next }
    }

    fn take(&mut self) -> String {
        let numbers: Vec<String> = self.next.iter().map(|n| format!("{n:0width$}", width = self.width)).collect();
        if let Some(last) = self.next.last_mut() {
            *last = last.saturating_add(1);
        }
        format!("{}{}", self.prefix, numbers.join("."))
    }
}

/// Prefix, numbers and digits of an id.
fn split(id: &str) -> Option<(String, Vec<u32>, usize)> {
    let id = task_id(id.rsplit('/').next()?)?;
    let start = id.find(|c: char| c.is_ascii_digit())?;
    let (prefix, rest) = id.split_at(start);
    let rest = rest.trim_end_matches(|c: char| c.is_ascii_lowercase());
    let numbers = rest.split('.').map(|n| n.parse().ok()).collect::<Option<Vec<u32>>>()?;
    Some((prefix.to_owned(), numbers, rest.split('.').next_back().map_or(1, str::len)))
}

fn headings(doc: &Markdown) -> Headings {
    let all = doc.blocks.iter().filter_map(|b| match b.kind {
        Kind::Heading(level) => Some((usize::from(level), prose::plain(&doc.masked[b.head.clone()]))),
        _ => None,
    });
    let all: Vec<_> = all.collect();
    let phases = all.iter().filter_map(|(level, title)| {
        let rest = title.strip_prefix("Phase ").or_else(|| title.strip_prefix("phase "))?;
        let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
        Some((*level, rest[..digits].parse::<u32>().ok()?))
    });
    let phases: Vec<_> = phases.collect();
    if let Some(last) = phases.iter().map(|(_, number)| *number).max() {
        return Headings::Phases(phases[0].0, last.saturating_add(1));
    }
    match all.iter().find(|(level, _)| *level > 1) {
        Some((level, _)) => Headings::Plain(*level),
        None => Headings::None,
    }
}
