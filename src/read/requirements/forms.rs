//! The forms of one requirement: an id in front, words that ask, Kiro's numbers.

use crate::model::workspace::{Layout, RequirementKind};

use super::ids::definition;
use super::stories;

/// Id, kind, and where the words begin: `**FR-004**: text`, `**FR-004:** text`, `FR-004: text`, `**FR-004** (MUST): text`.
pub(super) fn opening(raw: &str, anything: bool) -> Option<(String, RequirementKind, usize)> {
    let trimmed = raw.trim_start();
    let text = trimmed.trim_start_matches(MARKS);
    let marked = text.len() < trimmed.len();
    let (id, kind) = definition(text, anything && marked)?;
    let rest = &text[id.len()..];
    let after = rest.trim_start_matches(['*', '_', '`', '~', ' ']);
    let marked = marked || after.starts_with([':', '：', '–', '—']);
    let closes = after.starts_with([':', '：', '-', '–', '—', '(', '[', '（'])
        || rest.starts_with(['*', '_', '`', '~'])
        || after.is_empty();
    let words = after.trim_start_matches([':', '：', '-', '–', '—', '*', '_', ' ']);
    (marked && closes).then(|| (normal(id, kind), kind, raw.len() - words.len()))
}

/// A heading that begins with an id; a space after it is enough.
pub(super) fn heading(raw: &str, anything: bool) -> Option<(String, RequirementKind, usize)> {
    let trimmed = raw.trim_start().trim_start_matches(MARKS);
    let text = ["Requirement ", "Functional Requirement "].iter().find_map(|p| trimmed.strip_prefix(p));
    let text = text.unwrap_or(trimmed);
    let (id, kind) = definition(text, anything)?;
    let rest = &text[id.len()..];
    let ends = rest.is_empty() || rest.starts_with([':', '：', ' ', '*', '_', '`', '~', '-', '–', '—', '.', ')']);
    let words = rest.trim_start_matches([':', '：', '-', '–', '—', '*', '_', '`', '~', ' ', '.', ')']);
    ends.then(|| (normal(id, kind), kind, raw.len() - words.len()))
}

const MARKS: [char; 4] = ['*', '_', '`', '~'];

/// Stories are `US1`, however they are written.
fn normal(id: &str, kind: RequirementKind) -> String {
    if kind == RequirementKind::Story { stories::id(id.trim_start_matches(['U', 'S', '-'])) } else { id.to_owned() }
}

/// Whether a line begins like an id that is misspelt: `fr 004`.
pub(super) fn resembles(raw: &str) -> bool {
    let front = raw.trim_start().trim_start_matches(MARKS);
    if !front.starts_with(['N', 'n', 'F', 'f', 'S', 's']) {
        return false;
    }
    let text = front.chars().take(16).collect::<String>().to_ascii_uppercase();
    let rest = ["NFR", "FR", "SC"].iter().find_map(|p| text.strip_prefix(p));
    rest.is_some_and(|r| r.trim_start_matches([' ', '-', '_', '#']).starts_with(|c: char| c.is_ascii_digit()))
}

/// Struck through, or marked as superseded, retired, removed or deprecated.
pub(super) fn is_retired(raw: &str) -> bool {
    let line = raw.trim_start();
    let words = ["[superseded", "[retired", "[removed", "[deprecated", "(superseded by", "(retired", "(removed in"];
    let first = &line[..memchr::memchr(b'\n', line.as_bytes()).unwrap_or(line.len())];
    line.starts_with("~~")
        || memchr::memchr2(b'[', b'(', first.as_bytes()).is_some() && {
            let first = first.to_lowercase();
            words.iter().any(|w| first.contains(w))
        }
}

