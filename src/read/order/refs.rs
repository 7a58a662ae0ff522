//! What a sentence speaks of: tasks by id, ranges of them, stories, phases, and words such as `all previous phases`.

use std::ops::Range;

use crate::read::names::{is_task_id, task_range};

/// Something that a sentence names by an id, a number or a fixed phrase.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Ref {
    Task(String),
    /// From one id to another, both among them, in the order of the file.
    Tasks(String, String),
    /// Stories from one number to another.
    Stories(u32, u32),
    /// `Phase 2`, `Phases 3-5`, `Phase 3+` (open), `Layer 2`, `Task 1.1` as a heading.
    Numbered {
        label: String,
        from: Vec<u32>,
        to: Option<Vec<u32>>,
    },
    EveryStory,
    EarlierStories,
    EveryPhase,
    EarlierPhases,
    EveryTask,
    EarlierTasks,
    LastPhase,
    /// `this phase`.
    Here,
    /// `the previous phase`.
    PhaseBefore,
}

impl Ref {
    /// Whether it names tasks by their ids.
    pub(super) fn is_task(&self) -> bool {
        matches!(self, Self::Task(_) | Self::Tasks(..))
    }
}

/// Words that count parts of a file: `Phase 2`, `Layer 3`.
pub(super) const LABELS: [&str; 12] =
    ["phase", "layer", "stage", "step", "wave", "milestone", "sprint", "iteration", "group", "section", "part", "epic"];

const EVERY: [&str; 6] = ["all", "any", "every", "each", "both", "no"];
const EARLIER: [&str; 5] = ["previous", "prior", "earlier", "preceding", "above"];
const BETWEEN: [&str; 7] = ["of", "the", "other", "remaining", "desired", "required", "user"];

/// A word or a mark.
#[derive(Clone, Debug)]
struct Token<'a> {
    text: &'a str,
    at: usize,
    word: bool,
}

impl Token<'_> {
    fn end(&self) -> usize {
        self.at + self.text.len()
    }

    fn is(&self, words: &[&str]) -> bool {
        self.word && words.iter().any(|w| self.text.eq_ignore_ascii_case(w))
    }
}

/// Words keep dots and dashes between letters and digits: `T-4.3a`, `US1-US4`, `3-9`.
fn tokens(text: &str) -> Vec<Token<'_>> {
    let mut found = Vec::new();
    let mut chars = text.char_indices().peekable();
    while let Some((at, c)) = chars.next() {
        if c.is_whitespace() || matches!(c, '*' | '`' | '_') {
            continue;
        }
        if !c.is_alphanumeric() {
            found.push(Token { text: &text[at..at + c.len_utf8()], at, word: false });
            continue;
        }
        let mut end = at + c.len_utf8();
        while let Some((next, c)) = chars.peek().copied() {
            let inner = matches!(c, '.' | '-' | '_')
                && text[next + 1..].starts_with(char::is_alphanumeric)
                && !text[next + 1..].starts_with('_');
            if !c.is_alphanumeric() && !inner {
                break;
            }
            end = next + c.len_utf8();
            chars.next();
        }
        found.push(Token { text: &text[at..end], at, word: true });
    }
    found
}

/// Everything that `text` names, in order. `known` tells whether a word is the id of a task of the file: `4.1` is
/// one in some files and a version in others.
pub(super) fn scan(text: &str, known: &dyn Fn(&str) -> bool) -> Vec<(Ref, Range<usize>)> {
    let mut scanner = Scanner { tokens: tokens(text), at: 0, known, found: Vec::new() };
    while scanner.at < scanner.tokens.len() {
        let before = scanner.at;
        if !(scanner.task() || scanner.story() || scanner.numbered() || scanner.phrase()) {
            scanner.at = before + 1;
        }
    }
    scanner.found
}

/// The numbers of the stories that `text` names.
pub(super) fn stories(text: &str) -> Vec<u32> {
    let numbers = scan(text, &|_| false).into_iter().filter_map(|(r, _)| match r {
        Ref::Stories(from, to) => Some(from..=to.min(from.saturating_add(200))),
        _ => None,
    });
    numbers.flatten().collect()
}

/// A number or a range, its end (`None` for `3+`), and the tokens that it takes.
type Numbers = (Vec<u32>, Option<Vec<u32>>, usize, usize);

struct Scanner<'a, 'k> {
    tokens: Vec<Token<'a>>,
    at: usize,
    known: &'k dyn Fn(&str) -> bool,
    found: Vec<(Ref, Range<usize>)>,
}

