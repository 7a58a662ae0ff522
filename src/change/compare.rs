//! Two sets of objects side by side: those of a chart that people wrote, and those that Bowline would make.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use super::diff::{self, FieldChange};
use super::mask::Masker;
use super::object::{ObjectId, at, text};

/// An object that Bowline would make.
#[derive(Clone, Debug)]
pub struct Here {
    pub object: Value,
    pub unit: String,
    pub tasks: Vec<String>,
}

/// How two objects were found to be the same thing.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Match {
    /// Kind and name.
    Name,
    /// Kind, and the unit that labels and names speak of.
    Unit,
}

/// One object on one side or on both. Values are masked.
#[derive(Clone, Debug, PartialEq)]
pub struct Pair {
    /// `deployment/notes-api`, as the chart names it.
    pub there: Option<String>,
    pub here: Option<String>,
    pub by: Option<Match>,
    pub tasks: Vec<String>,
    /// From what is there to what would be made.
    pub fields: Vec<FieldChange>,
}

impl Pair {
    /// `same`, `differs`, `only there`, `only here`.
    pub fn word(&self) -> &'static str {
        match (&self.there, &self.here) {
            (Some(_), None) => "only there",
            (None, _) => "only here",
            _ if self.fields.is_empty() => "same",
            _ => "differs",
        }
    }
}

/// Labels and annotations that say who wrote an object, not what it is.
const WHO: [&str; 2] = ["helm.sh/chart", "app.kubernetes.io/managed-by"];

/// Pairs the objects by kind and name, then by kind and unit where exactly one of each side is left; in order of kind
/// and name.
pub fn compare(there: &[Value], here: &[Here], namespace: &str, masker: &mut Masker) -> Vec<Pair> {
    let id = |object: &Value| ObjectId::of(object, Some(namespace));
    let mut left: BTreeMap<(String, String), &Value> = BTreeMap::new();
    for object in there {
        if let Some(id) = id(object) {
            left.insert((id.kind, id.name), object);
        }
    }
    let mut right: BTreeMap<(String, String), &Here> = BTreeMap::new();
    for here in here {
        if let Some(id) = id(&here.object) {
            right.insert((id.kind, id.name), here);
        }
    }
    let mut matched: Vec<(Option<&Value>, Option<&Here>, Option<Match>)> = Vec::new();
    let both: Vec<_> = left.keys().filter(|k| right.contains_key(*k)).cloned().collect();
    for key in both {
        matched.push((left.remove(&key), right.remove(&key), Some(Match::Name)));
    }
    let units: BTreeSet<String> = here.iter().map(|h| h.unit.clone()).collect();
    let mut by_unit: BTreeMap<(String, String), (Vec<String>, Vec<String>)> = BTreeMap::new();
    for ((kind, name), object) in &left {
        if let Some(unit) = unit(object, &units) {
            by_unit.entry((kind.clone(), unit)).or_default().0.push(name.clone());
        }
    }
    for ((kind, name), here) in &right {
        by_unit.entry((kind.clone(), here.unit.clone())).or_default().1.push(name.clone());
    }
    for ((kind, _), names) in by_unit {
        if let ([a], [b]) = (&names.0[..], &names.1[..]) {
            let (a, b) = ((kind.clone(), a.clone()), (kind, b.clone()));
            matched.push((left.remove(&a), right.remove(&b), Some(Match::Unit)));
        }
    }
    matched.extend(left.into_values().map(|o| (Some(o), None, None)));
    matched.extend(right.into_values().map(|h| (None, Some(h), None)));
    let mut pairs: Vec<Pair> = matched.into_iter().map(|(a, b, by)| pair(a, b, by, namespace, masker)).collect();
    pairs.sort_by(|a, b| {
        (a.there.as_ref().or(a.here.as_ref()), &a.here).cmp(&(b.there.as_ref().or(b.here.as_ref()), &b.here))
    });
    pairs
}

