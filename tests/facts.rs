//! Facts about files that are already there: what will not build, load or run, in any repository.

mod broken;
mod common;

use common::{Space, tools};

/// `code file:line` of each finding that is no note.
fn findings(space: &Space) -> Vec<String> {
    let ran = space.run(&["check", "--output", "json"]);
    let findings = ran.json()["data"]["findings"].as_array().unwrap().clone();
    let line = |f: &serde_json::Value| {
        format!("{} {}:{}", f["code"].as_str().unwrap(), f["at"]["file"].as_str().unwrap_or("-"), f["at"]["line"])
    };
    findings.iter().filter(|f| f["severity"] != "note").map(line).collect()
}

fn space(files: &[(&str, &str)]) -> Space {
    let space = Space::empty();
    for (path, text) in files {
        space.write(path, text);
    }
    space
}

/// Files of a case, and what is found in them.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[track_caller]
fn each(cases: &[Case<'_>]) {
    for (files, wanted) in cases {
        assert_eq!(findings(&space(files)), *wanted, "{files:#?}");
    }
}

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

const BASE: &str = "FROM alpine:3.20\n";

#[test]
fn sources_of_copy() {
    let docker = |lines: &str| format!("{BASE}{lines}");
    let (missing, there) = (docker("COPY a.txt b.txt /x/\n"), docker("COPY a.txt sub ./\nCOPY . .\nADD . /y\n"));
    let strange = docker(
        "ARG F=x\nCOPY $F ${F}.y /\nCOPY --from=alpine:3.20 /etc/none /\nADD https://example.com/none /\nCOPY none* no[a-z] /\nCOPY <<EOF /z\nCOPY none /\nEOF\nRUN <<EOT\nCOPY none2 /\nEOT\n# COPY none3 /\nCOPY [\"a.txt\", \"/\"]\n",
    );
    let (climbs, flags) =
        (docker("COPY ../a.txt /\n"), docker("COPY --chown=1:1 --link a.txt \\\n  none.txt \\\n  /x/\n"));
    let ignored = docker("COPY a.txt sub /x/\n");
    let a = ("c/a.txt", "");
    each(&[
        (&[("c/Dockerfile", &missing), a], &["build-copy-source c/Dockerfile:2"]),
        (&[("c/Dockerfile", &there), a, ("c/sub/x", "")], &[]),
        (&[("c/Dockerfile", &strange), a], &[]),
        (&[("c/Dockerfile", &flags), a], &["build-copy-source c/Dockerfile:3"]),
        (&[("c/Dockerfile", &climbs), ("c/main.py", ""), ("d/a.txt", "")], &["build-copy-source c/Dockerfile:2"]),
        // a folder above may be the context, and another one where nothing but the Dockerfile lies beside it
        (&[("c/Dockerfile", &missing), ("a.txt", ""), ("b.txt", ""), ("c/main.py", "")], &[]),
        (&[("docker/Dockerfile", &missing), ("web/a.txt", ""), ("web/b.txt", "")], &[]),
        // what Git ignores is made before the build
        (&[("c/Dockerfile", &missing), a, (".gitignore", "b.txt\n")], &[]),
        (&[("c/Dockerfile", &docker("COPY dist node_modules /x/\n")), a], &[]),
        (
            &[("c/Dockerfile", &ignored), a, ("c/sub/x", ""), ("c/.dockerignore", "*\n!sub\n")],
            &["build-copy-source c/Dockerfile:2"],
        ),
        (&[("c/Dockerfile", &ignored), a, ("c/sub/x", ""), ("c/.dockerignore", "sub\n!sub/x\n")], &[]),
        (
            &[
                ("c/Dockerfile", &ignored),
                a,
                ("c/sub/x", ""),
                ("c/.dockerignore", "x\n"),
                ("c/Dockerfile.dockerignore", "a.*\n"),
            ],
            &["build-copy-source c/Dockerfile:2"],
        ),
        // the compose file says what the context is
        (
            &[
                ("c/Dockerfile", &missing),
                a,
                ("a.txt", ""),
                ("b.txt", ""),
                ("compose.yaml", "services: { c: { build: ./c } }\n"),
            ],
            &["build-copy-source c/Dockerfile:2"],
        ),
        (
            &[
                ("c/Dockerfile", &missing),
                ("d/a.txt", ""),
                ("d/b.txt", ""),
                ("c/x.py", ""),
                ("compose.yaml", "services:\n  c:\n    build: { context: d, dockerfile: ../c/Dockerfile }\n"),
            ],
            &[],
        ),
        // tests and templates
        (&[("tests/c/Dockerfile", &missing), ("c/Dockerfile", "FROM {{ image }}\nCOPY none /\n")], &[]),
    ]);
}

#[test]
fn stages_that_copies_name() {
    let stages = |from: &str| format!("FROM alpine:3.20 AS build\nFROM alpine:3.20\nCOPY --from={from} /x /x\n");
    each(&[
        (&[("Dockerfile", &stages("biuld"))], &["build-stage-unknown Dockerfile:3"]),
        (&[("Dockerfile", &stages("1"))], &["build-stage-unknown Dockerfile:3"]),
        (&[("Dockerfile", &stages("0"))], &[]),
        (&[("Dockerfile", &stages("Build"))], &[]),
        (&[("Dockerfile", &stages("nginx"))], &[]),
        (&[("Dockerfile", &stages("builder:1"))], &[]),
    ]);
    let space = space(&[("Dockerfile", &stages("biuld"))]);
    space.run(&["check", "--fix"]).exits(0);
    assert_eq!(space.read("Dockerfile"), stages("build"));
}

#[test]
fn metadata_of_python_packages() {
    let project = |backend: &str| {
        format!("[build-system]\nbuild-backend = \"{backend}\"\n[project]\nname = \"x\"\nreadme = \"README.md\"\n")
    };
    let (hatch, setuptools) = (project("hatchling.build"), project("setuptools.build_meta"));
    let docker = |lines: &str| format!("FROM python:3.12\nWORKDIR /app\n{lines}");
    let install = docker("COPY pyproject.toml ./\nRUN pip install .\n");
    let (readme, code) = (("README.md", ""), ("x.py", ""));
    let wrong = &["build-python-metadata Dockerfile:4"][..];
    each(&[
        (&[("Dockerfile", &install), ("pyproject.toml", &hatch), readme, code], wrong),
        (&[("Dockerfile", &install), ("pyproject.toml", &hatch), code], wrong),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml x.py ./\nRUN uv pip install --system .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            wrong,
        ),
        // Setuptools only warns
        (&[("Dockerfile", &install), ("pyproject.toml", &setuptools), readme, code], &[]),
        (&[("Dockerfile", &docker("COPY . .\nRUN pip install .\n")), ("pyproject.toml", &hatch), readme, code], &[]),
        (
            &[
                ("Dockerfile", &docker("COPY *.md pyproject.toml ./\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN touch README.md && pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN touch README.md\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN pip install -r requirements.txt\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY --from=alpine:3.20 /x /app\nCOPY pyproject.toml ./\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY pyproject.toml ./\nRUN --mount=type=bind,target=. pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("COPY . .\nRUN pip install .\n")),
                ("pyproject.toml", &hatch),
                readme,
                code,
                (".dockerignore", "*.md\n"),
            ],
            wrong,
        ),
    ]);
}

#[test]
fn development_packages() {
    let package = |dev: &str, more: &str| {
        format!(
            "{{\n \"scripts\": {{ \"build\": \"next build\" }},\n \"dependencies\": {{ \"next\": \"1\"{more} }},\n \"devDependencies\": {{ {dev} }}\n}}\n"
        )
    };
    let (dev, both, none) = (
        package("\"typescript\": \"5\"", ""),
        package("\"typescript\": \"5\"", ", \"typescript\": \"5\""),
        package("", ""),
    );
    let docker = |install: &str, build: &str| {
        format!("FROM node:20 AS a\nWORKDIR /s\nCOPY . .\nRUN {install}\n{build}FROM node:20\n")
    };
    let build = "RUN npm run build\n";
    let (ts, lock) = (("tsconfig.json", ""), ("package-lock.json", ""));
    let wrong = &["build-node-dev-deps Dockerfile:5"][..];
    let vite = "{ \"scripts\": { \"build\": \"tsc -b && vite build\" }, \"devDependencies\": { \"vite\": \"5\", \"typescript\": \"5\" } }";
    for install in [
        "npm ci --omit=dev",
        "npm ci --only=production",
        "npm install --production",
        "yarn install --production",
        "pnpm install --prod",
    ] {
        each(&[(&[("Dockerfile", &docker(install, build)), ("package.json", &dev), ts, lock], wrong)]);
    }
    each(&[
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", vite), ts, lock], wrong),
        (&[("Dockerfile", &docker("npm ci", build)), ("package.json", &dev), ts, lock], &[]),
        (&[("Dockerfile", &docker("npm ci --omit=dev", "")), ("package.json", &dev), ts, lock], &[]),
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", &both), ts, lock], &[]),
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", &none), ts, lock], &[]),
        // no TypeScript in it
        (&[("Dockerfile", &docker("npm ci --omit=dev", build)), ("package.json", &dev), lock], &[]),
        (
            &[
                ("Dockerfile", &docker("npm ci --omit=dev", "RUN npm install\nRUN npm run build\n")),
                ("package.json", &dev),
                ts,
                lock,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("npm ci", "RUN npm run build && npm prune --omit=dev\n")),
                ("package.json", &dev),
                ts,
                lock,
            ],
            &[],
        ),
        (
            &[
                ("Dockerfile", &docker("npm ci && npm run build && npm ci --omit=dev", "")),
                ("package.json", &dev),
                ts,
                lock,
            ],
            &[],
        ),
    ]);
    let production = docker("npm ci", build).replace("WORKDIR", "ENV NODE_ENV=production\nWORKDIR");
    let space = space(&[("Dockerfile", &production), ("package.json", &dev), ts, lock]);
    assert_eq!(findings(&space), ["build-node-dev-deps Dockerfile:6"]);
    space.run(&["check", "--fix"]).exits(0);
    assert_eq!(space.read("Dockerfile"), production.replace("npm ci", "npm ci --include=dev"));
}

#[test]
fn the_standalone_folder() {
    let package = ("package.json", "{ \"dependencies\": { \"next\": \"15\" } }");
    let docker = "FROM node:20 AS b\nWORKDIR /s\nCOPY . .\nRUN npm run build\nFROM node:20\nCOPY --from=b /s/.next/standalone ./\nCMD [\"node\", \"server.js\"]\n";
    let whole = docker.replace("COPY --from=b /s/.next/standalone ./\n", "COPY --from=b /s/.next ./.next\n");
    each(&[
        (&[("Dockerfile", docker), package], &["build-next-standalone Dockerfile:6"]),
        (
            &[("Dockerfile", docker), package, ("next.config.js", "// output: \"standalone\"\nmodule.exports = {};\n")],
            &["build-next-standalone Dockerfile:6"],
        ),
        (&[("Dockerfile", docker), package, ("next.config.js", "module.exports = { output: 'standalone' };\n")], &[]),
        (
            &[
                ("Dockerfile", docker),
                package,
                ("next.config.ts", "const output = process.env.X ? \"standalone\" : undefined;\n"),
            ],
            &[],
        ),
        (&[("Dockerfile", &whole), package], &["build-next-standalone Dockerfile:7"]),
        (&[("Dockerfile", &whole), package, ("server.js", "")], &[]),
        (&[("Dockerfile", docker), ("package.json", "{ \"dependencies\": {} }")], &[]),
    ]);
}

#[test]
fn the_public_folder() {
    let package = ("package.json", "{ \"dependencies\": { \"next\": \"15\" } }");
    let config = ("next.config.js", "module.exports = { output: \"standalone\" };\n");
    let docker = "FROM node:20 AS b\nWORKDIR /s\nCOPY . .\nRUN npm run build\nFROM node:20\nCOPY --from=b /s/.next/standalone ./\nCOPY --from=b /s/public ./public\nCMD [\"node\", \"server.js\"]\n";
    let made = docker.replace("npm run build", "mkdir -p public && npm run build");
    let other = docker.replace("/s/public", "/other/public");
    let over = docker.replace("COPY . .\n", "COPY . .\nCOPY --from=alpine:3.20 /x ./\n");
    let sitemap = "{ \"dependencies\": { \"next\": \"15\", \"next-sitemap\": \"4\" } }";
    each(&[
        (&[("Dockerfile", docker), package, config], &["build-copy-source Dockerfile:7"]),
        (&[("Dockerfile", docker), package, config, ("public/a.svg", "")], &[]),
        (&[("Dockerfile", docker), package, config, (".gitignore", "public\n")], &[]),
        (&[("Dockerfile", docker), ("package.json", sitemap), config], &[]),
        (&[("Dockerfile", &made), package, config], &[]),
        (&[("Dockerfile", &other), package, config], &[]),
        (&[("Dockerfile", &over), package, config], &[]),
    ]);
}

/// A backend with one source file and a Dockerfile.
fn backend<'a>(code: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let docker = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"main.py\"]\n";
    [&[("backend/Dockerfile", docker), ("backend/main.py", code)], more].concat()
}

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  template:
    spec:
      containers:
        - name: backend
          image: app/backend:1
          env:
            - name: LOG_LEVEL
              value: info
