//! What kinds of bytes a word holds, seen in one pass: most words are no paths for want of a dot or a slash.

/// Kinds of bytes, as bits.
#[derive(Clone, Copy)]
pub(super) struct Kinds(u16);

impl Kinds {
    /// A letter or a digit of ASCII.
    pub(super) const PLAIN: Self = Self(1);
    pub(super) const DOT: Self = Self(1 << 1);
    pub(super) const SLASH: Self = Self(1 << 2);
    pub(super) const BACKSLASH: Self = Self(1 << 3);
    /// Other marks that stand in paths.
    pub(super) const MARK: Self = Self(1 << 4);
    /// `]`, a mark as well: what follows may be the target of a link.
    pub(super) const CLOSE: Self = Self(1 << 5);
    /// `:` and `#`: what follows may point into the file.
    pub(super) const POINTER: Self = Self(1 << 6);
    pub(super) const SPACE: Self = Self(1 << 7);
    /// Anything else of ASCII.
    pub(super) const OTHER: Self = Self(1 << 8);
    /// A part of a character outside of ASCII.
    pub(super) const WIDE: Self = Self(1 << 9);

    pub(super) fn of(word: &str) -> Self {
        Self(word.bytes().fold(0, |all, byte| all | KINDS[usize::from(byte)].0))
    }

    pub(super) const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// Whether one of these is among them.
    pub(super) const fn any(self, of: Self) -> bool {
        self.0 & of.0 != 0
    }

    const fn of_byte(byte: u8) -> Self {
        match byte {
            b'0'..=b'9' | b'A'..=b'Z' | b'a'..=b'z' => Self::PLAIN,
            b'.' => Self::DOT,
            b'/' => Self::SLASH,
            b'\\' => Self::BACKSLASH,
            b'_' | b'-' | b'@' | b'+' | b'*' | b'{' | b'}' | b',' | b'~' | b'(' | b')' | b'[' | b'$' => Self::MARK,
            b']' => Self::CLOSE,
            b':' | b'#' => Self::POINTER,
            b' ' => Self::SPACE,
            0x80.. => Self::WIDE,
            _ => Self::OTHER,
        }
    }
}

static KINDS: [Kinds; 256] = {
    let mut kinds = [Kinds(0); 256];
    let mut byte = 0;
    while byte < 256 {
        #[expect(clippy::cast_possible_truncation, reason = "below 256")]
        let kind = Kinds::of_byte(byte as u8);
        kinds[byte] = kind;
        byte += 1;
    }
    kinds
};
