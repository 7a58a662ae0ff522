//! The laws that the fuzzer tries (see `fuzz/`), over what it found before, the fixtures, and pieces put together
//! without sense.

mod law;

use std::path::Path;

/// Every file below a folder, in order.
fn files(folder: &str) -> Vec<(String, String)> {
    let mut open = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join(folder)];
    let mut found = Vec::new();
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                open.push(path);
            } else {
                let bytes = std::fs::read(&path).expect("a file");
                found.push((path.display().to_string(), String::from_utf8_lossy(&bytes).into_owned()));
            }
        }
    }
    found.sort();
    found
}

const PIECES: &[&str] = &[
    "- [ ] T001 Write `a/b.yaml`",
    "- [x] **T-4.3a** [P] [US1] x (depends on T001-T009, é/T2",
    "  - [ ] 1.2 Write out/todo/local/todo-namespace.yaml\n",
    "  - **Dependencies**: T001, all of Phase 1",
    "  - _Requirements: 1.1, FR-001_",
    "## Phase 1: é\n",
    "### T003: Check (bowline)\n",
    "### II. Name (optional)",
    "- **FR-001**: The system MUST é",
    "1. WHEN a THE SYSTEM SHALL b",
    "```yaml bowline\n",
    "app: { name: todo }\nservices:\n",
    "  api: { image: \"a:1\" } # FR-001\n",
    "```",
    "~~~~",
    "<!--",
    "-->",
    "---\n",
    "| ID | Task | Status |\n|---|---|---|\n",
    "| T007 | a \\| b | [x] |\n",
    "> ",
    "\u{feff}",
    "    ",
    "\t",
    "\n",
    "\n\n",
    "\r\n",
    "\r",
    "\0",
    "[",
    "](",
    "**",
    "_",
    "`",
    "{a,b}",
    "→",
    "T001–T004",
    " to T009",
    "✅",
    "任务 T001：编写",
    "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n",
    "{{- if .Values.x }}",
    "# syntax=a\n",
    "<pre>",
    "&amp;",
    "\u{202e}",
    "e\u{301}",
];

/// Texts of pieces, always the same ones.
fn random(count: usize, mut with: impl FnMut(&str)) {
    let mut state = 11_u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).expect("31 bits") % most
    };
    for _ in 0..count {
        let mut text = String::new();
        for _ in 0..next(30) {
            text.push_str(PIECES[next(PIECES.len())]);
            if next(2) == 0 {
                text.push('\n');
            }
        }
        with(&text);
    }
}

fn seeds() -> Vec<(String, String)> {
    let all: Vec<_> = ["tests/laws/cases", "tests/documents", "specs", "tasks"].into_iter().flat_map(files).collect();
    assert!(all.len() > 20, "the seeds are gone");
    all
}

#[test]
fn every_place_lies_in_its_text() {
    for (name, text) in seeds() {
        println!("{name}");
        law::reader(&text);
    }
    random(3_000, |text| {
        println!("{text:?}");
        law::reader(text);
    });
}

#[test]
fn what_is_written_back_changes_what_it_says() {
    for (name, text) in seeds() {
        println!("{name}");
        law::writebacks(&text);
    }
    random(1_000, |text| {
        println!("{text:?}");
        law::writebacks(text);
    });
}
