//! Ids and what they belong to, found by halving: ids mostly come in their order, so that sorting them costs little.

/// The first position of each id.
pub struct IdIndex<'a>(Vec<Entry<'a>>);

struct Entry<'a> {
    /// How the id begins: most are told apart by that, without a look at where they stand.
    beginning: u64,
    id: &'a str,
    at: usize,
}

impl<'a> IdIndex<'a> {
    pub fn new(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut entries: Vec<Entry> =
            ids.enumerate().map(|(at, id)| Entry { beginning: beginning(id), id, at }).collect();
        entries.sort_by(|a, b| a.key().cmp(&b.key()));
        Self(entries)
    }

    /// The position of the first of that id.
    pub fn get(&self, id: &str) -> Option<usize> {
        let key = (beginning(id), id);
        let first = self.0.partition_point(|e| e.key() < key);
        self.0.get(first).filter(|e| e.key() == key).map(|e| e.at)
    }

    pub fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// Whether no id comes twice.
    pub fn is_unique(&self) -> bool {
        self.0.windows(2).all(|w| w[0].key() != w[1].key())
    }
}

impl Entry<'_> {
    fn key(&self) -> (u64, &str) {
        (self.beginning, self.id)
    }
}

/// The first eight bytes, as a number that orders as they do.
fn beginning(id: &str) -> u64 {
    let mut bytes = [0; 8];
    let length = id.len().min(8);
    bytes[..length].copy_from_slice(&id.as_bytes()[..length]);
    u64::from_be_bytes(bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_of_an_id_is_found() {
        let index = IdIndex::new(["T2", "T1", "T10", "T2", "FE-AUTH-12", "FE-AUTH-1"].into_iter());
        assert_eq!(["T1", "T2", "T10", "T3", ""].map(|id| index.get(id)), [Some(1), Some(0), Some(2), None, None]);
        assert_eq!(["FE-AUTH-1", "FE-AUTH-12", "FE-AUTH-13"].map(|id| index.get(id)), [Some(5), Some(4), None]);
        assert!(index.has("T1") && !index.has("T") && !index.is_unique());
        assert!(IdIndex::new(["T2", "T1"].into_iter()).is_unique());
    }
}
