//! Ids and what they belong to, found by halving: ids mostly come in their order, so that sorting them costs little.

/// The first index of each id.
pub(crate) struct IdIndex<'a>(Vec<(&'a str, usize)>);

impl<'a> IdIndex<'a> {
    pub(crate) fn new(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut sorted: Vec<(&str, usize)> = ids.enumerate().map(|(at, id)| (id, at)).collect();
        sorted.sort_by_key(|(id, _)| *id);
        Self(sorted)
    }

    pub(crate) fn get(&self, id: &str) -> Option<usize> {
        let first = self.0.partition_point(|(other, _)| *other < id);
        self.0.get(first).filter(|(other, _)| *other == id).map(|(_, at)| *at)
    }

    pub(crate) fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_an_id_is_found() {
        let index = IdIndex::new(["T2", "T1", "T10", "T2"].into_iter());
        assert_eq!(["T1", "T2", "T10", "T3", ""].map(|id| index.get(id)), [Some(1), Some(0), Some(2), None, None]);
        assert!(index.has("T1") && !index.has("T"));
    }
}
