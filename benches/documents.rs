//! How long reading and resolving many documents takes, beside the bare parse of the same bytes by pulldown-cmark.
//!
//!     cargo bench --bench documents                   1,000 features of 100 tasks
//!     cargo bench --bench documents -- 100 200        other numbers of features
//!     BOWLINE_BENCH_RUNS=9                            runs of each, of which the fastest counts
//!
//! The bare parse goes through all events and keeps nothing; once on one core, once on all. Memory is the most that a
//! process of its own held while it read, less what it held before.

use std::fmt::Write as _;
use std::path::Path;
use std::process::Command;
use std::time::{Duration, Instant};

use bowline::base::source::Sources;
use bowline::graph::resolve::resolve;
use bowline::read::stack;
use pulldown_cmark::{Options, Parser};
use rayon::prelude::*;

/// Tasks in one feature.
const TASKS: usize = 100;
/// Requirements in one feature.
const REQUIREMENTS: usize = 20;

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, folder, ..] = &arguments[..]
        && flag == "--held"
    {
        return println!("{}", held(Path::new(folder)));
    }
    let mut sizes: Vec<usize> = arguments.iter().filter_map(|a| a.parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![1_000];
    }
    let runs = std::env::var("BOWLINE_BENCH_RUNS").ok().and_then(|r| r.parse().ok()).unwrap_or(5);
    println!("{:>8}  {:>8}  {:<32} {:>10}  {:>9}", "features", "bytes", "what", "time", "bare parse");
    for size in sizes {
        measure(size, runs);
    }
}

fn measure(features: usize, runs: usize) {
    let folder = tempfile::tempdir().unwrap();
    let texts = write_documents(folder.path(), features);
    let bytes: usize = texts.iter().map(String::len).sum();
    let one = fastest(runs, || texts.iter().map(|t| events(t)).sum::<usize>());
    let all = fastest(runs, || texts.par_iter().map(|t| events(t)).sum::<usize>());
    let documents = fastest(runs, || bowline::read::documents(folder.path(), &mut Sources::default()).0.features.len());
    let read = fastest(runs, || read(folder.path()));
    let rows = [
        ("bare parse, one core", one),
        ("bare parse, all cores", all),
        ("read", documents),
        ("read and resolve", read),
    ];
    for (what, time) in rows {
        let ratios = [one, all].map(|bare| format!("{:.2}", time.as_secs_f64() / bare.as_secs_f64()));
        let ms = time.as_secs_f64() * 1e3;
        println!("{features:>8}  {bytes:>8}  {what:<32} {ms:>7.1} ms  {:>9}", ratios.join(" / "));
    }
    let own = std::env::current_exe().unwrap();
    let output = Command::new(own).arg("--held").arg(folder.path()).output().unwrap();
    let held: u64 = String::from_utf8_lossy(&output.stdout).trim().parse().unwrap();
    let times = held / u64::try_from(bytes).unwrap();
    println!("{features:>8}  {bytes:>8}  {:<32} {:>7} kB  {times} x the input", "memory", held / 1024);
}

fn events(text: &str) -> usize {
    let options = Options::ENABLE_YAML_STYLE_METADATA_BLOCKS | Options::ENABLE_TABLES;
    Parser::new_ext(text, options).into_offset_iter().count()
}

/// Everything up to the graph; gives the number of tasks.
fn read(root: &Path) -> usize {
    let mut sources = Sources::default();
    let (documents, _) = bowline::read::documents(root, &mut sources);
    let (app, _) = resolve(&documents, &|asked: &stack::Asked<'_>| stack::detect(root, asked));
    let (graph, _) = bowline::graph::build(&documents, app.as_ref(), &[], &[]);
    assert_eq!(graph.tasks.len() % TASKS, 0);
    graph.tasks.len()
}

/// Bytes that reading held at most (`VmHWM` of Linux, less what the process began with).
fn held(root: &Path) -> u64 {
    let peak = || -> u64 {
        let status = std::fs::read_to_string("/proc/self/status").unwrap();
        let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
        line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
    };
    let before = peak();
    let tasks = read(root);
    assert!(tasks > 0);
    peak() - before
}

fn fastest(runs: usize, mut run: impl FnMut() -> usize) -> Duration {
    let one = |_| {
        let began = Instant::now();
        assert!(run() > 0);
        began.elapsed()
    };
    (0..runs).map(one).min().unwrap()
}

/// Features as spec-kit lays them out; gives every text.
fn write_documents(root: &Path, features: usize) -> Vec<String> {
    let mut texts = Vec::new();
    for feature in 0..features {
        let folder = root.join(format!("specs/{feature:04}-feature"));
        std::fs::create_dir_all(&folder).unwrap();
        for (name, text) in [("spec.md", spec(feature)), ("tasks.md", tasks(feature))] {
            std::fs::write(folder.join(name), &text).unwrap();
            texts.push(text);
        }
    }
    texts
}

fn spec(feature: usize) -> String {
    let mut text = format!("# Feature Specification: Feature {feature}\n\n**Status**: Draft\n\n");
    for story in 1..=3 {
        write!(
            text,
            "### User Story {story} - A person does a thing (Priority: P{story})\n\nA person opens the page and does what the story is \
             about, in a few words.\n\n**Acceptance Scenarios**:\n\n1. **Given** a page, **When** it is opened, **Then** it shows a list\n\n"
        )
        .unwrap();
    }
    text.push_str("## Requirements\n\n### Functional Requirements\n\n");
    for requirement in 1..=REQUIREMENTS {
        writeln!(text, "- **FR-{requirement:03}**: The service MUST answer request {requirement} within its limits.")
            .unwrap();
    }
    text
}

fn tasks(feature: usize) -> String {
    let mut text = format!("# Tasks: Feature {feature}\n\n## Format: `[ID] [P?] [Story] Description`\n\n");
    for task in 1..=TASKS {
        if task % 20 == 1 {
            write!(
                text,
                "\n## Phase {}: Part {} of the work\n\n**Purpose**: what this part is for\n\n",
                task / 20 + 1,
                task / 20 + 1
            )
            .unwrap();
        }
        let labels = format!("{}[US{}]", if task % 3 == 0 { "[P] " } else { "" }, task % 3 + 1);
        let ticked = if task % 2 == 0 { "x" } else { " " };
        write!(
            text,
            "- [{ticked}] T{task:03} {labels} Write module {task} in src/feature_{feature}/part_{task}.py per FR-{:03}",
            task % REQUIREMENTS + 1
        )
        .unwrap();
        text.push_str(&if task % 5 == 0 { format!(" (depends on T{:03})\n", task - 1) } else { "\n".to_owned() });
    }
    text.push_str("\n## Dependencies & Execution Order\n\n- **Part 1 (Phase 1)**: No dependencies\n- **Part 2 (Phase 2)**: Depends on Phase 1 completion\n");
    text
}
