//! Short forms of the typed block to their long forms. Looks at one service or resource only; adds no defaults.
//! Every value that is made here keeps the origin of what it was made from.

use crate::base::tree::{Node, Tree};
use crate::base::words;

use super::{expand_parts, network, secrets};

/// The long form of `services.<name>`.
pub fn service(node: &Node, name: &str) -> Node {
    let mut out = node.clone();
    rewrite(&mut out, "build", |n| match &n.tree {
        Tree::Text(_) => wrap(n, "context"),
        _ => n.clone(),
    });
    for field in ["command", "args"] {
        rewrite(&mut out, field, command);
    }
    rewrite(&mut out, "runtime", |n| {
        let mut n = n.clone();
        rewrite(&mut n, "entrypoint", command);
        rewrite(&mut n, "version", scalar_text);
        n
    });
    rewrite(&mut out, "image", image);
    expand_parts::service(&mut out, name);
    rewrite(&mut out, "environment", environment);
    rewrite(&mut out, "nodeSelector", text_map);
    rewrite(&mut out, "secrets", |n| secrets::expand(n, name));
    for field in ["livenessProbe", "readinessProbe", "startupProbe"] {
        rewrite(&mut out, field, |n| match &n.tree {
            Tree::Text(_) => wrap(&wrap(n, "path"), "httpGet"),
            _ => n.clone(),
        });
    }
    rewrite(&mut out, "resources", resources);
    rewrite(&mut out, "dependsOn", |n| match &n.tree {
        Tree::List(list) => {
            let entries =
                list.iter().filter_map(|i| Some((i.as_str()?.to_owned(), i.with(Tree::Text("healthy".to_owned())))));
            n.with(Tree::Map(entries.collect()))
        }
        _ => n.clone(),
    });
    rewrite(&mut out, "egress", |n| match &n.tree {
        Tree::List(list) => n.with(Tree::List(list.iter().map(network::target).collect())),
        _ => n.clone(),
    });
    rewrite(&mut out, "metrics", |n| match &n.tree {
        Tree::Text(_) => wrap(n, "path"),
        _ => n.clone(),
    });
    out
}

/// The long form of `resources.<name>`.
pub fn resource(node: &Node) -> Node {
    let mut out = node.clone();
    rewrite(&mut out, "version", scalar_text);
    rewrite(&mut out, "resources", resources);
    rewrite(&mut out, "egress", |n| match &n.tree {
        Tree::List(list) => n.with(Tree::List(list.iter().map(network::target).collect())),
        _ => n.clone(),
    });
    for (short, long) in [("storage", "size"), ("storageClassName", "storageClassName")] {
        if let Some(value) = out.as_map().and_then(|m| m.get(short)).filter(|n| n.as_map().is_none()).cloned() {
            out.remove(short);
            out.put(&format!("storage.{long}"), scalar_text(&value));
        }
    }
    rewrite(&mut out, "migrations", |n| {
        let mut n = n.clone();
        rewrite(&mut n, "command", command);
        n
    });
    rewrite(&mut out, "backup", backup);
    out
}

fn backup(node: &Node) -> Node {
    let mut out = if node.as_str().is_some() { wrap(node, "schedule") } else { node.clone() };
    rewrite(&mut out, "command", command);
    rewrite(&mut out, "resources", resources);
    rewrite(&mut out, "retention", |n| {
        let days = n.as_str().and_then(|t| t.strip_suffix('d')?.parse().ok());
        days.map_or_else(|| wrap(n, "count"), |days| wrap(&n.with(Tree::Int(days)), "days"))
    });
    for (short, long) in [("storage", "size"), ("storageClassName", "storageClassName")] {
        if let Some(value) = out.as_map().and_then(|m| m.get(short)).filter(|n| n.as_map().is_none()).cloned() {
            out.remove(short);
            out.put(&format!("storage.{long}"), scalar_text(&value));
        }
    }
    out
}

/// The long form of `app`.
pub fn app(node: &Node) -> Node {
    let mut out = node.clone();
    rewrite(&mut out, "version", scalar_text);
    rewrite(&mut out, "quota", text_map);
    rewrite(&mut out, "secretStore", secrets::store);
    rewrite(&mut out, "ingressController", |n| {
        if n.as_str().is_some() {
            return wrap(n, "namespace");
        }
        let mut n = n.clone();
        rewrite(&mut n, "podLabels", text_map);
        n
    });
    expand_parts::app(&mut out);
    out
}

pub(super) fn rewrite(node: &mut Node, key: &str, with: impl FnOnce(&Node) -> Node) {
    if let Tree::Map(map) = &mut node.tree
        && let Some(value) = map.get_mut(key)
        && !value.is_null()
    {
        *value = with(value);
    }
}

/// `value` as the only entry of a map.
pub(super) fn wrap(value: &Node, key: &str) -> Node {
    value.with(Tree::Map([(key.to_owned(), value.clone())].into_iter().collect()))
}

fn command(node: &Node) -> Node {
    match &node.tree {
        Tree::Text(line) => {
            let all = words::split(line).unwrap_or_default();
            node.with(Tree::List(all.into_iter().map(|w| node.with(Tree::Text(w))).collect()))
        }
        _ => node.clone(),
    }
}

/// A scalar as the text that it is written as: Kubernetes wants `"1"` where people write 1.
pub(super) fn scalar_text(node: &Node) -> Node {
    match &node.tree {
        Tree::Bool(b) => node.with(Tree::Text(b.to_string())),
        Tree::Int(i) => node.with(Tree::Text(i.to_string())),
        Tree::Float(f) => node.with(Tree::Text(f.to_string())),
        _ => node.clone(),
    }
}

pub(super) fn text_map(node: &Node) -> Node {
    match &node.tree {
        Tree::Map(map) => node.with(Tree::Map(
            map.iter().map(|(k, v)| (k.clone(), if v.is_null() { v.clone() } else { scalar_text(v) })).collect(),
        )),
        _ => node.clone(),
    }
}

fn resources(node: &Node) -> Node {
    match &node.tree {
        Tree::Map(map) => node.with(Tree::Map(map.iter().map(|(k, v)| (k.clone(), text_map(v))).collect())),
        _ => node.clone(),
    }
}

fn image(node: &Node) -> Node {
    let Some(text) = node.as_str() else { return node.clone() };
    // a colon behind the last slash opens the tag; before it, a port of the registry
    let slash = text.rfind('/').map_or(0, |i| i + 1);
    let (repository, tag) = match text[slash..].find(':') {
        Some(colon) => (&text[..slash + colon], Some(&text[slash + colon + 1..])),
        None => (text, None),
    };
    let mut out = wrap(&node.with(Tree::Text(repository.to_owned())), "repository");
    if let Some(tag) = tag {
        out.put("tag", node.with(Tree::Text(tag.to_owned())));
    }
    out
}

fn environment(node: &Node) -> Node {
    match &node.tree {
        Tree::List(list) => {
            let entry = |i: &Node| {
                let (name, value) = i.as_str()?.split_once('=').unwrap_or((i.as_str()?, ""));
                Some((name.to_owned(), i.with(Tree::Text(value.to_owned()))))
            };
            node.with(Tree::Map(list.iter().filter_map(entry).collect()))
        }
        _ => text_map(node),
    }
}
