//! Secrets of the block in their long form: which Secret each is in, and where its value comes from. Values never stand here.

use std::collections::BTreeMap;

use crate::base::shared_map::SharedMap;
use crate::base::tree::{Node, Tree};
use crate::read::stack::{Asked, Detect};

use super::resolve::Trees;

/// The long form of `secrets` of a unit.
pub(super) fn expand(node: &Node, unit: &str) -> Node {
    match &node.tree {
        Tree::List(list) => node.with(Tree::Map(
            list.iter().filter_map(|i| Some((i.as_str()?.to_owned(), long(i.as_str()?, i, unit)))).collect(),
        )),
        Tree::Map(map) => node.with(Tree::Map(map.iter().map(|(k, v)| (k.clone(), long(k, v, unit))).collect())),
        _ => node.clone(),
    }
}

fn long(name: &str, value: &Node, unit: &str) -> Node {
    let mut out = source(name, value, unit);
    let optional = value.as_str() == Some("optional") || value.get_bool("optional") == Some(true);
    out.put("optional", value.with(Tree::Bool(optional)));
    out
}

/// Where one value comes from, and the Secret that it is in: that of the unit, one of External Secrets, one that is there.
pub(super) fn source(name: &str, value: &Node, unit: &str) -> Node {
    let mut out = value.with(Tree::Map(SharedMap::default()));
    let text = |t: &str| value.with(Tree::Text(t.to_owned()));
    let given = value.get("secretName");
    out.put("unit", text(unit));
    out.put("secret", given.cloned().unwrap_or_else(|| text(&format!("{unit}-secrets"))));
    out.put("given", value.with(Tree::Bool(given.is_some())));
    let file = value.get("fromFile");
    out.put("key", value.get("key").filter(|_| file.is_none()).cloned().unwrap_or_else(|| text(name)));
    if let Some(file) = file {
        out.put("file", file.clone());
        out.put("entry", value.get("key").cloned().unwrap_or_else(|| text(name)));
    }
    if let Some(length) = value.get("generate") {
        out.put("generate", length.clone());
    }
    match value.get("external") {
        Some(key) if key.as_str().is_some() => {
            out.put("external.key", key.clone());
        }
        Some(external) => {
            out.put("external", external.clone());
        }
        None => {}
    }
    out.put("env", value.get("fromEnv").cloned().unwrap_or_else(|| text(name)));
    out
}

/// Files that are SealedSecrets: the controller in the cluster makes their Secret, and the value is in that.
pub(super) fn sealed(trees: &mut Trees, stack: &Detect<'_>) {
    let seal = |secret: &mut Node| {
        let Some(file) = secret.get("file").cloned() else { return };
        let Some(sealed) = file.as_str().and_then(|f| stack(&Asked::of(f)).sealed) else { return };
        secret.put("secret", file.with(Tree::Text(sealed.name)));
        let entry = secret.get("entry").cloned();
        entry.map(|entry| secret.put("key", entry));
        secret.put("given", file.with(Tree::Bool(true)));
        secret.put("sealed", file);
    };
    for node in trees.services.values_mut() {
        if let Tree::Map(map) = &mut node.tree
            && let Some(Tree::Map(secrets)) = map.get_mut("secrets").map(|n| &mut n.tree)
        {
            secrets.values_mut().for_each(seal);
        }
    }
    for node in trees.resources.values_mut() {
        if let Tree::Map(map) = &mut node.tree
            && let Some(credentials) = map.get_mut("credentials")
        {
            seal(credentials);
        }
    }
}

/// The long form of `app.secretStore`.
pub(super) fn store(node: &Node) -> Node {
    match &node.tree {
        Tree::Text(_) => node.with(Tree::Map([("name".to_owned(), node.clone())].into_iter().collect())),
        _ => node.clone(),
    }
}

