//! Probes of containers that serve.

use crate::base::tree::{Node, Tree};
use crate::check::view::{Object, Scope, list};

use super::{Asked, Out};

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];

fn missing<'a>(
    scope: &Scope<'a>,
    objects: impl Iterator<Item = Object<'a>>,
    (probe, name, why): (&str, &str, &str),
    out: &mut Out<'_>,
) {
    for object in objects {
        for container in object.containers().iter().filter(|c| c.get(probe).is_none()) {
            let called = container.get_str("name").unwrap_or_default();
            let message = format!("container `{called}` of {} has no {name} probe", object.label());
            let fix = format!("set `{probe}: /path` in the spec");
            out.object(scope, &object, message, container.span(), why, &fix);
        }
    }
}

pub(super) fn liveness(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    missing(scope, scope.long_running(), ("livenessProbe", "liveness", "nobody notices when it hangs"), out);
}

pub(super) fn readiness(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    missing(scope, scope.long_running(), ("readinessProbe", "readiness", "gets requests before it can answer"), out);
}

pub(super) fn startup(asked: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let asked_for = scope.of_kind("Deployment").filter(|o| asked.concerns(o.unit()));
    missing(scope, asked_for, ("startupProbe", "startup", "a slow start is taken for a hang"), out);
}

pub(super) fn port(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        for container in object.containers() {
            let ports = list(container, "ports");
            for probe in PROBES {
                let used = ["httpGet.port", "tcpSocket.port", "grpc.port"].iter();
                let used = used.filter_map(|p| container.get(&format!("{probe}.{p}")));
                for port in used {
                    let (there, text) = match &port.tree {
                        Tree::Int(n) => (ports.iter().any(|p| p.get_int("containerPort") == Some(*n)), n.to_string()),
                        Tree::Text(t) => (ports.iter().any(|p| p.get_str("name") == Some(t)), t.clone()),
                        _ => continue,
                    };
                    if !there {
                        let message = format!(
                            "the `{probe}` of {} asks port {text}, which the container does not declare",
                            object.label()
                        );
                        let fix = declared(ports);
                        out.caused(scope, &object, probe, message, port.span(), "not among its ports", &fix);
                    }
                }
            }
        }
    }
}

fn declared(ports: &[Node]) -> String {
    let known: Vec<String> = ports.iter().filter_map(|p| Some(p.get_int("containerPort")?.to_string())).collect();
    if known.is_empty() { "declare the port under `ports`".to_owned() } else { format!("use {}", known.join(" or ")) }
}
