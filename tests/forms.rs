//! `bowline tasks` in files of every form: what is appended looks as if the one who wrote the file had gone on.

mod common;

use common::{SPEC, Space};

/// What is appended to a tasks file, read again: nothing is missing, nothing is wrong, and a second run adds nothing.
#[track_caller]
fn appended(before: &str) -> String {
    let space = Space::empty();
    space.write("specs/small.md", SPEC);
    space.write("tasks/small.md", before);
    space.run(&["tasks"]).exits(0).says(&["nothing else was touched"]);
    let after = space.read("tasks/small.md");
    let added = after.strip_prefix(before).unwrap_or_else(|| panic!("their bytes first:\n{after}"));
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
    space.run(&["check"]).exits(0).never_says(&["task-missing"]);
    let status = space.run(&["status", "--offline"]).exits(0);
    assert!(!status.out.contains("no task"), "{}", status.out);
    added.to_owned()
}

/// The first lines and the last one.
#[track_caller]
fn assert_begins(added: &str, first: &str, last: &str) {
    assert!(added.starts_with(first), "\n--- got\n{added}\n--- wanted\n{first}");
    assert_eq!(added.lines().last(), Some(last), "{added}");
}

const NAMESPACE: &str = "out/small/local/small-namespace.yaml";

#[test]
fn boxes_with_phases_labels_and_ticks() {
    assert_begins(
        &appended(&format!(
            "# Tasks\n\n## Phase 1: Setup\n\n- [X] T001 [P] Create {NAMESPACE}\n\n## Phase 2: User Story 1\n\n\
             - [ ] T002 [US1] Write charts/small/templates/web-service.yaml\n\n## Dependencies\n\n- T007 was dropped.\n"
        )),
        "\n## Phase 3: Namespace and chart of small\n\n\
         - [ ] T008 [P] Write Chart.yaml of the small chart in charts/small/Chart.yaml\n\
         - [ ] T009 Write the notes of the small chart in charts/small/templates/NOTES.txt (depends on T008)\n\
         - [ ] T010 [P] Write compose.yaml for small in out/small/compose.yaml\n\
         - [ ] T011 Write the helpers of the small chart in charts/small/templates/_helpers.tpl (depends on T008)\n\
         - [ ] T012 [P] Write the kustomization of each environment of small in out/small/local/kustomization.yaml (depends on T001)\n",
        "- [ ] T026 [US1] Apply web and wait until it is ready (depends on T024)",
    );
}

#[test]
fn bold_ids_dotted_ids_and_four_digits() {
    assert_begins(
        &appended(&format!("# Tasks\r\n\r\n* [x] **T-4.9b** Write {NAMESPACE}\r\n* [ ] **T-4.10** Think")),
        "\r\n* [ ] **T-5.1** Write Chart.yaml of the small chart in charts/small/Chart.yaml\r\n\
         * [ ] **T-5.2** Write the notes of the small chart in charts/small/templates/NOTES.txt (depends on T-5.1)\r\n",
        "* [ ] **T-6.7** Apply web and wait until it is ready (depends on T-6.5)",
    );
    assert_begins(
        &appended(&format!("\u{feff}## Work\n\n- [ ] T1207: Write {NAMESPACE}\n")),
        "\n## Namespace and chart of small\n\n- [ ] T1208: Write Chart.yaml of the small chart in charts/small/Chart.yaml\n",
        "- [ ] T1227: Apply web and wait until it is ready (depends on T1225)",
    );
    assert_begins(
        &appended(&format!("## Phase 4.1: A\n\n- [x] **4.1.1 Write {NAMESPACE}**\n")),
        "\n## Phase 4.2: Namespace and chart of small\n\n\
         - [ ] **4.2.1 Write Chart.yaml of the small chart in charts/small/Chart.yaml**\n\
         - [ ] **4.2.2 Write the notes of the small chart in charts/small/templates/NOTES.txt (depends on 4.2.1)**\n",
        "- [ ] **4.3.7 Apply web and wait until it is ready (depends on 4.3.5)**",
    );
}

#[test]
fn groups_with_numbers() {
    assert_begins(
        &appended(&format!("## 1. Setup\n\n- [x] 1.1 Write {NAMESPACE}\n- [ ] 1.2 Think\n")),
        "\n## 2. Namespace and chart of small\n\n\
         - [ ] 2.1 Write Chart.yaml of the small chart in charts/small/Chart.yaml\n\
         - [ ] 2.2 Write the notes of the small chart in charts/small/templates/NOTES.txt (depends on 2.1)\n",
        "- [ ] 3.7 Apply web and wait until it is ready (depends on 3.5)",
    );
}

