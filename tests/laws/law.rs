//! What holds of any text: the tests try it on seeds and pieces, the fuzzer on everything else.

#![allow(unreachable_pub, reason = "another workspace takes this file as its own")]

#[path = "../common/documents.rs"]
mod documents;

use std::collections::BTreeSet;

use bowline::base::source::{FileId, Sources, Span};
use bowline::check::report::human;
use bowline::face::plan::merge::{self, Kept, Section};
use bowline::graph::derive::derive_besides;
use bowline::make::adopt;
use bowline::make::metadata::Stamped;
use bowline::make::stamp::{self, Stamp};
use bowline::model::existing::{Adoption, FileKind};
use bowline::model::ids::FeatureId;
use bowline::model::workspace::{Layout, Task};
use bowline::read::markdown::{self, Kind, Markdown};
use bowline::read::yaml::{self, Piece};
use bowline::read::{adopted, compose, constitution, order, requirements, score, tasks};

use documents::Workspace;

/// Nothing stops, and every place that anything names lies in the text, on boundaries of characters.
pub fn reader(text: &str) {
    let mut sources = Sources::default();
    let file = sources.add("f.md", text);
    let doc = markdown::parse(text);
    blocks(text, &doc);
    let within = |span: Span, what: &str| {
        assert!(span.file == file && text.get(span.range()).is_some(), "{what}: {span:?} of {} bytes", text.len());
    };
    let feature = FeatureId("f".into());
    let reading = tasks::reading(file, &feature, &doc);
    for task in &reading.tasks {
        task_within(&sources, task, within);
    }
    reading.asides.iter().for_each(|a| within(a.span, "an aside"));
    reading.unread.iter().for_each(|u| within(u.span, &u.reason));
    let (statements, unread) = order::read(file, &doc, &reading.tasks);
    statements.iter().for_each(|s| within(s.span, "a statement"));
    unread.iter().for_each(|u| within(u.span, &u.reason));
    for layout in [Layout::SpecKit, Layout::Kiro, Layout::OpenSpec] {
        let (found, unread) = requirements::read(file, &feature, layout, &doc);
        found.iter().for_each(|r| within(r.span, &r.id.id));
        unread.iter().for_each(|u| within(u.span, &u.reason));
    }
    let constitution = constitution::read(&[(file, doc.clone())]).expect("a file gives one");
    constitution.statements.iter().for_each(|s| within(s.span, &s.id));
    constitution.asides.iter().for_each(|a| within(a.span, "an aside"));
    let ids: BTreeSet<&String> = constitution.statements.iter().map(|s| &s.id).collect();
    assert_eq!(ids.len(), constitution.statements.len(), "two sentences of a constitution have one id");
    for block in &doc.blocks {
        if let Kind::Fence(fence) = &block.kind {
            typed(&sources, &Piece { file, text: &fence.content, runs: fence.runs.clone() });
        }
    }
    typed(&sources, &Piece::at(file, text, 0));
    for read in
        [compose::read(&mut sources, "c.yaml", text).map(drop), score::read(&mut sources, "s.yaml", text).map(drop)]
    {
        if let Err(finding) = read {
            human(&[finding], &sources, false);
        }
    }
}

/// The blocks of a document, its fences byte by byte, and what is masked.
fn blocks(text: &str, doc: &Markdown) {
    assert_eq!(doc.masked.len(), text.len());
    for block in &doc.blocks {
        assert!(text.get(block.range.clone()).is_some() && text.get(block.head.clone()).is_some(), "{block:?}");
        if let Kind::Fence(fence) = &block.kind {
            for (at, c) in fence.content.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                let run = fence.runs[fence.runs.partition_point(|(joined, _)| *joined <= at) - 1];
                // the reader of Markdown writes NUL as the replacement character
                assert!(text[run.1 + at - run.0..].starts_with([c, '\0']), "{c} of {fence:?}");
            }
        }
    }
    for unclosed in &doc.unclosed {
        assert!(text.get(unclosed.range.clone()).is_some(), "{unclosed:?}");
    }
}

fn task_within(sources: &Sources, task: &Task, within: impl Fn(Span, &str)) {
    let named = task.paths.iter().chain(&task.requirements).chain(&task.depends_on).chain(&task.blocks);
    named.for_each(|(name, span)| within(*span, name));
    [task.span, task.detail, task.id_span].into_iter().chain(task.mark).for_each(|span| within(span, &task.id.id));
    task.status.iter().for_each(|(_, span)| within(*span, "a status"));
    let written = sources.slice(task.id_span);
    assert!(written == task.id.id || written.is_empty(), "{written} is not {}", task.id.id);
    for (path, span) in &task.paths {
        assert_eq!(sources.slice(*span), path);
    }
}

/// A typed block is read, or the place where it is not is shown.
fn typed(sources: &Sources, piece: &Piece<'_>) {
    match yaml::parse(piece) {
        Ok(node) => drop(node.json()),
        Err(finding) => {
            for label in finding.primary.iter().chain(&finding.also) {
                assert!(sources.text(label.span.file).get(label.span.range()).is_some(), "{finding:?}");
            }
            human(&[finding], sources, false);
        }
    }
}

/// What is written into a person's file changes the bytes that it says, and a second time nothing.
pub fn writebacks(text: &str) {
    ticks(text);
    plan(text);
    adoption(text);
    stamps(text);
    derived(text);
}

fn tasks_of(text: &str) -> (FileId, Vec<Task>) {
    let file = Sources::default().add("tasks/todo.md", text);
    (file, tasks::read(file, &FeatureId("todo".into()), &markdown::parse(text)).0)
}

