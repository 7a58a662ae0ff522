//! `bowline adopt`: people's own files, tied to the tasks that name them, and not a byte lost.

mod adopting;
mod common;

use std::collections::BTreeMap;
use std::path::Path;

use adopting::{DEPLOYMENT, FILES, space};
use common::{Space, tools};
use serde_json::Value;

/// The bytes of every file below the repository.
fn bytes(space: &Space) -> BTreeMap<String, Vec<u8>> {
    space.tree("").into_iter().map(|(path, (bytes, _))| (path, bytes)).collect()
}

/// The row of a file in the data of `adopt`.
#[track_caller]
fn row<'d>(data: &'d Value, path: &str) -> &'d Value {
    let files = data["data"]["files"].as_array().unwrap();
    files.iter().find(|f| f["path"] == path).unwrap_or_else(|| panic!("no row for {path}: {data:#}"))
}

#[test]
fn the_diff_is_shown_and_nothing_is_written() {
    let space = space();
    let before = bytes(&space);
    let ran = space.run(&["adopt", "--dry-run"]).exits(3);
    assert_eq!(bytes(&space), before);
    // read line by line by a person before it was put here
    let expected = include_str!("adopting/dry-run.diff");
    assert!(ran.out.replace("\r\n", "\n") == expected, "the diff is now\n{}", ran.out);
    ran.says(&["13 files to adopt, 4 without a task"]).never_says(&["top-secret-words", "not-for-the-diff"]);
}

#[test]
fn running_twice_changes_nothing_and_the_lines_can_be_taken_out() {
    let space = space();
    space.run(&["adopt"]).exits(0).says(&["13 files adopted, 4 without a task"]);
    let adopted = space.tree("");
    let ran = space.run(&["adopt"]).exits(0).says(&["nothing new to adopt, 13 as before, 4 without a task"]);
    assert!(!ran.out.contains("stamp "), "{}", ran.out);
    assert_eq!(space.tree(""), adopted, "not even the times of the files");
    space.run(&["adopt", "--dry-run"]).exits(0);
    for (path, text) in FILES {
        let now = space.read(path);
        if now != *text {
            assert_eq!(bowline::make::adopt::remove(&now), *text, "{path}");
        }
    }
}

#[test]
fn ties_doubts_and_candidates() {
    let space = space();
    let data = space.run(&["adopt", "--dry-run", "--output", "json"]).exits(3).json();
    let tied = |path: &str| {
        let row = row(&data, path);
        let ties = row["ties"].as_array().unwrap().iter();
        ties.map(|t| {
            let task = t["task"].as_str().unwrap().rsplit('/').next().unwrap().to_owned();
            format!("{task} {}", t["how"].as_str().unwrap())
        })
        .collect::<Vec<_>>()
    };
    assert_eq!(tied("services/api/Dockerfile"), ["T001 exact path"], "`docker build` is no reason to own a file");
    assert_eq!(tied("deploy/chart/templates/api-deployment.yaml"), ["T012 exact path"]);
    assert_eq!(tied("deploy/chart/templates/api-service.yaml"), ["T011 pattern"]);
    assert_eq!(tied("deploy/chart/values.yaml"), ["T010 folder and name"]);
    assert_eq!(tied("deploy/chart/templates/web-deployment.yaml"), ["T013 only file of that name"]);
    assert_eq!(tied("k8s/base/all.yaml"), ["T020 folder"]);
    assert_eq!(tied("k8s/mine.yaml"), ["T021 named in the file"]);
    for (path, reason) in [
        ("k8s/settings.yaml", "`settings.yaml` of `T021` may be this file or `k8s/old/settings.yaml`"),
        ("k8s/old/settings.yaml", "`settings.yaml` of `T021` may be this file or `k8s/settings.yaml`"),
        ("deploy/chart/templates/ingress.yaml", "`T015` names it, but only to verify it"),
        ("k8s/alone.yaml", "no task names it"),
    ] {
        assert_eq!(row(&data, path)["action"], "no task");
        assert_eq!(row(&data, path)["reason"], reason);
    }
}

