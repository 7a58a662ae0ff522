//! What is wrong with the secrets of a block: names, sources that contradict each other, files, stores, keys without a
//! way to their provider.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::base::tree::{Node, Tree};
use crate::model::app::{Role, Unit};
use crate::read::stack::{Asked, Detect, names};

use super::resolve::Trees;

/// Ways to give a value; one of them at most.
const SOURCES: &[&str] = &["secretName", "fromEnv", "fromFile", "generate", "external"];

/// Everything about the sources of secrets that can be seen as it is written.
pub(super) fn check(block: &Node, stack: &Detect<'_>, namespace: &str, out: &mut Vec<Diagnostic>) {
    let store = block.get("app.secretStore").is_some_and(|s| s.as_str().is_some() || s.get_str("name").is_some());
    if let Some(without) = block.get("app.secretStore").filter(|s| s.as_map().is_some() && s.get("name").is_none()) {
        let found = Diagnostic::error("secret-source", "`app.secretStore` does not say what the store is called");
        out.push(found.at(without.key_span(), "no `name`").fix("add `name`: `secretStore: { name: vault }`"));
    }
    let mut check = Check { stack, namespace, store, out };
    for (section, field) in [("services", "secrets"), ("resources", "secrets"), ("resources", "urlFrom")] {
        for (unit, node) in block.get(section).and_then(Node::as_map).into_iter().flatten() {
            let Some(given) = node.as_map().and_then(|m| m.get(field)) else { continue };
            match &given.tree {
                Tree::List(list) => check.list(unit, list),
                Tree::Map(_) if field == "urlFrom" => check.source(unit, "the connection URL", "URL", given),
                Tree::Map(map) => {
                    for (name, secret) in map {
                        check.name(unit, name, secret);
                        check.source(unit, &format!("`{name}`"), name, secret);
                    }
                }
                _ => {}
            }
        }
    }
}

/// Texts of a block that hold what should not stand there: values in place of sources, passwords in addresses. They are
/// hidden in every report.
pub fn values(block: &Node) -> Vec<Span> {
    let mut out = Vec::new();
    for section in ["services", "resources"] {
        for node in block.get(section).and_then(Node::as_map).into_iter().flatten().map(|(_, n)| n) {
            let Some(fields) = node.as_map() else { continue };
            for secrets in ["secrets", "urlFrom"].iter().filter_map(|f| fields.get(*f)) {
                written(secrets, 0, &mut out);
            }
            let egress = fields.get("egress").and_then(Node::as_list).unwrap_or_default();
            out.extend(egress.iter().filter(|t| t.as_str().is_some_and(|t| t.contains('@'))).filter_map(Node::span));
        }
    }
    out
}

/// Below `secrets`: entries that are no known word and no known field.
fn written(node: &Node, depth: usize, out: &mut Vec<Span>) {
    const FIELDS: &[&str] =
        &["secretName", "key", "fromEnv", "fromFile", "generate", "external", "optional", "store", "kind", "property"];
    match &node.tree {
        Tree::Map(map) => {
            for (key, value) in map {
                if depth == 0 || !FIELDS.contains(&key.as_str()) || value.as_map().is_some() {
                    written(value, depth + 1, out);
                }
            }
        }
        Tree::List(list) => {
            for item in list.iter().filter(|n| n.as_str().is_none_or(|t| !is_variable(t))) {
                written(item, depth + 1, out);
            }
        }
        Tree::Text(text) if matches!(text.as_str(), "optional" | "required") => {}
        Tree::Null | Tree::Bool(_) => {}
        _ => out.extend(node.span()),
    }
}

struct Check<'a> {
    stack: &'a Detect<'a>,
    namespace: &'a str,
    /// Whether the app has a store of its own.
    store: bool,
    out: &'a mut Vec<Diagnostic>,
}

