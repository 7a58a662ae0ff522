//! What a folder is built with, through the real program: found by itself, said by the spec, or a finding with its fix.

#![allow(dead_code, unused_imports, reason = "the shared tools are for all test programs")]

mod common;

use common::Space;

/// A repository whose one service is built from `app/` with these files.
fn space(files: &[(&str, &str)], fields: &str) -> Space {
    let space = Space::empty();
    space.write("constitution.md", common::CONSTITUTION);
    let block = format!("app: {{ name: small }}\nservices:\n  web:\n    build: app   # FR-001\n{fields}");
    space.write("specs/small.md", format!("# Small\n\n- **FR-001**: It answers.\n\n```yaml bowline\n{block}```\n"));
    space.write("tasks/small.md", "# Tasks: small\n");
    for (path, text) in files {
        space.write(&format!("app/{path}"), text);
    }
    space
}

fn dockerfile(space: &Space) -> String {
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.read("out/small/images/web/Dockerfile")
}

const EXPRESS: (&str, &str) =
    ("package.json", "{ \"scripts\": { \"start\": \"node x.js\" }, \"dependencies\": { \"express\": \"4.21.2\" } }");
const FLASK: &[(&str, &str)] = &[("requirements.txt", "flask==3.1.0\n"), ("app.py", "app = Flask(__name__)\n")];
const GO: &str = "package main\n\nfunc main() {}\n";

/// Files, the code of the finding, what it says, and its fix.
type Case<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str, &'a str);

#[test]
fn what_is_missing_is_found_where_the_spec_asks_for_the_build() {
    let pom = "<project><artifactId>a</artifactId><version>${v}</version><mainClass>x</mainClass></project>";
    let cases: &[Case<'_>] = &[
        (
            &[EXPRESS],
            "build-lock",
            "has no `package-lock.json`, which npm installs from",
            "npm install --package-lock-only",
        ),
        (&[EXPRESS, ("bun.lock", "")], "build-lock", "is installed by bun", "lock file of npm, pnpm or yarn"),
        (
            &[EXPRESS, ("package-lock.json", "{}"), ("yarn.lock", "")],
            "build-ambiguous",
            "has `package-lock.json` and `yarn.lock`",
            "packageManager: npm",
        ),
        (
            &[("package.json", "{ \"dependencies\": { \"express\": \"4\" } }"), ("package-lock.json", "{}")],
            "build-entrypoint",
            "has no script `start`",
            "entrypoint: node",
        ),
        (FLASK, "build-entrypoint", "does not install gunicorn, which starts `app:app`", "to `requirements.txt`"),
        (
            &[
                ("pyproject.toml", "[project]\ndependencies = [\"fastapi\", \"uvicorn\"]\n[tool.uv]\n"),
                ("main.py", "app = FastAPI()\n"),
            ],
            "build-lock",
            "has no `uv.lock`, which uv installs from",
            "run `uv lock`",
        ),
        (
            &[("requirements.txt", "django==5.1\n"), ("manage.py", "DJANGO_SETTINGS_MODULE")],
            "build-entrypoint",
            "has neither `wsgi.py` nor `asgi.py`",
            "startproject",
        ),
        (&[("requirements.txt", "x==1\n")], "build-entrypoint", "has no `main.py`", "entrypoint: python3"),
        (&[("go.mod", "module a\n\ngo 1.23\n")], "build-entrypoint", "has no program", "func main()"),
        (
            &[("go.mod", "module a\n\ngo 1.23\n"), ("cmd/a/main.go", GO), ("cmd/b/main.go", GO)],
            "build-entrypoint",
            "has several programs: `./cmd/a`, `./cmd/b`",
            "target: ./cmd/a",
        ),
        (
            &[("go.mod", "module a\n\ngo 1.23\n\nrequire x v1.0.0\n"), ("main.go", GO)],
            "build-lock",
            "has no `go.sum`",
            "go mod tidy",
        ),
        (
            &[("Cargo.toml", "[package]\nname = \"a\"\n"), ("src/main.rs", "")],
            "build-lock",
            "has no `Cargo.lock`",
            "cargo generate-lockfile",
        ),
        (&[("pom.xml", pom)], "build-entrypoint", "does not say plainly how its jar is called", "finalName"),
        (&[("build.gradle", "")], "build-lock", "has no `pom.xml`", "your own Dockerfile"),
        (
            &[EXPRESS, ("package-lock.json", "{}"), ("go.mod", "module a\n"), ("main.go", GO)],
            "build-ambiguous",
            "has `package.json` and `go.mod`, and could be built either way",
            "framework: express",
        ),
        (
            &[EXPRESS, ("package-lock.json", "{}"), (".nvmrc", "12\n")],
            "build-version",
            "no base image of Node is known for `12`",
            "version",
        ),
    ];
    for (files, code, what, fix) in cases {
        let space = space(files, "    ports: [8080]\n");
        space.run(&["check"]).exits(1).says(&[&format!("error[{code}]"), what, fix, "specs/small.md:9"]);
        space.run(&["why", code]).exits(0);
        space.run(&["generate"]).exits(1);
    }
}

