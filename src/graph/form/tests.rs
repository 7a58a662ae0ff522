//! Every form, on tasks whose places are given: what is appended is what a person would have written below.

use super::*;
use crate::base::source::{Sources, Span};
use crate::model::ids::{FeatureId, TaskId};

/// The ids of a file in order, each at its first place after the one before; what stands below belongs to it.
fn feature(text: &str, form: TaskForm, ids: &[&str], layout: Layout) -> Feature {
    let mut sources = Sources::default();
    let file = sources.add("tasks.md", text);
    let id = FeatureId("specs/001-x".into());
    let mut feature = Feature::new(id.clone(), layout);
    feature.title = "X".into();
    feature.tasks_file = Some(file);
    let mut starts: Vec<(usize, usize)> = Vec::new();
    for id in ids {
        let from = starts.last().map_or(0, |(_, end)| *end);
        let at = from + text[from..].find(id).expect("the id stands in the text");
        starts.push((at, at + id.len()));
    }
    for (index, (start, end)) in starts.iter().enumerate() {
        let line = text[..*start].rfind('\n').map_or(0, |n| n + 1);
        let line_end = text[*start..].find('\n').map_or(text.len(), |n| start + n);
        let next = starts.get(index + 1).map_or(text.len(), |(s, _)| text[..*s].rfind('\n').map_or(0, |n| n + 1));
        let marker = line + text[line..].len() - text[line..].trim_start().len();
        let mut task =
            Task::new(TaskId { feature: id.clone(), id: ids[index].to_owned() }, Span::new(file, *start, *end));
        task.form = form;
        task.span = Span::new(file, if form == TaskForm::Box { marker } else { line }, line_end);
        task.detail = Span::new(file, line, next);
        task.mark = text[line..*start].find('[').map(|b| Span::new(file, line + b + 1, line + b + 2));
        task.done = task.mark.is_some_and(|m| &text[m.range()] != " ");
        task.title = text[*end..line_end].trim_matches([' ', '*', ':', '.']).to_owned();
        task.parallel = text[line..line_end].contains("[P]");
        task.story = text[line..line_end].contains("[US1]").then(|| "US1".into());
        let place = |needle: &str| {
            let at = text[*end..next].find(needle).map(|a| end + a)?;
            let value = at + needle.len() + text[at + needle.len()..].find(|c: char| !" *`".contains(c))?;
            let stop = text[value..].find([',', '\n', '`', '_', ' ']).map_or(text.len(), |n| value + n);
            (value < stop).then(|| (text[value..stop].to_owned(), Span::new(file, value, stop)))
        };
        task.depends_on = place("Dependencies**:").into_iter().filter(|(v, _)| v != "None").collect();
        task.paths = place("File**:").into_iter().collect();
        task.requirements = place("_Requirements:").into_iter().collect();
        feature.tasks.push(task.into());
    }
    feature
}

fn written(text: &str, form: TaskForm, ids: &[&str], layout: Layout) -> String {
    let feature = feature(text, form, ids, layout);
    let mut writer = Writer::new(&feature, Some(text), &[], &BTreeSet::new()).expect("a writer");
    let one = Line {
        title: "Write the worker ConfigMap".into(),
        path: Some("charts/x/cm.yaml".into()),
        story: Some("US1".into()),
        free: true,
        ..Line::default()
    };
    writer.heading("Service worker");
    let first = writer.task(&one).unwrap_or_default();
    writer.task(&Line {
        title: "Write the worker Deployment".into(),
        path: Some("charts/x/d.yaml".into()),
        requirements: vec!["FR-001".into(), "FR-002".into()],
        waits: vec![first],
        ..Line::default()
    });
    writer.finish()
}

#[track_caller]
fn assert_written(text: &str, form: TaskForm, ids: &[&str], wanted: &str) {
    let got = written(text, form, ids, Layout::SpecKit);
    assert_eq!(got, wanted, "\n--- got\n{got}\n--- wanted\n{wanted}");
}

