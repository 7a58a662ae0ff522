//! Laws of writing into a person's documents, tried on documents of every form, and on texts that are none.

#[path = "common/documents.rs"]
mod documents;

use std::collections::BTreeSet;
use std::fmt::Write as _;

use proptest::prelude::*;

use bowline::base::source::Sources;
use bowline::face::plan::merge::{self, Kept, Section};
use bowline::graph::derive::derive_besides;
use bowline::model::ids::FeatureId;
use bowline::model::workspace::TaskKind;
use bowline::read::{markdown, tasks};

use documents::{SPEC, Workspace};

/// `BOWLINE_LAW_TIMES=100` tries a hundred times as many.
fn config(cases: u32) -> ProptestConfig {
    let times: u32 = std::env::var("BOWLINE_LAW_TIMES").ok().and_then(|t| t.parse().ok()).unwrap_or(1);
    let cases = cases.saturating_mul(times);
    ProptestConfig { cases, failure_persistence: None, ..ProptestConfig::default() }
}

/// The files of the app, three of which a document may own.
const FILES: [&str; 3] = [
    "out/todo/local/todo-namespace.yaml",
    "charts/todo/templates/api-configmap.yaml",
    "charts/todo/templates/api-deployment.yaml",
];

/// A tasks file of one form, with some of the app's files in it.
fn document(form: usize, owned: &[bool], headed: bool, ticked: &[bool]) -> String {
    let mut text = String::new();
    let row = form == 7;
    if headed {
        text += "# Tasks\n\n## Phase 3: Work\n\n";
    }
    if row {
        text += "| # | Task | Priority | Dependencies | Status |\n|---|---|---|---|---|\n";
    }
    let mut n = 0;
    for (index, file) in FILES.iter().enumerate() {
        if !owned[index] {
            continue;
        }
        n += 1;
        let x = if ticked[index] { "X" } else { " " };
        let _ = match form {
            0 => writeln!(text, "- [{x}] T{n:03} [P] [US1] Write {file}"),
            1 => writeln!(text, "* [{x}] **T{n:04}**: Write `{file}`"),
            2 => writeln!(text, "+ [{x}] T-4.{n} Write {file}"),
            3 => writeln!(text, "- [{x}] **4.1.{n} Write {file}**"),
            4 => writeln!(text, "- [{x}] 2.{n} Write {file}"),
            5 => writeln!(text, "### Task 4.{n}: Write it\n\n**File**: `{file}`\n\n**Dependencies**: None\n"),
            6 => writeln!(text, "### T{n:03} [P1] [US1] Write {file}\n\nWords.\n"),
            7 => writeln!(text, "| {n} | Write {file} | P0 | - | [{x}] |"),
            8 => writeln!(text, "- [{x}] {n}. Write {file}\n  - _Requirements: 1.1_"),
            9 => writeln!(text, "- [{x}] Write {file}"),
            _ => writeln!(text, "- [{x}] T{n:03} Write {file}\n  - **Dependencies**: None"),
        };
    }
    text
}

/// What stands below the tasks.
fn below() -> impl Strategy<Value = String> {
    prop_oneof![
        Just(String::new()),
        Just("\n## Notes\n\nT090 was dropped. More prose".to_owned()),
        Just("\n## Dependencies & Execution Order\n\n- Setup first\n".to_owned()),
        Just("\n> - [ ] T050 quoted\n".to_owned()),
        Just("\n| a | b |\n|---|---|\n| 1 | 2 |\n".to_owned()),
        Just("\n<div>\nno end\n".to_owned()),
        Just("\n<pre>\nno end\n\n".to_owned()),
        Just("\n<!-- T070 -->\n".to_owned()),
        Just("\n```\n- [ ] T060 example\n```\n".to_owned()),
        Just("\n    - [ ] code\n   \n".to_owned()),
        "\\PC{0,40}",
    ]
}

