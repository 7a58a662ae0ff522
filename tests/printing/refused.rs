//! What a template may not do, each with its message, its line and a way out.

use bowline::base::diag::Diagnostic;
use bowline::base::source::Sources;
use bowline::make::draw::Inputs;
use bowline::make::load::{assemble, embedded};
use bowline::make::run::make;

use crate::fixture::{Example, TODO};

const HEAD: &str =
    "{#-\nkind: ConfigMap\nfor: [service]\nlayer: kubernetes\nfile: \"{unit}-configmap\"\ntask: Write it\n-#}\n";

fn shown(sources: &Sources, d: &Diagnostic) -> String {
    let at = d.primary.as_ref().map_or_else(String::new, |l| sources.display(l.span));
    format!("{} {at} {} | {}", d.code, d.message, d.fix.clone().unwrap_or_default())
}

/// What is said about a ConfigMap template with this body, at loading and at rendering.
fn said(body: &str) -> Vec<String> {
    let mut example = Example::new(TODO);
    let mut sources = Sources::default();
    let mut files = embedded();
    files.retain(|(name, ..)| name != "configmap.yaml");
    let text = if body.starts_with("{#") { body.to_owned() } else { format!("{HEAD}{body}") };
    files.push(("configmap.yaml".to_owned(), text, true));
    let loaded = assemble(&files, &mut sources);
    let mut found: Vec<String> = loaded.diagnostics.iter().map(|d| shown(&sources, d)).collect();
    if found.is_empty() {
        example.possible = bowline::model::catalogue::enumerate(&example.app, &loaded.entries);
        let made = make(Inputs {
            entries: &loaded.entries,
            templates: &loaded.set,
            possible: &example.possible,
            ..example.inputs()
        });
        let of_backend = |d: &&Diagnostic| !d.message.contains("`production`");
        found = made.diagnostics.iter().filter(of_backend).map(|d| shown(&sources, d)).collect();
        found.sort();
        found.dedup();
    }
    found
}

#[test]
fn what_would_have_to_know_the_value_is_refused_at_loading() {
    let at = "templates/configmap.yaml:8";
    let decides = |word: &str| {
        vec![format!(
            "template-decides {at} `{word}` cannot be used on `values.replicas` | print it, join it with `~`, or use \
             `{{% call when(values.replicas) %}} … {{% endcall %}}`"
        )]
    };
    for (body, word) in [
        ("a: {{ values.replicas == 2 }}\n", "=="),
        ("a: {{ values.replicas in [1, 2] }}\n", "in"),
        ("a: {{ not values.replicas }}\n", "not"),
        ("a: {{ 1 if values.replicas else 2 }}\n", "if"),
        ("a: {{ values.replicas + 1 }}\n", "+"),
        ("a: {{ range(values.replicas) }}\n", "("),
    ] {
        assert_eq!(said(body), decides(word), "{body}");
    }
    for (body, word) in [
        ("{% if values.replicas %}\na: 1\n{% endif %}\n", "if"),
        ("{% for x in values.replicas %}\na: 1\n{% endfor %}\n", "for"),
        ("{% set x = values.replicas %}\n", "set"),
        ("{% call when(values.replicas ~ \"\") %}\na: 1\n{% endcall %}\n", "call"),
    ] {
        let expected = format!(
            "template-decides {at} `{{% {word} %}}` depends on `values.replicas` | use `{{% call when(values.replicas) %}} … {{% endcall %}}` \
             for lines that stand only where the value does, or `unless`"
        );
        assert_eq!(said(body), [expected], "{body}");
    }
    for body in [
        "a: {{ existing(unit.name, \"x\") == \"y\" }}\n",
        "a: {{ existing(unit.name, \"x\") | upper }}\n",
        "a: {{ \"x-\" ~ existing(unit.name, \"x\") }}\n",
        "{% if existing(unit.name, \"x\") %}\na: 1\n{% endif %}\n",
        "{% set x = existing(unit.name, \"x\") %}\n",
    ] {
        let expected = format!(
            "template-decides {at} `existing()` may differ between environments, so it can only be printed | write \
             `{{{{ existing(unit, name) }}}}` and nothing else in the tag"
        );
        assert_eq!(said(body), [expected], "{body}");
    }
    let printed = said("a: {{ existing(unit.name, \"x\" ~ (\"y\")) }}\n");
    assert!(printed.iter().all(|f| !f.starts_with("template-decides")), "{printed:?}");
    assert_eq!(
        said("a: {{ values.host | upper }}\n"),
        [format!(
            "template-filter {at} the filter `upper` cannot be used on `values.host` | use `text` or `checksum`, or change the value in the spec"
        )]
    );
    assert_eq!(
        said("a: {{ values.replicsa }}\n"),
        [format!(
            "template-knob {at} `values.replicsa` is no value that may differ between environments | did you mean `replicas`"
        )]
    );
}

