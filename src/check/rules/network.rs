//! Services and network policies.

use crate::base::tree::{Node, Tree};
use crate::check::view::{Object, Scope, list, selects, texts};

use super::{Asked, Out};

/// Whether a policy restricts a direction: `Ingress` always unless listed otherwise, `Egress` when it says so.
fn restricts(policy: &Object<'_>, direction: &str) -> bool {
    let types = list(policy.node, "spec.policyTypes");
    if types.is_empty() {
        return direction == "Ingress" || policy.node.get("spec.egress").is_some();
    }
    types.iter().any(|t| t.as_str() == Some(direction))
}

fn policies<'a>(scope: &Scope<'a>, object: &Object<'a>) -> Vec<Object<'a>> {
    scope.selecting("NetworkPolicy", "spec.podSelector", &object.pod_labels())
}

/// Whether a selector of a policy picks any pod; an empty or absent one picks every pod.
fn picks_any(scope: &Scope<'_>, selector: Option<&Node>) -> bool {
    match selector.filter(|s| !s.is_null()) {
        Some(selector) => !scope.picked(selector).is_empty() || picks_an_agent(scope, selector),
        None => scope.workloads().next().is_some(),
    }
}

/// Whether a selector picks the pods that kagent makes for an Agent.
fn picks_an_agent(scope: &Scope<'_>, selector: &Node) -> bool {
    scope.of_kind("Agent").any(|agent| {
        let pods = agent.node.get("spec.declarative.deployment");
        pods.is_some_and(|p| selects(Some(selector), &texts(p, "labels")))
    })
}

pub(super) fn required(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        let policies = policies(scope, &object);
        for (direction, who) in [("Ingress", "any pod may call"), ("Egress", "may call anything")] {
            if !policies.iter().any(|p| restricts(p, direction)) {
                let message =
                    format!("no network policy restricts the {} of {}", direction.to_lowercase(), object.label());
                let fix = format!("add a NetworkPolicy with `policyTypes: [{direction}]` that picks its pods");
                out.object(scope, &object, message, object.place(), who, &fix);
            }
        }
    }
}

pub(super) fn targets(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for policy in scope.of_kind("NetworkPolicy") {
        let selector = policy.node.get("spec.podSelector");
        if !picks_any(scope, selector) {
            let message = format!("{} picks no pod", policy.label());
            let at = selector.and_then(Node::key_span);
            out.object(scope, &policy, message, at, "no pod has these labels", "name labels of a pod");
        }
        for (rules, peers) in [("ingress", "from"), ("egress", "to")] {
            let rules = list(policy.node, &format!("spec.{rules}"));
            for peer in rules.iter().flat_map(|r| list(r, peers)) {
                let Some(selector) = peer.get("podSelector").filter(|_| peer.get("namespaceSelector").is_none()) else {
                    continue;
                };
                if !picks_any(scope, Some(selector)) {
                    let message = format!("{} lets traffic through for pods that are not there", policy.label());
                    let fix = "name labels of a pod, or remove the rule";
                    out.object(scope, &policy, message, selector.key_span(), "no pod has these labels", fix);
                }
            }
        }
    }
}

pub(super) fn egress(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        let policies = policies(scope, &object);
        if !policies.iter().any(|p| restricts(p, "Egress")) {
            let message = format!("{} may call any address", object.label());
            let fix = "add a default-deny policy for egress, and declare `egress:` in the spec";
            out.object(scope, &object, message, object.place(), "no policy for egress picks its pods", fix);
        }
    }
    for policy in scope.of_kind("NetworkPolicy").filter(|p| restricts(p, "Egress")) {
        for rule in list(policy.node, "spec.egress") {
            let everywhere = list(rule, "to").iter().find(|p| {
                let open = matches!(p.get_str("ipBlock.cidr"), Some("0.0.0.0/0" | "::/0"));
                open && list(rule, "ports").is_empty()
            });
            let open = list(rule, "to").is_empty() && list(rule, "ports").is_empty();
            if open || everywhere.is_some() {
                let message = format!("{} lets everything out", policy.label());
                let at = everywhere.map_or_else(|| rule.span(), Node::span);
                out.object(scope, &policy, message, at, "any address, any port", "name ports and addresses");
            }
        }
    }
}

