//! `api-probe-one-handler`, `api-env-source` and restart policies: what a pod may say only once.

use crate::base::diag::Diagnostic;
use crate::base::tree::Node;
use crate::check::schema::Visit;

use super::Typed;

pub(super) fn visit(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    match (v.ty, v.field) {
        ("core.v1.Container", "livenessProbe" | "readinessProbe" | "startupProbe") => probe(v, to),
        ("core.v1.EnvVar", "") => variable(v.node, to),
        ("core.v1.EnvVar", "valueFrom") => {
            let known = ["fieldRef", "resourceFieldRef", "configMapKeyRef", "secretKeyRef", "fileKeyRef"];
            one_of(v.node, &known, "api-env-source", "a `valueFrom`", to);
        }
        ("core.v1.EnvFromSource", "") => {
            one_of(v.node, &["configMapRef", "secretRef"], "api-env-source", "an `envFrom`", to);
        }
        ("core.v1.Container", "env") => order(v.node, to),
        _ => {}
    }
}

fn probe(v: &Visit<'_>, to: &mut Typed<'_, '_>) {
    let handlers = ["exec", "httpGet", "tcpSocket", "grpc"];
    one_of(v.node, &handlers, "api-probe-one-handler", &format!("the `{}`", v.field), to);
    let threshold = v.node.get("successThreshold");
    if v.field != "readinessProbe"
        && let Some(threshold) = threshold
        && v.node.get_int("successThreshold") != Some(1)
    {
        let message = format!("`successThreshold` of the `{}` of {} must be 1", v.field, to.object.label());
        to.error("api-probe-one-handler", message, threshold.span(), "refused by the API server", "set it to 1");
    }
}

/// Exactly one of `keys` must stand in `node`.
fn one_of(node: &Node, keys: &[&str], code: &'static str, what: &str, to: &mut Typed<'_, '_>) {
    let Some(map) = node.as_map() else { return };
    let mut there = keys.iter().filter_map(|k| map.get(*k)).filter(|n| !n.is_null());
    let (first, second) = (there.next(), there.next());
    let listed: Vec<String> = keys.iter().map(|k| format!("`{k}`")).collect();
    let found = match (first, second) {
        (Some(_), None) => return,
        (None, _) => {
            Diagnostic::error(code, format!("{what} of {} has none of {}", to.object.label(), listed.join(", ")))
                .at(node.key_span(), "nothing to do here")
                .fix("add one of them")
        }
        (Some(first), Some(second)) => {
            Diagnostic::error(code, format!("{what} of {} has two sources or handlers", to.object.label()))
                .at(second.key_span(), "one too many")
                .and(first.key_span(), "the first")
                .fix("keep one of the two")
        }
    };
    to.add(found);
}

fn variable(node: &Node, to: &mut Typed<'_, '_>) {
    let value = node.get("value").filter(|v| v.as_str() != Some("") && !v.is_null());
    if let (Some(value), Some(from)) = (value, node.get("valueFrom").filter(|v| !v.is_null())) {
        let name = node.get_str("name").unwrap_or_default();
        let message = format!("`{name}` of {} has `value` and `valueFrom`", to.object.label());
        let found = Diagnostic::error("api-env-source", message)
            .at(value.key_span(), "one source")
            .and(from.key_span(), "another")
            .fix("keep one of the two");
        to.add(found);
    }
}

/// `$(NAME)` is expanded only from variables that stand above.
fn order(env: &Node, to: &mut Typed<'_, '_>) {
    let list = env.as_list().unwrap_or_default();
    let names: Vec<&str> = list.iter().map(|e| e.get_str("name").unwrap_or_default()).collect();
    for (index, entry) in list.iter().enumerate() {
        let Some(value) = entry.get("value") else { continue };
        for used in references(value.as_str().unwrap_or_default()) {
            if names.get(index..).is_some_and(|later| later.contains(&used)) && !names[..index].contains(&used) {
                let name = names[index];
                let message = format!("`{name}` of {} uses `$({used})` before it is set", to.object.label());
                let fix = format!("move `{used}` above `{name}`");
                to.error("api-env-source", message, value.span(), "stays as it is written", &fix);
            }
        }
    }
}

/// The names in `$(NAME)`; `$$(NAME)` is an escape.
pub(super) fn references(text: &str) -> Vec<&str> {
    let mut names = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find('$') {
        let tail = &rest[at + 1..];
        if let Some(after) = tail.strip_prefix('$') {
            rest = after;
        } else if let Some((name, after)) = tail.strip_prefix('(').and_then(|t| t.split_once(')')) {
            names.push(name);
            rest = after;
        } else {
            rest = tail;
        }
    }
    names
}

/// A Job restarts never or on failure, everything else always.
pub(super) fn restart_policy(to: &mut Typed<'_, '_>) {
    let object = to.object;
    let (kind, Some(pod)) = (object.kind(), object.pod()) else { return };
    let policy = pod.get("restartPolicy");
    let word = policy.and_then(Node::as_str).unwrap_or("Always");
    let wrong = match kind {
        "Job" | "CronJob" => word == "Always",
        "Pod" => false,
        _ => word != "Always",
    };
    if wrong {
        let message = format!("the pods of {} cannot have the restart policy `{word}`", object.label());
        let at = policy.map_or_else(|| pod.key_span(), Node::span);
        let fix = if kind.ends_with("Job") { "set `restartPolicy: Never` or `OnFailure`" } else { "remove it" };
        to.error("api-enum", message, at, "refused by the API server", fix);
    }
}