impl Check<'_> {
    fn list(&mut self, unit: &str, list: &[Node]) {
        let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
        for item in list {
            let Some(name) = item.as_str() else { continue };
            self.name(unit, name, item);
            if let Some(first) = seen.insert(name, item) {
                let message = format!("`{unit}` names the secret `{name}` twice");
                let found = Diagnostic::error("secret-source", message).at(item.span(), "again");
                self.out.push(found.and(first.span(), "first here").fix("keep one of the two"));
            }
        }
    }

    fn name(&mut self, unit: &str, name: &str, at: &Node) {
        if !is_variable(name) {
            // `NAME=value` is a slip of the hand, and the value is not said again
            let name = name.split('=').next().unwrap_or_default();
            let message = format!("`{name}` of `{unit}` cannot be the name of a variable");
            let found = Diagnostic::error("secret-name", message).at(at.key_span(), "not a name");
            self.out.push(found.fix("use letters, digits and underscores, beginning with no digit: `GEMINI_API_KEY`"));
        }
    }

    fn wrong(&mut self, message: String, at: &Node, label: &str, fix: impl Into<String>) {
        self.out.push(Diagnostic::error("secret-source", message).at(at.key_span(), label).fix(fix));
    }

    fn source(&mut self, unit: &str, what: &str, name: &str, secret: &Node) {
        let Some(map) = secret.as_map() else { return };
        let given: Vec<(&str, &Node)> =
            SOURCES.iter().filter_map(|s| Some((*s, map.get(*s).filter(|n| !n.is_null())?))).collect();
        if let [(one, first), (other, second), ..] = given.as_slice() {
            let message = format!("{what} of `{unit}` has two sources: `{one}` and `{other}`");
            let found = Diagnostic::error("secret-source", message).at(second.key_span(), "another source");
            self.out.push(found.and(first.key_span(), "one source").fix("keep one of the two"));
        }
        let has = |field: &str| given.iter().any(|(f, _)| *f == field);
        if let Some(key) = map.get("key").filter(|_| !has("secretName") && !has("fromFile")) {
            let fix = "add `secretName`, or remove `key`";
            self.wrong(
                format!("the `key` of {what} of `{unit}` is in no Secret and no file"),
                key,
                "a key of nothing",
                fix,
            );
        }
        if let Some(key) = map.get("key").filter(|k| k.as_str().is_some_and(|k| !is_key(k))) {
            let fix = "use letters, digits, `-`, `_` and `.`";
            self.wrong(format!("a Secret cannot have the key that {what} of `{unit}` names"), key, "not a key", fix);
        }
        if let Some(optional) = map.get("optional").filter(|o| o.tree == Tree::Bool(true) && has("generate")) {
            let message = format!("{what} of `{unit}` is made up, so that it is never absent");
            self.wrong(message, optional, "contradicts `generate`", "remove `optional`");
        }
        if let Some(variable) = map.get("fromEnv").filter(|v| v.as_str().is_some_and(|v| !is_variable(v))) {
            self.name(unit, variable.as_str().unwrap_or_default(), variable);
        }
        if let Some(file) = map.get("fromFile") {
            self.file(unit, what, map.get("key").and_then(Node::as_str).unwrap_or(name), file);
        }
        if let Some(external) = map.get("external") {
            self.external(unit, what, external);
        }
    }

    fn external(&mut self, unit: &str, what: &str, external: &Node) {
        let key = if external.as_map().is_some() { external.get_str("key") } else { external.as_str() };
        if key.is_none_or(str::is_empty) {
            let fix = "add `key`, the name of the entry in the store";
            self.wrong(
                format!("{what} of `{unit}` does not say which entry of the store it is"),
                external,
                "no `key`",
                fix,
            );
        }
        if !self.store && external.get("store").is_none() {
            let fix = "add `store`, or name one for all: `app: { secretStore: vault }`";
            self.wrong(format!("{what} of `{unit}` does not say which store it is in"), external, "no `store`", fix);
        }
    }

    fn file(&mut self, unit: &str, what: &str, entry: &str, file: &Node) {
        let path = file.as_str().unwrap_or_default();
        let mut found = |message: String, label: &str, fix: &str| {
            self.out.push(Diagnostic::error("secret-file", message).at(file.span(), label).fix(fix));
        };
        let climbs = path.split(['/', '\\']).any(|part| part == "..");
        if path.trim().is_empty() {
            found(format!("{what} of `{unit}` does not say which file it is in"), "no path", "name a file");
            return;
        }
        if path.starts_with(['/', '~', '\\']) || path.contains(':') || climbs {
            let fix = "name a file of the repository that Git ignores, or give the value through `fromEnv`";
            found(
                format!("{what} of `{unit}` is in `{path}`, which is outside of the repository"),
                "leaves the repository",
                fix,
            );
            return;
        }
        let Some(sealed) = (self.stack)(&Asked::of(path)).sealed else { return };
        if !sealed.keys.contains(entry) {
            let message = format!("the SealedSecret `{path}` has no key `{entry}`");
            let keys: Vec<String> = sealed.keys.iter().map(|k| format!("`{k}`")).collect();
            found(message, "no such key", &format!("name one with `key`: {}", keys.join(", ")));
        }
        if let Some(of) = sealed.namespace.filter(|n| n != self.namespace) {
            let message = format!(
                "the SealedSecret `{path}` is for the namespace `{of}`, and the app is in `{}`",
                self.namespace
            );
            found(message, "of another namespace", "seal it again for this namespace");
        }
    }
}

