//! Bad documents, each with the whole message that a reader gets.

#[path = "common/documents.rs"]
mod documents;

use documents::{SPEC, TASKS, Workspace};

/// What is wrong with these tasks under the usual spec.
fn tasks(text: &str) -> String {
    Workspace::tasks(text).read().shown()
}

#[track_caller]
fn assert_shows(shown: &str, wanted: &str) {
    assert_eq!(shown.trim(), wanted.trim(), "\n--- shown\n{shown}\n--- wanted\n{wanted}");
}

#[test]
fn good_documents_say_nothing() {
    assert_shows(&tasks(TASKS), "");
}

#[test]
fn no_documents() {
    assert_shows(
        &Workspace::new(&[("README.md", b"# Hello")]).read().shown(),
        "
error[documents-missing]: there are no documents here
   looked for `specs/NAME/spec.md` and `tasks.md` at any depth, `.kiro/specs`, `openspec`,
   `specs/NAME.md`, `tasks/NAME.md` and `constitution.md`
   fix: run in the repository that has them, or begin with `bowline init`
",
    );
}

#[test]
fn two_tasks_with_one_id() {
    assert_shows(
        &tasks(&format!("{TASKS}- [ ] T002 Check the page\n")),
        "
error[task-duplicate]: two tasks are called `T002`
 --> tasks/todo.md:6:7
  |
4 | - [ ] T002 Write charts/todo/templates/api-configmap.yaml (depends on T001)
  |       ---- first here
5 | - [ ] T003 Write charts/todo/templates/api-deployment.yaml per FR-001 (depends on T002)
6 | - [ ] T002 Check the page
  |       ^^^^ again here
   fix: give the second one an id of its own, higher than any in the file
   task: todo/T002
",
    );
}

#[test]
fn a_dependency_on_an_unknown_task() {
    assert_shows(
        &tasks(&TASKS.replace("(depends on T002)", "(depends on T022)")),
        "
error[task-unknown]: `T003` depends on `T022`, and there is no such task
 --> tasks/todo.md:5:83
  |
5 | - [ ] T003 Write charts/todo/templates/api-deployment.yaml per FR-001 (depends on T022)
  |                                                                                   ^^^^ not a task of this feature
   fix: did you mean `T002`
   task: todo/T003
",
    );
}

#[test]
fn a_cycle_shows_its_path_and_every_line() {
    assert_shows(
        &tasks(&format!("{TASKS}- [ ] T004 Check it (depends on T005)\n- [ ] T005 Check again (depends on T004)\n")),
        "
error[task-cycle]: tasks wait for each other: `T004` → `T005` → `T004`
 --> tasks/todo.md:6:33
  |
6 | - [ ] T004 Check it (depends on T005)
  |                                 ^^^^ `T004` waits for `T005`
7 | - [ ] T005 Check again (depends on T004)
  |                                    ---- `T005` waits for `T004`
   fix: remove one of these dependencies
",
    );
}

#[test]
fn a_cycle_through_the_namespace() {
    let text = TASKS.replace("todo-namespace.yaml", "todo-namespace.yaml (depends on T003)");
    assert_shows(
        &tasks(&text),
        "
error[task-cycle]: tasks wait for each other: `T001` → `T003` → `T001`
 --> tasks/todo.md:3:65
  |
3 | - [ ] T001 Write out/todo/local/todo-namespace.yaml (depends on T003)
  |                                                                 ^^^^ `T001` waits for `T003`
4 | - [ ] T002 Write charts/todo/templates/api-configmap.yaml (depends on T001)
5 | - [ ] T003 Write charts/todo/templates/api-deployment.yaml per FR-001 (depends on T002)
  |       ---- `T003` waits for `T001`: `api/Deployment` lives in the namespace `todo`
   fix: remove one of these dependencies
",
    );
}

#[test]
fn a_file_that_nothing_can_make() {
    assert_shows(
        &tasks(&TASKS.replace("api-configmap", "api-confgmap")),
        "
error[artifact-unknown]: `T002` names `charts/todo/templates/api-confgmap.yaml`, which nothing can make
 --> tasks/todo.md:4:18
  |
4 | - [ ] T002 Write charts/todo/templates/api-confgmap.yaml (depends on T001)
  |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ nothing makes this
   files below `out/` and `charts/` come from the spec and the templates
   if the spec asked for it before, `bowline tasks` adds a task that removes it
   fix: did you mean `charts/todo/templates/api-configmap.yaml`
   task: todo/T002
",
    );
}

#[test]
fn two_tasks_for_one_object() {
    assert_shows(
        &tasks(&format!("{TASKS}- [ ] T004 Write out/todo/local/api-deployment.yaml\n")),
        "
error[artifact-claimed-twice]: `T003` and `T004` both make `api/Deployment`
 --> tasks/todo.md:6:18
  |
5 | - [ ] T003 Write charts/todo/templates/api-deployment.yaml per FR-001 (depends on T002)
  |                  ----------------------------------------- `T003` makes it
6 | - [ ] T004 Write out/todo/local/api-deployment.yaml
  |                  ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ `T004` makes it again
   a task owns the object: its manifest in every environment and its chart template
   fix: let `T004` begin with `Update` if it changes what `T003` makes, or remove one of them
   task: todo/T004
",
    );
    // changing what another task makes is no second claim
    assert_shows(&tasks(&format!("{TASKS}- [ ] T004 Update out/todo/local/api-deployment.yaml\n")), "");
}