#[test]
fn boxes_in_boxes() {
    let before = format!(
        "# Implementation Plan\n\n- [x] 1. Set up\n  - [x] 1.1 Write {NAMESPACE}\n    - _Requirements: 1.1_\n\n\
         - [ ] 2. Think\n"
    );
    let added = appended(&before);
    assert_begins(
        &added,
        "- [ ] 3. Namespace and chart of small\n\
         \x20 - [ ] 3.1 Write Chart.yaml of the small chart in charts/small/Chart.yaml\n\
         \x20 - [ ] 3.2 Write the notes of the small chart in charts/small/templates/NOTES.txt (depends on 3.1)\n",
        "  - [ ] 4.7 Apply web and wait until it is ready (depends on 4.5)",
    );
    assert!(
        added.contains(
            "  - [ ] 4.5 Write the web Deployment in charts/small/templates/web-deployment.yaml (depends on 4.1, 4.2, 4.4)\n\
             \x20   - _Requirements: FR-001, FR-002_\n"
        ),
        "{added}"
    );
}

#[test]
fn headings_with_fields() {
    let added = appended(&format!(
        "# Tasks\n\n## Phase 4: Deploy\n\n### Task 4.1: Namespace\n\n**File**: `{NAMESPACE}`\n**Dependencies**: None\n\
         **Priority**: P0\n\n### Task 4.2: Service\n\n**File**: `charts/small/templates/web-service.yaml`\n\
         **Dependencies**: 4.1\n"
    ));
    assert_begins(
        &added,
        "\n## Phase 5: Namespace and chart of small\n\n\
         ### Task 5.1: Write Chart.yaml of the small chart\n\n**File**: `charts/small/Chart.yaml`\n\n\
         ### Task 5.2: Write the notes of the small chart\n\n**File**: `charts/small/templates/NOTES.txt`\n**Dependencies**: 5.1\n\n",
        "**Dependencies**: 6.4",
    );
    assert!(
        added.contains(
            "### Task 6.4: Write the web Deployment per FR-001, FR-002\n\n\
             **File**: `charts/small/templates/web-deployment.yaml`\n**Dependencies**: 6.1, 6.2, 6.3\n\n"
        ),
        "{added}"
    );
}

#[test]
fn headings_with_items_and_crlf() {
    assert_begins(
        &appended(&format!(
            "## T-001: Namespace\r\n\r\n- **File:** {NAMESPACE}\r\n- **Depends on:** none\r\n- **Story:** US1\r\n"
        )),
        "\r\n## T-002: Write Chart.yaml of the small chart\r\n\r\n- **File:** charts/small/Chart.yaml\r\n\r\n\
         ## T-003: Write the notes of the small chart\r\n\r\n- **File:** charts/small/templates/NOTES.txt\r\n\
         - **Depends on:** T-002\r\n",
        "- **Depends on:** T-019",
    );
}

#[test]
fn rows_of_a_table() {
    assert_begins(
        &appended(&format!(
            "# Tasks\n\n## Work\n\n| # | Task | Priority | Dependencies | Status |\n|---|---|---|---|---|\n\
             | 1 | Write {NAMESPACE} | P0 | - | [X] |\n| 2 | Think | P1 | 1 | [ ] |\n\nWords."
        )),
        "\n\n## Namespace and chart of small\n\n| # | Task | Priority | Dependencies | Status |\n|---|---|---|---|---|\n\
         | 3 | Write Chart.yaml of the small chart in charts/small/Chart.yaml |  | - | [ ] |\n\
         | 4 | Write the notes of the small chart in charts/small/templates/NOTES.txt |  | 3 | [ ] |\n",
        "| 22 | Apply web and wait until it is ready |  | 20 | [ ] |",
    );
}

#[test]
fn boxes_without_ids() {
    assert_begins(
        &appended(&format!("# Tasks\n\n## 1. Set up\n\n- [x] Write {NAMESPACE}\n- [ ] Think\n")),
        "\n## 2. Namespace and chart of small\n\n\
         - [ ] Write Chart.yaml of the small chart in charts/small/Chart.yaml\n\
         - [ ] Write the notes of the small chart in charts/small/templates/NOTES.txt\n",
        "- [ ] Apply web and wait until it is ready",
    );
}

#[test]
fn ticks_in_a_table_and_none_in_headings() {
    let space = Space::empty();
    space.write("specs/small.md", SPEC);
    let table = format!("| # | Task | Status |\n|---|---|---|\n| 1 | Write {NAMESPACE} | [ ] |\n| 2 | Agree | [X] |\n");
    space.write("tasks/small.md", format!("# Tasks\n\n{table}"));
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.run(&["tasks", "--tick"]).exits(0).says(&["ticked      1  out/small/local/small-namespace.yaml"]);
    assert!(space.read("tasks/small.md").contains(&format!("| 1 | Write {NAMESPACE} | [X] |")), "the file's own tick");
    // a heading has no box: it is listed, and not touched
    let space = Space::empty();
    space.write("specs/small.md", SPEC);
    space.write("tasks/small.md", format!("# Tasks\n\n### T001: Namespace\n\n**File**: `{NAMESPACE}`\n"));
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    let before = space.read("tasks/small.md");
    space.run(&["tasks", "--tick"]).exits(0).says(&["no box      T001", "the task has no box to tick"]);
    assert_eq!(space.read("tasks/small.md"), before);
}
