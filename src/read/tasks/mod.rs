//! Tasks as users write them: `- [ ] T012 [P] [US1] Write a/file.yaml per FR-004 (depends on T009, T010)`.

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::model::ids::{FeatureId, TaskId};
use crate::model::workspace::{Task, Unread};

use crate::read::markdown::{Block, Kind, Markdown};
use crate::read::names::{is_task_id, requirement_id, resembles_task_id, task_id, task_range};
use crate::read::{paths, prose, verbs};

/// Headings below which an id that is already defined is mentioned again, not defined again.
const REFERENCE: [&str; 13] = [
    "validation",
    "checklist",
    "detail",
    "summary",
    "dependenc",
    "parallel",
    "example",
    "strategy",
    "notes",
    "completion",
    "order",
    "traceability",
    "format",
];

/// The tasks of a file, in document order, and the lines that look like one and are none.
pub fn read(file: FileId, feature: &FeatureId, doc: &Markdown) -> (Vec<Task>, Vec<Unread>) {
    let mut reader =
        Reader { file, feature, text: &doc.masked, tasks: Vec::new(), ids: BTreeSet::new(), unread: Vec::new() };
    // in a file of T012, `- [ ] 1.5 GB of memory` is no task
    reader.read(&doc.blocks, lettered(doc));
    for index in 0..reader.tasks.len() {
        reader.expand_ranges(index);
    }
    (reader.tasks, reader.unread)
}

fn lettered(doc: &Markdown) -> bool {
    boxes(&doc.blocks).any(|(b, _)| {
        let (_, text) = opening(&doc.masked, &b.head);
        task_id(text).is_some_and(|id| id.starts_with(|c: char| c.is_ascii_uppercase()))
    })
}

fn boxes(blocks: &[Block]) -> impl Iterator<Item = (&Block, usize)> {
    blocks.iter().filter_map(|b| match b.kind {
        Kind::Item { mark: Some(mark) } => Some((b, mark)),
        _ => None,
    })
}

/// Where the text of a box begins after white space and marks of emphasis, and the text from there.
fn opening<'a>(text: &'a str, head: &Range<usize>) -> (usize, &'a str) {
    let raw = &text[head.clone()];
    let rest = raw.trim_start_matches([' ', '\t', '*', '_', '`', '~']);
    (head.start + raw.len() - rest.len(), rest)
}

struct Reader<'a> {
    file: FileId,
    feature: &'a FeatureId,
    text: &'a str,
    tasks: Vec<Task>,
    ids: BTreeSet<String>,
    unread: Vec<Unread>,
}

/// The heading that tasks stand under.
#[derive(Default)]
struct Phase {
    number: usize,
    title: String,
    /// The heading last seen, not yet counted: headings without tasks are no phases.
    next: Option<String>,
    reference: bool,
    /// A heading that looks like a task, until boxes below it show that it only groups them.
    heading: Option<Unread>,
}

