//! Lists of words that are asked about every word of a text: most are told apart without a comparison.

/// Lengths from here on are one.
const LONG: usize = 31;

/// Words between single spaces, those with one first byte side by side.
pub(crate) struct WordSet {
    words: &'static str,
    /// For each first byte, the lengths of the words that begin with it, as bits.
    lengths: [u32; 256],
    /// For each first byte, where the first of those words stands.
    starts: [u16; 256],
}

impl WordSet {
    pub(crate) const fn new(words: &'static str) -> Self {
        let bytes = words.as_bytes();
        let mut set = Self { words, lengths: [0; 256], starts: [0; 256] };
        let (mut start, mut at) = (0, 0);
        while at <= bytes.len() {
            if at == bytes.len() || bytes[at] == b' ' {
                let first = bytes[start] as usize;
                if set.lengths[first] == 0 {
                    assert!(start <= u16::MAX as usize);
                    #[expect(clippy::cast_possible_truncation, reason = "asserted, and at compile time")]
                    let offset = start as u16;
                    set.starts[first] = offset;
                }
                assert!(start == 0 || set.lengths[first] == 0 || bytes[start] == bytes[Self::before(bytes, start)]);
                set.lengths[first] |= Self::bit(at - start);
                start = at + 1;
            }
            at += 1;
        }
        set
    }

    /// Where the word before the one at `start` begins.
    const fn before(bytes: &[u8], start: usize) -> usize {
        let mut at = start - 1;
        while at > 0 && bytes[at - 1] != b' ' {
            at -= 1;
        }
        at
    }

    const fn bit(length: usize) -> u32 {
        1 << if length < LONG { length } else { LONG }
    }

    #[inline]
    pub(crate) fn has(&self, word: &str) -> bool {
        self.may_have(word) && self.with(word.as_bytes()[0], word.len()).any(|w| w == word)
    }

    /// Whether a word of that length begins as this one does.
    #[inline]
    pub(crate) fn may_have(&self, word: &str) -> bool {
        word.as_bytes().first().is_some_and(|b| self.lengths[usize::from(*b)] & Self::bit(word.len()) != 0)
    }

    /// The same, whatever the case of its letters is; the list is in small ones.
    pub(crate) fn has_folded(&self, word: &str) -> bool {
        self.folded(word).is_some()
    }

    /// The word of the list that this one is, whatever the case of its letters.
    pub(crate) fn folded(&self, word: &str) -> Option<&'static str> {
        let first = word.as_bytes().first()?;
        self.with(first.to_ascii_lowercase(), word.len()).find(|w| w.eq_ignore_ascii_case(word))
    }

    /// The words with that first byte, if one of them is as long.
    fn with(&self, first: u8, length: usize) -> impl Iterator<Item = &'static str> {
        let fits = self.lengths[usize::from(first)] & Self::bit(length) != 0;
        let words = self.words.as_bytes();
        let mut at = if fits { usize::from(self.starts[usize::from(first)]) } else { words.len() };
        std::iter::from_fn(move || {
            let start = at;
            words.get(start).filter(|b| **b == first)?;
            while words.get(at).is_some_and(|b| *b != b' ') {
                at += 1;
            }
            at += 1;
            self.words.get(start..at - 1)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_has_what_was_put_into_it() {
        let set = WordSet::new(".env a bcd be créer");
        assert!([".env", "a", "bcd", "be", "créer"].into_iter().all(|w| set.has(w)));
        assert!(!["", "b", "bce", "A", "a ", "bcd be"].into_iter().any(|w| set.has(w)));
        assert!(set.has_folded("BcD") && set.has_folded("BE") && !set.has_folded("bc"));
    }
}
