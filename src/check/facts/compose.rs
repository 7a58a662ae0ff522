//! Compose files, as far as they say what is built from where and with which variables.

use std::collections::BTreeMap;

use crate::base::source::{FileId, Span};
use crate::base::tree::{Node, Tree};
use crate::read::repository::{folder, join};
use crate::read::yaml::{self, Piece};

use super::{Ground, is_test};

/// A variable: its name, where that stands, and its value where it is plain text.
pub(super) type Pair = (String, Span, Option<(String, Span)>);

/// A service of a compose file.
pub(super) struct Service {
    pub file: FileId,
    pub path: String,
    pub name: String,
    pub build: Option<Build>,
    pub environment: Vec<Pair>,
    /// Whether variables come from a file besides.
    pub env_file: bool,
    /// Whether it runs something else than the image's own command, or another stage of it.
    pub commanded: bool,
    /// Where its build is named.
    pub at: Span,
}

/// What a service is built from.
pub(super) struct Build {
    /// Relative to the repository.
    pub context: String,
    /// Relative to the repository.
    pub dockerfile: String,
    pub args: BTreeMap<String, Span>,
}

/// The services of every compose file that can be read.
pub(super) fn read(ground: &mut Ground<'_>) -> Vec<Service> {
    let mut services = Vec::new();
    for path in ground.repository.compose_files().into_iter().filter(|p| !is_test(p)) {
        let Some(file) = ground.text(&path) else { continue };
        let Ok(node) = yaml::parse(&Piece::at(file, ground.sources.text(file), 0)) else { continue };
        for (name, service) in node.get("services").and_then(Node::as_map).into_iter().flatten() {
            let Some(at) = service.key_span() else { continue };
            let other = ["command", "entrypoint", "build.target", "develop"];
            services.push(Service {
                at,
                commanded: other.iter().any(|k| service.get(k).is_some()),
                file,
                path: path.clone(),
                name: name.clone(),
                build: service.get("build").and_then(|b| build(&path, b)),
                environment: service.get("environment").map(pairs).unwrap_or_default(),
                env_file: service.get("env_file").is_some() || service.get("extends").is_some(),
            });
        }
    }
    services
}

fn build(compose: &str, node: &Node) -> Option<Build> {
    let (context, dockerfile) = match &node.tree {
        Tree::Text(context) => (context.as_str(), "Dockerfile"),
        Tree::Map(_) if node.get("dockerfile_inline").is_some() => return None,
        Tree::Map(_) => (
            node.get("context").map_or(Some("."), Node::as_str)?,
            node.get("dockerfile").map_or(Some("Dockerfile"), Node::as_str)?,
        ),
        _ => return None,
    };
    let elsewhere = |t: &str| t.contains('$') || t.contains("://") || t.starts_with(['/', '~']) || t.contains("git@");
    if elsewhere(context) || elsewhere(dockerfile) {
        return None;
    }
    let context = join(folder(compose), context);
    let dockerfile = join(&context, dockerfile);
    let args = node.get("args").map(pairs).unwrap_or_default();
    Some(Build { context, dockerfile, args: args.into_iter().map(|(name, span, _)| (name, span)).collect() })
}

/// `NAME: value` and `- NAME=value`, both of which Compose takes.
fn pairs(node: &Node) -> Vec<Pair> {
    let text = |node: &Node| Some((node.as_str()?.to_owned(), node.span()?));
    match &node.tree {
        Tree::Map(map) => map.iter().filter_map(|(k, v)| Some((k.clone(), v.key_span()?, text(v)))).collect(),
        Tree::List(list) => list
            .iter()
            .filter_map(|item| {
                let (whole, span) = text(item)?;
                let (name, value) = whole.split_once('=').map_or((whole.as_str(), None), |(n, v)| (n, Some(v)));
                Some((name.to_owned(), span, value.map(|v| (v.to_owned(), span))))
            })
            .collect(),
        _ => Vec::new(),
    }
}
