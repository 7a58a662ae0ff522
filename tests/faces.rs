//! What a user sees of a repository as it is: `status`, `why`, `check`, and the names of things, in several dialects.

mod common;

use common::Space;

/// Two features of spec-kit that use the same ids, a constitution, and a second one.
fn spec_kit() -> Space {
    let space = Space::empty();
    space.write(
        ".specify/memory/constitution.md",
        "# Rules\n\n## Core Principles\n\n### I. Small\n\n- Functions must be short.\n- Every image names its version; `latest` must never be used.\n\n\
         ### II. Tested\n\n- Tests should run before a merge.\n\n**Version**: 1.2.0 | **Ratified**: 2026-01-05\n",
    );
    space.write("docs/old-constitution.md", "# Old rules\n");
    space.write(
        "specs/001-sign-in/spec.md",
        "# Feature Specification: Sign in\n\n### User Story 1 - Enter (Priority: P1)\n\n### Functional Requirements\n\n\
         - **FR-001**: The system MUST ask for a password.\n- **FR-002**: The system MUST lock after five failures.\n",
    );
    space.write(
        "specs/001-sign-in/tasks.md",
        "# Tasks: Sign in\n\n## Phase 1: Setup\n\n- [x] T001 Create src/login.py\n- [ ] T002 [P] Create src/lock.py per FR-002 (depends on T001)\n\n\
         ## Phase 2: User Story 1\n\n- [ ] T003 [US1] Read the texts again with the team\n  - at least two people\n",
    );
    space.write("src/login.py", "pass\n");
    space.write(
        "specs/002-export/spec.md",
        "# Feature Specification: Export\n\n### Functional Requirements\n\n- **FR-001**: The system MUST write CSV.\n- fr 2: not an id\n",
    );
    space.write(
        "specs/002-export/tasks.md",
        "# Tasks\n\n- [X] T001 Create src/csv.py per FR-001\n- [ ] T04 Create src/odd.py\n",
    );
    space
}

#[test]
fn status_counts_features_tasks_and_requirements() {
    let space = spec_kit();
    let text = space.run(&["status"]).exits(0).out;
    assert_eq!(
        text,
        "\
constitution  .specify/memory/constitution.md 1.2.0, 3 sentences
              docs/old-constitution.md (not read)

feature            layout    tasks  done  open  manual  requirements with tasks
specs/001-sign-in  spec-kit      3     1     2       1  2 of 3
specs/002-export   spec-kit      2     1     1       0  1 of 1
2 features                       5     2     3       1  3 of 4

not read in specs/002-export/spec.md: 1 line
  because the id is not written as `**FR-004**:`:
      6  fr 2: not an id
"
    );
}

#[test]
fn status_of_one_feature_shows_requirements_tasks_and_artifacts() {
    let space = spec_kit();
    let text = space.run(&["status", "1"]).exits(0).out;
    assert_eq!(
        text,
        "\
constitution  .specify/memory/constitution.md 1.2.0, 3 sentences
              docs/old-constitution.md (not read)

feature            layout    tasks  done  open  manual  requirements with tasks
specs/001-sign-in  spec-kit      3     1     2       1  2 of 3

specs/001-sign-in  Sign in
  requirements with tasks
    US1     Enter (Priority: P1)
            → T003
    FR-002  The system MUST lock after five failures.
            → T002
  requirements without a task
    FR-001  The system MUST ask for a password.
  tasks
    T001  done   produces  Create src/login.py
          → src/login.py
    T002  open   produces  Create src/lock.py per FR-002 (depends on T001)
    T003  open   manual    Read the texts again with the team
"
    );
    space.run(&["status", "3"]).exits(1).says(&["error: there is no feature `3`"]);
}

