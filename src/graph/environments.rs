//! What differs between environments: knobs only. Structure is the same everywhere.

use std::collections::BTreeMap;

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};
use crate::model::app::{Role, Unit};
use crate::model::knobs::{knob_at, knob_below};

use super::defaults;

/// The union's structure with the environment's knobs.
pub fn graft(union: &Node, model: &Node, path: &str) -> Node {
    let Some(map) = union.as_map() else { return union.clone() };
    let mut out = BTreeMap::new();
    for (key, structure) in map {
        let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let here = model.as_map().and_then(|m| m.get(key));
        if knob_at(&at).is_some() {
            out.extend(here.map(|n| (key.clone(), n.clone())));
        } else if knob_below(&at) {
            out.insert(key.clone(), here.map_or_else(|| structure.clone(), |n| graft(structure, n, &at)));
        } else {
            out.insert(key.clone(), structure.clone());
        }
    }
    union.with(Tree::Map(out))
}

/// An environment that sets a field which is no knob is told so, at the line. `over` is the expanded override of
/// one unit, `base` what stands outside `environments`.
pub fn only_knobs(over: &Node, base: Option<&Node>, path: &str, unit: &str, out: &mut Vec<Diagnostic>) {
    let Some(map) = over.as_map() else { return };
    for (key, value) in map {
        let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
        let below = base.and_then(|b| b.as_map()?.get(key));
        // what a backup may differ in are the knobs of its own unit
        let own = at.strip_prefix("backup.").unwrap_or(&at);
        if knob_at(own).is_some() || below.is_some_and(|b| b.json() == value.json()) {
            continue;
        }
        if (knob_below(own) || at == "backup" && below.is_some()) && value.as_map().is_some() {
            only_knobs(value, below, &at, unit, out);
            continue;
        }
        out.push(
            Diagnostic::error("environment-structure", format!("`{unit}.{at}` must be the same in every environment"))
                .at(value.key_span(), "part of the structure")
                .saying("only values such as replicas, resources, environment, autoscaling and host may differ: one chart serves all environments")
                .fix("set the field outside `environments`"),
        );
    }
}

/// Facts that follow from several units: who may call whom, which workloads keep some pods during a drain.
pub fn derive(units: &mut [Unit]) {
    let mut callers: BTreeMap<String, Vec<serde_json::Value>> = BTreeMap::new();
    let ports: BTreeMap<String, Vec<serde_json::Value>> = units
        .iter()
        .filter_map(|u| Some((u.name.clone(), u.union.get("ports")?.as_list()?)))
        .map(|(unit, list)| {
            let port = |p: &Node| {
                let (port, protocol) = (p.get_int("targetPort")?, p.get_str("protocol").unwrap_or("TCP"));
                Some(json!({ "unit": unit, "port": port, "protocol": protocol }))
            };
            (unit.clone(), list.iter().filter_map(port).collect::<Vec<_>>())
        })
        .filter(|(_, list)| !list.is_empty())
        .collect();
    for unit in units.iter() {
        for need in unit.needs.iter().filter(|n| ports.contains_key(&n.unit)) {
            callers.entry(need.unit.clone()).or_default().push(json!({ "unit": unit.name }));
        }
        for caller in unit.union.get("calledBy").and_then(Node::as_list).unwrap_or_default() {
            callers.entry(unit.name.clone()).or_default().push(json!({ "unit": caller.as_str() }));
        }
        if let Some(reader) = super::monitoring::reader(&unit.union) {
            callers.entry(unit.name.clone()).or_default().push(reader);
        }
        if unit.union.get("ingress").is_some() {
            callers.entry(unit.name.clone()).or_default().push(json!({ "ingress": true }));
        }
    }
    for unit in units.iter_mut() {
        let mut egress: Vec<Node> = unit.union.get("egress").and_then(Node::as_list).unwrap_or_default().to_vec();
        for need in &unit.needs {
            for target in ports.get(&need.unit).into_iter().flatten() {
                let mut node = defaults::tree(target, "a unit may call what it depends on");
                if let Some(written) = unit.union.get("dependsOn").and_then(|n| n.as_map()?.get(&need.unit)) {
                    node.origin = written.origin.clone();
                    node.requirements.clone_from(&written.requirements);
                }
                egress.push(node);
            }
        }
        if let Some(rules) = unit.union.get("serviceAccount.rules") {
            let mut node = defaults::tree(&json!({ "api": true }), "its rules are of use with the API server only");
            node.origin = rules.origin.clone();
            node.requirements.clone_from(&rules.requirements);
            egress.push(node);
        }
        let callers = callers.get(&unit.name).cloned().unwrap_or_default();
        let most = unit.environments.values().map(most_pods).max().unwrap_or(0);
        let budget = unit.role == Role::Service && unit.union.get_str("kind") == Some("Deployment") && most >= 2;
        for node in unit.environments.values_mut().chain(std::iter::once(&mut unit.union)) {
            node.put("egress", Node::default(Tree::List(egress.clone()), "what the unit depends on and declares"));
            node.put("ingressFrom", defaults::tree(&json!(callers), "those who depend on the unit"));
            if budget {
                node.put_default(
                    "podDisruptionBudget",
                    defaults::tree(&json!({ "maxUnavailable": 1 }), "at least two pods: a drain takes one at a time"),
                );
            }
        }
    }
}

/// The most pods that a unit may have at once, without an upgrade.
pub fn most_pods(model: &Node) -> i64 {
    model.get_int("autoscaling.maxReplicas").or_else(|| model.get_int("replicas")).unwrap_or(1)
}
