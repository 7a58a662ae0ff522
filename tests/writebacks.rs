//! What `bowline tasks` writes into a person's documents: tasks, sections of the plan, ticks. All through the program.

mod common;

use common::{CONSTITUTION, SPEC, Space};

/// The small app with a tasks file of its own.
fn space(tasks: &str) -> Space {
    let space = Space::empty();
    space.write("constitution.md", CONSTITUTION);
    space.write("specs/small.md", SPEC);
    space.write("tasks/small.md", tasks);
    space
}

/// Everything but times.
fn documents(space: &Space) -> Vec<(String, Vec<u8>)> {
    ["specs", "plans", "tasks"].iter().flat_map(|f| space.tree(f)).map(|(n, (bytes, _))| (n, bytes)).collect()
}

#[test]
fn this_repository_has_all_its_tasks_and_its_plan_is_complete() {
    let space = Space::example();
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
    space.run(&["tasks", "--dry-run"]).exits(0).says(&["nothing to append"]);
    assert_eq!(space.git(&["status", "--porcelain"]), "");
}

#[test]
fn a_dry_run_shows_what_a_run_writes_and_a_second_run_writes_nothing() {
    let space = space("# Tasks: small\n");
    let before = documents(&space);
    let shown = space.run(&["tasks", "--dry-run"]).exits(3).says(&[
        "--- a/tasks/small.md",
        "+- [ ] T001 Write Chart.yaml of the small chart in charts/small/Chart.yaml",
        "+++ b/plans/small.md",
        "4 sections of the plan to write; run `bowline tasks`",
    ]);
    assert_eq!(documents(&space), before);
    let written = space.run(&["tasks"]).exits(0).says(&["nothing else was touched"]);
    assert_eq!(shown.out, written.out);
    let after = documents(&space);
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
    space.run(&["tasks", "--dry-run"]).exits(0);
    assert_eq!(documents(&space), after);
    // ten runs on another day would say the same: nothing in it is of today
    space.run(&["generate"]).exits(0);
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
}

#[test]
fn the_plan_says_what_the_checks_say() {
    let space = space("# Tasks: small\n");
    space.run(&["tasks"]).exits(0);
    let plan = space.read("plans/small.md");
    let wanted = "\
# Implementation Plan: Small

## Four Layers (bowline)

| layer | where | what |
|---|---|---|
| 1 code | none | people write it; a delivery never changes it |
| 2 image | `out/small/compose.yaml` | a Dockerfile for each service, and Compose |
| 3 manifest | `out/small/local/`, `out/small/production/` | the objects of each environment |
| 4 chart | `charts/small/` | the same objects for Helm; each unit can be switched off |

<!-- bowline:v1 body=";
    assert!(plan.starts_with(wanted), "{plan}");
    for line in [
        "| `services.web.image` | `nginx:1.27.3` | FR-001 |",
        "| `services.web.replicas` | `2` | FR-002 |",
        "| `environments.production.services.web.replicas` | `3` |  |",
        "What `bowline check` says of `constitution.md`: 6 rules of 3 sentences checked, 0 errors, 0 warnings. \
         0 sentences need a human, 0 are not understood.",
        "| C/I.1 | Pinned: Every image names its version; 'latest' must never be used. | `image-tag-pinned`, `base-image-pinned` | PASS |",
        "## Complexity Tracking\n\n| Violation | Why Needed | Simpler Alternative Rejected Because |\n|---|---|---|\n",
    ] {
        assert!(plan.contains(line), "{line}\n{plan}");
    }
    // what the checks find stands there, and nowhere else does the plan change
    let row = "| Violation | Why Needed | Simpler Alternative Rejected Because |\n|---|---|---|\n";
    space.edit("plans/small.md", row, &format!("{row}| none |  |  |\n"));
    space.edit("specs/small.md", "nginx:1.27.3", "nginx:latest");
    space.run(&["check"]).exits(1).says(&["image-tag-pinned"]);
    space.run(&["tasks"]).exits(0).says(&["2 sections of the plan written"]);
    let found = space.read("plans/small.md");
    assert!(found.contains("| `image-tag-pinned`, `base-image-pinned` | FAIL: 1 finding |"), "{found}");
    assert!(found.ends_with(&format!("{row}| none |  |  |\n")), "{found}");
    space.edit("specs/small.md", "nginx:latest", "nginx:1.27.3");
    space.run(&["tasks"]).exits(0);
    assert_eq!(space.read("plans/small.md"), plan.replace(row, &format!("{row}| none |  |  |\n")));
}

