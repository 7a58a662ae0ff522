//! Drops from an object what the server fills in and nobody asked for, so that only meant differences are left.

use serde_json::{Map, Value};

/// Metadata that the API server or a controller owns.
const SERVED: &[&str] =
    &["managedFields", "resourceVersion", "uid", "generation", "creationTimestamp", "selfLink", "ownerReferences"];

/// Annotations that tools and controllers leave behind.
const LEFT: &[&str] = &[
    "kubectl.kubernetes.io/last-applied-configuration",
    "deployment.kubernetes.io/revision",
    "deprecated.daemonset.template.generation",
    "pv.kubernetes.io/bind-completed",
    "pv.kubernetes.io/bound-by-controller",
    "volume.beta.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/storage-provisioner",
    "volume.kubernetes.io/selected-node",
    "autoscaling.alpha.kubernetes.io/conditions",
    "autoscaling.alpha.kubernetes.io/current-metrics",
];

/// Labels that the Job controller adds.
const JOB_LABELS: &[&str] =
    &["controller-uid", "batch.kubernetes.io/controller-uid", "job-name", "batch.kubernetes.io/job-name"];

/// The object without noise, with quantities and whole floats in one spelling.
pub fn normalise(object: &Value) -> Value {
    let mut object = object.clone();
    let kind = object.get("kind").and_then(Value::as_str).unwrap_or_default().to_owned();
    if let Some(map) = object.as_object_mut() {
        map.remove("status");
    }
    if let Some(metadata) = object.get_mut("metadata").and_then(Value::as_object_mut) {
        for key in SERVED {
            metadata.shift_remove(*key);
        }
        if let Some(annotations) = metadata.get_mut("annotations").and_then(Value::as_object_mut) {
            for key in LEFT {
                annotations.shift_remove(*key);
            }
        }
    }
    match kind.as_str() {
        "Service" => without(&mut object, "/spec", &["clusterIP", "clusterIPs", "healthCheckNodePort"], |v| {
            // headless is a decision, an address is not
            v.as_str() != Some("None") && v.get(0).and_then(Value::as_str) != Some("None")
        }),
        "Job" => {
            without(&mut object, "/spec", &["selector"], |_| true);
            for place in ["/metadata/labels", "/spec/template/metadata/labels"] {
                without(&mut object, place, JOB_LABELS, |_| true);
            }
        }
        "PersistentVolumeClaim" => without(&mut object, "/spec", &["volumeName"], |_| true),
        "ServiceAccount" => without(&mut object, "", &["secrets"], |_| true),
        "CustomResourceDefinition" => {
            without(&mut object, "/spec/conversion/webhook/clientConfig", &["caBundle"], |_| true);
        }
        _ => {}
    }
    if let Some(template) = super::object::pod_template_path(&kind) {
        let pointer = format!("/{}", template.replace('.', "/"));
        if let Some(metadata) = object.pointer_mut(&format!("{pointer}/metadata")).and_then(Value::as_object_mut) {
            metadata.shift_remove("creationTimestamp");
        }
    }
    spell(&mut object, false);
    empty_maps(&mut object);
    object
}

fn without(object: &mut Value, place: &str, keys: &[&str], noise: impl Fn(&Value) -> bool) {
    if let Some(map) = object.pointer_mut(place).and_then(Value::as_object_mut) {
        for key in keys {
            if map.get(*key).is_some_and(&noise) {
                map.shift_remove(*key);
            }
        }
    }
}

fn empty_maps(object: &mut Value) {
    let empty = |v: &Value| v.as_object().is_some_and(Map::is_empty) || v.is_null();
    without(object, "/metadata", &["labels", "annotations"], empty);
    without(object, "", &["data", "stringData", "binaryData"], empty);
}

/// Keys below which strings and numbers are quantities.
fn holds_quantities(key: &str) -> bool {
    matches!(key, "limits" | "requests" | "hard" | "default" | "defaultRequest" | "capacity" | "max" | "min")
}

