//! Resources, replicas, autoscalers, budgets, updates.

use crate::base::tree::{Node, Tree};
use crate::check::view::{Object, Scope, list};

use super::{Asked, Out};

pub(super) fn resources(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        for container in object.all_containers() {
            let has = |path: &str| container.get(&format!("resources.{path}")).is_some();
            let wanted = ["requests.cpu", "requests.memory", "limits.cpu", "limits.memory"];
            let missing: Vec<&str> = wanted.into_iter().filter(|p| !has(p)).collect();
            if !missing.is_empty() {
                let at = container.get("resources").map_or_else(|| container.span(), Node::key_span);
                let name = container.get_str("name").unwrap_or_default();
                let message = format!("container `{name}` of {} has no {}", object.label(), missing.join(", no "));
                let fix = format!("set `resources.{}`", missing.join("`, `resources."));
                out.caused(scope, &object, "resources", message, at, "not bounded", &fix);
            }
        }
    }
}

pub(super) fn quota(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    if scope.workloads().next().is_some() && scope.of_kind("ResourceQuota").next().is_none() {
        out.whole(Some(scope.environment), "the namespace has no ResourceQuota".to_owned(), "add a ResourceQuota");
    }
}

/// Each Deployment that the sentence names, or all where it says `all`, or at least one.
pub(super) fn hpa(asked: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let deployments: Vec<Object<'_>> = scope.of_kind("Deployment").filter(|d| asked.concerns(d.unit())).collect();
    let text = asked.statement.map(|s| super::phrases::Sentence::new(&s.text));
    let all = "all|every|each deployment*|service*|workload*|component*|backend*|stateless";
    let named = !asked.named.is_empty() || text.is_some_and(|s| s.says(all));
    let without: Vec<&Object<'_>> = deployments.iter().filter(|d| scope.autoscaler(d).is_none()).collect();
    if without.is_empty() || (!named && without.len() < deployments.len()) {
        return;
    }
    for object in without.iter().take(if named { usize::MAX } else { 1 }) {
        let message = if named {
            format!("{} has no autoscaler", object.label())
        } else {
            "nothing scales: there is no HorizontalPodAutoscaler".to_owned()
        };
        let fix = "give the service `autoscaling: { minReplicas: 2, maxReplicas: 6, cpu: 70 }` in the spec";
        out.object(scope, object, message, object.place(), "keeps its number of replicas", fix);
    }
}

pub(super) fn hpa_bounds(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for hpa in scope.of_kind("HorizontalPodAutoscaler") {
        for key in ["minReplicas", "maxReplicas"] {
            if hpa.node.get_int(&format!("spec.{key}")).is_none() {
                let at = hpa.node.get("spec").and_then(Node::key_span);
                let message = format!("{} has no `{key}`", hpa.label());
                out.caused(scope, &hpa, "autoscaling", message, at, "not bounded", &format!("set `{key}`"));
            }
        }
    }
}

pub(super) fn hpa_owns(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.long_running() {
        if let (Some(replicas), Some(hpa)) = (object.node.get("spec.replicas"), scope.autoscaler(&object)) {
            let message = format!("{} sets `replicas`, and {} changes them", object.label(), hpa.label());
            let fix = "remove `replicas`: each delivery would undo the autoscaler";
            out.caused(scope, &object, "replicas", message, replicas.key_span(), "two owners", fix);
        }
    }
}

/// How many pods there are at least, and where that is said.
fn least<'a>(scope: &Scope<'a>, object: &Object<'a>) -> (i64, Option<&'a Node>) {
    let node = match scope.autoscaler(object) {
        Some(hpa) => hpa.node.get("spec.minReplicas"),
        None => object.node.get("spec.replicas"),
    };
    match node.map(|n| &n.tree) {
        Some(Tree::Int(count)) => (*count, node),
        _ => (1, None),
    }
}

pub(super) fn replicas(asked: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let wanted = asked.number.unwrap_or(2);
    for object in scope.of_kind("Deployment").filter(|d| asked.concerns(d.unit())) {
        let (count, node) = least(scope, &object);
        if count < wanted {
            let scaled = scope.autoscaler(&object).is_some();
            let path = if scaled { "autoscaling.minReplicas" } else { "replicas" };
            let at = node.map_or_else(|| object.place(), Node::span);
            let message = format!(
                "{} has {count} replica{}, fewer than {wanted}",
                object.label(),
                if count == 1 { "" } else { "s" }
            );
            let fix = format!("set `{path}: {wanted}` in the spec");
            out.caused(scope, &object, path, message, at, "too few", &fix);
        }
    }
}

pub(super) fn pdb(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.long_running() {
        let (count, _) = least(scope, &object);
        if count < 2 {
            continue;
        }
        let budgets = scope.selecting("PodDisruptionBudget", "spec.selector", &object.pod_labels());
        let budget = budgets.into_iter().find(|b| b.node.get("spec.selector").is_some());
        let Some(budget) = budget else {
            let message = format!("{} has no disruption budget", object.label());
            let fix = "set `podDisruptionBudget: { maxUnavailable: 1 }` in the spec";
            out.caused(scope, &object, "podDisruptionBudget", message, object.place(), "an eviction may take all", fix);
            continue;
        };
        let value = |key: &str| budget.node.get(&format!("spec.{key}"));
        let blocked = value("maxUnavailable")
            .filter(|v| amount(v, count) == Some(0))
            .or_else(|| value("minAvailable").filter(|v| amount(v, count).is_some_and(|a| a >= count)));
        if let Some(node) = blocked {
            let message = format!("{} never lets a pod go, so no node can be drained", budget.label());
            out.object(scope, &budget, message, node.span(), "none may go", "set `maxUnavailable: 1`");
        }
    }
}

/// A count, or a share of `of`.
fn amount(node: &Node, of: i64) -> Option<i64> {
    match &node.tree {
        Tree::Int(i) => Some(*i),
        Tree::Text(t) => {
            let share: i64 = t.strip_suffix('%')?.parse().ok()?;
            Some((share * of + 99) / 100)
        }
        _ => None,
    }
}

pub(super) fn spread(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.long_running().filter(|o| o.kind() != "DaemonSet") {
        let Some(pod) = object.pod() else { continue };
        let spread =
            !list(pod, "topologySpreadConstraints").is_empty() || pod.get("affinity.podAntiAffinity").is_some();
        if least(scope, &object).0 >= 2 && !spread {
            let message = format!("all replicas of {} may land on one node", object.label());
            let fix = "set `spread: preferred` in the spec";
            out.caused(scope, &object, "spread", message, pod.key_span(), "nothing spreads them", fix);
        }
    }
}

pub(super) fn rolling(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.of_kind("Deployment") {
        let strategy = object.node.get("spec.strategy.type");
        if strategy.and_then(Node::as_str) == Some("Recreate") {
            let message = format!("{} stops every pod before the new ones start", object.label());
            out.object(
                scope,
                &object,
                message,
                strategy.and_then(Node::span),
                "not rolling",
                "set `type: RollingUpdate`",
            );
        }
        let (count, _) = least(scope, &object);
        let unavailable = object.node.get("spec.strategy.rollingUpdate.maxUnavailable");
        if let Some(node) = unavailable
            && amount(node, count).is_some_and(|a| a >= count && a > 0)
        {
            let message = format!("an update of {} may take all {count} replicas at once", object.label());
            out.caused(scope, &object, "strategy.maxUnavailable", message, node.span(), "all of them", "set it to 0");
        }
    }
}