#[test]
fn what_the_spec_says_settles_it() {
    for (files, fields, line) in [
        (
            &[EXPRESS, ("package-lock.json", "{}"), ("yarn.lock", "# yarn lockfile v1\n")][..],
            "    runtime: { packageManager: yarn }\n",
            "npm install --global --force yarn@1.22.22",
        ),
        (
            &[EXPRESS, ("package-lock.json", "{}"), ("go.mod", "module a\n"), ("main.go", GO)],
            "    runtime: { framework: go }\n",
            "go build",
        ),
        (
            &[("go.mod", "module a\n"), ("cmd/a/main.go", GO), ("cmd/b/main.go", GO)],
            "    runtime: { target: ./cmd/b }\n",
            "-o /out/app ./cmd/b",
        ),
        (FLASK, "    runtime: { entrypoint: flask run }\n    ports: [5000]\n", "CMD [\"flask\", \"run\"]"),
        (
            &[("requirements.txt", ""), ("main.py", "")],
            "    runtime: { baseImage: \"example.org/python:3.11.9@sha256:0123\" }\n",
            "FROM example.org/python:3.11.9@sha256:0123 AS dependencies",
        ),
        (
            &[("requirements.txt", ""), ("main.py", ""), (".python-version", "3.12\n")],
            "    ports: [9000]\n",
            "FROM python:3.12.8-slim-bookworm",
        ),
        (
            &[("requirements.txt", "-r base.txt\n"), ("base.txt", ""), ("main.py", "")],
            "    ports: [9000]\n",
            "COPY requirements.txt base.txt ./",
        ),
        (
            &[EXPRESS, ("package-lock.json", "{}"), (".npmrc", "engine-strict=true\n")],
            "    ports: [3000]\n",
            "COPY package.json package-lock.json .npmrc ./",
        ),
        (&[("index.html", "")], "", "    '    listen 8080;' \\"),
    ] {
        let text = dockerfile(&space(files, fields));
        assert!(text.contains(line), "{line}\n{text}");
        assert!(!text.contains(" apk ") && !text.contains("apt-get"), "{text}");
        assert!(text.contains("USER 10001:10001\n"), "{text}");
    }
}

#[test]
fn a_token_beside_the_sources_stays_out() {
    let files = [EXPRESS, ("package-lock.json", "{}"), (".npmrc", "//registry.example/:_authToken=x\n")];
    let space = space(&files, "    ports: [3000]\n");
    assert!(!dockerfile(&space).contains(".npmrc"));
    assert!(space.read("out/small/images/web/Dockerfile.dockerignore").contains("**/.npmrc\n"));
}
