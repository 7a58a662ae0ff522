//! What went into a file, as one digest for each ingredient: the file's key, and what `why FILE` compares.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::digest;
use crate::base::tree::{Node, Tree};
use crate::model::knobs::{knob_at, knob_below};

use super::draw::{Drawn, File, Studio, in_chart};
use super::helpers;
use super::mark::FieldRef;
use super::stamp::Stamp;
use super::values::Chart;

const DIGITS: usize = 16;

/// The ingredients of a file, sorted by name: templates, fields of the model, tasks, requirements.
pub fn of(studio: &Studio<'_>, chart: &Chart<'_>, drawn: &Drawn, file: &File, stamp: &Stamp) -> Vec<(String, String)> {
    let mut out: BTreeMap<String, String> = BTreeMap::new();
    let mut put = |name: String, value: &str| {
        out.insert(name, digest::hex(value.as_bytes(), DIGITS));
    };
    for template in studio.inputs.templates.closure(&studio.entry(drawn.possible).template) {
        put(format!("templates/{}", template.name), &template.text);
    }
    for patch in studio.patches(drawn.possible) {
        let text = studio.inputs.templates.get(&patch.name).map_or("", |t| t.text.as_str());
        put(format!("templates/{}", patch.name), text);
    }
    put("tasks".to_owned(), &stamp.tasks.join(","));
    put("requirements".to_owned(), &format!("{} {}", stamp.requirements.join(","), stamp.source));
    for field in drawn.touched.iter().filter(|f| !f.unit.is_empty()) {
        let name = ingredient(field);
        put(format!("{}.{name}", field.unit), &value(studio, field, &name, file).to_string());
    }
    for (name, value) in drawn.facts.as_object().into_iter().flatten() {
        let path = format!("chart.{name}");
        if drawn.touched.iter().any(|f| f.unit.is_empty() && f.path == path) {
            put(format!("{name} of the chart"), &value.to_string());
        }
    }
    match studio.entry(drawn.possible).kind.as_str() {
        "Values" | "EnvironmentValues" => {
            for field in chart.fields() {
                put(format!("{}.{}", field.unit, field.path), &value(studio, &field, &field.path, file).to_string());
            }
        }
        "ValuesSchema" => {
            let all: Vec<String> = chart.fields().map(|f| format!("{}.{}", f.unit, f.path)).collect();
            put("values of the chart".to_owned(), &all.join(" "));
        }
        helpers::KIND => put("labels of the units".to_owned(), &super::run::body(&file.lines)),
        "Kustomization" => {
            put("files of the environment".to_owned(), &super::run::body(&file.lines));
        }
        "Chart" => put("version of Bowline".to_owned(), env!("CARGO_PKG_VERSION")),
        _ => {}
    }
    if studio.helpers.is_some() && in_chart(&file.path) {
        put("helpers of the chart".to_owned(), "");
    }
    out.into_iter().collect()
}

/// A knob by its path; of the structure its first name, and for the app's copies of other units three.
fn ingredient(field: &FieldRef) -> String {
    if knob_at(&field.path).is_some() {
        return field.path.clone();
    }
    let mut parts = field.path.split('.');
    let first = parts.next().unwrap_or_default();
    if ["services", "resources", "migrations"].contains(&first) {
        return std::iter::once(first).chain(parts.take(2)).collect::<Vec<_>>().join(".");
    }
    first.to_owned()
}

/// The value as this file sees it: structure from the union, a knob from the file's environment, and for a chart's
/// template only whether the chart offers it.
fn value(studio: &Studio<'_>, field: &FieldRef, path: &str, file: &File) -> Json {
    let Some(union) = studio.unions.get(&*field.unit) else { return Json::Null };
    if knob_at(path).is_none() {
        return union.get(path).map_or(Json::Null, |n| structure(n, path));
    }
    if in_chart(&file.path) {
        return json!(studio.offered(field));
    }
    let environment = file.environment.as_ref().unwrap_or(&studio.app.default_environment);
    studio.model(&field.unit, environment).and_then(|n| n.get(path)).map_or(Json::Null, Node::json)
}

/// A value without the knobs below it.
fn structure(node: &Node, path: &str) -> Json {
    match &node.tree {
        Tree::Map(map) if knob_below(path) => map
            .iter()
            .map(|(key, value)| (key, value, format!("{path}.{key}")))
            .filter(|(.., below)| knob_at(below).is_none())
            .map(|(key, value, below)| (key.clone(), structure(value, &below)))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        _ => node.json(),
    }
}
