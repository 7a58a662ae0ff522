//! Files that nobody wrote on purpose: every finding lies in its file, and nothing takes long or stops the program.

mod common;

use bowline::base::source::{Sources, Span};
use bowline::check::facts;
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
];

#[test]
fn every_place_lies_in_its_file() {
    let mut state = 7_u64;
    let mut next = |most: usize| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(state >> 33).unwrap() % most
    };
    let mut found = 0;
    for _ in 0..250 {
        let space = Space::empty();
        for path in FILES {
            // a beginning that makes sense, so that more than the first line is looked at
            let start = match *path {
                "Dockerfile" => "FROM alpine AS a\nCOPY pyproject.toml ./\n",
                "c/Chart.yaml" => "name: c\nversion: 1.0.0\n",
                "c/templates/a.yaml" => "apiVersion: v1\nkind: Secret\n",
                "compose.yaml" => "services:\n  a:\n    build: .\n    environment:\n      JWT_SECRET: ${JWT_SECRET:-é",
                _ => "",
            };
            let text: String = (0..next(14)).map(|_| PIECES[next(PIECES.len())]).collect();
            space.write(path, format!("{start}{text}"));
        }
        let mut sources = Sources::default();
        let all = facts::repository(&mut Repository::walk(space.path()), &Documents::default(), &mut sources);
        found += all.len();
        let inside = |span: Span| {
            assert!(sources.text(span.file).get(span.range()).is_some(), "{span:?} in {}", sources.path(span.file))
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
    assert!(found > 250, "{found} findings: the pieces say too little");
}

#[test]
fn large_files_take_no_longer_than_they_are() {
    let repeated = |piece: &str| piece.repeat(1_000_000 / piece.len());
    for (path, head, piece) in [
        ("main.py", "", "os.getenv(\"A\") "),
        ("main.py", "", "\"A\" in os.environ "),
        ("main.py", "class S(BaseSettings):\n", "  a: str = Field(\n"),
        ("main.py", "from decouple import config\n", "config('A', cast=int "),
        ("a.ts", "", "} = process.env; "),
        ("a.ts", "", "`${process.env.A}"),
        ("a.ts", "", "process.env['"),
        ("main.go", "", "env:\"A\" "),
        ("main.go", "", "/*"),
        ("A.java", "", "@Value(\"${A"),
        ("application.yml", "a: ", "${A"),
        ("c/templates/a.yaml", "apiVersion: v1\nkind: Secret\n#", "{{/* */}}"),
        ("c/templates/a.yaml", "", "{{ .Values.jwtSecret | default \"x\" }}"),
        ("c/templates/a.yaml", "", "{{ if .a }}"),
        ("c/.helmignore", "", "!a\n"),
        ("c/values.yaml", "", "# a: b\n"),
        ("Dockerfile", "FROM alpine\n", "RUN pip install .\n"),
        ("Dockerfile", "FROM alpine\n", "COPY a b\n"),
        ("pyproject.toml", "", "readme = \"x\"\n"),
        (".dockerignore", "", "a*b*c*d\n"),
        ("next.config.js", "", "const nextConfig = {"),
    ] {
        let space = Space::empty();
        space.write("Dockerfile", "FROM python:3.12\nCOPY pyproject.toml a ./\nRUN pip install .\n");
        space.write("package.json", "{ \"dependencies\": { \"next\": \"1\" } }");
        space.write("c/Chart.yaml", "name: c\nversion: 1.0.0\n");
        space.write("a", "");
        space.write(path, format!("{head}{}", repeated(piece)));
        let began = std::time::Instant::now();
        let code = space.run(&["check", "--output", "short"]).code;
        assert!(matches!(code, 0 | 1), "{path} {piece}: exit {code}");
        common::tools::note(&format!("{path} of {piece:?}: {:?}", began.elapsed()));
    }
}
