//! Why each line of the four cases stands there: every line of every generated file leads to a task, and to lines of
//! Markdown or a default that says where it comes from.

mod common;

use std::collections::{BTreeMap, BTreeSet};

use bowline::base::tree::Origin;
use bowline::face::made::Ready;
use bowline::face::project::Project;
use bowline::make::causes::{self, LineCause};
use common::{Space, tools};

const SPEC: &str = "specs/notes.md";
const CASES: [&str; 4] = ["a-external", "b-minikube", "c-cluster", "d-local"];

/// A case with everything generated.
fn made(case: &str) -> Space {
    let space = common::cases::space(case);
    space.run(&["generate"]).exits(0);
    space
}

/// The text of every generated file.
fn files(space: &Space) -> BTreeMap<String, String> {
    let all = space.tree("out").into_iter().chain(space.tree("charts"));
    all.map(|(path, (bytes, _))| (path, String::from_utf8(bytes).unwrap())).collect()
}

/// What a file is, whichever object or image it is about.
fn kind(path: &str) -> &str {
    let (folder, name) = path.rsplit_once('/').unwrap();
    match folder.split('/').collect::<Vec<_>>()[..] {
        ["out", _, "images", _] | ["charts" | "out", _] => name,
        ["out", _, "cluster"] => "file of the cluster",
        ["out", ..] if name == "kustomization.yaml" => name,
        ["out", ..] => "manifest",
        [.., "tests"] => "test of the chart",
        _ if name.ends_with(".yaml") => "template of the chart",
        _ => name,
    }
}

/// What is wrong with a cause; nothing when it explains its line.
fn wrong(project: &Project, cause: &LineCause) -> Option<String> {
    let sources = &project.sources;
    let markdown = |file| sources.path(file).ends_with(".md");
    if cause.tasks.is_empty() {
        return Some("no task".to_owned());
    }
    for id in &cause.tasks {
        let task = project.graph.get(id).map(|ix| project.graph.task(ix).task.span);
        if !task.is_some_and(|span| markdown(span.file)) {
            return Some(format!("{id} is no task of a document"));
        }
    }
    let mut written = 0;
    for read in &cause.reads {
        match &read.origin {
            Origin::Written { value, .. } if !markdown(value.file) || sources.slice(*value).trim().is_empty() => {
                return Some(format!("{}.{} is written nowhere", read.unit, read.path));
            }
            Origin::Written { .. } => written += 1,
            Origin::Default(why) if why.split_whitespace().count() < 2 => {
                return Some(format!("{}.{} is a default without a reason: `{why}`", read.unit, read.path));
            }
            Origin::Default(_) => {}
        }
    }
    (written == 0).then(|| "no line of a document".to_owned())
}

#[test]
fn every_line_of_every_file_has_a_cause_in_the_documents() {
    let (mut lines, mut explained, mut bad) = (0, 0, Vec::new());
    for case in CASES {
        let space = made(case);
        let (project, all) = made_now(&space);
        let files = files(&space);
        assert_eq!(files.keys().collect::<Vec<_>>(), all.keys().collect::<Vec<_>>(), "{case}");
        let (before, found) = (lines, explained);
        for (path, text) in &files {
            let causes = &all[path];
            assert_eq!(causes.len(), text.lines().count(), "{case} {path}");
            for (index, line) in text.lines().enumerate() {
                lines += 1;
                let cause = &causes[index];
                assert_eq!((cause.line, cause.text.as_str()), (index + 1, line), "{case} {path}");
                match wrong(&project, cause) {
                    None => explained += 1,
                    Some(what) => bad.push(format!("{case} {path}:{}: {what}\n    {line}", index + 1)),
                }
            }
        }
        tools::note(&format!(
            "case {case}: {} of {} lines in {} files have a cause",
            explained - found,
            lines - before,
            files.len()
        ));
    }
    tools::note(&format!("the four cases: {explained} of {lines} generated lines have a cause"));
    assert!(bad.is_empty(), "{} lines\n{}", bad.len(), bad.join("\n"));
    assert!(lines > 20_000, "only {lines} lines");
}

/// The program itself, of a line in the middle of the last file of each kind.
#[test]
fn the_program_explains_a_line_of_each_kind_of_file() {
    let mut asked = BTreeSet::new();
    for case in CASES.iter().rev() {
        let space = made(case);
        let mut samples = BTreeMap::new();
        for (path, text) in files(&space).into_iter().filter(|(path, _)| !asked.contains(kind(path))) {
            samples.insert(kind(&path).to_owned(), (path, text.lines().count().div_ceil(2)));
        }
        for (kind, (path, line)) in samples {
            let ran = space.run(&["why", "--offline", "--output", "json", &format!("{path}:{line}")]).exits(0);
            let answer = ran.json()["data"]["answers"][0].clone();
            let rows = |name: &str| -> Vec<String> {
                let rows = answer[name].as_array().into_iter().flatten();
                rows.map(|r| r.as_str().unwrap().to_owned()).collect()
            };
            assert!(rows("task").iter().any(|r| r.contains("(tasks/notes.md:")), "{path}:{line}\n{answer:#}");
            assert!(rows("value").iter().any(|r| r.contains("  specs/notes.md:")), "{path}:{line}\n{answer:#}");
            assert!(rows("requirement").iter().all(|r| r.contains("specs/notes.md:")), "{path}:{line}\n{answer:#}");
            asked.insert(kind);
        }
    }
    let kinds = [
        "Chart.yaml",
        "Dockerfile",
        "Dockerfile.dockerignore",
        "NOTES.txt",
        "README.md",
        "_helpers.tpl",
        "compose.yaml",
        "file of the cluster",
        "kustomization.yaml",
        "manifest",
        "template of the chart",
        "test of the chart",
        "values-local.yaml",
        "values-production.yaml",
        "values.schema.json",
        "values.yaml",
    ];
    assert_eq!(asked, kinds.map(str::to_owned).into());
}

