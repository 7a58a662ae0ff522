//! Short forms of what a service has beside its container: ports, Service, Ingress, files, volumes, account.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::shared_map::SharedMap;
use crate::base::tree::{Node, Tree};

use super::expand::{rewrite, scalar_text, text_map, wrap};

/// Rewrites them all.
pub(super) fn service(out: &mut Node, name: &str) {
    rewrite(out, "ports", ports);
    rewrite(out, "service", |n| if n.as_str().is_some() { wrap(n, "type") } else { n.clone() });
    rewrite(out, "ingress", ingress);
    rewrite(out, "strategy", |n| if n.as_str().is_some() { wrap(n, "type") } else { n.clone() });
    rewrite(out, "serviceAccount", account);
    rewrite(out, "labels", text_map);
    rewrite(out, "annotations", text_map);
    rewrite(out, "files", files);
    rewrite(out, "volumes", |n| volumes(n, name));
}

/// The same for the app.
pub(super) fn app(out: &mut Node) {
    rewrite(out, "monitoring", |n| {
        let mut n = match n.as_str() {
            Some("operator") => {
                let mut all = wrap(&n.with(Tree::Text("serviceMonitor".to_owned())), "scrape");
                all.put("rules", n.with(Tree::Bool(true)));
                all.put("dashboard", n.with(Tree::Bool(true)));
                all
            }
            Some(_) => wrap(n, "scrape"),
            None => n.clone(),
        };
        rewrite(&mut n, "labels", text_map);
        n
    });
    rewrite(out, "telemetry", |n| match n.as_str() {
        Some("collector") => wrap(&n.with(Tree::Bool(true)), "collector"),
        Some(_) => wrap(n, "endpoint"),
        None => n.clone(),
    });
}

/// Entries of a map in the order in which they are written.
fn in_order(map: &BTreeMap<String, Node>) -> Vec<(&String, &Node)> {
    let mut all: Vec<_> = map.iter().collect();
    all.sort_by_key(|(_, n)| n.key_span().map(|s| s.start));
    all
}

/// A list of `name`, `port` (the Service's), `targetPort` (the container's) and `protocol`.
fn ports(node: &Node) -> Node {
    let port = |name: String, value: &Node| {
        let number = value.get("port").or(value.get("targetPort")).unwrap_or(value);
        let text = |t: &str| value.with(Tree::Text(t.to_owned()));
        let mut out = wrap(&text(&name), "name");
        out.put("port", number.clone());
        out.put("targetPort", value.get("targetPort").unwrap_or(number).clone());
        out.put("protocol", value.get("protocol").cloned().unwrap_or_else(|| text("TCP")));
        out
    };
    match &node.tree {
        Tree::List(list) => {
            let name = |i: usize, p: &Node| match (i, p.get_str("name"), p.get_int("port"), &p.tree) {
                (_, Some(name), ..) => name.to_owned(),
                (0, ..) => "http".to_owned(),
                (_, _, Some(n), _) => format!("port-{n}"),
                (.., Tree::Int(n)) => format!("port-{n}"),
                _ => format!("port-{i}"),
            };
            node.with(Tree::List(list.iter().enumerate().map(|(i, p)| port(name(i, p), p)).collect()))
        }
        Tree::Map(map) => node.with(Tree::List(in_order(map).into_iter().map(|(k, p)| port(k.clone(), p)).collect())),
        _ => node.clone(),
    }
}

fn ingress(node: &Node) -> Node {
    let mut out = if node.as_str().is_some() { wrap(node, "path") } else { node.clone() };
    rewrite(&mut out, "annotations", text_map);
    rewrite(&mut out, "tls", |n| {
        if n.as_str() == Some("self-signed") { wrap(&n.with(Tree::Bool(true)), "selfSigned") } else { n.clone() }
    });
    out
}

fn account(node: &Node) -> Node {
    let mut out = node.clone();
    rewrite(&mut out, "rules", |n| match &n.tree {
        Tree::List(list) => n.with(Tree::List(list.iter().map(rule).collect())),
        _ => n.clone(),
    });
    out
}

