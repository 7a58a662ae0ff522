//! What is said of a chart, beside what the real Helm says of the same chart.

mod common;

use common::{Space, tools};

const META: &str = "apiVersion: v2\nname: notes\nversion: 0.1.0\n";
const VALUES: &str = "web: { port: 80 }\nname: notes\n";
const MAP: &str = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ .Values.name }}\ndata:\n  port: {{ .Values.web.port | quote }}\n";

/// A chart as it differs from a good one: a name, and the files that are other.
type Case = (&'static str, &'static [(&'static str, &'static str)]);

const IGNORES: &[Case] = &[
    ("nothing", &[]),
    ("only a negation", &[(".helmignore", "!README.md\n")]),
    ("a negation of Chart.yaml", &[(".helmignore", "!Chart.yaml\n")]),
    ("a negation of yaml", &[(".helmignore", "!*.yaml\n")]),
    ("a positive and a negation", &[(".helmignore", "*.md\n!README.md\n")]),
    ("negations below each other", &[(".helmignore", "!*\n!templates\n")]),
    ("a negated star", &[(".helmignore", "!*\n")]),
    ("a negated folder", &[(".helmignore", "!charts/\n")]),
    ("documentation", &[(".helmignore", "# docs\n*.md\n/docs/\n.git/\n")]),
    ("every yaml", &[(".helmignore", "*.yaml\n")]),
    ("the chart file by its root", &[(".helmignore", "/Chart.yaml\n")]),
    ("the templates", &[(".helmignore", "templates/\n")]),
    ("the templates' yaml", &[(".helmignore", "templates/*.yaml\n")]),
    ("another template", &[(".helmignore", "templates/*.txt\n")]),
    ("a double star", &[(".helmignore", "**/x\n")]),
    ("an open bracket", &[(".helmignore", "[a\n")]),
    ("a class", &[(".helmignore", "[CD]hart.yaml\n")]),
    ("a class with a caret", &[(".helmignore", "[^C]hart.yaml\n")]),
    ("a class with an exclamation mark", &[(".helmignore", "[!X]hart.yaml\n")]),
    ("a comment and spaces", &[(".helmignore", "  # x\n\n  *.md  \n")]),
];

const CHARTS: &[Case] = &[
    ("no version", &[("Chart.yaml", "apiVersion: v2\nname: notes\n")]),
    ("no name", &[("Chart.yaml", "apiVersion: v2\nversion: 0.1.0\n")]),
    ("no apiVersion", &[("Chart.yaml", "name: notes\nversion: 0.1.0\n")]),
    ("an empty version", &[("Chart.yaml", "apiVersion: v2\nname: notes\nversion: \"\"\n")]),
    ("a version of words", &[("Chart.yaml", "apiVersion: v2\nname: notes\nversion: latest\n")]),
    ("a short version", &[("Chart.yaml", "apiVersion: v2\nname: notes\nversion: \"1.2\"\n")]),
    ("a version behind a v", &[("Chart.yaml", "apiVersion: v2\nname: notes\nversion: v1.2.3-rc.1+x\n")]),
    ("broken yaml", &[("Chart.yaml", "apiVersion: v2\nname: [notes\n")]),
    ("broken values", &[("values.yaml", "a: [1\n")]),
    ("no values", &[("values.yaml", "")]),
    ("an action that is open", &[("templates/a.yaml", "a: {{ .Values.name }\n")]),
    ("a block that is open", &[("templates/a.yaml", "{{- if .Values.name }}\na: b\n")]),
    ("an end too many", &[("templates/a.yaml", "{{- end }}\n")]),
    ("an else without if", &[("templates/a.yaml", "{{- else }}\n")]),
    ("two elses", &[("templates/a.yaml", "{{ if .Values.name }}{{ else }}{{ else }}{{ end }}\n")]),
    ("else if", &[("templates/a.yaml", "{{ if .Values.no }}{{ else if .Values.name }}{{ else }}{{ end }}\n")]),
    ("else in a define", &[("templates/a.yaml", "{{ define \"x\" }}{{ else }}{{ end }}\n")]),
    ("an empty action", &[("templates/a.yaml", "# {{ }}\n")]),
    ("a comment", &[("templates/a.yaml", "{{- /* {{ if }} */ -}}\n{{/* x */}}\n")]),
    ("a comment that is open", &[("templates/a.yaml", "{{/* x }}\n")]),
    ("a comment before something", &[("templates/a.yaml", "{{/* x */ .Values.name }}\n")]),
    ("a quote that is open", &[("templates/a.yaml", "# {{ \"a }}\n")]),
    ("a parenthesis that is open", &[("templates/a.yaml", "# {{ (eq 1 1 }}\n")]),
    ("a parenthesis too many", &[("templates/a.yaml", "# {{ eq 1 1) }}\n")]),
    ("braces in quotes", &[("templates/a.yaml", "# {{ \"}}\" }} {{ `{{ x }}` }}\n")]),
    ("an action over lines", &[("templates/a.yaml", "# {{ dict\n  \"a\" 1 | toJson\n}}\n")]),
    ("a fault in a helper", &[("templates/_a.tpl", "{{ define \"x\" }}\n")]),
    ("a fault in the notes", &[("templates/NOTES.txt", "{{ .Values.name\n")]),
    ("a field of nothing", &[("templates/a.yaml", "# {{ .Values.no.port }}\n")]),
    ("nothing itself", &[("templates/a.yaml", "# {{ .Values.no }}\n")]),
    ("a field two below nothing", &[("templates/a.yaml", "# {{ .Values.web.no.port }}\n")]),
    ("a field of a text", &[("templates/a.yaml", "# {{ .Values.name.port }}\n")]),
    ("a field of nothing with a default", &[("templates/a.yaml", "# {{ .Values.no.port | default 80 }}\n")]),
    ("a condition on nothing's field", &[("templates/a.yaml", "{{- if .Values.no.enabled }}\na: b\n{{- end }}\n")]),
    ("guarded by a condition", &[("templates/a.yaml", "{{- if .Values.no }}\na: {{ .Values.no.port }}\n{{- end }}\n")]),
    ("guarded by `and`", &[("templates/a.yaml", "{{- if and .Values.no .Values.no.port }}\na: b\n{{- end }}\n")]),
    ("in quotes", &[("templates/a.yaml", "# {{ \".Values.no.port\" }}\n")]),
    (
        "a null above",
        &[("values.yaml", "web: { port: 80 }\nname: notes\nno:\n"), ("templates/a.yaml", "# {{ .Values.no.port }}\n")],
    ),
    (
        "a dependency that is absent",
        &[(
            "Chart.yaml",
            "apiVersion: v2\nname: notes\nversion: 0.1.0\ndependencies:\n  - name: cache\n    version: 1.0.0\n    repository: https://charts.example.com\n",
        )],
    ),
    (
        "a dependency that is there",
        &[
            (
                "Chart.yaml",
                "apiVersion: v2\nname: notes\nversion: 0.1.0\ndependencies:\n  - name: cache\n    version: 1.0.0\n    repository: file://charts/cache\n",
            ),
            ("charts/cache/Chart.yaml", "apiVersion: v2\nname: cache\nversion: 1.0.0\n"),
            ("templates/a.yaml", "# {{ .Values.cache.port }}\n"),
        ],
    ),
];