";

#[test]
fn variables_that_are_read_and_not_given() {
    let code = "import os\nA = os.environ[\"SEARCH_KEY\"]\n";
    let manifest = ("k8s/backend.yaml", WORKLOAD);
    let with = |extra: &str| format!("{WORKLOAD}{extra}");
    let given = with("            - name: SEARCH_KEY\n              value: x\n");
    let unknown = with("          envFrom:\n            - secretRef: { name: made-by-hand }\n");
    let known = with("          envFrom:\n            - configMapRef: { name: c }\n");
    let map = ("k8s/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  SEARCH_KEY: x\n");
    let other = ("k8s/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  OTHER: x\n");
    let command = with("          command: [\"sh\"]\n");
    let wrong = &["env-read-not-given backend/main.py:2"][..];
    each(&[
        (&backend(code, &[manifest]), wrong),
        (&backend(code, &[("k8s/backend.yaml", &known), other]), wrong),
        (
            &backend(
                code,
                &[("compose.yaml", "services:\n  api:\n    build: backend\n    environment: { LOG_LEVEL: info }\n")],
            ),
            wrong,
        ),
        // nothing is deployed
        (&backend(code, &[]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &given)]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &unknown)]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &known), map]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &command)]), &[]),
        (&backend(code, &[("compose.yaml", "services:\n  api:\n    build: backend\n    env_file: .env\n")]), &[]),
        // goes on without it, or is never loaded
        (&backend("import os\nA = os.getenv(\"SEARCH_KEY\")\n", &[manifest]), &[]),
        (
            &backend("import os\nA = os.environ[\"SEARCH_KEY\"]\nB = os.getenv(\"SEARCH_KEY\", \"x\")\n", &[manifest]),
            &[],
        ),
        (&backend("print(1)\n", &[manifest, ("backend/aside.py", code)]), &[]),
        (&backend("print(1)\n", &[manifest, ("backend/scripts/main.py", code), ("backend/tests/main.py", code)]), &[]),
        (
            &backend("import aside\n", &[manifest, ("backend/aside.py", code)]),
            &["env-read-not-given backend/aside.py:2"],
        ),
        // the manifest of another component
        (&backend(code, &[("k8s/worker.yaml", &WORKLOAD.replace("backend", "worker"))]), &[]),
    ]);
}