fn pair(there: Option<&Value>, here: Option<&Here>, by: Option<Match>, namespace: &str, masker: &mut Masker) -> Pair {
    let name = |object: &Value| ObjectId::of(object, Some(namespace)).map(|id| id.to_string());
    let mut fields = Vec::new();
    if let (Some(a), Some(b)) = (there, here) {
        let (a, b) = (bare(a, namespace), bare(&b.object, namespace));
        if let Some(id) = ObjectId::of(&b, Some(namespace)) {
            fields = diff::objects(&id, Some(&a), Some(&b), masker).fields;
        }
    }
    Pair {
        there: there.and_then(name),
        here: here.and_then(|h| name(&h.object)),
        by,
        tasks: here.map(|h| h.tasks.clone()).unwrap_or_default(),
        fields,
    }
}

/// The object without stamps and without what says which tool wrote it; the namespace that it would be in is no
/// difference when one side leaves it to the command line.
fn bare(object: &Value, namespace: &str) -> Value {
    let mut object = object.clone();
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for map in ["labels", "annotations"] {
            if let Some(map) = metadata.get_mut(map).and_then(Value::as_object_mut) {
                map.retain(|key, _| !key.starts_with("bowline.dev/") && !WHO.contains(&key.as_str()));
            }
        }
        if metadata.get("namespace").and_then(Value::as_str) == Some(namespace) {
            metadata.remove("namespace");
        }
    }
    object
}

/// The unit that an object belongs to, by its labels, else by the words of its name.
fn unit(object: &Value, units: &BTreeSet<String>) -> Option<String> {
    let labels = ["metadata.labels", "spec.selector", "spec.selector.matchLabels", "spec.template.metadata.labels"];
    let keys = ["app.kubernetes.io/component", "component", "app.kubernetes.io/name", "app", "tier", "name"];
    for place in labels {
        let Some(map) = at(object, place) else { continue };
        for key in keys {
            if let Some(unit) = map.get(key).and_then(Value::as_str).filter(|v| units.contains(*v)) {
                return Some(unit.to_owned());
            }
        }
    }
    let name = text(object, "metadata.name")?;
    let padded = format!("-{name}-");
    // the longest: `api-migrate` rather than `api`
    let named = units.iter().filter(|u| padded.contains(&format!("-{u}-")));
    named.max_by_key(|u| u.len()).cloned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn object(kind: &str, name: &str, spec: &Value) -> Value {
        json!({ "apiVersion": "v1", "kind": kind, "metadata": { "name": name, "labels": { "helm.sh/chart": "x" } }, "spec": spec })
    }

    #[test]
    fn names_first_then_units() {
        let there = [
            object("Service", "notes-api", &json!({"port": 80})),
            object("Deployment", "api", &json!({"replicas": 2})),
            object("Deployment", "notes-web", &json!({})),
            object("Ingress", "notes", &json!({})),
        ];
        let here = |kind: &str, name: &str, unit: &str, spec: Value| Here {
            object: object(kind, name, &spec),
            unit: unit.to_owned(),
            tasks: vec!["f/T1".to_owned()],
        };
        let here = [
            here("Deployment", "api", "api", json!({"replicas": 3})),
            here("Service", "api", "api", json!({"port": 80})),
            here("Deployment", "web", "web", json!({})),
            here("ConfigMap", "api", "api", json!({})),
        ];
        let pairs = compare(&there, &here, "notes", &mut Masker::default());
        let words: Vec<String> = pairs
            .iter()
            .map(|p| {
                let fields: Vec<&str> = p.fields.iter().map(|f| f.path.as_str()).collect();
                format!(
                    "{} {} {} {}",
                    p.word(),
                    p.there.as_deref().unwrap_or("-"),
                    p.here.as_deref().unwrap_or("-"),
                    fields.join(",")
                )
            })
            .collect();
        assert_eq!(
            words,
            [
                "only here - configmap/api ",
                "differs deployment/api deployment/api spec.replicas",
                "differs deployment/notes-web deployment/web metadata.name",
                "only there ingress/notes - ",
                "differs service/notes-api service/api metadata.name",
            ]
        );
    }

    #[test]
    fn two_of_a_unit_are_not_guessed() {
        let there = [object("ConfigMap", "x-api", &json!({})), object("ConfigMap", "y-api", &json!({}))];
        let here = [Here { object: object("ConfigMap", "api", &json!({})), unit: "api".into(), tasks: Vec::new() }];
        let pairs = compare(&there, &here, "n", &mut Masker::default());
        assert_eq!(pairs.iter().map(Pair::word).collect::<Vec<_>>(), ["only here", "only there", "only there"]);
    }
}
