//! The worked example of this repository: what is committed is what Bowline makes of its documents, and only what depends
//! on a change is made again.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use bowline::base::tree::Origin;
use bowline::face::made::Ready;
use bowline::face::project::Project;
use bowline::make::causes;
use bowline::make::stamp::{self, Reading};
use common::Space;

const SPEC: &str = "specs/todo-chatbot.md";

type Tree = BTreeMap<String, (Vec<u8>, std::time::SystemTime)>;

/// Everything that Bowline makes here.
fn made(space: &Space) -> Tree {
    let mut all = space.tree("out");
    all.extend(space.tree("charts"));
    assert!(all.len() > 80, "only {} files", all.len());
    all
}

fn bytes(tree: &Tree) -> BTreeMap<&str, &[u8]> {
    tree.iter().map(|(name, (bytes, _))| (name.as_str(), bytes.as_slice())).collect()
}

/// Files whose bytes differ; every other one must not have been touched.
#[track_caller]
fn rewritten(before: &Tree, after: &Tree) -> BTreeSet<String> {
    let names = |tree: &Tree| tree.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(before), names(after));
    let differ = before.iter().filter(|(name, file)| file.0 != after[*name].0);
    let differ: BTreeSet<_> = differ.map(|(name, _)| name.clone()).collect();
    for (name, (_, time)) in before.iter().filter(|(name, _)| !differ.contains(*name)) {
        assert_eq!(*time, after[name].1, "{name} was written again with the same bytes");
    }
    differ
}

#[test]
fn what_is_committed_is_what_is_generated() {
    let space = Space::example();
    space.run(&["generate", "--check"]).exits(0);
    assert_eq!(space.git(&["status", "--porcelain"]), "");
    // and it can say no
    let file = "out/todo/local/backend-configmap.yaml";
    std::fs::remove_file(space.join(file)).unwrap();
    space.run(&["generate", "--check"]).exits(3).says(&[file]);
    assert!(!space.join(file).exists(), "--check writes nothing");
}

#[test]
fn generated_anew_it_is_the_same_at_any_number_of_threads() {
    let space = Space::example();
    let committed = made(&space);
    for threads in ["1", "8"] {
        for folder in ["out", "charts", ".bowline"] {
            let _ = std::fs::remove_dir_all(space.join(folder));
        }
        space.run(&["generate", "-j", threads]).exits(0);
        assert!(bytes(&made(&space)) == bytes(&committed), "other bytes with -j {threads}");
        assert_eq!(space.git(&["status", "--porcelain"]), "", "-j {threads}");
    }
}

#[test]
fn a_second_generate_writes_nothing() {
    let space = Space::example();
    space.run(&["generate"]).exits(0);
    let before = space.tree("");
    space.run(&["generate"]).exits(0);
    assert!(before == space.tree(""), "something was written");
}

#[test]
fn a_value_rewrites_exactly_what_depends_on_it() {
    let space = Space::example();
    space.run(&["generate"]).exits(0);
    let before = made(&space);
    space.edit(SPEC, "LOG_LEVEL: INFO }", "LOG_LEVEL: DEBUG }");

    // before it is written: what would change, and why
    space.run(&["generate", "--check"]).exits(3);
    let why = space.run(&["why", "--offline", "out/todo/local/backend-configmap.yaml"]).exits(0);
    why.says(&["backend.environment"]);
    let why = space.run(&["why", "--offline", "out/todo/production/backend-configmap.yaml"]).exits(0);
    why.says(&["up to date"]).never_says(&["backend.environment"]);

    space.run(&["generate"]).exits(0);
    let expected = [
        "charts/todo/README.md",
        "charts/todo/values.yaml",
        "out/todo/compose.yaml",
        "out/todo/local/backend-configmap.yaml",
        "out/todo/local/backend-deployment.yaml",
        // the migration runs the backend's image with its settings
        "out/todo/local/database-migrate-configmap.yaml",
    ];
    assert_eq!(rewritten(&before, &made(&space)), expected.map(str::to_owned).into());

    space.edit(SPEC, "LOG_LEVEL: DEBUG }", "LOG_LEVEL: INFO }");
    space.run(&["generate"]).exits(0);
    assert!(bytes(&before) == bytes(&made(&space)), "back and forth is nowhere");
}

