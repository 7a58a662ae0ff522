//! `bowline init` through the real program: what it finds, what it writes, and what it never does.

#![allow(dead_code, unused_imports, reason = "the shared tools are for all test programs")]

mod common;

use std::path::Path;

use common::{Ran, Space};

/// A small real repository: FastAPI with PostgreSQL, Next.js without `output: "standalone"`, no documents.
fn shop() -> Space {
    Space::of("tests/init/shop")
}

/// Only one of the two folders.
fn only(part: &str) -> Space {
    let space = shop();
    let other = if part == "backend" { "frontend" } else { "backend" };
    std::fs::remove_dir_all(space.join(other)).unwrap();
    space
}

/// Everything that must succeed at once after `init`.
#[track_caller]
fn works(space: &Space) {
    space.run(&["generate"]).exits(0);
    space.run(&["check"]).exits(0).says(&["no errors"]);
    space.run(&["up", "--rehearse"]).exits(0).says(&["nothing real was changed"]);
    space.run(&["generate", "--check"]).exits(0);
    space.run(&["tasks", "--dry-run"]).exits(0);
}

/// The typed block of a spec.
#[track_caller]
fn block(space: &Space, spec: &str) -> String {
    let text = space.read(spec);
    let (_, rest) = text.split_once("```yaml bowline\n").unwrap_or_else(|| panic!("no block:\n{text}"));
    rest.split_once("```").unwrap().0.to_owned()
}

/// Paths and bytes of all files but the cache.
fn files(space: &Space) -> Vec<(String, Vec<u8>)> {
    let all = space.tree("").into_iter().filter(|(p, _)| !p.starts_with(".bowline/"));
    all.map(|(p, (bytes, _))| (p, bytes)).collect()
}

#[test]
fn two_folders_become_a_block_of_twenty_lines_that_runs() {
    let space = shop();
    space.run(&["init", "--yes", "--name", "notes"]).exits(0).says(&["wrote    specs/notes.md"]);
    assert_eq!(
        block(&space, "specs/notes.md"),
        "\
app: { name: notes, host: notes.local }
services:
  backend:
    build: backend                                  # FR-003
    runtime: { framework: fastapi, version: 3.11.9, packageManager: pip, entrypoint: uvicorn main:app --host 0.0.0.0 --port 8000 }   # FR-003
    ports: [8000]                                   # FR-003
    livenessProbe: /health                          # FR-004
    readinessProbe: /health/ready                   # FR-004
    dependsOn: [database]                           # FR-002
    secrets: { OPENAI_API_KEY: optional }           # FR-005
    egress: [api.openai.com:443]                    # FR-006
  frontend:
    build: frontend                                 # FR-007
    runtime: { framework: nextjs, version: 20.18.1, packageManager: npm }   # FR-007
    ports: [3000]                                   # FR-007
    ingress: /                                      # FR-001
    livenessProbe: /api/health                      # FR-008
    dependsOn: [backend]                            # FR-009
resources:
  database: { type: postgres, class: in-cluster }   # FR-002
environments: { local: {}, production: {} }
"
    );
    let spec = space.read("specs/notes.md");
    for evidence in [
        "| `backend.readinessProbe: /health/ready` | a route in the code | `backend/main.py:31` |",
        "`backend/requirements.txt`, `backend/main.py:13`",
        "| `frontend.dependsOn: [backend]` | what it calls | `frontend/src/app/api/notes/route.ts:1` |",
    ] {
        assert!(spec.contains(evidence), "{evidence}\n{spec}");
    }
    // Docker copies a folder that only this line makes
    assert!(
        space.read("frontend/next.config.ts").contains("{\n  output: \"standalone\",\n  poweredByHeader: false,\n")
    );
    assert!(space.read("plans/notes.md").contains("| Violation | Why Needed | Simpler Alternative Rejected Because |"));
    assert!(space.read("plans/notes.md").contains("## Constitution Check (bowline)"));
    assert!(
        space.read("tasks/notes.md").contains(
            "Write the backend Deployment in charts/notes/templates/backend-deployment.yaml per FR-003, FR-004"
        )
    );
    works(&space);
    let dockerfile = space.read("out/notes/images/backend/Dockerfile");
    assert!(
        dockerfile.contains("CMD [\"uvicorn\", \"main:app\", \"--host\", \"0.0.0.0\", \"--port\", \"8000\"]"),
        "{dockerfile}"
    );
}