#[test]
fn a_person_s_sections_are_left_alone() {
    let space = space("# Tasks: small\n");
    let theirs = "\u{feff}# Our plan\r\n\r\n## Constitution Check\r\n\r\n- [x] all is well ✅\r\n\r\n## Key decisions\r\n\r\nNone.\r\n\r\n\
                  ## Layers\r\n\r\nFour.\r\n\r\n## Complexity Tracking\r\n\r\nNothing";
    space.write("plans/small.md", theirs);
    space.run(&["tasks"]).exits(0).says(&["1 section of the plan written"]);
    let plan = space.read("plans/small.md");
    let ours = plan.strip_prefix(theirs).expect("their bytes first");
    assert!(ours.starts_with("\r\n\r\n## Constitution Check (bowline)\r\n\r\nWhat"), "{ours}");
    assert!(!ours.replace("\r\n", "").contains('\n'), "one kind of line ending");
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
    // a word of theirs inside of ours: it is theirs now
    let mine = plan.replace("| PASS |", "| PASS, and I agree |");
    space.write("plans/small.md", &mine);
    space.edit("specs/small.md", "nginx:1.27.3", "nginx:latest");
    space.run(&["tasks"]).exits(0).says(&[
        "warning[plan-section-edited]: `Constitution Check (bowline)` was changed by hand, so it is not kept up to date",
        "plans/small.md:19",
        "take ` (bowline)` out of its heading to keep it as yours, or delete the section to have it written anew",
    ]);
    assert_eq!(space.read("plans/small.md"), mine);
}

#[test]
fn all_documents_are_written_or_none() {
    use std::os::unix::fs::PermissionsExt as _;
    let readable = |space: &Space, path: &str, mode: u32| {
        std::fs::set_permissions(space.join(path), std::fs::Permissions::from_mode(mode)).expect("set");
    };
    let space = space("# Tasks: small\n");
    space.write("plans/small.md", "# Plan\n");
    readable(&space, "plans/small.md", 0o444);
    let before = documents(&space);
    space.run(&["tasks"]).exits(4).says(&[
        "error[file-unwritable]",
        "plans/small.md",
        "it is read-only",
        "nothing was written",
    ]);
    assert_eq!(documents(&space), before);
    readable(&space, "plans/small.md", 0o600);
    space.run(&["tasks"]).exits(0);
    let mode = space.join("plans/small.md").metadata().expect("there").permissions().mode();
    assert_eq!(mode & 0o777, 0o600, "permissions stay");
    assert!(documents(&space).iter().all(|(name, _)| !name.contains(".bowline-")), "no temporary file is left");
    // where a folder cannot be made, nothing is written either
    let space = Space::empty();
    space.write("specs/small.md", SPEC);
    space.write("plans", "a file where a folder belongs");
    let before = documents(&space);
    space.run(&["tasks"]).exits(4).says(&["plans"]);
    assert_eq!(documents(&space), before);
    assert!(!space.join("tasks/small.md").exists());
}

#[test]
fn a_link_to_a_document_stays_a_link() {
    let space = Space::empty();
    space.write("specs/small.md", SPEC);
    space.write("docs/real.md", "# Tasks: small\n");
    std::fs::create_dir_all(space.join("tasks")).expect("made");
    std::os::unix::fs::symlink("../docs/real.md", space.join("tasks/small.md")).expect("linked");
    space.run(&["tasks"]).exits(0);
    assert!(space.join("tasks/small.md").symlink_metadata().expect("there").file_type().is_symlink());
    assert!(space.read("docs/real.md").contains("- [ ] T001"));
}

#[test]
fn an_id_is_not_given_again() {
    let space = space("# Tasks: small\n\nT004 was dropped.\n");
    space.run(&["tasks"]).exits(0).says(&["+- [ ] T005 Write Chart.yaml"]);
    space.run(&["generate"]).exits(0);
    // the last task is taken out by hand; its stamp is still on disk
    let tasks = space.read("tasks/small.md");
    let last = tasks.lines().rfind(|l| l.contains(" Write ")).expect("a task").to_owned();
    let id = last.split_whitespace().nth(3).expect("an id").to_owned();
    let kept: Vec<&str> = tasks.lines().filter(|l| !l.contains(&id) && !l.contains("Apply web")).collect();
    space.write("tasks/small.md", kept.join("\n") + "\n");
    let ran = space.run(&["tasks"]).exits(0);
    assert!(!ran.out.contains(&format!("] {id} ")), "{}", ran.out);
}

