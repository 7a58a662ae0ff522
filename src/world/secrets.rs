//! The Secrets of an app in the cluster: what has to be written, with all missing values named at once before anything is
//! built; the objects themselves; what others should have made.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use crate::base::base64::{from_base64, to_base64};
use crate::change::failure::{Failure, Fault};
use crate::change::mask::Masker;
use crate::change::object::{ObjectId, at, set_annotation, set_label};
use crate::change::plan::Secret;

use super::cluster::{Cluster, ClusterError};
use super::secret_values::{Values, generate};

/// What has to be done about one Secret.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Need {
    /// The cluster has it as it is wanted.
    Nothing,
    /// Absent, or with other values.
    Write,
}

/// Which Secrets have to be written, and every required name that nobody gives, in one failure.
pub fn needs(secrets: &[&Secret], values: &Values, live: &BTreeMap<String, Value>) -> Result<Vec<Need>, Failure> {
    let mut missing: Vec<String> = Vec::new();
    let mut needs = Vec::new();
    for secret in secrets {
        let there = live.get(&secret.object.key());
        let mut need = if there.is_some() { Need::Nothing } else { Need::Write };
        if let Some(path) = &secret.sealed {
            let held = live.get(&sealed_id(secret).key()).and_then(|l| at(l, "spec.encryptedData"));
            match values.sealed(path).map(|s| at(s, "spec.encryptedData")) {
                None => missing.push(format!("`{path}` (the SealedSecret of {})", secret.object)),
                Some(wanted) if wanted != held => need = Need::Write,
                Some(_) => {}
            }
        }
        for key in &secret.keys {
            let held = there.and_then(|l| at(l, "data")).and_then(|d| d.get(&key.key)).and_then(Value::as_str);
            match (values.get(&key.source()), held) {
                (Some(value), Some(held)) if from_base64(held).as_deref() == Some(value.bytes()) => {}
                (Some(_), _) => need = Need::Write,
                (None, None) if key.generated.is_some() => need = Need::Write,
                (None, None) if !key.optional => {
                    missing.push(format!("{} (key `{}` of {})", key.place(), key.key, secret.object));
                }
                (None, _) => {}
            }
        }
        needs.push(need);
    }
    if missing.is_empty() {
        return Ok(needs);
    }
    let message =
        format!("{} missing: {}", if missing.len() == 1 { "a secret is" } else { "secrets are" }, missing.join(", "));
    let fix = "set them in the environment, or in a .env beside the spec that Git ignores; files come where the spec names them";
    let fix = if missing.iter().any(|m| m.starts_with('`')) { fix } else { fix.split("; ").next().unwrap_or(fix) };
    Err(Failure::new("secret-missing", Fault::Documents, message).fix(fix))
}

/// The SealedSecret that a Secret is made of.
pub fn sealed_id(secret: &Secret) -> ObjectId {
    ObjectId::new("bitnami.com/v1alpha1", "SealedSecret", secret.object.namespace.as_deref(), &secret.object.name)
}

/// The SealedSecret to apply, with the labels of the unit and in the namespace of the app.
pub fn sealed_object(secret: &Secret, values: &Values) -> Option<Value> {
    let mut object = values.sealed(secret.sealed.as_ref()?)?.clone();
    let labels = secret.labels.iter().filter(|(k, _)| !k.starts_with("app.kubernetes.io/managed-by"));
    for (key, value) in labels {
        set_label(&mut object, key, value);
    }
    for (key, value) in &secret.annotations {
        set_annotation(&mut object, key, value);
    }
    object["metadata"]["namespace"] = json!(secret.object.namespace);
    Some(object)
}

/// The Secret object to apply: given values over those that the cluster has; generated ones where neither is.
pub fn object(secret: &Secret, values: &Values, live: Option<&Value>) -> Result<Value, Failure> {
    let mut data = serde_json::Map::new();
    for key in &secret.keys {
        let held = live.and_then(|l| at(l, "data")).and_then(|d| d.get(&key.key)).cloned();
        let coded = match (values.get(&key.source()), held) {
            (Some(value), _) => Some(json!(to_base64(value.bytes()))),
            (None, Some(held)) => Some(held),
            (None, None) => match key.generated {
                Some(length) => Some(json!(to_base64(generate(length)?.bytes()))),
                None => None,
            },
        };
        if let Some(coded) = coded {
            data.insert(key.key.clone(), coded);
        }
    }
    Ok(json!({
        "apiVersion": "v1",
        "kind": "Secret",
        "metadata": {
            "name": secret.object.name,
            "namespace": secret.object.namespace,
            "labels": secret.labels,
            "annotations": secret.annotations,
        },
        "type": "Opaque",
        "data": data,
    }))
}

