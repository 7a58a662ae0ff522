//! values.yaml, values-<environment>.yaml and values.schema.json: from the knobs that the chart's templates print.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::base::tree::Node;
use crate::model::app::{Role, Unit};
use crate::model::knobs::{KNOBS, Knob, KnobType, knob_at};

use super::draw::{Drawn, Studio, in_chart, knobs_of};
use super::literal::{block, flow, is_block, scalar};
use super::mark::{FieldRef, Place};
use super::print::{Line, texts};

/// The knobs of a chart, by unit in the app's order, each in the order of the table.
pub struct Chart<'a> {
    units: Vec<(&'a Unit, Vec<&'static Knob>)>,
    /// Where each key of values.yaml stands in `units`.
    keys: BTreeMap<&'a str, usize>,
    default: &'a str,
}

impl<'a> Chart<'a> {
    /// Collects what the chart's templates print. Every unit with a template has its switch.
    pub fn new(studio: &'a Studio<'_>, drawn: &[Drawn]) -> Self {
        let mut used: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
        let files = drawn.iter().flat_map(|d| &d.files).filter(|f| in_chart(&f.path));
        for field in files.flat_map(|f| knobs_of(&f.lines)).filter(|f| studio.offered(f)) {
            used.entry(&field.unit).or_default().insert(&field.path);
        }
        let units = studio.app.units.iter().filter_map(|unit| {
            let paths = used.get(unit.name.as_str())?;
            Some((unit, KNOBS.iter().filter(|k| paths.contains(k.path)).collect()))
        });
        let units: Vec<_> = units.collect();
        let keys = units.iter().enumerate().map(|(at, (unit, _))| (unit.key.as_str(), at)).collect();
        Self { units, keys, default: &studio.app.default_environment }
    }

