//! Bad input as it comes: each ends with a clear finding and exit code 1, or is read rightly.

use std::os::unix::fs::symlink;

use serde_json::Value as Json;

use crate::common::{Ran, Space};

const SPEC: &str = "# T\n\n- **FR-001**: a backend\n";

/// A feature with these tasks.
fn tasks(text: impl AsRef<[u8]>) -> Space {
    let space = Space::empty();
    space.write("specs/001-a/spec.md", SPEC);
    space.write("specs/001-a/tasks.md", text);
    space
}

/// Checks the documents, and asks every other reader of them: none may stop.
#[track_caller]
fn check(space: &Space, code: i32) -> Ran {
    for args in [&["graph"][..], &["why", "T001"], &["tasks", "--dry-run"], &["adopt", "--dry-run"]] {
        let ran = space.run(args);
        assert!((0..=4).contains(&ran.code), "{args:?} ends with {}: {}", ran.code, ran.err);
        ran.never_says(&["panicked", "overflow"]);
    }
    space.run(&["check"]).exits(code).never_says(&["panicked"])
}

#[track_caller]
fn status(space: &Space) -> Json {
    space.run(&["status", "--offline", "--output", "json"]).exits(0).json()["data"].take()
}

/// The numbers of tasks by feature.
fn totals(status: &Json) -> Vec<(String, u64)> {
    let features = status["features"].as_array().expect("features");
    let total =
        |f: &Json| (f["path"].as_str().unwrap_or_default().to_owned(), f["tasks"]["total"].as_u64().unwrap_or(0));
    features.iter().map(total).collect()
}

fn total(status: &Json) -> u64 {
    totals(status).iter().map(|(_, n)| n).sum()
}

/// The reasons of what was not read.
fn unread(status: &Json) -> Vec<(u64, String)> {
    let all = status["unread"].as_array().expect("a list");
    all.iter().map(|u| (u["line"].as_u64().unwrap_or(0), u["reason"].as_str().unwrap_or_default().to_owned())).collect()
}

#[test]
fn ten_thousand_lists_in_each_other() {
    let space = tasks(format!("- [ ] T001 a\n\n{}[ ] T002 far in\n\n# End\n\n- [x] T003 b\n", "- ".repeat(10_000)));
    check(&space, 0);
    let status = status(&space);
    assert_eq!(total(&status), 3);
    assert_eq!(status["features"][0]["tasks"]["done"], 1);
    // by their indentation: the text is a square of the depth by itself
    let deep: String = (0..500).map(|i| format!("{}- [ ] T{i:05} x\n", "  ".repeat(i))).collect();
    let space = tasks(deep);
    check(&space, 0);
    assert_eq!(total(&super::files::status(&space)), 500);
}

#[test]
fn a_line_of_many_megabytes() {
    let words = "word ".repeat(1_000_000);
    let space = tasks(format!("- [ ] T001 a\n- [ ] T002 Write a/b.py (depends on T009) {words}\n"));
    let ran = space
        .run(&["check"])
        .exits(1)
        .says(&["error[task-unknown]: `T002` depends on `T009`", "specs/001-a/tasks.md:2:"]);
    assert!(ran.out.len() < 10_000, "the line is not printed whole");
    assert_eq!(total(&status(&space)), 2);
    // one word, and one that could be a path or an id
    for word in ["x", "é", "a/", "T001", "T1-", "[", "*", "`a", "{a,", "1."] {
        let space = tasks(format!("- [ ] T001 {}\n- [x] T002 b\n", word.repeat(100_000)));
        let status = status(&space);
        assert_eq!((total(&status), &status["features"][0]["tasks"]["done"]), (2, &Json::from(1)), "{word}");
    }
}

/// By hand, and in a build that is made fast: `cargo test --release --test hostile -- --ignored`.
#[test]
#[ignore = "a minute in a build for debugging"]
fn a_line_of_fifty_megabytes() {
    let space = tasks(format!("- [ ] T001 {}\n- [x] T002 b\n", "word ".repeat(10_000_000)));
    space.run(&["check"]).exits(0);
    assert_eq!(total(&status(&space)), 2);
}