#[test]
fn status_as_data_has_the_promised_shape() {
    let space = spec_kit();
    let json = space.run(&["status", "--output", "json"]).exits(0).json();
    assert_eq!((&json["bowline"], &json["command"]), (&1.into(), &"status".into()));
    let data = &json["data"];
    assert_eq!(data["constitution"], ".specify/memory/constitution.md");
    assert_eq!(data["constitutionsNotRead"], serde_json::json!(["docs/old-constitution.md"]));
    let features = data["features"].as_array().unwrap();
    assert_eq!(features.len(), 2);
    for feature in features {
        let tasks = &feature["tasks"];
        let number = |key: &str| tasks[key].as_u64().unwrap_or_else(|| panic!("{key} in {feature}"));
        assert_eq!(number("total"), number("done") + number("open"), "{feature}");
        assert!(number("manual") <= number("total"));
        assert_eq!(tasks["items"].as_array().unwrap().len() as u64, number("total"));
    }
    let one = &features[0];
    assert_eq!((&one["path"], &one["layout"]), (&"specs/001-sign-in".into(), &"spec-kit".into()));
    assert_eq!((&one["requirements"]["total"], &one["requirements"]["covered"]), (&3.into(), &2.into()));
    assert_eq!(one["tasks"]["items"][0]["artifacts"], serde_json::json!(["src/login.py"]));
    assert_eq!(
        data["unread"],
        serde_json::json!([{ "file": "specs/002-export/spec.md", "line": 6, "text": "fr 2: not an id",
            "reason": "the id is not written as `**FR-004**:`", "as": "not read" }])
    );
    let one = space.run(&["status", "export", "--output", "json"]).exits(0).json();
    assert_eq!(one["data"]["features"].as_array().unwrap().len(), 1);
}

#[test]
fn every_line_that_was_not_read_is_counted_shown_and_in_the_data() {
    let space = spec_kit();
    let odd: String = (1..=30).map(|n| format!("- fr {n}: odd\n")).collect();
    space.write("specs/003-odd/spec.md", format!("# Odd\n\n{odd}"));
    let text = space.run(&["status"]).exits(0).out;
    assert!(text.contains("not read in specs/003-odd/spec.md: 30 lines\n"), "{text}");
    assert!(text.contains("     22  fr 20: odd\n         10 more, `--verbose` lists them\n"), "{text}");
    let text = space.run(&["status", "--verbose"]).exits(0).out;
    assert!(text.contains("     32  fr 30: odd\n") && !text.contains("more, `--verbose`"), "{text}");
    let json = space.run(&["status", "--output", "json"]).exits(0).json();
    assert_eq!(json["data"]["unread"].as_array().unwrap().len(), 31);
    let json = space.run(&["check", "--output", "json"]).exits(0).json();
    assert_eq!(json["data"]["looked"]["unread"], 31);
}

#[test]
fn wide_letters_keep_the_columns() {
    let space = Space::empty();
    space.write("specs/001-部署到集群/tasks.md", "# 任务\n\n- [x] T001 创建 src/数据.py\n");
    space.write("specs/002-تعیناتی/tasks.md", "# کام\n\n- [ ] T001 Create src/a.py\n- [ ] T002 Create src/b.py\n");
    space.write("specs/003-plain/tasks.md", "# Tasks\n\n- [ ] T001 Create src/a.py\n");
    let text = space.run(&["status"]).exits(0).out;
    // each Chinese letter takes two columns, each Urdu one takes one
    assert_eq!(
        text,
        "\
constitution  none

feature               layout    tasks  done  open  manual  requirements with tasks
specs/001-部署到集群  spec-kit      1     1     0       0  none
specs/002-تعیناتی     spec-kit      2     0     2       0  none
specs/003-plain       spec-kit      1     0     1       0  none
3 features                          4     1     3       0  none
"
    );
    space.run(&["why", "部署到集群/T001"]).exits(0).says(&["创建 src/数据.py"]);
    space.run(&["why", "تعیناتی/t2"]).exits(0).says(&["task specs/002-تعیناتی/T002"]);
}