#[test]
fn variables_that_are_given_under_another_name() {
    let manifest = WORKLOAD.replace("LOG_LEVEL", "DATABSE_URL");
    let manifest = ("k8s/backend.yaml", manifest.as_str());
    let code = "import os\nA = os.getenv(\"DATABASE_URL\")\n";
    each(&[
        (&backend(code, &[manifest]), &["env-given-not-read k8s/backend.yaml:12"]),
        (&backend("import os\nA = os.getenv(\"DATABASE_URL\")\nB = os.getenv(name)\n", &[manifest]), &[]),
        (&backend(code, &[manifest, ("backend/start.conf", "x = $DATABSE_URL\n")]), &[]),
        (&backend("import os\nA = os.getenv(\"UNLIKE\")\n", &[manifest]), &[]),
    ]);
}

#[test]
fn variables_that_the_build_has_taken() {
    let docker = "FROM node:20\nWORKDIR /s\nCOPY . .\nRUN npm run build\nCMD [\"npm\", \"start\"]\n";
    let compose = "services:\n  site:\n    build: site\n    environment:\n      NEXT_PUBLIC_API: http://x\n";
    let argument = "services:\n  site:\n    build: { context: site, args: { NEXT_PUBLIC_API: http://x } }\n    environment:\n      NEXT_PUBLIC_API: http://x\n";
    let page = ("site/page.tsx", "\"use client\";\nexport const a = process.env.NEXT_PUBLIC_API;\n");
    let package = ("site/package.json", "{ \"dependencies\": { \"next\": \"15\" } }");
    let wrong = &["env-inlined-at-build compose.yaml:5"][..];
    let declared = docker.replace("RUN", "ARG NEXT_PUBLIC_API\nRUN");
    each(&[
        (&[("site/Dockerfile", docker), ("compose.yaml", compose), page, package], wrong),
        (&[("site/Dockerfile", &declared), ("compose.yaml", argument), page, package], &[]),
        (
            &[
                ("site/Dockerfile", docker),
                ("compose.yaml", compose),
                page,
                package,
                ("site/.env.production", "NEXT_PUBLIC_API=x\n"),
            ],
            &[],
        ),
        (
            &[("site/Dockerfile", &docker.replace("start", "run\", \"dev")), ("compose.yaml", compose), page, package],
            &[],
        ),
        (
            &[
                ("site/Dockerfile", &docker.replace("\"npm\", \"start\"", "\"./entrypoint.sh\"")),
                ("compose.yaml", compose),
                page,
                package,
            ],
            &[],
        ),
        (
            &[("site/Dockerfile", docker), ("compose.yaml", &compose.replace("NEXT_PUBLIC_API", "API")), page, package],
            &[],
        ),
    ]);
    let space = space(&[("site/Dockerfile", docker), ("compose.yaml", argument), page, package]);
    assert_eq!(findings(&space), wrong);
    space.run(&["check", "--fix"]).exits(0);
    assert_eq!(space.read("site/Dockerfile"), declared);
}