/// SealedSecrets in a cluster that knows no such kind.
pub fn unsealable<'s>(cluster: &Cluster, mut secrets: impl Iterator<Item = &'s Secret>) -> Option<Failure> {
    let id = sealed_id(secrets.find(|s| s.sealed.is_some())?);
    let Err(error @ ClusterError::NoSuchKind { .. }) = cluster.is_namespaced(&id.api_version(), &id.kind) else {
        return None;
    };
    Some(error.failure().fix("install the controller of Sealed Secrets, or give the values through `fromEnv`"))
}

/// A Secret that somebody else makes, with the keys that must be in it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    pub object: ObjectId,
    /// Key, and the unit that reads it.
    pub keys: Vec<(String, String)>,
}

/// The expected Secrets that are not there, or lack a key, in one failure: their pods would never start.
pub fn absent(cluster: &Cluster, expected: &[Expected]) -> Result<Option<Failure>, ClusterError> {
    let mut missing: Vec<String> = Vec::new();
    for secret in expected {
        let live = cluster.get(&secret.object)?;
        let data = live.as_ref().and_then(|l| at(l, "data"));
        if live.is_none() {
            let units: BTreeSet<&str> = secret.keys.iter().map(|(_, unit)| unit.as_str()).collect();
            let units: Vec<String> = units.into_iter().map(|u| format!("`{u}`")).collect();
            missing.push(format!("{} (for {})", secret.object, units.join(", ")));
            continue;
        }
        for (key, unit) in secret.keys.iter().filter(|(key, _)| data.and_then(|d| d.get(key)).is_none()) {
            missing.push(format!("key `{key}` of {} (for `{unit}`)", secret.object));
        }
    }
    Ok((!missing.is_empty()).then(|| {
        let message = format!("the spec counts on what is not in the cluster: {}", missing.join(", "));
        let fix = "make it there first, or let Bowline make one: take `secretName` or `existingSecret` out of the spec";
        Failure::new("secret-absent", Fault::Documents, message).fix(fix)
    }))
}

/// Lets a masker know every value of a Secret object.
pub fn teach(object: &Value, masker: &mut Masker) {
    let data = at(object, "data").and_then(Value::as_object);
    for coded in data.into_iter().flat_map(|d| d.values()).filter_map(Value::as_str) {
        if let Some(text) = from_base64(coded).and_then(|b| String::from_utf8(b).ok()) {
            masker.learn(&text);
        }
    }
}

/// The live Secrets, by object key.
pub fn live(cluster: &Cluster, secrets: &[&Secret]) -> Result<BTreeMap<String, Value>, ClusterError> {
    let mut found = BTreeMap::new();
    for id in secrets.iter().map(|s| &s.object).collect::<BTreeSet<&ObjectId>>() {
        if let Some(object) = cluster.get(id)? {
            found.insert(id.key(), object);
        }
    }
    for id in secrets.iter().filter(|s| s.sealed.is_some()).map(|s| sealed_id(s)) {
        if let Some(object) = cluster.get(&id)? {
            found.insert(id.key(), object);
        }
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::*;
    use crate::world::secret_values::find;
    use crate::world::secret_values::tests::secret;

    #[test]
    fn all_missing_names_in_one_error() {
        let secrets =
            [secret(&[("A", false, false), ("B", true, false)]), secret(&[("C", false, false), ("D", false, true)])];
        let all: Vec<&Secret> = secrets.iter().collect();
        let failure = needs(&all, &Values::default(), &BTreeMap::new()).unwrap_err();
        assert_eq!(
            failure.message,
            "secrets are missing: A (key `a` of secret/backend-secrets), C (key `c` of secret/backend-secrets)"
        );
    }

    #[test]
    fn what_the_cluster_has_is_kept() {
        let secret = secret(&[("A", false, false), ("D", false, true)]);
        let given = |value: &str| {
            find(&[&secret], |name| (name == "A").then(|| value.to_owned()), Path::new(""), &[], None).unwrap()
        };
        let live = object(&secret, &given("x"), None).unwrap();
        let map = BTreeMap::from([(secret.object.key(), live.clone())]);
        assert_eq!(needs(&[&secret], &Values::default(), &map).unwrap(), [Need::Nothing]);
        let again = object(&secret, &Values::default(), Some(&live)).unwrap();
        assert_eq!(again, live, "a generated password stays");
        assert_eq!(needs(&[&secret], &given("x"), &map).unwrap(), [Need::Nothing]);
        assert_eq!(needs(&[&secret], &given("y"), &map).unwrap(), [Need::Write]);
    }
}
