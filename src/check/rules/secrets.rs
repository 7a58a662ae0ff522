//! Secrets that stand in a file. Their text is masked in every report, whether a rule asks for it or not.

use crate::base::source::{Sources, Span};
use crate::base::tree::{Node, Origin, Tree};
use crate::check::view::{Content, File, View};

use super::{Asked, Out};

/// A secret in a file: whose it is, where it stands, and its text.
struct Leak<'a> {
    file: &'a File<'a>,
    /// The name of the variable or key, or what it is.
    what: String,
    at: Option<Span>,
    value: Option<Span>,
}

/// The places of every secret under check, and of the values in the spec that gave them.
pub(crate) fn spans(view: &View<'_>, sources: &Sources) -> Vec<Span> {
    let mut spans: Vec<Span> = plain(view).into_iter().filter_map(|l| l.value).collect();
    spans.extend(docker(view, sources).into_iter().filter_map(|l| l.value));
    for unit in view.input.app.into_iter().flat_map(|a| &a.units) {
        for model in unit.environments.values().chain([&unit.union]) {
            let variables = model.get("environment").and_then(Node::as_map).into_iter().flatten();
            spans.extend(variables.filter(|(k, v)| is_leak(k, v)).filter_map(|(_, v)| v.span()));
        }
    }
    spans.sort_unstable();
    spans.dedup();
    spans
}

/// Whether a variable of that name holds a secret.
pub(super) fn is_secret_name(name: &str) -> bool {
    let name = name.to_lowercase().replace(['-', '.'], "_");
    let ends = [
        "_file",
        "_path",
        "_name",
        "_ttl",
        "_expiry",
        "_seconds",
        "_minutes",
        "_hours",
        "_days",
        "_length",
        "_count",
        "_limit",
        "_url",
        "_host",
        "_enabled",
        "_algorithm",
        "_ref",
        "_header",
    ];
    let words =
        ["password", "passwd", "secret", "token", "api_key", "apikey", "private_key", "access_key", "credential"];
    words.iter().any(|w| name.contains(w)) && !ends.iter().any(|e| name.ends_with(e)) && !name.starts_with("max_")
}

/// Whether a value is a secret by itself, whatever its name: a URL with a password, a well-known kind of key.
fn is_secret_text(text: &str) -> bool {
    let password = text.split_once("://").and_then(|(_, rest)| {
        let authority = rest.split(['/', '?', '#']).next()?;
        Some(authority.rsplit_once('@')?.0.split_once(':')?.1)
    });
    let known = ["sk-", "ghp_", "github_pat_", "xoxb-", "AKIA", "AIza", "-----BEGIN"];
    password.is_some_and(|p| !p.is_empty() && !is_reference(p))
        || (text.len() >= 16 && known.iter().any(|k| text.starts_with(k)))
}

fn is_reference(text: &str) -> bool {
    text.starts_with('$') || text.starts_with("{{")
}

fn is_leak(name: &str, value: &Node) -> bool {
    let Some(text) = value.as_str().filter(|t| !t.is_empty()) else {
        return matches!(value.tree, Tree::Int(_)) && is_secret_name(name) && name.to_lowercase().contains("passw");
    };
    let plain = !is_reference(text) && !matches!(text, "true" | "false");
    (is_secret_name(name) && plain) || is_secret_text(text)
}

/// Secrets in YAML: variables of containers, ConfigMaps, Secrets, values files, compose files.
fn plain<'a>(view: &'a View<'a>) -> Vec<Leak<'a>> {
    let mut leaks = Vec::new();
    for file in &view.files {
        if let Content::Yaml(documents) = &file.content {
            for document in documents {
                let kind = document.get_str("kind");
                if kind == Some("Secret") {
                    secret(file, document, &mut leaks);
                } else if kind != Some("CustomResourceDefinition") {
                    walk(file, document, &mut leaks);
                }
            }
        }
    }
    leaks
}

fn secret<'a>(file: &'a File<'a>, document: &Node, leaks: &mut Vec<Leak<'a>>) {
    for path in ["data", "stringData"] {
        for (key, value) in document.get(path).and_then(Node::as_map).into_iter().flatten() {
            if value.as_str().is_some_and(|t| !t.is_empty()) {
                leaks.push(Leak {
                    file,
                    what: format!("the Secret's `{key}`"),
                    at: value.key_span(),
                    value: value.span(),
                });
            }
        }
    }
}

