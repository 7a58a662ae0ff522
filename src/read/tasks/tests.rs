//! The forms of tasks, one by one.

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
    assert_eq!((task.phase, &*task.phase_title), (1, "Phase 2: Backend"));
    assert_eq!(task.kind, TaskKind::Produces);
}

#[test]
fn dialects() {
    let (tasks, unread) = tasks(
        "- [P] tasks = different files\n- [X] **T001** [US2] [P] One\n- [x] T401 (Validation): Two\n\
         - [-] T-4.3a [Foundation] [P] Three\n- [ ] 4.1.1 is not one here\n- [ ] t012 nor this\n- [ ] read me\n",
    );
    let seen: Vec<_> = tasks.iter().map(|t| (t.id.id.as_str(), t.title.as_str(), t.parallel, t.done)).collect();
    assert_eq!(seen, [("T001", "One", true, true), ("T401", "Two", false, true), ("T-4.3a", "Three", true, false)]);
    assert_eq!(unread, ["4.1.1 is not one here", "t012 nor this", "read me"]);
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

/// Ranges grow with the square of the file: together they stand for so many ids, and what is more is said.
#[test]
fn ranges_that_stand_for_too_many_are_listed() {
    let line = |n: usize| format!("- [ ] T{n:04} x (depends on all previous tasks)\n");
    let (found, unread) = tasks(&(0..800).map(line).collect::<String>());
    assert_eq!(found[700].depends_on.len(), 700);
    assert!(found[799].depends_on.is_empty());
    let complete = found.iter().enumerate().take_while(|(n, task)| task.depends_on.len() == *n).count();
    assert_eq!(unread.len(), 800 - complete);
    assert!(unread.iter().all(|u| u == "all previous tasks"), "{unread:?}");
}

#[test]
fn files_that_a_table_gives_to_several_tasks() {
    let (tasks, _) = tasks(
        "## Phase 1\n- [ ] T001 Write `app/mail.py`\n- [ ] T002 Add the draft to it\n- [ ] T003 Add the reply to it\n\
         - [ ] T004 Write the letter\n- [ ] T005 Add the stamp in `app/mail.py`\n\n\
         ## Files\n\n| Task | File path |\n|---|---|\n| T001 | `app/mail.py` |\n| T002-T003 | `app/mail.py` |\n\
         | T004 | `app/letter.py` (reads T001) |\n",
    );
    let seen: Vec<_> = tasks.iter().map(|t| (ids(&t.paths).join(" "), t.kind)).collect();
    let wanted = [
        ("app/mail.py", TaskKind::Produces),
        ("app/mail.py", TaskKind::Edits),
        ("app/mail.py", TaskKind::Edits),
        ("app/letter.py", TaskKind::Produces),
        ("app/mail.py", TaskKind::Edits),
    ];
    assert_eq!(seen, wanted.map(|(path, kind)| (path.to_owned(), kind)));
}