#[test]
fn a_file_of_several_tasks_lists_them_all() {
    let space = space();
    space.edit(
        "specs/004-cluster/tasks.md",
        "- [ ] T021 [US3]",
        "- [ ] T016 [US2] Set the strategy in deploy/chart/templates/api-deployment.yaml\n- [ ] T021 [US3]",
    );
    space.run(&["adopt", "deploy/chart/templates/api-deployment.yaml"]).exits(0);
    let text = space.read("deploy/chart/templates/api-deployment.yaml");
    let first = text.lines().next().unwrap();
    assert!(first.contains("task=specs/004-cluster/T012,specs/004-cluster/T016 req="), "{first}");
    assert!(text.contains("bowline.dev/task: \"T012\"\n"), "the first one is the label's\n{text}");
    assert!(text.contains("bowline.dev/tasks: \"specs/004-cluster/T012,specs/004-cluster/T016\"\n"), "{text}");
}

#[test]
fn ids_that_several_features_have() {
    let space = Space::empty();
    let tasks = "- [ ] T001 Write compose.yaml\n- [ ] T002 Write k8s/a.yaml\n";
    for feature in ["001-one", "002-two"] {
        space.write(&format!("specs/{feature}/tasks.md"), tasks);
    }
    let object = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n";
    space.write("infra/compose.yaml", "services: {}\n");
    space.write("k8s/a.yaml", object);
    space.write("k8s/b.yaml", format!("# [Task]: T-001\n{object}"));
    space.write("k8s/c.yaml", format!("# [Task]: T-001\n# [From]: specs/002-two/plan.md\n{object}"));
    space.write("k8s/d.yaml", format!("# [Task]: T-099\n{object}"));
    let data = space.run(&["adopt", "--dry-run", "--output", "json"]).exits(3).json();
    assert_eq!(row(&data, "infra/compose.yaml")["reason"], "tasks of 2 features name `compose.yaml`");
    assert_eq!(row(&data, "k8s/a.yaml")["tasks"], serde_json::json!(["specs/001-one/T002", "specs/002-two/T002"]));
    assert_eq!(row(&data, "k8s/b.yaml")["reason"], "its comment names `T-001`, a task of 2 features");
    assert_eq!(row(&data, "k8s/c.yaml")["tasks"], serde_json::json!(["specs/002-two/T001"]));
    assert_eq!(row(&data, "k8s/d.yaml")["reason"], "its comment names the task `T-099`, which no tasks file has");
}

#[test]
fn moved_files_and_folders_of_code_are_not_guessed() {
    let space = Space::empty();
    space.write(
        "specs/001/tasks.md",
        "- [ ] T001 Write frontend/Dockerfile\n- [ ] T002 Write the API in `backend/`\n- [ ] T003 Write old/place/api-service.yaml\n- [ ] T004 Write old/backend/values.yaml\n",
    );
    space.write("backend/Dockerfile", "FROM a\n");
    space.write("backend/main.py", "");
    space.write("k8s/api-service.yaml", "apiVersion: v1\nkind: Service\nmetadata:\n  name: a\n");
    let data = space.run(&["adopt", "--dry-run", "--output", "json"]).exits(3).json();
    let dockerfile = row(&data, "backend/Dockerfile");
    assert_eq!(dockerfile["reason"], "`T002` names the folder `backend/`, which holds other things too");
    assert_eq!(row(&data, "k8s/api-service.yaml")["tasks"], serde_json::json!(["specs/001/T003"]));
    space.write("specs/001/tasks.md", "- [ ] T001 Write frontend/Dockerfile\n");
    let data = space.run(&["adopt", "--dry-run", "--output", "json"]).exits(0).json();
    let dockerfile = row(&data, "backend/Dockerfile");
    assert_eq!(dockerfile["candidates"], serde_json::json!(["specs/001/T001 names `frontend/Dockerfile`: moved?"]));
}

#[test]
fn paths_begin_where_the_documents_do() {
    let space = Space::empty();
    space.write("phase4/specs/001/tasks.md", "- [ ] T001 Write backend/Dockerfile\n");
    space.write("phase4/backend/Dockerfile", "FROM a\n");
    space.write("backend/other.txt", "");
    let data = space.run(&["adopt", "--dry-run", "--output", "json"]).exits(3).json();
    assert_eq!(row(&data, "phase4/backend/Dockerfile")["ties"][0]["how"], "exact path");
}