fn walk<'a>(file: &'a File<'a>, node: &Node, leaks: &mut Vec<Leak<'a>>) {
    match &node.tree {
        Tree::Map(map) => {
            if let (Some(name), Some(value)) = (map.get("name").and_then(Node::as_str), map.get("value"))
                && is_leak(name, value)
            {
                leaks.push(Leak { file, what: format!("`{name}`"), at: value.key_span(), value: value.span() });
                return;
            }
            for (key, value) in map {
                let scalar = !matches!(value.tree, Tree::Map(_) | Tree::List(_));
                // `secretName: x` and `key: password` are names of secrets
                if scalar && !is_name(key) && is_leak(key, value) {
                    leaks.push(Leak { file, what: format!("`{key}`"), at: value.key_span(), value: value.span() });
                } else {
                    walk(file, value, leaks);
                }
            }
        }
        Tree::List(list) => {
            for item in list {
                // compose: `- NAME=value`
                let pair = item.as_str().and_then(|t| t.split_once('='));
                if let Some((name, value)) = pair
                    && is_leak(name, &item.with(Tree::Text(value.to_owned())))
                {
                    leaks.push(Leak { file, what: format!("`{name}`"), at: item.span(), value: item.span() });
                } else if item.as_str().is_some_and(is_secret_text) {
                    leaks.push(Leak { file, what: "a secret".to_owned(), at: item.span(), value: item.span() });
                } else {
                    walk(file, item, leaks);
                }
            }
        }
        _ => {}
    }
}

fn is_name(key: &str) -> bool {
    // the last two are kagent's: a Secret, and a key in it
    let names = ["secret", "secretName", "automountServiceAccountToken", "apiKeySecret", "apiKeySecretKey"];
    names.contains(&key) || key.contains('/')
}

pub(super) fn plaintext(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for leak in plain(view) {
        let message = format!("{} stands in `{}` in plain text", leak.what, leak.file.artifact.path);
        let fix = "name it under `secrets:` in the spec, and give the value through the environment or `.env`";
        out.file(leak.file, message, leak.at, "readable by all who read this file", fix);
    }
}

/// Secrets in Dockerfiles: settings, arguments, files.
fn docker<'a>(view: &'a View<'a>, sources: &Sources) -> Vec<Leak<'a>> {
    let mut leaks = Vec::new();
    for (file, dockerfile) in view.dockerfiles() {
        for line in &dockerfile.instructions {
            let words = line.arguments.split_whitespace();
            match line.keyword.as_str() {
                "ENV" | "ARG" => {
                    let old =
                        line.keyword == "ENV" && !line.arguments.split(' ').next().unwrap_or_default().contains('=');
                    let pairs: Vec<(&str, &str)> = if old {
                        line.arguments.split_once(' ').into_iter().collect()
                    } else {
                        words.filter_map(|w| w.split_once('=')).collect()
                    };
                    for (name, value) in pairs {
                        let value = value.trim_matches(['"', '\'']);
                        let node = Node {
                            tree: Tree::Text(value.to_owned()),
                            origin: Origin::Default("".into()),
                            requirements: vec![],
                        };
                        if is_leak(name, &node) {
                            // the value stands on this line or on one that continues it
                            let text = sources.text(file.id);
                            let from = line.span.start as usize;
                            let found = text.get(from..).and_then(|t| t.find(value)).map(|n| from + n);
                            let value = found.map(|n| Span::new(file.id, n, n + value.len()));
                            leaks.push(Leak { file, what: format!("`{name}`"), at: Some(line.span), value });
                        }
                    }
                }
                "COPY" | "ADD" => {
                    let name = |w: &str| w.rsplit('/').next().unwrap_or(w).to_owned();
                    let secret = |w: &str| {
                        w == ".env" || w.starts_with(".env.") || w.starts_with("id_rsa") || w.starts_with("id_ed25519")
                    };
                    for word in words.filter(|w| secret(&name(w)) && !w.contains("example")) {
                        leaks.push(Leak { file, what: format!("`{word}`"), at: Some(line.span), value: None });
                    }
                }
                _ => {}
            }
        }
    }
    leaks
}

pub(super) fn dockerfiles(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for leak in docker(view, view.sources) {
        let message = format!("{} becomes a part of the image of {}", leak.what, leak.file.artifact.identity.unit);
        let fix = "give it to the container through a Secret, or to a build step with `RUN --mount=type=secret`";
        out.file(leak.file, message, leak.at, "stays in a layer", fix);
    }
}