proptest! {
    #![proptest_config(config(192))]

    /// Take what was inserted out, and the old bytes are there; read again, and nothing is missing.
    #[test]
    fn deriving_inserts_and_touches_nothing(
        form in 0_usize..11,
        owned in prop::collection::vec(any::<bool>(), 3),
        ticked in prop::collection::vec(any::<bool>(), 3),
        headed in any::<bool>(),
        below in below(),
        crlf in any::<bool>(),
        mark in any::<bool>(),
        cut in any::<bool>(),
    ) {
        let mut text = document(form, &owned, headed, &ticked) + &below;
        if cut {
            text.truncate(text.trim_end().len());
        }
        if crlf {
            text = text.replace("\r\n", "\n").replace('\n', "\r\n");
        }
        if mark {
            text.insert(0, '\u{feff}');
        }
        let workspace = Workspace::tasks(&text);
        let first = workspace.read();
        let before: BTreeSet<String> = first.graph.tasks.iter().map(|t| t.id().to_string()).collect();
        let derived = derive_besides(workspace.given(&first), &BTreeSet::new());
        for addition in &derived.additions {
            let (old, mut new) = workspace.apply(addition);
            new.replace_range(addition.offset..addition.offset + addition.text.len(), "");
            prop_assert_eq!(&new, &old);
            for id in addition.tasks.iter().filter(|t| !t.id.is_empty()) {
                prop_assert!(!before.contains(&id.to_string()), "{} is given twice:\n{}", id, text);
                let mentioned = text.split(|c: char| !(c.is_alphanumeric() || matches!(c, '.' | '-'))).any(|w| w == id.id);
                prop_assert!(!mentioned || !id.id.starts_with('T'), "{} is mentioned:\n{}", id, text);
            }
            if crlf && text.contains("\r\n") {
                prop_assert!(!addition.text.replace("\r\n", "").contains('\n'), "{:?}", addition.text);
            }
        }
        let written = workspace.text("tasks/todo.md");
        let second = workspace.read();
        if derived.refused.is_empty() && markdown::parse(&text).unclosed.is_empty() {
            prop_assert!(second.graph.missing.is_empty(), "{:?}\n{}", second.graph.missing, written);
            for code in ["task-duplicate", "task-unknown", "artifact-claimed-twice", "task-cycle"] {
                let had = first.findings.iter().any(|d| d.code == code);
                prop_assert!(had || second.findings.iter().all(|d| d.code != code), "{}\n{}", second.shown(), written);
            }
        } else {
            prop_assert!(derived.additions.is_empty(), "{}", written);
        }
        prop_assert_eq!(workspace.derive(&second), vec![], "a second run:\n{}", written);
    }

    /// Any text at all: what is appended is read, or nothing is.
    #[test]
    fn any_text_keeps_its_bytes(text in "(\\PC|[ \n\t*#`|<>x-]|\r\n|- \\[ \\] T00[1-9] |## |```\n|<!--|<pre>){0,60}") {
        let workspace = Workspace::tasks(&text);
        let first = workspace.read();
        let derived = derive_besides(workspace.given(&first), &BTreeSet::new());
        for addition in &derived.additions {
            let (old, new) = workspace.apply(addition);
            prop_assert!(new.starts_with(&old));
        }
        let second = workspace.read();
        if !derived.additions.is_empty() {
            prop_assert!(second.graph.missing.is_empty(), "{}", workspace.text("tasks/todo.md"));
        }
        prop_assert_eq!(workspace.derive(&second), vec![]);
    }

    /// Sections of a plan: the old bytes stay, a second time nothing changes, and other content changes the section alone.
    #[test]
    fn a_plan_keeps_its_bytes(
        text in "(\\PC|[ \n*#`|-]|\r\n|## |## Check|## Check \\(bowline\\)\n|```\n|<!--){0,60}",
        one in "[a-z|\n]{0,30}",
        two in "[a-z|\n]{0,30}",
    ) {
        let section = |body: &str| {
            let body = format!("{}\n", body.trim());
            [Section { title: "Check".into(), body, kind: Kept::Always, alike: &[] }]
        };
        let first = merge::merge(&text, &section(&one));
        let written = merge::apply(&text, &first.changes);
        let inserted: usize = first.changes.iter().map(|c| c.text.len()).sum();
        prop_assert_eq!(written.len(), text.len() + inserted);
        prop_assert!(written.starts_with(&text));
        prop_assert_eq!(merge::merge(&written, &section(&one)).changes, vec![]);
        if let [only] = &first.changes[..] {
            let changed = merge::merge(&written, &section(&two));
            prop_assert_eq!(&changed.edited, &first.edited);
            let again = merge::apply(&written, &changed.changes);
            prop_assert!(again.starts_with(&text), "{}", again);
            prop_assert_eq!(changed.changes.len(), usize::from(section(&one)[0].body != section(&two)[0].body));
            prop_assert!(!only.again && changed.changes.iter().all(|c| c.again));
        }
    }

    /// A tick is one byte, and says nothing but that the task is done.
    #[test]
    fn a_tick_is_one_byte(
        form in 0_usize..11,
        owned in prop::collection::vec(any::<bool>(), 3),
        ticked in prop::collection::vec(any::<bool>(), 3),
        headed in any::<bool>(),
        below in below(),
    ) {
        let text = document(form, &owned, headed, &ticked) + &below;
        let read = |text: &str| {
            let file = Sources::default().add("tasks/todo.md", text);
            tasks::read(file, &FeatureId("todo".into()), &markdown::parse(text)).0
        };
        let before = read(&text);
        for (index, task) in before.iter().enumerate() {
            let Some(mark) = task.mark else { continue };
            prop_assert!(matches!(&text[mark.range()], " " | "x" | "X" | "-" | "~"));
            let mut after = text.clone();
            after.replace_range(mark.range(), "x");
            prop_assert_eq!(after.len(), text.len());
            let again = read(&after);
            prop_assert_eq!(again.len(), before.len());
            prop_assert!(again[index].done && again[index].kind == task.kind && again[index].title == task.title);
            for (other, old) in again.iter().zip(&before).filter(|(t, _)| t.id != task.id) {
                prop_assert_eq!(other, old);
            }
        }
    }
}

