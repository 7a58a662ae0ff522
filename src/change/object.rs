//! Kubernetes objects as JSON: their identity, and safe ways into them.

use std::fmt;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What names an object in a cluster. Two versions of one API name the same object: see [`ObjectId::same`].
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct ObjectId {
    /// Empty for the core group.
    pub group: String,
    pub version: String,
    pub kind: String,
    /// `None` for objects of the whole cluster.
    pub namespace: Option<String>,
    pub name: String,
}

impl ObjectId {
    pub fn new(api_version: &str, kind: &str, namespace: Option<&str>, name: &str) -> Self {
        let (group, version) = api_version.split_once('/').unwrap_or(("", api_version));
        Self {
            group: group.into(),
            version: version.into(),
            kind: kind.into(),
            namespace: namespace.filter(|_| !is_cluster_wide(kind)).map(Into::into),
            name: name.into(),
        }
    }

    /// The identity of an object; `None` if it lacks apiVersion, kind or name. A namespaced object that says
    /// no namespace is taken to be in `default_namespace`.
    pub fn of(object: &Value, default_namespace: Option<&str>) -> Option<Self> {
        let name = text(object, "metadata.name").filter(|n| !n.is_empty())?;
        let namespace = text(object, "metadata.namespace").or(default_namespace);
        Some(Self::new(text(object, "apiVersion")?, text(object, "kind")?, namespace, name))
    }

    /// `apps/v1`, or `v1` for the core group.
    pub fn api_version(&self) -> String {
        if self.group.is_empty() { self.version.clone() } else { format!("{}/{}", self.group, self.version) }
    }

    /// The same object, whichever version of its API is named.
    pub fn same(&self, other: &Self) -> bool {
        self.group == other.group
            && self.kind == other.kind
            && self.namespace == other.namespace
            && self.name == other.name
    }

    /// `Deployment.apps`, `Service.`: how ApplySet writes it, without the dot for the core group.
    pub fn group_kind(&self) -> String {
        if self.group.is_empty() { self.kind.clone() } else { format!("{}.{}", self.kind, self.group) }
    }

    /// Identity without the version, for maps.
    pub fn key(&self) -> String {
        format!("{}/{}/{}", self.group_kind(), self.namespace.as_deref().unwrap_or(""), self.name)
    }
}

impl fmt::Display for ObjectId {
    /// `deployment/backend`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.kind.to_lowercase(), self.name)
    }
}

/// Kinds of the built-in APIs that belong to no namespace.
pub fn is_cluster_wide(kind: &str) -> bool {
    matches!(
        kind,
        "Namespace"
            | "Node"
            | "PersistentVolume"
            | "StorageClass"
            | "IngressClass"
            | "PriorityClass"
            | "RuntimeClass"
            | "ClusterRole"
            | "ClusterRoleBinding"
            | "CustomResourceDefinition"
            | "APIService"
            | "CSIDriver"
            | "MutatingWebhookConfiguration"
            | "ValidatingWebhookConfiguration"
            | "ValidatingAdmissionPolicy"
            | "ValidatingAdmissionPolicyBinding"
    )
}

/// Kinds whose pods do the work: what others wait for, and what waits for others.
pub fn is_workload(kind: &str) -> bool {
    matches!(kind, "Deployment" | "StatefulSet" | "DaemonSet" | "Job" | "CronJob" | "ReplicaSet" | "Pod")
}

/// Kinds whose loss loses data or other people's objects: never pruned, and kept by `down`, unless told.
pub fn is_precious(kind: &str) -> bool {
    matches!(kind, "Namespace" | "PersistentVolumeClaim" | "PersistentVolume" | "CustomResourceDefinition")
}

/// Where the pod template of a kind is.
pub fn pod_template_path(kind: &str) -> Option<&'static str> {
    match kind {
        "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "Job" => Some("spec.template"),
        "CronJob" => Some("spec.jobTemplate.spec.template"),
        _ => None,
    }
}

/// Follows a dotted path of keys; a number steps into a list.
pub fn at<'a>(value: &'a Value, path: &str) -> Option<&'a Value> {
    path.split('.').try_fold(value, |v, key| match v {
        Value::Object(map) => map.get(key),
        Value::Array(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

pub fn text<'a>(value: &'a Value, path: &str) -> Option<&'a str> {
    at(value, path)?.as_str()
}

pub fn int(value: &Value, path: &str) -> Option<i64> {
    at(value, path)?.as_i64()
}

/// The elements of a list; none when it is not there.
pub fn list<'a>(value: &'a Value, path: &str) -> &'a [Value] {
    at(value, path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A label's value; its key may hold dots and slashes.
pub fn label<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    at(object, "metadata.labels")?.get(key)?.as_str()
}

