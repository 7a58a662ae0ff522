//! `tests/documents/*/tasks.md` beside `truth.yaml`: precision and recall for each field.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;
use std::path::PathBuf;

use serde::Deserialize;

use bowline::base::source::{Sources, Span};
use bowline::model::ids::FeatureId;
use bowline::model::workspace::{StatusWord, Task, TaskAsideKind, TaskForm};
use bowline::read::markdown;
use bowline::read::tasks::{Reading, reading};

/// What a person reads in a file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Truth {
    tasks: Vec<Wanted>,
    /// Boxes below tasks.
    acceptance: Option<usize>,
    /// Boxes of checklists.
    checklist: Option<usize>,
    groups: Option<usize>,
    /// Lines that look like a task and are none.
    #[serde(default)]
    unread: usize,
    base: Option<String>,
    #[serde(default)]
    positional: bool,
    /// Read with a byte order mark and CR LF.
    #[serde(default)]
    windows: bool,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    id: String,
    #[serde(default)]
    done: bool,
    kind: String,
    #[serde(default)]
    paths: Vec<String>,
    story: Option<String>,
    #[serde(default)]
    depends: Vec<String>,
    #[serde(default)]
    blocks: Vec<String>,
    #[serde(default)]
    requirements: Vec<String>,
    #[serde(default)]
    labels: Vec<String>,
    status: Option<String>,
    group: Option<String>,
}

/// One fixture: its name, its text as it is read, and the truth.
pub(crate) fn fixtures() -> Vec<(String, String, Truth)> {
    let root = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/documents");
    let mut found: Vec<_> = std::fs::read_dir(root)
        .expect("the fixtures")
        .map(|entry| {
            let folder = entry.expect("an entry").path();
            let read =
                |name: &str| std::fs::read_to_string(folder.join(name)).expect("a fixture").replace("\r\n", "\n");
            let truth: Truth = serde_yaml::from_str(&read("truth.yaml")).expect("the truth");
            let mut text = read("tasks.md");
            if truth.windows {
                text = format!("\u{feff}{}", text.replace('\n', "\r\n"));
            }
            (folder.file_name().expect("a name").to_string_lossy().into_owned(), text, truth)
        })
        .collect();
    found.sort_by(|a, b| a.0.cmp(&b.0));
    found
}

pub(crate) fn read(text: &str) -> (Sources, Reading) {
    let mut sources = Sources::default();
    let file = sources.add("tasks.md", text);
    let found = reading(file, &FeatureId("f".into()), &markdown::parse(text));
    (sources, found)
}

/// Right, invented and missed values of one field.
#[derive(Clone, Copy, Default)]
struct Score {
    right: usize,
    invented: usize,
    missed: usize,
}

impl Score {
    fn add(&mut self, found: &BTreeSet<String>, wanted: &BTreeSet<String>) -> bool {
        self.right += found.intersection(wanted).count();
        self.invented += found.difference(wanted).count();
        self.missed += wanted.difference(found).count();
        found == wanted
    }

    #[allow(clippy::cast_precision_loss, reason = "a percentage to print")]
    fn percent(part: usize, rest: usize) -> f64 {
        if part + rest == 0 { 100.0 } else { 100.0 * part as f64 / (part + rest) as f64 }
    }

    fn precision(self) -> f64 {
        Self::percent(self.right, self.invented)
    }

    fn recall(self) -> f64 {
        Self::percent(self.right, self.missed)
    }
}

fn set<'a>(values: impl IntoIterator<Item = &'a str>) -> BTreeSet<String> {
    values.into_iter().map(str::to_owned).collect()
}

fn ids(list: &[(String, Span)]) -> BTreeSet<String> {
    set(list.iter().map(|(id, _)| id.as_str()))
}

fn status(word: StatusWord) -> &'static str {
    match word {
        StatusWord::Done => "done",
        StatusWord::Skipped => "skipped",
        StatusWord::Manual => "manual",
        StatusWord::Failed => "failed",
    }
}