#[test]
fn bytes_that_a_person_chose_stay() {
    let space = space();
    space.run(&["adopt"]).exits(0);
    let dockerfile = space.read("services/api/Dockerfile");
    let lines: Vec<&str> = dockerfile.lines().take(3).collect();
    assert_eq!(lines[..2], ["# syntax=docker/dockerfile:1", "# escape=\\"], "directives count only at the top");
    assert!(lines[2].starts_with("# bowline:v1 adopted task=specs/004-cluster/T001 "), "{dockerfile}");
    let windows = space.read("services/web/Dockerfile");
    assert!(windows.lines().count() == 3 && windows.matches("\r\n").count() == 3, "{windows:?}");

    for (path, text) in [
        ("k8s/mine.yaml", "\u{feff}# [Task]: T-021\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: mine"),
        ("k8s/base/all.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata: {name: x}\n"),
    ] {
        space.write(path, text);
        space.run(&["adopt", path]).exits(0);
        let now = space.read(path);
        assert_eq!(bowline::make::adopt::remove(&now), text);
        assert!(now.len() > text.len() && now.starts_with('\u{feff}') == text.starts_with('\u{feff}'), "{now:?}");
    }
    space.run(&["check"]).exits(0);
}

#[test]
fn an_edit_of_an_adopted_file_is_no_error() {
    let space = space();
    space.run(&["adopt"]).exits(0);
    space.edit("k8s/base/all.yaml", "LOG_LEVEL: info", "LOG_LEVEL: debug");
    space.edit("services/api/Dockerfile", "USER 10001", "USER 10002");
    space.run(&["check"]).exits(0).says(&["no errors"]);
    space.run(&["adopt"]).exits(0).says(&["nothing new to adopt"]);
}

#[test]
fn a_sidecar_keeps_the_stamps_and_edits_no_file() {
    let space = space();
    let before = bytes(&space);
    space.run(&["adopt", "--sidecar", "--dry-run"]).exits(3).says(&["+++ b/bowline.lock"]);
    assert_eq!(bytes(&space), before);
    space.run(&["adopt", "--sidecar"]).exits(0).says(&["13 files adopted"]);
    let mut after = bytes(&space);
    let lock = String::from_utf8(after.remove("bowline.lock").unwrap()).unwrap();
    assert_eq!(after, before, "no other file is touched");
    let lines: Vec<&str> = lock.lines().skip(1).collect();
    assert_eq!(lines.len(), 13);
    assert!(lines.is_sorted(), "{lock}");
    assert!(
        lines[0]
            .starts_with("deploy/chart/Chart.yaml task=specs/004-cluster/T010 req=specs/004-cluster/FR-002 source=")
            && lines[0].contains(" file="),
        "{}",
        lines[0]
    );
    space.run(&["adopt", "--sidecar"]).exits(0).says(&["nothing new to adopt, 13 as before"]);
    // a stamp that stands in the lock is not written into the file too
    space.run(&["adopt"]).exits(0).says(&["nothing new to adopt"]);
    let status = space.run(&["status", "--output", "json", "--offline"]).exits(0).json();
    assert_eq!(status["data"]["files"]["adopted"].as_array().unwrap().len(), 13);
    space.run(&["why", "services/api/Dockerfile"]).exits(0).says(&["bowline.lock", "specs/004-cluster/T001"]);

    // an edit is no error, and why says that there was one
    space.edit("services/api/Dockerfile", "USER 10001", "USER 10002");
    space.run(&["check"]).exits(0);
    space.run(&["why", "services/api/Dockerfile"]).says(&["the file was changed, which is no error"]);

    // named, the file takes its stamp itself
    space.run(&["adopt", "services/api/Dockerfile"]).exits(0).says(&["1 file adopted"]);
    assert!(!space.read("bowline.lock").contains("services/api/Dockerfile"));
    assert!(space.read("services/api/Dockerfile").contains("# bowline:v1 adopted"));
}