impl<'a> Scanner<'a, '_> {
    fn token(&self, at: usize) -> Option<&Token<'a>> {
        self.tokens.get(at)
    }

    fn word(&self, at: usize) -> Option<&'a str> {
        self.token(at).filter(|t| t.word).map(|t| t.text)
    }

    fn push(&mut self, found: Ref, from: usize, to: usize) {
        let start = self.tokens[from].at;
        let end = self.tokens[to.saturating_sub(1).max(from)].end();
        self.found.push((found, start..end));
        self.at = to.max(from + 1);
    }

    /// How many tokens say `to`: a dash, dots, `to`, `through`.
    fn dash(&self, at: usize) -> usize {
        match self.token(at) {
            Some(t) if t.word && t.is(&["to", "through", "thru", "until"]) => 1,
            Some(t) if matches!(t.text, "-" | "–" | "—" | "~" | "…") => 1,
            Some(t) if t.text == "." && self.token(at + 1).is_some_and(|n| n.text == ".") => 2,
            _ => 0,
        }
    }

    fn is_id(&self, word: &str) -> bool {
        let letter = word.starts_with(|c: char| c.is_ascii_uppercase());
        (self.known)(word) || (letter && is_task_id(word))
    }

    fn task(&mut self) -> bool {
        let (from, Some(word)) = (self.at, self.word(self.at)) else { return false };
        if !self.is_id(word) {
            // `T004-T007`, `T014-19`
            if let Some((a, b)) = task_range(word).filter(|(a, b)| self.is_id(a) && self.is_id(b)) {
                self.push(Ref::Tasks(a.to_owned(), b.to_owned()), from, from + 1);
                return true;
            }
            let Some((a, b)) = word.rsplit_once('-') else { return false };
            let Some(full) = self.completed(a, b) else { return false };
            self.push(Ref::Tasks(a.to_owned(), full), from, from + 1);
            return true;
        }
        let dash = self.dash(from + 1);
        if dash > 0
            && let Some(last) = self.word(from + 1 + dash).filter(|w| self.is_id(w))
        {
            self.push(Ref::Tasks(word.to_owned(), last.to_owned()), from, from + 2 + dash);
            return true;
        }
        self.push(Ref::Task(word.to_owned()), from, from + 1);
        // `T-4.3a/b`, `T014/15`
        while self.token(self.at).is_some_and(|t| t.text == "/") {
            let Some(full) = self.word(self.at + 1).and_then(|short| self.completed(word, short)) else { break };
            self.push(Ref::Task(full), self.at, self.at + 2);
        }
        true
    }

    /// `b` after `T-4.3a` is `T-4.3b`, `15` after `T014` is `T015`.
    fn completed(&self, id: &str, short: &str) -> Option<String> {
        if !self.is_id(id) || short.is_empty() || short.len() >= id.len() {
            return None;
        }
        let digits = short.bytes().all(|b| b.is_ascii_digit());
        let letter = short.len() == 1 && short.bytes().all(|b| b.is_ascii_lowercase());
        let full = format!("{}{short}", id.get(..id.len() - short.len())?);
        let last = id.as_bytes()[id.len() - short.len()];
        let fits = (digits && last.is_ascii_digit()) || (letter && last.is_ascii_lowercase());
        (fits && (self.known)(&full)).then_some(full)
    }

    /// `US1`, `US1-US4`, `US3-5`, `User Story 1`, `Stories 1 and 2`, `all user stories`.
    fn story(&mut self) -> bool {
        let (from, Some(word)) = (self.at, self.word(self.at)) else { return false };
        if let Some((first, rest)) = story_number(word) {
            let mut end = from + 1;
            let last = rest.unwrap_or_else(|| {
                let dash = self.dash(end);
                let next = self.word(end + dash).filter(|_| dash > 0);
                let last = next.and_then(|w| story_number(w).map(|(n, _)| n).or_else(|| w.parse().ok()));
                end += if last.is_some() { dash + 1 } else { 0 };
                last.unwrap_or(first)
            });
            self.push(Ref::Stories(first, last.max(first)), from, end);
            return true;
        }
        let user = usize::from(self.tokens[from].is(&["user"]));
        let Some(noun) = self.token(from + user).filter(|t| t.is(&["story", "stories"])) else { return false };
        let plural = noun.is(&["stories"]);
        let numbers = self.numbers(from + user + 1);
        if numbers.is_empty() {
            if plural {
                self.push(Ref::EveryStory, from, from + user + 1);
            }
            return plural;
        }
        for (first, last, begin, end) in numbers {
            let one = |n: &[u32]| n.first().copied().unwrap_or_default();
            let last = last.map_or(u32::MAX, |l| one(&l));
            self.push(Ref::Stories(one(&first), last), begin.min(from + user + 1), end);
        }
        true
    }

    /// `Phase 2`, `Phases 3-9`, `Phase 3+`, `Layers 2 and 3`, `Task 1.1`.
    fn numbered(&mut self) -> bool {
        let (from, Some(word)) = (self.at, self.word(self.at)) else { return false };
        let one = word.strip_suffix(['s', 'S']).unwrap_or(word);
        let labels = std::iter::once("task").chain(LABELS);
        let Some(label) = labels.into_iter().find(|l| l.eq_ignore_ascii_case(one)) else { return false };
        let numbers = self.numbers(from + 1);
        for (number, (first, last, begin, end)) in numbers.iter().cloned().enumerate() {
            let begin = if number == 0 { from } else { begin };
            let id = first.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
            let found = if label == "task" && last.as_ref() == Some(&first) && (self.known)(&id) {
                Ref::Task(id)
            } else {
                Ref::Numbered { label: label.to_owned(), from: first, to: last }
            };
            self.push(found, begin, end);
        }
        !numbers.is_empty()
    }

    /// The numbers that stand from there on.
    fn numbers(&self, mut at: usize) -> Vec<Numbers> {
        let mut found = Vec::new();
        loop {
            let begin = at;
            let Some(word) = self.word(at) else { break };
            let ends: Vec<Option<Vec<u32>>> = word.split('-').map(number).collect();
            let (first, mut last) = match &ends[..] {
                [Some(one)] => (one.clone(), Some(one.clone())),
                [Some(one), Some(two)] => (one.clone(), Some(two.clone())),
                _ => break,
            };
            at += 1;
            let dash = self.dash(at);
            if dash > 0
                && let Some(to) = self.word(at + dash).and_then(number)
            {
                last = Some(to);
                at += dash + 1;
            }
            let close = self.token(at).is_some_and(|t| t.text == "+" && t.at == self.tokens[at - 1].end());
            if close && self.word(at + 1).and_then(number).is_none() {
                last = None;
                at += 1;
            }
            found.push((first, last, begin, at));
            let mut next = at;
            while self.token(next).is_some_and(|t| matches!(t.text, "," | "/" | "&" | "+") || t.is(&["and", "or"])) {
                next += 1;
            }
            if next == at || self.word(next).and_then(number).is_none() {
                break;
            }
            at = next;
        }
        found
    }

    /// `all previous phases`, `any user story`, `everything`, `the final phase`, `this phase`.
    fn phrase(&mut self) -> bool {
        let from = self.at;
        let first = &self.tokens[from];
        let next_is = |words: &[&str]| self.token(from + 1).is_some_and(|t| t.is(words));
        if first.is(&["everything"]) {
            let earlier = next_is(&EARLIER);
            self.push(if earlier { Ref::EarlierTasks } else { Ref::EveryTask }, from, from + 1 + usize::from(earlier));
            return true;
        }
        if first.is(&["final", "last"]) && next_is(&["phase"]) {
            self.push(Ref::LastPhase, from, from + 2);
            return true;
        }
        if first.is(&["this", "current"]) && next_is(&["phase", "story", "section", "group", "layer", "stage"]) {
            self.push(Ref::Here, from, from + 2);
            return true;
        }
        let every = first.is(&EVERY);
        let mut earlier = first.is(&EARLIER);
        if !every && !earlier && !first.is(&["other"]) {
            return false;
        }
        let mut at = from + 1;
        while let Some(token) = self.token(at).filter(|t| t.is(&EARLIER) || t.is(&BETWEEN)) {
            earlier |= token.is(&EARLIER);
            at += 1;
        }
        let Some(noun) = self.token(at) else {
            return every && earlier && self.earlier_tasks(from, at);
        };
        let found = if noun.is(&["story", "stories"]) {
            if earlier { Ref::EarlierStories } else { Ref::EveryStory }
        } else if noun.is(&["phase"]) && !every {
            Ref::PhaseBefore
        } else if noun.is(&["phases", "phase", "stages", "layers"]) {
            if earlier { Ref::EarlierPhases } else { Ref::EveryPhase }
        } else if noun.is(&["tasks", "task"]) {
            if earlier { Ref::EarlierTasks } else { Ref::EveryTask }
        } else {
            return every && earlier && at == from + 2 && self.earlier_tasks(from, at);
        };
        // `all tasks T001-T004` and `all user stories (US1-US3)` go on with ids of their own
        let goes_on = self.word(at + 1).is_some_and(|w| self.is_id(w) || number(w).is_some());
        if goes_on {
            return false;
        }
        self.push(found, from, at + 1);
        true
    }

    fn earlier_tasks(&mut self, from: usize, to: usize) -> bool {
        self.push(Ref::EarlierTasks, from, to);
        true
    }
}

