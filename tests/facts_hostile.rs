//! Files that nobody wrote on purpose: every finding lies in its file, and nothing takes long or stops the program.

mod common;

use std::collections::BTreeSet;
use std::time::{Duration, Instant};

use bowline::base::source::{Sources, Span};
use bowline::check::{facts, report};
use bowline::model::workspace::Documents;
use bowline::read::repository::Repository;
use common::Space;

const PIECES: &[&str] = &[
    "FROM alpine AS a\n",
    "FROM a\n",
    "COPY ",
    "--from=",
    "a",
    "b.txt ",
    " ./\n",
    "RUN pip install .\n",
    "RUN npm ci --omit=dev\n",
    "RUN npm run build\n",
    "WORKDIR /é\n",
    "\\\n",
    "<<EOF\n",
    "[\"a\", \"",
    "CMD [\"node\", \"server.js\"]\n",
    "{{ ",
    "}}",
    "{{- if ",
    "end",
    ".Values.a.b",
    " | default \"",
    "\"",
    "'",
    "`",
    "é",
    "\r\n",
    "\t",
    "- ",
    "a: ",
    "name: x\n",
    "!",
    "*",
    "[",
    "**",
    "#",
    "/* ",
    "*/",
    "process.env.",
    "NEXT_PUBLIC_X",
    "os.environ[",
    "JWT_SECRET",
    ": ",
    "${",
    ":-x}",
    "build: .\n",
    "services:\n",
    "  ",
    "kind: Secret\n",
    "apiVersion: v1\n",
    "stringData:\n",
    "readme = \"",
    "[project]\n",
    "build-backend = \"hatchling.build\"\n",
    "version: 1.0.0\n",
    "\u{feff}",
];

const FILES: &[&str] = &[
    "Dockerfile",
    ".dockerignore",
    "pyproject.toml",
    "package.json",
    "next.config.js",
    "main.py",
    "app/page.tsx",
    "main.go",
    "A.java",
    "application.yml",
    "compose.yaml",
    "c/Chart.yaml",
    "c/values.yaml",
    "c/.helmignore",
    "c/templates/a.yaml",
    "k/a.yaml",
    "b.txt",
    "api/Dockerfile",
    "api/main.py",
    "api/page.tsx",
    "k/api.yaml",
];

const API: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: api }
spec:
  template:
    spec:
      containers:
        - name: api
          env: [{ name: DATABSE_URL, value: é }, { name: NEXT_PUBLIC_X, value: é }]
";

#[test]
fn every_place_lies_in_its_file() {
    let mut state = 7_u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % most
    };
    let (mut found, mut kinds) = (0, BTreeSet::new());
    for _ in 0..250 {
        let space = Space::empty();
        for path in FILES {
            // a beginning that makes sense, so that more than the first line is looked at
            let start = match *path {
                "Dockerfile" => "FROM alpine AS a\nCOPY pyproject.toml package.json ./\n",
                "pyproject.toml" => {
                    "[build-system]\nbuild-backend = \"hatchling.build\"\n[project]\nreadme = \"é.md\"\n"
                }
                "package.json" => "{ \"dependencies\": { \"next\": \"1\" } }",
                "c/Chart.yaml" => "name: c\nversion: 1.0.0\n",
                "c/templates/a.yaml" => "apiVersion: v1\nkind: Secret\n",
                "compose.yaml" => "services:\n  a:\n    build: .\n    environment:\n      JWT_SECRET: ${JWT_SECRET:-é",
                "api/Dockerfile" => "FROM node:20\nCOPY . .\nRUN npm run build\n",
                "api/main.py" => "import os\nA = os.environ[\"A_KEY\"]\nB = os.getenv(\"DATABASE_URL\")\n",
                "api/page.tsx" => "\"use client\";\nconst a = process.env.NEXT_PUBLIC_X;\n",
                "k/api.yaml" => API,
                _ => "",
            };
            let text: String = (0..next(12)).map(|_| PIECES[next(PIECES.len())]).collect();
            space.write(path, format!("{start}{text}"));
        }
        let mut sources = Sources::default();
        let all = facts::repository(&mut Repository::walk(space.path()), &Documents::default(), &mut sources);
        found += all.len();
        kinds.extend(all.iter().map(|f| f.code));
        let inside = |span: Span| {
            assert!(sources.text(span.file).get(span.range()).is_some(), "{span:?} in {}", sources.path(span.file));
        };
        for finding in &all {
            finding.primary.iter().chain(&finding.also).for_each(|l| inside(l.span));
            finding.edits.iter().for_each(|e| inside(e.span));
        }
        // the same again is the same
        let again =
            facts::repository(&mut Repository::walk(space.path()), &Documents::default(), &mut Sources::default());
        assert_eq!(all, again);
    }
    assert!(found > 250 && kinds.len() > 6, "{found} findings of {kinds:?}: the pieces say too little");
}

