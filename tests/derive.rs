//! What `bowline tasks` appends, and what the graph answers.

#[path = "common/documents.rs"]
mod documents;

use bowline::base::diag::Severity;
use bowline::graph::coverage::coverage;
use bowline::model::ids::{FeatureId, RequirementId};
use documents::{SPEC, TASKS, Workspace};

/// The text that one derivation appends.
fn appended(workspace: &Workspace) -> String {
    let additions = workspace.derive(&workspace.read());
    for addition in &additions {
        workspace.apply(addition);
    }
    additions.into_iter().map(|a| a.text).collect()
}

#[test]
fn a_new_service_gets_its_tasks_and_nothing_else_changes() {
    let workspace = Workspace::tasks(TASKS);
    assert_eq!(appended(&workspace), "");
    let spec = SPEC.replace("# FR-001\n```", "# FR-001\n  worker: { build: app/worker, dependsOn: [api] }\n```");
    workspace.write("specs/todo.md", spec.as_bytes());
    assert_eq!(
        appended(&workspace),
        "
## Phase 2: Service worker

- [ ] T004 Write the worker ConfigMap in charts/todo/templates/worker-configmap.yaml (depends on T001)
- [ ] T005 Write the worker Deployment in charts/todo/templates/worker-deployment.yaml (depends on T003, T004)
- [ ] T006 Apply worker and wait until it is ready (depends on T005)
"
    );
    assert!(workspace.text("tasks/todo.md").starts_with(TASKS));
    assert_eq!(workspace.read().shown(), "");
}

#[test]
fn the_form_of_the_file_is_kept() {
    let text = "# Tasks\r\n\r\n* [x] **T-4.9b** Write out/todo/local/todo-namespace.yaml\r\n* [ ] **T-4.10** Think";
    let workspace = Workspace::tasks(text);
    let path = "charts/todo/templates/api";
    assert_eq!(
        appended(&workspace),
        format!(
            "\r\n* [ ] **T-5.1** Write the api ConfigMap in {path}-configmap.yaml (depends on T-4.9b)\r\n\
             * [ ] **T-5.2** Write the api Deployment in {path}-deployment.yaml per FR-001 (depends on T-5.1)\r\n\
             * [ ] **T-5.3** Apply api and wait until it is ready (depends on T-5.2)\r\n"
        )
    );
    assert_eq!(appended(&workspace), "");
}

#[test]
fn what_vanished_is_removed_by_a_task_and_its_id_is_not_given_again() {
    let gone = "- [x] T004 Write charts/todo/templates/old-configmap.yaml\n\
                - [ ] T005 Write out/todo/local/old-deployment.yaml\n\
                - [ ] T006 Write out/todo/local/odl-deployment.yaml\n";
    let workspace = Workspace::tasks(&format!("{TASKS}{gone}"));
    workspace.write("out/todo/local/old-deployment.yaml", b"x");
    let wrong = workspace.read().findings;
    assert_eq!(wrong.iter().filter(|d| d.severity != Severity::Note).count(), 3);
    assert_eq!(
        appended(&workspace),
        "
## Phase 2: No longer asked for

- [ ] T007 Remove charts/todo/templates/old-configmap.yaml, which T004 made
- [ ] T008 Remove out/todo/local/old-deployment.yaml, which T005 made
"
    );
    // the misspelt one was never made: it stays an error
    let found = workspace.read().findings;
    let told = found.iter().filter(|d| d.severity != Severity::Note);
    let codes: Vec<_> = told.map(|d| (d.code, d.task.clone())).collect();
    assert_eq!(codes, [("artifact-unknown", Some("todo/T006".to_owned()))]);
    assert_eq!(appended(&workspace), "");
    // it comes back: the removal ended the old claims
    let spec = SPEC.replace("# FR-001\n```", "# FR-001\n  old: { build: app/old }\n```");
    workspace.write("specs/todo.md", spec.as_bytes());
    assert!(appended(&workspace).contains("- [ ] T009 Write the old ConfigMap"));
    assert_eq!(workspace.read().graph.missing, []);
}

#[test]
fn nothing_is_appended_to_a_file_that_would_swallow_it() {
    let workspace = Workspace::tasks("## Phase 1\n\n- [ ] T001 Think\n\n<!-- open\n");
    assert_eq!(appended(&workspace), "");
}

#[test]
fn a_feature_without_tasks_gets_a_file() {
    let workspace = Workspace::new(&[("specs/001-todo/spec.md", SPEC.as_bytes())]);
    assert!(appended(&workspace).starts_with(
        "# Tasks: Todo\n\n## Phase 1: Namespace and chart of todo\n\n- [ ] T001 Write the todo Namespace"
    ));
    assert_eq!(workspace.read().graph.tasks.len(), workspace.text("specs/001-todo/tasks.md").matches("- [ ]").count());
    assert_eq!(workspace.read().shown(), "");
}

#[test]
fn the_graph_says_why() {
    let read = Workspace::tasks(&format!("{TASKS}\n## Phase 2: Look\n\n- [ ] T004 [US1] Check the page\n")).read();
    let graph = &read.graph;
    let find = |id: &str| graph.find(id)[0];
    let why = |a: &str, b: &str| graph.path(find(a), find(b)).iter().map(|e| e.why.clone()).collect::<Vec<_>>();
    assert_eq!(why("T001", "todo/T003"), ["`T002` depends on `T001`", "`T003` depends on `T002`"]);
    assert_eq!(why("T003", "T004"), ["`Phase 1: All` comes before `Phase 2: Look`"]);
    assert_eq!(why("T004", "T001"), Vec::<String>::new());
    let requirement = |id: &str| RequirementId { feature: FeatureId("todo".into()), id: id.into() };
    assert_eq!(coverage(&read.documents, graph)[&requirement("FR-001")], [find("T003")]);
    assert_eq!(graph.requirements_of(find("T003")), [requirement("FR-001")]);
    assert_eq!(graph.artifacts_of(find("T002"))[0].to_string(), "api/ConfigMap");
    let ownership = graph.ownership(&read.documents, read.app.as_ref().expect("an app"));
    let owned: Vec<_> = ownership
        .iter()
        .map(|(i, o)| (i.to_string(), o.tasks[0].id.clone(), o.requirements.iter().map(|r| r.id.clone()).collect()))
        .collect();
    let fr: Vec<String> = vec!["FR-001".into()];
    let fields: Vec<_> = ownership.values().map(|o| o.fields.len()).collect();
    assert_eq!(fields, [1, 1, 0], "what the unit's fields cite is kept apart from what its tasks cite");
    assert_eq!(
        owned,
        [
            ("api/ConfigMap".into(), "T002".into(), Vec::new()),
            ("api/Deployment".into(), "T003".into(), fr),
            ("todo/Namespace".to_owned(), "T001".to_owned(), Vec::new()),
        ]
    );
}
