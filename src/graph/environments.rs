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
    let Tree::Map(map) = &union.tree else { return union.clone() };
    if matches!(&model.tree, Tree::Map(same) if same.is_same(map)) {
        return union.clone();
    }
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
    union.with(Tree::Map(out.into()))
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

/// A fact that follows from all environments: which workloads keep some pods during a drain.
pub fn derive(units: &mut [Unit]) {
    for unit in units.iter_mut() {
        let most = unit.environments.values().map(most_pods).max().unwrap_or(0);
        let budget = unit.role == Role::Service && unit.union.get_str("kind") == Some("Deployment") && most >= 2;
        if !budget {
            continue;
        }
        for node in unit.environments.values_mut().chain(std::iter::once(&mut unit.union)) {
            let made =
                defaults::tree(&json!({ "maxUnavailable": 1 }), "at least two pods: a drain takes one at a time");
            node.put_default("podDisruptionBudget", made);
        }
    }
}

/// The most pods that a unit may have at once, without an upgrade.
pub fn most_pods(model: &Node) -> i64 {
    model.get_int("autoscaling.maxReplicas").or_else(|| model.get_int("replicas")).unwrap_or(1)
}