/// A file, how it begins, and the piece that it repeats.
const LARGE: &[(&str, &str, &str)] = &[
    ("main.py", "", "os.getenv(\"A\") "),
    ("main.py", "", "os.getenv('A"),
    ("main.py", "", "os.environ['A'] "),
    ("main.py", "", "\"A\" in os.environ "),
    ("main.py", "", "getenv('A') or "),
    ("main.py", "class S(BaseSettings):\n", "  a: str = Field(\n"),
    ("main.py", "class S(BaseSettings):\n", "  a: str = Field(alias="),
    ("main.py", "class S(BaseSettings):\n  a: str = Field(", "Field(\n  a: str = "),
    ("main.py", "from decouple import config\n", "config('A', cast=int "),
    ("main.py", "", "environ[\"\\"),
    ("a.ts", "", "} = process.env; "),
    ("a.ts", "", "`${process.env.A}"),
    ("a.ts", "", "process.env['"),
    ("a.ts", "", "process.env.NEXT_PUBLIC_A || 'x'; "),
    ("main.go", "", "env:\"A\" "),
    ("main.go", "", "env:\"A"),
    ("main.go", "", "/*"),
    ("main.go", "", "os.Getenv(\"A"),
    ("A.java", "", "@Value(\"${A"),
    ("application.yml", "a: ", "${A"),
    ("application.yml", "a: ", "${A:"),
    ("c/templates/a.yaml", "apiVersion: v1\nkind: Secret\n#", "{{/* */}}"),
    ("c/templates/a.yaml", "", "{{ .Values.jwtSecret | default \"x\" }}"),
    ("c/templates/a.yaml", "", "{{ .Values.jwtSecret | default \"x\" }}\n"),
    ("c/templates/a.yaml", "", "{{ .Values.a.b }}\n"),
    ("c/templates/a.yaml", "", "{{ if .a }}"),
    ("c/templates/a.yaml", "", "{{ \"a"),
    ("c/.helmignore", "", "!a\n"),
    ("c/.helmignore", "", "a\n"),
    ("c/values.yaml", "", "# a: b\n"),
    ("c/values.yaml", "a:\n", "- jwtSecret: abcdefgh\n"),
    ("Dockerfile", "FROM alpine\n", "RUN pip install .\n"),
    ("Dockerfile", "FROM alpine\n", "COPY a b\n"),
    ("Dockerfile", "FROM alpine\nCOPY ", "a b "),
    ("Dockerfile", "FROM alpine\nCOPY ", "a\\\n"),
    ("Dockerfile", "FROM alpine\nRUN ", "npm ci --omit=dev && npm run build && "),
    ("pyproject.toml", "", "readme = \"x\"\n"),
    (".dockerignore", "", "a*b*c*d\n"),
    ("next.config.js", "", "const nextConfig = {"),
    ("next.config.js", "", "/*"),
    ("compose.yaml", "services:\n  a:\n    environment:\n", "      - JWT_SECRET=${JWT_SECRET:-abc}\n"),
    ("k/a.yaml", "apiVersion: v1\nkind: Secret\nstringData:\n", "  jwtSecret: abcdef\n"),
    ("k/a.yaml", "", "apiVersion: v1\nkind: Secret\nstringData: { jwtSecret: abcdef }\n---\n"),
];

/// The time that the facts of a repository take with one file of about `size` bytes, and how many are found.
fn taken((path, head, piece): (&str, &str, &str), size: usize) -> (Duration, usize) {
    let space = Space::empty();
    space.write("Dockerfile", "FROM python:3.12\nCOPY pyproject.toml a ./\nRUN pip install .\n");
    space.write("package.json", "{ \"dependencies\": { \"next\": \"1\" } }");
    space.write("c/Chart.yaml", "name: c\nversion: 1.0.0\n");
    space.write("a", "");
    space.write(path, format!("{head}{}", piece.repeat(size / piece.len())));
    let began = Instant::now();
    let mut sources = Sources::default();
    let found = facts::repository(&mut Repository::walk(space.path()), &Documents::default(), &mut sources);
    let text = report::short(&found, &sources) + &report::grouped(&found, &sources, false);
    (began.elapsed(), text.len())
}

#[test]
fn large_files_take_no_longer_than_they_are() {
    const SIZE: usize = 6_000;
    // what grows with the square of the size grows by 256
    const MORE: u32 = 16;
    let mut slow = Vec::new();
    for case in LARGE {
        let (mut small, mut large) = (Duration::MAX, Duration::MAX);
        // the least of several: other programs take time too
        for _ in 0..6 {
            small = small.min(taken(*case, SIZE).0);
            large = large.min(taken(*case, SIZE * MORE as usize).0);
            if large < small * MORE * 4 {
                break;
            }
        }
        if large >= small * MORE * 4 {
            slow.push(format!("{case:?}: {small:?}, and {large:?} for {MORE} times as much"));
        }
    }
    assert!(slow.is_empty(), "{}", slow.join("\n"));
}

#[test]
fn what_is_too_long_is_said() {
    for text in ["COPY a b\n".repeat(500), format!("COPY {}\n", "a ".repeat(3000))] {
        let space = Space::empty();
        space.write("Dockerfile", format!("FROM alpine\n{text}"));
        space.run(&["check", "--output", "short"]).exits(0).says(&["note[build-too-long]"]);
    }
}
