//! The JSON Schema of the typed block, made from the table of fields, so that editors complete it.

use serde_json::{Map, Value as Json, json};

use super::fields::{BLOCK, Field, Shape};

/// What Kubernetes writes as a quantity; kept as loose as the check of the block itself.
const QUANTITY: &str = r"^[0-9]+(\.[0-9]+)?([eE][0-9]+|[numkMGTPE]|[KMGTPE]i)?$";

/// A schema in draft 7, which is what editors of YAML understand.
pub fn schema() -> Json {
    let mut whole = Map::new();
    whole.insert("$schema".to_owned(), json!("http://json-schema.org/draft-07/schema#"));
    whole.insert("title".to_owned(), json!("Typed block of a Bowline spec"));
    if let Json::Object(block) = shape(&BLOCK) {
        whole.extend(block);
    }
    Json::Object(whole)
}

fn shape(of: &Shape) -> Json {
    match of {
        Shape::Text => json!({ "type": "string" }),
        Shape::Name(most) => {
            json!({ "type": "string", "pattern": "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$", "maxLength": most })
        }
        Shape::Integer(min, max) => json!({ "type": "integer", "minimum": min, "maximum": max }),
        Shape::Boolean => json!({ "type": "boolean" }),
        Shape::Quantity => {
            json!({ "anyOf": [{ "type": "number", "minimum": 0 }, { "type": "string", "pattern": QUANTITY }] })
        }
        Shape::Choice(words) => json!({ "enum": words }),
        Shape::Scalar => json!({ "type": ["string", "number", "boolean"] }),
        Shape::Word(grammar) => {
            json!({ "anyOf": [{ "type": "string", "pattern": grammar.pattern }, { "type": ["number", "boolean"] }] })
        }
        Shape::ListOf(item) => json!({ "type": "array", "items": shape(item) }),
        Shape::MapOf(value) => json!({ "type": "object", "additionalProperties": or_null(shape(value)) }),
        Shape::Keyed(grammar, value) => json!({
            "type": "object",
            "propertyNames": { "pattern": grammar.pattern },
            "additionalProperties": or_null(shape(value)),
        }),
        Shape::Fields(fields) => object(fields),
        Shape::Either(shapes) => json!({ "anyOf": shapes.iter().map(shape).collect::<Vec<_>>() }),
    }
}

fn object(fields: &[Field]) -> Json {
    let properties: Map<String, Json> = fields
        .iter()
        .map(|field| {
            let mut value = or_null(shape(&field.shape));
            value["description"] = json!(field.doc);
            (field.name.to_owned(), value)
        })
        .collect();
    json!({ "type": "object", "properties": properties, "additionalProperties": false })
}

/// Null is as good as absent, and removes in an environment.
fn or_null(schema: Json) -> Json {
    match schema {
        Json::Object(mut map) if map.get("anyOf").is_some_and(Json::is_array) => {
            if let Some(Json::Array(any)) = map.get_mut("anyOf") {
                any.push(json!({ "type": "null" }));
            }
            Json::Object(map)
        }
        other => json!({ "anyOf": [other, { "type": "null" }] }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn errors(block: &Json) -> Vec<String> {
        let validator = jsonschema::validator_for(&schema()).unwrap();
        validator.iter_errors(block).map(|e| e.to_string()).collect()
    }

    #[test]
    fn it_takes_short_and_long_forms_and_refuses_what_the_block_refuses() {
        let good = json!({
            "app": { "name": "todo", "host": "todo.local" },
            "services": {
                "backend": { "build": "app/backend", "ports": [8000], "readinessProbe": "/ready", "secrets": ["KEY"],
                    "autoscaling": { "minReplicas": 2, "maxReplicas": 6, "cpu": 70 } },
                "frontend": { "build": { "context": "app/frontend" }, "ports": { "http": 3000 }, "ingress": "/",
                    "resources": { "limits": { "cpu": 1, "memory": "256Mi" } } },
            },
            "environments": { "local": {}, "production": { "services": { "backend": { "autoscaling": null } } } },
        });
        assert_eq!(errors(&good), Vec::<String>::new());
        for (path, wrong) in [
            ("/services/backend/ports", json!([80_000])),
            ("/services/backend/portz", json!([80])),
            ("/services/backend/replicas", json!("two")),
            ("/app/name", json!("Todo App")),
            ("/services/backend/kind", json!("DaemonSet")),
            ("/services/frontend/resources/limits/memory", json!("1GB")),
        ] {
            let mut block = good.clone();
            let (parent, key) = path.rsplit_once('/').unwrap();
            block.pointer_mut(parent).unwrap()[key] = wrong;
            assert!(!errors(&block).is_empty(), "{path}");
        }
    }

    #[test]
    fn the_page_for_people_names_every_field() {
        use crate::model::fields::{APP, RESOURCE, SERVICE};
        let page = include_str!("../../docs/block.md");
        assert!(page.lines().count() < 120);
        for (section, fields) in [("## app", APP), ("## services", SERVICE), ("## resources", RESOURCE)] {
            let part = page.split(section).nth(1).unwrap().split("\n## ").next().unwrap();
            let missing: Vec<&str> =
                fields.iter().map(|f| f.name).filter(|n| !part.contains(&format!("`{n}`"))).collect();
            assert!(missing.is_empty(), "{section}: {missing:?}");
        }
    }

    #[test]
    fn every_field_says_what_it_is() {
        fn walk(fields: &[Field], path: &str) {
            for field in fields {
                assert!(field.doc.len() > 3, "{path}.{}", field.name);
                below(&field.shape, &format!("{path}.{}", field.name));
            }
        }
        fn below(shape: &Shape, path: &str) {
            match shape {
                Shape::Fields(fields) => walk(fields, path),
                Shape::ListOf(item) | Shape::MapOf(item) | Shape::Keyed(_, item) => below(item, path),
                Shape::Either(shapes) => shapes.iter().for_each(|s| below(s, path)),
                _ => {}
            }
        }
        below(&BLOCK, "block");
    }
}