    fn model<'u>(unit: &'u Unit, environment: &str) -> &'u Node {
        unit.environments.get(environment).unwrap_or(&unit.union)
    }

    /// The value of a knob as values.yaml holds it.
    fn value(unit: &Unit, environment: &str, knob: &Knob) -> Json {
        let json = Self::model(unit, environment).get(knob.path).map_or(Json::Null, Node::json);
        if knob.kind == KnobType::TextMap { texts(&json) } else { json }
    }

    /// Knobs of a unit with their values, without leaves of groups that are absent.
    fn values(unit: &Unit, knobs: &[&'static Knob], environment: &str) -> Vec<(&'static Knob, Json)> {
        let absent =
            |path: &str| knob_at(path).is_some() && Self::model(unit, environment).get(path).is_none_or(Node::is_null);
        knobs
            .iter()
            .filter(|k| !group(k.path).is_some_and(absent))
            .map(|k| (*k, Self::value(unit, environment, k)))
            .collect()
    }

    /// The lines of values.yaml, every value under the comment that documents it.
    pub fn lines(&self) -> Vec<Line> {
        let mut out = Vec::new();
        for (unit, knobs) in &self.units {
            let what = match unit.role {
                Role::App => "what belongs to no unit alone".to_owned(),
                role => format!("the {} `{}`", role.name(), unit.name),
            };
            out.push(line("", unit, ""));
            out.push(line(&format!("# {what}"), unit, ""));
            out.push(line(&format!("{}:", unit.key), unit, ""));
            let values = Self::values(unit, knobs, self.default);
            let mut open: Vec<&str> = Vec::new();
            for (knob, value) in &values {
                if let Some((above, _)) = knob.path.rsplit_once('.')
                    && knob_at(above).is_none()
                    && !open.contains(&above)
                {
                    out.push(line(&format!("  {above}:"), unit, knob.path));
                    open.push(above);
                }
                let depth = 2 + 2 * knob.path.matches('.').count();
                let pad = " ".repeat(depth);
                out.push(line(&format!("{pad}# {}", knob.doc), unit, knob.path));
                let key = scalar(knob.path.rsplit('.').next().unwrap_or(knob.path));
                let leaves = values.iter().any(|(k, _)| group(k.path) == Some(knob.path));
                let mut below = Vec::new();
                if leaves {
                    // its leaves follow, each with its own comment
                } else if is_block(value) {
                    block(value, depth + 2, &mut below);
                } else {
                    below.push(flow(value));
                }
                match below.as_slice() {
                    [one] if !is_block(value) => out.push(line(&format!("{pad}{key}: {one}"), unit, knob.path)),
                    _ => {
                        out.push(line(&format!("{pad}{key}:"), unit, knob.path));
                        out.extend(below.iter().map(|b| line(b, unit, knob.path)));
                    }
                }
            }
        }
        out
    }

    /// The smallest difference of an environment from values.yaml; null removes.
    pub fn difference(&self, environment: &str) -> Vec<Line> {
        let mut out = Vec::new();
        for (unit, knobs) in &self.units {
            let base = tree(&Self::values(unit, knobs, self.default));
            let over = tree(&Self::values(unit, knobs, environment));
            let mut lines = Vec::new();
            difference(&base, &over, unit, "", &mut lines);
            if !lines.is_empty() {
                out.push(line(&format!("{}:", unit.key), unit, ""));
                out.append(&mut lines);
            }
        }
        if out.is_empty()
            && let Some((unit, _)) = self.units.first()
        {
            out.push(line("{}", unit, ""));
        }
        out
    }

    /// The JSON Schema of values.yaml, with every line's knob.
    pub fn schema(&self, app: &str) -> Vec<Line> {
        let mut root = Map::new();
        for (unit, knobs) in &self.units {
            let mut properties = json!({});
            for knob in knobs {
                let mut schema = typed(knob);
                if knobs.iter().any(|k| group(k.path) == Some(knob.path)) {
                    schema["properties"] = json!({});
                    schema["additionalProperties"] = json!(false);
                }
                let mut at = &mut properties;
                let parts: Vec<&str> = knob.path.split('.').collect();
                for part in &parts[..parts.len() - 1] {
                    if at.get(part).is_none() {
                        at[*part] = json!({ "type": "object", "properties": {}, "additionalProperties": false });
                    }
                    at = &mut at[*part]["properties"];
                }
                at[parts[parts.len() - 1]] = schema;
            }
            let schema = json!({ "type": "object", "properties": properties, "additionalProperties": false });
            root.insert(unit.key.clone(), schema);
        }
        // Helm gives every chart `global`
        root.insert("global".to_owned(), json!({ "type": "object" }));
        let schema = json!({
            "$schema": "http://json-schema.org/draft-07/schema#", "title": format!("Values of the {app} chart"),
            "type": "object", "properties": root, "additionalProperties": false,
        });
        let mut out = Vec::new();
        self.pretty(&schema, &mut Vec::new(), "", "", &mut out);
        out
    }

    fn pretty(&self, value: &Json, path: &mut Vec<String>, lead: &str, tail: &str, out: &mut Vec<Line>) {
        let pad = "  ".repeat(path.len());
        let Json::Object(map) = value else {
            out.push(self.schema_line(&format!("{pad}{lead}{value}{tail}"), path));
            return;
        };
        if map.is_empty() {
            out.push(self.schema_line(&format!("{pad}{lead}{{}}{tail}"), path));
            return;
        }
        out.push(self.schema_line(&format!("{pad}{lead}{{"), path));
        for (index, (key, value)) in map.iter().enumerate() {
            path.push(key.clone());
            let comma = if index + 1 < map.len() { "," } else { "" };
            self.pretty(value, path, &format!("{}: ", Json::from(key.as_str())), comma, out);
            path.pop();
        }
        out.push(self.schema_line(&format!("{pad}}}{tail}"), path));
    }

    /// `properties/backend/properties/replicas/type` is about the knob `replicas` of `backend`.
    fn schema_line(&self, text: &str, path: &[String]) -> Line {
        let names: Vec<&str> =
            path.chunks(2).filter(|c| c[0] == "properties" && c.len() == 2).map(|c| c[1].as_str()).collect();
        let unit = names.first().and_then(|key| self.keys.get(key)).map(|at| self.units[*at].0);
        let fields = unit.map(|u| field(u, &names.get(1..).unwrap_or_default().join(".")));
        Line { text: text.to_owned(), place: Place::default(), fields: fields.into_iter().collect() }
    }

    /// What the chart's README and notes say about its values.
    pub fn facts(&self) -> Json {
        let mut rows = Vec::new();
        for (unit, knobs) in &self.units {
            for (knob, value) in Self::values(unit, knobs, self.default) {
                if knobs.iter().any(|k| group(k.path) == Some(knob.path)) && !value.is_null() {
                    continue;
                }
                // a tag changes with every change of the code, and would change the page with it
                let built =
                    knob.path == "image.tag" && unit.union.get("image.from").or(unit.union.get("build")).is_some();
                // a bar would end the cell of the table
                let value =
                    if built { "a digest".to_owned() } else { format!("`{}`", flow(&value).replace('|', "\\|")) };
                rows.push(json!({ "path": format!("{}.{}", unit.key, knob.path), "default": value, "doc": knob.doc }));
            }
        }
        json!(rows)
    }

    /// Paths of values without which an installation by hand has no secrets.
    pub fn secrets(&self) -> Vec<String> {
        let all = self.units.iter().flat_map(|(u, knobs)| knobs.iter().map(move |k| (u, k)));
        all.filter(|(_, k)| matches!(k.path, "password" | "url"))
            .map(|(u, k)| format!("{}.{}", u.key, k.path))
            .collect()
    }

    /// Every knob of the chart.
    pub fn fields(&self) -> impl Iterator<Item = FieldRef> + '_ {
        self.units.iter().flat_map(|(u, knobs)| knobs.iter().map(|k| field(u, k.path)))
    }
}