#[test]
fn a_value_of_one_environment_rewrites_that_environment() {
    let space = Space::example();
    space.run(&["generate"]).exits(0);
    let before = made(&space);
    space.edit(SPEC, "autoscaling: { minReplicas: 3 }", "autoscaling: { minReplicas: 4 }");
    space.run(&["generate"]).exits(0);
    let expected = ["charts/todo/values-production.yaml", "out/todo/production/backend-horizontalpodautoscaler.yaml"];
    let files: BTreeSet<_> = expected.map(str::to_owned).into();
    assert_eq!(rewritten(&before, &made(&space)), files);
}

#[test]
fn prose_rewrites_nothing() {
    let space = Space::example();
    space.run(&["generate"]).exits(0);
    let before = space.tree("");
    for (file, old, new) in [
        (SPEC, "A person keeps a list of todos in the browser", "Somebody keeps a list of todos in a browser"),
        ("plans/todo-chatbot.md", "# ", "# Our "),
        ("tasks/todo-chatbot.md", "**Purpose**: what the other tasks stand on.", "**Purpose**: the ground."),
    ] {
        space.edit(file, old, new);
        space.run(&["generate", "--check"]).exits(0);
    }
    space.run(&["generate"]).exits(0);
    let after = space.tree("");
    let outside = |name: &str| !name.ends_with(".md") || name.starts_with("charts/");
    for (name, file) in before.iter().filter(|(n, _)| outside(n) && !n.starts_with(".bowline/")) {
        assert!(file == &after[name], "{name} was written");
    }
    // a requirement's own words are no prose: they are digested, and what rests on them is suspect
    space.edit(SPEC, "Todos MUST be kept in a PostgreSQL database", "Todos MUST be kept in one PostgreSQL database");
    space.run(&["generate", "--check"]).exits(3).says(&["database-statefulset.yaml"]);
}

#[test]
fn every_generated_file_is_stamped_with_a_task_of_the_example() {
    let space = Space::example();
    let tasks = space.read("tasks/todo-chatbot.md");
    let ids: BTreeSet<&str> = tasks.split_whitespace().filter(|w| w.starts_with('T') && w.len() == 4).collect();
    for (path, (bytes, _)) in made(&space) {
        let Reading::Intact(stamp) = stamp::read(&path, &bytes) else { panic!("{path} has no intact stamp") };
        assert!(!stamp.tasks.is_empty(), "{path} names no task");
        for task in &stamp.tasks {
            let id = task.strip_prefix("todo-chatbot/").unwrap_or_else(|| panic!("{path}: {task}"));
            assert!(ids.contains(id), "{path}: {task} is no task");
        }
        // the task's own line leads to the file: by its path, or by that of the same object
        assert_eq!(stamp.requirements.is_empty(), stamp.source.is_empty(), "{path}");
    }
}

#[test]
fn every_line_of_every_generated_file_can_be_explained() {
    let space = Space::example();
    let project = Project::read(space.path());
    let ready = Ready::new(&project);
    let causes: BTreeMap<String, _> = causes::all(ready.inputs(&project).unwrap()).into_iter().collect();
    let (mut lines, mut explained, mut written) = (0, 0, 0);
    for (path, (bytes, _)) in made(&space) {
        let text = String::from_utf8(bytes).unwrap();
        for (index, line) in text.lines().enumerate() {
            lines += 1;
            let cause = causes.get(&path).and_then(|all| all.get(index));
            let cause = cause.filter(|c| c.text == line && c.line == index + 1 && !c.tasks.is_empty());
            let origin = |read: &causes::Read| match &read.origin {
                Origin::Written { value, .. } => project.sources.display(*value).starts_with(SPEC),
                Origin::Default(why) => !why.is_empty(),
            };
            explained += usize::from(cause.is_some_and(|c| !c.reads.is_empty() && c.reads.iter().all(origin)));
            written +=
                usize::from(cause.is_some_and(|c| c.reads.iter().any(|r| matches!(r.origin, Origin::Written { .. }))));
        }
    }
    common::tools::note(&format!(
        "{explained} of {lines} generated lines are explained, {written} by a line of the spec"
    ));
    assert_eq!(explained, lines);
    assert!(written > lines / 4, "only {written} of {lines} lead to the spec");
}

