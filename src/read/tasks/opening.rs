//! How a line begins: white space, marks, perhaps the word `Task`, an id.

use std::ops::Range;

use crate::read::names::{is_dash, is_lettered, task_id};

/// Words before an id that say that it is one.
const WORDS: [&str; 9] = ["Task ID:", "Task ID", "Task:", "TASK", "Task", "任务", "ٹاسک", "Tâche", "Tarea"];

/// An id at the beginning of a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Id {
    pub(super) range: Range<usize>,
    /// After the word `Task`.
    pub(super) worded: bool,
    /// `1.` of an outline.
    pub(super) bare: bool,
    /// In bold, in brackets, or closed by a colon: meant as a name.
    pub(super) marked: bool,
}

/// Where the text of a line begins, after marks of emphasis and state, and the id there.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Opening {
    pub(super) start: usize,
    pub(super) id: Option<Id>,
}

/// What an outline number may be.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(super) enum Bare {
    /// `1. Parent`.
    Dotted,
    /// The whole of a table's cell.
    Cell,
    No,
}

/// Reads the beginning of `text[range]`.
pub(super) fn opening(text: &str, range: &Range<usize>, bare: Bare) -> Opening {
    let raw = &text[range.clone()];
    let mut rest = raw.trim_start_matches(is_front);
    let start = range.start + raw.len() - rest.len();
    let bold = raw[..raw.len() - rest.len()].contains("**");
    let bracket = rest.starts_with('[');
    if bracket {
        rest = &rest[1..];
    }
    let mut worded = false;
    // each of the words has a letter there, and most ids a digit
    let wordy = rest.as_bytes().get(1).is_some_and(|b| !b.is_ascii_digit());
    if let Some(after) = WORDS.iter().filter(|_| wordy).find_map(|w| rest.strip_prefix(w)) {
        let trimmed = after.trim_start_matches([' ', '#', ':', '：', '*', '_', '`']);
        if trimmed.starts_with(|c: char| c.is_ascii_alphanumeric()) && trimmed.len() < after.len() {
            worded = true;
            rest = trimmed;
        }
    }
    let from = range.start + raw.len() - rest.len();
    let length = task_id(rest).map(str::len).filter(|n| ends(&rest[*n..], bracket));
    let (length, is_bare) = match length {
        Some(length) => (Some(length), false),
        None => (number(rest, worded, bare), true),
    };
    let id = length.map(|length| {
        let after = rest[length..].trim_start_matches(['*', '_', '`']);
        let marked = bold || bracket || worded || after.starts_with([':', '：']);
        Id { range: from..from + length, worded, bare: is_bare, marked }
    });
    Opening { start, id }
}

/// White space, emphasis, and signs such as ✅.
fn is_front(c: char) -> bool {
    c.is_whitespace() || matches!(c, '*' | '_' | '`' | '~') || is_sign(c)
}

/// Pictures that people put beside a task.
pub(super) fn is_sign(c: char) -> bool {
    matches!(c, '\u{2300}'..='\u{23ff}' | '\u{25a0}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}' | '\u{fe0f}' | '\u{200d}'
        | '\u{1f300}'..='\u{1faff}')
}

/// Whether what follows shows that the id stands alone: no range, no list, no path.
fn ends(after: &str, bracket: bool) -> bool {
    if bracket {
        return after.starts_with(']') && !after.starts_with("](");
    }
    let mut chars = after.trim_start_matches(['*', '_', '`']).chars();
    match chars.next() {
        None => true,
        Some('/' | '\\' | '@' | '%' | '&') => false,
        Some(c) if is_dash(c) => chars.next().is_none_or(|n| !n.is_alphanumeric()),
        Some(',') => task_id(chars.as_str().trim_start()).is_none(),
        Some(c) => !c.is_alphanumeric() || !c.is_ascii(),
    }
}

/// The length of a bare number that is an id where it stands.
fn number(rest: &str, worded: bool, bare: Bare) -> Option<usize> {
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let after = &rest[digits..];
    let fits = match bare {
        _ if !(1..=4).contains(&digits) => false,
        Bare::Cell => after.trim_end_matches(['*', '_', '`', ' ', '.']).is_empty(),
        _ if worded => {
            let next = after.trim_start();
            next.is_empty()
                || next.starts_with([':', '.', ')', '-', '–', '—', '*', '：'])
                || (next.len() < after.len() && next.starts_with(char::is_uppercase))
        }
        Bare::Dotted => after.strip_prefix(['.', ')']).is_some_and(|a| a.is_empty() || a.starts_with([' ', '*', '\t'])),
        Bare::No => false,
    };
    fits.then_some(digits)
}

/// What follows a number that counts or measures something: `1.5 GB`, `99.9% of`.
pub(super) fn measures(after: &str) -> bool {
    let after = after.trim_start_matches([' ', '\t']);
    let end = after.find(|c: char| !c.is_alphanumeric() && !matches!(c, '%' | '+' | '×')).unwrap_or(after.len());
    let units = [
        "%", "+", "×", "x", "b", "kb", "mb", "gb", "tb", "kib", "mib", "gib", "ki", "mi", "gi", "m", "ms", "s", "sec",
        "secs", "second", "seconds", "min", "mins", "minute", "minutes", "h", "hour", "hours", "day", "days", "cpu",
        "cpus", "core", "cores", "vcpu", "px", "rem", "em", "or", "and", "to", "times", "percent", "is", "has", "on",
    ];
    let word = after[..end].to_lowercase();
    after.starts_with(['%', '+', '×', '/', '=', '<', '>']) || units.contains(&word.as_str())
}

/// The parent of a number of an outline: `4.1` for `4.1.2`, nothing for `4`.
pub(super) fn parent(id: &str) -> Option<&str> {
    (!is_lettered(id)).then(|| id.rsplit_once('.').map(|(p, _)| p)).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(text: &str) -> Option<(&str, bool, bool)> {
        let opening = opening(text, &(0..text.len()), Bare::Dotted);
        opening.id.map(|i| (&text[i.range.clone()], i.worded, i.bare))
    }

    #[test]
    fn ids_at_the_beginning() {
        assert_eq!(id(" T001 x"), Some(("T001", false, false)));
        assert_eq!(id(" ✅ **T-4.3a**: x"), Some(("T-4.3a", false, false)));
        assert_eq!(id("[T001] [P] x"), Some(("T001", false, false)));
        assert_eq!(id("Task ID: T-001"), Some(("T-001", true, false)));
        assert_eq!(id("Task 4.1.1: x"), Some(("4.1.1", true, false)));
        assert_eq!(id("Task 3: x"), Some(("3", true, true)));
        assert_eq!(id("任务 T001：x"), Some(("T001", true, false)));
        assert_eq!(id(" 1. Parent"), Some(("1", false, true)));
        assert_eq!(id("* 1.2 leaf"), Some(("1.2", false, false)));
        assert_eq!(id("T001：编写"), Some(("T001", false, false)));
        for none in
            ["T001-T004 x", "T001/T002", "T001, T002: x", "T004–T007", "3 pods", "Tasks", "Task list", "[T001](x)"]
        {
            assert_eq!(id(none), None, "{none}");
        }
    }

    #[test]
    fn measures_are_no_names() {
        assert!([" GB of memory", "% of users", " seconds", "×"].into_iter().all(measures));
        assert!(![" Build it", " `helm lint`", " 编写"].into_iter().any(measures));
    }
}
