//! Statements about order, in every form that people write them in.

use crate::base::source::Sources;
use crate::model::ids::FeatureId;
use crate::read::{markdown, tasks};

/// Four phases, two stories, a story with tests and implementation of its own.
const FILE: &str = "\
# Tasks: shop

## Phase 1: Setup (shared)

- [ ] T001 Make the folders
- [ ] T002 Make the settings

## Phase 2: Foundational (blocking)

- [ ] T003 Write the schema
- [ ] T004 Write the login

## Phase 3: User Story 1 - Basket (Priority: P1)

### Tests for User Story 1

- [ ] T005 [US1] Test the basket

### Implementation for User Story 1

- [ ] T006 [US1] Build the basket

## Phase 4: User Story 2 - Order (Priority: P2)

- [ ] T007 [US2] Build the order page
- [ ] T008 [US2] Build the receipt

## Phase 5: Polish

- [ ] T009 Measure it

";

/// `before > after` of each statement, `group` ones marked, then the reasons of what was not read.
fn read(text: &str) -> (Vec<String>, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("tasks.md", text);
    let doc = markdown::parse(text);
    let (tasks, _) = tasks::read(file, &FeatureId("f".into()), &doc);
    let (statements, unread) = super::read(file, &doc, &tasks);
    let shown = |ids: &[String]| ids.iter().map(|i| i.trim_start_matches("T00")).collect::<Vec<_>>().join(",");
    let statements = statements.iter().map(|s| {
        assert!(!sources.slice(s.span).is_empty());
        format!("{}>{}{}", shown(&s.before), shown(&s.after), if s.about_groups { " g" } else { "" })
    });
    (statements.collect(), unread.into_iter().map(|u| format!("{}: {}", sources.slice(u.span), u.reason)).collect())
}

/// What one section for dependencies says.
fn says(section: &str) -> (Vec<String>, Vec<String>) {
    read(&format!("{FILE}## Dependencies & Execution Order\n\n{section}\n"))
}

#[track_caller]
fn edges(section: &str, wanted: &[&str]) {
    let (found, unread) = says(section);
    assert_eq!(found, wanted, "{section}");
    assert!(unread.is_empty(), "{section}: {unread:?}");
}

#[test]
fn phases_in_prose() {
    edges("- **Setup (Phase 1)**: No dependencies - can start at once", &[]);
    edges(
        "- **Foundational (Phase 2)**: Depends on Setup completion - BLOCKS all user stories",
        &["1,2>3,4 g", "3,4>5,6,7,8 g"],
    );
    edges("- **User Stories (Phase 3+)**: All depend on Foundational phase completion", &["3,4>5,6,7,8 g"]);
    edges("- **Polish (Final Phase)**: Depends on all desired user stories being complete", &["5,6,7,8>9 g"]);
    edges("- **Phases 3-4**: need Phase 2", &["3,4>5,6,7,8 g"]);
    edges("- Polish depends on all previous phases", &["1,2,3,4,5,6,7,8>9 g"]);
    edges("- Setup and Foundational must be finished before Phase 5", &["1,2,3,4>9 g"]);
    edges("Phase 4 waits for the previous phase.", &["5,6>7,8 g"]);
    edges("Once Foundational completes, all user stories can start in parallel", &["3,4>5,6,7,8 g"]);
    edges("- Phase 5 must not start before Phase 4", &["7,8>9 g"]);
    edges("- Phase 4: Depends on Phase 2, can run in parallel with Phase 3", &["3,4>7,8 g"]);
}

#[test]
fn a_phase_that_speaks_of_itself() {
    let text = FILE
        .replace("- [ ] T003", "**CRITICAL**: No user story work can begin until this phase is complete\n\n- [ ] T003");
    assert_eq!(read(&text).0, ["3,4>5,6,7,8 g"]);
    let text = FILE.replace("- [ ] T009", "**Prerequisites**: Phase 3 and Phase 4\n\n- [ ] T009");
    assert_eq!(read(&text).0, ["5,6,7,8>9 g"]);
}

