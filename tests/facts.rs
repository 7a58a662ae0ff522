//! Facts about files that are already there: what will not build, load or run, in any repository.

mod broken;
mod common;

/// `code file:line` of each finding that is no note.
fn findings(space: &common::Space) -> Vec<String> {
    let ran = space.run(&["check", "--output", "json"]);
    let findings = ran.json()["data"]["findings"].as_array().unwrap().clone();
    let line = |f: &serde_json::Value| {
        format!("{} {}:{}", f["code"].as_str().unwrap(), f["at"]["file"].as_str().unwrap_or("-"), f["at"]["line"])
    };
    findings.iter().filter(|f| f["severity"] != "note").map(line).collect()
}

#[test]
fn a_repository_whose_every_task_is_ticked() {
    let space = broken::space();
    assert_eq!(
        findings(&space),
        [
            "build-python-metadata backend/Dockerfile:5",
            "build-copy-source backend/Dockerfile:10",
            "build-node-dev-deps frontend/Dockerfile:10",
            "build-next-standalone frontend/Dockerfile:14",
            "chart-loads helm/notes/.helmignore:4",
            "secret-fallback-public helm/notes/templates/secrets.yaml:6",
            "secret-fallback-public backend/notes/main.py:7",
        ]
    );
    let ran = space.run(&["check"]).exits(1);
    println!("{}", ran.out);
    ran.never_says(&["the-notes-jwt-secret"]);
}
