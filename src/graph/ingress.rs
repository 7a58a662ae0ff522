//! The Ingress of an app, from what its services ask for: rules by host, certificates, annotations.

use std::collections::BTreeMap;

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::digest;
use crate::base::shared_map::SharedMap;
use crate::base::tree::{Node, Tree};
use crate::model::grammars::{HOST, URL_PATH};

use super::defaults;

/// What the app's own unit holds below `ingress`; nothing when no service asks for one.
///
/// `rules`: at the app's host, which environments may change. `hosts`: groups at hosts that services name.
/// `tls`: hosts with the Secret of their certificate. `annotations`: of all services together.
pub(super) fn of(services: &BTreeMap<String, Node>, app: &str) -> Option<Node> {
    let why = "services with an ingress path";
    let asked: Vec<(&String, &Node, &Node)> = asking(services).collect();
    let (mut shared, mut named): (Vec<Node>, BTreeMap<&str, Vec<Node>>) = (Vec::new(), BTreeMap::new());
    let mut tls: BTreeMap<Option<&str>, Node> = BTreeMap::new();
    let mut annotations = Node::empty_map(why);
    for (service, node, ingress) in &asked {
        let Some(rule) = rule(service, node, ingress) else { continue };
        let host = ingress.get_str("host");
        match host {
            Some(host) => named.entry(host).or_default().push(rule),
            None => shared.push(rule),
        }
        if let Some(wanted) = ingress.get("tls") {
            let secret =
                wanted.get("secretName").cloned().unwrap_or_else(|| wanted.with(Tree::Text(format!("{app}-tls"))));
            let mut entry = wanted.with(Tree::Map(SharedMap::default()));
            entry.put("secret", secret);
            entry.put("selfSigned", wanted.with(Tree::Bool(wanted.get("selfSigned").is_some())));
            if let Some(host) = ingress.get("host") {
                entry.put("host", host.clone());
            }
            tls.entry(host).or_insert(entry);
        }
        if let Some(more) = ingress.get("annotations") {
            annotations = annotations.overlay(more);
        }
    }
    if shared.is_empty() && named.is_empty() {
        return None;
    }
    let mut out = Node::empty_map(why);
    let mut list = |path: &str, items: Vec<Node>| {
        if !items.is_empty() {
            out.put(path, Node::default(Tree::List(items), why));
        }
    };
    list("rules", shared);
    let group = |(host, rules): (&str, Vec<Node>)| {
        let mut group = Node::empty_map(why);
        group.put("host", Node::text(host, why));
        group.put("rules", Node::default(Tree::List(rules), why));
        group
    };
    list("hosts", named.into_iter().map(group).collect());
    list("tls", tls.into_values().collect());
    if annotations.as_map().is_some_and(|m| !m.is_empty()) {
        out.put("annotations", annotations);
    }
    Some(out)
}

fn asking(services: &BTreeMap<String, Node>) -> impl Iterator<Item = (&String, &Node, &Node)> {
    services.iter().filter_map(|(name, node)| Some((name, node, node.get("ingress").filter(|i| i.as_map().is_some())?)))
}

fn rule(service: &str, node: &Node, ingress: &Node) -> Option<Node> {
    let mut rule = ingress.clone();
    for field in ["tls", "annotations", "host"] {
        rule.remove(field);
    }
    rule.put("unit", ingress.with(Tree::Text(service.to_owned())));
    rule.put("port", ingress.with(Tree::Int(defaults::first_port(node)?)));
    rule.put_default("path", Node::text("/", "the whole host"));
    rule.put_default("pathType", Node::text("Prefix", "the path and all below it"));
    Some(rule)
}

