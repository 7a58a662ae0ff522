//! Checks a typed block against the table of fields: unknown keys, wrong kinds of value, all of them at once.

use crate::base::diag::Diagnostic;
use crate::base::shared_map::SharedMap;
use crate::base::suggest::did_you_mean;
use crate::base::tree::{Node, Tree};
use crate::model::dns::is_name;
use crate::model::fields::{Field, Shape};
use crate::model::grammars::Grammar;
use crate::model::quantity::is_amount;

use super::expand::scalar_text;

/// Everything in `node` that does not fit `shape`. `path` is what the message calls the place.
pub fn check(node: &Node, shape: &Shape, path: &str, out: &mut Vec<Diagnostic>) {
    if node.is_null() {
        // null removes, in an environment; elsewhere it is as good as absent
        return;
    }
    match shape {
        Shape::Text => text(node, path, "a text", out),
        Shape::Scalar => {
            if matches!(node.tree, Tree::List(_) | Tree::Map(_)) {
                wrong(node, path, "a single value", out);
            }
        }
        Shape::Name(most) => match node.as_str() {
            Some(name) if is_name(name, *most) => {}
            _ => {
                wrong(
                    node,
                    path,
                    &format!("a name of lower-case letters, digits and dashes, at most {most} long"),
                    out,
                );
            }
        },
        Shape::Integer(min, max) => match node.tree {
            Tree::Int(i) if (*min..=*max).contains(&i) => {}
            _ => wrong(node, path, &format!("a whole number from {min} to {max}"), out),
        },
        Shape::Boolean => {
            if !matches!(node.tree, Tree::Bool(_)) {
                wrong(node, path, "true or false", out);
            }
        }
        Shape::Quantity => match &node.tree {
            Tree::Int(i) if *i >= 0 => {}
            Tree::Float(f) if *f >= 0.0 => {}
            Tree::Text(t) if is_amount(t) => {}
            _ => wrong(node, path, "a quantity such as 250m or 256Mi", out),
        },
        Shape::Choice(choices) => match node.as_str() {
            Some(word) if choices.contains(&word) => {}
            Some(word) => {
                let fix = did_you_mean(word, choices.iter().copied());
                let mut d = mismatch(node, path, &format!("one of {}", quoted(choices.iter().copied())));
                if let Some(fix) = fix {
                    d = d.fix(fix);
                }
                out.push(d);
            }
            None => wrong(node, path, &format!("one of {}", quoted(choices.iter().copied())), out),
        },
        Shape::ListOf(item) => match node.as_list() {
            Some(list) => {
                for (i, n) in list.iter().enumerate() {
                    let below = format!("{path}[{i}]");
                    if n.is_null() { wrong(n, &below, "something", out) } else { check(n, item, &below, out) }
                }
            }
            None => wrong(node, path, "a list", out),
        },
        Shape::MapOf(value) => entries(node, None, value, path, out),
        Shape::Keyed(grammar, value) => entries(node, Some(grammar), value, path, out),
        Shape::Word(grammar) => match &scalar_text(node).tree {
            Tree::Text(text) if (grammar.fits)(text) => {}
            _ => wrong(node, path, grammar.what, out),
        },
        Shape::Fields(fields) => known_fields(node, fields, path, out),
        Shape::Either(shapes) => {
            if let Some(shape) = shapes.iter().find(|s| fits_kind(node, s)) {
                check(node, shape, path, out);
            } else {
                let kinds: Vec<_> = shapes.iter().map(kind_name).collect();
                wrong(node, path, &kinds.join(" or "), out);
            }
        }
    }
}

/// A map whose keys are the user's own, and fit `keys` where that is given.
fn entries(node: &Node, keys: Option<&Grammar>, shape: &Shape, path: &str, out: &mut Vec<Diagnostic>) {
    let Some(map) = node.as_map() else { return wrong(node, path, "a map", out) };
    for (key, value) in map {
        match keys.filter(|grammar| !(grammar.fits)(key)) {
            None => entry(value, shape, path, key, out),
            Some(grammar) => out.push(
                Diagnostic::error("field-shape", format!("`{key}` cannot be a key of `{path}`"))
                    .at(value.key_span(), format!("expected {}", grammar.what)),
            ),
        }
    }
}

/// An entry of such a map. Null removes it in an environment, and says nothing elsewhere.
fn entry(node: &Node, shape: &Shape, path: &str, key: &str, out: &mut Vec<Diagnostic>) {
    let below = format!("{path}.{key}");
    let single = matches!(shape, Shape::Text | Shape::Scalar | Shape::Word(_) | Shape::Quantity);
    if node.is_null() && single && !path.starts_with("environments.") {
        out.push(
            Diagnostic::error("field-shape", format!("`{below}` has no value"))
                .at(node.key_span(), "nothing stands behind it")
                .fix("write the value, `\"\"` for an empty text, or remove the line"),
        );
    } else {
        check(node, shape, &below, out);
    }
}