/// A case, a text of its spec, and what is written in its place.
const EDITS: &[(&str, &str, &str)] = &[
    ("a-external", "host: notes.local", "host: notes.test"),
    ("a-external", "livenessProbe: /health ", "livenessProbe: /alive "),
    ("a-external", "replicas: 3", "replicas: 4"),
    ("a-external", "10.0.0.0/8:5432", "10.1.0.0/16:5433"),
    (
        "b-minikube",
        "maxReplicas: 4, cpu: 70 }   # FR-006\n    metrics",
        "maxReplicas: 5, cpu: 60 }   # FR-006\n    metrics",
    ),
    ("b-minikube", "limits.cpu: 8", "limits.cpu: 9"),
    ("b-minikube", "http_requests_total", "requests_total"),
    ("b-minikube", "GEMINI_API_KEY: optional", "GEMINI_KEY: optional"),
    ("b-minikube", "googleapis.com:443]", "googleapis.com:443, api.example.org:8443]"),
    ("c-cluster", "gemini-2.5-flash", "gemini-2.5-pro"),
    ("c-cluster", "0 3 * * *", "30 3 * * *"),
    ("c-cluster", "minReplicas: 3", "minReplicas: 4"),
    ("c-cluster", "path: /, tls", "path: /page, tls"),
    ("c-cluster", "/health/startup", "/health/begin"),
    ("d-local", "    ingress: /", "    environment: { NO: \"no\", SAY: \"{{ x }}\" }\n    ingress: /"),
    ("d-local", "livenessProbe: { tcpSocket: {} }  ", "livenessProbe: { exec: { command: [\"true\", \"no\"] } }  "),
    (
        "d-local",
        "    dependsOn: [database]",
        "    files: { /etc/notes/motd: { content: \"hello\\nthere\\n\" } }\n    dependsOn: [database]",
    ),
    (
        "d-local",
        "    dependsOn: [database]",
        "    volumes: { /data: 2Gi, /cache: emptyDir }\n    dependsOn: [database]",
    ),
    ("d-local", "    dependsOn: [database]", "    labels: { team: \"on\" }\n    dependsOn: [database]"),
    ("d-local", "retention: 7d", "retention: 9d"),
    ("d-local", "python3 migrate.py", "python3 migrate.py --now"),
    ("d-local", "retention: 7d }", "retention: 7d, storage: 3Gi }"),
];

/// Defaults that are worked out of much of the app at once: their sentence says of what.
const WORKED_OUT: [&str; 3] = [
    "a digest of what goes into the image",
    "the sum of what the units may use, with room for one upgrade",
    "its volume can be mounted by one node at a time",
];

/// Whether a line leads to the line of the spec that was edited.
fn leads(project: &Project, cause: &LineCause, line: usize) -> bool {
    cause.reads.iter().any(|r| match &r.origin {
        Origin::Written { value, key } => [Some(*value), *key].into_iter().flatten().any(|s| {
            let sources = &project.sources;
            sources.path(s.file).starts_with("specs/") && sources.position(s).line == line
        }),
        Origin::Default(why) => WORKED_OUT.contains(&&**why),
    })
}

/// The cause of every line, by file, of a workspace as it is.
fn made_now(space: &Space) -> (Project, BTreeMap<String, Vec<LineCause>>) {
    let project = Project::read(space.path());
    let ready = Ready::new(&project);
    let inputs = ready.inputs(&project).unwrap_or_else(|| panic!("{}", space.run(&["check"]).out));
    let all = causes::all(inputs).into_iter().collect();
    (project, all)
}

#[test]
fn what_an_edit_changes_leads_to_the_edited_line() {
    let (mut changed, mut bad) = (0, Vec::new());
    for case in CASES {
        let space = common::cases::space(case);
        let (_, before) = made_now(&space);
        let spec = space.read(SPEC);
        for (_, old, new) in EDITS.iter().filter(|(c, ..)| *c == case) {
            space.edit(SPEC, old, new);
            let edited = space.read(SPEC);
            let line = 1 + spec.lines().zip(edited.lines()).take_while(|(a, b)| a == b).count();
            let (project, after) = made_now(&space);
            let mut found = 0;
            for (path, causes) in &after {
                let text = |all: &[LineCause]| all.iter().map(|c| format!("{}\n", c.text)).collect::<String>();
                let (was, now) = (before.get(path).map_or_else(String::new, |b| text(b)), text(causes));
                let diff = similar::TextDiff::from_lines(&was, &now);
                let new_lines = diff.iter_all_changes().filter(|c| c.tag() == similar::ChangeTag::Insert);
                for cause in new_lines.map(|c| &causes[c.new_index().unwrap()]).filter(|c| !c.stamp) {
                    found += 1;
                    if !leads(&project, cause, line) {
                        let reads: Vec<String> = cause.reads.iter().map(|r| format!("{}.{}", r.unit, r.path)).collect();
                        bad.push(format!("{case}, {new}: {path}:{} {reads:?}\n    {}", cause.line, cause.text));
                    }
                }
            }
            assert!(found > 0, "{case}: {new} changes nothing");
            changed += found;
            space.write(SPEC, &spec);
        }
    }
    tools::note(&format!("{} of {changed} changed lines lead to the line that was edited", changed - bad.len()));
    assert!(bad.is_empty(), "{} lines\n{}", bad.len(), bad.join("\n"));
}