fn spell(value: &mut Value, quantity: bool) {
    match value {
        Value::Object(map) => {
            for (key, inner) in map.iter_mut() {
                spell(inner, holds_quantities(key) || (quantity && !inner.is_object()) || key == "sizeLimit");
            }
        }
        Value::Array(list) => list.iter_mut().for_each(|v| spell(v, quantity)),
        Value::Number(n) if !quantity => {
            if let Some(f) = n.as_f64()
                && n.is_f64()
                && f.fract() == 0.0
                && f.abs() < 9e15
            {
                // whole and far below 2^53: exact
                #[allow(clippy::cast_possible_truncation)]
                let whole = f as i64;
                *value = Value::from(whole);
            }
        }
        Value::Number(_) | Value::String(_) if quantity => {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            if let Some(millis) = milli(&text) {
                *value = Value::String(plain(millis));
            }
        }
        _ => {}
    }
}

/// A quantity in thousandths; nothing when it is none (or too large to say exactly).
pub fn milli(text: &str) -> Option<i128> {
    let end = text.find(|c: char| !c.is_ascii_digit() && c != '.' && c != '-' && c != '+').unwrap_or(text.len());
    let (number, suffix) = text.split_at(end);
    let unit: i128 = match suffix {
        "" => 1000,
        "m" => 1,
        "k" => 1000 * 1000,
        "M" => 1000 * 1_000_000,
        "G" => 1000 * 1_000_000_000,
        "T" => 1000 * 1_000_000_000_000,
        "P" => 1000 * 1_000_000_000_000_000,
        "Ki" => 1000 << 10,
        "Mi" => 1000 << 20,
        "Gi" => 1000 << 30,
        "Ti" => 1000 << 40,
        "Pi" => 1000 << 50,
        _ => return None,
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, ""));
    if whole.is_empty() && fraction.is_empty() || fraction.len() > 9 {
        return None;
    }
    let digits: i128 = format!("{whole}{fraction}").parse().ok()?;
    let scale = 10_i128.checked_pow(u32::try_from(fraction.len()).ok()?)?;
    let scaled = digits.checked_mul(unit)?;
    (scaled % scale == 0).then_some(scaled / scale)
}

/// The shortest of the usual spellings: `500m`, `2`, `512Mi`.
fn plain(millis: i128) -> String {
    if millis % 1000 != 0 {
        return format!("{millis}m");
    }
    let whole = millis / 1000;
    for (shift, suffix) in [(50, "Pi"), (40, "Ti"), (30, "Gi"), (20, "Mi"), (10, "Ki")] {
        if whole != 0 && whole % (1 << shift) == 0 {
            return format!("{}{suffix}", whole >> shift);
        }
    }
    whole.to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn noise_goes_and_meaning_stays() {
        let live = json!({
            "apiVersion": "v1", "kind": "Service",
            "metadata": {"name": "x", "uid": "u", "resourceVersion": "5", "generation": 1, "managedFields": [],
                "annotations": {"kubectl.kubernetes.io/last-applied-configuration": "{}"}, "labels": {}},
            "spec": {"clusterIP": "10.0.0.1", "clusterIPs": ["10.0.0.1"], "ports": [{"port": 80.0}]},
            "status": {"loadBalancer": {}}
        });
        let expected = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "x"}, "spec": {"ports": [{"port": 80}]}});
        assert_eq!(normalise(&live), expected);
        let headless = json!({"kind": "Service", "spec": {"clusterIP": "None"}});
        assert_eq!(normalise(&headless), headless);
    }

    #[test]
    fn quantities_have_one_spelling() {
        for (a, b) in [("0.5", "500m"), ("1024Mi", "1Gi"), ("2", "2000m"), ("1Gi", "1073741824"), ("1.5Gi", "1536Mi")] {
            assert_eq!(milli(a), milli(b), "{a} {b}");
            let of = |q: &str| normalise(&json!({"spec": {"limits": {"cpu": q}}}));
            assert_eq!(of(a), of(b));
        }
        assert_eq!(normalise(&json!({"spec": {"limits": {"cpu": 2}}})), json!({"spec": {"limits": {"cpu": "2"}}}));
        assert_eq!(milli("abc"), None);
        assert_eq!(milli(""), None);
        assert_ne!(milli("1M"), milli("1Mi"));
    }
}