/// `get,list deployments.apps`, as `kubectl create role --verb --resource` writes it; the core group has no ending.
fn rule(node: &Node) -> Node {
    let list =
        |items: &[&str]| node.with(Tree::List(items.iter().map(|i| node.with(Tree::Text((*i).to_owned()))).collect()));
    let Some(text) = node.as_str() else {
        let mut out = node.clone();
        out.put_default("apiGroups", list(&[""]));
        return out;
    };
    let (verbs, kinds) = text.trim().split_once(char::is_whitespace).unwrap_or((text, ""));
    let split =
        |text: &str| text.split(',').map(str::trim).filter(|p| !p.is_empty()).map(str::to_owned).collect::<Vec<_>>();
    let (mut groups, mut names) = (BTreeSet::new(), Vec::new());
    for kind in split(kinds) {
        let (name, group) = kind.split_once('.').unwrap_or((&kind, ""));
        names.push(name.to_owned());
        groups.insert(group.to_owned());
    }
    let mut out = node.with(Tree::Map(SharedMap::default()));
    let put = |out: &mut Node, key: &str, all: &[String]| {
        out.put(key, list(&all.iter().map(String::as_str).collect::<Vec<_>>()));
    };
    put(&mut out, "apiGroups", &groups.into_iter().collect::<Vec<_>>());
    put(&mut out, "resources", &names);
    put(&mut out, "verbs", &split(verbs));
    out
}

/// A list of `target`, `key` in the ConfigMap, and `content` or `source`.
fn files(node: &Node) -> Node {
    let Some(map) = node.as_map() else { return node.clone() };
    let mut taken = BTreeSet::new();
    let entry = |(target, value): (&String, &Node)| {
        let mut out = if value.as_str().is_some() { wrap(value, "source") } else { value.clone() };
        out.put("target", value.with(Tree::Text(target.clone())));
        out.put("key", value.with(Tree::Text(unique(&file_key(target), &mut taken))));
        rewrite(&mut out, "mode", |n| octal(&scalar_text(n)));
        out
    };
    node.with(Tree::List(in_order(map).into_iter().map(entry).collect()))
}

/// `0440` as the number that Kubernetes takes; what is no mode stays a text, and is told.
fn octal(node: &Node) -> Node {
    let mode = node.as_str().and_then(|t| i64::from_str_radix(t.trim_start_matches("0o"), 8).ok());
    mode.filter(|m| (0..=0o777).contains(m)).map_or_else(|| node.clone(), |m| node.with(Tree::Int(m)))
}

/// The last part of a path, as a key of a ConfigMap.
fn file_key(target: &str) -> String {
    let name = target.trim_end_matches('/').rsplit('/').next().unwrap_or_default();
    let key: String =
        name.chars().map(|c| if c.is_ascii_alphanumeric() || "-._".contains(c) { c } else { '-' }).take(200).collect();
    if key.trim_matches('.').is_empty() { "file".to_owned() } else { key }
}

/// A list of `target`, `name`, and one of `claim`, `emptyDir` and `source`.
fn volumes(node: &Node, service: &str) -> Node {
    let Some(map) = node.as_map() else { return node.clone() };
    let mut taken = BTreeSet::from(["config-files".to_owned()]);
    let entry = |(target, value): (&String, &Node)| {
        let text = |t: &str| value.with(Tree::Text(t.to_owned()));
        let name = unique(&volume_name(target), &mut taken);
        let mut out = match (value.as_str(), value.as_map()) {
            (Some("emptyDir"), _) => wrap(&value.with(Tree::Bool(true)), "emptyDir"),
            (_, None) => wrap(value, "size"),
            _ => value.clone(),
        };
        out.put("target", text(target));
        out.put("name", text(&name));
        if let Some(size) = out.remove("size") {
            out.put("claim.name", text(&format!("{service}-{name}")));
            out.put("claim.size", scalar_text(&size));
        }
        for key in ["storageClassName", "accessModes"] {
            if out.get("claim").is_some()
                && let Some(given) = out.remove(key)
            {
                out.put(&format!("claim.{key}"), given);
            }
        }
        if out.get("claim").is_some() && out.get("claim.accessModes").is_none() {
            out.put("claim.accessModes", value.with(Tree::List(vec![text("ReadWriteOnce")])));
        }
        if out.get_bool("emptyDir") == Some(true) {
            out.put("emptyDir", value.with(Tree::Map(SharedMap::default())));
        }
        if out.get("emptyDir").is_some_and(|n| n.as_map().is_some()) {
            let limit = out.get("emptyDir.sizeLimit").map_or_else(|| text("64Mi"), scalar_text);
            out.put("emptyDir.sizeLimit", limit);
        }
        out
    };
    node.with(Tree::List(in_order(map).into_iter().map(entry).collect()))
}

/// `/var/lib/data` to `var-lib-data`.
pub(super) fn volume_name(path: &str) -> String {
    let name: String =
        path.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' }).collect();
    let name = name.trim_matches('-');
    let name = name[..name.len().min(40)].trim_matches('-');
    if name.is_empty() { "volume".to_owned() } else { name.to_owned() }
}

fn unique(name: &str, taken: &mut BTreeSet<String>) -> String {
    let mut out = name.to_owned();
    for n in 2.. {
        if taken.insert(out.clone()) {
            break;
        }
        out = format!("{name}-{n}");
    }
    out
}
