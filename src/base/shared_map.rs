//! A map of nodes that copies share until one of them changes.

use std::collections::{BTreeMap, btree_map};
use std::ops::{Deref, DerefMut};
use std::sync::Arc;

use super::tree::Node;

/// Reads as the map it holds. A copy costs nothing; the first change to a copy copies this one level, whose values
/// go on being shared. Models of environments, which differ in a value or two, are the reason.
#[derive(Clone, Debug, Default)]
pub struct SharedMap(Arc<BTreeMap<String, Node>>);

impl SharedMap {
    /// Whether the two are one: then they are equal, and nothing below needs to be looked at.
    pub fn is_same(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }
}

impl Deref for SharedMap {
    type Target = BTreeMap<String, Node>;

    fn deref(&self) -> &Self::Target {
        &self.0
    }
}

impl DerefMut for SharedMap {
    fn deref_mut(&mut self) -> &mut Self::Target {
        Arc::make_mut(&mut self.0)
    }
}

impl PartialEq for SharedMap {
    fn eq(&self, other: &Self) -> bool {
        self.is_same(other) || self.0 == other.0
    }
}

impl From<BTreeMap<String, Node>> for SharedMap {
    fn from(map: BTreeMap<String, Node>) -> Self {
        Self(Arc::new(map))
    }
}

impl FromIterator<(String, Node)> for SharedMap {
    fn from_iter<I: IntoIterator<Item = (String, Node)>>(entries: I) -> Self {
        Self(Arc::new(entries.into_iter().collect()))
    }
}

impl IntoIterator for SharedMap {
    type Item = (String, Node);
    type IntoIter = btree_map::IntoIter<String, Node>;

    fn into_iter(self) -> Self::IntoIter {
        Arc::unwrap_or_clone(self.0).into_iter()
    }
}

impl<'a> IntoIterator for &'a SharedMap {
    type Item = (&'a String, &'a Node);
    type IntoIter = btree_map::Iter<'a, String, Node>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_change_to_a_copy_leaves_the_other_as_it_was() {
        let one: SharedMap = [("a".to_owned(), Node::text("1", ""))].into_iter().collect();
        let mut other = one.clone();
        assert!(other.is_same(&one));
        other.insert("b".to_owned(), Node::text("2", ""));
        assert_eq!((one.len(), other.len()), (1, 2));
        assert_ne!(one, other);
        other.remove("b");
        assert!(!other.is_same(&one));
        assert_eq!(one, other);
    }
}
