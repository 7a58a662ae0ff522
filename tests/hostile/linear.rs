//! Four times the document takes about four times the work: no shape of text is an attack.

use std::fmt::Write as _;
use std::process::Command;

use crate::common::Space;

/// A document of a size, and where it is put.
struct Shape {
    name: &'static str,
    path: &'static str,
    /// Half of it and twice of it are compared.
    size: usize,
    text: fn(usize) -> String,
}

const SPEC: &str = "specs/todo/spec.md";
const TASKS: &str = "specs/todo/tasks.md";

const fn tasks(name: &'static str, size: usize, text: fn(usize) -> String) -> Shape {
    Shape { name, path: TASKS, size, text }
}

const fn spec(name: &'static str, size: usize, text: fn(usize) -> String) -> Shape {
    Shape { name, path: SPEC, size, text }
}

/// `count` lines, each from its number.
fn lines(count: usize, line: impl Fn(usize) -> String) -> String {
    (0..count).map(line).collect()
}

fn block(services: &str) -> String {
    format!("# T\n\n```yaml bowline\napp: {{ name: todo }}\nservices:\n{services}```\n")
}

const SHAPES: &[Shape] = &[
    tasks("lists in lists on one line", 2_500, |n| format!("{}[ ] T001 x\n", "- ".repeat(n))),
    tasks("lists in lists, line by line", 250, |n| lines(n, |i| format!("{}- [ ] T{i:05} x\n", "  ".repeat(i)))),
    tasks("quotes in quotes", 2_500, |n| format!("{}- [ ] T001 x\n", ">".repeat(n))),
    tasks("a long line of words", 100_000, |n| format!("- [ ] T001 {}\n", "word ".repeat(n))),
    tasks("a long line of one word", 500_000, |n| format!("- [ ] T001 {}\n", "x".repeat(n))),
    tasks("a long paragraph of many lines", 20_000, |n| "words and T001 and more\n".repeat(n)),
    tasks("ids on one line", 2_500, |n| {
        let ids = lines(n, |i| format!("T{i:05}, "));
        format!("{}- [ ] T99999 x (depends on {ids})\n", lines(n, |i| format!("- [ ] T{i:05} x\n")))
    }),
    tasks("ids on one line that are not there", 2_500, |n| {
        format!("- [ ] T99999 x (depends on {})\n", lines(n, |i| format!("T{i:05}, ")))
    }),
    tasks("ids on one line of prose", 2_500, |n| {
        format!(
            "{}\n## Dependencies\n\n- {}\n",
            lines(n, |i| format!("- [ ] T{i:05} x\n")),
            lines(n, |i| format!("T{i:05} → "))
        )
    }),
    tasks("a chain of tasks", 2_500, |n| lines(n, |i| format!("- [ ] T{:05} x (depends on T{i:05})\n", i + 1))),
    tasks("one circle of tasks", 2_500, |n| {
        lines(n, |i| format!("- [ ] T{i:05} x (depends on T{:05})\n", (i + 1) % n))
    }),
    tasks("everything depends on everything", 1_000, |n| {
        lines(n, |i| format!("- [ ] T{i:05} x (depends on T00000-T{:05})\n", n - 1))
    }),
    tasks("each depends on all before", 1_000, |n| {
        lines(n, |i| format!("- [ ] T{i:05} x (depends on all previous tasks)\n"))
    }),
    tasks("parallel tasks that write one file", 2_500, |n| lines(n, |i| format!("- [ ] T{i:05} [P] Write a/b.py\n"))),
    tasks("parallel tasks of one folder", 2_500, |n| lines(n, |i| format!("- [ ] T{i:05} [P] Write a/b{i}.py\n"))),
    tasks("one id again and again", 2_500, |n| "- [ ] T001 Write a/b.py\n".repeat(n)),
    tasks("sections for one id", 2_500, |n| {
        format!("- [ ] T001 x\n\n{}", "### T001 Details\n\n**Files**: a.py\n\n".repeat(n))
    }),
    tasks("sections for each id", 2_500, |n| {
        let tasks = lines(n, |i| format!("- [ ] T{i:05} x\n"));
        format!("{tasks}\n{}", lines(n, |i| format!("### T{i:05} x\n\n- [ ] ok\n\n")))
    }),
    tasks("headings in headings", 2_500, |n| {
        lines(n, |i| format!("{} Phase {i}\n\n- [ ] T{i:05} x\n\n", "#".repeat(i % 6 + 1)))
    }),
    tasks("phases that name phases", 1_000, |n| {
        let phases = lines(n, |i| format!("## Phase {i}: x\n\n- [ ] T{i:05} x\n\n"));
        format!("{phases}## Dependencies\n\n{}", lines(n, |i| format!("- Phase {i} depends on Phases 1-{n}\n")))
    }),
    tasks("rows of a table", 2_500, |n| {
        format!("| ID | Task | Depends on |\n|---|---|---|\n{}", lines(n, |i| format!("| T{i:05} | x | T00001 |\n")))
    }),
    tasks("columns of a table", 2_500, |n| {
        let row = |cell: &str| format!("|{}\n", format!("{cell}|").repeat(n));
        format!("{}{}{}", row("ID"), row("---"), row("T001"))
    }),
    tasks("tables", 1_000, |n| lines(n, |i| format!("| ID | Task |\n|---|---|\n| T{i:05} | x |\n\n"))),
    tasks("an outline", 2_500, |n| lines(n, |i| format!("- [ ] {}.{} x\n", i / 50, i % 50))),
    tasks("a deep outline", 250, |n| lines(n, |i| format!("- [ ] 1{} x\n", ".1".repeat(i)))),
    tasks("boxes without ids", 5_000, |n| "- [ ] x\n".repeat(n)),
    tasks("boxes below one task", 5_000, |n| format!("- [ ] T001 x\n{}", "  - [x] ok\n".repeat(n))),
    tasks("comments that nothing closes", 5_000, |n| "<!-- ".repeat(n)),
    tasks("comments that nothing closes, apart", 5_000, |n| "a <!-- b\n\n".repeat(n)),
    tasks("comments", 5_000, |n| "<!-- - [ ] T001 x -->\n\n".repeat(n)),
    tasks("comments on one line", 10_000, |n| format!("a {}\n", "<!-- x -->".repeat(n))),
    tasks("fences that nothing closes", 2_500, |n| "- ```\n".repeat(n)),
    tasks("fences of all lengths", 500, |n| lines(n, |i| format!("{}\n", "`".repeat(i + 3)))),
    tasks("a fence of many lines in a list", 10_000, |n| format!("- ```\n{}  ```\n", "  - [ ] T001 é\n".repeat(n))),
    tasks("openings of code", 500, |n| format!("a {}\n", lines(n, |i| format!("{} x ", "`".repeat(i + 1))))),
    tasks("openings of emphasis", 25_000, |n| format!("a {}\n", "*a **b _c ".repeat(n))),
    tasks("openings of links", 25_000, |n| format!("a {}\n", "[a](<b".repeat(n))),
    tasks("openings of HTML", 25_000, |n| format!("a {}\n", "<a <?b <![CDATA[".repeat(n))),
    tasks("brackets", 100_000, |n| format!("- [ ] T001 {}\n", "[".repeat(n))),
    tasks("labels", 10_000, |n| format!("- [ ] T001 {}x\n", "[P] [US1] ".repeat(n))),
    tasks("braces of paths", 500, |n| format!("- [ ] T001 Write a/{}.py\n", "{b,c}".repeat(n))),
    tasks("braces in braces", 500, |n| format!("- [ ] T001 Write a/{}b{}.py\n", "{".repeat(n), "}".repeat(n))),
    tasks("one long path", 50_000, |n| format!("- [ ] T001 Write {}b.py\n", "a/".repeat(n))),
    tasks("paths on one line", 5_000, |n| format!("- [ ] T001 Write {}\n", lines(n, |i| format!("a/b{i}.py, ")))),
    tasks("paths on many lines", 2_500, |n| lines(n, |i| format!("- [ ] T{i:05} Write a/b{i}.py\n"))),
    tasks("fields below one task", 5_000, |n| {
        format!("- [ ] T001 x\n{}", "  - **Dependencies**: T001, T002\n".repeat(n))
    }),
    tasks("words of dependence", 10_000, |n| format!("- [ ] T001 {}\n", "depends on all ".repeat(n))),
    tasks("signs before an id", 50_000, |n| format!("- [ ] {}T001 x\n", "✅".repeat(n))),
    tasks("NUL", 100_000, |n| format!("- [ ] T001 {}\n", "\0".repeat(n))),
    tasks("tasks that another feature has", 2_500, |n| {
        lines(n, |i| format!("- [ ] T{i:05} x (depends on 002-other/T{i:05})\n"))
    }),
    tasks("citations", 5_000, |n| format!("- [ ] T001 x per {}\n", lines(n, |i| format!("FR-{i:05}, ")))),
    tasks("paths out of the repository", 2_500, |n| lines(n, |i| format!("- [ ] T{i:05} Write ../b{i}.py\n"))),
    spec("requirements", 2_500, |n| lines(n, |i| format!("- **FR-{i:05}**: The system MUST x\n"))),
    spec("one requirement again and again", 2_500, |n| "- **FR-001**: The system MUST x\n".repeat(n)),
    spec("requirements on one line", 5_000, |n| format!("- {}\n", lines(n, |i| format!("**FR-{i:05}**: x ")))),
    spec("stories", 1_000, |n| {
        lines(n, |i| format!("### User Story {i} - x (Priority: P1)\n\n1. **Given** a, **When** b, **Then** c\n\n"))
    }),
    spec("scenarios", 1_000, |n| {
        lines(n, |i| {
            format!("### Requirement: R{i}\nThe system SHALL x\n\n#### Scenario: s\n- **WHEN** a\n- **THEN** b\n\n")
        })
    }),
    spec("numbers of Kiro", 1_000, |n| {
        lines(n, |i| format!("### Requirement {i}\n\n#### Acceptance Criteria\n\n1. WHEN a THE SYSTEM SHALL b\n\n"))
    }),
    spec("open questions", 5_000, |n| "- [NEEDS CLARIFICATION: x]\n".repeat(n)),
    spec("services", 100, |n| block(&lines(n, |i| format!("  s{i}: {{ image: \"a:1\", ports: [80] }}\n")))),
    spec("services that need all before", 50, |n| {
        block(&lines(n, |i| {
            let needs = lines(i, |j| format!("s{j}, "));
            format!("  s{i}: {{ image: \"a:1\", dependsOn: [{}] }}\n", needs.trim_end_matches([',', ' ']))
        }))
    }),
    spec("fields that nobody knows", 1_000, |n| block(&format!("  s: {{ {} }}\n", lines(n, |i| format!("x{i}: 1, "))))),
    spec("YAML in YAML", 2_500, |n| block(&format!("  s: {}\n", "[".repeat(n)))),
    spec("YAML in YAML, closed", 2_500, |n| block(&format!("  s: {}{}\n", "{a: ".repeat(n), "}".repeat(n)))),
    spec("typed blocks", 250, |n| {
        lines(n, |i| format!("```yaml bowline\nservices:\n  s{i}: {{ image: \"a:1\" }}\n```\n\n"))
    }),
    Shape {
        name: "a constitution",
        path: "constitution.md",
        size: 2_500,
        text: |n| lines(n, |i| format!("### {i}. Images\n\n- **Pinned**: Every image MUST name its version.\n\n")),
    },
    Shape {
        name: "sentences of a constitution on one line",
        path: "constitution.md",
        size: 5_000,
        text: |n| format!("### I. Images\n\n- {}\n", "Every image MUST name its version. ".repeat(n)),
    },
    Shape {
        name: "a plan",
        path: "specs/todo/plan.md",
        size: 5_000,
        text: |n| lines(n, |i| format!("## Part {i}\n\n| a | b |\n|---|---|\n| c | d |\n\n")),
    },
];