fn kiro() -> Space {
    let space = Space::empty();
    space.write(
        ".kiro/specs/login/requirements.md",
        "# Requirements Document\n\n### Requirement 1: Enter\n\n**User Story:** As a user, I want to enter, so that I am in.\n\n\
         #### Acceptance Criteria\n\n1. WHEN a password is wrong THEN the system SHALL refuse\n2. WHEN it is right THEN the system SHALL let in\n\n\
         ### Requirement 2: Leave\n\n#### Acceptance Criteria\n\n1. WHEN a user leaves THEN the system SHALL forget the session\n",
    );
    space.write(
        ".kiro/specs/login/tasks.md",
        "# Implementation Plan\n\n- [x] 1. Doors\n  - [x] 1.1 Create src/door.ts\n    - _Requirements: 1.1_\n  - [-] 1.2 Create src/lock.ts\n    - _Requirements: 1.2_\n- [ ] 2. Write the guide\n",
    );
    space
}

fn open_spec() -> Space {
    let space = Space::empty();
    space.write(
        "openspec/specs/auth/spec.md",
        "# auth\n\n## Purpose\nWho may enter.\n\n## Requirements\n\n### Requirement: User login\nThe system SHALL ask for a password.\n\n\
         #### Scenario: Wrong password\n- **WHEN** it is wrong\n- **THEN** nobody enters\n\n### Requirement: User logout\nThe system SHALL forget.\n",
    );
    space.write("openspec/changes/add-keys/proposal.md", "## Why\nKeys.\n");
    space.write(
        "openspec/changes/add-keys/tasks.md",
        "## 1. Keys\n\n- [x] 1.1 Create src/key.ts\n- [ ] 1.2 Test the keys\n",
    );
    space.write(
        "openspec/changes/add-keys/specs/auth/spec.md",
        "## ADDED Requirements\n\n### Requirement: Key login\nThe system SHALL accept keys.\n\n#### Scenario: Good key\n- **WHEN** it fits\n- **THEN** it opens\n",
    );
    space
}

#[test]
fn short_names_are_taken_where_they_mean_one_thing() {
    let space = spec_kit();
    for name in ["001-sign-in/T002", "1/t2", "sign-in/T002", "specs/001-sign-in/T002", "T002", "t-2", "task:T002"] {
        space.run(&["why", name]).exits(0).says(&["task specs/001-sign-in/T002  Create src/lock.py"]);
    }
    for name in ["specs/002-export", "./specs/002-export/", "002", "2", "export", "EXPORT", "002-exp", "feature:export"]
    {
        space.run(&["why", name]).exits(0).says(&["feature specs/002-export  Export"]);
    }
    for name in ["FR-002", "fr2", "1/FR-002", "US1", "story 1", "requirement:FR-002"] {
        space.run(&["why", name]).exits(0).says(&["requirement specs/001-sign-in/"]);
    }
    for name in ["C/I.1", "c/i.1", "I.1", "statement:C/I.1"] {
        space.run(&["why", name]).exits(0).says(&["statement C/I.1  I. Small", "Functions must be short."]);
    }
    space.run(&["why", "C/I"]).exits(0).says(&["statement C/I.1", "statement C/I.2"]).never_says(&["C/II.1"]);
    space.run(&["graph", "--tasks", "--feature", "2"]).exits(0).says(&["T001"]).never_says(&["T002"]);
}

#[test]
fn names_of_several_things_are_answered_with_all_of_them() {
    let space = spec_kit();
    let ran = space.run(&["why", "T001"]).exits(2);
    assert_eq!(
        ran.err,
        "error: `T001` means 2 things; name one of them:\n  specs/001-sign-in/T001\n  specs/002-export/T001\n"
    );
    for name in ran.err.lines().skip(1) {
        space.run(&["why", name.trim()]).exits(0);
    }
    space.run(&["why", "FR-001"]).exits(2).says(&["specs/001-sign-in/FR-001\n  specs/002-export/FR-001\n"]);
    space.run(&["status", "specs"]).exits(1).says(&["there is no feature `specs`"]);
    space.write("specs/002-import/spec.md", "# Import\n\n- **FR-009**: The system MUST read CSV.\n");
    space.run(&["status", "2"]).exits(2).says(&["`2` means 2 things", "  specs/002-export\n  specs/002-import\n"]);
    space.run(&["graph", "--feature", "002"]).exits(2);
    // one meaning is left when the feature is named, however shortly, or when only one feature has the name
    space.run(&["why", "2/T001"]).exits(0).says(&["task specs/002-export/T001"]);
    space.run(&["why", "FR-009"]).exits(0).says(&["specs/002-import/FR-009"]);
}

