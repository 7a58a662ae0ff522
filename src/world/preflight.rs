//! Before the start: does the cluster have what the plan counts on? Failures stop it; notes say what will not take effect.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::change::failure::Failure;
use crate::change::normalise::milli;
use crate::change::object::{ObjectId, annotation, at, condition_is, int, list, text};

use super::cluster::{Cluster, ClusterError};
use super::definitions;

/// What was found.
#[derive(Debug, Default)]
pub struct Preflight {
    pub failures: Vec<Failure>,
    pub notes: Vec<String>,
    /// `containerd://1.7.2`, when all nodes say the same.
    pub runtime: Option<String>,
}

/// DaemonSets whose network plugin is known to enforce NetworkPolicies.
const ENFORCING: &[&str] = &[
    "calico-node",
    "canal",
    "cilium",
    "kube-router",
    "weave-net",
    "antrea-agent",
    "kindnet",
    "ovnkube-node",
    "kube-network-policies",
];

/// Looks at what the objects need.
pub fn preflight(cluster: &Cluster, objects: &[Value]) -> Result<Preflight, ClusterError> {
    let mut found = Preflight::default();
    let has = |kind: &str| objects.iter().any(|o| text(o, "kind") == Some(kind));
    nodes(cluster, &mut found)?;
    namespaces(cluster, objects, &mut found)?;
    if has("HorizontalPodAutoscaler") && !metrics(cluster)? {
        found
            .notes
            .push("metrics-server is not there: autoscalers do nothing (minikube addons enable metrics-server)".into());
    }
    if has("NetworkPolicy") && !enforced(cluster)? {
        let note = "no network plugin known to enforce NetworkPolicies was found: they are declared, not enforced \
            (minikube start --cni=calico)";
        found.notes.push(note.into());
    }
    definitions::check(cluster, objects, &mut found.failures)?;
    storage(cluster, objects, &mut found)?;
    ingress(cluster, objects, &mut found)?;
    if let Some(note) = quota(objects) {
        found.notes.push(note);
    }
    Ok(found)
}

fn nodes(cluster: &Cluster, found: &mut Preflight) -> Result<(), ClusterError> {
    let nodes = cluster.list("v1", "Node", None, None)?;
    let ready = nodes.iter().filter(|n| condition_is(n, "Ready", "True")).count();
    if ready == 0 {
        let message = format!("none of the cluster's {} nodes is ready", nodes.len());
        found.failures.push(Failure::world("no-node", message).fix("kubectl describe nodes"));
    }
    let mut runtimes: Vec<&str> =
        nodes.iter().filter_map(|n| text(n, "status.nodeInfo.containerRuntimeVersion")).collect();
    runtimes.dedup_by_key(|r| r.split("://").next().unwrap_or_default().to_owned());
    if let [one] = runtimes.as_slice() {
        found.runtime = Some((*one).to_owned());
    }
    Ok(())
}

/// Nothing can be made in a namespace that is on its way out, and what is still seen in it will be gone.
fn namespaces(cluster: &Cluster, objects: &[Value], found: &mut Preflight) -> Result<(), ClusterError> {
    let own =
        |o: &Value| ObjectId::of(o, None).map(|id| if id.kind == "Namespace" { Some(id.name) } else { id.namespace });
    for name in objects.iter().filter_map(own).flatten().collect::<BTreeSet<String>>() {
        let live = cluster.get(&ObjectId::new("v1", "Namespace", None, &name))?;
        if live.is_some_and(|n| text(&n, "metadata.deletionTimestamp").is_some()) {
            let message = format!("the namespace `{name}` is being deleted");
            let fix = format!("wait until it is gone: kubectl wait --for=delete namespace/{name}");
            found.failures.push(Failure::world("namespace-terminating", message).fix(fix));
        }
    }
    Ok(())
}

fn metrics(cluster: &Cluster) -> Result<bool, ClusterError> {
    let id = ObjectId::new("apiregistration.k8s.io/v1", "APIService", None, "v1beta1.metrics.k8s.io");
    Ok(cluster.get(&id)?.is_some_and(|o| condition_is(&o, "Available", "True")))
}

fn enforced(cluster: &Cluster) -> Result<bool, ClusterError> {
    let sets = cluster.list("apps/v1", "DaemonSet", None, None)?;
    Ok(sets.iter().filter_map(|s| text(s, "metadata.name")).any(|n| ENFORCING.contains(&n)))
}