#[test]
fn what_would_break_lines_or_quotes_is_refused_at_loading() {
    let at = "templates/configmap.yaml:8";
    assert_eq!(
        said("a: {{ unit.name ~\n  \"x\" }}\n"),
        [format!(
            "template-lines {at} a tag ends on a later line | write the tag on one line; `{{% set %}}` can shorten it"
        )]
    );
    assert_eq!(
        said("a: \"https://{{ values.host }}/\"\n"),
        [format!(
            "template-quotes {at} an expression stands inside quotes | join the text in the expression: `{{{{ \"https://\" ~ values.host }}}}`"
        )]
    );
    assert_eq!(
        said("a: '{{ unit.name }}'\n"),
        [format!(
            "template-quotes {at} an expression stands inside quotes | join the text in the expression: `{{{{ \"https://\" ~ values.host }}}}`"
        )]
    );
    assert!(
        said("a: [\"--log\", {{ values.host }}] # it's fine\nb: {{ \"a b\" }}\n")
            .iter()
            .all(|d| !d.starts_with("template-quotes"))
    );
    assert_eq!(
        said("a: 1\n{{- unit.name }}\n"),
        [
            "template-trim templates/configmap.yaml:9 a dash trims white space across lines | leave the dash out: lines with nothing but tags leave no line behind"
        ]
    );
    assert!(said("a: {{ unit.name \n")[0].starts_with("template-render templates/configmap.yaml:8"));
    assert!(said("{% if unit.name %}\na: 1\n")[0].starts_with("template-render templates/configmap.yaml"));
}

#[test]
fn what_is_not_there_is_told_at_its_line() {
    let at = "templates/configmap.yaml:8";
    let fix = "correct the template, or remove it to use the one that Bowline brings";
    for (body, message) in [
        (
            "a: {{ service.replicas }}\n",
            "`replicas` may differ between environments: write `values.replicas`, inside `{{ }}`, `when()` or `unless()`",
        ),
        ("a: {{ service.prots }}\n", "there is no field `prots`; did you mean `ports`"),
        ("a: {{ service.metrics }}\n", "`service.metrics` is undefined in this unit; ask with `{% if %}` first"),
        ("a: {{ values.image.tag ~ service.postgres.version }}\n", ""),
    ] {
        let found = said(body);
        assert!(
            found[0].starts_with(&format!("template-render {at} `templates/configmap.yaml` line 8: {message}")),
            "{found:?}"
        );
        assert!(found[0].ends_with(fix), "{found:?}");
    }
}

#[test]
fn what_cannot_be_printed_is_told_at_its_line() {
    let found = said("a: {{ values.autoscaling.cpu }}\n");
    assert!(
        found[1].contains("has no value here; print it inside `{% call when(values.autoscaling.cpu) %}`"),
        "{found:?}"
    );
    let found = said("kind: ConfigMap\nmetadata:\n  a: [\n");
    assert!(found[0].starts_with("template-yaml templates/configmap.yaml:1"), "{found:?}");
    let found = said("apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: {{ unit.name }}\n");
    assert!(found[0].starts_with("template-unstamped templates/configmap.yaml:8"), "{found:?}");
    assert!(found[0].ends_with("put `{% include \"_metadata.yaml\" %}` below `metadata:` and its `name:`"));
}

#[test]
fn a_head_says_what_is_wrong_with_it() {
    let head = |lines: &str| said(&format!("{{#-\n{lines}\n-#}}\na: 1\n"));
    let good = "for: [service]\nlayer: kubernetes\nfile: a\ntask: Write it";
    assert_eq!(
        head(good),
        [
            "template-head templates/configmap.yaml:1 the head of `templates/configmap.yaml`: `kind` is missing | add `kind:`"
        ]
    );
    assert_eq!(
        head(&format!("kind: A\nfor_: [x]\n{good}")),
        [
            "template-head templates/configmap.yaml:3 the head of `templates/configmap.yaml`: there is no field `for_` | did you mean `for`"
        ]
    );
    assert!(head(&format!("kind: A\n{}", good.replace("service", "servant")))[0].contains("`servant` is no role"));
    assert!(head(&format!("kind: A\n{}", good.replace("kubernetes", "cloud")))[0].contains("`cloud` is no layer"));
    let mut sources = Sources::default();
    let loaded = assemble(&[("new.yaml".to_owned(), "a: 1\n".to_owned(), true)], &mut sources);
    assert!(
        shown(&sources, &loaded.diagnostics[0])
            .starts_with("template-head templates/new.yaml:1 `templates/new.yaml` does not say what it makes")
    );
}

#[test]
fn texts_that_look_like_marks_are_refused() {
    let example = Example::new(&TODO.replace("LOG_LEVEL: INFO", "LOG_LEVEL: \"a\u{FDD0}3\u{FDD1}\""));
    let made = example.make();
    assert!(made.artifacts.is_empty());
    assert_eq!(made.diagnostics[0].code, "text-noncharacter");
    assert_eq!(example.sources.position(made.diagnostics[0].primary.as_ref().unwrap().span).line, 11);
}