fn field(unit: &Unit, path: &str) -> FieldRef {
    FieldRef { unit: Arc::from(unit.name.as_str()), path: Arc::from(path) }
}

fn line(text: &str, unit: &Unit, path: &str) -> Line {
    Line { text: text.to_owned(), place: Place::default(), fields: vec![field(unit, path)] }
}

/// The knob that a leaf belongs to: `autoscaling` of `autoscaling.cpu`; `image` is none.
fn group(path: &str) -> Option<&str> {
    path.rsplit_once('.').map(|(above, _)| above).filter(|above| knob_at(above).is_some())
}

fn tree(values: &[(&'static Knob, Json)]) -> Json {
    let mut root = json!({});
    for (knob, value) in values {
        let mut at = &mut root;
        for part in knob.path.split('.') {
            if !at.is_object() {
                *at = json!({});
            }
            at = &mut at[part];
        }
        if at.is_null() {
            *at = value.clone();
        }
    }
    root
}

fn difference(base: &Json, over: &Json, unit: &Unit, path: &str, out: &mut Vec<Line>) {
    let (Json::Object(a), Json::Object(b)) = (base, over) else { return };
    let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
    for key in keys {
        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let depth = 2 + 2 * path.split('.').filter(|p| !p.is_empty()).count();
        let (pad, name) = (" ".repeat(depth), scalar(key));
        match (a.get(key), b.get(key)) {
            (Some(x), Some(y)) if x == y => {}
            (None | Some(Json::Null), Some(Json::Null) | None) => {}
            (_, None | Some(Json::Null)) => out.push(line(&format!("{pad}{name}: null"), unit, &below)),
            (Some(x), Some(y)) if is_block(x) && is_block(y) && y.is_object() => {
                let mut lines = Vec::new();
                difference(x, y, unit, &below, &mut lines);
                if !lines.is_empty() {
                    out.push(line(&format!("{pad}{name}:"), unit, &below));
                    out.append(&mut lines);
                }
            }
            (_, Some(y)) if is_block(y) => {
                out.push(line(&format!("{pad}{name}:"), unit, &below));
                let mut lines = Vec::new();
                block(y, depth + 2, &mut lines);
                out.extend(lines.iter().map(|l| line(l, unit, &below)));
            }
            (_, Some(y)) => out.push(line(&format!("{pad}{name}: {}", flow(y)), unit, &below)),
        }
    }
}

fn typed(knob: &Knob) -> Json {
    let name = match knob.kind {
        KnobType::Text => "string",
        KnobType::Integer => "integer",
        KnobType::Boolean => "boolean",
        KnobType::TextMap | KnobType::Map => "object",
    };
    let mut schema = json!({ "description": knob.doc, "type": name });
    if knob.optional {
        schema["type"] = json!([name, "null"]);
    }
    match knob.kind {
        KnobType::Integer => schema["minimum"] = json!(0),
        KnobType::TextMap => schema["additionalProperties"] = json!({ "type": "string" }),
        _ => {}
    }
    schema
}
