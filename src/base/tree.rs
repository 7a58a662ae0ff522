//! A tree of values in which each value remembers where it came from and which requirement asked for it.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde_json::Value as Json;

use super::shared_map::SharedMap;
use super::source::Span;

/// Why a value is what it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Written in a document: the value's own bytes, and its key's where it has one.
    Written { value: Span, key: Option<Span> },
    /// Not written; the text says which default or detection gave it (`two replicas unless a spec says otherwise`).
    Default(Arc<str>),
}

/// A value with its origin and the requirements that its line cites (nearest comment wins).
#[derive(Clone, Debug, PartialEq)]
pub struct Node {
    pub tree: Tree,
    pub origin: Origin,
    /// Requirement ids as written, such as `FR-010`; empty for defaults.
    pub requirements: Vec<String>,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Tree {
    Null,
    Bool(bool),
    Int(i64),
    Float(f64),
    Text(String),
    List(Vec<Node>),
    Map(SharedMap),
}

impl Node {
    /// A value that no document wrote.
    pub fn default(tree: Tree, why: impl Into<Arc<str>>) -> Self {
        Self { tree, origin: Origin::Default(why.into()), requirements: Vec::new() }
    }

    /// A tree of values that no document wrote, all for one reason.
    pub fn from_json(value: &Json, why: impl Into<Arc<str>>) -> Self {
        fn below(value: &Json, why: &Arc<str>) -> Node {
            let tree = match value {
                Json::Null => Tree::Null,
                Json::Bool(b) => Tree::Bool(*b),
                Json::Number(n) => n.as_i64().map_or_else(|| Tree::Float(n.as_f64().unwrap_or_default()), Tree::Int),
                Json::String(text) => Tree::Text(text.clone()),
                Json::Array(list) => Tree::List(list.iter().map(|v| below(v, why)).collect()),
                Json::Object(map) => Tree::Map(map.iter().map(|(k, v)| (k.clone(), below(v, why))).collect()),
            };
            Node::default(tree, why.clone())
        }
        below(value, &why.into())
    }

    /// A string that no document wrote.
    pub fn text(text: impl Into<String>, why: impl Into<Arc<str>>) -> Self {
        Self::default(Tree::Text(text.into()), why)
    }

    pub fn empty_map(why: impl Into<Arc<str>>) -> Self {
        Self::default(Tree::Map(SharedMap::default()), why)
    }

    /// The same origin and requirements around another value.
    #[must_use]
    pub fn with(&self, tree: Tree) -> Self {
        Self { tree, origin: self.origin.clone(), requirements: self.requirements.clone() }
    }

    /// Gives this and all below it the origin of what it was made from.
    pub fn adopt(&mut self, from: &Self) {
        self.origin = from.origin.clone();
        self.requirements.clone_from(&from.requirements);
        match &mut self.tree {
            Tree::Map(map) => map.values_mut().for_each(|n| n.adopt(from)),
            Tree::List(list) => list.iter_mut().for_each(|n| n.adopt(from)),
            _ => {}
        }
    }

    /// Follows a dotted path of map keys; keys with dots in them cannot be reached this way.
    pub fn get(&self, path: &str) -> Option<&Self> {
        path.split('.').try_fold(self, |node, key| node.as_map()?.get(key))
    }

    pub fn get_str(&self, path: &str) -> Option<&str> {
        match &self.get(path)?.tree {
            Tree::Text(s) => Some(s),
            _ => None,
        }
    }

    pub fn get_int(&self, path: &str) -> Option<i64> {
        match self.get(path)?.tree {
            Tree::Int(i) => Some(i),
            _ => None,
        }
    }

    pub fn get_bool(&self, path: &str) -> Option<bool> {
        match self.get(path)?.tree {
            Tree::Bool(b) => Some(b),
            _ => None,
        }
    }

