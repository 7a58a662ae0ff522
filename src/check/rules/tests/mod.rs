//! Each rule with what breaks it; one workspace that keeps them all.

mod cases;

use std::collections::BTreeSet;

use super::*;
use crate::base::source::Sources;
use crate::check::testing::{Case, constitution};
use crate::check::{Checked, Facts};
use crate::model::ids::{FeatureId, TaskId};
use crate::model::workspace::{Documents, Feature, Layout, Task as TaskLine, TaskKind};
use cases::{CASES, Change, DEPLOYMENT, DOCKERFILE};

/// The good workspace, with a chart template for each manifest.
fn good() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = include_str!("../good.txt")
        .split("\n=== ")
        .skip(1)
        .map(|part| part.split_once('\n').unwrap())
        .map(|(path, text)| (path.to_owned(), format!("{}\n", text.trim_end())))
        .collect();
    let templates: Vec<_> = files
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("out/todo/local/"))
        .filter(|name| !name.contains("namespace"))
        .map(|name| (format!("charts/todo/templates/{name}"), "{{- /* bowline:v1 task=T001 */ -}}\n".to_owned()))
        .collect();
    files.extend(templates);
    files
}

fn changed((path, from, to): Change) -> Vec<(String, String)> {
    let mut files = good();
    let before = files.len();
    if from.is_empty() {
        files.retain(|(p, _)| !p.starts_with(path));
        assert!(files.len() < before, "no file {path}");
        return files;
    }
    let (_, text) = files.iter_mut().find(|(p, _)| p == path).unwrap_or_else(|| panic!("no file {path}"));
    assert!(text.contains(from), "{path} does not contain {from}");
    *text = text.replacen(from, to, 1);
    files
}

fn documents() -> Documents {
    let mut sources = Sources::default();
    let file = sources.add("tasks/todo.md", "- [ ] T001 x\n");
    let span = Span::new(file, 0, 1);
    let feature = FeatureId("todo".into());
    let mut task = TaskLine::new(TaskId { feature: feature.clone(), id: "T001".to_owned() }, span);
    (task.done, task.kind) = (true, TaskKind::Produces);
    let mut feature = Feature::new(feature, Layout::Flat);
    (feature.tasks_file, feature.tasks) = (Some(file), vec![task.into()]);
    Documents { features: vec![feature].into(), ..Documents::default() }
}

fn run(files: &[(String, String)], sentences: &[&str]) -> (Sources, Checked) {
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let (sources, mut checked) = Case { files: &files, sentences, documents: documents(), ..Case::default() }.run();
    // kagent's kinds are known to its own definitions only
    checked.findings.retain(|d| d.code != "schema-unknown-kind");
    (sources, checked)
}

#[test]
fn the_good_workspace_keeps_every_rule() {
    let sentences: Vec<&str> = CASES.iter().map(|(_, sentence, _)| *sentence).collect();
    let (sources, checked) = run(&good(), &sentences);
    assert_eq!(report::human(&checked.findings, &sources, false), "");
    assert!(checked.scope.rules >= 50 && checked.scope.sentences == sentences.len(), "{:?}", checked.scope);
}

#[test]
fn each_rule_finds_what_breaks_it_and_cites_the_sentence() {
    for (rule, sentence, changes) in CASES {
        for change in *changes {
            let (sources, checked) = run(&changed(*change), &[sentence]);
            let mut found = checked.findings.iter().filter(|d| d.code == *rule);
            let Some(first) = found.next() else {
                panic!("{rule} misses {change:?}: {:?}", checked.findings.iter().map(|d| d.code).collect::<Vec<_>>());
            };
            let because = first.because.as_ref().unwrap_or_else(|| panic!("{rule} cites nothing"));
            assert_eq!(because.sentence, *sentence, "{rule}");
            assert_eq!(sources.slice(because.span.unwrap()), *sentence, "{rule}");
            assert_eq!(first.severity, Severity::Error, "{rule}");
            assert!(first.primary.is_some() && first.fix.is_some(), "{rule}: {first:?}");
            let at = first.primary.as_ref().unwrap().span;
            let whole = sources.path(at.file) == "constitution.md";
            assert!(whole || first.task.as_deref() == Some("todo/T001"), "{rule}: {:?}", first.task);
            assert!(whole || first.notes.iter().any(|n| n.contains("ticked")), "{rule}");
            let message = &first.message;
            assert!(message.starts_with(|c: char| !c.is_uppercase()) || message.starts_with("T0"), "{rule}: {message}");
        }
    }
}

