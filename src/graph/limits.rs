//! What the parts of one field must agree on: a probe and what it tries, the ends of an autoscaler, requests and limits.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::base::tree::Node;
use crate::model::quantity;

use super::resolve::Trees;

const PROBES: [&str; 3] = ["livenessProbe", "readinessProbe", "startupProbe"];
const ACTIONS: [&str; 3] = ["httpGet", "tcpSocket", "exec"];

/// The probes and the disruption budget of a service, as they are written in its long form.
pub(super) fn check(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    for field in PROBES {
        if let Some(probe) = node.get(field).filter(|p| p.as_map().is_some()) {
            a_probe(name, field, probe, out);
        }
    }
    if let Some(budget) = node.get("podDisruptionBudget").filter(|b| b.as_map().is_some_and(BTreeMap::is_empty)) {
        out.push(
            Diagnostic::error("budget-empty", format!("the disruption budget of `{name}` says nothing"))
                .at(budget.key_span(), "neither `maxUnavailable` nor `minAvailable`")
                .fix("write `{ maxUnavailable: 1 }`, which is also what stands for it when the field is left out"),
        );
    }
}

fn a_probe(name: &str, field: &str, probe: &Node, out: &mut Vec<Diagnostic>) {
    let tried: Vec<(&str, &Node)> = ACTIONS.into_iter().filter_map(|a| Some((a, probe.get(a)?))).collect();
    match tried.as_slice() {
        [] => out.push(
            Diagnostic::error("probe-action", format!("the `{field}` of `{name}` does not say what it tries"))
                .at(probe.key_span(), "no `httpGet`, `tcpSocket` or `exec`")
                .fix(format!("write a path, such as `{field}: /health`")),
        ),
        [(_, first), (other, second), ..] => out.push(
            Diagnostic::error("probe-action", format!("the `{field}` of `{name}` tries two things"))
                .at(second.key_span(), "and this")
                .and(first.key_span(), "this")
                .fix(format!("keep one of the two, for instance without `{other}`")),
        ),
        [("exec", exec)] if exec.get("command").and_then(Node::as_list).is_none_or(<[Node]>::is_empty) => out.push(
            Diagnostic::error("probe-action", format!("the `{field}` of `{name}` runs no program"))
                .at(exec.key_span(), "no `command`")
                .fix("add `command: [program, argument]`"),
        ),
        _ => {}
    }
}

/// Ports of probes, autoscalers, requests and limits in the complete trees of every environment, each said once.
pub(super) fn check_all<'a>(environments: impl Iterator<Item = &'a Trees>, out: &mut Vec<Diagnostic>) {
    let mut found = Vec::new();
    for trees in environments {
        for (name, node) in &trees.services {
            autoscaling(name, node, &mut found);
            probe_ports(name, node, &mut found);
        }
        for all in [&trees.services, &trees.resources, &trees.migrations, &trees.backups] {
            all.iter().for_each(|(name, node)| requests(name, node, &mut found));
        }
    }
    let mut seen: BTreeSet<(&str, Option<Span>)> = BTreeSet::new();
    for diagnostic in found {
        if seen.insert((diagnostic.code, diagnostic.primary.as_ref().map(|l| l.span))) {
            out.push(diagnostic);
        }
    }
}

/// A probe without a port of its own has the service's first one by now.
fn probe_ports(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    for (field, action) in PROBES.into_iter().flat_map(|f| [(f, "httpGet"), (f, "tcpSocket")]) {
        if let Some(tries) = node.get(field).and_then(|p| p.get(action)).filter(|t| t.get("port").is_none()) {
            out.push(
                Diagnostic::error("probe-port", format!("the `{field}` of `{name}` has no port to ask"))
                    .at(tries.key_span().or(node.get(field).and_then(Node::key_span)), "and the service has none")
                    .fix(format!("add `ports: [8080]` to the service, or `port` to the `{action}`")),
            );
        }
    }
}

fn autoscaling(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    let Some(scaled) = node.get("autoscaling").filter(|a| a.as_map().is_some()) else { return };
    let ends = (scaled.get_int("minReplicas"), scaled.get_int("maxReplicas"));
    let (least, most) = match ends {
        (Some(least), Some(most)) => (least, most),
        (least, _) => {
            let missing = if least.is_none() { "minReplicas" } else { "maxReplicas" };
            out.push(
                Diagnostic::error("autoscaling-bounds", format!("the autoscaling of `{name}` has no `{missing}`"))
                    .at(scaled.key_span(), "two ends are needed")
                    .fix("write both: `{ minReplicas: 2, maxReplicas: 6, cpu: 70 }`"),
            );
            return;
        }
    };
    if least > most {
        out.push(
            Diagnostic::error("autoscaling-bounds", format!("`{name}` scales from {least} down to {most}"))
                .at(scaled.get("maxReplicas").and_then(Node::span).or(scaled.key_span()), "the most")
                .and(scaled.get("minReplicas").and_then(Node::span), "the fewest")
                .fix("make `maxReplicas` at least `minReplicas`"),
        );
    }
}

fn requests(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    let of = |side: &str, what: &str| {
        let given = node.get("resources")?.get(side)?.as_map()?.get(what)?.clone();
        Some((quantity::parse(given.as_str()?)?, given))
    };
    for what in ["cpu", "memory", "ephemeral-storage"] {
        let (Some((wanted, request)), Some((most, limit))) = (of("requests", what), of("limits", what)) else {
            continue;
        };
        if wanted > most {
            // the one that somebody wrote; the other may be a default
            let at = request.span().or(limit.span());
            out.push(
                Diagnostic::error("request-over-limit", format!("`{name}` requests more {what} than its limit allows"))
                    .at(at, format!("requests {}", request.as_str().unwrap_or_default()))
                    .and(limit.span().filter(|s| Some(*s) != at), "the limit")
                    .saying(format!("the limit is {}", limit.as_str().unwrap_or_default()))
                    .fix("raise the limit, or lower the request"),
            );
        }
    }
}