#[test]
fn a_task_and_a_requirement_of_one_name_are_both_answered() {
    let space = kiro();
    let json = space.run(&["why", "login/1.2", "--output", "json"]).exits(0).json();
    let kinds: Vec<_> = json["data"]["answers"].as_array().unwrap().iter().map(|a| a["kind"].clone()).collect();
    assert_eq!(kinds, ["task", "requirement"]);
    let text = space.run(&["why", "requirement:1.2"]).exits(0).never_says(&["task .kiro"]).out;
    assert!(text.contains("WHEN it is right THEN the system SHALL let in"), "{text}");
    assert!(text.contains("task  1.2  begun  Create src/lock.ts"), "{text}");
    space.run(&["why", "task:1.2"]).exits(0).says(&["state        begun; produces"]).never_says(&["kind  "]);
}

#[test]
fn what_tasks_cite_is_covered_in_every_dialect() {
    let space = kiro();
    let json = space.run(&["status", "--output", "json"]).exits(0).json();
    let feature = &json["data"]["features"][0];
    // two requirements, three criteria; 1.1 and 1.2 are cited, and so is 1 by its parts
    assert_eq!((&feature["requirements"]["total"], &feature["requirements"]["covered"]), (&5.into(), &3.into()));
    let space = open_spec();
    space.run(&["why", "User login"]).exits(0).says(&["requirement openspec/specs/auth/User login"]);
    space.run(&["why", "user-LOGIN"]).exits(0).says(&["The system SHALL ask for a password."]);
    space.run(&["why", "Key login"]).exits(0).says(&["added by this change"]);
    space.run(&["why", "user logni"]).exits(1).says(&["did you mean `User login`"]);
}

#[test]
fn unknown_names_are_answered_with_the_nearest() {
    let space = spec_kit();
    space.run(&["why", "sing-in"]).exits(1).says(&["did you mean `sign-in`"]);
    space.run(&["why", "specs/001-sign-in/T009"]).exits(1).says(&["did you mean"]);
    space.run(&["why", "1/T777"]).exits(1).says(&[
        "nothing here is called `1/T777`; `specs/001-sign-in` has 3 tasks, `T001` to `T003`, and 3 requirements",
    ]);
    space.run(&["why", "C/IX.9"]).exits(1).says(&["`bowline constitution` lists the sentences"]);
    space.run(&["why", "task-cycl"]).exits(1).says(&["did you mean `task-cycle`"]);
}

#[test]
fn a_task_with_all_that_is_known_of_it() {
    let space = spec_kit();
    let text = space.run(&["why", "T002"]).exits(0).out;
    assert_eq!(
        text,
        "\
task specs/001-sign-in/T002  Create src/lock.py per FR-002 (depends on T001)
  line         specs/001-sign-in/tasks.md:6
  state        open; produces
  phase        Phase 1: Setup
  parallel     `[P]`: it may be done beside others
  requirement  FR-002  The system MUST lock after five failures. (specs/001-sign-in/spec.md:8)
  path         src/lock.py  is not there
  after        T001  `T002` depends on `T001` (declared, specs/001-sign-in/tasks.md:6)
"
    );
    let json = space.run(&["why", "T002", "--output", "json"]).exits(0).json();
    let task = &json["data"]["answers"][0];
    assert_eq!(task["kind"], "task");
    assert_eq!(task["id"], "specs/001-sign-in/T002");
    assert_eq!(task["at"], serde_json::json!({ "file": "specs/001-sign-in/tasks.md", "line": 6 }));
    assert_eq!((&task["state"], &task["does"], &task["story"]), (&"open".into(), &"produces".into(), &().into()));
    assert_eq!(task["requirements"][0]["id"], "FR-002");
    assert_eq!(task["paths"][0]["exists"], false);
    assert_eq!(task["after"][0]["task"], "specs/001-sign-in/T001");
    assert_eq!(task["after"][0]["evidence"], "declared");
    for key in ["words", "phase", "labels", "artifacts", "runs", "before", "details", "findings", "parallel", "manual"]
    {
        assert!(task.get(key).is_some(), "{key} is always there: {task}");
    }
    space.run(&["why", "T003"]).exits(0).says(&["story   US1  Enter", "detail  - at least two people"]);
}

