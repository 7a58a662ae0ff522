//! The law: whatever looks like a task is a task, or belongs to one, or is listed with the reason.

use std::fmt::Write as _;
use std::ops::Range;
use std::path::{Path, PathBuf};

use proptest::prelude::*;

use bowline::read::tasks::Reading;

use super::naive::{What, scan};
use super::truth::{fixtures, read};

/// The lines of the scan that nobody accounts for, or that two account for.
fn broken(text: &str, found: &Reading) -> Vec<String> {
    let mut places: Vec<(Range<usize>, &str)> = Vec::new();
    for task in &found.tasks {
        // a positional task has an empty id; its line is its own all the same
        places.push((task.span.range(), "a task"));
    }
    places.extend(found.asides.iter().map(|a| (a.span.range(), "an aside")));
    places.extend(found.unread.iter().map(|u| (u.span.range(), "unread")));
    places.sort_by_key(|(r, _)| r.start);
    let mut wrong = Vec::new();
    let lines = scan(text);
    for (index, (what, line)) in lines.iter().enumerate() {
        let next = lines.get(index + 1).map_or(text.len(), |(_, l)| l.start).max(line.end);
        let between = |from: usize, to: usize| {
            let first = places.partition_point(|(r, _)| r.start < from);
            places[first..].iter().take_while(move |(r, _)| r.start < to).map(|(_, what)| *what)
        };
        // with the spaces and marks of quotes before it
        let begin = text[..line.start].rfind('\n').map_or(0, |i| i + 1);
        let mut own: Vec<&str> = between(begin, line.end).collect();
        if own.is_empty() {
            // the text of an empty box stands below it
            own = between(line.end, next).filter(|what| *what != "unread").take(1).collect();
        }
        let heads = own.iter().filter(|w| **w != "unread").count();
        if own.is_empty() || heads > 1 {
            let what = match what {
                What::Box => "box",
                What::Heading => "heading",
                What::Row => "row",
            };
            wrong.push(format!("{what} {:?}: {own:?}", &text[line.clone()]));
        }
    }
    wrong
}

fn corpus() -> Option<PathBuf> {
    std::env::var_os("BOWLINE_CORPUS").map(PathBuf::from).filter(|p| p.is_dir())
}

fn task_files(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            task_files(&path, found);
        } else if path.extension().is_some_and(|e| e == "md") {
            found.push(path);
        }
    }
}

#[test]
fn nothing_is_lost_in_the_fixtures() {
    for (name, text, _) in fixtures() {
        let (_, found) = read(&text);
        assert_eq!(broken(&text, &found), Vec::<String>::new(), "{name}");
    }
}

#[test]
fn the_law_would_notice() {
    let (_, text, _) = fixtures().into_iter().find(|(name, _, _)| name == "canonical").expect("the fixture");
    let (_, mut found) = read(&text);
    found.tasks.remove(3);
    assert_eq!(broken(&text, &found).len(), 1);
    let (_, mut found) = read(&text);
    found.asides.pop();
    assert_eq!(broken(&text, &found).len(), 1);
}

/// Every Markdown file of real repositories, where they are given: read as if it were a file of tasks.
#[test]
fn nothing_is_lost_in_real_documents() {
    let Some(root) = corpus() else {
        eprintln!("skipped: BOWLINE_CORPUS names no folder of real documents");
        return;
    };
    let mut files = Vec::new();
    task_files(&root, &mut files);
    files.sort();
    assert!(!files.is_empty(), "no documents below BOWLINE_CORPUS");
    let mut wrong = String::new();
    let (mut lines, mut tasks, mut asides, mut unread) = (0, 0, 0, 0);
    for path in &files {
        let Ok(text) = std::fs::read_to_string(path) else { continue };
        let (_, found) = read(&text);
        lines += scan(&text).len();
        tasks += found.tasks.len();
        asides += found.asides.len();
        unread += found.unread.len();
        for line in broken(&text, &found) {
            let _ = writeln!(wrong, "{}: {line}", path.display());
        }
    }
    println!("{} files: {lines} lines; {tasks} tasks, {asides} asides, {unread} not read", files.len());
    assert_eq!(wrong, "");
}

