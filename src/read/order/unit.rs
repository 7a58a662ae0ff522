//! A block of text as units: the lines of a paragraph that each say something, joined where a line only goes on.

use std::ops::Range;

/// The units of a block, without marks of emphasis at their ends.
pub(super) fn units(text: &str, head: &Range<usize>) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut at = head.start;
    for line in text.get(head.clone()).unwrap_or_default().split_inclusive('\n') {
        let range = at..at + line.len();
        at = range.end;
        let Some(range) = trimmed(text, range) else { continue };
        match found.last_mut() {
            Some(last) if goes_on(&text[last.clone()], &text[range.clone()]) => last.end = range.end,
            _ => found.push(range),
        }
    }
    found
}

/// Without white space, quote marks and list markers at the start, and white space at the end.
pub(super) fn trimmed(text: &str, range: Range<usize>) -> Option<Range<usize>> {
    let raw = text.get(range.clone())?;
    let start = range.start + raw.len() - raw.trim_start_matches([' ', '\t', '\r', '\n', '>']).len();
    let end = range.start + raw.trim_end().len();
    (start < end).then_some(start..end)
}

/// Whether a line goes on in the next one.
fn goes_on(before: &str, next: &str) -> bool {
    let tail = before.trim_end_matches(['*', '_', '`', ' ']);
    let word = tail.rsplit(char::is_whitespace).next().unwrap_or_default().to_lowercase();
    let open =
        [",", "&", "+", "and", "or", "on", "after", "before", "by", "until", "for", "→", "->", "=>", "to", "with"];
    if open.contains(&word.as_str()) || tail.ends_with([',', '→', '&', '+']) {
        return true;
    }
    let head = next.trim_start_matches(['_', '`']);
    // a bold beginning, an id or a story opens a line of its own
    let opens = head.starts_with("**")
        || head.starts_with("- ")
        || super::refs::scan(
            head.get(..head.len().min(200)).unwrap_or(head.split(' ').next().unwrap_or_default()),
            &|_| false,
        )
        .first()
        .is_some_and(|(_, range)| range.start == 0)
        || head.starts_with(|c: char| c.is_ascii_digit());
    !opens && !tail.ends_with(['.', ':', ';'])
}