#[test]
fn requirements_features_codes_and_sentences() {
    let space = spec_kit();
    assert_eq!(
        space.run(&["why", "FR-002"]).exits(0).out,
        "\
requirement specs/001-sign-in/FR-002
  text  The system MUST lock after five failures.
  line  specs/001-sign-in/spec.md:8
  kind  functional
  task  T002  open  Create src/lock.py per FR-002 (depends on T001) (specs/001-sign-in/tasks.md:6)
"
    );
    assert_eq!(
        space.run(&["why", "export"]).exits(0).out,
        "\
feature specs/002-export  Export
  layout        spec-kit
  document      specs/002-export/spec.md
                specs/002-export/tasks.md
  tasks         1 of 2 done, 1 open, 0 manual
  requirements  1 of 1 have tasks
  not read      1 line; `bowline status` lists them
  found         note[task-phantom]: `T001` is ticked, and `src/csv.py` is not there (specs/002-export/tasks.md:3)
                note[task-without-requirement]: 1 of 2 task cites no requirement in `specs/002-export` (specs/002-export/tasks.md:4)
"
    );
    space.write(
        "specs/001-sign-in/tasks.md",
        "- [ ] T001 Do it (depends on T002)\n- [ ] T002 Do it (depends on T001)\n",
    );
    let text = space.run(&["why", "task-cycle"]).exits(0).out;
    assert!(text.starts_with("task-cycle\n") && text.contains("found 1 time here now:"), "{text}");
    assert!(text.contains("error[task-cycle]: tasks wait for each other"), "{text}");
    let json = space.run(&["why", "task-cycle", "--output", "json"]).exits(0).json();
    let answer = &json["data"]["answers"][0];
    assert_eq!((&answer["kind"], &answer["code"]), (&"code".into(), &"task-cycle".into()));
    assert_eq!(answer["findings"].as_array().unwrap().len(), 1);
    space.run(&["why", "1/T001"]).exits(0).says(&["found", "error[task-cycle]"]);
    for (name, kind) in [("1", "feature"), ("1/FR-001", "requirement"), ("C/I.2", "statement"), ("2/T001", "task")] {
        let json = space.run(&["why", name, "--output", "json"]).exits(0).json();
        assert_eq!(json["data"]["answers"][0]["kind"], kind, "{name}");
        assert!(json["data"]["answers"][0]["findings"].is_array(), "{name}");
    }
    space.run(&["why", "C/I.2"]).exits(0).says(&["force", "must", "checked by image-tag-pinned"]);
}

#[test]
fn why_one_task_comes_after_another() {
    let space = spec_kit();
    let text = space.run(&["why", "1/T002", "T001"]).exits(0).out;
    assert_eq!(
        text,
        "\
specs/001-sign-in/T002 comes after specs/001-sign-in/T001
  declared  specs/001-sign-in/T002 after specs/001-sign-in/T001: `T002` depends on `T001` (specs/001-sign-in/tasks.md:6)
              - [ ] T002 [P] Create src/lock.py per FR-002 (depends on T001)
"
    );
    let json = space.run(&["why", "T002", "1/T001", "--output", "json"]).exits(0).json();
    let answer = &json["data"]["answers"][0];
    assert_eq!((&answer["kind"], &answer["ordered"]), (&"order".into(), &true.into()));
    assert_eq!(answer["steps"][0]["at"]["line"], 6);
    let json = space.run(&["why", "1/T001", "2/T001", "--output", "json"]).exits(0).json();
    let answer = &json["data"]["answers"][0];
    assert_eq!((&answer["ordered"], &answer["steps"]), (&false.into(), &serde_json::json!([])));
    space.run(&["why", "1/T001", "2/T001"]).exits(0).says(&["do not wait for each other", "different features"]);
}

