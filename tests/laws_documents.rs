//! Laws of reading, ordering and deriving, tried on documents that nobody wrote.

#[path = "common/documents.rs"]
mod documents;

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use proptest::prelude::*;

use bowline::base::source::{FileId, Sources, Span};
use bowline::graph::derive::derive_besides;
use bowline::graph::tasks::TaskIx;
use bowline::model::ids::FeatureId;
use bowline::model::workspace::{Constitution, Layout, TaskForm};
use bowline::read::{constitution, markdown, requirements, tasks};

use documents::{Read, Workspace};

/// `BOWLINE_LAW_TIMES=100` tries a hundred times as many.
fn config(cases: u32) -> ProptestConfig {
    let times: u32 = std::env::var("BOWLINE_LAW_TIMES").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    let cases = cases.saturating_mul(times);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// Pieces of documents, put together without sense.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just("- [ ] T001 Write `a/b.yaml`".to_owned()),
        Just("- [x] **T-4.3a** [P] [US1] x (depends on T001-T009, é/T2".to_owned()),
        Just("  - **Dependencies**: T001".to_owned()),
        Just("## Phase 1: é".to_owned()),
        Just("### II. Name (optional)".to_owned()),
        Just("- **FR-001**: é".to_owned()),
        Just("```yaml bowline".to_owned()),
        Just("```".to_owned()),
        Just("<!--".to_owned()),
        Just("-->".to_owned()),
        Just("---".to_owned()),
        Just("| a | b |\n|---|---|".to_owned()),
        Just("> quoted.".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("    ".to_owned()),
        "[ -~]{0,30}",
        ".{0,20}",
    ];
    let end = prop_oneof![3 => Just("\n"), 1 => Just("\r\n"), 1 => Just(""), 1 => Just("\n\n")];
    prop::collection::vec((piece, end), 0..25)
        .prop_map(|all| all.into_iter().flat_map(|(piece, end)| [piece, end.to_owned()]).collect())
}

fn holds(sources: &Sources, file: FileId, span: Span) -> bool {
    span.file == file && sources.text(file).get(span.range()).is_some()
}

proptest! {
    #![proptest_config(config(256))]

    #[test]
    fn any_text_is_read_and_every_span_lies_in_it(text in pieces()) {
        let mut sources = Sources::default();
        let file = sources.add("f.md", text.as_str());
        let doc = markdown::parse(&text);
        prop_assert_eq!(doc.masked.len(), text.len());
        for block in &doc.blocks {
            prop_assert!(text.get(block.range.clone()).is_some() && text.get(block.head.clone()).is_some());
            if let markdown::Kind::Fence(fence) = &block.kind {
                for (i, c) in fence.content.char_indices().filter(|(_, c)| !c.is_whitespace()) {
                    let run = fence.runs[fence.runs.partition_point(|(joined, _)| *joined <= i) - 1];
                    // the reader of Markdown writes NUL as the replacement character
                    prop_assert!(text[run.1 + i - run.0..].starts_with([c, '\0']));
                }
            }
        }
        let feature = FeatureId("f".into());
        let layout = [Layout::SpecKit, Layout::Kiro, Layout::OpenSpec][text.len() % 3];
        let (found, mut unread) = tasks::read(file, &feature, &doc);
        for task in &found {
            let named = task.paths.iter().chain(&task.requirements).chain(&task.depends_on).map(|(_, span)| *span);
            for span in named.chain([task.span, task.detail, task.id_span]).chain(task.mark) {
                prop_assert!(holds(&sources, file, span), "{:?}", task);
            }
            // a task without an id is named by its position, which stands nowhere
            let written = if task.form == TaskForm::Positional { "" } else { &task.id.id };
            prop_assert_eq!(sources.slice(task.id_span), written);
            prop_assert!(task.mark.is_none_or(|mark| sources.slice(mark).len() == 1));
            for (path, span) in &task.paths {
                prop_assert_eq!(sources.slice(*span), path);
            }
        }
        let (found, more) = requirements::read(file, &feature, layout, &doc);
        unread.extend(more);
        prop_assert!(found.iter().all(|r| holds(&sources, file, r.span)));
        prop_assert!(unread.iter().all(|u| holds(&sources, file, u.span)));
        let constitution = constitution::read(&[(file, doc.clone())]).expect("a file");
        prop_assert!(constitution.asides.iter().all(|a| holds(&sources, file, a.span)));
        prop_assert_eq!(lost(&constitution, &doc), Vec::<&str>::new());
        let statements = constitution.statements;
        prop_assert!(statements.iter().all(|s| holds(&sources, file, s.span)));
        let mut ids: Vec<&String> = statements.iter().map(|s| &s.id).collect();
        ids.sort_unstable();
        ids.dedup();
        prop_assert_eq!(ids.len(), statements.len());
    }
}

/// The lines of a constitution that belong to no heading, to no statement and to no aside.
fn lost<'d>(read: &Constitution, doc: &'d markdown::Markdown) -> Vec<&'d str> {
    let headings = doc.blocks.iter().filter(|b| matches!(b.kind, markdown::Kind::Heading(_)));
    let mut spans: Vec<_> = headings.map(|b| b.range.clone()).collect();
    spans.extend(read.statements.iter().map(|s| s.span.range()));
    spans.extend(read.asides.iter().map(|a| a.span.range()));
    let mut start = 0;
    let mut lost = Vec::new();
    for line in doc.masked.split_inclusive('\n') {
        let end = start + line.len();
        if !line.trim().is_empty() && !spans.iter().any(|r| r.start < end && r.end > start) {
            lost.push(line);
        }
        start = end;
    }
    lost
}