/// `WHEN … THE SYSTEM SHALL …` and its kin: IF, WHILE, WHERE, or the system alone.
pub(super) fn is_ears(raw: &str) -> bool {
    let text = raw.trim_start().trim_start_matches(MARKS);
    let opens = ["WHEN ", "IF ", "WHILE ", "WHERE ", "THE SYSTEM ", "The system SHALL", "When ", "If ", "While "];
    // the first word may close its marks: `**WHEN** …`
    let first = text.split(|c: char| !c.is_ascii_alphabetic()).next().unwrap_or_default();
    let opens = opens.iter().any(|o| text.starts_with(o)) || matches!(first, "WHEN" | "IF" | "WHILE" | "WHERE");
    opens && {
        let closing: String = text.trim_start_matches(|c: char| !c.is_whitespace()).chars().take(400).collect();
        closing.contains("SHALL") || closing.contains(" shall ")
    }
}

/// Whether the words ask in capitals: MUST, SHALL.
pub(super) fn is_strong(raw: &str) -> bool {
    let line = raw.lines().next().unwrap_or_default();
    line.split(|c: char| !c.is_alphanumeric()).any(|w| matches!(w, "MUST" | "SHALL"))
}

/// `1.2 WHEN …` at the start of a line: id and where the words begin.
pub(super) fn numbered_line(line: &str) -> Option<(String, usize)> {
    let text = line.trim_start().trim_start_matches(MARKS);
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let id = text[..end].trim_end_matches('.');
    let (a, b) = id.split_once('.')?;
    let number = |p: &str| (1..5).contains(&p.len()) && p.bytes().all(|b| b.is_ascii_digit());
    let rest = text[end..].trim_start_matches(['*', '_', ':']);
    let words = rest.trim_start();
    (number(a) && number(b) && words.len() < rest.len() && !words.is_empty())
        .then(|| (id.to_owned(), line.len() - words.len()))
}

/// Kiro's requirement at hand.
#[derive(Default)]
pub(super) struct Kiro {
    id: Option<(String, u8)>,
    count: usize,
}

impl Kiro {
    pub(super) fn open(&mut self, id: &str, level: u8) {
        self.id = Some((id.to_owned(), level));
        self.count = 0;
    }

    /// A heading of its level or above ends it.
    pub(super) fn heading(&mut self, level: u8) {
        if self.id.as_ref().is_some_and(|(_, own)| level <= *own) {
            self.id = None;
        }
    }

    /// The id of a numbered item below a requirement, by its place among them.
    pub(super) fn criterion(&mut self, raw: &str, ordered: bool, acceptance: bool, layout: Layout) -> Option<String> {
        if layout == Layout::Kiro
            && let Some((id, _)) = numbered_line(raw)
        {
            return Some(id);
        }
        let (id, _) = self.id.as_ref()?;
        if !ordered || !(acceptance || layout == Layout::Kiro) {
            return None;
        }
        self.count += 1;
        Some(format!("{id}.{}", self.count))
    }
}

/// `### Requirement 1: Title` in any language in Kiro's files, and in English elsewhere: id, and where the title begins.
pub(super) fn kiro_heading(title: &str, raw: &str, level: u8, layout: Layout) -> Option<(String, usize)> {
    if !(2..=4).contains(&level) {
        return None;
    }
    let digit = title.find(|c: char| c.is_ascii_digit())?;
    let word = title[..digit].trim_end();
    let named = word.eq_ignore_ascii_case("requirement");
    let foreign = layout == Layout::Kiro && !word.is_empty() && word.split_whitespace().count() < 3;
    if !(named || foreign) || word.ends_with(|c: char| c.is_ascii_punctuation()) {
        return None;
    }
    let end = title[digit..].find(|c: char| !(c.is_ascii_digit() || c == '.')).map_or(title.len(), |e| digit + e);
    let id = title[digit..end].trim_end_matches('.');
    let rest = &title[end..];
    let closes = rest.is_empty() || rest.starts_with([':', '：', ' ', '-', '–', '—', '.', ')']);
    let name = rest.trim_start_matches([':', '：', ' ', '-', '–', '—', '.', ')']);
    let first = name.split(' ').next().filter(|w| !w.is_empty());
    let words = raw.rfind(name).filter(|_| first.is_some()).or_else(|| raw.find(first?)).unwrap_or(raw.len());
    closes.then(|| (id.to_owned(), words))
}
