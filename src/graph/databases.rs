//! Databases of two classes: in the cluster, made by Bowline; and external, of which only the address is known.

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};

use super::{defaults, secrets};

/// Fields that an external database has.
const EXTERNAL: &[&str] = &["type", "class", "urlFrom", "secrets", "egress", "existingSecret", "migrations"];
/// Fields that only an external database has.
const ONLY_EXTERNAL: &[&str] = &["urlFrom", "secrets", "egress"];

/// The variable that holds the connection URL of a database: `DATABASE_URL` of `database`.
pub(super) fn variable(name: &str, what: &str) -> String {
    format!("{}_{what}", name.to_uppercase().replace('-', "_"))
}

/// Where the password or the URL of an expanded resource comes from, in its long form.
pub(super) fn credentials(node: &mut Node, name: &str) {
    let external = node.get_str("class") == Some("external");
    let (key, variable) =
        if external { ("url", variable(name, "URL")) } else { ("password", variable(name, "PASSWORD")) };
    let why = if external { "the connection URL, from the environment" } else { "a password of its own" };
    let named = node.remove("secrets").and_then(|n| secrets::expand(&n, name).as_map().cloned());
    let from = node.remove("urlFrom");
    let mut out = match (from, named.and_then(|m| m.into_iter().next())) {
        (Some(from), _) => secrets::source(&variable, &from, name),
        (None, Some((_, secret))) => secret,
        (None, None) => secrets::source(&variable, &Node::text("", why), name),
    };
    let given = out.get_bool("given") == Some(true);
    if !given {
        let made = out.with(Tree::Text(format!("{name}-credentials")));
        out.put("secret", made);
        let key = out.with(Tree::Text(key.to_owned()));
        out.put("key", key);
    }
    // the name that the value has where nothing else is said
    let default = out.with(Tree::Text(variable));
    out.put("variable", default);
    out.put_default("optional", Node::default(Tree::Bool(false), why));
    node.put("credentials", out);
}

/// Completes an expanded external postgres.
pub(super) fn external(node: &mut Node, name: &str) {
    let mut put = |path: &str, value: serde_json::Value, why: &str| node.put_default(path, defaults::tree(&value, why));
    put("enabled", json!(true), "every unit is on");
    put("kind", json!("External"), "it runs elsewhere");
    for field in ["ports", "links"] {
        put(field, json!([]), "it runs elsewhere");
    }
    for field in ["environment", "dependsOn", "secrets"] {
        put(field, json!({}), "it runs elsewhere");
    }
    let anywhere = json!([{ "host": name, "ports": [{ "port": 5432, "protocol": "TCP" }] }]);
    put("egress", anywhere, "PostgreSQL's port at any public address: nobody says which");
}

/// Fields of the wrong class. `resources` is as it was written.
pub(super) fn check(block: &Node, out: &mut Vec<Diagnostic>) {
    for (name, node) in block.get("resources").and_then(Node::as_map).into_iter().flatten() {
        let Some(fields) = node.as_map() else { continue };
        let class = fields.get("class");
        let external = class.and_then(Node::as_str) == Some("external");
        for (field, value) in fields.iter().filter(|(_, v)| !v.is_null()) {
            let wrong =
                if external { !EXTERNAL.contains(&field.as_str()) } else { ONLY_EXTERNAL.contains(&field.as_str()) };
            if !wrong {
                continue;
            }
            let (message, fix) = if external {
                let fix = format!("remove `{field}`, or let the database run here with `class: in-cluster`");
                (format!("`{name}` is external: `{field}` is for a database that runs in the cluster"), fix)
            } else {
                let fix = format!("remove `{field}`, or write `class: external`");
                (format!("`{name}` runs in the cluster: `{field}` is for an external database"), fix)
            };
            let found = Diagnostic::error("database-class", message).at(value.key_span(), "of the other class");
            out.push(found.and(class.and_then(Node::span), "the class is said here").fix(fix));
        }
        if !external {
            continue;
        }
        if let (Some(from), Some(secrets)) = (fields.get("urlFrom"), fields.get("secrets")) {
            out.push(two_sources(name, secrets, from));
        }
        let named = fields.get("urlFrom").and_then(|f| f.as_map()?.get("secretName"));
        if let (Some(existing), Some(named)) = (fields.get("existingSecret"), named) {
            out.push(two_sources(name, existing, named));
        }
        let count = match fields.get("secrets").map(|s| &s.tree) {
            Some(Tree::List(list)) => Some(list.len()),
            Some(Tree::Map(map)) => Some(map.len()),
            _ => None,
        };
        if let (Some(secrets), Some(count)) = (fields.get("secrets"), count.filter(|c| *c != 1)) {
            let message = format!("`{name}` has one secret, the connection URL, and not {count}");
            let found = Diagnostic::error("secret-source", message).at(secrets.key_span(), "not one name");
            out.push(found.fix("name one variable: `secrets: [NEON_URL]`"));
        }
    }
}

fn two_sources(name: &str, one: &Node, other: &Node) -> Diagnostic {
    Diagnostic::error("secret-source", format!("the connection URL of `{name}` has two sources"))
        .at(one.key_span(), "one source")
        .and(other.key_span(), "and another")
        .fix("keep one of the two")
}
