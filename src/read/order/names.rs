//! What the name of a phase or a section means: `Setup`, `the login forms`.

use std::collections::{BTreeMap, BTreeSet};

use crate::read::prose;

use super::groups::{Groups, Section, Set, sorted};
use super::refs::{self, LABELS};

/// Words of a mention that name nothing.
const FILLER: [&str; 46] = [
    "the",
    "a",
    "an",
    "all",
    "of",
    "to",
    "and",
    "phase",
    "phases",
    "section",
    "group",
    "work",
    "tasks",
    "task",
    "story",
    "completion",
    "complete",
    "completed",
    "completes",
    "is",
    "are",
    "be",
    "being",
    "been",
    "done",
    "finished",
    "ready",
    "exists",
    "exist",
    "in",
    "place",
    "must",
    "should",
    "can",
    "start",
    "begin",
    "have",
    "has",
    "written",
    "fail",
    "if",
    "included",
    "first",
    "only",
    "any",
    "then",
];

/// More sections of one name than this are not told apart.
const MOST_NAMESAKES: usize = 64;

/// The names of all sections, and the sections that hold tasks by the beginnings of their words.
pub(super) struct Names {
    /// The words of each title without label, number and brackets; then with the words in brackets.
    of: Vec<(Vec<String>, BTreeSet<String>)>,
    stems: BTreeMap<String, Vec<usize>>,
}

impl Names {
    pub(super) fn new(groups: &Groups<'_>) -> Self {
        let name = |title: &str| words(before_bracket(&without_label(title)));
        let both = |section: &Section| (name(&section.title), words(&section.title).into_iter().collect());
        let mut names = Self { of: groups.sections.iter().map(both).collect(), stems: BTreeMap::new() };
        for (index, _) in groups.parts() {
            for word in &names.of[index].1 {
                names.stems.entry(stem(word)).or_default().push(index);
            }
        }
        names
    }
}

impl Groups<'_> {
    /// The sections that a phrase may name, nearest first: by their whole name, by its beginning, by words in it.
    fn named(&self, phrase: &str) -> Vec<usize> {
        let words: Vec<String> = words(phrase).into_iter().filter(|w| !FILLER.contains(&w.as_str())).collect();
        if words.is_empty() || words.len() > 5 {
            return Vec::new();
        }
        let lists: Option<Vec<&Vec<usize>>> = words.iter().map(|w| self.names().stems.get(&stem(w))).collect();
        let Some(shortest) = lists.as_ref().and_then(|l| l.iter().min_by_key(|l| l.len())) else { return Vec::new() };
        if shortest.len() > MOST_NAMESAKES {
            return Vec::new();
        }
        let stems = |words: &[String]| words.iter().map(|w| stem(w)).collect::<Vec<_>>();
        let wanted = stems(&words);
        let rank = |section: usize| {
            let (name, words) = &self.names().of[section];
            let name = stems(name);
            let all = || wanted.iter().all(|w| words.iter().any(|s| stem(s) == *w));
            match () {
                () if name == wanted => Some(0),
                () if name.starts_with(&wanted) => Some(1),
                () if all() => Some(2),
                () => None,
            }
        };
        let ranked: Vec<(u8, usize)> = shortest.iter().filter_map(|s| rank(*s).map(|r| (r, *s))).collect();
        let best = ranked.iter().map(|(r, _)| *r).min();
        let mut found: Vec<usize> = ranked.into_iter().filter(|(r, _)| Some(*r) == best).map(|(_, s)| s).collect();
        // of a section and one inside it, the outer one is meant
        let all = found.clone();
        found.retain(|s| !self.ancestors(*s).any(|a| all.contains(&a)));
        found.dedup();
        found
    }

    fn ancestors(&self, section: usize) -> impl Iterator<Item = usize> {
        std::iter::successors(self.sections[section].parent, |s| self.sections[*s].parent)
    }

    /// The tasks that a phrase names: `Setup`, `Backend fixes and the login forms`.
    ///
    /// # Errors
    /// Why it names none.
    pub(super) fn by_name(&self, phrase: &str) -> Result<Set, String> {
        let phrase = phrase.trim();
        match self.named(&outside_brackets(phrase))[..] {
            [one] => return Ok(self.of_section(one)),
            [] => {}
            [..] => return Err(format!("several sections may be called `{}`", prose::fold(phrase))),
        }
        let plain = outside_brackets(phrase);
        let parts: Vec<&str> = split_list(&plain);
        if parts.len() < 2 {
            return Err(unnamed(phrase));
        }
        let mut all = BTreeSet::new();
        for part in parts {
            match self.named(part)[..] {
                [one] => all.extend(self.of_section(one)),
                _ => return Err(unnamed(part)),
            }
        }
        Ok(all.into_iter().collect())
    }

    /// `Frontend tasks` in a phase: the one section of that name among those tasks.
    pub(super) fn part_of(&self, phrase: &str, whole: &[usize]) -> Option<Set> {
        let sets = self.named(phrase).into_iter().map(|s| self.of_section(s));
        let mut inside = sets.filter(|set| set.iter().all(|t| whole.binary_search(t).is_ok()));
        inside.next().filter(|_| inside.next().is_none())
    }

    /// `Tests before implementation`: sections of these names that lie side by side, in each part of the file.
    pub(super) fn side_by_side(&self, before: &str, after: &str) -> Vec<(Set, Set)> {
        let by_parent = |phrase: &str| {
            let mut found: BTreeMap<Option<usize>, Vec<usize>> = BTreeMap::new();
            for section in self.named(&outside_brackets(phrase)) {
                found.entry(self.sections[section].parent).or_default().push(section);
            }
            found
        };
        let later = by_parent(after);
        let pairs =
            by_parent(before).into_iter().filter_map(|(parent, first)| Some((first, later.get(&parent)?.clone())));
        let sets = |sections: &[usize]| sorted(sections.iter().flat_map(|s| self.of_section(*s)));
        pairs.map(|(first, later)| (sets(&first), sets(&later))).filter(|(a, b)| a != b).collect()
    }
}

