//! What the words of a task say about its state, beside its box.

use std::ops::Range;

use crate::model::workspace::StatusWord;

use super::opening::is_sign;

/// Words in capitals, the longer ones first.
const CAPITALS: [(&str, StatusWord); 24] = [
    ("NOT INSTALLED", StatusWord::Failed),
    ("NOT AVAILABLE", StatusWord::Failed),
    ("NOT WORKING", StatusWord::Failed),
    ("NOT DONE", StatusWord::Failed),
    ("FAILED", StatusWord::Failed),
    ("FAILING", StatusWord::Failed),
    ("EXCEEDED", StatusWord::Failed),
    ("EXCEEDS", StatusWord::Failed),
    ("BLOCKED", StatusWord::Failed),
    ("BROKEN", StatusWord::Failed),
    ("SKIPPED", StatusWord::Skipped),
    ("SKIP", StatusWord::Skipped),
    ("DEFERRED", StatusWord::Skipped),
    ("CANCELLED", StatusWord::Skipped),
    ("CANCELED", StatusWord::Skipped),
    ("OUT OF SCOPE", StatusWord::Skipped),
    ("REQUIRES LOCAL", StatusWord::Manual),
    ("REQUIRES MANUAL", StatusWord::Manual),
    ("NEEDS MANUAL", StatusWord::Manual),
    ("MANUAL", StatusWord::Manual),
    ("COMPLETED", StatusWord::Done),
    ("COMPLETE", StatusWord::Done),
    ("FINISHED", StatusWord::Done),
    ("DONE", StatusWord::Done),
];

/// Words that count in any case directly after an opening bracket.
const BRACKETED: [(&str, StatusWord); 9] = [
    ("manual", StatusWord::Manual),
    ("requires local", StatusWord::Manual),
    ("requires manual", StatusWord::Manual),
    ("skipped", StatusWord::Skipped),
    ("deferred", StatusWord::Skipped),
    ("failed", StatusWord::Failed),
    ("not installed", StatusWord::Failed),
    ("done", StatusWord::Done),
    ("completed", StatusWord::Done),
];

/// Words of other languages, as `Status:` gives them.
const VALUES: [(&str, StatusWord); 26] = [
    ("not started", StatusWord::Manual),
    ("not installed", StatusWord::Failed),
    ("done", StatusWord::Done),
    ("complete", StatusWord::Done),
    ("completed", StatusWord::Done),
    ("finished", StatusWord::Done),
    ("implemented", StatusWord::Done),
    ("closed", StatusWord::Done),
    ("✅", StatusWord::Done),
    ("✓", StatusWord::Done),
    ("✔", StatusWord::Done),
    ("☑", StatusWord::Done),
    ("完成", StatusWord::Done),
    ("已完成", StatusWord::Done),
    ("مکمل", StatusWord::Done),
    ("terminé", StatusWord::Done),
    ("skipped", StatusWord::Skipped),
    ("deferred", StatusWord::Skipped),
    ("cancelled", StatusWord::Skipped),
    ("canceled", StatusWord::Skipped),
    ("won't do", StatusWord::Skipped),
    ("⏭", StatusWord::Skipped),
    ("manual", StatusWord::Manual),
    ("failed", StatusWord::Failed),
    ("blocked", StatusWord::Failed),
    ("❌", StatusWord::Failed),
];

/// Between words and signs nothing is said, and most of a line is that.
const PLAIN: [bool; 256] = {
    let mut plain = [false; 256];
    let mut byte = 0_u8;
    while byte < 0x80 {
        plain[byte as usize] = byte.is_ascii_alphanumeric() || matches!(byte, b' ' | b'.' | b',' | b'/' | b'_');
        byte += 1;
    }
    plain
};

/// How the words begin, those in brackets in either case.
const INITIALS: [bool; 256] = {
    let mut initials = [false; 256];
    let mut at = 0;
    while at < CAPITALS.len() {
        initials[CAPITALS[at].0.as_bytes()[0] as usize] = true;
        at += 1;
    }
    at = 0;
    while at < BRACKETED.len() {
        let first = BRACKETED[at].0.as_bytes()[0];
        initials[first as usize] = true;
        initials[first.to_ascii_uppercase() as usize] = true;
        at += 1;
    }
    initials
};

/// Whether a line may say something at all: it has signs, or one of the words behind what opens them.
fn may_speak(text: &str) -> bool {
    let bytes = text.as_bytes();
    let brackets = memchr::memchr3_iter(b'(', b'[', b'*', bytes);
    let mut openers = brackets.chain(memchr::memchr2_iter(b':', b'-', bytes));
    !text.is_ascii() || openers.any(|at| may_begin(text[at + 1..].trim_start()))
}

/// Whether one of the words may stand at the beginning.
fn may_begin(text: &str) -> bool {
    let Some(first) = text.bytes().next().filter(|b| INITIALS[usize::from(*b)]) else { return false };
    CAPITALS.iter().any(|(w, _)| w.as_bytes()[0] == first && text.starts_with(w))
        || BRACKETED.iter().any(|(w, _)| text.get(..w.len()).is_some_and(|start| start.eq_ignore_ascii_case(w)))
}

