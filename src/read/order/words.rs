//! The words that sentences about order are made of: verbs, negations, where clauses end.

use std::ops::Range;

/// Verbs whose object comes first: `T012 depends on T010`.
const WAITS: [&str; 31] = [
    "depends on",
    "depend on",
    "depends upon",
    "depend upon",
    "dependent on",
    "dependent upon",
    "depends:",
    "dependencies:",
    "dependency:",
    "prerequisites:",
    "prerequisite:",
    "requires:",
    "requires",
    "require",
    "needs",
    "need",
    "waits for",
    "wait for",
    "waits on",
    "wait on",
    "is blocked by",
    "are blocked by",
    "blocked by",
    "after",
    "follows",
    "follow",
    "once",
    "until",
    "builds on",
    "build on",
    "build upon",
];

/// Verbs whose subject comes first: `T008 blocks T009`.
const LEADS: [&str; 28] = [
    "blocks",
    "block",
    "blocking",
    "before",
    "precedes",
    "precede",
    "unblocks",
    "enables",
    "is required for",
    "is required by",
    "are required for",
    "are required by",
    "required for",
    "required by",
    "needed for",
    "needed by",
    "necessary for",
    "prerequisite for",
    "prerequisites for",
    "prerequisite of",
    "foundation for",
    "foundational for",
    "must be completed first",
    "must be done first",
    "must complete first",
    "must come first",
    "comes first",
    "come first",
];

/// Where a clause ends outside of brackets.
pub(super) const CLAUSE: [&str; 21] = [
    " - ",
    " – ",
    " — ",
    "; ",
    ". ",
    ", can ",
    ", but ",
    " but ",
    ", though ",
    ", however",
    ", then ",
    " and can ",
    " and may ",
    ", may ",
    ", which ",
    ", so ",
    " so that ",
    " because ",
    " as it",
    " since ",
    ", while ",
];

/// Words before a verb that take its force away.
const NOT: [&str; 14] = [
    "not",
    "no",
    "never",
    "may",
    "might",
    "could",
    "without",
    "cannot",
    "n't",
    "don't",
    "doesn't",
    "isn't",
    "optionally",
    "nothing",
];

/// A verb in a clause.
pub(super) struct Verb {
    pub range: Range<usize>,
    pub waits: bool,
    pub until: bool,
}

/// The end of a label: the first colon outside of brackets, near the start.
pub(super) fn label_end(text: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (at, c) in text.char_indices().take(120) {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            ':' if depth == 0 && !text[at + 1..].starts_with(['/', ':']) => return Some(at),
            _ => {}
        }
    }
    None
}

/// `**Depends on**: …`: a label that is the verb itself.
pub(super) fn is_field(label: &str) -> bool {
    let plain = label.trim_matches(['*', '_', ' ', '`']).to_ascii_lowercase();
    ["dependencies", "dependency", "depends", "prerequisites", "prerequisite", "requires"].contains(&plain.as_str())
}

/// The first verb, outside of brackets if there is one; the longest of those that begin there.
pub(super) fn verb(text: &str) -> Option<Verb> {
    let bytes = text.as_bytes();
    let (mut depth, mut inside) = (0_usize, None);
    let mut before = ' ';
    for (at, c) in text.char_indices() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ => {}
        }
        let starts = c.is_ascii_alphabetic() && !(before.is_alphanumeric() || before == '-');
        before = c;
        if !starts || !may_begin(&bytes[at..]) {
            continue;
        }
        let lists = [(&WAITS[..], true), (&LEADS[..], false)];
        let all = lists.into_iter().flat_map(|(list, waits)| list.iter().map(move |v| (*v, waits)));
        let best = all.filter(|(v, _)| matches_at(bytes, at, v)).max_by_key(|(v, _)| v.len());
        let found = best.map(|(v, waits)| Verb { range: at..at + v.len(), waits, until: v == "until" });
        match found {
            Some(found) if depth == 0 => return Some(found),
            Some(found) => inside = inside.or(Some(found)),
            None => {}
        }
    }
    inside
}