/// Each field of a task as a set of values, read and wanted.
fn fields(task: &Task, wanted: &Wanted) -> [(&'static str, BTreeSet<String>, BTreeSet<String>); 10] {
    let strings = |list: &[String]| set(list.iter().map(String::as_str));
    [
        ("state", set([if task.done { "done" } else { "open" }]), set([if wanted.done { "done" } else { "open" }])),
        ("kind", set([task.kind.name()]), set([wanted.kind.as_str()])),
        ("paths", ids(&task.paths), strings(&wanted.paths)),
        ("story", set(task.story.as_deref()), set(wanted.story.as_deref())),
        ("dependencies", ids(&task.depends_on), strings(&wanted.depends)),
        ("blocks", ids(&task.blocks), strings(&wanted.blocks)),
        ("requirements", ids(&task.requirements), strings(&wanted.requirements)),
        ("labels", strings(&task.labels), strings(&wanted.labels)),
        ("status word", set(task.status.map(|(w, _)| status(w))), set(wanted.status.as_deref())),
        ("group", set(task.group.as_deref()), set(wanted.group.as_deref())),
    ]
}

#[test]
fn what_a_person_reads_is_what_is_read() {
    let mut scores: BTreeMap<&str, Score> = BTreeMap::new();
    let mut wrong = String::new();
    let all = fixtures();
    assert!(all.len() >= 10, "the fixtures are gone");
    for (name, text, truth) in &all {
        let (_, found) = read(text);
        let got: Vec<&str> = found.tasks.iter().map(|t| t.id.id.as_str()).collect();
        let want: Vec<&str> = truth.tasks.iter().map(|t| t.id.as_str()).collect();
        scores.entry("tasks").or_default().add(&set(got.iter().copied()), &set(want.iter().copied()));
        if got != want {
            let _ = writeln!(wrong, "{name}: tasks {got:?}, wanted {want:?}");
        }
        for wanted in &truth.tasks {
            let Some(task) = found.tasks.iter().find(|t| t.id.id == wanted.id) else { continue };
            for (field, got, want) in fields(task, wanted) {
                if !scores.entry(field).or_default().add(&got, &want) {
                    let _ = writeln!(wrong, "{name}: {} {field} {got:?}, wanted {want:?}", wanted.id);
                }
            }
            if (task.form == TaskForm::Positional) != truth.positional {
                let _ = writeln!(wrong, "{name}: {} is {:?}", wanted.id, task.form);
            }
        }
        let count = |kind| found.asides.iter().filter(|a| a.kind == kind).count();
        let counts = [
            ("acceptance", truth.acceptance, count(TaskAsideKind::Acceptance)),
            ("checklist", truth.checklist, count(TaskAsideKind::Checklist)),
            ("groups", truth.groups, count(TaskAsideKind::Group)),
            ("unread", Some(truth.unread), found.unread.len()),
        ];
        for (what, want, got) in counts {
            if want.is_some_and(|w| w != got) {
                let reasons: Vec<&str> = found.unread.iter().map(|u| u.reason.as_str()).collect();
                let _ = writeln!(wrong, "{name}: {got} {what}, wanted {want:?} {reasons:?}");
            }
        }
        if found.paths_base.as_ref().map(|(p, _)| p) != truth.base.as_ref() {
            let _ = writeln!(wrong, "{name}: base {:?}, wanted {:?}", found.paths_base, truth.base);
        }
    }
    println!("{:<14} {:>6} {:>9} {:>7} {:>10} {:>8}", "", "right", "invented", "missed", "precision", "recall");
    for (field, score) in &scores {
        println!(
            "{field:<14} {:>6} {:>9} {:>7} {:>9.1}% {:>7.1}%",
            score.right,
            score.invented,
            score.missed,
            score.precision(),
            score.recall()
        );
    }
    println!("{wrong}");
    let tasks = scores["tasks"];
    assert!(tasks.right > 100 && tasks.invented == 0 && tasks.missed == 0, "{wrong}");
    for field in ["dependencies", "paths"] {
        let score = scores[field];
        assert!(score.right > 50 && score.precision() >= 98.0 && score.recall() >= 98.0, "{field}\n{wrong}");
    }
    for (field, score) in &scores {
        assert!(score.precision() >= 95.0 && score.recall() >= 95.0, "{field}\n{wrong}");
    }
    assert!(!wrong.contains(" wanted Some("), "{wrong}");
}