#[test]
fn stories_in_prose() {
    edges(
        "- **User Story 2 (P2)**: Can start after Foundational (Phase 2) - No dependencies on other stories",
        &["3,4>7,8 g"],
    );
    edges("- US2 depends on US1", &["5,6>7,8 g"]);
    edges("- **US2**: Requires the basket of US1", &["5,6>7,8 g"]);
    edges("- US2 may integrate with US1 but should be independently testable", &[]);
    edges("- **US2**: May build on US1, but does not depend on it", &[]);
    edges("- US1 and US2 can run in parallel after Phase 2", &["3,4>5,6,7,8 g"]);
    edges("- US2 can start in parallel with US1 (independent)", &[]);
    edges("- User Story 1 is the foundation for all other stories", &["5,6>7,8 g"]);
    edges("1. User Story 1 (P1) - Basket - Must be completed first", &["5,6>7,8 g"]);
    edges("- **US2**: Independent of Setup, but both US1 and US2 must complete before Polish", &["5,6,7,8>9 g"]);
}

#[test]
fn tasks_in_prose() {
    edges("- T003 blocks T004, T009", &["3>4,9"]);
    edges("- T004 depends on T002 and T003", &["2,3>4"]);
    edges("- Tests (T001-T003) before implementation (T004-T006)", &["1,2,3>4,5,6"]);
    edges("- T005 is blocked by T003 – T004", &["3,4>5"]);
    edges("- T009 requires T001 through T003, T007/8", &["1,2,3,7,8>9"]);
    edges("- T009 depends on Phase 3", &["5,6>9 g"]);
    edges("T004, T005 and T006 can run in parallel", &[]);
}

#[test]
fn arrows() {
    edges("- US1 → US2 → Polish", &["5,6>7,8 g", "7,8>9 g"]);
    edges("**Critical Path**: T001 -> T003 -> T009", &["1>3", "3>9"]);
    edges("`T001 => T002`", &["1>2"]);
    edges("T001 (folders) || T002 (settings) → T003, T004", &["1,2>3,4"]);
    edges("T002 ← T001", &["1>2"]);
    edges("- Phase 3 → Phase 4", &["5,6>7,8 g"]);
    edges("T001 → T002\nT003 → T004", &["1>2", "3>4"]);
    edges("- Or one after another in order of priority (P1 → P2)", &[]);
    assert_eq!(read(&format!("{FILE}## Notes\n\n- Pick → pack → send\n- Then T001 → T002\n")).0, ["1>2"]);
}

#[test]
fn tables() {
    let head = "| Story | Depends on | Can run beside |\n|---|---|---|\n";
    edges(
        &format!(
            "{head}| US1 (Basket) | Foundational | US2 |\n| US2 | Phase 2 complete, US1 | None |\n| Polish | - | |"
        ),
        &["3,4>5,6 g", "3,4,5,6>7,8 g"],
    );
    edges("| Task | Blocks |\n|---|---|\n| T001-T002 | T003 |\n| T004 | none |", &["1,2>3"]);
}

#[test]
fn groups_in_headings() {
    let text = "# T\n\n## 1. Base\n\n### Task 1.1: Folders\n- [ ] T001 a\n- [ ] T002 b\n\n### Task 1.2: Keys\n- [ ] T003 c\n\n\
                ## 2. Pages\n- [ ] T004 d\n\n## Dependencies\n\n";
    let says = |line: &str| read(&format!("{text}{line}\n")).0;
    assert_eq!(says("- Task 1.1 (Folders) must be completed before Task 1.2 (Keys)"), ["1,2>3 g"]);
    assert_eq!(says("- Task 1.1 must be completed before all other tasks"), ["1,2>3,4 g"]);
    assert_eq!(says("- Section 2 depends on group 1"), ["1,2,3>4 g"]);
}

