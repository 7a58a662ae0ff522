//! The walker: one pass over an object beside its type, reporting everything.

use std::fmt::Write;

use crate::base::source::Span;
use crate::base::tree::{Node, Tree};

use super::embedded::{Field, Schema, Type};

/// One thing that is wrong, with its path (`spec.template.spec.containers[0].name`).
#[derive(Debug, PartialEq, Eq)]
pub enum Problem<'a> {
    Unknown { path: String, name: &'a str, span: Option<Span>, known: Vec<&'a str> },
    Missing { path: String, name: &'a str, span: Option<Span> },
    Type { path: String, wanted: &'static str, found: String, span: Option<Span> },
}

/// Everything in `node` that `ty` does not allow, in the order of the file.
pub fn problems<'a>(schema: &'a Schema, ty: &'a Type, node: &'a Node) -> Vec<Problem<'a>> {
    let mut walk = Walk { schema, path: Vec::new(), found: Vec::new() };
    walk.object(ty, node);
    walk.found.sort_by_key(|p| match p {
        Problem::Unknown { span, .. } | Problem::Missing { span, .. } | Problem::Type { span, .. } => *span,
    });
    walk.found
}

enum Step<'a> {
    Key(&'a str),
    Index(usize),
}

struct Walk<'a> {
    schema: &'a Schema,
    path: Vec<Step<'a>>,
    found: Vec<Problem<'a>>,
}

impl<'a> Walk<'a> {
    fn object(&mut self, ty: &'a Type, node: &'a Node) {
        let Some(map) = node.as_map() else { return self.wrong(node, "a map") };
        for (name, value) in map {
            self.path.push(Step::Key(name));
            match ty.fields.get(name) {
                // null is how YAML says that a field is not there
                Some(_) if value.is_null() => {}
                Some(field) => self.field(field, value),
                None => {
                    let known = ty.fields.keys().map(String::as_str).collect();
                    self.found.push(Problem::Unknown { path: self.here(), name, span: value.key_span(), known });
                }
            }
            self.path.pop();
        }
        for name in &ty.required {
            if map.get(name).is_none_or(Node::is_null) {
                self.path.push(Step::Key(name));
                // the key above says where it belongs; an element of a list has none
                let span = node.key_span();
                self.found.push(Problem::Missing { path: self.here(), name, span });
                self.path.pop();
            }
        }
    }

    fn field(&mut self, field: &'a Field, node: &'a Node) {
        let fits = match (field, &node.tree) {
            (Field::Object(name), _) => {
                if let Some(ty) = self.schema.object(name) {
                    self.object(ty, node);
                }
                return;
            }
            (Field::List(inner), Tree::List(list)) => {
                for (index, item) in list.iter().enumerate() {
                    self.path.push(Step::Index(index));
                    self.field(inner, item);
                    self.path.pop();
                }
                return;
            }
            (Field::Map(inner), Tree::Map(map)) => {
                for (key, value) in map {
                    self.path.push(Step::Key(key));
                    if !value.is_null() {
                        self.field(inner, value);
                    }
                    self.path.pop();
                }
                return;
            }
            (Field::Any, _)
            | (Field::Text | Field::Time | Field::Bytes | Field::Quantity | Field::IntOrText, Tree::Text(_))
            | (Field::Bool, Tree::Bool(_))
            | (Field::Int64, Tree::Int(_))
            | (Field::Number | Field::Quantity, Tree::Int(_) | Tree::Float(_)) => true,
            (Field::Int32 | Field::IntOrText, Tree::Int(i)) => i32::try_from(*i).is_ok(),
            _ => false,
        };
        if !fits {
            self.wrong(node, wanted(field));
        }
    }

    fn wrong(&mut self, node: &Node, wanted: &'static str) {
        let found = match &node.tree {
            Tree::Null => "empty".to_owned(),
            Tree::Bool(b) => format!("`{b}`"),
            Tree::Int(i) => format!("the number {i}"),
            Tree::Float(f) => format!("the number {f}"),
            Tree::Text(_) => "text".to_owned(),
            Tree::List(_) => "a list".to_owned(),
            Tree::Map(_) => "a map".to_owned(),
        };
        self.found.push(Problem::Type { path: self.here(), wanted, found, span: node.span() });
    }

    fn here(&self) -> String {
        let mut path = String::new();
        for step in &self.path {
            match step {
                Step::Key(key) if path.is_empty() => path.push_str(key),
                // writing to a String cannot fail
                Step::Key(key) => _ = write!(path, ".{key}"),
                Step::Index(index) => _ = write!(path, "[{index}]"),
            }
        }
        if path.is_empty() { "the object".to_owned() } else { path }
    }
}

fn wanted(field: &Field) -> &'static str {
    match field {
        Field::Text => "text",
        Field::Int32 | Field::Int64 => "a whole number",
        Field::Number => "a number",
        Field::Bool => "`true` or `false`",
        Field::Quantity => "a quantity",
        Field::IntOrText => "a whole number or text",
        Field::Time => "a time",
        Field::Bytes => "text in base64",
        Field::List(_) => "a list",
        Field::Map(_) | Field::Object(_) | Field::Any => "a map",
    }
}

/// One value of an object, with the type and field that it stands in.
#[derive(Clone, Copy)]
pub struct Visit<'a> {
    /// Such as `core.v1.Container`.
    pub ty: &'a str,
    /// The field of that type; empty when `node` is the object of type `ty` itself.
    pub field: &'a str,
    pub shape: &'a Field,
    pub node: &'a Node,
}

/// Calls `f` for every value of the object that has a type: the object before its fields, lists before their items.
pub fn visit<'a>(schema: &'a Schema, ty: &'a str, node: &'a Node, f: &mut impl FnMut(Visit<'a>)) {
    let (Some(fields), Some(map)) = (schema.object(ty).map(|t| &t.fields), node.as_map()) else { return };
    f(Visit { ty, field: "", shape: &Field::Any, node });
    for (name, value) in map {
        if let Some((field, shape)) = fields.get_key_value(name) {
            inner(schema, ty, field, shape, value, f);
        }
    }
}

fn inner<'a>(
    schema: &'a Schema,
    ty: &'a str,
    field: &'a str,
    shape: &'a Field,
    node: &'a Node,
    f: &mut impl FnMut(Visit<'a>),
) {
    f(Visit { ty, field, shape, node });
    match (shape, &node.tree) {
        (Field::Object(name), _) => visit(schema, name, node, f),
        (Field::List(item), Tree::List(list)) => {
            for n in list {
                inner(schema, ty, field, item, n, f);
            }
        }
        (Field::Map(item), Tree::Map(map)) => {
            for n in map.values() {
                inner(schema, ty, field, item, n, f);
            }
        }
        _ => {}
    }
}
