//! Features are increments of one app: their blocks merge into one tree, each field with one owner.

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Span};
use crate::base::tree::{Node, Origin, Tree};
use crate::model::ids::FeatureId;
use crate::model::workspace::Documents;

/// The merged block, and the fields that a later feature took over.
pub struct Merged {
    pub tree: Node,
    /// Path, the place it had, the place that took over.
    pub superseded: Vec<(String, Span, Span)>,
    /// Features with a block, in order.
    pub features: Vec<FeatureId>,
}

/// Merges the blocks of all features in their order. A field set twice without `supersedes` is an error that
/// shows both lines.
pub fn merge(documents: &Documents, out: &mut Vec<Diagnostic>) -> Option<Merged> {
    let mut merged: Option<Node> = None;
    let (mut superseded, mut features) = (Vec::new(), Vec::new());
    let owner = |file: FileId| documents.features.iter().find(|f| f.spec == Some(file));
    for feature in &documents.features {
        for block in &feature.blocks {
            let mut tree = block.node.clone();
            let takes_over: Vec<String> = match tree.remove("supersedes").map(|n| n.tree) {
                Some(Tree::Text(name)) => vec![name],
                Some(Tree::List(names)) => names.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect(),
                _ => Vec::new(),
            };
            if features.last() != Some(&feature.id) {
                features.push(feature.id.clone());
            }
            match &mut merged {
                None => merged = Some(tree),
                Some(below) => {
                    let mut may = |old: Span| {
                        owner(old.file).is_some_and(|f| takes_over.iter().any(|n| **n == *f.id.0 || n == f.id.short()))
                    };
                    lay(below, &tree, "", &mut may, &mut superseded, out);
                }
            }
        }
    }
    merged.map(|tree| Merged { tree, superseded, features })
}

fn lay(
    below: &mut Node,
    above: &Node,
    path: &str,
    may_replace: &mut dyn FnMut(Span) -> bool,
    superseded: &mut Vec<(String, Span, Span)>,
    out: &mut Vec<Diagnostic>,
) {
    if let (Tree::Map(map), Tree::Map(new)) = (&mut below.tree, &above.tree) {
        for (key, value) in new {
            let at = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            match map.get_mut(key) {
                Some(old) => lay(old, value, &at, may_replace, superseded, out),
                None => {
                    map.insert(key.clone(), value.clone());
                }
            }
        }
        return;
    }
    if below.json() == above.json() && path == "app.name" {
        return;
    }
    let (Some(old), Some(new)) = (below.key_span(), above.key_span()) else { return };
    if may_replace(old) {
        superseded.push((path.to_owned(), old, new));
        *below = above.clone();
        return;
    }
    let file_of = |n: &Node| match n.origin {
        Origin::Written { value, .. } => Some(value.file),
        Origin::Default(_) => None,
    };
    let diagnostic = if path == "app.name" {
        Diagnostic::error("app-twice", "one workspace describes one app, and these blocks name two")
            .fix("give both blocks the same `app.name`")
    } else {
        let fix = if file_of(below) == file_of(above) {
            "keep one of the two"
        } else {
            "remove one of the two, or let the later feature take the field over with `supersedes: <feature>`"
        };
        Diagnostic::error("field-twice", format!("`{path}` is set by two blocks")).fix(fix)
    };
    out.push(diagnostic.at(new, "set again here").and(old, "set here first"));
}