/// Processor time of a run in seconds, its own and its children's: what else the machine does is not in it.
fn cost(shape: Option<&Shape>, size: usize, command: &str) -> f64 {
    let space = Space::empty();
    space.write(SPEC, "# T\n\n- **FR-001**: x\n");
    space.write(TASKS, "- [ ] T001 x\n");
    if let Some(shape) = shape {
        space.write(shape.path, (shape.text)(size));
    }
    let script = format!("\"$0\" {command} > printed 2> errors; code=$?; times; exit $code");
    let output = Command::new("bash")
        .args(["-c", &script, env!("CARGO_BIN_EXE_bowline")])
        .current_dir(space.path())
        .env_clear()
        .env("PATH", std::env::var("PATH").unwrap_or_default())
        .env("HOME", space.path())
        .output()
        .expect("bash");
    let (name, code) = (shape.map_or("nothing", |s| s.name), output.status.code());
    let said = space.read("errors");
    assert!(matches!(code, Some(0 | 1)), "{name}: `{command}` gave {code:?}: {said}");
    assert!(!said.contains("panicked"), "{name}: {said}");
    let times = String::from_utf8_lossy(&output.stdout);
    let seconds = |word: &str| {
        let (minutes, seconds) = word.trim_end_matches('s').split_once('m').expect("minutes and seconds");
        minutes.parse::<f64>().expect("minutes") * 60.0 + seconds.replace(',', ".").parse::<f64>().expect("seconds")
    };
    // the second line is of the children
    times.lines().nth(1).expect("two lines").split_whitespace().map(seconds).sum()
}