fn storage(cluster: &Cluster, objects: &[Value], found: &mut Preflight) -> Result<(), ClusterError> {
    let claims: Vec<(&Value, String)> = objects
        .iter()
        .flat_map(|o| {
            let owner = ObjectId::of(o, None).map(|i| i.to_string()).unwrap_or_default();
            let own = (text(o, "kind") == Some("PersistentVolumeClaim")).then_some(o);
            list(o, "spec.volumeClaimTemplates").iter().chain(own).map(move |c| (c, owner.clone()))
        })
        .collect();
    if claims.is_empty() {
        return Ok(());
    }
    let classes = cluster.list("storage.k8s.io/v1", "StorageClass", None, None)?;
    let default = classes.iter().any(|c| annotation(c, "storageclass.kubernetes.io/is-default-class") == Some("true"));
    let names: Vec<&str> = classes.iter().filter_map(|c| text(c, "metadata.name")).collect();
    for (claim, owner) in claims {
        let problem = match text(claim, "spec.storageClassName") {
            Some(name) if !name.is_empty() && !names.contains(&name) => format!("{owner} wants storage class `{name}`"),
            None if !default => format!("{owner} wants the default storage class, and there is none"),
            _ => continue,
        };
        let message =
            format!("{problem}; the cluster has: {}", if names.is_empty() { "none".into() } else { names.join(", ") });
        found
            .failures
            .push(Failure::world("no-storage-class", message).fix("name one that is there (`storageClassName`)"));
    }
    Ok(())
}

fn ingress(cluster: &Cluster, objects: &[Value], found: &mut Preflight) -> Result<(), ClusterError> {
    let wanted: Vec<&Value> = objects.iter().filter(|o| text(o, "kind") == Some("Ingress")).collect();
    if wanted.is_empty() {
        return Ok(());
    }
    let classes = cluster.list("networking.k8s.io/v1", "IngressClass", None, None)?;
    let names: Vec<&str> = classes.iter().filter_map(|c| text(c, "metadata.name")).collect();
    let missing =
        wanted.iter().any(|i| text(i, "spec.ingressClassName").map_or(names.is_empty(), |c| !names.contains(&c)));
    if missing {
        found.notes.push(
            "no ingress controller takes the Ingress: use `bowline open` (minikube addons enable ingress)".into(),
        );
    } else {
        found.notes.extend(doors(cluster, objects)?);
    }
    Ok(())
}

/// Namespaces that policies let the Ingress in from: a controller that runs elsewhere is shut out.
fn doors(cluster: &Cluster, objects: &[Value]) -> Result<Option<String>, ClusterError> {
    let policies = objects.iter().filter(|o| text(o, "kind") == Some("NetworkPolicy"));
    let peers = policies.flat_map(|p| list(p, "spec.ingress")).flat_map(|rule| list(rule, "from"));
    let label = |peer: &Value| {
        let labels = at(peer, "namespaceSelector.matchLabels")?.get("kubernetes.io/metadata.name")?;
        labels.as_str().map(str::to_owned)
    };
    let mut missing = Vec::new();
    for namespace in peers.filter_map(label).collect::<BTreeSet<String>>() {
        if cluster.get(&ObjectId::new("v1", "Namespace", None, &namespace))?.is_none() {
            missing.push(format!("`{namespace}`"));
        }
    }
    Ok((!missing.is_empty()).then(|| {
        let names = missing.join(", ");
        format!("policies let callers in from the namespace {names}, which is not there: where does the Ingress controller run (`app.ingressController`)?")
    }))
}

/// Whether a rolling update of everything at once fits into the quota: the surge counts too.
fn quota(objects: &[Value]) -> Option<String> {
    let quota = objects.iter().find(|o| text(o, "kind") == Some("ResourceQuota"))?;
    let hard = at(quota, "spec.hard")?;
    for (key, path) in [
        ("requests.cpu", "requests.cpu"),
        ("requests.memory", "requests.memory"),
        ("limits.cpu", "limits.cpu"),
        ("limits.memory", "limits.memory"),
    ] {
        let Some(limit) = hard.get(key).and_then(|v| milli(&spelled(v))) else { continue };
        let sum: i128 = objects.iter().map(|o| asked(o, path)).sum();
        if sum > limit {
            return Some(format!(
                "the quota's {key} ({}) is less than a rolling update of everything asks for ({} m): rollouts may wait",
                hard.get(key).map(spelled).unwrap_or_default(),
                sum
            ));
        }
    }
    None
}

fn spelled(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

fn asked(object: &Value, path: &str) -> i128 {
    let copies = match text(object, "kind") {
        Some("Deployment") => int(object, "spec.replicas").unwrap_or(1) + 1,
        Some("StatefulSet") => int(object, "spec.replicas").unwrap_or(1),
        Some("Job") => 1,
        _ => return 0,
    };
    let per_pod: i128 = list(object, "spec.template.spec.containers")
        .iter()
        .filter_map(|c| milli(&spelled(at(c, &format!("resources.{path}"))?)))
        .sum();
    per_pod * i128::from(copies)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn a_quota_counts_the_surge() {
        let deployment = json!({"kind":"Deployment","spec":{"replicas":2,"template":{"spec":{"containers":[
            {"resources":{"requests":{"cpu":"500m"}}}]}}}});
        let quota_of = |cpu: &str| json!({"kind":"ResourceQuota","spec":{"hard":{"requests.cpu":cpu}}});
        assert_eq!(quota(&[deployment.clone(), quota_of("1500m")]), None);
        assert!(quota(&[deployment, quota_of("1")]).unwrap().contains("requests.cpu (1)"));
    }
}