#[test]
fn boxes_with_labels() {
    assert_written(
        "# T\n\n## Phase 1: Setup\n\n- [X] T001 [P] [US1] Create `a/b.yaml`\n\n## Dependencies\n\n- Setup first; T009 was dropped\n",
        TaskForm::Box,
        &["T001"],
        "\n## Phase 2: Service worker\n\n\
         - [ ] T010 [P] [US1] Write the worker ConfigMap in charts/x/cm.yaml\n\
         - [ ] T011 Write the worker Deployment in charts/x/d.yaml per FR-001, FR-002 (depends on T010)\n",
    );
}

#[test]
fn boxes_with_colons_bold_titles_and_fields() {
    assert_written(
        "* [x] **T001**: [US1] One\n  - **Dependencies**: None\n* [x] **T002**: Two\n  - **Dependencies**: T001\n",
        TaskForm::Box,
        &["T001", "T002"],
        "* [ ] **T003**: [US1] Write the worker ConfigMap in charts/x/cm.yaml\n\
         * [ ] **T004**: Write the worker Deployment in charts/x/d.yaml per FR-001, FR-002\n  - **Dependencies**: T003\n",
    );
    assert_written(
        "## Phase 4.1 - A\n\n- [x] **4.1.1 One**\n\n## Phase 4.2 - B\n\n- [x] **4.2.1 Two**\n",
        TaskForm::Box,
        &["4.1.1", "4.2.1"],
        "\n## Phase 4.3 - Service worker\n\n\
         - [ ] **4.3.1 Write the worker ConfigMap in charts/x/cm.yaml**\n\
         - [ ] **4.3.2 Write the worker Deployment in charts/x/d.yaml per FR-001, FR-002 (depends on 4.3.1)**\n",
    );
    assert_written(
        "## 1. A\n\n- [x] 1.1 One\n- [x] 1.2 Two\n\n## 2. B\n\n- [ ] 2.1 Three",
        TaskForm::Box,
        &["1.1", "1.2", "2.1"],
        "\n\n## 3. Service worker\n\n\
         - [ ] 3.1 Write the worker ConfigMap in charts/x/cm.yaml\n\
         - [ ] 3.2 Write the worker Deployment in charts/x/d.yaml per FR-001, FR-002 (depends on 3.1)\n",
    );
}

#[test]
fn headings_with_their_own_fields() {
    assert_written(
        "# T\r\n\r\n## Phase 4: A\r\n\r\n### Task 4.1: One\r\n\r\n**File**: `a/b.yaml`\r\n\r\n**Dependencies**: None\r\n\r\n\
         ### Task 4.2: Two\r\n\r\n**File**: `a/c.yaml`\r\n\r\n**Dependencies**: 4.1\r\n",
        TaskForm::Heading,
        &["4.1", "4.2"],
        "\r\n## Phase 5: Service worker\r\n\r\n### Task 5.1: Write the worker ConfigMap\r\n\r\n**File**: `charts/x/cm.yaml`\r\n\r\n\
         ### Task 5.2: Write the worker Deployment per FR-001, FR-002\r\n\r\n**File**: `charts/x/d.yaml`\r\n\r\n\
         **Dependencies**: 5.1\r\n",
    );
    assert_written(
        "## Task ID: T-001\n**Title**: One\n- **Dependencies**: None\n",
        TaskForm::Heading,
        &["T-001"],
        "\n## Task ID: T-002\n\n**Title**: Write the worker ConfigMap in charts/x/cm.yaml\n\n## Task ID: T-003\n\n\
         **Title**: Write the worker Deployment in charts/x/d.yaml per FR-001, FR-002\n\n- **Dependencies**: T-002\n",
    );
}