#[test]
fn ways_out() {
    let manifest = WORKLOAD
        .replace("LOG_LEVEL", "OPENAI_API_KEY")
        .replace("value: info", "valueFrom: { secretKeyRef: { name: s, key: k } }");
    let manifest = ("k8s/backend.yaml", manifest.as_str());
    let policy = |selector: &str, rest: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\nspec:\n  podSelector: {selector}\n  policyTypes: [Ingress, Egress]\n{rest}"
        )
    };
    let denial = policy("{}", "");
    let dns = policy("{}", "  egress:\n    - ports: [{ port: 53, protocol: UDP }]\n");
    let out = policy("{ matchLabels: { app: backend } }", "  egress:\n    - ports: [{ port: 443 }]\n");
    let inside = policy("{}", "  egress:\n    - to: [{ podSelector: {} }]\n");
    let wrong = &["egress-undeclared k8s/backend.yaml:12"][..];
    let code = "import os\nA = os.getenv(\"OPENAI_API_KEY\")\n";
    each(&[
        (&backend(code, &[manifest, ("k8s/deny.yaml", &denial)]), wrong),
        (
            &backend(code, &[manifest, ("k8s/deny.yaml", &denial), ("k8s/dns.yaml", &dns), ("k8s/in.yaml", &inside)]),
            wrong,
        ),
        (&backend(code, &[manifest, ("k8s/deny.yaml", &denial), ("k8s/out.yaml", &out)]), &[]),
        (&backend(code, &[manifest, ("k8s/out.yaml", &out)]), &[]),
        (&backend(code, &[manifest]), &[]),
        (&backend(code, &[("k8s/backend.yaml", WORKLOAD), ("k8s/deny.yaml", &denial)]), &[]),
    ]);
}