/// Takes away the fields that are null, outside of `environments`, where null removes. What a probe tries may be left
/// empty: `tcpSocket:` alone is the first port.
pub(super) fn without_nulls(node: &mut Node, shape: &Shape) {
    match (shape, &mut node.tree) {
        (Shape::Fields(fields), Tree::Map(map)) => {
            map.retain(|key, value| !value.is_null() || matches!(key.as_str(), "httpGet" | "tcpSocket" | "exec"));
            for (key, value) in map.iter_mut().filter(|(key, _)| *key != "environments") {
                if value.is_null() {
                    value.tree = Tree::Map(SharedMap::default());
                } else if let Some(field) = fields.iter().find(|f| f.name == key) {
                    without_nulls(value, &field.shape);
                }
            }
        }
        (Shape::MapOf(item) | Shape::Keyed(_, item), Tree::Map(map)) => {
            map.values_mut().for_each(|value| without_nulls(value, item));
        }
        (Shape::ListOf(item), Tree::List(list)) => list.iter_mut().for_each(|value| without_nulls(value, item)),
        (Shape::Either(shapes), _) => {
            if let Some(shape) = shapes.iter().find(|s| fits_kind(node, s)) {
                without_nulls(node, shape);
            }
        }
        _ => {}
    }
}

fn known_fields(node: &Node, fields: &[Field], path: &str, out: &mut Vec<Diagnostic>) {
    let Some(map) = node.as_map() else { return wrong(node, path, "a map", out) };
    for (key, value) in map {
        if let Some(field) = fields.iter().find(|f| f.name == key) {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            check(value, &field.shape, &below, out);
            continue;
        }
        let place = if path.is_empty() { "the block".to_owned() } else { format!("`{path}`") };
        let names: Vec<&str> = fields.iter().map(|f| f.name).collect();
        let fix = did_you_mean(key, names.iter().copied())
            .unwrap_or_else(|| format!("use one of {}, or remove the line", quoted(names.iter().copied())));
        out.push(
            Diagnostic::error("field-unknown", format!("{place} has no field `{key}`"))
                .at(value.key_span(), "not a field")
                .fix(fix),
        );
    }
}

fn fits_kind(node: &Node, shape: &Shape) -> bool {
    match shape {
        Shape::ListOf(_) => matches!(node.tree, Tree::List(_)),
        Shape::MapOf(_) | Shape::Keyed(..) | Shape::Fields(_) => matches!(node.tree, Tree::Map(_)),
        Shape::Either(shapes) => shapes.iter().any(|s| fits_kind(node, s)),
        _ => !matches!(node.tree, Tree::List(_) | Tree::Map(_)),
    }
}

fn kind_name(shape: &Shape) -> &'static str {
    match shape {
        Shape::ListOf(_) => "a list",
        Shape::MapOf(_) | Shape::Keyed(..) | Shape::Fields(_) => "a map",
        Shape::Integer(..) => "a whole number",
        _ => "a single value",
    }
}

fn text(node: &Node, path: &str, what: &str, out: &mut Vec<Diagnostic>) {
    if node.as_str().is_none() {
        wrong(node, path, what, out);
    }
}

fn wrong(node: &Node, path: &str, wanted: &str, out: &mut Vec<Diagnostic>) {
    out.push(mismatch(node, path, wanted));
}

fn mismatch(node: &Node, path: &str, wanted: &str) -> Diagnostic {
    Diagnostic::error("field-shape", format!("`{path}` must be {wanted}")).at(node.span(), format!("expected {wanted}"))
}

fn quoted<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
}

/// Characters that Helm's YAML printer loses or alters: DEL and the C1 controls. They are refused everywhere.
pub fn control_characters(node: &Node, path: &str, out: &mut Vec<Diagnostic>) {
    match &node.tree {
        Tree::Text(text) => {
            if let Some(c) = text.chars().find(|c| ('\u{7f}'..='\u{9f}').contains(c)) {
                out.push(
                    Diagnostic::error(
                        "text-control",
                        format!("`{path}` holds the control character U+{:04X}, which Helm cannot carry", u32::from(c)),
                    )
                    .at(node.span(), "in this text")
                    .fix("remove the character"),
                );
            }
        }
        Tree::List(list) => {
            list.iter().enumerate().for_each(|(i, n)| control_characters(n, &format!("{path}[{i}]"), out));
        }
        Tree::Map(map) => map.iter().for_each(|(k, n)| {
            let below = if path.is_empty() { k.clone() } else { format!("{path}.{k}") };
            control_characters(n, &below, out);
        }),
        _ => {}
    }
}