impl Reader<'_> {
    fn span(&self, range: Range<usize>) -> Span {
        Span::new(self.file, range.start, range.end)
    }

    fn read(&mut self, blocks: &[Block], lettered: bool) {
        let mut phase = Phase::default();
        // items inside this range belong to the task before them
        let mut inside = 0..0;
        for block in blocks {
            match block.kind {
                Kind::Heading(level) => self.heading(block, level, &mut phase),
                Kind::Item { mark: Some(mark) } => {
                    let nested = inside.contains(&block.range.start);
                    if self.item(block, mark, lettered, nested, &mut phase) {
                        phase.heading = None;
                        inside = block.range.clone();
                    }
                }
                Kind::Item { mark: None } | Kind::Paragraph if inside.contains(&block.range.start) => {
                    self.field(&block.head);
                }
                _ => {}
            }
        }
        self.unread.extend(phase.heading);
    }

    fn heading(&mut self, block: &Block, level: u8, phase: &mut Phase) {
        let (start, text) = opening(self.text, &block.head);
        let title = prose::plain(&self.text[block.head.clone()]);
        let lower = title.to_lowercase();
        let reference = REFERENCE.iter().any(|r| lower.contains(r));
        let named = ["Task ID:", "Task"].iter().find_map(|p| text.strip_prefix(p)).unwrap_or(text).trim_start();
        let starts = task_id(named).is_some_and(|id| id.starts_with('T') || named.len() < text.len());
        if starts && level > 1 && !reference && !phase.reference {
            let span = self.span(start..block.head.end);
            self.unread
                .push(Unread { span, reason: "a task as a heading is not read; write it as `- [ ] T012 …`".into() });
        } else if level == 2 || (level > 2 && lower.starts_with("phase ")) || (level == 1 && phase.next.is_some()) {
            phase.next = Some(title);
            phase.reference = reference;
        } else if level == 1 {
            phase.next = None;
        } else {
            phase.reference |= reference;
        }
    }

    /// Reads a box; whether it is a task.
    fn item(&mut self, block: &Block, mark: usize, lettered: bool, nested: bool, phase: &mut Phase) -> bool {
        let (start, text) = opening(self.text, &block.head);
        let known = |id: &str| !lettered || id.starts_with(|c: char| c.is_ascii_uppercase());
        let Some(id) = task_id(text).filter(|id| known(id)) else {
            let reason = match task_id(text) {
                Some(id) => format!("`{id}` is no task id beside ids such as `T012`"),
                None if resembles_task_id(text) => "the id is not written as `T012`, `T-4.3a` or `4.1.1`".into(),
                None => return false,
            };
            if !nested {
                self.unread.push(Unread { span: self.span(start..block.head.end), reason });
            }
            return false;
        };
        if (phase.reference || nested) && self.ids.contains(id) {
            return false;
        }
        self.ids.insert(id.to_owned());
        if let Some(title) = phase.next.take_if(|t| phase.number == 0 || *t != phase.title) {
            phase.title = title;
            phase.number += 1;
        }
        let task = self.task(block, mark, start, id, phase);
        self.tasks.push(task);
        true
    }

    fn task(&self, block: &Block, mark: usize, start: usize, id: &str, phase: &Phase) -> Task {
        let end = block.head.end;
        let id_span = self.span(start..start + id.len());
        let mut task = Task::new(TaskId { feature: self.feature.clone(), id: id.to_owned() }, id_span);
        task.done = matches!(self.text.as_bytes()[mark], b'x' | b'X');
        task.begun = matches!(self.text.as_bytes()[mark], b'-' | b'~');
        task.mark = Some(self.span(mark..mark + 1));
        task.span = self.span(block.range.start..end);
        task.detail = self.span(block.range.clone());
        (task.phase, task.phase_title) = (phase.number, phase.title.clone());
        let from = self.labels(start + id.len()..end, &mut task);
        let body = &self.text[from..end];
        task.title = prose::plain(body);
        task.requirements = self.requirements(from..end);
        task.depends_on = self.dependencies(from..end);
        task.paths =
            paths::paths(body).into_iter().map(|(p, r)| (p, self.span(from + r.start..from + r.end))).collect();
        task.kind = verbs::kind(&task.title, task.paths.first().map(|(p, _)| p.as_str()));
        task
    }

    /// Takes `[P]`, `[US1]`, `(Validation):` and separators off the front; labels of other names stay in the title.
    fn labels(&self, range: Range<usize>, task: &mut Task) -> usize {
        let mut at = range.start;
        let mut title = None;
        loop {
            let rest = &self.text[at..range.end];
            let trimmed = rest.trim_start_matches([' ', '\t', '*', '_', ':', '–', '—', '.', '\n', '\r']);
            let trimmed = trimmed.strip_prefix("- ").unwrap_or(trimmed);
            at = range.end - trimmed.len();
            if let Some((label, after)) = trimmed.strip_prefix('[').and_then(|t| t.split_once(']')) {
                if after.starts_with('(') {
                    break; // a link
                }
                match label.trim() {
                    "P" => task.parallel = true,
                    story if requirement_id(story).is_some_and(|s| s.starts_with("US")) => {
                        task.story = requirement_id(story).map(str::to_owned);
                    }
                    _ => title = title.or(Some(at)),
                }
                at = range.end - after.len();
            } else if let Some((_, after)) = trimmed.strip_prefix('(').and_then(|t| t.split_once("):")) {
                at = range.end - after.len();
            } else {
                break;
            }
        }
        title.unwrap_or(at)
    }

    fn requirements(&self, range: Range<usize>) -> Vec<(String, Span)> {
        let text = &self.text[range.clone()];
        let mut found: Vec<(String, Span)> = Vec::new();
        let mut before = ' ';
        for (i, c) in text.char_indices() {
            if !before.is_alphanumeric() && before != '-' && before != '/' {
                let id = requirement_id(&text[i..]).filter(|id| id.contains('-') && !id.starts_with("US"));
                if let Some(id) = id.filter(|id| found.iter().all(|(f, _)| f != id)) {
                    let at = range.start + i;
                    found.push((id.to_owned(), self.span(at..at + id.len())));
                }
            }
            before = c;
        }
        found
    }

    fn dependencies(&self, range: Range<usize>) -> Vec<(String, Span)> {
        let lower = self.text[range.clone()].to_ascii_lowercase();
        let phrases = ["depends on", "depends:", "dependencies:", "blocked by"];
        let start = phrases.iter().filter_map(|p| lower.find(p).map(|i| i + p.len())).min();
        start.map_or_else(Vec::new, |s| self.id_list(range.start + s..range.end))
    }

    /// Task ids separated by commas, `and`, `&`; ends at the first other word.
    fn id_list(&self, range: Range<usize>) -> Vec<(String, Span)> {
        let mut found = Vec::new();
        let mut at = range.start;
        while at < range.end {
            let rest = &self.text[at..range.end];
            let trimmed = rest.trim_start_matches([' ', ',', '&', '*', ':', '`', '+', '\t', '\n', '\r']);
            at = range.end - trimmed.len();
            let end = trimmed.find(|c: char| c.is_whitespace() || ",;)`*&+".contains(c)).unwrap_or(trimmed.len());
            let word = trimmed[..end].trim_end_matches(['.', ':']);
            let local = word.rsplit('/').next().unwrap_or(word);
            // a misspelt id is kept, so that it is reported
            let misspelt = resembles_task_id(word) && task_id(local).is_none() && word.len() < 12;
            if is_task_id(local) || task_range(word).is_some() || misspelt {
                found.push((word.to_owned(), self.span(at..at + word.len())));
            } else if !matches!(word.to_ascii_lowercase().as_str(), "and" | "to" | "through" | "task" | "tasks") {
                break;
            }
            at += end.max(1);
        }
        found
    }

    /// A line below a task: `**Dependencies**: T004`, `**File**: a/b.yaml`, `**Maps to**: FR-001`.
    fn field(&mut self, head: &Range<usize>) {
        let (start, text) = opening(self.text, head);
        let Some((name, _)) = text.split_once(':').filter(|(n, _)| n.len() < 40) else { return };
        let from = start + name.len() + 1;
        let name = name.trim_end_matches(['*', '_', ' ']).to_lowercase();
        match name.as_str() {
            "dependencies" | "depends on" | "depends" => {
                let ids = self.id_list(from..head.end);
                self.last(|t| t.depends_on.extend(ids));
            }
            "requirements" | "maps to" | "requirement refs" | "carries" => {
                let ids = self.requirements(from..head.end);
                self.last(|t| t.requirements.extend(ids));
            }
            "file" | "files" | "path" | "files created" | "files to create" | "files to create/modify" => {
                let found: Vec<_> = paths::paths(&self.text[from..head.end])
                    .into_iter()
                    .map(|(p, r)| (p, self.span(from + r.start..from + r.end)))
                    .collect();
                self.last(|t| {
                    t.paths.extend(found);
                    t.kind = verbs::kind(&t.title, t.paths.first().map(|(p, _)| p.as_str()));
                });
            }
            _ => {}
        }
    }

    fn last(&mut self, change: impl FnOnce(&mut Task)) {
        if let Some(task) = self.tasks.last_mut() {
            change(task);
        }
    }

    /// `T004-T007` means every task from one to the other as the file has them.
    fn expand_ranges(&mut self, index: usize) {
        let mut expanded = Vec::new();
        for (word, span) in std::mem::take(&mut self.tasks[index].depends_on) {
            let Some((from, to)) = task_range(&word).filter(|_| !is_task_id(&word)) else {
                expanded.push((word, span));
                continue;
            };
            let place = |id: &str| self.tasks.iter().position(|t| t.id.id == id);
            match (place(from), place(to)) {
                (Some(a), Some(b)) if a <= b => {
                    expanded.extend(self.tasks[a..=b].iter().map(|t| (t.id.id.clone(), span)));
                }
                _ => expanded.extend([from, to].map(|id| (id.to_owned(), span))),
            }
        }
        self.tasks[index].depends_on = expanded;
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;
    use crate::model::workspace::TaskKind;

    fn tasks(text: &str) -> (Vec<Task>, Vec<String>) {
        let mut sources = Sources::default();
        let file = sources.add("tasks/f.md", text);
        let (tasks, unread) = read(file, &FeatureId("f".into()), &crate::read::markdown::parse(text));
        for task in &tasks {
            assert_eq!(sources.slice(task.id_span), task.id.id);
            for (path, span) in task.paths.iter().chain(&task.requirements) {
                assert_eq!(sources.slice(*span), path);
            }
        }
        (tasks, unread.into_iter().map(|u| sources.slice(u.span).to_owned()).collect())
    }

    fn ids(list: &[(String, Span)]) -> Vec<&str> {
        list.iter().map(|(id, _)| id.as_str()).collect()
    }

    #[test]
    fn a_full_line() {
        let (tasks, _) = tasks(
            "# Tasks\n\n## Phase 2: Backend\n\n- [x] T012 [P] [US1] Write `charts/todo/templates/a.yaml` \
             per FR-004 and SC-1\n      (depends on T009, T010)\n",
        );
        let task = &tasks[0];
        assert_eq!(task.title, "Write `charts/todo/templates/a.yaml` per FR-004 and SC-1 (depends on T009, T010)");
        assert!(task.done && task.parallel);
        assert_eq!(task.story.as_deref(), Some("US1"));
        assert_eq!(ids(&task.requirements), ["FR-004", "SC-1"]);
        assert_eq!(ids(&task.depends_on), ["T009", "T010"]);
        assert_eq!(ids(&task.paths), ["charts/todo/templates/a.yaml"]);
        assert_eq!((task.phase, task.phase_title.as_str()), (1, "Phase 2: Backend"));
        assert_eq!(task.kind, TaskKind::Produces);
    }

    #[test]
    fn dialects() {
        let (tasks, unread) = tasks(
            "- [P] tasks = different files\n- [X] **T001** [US2] [P] One\n- [x] T401 (Validation): Two\n\
             - [-] T-4.3a [Foundation] [P] Three\n- [ ] 4.1.1 is not one here\n- [ ] t012 nor this\n- [ ] read me\n",
        );
        let seen: Vec<_> = tasks.iter().map(|t| (t.id.id.as_str(), t.title.as_str(), t.parallel, t.done)).collect();
        assert_eq!(
            seen,
            [
                ("T001", "One", true, true),
                ("T401", "Two", false, true),
                ("T-4.3a", "[Foundation] [P] Three", true, false)
            ]
        );
        assert_eq!(unread, ["4.1.1 is not one here", "t012 nor this"]);
        assert_eq!(self::tasks("- [ ] **5.1 Title**\n").0[0].title, "Title");
    }

    #[test]
    fn fields_ranges_and_mentions() {
        let (tasks, _) = tasks(
            "## Phase 1\n- [ ] T001 a\n- [ ] T002 b\n- [ ] T003 Make c\n  - **File**: `k/c.yaml`\n  \
             - **Dependencies**: T001-T002, other/T009\n  - [ ] accepted\n\n## Validation checklist\n- [ ] T001 again\n",
        );
        assert_eq!(tasks.len(), 3);
        assert_eq!(ids(&tasks[2].depends_on), ["T001", "T002", "other/T009"]);
        assert_eq!((ids(&tasks[2].paths), tasks[2].kind), (vec!["k/c.yaml"], TaskKind::Produces));
    }
}