#[test]
fn the_forms_are_read_as_tasks_that_own_their_files() {
    // the laws above would hold of a reader that reads nothing
    for form in 0..11 {
        let workspace = Workspace::tasks(&document(form, &[true; 3], true, &[false, true, true]));
        let read = workspace.read();
        let makes = read.graph.tasks.iter().filter(|t| t.task.kind == TaskKind::Produces).count();
        assert_eq!((makes, read.graph.missing.len()), (3, 0), "form {form}: {:?}", read.graph.missing);
        assert!(SPEC.contains("FR-001"));
    }
}

#[test]
fn what_would_not_be_read_is_not_written() {
    let workspace = Workspace::tasks("- [ ] T001 Think\n\n<pre>\nan example that never ends\n");
    let read = workspace.read();
    let derived = derive_besides(workspace.given(&read), &BTreeSet::new());
    assert_eq!(derived.additions, []);
    let shown = bowline::check::report::human(&derived.refused, &read.sources, false);
    assert_eq!(
        shown.trim(),
        "error[tasks-unwritable]: 5 tasks cannot be appended to `tasks/todo.md`: there they would not be read
 --> tasks/todo.md:4:1
  |
4 | an example that never ends
  | ^^^^^^^^^^^^^^^^^^^^^^^^^^ the file ends here
   something above swallows what follows, such as an HTML block or a list that never ends
   fix: end the file with a heading of its own, such as `## Phase 9: Delivery`, and run `bowline tasks` again"
    );
}
