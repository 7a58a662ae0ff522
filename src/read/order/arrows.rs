//! Arrows between tasks, phases and stories: `US1 → US2`, `T001 -> T008`.

use std::ops::Range;

use super::Manner;
use super::groups::Place;
use super::sentence::{Named, Read, Sentences, ordered};
use super::words::{label_end, verb};

const ARROWS: [&str; 12] = ["-->", "->", "==>", "=>", "→", "⟶", "⇒", "➜", "➔", "➡", "▶", "►"];
const BACK: [&str; 4] = ["<--", "<-", "←", "⇐"];

impl Sentences<'_> {
    /// `US1 → US2`, `T001 -> T008, T009 -> T010`. Whether the unit was one.
    pub(super) fn chain(&self, range: &Range<usize>, manner: Manner, read: &mut Read) -> bool {
        let text = &self.text[range.clone()];
        if !text.bytes().any(|b| matches!(b, b'<' | b'>' | 0x80..)) {
            return false;
        }
        let mut parts = split_at_any(text, &ARROWS);
        let mut back = false;
        if parts.len() < 2 {
            parts = split_at_any(text, &BACK);
            back = true;
        }
        let lower = text.to_ascii_lowercase();
        if parts.len() < 2
            || verb(parts[0]).is_some()
            || [" can ", "parallel with", "independent"].iter().any(|w| lower.contains(w))
        {
            return false;
        }
        // a label in front, and words after the last element
        let first = parts[0];
        let label = label_end(first).filter(|at| first[at + 1..].chars().any(char::is_alphanumeric));
        parts[0] = label.map_or(first, |at| &first[at + 1..]);
        let place = Place { offset: range.start, subject: &[] };
        let last = parts.len() - 1;
        parts[last] = parts[last].split([';', '.']).next().filter(|p| p.trim().len() > 1).unwrap_or(parts[last]);
        let named: Vec<Result<Named, String>> = parts
            .iter()
            .map(|part| match manner {
                Manner::Prose => self.by_reference(part, place).unwrap_or_else(|| Err(String::new())),
                _ => self.mention(part, place),
            })
            .collect();
        if named.iter().all(Result::is_ok) {
            let sets: Vec<Named> = named.into_iter().filter_map(Result::ok).collect();
            for pair in sets.windows(2) {
                let (a, b) = if back { (&pair[1], &pair[0]) } else { (&pair[0], &pair[1]) };
                read.found.extend(ordered(&a.set, &b.set, true, a.group || b.group, range.clone()));
            }
            return true;
        }
        if manner != Manner::Dependencies {
            return manner == Manner::Dependencies || !self.has_verb_with_names(text);
        }
        let vague = self.refs(text).is_empty();
        let reason = named.into_iter().find_map(Result::err).unwrap_or_default();
        read.unread.push((range.clone(), reason, vague));
        true
    }

    fn has_verb_with_names(&self, text: &str) -> bool {
        verb(text).is_some() && !self.refs(text).is_empty()
    }
}

fn split_at_any<'t>(text: &'t str, marks: &[&str]) -> Vec<&'t str> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((at, length)) = marks
        .iter()
        .filter_map(|m| rest.find(m).map(|at| (at, m.len())))
        .min_by_key(|(at, length)| (*at, usize::MAX - length))
    {
        parts.push(&rest[..at]);
        rest = &rest[at + length..];
    }
    parts.push(rest);
    parts
}
