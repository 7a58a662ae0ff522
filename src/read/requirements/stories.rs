//! User stories by their headings, and the scenarios below them.

use std::ops::Range;

use crate::model::workspace::RequirementKind;
use crate::read::piece_set::PieceSet;
use crate::read::prose;

/// How stories are called.
const WORDS: [&str; 14] = [
    "user story",
    "user-story",
    "story",
    "用户故事",
    "使用者故事",
    "ユーザーストーリー",
    "사용자 스토리",
    "histoire utilisateur",
    "récit utilisateur",
    "historia de usuario",
    "história de usuário",
    "صارف کی کہانی",
    "یوزر اسٹوری",
    "قصة المستخدم",
];

/// How a scenario begins, in lower case.
const GIVEN: [&str; 16] = [
    "given",
    "étant donné",
    "etant donné",
    "soit ",
    "假设",
    "假如",
    "给定",
    "前提",
    "فرض کریں",
    "فرض کیجیے",
    "بفرض",
    "dado",
    "dada",
    "angenommen",
    "gegeben",
    "먼저",
];

/// A story while what stands below its heading is read.
#[derive(Debug)]
pub(super) struct Story {
    pub(super) id: String,
    /// Scenarios so far.
    pub(super) count: usize,
    level: u8,
    title: String,
    /// The line before says that criteria follow.
    acceptance: bool,
}

impl Story {
    /// Where the title begins in the heading.
    pub(super) fn words(&self, raw: &str, head: &Range<usize>) -> usize {
        let first = self.title.split(' ').next().unwrap_or_default();
        let at = if first.is_empty() { None } else { raw.rfind(&self.title).or_else(|| raw.find(first)) };
        at.map_or(head.end, |i| head.start + i)
    }

    pub(super) fn paragraph(&mut self, raw: &str) {
        let plain = raw.trim_start().trim_start_matches(['*', '_', '#', ' ']);
        let head = prose::start(plain, 60).to_lowercase();
        let ends = raw.trim_end().trim_end_matches(['*', '_', ' ']).ends_with([':', '：']);
        self.acceptance = ACCEPTANCE.any_in(&head) && (ends || head.len() < 40);
    }

    /// What an item at the top level of the story is, if it is a criterion; counts it.
    pub(super) fn criterion(&mut self, raw: &str, ordered: bool) -> Option<RequirementKind> {
        let text = raw.trim_start();
        let given = begins_with_given(text);
        let kind = if given || (ordered && text.starts_with("**")) {
            RequirementKind::Scenario
        } else if self.acceptance && !continues(text) {
            if ordered { RequirementKind::Scenario } else { RequirementKind::Criterion }
        } else {
            return None;
        };
        self.count += 1;
        Some(kind)
    }

    /// A paragraph that is a scenario; counts it.
    pub(super) fn given(&mut self, raw: &str) -> Option<RequirementKind> {
        begins_with_given(raw.trim_start()).then(|| {
            self.count += 1;
            RequirementKind::Scenario
        })
    }
}

/// The id of a story by its number as written: `01` is `US1`.
pub(super) fn id(number: &str) -> String {
    let bare = number.trim_start_matches('0');
    format!("US{}", if bare.is_empty() { "0" } else { bare })
}

/// A heading ends the story above it, unless it is one of its parts.
pub(super) fn heading(story: &mut Option<Story>, level: u8, title: &str) {
    let acceptance = ACCEPTANCE.any_in(&title.to_lowercase());
    if let Some(open) = story {
        open.acceptance = acceptance;
    }
    story.take_if(|s| level < s.level || (level == s.level && !acceptance));
}

/// `User Story 2 - Title (Priority: P1)`, `US2: Title`, and in any language `… 2 – Title (… P1)`.
pub(super) fn story(title: &str, level: u8) -> Option<Story> {
    let lower = title.to_lowercase();
    let made = |number: &str, rest: &str| {
        let title = rest.trim_start_matches([' ', '-', '–', '—', ':', '：', '.', '|', '*']).to_owned();
        Some(Story { id: id(number), count: 0, level, title, acceptance: false })
    };
    if lower == "primary user story" {
        return made("1", "");
    }
    let start = title.find(|c: char| c.is_ascii_digit())?;
    let end = start + title[start..].bytes().take_while(u8::is_ascii_digit).count();
    let (before, rest) = (title[..start].trim_end_matches([' ', '-', '#']), &title[end..]);
    let word = before.trim_start_matches(|c: char| !c.is_alphanumeric());
    let lower = word.to_lowercase();
    let named = WORDS.contains(&lower.as_str()) || word == "US";
    let separates = rest.is_empty() || rest.starts_with([' ', '-', '–', '—', ':', '：', '.', '(', '|']);
    let foreign = level > 1 && !word.is_empty() && word.chars().all(|c| c.is_alphabetic() || c == ' ') && ranks(title);
    let divided = rest.trim_start().starts_with(['-', '–', '—', ':', '：']);
    if separates && end - start < 5 && (named || (foreign && divided)) { made(&title[start..end], rest) } else { None }
}

/// Whether a heading ends with a priority: `(Priority: P1)`, `（优先级：P1）`.
fn ranks(title: &str) -> bool {
    let inner = title.trim_end().strip_suffix([')', '）']).and_then(|t| t.rsplit(['(', '（']).next());
    inner.is_some_and(|i| {
        let mut chars = i.trim_end().chars().rev();
        chars.next().is_some_and(|c| c.is_ascii_digit()) && chars.next() == Some('P')
    })
}

/// Words that say that criteria follow, in lower case.
static ACCEPTANCE: PieceSet<8> =
    PieceSet::new(["acceptance", "scenario", "验收", "criter", "critère", "scénario", "قبولیت", "منظرنام"]);

fn begins_with_given(text: &str) -> bool {
    let text = text.trim_start_matches(['*', '_', '`', ' ']);
    // two letters tell most words apart
    let two = text.as_bytes().first_chunk::<2>().filter(|two| two.is_ascii());
    if two.is_some_and(|two| !GIVEN.iter().any(|g| g.as_bytes()[..2].eq_ignore_ascii_case(two))) {
        return false;
    }
    let lower = prose::start(text, 20).to_lowercase();
    GIVEN.iter().any(|g| lower.starts_with(g))
}

/// `- **When** …` beside `- **Given** …` belongs to it.
pub(super) fn continues(text: &str) -> bool {
    let lower = prose::start(text.trim_start().trim_start_matches(['*', '_', '`', ' ']), 8).to_lowercase();
    ["when", "then", "and ", "and*", "but ", "but*"].iter().any(|w| lower.starts_with(w))
}