#[test]
fn rows_fill_the_columns_of_their_table() {
    assert_written(
        "## Tasks\n\n| # | Task | Priority | Dependencies | Status |\n|--:|---|---|---|---|\n| 1 | One | P0 | - | [X] |\n\
         | 2 | Two \\| more | P0 | 1 | [ ] |\n",
        TaskForm::Row,
        &["1", "2"],
        "\n## Service worker\n\n| # | Task | Priority | Dependencies | Status |\n|--:|---|---|---|---|\n\
         | 3 | Write the worker ConfigMap in charts/x/cm.yaml |  | - | [ ] |\n\
         | 4 | Write the worker Deployment in charts/x/d.yaml per FR-001, FR-002 |  | 3 | [ ] |\n",
    );
    assert_written(
        "| ID | Title | File | FR | Story |\n|---|---|---|---|---|\n| **T01** | One | a/b.yaml | FR-001 | US1 |\n",
        TaskForm::Row,
        &["T01"],
        "| **T02** | Write the worker ConfigMap | charts/x/cm.yaml |  | US1 |\n\
         | **T03** | Write the worker Deployment (depends on T02) | charts/x/d.yaml | FR-001, FR-002 |  |\n",
    );
}

#[test]
fn boxes_in_boxes() {
    let got = written(
        "# Implementation Plan\n\n- [x] 1. Set up\n\n- [ ] 2. Build\n  - [ ] 2.1 One\n    - detail\n    - _Requirements: 1.1, 2.3_\n",
        TaskForm::Box,
        &["1", "2", "2.1"],
        Layout::Kiro,
    );
    let wanted = "- [ ] 3. Service worker\n  - [ ] 3.1 Write the worker ConfigMap in charts/x/cm.yaml\n\
                  \x20 - [ ] 3.2 Write the worker Deployment in charts/x/d.yaml (depends on 3.1)\n    - _Requirements: FR-001, FR-002_\n";
    assert_eq!(got, wanted);
}

#[test]
fn boxes_without_ids_stay_without() {
    let text = "## 1. A\n\n- [x] One\n\n## 2. B\n\n- [ ] Two\n";
    let mut feature = feature(text, TaskForm::Positional, &["One", "Two"], Layout::OpenSpec);
    for task in feature.tasks.iter_mut().map(std::sync::Arc::make_mut) {
        task.id_span.end = task.id_span.start;
        task.span.start = task.mark.map_or(task.span.start, |m| m.start - 3);
    }
    let mut writer = Writer::new(&feature, Some(text), &[], &BTreeSet::new()).expect("a writer");
    writer.heading("Service worker");
    let line = Line { title: "Write it".into(), waits: vec!["1.1".into()], ..Line::default() };
    assert_eq!(writer.task(&line), None);
    assert_eq!(writer.finish(), "\n## 3. Service worker\n\n- [ ] Write it\n");
}

#[test]
fn a_phase_that_ends_the_file_is_gone_on_with() {
    let text = "## 1. A\n\n- [x] 1.1 One\n\n## 2. Service worker\n\n- [ ] 2.1 Two\n";
    let got = written(text, TaskForm::Box, &["1.1", "2.1"], Layout::OpenSpec);
    assert!(got.starts_with("- [ ] 2.2 Write the worker ConfigMap"), "{got}");
}

#[test]
fn new_files_are_in_the_manner_of_their_layout() {
    let begun = |layout| {
        let mut feature = Feature::new(FeatureId("x".into()), layout);
        feature.title = "X".into();
        let mut writer = Writer::new(&feature, None, &[], &BTreeSet::new()).expect("a writer");
        writer.heading("Service worker");
        writer.task(&Line { title: "Write it".into(), requirements: vec!["1.2".into()], ..Line::default() });
        writer.heading("Service api");
        writer.task(&Line { title: "Write that".into(), ..Line::default() });
        writer.finish()
    };
    assert_eq!(
        begun(Layout::SpecKit),
        "# Tasks: X\n\n## Phase 1: Service worker\n\n- [ ] T001 Write it per 1.2\n\n## Phase 2: Service api\n\n- [ ] T002 Write that\n"
    );
    assert_eq!(
        begun(Layout::OpenSpec),
        "# Tasks: X\n\n## 1. Service worker\n\n- [ ] 1.1 Write it per 1.2\n\n## 2. Service api\n\n- [ ] 2.1 Write that\n"
    );
    assert_eq!(
        begun(Layout::Kiro),
        "# Implementation Plan\n\n- [ ] 1. Service worker\n  - [ ] 1.1 Write it\n    - _Requirements: 1.2_\n\
         - [ ] 2. Service api\n  - [ ] 2.1 Write that\n"
    );
}