/// Gives secrets without a source their entry of the app's store, and each unit its ExternalSecret. `trees` are complete.
pub(super) fn external(trees: &mut Trees, app: &str) {
    let store = trees.app.as_ref().and_then(|a| a.get("secretStore")).cloned();
    let path = store.as_ref().and_then(|s| s.get_str("path")).unwrap_or(app).trim_end_matches('/').to_owned();
    let default = store.as_ref().map(|s| (s.get("name").cloned(), s.get_str("kind").unwrap_or("SecretStore")));
    let fill = |secret: &mut Node, unit: &str, name: &str| {
        let sourced = secret.get_bool("given") == Some(true)
            || ["file", "generate", "external"].iter().any(|s| secret.get(s).is_some())
            || secret.get_str("env").is_some_and(|e| e != name);
        if let Some((Some(_), _)) = default.as_ref().filter(|_| !sourced) {
            let why = "the app's secrets are in its store";
            secret.put("external.key", Node::text(format!("{path}/{unit}"), why));
            secret.put("external.property", Node::text(name, why));
        }
        if secret.get("external").is_some() {
            if let Some((Some(name), kind)) = &default {
                let same = secret.get("external.store").is_none_or(|s| s.as_str() == name.as_str());
                secret.put_default("external.store", name.clone());
                if same {
                    secret.put_default("external.kind", Node::text(*kind, "the kind of the app's store"));
                }
            }
            secret.put_default("external.kind", Node::text("SecretStore", "a store of the own namespace"));
        }
    };
    for (unit, node) in trees.services.iter_mut().chain(&mut trees.migrations) {
        let Some(Tree::Map(map)) = node.as_map().and_then(|m| m.get("secrets")).map(|n| n.tree.clone()) else {
            continue;
        };
        let mut made = BTreeMap::new();
        for (name, mut secret) in map {
            // a migration has an ExternalSecret of its own: it comes before its service
            let owner = secret.get_str("unit").unwrap_or(unit).to_owned();
            fill(&mut secret, &owner, &name);
            if secret.get("external").is_some() {
                secret.put("unit", Node::text(unit.clone(), "made by External Secrets"));
                secret.put("secret", Node::text(format!("{unit}-external"), "made by External Secrets"));
            }
            made.insert(name, secret);
        }
        let ours = |s: &Node| s.get_bool("given") != Some(true) && s.get("external").is_none();
        if made.values().any(ours) {
            node.put("ownSecret", Node::default(Tree::Bool(true), "it has secrets of its own"));
        }
        let entries: Vec<(String, Node)> = made.iter().map(|(n, s)| (n.clone(), s.clone())).collect();
        let written = node.get("secrets").cloned().unwrap_or_else(|| Node::empty_map("no secrets"));
        node.put("secrets", written.with(Tree::Map(made.into())));
        fetched(node, &format!("{unit}-external"), &entries);
    }
    for (unit, node) in &mut trees.resources {
        let Some(mut secret) = node.get("credentials").cloned() else { continue };
        let name = secret.get_str("env").unwrap_or_default().to_owned();
        let own = secret.get_str("variable").unwrap_or(&name).to_owned();
        fill(&mut secret, unit, &own);
        if secret.get("external").is_some() && secret.get_str("external.property") == Some(&own) {
            // in the store it is called as in the Secret
            let key = secret.get_str("key").unwrap_or_default().to_owned();
            secret.put("external.property", Node::text(key, "the app's secrets are in its store"));
        }
        let key = secret.get_str("key").unwrap_or_default().to_owned();
        fetched(node, &format!("{unit}-credentials"), &[(key, secret.clone())]);
        node.put("credentials", secret);
    }
}

/// Files with secrets in them stay out of every image that is built around them.
pub(super) fn hidden(trees: &mut Trees) {
    let of = |node: &Node, path: &str| node.get(path).and_then(Node::as_map).cloned().unwrap_or_default();
    let named = trees.services.values().flat_map(|n| of(n, "secrets").into_values());
    let credentials = trees.resources.values().filter_map(|n| n.get("credentials").cloned());
    let files: Vec<Node> = named.chain(credentials).filter_map(|s| s.get("file").cloned()).collect();
    for node in trees.services.values_mut() {
        let Some(context) = node.get_str("build.context").map(|c| c.trim_start_matches("./").trim_end_matches('/'))
        else {
            continue;
        };
        let below = |file: &Node| {
            let path = file.as_str()?.trim_start_matches("./");
            let inside =
                if matches!(context, "." | "") { Some(path) } else { path.strip_prefix(context)?.strip_prefix('/') };
            Some(file.with(Tree::Text(inside?.to_owned())))
        };
        let inside: BTreeMap<String, Node> =
            files.iter().filter_map(below).map(|n| (n.as_str().unwrap_or_default().to_owned(), n)).collect();
        if !inside.is_empty() {
            let list = Tree::List(inside.into_values().collect());
            node.put("build.secretFiles", Node::default(list, "no secret in an image"));
        }
    }
}

/// The ExternalSecret of a unit, when one of its secrets is fetched.
fn fetched(node: &mut Node, name: &str, secrets: &[(String, Node)]) {
    let all: Vec<&(String, Node)> = secrets.iter().filter(|(_, s)| s.get("external").is_some()).collect();
    let Some((_, first)) = all.first() else { return };
    let of = |s: &Node| (s.get_str("external.store").map(str::to_owned), s.get_str("external.kind").map(str::to_owned));
    let main = of(first);
    let mut out = Node::empty_map("fetched by External Secrets");
    out.put("name", Node::text(name, "the Secret that External Secrets makes"));
    for (field, path) in [("store", "external.store"), ("kind", "external.kind")] {
        if let Some(value) = first.get(path) {
            out.put(field, value.clone());
        }
    }
    let entries = all.iter().map(|(key, secret)| {
        let mut entry = secret.get("external").cloned().unwrap_or_else(|| Node::empty_map("fetched"));
        entry.put("secretKey", secret.get("key").cloned().unwrap_or_else(|| Node::text(key, "its own name")));
        if of(secret) == main {
            entry.remove("store");
            entry.remove("kind");
        }
        entry
    });
    out.put("data", Node::default(Tree::List(entries.collect()), "fetched by External Secrets"));
    node.put("externalSecret", out);
}