#[test]
fn within_each_story() {
    edges("- Tests must be written and fail before implementation", &["5>6 g"]);
}

#[test]
fn what_is_not_understood_is_listed() {
    let (found, unread) = says("- US2 depends on the weather\n- T001 blocks T077\n");
    assert!(found.is_empty());
    assert_eq!(
        unread,
        [
            "US2 depends on the weather: `the weather` names no task, phase or story of this file",
            "T001 blocks T077: there is no task `T077` in this file",
        ]
    );
    let (_, unread) = says("- Models before views\n- Views before pages\n- Pages before praise\n");
    assert_eq!(unread, ["Models before views: this and 2 more lines of this section name no task, phase or story"]);
    let (_, unread) = says("- Frontend tasks in Phase 3 depend on T001");
    assert_eq!(unread.len(), 1, "{unread:?}");
    // a section of that name in that phase
    let parts = FILE.replace("### Implementation for User Story 1", "### Frontend Tasks");
    let (found, unread) =
        read(&format!("{parts}## Dependencies\n\n- Frontend tasks in Phase 3 can start once T001-T002 are done\n"));
    assert_eq!((found, unread.len()), (vec!["1,2>6 g".to_owned()], 0));
    // the same words elsewhere are prose
    assert!(read(&format!("{FILE}## Notes\n\n- US2 depends on the weather\n")).1.is_empty());
}

#[test]
fn of_parallel_work_only_what_names_tasks_is_listed() {
    let says = |line: &str| read(&format!("{FILE}## Parallel Opportunities\n\n{line}\n"));
    for line in [
        "- T004, T005 and T006 can run in parallel",
        "- T002 can be done without T001 and needs nothing",
        "- Polish work needs a second person",
        "- All tests depend on the schema",
        "- A099 depends on the schema",
    ] {
        assert_eq!(says(line), (vec![], vec![]), "{line}");
    }
    // what was read is not listed, even where a part of it was not
    assert_eq!(says("- T004 needs T002; T005 waits for the printer"), (vec!["2>4".to_owned()], vec![]));
    for (line, unread) in [
        (
            "- T005 runs alone (T006 depends on the printer)",
            "T005 runs alone (T006 depends on the printer): `the printer)` names no task, phase or story of this file",
        ),
        ("- Once T003 completes", "Once T003 completes: it does not say what comes after"),
    ] {
        assert_eq!(says(line), (vec![], vec![unread.to_owned()]), "{line}");
    }
}

#[test]
fn lines_with_arrows_between_them() {
    let block = |lines: &str| format!("```text\n{lines}\n```");
    edges(&block("  Phase 1 (Setup)\n     │\n     ▼\n  Phase 2"), &["1,2>3,4 g"]);
    edges(&block("T001 (folders)\n  ↓\nT002, T003 (both, like T009) [SIDE BY SIDE]\n  ↓\nT004"), &["1>2,3", "2,3>4"]);
    edges(&block("T001-T002 (a) [Phase 4] → T003\n  ↓\nT004: as T009 → T005 and T006"), &["1,2>3", "3>4", "4>5,6"]);
    edges(&block("Step 1: T001 & T002\n|\nv\nSetup (T003-T004)\n⬇️\nUS2"), &["1,2>3,4", "3,4>7,8 g"]);
    edges(&block("Base:\nT001 -> T002\nT003 -> T004 -> T009"), &["1>2", "3>4", "4>9"]);
    // the place in the file, behind a quote mark
    let quoted = says("> ```\n> T001\n> ↓\n> T002\n> ```");
    assert_eq!((quoted.0, quoted.1.len()), (vec!["1>2".to_owned()], 0));
    for unclear in [
        "T001\n↓\nT002\nT003\n↓\nT004",
        "T001\n│\nT002",
        "T001\n→ T002\n→ T003",
        "↓\nT001\n↓\nT002",
        "T001\n↓",
        "T001\n↓\nthe launch",
        "T001\n↓   ↓\nT002   T003",
        "T001 or T002 → T003",
    ] {
        let (found, unread) = says(&block(unclear));
        assert_eq!((found.len(), unread.len()), (0, 1), "{unclear}: {found:?} {unread:?}");
    }
}