#[test]
fn fences_and_comments_that_nothing_closes_hide_nothing_in_silence() {
    for (opening, what) in [("```text", "code fence"), ("~~~~", "code fence"), ("<!--", "comment")] {
        let space = tasks(format!("- [ ] T001 a\n\n{opening}\n- [ ] T002 fake\n\n## T003 fake\n"));
        let wanted = format!("error[fence-unclosed]: this {what} is never closed");
        check(&space, 1).says(&[&wanted, "specs/001-a/tasks.md:3:1", "everything below it", "fix: "]);
        assert_eq!(total(&status(&space)), 1, "{opening}");
    }
    // in a list, in a quote, and closed by another kind of mark
    for text in
        ["- [ ] T001 a\n  ```\n  - [ ] T002 fake\n  ~~~\n", "> ```\n> - [ ] T002 fake\n", "```\n- [ ] T002 fake\n``\n"]
    {
        check(&tasks(text), 1).says(&["error[fence-unclosed]"]);
    }
    // a closed one is an example, and no finding
    let space = tasks("- [ ] T001 a\n\n````\n```\n- [ ] T002 fake\n````\n\n<!-- - [ ] T003 fake -->\n");
    check(&space, 0);
    assert_eq!(total(&status(&space)), 1);
}

#[test]
fn nul_is_a_letter_like_others() {
    let space = tasks("- [ ] T001 a\0b\n- [x] T002 Write a/b.py\0\n- [ ] T\x00003 c\n\0\n## \0\n");
    check(&space, 0);
    let status = status(&space);
    assert_eq!(total(&status), 2);
    assert_eq!(unread(&status).iter().map(|(line, _)| *line).collect::<Vec<_>>(), [3]);
    assert_eq!(space.read("specs/001-a/tasks.md").matches('\0').count(), 5, "and it stays");
}

#[test]
fn what_is_not_utf8_is_named_with_its_line() {
    let space = tasks(b"- [ ] T001 a\n- [ ] T002 caf\xe9\n");
    space.write("specs/002-b/tasks.md", "- [ ] T001 b\n");
    check(&space, 1).says(&[
        "error[file-not-utf8]: `specs/001-a/tasks.md` is not UTF-8, so it is not read",
        "stands in line 2",
        "fix: save the file as UTF-8",
    ]);
    let status = status(&space);
    assert_eq!(totals(&status), [("specs/001-a".to_owned(), 0), ("specs/002-b".to_owned(), 1)]);
    // UTF-16, as some editors save it
    let wide: Vec<u8> =
        [0xff, 0xfe].into_iter().chain("- [ ] T001 a\n".encode_utf16().flat_map(u16::to_le_bytes)).collect();
    check(&tasks(wide), 1).says(&["error[file-not-utf8]", "stands in line 1"]);
}

#[test]
fn ten_thousand_ids_on_a_line() {
    let all: String = (1..=10_000).map(|i| format!("- [ ] T{i:05} x\n")).collect();
    let ids: String = (1..=10_000).map(|i| format!("T{i:05}, ")).collect();
    let space = tasks(format!("{all}- [ ] T99999 y (depends on {ids})\n"));
    check(&space, 0);
    let why = space.run(&["why", "T99999"]).exits(0);
    assert!(why.out.contains("T10000"), "the last of them is read: {}", &why.out[..why.out.len().min(500)]);
    // none of them is there: each is an error, and the screen is not flooded
    let space = tasks(format!("- [ ] T99999 y (depends on {ids})\n"));
    let ran = check(&space, 1).says(&[
        "error[task-unknown]",
        "`T99999` depends on `T00001`",
        "9999 more",
        "9799 more; `bowline check --output short` has a line for each",
    ]);
    assert!(ran.out.lines().count() < 300, "{}", ran.out.lines().count());
    let short = space.run(&["check", "--output", "short"]).exits(1);
    assert_eq!(short.out.matches("error[task-unknown]").count(), 10_000);
}

