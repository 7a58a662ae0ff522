//! Configuration outside images and manifests.

use crate::base::tree::Node;
use crate::check::view::{Scope, list};

use super::{Asked, Out};

/// So many literal settings may stand in a container before they belong into a ConfigMap.
const FEW: usize = 3;

pub(super) fn configmap(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        for container in object.all_containers() {
            let literal = |e: &&Node| e.get_str("value").is_some_and(|v| !v.contains("$("));
            let literals: Vec<&Node> = list(container, "env").iter().filter(literal).collect();
            if literals.len() > FEW {
                let message = format!("{} carries {} settings itself", object.label(), literals.len());
                let at = container.get("env").and_then(Node::key_span);
                out.object(scope, &object, message, at, "settings in the pod", "move them into a ConfigMap");
            }
        }
    }
}
