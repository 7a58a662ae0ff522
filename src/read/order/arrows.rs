//! Arrows between tasks, phases and stories: `US1 → US2`, `T001 -> T008`.

use std::ops::Range;

use super::Manner;
use super::groups::Place;
use super::sentence::{Found, Named, Read, Sentences, ordered};
use super::words::{label_end, verb};

const ARROWS: [&str; 12] = ["-->", "->", "==>", "=>", "→", "⟶", "⇒", "➜", "➔", "➡", "▶", "►"];
const BACK: [&str; 4] = ["<--", "<-", "←", "⇐"];

/// Arrows that stand alone on a line, and what leads to them.
const DOWN: [char; 7] = ['↓', '▼', '▾', '⬇', '⇓', 'v', 'V'];
const BAR: [char; 2] = ['|', '│'];

/// What joins more than the line above with the line below.
const BRANCH: [char; 14] = ['│', '├', '└', '┌', '┐', '┘', '┬', '┴', '┼', '┤', '─', '║', '╱', '╲'];

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

    /// What a block of lines says that has an arrow between every two of its lines, or arrows in its lines alone;
    /// `None` for any other drawing. `content` is no part of the text, so the ranges are places in it.
    pub(super) fn drawing(&self, content: &str, offset: usize) -> Option<Vec<Found>> {
        let (lines, joined) = drawn_lines(content)?;
        let mut found = Vec::new();
        let mut above: Option<(Named, Range<usize>)> = None;
        for line in lines {
            let text = &content[line.clone()];
            let parts = split_at_any(text, &ARROWS);
            if !joined && parts.len() < 2 {
                continue;
            }
            let named = parts.iter().map(|part| self.drawn(part, offset));
            for named in named.collect::<Option<Vec<Named>>>()? {
                if let Some((before, from)) = above.take() {
                    let group = before.group || named.group;
                    found.extend(ordered(&before.set, &named.set, true, group, from.start..line.end));
                }
                above = Some((named, line.clone()));
            }
            above = above.filter(|_| joined);
        }
        (!found.is_empty()).then_some(found)
    }

    /// The tasks of a line of a drawing: the ids that it begins with, whatever it says of them, or else what it names.
    fn drawn(&self, text: &str, offset: usize) -> Option<Named> {
        let lower = text.to_ascii_lowercase();
        if verb(text).is_some() || ["parallel with", " or ", "optional"].iter().any(|w| lower.contains(w)) {
            return None;
        }
        let place = Place { offset, subject: &[] };
        let plain = outside_all_brackets(text);
        let label = label_end(&plain);
        // `T001: the folders`, `Step 1: T001, T002`, `Phase 1: Setup`, `Setup (T001-T003)`
        let labelled = label.map(|at| (&plain[..at], &plain[at + 1..]));
        let tried = match labelled {
            Some((name, _)) if self.refs(name).iter().any(|(r, _)| r.is_task()) => name,
            Some((_, rest)) if self.refs(rest).iter().any(|(r, _)| r.is_task()) => rest,
            _ if self.refs(&plain).is_empty() => text,
            _ => &plain,
        };
        let refs = self.refs(tried);
        let mut end = refs.first()?.1.end;
        for pair in refs.windows(2).filter(|p| p[0].0.is_task()) {
            let between = &tried[pair[0].1.end..pair[1].1.start];
            let words = between.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
            if words.into_iter().any(|w| !w.eq_ignore_ascii_case("and")) {
                break;
            }
            end = pair[1].1.end;
        }
        let end = if refs[0].0.is_task() { end } else { tried.len() };
        self.by_reference(&tried[..end], place)?.ok()
    }

    fn has_verb_with_names(&self, text: &str) -> bool {
        verb(text).is_some() && !self.refs(text).is_empty()
    }
}

/// The lines of a drawing with words in them, and whether arrows alone on their lines join them all.
fn drawn_lines(content: &str) -> Option<(Vec<Range<usize>>, bool)> {
    let mut lines: Vec<Range<usize>> = Vec::new();
    let (mut joints, mut bar, mut arrow) = (0, false, false);
    let mut at = 0;
    for line in content.split_inclusive('\n') {
        let start = at + line.len() - line.trim_start().len();
        at += line.len();
        let inner = line.trim().trim_end_matches('\u{fe0f}');
        let mut chars = inner.chars();
        match (chars.next(), chars.next()) {
            (None, _) => {}
            (Some(c), None) if BAR.contains(&c) || DOWN.contains(&c) => {
                // nothing above it, or an arrow that goes on
                if lines.is_empty() || arrow && BAR.contains(&c) {
                    return None;
                }
                bar = true;
                arrow |= DOWN.contains(&c);
            }
            _ if inner.contains(BRANCH) || (bar && !arrow) => return None,
            _ => {
                joints += usize::from(arrow);
                (bar, arrow) = (false, false);
                lines.push(start..start + inner.len());
            }
        }
    }
    let joined = joints > 0;
    (!bar && (!joined || joints + 1 == lines.len())).then_some((lines, joined))
}

/// Without what stands in round and square brackets.
fn outside_all_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut plain = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' | '[' => depth += 1,
            ')' | ']' => depth = depth.saturating_sub(1),
            _ if depth == 0 => plain.push(c),
            _ => {}
        }
    }
    plain
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
