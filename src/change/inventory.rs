//! What belongs to the app in the cluster when Bowline applies it itself: ApplySet's labels (kubectl's KEP-3659), so that other
//! tools understand them. Also: replicas that an autoscaler takes over.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::object::{self, ObjectId};

/// The label of members.
pub const PART_OF: &str = "applyset.kubernetes.io/part-of";
const ID: &str = "applyset.kubernetes.io/id";
const TOOLING: &str = "applyset.kubernetes.io/tooling";
const KINDS: &str = "applyset.kubernetes.io/contains-group-kinds";

/// The object that says what belongs to an app: a ConfigMap `bowline-<app>`.
pub fn parent(app: &str, namespace: &str) -> ObjectId {
    ObjectId::new("v1", "ConfigMap", Some(namespace), &format!("bowline-{app}"))
}

/// The id that parent and members carry: a digest of the parent's name, namespace, kind and group.
pub fn id(app: &str, namespace: &str) -> String {
    let parent = parent(app, namespace);
    let digest = Sha256::digest(format!("{}.{namespace}.{}.{}", parent.name, parent.kind, parent.group));
    format!("applyset-{}-v1", base64url(&digest))
}

/// The parent with the kinds it may have members of. Tool version and digest of the constitution stand here and nowhere else, so
/// that neither rewrites an object.
pub fn manifest(app: &str, namespace: &str, kinds: &BTreeSet<String>, tool: &str, constitution: Option<&str>) -> Value {
    let parent = parent(app, namespace);
    let mut annotations = serde_json::Map::new();
    annotations.insert(TOOLING.into(), json!(format!("bowline/{tool}")));
    annotations.insert(KINDS.into(), json!(kinds.iter().cloned().collect::<Vec<_>>().join(",")));
    if let Some(digest) = constitution {
        annotations.insert("bowline.dev/constitution".into(), json!(digest));
    }
    json!({
        "apiVersion": "v1",
        "kind": "ConfigMap",
        "metadata": {
            "name": parent.name,
            "namespace": namespace,
            "labels": { ID: id(app, namespace), "app.kubernetes.io/part-of": app },
            "annotations": annotations,
        },
    })
}

/// The kinds (`Deployment.apps`) that a live parent names.
pub fn kinds(parent: &Value) -> BTreeSet<String> {
    let text = object::annotation(parent, KINDS).unwrap_or_default();
    text.split(',').filter(|k| !k.is_empty()).map(str::to_owned).collect()
}

/// The tool that a live parent belongs to, when it is another one: it must not be touched.
pub fn other_tool(parent: &Value) -> Option<&str> {
    let tool = object::annotation(parent, TOOLING).unwrap_or("another tool");
    (!tool.starts_with("bowline/")).then_some(tool)
}

/// Live members that nothing wants any more.
pub fn vanished(members: &[ObjectId], wanted: &[ObjectId]) -> Vec<ObjectId> {
    members.iter().filter(|m| !wanted.iter().any(|w| w.same(m))).cloned().collect()
}

/// Workloads whose `replicas` leave the manifest because an autoscaler takes over, with the number that runs now: without
/// somebody to hold the field they would fall to one.
pub fn handovers(wanted: &[Value], live: &BTreeMap<String, Value>, namespace: &str) -> Vec<(ObjectId, i64)> {
    let scaled: Vec<(&str, &str)> = wanted
        .iter()
        .filter(|o| object::text(o, "kind") == Some("HorizontalPodAutoscaler"))
        .filter_map(|o| {
            Some((object::text(o, "spec.scaleTargetRef.kind")?, object::text(o, "spec.scaleTargetRef.name")?))
        })
        .collect();
    wanted
        .iter()
        .filter(|o| object::at(o, "spec.replicas").is_none())
        .filter_map(|o| {
            let id = ObjectId::of(o, Some(namespace))?;
            let targeted = scaled.iter().any(|(kind, name)| *kind == id.kind && *name == id.name);
            let live = live.get(&id.key()).filter(|_| targeted)?;
            let replicas = object::int(live, "spec.replicas").filter(|n| *n > 1)?;
            owns_replicas(live).then_some((id, replicas))
        })
        .collect()
}

/// Whether an installer (this one or Helm) holds `replicas`, rather than the autoscaler.
fn owns_replicas(live: &Value) -> bool {
    object::list(live, "metadata.managedFields").iter().any(|entry| {
        matches!(object::text(entry, "manager"), Some("bowline" | "helm"))
            && object::text(entry, "subresource").is_none_or(str::is_empty)
            && object::at(entry, "fieldsV1.f:spec").is_some_and(|s| s.get("f:replicas").is_some())
    })
}

fn base64url(bytes: &[u8]) -> String {
    const ALPHABET: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
    let mut out = String::new();
    for chunk in bytes.chunks(3) {
        let bits = chunk.iter().fold(0_u32, |b, byte| (b << 8) | u32::from(*byte)) << (8 * (3 - chunk.len()));
        for place in 0..=chunk.len() {
            out.push(char::from(ALPHABET[(bits >> (18 - 6 * place)) as usize & 63]));
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64url_without_padding() {
        for (plain, coded) in [("", ""), ("f", "Zg"), ("fo", "Zm8"), ("foo", "Zm9v"), ("\u{3ff}?", "z78_")] {
            assert_eq!(base64url(plain.as_bytes()), coded);
        }
    }

    #[test]
    fn the_parent_says_what_belongs_to_it() {
        let wanted = BTreeSet::from(["Deployment.apps".to_owned(), "Service".to_owned()]);
        let parent = manifest("todo", "todo", &wanted, "0.1.0", Some("abc"));
        assert_eq!(kinds(&parent), wanted);
        assert_eq!(other_tool(&parent), None);
        assert!(id("todo", "todo").starts_with("applyset-") && id("todo", "todo").len() <= 63);
        assert_ne!(id("todo", "todo"), id("todo", "other"));
        let foreign = json!({"metadata":{"annotations":{TOOLING:"kubectl/v1.34"}}});
        assert_eq!(other_tool(&foreign), Some("kubectl/v1.34"));
    }

    #[test]
    fn replicas_are_handed_over_only_by_an_installer() {
        let wanted = [
            json!({"apiVersion":"apps/v1","kind":"Deployment","metadata":{"name":"b"},"spec":{}}),
            json!({"apiVersion":"autoscaling/v2","kind":"HorizontalPodAutoscaler","metadata":{"name":"b"},
                "spec":{"scaleTargetRef":{"kind":"Deployment","name":"b"}}}),
        ];
        let id = ObjectId::of(&wanted[0], Some("n")).unwrap();
        let live = |manager: &str| {
            let fields = json!({"f:spec":{"f:replicas":{}}});
            let object =
                json!({"spec":{"replicas":4},"metadata":{"managedFields":[{"manager":manager,"fieldsV1":fields}]}});
            BTreeMap::from([(id.key(), object)])
        };
        assert_eq!(handovers(&wanted, &live("bowline"), "n"), [(id.clone(), 4)]);
        assert_eq!(handovers(&wanted, &live("helm"), "n").len(), 1);
        assert!(handovers(&wanted, &live("kube-controller-manager"), "n").is_empty());
        assert!(handovers(&wanted[..1], &live("bowline"), "n").is_empty());
    }
}
