//! The part of a live object that one manager applied: what to apply again to go back to it.

use serde_json::{Map, Value};

use super::object::{list, text};

/// The fields of `live` that `manager` owns by server-side apply, with apiVersion, kind, name and namespace; nothing when it owns none.
pub fn owned(live: &Value, manager: &str) -> Option<Value> {
    let entry = list(live, "metadata.managedFields").iter().find(|e| {
        text(e, "manager") == Some(manager)
            && text(e, "operation") == Some("Apply")
            && text(e, "subresource").is_none_or(str::is_empty)
    })?;
    let mut object = pick(live, entry.get("fieldsV1")?);
    if !object.is_object() {
        object = Value::Object(Map::new());
    }
    for key in ["apiVersion", "kind"] {
        object[key] = live.get(key)?.clone();
    }
    for key in ["name", "namespace"] {
        if let Some(value) = live.pointer(&format!("/metadata/{key}")) {
            if !object["metadata"].is_object() {
                object["metadata"] = Value::Object(Map::new());
            }
            object["metadata"][key] = value.clone();
        }
    }
    Some(object)
}

/// `fields`: a set of fields as the API writes it: `f:name` for keys, `k:{…}` for elements by their keys, `v:…` for values.
fn pick(value: &Value, fields: &Value) -> Value {
    let Some(fields) = fields.as_object().filter(|f| f.keys().any(|k| k != ".")) else { return value.clone() };
    match value {
        Value::Object(map) => {
            let inner = fields.iter().filter_map(|(key, below)| {
                let name = key.strip_prefix("f:")?;
                Some((name.to_owned(), pick(map.get(name)?, below)))
            });
            Value::Object(inner.collect())
        }
        Value::Array(items) => {
            let inner = items.iter().filter_map(|item| {
                let below = fields.iter().find_map(|(key, below)| is_named(item, key).then_some(below))?;
                let mut picked = pick(item, below);
                // the keys that name an element belong to it
                if let Some((picked, item)) = picked.as_object_mut().zip(item.as_object()) {
                    for (key, _) in fields.iter().filter(|(k, _)| is_named(&Value::Object(item.clone()), k)) {
                        for (name, value) in keys(key) {
                            picked.entry(name).or_insert(value);
                        }
                    }
                }
                Some(picked)
            });
            Value::Array(inner.collect())
        }
        other => other.clone(),
    }
}

fn keys(key: &str) -> Map<String, Value> {
    key.strip_prefix("k:").and_then(|k| serde_json::from_str(k).ok()).unwrap_or_default()
}

fn is_named(item: &Value, key: &str) -> bool {
    if let Some(value) = key.strip_prefix("v:") {
        return serde_json::from_str::<Value>(value).is_ok_and(|v| v == *item);
    }
    let keys = keys(key);
    // protocol is defaulted, and stands in the key all the same
    !keys.is_empty() && keys.iter().all(|(name, value)| item.get(name) == Some(value))
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn only_what_the_manager_applied() {
        let live = json!({
            "apiVersion": "apps/v1", "kind": "Deployment",
            "metadata": {"name": "b", "namespace": "n", "uid": "u", "labels": {"a": "1", "other": "2"}, "finalizers": ["x", "y"],
                "managedFields": [
                    {"manager": "kubectl", "operation": "Update", "fieldsV1": {"f:spec": {"f:replicas": {}}}},
                    {"manager": "bowline", "operation": "Apply", "fieldsV1": {
                        "f:metadata": {"f:labels": {"f:a": {}}, "f:finalizers": {"v:\"y\"": {}}},
                        "f:spec": {"f:template": {"f:spec": {"f:containers": {
                            "k:{\"name\":\"c\"}": {".": {}, "f:image": {}, "f:resources": {},
                                "f:ports": {"k:{\"containerPort\":80,\"protocol\":\"TCP\"}": {".": {}, "f:containerPort": {}}}}}}}}}}
                ]},
            "spec": {"replicas": 4, "template": {"spec": {"containers": [
                {"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "1"}}, "imagePullPolicy": "IfNotPresent",
                 "ports": [{"containerPort": 80, "protocol": "TCP"}]},
                {"name": "sidecar", "image": "s"}]}}},
            "status": {"replicas": 4}
        });
        let expected = json!({
            "metadata": {"labels": {"a": "1"}, "finalizers": ["y"], "name": "b", "namespace": "n"},
            "spec": {"template": {"spec": {"containers": [
                {"name": "c", "image": "i:1", "resources": {"limits": {"cpu": "1"}},
                 "ports": [{"containerPort": 80, "protocol": "TCP"}]}]}}},
            "apiVersion": "apps/v1", "kind": "Deployment",
        });
        assert_eq!(owned(&live, "bowline").unwrap(), expected);
        assert_eq!(owned(&live, "kubectl"), None);
    }
}
