//! Lists of pieces that are looked for anywhere in short texts, such as headings: most are told to be absent by the
//! letters that the text does not have.

/// Pieces of text, with the letters of each.
pub(crate) struct PieceSet<const N: usize> {
    pieces: [&'static str; N],
    letters: [u64; N],
}

impl<const N: usize> PieceSet<N> {
    pub(crate) const fn new(pieces: [&'static str; N]) -> Self {
        let mut letters = [0; N];
        let mut at = 0;
        while at < N {
            letters[at] = letters_of(pieces[at]);
            at += 1;
        }
        Self { pieces, letters }
    }

    pub(crate) fn pieces(&self) -> impl Iterator<Item = &'static str> {
        self.pieces.iter().copied()
    }

    /// Whether one of them stands in the text.
    pub(crate) fn any_in(&self, text: &str) -> bool {
        let there = letters_of(text);
        let mut all = self.pieces.iter().zip(self.letters);
        all.any(|(piece, letters)| letters & !there == 0 && text.contains(piece))
    }
}

/// The bytes of a text as bits; several bytes share one.
const fn letters_of(text: &str) -> u64 {
    let bytes = text.as_bytes();
    let mut letters = 0;
    let mut at = 0;
    while at < bytes.len() {
        letters |= 1 << (bytes[at] & 63);
        at += 1;
    }
    letters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_stands_in_a_text_is_found() {
        let set = PieceSet::new(["requirement", "验收", "critère"]);
        assert!(["the requirements", "验收标准", "critères"].into_iter().all(|t| set.any_in(t)));
        assert!(!["", "require", "tnemeriuqer", "标准"].into_iter().any(|t| set.any_in(t)));
    }
}
