//! Running text in pieces that may be paths.

use std::ops::Range;

/// The pieces between white space, commas and the like; a comma in braces is part of its word.
pub(super) fn segments(text: &str, range: Range<usize>) -> Vec<(usize, usize)> {
    let mut found = Vec::new();
    let mut start = range.start;
    // the brace that closes what is open
    let mut closes = range.start;
    for (i, c) in text[range.clone()].char_indices() {
        if c.is_ascii_alphanumeric() {
            continue;
        }
        let at = range.start + i;
        if c == '{' && at >= closes {
            let inside = text[at..range.end].char_indices().take(200);
            let mut inside = inside.take_while(|(_, c)| !c.is_whitespace());
            closes = inside.find(|(_, c)| *c == '}').map_or(closes, |(i, _)| at + i);
        }
        if is_divider(c) || (matches!(c, ',' | ';' | '|') && at >= closes) {
            // the sign that ends a word shows that a clause ends
            let end = if matches!(c, ',' | ';') { at + 1 } else { at };
            if start < end {
                found.push((start, end));
            }
            start = at + c.len_utf8();
        }
    }
    if start < range.end {
        found.push((start, range.end));
    }
    found
}

fn is_divider(c: char) -> bool {
    c.is_whitespace() || matches!(c, '，' | '。' | '；' | '、' | '（' | '）' | '：')
}

/// Longest word that may be a path.
const LONGEST: usize = 4_096;

const BRACKETS: [char; 4] = ['(', ')', '[', ']'];

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
    let mut counts = BRACKETS.map(|b| text[range.clone()].matches(b).count());
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
        for (count, bracket) in counts.iter_mut().zip(BRACKETS) {
            *count -= text[old.start..start].matches(bracket).count() + text[end..old.end].matches(bracket).count();
        }
    }
}