#[test]
fn a_rule_is_silent_when_no_sentence_asks() {
    let other = ["Write good documentation."];
    for (rule, _, changes) in CASES.iter().filter(|(r, _, _)| !r.starts_with("service-")) {
        for change in *changes {
            let (_, checked) = run(&changed(*change), &other);
            assert!(checked.findings.iter().all(|d| d.code != *rule), "{rule} speaks unasked of {change:?}");
        }
    }
}

#[test]
fn every_rule_has_a_case() {
    let tested: BTreeSet<&str> = CASES.iter().map(|(r, _, _)| *r).collect();
    let untested: Vec<&str> = ids().filter(|r| !tested.contains(r)).collect();
    let others = ["dockerfile-per-service", "external-database", "no-manual-edit"];
    assert_eq!(untested, others, "these need a model, another workspace, a fact");
}

#[test]
fn an_edited_file_is_found_by_its_fact() {
    let files = good();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let path = || BTreeSet::from([DOCKERFILE.to_owned()]);
    let facts = Facts { edited_by_hand: path(), ignored_by_git: path(), ..Facts::default() };
    let sentences = ["No manual configuration is allowed."];
    let (_, checked) = Case { files: &files, sentences: &sentences, facts, ..Case::default() }.run();
    let mut codes: Vec<&str> =
        checked.findings.iter().map(|d| d.code).filter(|c| *c != "schema-unknown-kind").collect();
    codes.sort_unstable();
    assert_eq!(codes, ["artifact-ignored-by-git", "no-manual-edit"]);
}

#[test]
fn the_force_of_the_sentence_is_the_severity() {
    let mut sources = Sources::default();
    for (force, wanted) in
        [(Force::Must, Severity::Error), (Force::Should, Severity::Warning), (Force::May, Severity::Note)]
    {
        let constitution = constitution(&mut sources, &["No root user in containers."], force);
        let found = bindings(&constitution);
        assert_eq!(severity(found[0].statement.force), wanted);
    }
}

#[test]
fn a_secret_is_never_printed() {
    let secret = "correct-horse-battery";
    let changes: &[(Change, &str)] = &[
        (
            (DEPLOYMENT, "postgresql://todo:$(DATABASE_PASSWORD)@", "postgresql://todo:correct-horse-battery@"),
            "no-plaintext-secret",
        ),
        (
            (
                DEPLOYMENT,
                "            - name: DATABASE_URL\n",
                "            - { name: API_TOKEN, value: correct-horse-battery, valueFrom: { fieldRef: { fieldPath: a } } }\n            - name: DATABASE_URL\n",
            ),
            "api-env-source",
        ),
        ((DOCKERFILE, "WORKDIR /app", "ENV API_KEY=correct-horse-battery"), "dockerfile-no-secrets"),
        ((DOCKERFILE, "WORKDIR /app", "ENV A=b \\\n  API_KEY=\"correct-horse-battery\""), "dockerfile-no-secrets"),
        (("charts/todo/values.yaml", "{ replicas: 2 }", "{ password: correct-horse-battery }"), "no-plaintext-secret"),
        (("out/todo/compose.yaml", "{ LOG_LEVEL: INFO", "{ A_SECRET: correct-horse-battery"), "no-plaintext-secret"),
    ];
    let sentences = ["No secrets in images.", "Secrets are never hardcoded.", "No secrets in Git."];
    for (change, code) in changes {
        let (sources, checked) = run(&changed(*change), &sentences);
        assert!(checked.findings.iter().any(|d| d.code == *code), "{change:?}");
        let printed = [
            report::human(&checked.findings, &sources, false),
            report::short(&checked.findings, &sources),
            report::data(&checked.findings, &sources, checked.scope).to_string(),
            report::sarif(&checked.findings, &sources).to_string(),
            report::github(&checked.findings, &sources),
            report::junit(&checked.findings, &sources, &[]),
            report::markdown(&checked.findings, &sources, checked.scope),
        ];
        for text in printed {
            assert!(!text.contains(secret), "{change:?}\n{text}");
        }
    }
    // a number that YAML 1.1 reads otherwise: the finding is about the value itself
    let change = ("charts/todo/values.yaml", "{ replicas: 2 }", "{ password: 0123456 }");
    let (sources, checked) = run(&changed(change), &sentences);
    let text = report::human(&checked.findings, &sources, false);
    assert!(text.contains("api-yaml11") && !text.contains("123456"), "{text}");
}