/// A variable that has two values, and one for the connection of a database besides.
pub(super) fn twice(units: &[Unit], out: &mut Vec<Diagnostic>) {
    for unit in units.iter().filter(|u| u.role == Role::Service) {
        let mut places: BTreeMap<&str, Vec<(&Node, &str)>> = BTreeMap::new();
        for (field, what) in [("environment", "a plain value"), ("secrets", "a secret")] {
            for (name, node) in unit.union.get(field).and_then(Node::as_map).into_iter().flatten() {
                places.entry(name).or_default().push((node, what));
            }
        }
        for link in unit.union.get("links").and_then(Node::as_list).unwrap_or_default() {
            for name in [link.get_str("env"), link.get_str("passwordEnv")].into_iter().flatten() {
                places.entry(name).or_default().push((link, "the database that it depends on"));
            }
        }
        for (name, places) in places {
            let [(first, one), (second, other), ..] = places.as_slice() else { continue };
            let message = format!("`{name}` of `{}` has two values: {one} and {other}", unit.name);
            let found = Diagnostic::error("variable-twice", message).at(first.key_span(), *one);
            out.push(found.and(second.key_span(), *other).fix("keep one of the two"));
        }
    }
}

/// The key of a provider, and no way out to it: under default deny the calls would only time out.
pub(super) fn providers(trees: &Trees, out: &mut Vec<Diagnostic>) {
    for (unit, node) in &trees.services {
        let map = |field: &str| node.get(field).and_then(Node::as_map).into_iter().flatten();
        let outside = |n: &&Node| n.get("namespace").is_none() && ports(n).contains(&443);
        if node.get("egress").and_then(Node::as_list).unwrap_or_default().iter().any(|n| outside(&n)) {
            continue;
        }
        let mut said = BTreeSet::new();
        for (name, secret) in map("secrets") {
            let Some(host) = calls(name) else { continue };
            // a base URL of one's own: the provider is not called
            let word = name.split('_').next().unwrap_or_default();
            let redirected = map("environment").any(|(variable, _)| {
                variable.starts_with(word)
                    && ["_URL", "_BASE", "_ENDPOINT", "_HOST"].iter().any(|e| variable.ends_with(e))
            });
            if redirected || !said.insert(host) {
                continue;
            }
            let message = format!("`{unit}` has the key `{name}` and no way out to {host}");
            let found = Diagnostic::error("egress-undeclared", message)
                .at(secret.key_span(), "a key for calls to the internet");
            out.push(found.fix(format!("declare it on `{unit}`: `egress: [{host}:443]`")));
        }
    }
}

fn ports(target: &Node) -> Vec<i64> {
    let all = target.get("ports").and_then(Node::as_list).unwrap_or_default();
    all.iter().filter_map(|p| p.get_int("port")).collect()
}

/// The host that is called with a key of that name; what a provider sends to the app is no such key.
fn calls(name: &str) -> Option<&'static str> {
    let key = ["_API_KEY", "_SECRET_KEY", "_ACCESS_TOKEN", "_API_TOKEN"].iter().any(|end| name.ends_with(end));
    names::provider(name).filter(|_| key)
}

fn is_variable(name: &str) -> bool {
    (1..=253).contains(&name.len())
        && !name.starts_with(|c: char| c.is_ascii_digit())
        && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
}

fn is_key(key: &str) -> bool {
    (1..=253).contains(&key.len())
        && key.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_.".contains(&b))
        && !matches!(key, "." | "..")
}
