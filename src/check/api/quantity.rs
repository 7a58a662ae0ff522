//! `api-quantity` and `api-request-le-limit`: amounts of CPU, memory and storage.

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};
use crate::check::schema::{Field, Visit};
use crate::model::quantity::parse;

use super::Typed;

/// The value of a quantity that stands as text or as a number.
fn of(node: &Node) -> Option<f64> {
    match &node.tree {
        Tree::Text(text) => parse(text),
        #[allow(clippy::cast_precision_loss, reason = "amounts are compared, not counted")]
        Tree::Int(i) => Some(*i as f64),
        Tree::Float(f) => Some(*f),
        _ => None,
    }
}

pub(super) fn visit(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    if *v.shape == Field::Quantity
        && let Some(text) = v.node.as_str()
        && parse(text).is_none()
    {
        let fix = format!("write a number with a unit such as `500m`, `128Mi` or `1Gi`{}", meant(text));
        let message = format!("`{text}` is not a quantity ({})", to.object.label());
        to.error("api-quantity", message, v.node.span(), "refused by the API server", &fix);
    }
    if (v.ty, v.field) == ("core.v1.Container", "resources") {
        resources(v.node, to);
    }
}

/// `1GB` means `1G`, `1 core` means `1`.
fn meant(text: &str) -> String {
    let short = text.replace(' ', "").replace("core", "").trim_end_matches(['s', 'B', 'b']).to_owned();
    let short = short.replace(['K'], "k").replace("ki", "Ki").replace("mi", "Mi").replace("gi", "Gi").replace('g', "G");
    if parse(&short).is_some() { format!("; here perhaps `{short}`") } else { String::new() }
}

fn resources(node: &Node, to: &mut Typed<'_, '_>) {
    let limits = node.get("limits").and_then(Node::as_map);
    let requests = node.get("requests").and_then(Node::as_map);
    for (name, amount) in limits.into_iter().chain(requests).flatten() {
        if of(amount).is_some_and(|a| a < 0.0) {
            let message = format!("{name} of {} is negative", to.object.label());
            to.error("api-quantity", message, amount.span(), "below zero", "use zero or more");
        } else if (name == "memory" || name == "ephemeral-storage")
            && amount.as_str().is_some_and(|t| t.ends_with('m') && parse(t).is_some())
        {
            let text = amount.as_str().unwrap_or_default();
            let mebi = format!("write `{}Mi` for mebibytes", text.trim_end_matches('m'));
            let message = format!("`{text}` of {name} is thousandths of a byte ({})", to.object.label());
            to.error("api-quantity", message, amount.span(), "`m` is a thousandth", &mebi);
        }
    }
    let (Some(limits), Some(requests)) = (limits, requests) else { return };
    for (name, request) in requests {
        let Some(limit) = limits.get(name) else { continue };
        if let (Some(asked), Some(allowed)) = (of(request), of(limit))
            && asked > allowed
        {
            let message = format!("{} requests more {name} than its limit", to.object.label());
            let found = Diagnostic::error("api-request-le-limit", message)
                .at(request.span(), "requested")
                .and(limit.span(), "allowed")
                .and(to.scope.cause(to.object, &format!("resources.requests.{name}")), "asked for here")
                .fix("raise the limit or lower the request");
            to.add(found);
        }
    }
}
