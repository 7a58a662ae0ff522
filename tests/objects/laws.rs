//! What holds of every block: the law of printing, Helm's agreement, a cause for each line, and the checks of Bowline.

use std::collections::BTreeMap;

use bowline::make::causes;
use bowline::make::run::Made;
use serde_json::Value as Json;

use crate::fixture::Example;
use crate::{helm, plain};

/// Makes a block and holds it to all laws; what was made, by identity, in the environment `local`.
#[track_caller]
pub(crate) fn held(block: &str, name: &str) -> BTreeMap<String, Json> {
    let example = Example::new(block);
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    for environment in &example.app.environments {
        let ours = objects(&made, environment);
        let plain = plain::manifests(&example, environment);
        assert_eq!(plain.keys().collect::<Vec<_>>(), ours.keys().collect::<Vec<_>>(), "{environment}");
        for (identity, object) in &plain {
            assert_eq!(&ours[identity], object, "{identity} in {environment}");
        }
    }
    every_line_has_a_cause(&example, &made);
    helm::agree(&example.app, &made, name);
    objects(&made, "local")
}

fn objects(made: &Made, environment: &str) -> BTreeMap<String, Json> {
    made.artifacts
        .iter()
        .filter(|a| a.environment.as_deref() == Some(environment))
        .filter_map(|a| Some((a.identity.to_string(), a.object.clone()?)))
        .collect()
}

fn every_line_has_a_cause(example: &Example, made: &Made) {
    let all: BTreeMap<_, _> = causes::all(example.inputs()).into_iter().collect();
    for artifact in &made.artifacts {
        let text = std::str::from_utf8(&artifact.bytes).unwrap();
        for (cause, line) in all[&artifact.path].iter().zip(text.lines()) {
            assert!(!cause.reads.is_empty() && !cause.tasks.is_empty(), "{}: {line}", artifact.path);
        }
    }
}

/// The values at a path of JSON pointers, for short comparisons.
pub(crate) fn at<'j>(object: &'j Json, pointer: &str) -> &'j Json {
    object.pointer(pointer).unwrap_or(&Json::Null)
}