pub(super) fn unnamed(phrase: &str) -> String {
    let shown: String = prose::fold(phrase).chars().take(60).collect();
    format!("`{}` names no task, phase or story of this file", shown.trim_matches(['*', ' ', '.', ',', '`']))
}

/// `Setup, Foundational and US1`, `Setup + Foundational`.
pub(super) fn split_list(text: &str) -> Vec<&str> {
    let mut parts = vec![text];
    for separator in [",", "&", "+", "/", " and ", " AND ", "|"] {
        parts = parts.into_iter().flat_map(|p| p.split(separator)).collect();
    }
    parts.into_iter().map(str::trim).filter(|p| p.chars().any(char::is_alphanumeric)).collect()
}

/// Lower-case words of letters and digits.
pub(super) fn words(text: &str) -> Vec<String> {
    text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty()).map(str::to_lowercase).collect()
}

/// The beginning of a word, so that `foundation` is `foundational` and `test` is `tests`.
pub(super) fn stem(word: &str) -> String {
    let word = word.strip_suffix('s').filter(|w| w.len() > 2).unwrap_or(word);
    word.chars().take(7).collect()
}

pub(super) fn before_bracket(text: &str) -> &str {
    text.find(['(', '[']).map_or(text, |at| &text[..at])
}

/// The text with everything in brackets left out.
pub(super) fn outside_brackets(text: &str) -> String {
    let mut depth = 0_usize;
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '(' => depth += 1,
            ')' => depth = depth.saturating_sub(1),
            _ if depth == 0 => out.push(c),
            _ => {}
        }
    }
    out
}

/// `Phase 3.1: Setup` is `phase` and 3.1, `1. Setup` is nothing and 1.
pub(super) fn label(title: &str) -> Option<(String, Vec<u32>)> {
    let title = title.trim_start_matches(|c: char| !c.is_alphanumeric());
    let mut parts = title.split(|c: char| c.is_whitespace() || matches!(c, ':' | '—' | '–')).filter(|w| !w.is_empty());
    let first = parts.next()?.to_lowercase();
    if let Some(number) = refs::number(first.trim_end_matches(['.', ')'])) {
        return Some((String::new(), number));
    }
    if first != "task" && !LABELS.contains(&first.as_str()) {
        return None;
    }
    Some((first, refs::number(parts.next()?.trim_end_matches(['.', ')']))?))
}

/// `Phase 3: User Story 1 - Sign in` is `Sign in`.
pub(super) fn without_label(title: &str) -> String {
    let mut rest = title;
    if label(title).is_some() {
        rest = rest.split_once([':', '—', '–']).map_or_else(
            || rest.split_once(" - ").or_else(|| rest.split_once(' ')).map_or(rest, |(_, r)| r),
            |(_, r)| r,
        );
    }
    let lower = rest.trim_start().to_lowercase();
    if lower.starts_with("user story") || lower.starts_with("story ") {
        rest = [" - ", " – ", " — ", ": "].iter().find_map(|d| rest.split_once(d)).map_or(rest, |(_, r)| r);
    }
    rest.trim().to_owned()
}
