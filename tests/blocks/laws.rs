//! What holds of every valid block.

use std::collections::BTreeMap;

use bowline::base::diag::Severity;
use bowline::base::source::Sources;
use bowline::base::tree::Origin;
use bowline::change::release::split;
use bowline::check;
use bowline::make::causes;
use bowline::make::run::Made;
use bowline::model::workspace::Documents;
use bowline::read::yaml::{Piece, parse_all};
use serde_json::Value as Json;

use crate::fixture::Example;
use crate::{helm, plain};

/// What a block that nothing is said about makes, however odd it is; a template may still say that something is missing.
pub(crate) fn made(example: &Example) {
    let made = example.make();
    everything_parses(&made);
    if made.diagnostics.is_empty() {
        releases_switch_what_the_chart_has(example, &made);
    }
}

pub(crate) fn hold(example: &Example, block: &Json) {
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    everything_parses(&made);
    releases_switch_what_the_chart_has(example, &made);
    nothing_is_wrong(example, &made);
    every_line_has_a_cause(example, &made);
    for environment in &example.app.environments {
        let ours = objects(&made, environment);
        let plain = plain::manifests(example, environment);
        assert_eq!(plain.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{environment}");
        for (identity, object) in &plain {
            assert_eq!(&ours[identity], object, "{identity} in {environment}");
        }
        texts_are_kept(block, environment, &ours);
    }
}

fn objects(made: &Made, environment: &str) -> BTreeMap<String, Json> {
    let here = made.artifacts.iter().filter(|a| a.environment.as_deref() == Some(environment));
    here.filter_map(|a| Some((a.identity.to_string(), a.object.clone()?))).collect()
}

/// A release turns off what is not its own, and nothing else: the schema of the values refuses what it does not know.
fn releases_switch_what_the_chart_has(example: &Example, made: &Made) {
    let keys = helm::switches(&example.app, made);
    for release in split(&example.app, &[]).releases {
        assert!(release.off.iter().all(|key| keys.contains(key)), "{}: {:?} {keys:?}", release.name, release.off);
    }
}

/// Everything that is no template of Helm.
fn everything_parses(made: &Made) {
    for artifact in made.artifacts.iter().filter(|a| !a.path.contains("/templates/")) {
        let text = std::str::from_utf8(&artifact.bytes).unwrap();
        if artifact.path.ends_with(".json") {
            serde_json::from_str::<Json>(text).unwrap_or_else(|e| panic!("{}: {e}", artifact.path));
        } else if artifact.path.ends_with(".yaml") {
            let mut sources = Sources::default();
            let file = sources.add("artifact", text);
            parse_all(&Piece::at(file, text, 0)).unwrap_or_else(|e| panic!("{}: {}\n{text}", artifact.path, e.message));
        }
    }
}

/// Schemas, what the API server refuses, YAML of version 1.1, secrets: no error.
fn nothing_is_wrong(example: &Example, made: &Made) {
    let (documents, facts) = (Documents::default(), check::Facts::default());
    for kubernetes in ["1.31", "1.36"] {
        let input = check::Input {
            artifacts: &made.artifacts,
            documents: &documents,
            app: Some(&example.app),
            kubernetes,
            facts: &facts,
        };
        let mut sources = Sources::default();
        let wrong: Vec<String> = check::check(&input, &mut sources)
            .findings
            .iter()
            .filter(|d| d.severity == Severity::Error)
            .map(|d| {
                let place = d.primary.as_ref().map_or_else(String::new, |p| sources.display(p.span));
                format!("{} {place}: {}", d.code, d.message)
            })
            .collect();
        assert!(wrong.is_empty(), "Kubernetes {kubernetes}\n{}", wrong.join("\n"));
    }
}

fn every_line_has_a_cause(example: &Example, made: &Made) {
    let all: BTreeMap<_, _> = causes::all(example.inputs()).into_iter().collect();
    for artifact in &made.artifacts {
        let text = std::str::from_utf8(&artifact.bytes).unwrap();
        let causes = &all[&artifact.path];
        assert_eq!(causes.len(), text.lines().count(), "{}", artifact.path);
        for (cause, line) in causes.iter().zip(text.lines()) {
            let place = format!("{}:{} {line}", artifact.path, cause.line);
            assert!(cause.text == line && !cause.tasks.is_empty(), "{place}");
            assert!(cause.reads.iter().any(|r| matches!(r.origin, Origin::Written { .. })), "{place}");
            let reasons = cause.reads.iter().filter_map(|r| match &r.origin {
                Origin::Default(why) => Some((r, why)),
                Origin::Written { .. } => None,
            });
            for (read, why) in reasons {
                assert!(why.contains(' '), "{place}: no reason for {}.{}", read.unit, read.path);
            }
        }
    }
}

/// Texts of the block stand in the objects as they are.
fn texts_are_kept(block: &Json, environment: &str, made: &BTreeMap<String, Json>) {
    let over = &block["environments"][environment];
    for (name, service) in block["services"].as_object().unwrap() {
        let mut variables = service["environment"].as_object().cloned().unwrap_or_default();
        for (key, value) in over["services"][name]["environment"].as_object().into_iter().flatten() {
            variables.insert(key.clone(), value.clone());
        }
        let data = made.get(&format!("{name}/ConfigMap")).map(|m| &m["data"]);
        for (key, value) in variables.iter().filter(|(_, v)| !v.is_null()) {
            assert_eq!(data.and_then(|d| d.get(key)), Some(value), "{name} {key} in {environment}");
        }
        let kind = service["kind"].as_str().unwrap_or("Deployment");
        let object = &made[&format!("{name}/{kind}")];
        let pod = if kind == "CronJob" { "/spec/jobTemplate/spec/template" } else { "/spec/template" };
        for (field, values) in [("labels", &service["labels"]), ("annotations", &service["annotations"])] {
            for (key, value) in values.as_object().into_iter().flatten() {
                assert_eq!(object["metadata"][field].get(key), Some(value), "{name} {key}");
                assert_eq!(
                    object.pointer(&format!("{pod}/metadata/{field}")).unwrap().get(key),
                    Some(value),
                    "{name} {key}"
                );
            }
        }
        let container = object.pointer(&format!("{pod}/spec/containers/0")).unwrap();
        for field in ["command", "args"].into_iter().filter(|f| service.get(*f).is_some()) {
            assert_eq!(container[field], service[field], "{name} {field}");
        }
        for (path, file) in service["files"].as_object().into_iter().flatten() {
            let Some(content) = file.get("content") else { continue };
            let key = path.rsplit('/').next().unwrap();
            assert_eq!(&made[&format!("{name}/ConfigMap/files")]["data"][key], content, "{name} {path}");
        }
    }
    if let Some(agent) = block.pointer("/app/agents/helper") {
        let unit = block["app"]["name"].as_str().unwrap();
        let object = &made[&format!("{unit}/Agent/helper")];
        assert_eq!(object.pointer("/spec/declarative/systemMessage"), agent.get("instructions"));
    }
}