#[test]
fn a_circle_of_ten_thousand_tasks() {
    let all: String = (0..10_000).map(|i| format!("- [ ] T{i:05} x (depends on T{:05})\n", (i + 1) % 10_000)).collect();
    let ran = check(&tasks(all), 1).says(&["error[task-cycle]: tasks wait for each other: ", "9976 more", "waits for"]);
    assert!(ran.out.lines().count() < 100, "{}", ran.out);
}

#[test]
fn links_in_circles_and_links_that_lead_out() {
    let space = tasks("- [ ] T001 a\n");
    symlink("..", space.join("specs/001-a/loop")).expect("linked");
    symlink(space.path(), space.join("specs/002-all")).expect("linked");
    symlink("specs", space.join("openspec")).expect("linked");
    check(&space, 0);
    let found = status(&space);
    assert_eq!(totals(&found), [("specs/001-a".to_owned(), 1)]);
    let passed = found["passedOver"].as_array().expect("a list");
    let paths: Vec<&str> = passed.iter().filter_map(|p| p["path"].as_str()).collect();
    assert_eq!(paths, ["openspec", "specs/001-a/loop", "specs/002-all"]);
    // documents that are links to themselves, to each other, to nothing, and out of the repository
    let outside = Space::empty();
    outside.write("tasks.md", "- [ ] T666 not ours\n");
    for (name, target) in [
        ("specs/003-self/tasks.md", "tasks.md".to_owned()),
        ("specs/004-pair/spec.md", "tasks.md".to_owned()),
        ("specs/004-pair/tasks.md", "spec.md".to_owned()),
        ("specs/005-gone/tasks.md", "nowhere.md".to_owned()),
        ("specs/006-out/tasks.md", outside.join("tasks.md").to_str().expect("a path").to_owned()),
    ] {
        std::fs::create_dir_all(space.join(name).parent().expect("a folder")).expect("made");
        symlink(target, space.join(name)).expect("linked");
    }
    let ran = check(&space, 1);
    for name in ["003-self/tasks.md", "004-pair/spec.md", "004-pair/tasks.md", "005-gone/tasks.md", "006-out/tasks.md"]
    {
        assert!(ran.out.contains(&format!("`specs/{name}`")), "{name} is not named:\n{}", ran.out);
    }
    let ran = ran.says(&[
        "error[path-outside]: `specs/006-out/tasks.md` is a link that leaves the repository",
        "error[file-unreadable]: `specs/003-self/tasks.md` is a link that leads nowhere",
    ]);
    assert!(!ran.out.contains("T666"));
    assert_eq!(total(&status(&space)), 1);
}

#[test]
fn folders_in_the_place_of_documents() {
    let space = tasks("- [ ] T001 a\n");
    space.write("specs/002-b/spec.md/x.txt", "");
    space.write("specs/002-b/tasks.md", "- [ ] T001 b\n");
    space.write("constitution.md/x.txt", "");
    check(&space, 1).says(&[
        "error[file-unreadable]: `specs/002-b/spec.md` cannot be read",
        "error[file-unreadable]: `constitution.md` cannot be read",
        "fix: check that it is a file",
    ]);
    assert_eq!(total(&status(&space)), 2);
}

#[test]
fn two_roots_of_specs() {
    let space = tasks("- [ ] T001 a\n- [ ] T002 b (depends on 001-a/T001)\n");
    space.write("backend/specs/001-a/tasks.md", "- [ ] T001 c\n- [x] T002 d (depends on 001-a/T001)\n");
    space.write("other/specs/003-c/tasks.md", "- [ ] T001 e (depends on 001-a/T002)\n");
    // beside each other each means its own; from elsewhere nobody can tell
    check(&space, 1).says(&[
        "error[task-unknown]: `T001` depends on `001-a/T002`, and several features are called so",
        "it may be `backend/specs/001-a`, `specs/001-a`",
        "fix: write the whole name, such as `backend/specs/001-a/T002`",
    ]);
    let found = totals(&status(&space));
    let wanted = [("backend/specs/001-a", 2), ("other/specs/003-c", 1), ("specs/001-a", 2)];
    assert_eq!(found, wanted.map(|(path, n)| (path.to_owned(), n)));
    for root in ["specs", "backend/specs"] {
        let why = space.run(&["why", &format!("{root}/001-a/T001"), &format!("{root}/001-a/T002")]).exits(0);
        why.says(&[&format!("{root}/001-a/tasks.md:2")]);
    }
    // a short name that means two things is answered with both
    space.run(&["why", "001-a/T001"]).exits(2).says(&["backend/specs/001-a/T001", "specs/001-a/T001"]);
}

