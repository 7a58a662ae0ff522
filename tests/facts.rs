//! Facts about files that are already there: what will not build, load or run, in any repository.

mod broken;
mod common;
mod repositories;

use common::{Space, tools};
use repositories::{findings, space};

#[test]
fn a_repository_whose_every_task_is_ticked() {
    let space = broken::space();
    let data = space.run(&["check", "--output", "json"]).json();
    let all: Vec<&serde_json::Value> =
        data["data"]["findings"].as_array().unwrap().iter().filter(|f| f["severity"] != "note").collect();
    assert!(all.iter().all(|f| f["fix"].is_string()), "{all:#?}");
    let ties: Vec<String> = findings(&space)
        .into_iter()
        .zip(&all)
        .map(|(line, f)| format!("{line} {}", f["task"].as_str().unwrap_or("-").rsplit('/').next().unwrap()))
        .collect();
    assert_eq!(
        ties,
        [
            "build-python-metadata backend/Dockerfile:5 T003",
            "build-copy-source backend/Dockerfile:10 T003",
            "env-read-not-given backend/notes/main.py:6 T012",
            "build-node-dev-deps frontend/Dockerfile:10 T003",
            "build-next-standalone frontend/Dockerfile:14 T003",
            "build-stage-unknown frontend/Dockerfile:15 T003",
            "chart-loads helm/notes/.helmignore:4 T007",
            "egress-undeclared helm/notes/templates/backend-deployment.yaml:21 T010",
            "env-inlined-at-build helm/notes/templates/frontend-deployment.yaml:16 T013",
            "secret-fallback-public helm/notes/templates/secrets.yaml:6 T011",
            "secret-fallback-public backend/notes/main.py:7 T011",
            "env-given-not-read helm/notes/templates/backend-deployment.yaml:19 T010",
        ]
    );
    let ran = space.run(&["check"]).exits(1).says(&[
        "error[build-python-metadata]: `backend/Dockerfile` will not build: `pip install --no-cache-dir --prefix=/install .` needs `README.md`",
        "fix: copy `README.md` too",
        "error[chart-loads]: Helm cannot load the chart `helm/notes`: `.helmignore` hides `Chart.yaml`",
        "4 | !README.md\n",
        "| - [x] T007 Run `helm lint helm/notes`; it passes\n",
        "`T007` is ticked and says the opposite",
        "`T003` is ticked and says the opposite",
        "`T013` is ticked as done; this says that it is not",
        "task: specs/005-cluster/T007",
        "fix: remove the line `!README.md`",
        "6 | SEARCH_URL = os.environ[\"SEARCH_URL\"]",
        "JWT_SECRET: {{ .Values.jwtSecret | default \"*************************\" | quote }}",
        "10 errors, 2 warnings; 7 can be fixed with `bowline check --fix`",
    ]);
    ran.never_says(&["the-notes-jwt-secret"]);
}

#[test]
fn what_is_certain_is_put_right() {
    let space = broken::space();
    let shown = space.run(&["check", "--fix", "--diff"]).exits(1);
    shown
        .says(&["-COPY pyproject.toml ./", "+COPY pyproject.toml README.md ./", "-!README.md"])
        .never_says(&["the-notes-jwt"]);
    assert_eq!(space.read("backend/Dockerfile"), file("backend/Dockerfile"), "a diff writes nothing");

    space.run(&["check", "--fix"]).exits(1).never_says(&["the-notes-jwt-secret"]).says(&[
        "fixed backend/Dockerfile, backend/.dockerignore: copy `README.md` too [build-python-metadata]",
        "fixed helm/notes/.helmignore: remove the line `!README.md` [chart-loads]",
        "3 errors, 2 warnings",
    ]);
    assert_eq!(
        findings(&space),
        [
            "env-read-not-given backend/notes/main.py:6",
            "egress-undeclared helm/notes/templates/backend-deployment.yaml:21",
            "env-inlined-at-build helm/notes/templates/frontend-deployment.yaml:16",
            "secret-fallback-public backend/notes/main.py:7",
            "env-given-not-read helm/notes/templates/backend-deployment.yaml:19",
        ]
    );
    let changed =
        |path: &str, old: &str, new: &str| assert_eq!(space.read(path), file(path).replace(old, new), "{path}");
    changed("backend/Dockerfile", "pyproject.toml ./", "pyproject.toml README.md ./");
    assert_eq!(space.read("backend/.dockerignore"), "*.md\n*.ini\n!README.md\n!alembic.ini\n");
    let docker = file("frontend/Dockerfile").replace("npm ci --only=production", "npm ci").replace("biuld", "build");
    assert_eq!(space.read("frontend/Dockerfile"), docker);
    changed("frontend/next.config.mjs", "= {\n", "= {\n  output: \"standalone\",\n");
    changed("helm/notes/.helmignore", "!README.md\n", "");
    changed("helm/notes/templates/secrets.yaml", "default \"the-notes-jwt-secret-2024\"", "required \"set jwtSecret\"");
    let again = space.run(&["check", "--fix"]).exits(1);
    again.never_says(&["fixed "]);

    let Some(helm) = tools::find_or_skip("helm", "what_is_certain_is_put_right") else { return };
    let print =
        |more: &[&str]| tools::run(&helm, &[&["template", "notes", "helm/notes"], more].concat(), space.path(), None);
    print(&["--set", "jwtSecret=x"]).exits(0).says(&["kind: Secret", "kind: Deployment"]);
    print(&[]).exits(1).says(&["set jwtSecret"]);
}

fn file(path: &str) -> &'static str {
    broken::FILES.iter().find(|(p, _)| *p == path).unwrap().1
}

#[test]
fn a_repository_without_documents() {
    let good = [("Dockerfile", "FROM alpine:3.20\nCOPY run.sh /\n"), ("run.sh", "#!/bin/sh\n")];
    let clean = space(&good);
    let ran = clean.run(&["check", "--output", "json"]).exits(0);
    let findings = ran.json()["data"]["findings"].clone();
    assert_eq!(
        (findings[0]["code"].as_str(), findings[0]["severity"].as_str()),
        (Some("documents-missing"), Some("note"))
    );
    clean.run(&["check"]).exits(0).says(&["no errors, 1 note"]);
    let wrong = space(&good[..1]);
    wrong
        .run(&["check"])
        .exits(1)
        .says(&["error[build-copy-source]", "nothing of that name is there"])
        .never_says(&["documents-missing"]);
    // other commands need documents all the same
    wrong.run(&["up"]).exits(1).says(&["documents-missing"]);
}

#[test]
fn what_git_would_not_take() {
    let space = Space::small();
    space.git(&["init", "--quiet"]);
    assert!(findings(&space).iter().all(|f| !f.starts_with("artifact-ignored-by-git")));
    space.write(".gitignore", "node_modules/\nout/\n");
    space.run(&["check"]).exits(1).says(&["error[artifact-ignored-by-git]: Git ignores `out/"]);
}