#[test]
fn a_lock_that_is_broken_or_old() {
    let space = space();
    space.run(&["adopt", "--sidecar"]).exits(0);
    std::fs::remove_file(space.join("k8s/mine.yaml")).unwrap();
    space.run(&["check"]).exits(0).says(&["lock-file-missing", "`k8s/mine.yaml`, which is not there", "bowline.lock:"]);
    space.run(&["adopt", "--sidecar"]).exits(0);
    space.run(&["check"]).exits(0).never_says(&["lock-file-missing"]);
    let good = space.read("bowline.lock");
    space.write("bowline.lock", format!("{good}<<<<<<< HEAD\n"));
    space.run(&["check"]).exits(1).says(&["error[lock-line]", "<<<<<<< HEAD", "run `bowline adopt --sidecar`"]);
    space.run(&["adopt", "--sidecar"]).exits(1).says(&["lock-line"]);
    assert!(space.read("bowline.lock").starts_with(&good), "what cannot be read is not lost");
}

#[test]
fn tasks_that_go_and_requirements_that_change_are_said() {
    let space = space();
    space.run(&["adopt"]).exits(0);
    space.edit("specs/004-cluster/spec.md", "only when it answers", "only when its database answers");
    space.run(&["check"]).exits(0).says(&[
        "warning[adopted-stale]: `FR-003` changed since `deploy/chart/templates/api-deployment.yaml` was adopted for it",
        "deploy/chart/templates/api-deployment.yaml:1:",
        "run `bowline adopt deploy/chart/templates/api-deployment.yaml`",
    ]);
    space.run(&["adopt"]).exits(0).says(&["1 file adopted"]);
    space.run(&["check"]).exits(0).never_says(&["adopted-stale"]);
    space.edit("specs/004-cluster/tasks.md", "T020 [US3] Write everything", "T022 [US3] Write everything");
    space
        .run(&["check"])
        .exits(1)
        .says(&["error[adopted-task]", "answers to `specs/004-cluster/T020`, which no tasks file has"]);
    for code in ["adopted-task", "adopted-stale", "lock-line", "lock-file-missing", "chart-render", "file-uncommitted"]
    {
        space.run(&["why", code]).exits(0).says(&["Fix: "]);
    }
}

#[test]
fn adopted_files_are_checked_and_foreign_ones_are_counted() {
    let space = space();
    let bad = "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: bad\nspec:\n  replicas: two\n";
    space.write("k8s/alone.yaml", bad);
    space.write("k8s/base/all.yaml", bad);
    space.write("services/web/Dockerfile", "FROM node:latest\n");
    space.write("deploy/chart/Chart.yaml", "apiVersion: v2\nname: notes\nname: again\n");
    space.run(&["check"]).exits(0).says(&["no errors"]);
    space.run(&["adopt"]).exits(0);
    let ran = space.run(&["check"]).exits(1).says(&[
        "error[schema-wrong-type]: `spec.replicas` of `Deployment` is text",
        "k8s/base/all.yaml:",
        "error[yaml-duplicate-key]",
        "deploy/chart/Chart.yaml:4",
        "task: specs/004-cluster/T020",
        "task `specs/004-cluster/T020` is ticked as done; this says that it is not",
    ]);
    ran.never_says(&["k8s/alone.yaml", "node:latest"]);
    // a sentence of the constitution is about adopted files too
    space.write("constitution.md", "# Rules\n\n## Images\n\n- Every image names its version; `latest` must never be used.\n- Every artifact must reference a task id.\n");
    space.run(&["check"]).exits(1).says(&["node:latest", "services/web/Dockerfile"]).never_says(&["task-reference"]);
    space.run(&["status"]).exits(0).says(&["files         13 adopted, 4 foreign"]);
}

#[test]
fn a_secret_in_a_manifest_is_found_however_the_file_was_adopted() {
    for how in [&["adopt"][..], &["adopt", "--sidecar"]] {
        let space = space();
        space.edit("k8s/base/all.yaml", "GREETING: not-for-the-diff", "API_TOKEN: 7hQ-planted-2x");
        let found = |space: &Space| {
            let ran = space.run(&["check"]).exits(1).says(&["error[secret-fallback-public]: `API_TOKEN`"]);
            ran.never_says(&["7hQ-planted"]);
        };
        found(&space);
        space.run(how).exits(0).never_says(&["7hQ-planted"]);
        found(&space);
    }
}