#[test]
fn secrets_that_everybody_knows() {
    const VALUE: &str = "kT9-w0nderful";
    let meta = ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let template = |line: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  {line}\n");
    let wrong = &["secret-fallback-public c/templates/s.yaml:6"][..];
    let values = &["secret-fallback-public c/values.yaml:1"][..];
    let secret = |line: &str| template(line).replace("{{", "").replace("}}", "");
    let cases: &[(&str, String, &[&str])] = &[
        ("c/templates/s.yaml", template(&format!("JWT_SECRET: {{{{ .Values.jwt | default \"{VALUE}\" }}}}")), wrong),
        (
            "c/templates/s.yaml",
            template(&format!("x: {{{{ default \"{VALUE}\" .Values.auth.password | b64enc }}}}")),
            &[wrong[0], "chart-loads c/templates/s.yaml:6"],
        ),
        ("c/templates/s.yaml", template("JWT_SECRET: {{ .Values.jwt | default \"\" }}"), &[]),
        ("c/templates/s.yaml", template("JWT_SECRET: {{ .Values.jwt | default (randAlphaNum 32) }}"), &[]),
        ("c/templates/s.yaml", template("secretName: {{ .Values.existingSecret | default \"c-secrets\" }}"), &[]),
        ("c/templates/s.yaml", template("level: {{ .Values.level | default \"info\" }}"), &[]),
        ("c/values.yaml", format!("jwtSecret: {VALUE}\n"), values),
        ("c/values.yaml", "jwtSecret: change-me\n".to_owned(), values),
        (
            "c/values.yaml",
            "jwtSecret: \"\"\nexistingSecret: c\npasswordKey: p\nmaxTokens: 5\ntokenUrl: https://x/y\n".to_owned(),
            &[],
        ),
        ("k/s.yaml", secret(&format!("JWT_SECRET: {VALUE}")), &["secret-fallback-public k/s.yaml:6"]),
        (
            "k/s.yaml",
            secret("JWT_SECRET: a1Q5LXcwbmRlcmZ1bA==").replace("stringData", "data"),
            &["secret-fallback-public k/s.yaml:6"],
        ),
        ("k/s.yaml", secret("JWT_SECRET: ${JWT_SECRET}"), &[]),
        ("k/s.example.yaml", secret(&format!("JWT_SECRET: {VALUE}")), &[]),
        ("docs/s.yaml", secret(&format!("JWT_SECRET: {VALUE}")), &[]),
        (
            "compose.yaml",
            format!("services:\n  a:\n    environment:\n      JWT_SECRET: ${{JWT_SECRET:-{VALUE}}}\n"),
            &["secret-fallback-public compose.yaml:4"],
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    environment:\n      JWT_SECRET: ${JWT_SECRET:?set it}\n      B_TOKEN: ${B_TOKEN:-}\n"
                .to_owned(),
            &[],
        ),
    ];
    for (path, text, wanted) in cases {
        let space = space(&[meta, (path, text)]);
        let found: Vec<String> = findings(&space)
            .into_iter()
            .filter(|f| wanted.iter().any(|w| *w == f) || f.starts_with("secret"))
            .collect();
        assert_eq!(found, *wanted, "{path}\n{text}");
        for format in ["human", "json", "sarif", "markdown"] {
            space.run(&["check", "--output", format]).never_says(&[VALUE, "a1Q5LXcwbmRlcmZ1bA"]);
        }
    }
    let nested = format!(
        "      A_SECRET: ${{A_SECRET:-${{JWT_SECRET:-{VALUE}}}}}\n      URL: x://u:${{B_PASSWORD:-{VALUE}}}@h\n"
    );
    let nested = space(&[("compose.yaml", &format!("services:\n  a:\n    environment:\n{nested}"))]);
    assert_eq!(
        findings(&nested),
        ["secret-fallback-public compose.yaml:4", "secret-fallback-public compose.yaml:5"],
        "inside of another, and inside of an address"
    );
    nested.run(&["check"]).exits(0).never_says(&[VALUE]);
    let code =
        format!("import os\nA = os.getenv(\"JWT_SECRET\", \"{VALUE}\")\nB = os.getenv(\"TOKEN_URL\", \"{VALUE}\")\n");
    let space = space(&backend(&code, &[]));
    assert_eq!(findings(&space), ["secret-fallback-public backend/main.py:2"]);
    space.run(&["check"]).exits(0).never_says(&["A = os.getenv(\"JWT_SECRET\", \"kT9"]).says(&["\"*************\")"]);
    // a placeholder is called one
    let placeholder = self::space(&[meta, ("c/values.yaml", "jwtSecret: change-me\n")]);
    placeholder
        .run(&["check"])
        .exits(0)
        .says(&["warning[secret-fallback-public]: `jwtSecret` falls back to a placeholder"]);
}