/// A tick is one byte, and no other task notices.
fn ticks(text: &str) {
    let (_, before) = tasks_of(text);
    // each is read again: of a thousand, some will do
    for (index, task) in before.iter().enumerate().step_by(before.len() / 16 + 1) {
        let Some(mark) = task.mark else { continue };
        assert!(matches!(&text[mark.range()], " " | "x" | "X" | "-" | "~"), "{task:?}");
        let mut after = text.to_owned();
        after.replace_range(mark.range(), "x");
        assert_eq!(after.len(), text.len());
        let (_, again) = tasks_of(&after);
        assert_eq!(again.len(), before.len(), "a tick makes or loses a task");
        assert!(again[index].done && again[index].id == task.id && again[index].title == task.title, "{task:?}");
        assert_eq!(again[index].mark, task.mark);
    }
}

/// Sections are put at the end; with the same content nothing changes, with other content they alone do.
fn plan(text: &str) {
    let section = |body: &str| {
        let kinds = [("Check", Kept::Always), ("Decisions", Kept::Alone), ("Tracking", Kept::Begun)];
        kinds.map(|(title, kind)| Section {
            title: title.into(),
            body: format!("{body}\n"),
            kind,
            alike: &["decision"],
        })
    };
    let first = merge::merge(text, &section("one"));
    let written = merge::apply(text, &first.changes);
    if first.changes.iter().all(|c| !c.again) {
        assert!(written.starts_with(text), "a plan loses bytes");
    }
    let second = merge::merge(&written, &section("one"));
    assert_eq!(second.changes, vec![], "a second run changes a plan:\n{written}");
    assert_eq!(second.edited.len(), first.edited.len(), "a section of ours is taken for a person's:\n{written}");
    let other = merge::merge(&written, &section("two"));
    let again = merge::apply(&written, &other.changes);
    let back = merge::apply(&again, &merge::merge(&again, &section("one")).changes);
    assert_eq!(back, written, "there and back is not where it was");
}

const KINDS: [FileKind; 9] = [
    FileKind::Dockerfile,
    FileKind::Compose,
    FileKind::Manifest,
    FileKind::Kustomization,
    FileKind::Chart,
    FileKind::Values,
    FileKind::Template,
    FileKind::Helpers,
    FileKind::Notes,
];

/// The stamp of an adopted file can be taken out again, and is written once.
fn adoption(text: &str) {
    let adoption = Adoption { tasks: vec!["specs/1-a/T012".into()], ..Adoption::default() };
    let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
    let labels = Stamped {
        labels: vec![pair("bowline.dev/task", "T012"), pair("bowline.dev/origin", "adopted")],
        annotations: vec![pair("bowline.dev/tasks", "specs/1-a/T012")],
    };
    // a text with a stamp in it is one that was adopted before
    let bare = if adopted::find(text).is_some() { adopt::remove(text) } else { text.to_owned() };
    if adopted::find(&bare).is_some() || bare.contains("bowline.dev") {
        return;
    }
    for kind in KINDS {
        let Some(made) = adopt::write(&bare, kind, &adoption, &labels) else { continue };
        assert_eq!(adopt::remove(&made.text), bare, "{kind:?}: the stamp does not come out:\n{}", made.text);
        assert_eq!(adopted::find(&made.text).map(|(_, a)| a).as_ref(), Some(&adoption), "{kind:?}:\n{}", made.text);
        let again = adopt::write(&made.text, kind, &adoption, &labels);
        assert_eq!(again.as_ref(), Some(&made), "{kind:?}: a second stamp");
    }
}

/// The stamp of a generated file is read as it was written, and any other byte shows.
fn stamps(text: &str) {
    // what is generated has one kind of line end; a checkout may give it the other one
    let text = &text.replace('\r', "");
    if adopted::find(text).is_some() {
        return;
    }
    let made = Stamp { tasks: vec!["todo/T001".into()], ..Stamp::default() };
    for path in ["out/a.yaml", "charts/a/templates/b.yaml", "out/a.md"] {
        let written = stamp::write(path, text, &made);
        assert!(written.ends_with(text));
        let read = stamp::read(path, written.as_bytes());
        assert_eq!(read, stamp::Reading::Intact(made.clone()), "{path}:\n{written}");
        let windows = written.replace('\n', "\r\n");
        assert_eq!(stamp::read(path, windows.as_bytes()), stamp::Reading::Intact(made.clone()), "{path}:\n{written}");
        let edited = format!("{written}x");
        assert_eq!(stamp::read(path, edited.as_bytes()), stamp::Reading::Edited(made.clone()), "{path}");
    }
}

/// Tasks are appended and read again, or nothing is.
fn derived(text: &str) {
    let workspace = Workspace::tasks(text);
    let first = workspace.read();
    if first.app.is_none() {
        return;
    }
    let derived = derive_besides(workspace.given(&first), &BTreeSet::new());
    for addition in &derived.additions {
        let (old, mut new) = workspace.apply(addition);
        new.replace_range(addition.offset..addition.offset + addition.text.len(), "");
        assert_eq!(new, old);
    }
    let second = workspace.read();
    let written = workspace.text("tasks/todo.md");
    if !derived.additions.is_empty() {
        assert!(second.graph.missing.is_empty(), "{:?} is missing still:\n{written}", second.graph.missing);
    }
    human(&second.findings, &second.sources, false);
    assert_eq!(workspace.derive(&second), vec![], "a second run adds something:\n{written}");
}
