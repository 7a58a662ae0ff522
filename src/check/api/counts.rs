//! `api-replicas`: counts that contradict each other or themselves.

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};

use super::Typed;

const CODE: &str = "api-replicas";

pub(super) fn object(to: &mut Typed<'_, '_>) {
    let object = to.object;
    let counts = [
        "replicas",
        "parallelism",
        "completions",
        "backoffLimit",
        "revisionHistoryLimit",
        "minReadySeconds",
        "progressDeadlineSeconds",
        "template.spec.terminationGracePeriodSeconds",
    ];
    for path in counts {
        let at = format!("spec.{path}");
        if let Some(count) = object.node.get_int(&at).filter(|c| *c < 0) {
            let span = object.node.get(&at).and_then(Node::span);
            let message = format!("`{at}` of {} is {count}", object.label());
            to.error(CODE, message, span, "below zero", "use zero or more");
        }
    }
    match object.kind() {
        "HorizontalPodAutoscaler" => bounds(to),
        "PodDisruptionBudget" => budget(to),
        "Deployment" => strategy(to),
        _ => {}
    }
}

fn bounds(to: &mut Typed<'_, '_>) {
    let node = to.object.node;
    let (Some(most), least) = (node.get_int("spec.maxReplicas"), node.get_int("spec.minReplicas").unwrap_or(1)) else {
        return;
    };
    let span = |path: &str| node.get(path).and_then(Node::span);
    if most < least || most < 1 || least < 0 {
        let found = Diagnostic::error(CODE, format!("{} scales from {least} to {most}", to.object.label()))
            .at(span("spec.maxReplicas"), "the most")
            .and(span("spec.minReplicas"), "the least")
            .and(to.scope.cause(to.object, "autoscaling.maxReplicas"), "asked for here")
            .fix("make `maxReplicas` at least `minReplicas`, and at least 1");
        to.add(found);
    }
}

fn budget(to: &mut Typed<'_, '_>) {
    let node = to.object.node;
    if let (Some(least), Some(_)) = (node.get("spec.minAvailable"), node.get("spec.maxUnavailable")) {
        let message = format!("{} has `minAvailable` and `maxUnavailable`", to.object.label());
        to.error(CODE, message, least.key_span(), "one too many", "keep `maxUnavailable`");
    }
}

fn strategy(to: &mut Typed<'_, '_>) {
    let node = to.object.node;
    let update = node.get("spec.strategy.rollingUpdate");
    if let (Some(update), Some("Recreate")) = (update, node.get_str("spec.strategy.type")) {
        let message = format!("{} has `rollingUpdate` and the strategy `Recreate`", to.object.label());
        to.error(CODE, message, update.key_span(), "not allowed with `Recreate`", "remove one of the two");
    }
    let zero = |key: &str| update.and_then(|u| u.get(key)).filter(|n| is_zero(n));
    if let (Some(surge), Some(unavailable)) = (zero("maxSurge"), zero("maxUnavailable")) {
        let message = format!("{} may neither add nor remove a pod, so it cannot be updated", to.object.label());
        let found = Diagnostic::error(CODE, message)
            .at(surge.span(), "no pod more")
            .and(unavailable.span(), "no pod less")
            .fix("set `maxSurge: 1`");
        to.add(found);
    }
}

fn is_zero(node: &Node) -> bool {
    match &node.tree {
        Tree::Int(i) => *i == 0,
        Tree::Text(t) => matches!(t.as_str(), "0" | "0%"),
        _ => false,
    }
}
