//! Kinds that a cluster knows only when somebody has installed what defines them: found missing before anything starts.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;

use crate::change::failure::Failure;
use crate::change::object::text;

use super::cluster::{Cluster, ClusterError};

/// Who defines the kinds of a group, how it is had, and the field of the block that asks for them.
const MAKERS: &[(&str, &str, &str)] = &[
    (
        "monitoring.coreos.com",
        "the Prometheus operator",
        "install kube-prometheus-stack, or write `monitoring: annotations`",
    ),
    ("autoscaling.k8s.io", "the Vertical Pod Autoscaler", "install it, or remove `verticalAutoscaling`"),
    ("external-secrets.io", "External Secrets", "install it, or give the secrets another source"),
    ("kagent.dev", "kagent", "install its CRDs and kagent itself, or remove `agents`"),
    ("security.istio.io", "Istio", "install it with its CNI plugin, or remove `mesh`"),
    ("policy.linkerd.io", "Linkerd", "install it with its CNI plugin, or remove `mesh`"),
];

/// One failure for each group of kinds that the cluster does not know.
pub(super) fn check(cluster: &Cluster, objects: &[Value], failures: &mut Vec<Failure>) -> Result<(), ClusterError> {
    let defined: BTreeSet<&str> = objects
        .iter()
        .filter(|o| text(o, "kind") == Some("CustomResourceDefinition"))
        .filter_map(|o| text(o, "spec.names.kind"))
        .collect();
    let mut missing: BTreeMap<&str, BTreeSet<&str>> = BTreeMap::new();
    let wanted: BTreeSet<(&str, &str)> =
        objects.iter().filter_map(|o| Some((text(o, "apiVersion")?, text(o, "kind")?))).collect();
    for (version, kind) in wanted.into_iter().filter(|(_, kind)| !defined.contains(kind)) {
        if !cluster.serves(version, kind)? {
            missing.entry(version).or_default().insert(kind);
        }
    }
    for (version, kinds) in missing {
        let group = version.split('/').next().unwrap_or_default();
        let kinds: Vec<&str> = kinds.into_iter().collect();
        let maker = MAKERS.iter().find(|(g, ..)| *g == group);
        let who = maker.map_or_else(String::new, |(_, who, _)| format!(", which {who} defines"));
        let message = format!("the cluster does not know {} of `{version}`{who}", kinds.join(" and "));
        let fix = maker.map_or("install what defines it first", |(.., fix)| fix);
        failures.push(Failure::world("no-such-kind", message).fix(fix));
    }
    Ok(())
}