/// The workloads that a Service sends to.
fn selected<'a>(scope: &Scope<'a>, service: &Object<'a>) -> Vec<Object<'a>> {
    scope.carrying(&texts(service.node, "spec.selector"))
}

fn with_selector<'a>(scope: &'a Scope<'a>) -> impl Iterator<Item = Object<'a>> {
    scope.of_kind("Service").filter(|s| !texts(s.node, "spec.selector").is_empty())
}

pub(super) fn selects_pods(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for service in with_selector(scope) {
        if selected(scope, &service).is_empty() {
            let message = format!("{} has no pods to send to", service.label());
            let at = service.node.get("spec.selector").and_then(Node::key_span);
            out.object(scope, &service, message, at, "no pod has these labels", "use the labels of the pods");
        }
    }
}

pub(super) fn target_port(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for service in with_selector(scope) {
        let mut pods = selected(scope, &service);
        if pods.is_empty() {
            // it picks nothing, which is another finding; its unit's pods are meant
            pods = scope.workloads().filter(|w| w.unit() == service.unit()).collect();
        }
        let ports: Vec<&Node> = pods.iter().flat_map(Object::containers).flat_map(|c| list(c, "ports")).collect();
        for port in list(service.node, "spec.ports") {
            let Some(target) = port.get("targetPort").or_else(|| port.get("port")) else { continue };
            let (there, text) = match &target.tree {
                Tree::Int(n) => (ports.iter().any(|p| p.get_int("containerPort") == Some(*n)), n.to_string()),
                Tree::Text(t) => (ports.iter().any(|p| p.get_str("name") == Some(t)), format!("`{t}`")),
                _ => continue,
            };
            // an undeclared number still works; a name does not
            let wrong = !there && !pods.is_empty() && (matches!(target.tree, Tree::Text(_)) || !ports.is_empty());
            if wrong && port.get("targetPort").is_some() {
                let message = format!("{} sends to port {text}, which its pods do not have", service.label());
                out.object(
                    scope,
                    &service,
                    message,
                    target.span(),
                    "no such container port",
                    "use a port of the container",
                );
            }
        }
    }
}

pub(super) fn internal(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let paths = scope.of_kind("Ingress").flat_map(|i| list(i.node, "spec.rules"));
    let exposed: Vec<&str> =
        paths.flat_map(|r| list(r, "http.paths")).filter_map(|p| p.get_str("backend.service.name")).collect();
    for service in scope.of_kind("Service") {
        let kind = service.node.get("spec.type");
        let open = kind.and_then(Node::as_str).is_some_and(|k| matches!(k, "NodePort" | "LoadBalancer"));
        if open && !exposed.contains(&service.name()) && scope.cause(&service, "ingress").is_none() {
            let message = format!("{} can be reached from outside the cluster", service.label());
            let at = kind.and_then(Node::span);
            out.caused(scope, &service, "service.type", message, at, "open to the outside", "use `ClusterIP`");
        }
    }
}

pub(super) fn headless(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.of_kind("StatefulSet") {
        let name = object.node.get("spec.serviceName");
        let service = name.and_then(Node::as_str).and_then(|n| scope.find("Service", n));
        let headless = service.is_some_and(|s| s.node.get_str("spec.clusterIP") == Some("None"));
        if !headless {
            let message = format!("{} has no headless Service", object.label());
            let at = service.and_then(|s| s.place()).or_else(|| name.and_then(Node::span)).or_else(|| object.place());
            out.object(scope, &object, message, at, "its pods have no names of their own", "set `clusterIP: None`");
        }
    }
}