#[test]
fn eight_features_with_one_number() {
    let names = ["auth", "board", "cart", "desk", "edge", "feed", "gate", "hub"];
    let space = Space::empty();
    for name in names {
        space.write(&format!("specs/001-{name}/tasks.md"), format!("- [ ] T001 Begin {name}\n- [x] T002 b\n"));
    }
    check(&space, 0);
    assert_eq!(totals(&status(&space)), names.map(|n| (format!("specs/001-{n}"), 2)));
    let asked = space.run(&["why", "001"]).exits(2);
    names.iter().for_each(|n| assert!(format!("{}{}", asked.out, asked.err).contains(&format!("001-{n}")), "{n}"));
    space.run(&["why", "001-cart/T001"]).exits(0).says(&["Begin cart"]);
    // a dependency that may mean each of them
    space.write("specs/002-x/tasks.md", "- [ ] T001 a (depends on 001/T002)\n");
    check(&space, 1).says(&["`T001` depends on `001/T002`, and several features are called so", "`specs/001-auth`"]);
}

#[test]
fn one_id_in_several_sections() {
    let details =
        "## Details\n\n### T001: A\n\n**Files**: `a.py`\n\n### T001: A again\n\n**Files**: `b.py`\n\n### T002: B\n";
    let space = tasks(format!("- [ ] T001 A\n- [x] T002 B\n\n{details}"));
    check(&space, 0);
    let status = status(&space);
    assert_eq!(total(&status), 2);
    // two lines that both define one
    let space = tasks("- [ ] T001 A\n- [ ] T001 B\n\n### T001 C\n");
    check(&space, 1).says(&[
        "error[task-duplicate]: two tasks are called `T001`",
        "first here",
        "again here",
        "fix: give",
    ]);
    // headings alone
    check(&tasks("### T001: A\n\n### T002: B\n\n### T001: C\n"), 1).says(&["error[task-duplicate]", "`T001`"]);
}

#[test]
fn tasks_of_another_feature() {
    let space = tasks(
        "- [ ] T001 a (depends on 002-x/T003)\n- [ ] T002 b (depends on specs/002-x/T003)\n\
         - [ ] T003 c (depends on 002/T003)\n- [ ] T004 d\n  - **Dependencies**: 002-x/T003, T001\n",
    );
    space.write("specs/002-x/tasks.md", "- [ ] T003 z\n");
    check(&space, 0);
    for task in ["T001", "T002", "T003", "T004"] {
        space.run(&["why", "002-x/T003", &format!("001-a/{task}")]).exits(0).says(&["specs/001-a/tasks.md:"]);
    }
    space.write("specs/001-a/tasks.md", "- [ ] T001 a (depends on 002-x/T004)\n- [ ] T002 b (depends on 002-y/T003)\n");
    check(&space, 1).says(&[
        "error[task-unknown]: `T001` depends on `002-x/T004`, and there is no such task",
        "`specs/002-x` has no task `T004`",
        "fix: did you mean `T003`",
        "error[task-unknown]: `T002` depends on `002-y/T003`, and no feature is called so",
        "fix: did you mean `002-x`",
    ]);
    // a circle through two features
    space.write("specs/001-a/tasks.md", "- [ ] T001 a (depends on 002-x/T003)\n");
    space.write("specs/002-x/tasks.md", "- [ ] T003 z (depends on 001-a/T001)\n");
    check(&space, 1).says(&["error[task-cycle]", "`specs/001-a/T001`", "`specs/002-x/T003`"]);
}