#[test]
fn off_a_terminal_nothing_is_written_unless_told() {
    let space = shop();
    let before = files(&space);
    let shown = space.run(&["init"]).exits(3).says(&[
        "--- /dev/null\n+++ b/specs/",
        "--- a/frontend/next.config.ts\n+++ b/frontend/next.config.ts",
        "+  output: \"standalone\",",
        "+```yaml bowline",
        "4 new files to write, 1 to change; nothing was written",
    ]);
    assert_eq!(files(&space), before);
    assert_eq!(space.run(&["init", "--dry-run"]).exits(3).out, shown.out);
    assert_eq!(files(&space), before);
    space.run(&["init", "--dry-run", "--yes"]).exits(2);
    // what was shown is what is written: the diff applies with the tools that everybody has
    space.write("shown.diff", &shown.out);
    space.git(&["init", "--quiet"]);
    space.git(&["apply", "shown.diff"]);
    std::fs::remove_file(space.join("shown.diff")).unwrap();
    std::fs::remove_dir_all(space.join(".git")).unwrap();
    let patched = files(&space);
    let other = shop();
    let name = space.path().file_name().unwrap().to_str().unwrap().to_owned();
    other.run(&["init", "--yes", "--name", name.trim_start_matches('.')]).exits(0);
    let written: Vec<_> = files(&other);
    let paths = |all: &[(String, Vec<u8>)]| all.iter().map(|(p, _)| p.clone()).collect::<Vec<_>>();
    assert_eq!(paths(&patched), paths(&written));
    assert!(patched == written, "the diff and the files differ");
}

#[test]
fn a_second_time_changes_nothing() {
    let space = shop();
    space.run(&["init", "--yes"]).exits(0);
    let before = space.tree("");
    space.run(&["init", "--yes"]).exits(0).says(&["a typed block stands at specs/", "nothing to do"]);
    space.run(&["init"]).exits(0);
    assert_eq!(space.tree(""), before);
}

#[test]
fn two_runs_find_the_same() {
    let (one, two) = (shop(), shop());
    one.run(&["init", "--yes", "--name", "x", "--jobs", "1"]).exits(0);
    two.run(&["init", "--yes", "--name", "x", "--jobs", "8"]).exits(0);
    assert!(files(&one) == files(&two));
}

#[test]
fn beside_spec_kit_it_is_the_next_feature() {
    let space = shop();
    space.write(".specify/memory/constitution.md", "# Todo Constitution\n\n## Core Principles\n\n### I. Containers\n\nContainers must run as non-root. Every service without state must have a HorizontalPodAutoscaler.\n");
    space.write("specs/004-chat/spec.md", "# Feature Specification: Chat\n\n- **FR-001**: System MUST chat\n");
    space.write(
        "specs/004-chat/tasks.md",
        "# Tasks\n\n## Phase 1: Setup\n\n- [x] T001 Create charts/other/Chart.yaml\n- [x] T002 Write values.yaml in k8s\n- [x] T003 Write values.yaml again\n",
    );
    let before = files(&space);
    space.run(&["init", "--yes", "--name", "notes"]).exits(0).says(&[
        "wrote    specs/005-deployment/spec.md",
        "wrote    specs/005-deployment/plan.md",
        "wrote    specs/005-deployment/tasks.md",
    ]);
    let block = block(&space, "specs/005-deployment/spec.md");
    assert_eq!(block.matches("autoscaling: { minReplicas: 2, maxReplicas: 4, cpu: 70 }").count(), 2, "{block}");
    assert!(space.read("specs/005-deployment/plan.md").contains("## Constitution Check (bowline)"));
    assert!(!space.join("constitution.md").exists());
    for (path, bytes) in before.iter().filter(|(p, _)| p != "frontend/next.config.ts") {
        assert!(std::fs::read(space.join(path)).unwrap() == *bytes, "{path} was changed");
    }
    works(&space);
}