#[test]
fn sentences_become_rules_or_say_why_not() {
    let cases: &[(&str, &str)] = &[
        ("Backend: 3 replicas for fault tolerance.", "min-replicas (3)"),
        (
            "Database: 1 replica (StatefulSet) with persistent storage",
            "database-statefulset database-in-cluster database-persistent",
        ),
        ("Run as non-root (UID > 1000)", "dockerfile-user-nonroot run-as-non-root run-as-uid-min (1001)"),
        ("Run as UID 10001 or above", "run-as-uid-min (10002)"),
        ("An HPA is not required.", "none"),
        ("Rationale: rolling updates avoid downtime.", "none"),
        ("All changes undergo peer review.", "human"),
        ("Be excellent to each other.", "not understood"),
    ];
    let mut sources = Sources::default();
    let sentences: Vec<&str> = cases.iter().map(|(s, _)| *s).collect();
    let constitution = constitution(&mut sources, &sentences, Force::Must);
    for (binding, (sentence, wanted)) in bindings(&constitution).iter().zip(cases) {
        let got = match &binding.outcome {
            Outcome::Rules(rules) => rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Outcome::NeedsHuman => "human".to_owned(),
            Outcome::NoRule => "none".to_owned(),
            Outcome::NotUnderstood => "not understood".to_owned(),
        };
        assert_eq!(got, *wanted, "{sentence}");
    }
}

/// An app with one built service, whose model says `replicas` in a spec.
fn app(sources: &mut Sources) -> crate::model::app::App {
    use crate::base::tree::{Node, Origin, Tree};
    use crate::model::app::{App, Delivery, Role, Unit};
    let spec = sources.add("specs/todo.md", "backend:\n  build: app\n  replicas: 1\n");
    let written = |tree: Tree, start: usize, end: usize| Node {
        tree,
        origin: Origin::Written { value: Span::new(spec, start, end), key: None },
        requirements: vec![],
    };
    let mut union = Node::empty_map("");
    union.put("build.context", written(Tree::Text("app".to_owned()), 18, 21));
    union.put("replicas", written(Tree::Int(1), 34, 35));
    let feature = FeatureId("todo".into());
    let unit = Unit {
        name: "backend".to_owned(),
        role: Role::Service,
        key: "backend".to_owned(),
        union: union.clone(),
        environments: std::iter::once(("local".to_owned(), union)).collect(),
        needs: vec![],
        feature: feature.clone(),
        span: None,
    };
    App {
        name: "todo".to_owned(),
        namespace: "todo".to_owned(),
        version: "0.1.0".to_owned(),
        delivery: Delivery::Helm,
        environments: vec!["local".to_owned()],
        default_environment: "local".to_owned(),
        units: vec![unit],
        span: None,
        features: vec![feature],
        superseded: vec![],
    }
}

#[test]
fn the_line_of_the_spec_that_caused_it_is_shown() {
    let mut sources = Sources::default();
    let app = app(&mut sources);
    let constitution = constitution(
        &mut sources,
        &["All services run at least 2 replicas.", "Every service has its own Dockerfile."],
        Force::Must,
    );
    let documents = Documents { constitution: Some(constitution), ..documents() };
    let text =
        good().into_iter().find(|(p, _)| p == DEPLOYMENT).unwrap().1.replacen("spec:\n", "spec:\n  replicas: 1\n", 1);
    let artifacts = [crate::check::testing::artifact(DEPLOYMENT, &text)];
    let facts = Facts::default();
    let input = crate::check::Input {
        artifacts: &artifacts,
        documents: &documents,
        app: Some(&app),
        kubernetes: "1.34",
        facts: &facts,
    };
    let checked = crate::check::check(&input, &mut sources);
    let found = checked.findings.iter().find(|d| d.code == "min-replicas").unwrap();
    let expected = "\
error[min-replicas]: deployment/backend has 1 replica, fewer than 2
  --> out/todo/local/backend-deployment.yaml:12:13
   |
12 |   replicas: 1
   |             ^ too few
   |
  ::: specs/todo.md:3:13
   |
 3 |   replicas: 1
   |             - asked for here
   task `todo/T001` is ticked as done; this says that it is not
   because  \"All services run at least 2 replicas.\" (constitution.md:1)
   fix: set `replicas: 2` in the spec
   task: todo/T001
";
    assert_eq!(report::human(std::slice::from_ref(found), &sources, false), expected);
    let missing = checked.findings.iter().find(|d| d.code == "dockerfile-per-service").unwrap();
    assert_eq!(sources.path(missing.primary.as_ref().unwrap().span.file), "constitution.md");
}

#[test]
fn any_number_of_threads_says_the_same() {
    let sentences: Vec<&str> = CASES.iter().map(|(_, sentence, _)| *sentence).collect();
    let mut files = good();
    files.retain(|(p, _)| !p.contains("networkpolicy") && !p.contains("serviceaccount") && !p.contains("hpa"));
    let at = |threads: usize| {
        let pool = rayon::ThreadPoolBuilder::new().num_threads(threads).build().unwrap();
        pool.install(|| run(&files, &sentences).1.findings)
    };
    let one = at(1);
    assert!(one.len() > 5);
    assert_eq!(one, at(4));
}
