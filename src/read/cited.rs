//! Lists of what is cited, each id once.

use std::collections::BTreeSet;

use crate::base::source::Span;

/// From how many ids on a list is looked up in a set.
const MANY: usize = 64;

/// The ids of one list, as a set when it is long.
#[derive(Default)]
pub(super) struct Cited(Option<BTreeSet<String>>);

impl Cited {
    /// Whether the list has an id.
    pub(super) fn has(&mut self, list: &[(String, Span)], id: &str) -> bool {
        if list.len() < MANY {
            return list.iter().any(|(known, _)| known == id);
        }
        self.0.get_or_insert_with(|| list.iter().map(|(known, _)| known.clone()).collect()).contains(id)
    }

    /// Adds an id, unless it is there.
    pub(super) fn add(&mut self, list: &mut Vec<(String, Span)>, id: impl AsRef<str> + Into<String>, span: Span) {
        if !self.has(list, id.as_ref()) {
            if let Some(set) = &mut self.0 {
                set.insert(id.as_ref().to_owned());
            }
            list.push((id.into(), span));
        }
    }
}