#[test]
fn lines_of_documents_say_what_was_read_there() {
    let space = spec_kit();
    let cases = [
        ("specs/001-sign-in/tasks.md:6", "task specs/001-sign-in/T002"),
        ("specs/001-sign-in/tasks.md:11", "belongs to  specs/001-sign-in/T003"),
        ("specs/001-sign-in/tasks.md:3", "running text"),
        ("specs/001-sign-in/spec.md:8", "requirement specs/001-sign-in/FR-002"),
        ("specs/002-export/spec.md:6", "not read  the id is not written as"),
        (".specify/memory/constitution.md:7", "statement C/I.1"),
        (".specify/memory/constitution.md", "3, 1 of them checked by rules"),
        ("specs/001-sign-in/tasks.md", "feature specs/001-sign-in"),
    ];
    for (name, wanted) in cases {
        space.run(&["why", name]).exits(0).says(&[wanted]);
        space.run(&["why", name, "--output", "json"]).exits(0).json();
    }
    space.run(&["why", "specs/001-sign-in/tasks.md:99"]).exits(1).says(&["has 11 lines"]);
}

#[test]
fn a_check_without_a_block_asks_for_none() {
    for space in [spec_kit(), kiro(), open_spec()] {
        let ran = space.run(&["check"]).exits(0);
        assert!(ran.out.starts_with("looked at "), "{}", ran.out);
        ran.says(&["no errors", "`bowline init`"]).never_says(&["typed block", "yaml bowline", "block-missing"]);
        space.run(&["status"]).exits(0).never_says(&["error"]);
    }
    let space = spec_kit();
    // a path below `charts/` is nobody's business before there is a block
    space.write(
        "specs/002-export/tasks.md",
        "# Tasks\n\n- [ ] T001 Create charts/export/templates/odd.yaml per FR-001\n",
    );
    space.run(&["check"]).exits(0).never_says(&["artifact-unknown"]);
    assert_eq!(
        space.run(&["check"]).out,
        "\
looked at 2 features, 4 tasks (1 done), 4 requirements, 3 sentences of the constitution, 5 files

note[requirement-without-task]: 1 of 3 requirements of `specs/001-sign-in` is cited by no task (specs/001-sign-in/spec.md:7)
note[task-without-requirement]: 1 of 3 task cites no requirement in `specs/001-sign-in` (specs/001-sign-in/tasks.md:5)

no errors, 2 notes
1 line that may be a task, a requirement or a dependency was not read; `bowline status` lists what and why
next: `bowline status` shows what was read, `bowline init` proposes what to generate
"
    );
    Space::empty().run(&["check"]).exits(1).says(&["documents-missing", "fix:"]);
    Space::empty().run(&["status"]).exits(0);
}

#[test]
fn warnings_that_repeat_stand_together() {
    let space = spec_kit();
    let tasks: String = (1..=30).map(|n| format!("- [ ] T{n:03} Create src/a{n}.py per FR-9{n:02}\n")).collect();
    space.write("specs/002-export/tasks.md", format!("# Tasks\n\n{tasks}"));
    let text = space.run(&["check"]).exits(0).out;
    assert_eq!(text.matches("[requirement-unknown]").count(), 1, "{text}");
    assert!(text.contains("29 more of this kind in the same file") && text.contains("30 warnings"), "{text}");
    let short = space.run(&["check", "--output", "short"]).exits(0).out;
    assert_eq!(short.matches("requirement-unknown").count(), 30, "{short}");
}

#[test]
fn other_layouts_are_shown_under_their_names() {
    for (space, path, layout) in
        [(kiro(), ".kiro/specs/login", "kiro"), (open_spec(), "openspec/changes/add-keys", "openspec")]
    {
        let json = space.run(&["status", "--output", "json"]).exits(0).json();
        let features = json["data"]["features"].as_array().unwrap().clone();
        let feature = features.iter().find(|f| f["path"] == path).unwrap_or_else(|| panic!("{json}"));
        assert_eq!(feature["layout"], layout);
        let last = path.rsplit('/').next().unwrap();
        space.run(&["why", &format!("{last}/1.2")]).exits(0).says(&[&format!("{path}/1.2")]);
    }
}