#[test]
fn paths_that_leave_the_repository() {
    let text = format!(
        "{TASKS}- [ ] T004 Write ../elsewhere/x.yaml\n- [ ] T005 Write /etc/cron.d/x.yaml\n- [ ] T006 Write link/x.yaml\n- [ ] T007 Read /etc/hosts.txt\n"
    );
    let workspace = Workspace::new(&[("specs/todo.md", SPEC.as_bytes()), ("tasks/todo.md", text.as_bytes())]);
    let outside = tempfile::tempdir().expect("a folder");
    std::os::unix::fs::symlink(outside.path(), workspace.root.path().join("link")).expect("linked");
    assert_shows(
        &workspace.read().shown(),
        "
error[path-outside]: `T004` names `../elsewhere/x.yaml`, which leaves the repository
 --> tasks/todo.md:6:18
  |
6 | - [ ] T004 Write ../elsewhere/x.yaml
  |                  ^^^^^^^^^^^^^^^^^^^ `..` climbs out of the repository
   fix: name a path inside the repository, relative to its root
   task: todo/T004

error[path-outside]: `T005` names `/etc/cron.d/x.yaml`, which leaves the repository
 --> tasks/todo.md:7:18
  |
7 | - [ ] T005 Write /etc/cron.d/x.yaml
  |                  ^^^^^^^^^^^^^^^^^^ an absolute path
   fix: name a path inside the repository, relative to its root
   task: todo/T005

error[path-outside]: `T006` names `link/x.yaml`, which leaves the repository
 --> tasks/todo.md:8:18
  |
8 | - [ ] T006 Write link/x.yaml
  |                  ^^^^^^^^^^^ a symbolic link on the way leads out of the repository
   fix: name a path inside the repository, relative to its root
   task: todo/T006
",
    );
}

#[test]
fn a_file_that_is_not_utf8_is_named_and_the_others_are_read() {
    let latin = b"## Phase 1\n\n- [ ] T001 Caf\xe9\n";
    let workspace = Workspace::new(&[
        ("specs/todo.md", SPEC.as_bytes()),
        ("tasks/todo.md", TASKS.as_bytes()),
        ("tasks/other.md", latin),
    ]);
    assert_shows(
        &workspace.read().shown(),
        "
error[file-not-utf8]: `tasks/other.md` is not UTF-8, so it is not read
   the first byte that is not UTF-8 stands in line 3
   fix: save the file as UTF-8
",
    );
}

#[test]
fn crlf_and_a_byte_order_mark_change_nothing() {
    let windows = |text: &str| format!("\u{feff}{}", text.replace('\n', "\r\n"));
    let (spec, good) = (windows(SPEC), windows(TASKS));
    let workspace = Workspace::new(&[("specs/todo.md", spec.as_bytes()), ("tasks/todo.md", good.as_bytes())]);
    assert_shows(&workspace.read().shown(), "");
    let bad = windows(&SPEC.replace("ports", "prots"));
    let workspace = Workspace::new(&[("specs/todo.md", bad.as_bytes()), ("tasks/todo.md", good.as_bytes())]);
    assert_shows(
        &workspace.read().shown(),
        "
error[field-unknown]: `services.api` has no field `prots`
 --> specs/todo.md:8:26
  |
8 |   api: { build: app/api, prots: [80] }   # FR-001
  |                          ^^^^^ not a field
   fix: did you mean `ports`
",
    );
}

#[test]
fn an_unclosed_fence() {
    let spec = SPEC.trim_end().trim_end_matches("```");
    let workspace = Workspace::new(&[("specs/todo.md", spec.as_bytes())]);
    assert_shows(
        &workspace.read().shown(),
        "
error[fence-unclosed]: this code fence is never closed
 --> specs/todo.md:5:1
  |
5 | ```yaml bowline
  | ^^^^^^^^^^^^^^^ opened here
   everything below it is taken for a part of it and not read
   fix: repeat its opening marks on a line of their own where it ends
",
    );
}

#[test]
fn broken_yaml_points_at_the_line_of_the_document() {
    let spec = SPEC.replace("services:", "services: [");
    let workspace = Workspace::new(&[("specs/todo.md", spec.as_bytes()), ("tasks/todo.md", TASKS.as_bytes())]);
    assert_shows(
        &workspace.read().shown(),
        "
error[yaml-syntax]: this is not valid YAML: unclosed bracket '['
 --> specs/todo.md:7:1
  |
7 | services: [
  | ^^^^^^^^^^^ here
   fix: correct the YAML; an editor with YAML support shows the same place
",
    );
}

#[test]
fn requirements_that_no_spec_has() {
    assert_shows(
        &tasks(&TASKS.replace("FR-001", "FR-010")),
        "
warning[requirement-unknown]: `T003` cites `FR-010`, which the spec of `todo` does not have
 --> tasks/todo.md:5:64
  |
5 | - [ ] T003 Write charts/todo/templates/api-deployment.yaml per FR-010 (depends on T002)
  |                                                                ^^^^^^ not in the spec
   fix: did you mean `FR-001`
   task: todo/T003
",
    );
}

#[test]
fn an_artifact_without_a_task() {
    let text: String = TASKS.split_inclusive('\n').filter(|l| !l.contains("T003")).collect();
    assert_shows(
        &tasks(&text),
        "
warning[task-missing]: no task asks for `api/Deployment`, so it is not made
 --> specs/todo.md:8:3
  |
8 |   api: { build: app/api, ports: [80] }   # FR-001
  |   ^^^ the spec allows for it here
   fix: `bowline tasks` adds one
",
    );
}