#[test]
fn a_spec_that_is_there_gets_the_block_at_its_end() {
    let space = shop();
    let old = "# Notes\r\n\r\n- **FR-001**: People write notes.\r\n- **FR-007**: Notes stay.";
    space.write("specs/notes.md", old);
    space.write("constitution.md", "# Ours\n\n### I. One\n\n- No image may use the tag `latest`.\n");
    space.run(&["init", "--yes", "--name", "shop"]).exits(0).says(&["changed  specs/notes.md"]);
    let new = space.read("specs/notes.md");
    assert!(new.starts_with(old) && !new[old.len()..].replace("\r\n", "").contains('\n'), "{new:?}");
    assert!(new.contains("- **FR-008**: The app MUST answer"), "{new}");
    assert!(space.read("constitution.md").starts_with("# Ours\n\n### I. One\n\n- No image"));
    assert!(space.join("tasks/notes.md").exists() && space.join("plans/notes.md").exists());
    works(&space);
}

#[test]
fn one_service_in_a_folder_or_at_the_root() {
    for part in ["backend", "frontend"] {
        let space = only(part);
        space.run(&["init", "--yes", "--name", "notes"]).exits(0);
        assert!(block(&space, "specs/notes.md").contains("    ingress: /"));
        works(&space);
    }
    for part in ["backend", "frontend"] {
        let space = Space::of(&format!("tests/init/shop/{part}"));
        // what a new project of Next.js comes with
        space.write(".gitignore", "/out/\nnode_modules\n");
        space.git(&["init", "--quiet"]);
        space.run(&["init", "--yes", "--name", "notes"]).exits(0).says(&["changed  .gitignore"]);
        let block = block(&space, "specs/notes.md");
        assert!(block.contains("    build: .  "), "{block}");
        works(&space);
        // the tag of an image whose context holds what is made from the tag comes to rest
        space.run(&["generate"]).exits(0);
        space.run(&["generate", "--check"]).exits(0);
    }
}

const EXPRESS: &str =
    "{ \"name\": \"x\", \"scripts\": { \"start\": \"node index.js\" }, \"dependencies\": { \"express\": \"4.21.2\" } }";

#[test]
fn what_a_template_lacks_is_said_or_its_own_dockerfile_is_taken() {
    let space = shop();
    space.write("orders/package.json", EXPRESS);
    space.write("orders/index.js", "const app = require('express')();\napp.get('/healthz', (q, s) => s.send('ok'));\napp.listen(process.env.PORT || 4000);\n");
    space.write("stock/go.mod", "module stock\n\ngo 1.23\n");
    space.write("stock/main.go", "package main\n\nfunc main() {}\n");
    space.write("admin/manage.py", "import os\nos.environ.setdefault('DJANGO_SETTINGS_MODULE', 'admin.settings')\n");
    space.write("admin/requirements.txt", "Django==5.1\n");
    space.write(
        "billing/pom.xml",
        "<project><parent><artifactId>spring-boot-starter-parent</artifactId></parent></project>\n",
    );
    let said = space.run(&["init", "--yes", "--name", "notes"]).exits(0);
    let text = block(&space, "specs/notes.md");
    assert!(text.contains("runtime: { framework: go, version: 1.23.4 }"), "{text}");
    for (part, title, lacks) in [
        ("orders", "Express", "has no `package-lock.json`, which npm installs from"),
        ("admin", "Django", "has neither `wsgi.py` nor `asgi.py`"),
        ("billing", "Spring", "makes a jar that does not say what it runs"),
    ] {
        assert!(!text.contains(&format!("  {part}:")), "{text}");
        let line = said
            .err
            .lines()
            .find(|l| l.starts_with("left out") && l.contains(&format!("`{part}`")))
            .unwrap_or_else(|| panic!("{}", said.err));
        assert!(line.contains(title) && line.contains(lacks), "{line}");
        assert!(line.contains(&format!("write `{part}/Dockerfile`")), "{line}");
    }
    works(&space);

    let space = shop();
    space.write("orders/package.json", EXPRESS);
    space.write("orders/index.js", "const app = require('express')();\napp.get('/healthz', (q, s) => s.send('ok'));\napp.listen(process.env.PORT || 4000);\n");
    let own = "FROM node:20.18.1-alpine3.20\nCOPY . .\nUSER node\nCMD [\"node\", \"index.js\"]\n";
    space.write("orders/Dockerfile", own);
    space.run(&["init", "--yes", "--name", "notes"]).exits(0);
    let text = block(&space, "specs/notes.md");
    assert!(text.contains("build: { context: orders, dockerfile: Dockerfile }"), "{text}");
    assert!(text.contains("ports: [4000]") && text.contains("livenessProbe: /healthz"), "{text}");
    let tasks = space.read("tasks/notes.md");
    assert!(tasks.contains("Build the orders image from orders/Dockerfile"), "{tasks}");
    assert!(!tasks.contains("images/orders"), "{tasks}");
    works(&space);
    assert_eq!(space.read("orders/Dockerfile"), own);
    assert!(!space.join("out/notes/images/orders").exists());
    let compose = space.read("out/notes/compose.yaml");
    assert!(compose.contains("context: \"../../orders\"\n      dockerfile: Dockerfile\n"), "{compose}");
    // its sources and its Dockerfile decide the tag
    let image = |s: &Space| {
        s.read("out/notes/local/orders-deployment.yaml").lines().find(|l| l.contains("image: ")).unwrap().to_owned()
    };
    let first = image(&space);
    space.write("orders/Dockerfile", own.replace("COPY . .", "COPY index.js ."));
    space.run(&["generate"]).exits(0);
    assert_ne!(image(&space), first);
}

