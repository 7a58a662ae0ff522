//! Small tools for running text: white space, emphasis, sentences.

use std::ops::Range;

/// The text without marks of emphasis, list markers and quote marks at the starts of lines, and with white space
/// folded. Code keeps its back-ticks.
pub fn plain(raw: &str) -> String {
    if memchr::memchr2(b'\n', b'*', raw.as_bytes()).is_none() {
        return fold(raw.trim_start_matches([' ', '\t', '>']));
    }
    let mut words = String::with_capacity(raw.len());
    for (number, line) in raw.lines().enumerate() {
        let mut line = line.trim_start_matches([' ', '\t', '>']);
        if number > 0 {
            line = ["- ", "* ", "+ "].iter().find_map(|m| line.strip_prefix(m)).unwrap_or(line);
        }
        words.push_str(line);
        words.push(' ');
    }
    fold(&without_emphasis(&words))
}

/// The first characters of a text.
pub fn start(text: &str, characters: usize) -> &str {
    text.char_indices().nth(characters).map_or(text, |(end, _)| &text[..end])
}

/// White space folded to single spaces, none at the ends.
pub fn fold(text: &str) -> String {
    let text = text.trim();
    let bytes = text.as_bytes();
    let odd = bytes.iter().fold(0, |any, b| any | u8::from(!matches!(b, b' '..=b'~')));
    let pairs = bytes.iter().zip(bytes.iter().skip(1));
    let doubled = pairs.fold(0, |any, (a, b)| any | u8::from((a ^ b' ') | (b ^ b' ') == 0));
    if odd | doubled == 0 {
        return text.to_owned();
    }
    let mut out = String::with_capacity(text.len());
    for word in text.split_whitespace() {
        if !out.is_empty() {
            out.push(' ');
        }
        out.push_str(word);
    }
    out
}

fn without_emphasis(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut code = false;
    let mut before = ' ';
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let after = chars.peek().copied().unwrap_or(' ');
        // a star with space on both sides is arithmetic; underscores are more often names than emphasis
        let emphasis = c == '*' && !(before.is_whitespace() && after.is_whitespace());
        code ^= c == '`';
        if code || !emphasis {
            out.push(c);
        }
        before = c;
    }
    out
}

/// Ranges of the sentences of `raw`. A sentence ends with `.`, `!`, `?` or `;` before white space and a capital.
pub fn sentences(raw: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    let mut start = 0;
    let mut code = false;
    for (i, c) in raw.char_indices() {
        code ^= c == '`';
        if code || !matches!(c, '.' | '!' | '?' | ';') {
            continue;
        }
        let rest = raw[i + c.len_utf8()..].trim_start_matches(['*', '_', '"', ')']);
        let next = rest.trim_start().trim_start_matches(['*', '_', '`', '"', '(']).chars().next();
        let opens = c == ';' || next.is_none_or(|n| n.is_uppercase() || n.is_ascii_digit());
        if (rest.is_empty() || rest.starts_with(char::is_whitespace)) && opens && !is_short_form(&raw[start..=i]) {
            let end = raw.len() - rest.len();
            found.push(start..end);
            start = end;
        }
    }
    found.push(start..raw.len());
    found.into_iter().filter_map(|r| trimmed(raw, r)).collect()
}

fn is_short_form(text: &str) -> bool {
    ["e.g.", "i.e.", "etc.", "vs.", "cf."].iter().any(|s| text.to_lowercase().ends_with(s))
}

fn trimmed(raw: &str, range: Range<usize>) -> Option<Range<usize>> {
    let text = &raw[range.clone()];
    let start = range.start + text.len() - text.trim_start().len();
    let end = range.start + text.trim_end().len();
    (start < end).then_some(start..end)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn emphasis_goes_and_names_stay() {
        assert_eq!(plain("**Must**  use *real* `a_*b` and DATABASE_URL\n  - 2 * 3 **now**"), {
            "Must use real `a_*b` and DATABASE_URL 2 * 3 now"
        });
    }

    #[test]
    fn sentences_end_where_they_end() {
        let text = "Use Python 3.11.9, e.g. slim. Never `a. B`; keep it. 2 replicas?";
        let found: Vec<&str> = sentences(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, ["Use Python 3.11.9, e.g. slim.", "Never `a. B`;", "keep it.", "2 replicas?"]);
    }
}
