//! The state of objects at one moment, with the pods and events that explain it.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::change::failure::{Failure, PodRef};
use crate::change::mask::Masker;
use crate::change::object::{ObjectId, text};
use crate::change::ready::{Readiness, Related, readiness};

use super::{Cluster, ClusterError};

/// Everything that readiness is judged by, of one namespace.
#[derive(Debug, Default)]
pub struct Snapshot {
    live: BTreeMap<String, Value>,
    pods: Vec<Value>,
    replica_sets: Vec<Value>,
    events: Vec<Value>,
    /// Storage classes that bind when a pod comes, and the default one's name.
    late_classes: Vec<String>,
    default_class: Option<String>,
}

impl Snapshot {
    /// Looks at the objects, and at pods and events when any of them has pods.
    pub fn take(cluster: &Cluster, namespace: &str, objects: &[ObjectId]) -> Result<Self, ClusterError> {
        let mut snapshot = Self::default();
        // one list per kind rather than one request per object
        let mut kinds: BTreeMap<(String, String, Option<String>), usize> = BTreeMap::new();
        for id in objects {
            *kinds.entry((id.api_version(), id.kind.clone(), id.namespace.clone())).or_default() += 1;
        }
        for ((version, kind, place), count) in kinds {
            let of_kind = |id: &&ObjectId| id.api_version() == version && id.kind == kind && id.namespace == place;
            if count > 2 {
                for object in cluster.list(&version, &kind, place.as_deref(), None)? {
                    if let Some(id) = ObjectId::of(&object, None) {
                        snapshot.live.insert(id.key(), object);
                    }
                }
            } else {
                for id in objects.iter().filter(of_kind) {
                    if let Some(object) = cluster.get(id)? {
                        snapshot.live.insert(id.key(), object);
                    }
                }
            }
        }
        let has = |kind: &str| objects.iter().any(|o| o.kind == kind);
        if objects.iter().any(|o| crate::change::object::is_workload(&o.kind)) {
            snapshot.pods = cluster.list("v1", "Pod", Some(namespace), None)?;
            snapshot.events = cluster.list("v1", "Event", Some(namespace), None)?;
            if has("Deployment") {
                snapshot.replica_sets = cluster.list("apps/v1", "ReplicaSet", Some(namespace), None)?;
            }
        }
        if has("PersistentVolumeClaim") {
            for class in cluster.list("storage.k8s.io/v1", "StorageClass", None, None)? {
                let name = text(&class, "metadata.name").unwrap_or_default().to_owned();
                if crate::change::object::annotation(&class, "storageclass.kubernetes.io/is-default-class")
                    == Some("true")
                {
                    snapshot.default_class = Some(name.clone());
                }
                if text(&class, "volumeBindingMode") == Some("WaitForFirstConsumer") {
                    snapshot.late_classes.push(name);
                }
            }
        }
        Ok(snapshot)
    }

    pub fn live(&self, id: &ObjectId) -> Option<&Value> {
        self.live.get(&id.key())
    }

    /// Readiness of one of the objects.
    pub fn readiness(&self, id: &ObjectId, written: Option<i64>) -> Readiness {
        let live = self.live(id);
        let class = live.and_then(|l| text(l, "spec.storageClassName")).or(self.default_class.as_deref());
        let related = Related {
            pods: &self.pods,
            replica_sets: &self.replica_sets,
            events: &self.events,
            late_binding: class.is_some_and(|c| self.late_classes.iter().any(|l| l == c)),
        };
        readiness(id, live, written, &related)
    }

    /// The same, with the last log line of the container that is to blame.
    pub fn explained(&self, cluster: &Cluster, id: &ObjectId, written: Option<i64>, masker: &mut Masker) -> Readiness {
        let mut answer = self.readiness(id, written);
        match &mut answer {
            Readiness::Failed(failure) | Readiness::Waiting { trouble: Some(failure), .. } => {
                explain(cluster, failure, masker);
            }
            _ => {}
        }
        answer
    }
}

/// Reads the last log line, and takes known secrets out of all that others wrote.
fn explain(cluster: &Cluster, failure: &mut Failure, masker: &mut Masker) {
    if failure.last_log.is_none()
        && let Some(pod) = &failure.pod
    {
        failure.last_log = last_line(cluster, pod);
    }
    let failure = &mut **failure;
    for text in [&mut failure.last_log, &mut failure.last_event].into_iter().flatten() {
        *text = masker.scrub(text);
    }
    failure.message = masker.scrub(&failure.message);
}

fn last_line(cluster: &Cluster, pod: &PodRef) -> Option<String> {
    let read = |previous| cluster.log(&pod.name, &pod.namespace, &pod.container, previous, 20).unwrap_or_default();
    let now = read(false);
    let log = if now.trim().is_empty() && pod.restarted { read(true) } else { now };
    let line = log.lines().rev().find(|l| !l.trim().is_empty())?;
    Some(line.trim().chars().take(400).collect())
}
