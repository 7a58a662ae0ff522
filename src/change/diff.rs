//! Differences as data: between two objects, field by field, and between two texts, line by line.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::immutable;
use super::mask::Masker;
use super::normalise::normalise;
use super::object::ObjectId;
use super::wanted::Act;

/// One field that differs. Values are masked.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct FieldChange {
    /// `spec.template.spec.containers[backend].image`.
    pub path: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub old: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub new: Option<Value>,
}

/// What happens to an object.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Verb {
    Create,
    Update,
    Replace,
    Delete,
    None,
}

impl Verb {
    pub fn name(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Update => "update",
            Self::Replace => "replace",
            Self::Delete => "delete",
            Self::None => "same",
        }
    }
}

/// One object's distance.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct ObjectDiff {
    pub object: ObjectId,
    pub tasks: Vec<String>,
    pub unit: String,
    pub verb: Verb,
    pub fields: Vec<FieldChange>,
    /// Its pods are replaced by new ones.
    pub restarts: bool,
    /// The field that cannot change in place.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub forced_by: Option<String>,
    pub notes: Vec<String>,
}

impl ObjectDiff {
    pub fn act(&self) -> Act {
        match (self.verb, &self.forced_by) {
            (Verb::Create, _) => Act::Create,
            (Verb::Update, _) => Act::Update,
            (Verb::Replace, field) => Act::Replace { field: field.clone().unwrap_or_default() },
            (Verb::Delete | Verb::None, _) => Act::None,
        }
    }
}

/// The distance from `old` to `new`; both are normalised and masked first. With a live object, `new` should be what the server
/// would make of it (a dry run), so that defaults do not show.
pub fn objects(id: &ObjectId, old: Option<&Value>, new: Option<&Value>, masker: &mut Masker) -> ObjectDiff {
    let mut prepare = |value: &Value| {
        let mut value = normalise(value);
        masker.mask(&mut value);
        value
    };
    let (was, will) = (old.map(&mut prepare), new.map(&mut prepare));
    let mut fields = Vec::new();
    let verb = match (&was, &will) {
        (None, None) => Verb::None,
        (None, Some(_)) => Verb::Create,
        (Some(_), None) => Verb::Delete,
        (Some(a), Some(b)) => {
            compare(a, b, "", &mut fields);
            if fields.is_empty() { Verb::None } else { Verb::Update }
        }
    };
    let forced_by = old.and_then(|live| immutable::forces_replacement(&id.kind, live, &fields));
    ObjectDiff {
        object: id.clone(),
        tasks: Vec::new(),
        unit: String::new(),
        verb: if forced_by.is_some() { Verb::Replace } else { verb },
        restarts: immutable::restarts(&id.kind, &fields),
        fields,
        forced_by,
        notes: Vec::new(),
    }
}

fn compare(old: &Value, new: &Value, path: &str, out: &mut Vec<FieldChange>) {
    match (old, new) {
        (Value::Object(a), Value::Object(b)) => {
            let keys: BTreeSet<&String> = a.keys().chain(b.keys()).collect();
            for key in keys {
                let below = if path.is_empty() { step_name(key) } else { join(path, key) };
                pair(a.get(key), b.get(key), &below, out);
            }
        }
        (Value::Array(a), Value::Array(b)) => {
            if let (Some(x), Some(y)) = (by_name(a), by_name(b)) {
                let names: Vec<&str> = x.keys().chain(y.keys()).copied().collect::<BTreeSet<_>>().into_iter().collect();
                for name in names {
                    pair(x.get(name).copied(), y.get(name).copied(), &format!("{path}[{name}]"), out);
                }
            } else {
                for index in 0..a.len().max(b.len()) {
                    pair(a.get(index), b.get(index), &format!("{path}[{index}]"), out);
                }
            }
        }
        (a, b) if a == b => {}
        (a, b) => out.push(FieldChange { path: path.into(), old: Some(a.clone()), new: Some(b.clone()) }),
    }
}

fn pair(old: Option<&Value>, new: Option<&Value>, path: &str, out: &mut Vec<FieldChange>) {
    match (old, new) {
        (Some(a), Some(b)) => compare(a, b, path, out),
        (a, b) if a.is_none_or(Value::is_null) && b.is_none_or(Value::is_null) => {}
        (a, b) => out.push(FieldChange { path: path.into(), old: a.cloned(), new: b.cloned() }),
    }
}