fn space(files: &[(&str, &str)]) -> Space {
    let space = Space::empty();
    let good = [("Chart.yaml", META), ("values.yaml", VALUES), ("templates/map.yaml", MAP), ("README.md", "# Notes\n")];
    for (path, text) in good.iter().chain(files) {
        space.write(&format!("helm/notes/{path}"), text);
    }
    space
}

/// Whether the finding stands among what `check` says.
fn found(space: &Space) -> bool {
    let ran = space.run(&["check", "--output", "json"]);
    let findings = ran.json()["data"]["findings"].as_array().unwrap().clone();
    let wrong: Vec<_> = findings.iter().filter(|f| f["severity"] != "note").collect();
    assert!(wrong.iter().all(|f| f["code"] == "chart-loads"), "{wrong:?}");
    !wrong.is_empty()
}

/// Whether Helm prints the object that the good chart has.
fn prints(space: &Space, helm: &std::path::Path) -> bool {
    let ran = tools::run(helm, &["template", "notes", "helm/notes"], space.path(), None);
    ran.code == 0 && ran.out.contains("kind: ConfigMap") && ran.out.contains("port: \"80\"")
}

#[test]
fn the_verdict_is_that_of_helm() {
    let Some(helm) = tools::find_or_skip("helm", "the_verdict_is_that_of_helm") else { return };
    let mut wrong = Vec::new();
    for (case, files) in IGNORES.iter().chain(CHARTS) {
        let space = space(files);
        let (found, prints) = (found(&space), prints(&space, &helm));
        if found == prints {
            wrong.push(format!("{case}: finding {found}, printed {prints}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Values that could not be read are no proof that a value is missing.
#[test]
fn values_that_are_not_read_are_not_called_empty() {
    let broken = space(&[("values.yaml", "web: { port: 80 }\nname: [notes\n")]);
    let said = broken.run(&["check"]).out;
    assert!(said.contains("`helm/notes/values.yaml` is no valid YAML"), "{said}");
    assert!(!said.contains("there is no value"), "{said}");

    let many: String = (0..60_000).map(|n| format!("key{n}: a value of some length\n")).collect();
    let large = space(&[("values.yaml", &format!("{VALUES}{many}"))]);
    assert!(!found(&large));
}

#[test]
fn what_is_certain_is_put_right() {
    let Some(helm) = tools::find_or_skip("helm", "what_is_certain_is_put_right") else { return };
    for text in ["!README.md\n", "*.md\n!README.md\n", "!charts/\n!x", "*.md\r\n!README.md\r\n.git/\r\n"] {
        let space = space(&[(".helmignore", text)]);
        assert!(!prints(&space, &helm) && found(&space), "{text:?}");
        space.run(&["check", "--fix"]).exits(0);
        assert!(prints(&space, &helm) && !found(&space), "{text:?}");
    }
}