#[test]
fn ticks_are_one_byte_each_and_rest_on_evidence() {
    let space = Space::small();
    let untouched = space.read("tasks/small.md");
    let manual = "- [X] T901 Agree on names\n- [ ] T902 Decide on colours\n- [x] T903 Write `docs/gone.md`\n\
                  - [ ] T904 Verify that web answers\n- [ ] T905 Write `app/main.py`\n- [ ] T906 Remove `docs/gone.md`\n";
    space.write("tasks/small.md", format!("{untouched}{manual}").replace("T906 Remove `docs/gone.md`", "T906 Think"));
    space.write("app/main.py", "print()\n");
    // nothing is generated yet
    space.run(&["tasks", "--tick"]).exits(0).says(&[
        "not ticked  T001  charts/small/Chart.yaml does not exist; `bowline generate` writes it",
        "not ticked  T902  a person's work",
        "not ticked  T904  no run has reached it",
        "not ticked  T905  app/main.py carries no stamp of this task; a person ticks it",
        "phantom     T903  is ticked, and docs/gone.md does not exist (tasks/small.md:",
    ]);
    space.run(&["generate"]).exits(0);
    let before = space.read("tasks/small.md");
    space
        .run(&["tasks", "--tick", "--dry-run"])
        .exits(3)
        .says(&["would tick  T001  charts/small/Chart.yaml is as generated"]);
    assert_eq!(space.read("tasks/small.md"), before);
    space.run(&["tasks", "--tick"]).exits(0).says(&["ticked      T001", "1 file of ticked tasks missing"]);
    let after = space.read("tasks/small.md");
    let differ: Vec<(u8, u8)> = before.bytes().zip(after.bytes()).filter(|(a, b)| a != b).collect();
    assert_eq!(before.len(), after.len());
    assert!(differ.len() > 5 && differ.iter().all(|d| *d == (b' ', b'x')), "{differ:?}");
    for id in ["T902", "T904", "T905", "T906"] {
        assert!(after.contains(&format!("- [ ] {id}")), "{id}");
    }
    space.run(&["tasks", "--tick"]).exits(0).says(&["0 ticked"]);
    assert_eq!(space.read("tasks/small.md"), after);
    // a tick is never taken back
    std::fs::remove_dir_all(space.join("charts")).expect("removed");
    space.run(&["tasks", "--tick"]).exits(0);
    assert_eq!(space.read("tasks/small.md"), after);
}

#[test]
fn an_error_in_the_file_keeps_the_box_open_and_the_style_of_ticks_is_kept() {
    let space = Space::small();
    space.edit("specs/small.md", "nginx:1.27.3", "nginx:latest");
    space.edit("tasks/small.md", "\n## Phase 1", "\n- [X] T900 Begin\n\n## Phase 1");
    space.run(&["generate"]);
    let ran = space.run(&["tasks", "--tick"]).exits(0);
    let deployment = ran.out.lines().find(|l| l.contains("`image-tag-pinned` at")).expect("the finding is the reason");
    assert!(deployment.starts_with("not ticked"), "{deployment}");
    assert!(space.read("tasks/small.md").contains("- [X] T001"), "{}", space.read("tasks/small.md"));
}

#[test]
fn what_runs_is_ticked_by_a_real_run_that_succeeded() {
    let space = Space::small();
    let tasks = space.read("tasks/small.md");
    let apply =
        tasks.lines().find(|l| l.contains("Apply web")).expect("a task").split_whitespace().nth(3).expect("an id");
    let report = |number: u32, rehearsal: bool, result: &str| {
        let entry = serde_json::json!({ "operation": "apply", "tasks": [format!("small/{apply}")], "result": result });
        let text = serde_json::json!({ "bowline": 1, "rehearsal": rehearsal, "operations": [entry] }).to_string();
        space.write(&format!(".bowline/runs/{number:04}.json"), text);
    };
    report(1, true, "done");
    space.run(&["tasks", "--tick"]).exits(0).says(&[&format!("not ticked  {apply}  no run has reached it")]);
    report(2, false, "failed");
    space
        .run(&["tasks", "--tick"])
        .exits(0)
        .says(&[&format!("not ticked  {apply}  did not succeed in .bowline/runs/0002.json")]);
    report(3, false, "unchanged");
    space.run(&["tasks", "--tick"]).exits(0).says(&[&format!("ticked      {apply}  done in .bowline/runs/0003.json")]);
}

#[test]
fn a_service_comes_and_goes() {
    let space = Space::small();
    space.run(&["generate"]).exits(0);
    let plan = space.read("plans/small.md");
    space.edit("specs/small.md", "environments:", "  worker: { image: \"busybox:1.36.1\" }\nenvironments:");
    space.run(&["tasks"]).exits(0).says(&["Service worker", "+| `services.worker.image` | `busybox:1.36.1` |  |"]);
    space.run(&["generate"]).exits(0);
    space.edit("specs/small.md", "  worker: { image: \"busybox:1.36.1\" }\n", "");
    space
        .run(&["tasks"])
        .exits(0)
        .says(&["No longer asked for", "Remove charts/small/templates/worker-deployment.yaml, which T"]);
    assert_eq!(space.read("plans/small.md"), plan);
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
}
