//! The exact text of every form, read by a person once.

use super::*;
use crate::base::source::Span;

fn find(sources: &Sources, path: &str, text: &str) -> Span {
    let file = sources.find(path).unwrap();
    let start = sources.text(file).find(text).unwrap();
    Span::new(file, start, start + text.len())
}

/// Two findings: one with everything, on lines with wide characters and a hostile control character, and a bare note.
fn sample() -> (Sources, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    sources
        .add("out/todo/local/backend-deployment.yaml", "kind: Deployment\nimage: 日本/backend:latest # ü\nx: |\n\ta\n");
    sources.add("specs/todo.md", "# Todo\n  replicas: 1 # FR-010\n");
    sources.add("constitution.md", "# C\n\n- Never use the `latest` tag.\n");
    let because = Because {
        statement: "C/1.1".to_owned(),
        sentence: "Never use the `latest` tag.".to_owned(),
        span: Some(find(&sources, "constitution.md", "Never use the `latest` tag.")),
    };
    let first =
        Diagnostic::error("image-tag-pinned", "`deployment/backend` runs `日本/backend:latest`\u{1b}[31m, which moves")
            .at(find(&sources, "out/todo/local/backend-deployment.yaml", "日本/backend:latest"), "a tag that moves")
            .and(find(&sources, "specs/todo.md", "1"), "asked for here")
            .saying("also in `production`")
            .because(because)
            .fix("name a version | or a <digest>")
            .task("todo/T021");
    (sources, vec![first, Diagnostic::note("schema-unknown-kind", "`Agent` is not known & 100% unchecked")])
}

const SCOPE: Scope = Scope { rules: 3, sentences: 2 };

#[test]
fn human_is_read_by_people() {
    let (sources, found) = sample();
    let expected = "\
error[image-tag-pinned]: `deployment/backend` runs `日本/backend:latest` [31m, which moves
 --> out/todo/local/backend-deployment.yaml:2:8
  |
2 | image: 日本/backend:latest # ü
  |        ^^^^^^^^^^^^^^^^^^^ a tag that moves
  |
 ::: specs/todo.md:2:13
  |
2 |   replicas: 1 # FR-010
  |             - asked for here
   also in `production`
   because  \"Never use the `latest` tag.\" (constitution.md:3)
   fix: name a version | or a <digest>
   task: todo/T021

note[schema-unknown-kind]: `Agent` is not known & 100% unchecked
";
    assert_eq!(human(&found, &sources, false), expected);
    let coloured = human(&found, &sources, true);
    assert!(coloured.contains("\x1b["));
    assert!(!coloured.contains("\x1b[31m, which"), "a control character of the input reached the terminal");
}

#[test]
fn human_survives_any_span() {
    let (sources, _) = sample();
    let file = sources.find("out/todo/local/backend-deployment.yaml").unwrap();
    let length = sources.text(file).len();
    for (start, end) in [(0, 0), (25, 26), (length, length), (length + 9, length + 20), (0, length), (30, 2)] {
        let d = Diagnostic::error("x", "message").at(Span::new(file, start, end), "here");
        assert!(human(&[d], &sources, false).starts_with("error[x]: message"), "{start}..{end}");
    }
}

#[test]
fn short_is_one_line_each() {
    let (sources, found) = sample();
    assert_eq!(
        short(&found, &sources),
        "out/todo/local/backend-deployment.yaml:2:8: error[image-tag-pinned]: `deployment/backend` runs `日本/backend:latest` [31m, which moves\nnote[schema-unknown-kind]: `Agent` is not known & 100% unchecked\n"
    );
}

