//! The walker against an independent judge: both say the same of thousands of broken manifests.

use std::collections::BTreeSet;

use jsonschema::error::ValidationErrorKind;
use serde_json::{Map, Value as Json, json};

use super::{Field, Problem, Schema, newest, problems};
use crate::base::source::Sources;
use crate::read::yaml::{Piece, parse};

/// The same facts as JSON Schema, closed to unknown fields.
fn json_schema(schema: &Schema, root: &str) -> Json {
    let definitions: Map<String, Json> = schema
        .types()
        .map(|(name, ty)| {
            let fields: Map<String, Json> = ty.fields.iter().map(|(n, f)| (n.clone(), field(f))).collect();
            let object = json!({
                "type": "object", "properties": fields, "required": ty.required, "additionalProperties": false,
            });
            (name.to_owned(), object)
        })
        .collect();
    json!({ "$ref": format!("#/$defs/{root}"), "$defs": definitions })
}

fn field(field: &Field) -> Json {
    let int32 = json!({ "type": "integer", "minimum": i32::MIN, "maximum": i32::MAX });
    match field {
        Field::Text | Field::Time | Field::Bytes => json!({ "type": "string" }),
        Field::Int32 => int32,
        Field::Int64 => json!({ "type": "integer" }),
        Field::Number => json!({ "type": "number" }),
        Field::Bool => json!({ "type": "boolean" }),
        Field::Quantity => json!({ "type": ["string", "number"] }),
        Field::IntOrText => json!({ "anyOf": [int32, { "type": "string" }] }),
        Field::Any => json!(true),
        Field::List(inner) => json!({ "type": "array", "items": self::field(inner) }),
        Field::Map(inner) => json!({ "type": "object", "additionalProperties": self::field(inner) }),
        Field::Object(name) => json!({ "$ref": format!("#/$defs/{name}") }),
    }
}

/// What the judge says, as `unknown a/b`, `missing a/b`, `type a/b`.
fn judged(validator: &jsonschema::Validator, instance: &Json) -> BTreeSet<String> {
    let mut said = BTreeSet::new();
    for error in validator.iter_errors(instance) {
        let path = error.instance_path().to_string();
        match error.kind() {
            ValidationErrorKind::AdditionalProperties { unexpected } => {
                said.extend(unexpected.iter().map(|name| format!("unknown {path}/{name}")));
            }
            ValidationErrorKind::Required { property } => {
                said.insert(format!("missing {path}/{}", property.as_str().unwrap_or_default()));
            }
            _ => _ = said.insert(format!("type {path}")),
        }
    }
    said
}

/// What the walker says of the same text, in the same words.
fn walked(schema: &Schema, ty: &str, instance: &Json) -> BTreeSet<String> {
    let text = instance.to_string();
    let mut sources = Sources::default();
    let file = sources.add("a.yaml", text.clone());
    let node = parse(&Piece::at(file, &text, 0)).unwrap();
    let pointer = |path: &str| match path {
        "the object" => String::new(),
        path => format!("/{}", path.replace(['.', '['], "/").replace(']', "")),
    };
    let found = problems(schema, schema.object(ty).unwrap(), &node);
    let words = found.iter().map(|p| match p {
        Problem::Unknown { path, .. } => format!("unknown {}", pointer(path)),
        Problem::Missing { path, .. } => format!("missing {}", pointer(path)),
        Problem::Type { path, .. } => format!("type {}", pointer(path)),
    });
    words.collect()
}

/// A small generator of numbers, the same on every machine.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % sides
    }
}

/// Breaks one place of the value, or leaves it as it is.
fn mutate(value: &mut Json, dice: &mut Dice) {
    let deeper = dice.roll(5) > 0;
    match value {
        Json::Object(map) if deeper && !map.is_empty() => {
            let index = dice.roll(map.len());
            let key = map.keys().nth(index).unwrap().clone();
            match dice.roll(12) {
                0 => _ = map.remove(&key),
                1 => {
                    let inside = map.remove(&key).unwrap();
                    map.insert(format!("{key}x"), inside);
                }
                2 => _ = map.insert("extra".to_owned(), json!(1)),
                _ => mutate(&mut map[&key], dice),
            }
        }
        Json::Array(list) if deeper && !list.is_empty() => {
            let index = dice.roll(list.len());
            mutate(&mut list[index], dice);
        }
        _ => {
            *value = match dice.roll(8) {
                0 => json!("text"),
                1 => json!(7),
                2 => json!(5_000_000_000_i64),
                3 => json!(true),
                4 => json!(1.5),
                5 => json!([]),
                6 => json!({}),
                _ => json!(["a", { "b": 1 }]),
            }
        }
    }
}

#[test]
fn the_walker_and_the_judge_agree() {
    let schema = newest();
    let mut dice = Dice(1);
    let (mut tried, mut broken) = (0, 0);
    for part in include_str!("../rules/good.txt").split("\n=== ").skip(1) {
        let (path, text) = part.split_once('\n').unwrap();
        let mut sources = Sources::default();
        let file = sources.add(path, text);
        let Some(node) =
            Some(path).filter(|p| p.contains("/local/")).and_then(|_| parse(&Piece::at(file, text, 0)).ok())
        else {
            continue;
        };
        let (api, kind) = (node.get_str("apiVersion").unwrap(), node.get_str("kind").unwrap());
        // kinds with a definition of their own are nobody's here
        let Some(ty) = schema.type_name(api, kind) else {
            assert!(api.starts_with("kagent.dev/"), "{path}");
            continue;
        };
        let validator = jsonschema::validator_for(&json_schema(schema, ty)).unwrap();
        assert_eq!(judged(&validator, &node.json()), BTreeSet::new(), "{path}");
        for _ in 0..300 {
            // labels have dots and slashes in their keys, which the path of a finding does not escape
            let plain = node.json().to_string().replace("app.kubernetes.io/", "").replace("bowline.dev/", "");
            let mut instance: Json = serde_json::from_str(&plain.replace("pod-security.kubernetes.io/", "")).unwrap();
            for _ in 0..=dice.roll(3) {
                mutate(&mut instance, &mut dice);
            }
            let (one, other) = (walked(schema, ty, &instance), judged(&validator, &instance));
            assert_eq!(one, other, "{path}\n{instance}");
            tried += 1;
            broken += usize::from(!one.is_empty());
        }
    }
    assert!(tried > 3000 && broken > tried / 2, "{broken} of {tried} were broken");
}