/// Lines of all forms, in an order that nobody chose.
fn documents() -> impl Strategy<Value = String> {
    let number = 1_u32..40;
    let line = prop_oneof![
        4 => (number.clone(), "[ xX~-]").prop_map(|(n, m)| format!("- [{m}] T{n:03} Write `a/{n}.yaml` (depends on T001-T{n:03})")),
        2 => number.clone().prop_map(|n| format!("- [ ] {}.{} Do it", n % 4, n % 7)),
        2 => number.clone().prop_map(|n| format!("- [x] {n}. Parent")),
        1 => number.clone().prop_map(|n| format!("  - [ ]* {n}.1 Leaf")),
        2 => Just("  - [ ] accepted".to_owned()),
        1 => Just("- [ ] without an id".to_owned()),
        1 => Just("- [ ] 1.5 GB of memory".to_owned()),
        1 => Just("- [ ]".to_owned()),
        1 => Just("1. [ ] numbered".to_owned()),
        1 => Just("> - [ ] T005 quoted".to_owned()),
        1 => Just("  - **Dependencies**: T001, T2/3, all".to_owned()),
        1 => Just("**Files**:\n- a/b.py\n- [ ] c.py".to_owned()),
        2 => number.clone().prop_map(|n| format!("\n### T{n:03} [P] Title ✅\n")),
        1 => number.clone().prop_map(|n| format!("\n### Task {}.{}: Title\n", n % 3, n % 5)),
        1 => number.clone().prop_map(|n| format!("\n## Task ID: T-{n:03}\n**Title**: é")),
        2 => Just("\n## Phase 2: Work\n".to_owned()),
        1 => Just("\n## Acceptance checklist\n".to_owned()),
        1 => Just("\n## Notes\n".to_owned()),
        1 => Just("\n## Example\n".to_owned()),
        1 => number.clone().prop_map(|n| format!("\n| ID | Task | Depends on |\n|---|---|---|\n| T{n:03} | a \\| b | T001 |\n| **T-{n}** | c |\n")),
        1 => number.prop_map(|n| format!("\n| # | Task | Status |\n|---|---|---|\n| {n} | a | [x] |\n")),
        1 => Just("| T001 | no table |".to_owned()),
        1 => Just("\n```text\n- [ ] T900 fenced\n```\n".to_owned()),
        1 => Just("\n<!-- - [ ] T901 hidden -->\n".to_owned()),
        1 => Just("\n---\n".to_owned()),
        1 => Just("text".to_owned()),
        1 => Just("\ntext\n\n        - [ ] T902 far in\n".to_owned()),
        1 => Just("<div>\n- [ ] T903 in HTML\n</div>\n".to_owned()),
        1 => Just("##T904 no space".to_owned()),
        1 => Just("- - [ ] T905 twice".to_owned()),
        1 => Just(String::new()),
    ];
    let end = prop_oneof![4 => Just("\n"), 1 => Just("\r\n")];
    (prop::collection::vec(line, 0..40), end)
        .prop_map(|(lines, end)| lines.join("\n").replace("\r\n", "\n").replace('\n', end))
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn nothing_is_lost_in_any_document(text in documents()) {
        let (sources, found) = read(&text);
        prop_assert_eq!(broken(&text, &found), Vec::<String>::new());
        for task in &found.tasks {
            let id = sources.slice(task.id_span);
            prop_assert!(id == task.id.id || id.is_empty());
            prop_assert!(task.detail.start <= task.span.start && task.span.end <= task.detail.end.max(task.span.end));
        }
        for span in found.asides.iter().map(|a| a.span).chain(found.unread.iter().map(|u| u.span)) {
            prop_assert!(text.get(span.range()).is_some());
        }
    }
}