/// A key with dots or slashes in it is put into brackets.
fn step_name(key: &str) -> String {
    if key.contains(['.', '/', '[']) { format!("[{key}]") } else { key.to_owned() }
}

fn join(path: &str, key: &str) -> String {
    let name = step_name(key);
    if name.starts_with('[') { format!("{path}{name}") } else { format!("{path}.{name}") }
}

/// A list of named things (containers, variables, ports, volumes) by name: reordering them is no difference.
fn by_name(list: &[Value]) -> Option<BTreeMap<&str, &Value>> {
    let named: BTreeMap<&str, &Value> = list.iter().filter_map(|v| Some((v.get("name")?.as_str()?, v))).collect();
    (named.len() == list.len()).then_some(named)
}

/// `live` with the fields of `wanted` laid over it: what an apply would give, when the server cannot be asked.
pub fn overlay(live: &Value, wanted: &Value) -> Value {
    match (live, wanted) {
        (Value::Object(a), Value::Object(b)) => {
            let mut merged = a.clone();
            for (key, value) in b {
                let value = a.get(key).map_or_else(|| value.clone(), |old| overlay(old, value));
                merged.insert(key.clone(), value);
            }
            Value::Object(merged)
        }
        (Value::Array(a), Value::Array(b)) => match (by_name(a), by_name(b)) {
            (Some(x), Some(y)) if !b.is_empty() => {
                let over = |(name, value): (&&str, &&Value)| {
                    x.get(*name).map_or_else(|| (*value).clone(), |old| overlay(old, value))
                };
                Value::Array(y.iter().map(over).collect())
            }
            _ => wanted.clone(),
        },
        _ => wanted.clone(),
    }
}

/// Under Helm a forced dry run shows changed values and hides removals, because Helm's own fields are kept by it. What the last
/// release had and the new one has not is taken away here.
pub fn without_dropped(dry_run: &Value, last: &Value, new: &Value) -> Value {
    match (dry_run, last) {
        (Value::Object(shown), Value::Object(last)) => {
            let mut out = serde_json::Map::new();
            for (key, value) in shown {
                match (last.get(key), new.get(key)) {
                    (Some(_), None) => {}
                    (Some(l), Some(n)) => drop(out.insert(key.clone(), without_dropped(value, l, n))),
                    (None, _) => drop(out.insert(key.clone(), value.clone())),
                }
            }
            Value::Object(out)
        }
        (Value::Array(shown), Value::Array(last)) => {
            let new = new.as_array().map_or(&[][..], Vec::as_slice);
            match (by_name(shown), by_name(last), by_name(new)) {
                (Some(_), Some(l), Some(n)) => {
                    let kept = shown.iter().filter_map(|value| {
                        let name = value.get("name")?.as_str()?;
                        match (l.get(name), n.get(name)) {
                            (Some(_), None) => None,
                            (Some(l), Some(n)) => Some(without_dropped(value, l, n)),
                            (None, _) => Some(value.clone()),
                        }
                    });
                    Value::Array(kept.collect())
                }
                _ => dry_run.clone(),
            }
        }
        _ => dry_run.clone(),
    }
}

/// A unified diff of two texts with three lines around each change; empty when they are equal.
pub fn texts(path: &str, old: &str, new: &str) -> String {
    if old == new {
        return String::new();
    }
    similar::TextDiff::from_lines(old, new)
        .unified_diff()
        .context_radius(3)
        .header(&format!("a/{path}"), &format!("b/{path}"))
        .to_string()
}