/// Whether a verb may begin there; the first three letters tell most words apart.
fn may_begin(text: &[u8]) -> bool {
    let &[a, b, c, ..] = text else { return false };
    let beginning = [a, b, c].map(|b| b.to_ascii_lowercase());
    matches!(&beginning, b"are") || beginning.starts_with(b"is") || opens(beginning)
}

/// The same, without `is` and `are`, which have a verb of the lists after them.
fn opens(beginning: [u8; 3]) -> bool {
    matches!(
        &beginning,
        b"dep"
            | b"pre"
            | b"req"
            | b"nee"
            | b"wai"
            | b"blo"
            | b"aft"
            | b"fol"
            | b"onc"
            | b"unt"
            | b"bui"
            | b"bef"
            | b"unb"
            | b"ena"
            | b"nec"
            | b"fou"
            | b"mus"
            | b"com"
    )
}

/// Whether a text can say anything about order: a verb may stand in it, or an arrow.
pub(super) fn may_order(text: &str) -> bool {
    let bytes = text.as_bytes();
    let mut boundary = true;
    bytes.iter().enumerate().any(|(at, byte)| {
        let verb = boundary && bytes.get(at..at + 3).is_some_and(|b| opens([b[0], b[1], b[2]].map(|b| b | 0x20)));
        boundary = !byte.is_ascii_alphabetic();
        verb || matches!(byte, b'<' | b'>' | 0x80..)
    })
}

/// Whether the words stand there, marks of emphasis for white space and nothing of another word after them.
fn matches_at(text: &[u8], at: usize, words: &str) -> bool {
    let Some(here) = text.get(at..at + words.len()) else { return false };
    let same = here
        .iter()
        .zip(words.bytes())
        .all(|(a, b)| a.eq_ignore_ascii_case(&b) || (b == b' ' && matches!(a, b'*' | b'_' | b'\n' | b'\t')));
    let next = text.get(at + words.len()).copied().unwrap_or(b' ');
    same && (words.ends_with(':') || !(next.is_ascii_alphanumeric() || next == b'-' || next >= 0x80))
}

pub(super) fn is_bracketed(text: &str, at: usize) -> bool {
    let before = text.get(..at).unwrap_or_default();
    before.matches('(').count() > before.matches(')').count()
}

pub(super) fn negated(lead: &str) -> bool {
    let lower = lead.to_ascii_lowercase();
    let words = lower.split(|c: char| !(c.is_alphanumeric() || c == '\'')).filter(|w| !w.is_empty());
    let tail: Vec<&str> = words.rev().take(4).collect();
    tail.iter().any(|w| NOT.contains(w) || w.ends_with("n't"))
}

/// `None`, `-`, `dependencies are met`: an object that is nobody.
pub(super) fn is_nothing(object: &str) -> bool {
    let plain = object.trim_matches(|c: char| !c.is_alphanumeric()).to_ascii_lowercase();
    plain.is_empty()
        || matches!(plain.as_str(), "none" | "nothing" | "no" | "n/a" | "dependencies" | "the previous")
        || plain.starts_with("none ")
        || plain.starts_with("dependencies are")
        || plain.starts_with("nothing ")
}

pub(super) fn obliges(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    ["must be", "must have", "must exist", "should be available", "has to be"].iter().any(|w| lower.contains(w))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_verb_may_begin_and_order() {
        for verb in WAITS.iter().chain(&LEADS) {
            for text in [format!("T001 {verb} T002"), format!("**{}**", verb.to_ascii_uppercase())] {
                assert!(super::verb(&text).is_some() && may_order(&text), "{text}");
            }
        }
        assert!(["T001 -> T002", "T001 → T002", "T001 <- T002"].into_iter().all(may_order));
        assert!(!may_order("What this part is for: rebuild, thereafter, T001"));
    }
}
