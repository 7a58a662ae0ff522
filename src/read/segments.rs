//! Running text in pieces that may be paths.

use std::ops::Range;

use super::path_bytes::Kinds;

/// The pieces between white space, commas and the like; a comma in braces is part of its word.
pub(super) fn segments(text: &str, range: Range<usize>) -> Segments<'_> {
    Segments { text, start: range.start, at: range.start, closes: range.start, end: range.end }
}

/// Walks through the pieces.
pub(super) struct Segments<'t> {
    text: &'t str,
    /// Where the piece at hand begins.
    start: usize,
    at: usize,
    /// The brace that closes what is open.
    closes: usize,
    end: usize,
}

impl<'t> Segments<'t> {
    /// The next piece, if it is of letters and digits alone and a space follows: most are, and this costs little.
    pub(super) fn plain(&mut self) -> Option<(usize, &'t str)> {
        let rest = &self.text.as_bytes()[self.at..self.end];
        let length = rest.iter().position(|b| !Kinds::of_byte(*b).is_plain())?;
        if length == 0 || rest[length] != b' ' {
            return None;
        }
        let start = self.at;
        (self.start, self.at) = (start + length + 1, start + length + 1);
        Some((start, &self.text[start..start + length]))
    }
}

impl Iterator for Segments<'_> {
    /// Where a piece begins and ends, and what it is made of.
    type Item = (usize, usize, Kinds);

    fn next(&mut self) -> Option<Self::Item> {
        let bytes = &self.text.as_bytes()[..self.end];
        let mut kinds = Kinds::NONE;
        let mut at = self.at;
        while let Some(byte) = bytes.get(at) {
            let kind = Kinds::of_byte(*byte);
            if !kind.any(Kinds::STOP) {
                kinds = kinds.or(kind);
                at += 1;
                continue;
            }
            let c = if byte.is_ascii() { char::from(*byte) } else { self.text[at..].chars().next().unwrap_or(' ') };
            let next = at + c.len_utf8();
            if c == '{' && at >= self.closes {
                let inside = self.text[at..self.end].char_indices().take(200);
                let mut inside = inside.take_while(|(_, c)| !c.is_whitespace());
                self.closes = inside.find(|(_, c)| *c == '}').map_or(self.closes, |(i, _)| at + i);
            }
            if is_divider(c) || (matches!(c, ',' | ';' | '|') && at >= self.closes) {
                // the sign that ends a word shows that a clause ends
                let (end, kinds_there) = if matches!(c, ',' | ';') { (next, kinds.or(kind)) } else { (at, kinds) };
                let start = std::mem::replace(&mut self.start, next);
                if start < end {
                    self.at = next;
                    return Some((start, end, kinds_there));
                }
                kinds = Kinds::NONE;
            } else {
                kinds = kinds.or(kind);
            }
            at = next;
        }
        self.at = self.end;
        let start = std::mem::replace(&mut self.start, self.end);
        (start < self.end).then_some((start, self.end, kinds))
    }
}

fn is_divider(c: char) -> bool {
    c.is_whitespace() || matches!(c, '，' | '。' | '；' | '、' | '（' | '）' | '：')
}

/// Longest word that may be a path.
const LONGEST: usize = 4_096;

/// How many of `(`, `)`, `[` and `]` a piece has.
fn brackets(piece: &str) -> [usize; 4] {
    let mut counts = [0; 4];
    for byte in piece.bytes() {
        match byte {
            b'(' => counts[0] += 1,
            b')' => counts[1] += 1,
            b'[' => counts[2] += 1,
            b']' => counts[3] += 1,
            _ => {}
        }
    }
    counts
}

/// A word without the marks around it; brackets that belong to it stay: `app/(auth)/page.tsx`.
pub(super) fn clean(text: &str, range: Range<usize>) -> Range<usize> {
    let (mut start, mut end) = (range.start, range.end);
    if range.len() > LONGEST {
        return range;
    }
    if let [first, .., last] = text[range.clone()].as_bytes()
        && first.is_ascii_alphanumeric()
        && last.is_ascii_alphanumeric()
    {
        return range;
    }
    let mut counts = brackets(&text[range.clone()]);
    loop {
        let word = &text[start..end];
        let old = start..end;
        let [opened, closed, opened_square, closed_square] = counts;
        let last = word.chars().next_back();
        let first = word.chars().next();
        match (first, last) {
            (_, Some('.' | ':' | ',' | ';' | '"' | '\'' | '>' | '!' | '?' | '…' | '”' | '’')) => {
                end -= last.map_or(0, char::len_utf8);
            }
            (Some('"' | '\'' | '<' | '“' | '‘'), _) => start += first.map_or(0, char::len_utf8),
            (_, Some('*')) if word.ends_with("**") || (word.starts_with('*') && word.len() > 1) => end -= 1,
            (Some('*'), _) if word.starts_with("**") || word.ends_with('*') => start += 1,
            (Some('*'), _) if !word.starts_with("*.") && !word.starts_with("*/") && !word.starts_with("*-") => {
                start += 1;
            }
            (_, Some(')')) if closed > opened => end -= 1,
            (_, Some(']')) if closed_square > opened_square => end -= 1,
            (Some('('), _) if opened > closed || last == Some(')') && opened == 1 => start += 1,
            (Some('['), _) if opened_square > closed_square => start += 1,
            (_, Some('_')) if word.starts_with('_') && word.len() > 1 => (start, end) = (start + 1, end - 1),
            _ => return start..end,
        }
        if start >= end {
            return start..start;
        }
        for (count, (before, after)) in
            counts.iter_mut().zip(brackets(&text[old.start..start]).into_iter().zip(brackets(&text[end..old.end])))
        {
            *count -= before + after;
        }
    }
}
