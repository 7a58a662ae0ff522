//! What there is of the files that a task names: the ground for a tick, and for saying that one has none.

use crate::base::source::Span;
use crate::model::workspace::TaskKind;
use crate::read::paths::expand;

use super::join;
use super::names::Names;
use super::tasks::{Graph, TaskNode};

/// A file that a task says it makes or changes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Named {
    /// As written, braces taken apart.
    pub path: String,
    pub span: Span,
    /// Whether it is, by its path or another name, something that Bowline makes.
    pub artifact: bool,
    /// Where it may lie: the paths of the artifact; else as written, and below the folder that the feature's `specs` lie in.
    pub places: Vec<String>,
}

/// The files that a task says it makes or changes, in order. Patterns with `*`, folders, and bare names that could lie
/// anywhere are left out.
pub fn named(node: &TaskNode, names: &Names<'_>) -> Vec<Named> {
    if !matches!(node.task.kind, TaskKind::Produces | TaskKind::Edits) {
        return Vec::new();
    }
    let home = node.id().feature.0.split("specs/").next().filter(|h| h.ends_with('/'));
    let mut all = Vec::new();
    for (written, span) in node.task.paths.iter().filter(|(path, _)| !join::is_source(&node.task.title, path)) {
        for path in expand(written) {
            let path = path.trim_start_matches("./").to_owned();
            let known = names.paths_of(&path);
            let vague = !path.contains('/') || path.ends_with('/') || path.contains(['*', '?', '<', '$', '~', '{']);
            if known.is_empty() && (vague || names.is_folder(&path)) {
                continue;
            }
            let artifact = !known.is_empty();
            let places = if artifact {
                known
            } else {
                std::iter::once(path.clone()).chain(home.map(|h| format!("{h}{path}"))).collect()
            };
            all.push(Named { path, span: *span, artifact, places });
        }
    }
    all
}

/// The files that a ticked task says it made or changed and that are nowhere: a phantom completion.
pub fn phantom(graph: &Graph, node: &TaskNode, names: &Names<'_>, exists: &dyn Fn(&str) -> bool) -> Vec<Named> {
    if !node.task.done {
        return Vec::new();
    }
    // what another task took away was made all the same
    let takes_away = |n: &&TaskNode| n.task.kind == TaskKind::Removes;
    let removed =
        |path: &str| graph.tasks.iter().filter(takes_away).any(|n| n.task.paths.iter().any(|(p, _)| p == path));
    let mut found = named(node, names);
    found.retain(|n| !n.places.iter().any(|p| exists(p)) && !removed(&n.path));
    found
}