#[test]
fn json_has_every_key_always() {
    let (sources, found) = sample();
    let data = data(&found, &sources, SCOPE);
    assert_eq!(data["summary"].to_string(), r#"{"errors":1,"warnings":0,"notes":1,"rules":3,"sentences":2}"#);
    let first = &data["findings"][0];
    assert_eq!(
        first["at"].to_string(),
        r#"{"file":"out/todo/local/backend-deployment.yaml","line":2,"column":8,"endLine":2,"endColumn":25,"start":24,"end":45,"text":"a tag that moves"}"#
    );
    assert_eq!(first["because"]["statement"], "C/1.1");
    assert_eq!(first["because"]["at"]["line"], 3);
    let keys = |n: usize| data["findings"][n].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
    assert_eq!(keys(0), keys(1));
    assert!(data["findings"][1]["at"].is_null());
}

#[test]
fn sarif_names_rule_place_and_sentence() {
    let (sources, found) = sample();
    let log = sarif(&found, &sources);
    let result = &log["runs"][0]["results"][0];
    assert_eq!(result["level"], "error");
    assert_eq!(log["runs"][0]["tool"]["driver"]["rules"][0]["id"], result["ruleId"]);
    assert_eq!(result["locations"][0]["physicalLocation"]["region"]["startColumn"], 8);
    assert_eq!(result["relatedLocations"][0]["physicalLocation"]["artifactLocation"]["uri"], "specs/todo.md");
    assert!(result["message"]["text"].as_str().unwrap().ends_with("fix: name a version | or a <digest>"));
    assert_eq!(log["runs"][0]["results"][1]["level"], "note");
    // a line above moves, the fingerprint does not
    let mut moved = Sources::default();
    moved.add(
        "out/todo/local/backend-deployment.yaml",
        format!("a: 1\n{}", sources.text(sources.files().next().unwrap())),
    );
    let place = find(&moved, "out/todo/local/backend-deployment.yaml", "日本/backend:latest");
    let again = Diagnostic { also: vec![], because: None, ..found[0].clone() }.at(place, "");
    let other = &sarif(&[again], &moved)["runs"][0]["results"][0];
    assert_eq!(other["partialFingerprints"], result["partialFingerprints"]);
    assert_ne!(other["locations"], result["locations"]);
}

#[test]
fn github_escapes() {
    let (sources, found) = sample();
    let expected = "\
::error file=out/todo/local/backend-deployment.yaml,line=2,endLine=2,col=8,endColumn=25,title=image-tag-pinned::`deployment/backend` runs `日本/backend:latest` [31m, which moves%0Abecause \"Never use the `latest` tag.\" (constitution.md:3)%0Afix: name a version | or a <digest>
::notice title=schema-unknown-kind::`Agent` is not known & 100%25 unchecked
";
    assert_eq!(github(&found, &sources), expected);
}

#[test]
fn junit_is_xml() {
    let (sources, found) = sample();
    let expected = r#"<?xml version="1.0" encoding="UTF-8"?>
<testsuites tests="3" failures="1">
  <testsuite name="bowline check" tests="3" failures="1">
    <testcase classname="bowline" name="image-tag-pinned">
      <failure message="`deployment/backend` runs `日本/backend:latest` [31m, which moves">out/todo/local/backend-deployment.yaml:2:8: error[image-tag-pinned]: `deployment/backend` runs `日本/backend:latest` [31m, which moves</failure>
    </testcase>
    <testcase classname="bowline" name="liveness-probe"/>
    <testcase classname="bowline" name="schema-unknown-kind">
      <system-out>note[schema-unknown-kind]: `Agent` is not known &amp; 100% unchecked</system-out>
    </testcase>
  </testsuite>
</testsuites>
"#;
    assert_eq!(junit(&found, &sources, &["liveness-probe"]), expected);
}

#[test]
fn markdown_keeps_its_table() {
    let (sources, found) = sample();
    let expected = "\
**1 error, 1 note**

| | finding | where | because | fix | task |
|---|---|---|---|---|---|
| error `image-tag-pinned` | `deployment/backend` runs `日本/backend:latest` [31m, which moves | `out/todo/local/backend-deployment.yaml:2` | \"Never use the `latest` tag.\" (constitution.md:3) | name a version \\| or a &lt;digest> | todo/T021 |
| note `schema-unknown-kind` | `Agent` is not known & 100% unchecked |  |  |  |  |
";
    assert_eq!(markdown(&found, &sources, SCOPE), expected);
}

#[test]
fn the_last_line_counts() {
    let error = || Diagnostic::error("x", "");
    let warning = || Diagnostic::warning("x", "");
    assert_eq!(summary(&[error(), error(), warning()], SCOPE), "2 errors, 1 warning");
    assert_eq!(summary(&[warning()], SCOPE), "no errors, 1 warning; 3 rules from 2 sentences checked");
    assert_eq!(summary(&[], Scope { rules: 1, sentences: 1 }), "no errors; 1 rule from 1 sentence checked");
    assert_eq!(summary(&[], Scope::default()), "no errors");
}
