//! Requirements that a task cites: `per FR-006`, `(FR-014, FR-027)`, `FR-001 to FR-004`, `_Requirements: 1.1, 2.3_`.

use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::read::cited::Cited;
use crate::read::names::{is_dash, requirement_id};

/// The most that one range stands for.
const MOST: u32 = 200;

/// Adds what is cited to what is there already, each id once.
pub(super) fn add(to: &mut Vec<(String, Span)>, found: Vec<(String, Span)>) {
    if to.is_empty() && found.len() < 2 {
        // the most frequent case, and without room for more than it holds
        *to = found;
        if to.capacity() > 1 {
            to.shrink_to_fit();
        }
        return;
    }
    let mut cited = Cited::default();
    found.into_iter().for_each(|(id, span)| cited.add(to, id, span));
}

/// The lettered ids of a text (`FR-004`, `SC-2`, `NFR-1`; no stories), each with its place.
pub(super) fn lettered(file: FileId, text: &str, range: Range<usize>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    // where what was not read yet begins
    let mut from = range.start;
    for dash in memchr::memchr_iter(b'-', &text.as_bytes()[range.clone()]).map(|at| range.start + at) {
        let Some(length) = text.as_bytes().get(from..dash).and_then(prefix) else { continue };
        let start = dash - length;
        let opens = start == range.start || (start > from && DIVIDES[usize::from(text.as_bytes()[start - 1])]);
        if let Some(id) = requirement_id(&text[start..range.end]).filter(|_| opens) {
            if found.is_empty() {
                // most lines cite one
                found.reserve_exact(1);
            }
            from = further(file, text, start, id, range.end, &mut found);
        }
    }
    found
}

/// How long the prefix of an id is that a text ends with.
fn prefix(text: &[u8]) -> Option<usize> {
    match text {
        [.., b'N', b'F', b'R'] => Some(3),
        [.., b'F', b'R'] | [.., b'S' | b'A', b'C'] => Some(2),
        _ => None,
    }
}

/// Bytes after which an id may begin.
const DIVIDES: [bool; 256] = {
    let mut divides = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        divides[byte as usize] = !(byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'/' | b'_'));
        byte += 1;
    }
    divides
};

/// An id, and what is written short after it: `FR-001 to FR-004`, `FR-001/002`. Returns where it ends.
fn further(file: FileId, text: &str, start: usize, id: &str, end: usize, found: &mut Vec<(String, Span)>) -> usize {
    let first = start + id.len();
    found.push((id.to_owned(), Span::new(file, start, first)));
    let (Some((prefix, from)), rest) = (parts(id), &text[first..end]) else { return first };
    let trimmed = rest.trim_start_matches(' ');
    let sign = trimmed
        .chars()
        .next()
        .filter(|c| is_dash(*c))
        .map(char::len_utf8)
        .or_else(|| ["to ", "through ", "thru ", ".."].iter().find(|w| trimmed.starts_with(**w)).map(|w| w.len()));
    if let Some(sign) = sign {
        let after = trimmed[sign..].trim_start_matches(' ');
        let digits = after.bytes().take_while(u8::is_ascii_digit).count();
        let last = requirement_id(after).map(|l| (l.len(), parts(l)));
        let last = last.or_else(|| {
            let close = rest.len() - after.len() <= sign && !after[digits..].starts_with(|c: char| c.is_alphanumeric());
            (digits == from.len() && close).then(|| (digits, Some((prefix, &after[..digits]))))
        });
        if let Some((length, Some((same, to)))) = last.filter(|(_, p)| p.is_some()) {
            let (low, high) = (from.parse::<u32>().unwrap_or(0), to.parse::<u32>().unwrap_or(0));
            if same == prefix && low < high && high - low <= MOST {
                let stop = end - after.len() + length;
                let span = Span::new(file, start, stop);
                found.pop();
                found.extend((low..=high).map(|n| (format!("{prefix}{n:0width$}", width = from.len()), span)));
                return stop;
            }
        }
        return first;
    }
    let mut at = first;
    while let Some(more) = text[at..end].strip_prefix('/') {
        let digits = more.bytes().take_while(u8::is_ascii_digit).count();
        if digits != from.len() || more[digits..].starts_with(|c: char| c.is_alphanumeric()) {
            break;
        }
        found.push((format!("{prefix}{}", &more[..digits]), Span::new(file, at + 1, at + 1 + digits)));
        at += 1 + digits;
    }
    at
}