/// What the program itself prints of a line, for each kind of file.
#[test]
fn a_line_leads_to_task_requirement_spec_and_template() {
    let space = Space::example();
    for (file, line, says) in [
        (
            "out/todo/local/backend-deployment.yaml",
            "containerPort:",
            ["T030", "specs/todo-chatbot.md:", "templates/_container.yaml:"],
        ),
        (
            "charts/todo/templates/backend-deployment.yaml",
            "containerPort:",
            ["T030", "FR-001", "templates/_container.yaml:"],
        ),
        ("out/todo/local/backend-configmap.yaml", "LOG_LEVEL:", ["T026", "FR-006", "templates/configmap.yaml:"]),
        ("out/todo/images/backend/Dockerfile", "EXPOSE", ["T008", "FR-001", "templates/Dockerfile.python:"]),
        (
            "out/todo/local/backend-horizontalpodautoscaler.yaml",
            "minReplicas:",
            ["T037", "FR-012", "templates/hpa.yaml:"],
        ),
        ("charts/todo/values.yaml", "maxReplicas:", ["T042", "FR-012", "specs/todo-chatbot.md:"]),
        ("charts/todo/values-production.yaml", "LOG_LEVEL:", ["T043", "FR-006", "specs/todo-chatbot.md:"]),
        ("charts/todo/values.schema.json", "minReplicas", ["T044", "FR-015", "values.schema.json"]),
        ("out/todo/compose.yaml", "LOG_LEVEL:", ["T013", "FR-006", "compose"]),
    ] {
        let text = space.read(file);
        let number = 1 + text.lines().position(|l| l.contains(line)).unwrap_or_else(|| panic!("{file} has no {line}"));
        space.run(&["why", "--offline", &format!("{file}:{number}")]).exits(0).says(&says);
    }
    space.run(&["why", "--offline", "out/todo/local/backend-deployment.yaml:4000"]).exits(1).says(&["lines"]);
}

/// A service more is a line more: tasks, files, objects and order follow.
#[test]
fn a_new_service_needs_no_code() {
    let space = Space::example();
    space.run(&["generate"]).exits(0);
    let before = made(&space);
    let worker = "  worker:
    image: busybox:1.36.1
    command: [sh, -c, \"while sleep 60; do date; done\"]
    startupProbe: { exec: { command: [\"true\"] } }
    livenessProbe: { exec: { command: [\"true\"] } }
    readinessProbe: { exec: { command: [\"true\"] } }
    autoscaling: { minReplicas: 2, maxReplicas: 3, cpu: 70 }
    dependsOn: [database]
resources:
";
    space.edit(SPEC, "resources:\n", worker);

    let tasks = space.read("tasks/todo-chatbot.md");
    let last = tasks.split_whitespace().filter_map(|w| w.strip_prefix('T')?.parse::<usize>().ok()).max().unwrap();
    let next = format!("- [ ] T{:03} ", last + 1);
    space.run(&["tasks", "--dry-run"]).exits(3).says(&["worker-deployment.yaml", &next]);
    assert_eq!(space.read("tasks/todo-chatbot.md"), tasks, "--dry-run writes nothing");
    space.run(&["tasks"]).exits(0);
    let now = space.read("tasks/todo-chatbot.md");
    let added = now.strip_prefix(&tasks).expect("tasks are appended, and nothing above is touched");
    assert!(added.contains(&next), "{added}");
    space.run(&["tasks", "--dry-run"]).exits(0);

    space.run(&["generate"]).exits(0);
    let after = made(&space);
    let new: BTreeSet<_> = after.keys().filter(|n| !before.contains_key(*n)).map(String::as_str).collect();
    for file in [
        "charts/todo/templates/worker-deployment.yaml",
        "out/todo/local/worker-deployment.yaml",
        "out/todo/local/worker-serviceaccount.yaml",
        "out/todo/local/worker-networkpolicy.yaml",
        "out/todo/production/worker-deployment.yaml",
    ] {
        assert!(new.contains(file), "{file} is missing: {new:?}");
    }
    // what does not know of it keeps its bytes and its time
    for unit in ["frontend", "backend"] {
        let name = format!("out/todo/local/{unit}-deployment.yaml");
        assert_eq!(before[&name], after[&name]);
    }
    // the database lets it in
    assert_ne!(
        before["out/todo/local/database-networkpolicy.yaml"].0,
        after["out/todo/local/database-networkpolicy.yaml"].0
    );
    space.run(&["check"]).exits(0);
    // and it comes after the database
    let rehearsed = space.run(&["up", "--rehearse", "--yes"]).exits(0).err;
    let at = |text: &str| rehearsed.find(text).unwrap_or_else(|| panic!("nothing of {text}:\n{rehearsed}"));
    assert!(at("database") < at("worker"), "{rehearsed}");
    space.run(&["why", "--offline", "deployment/worker"]).exits(0).says(&[SPEC, "T0"]);
}

#[test]
fn the_repository_itself_is_the_example() {
    // the copy leaves nothing out that generation reads
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let space = Space::example();
    let ran = space.run(&["-C", root.to_str().unwrap(), "generate", "--check"]);
    ran.exits(0);
}