/// Lines added and removed.
pub fn text_counts(old: &str, new: &str) -> (usize, usize) {
    let diff = similar::TextDiff::from_lines(old, new);
    diff.iter_all_changes().fold((0, 0), |(added, removed), change| match change.tag() {
        similar::ChangeTag::Insert => (added + 1, removed),
        similar::ChangeTag::Delete => (added, removed + 1),
        similar::ChangeTag::Equal => (added, removed),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn of(kind: &str, old: &Value, new: &Value) -> ObjectDiff {
        let id = ObjectId::new("apps/v1", kind, Some("todo"), "backend");
        objects(&id, Some(old), Some(new), &mut Masker::default())
    }

    fn paths(diff: &ObjectDiff) -> Vec<&str> {
        diff.fields.iter().map(|f| f.path.as_str()).collect()
    }

    #[test]
    fn fields_by_path_and_restarts() {
        let old = json!({"spec":{"replicas":2,"template":{"spec":{"containers":[
            {"name":"backend","image":"a:1","env":[{"name":"A","value":"1"},{"name":"B","value":"2"}]}]}}}});
        let new = json!({"spec":{"replicas":2,"template":{"spec":{"containers":[
            {"name":"backend","image":"a:2","env":[{"name":"B","value":"2"},{"name":"A","value":"1"}]}]}}}});
        let diff = of("Deployment", &old, &new);
        assert_eq!(paths(&diff), ["spec.template.spec.containers[backend].image"]);
        assert!(diff.restarts);
        assert_eq!(diff.verb, Verb::Update);
        let scaled = of("Deployment", &json!({"spec":{"replicas":2}}), &json!({"spec":{"replicas":3}}));
        assert!(!scaled.restarts);
    }

    #[test]
    fn what_forces_a_replacement() {
        for (kind, old, new, field) in [
            (
                "Job",
                json!({"spec":{"template":{"spec":{"x":1}}}}),
                json!({"spec":{"template":{"spec":{"x":2}}}}),
                "spec.template",
            ),
            (
                "StatefulSet",
                json!({"spec":{"serviceName":"a"}}),
                json!({"spec":{"serviceName":"b"}}),
                "spec.serviceName",
            ),
            (
                "Deployment",
                json!({"spec":{"selector":{"a":"b"}}}),
                json!({"spec":{"selector":{"a":"c"}}}),
                "spec.selector",
            ),
            (
                "ConfigMap",
                json!({"immutable":true,"data":{"a":"1"}}),
                json!({"immutable":true,"data":{"a":"2"}}),
                "data",
            ),
        ] {
            let diff = of(kind, &old, &new);
            assert_eq!((diff.verb, diff.forced_by.as_deref()), (Verb::Replace, Some(field)), "{kind}");
        }
        let free = of("ConfigMap", &json!({"data":{"a":"1"}}), &json!({"data":{"a":"2"}}));
        assert_eq!(free.verb, Verb::Update);
    }

    #[test]
    fn secrets_never_reach_a_diff() {
        let secret = |v: &str| json!({"kind":"Secret","stringData":{"password":v}});
        let diff = of("Secret", &secret("one"), &secret("two"));
        let text = serde_json::to_string(&diff).unwrap();
        assert!(!text.contains("one") && !text.contains("two"), "{text}");
        assert_eq!(paths(&diff), ["stringData.password"]);
    }

    #[test]
    fn keys_with_dots_are_bracketed() {
        let diff = of(
            "Deployment",
            &json!({"metadata":{"labels":{"a.b/c":"1"}}}),
            &json!({"metadata":{"labels":{"a.b/c":"2"}}}),
        );
        assert_eq!(paths(&diff), ["metadata.labels[a.b/c]"]);
    }

    #[test]
    fn helm_removals_show() {
        let last = json!({"spec":{"replicas":2,"template":{"containers":[{"name":"a","tty":true},{"name":"old"}]}}});
        let new = json!({"spec":{"template":{"containers":[{"name":"a"}]}}});
        let forced = json!({"spec":{"replicas":2,"other":1,"template":{"containers":[{"name":"a","tty":true,"x":1},{"name":"old"}]}}});
        let expected = json!({"spec":{"other":1,"template":{"containers":[{"name":"a","x":1}]}}});
        assert_eq!(without_dropped(&forced, &last, &new), expected);
    }

    #[test]
    fn overlays_keep_what_is_not_named() {
        let live = json!({"spec":{"a":1,"list":[{"name":"x","kept":1}]}});
        let wanted = json!({"spec":{"b":2,"list":[{"name":"x","new":2}]}});
        assert_eq!(overlay(&live, &wanted), json!({"spec":{"a":1,"b":2,"list":[{"name":"x","kept":1,"new":2}]}}));
    }

    #[test]
    fn text_diffs() {
        assert_eq!(texts("f", "a\n", "a\n"), "");
        let text = texts("f", "a\nb\n", "a\nc\n");
        assert!(text.starts_with("--- a/f\n+++ b/f\n@@") && text.contains("-b\n+c\n"), "{text}");
        assert_eq!(text_counts("a\nb\n", "a\nc\nd\n"), (2, 1));
    }
}