/// The strongest word of a task's line and its place: what went wrong before what is done.
pub(super) fn of_line(text: &str) -> Option<(StatusWord, Range<usize>)> {
    if !may_speak(text) {
        return None;
    }
    let mut best: Option<(StatusWord, Range<usize>)> = None;
    let mut keep = |word: StatusWord, range: Range<usize>| {
        if best.as_ref().is_none_or(|(b, _)| strength(word) > strength(*b)) {
            best = Some((word, range));
        }
    };
    let mut code = false;
    // what stands before: an opening bracket, a dash between spaces, a sign, emphasis
    let mut opener = None;
    let mut before = ' ';
    let mut next = 0;
    while next < text.len() {
        if !code && opener.is_none() {
            let start = next;
            while text.as_bytes().get(next).is_some_and(|b| PLAIN[usize::from(*b)]) {
                next += 1;
            }
            if next > start {
                before = char::from(text.as_bytes()[next - 1]);
            }
        }
        let i = next;
        let Some(c) = text[i..].chars().next() else { break };
        next += c.len_utf8();
        code ^= c == '`';
        if code {
            (opener, before) = (None, c);
            continue;
        }
        let rest = &text[i..];
        let first = rest.as_bytes()[0];
        if let Some(open) = opener.filter(|_| INITIALS[usize::from(first)] && !before.is_alphanumeric()) {
            let ends = |w: &str| !rest[w.len()..].starts_with(|c: char| c.is_alphanumeric());
            let fits = |w: &str| w.as_bytes()[0] == first && rest.starts_with(w) && ends(w);
            if let Some((w, word)) = CAPITALS.iter().find(|(w, _)| fits(w)) {
                keep(*word, i..i + w.len());
            } else if matches!(open, '(' | '[') {
                let fits = |w: &str| {
                    w.as_bytes()[0] == first.to_ascii_lowercase()
                        && rest.get(..w.len()).is_some_and(|r| r.eq_ignore_ascii_case(w))
                        && ends(w)
                };
                if let Some((w, word)) = BRACKETED.iter().find(|(w, _)| fits(w)) {
                    keep(*word, i..i + w.len());
                }
            }
        }
        match c {
            '✅' | '✔' | '☑' if is_closing(rest, c) || i == 0 => keep(StatusWord::Done, i..i + c.len_utf8()),
            '❌' | '✗' if is_closing(rest, c) || i == 0 => keep(StatusWord::Failed, i..i + c.len_utf8()),
            _ => {}
        }
        opener = match c {
            '(' | '[' | '*' | ':' | '：' | '–' | '—' => Some(c),
            '-' if before.is_whitespace() && rest[1..].starts_with(' ') => Some(c),
            c if is_sign(c) => Some(c),
            c if c.is_whitespace() => opener,
            _ => None,
        };
        before = c;
    }
    best
}

/// What `**Status**: …` or the cell of a table says.
pub(super) fn of_value(value: &str) -> Option<StatusWord> {
    let lower = value.trim_matches([' ', '*', '_', '`', '\t']).to_lowercase();
    let words = lower.trim_start_matches(|c: char| is_sign(c) && !matches!(c, '✅' | '✓' | '✔' | '☑' | '❌' | '⏭'));
    let fits = |w: &str| {
        let after = words.trim_start().strip_prefix(w)?;
        (!w.ends_with(|c: char| c.is_ascii_alphabetic()) || !after.starts_with(|c: char| c.is_alphanumeric()))
            .then_some(())
    };
    let found = VALUES.iter().find(|(w, _)| fits(w).is_some()).map(|(_, word)| *word);
    found.filter(|_| !words.trim_start().starts_with("not started"))
}

/// Whether a sign stands at the end of a line, or before words of its kind.
fn is_closing(rest: &str, sign: char) -> bool {
    let after = rest[sign.len_utf8()..].trim_start_matches(['\u{fe0f}', ' ', '*', '_', '(', '-', '–', '—']);
    after.trim_end_matches([')', ']', '*', '.', ' ', '\n', '\r']).is_empty()
        || CAPITALS.iter().any(|(w, _)| after.starts_with(w))
}

fn strength(word: StatusWord) -> u8 {
    match word {
        StatusWord::Done => 0,
        StatusWord::Manual => 1,
        StatusWord::Skipped => 2,
        StatusWord::Failed => 3,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_of_a_line() {
        let word = |text: &str| of_line(text).map(|(w, r)| (w, text[r].to_owned()));
        let seen = |w: StatusWord, s: &str| Some((w, s.to_owned()));
        assert_eq!(word("Create it ✅"), seen(StatusWord::Done, "✅"));
        assert_eq!(word("Create it ✅ **COMPLETE**"), seen(StatusWord::Done, "✅"));
        assert_eq!(word("Run it ⚠️ REQUIRES LOCAL EXECUTION"), seen(StatusWord::Manual, "REQUIRES LOCAL"));
        assert_eq!(word("Run it - **SKIPPED: no cluster**"), seen(StatusWord::Skipped, "SKIPPED"));
        assert_eq!(word("Run it - SKIPPED FOR NOW"), seen(StatusWord::Skipped, "SKIPPED"));
        assert_eq!(word("Run it *(manual — needs Docker)*"), seen(StatusWord::Manual, "manual"));
        assert_eq!(word("Size below 500MB - **EXCEEDED: 900MB**"), seen(StatusWord::Failed, "EXCEEDED"));
        assert_eq!(word("kubectl-ai ✅ ⚠️ NOT INSTALLED"), seen(StatusWord::Failed, "NOT INSTALLED"));
        for none in [
            "Test failed logins return 401",
            "Change PENDING to COMPLETED",
            "Show ✅ beside each todo",
            "Manual test: log in",
            "Print `(FAILED)`",
        ] {
            assert_eq!(word(none), None, "{none}");
        }
    }

    #[test]
    fn words_of_a_field() {
        assert_eq!(of_value(" ✅ Complete"), Some(StatusWord::Done));
        assert_eq!(of_value("**Done**"), Some(StatusWord::Done));
        assert_eq!(of_value("已完成"), Some(StatusWord::Done));
        assert_eq!(of_value("Deferred to v2"), Some(StatusWord::Skipped));
        assert_eq!(of_value("Pending"), None);
        assert_eq!(of_value("Not started"), None);
    }
}