/// `US1` is one, `US1-US4` and `US3-5` are two.
fn story_number(word: &str) -> Option<(u32, Option<u32>)> {
    let digits = |w: &str| w.parse::<u32>().ok().filter(|_| w.bytes().all(|b| b.is_ascii_digit()));
    let one = |w: &str| digits(w.strip_prefix("US").or_else(|| w.strip_prefix("us"))?.trim_start_matches('-'));
    if let Some(number) = one(word) {
        return Some((number, None));
    }
    let (first, last) = word.rsplit_once('-')?;
    Some((one(first)?, Some(one(last).or_else(|| digits(last))?)))
}

/// `3.1` as its parts.
pub(super) fn number(word: &str) -> Option<Vec<u32>> {
    let parts: Option<Vec<u32>> = word.split('.').map(|p| p.parse().ok().filter(|_| p.len() <= 6)).collect();
    parts.filter(|p| p.len() <= 4)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(text: &str) -> Vec<String> {
        let known = |w: &str| is_task_id(w) && !w.starts_with("9.");
        let found = scan(text, &known);
        for (_, range) in &found {
            assert!(text.get(range.clone()).is_some_and(|t| !t.is_empty()), "{text}: {range:?}");
        }
        found.into_iter().map(|(r, _)| format!("{r:?}")).collect()
    }

    #[test]
    fn tasks_and_ranges() {
        assert_eq!(found("Tests (T004-T007) before T008"), ["Tasks(\"T004\", \"T007\")", "Task(\"T008\")"]);
        assert_eq!(found("T004–T007, T009 to T012"), ["Tasks(\"T004\", \"T007\")", "Tasks(\"T009\", \"T012\")"]);
        assert_eq!(found("T-4.3a/b"), ["Task(\"T-4.3a\")", "Task(\"T-4.3b\")"]);
        assert_eq!(found("T014-19 and T020/21"), ["Tasks(\"T014\", \"T019\")", "Task(\"T020\")", "Task(\"T021\")"]);
        assert_eq!(found("4.2.2 - 4.2.8"), ["Tasks(\"4.2.2\", \"4.2.8\")"]);
        assert_eq!(found("T001..T003"), ["Tasks(\"T001\", \"T003\")"]);
        assert_eq!(found("Helm 9.1 and FR-003 and `T001`"), ["Task(\"T001\")"]);
    }

    #[test]
    fn stories() {
        assert_eq!(found("US1-US4 and US3-5"), ["Stories(1, 4)", "Stories(3, 5)"]);
        assert_eq!(found("US1/US2"), ["Stories(1, 1)", "Stories(2, 2)"]);
        assert_eq!(found("User Stories 1 and 2"), ["Stories(1, 1)", "Stories(2, 2)"]);
        assert_eq!(found("**User Story 3 (P3)** of Stories 4-6"), ["Stories(3, 3)", "Stories(4, 6)"]);
        assert_eq!(found("all desired user stories"), ["EveryStory"]);
        assert_eq!(found("No user story work can begin"), ["EveryStory"]);
        assert_eq!(found("on previous stories for context"), ["EarlierStories"]);
        assert_eq!(found("the user story goal"), Vec::<String>::new());
    }

    #[test]
    fn phases() {
        let phase = |from: u32, to: &str| format!("Numbered {{ label: \"phase\", from: [{from}], to: {to} }}");
        assert_eq!(found("Phase 3+: x"), [phase(3, "None")]);
        assert_eq!(found("Phases 3-9"), [phase(3, "Some([9])")]);
        assert_eq!(found("Phases 2 and 4"), [phase(2, "Some([2])"), phase(4, "Some([4])")]);
        assert_eq!(found("all previous phases"), ["EarlierPhases"]);
        assert_eq!(found("the previous phase"), ["PhaseBefore"]);
        assert_eq!(found("all phases complete"), ["EveryPhase"]);
        assert_eq!(found("all implementation phases"), Vec::<String>::new());
        assert_eq!(found("Polish (Final Phase) after this phase"), ["LastPhase", "Here"]);
        assert_eq!(found("before all other tasks, all previous"), ["EveryTask", "EarlierTasks"]);
    }
}