/// `FR-` and `004`.
fn parts(id: &str) -> Option<(&str, &str)> {
    let dash = id.bytes().position(|b| b == b'-')? + 1;
    id[dash..].bytes().all(|b| b.is_ascii_digit()).then(|| id.split_at(dash))
}

/// The numbers of a list such as `1.1, 2.3`, as written; sections of a design (`§2`) and remarks are none.
pub(super) fn numbers(file: FileId, text: &str, range: Range<usize>) -> Vec<(String, Span)> {
    let mut found = Vec::new();
    let raw = &text[range.clone()];
    let mut depth = 0_usize;
    let mut at = 0;
    let bytes = raw.as_bytes();
    let mut before = b' ';
    while at < bytes.len() {
        let byte = bytes[at];
        depth = match byte {
            b'(' => depth + 1,
            b')' => depth.saturating_sub(1),
            _ => depth,
        };
        let ranged = before == b'-' && at > 1 && bytes[at - 2].is_ascii_digit();
        let opens = ranged || !before.is_ascii_alphanumeric() && !matches!(before, b'-' | b'.' | b'/' | 0xa7);
        if depth == 0 && byte.is_ascii_digit() && opens {
            let length = raw[at..].bytes().take_while(|b| b.is_ascii_digit() || *b == b'.').count();
            let number = raw[at..at + length].trim_end_matches('.');
            let good = number.len() <= 16 && number.split('.').all(|p| !p.is_empty());
            let next = raw[at + length..].chars().next();
            if good && next.is_none_or(|c| !c.is_ascii_alphanumeric()) {
                let start = range.start + at;
                range_or_one(file, text, start..start + number.len(), range.end, &mut found);
            }
            at += length;
            before = b'0';
            continue;
        }
        before = byte;
        at += 1;
    }
    found
}

/// `1.1-1.4` is four numbers.
fn range_or_one(file: FileId, text: &str, place: Range<usize>, end: usize, found: &mut Vec<(String, Span)>) {
    let number = &text[place.clone()];
    let span = Span::new(file, place.start, place.end);
    let before = text[..place.start].trim_end_matches(' ');
    let ranged = before.ends_with(is_dash) && place.start - before.len() <= 1;
    if let (true, Some((last, _)), true) = (ranged, found.last().cloned(), place.end <= end)
        && let (Some((a, low)), Some((b, high))) = (last.rsplit_once('.'), number.rsplit_once('.'))
        && let (Ok(low), Ok(high)) = (low.parse::<u32>(), high.parse::<u32>())
        && a == b
        && low < high
        && high - low <= MOST
    {
        found.extend((low + 1..=high).map(|n| (format!("{a}.{n}"), span)));
        return;
    }
    found.push((number.to_owned(), span));
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;

    type Read = fn(FileId, &str, Range<usize>) -> Vec<(String, Span)>;

    fn seen(text: &str, read: Read) -> Vec<String> {
        let mut sources = Sources::default();
        let file = sources.add("f.md", text);
        read(file, text, 0..text.len()).into_iter().map(|(id, _)| id).collect()
    }

    #[test]
    fn written_forms() {
        assert_eq!(
            seen("per FR-006 (FR-014, NFR-2), not SFR-1 or a/FR-9, US1", lettered),
            ["FR-006", "FR-014", "NFR-2"]
        );
        assert_eq!(seen("FR-001 to FR-003", lettered), ["FR-001", "FR-002", "FR-003"]);
        assert_eq!(seen("SC-08–SC-10 and FR-1", lettered), ["SC-08", "SC-09", "SC-10", "FR-1"]);
        assert_eq!(seen("FR-001/003", lettered), ["FR-001", "FR-003"]);
        assert_eq!(seen("FR-001 - the user", lettered), ["FR-001"]);
        assert_eq!(seen("1.1, 2.3 (Design §2.4), 10", numbers), ["1.1", "2.3", "10"]);
        assert_eq!(seen("9.4、9.5", numbers), ["9.4", "9.5"]);
        assert_eq!(seen("1.1-1.3", numbers), ["1.1", "1.2", "1.3"]);
        assert_eq!(seen("§3, v1.2", numbers), Vec::<String>::new());
    }
}
