//! What went into a file, as one digest for each ingredient: the file's key, and what `why FILE` compares.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;
use serde_json::{Value as Json, json};

use crate::base::digest;
use crate::base::tree::{Node, Tree};
use crate::model::knobs::{knob_at, knob_below};

use super::draw::{Drawn, File, Studio, in_chart};
use super::helpers;
use super::mark::FieldRef;
use super::set::Template;
use super::stamp::Stamp;
use super::values::Chart;

const DIGITS: usize = 16;

/// What many files share, digested once.
pub struct Pantry<'a> {
    /// By template: names and digests of all that it includes.
    templates: BTreeMap<&'a str, Vec<(String, &'a str)>>,
    /// Templates that are the user's own, or include one that is.
    own: BTreeSet<&'a str>,
    /// By unit and first name of a field: the structure.
    fields: BTreeMap<&'a str, BTreeMap<&'a str, Ingredient>>,
}

type Ingredient = (String, String);

impl<'a> Pantry<'a> {
    pub fn new(studio: &'a Studio<'_>) -> Self {
        let set = studio.inputs.templates;
        let closures: Vec<_> = studio.inputs.entries.iter().map(|e| (&*e.template, set.closure(&e.template))).collect();
        let digests = |parts: &[&'a Template]| {
            parts.iter().map(|t| (format!("templates/{}", t.name), t.digest.as_str())).collect()
        };
        let templates = closures.iter().map(|(name, parts)| (*name, digests(parts))).collect();
        let own = closures.iter().filter(|(_, parts)| parts.iter().any(|t| t.own)).map(|(name, _)| *name).collect();
        let of = |unit: &'a str, union: &'a Node| {
            let Tree::Map(map) = &union.tree else { return (unit, BTreeMap::new()) };
            let own = map.iter().filter(|(name, _)| knob_at(name).is_none());
            let own = own.map(|(name, node)| {
                (name.as_str(), (format!("{unit}.{name}"), digested(&structure(node, name).to_string())))
            });
            (unit, own.collect())
        };
        let fields = studio.unions.par_iter().map(|(unit, union)| of(unit, union)).collect();
        Self { templates, own, fields }
    }

    /// Whether a template or a patch of the user's own has a part in an artifact.
    pub fn own(&self, studio: &Studio<'_>, possible: usize) -> bool {
        self.own.contains(studio.entry(possible).template.as_str()) || studio.patches(possible).next().is_some()
    }
}

fn digested(value: &str) -> String {
    digest::hex(value.as_bytes(), DIGITS)
}

/// The ingredients of a file, sorted by name: templates, fields of the model, tasks, requirements.
pub fn of(
    studio: &Studio<'_>,
    pantry: &Pantry<'_>,
    chart: &Chart<'_>,
    drawn: &Drawn,
    file: &File,
    stamp: &Stamp,
) -> Vec<Ingredient> {
    let mut out: Vec<Ingredient> = Vec::with_capacity(drawn.touched.len());
    let templates = pantry.templates.get(studio.entry(drawn.possible).template.as_str());
    out.extend(templates.into_iter().flatten().map(|(name, digest)| (name.clone(), (*digest).to_owned())));
    let mut put = |name: String, value: &str| out.push((name, digested(value)));
    for patch in studio.patches(drawn.possible) {
        let text = studio.inputs.templates.get(&patch.name).map_or("", |t| t.text.as_str());
        put(format!("templates/{}", patch.name), text);
    }
    put("tasks".to_owned(), &stamp.tasks.join(","));
    put("requirements".to_owned(), &format!("{} {}", stamp.requirements.join(","), stamp.source));
    for (name, value) in drawn.facts.as_object().into_iter().flatten() {
        let path = format!("chart.{name}");
        if drawn.touched.iter().any(|f| f.unit.is_empty() && *f.path == *path) {
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
    let mut last = (String::new(), "");
    for field in drawn.touched.iter().filter(|f| !f.unit.is_empty()) {
        let name = ingredient(field);
        // fields of one name stand together, and are one ingredient
        if last.0 == name && last.1 == &*field.unit {
            continue;
        }
        let shared = pantry.fields.get(&*field.unit).and_then(|fields| fields.get(name.as_str()));
        out.push(shared.cloned().unwrap_or_else(|| {
            (format!("{}.{name}", field.unit), digested(&value(studio, field, &name, file).to_string()))
        }));
        last = (name, &*field.unit);
    }
    out.sort_by(|a, b| a.0.cmp(&b.0));
    out.dedup_by(|later, earlier| later.0 == earlier.0);
    out
}

/// A knob by its path; of the structure its first name, and for the app's copies of other units three.
fn ingredient(field: &FieldRef) -> String {
    if knob_at(&field.path).is_some() {
        return field.path.to_string();
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
