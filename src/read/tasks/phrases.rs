//! Phrases on a task's line that stand before ids of other tasks: `depends on`, `blocked by`, `before`.

use super::refs::List;

/// What a phrase on a line says of the ids after it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Relation {
    After,
    Before,
}

/// Phrases that stand before ids, and how strictly the ids are read. In order of length within a first letter.
const PHRASES: [(&str, Relation, List); 21] = [
    ("depends upon", Relation::After, List::Strict),
    ("depends on", Relation::After, List::Strict),
    ("depend on", Relation::After, List::Strict),
    ("depending on", Relation::After, List::Strict),
    ("dependencies:", Relation::After, List::Strict),
    ("dependency:", Relation::After, List::Strict),
    ("depends:", Relation::After, List::Strict),
    ("deps:", Relation::After, List::Strict),
    ("blocked by", Relation::After, List::Strict),
    ("blocked on", Relation::After, List::Strict),
    ("blocks", Relation::Before, List::Known),
    ("before", Relation::Before, List::Known),
    ("requires", Relation::After, List::Known),
    ("required by", Relation::Before, List::Known),
    ("after completing", Relation::After, List::Known),
    ("after", Relation::After, List::Known),
    ("needs", Relation::After, List::Known),
    ("needed by", Relation::Before, List::Known),
    ("waits for", Relation::After, List::Known),
    ("unblocks", Relation::Before, List::Known),
    ("依赖", Relation::After, List::Strict),
];

/// The phrases of a line: what they say, and where the text after each begins.
pub(super) fn phrases(text: &str) -> Vec<(Relation, List, usize)> {
    let mut found = Vec::new();
    let bytes = text.as_bytes();
    let mut boundary = true;
    let mut at = 0;
    while let Some(byte) = bytes.get(at) {
        let kind = KINDS[usize::from(*byte)];
        let may_open = (kind == Kind::Opens && boundary) || *byte == 0xe4;
        if may_open && let Some((phrase, relation, how)) = phrase(&bytes[at..]) {
            at += phrase.len();
            found.push((*relation, *how, at));
            boundary = false;
            continue;
        }
        boundary = kind == Kind::Divides;
        at += 1;
    }
    found
}

/// The phrase that a text begins with.
fn phrase(text: &[u8]) -> Option<&'static (&'static str, Relation, List)> {
    if !may_begin(text) {
        return None;
    }
    PHRASES.iter().find(|(phrase, ..)| {
        text.get(..phrase.len()).is_some_and(|b| b.eq_ignore_ascii_case(phrase.as_bytes()))
            && (phrase.ends_with(':') || !text.get(phrase.len()).is_some_and(u8::is_ascii_alphanumeric))
    })
}

/// Whether a phrase may begin there: three bytes tell most words apart.
fn may_begin(text: &[u8]) -> bool {
    let Some(beginning) = text.first_chunk::<3>().map(|b| b.map(|b| b.to_ascii_lowercase())) else { return false };
    matches!(&beginning, b"dep" | b"blo" | b"bef" | b"req" | b"aft" | b"nee" | b"wai" | b"unb" | [0xe4, ..])
}

/// What a byte is to a phrase.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// A letter that phrases begin with.
    Opens,
    /// Another letter, a digit, or a part of a character outside of ASCII: a phrase does not begin after it.
    Inner,
    /// Ends a word.
    Divides,
}

static KINDS: [Kind; 256] = {
    let mut kinds = [Kind::Inner; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        kinds[byte as usize] = match byte | 0x20 {
            b'd' | b'b' | b'r' | b'a' | b'n' | b'w' | b'u' if byte.is_ascii_alphabetic() => Kind::Opens,
            _ if byte.is_ascii_alphanumeric() => Kind::Inner,
            _ => Kind::Divides,
        };
        byte += 1;
    }
    kinds
};