pub fn annotation<'a>(object: &'a Value, key: &str) -> Option<&'a str> {
    at(object, "metadata.annotations")?.get(key)?.as_str()
}

/// The condition of that type under `status.conditions`.
pub fn condition<'a>(object: &'a Value, kind: &str) -> Option<&'a Value> {
    list(object, "status.conditions").iter().find(|c| text(c, "type") == Some(kind))
}

/// Whether the condition is there and has that status (`True`, `False`, `Unknown`).
pub fn condition_is(object: &Value, kind: &str, status: &str) -> bool {
    condition(object, kind).is_some_and(|c| text(c, "status") == Some(status))
}

/// Whether an owner reference names that uid.
pub fn is_owned_by(object: &Value, uid: &str) -> bool {
    list(object, "metadata.ownerReferences").iter().any(|o| text(o, "uid") == Some(uid))
}

/// The generation of an object (0 where the API keeps none).
pub fn generation(object: &Value) -> i64 {
    int(object, "metadata.generation").unwrap_or(0)
}

/// Sets a label, making the maps on the way.
pub fn set_label(object: &mut Value, key: &str, value: &str) {
    set_in(object, "labels", key, value);
}

pub fn set_annotation(object: &mut Value, key: &str, value: &str) {
    set_in(object, "annotations", key, value);
}

fn set_in(object: &mut Value, map: &str, key: &str, value: &str) {
    if !object.is_object() {
        return;
    }
    let metadata = &mut object["metadata"];
    if metadata.is_null() {
        *metadata = Value::Object(serde_json::Map::new());
    }
    if metadata.is_object() {
        if !metadata[map].is_object() {
            metadata[map] = Value::Object(serde_json::Map::new());
        }
        metadata[map][key] = Value::String(value.into());
    }
}

/// What tells one state of a live object from another, without its contents: the uid, and the generation,
/// or the resourceVersion where the API keeps no generation. `absent` when there is none.
pub fn fingerprint(live: Option<&Value>) -> String {
    let Some(live) = live else { return "absent".into() };
    let uid = text(live, "metadata.uid").unwrap_or_default();
    match int(live, "metadata.generation") {
        Some(generation) => format!("{uid} generation {generation}"),
        None => format!("{uid} version {}", text(live, "metadata.resourceVersion").unwrap_or_default()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn identity_of_objects() {
        let object =
            json!({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"backend","namespace":"todo"}});
        let id = ObjectId::of(&object, None).unwrap();
        assert_eq!(id.to_string(), "deployment/backend");
        assert_eq!(id.api_version(), "apps/v1");
        assert_eq!(id.group_kind(), "Deployment.apps");
        assert!(id.same(&ObjectId::new("apps/v1beta1", "Deployment", Some("todo"), "backend")));
        assert!(!id.same(&ObjectId::new("apps/v1", "Deployment", Some("other"), "backend")));
        let namespace = json!({"apiVersion":"v1","kind":"Namespace","metadata":{"name":"todo"}});
        assert_eq!(ObjectId::of(&namespace, Some("todo")).unwrap().namespace, None);
        assert_eq!(ObjectId::of(&json!({"kind":"Service"}), None), None);
    }

    #[test]
    fn labels_are_set_where_no_map_was() {
        let mut object = json!({"metadata":{"name":"x"}});
        set_label(&mut object, "a.b/c", "d");
        assert_eq!(label(&object, "a.b/c"), Some("d"));
        let mut nothing = json!("text");
        set_label(&mut nothing, "a", "b");
        assert_eq!(nothing, json!("text"));
    }

    #[test]
    fn fingerprints_ignore_status() {
        let a = json!({"metadata":{"uid":"u","generation":3,"resourceVersion":"1"}});
        let b = json!({"metadata":{"uid":"u","generation":3,"resourceVersion":"2"}});
        assert_eq!(fingerprint(Some(&a)), fingerprint(Some(&b)));
        assert_eq!(fingerprint(None), "absent");
    }
}
