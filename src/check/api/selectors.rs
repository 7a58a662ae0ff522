//! `api-selector-match`: a workload's selector must pick the pods that it makes.

use crate::base::diag::Diagnostic;
use crate::base::tree::Node;
use crate::check::view::{selects, texts};

use super::Typed;

const CODE: &str = "api-selector-match";

pub(super) fn object(to: &mut Typed<'_, '_>) {
    let object = to.object;
    if !matches!(object.kind(), "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet") {
        return;
    }
    // an absent one is the schema's finding
    let Some(selector) = object.node.get("spec.selector") else { return };
    let empty = texts(selector, "matchLabels").is_empty() && selector.get("matchExpressions").is_none();
    let labels = object.pod_labels();
    if empty {
        let message = format!("the selector of {} is empty", object.label());
        to.error(CODE, message, selector.key_span(), "picks nothing", "add `matchLabels` with labels of its pods");
    } else if !selects(Some(selector), &labels) {
        let template = object.node.get("spec.template.metadata.labels").and_then(Node::key_span);
        let wrong = selector.get("matchLabels").and_then(Node::as_map).into_iter().flatten();
        let wrong = wrong.into_iter().find(|(k, v)| labels.get(k.as_str()).copied() != v.as_str());
        let at = wrong.and_then(|(_, v)| v.span()).or_else(|| selector.key_span());
        let found = Diagnostic::error(CODE, format!("the selector of {} does not pick its own pods", object.label()))
            .at(at, "not a label of the pods")
            .and(template, "their labels")
            .fix("make `spec.selector.matchLabels` a part of `spec.template.metadata.labels`");
        to.add(found);
    }
}