/// The apps that images are built from are found for what they are, and everything is made from what is found.
#[test]
fn every_stack_is_proposed() {
    let space = Space::of("tests/images_apps");
    // a plain program tells no port, and is nobody's server for certain
    std::fs::remove_dir_all(space.join("python-worker")).unwrap();
    // this one names no framework
    std::fs::remove_dir_all(space.join("rust-api")).unwrap();
    space.run(&["init", "--yes", "--name", "all"]).exits(0).never_says(&["left out"]);
    let text = block(&space, "specs/all.md");
    for line in [
        "runtime: { framework: django, version: 3.11.9, packageManager: poetry }",
        "runtime: { framework: express, version: 20.18.1, packageManager: npm }",
        "runtime: { framework: express, version: 20.18.1, packageManager: yarn }",
        "runtime: { framework: fastapi, version: 3.11.9, packageManager: uv, entrypoint: uvicorn src.notes.main:app --host 0.0.0.0 --port 8000 }",
        "runtime: { framework: go, version: 1.23.4 }",
        "runtime: { framework: java, version: 17.0.13 }",
        "runtime: { framework: nextjs, version: 20.18.1, packageManager: pnpm }",
        "runtime: { framework: nextjs, version: 20.18.1, packageManager: yarn }",
        "runtime: { framework: node, version: 20.18.1, packageManager: pnpm }",
        "runtime: { framework: python, version: 3.11.9, packageManager: pip }",
        "runtime: { framework: static }",
        "runtime: { framework: static, version: 20.18.1, packageManager: npm }",
        "livenessProbe: /actuator/health",
        "livenessProbe: /health/",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    works(&space);
    let first =
        |name: &str| space.read(&format!("out/all/images/{name}/Dockerfile")).lines().nth(1).unwrap().to_owned();
    assert_eq!(first("go-api"), "FROM golang:1.23.4-bookworm AS build");
    assert_eq!(first("static-vite"), "FROM node:20.18.1-alpine3.20 AS dependencies");
}

#[test]
fn a_dockerfile_that_is_not_there_is_said() {
    let space = shop();
    space.write("orders/Dockerfile", "FROM scratch\nEXPOSE 80\n");
    space.run(&["init", "--yes", "--name", "notes"]).exits(0);
    space.edit("specs/notes.md", "dockerfile: Dockerfile", "dockerfile: Dockerfil");
    space
        .run(&["check"])
        .exits(1)
        .says(&["error[build-dockerfile]: service `orders` is built with `orders/Dockerfil`, which is no file here"]);
    space.run(&["why", "build-dockerfile"]).exits(0).says(&["counts from the context"]);
}

#[test]
fn nothing_to_find_is_said() {
    let space = Space::empty();
    space.write("README.md", "# Hello\n");
    space
        .run(&["init", "--yes"])
        .exits(1)
        .says(&["error[init-nothing]: nothing was found here that Bowline can run", "looked in every folder"]);
    space.write("api/package.json", EXPRESS);
    space.run(&["init", "--yes"]).exits(1).says(&[
        "left out: `api`: it is Express",
        "(api/package.json:1)",
        "has no `package-lock.json`",
        "write `api/Dockerfile`",
    ]);
    assert_eq!(files(&space).len(), 2);
    space.run(&["why", "init-nothing"]).exits(0);
}

#[test]
fn no_value_of_a_secret_is_repeated() {
    let space = shop();
    for file in [".env", "backend/.env", "frontend/.env.local"] {
        space.write(file, "OPENAI_API_KEY=sk-planted-in-env\nDATABASE_URL=postgresql://notes:planted-in-env@db.neon.tech/notes\nJWT_SECRET=planted-in-env\n");
    }
    space.write("backend/.env.example", "DATABASE_URL=postgresql://notes:planted-in-example@ep-x.eu.neon.tech/notes\nJWT_SECRET=planted-in-example\nPORT=8123\n");
    space.write("compose.yaml", "services:\n  api:\n    build: backend\n    env_file: [backend/.env]\n    environment:\n      API_TOKEN: planted-in-compose\n      CACHE_ADDRESS: redis://me:planted-in-compose@cache/0\n      MODE: plain\n");
    space.write("backend/extra.py", "import os\n\nTOKEN = os.environ.get(\"SIGNING_KEY\", \"planted-in-code\")\n");
    for args in [&["init"][..], &["init", "--from", "compose.yaml"], &["init", "--yes", "--name", "notes"]] {
        let ran = space.run(args);
        assert!(matches!(ran.code, 0 | 3), "{}", ran.err);
        assert!(!ran.out.contains("planted") && !ran.err.contains("planted"), "{}{}", ran.out, ran.err);
    }
    works(&space);
    let left = ["backend/.env", ".env", "frontend/.env", "compose.yaml", "backend/extra.py", ".bowline/"];
    for (path, bytes) in files(&space).iter().filter(|(p, _)| !left.iter().any(|l| p.starts_with(l))) {
        assert!(!String::from_utf8_lossy(bytes).contains("planted"), "{path}");
    }
    let spec = space.read("specs/notes.md");
    assert!(
        spec.contains("ports: [8123]") && spec.contains("--port 8123") && spec.contains("a database at neon.tech"),
        "{spec}"
    );
    assert!(spec.contains("`backend/.env.example:2`: `JWT_SECRET` is named here"), "{spec}");
    assert!(spec.contains("SIGNING_KEY: optional"), "{spec}");
}

#[test]
fn files_that_are_there_are_never_overwritten() {
    let space = shop();
    space.write("plans/notes.md", "mine\n");
    space.write("specs/notes.md", "# Mine\n");
    space.write("tasks/notes.md", "# Tasks\n\n- [ ] T001 Think\n");
    space.run(&["init", "--yes", "--name", "notes"]).exits(0);
    assert_eq!(space.read("plans/notes.md"), "mine\n");
    assert!(space.read("specs/notes.md").starts_with("# Mine\n\n## Running notes\n"));
    assert!(space.read("tasks/notes.md").starts_with("# Tasks\n\n- [ ] T001 Think\n"));
    assert!(space.read("tasks/notes.md").contains("T002"));
    // what a plan of one's own lacks is for `bowline tasks` to say
    space.run(&["tasks"]).exits(0);
    assert!(space.read("plans/notes.md").starts_with("mine\n"));
    works(&space);
}

#[test]
fn a_chart_of_ones_own_keeps_its_folder() {
    let space = shop();
    space.write("frontend/../package.json", "{ \"name\": \"notes\", \"private\": true }");
    space.write("charts/notes/Chart.yaml", "apiVersion: v2\nname: notes\nversion: 0.1.0\n");
    space.run(&["init", "--yes"]).exits(0).says(&["charts/notes/Chart.yaml: this chart stays as it is"]);
    assert!(block(&space, "specs/notes-app.md").starts_with("app: { name: notes-app, host: notes-app.local }"));
    works(&space);
    assert_eq!(space.read("charts/notes/Chart.yaml"), "apiVersion: v2\nname: notes\nversion: 0.1.0\n");
}

const COMPOSE: &str = "\
name: Notes
services:
  web:
    build: ./frontend
    ports: [\"8080:3000\"]
    depends_on: [api]
    restart: always
  api:
    build: { context: backend, args: { A: b } }
    environment:
      DATABASE_URL: postgresql://notes:planted@db:5432/notes
      JWT_SECRET: ${JWT_SECRET}
      LOG_LEVEL: ${LOG_LEVEL:-INFO}
      MODE: demo
    depends_on:
      db: { condition: service_healthy }
      cache: { condition: service_started }
    command: uvicorn main:app --reload
    volumes: [\"./backend:/app\"]
    deploy: { replicas: 3 }
  cache:
    image: redis:7.4.1-alpine
  search:
    image: elasticsearch:8.15.0
  mail:
    image: axllent/mailpit
  db:
    image: postgres:15-alpine
    environment: { POSTGRES_PASSWORD: planted, POSTGRES_USER: notes, POSTGRES_DB: notes }
    volumes: [\"data:/var/lib/postgresql/data\"]
    ports: [\"5432:5432\"]
volumes: { data: {} }
";

#[test]
fn a_compose_file_is_carried_over() {
    let space = shop();
    space.write("compose.yaml", COMPOSE);
    let ran = space.run(&["init", "--yes", "--from", "compose.yaml"]).exits(0);
    assert!(!format!("{}{}", ran.out, ran.err).contains("planted"));
    let text = block(&space, "specs/notes.md");
    let lines: Vec<&str> = text.lines().map(|l| l.split("   #").next().unwrap().trim_end()).collect();
    assert_eq!(
        lines,
        [
            "app: { name: notes, host: notes.local }",
            "services:",
            "  web:",
            "    build: frontend",
            "    runtime: { framework: nextjs, version: 20.18.1, packageManager: npm }",
            "    ports: [3000]",
            "    ingress: /",
            "    livenessProbe: /api/health",
            "    environment: { BACKEND_URL: http://api:8000 }",
            "    dependsOn: [api]",
            "  api:",
            "    build: backend",
            "    runtime: { framework: fastapi, version: 3.11.9, packageManager: pip, entrypoint: uvicorn main:app --host 0.0.0.0 --port 8000 }",
            "    ports: [8000]",
            "    livenessProbe: /health",
            "    readinessProbe: /health/ready",
            "    secrets: { OPENAI_API_KEY: optional, JWT_SECRET: required }",
            "    egress: [api.openai.com:443]",
            "    dependsOn: { cache: started, db: healthy }",
            "    environment: { LOG_LEVEL: INFO, MODE: demo }",
            "    replicas: 3",
            "  cache:",
            "    image: redis:7.4.1-alpine",
            "    ports: [6379]",
            "    replicas: 1",
            "    temporary: [/tmp, /data]",
            "resources:",
            "  db:",
            "    type: postgres",
            "    class: in-cluster",
            "    version: \"15.8\"",
            "    database: notes",
            "    username: notes",
            "environments: { local: {}, production: {} }",
        ]
    );
    for left in [
        "compose.yaml:7: `web`, `restart`: Kubernetes restarts what ends",
        "compose.yaml:9: `api`, `build.args`: images are built from context and Dockerfile alone",
        "compose.yaml:18: `api`, `args`: the image starts the program by itself",
        "compose.yaml:19: `api`, `volumes`: services keep nothing on disk",
        "compose.yaml:24: `search`: `elasticsearch` keeps data",
        "compose.yaml:26: `mail`: its image names no version",
        "compose.yaml:31: `db`, `ports`: the database is reached inside the cluster only",
        "compose.yaml:32: `volumes`: a volume belongs to a database",
    ] {
        assert!(ran.err.contains(&format!("left out   {left}")), "{left}\n{}", ran.err);
    }
    works(&space);
    // under a constitution that wants two of each, what cannot be two is left out
    let space = shop();
    space.write("compose.yaml", COMPOSE);
    space.write("constitution.md", "# Ours\n\n### I. Two\n\nServices without state must run at least 2 replicas.\n");
    space.run(&["init", "--yes", "--from", "compose.yaml"]).exits(0).says(&[
        "left out   compose.yaml:22: `cache`: two pods would not share what they hold, and the constitution wants two",
    ]);
    let text = block(&space, "specs/notes.md");
    assert!(!text.contains("cache") && text.contains("dependsOn: { db: healthy }"), "{text}");
    works(&space);
}

const SCORE: &str = "\
apiVersion: score.dev/v1b1
metadata:
  name: notes-api
containers:
  main:
    image: .
    variables:
      DATABASE_URL: postgresql://${resources.db.username}:${resources.db.password}@${resources.db.host}:${resources.db.port}/${resources.db.name}
      DB_HOST: ${resources.db.host}
      DB_PASSWORD: ${resources.db.password}
      CACHE: ${resources.cache.host}
      MODE: demo
    readinessProbe:
      httpGet: { path: /health/ready, port: 8000 }
    volumes:
      /data: { source: x }
    resources:
      limits: { memory: 512Mi }
  sidecar:
    image: busybox:1.36.1
service:
  ports:
    www: { port: 80, targetPort: 8000 }
resources:
  db: { type: postgres }
  cache: { type: redis }
  route: { type: route, params: { path: /api } }
";

#[test]
fn a_score_file_is_carried_over() {
    let space = shop();
    space.write("backend/score.yaml", SCORE);
    let ran = space.run(&["init", "--yes", "--from", "backend/score.yaml", "--name", "notes"]).exits(0);
    let text = block(&space, "specs/notes.md");
    for line in [
        "  notes-api:\n    build: backend ",
        "    ports: [8000] ",
        "    dependsOn: [db] ",
        "    environment: { DB_HOST: db, MODE: demo } ",
        "    ingress: /api ",
        "    readinessProbe: /health/ready ",
        "    resources: { limits: { memory: 512Mi } } ",
        "  db: { type: postgres, class: in-cluster } ",
        "DB_PASSWORD: { secretName: db-credentials, key: password }",
    ] {
        assert!(text.contains(line), "{line}\n{text}");
    }
    for left in [
        "backend/score.yaml:15: container `main`, `volumes`",
        "backend/score.yaml:19: container `sidecar`: a service of the block is one container",
        "backend/score.yaml:23: port `www`: the Service has the container's port, 8000",
        "backend/score.yaml:26: resource `cache` of type `redis`",
    ] {
        assert!(ran.err.contains(&format!("left out   {left}")), "{left}\n{}", ran.err);
    }
    assert!(
        ran.err.contains("to decide  backend/score.yaml:11: `CACHE` of `notes-api` comes from a resource"),
        "{}",
        ran.err
    );
    works(&space);
}

#[test]
fn a_bad_file_to_carry_over_is_shown_with_its_line() {
    let space = shop();
    space.write("compose.yaml", "services:\n  a: [\n");
    space.run(&["init", "--from", "compose.yaml"]).exits(1).says(&["error[yaml-syntax]", "compose.yaml:"]);
    space.write("compose.yaml", "service: {}\n");
    space
        .run(&["init", "--from", "compose.yaml"])
        .exits(1)
        .says(&["error[compose-services]: `compose.yaml` has no `services`"]);
    space.write("score.yaml", "apiVersion: score.dev/v1b1\nmetadata: { name: x }\n");
    space
        .run(&["init", "--from", "score.yaml"])
        .exits(1)
        .says(&["error[score-shape]: `score.yaml` has no `containers`"]);
    space.run(&["init", "--from", "none.yaml"]).exits(1).says(&["error[init-from]: cannot read"]);
    space.run(&["init", "--from", "../../etc/passwd"]).exits(1).says(&["error[init-from]"]).never_says(&["root:"]);
    for code in ["compose-services", "score-shape", "init-from", "init-changed"] {
        space.run(&["why", code]).exits(0);
    }
}

#[test]
fn kiro_and_openspec_get_their_own_files() {
    let space = shop();
    space.write(
        ".kiro/specs/chat/requirements.md",
        "# Chat\n\n### Requirement 1\n\n1. WHEN a person writes THE SYSTEM SHALL answer\n",
    );
    space.write(".kiro/specs/chat/tasks.md", "# Plan\n\n- [ ] 1. Think\n");
    space.run(&["init", "--yes", "--name", "notes"]).exits(0).says(&[
        "wrote    .kiro/specs/deployment/requirements.md",
        "wrote    .kiro/specs/deployment/design.md",
        "wrote    .kiro/specs/deployment/tasks.md",
    ]);
    assert!(block(&space, ".kiro/specs/deployment/requirements.md").starts_with("app: { name: notes"));
    works(&space);
    let space = shop();
    space.write("openspec/changes/add-chat/proposal.md", "# Chat\n");
    space.write("openspec/changes/add-chat/tasks.md", "## 1. Chat\n\n- [ ] 1.1 Think\n");
    space
        .run(&["init", "--yes", "--name", "notes"])
        .exits(0)
        .says(&["wrote    openspec/changes/deployment/proposal.md", "wrote    openspec/changes/deployment/tasks.md"]);
    works(&space);
}

#[test]
fn what_is_wrong_elsewhere_is_no_hindrance() {
    let space = shop();
    space.write("tools/Dockerfile.dev", "FROM python:3.11.9-slim-bookworm\nCOPY nowhere/at/all.txt /\n");
    space.write("backend/Dockerfile", "FROM python:3.11.9-slim-bookworm\nCOPY nowhere.txt /\nEXPOSE 8000\n");
    space.run(&["check"]).exits(1).says(&["error[build-copy-source]"]);
    space.run(&["init", "--yes", "--name", "notes"]).exits(0).says(&[
        "the repository has errors of its own; `bowline check` shows them",
        "to decide  backend/Dockerfile: `backend` gets a Dockerfile of its own under `out/`; this one stays as it is",
    ]);
    space.run(&["generate"]).exits(0);
    space.run(&["up", "--rehearse"]).exits(0);
}

#[test]
fn other_package_managers_and_versions() {
    // the template installs with npm: what to do is said
    let space = shop();
    std::fs::rename(space.join("frontend/package-lock.json"), space.join("frontend/pnpm-lock.yaml")).unwrap();
    std::fs::remove_file(space.join("backend/requirements.txt")).unwrap();
    space.write(
        "backend/pyproject.toml",
        "[project]\nname = \"api\"\nrequires-python = \">=3.12\"\ndependencies = [\"fastapi\", \"psycopg[binary]\"]\n",
    );
    space.write("backend/uv.lock", "");
    space.run(&["init", "--yes"]).exits(1).says(&[
        "error[init-nothing]",
        "and found `frontend/pnpm-lock.yaml` (`npm install --package-lock-only` writes it)",
        "(`uv export --no-dev --no-hashes --no-emit-project -o requirements.txt` in that folder writes it)",
    ]);
    // what an image is pinned to comes from what the project asks for
    let space = shop();
    space.write("backend/.python-version", "3.12\n");
    space.write("frontend/.nvmrc", "v22\n");
    space.edit("backend/requirements.txt", "uvicorn==0.54.0\n", "");
    space.run(&["init", "--yes", "--name", "notes"]).exits(0);
    let text = block(&space, "specs/notes.md");
    assert!(text.contains("version: 3.12.8") && text.contains("version: 22.12.0"), "{text}");
    // the image starts the app with it, and nothing would install it
    assert!(space.read("backend/requirements.txt").ends_with("typing_extensions==4.16.0\nuvicorn\n"));
    works(&space);
}