#[test]
fn why_names_task_requirement_and_match() {
    let space = space();
    space.run(&["adopt"]).exits(0);
    space.run(&["why", "deploy/chart/templates/api-deployment.yaml"]).exits(0).says(&[
        "adopted: a person wrote it",
        "chart template",
        "specs/004-cluster/T012  Add probes",
        "FR-003  A pod gets traffic only when it answers.",
        "exact path `deploy/chart/templates/api-deployment.yaml`, specs/004-cluster/tasks.md:13",
    ]);
    space.run(&["why", "k8s/settings.yaml"]).exits(0).says(&["foreign", "may be this file or `k8s/old/settings.yaml`"]);
}

#[test]
fn what_cannot_be_adopted_is_said() {
    let space = space();
    space.write("out/x/local/a.yaml", "apiVersion: v1\n");
    for (path, why) in [
        ("services/api/main.py", "it is no Dockerfile, Compose file, manifest or file of a chart"),
        ("services/api/Dockerfil", "there is no such file; did you mean `services/api/Dockerfile`"),
        ("out/x/local/a.yaml", "what lies below `out/` is made by Bowline"),
        ("../x.yaml", "there is no such file"),
    ] {
        space.run(&["adopt", path]).exits(1).says(&[&format!("`{path}` cannot be adopted: {why}")]);
    }
    space.run(&["adopt", "k8s/base"]).exits(0).says(&["3 files adopted"]);
    let generated = Space::small();
    generated.run(&["generate"]).exits(0);
    let before = generated.tree("charts");
    generated
        .run(&["adopt", "charts/small/Chart.yaml"])
        .exits(0)
        .says(&["Bowline makes it; there is nothing to adopt"]);
    generated.run(&["adopt"]).exits(0).says(&["generated and left alone"]);
    assert_eq!(generated.tree("charts"), before);
    generated.run(&["adopt", "--help"]).exits(0).says(&["--sidecar", "a chart renders as before"]);
}

/// What a chart renders, with every line of the stamp left out, and the empty `labels:` that held only them.
#[track_caller]
fn rendered(helm: &Path, space: &Space, more: &[&str]) -> String {
    let args = [&["template", "r", "deploy/chart", "--namespace", "n"], more].concat();
    let text = tools::run(helm, &args, space.path(), None).exits(0).out;
    bowline::make::metadata::remove(&text)
}

#[test]
fn the_chart_renders_as_before() {
    for program in ["helm", "helm4"] {
        let Some(helm) = tools::find_or_skip(program, "the_chart_renders_as_before") else { continue };
        let space = space();
        let off = ["--set", "api.enabled=false", "--set", "web.annotations.a=b"];
        let notes = |space: &Space| {
            let args = ["install", "r", "deploy/chart", "--dry-run=client", "--namespace", "n"];
            let text = tools::run(&helm, &args, space.path(), None);
            text.out.split_once("NOTES:").map(|(_, notes)| notes.to_owned())
        };
        let before = (rendered(&helm, &space, &[]), rendered(&helm, &space, &off), notes(&space));
        assert!(before.0.contains("kind: Deployment"), "{before:?}");
        // Helm 3 asks a cluster before it shows the notes
        assert_eq!(before.2.is_some(), program == "helm4", "{before:?}");
        space.run(&["adopt"]).exits(0);
        let raw = tools::run(&helm, &["template", "r", "deploy/chart"], space.path(), None).exits(0).out;
        assert_eq!(raw.matches("bowline.dev/task: ").count(), 4, "{raw}");
        let after = (rendered(&helm, &space, &[]), rendered(&helm, &space, &off), notes(&space));
        assert_eq!(after, before);
        tools::run(&helm, &["lint", "deploy/chart"], space.path(), None).exits(0);
    }
    assert!(DEPLOYMENT.contains("nindent 4"), "the fixture has labels that an include prints");
}
