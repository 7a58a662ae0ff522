//! Ids and what they belong to, found by halving: ids mostly come in their order, so that sorting them costs little.

/// The first position of each id.
pub struct IdIndex<'a> {
    /// How the ids begin, in their order: most are told apart by that, without a look at where they stand.
    beginnings: Vec<u64>,
    ids: Vec<(&'a str, usize)>,
}

impl<'a> IdIndex<'a> {
    pub fn new(ids: impl Iterator<Item = &'a str>) -> Self {
        let mut entries: Vec<(u64, &str, usize)> = ids.enumerate().map(|(at, id)| (beginning(id), id, at)).collect();
        entries.sort_by(|a, b| (a.0, a.1).cmp(&(b.0, b.1)));
        Self {
            beginnings: entries.iter().map(|(beginning, ..)| *beginning).collect(),
            ids: entries.into_iter().map(|(_, id, at)| (id, at)).collect(),
        }
    }

    /// The position of the first of that id.
    pub fn get(&self, id: &str) -> Option<usize> {
        let wanted = beginning(id);
        let first = self.beginnings.partition_point(|b| *b < wanted);
        let found = self.ids.get(first).filter(|_| self.beginnings[first] == wanted)?;
        if found.0 == id {
            return Some(found.1);
        }
        let alike = self.beginnings[first..].partition_point(|b| *b == wanted);
        let alike = &self.ids[first..first + alike];
        alike.get(alike.partition_point(|(other, _)| *other < id)).filter(|(other, _)| *other == id).map(|(_, at)| *at)
    }

    pub fn has(&self, id: &str) -> bool {
        self.get(id).is_some()
    }

    /// Whether no id comes twice.
    pub fn is_unique(&self) -> bool {
        let same = |at: usize| self.beginnings[at] == self.beginnings[at + 1] && self.ids[at].0 == self.ids[at + 1].0;
        !(0..self.ids.len().saturating_sub(1)).any(same)
    }
}

/// The first eight bytes, as a number that orders as they do.
fn beginning(id: &str) -> u64 {
    if let Some(beginning) = id.as_bytes().first_chunk() {
        return u64::from_be_bytes(*beginning);
    }
    let shorter = id.bytes().fold(0, |all, byte| all << 8 | u64::from(byte));
    // nothing is left of an empty id
    shorter.checked_shl(64 - 8 * u32::try_from(id.len()).unwrap_or(0)).unwrap_or(0)
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