/// How much faster than the text its cost may grow: for four times the text, a square would be four times too much.
const MOST: f64 = 2.0;

/// What is too little to measure.
const SLACK: f64 = 0.3;

/// The seconds of the larger one, and how much of what it may take that is.
fn grows(shape: &Shape, command: &str, nothing: f64) -> Result<(f64, f64), String> {
    let mut worst = String::new();
    let [length, longer] = [shape.size / 2, shape.size * 2].map(|size| (shape.text)(size).len());
    #[expect(clippy::cast_precision_loss, reason = "lengths of a few megabytes")]
    let most = MOST * longer as f64 / length as f64;
    for _ in 0..3 {
        let small = (cost(Some(shape), shape.size / 2, command) - nothing).max(0.0);
        let large = (cost(Some(shape), shape.size * 2, command) - nothing).max(0.0);
        let may = most * small + SLACK;
        if large <= may {
            return Ok((large, large / may));
        }
        worst = format!(
            "{}: `{command}` takes {small:.2} s, and for {:.0} times as much {large:.2} s",
            shape.name,
            most / MOST
        );
    }
    Err(worst)
}

/// The shapes from one on, in steps.
fn try_all(command: &str, from: usize, step: usize) {
    let only = std::env::var("BOWLINE_SHAPE").unwrap_or_default();
    let mut wrong = String::new();
    let nothing = (0..3).map(|_| cost(None, 0, command)).fold(f64::MAX, f64::min);
    for shape in SHAPES.iter().skip(from).step_by(step).filter(|s| s.name.contains(&only)) {
        match grows(shape, command, nothing) {
            Ok((seconds, of)) => {
                println!("{seconds:6.2} s, {:3.0} % of what it may  {:<45} {command}", of * 100.0, shape.name);
            }
            Err(why) => {
                println!("TOO MUCH  {why}");
                let _ = writeln!(wrong, "{why}");
            }
        }
    }
    assert_eq!(wrong, "");
}

#[test]
fn four_times_the_text_is_four_times_the_work() {
    try_all("check --output short", 0, 3);
}

#[test]
#[ignore = "half a minute: tests/run unit"]
fn four_times_the_text_is_four_times_the_work_of_check() {
    try_all("check --output short", 0, 1);
}

#[test]
#[ignore = "half a minute: tests/run unit"]
fn four_times_the_text_is_four_times_the_work_of_status() {
    try_all("status --offline --output json", 0, 1);
}
