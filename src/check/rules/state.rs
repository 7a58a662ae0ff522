//! Databases, volumes, namespaces, accounts.

use crate::base::tree::{Node, Tree};
use crate::check::view::{Object, Scope, list};

use super::images::is_database;
use super::{Asked, Out};
use crate::read::stack::names::is_database as is_database_address;

fn databases<'a>(scope: &'a Scope<'a>) -> impl Iterator<Item = Object<'a>> {
    scope.long_running().filter(is_database)
}

pub(super) fn statefulset(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in databases(scope) {
        if object.kind() != "StatefulSet" {
            let message = format!("the database {} is no StatefulSet", object.label());
            let at = object.node.get("kind").and_then(Node::span);
            out.object(scope, &object, message, at, "its pods and volumes change places", "make it a StatefulSet");
        }
        let replicas = object.node.get("spec.replicas");
        if object.node.get_int("spec.replicas").is_some_and(|r| r > 1) {
            let message =
                format!("the database {} has several replicas that know nothing of each other", object.label());
            out.caused(
                scope,
                &object,
                "replicas",
                message,
                replicas.and_then(Node::span),
                "more than one",
                "set it to 1",
            );
        }
    }
}

/// The database in the cluster: whoever reads an address of one has it from a workload of the app.
pub(super) fn in_cluster(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    if databases(scope).next().is_some() {
        return;
    }
    for object in scope.long_running() {
        let containers = object.containers();
        let variables = containers.iter().flat_map(|c| list(c, "env"));
        let Some(address) = variables.into_iter().find(|v| v.get_str("name").is_some_and(is_database_address)) else {
            continue;
        };
        let message = format!("{} uses a database that does not run in the cluster", object.label());
        let fix = "let it run here: `class: in-cluster` on the resource in the spec, or amend the sentence";
        let class = elsewhere(scope, "external");
        out.placed(scope, &object, message, (address.span(), "the address of a database"), class, fix);
    }
}

/// The database outside of the cluster: no workload is one.
pub(super) fn external(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in databases(scope) {
        let message = format!("the database {} runs in the cluster", object.label());
        let fix = "name one that runs elsewhere: `class: external` on the resource in the spec, or amend the sentence";
        let class = elsewhere(scope, "in-cluster");
        out.placed(scope, &object, message, (object.place(), "not external"), class, fix);
    }
}

/// Where the spec says that class of a resource.
pub(super) fn elsewhere(scope: &Scope<'_>, class: &str) -> Option<crate::base::source::Span> {
    let units = scope.view.input.app.into_iter().flat_map(|a| &a.units);
    units.filter_map(|u| u.union.get("class")).find(|c| c.as_str() == Some(class)).and_then(Node::span)
}

pub(super) fn persistent(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in databases(scope) {
        let pod = object.pod();
        let claimed = pod.map(|p| list(p, "volumes")).unwrap_or_default();
        let claims =
            claimed.iter().filter(|v| v.get("persistentVolumeClaim").is_some()).filter_map(|v| v.get_str("name"));
        let templates =
            list(object.node, "spec.volumeClaimTemplates").iter().filter_map(|c| c.get_str("metadata.name"));
        let lasting: Vec<&str> = claims.chain(templates).collect();
        let mounts = object.containers().iter().flat_map(|c| list(c, "volumeMounts"));
        if !mounts.filter_map(|m| m.get_str("name")).any(|n| lasting.contains(&n)) {
            let message = format!("{} loses its data with its pod", object.label());
            let fix = "mount a volume from `volumeClaimTemplates`";
            out.object(scope, &object, message, object.place(), "no volume that lasts", fix);
        }
    }
}

pub(super) fn migration(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let migrates = |name: &str| name.contains("migrat");
    let there = scope.workloads().any(|w| {
        let init = w.pod().map(|p| list(p, "initContainers")).unwrap_or_default();
        (w.kind() == "Job" && migrates(w.name())) || init.iter().filter_map(|c| c.get_str("name")).any(migrates)
    });
    if there {
        return;
    }
    for object in databases(scope) {
        let message = format!("nothing brings the schema of {} up to date", object.label());
        let fix = "set `migrations: { service: backend, command: ... }` on the resource in the spec";
        out.object(scope, &object, message, object.place(), "no migration Job", fix);
    }
}

/// Kinds that belong to no namespace.
const CLUSTER_WIDE: &[&str] = &[
    "Namespace",
    "ClusterRole",
    "ClusterRoleBinding",
    "CustomResourceDefinition",
    "IngressClass",
    "PersistentVolume",
    "PriorityClass",
    "StorageClass",
    "ValidatingAdmissionPolicy",
    "ValidatingAdmissionPolicyBinding",
    "ValidatingWebhookConfiguration",
    "MutatingWebhookConfiguration",
];

pub(super) fn namespace(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.objects.iter().filter(|o| !CLUSTER_WIDE.contains(&o.kind())) {
        let node = object.node.get("metadata.namespace");
        if matches!(object.namespace(), None | Some("default")) {
            let message = format!("{} stands in the default namespace", object.label());
            let at = node.map_or_else(|| object.place(), Node::span);
            out.object(scope, object, message, at, "no namespace of its own", "set `metadata.namespace`");
        }
    }
}

pub(super) fn account(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        let name = object.pod().and_then(|p| p.get("serviceAccountName"));
        if matches!(name.and_then(Node::as_str), None | Some("default" | "")) {
            let message = format!("{} uses the default service account", object.label());
            let at = name.map_or_else(|| object.pod().and_then(Node::key_span), Node::span);
            out.object(scope, &object, message, at, "not its own", "set `serviceAccountName` to an account of its own");
        }
    }
}

pub(super) fn token(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        let Some(pod) = object.pod() else { continue };
        let own = pod.get("automountServiceAccountToken");
        let account = pod.get_str("serviceAccountName").and_then(|n| scope.find("ServiceAccount", n));
        let shared = account.and_then(|a| a.node.get("automountServiceAccountToken"));
        if !own.or(shared).is_some_and(|n| n.tree == Tree::Bool(false)) {
            let message = format!("the pods of {} hold a token for the API server", object.label());
            let at = own.map_or_else(|| pod.key_span(), Node::span);
            let path = "serviceAccount.automount";
            out.caused(
                scope,
                &object,
                path,
                message,
                at,
                "mounted unless refused",
                "set `automountServiceAccountToken: false`",
            );
        }
    }
}