/// What cannot be one Ingress. `services` are complete.
pub(super) fn check(services: &BTreeMap<String, Node>, app: &str, out: &mut Vec<Diagnostic>) {
    // behind the name come `-tls` and two digests
    let made = asking(services).find_map(|(_, _, i)| i.get("tls.selfSigned")).filter(|_| app.len() > 43);
    if let Some(wanted) = made {
        out.push(
            Diagnostic::error(
                "certificate-name",
                format!("`{app}` is too long for the Job that makes its certificate"),
            )
            .at(wanted.span(), "43 characters at most")
            .fix("shorten the app's name, or give a Secret: `tls: { secretName: … }`"),
        );
    }
    let mut doors: BTreeMap<(Option<&str>, String, &str), (&String, &Node)> = BTreeMap::new();
    let mut notes: BTreeMap<&str, (&String, &Node)> = BTreeMap::new();
    let mut secrets: BTreeMap<Option<&str>, (&String, &Node)> = BTreeMap::new();
    for (name, node, ingress) in asking(services) {
        let place = |field: &str| ingress.get(field).and_then(Node::span).or(ingress.key_span());
        if defaults::first_port(node).is_none() {
            out.push(
                Diagnostic::error("ingress-port", format!("`{name}` has an ingress and no port to lead to"))
                    .at(ingress.key_span(), "leads nowhere")
                    .fix("add `ports: [8080]` with the port that it listens on"),
            );
        }
        let host = ingress.get_str("host");
        let path = ingress.get_str("path").unwrap_or("/");
        if !(URL_PATH.fits)(path) {
            let (message, fix) = if path.starts_with('/') {
                (format!("`{path}` cannot be the path of an address"), "write it as a browser shows it".to_owned())
            } else {
                (format!("the path `{path}` does not begin with a slash"), format!("write `/{path}`"))
            };
            out.push(Diagnostic::error("ingress-path", message).at(place("path"), "not a path").fix(fix));
        }
        if let Some(bad) = host.filter(|h| !(HOST.fits)(h)) {
            out.push(
                Diagnostic::error("ingress-host", format!("`{bad}` is no host name"))
                    .at(place("host"), "lower-case letters, digits, dashes and dots; `*.` may begin it")
                    .fix("write the name alone, without a scheme and without a port"),
            );
        }
        // a slash at the end does not tell two prefixes apart
        let same = if path.len() > 1 { path.trim_end_matches('/') } else { path };
        let kind = ingress.get_str("pathType").unwrap_or("Prefix");
        if let Some((other, first)) = doors.insert((host, same.to_owned(), kind), (name, ingress)) {
            let host = host.map_or("the app's host".to_owned(), |h| format!("`{h}`"));
            out.push(
                Diagnostic::error("ingress-twice", format!("`{other}` and `{name}` both answer `{path}` at {host}"))
                    .at(place("path"), format!("`{name}`"))
                    .and(first.get("path").and_then(Node::span).or(first.key_span()), format!("`{other}`"))
                    .saying("of two rules for one path an Ingress controller picks one as it likes")
                    .fix("give one of the two another path or another host"),
            );
        }
        if let Some(wanted) = ingress.get("tls")
            && let Some((other, first)) =
                secrets.insert(host, (name, wanted)).filter(|(_, f)| f.json() != wanted.json())
        {
            out.push(
                Diagnostic::error(
                    "ingress-tls-twice",
                    format!("`{other}` and `{name}` give one host two certificates"),
                )
                .at(wanted.span(), format!("`{name}`"))
                .and(first.span(), format!("`{other}`"))
                .fix("name the certificate of a host once; it serves all paths of that host"),
            );
        }
        for (key, value) in ingress.get("annotations").and_then(Node::as_map).into_iter().flatten() {
            if let Some((other, first)) = notes.insert(key, (name, value)).filter(|(_, f)| f.json() != value.json()) {
                out.push(
                    Diagnostic::error("ingress-annotation", format!("`{other}` and `{name}` set `{key}` differently"))
                        .at(value.span(), format!("`{name}`"))
                        .and(first.span(), format!("`{other}`"))
                        .saying("the services of an app share one Ingress object")
                        .fix("set it once"),
                );
            }
        }
    }
}

/// Whether a certificate is to be made, for the app's own host or for others: the facts of its Job.
pub(super) fn certificate(ingress: &Node, app: &str) -> Option<Node> {
    let entries = ingress.get("tls").and_then(Node::as_list).unwrap_or_default();
    let made: Vec<&Node> = entries.iter().filter(|e| e.get_bool("selfSigned") == Some(true)).collect();
    let first = made.first()?;
    let hosts: Vec<&str> = made.iter().filter_map(|e| e.get_str("host")).collect();
    let hosts = hosts.join(" ");
    // a Job cannot be changed, so its name tells for which hosts it is
    let mark = if hosts.is_empty() { String::new() } else { format!("-{}", digest::hex(hosts.as_bytes(), 6)) };
    let facts = json!({
        "name": format!("{app}-tls"),
        "job": format!("{app}-tls{mark}"),
        "secret": format!("{app}-tls"),
        "ownHost": made.iter().any(|e| e.get("host").is_none()),
        "hosts": hosts,
        "kind": "Job",
        "resources": {
            "requests": { "cpu": "50m", "memory": "64Mi", "ephemeral-storage": "64Mi" },
            "limits": { "cpu": "250m", "memory": "128Mi", "ephemeral-storage": "128Mi" },
        },
    });
    let mut node = defaults::tree(&facts, "a certificate of its own for the Ingress");
    node.origin = first.origin.clone();
    node.requirements.clone_from(&first.requirements);
    Some(node)
}

/// Version of Python in the image that makes certificates.
const PYTHON: &str = "3.11.9";

/// The image that makes certificates: one with Python, which asks the API server, and openssl.
pub(super) fn issuer() -> Node {
    let tag = format!("{PYTHON}-slim-bookworm");
    let image = json!({ "repository": "python", "tag": tag, "pullPolicy": "IfNotPresent" });
    defaults::tree(&image, "it has Python, for the API server, and openssl, for the certificate")
}