#[test]
fn a_drawing_that_branches_is_named_and_not_read() {
    let (found, unread) = says("```text\n  Phase 1 (Setup)\n     ├──► Phase 2\n     └──► Phase 3\n```");
    assert!(found.is_empty());
    assert_eq!(unread.len(), 1);
    let named = "Phase 1 (Setup): a drawing that branches is not read; `bowline graph";
    assert!(unread[0].starts_with(named), "{unread:?}");
    assert!(says("```bash\nkubectl apply -f .\n```").1.is_empty());
}

#[test]
fn a_task_that_waits_for_a_group() {
    let text = FILE.replace("T009 Measure it", "T009 Measure it (depends on all previous tasks)");
    assert_eq!(read(&text).0, ["1,2,3,4,5,6,7,8>9"]);
    let text = FILE
        .replace("T007 [US2] Build the order page", "T007 [US2] Build the page\n  - **Dependencies**: Phase 3, T001");
    assert_eq!(read(&text).0, ["5,6>7"]);
}

#[test]
fn a_heading_speaks_for_the_tasks_below_it() {
    let heading = |title: &str| read(&FILE.replace("### Implementation for User Story 1", title)).0;
    assert_eq!(heading("### Basket pages (depends on T003-T004)"), ["3,4>6 g"]);
    assert_eq!(heading("### Basket pages (after Phase 1, independent of Phase 2)"), ["1,2>6 g"]);
    assert_eq!(heading("### Basket pages (depends on all above)"), ["1,2,3,4,5>6 g"]);
    assert_eq!(heading("### Basket pages (does not depend on T003)"), [""; 0]);
    assert_eq!(heading("### Basket pages (depends on the weather)"), [""; 0]);
    assert_eq!(heading("### Basket pages, before T009"), [""; 0]);
    // nothing stands below it
    assert!(read(&FILE.replace("## Phase 5: Polish", "### After T001\n\n## Phase 5: Polish")).0.is_empty());
}

#[test]
fn what_brackets_deny() {
    edges("- Phase 5 can start after Phase 2 (does not need Phase 3 to be complete)", &["3,4>9 g"]);
    edges("- US2 depends on Phase 2 (not on US1)", &["3,4>7,8 g"]);
    edges("- US2 depends on Foundational (Phase 2)", &["3,4>7,8 g"]);
}

#[test]
fn reading_is_linear_in_what_is_said() {
    let mut text = String::from("## Phase 1: A\n\n");
    for n in 0..3000 {
        text += &format!("- [ ] T{n:04} x\n");
    }
    text += "\n## Phase 2: B\n\n- [ ] T9000 y\n\n## Dependencies\n\n";
    for n in 0..3000 {
        text += &format!("- T{n:04} depends on all other tasks\n");
    }
    let (found, unread) = read(&text);
    assert!(found.len() < 200 && !found.is_empty());
    assert_eq!(unread.len(), 1);
    assert!(unread[0].ends_with("from here on it is not read"), "{unread:?}");
}

#[test]
fn comments_above_the_tasks_of_an_example() {
    let block = |lines: &str| format!("## Parallel Example\n\n```text\n{lines}\n```");
    edges(
        &block(
            "# Ann\nTask: T001 \"a\"\n\n# Ben (can start once T001, T002 are done)\nTask: T005 \"b\"\nTask: T006-T007 \"c\"",
        ),
        &["1,2>5", "1,2>6,7"],
    );
    edges(&block("# Ann, after lunch\nTask: T003 \"after T001\""), &[]);
    edges(&block("# Ann (after T001)\n\nTask: T003"), &[]);
    edges(&block("# Run after T001\ncargo test T003"), &[]);
}