    /// Puts `value` at a dotted path, making maps on the way; returns the node it replaced.
    pub fn put(&mut self, path: &str, value: Self) -> Option<Self> {
        let (head, rest) = path.split_once('.').map_or((path, None), |(h, r)| (h, Some(r)));
        if !matches!(self.tree, Tree::Map(_)) {
            self.tree = Tree::Map(SharedMap::default());
        }
        let Tree::Map(map) = &mut self.tree else { return None };
        match rest {
            None => map.insert(head.to_owned(), value),
            Some(rest) => {
                let why = match &value.origin {
                    Origin::Default(why) => why.clone(),
                    Origin::Written { .. } => Arc::from(""),
                };
                let origin = value.origin.clone();
                map.entry(head.to_owned()).or_insert_with(|| Self { origin, ..Self::empty_map(why) }).put(rest, value)
            }
        }
    }

    /// Puts `value` at `path` unless something stands there.
    pub fn put_default(&mut self, path: &str, value: Self) {
        if self.get(path).is_none() {
            self.put(path, value);
        }
    }

    pub fn remove(&mut self, key: &str) -> Option<Self> {
        match &mut self.tree {
            Tree::Map(map) => map.remove(key),
            _ => None,
        }
    }

    pub fn as_map(&self) -> Option<&BTreeMap<String, Self>> {
        match &self.tree {
            Tree::Map(map) => Some(map),
            _ => None,
        }
    }

    pub fn as_list(&self) -> Option<&[Self]> {
        match &self.tree {
            Tree::List(list) => Some(list),
            _ => None,
        }
    }

    pub fn as_str(&self) -> Option<&str> {
        match &self.tree {
            Tree::Text(s) => Some(s),
            _ => None,
        }
    }

    pub fn is_null(&self) -> bool {
        matches!(self.tree, Tree::Null)
    }

    /// Where the value is written, if it is.
    pub fn span(&self) -> Option<Span> {
        match self.origin {
            Origin::Written { value, .. } => Some(value),
            Origin::Default(_) => None,
        }
    }

    /// Where the key is written, else the value.
    pub fn key_span(&self) -> Option<Span> {
        match self.origin {
            Origin::Written { value, key } => Some(key.unwrap_or(value)),
            Origin::Default(_) => None,
        }
    }

    /// The plain value. Map keys come sorted.
    pub fn json(&self) -> Json {
        match &self.tree {
            Tree::Null => Json::Null,
            Tree::Bool(b) => Json::Bool(*b),
            Tree::Int(i) => Json::from(*i),
            Tree::Float(f) => Json::from(*f),
            Tree::Text(s) => Json::String(s.clone()),
            Tree::List(list) => list.iter().map(Self::json).collect(),
            Tree::Map(map) => Json::Object(map.iter().map(|(k, v)| (k.clone(), v.json())).collect()),
        }
    }

    /// Lays `over` on top, by Helm's rule: maps merge, everything else replaces, null removes.
    #[must_use]
    pub fn overlay(&self, over: &Self) -> Self {
        self.merge(over, false)
    }

    /// Like [`Node::overlay`], but null removes nothing: what any of the two has, the result has.
    #[must_use]
    pub fn union(&self, over: &Self) -> Self {
        self.merge(over, true)
    }

    fn merge(&self, over: &Self, keep: bool) -> Self {
        let (Tree::Map(below), Tree::Map(above)) = (&self.tree, &over.tree) else {
            return over.clone();
        };
        if below.is_same(above) && keep {
            return self.clone();
        }
        let mut map = below.clone();
        for (key, value) in above {
            if value.is_null() {
                if !keep {
                    map.remove(key);
                }
            } else {
                // laid on nothing, a null below has nothing to remove
                let merged = match map.get(key) {
                    Some(old) => old.merge(value, keep),
                    None if value.as_map().is_some() => value.with(Tree::Map(SharedMap::default())).merge(value, keep),
                    None => value.clone(),
                };
                map.insert(key.clone(), merged);
            }
        }
        // an environment that only adds to a map does not become the map's origin
        Self { tree: Tree::Map(map), origin: self.origin.clone(), requirements: self.requirements.clone() }
    }
}