/// A chain of services, each needing the one before.
fn workspace(services: usize, tasks: Option<&str>) -> Workspace {
    let mut spec = "# S\n\n- **FR-001**: x\n\n```yaml bowline\napp: { name: todo }\nservices:\n".to_owned();
    for n in 0..services {
        let needs = if n == 0 { String::new() } else { format!(", dependsOn: [s{}]", n - 1) };
        let _ = writeln!(spec, "  s{n}: {{ build: a, ports: [80]{needs} }}  # FR-001");
    }
    spec += "```\n";
    let workspace = Workspace::new(&[("specs/todo.md", spec.as_bytes())]);
    if let Some(tasks) = tasks {
        workspace.write("tasks/todo.md", tasks.as_bytes());
    }
    workspace
}

fn says(read: &Read, codes: &[&str]) -> bool {
    read.findings.iter().any(|d| codes.contains(&d.code))
}

proptest! {
    #![proptest_config(config(48))]

    #[test]
    fn deriving_only_appends_and_is_done_at_once(
        services in 1_usize..4,
        form in prop_oneof![Just("- [ ] T{:03}"), Just("* [x] **T{:03}**"), Just("- [ ] T-2.{}"), Just("- [ ] 3.1.{}")],
        owned in prop::collection::vec(any::<bool>(), 9),
        heading in prop_oneof![Just(""), Just("## Phase 4: A\n\n"), Just("### Work\n\n")],
        end in prop_oneof![Just(""), Just("\n"), Just("\n\n## Notes\n\nMore prose.\n"), Just("\r\n")],
        there in any::<bool>(),
    ) {
        let mut text = format!("# Tasks\n\n{heading}");
        for (n, _) in owned.iter().enumerate().filter(|(_, o)| **o) {
            let kind = ["configmap", "deployment"][n % 2];
            let (open, close) = form.split_once('{').expect("a place");
            let close = close.split_once('}').expect("a place").1;
            let width = if form.contains(":03") { 3 } else { 1 };
            let path = format!("charts/todo/templates/s{}-{kind}.yaml", n / 2);
            let _ = writeln!(text, "{open}{:0width$}{close} Write {path}", n + 1);
        }
        let text = format!("{}{end}", text.trim_end());
        let workspace = workspace(services, there.then_some(text.as_str()));
        let first = workspace.read();
        prop_assert!(!first.graph.missing.is_empty());
        let additions = workspace.derive(&first);
        let refused = derive_besides(workspace.given(&first), &BTreeSet::new()).refused;
        prop_assert_eq!(additions.len(), 1, "{:?}\n{}", refused, text);
        let old: Vec<_> = first.graph.tasks.iter().map(|t| t.id().clone()).collect();
        for addition in &additions {
            let (before, after) = workspace.apply(addition);
            prop_assert!(after.starts_with(&before), "{}", after);
            prop_assert!(addition.tasks.iter().all(|t| !old.contains(t)), "{:?} {:?}", old, addition.tasks);
            prop_assert_eq!(before.contains("\r\n"), addition.text.contains("\r\n"));
        }
        let second = workspace.read();
        prop_assert_eq!(&second.graph.missing, &vec![]);
        prop_assert!(!says(&second, &["task-duplicate", "artifact-claimed-twice", "task-unknown", "task-cycle"]));
        prop_assert_eq!(second.graph.tasks.len(), old.len() + additions[0].tasks.len());
        prop_assert_eq!(workspace.derive(&second), vec![]);
    }

    #[test]
    fn the_order_respects_every_edge_that_holds(
        count in 1_usize..25,
        waits in prop::collection::vec((0_usize..25, 0_usize..25), 0..40),
        phases in prop::collection::vec(any::<bool>(), 25),
    ) {
        let mut text = String::new();
        for (n, phase) in phases.iter().enumerate().take(count) {
            if *phase {
                let _ = write!(text, "\n## Phase {n}\n\n");
            }
            let on: Vec<String> =
                waits.iter().filter(|(a, b)| *a == n && *b < count).map(|(_, b)| format!("T{b:03}")).collect();
            let depends = if on.is_empty() { String::new() } else { format!(" (depends on {})", on.join(", ")) };
            let what = ["Write out/todo/local/todo-namespace.yaml", "Write charts/todo/templates/s0-deployment.yaml"];
            let _ = writeln!(text, "- [ ] T{n:03} {}{depends}", what.get(n).unwrap_or(&"Think"));
        }
        let read = workspace(1, Some(&text)).read();
        let graph = &read.graph;
        let place: BTreeMap<TaskIx, usize> = graph.order.iter().enumerate().map(|(i, t)| (*t, i)).collect();
        prop_assert_eq!(place.len(), count);
        if !says(&read, &["task-cycle"]) {
            for edge in &graph.edges {
                prop_assert!(place[&edge.from] < place[&edge.to], "{:?}", edge);
            }
            prop_assert!(graph.yielded.iter().all(|e| !e.hard));
        }
        let declared = waits.iter().filter(|(a, b)| *a < count && *b < count).count();
        prop_assert!(declared == 0 || graph.edges.iter().any(|e| e.hard));
    }
}
