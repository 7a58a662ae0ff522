//! Sentences about order: who comes before whom. A closed list of verbs; everything else is prose.

use std::ops::Range;

use super::Manner;
use super::groups::{Groups, Place, Set, minus, sorted};
use super::names::outside_brackets;
use super::refs::{self, Ref};
use super::unit::trimmed;
use super::words::{self, CLAUSE, is_bracketed, is_field, is_nothing, label_end, negated, obliges, verb};

/// What one sentence says.
#[derive(Clone, Debug)]
pub(super) struct Found {
    pub before: Set,
    pub after: Set,
    pub about_groups: bool,
    pub range: Range<usize>,
}

/// What was read of a unit.
#[derive(Default)]
pub(super) struct Read {
    pub found: Vec<Found>,
    /// Place, reason, and whether it is advice without any name in it.
    pub unread: Vec<(Range<usize>, String, bool)>,
}

/// More verbs than this in one clause are not read.
const MOST_VERBS: usize = 6;

pub(super) struct Sentences<'a> {
    pub(super) text: &'a str,
    pub(super) groups: &'a Groups<'a>,
}

/// A set of tasks that was named, and whether by more than ids of tasks.
#[derive(Clone, Debug)]
pub(super) struct Named {
    pub(super) set: Set,
    pub(super) group: bool,
}

impl<'a> Sentences<'a> {
    pub(super) fn new(text: &'a str, groups: &'a Groups<'a>) -> Self {
        Self { text, groups }
    }

    pub(super) fn refs(&self, text: &str) -> Vec<(Ref, Range<usize>)> {
        refs::scan(text, &|word| self.groups.is_known(word))
    }

    /// Whether ids of tasks of the file stand there.
    pub(super) fn has_tasks(&self, range: Range<usize>) -> bool {
        let known = |r: &Ref| match r {
            Ref::Task(id) => self.groups.is_known(id),
            Ref::Tasks(from, to) => self.groups.is_known(from) && self.groups.is_known(to),
            _ => false,
        };
        self.refs(&self.text[range]).iter().any(|(r, _)| known(r))
    }

    /// The tasks that a text names with ids, numbers and fixed phrases; nothing when it has none.
    pub(super) fn by_reference(&self, text: &str, place: Place<'_>) -> Option<Result<Named, String>> {
        let found = self.refs(text);
        if found.is_empty() {
            return None;
        }
        if let Some(part) = part_of(text, &found) {
            let whole = |(what, _): &(Ref, _)| self.groups.resolve(what, place).unwrap_or_default();
            if let Some(set) = self.groups.part_of(part, &sorted(found.iter().flat_map(whole))) {
                return Some(Ok(Named { set, group: true }));
            }
            return Some(Err(format!("`{part}` are a part of that group, and it does not say which")));
        }
        let group = found.iter().any(|(r, _)| !r.is_task());
        let stories = found.iter().any(|(r, _)| matches!(r, Ref::EveryStory));
        let open = |r: &Ref| matches!(r, Ref::Numbered { .. });
        let mut all = Set::new();
        let mut every = None;
        let mut wrong = None;
        for (what, _) in &found {
            match self.groups.resolve(what, place) {
                Ok(set) if stories && matches!(what, Ref::EveryStory) => every = Some(set),
                Ok(set) => all.extend(set),
                Err(reason) => wrong = wrong.or(Some(reason)),
            }
        }
        let all = sorted(all.into_iter());
        let set = match every {
            // `User Stories (Phase 3+)` are the stories there, not the last phase as well
            Some(every) if found.iter().any(|(r, _)| open(r)) => {
                let both: Set = every.iter().copied().filter(|t| all.binary_search(t).is_ok()).collect();
                if both.is_empty() { sorted(every.into_iter().chain(all)) } else { both }
            }
            Some(every) => sorted(every.into_iter().chain(all)),
            None => all,
        };
        match wrong {
            Some(reason) if set.is_empty() => Some(Err(reason)),
            _ => Some(Ok(Named { set, group })),
        }
    }

    /// The tasks that a text names in any way.
    pub(super) fn mention(&self, text: &str, place: Place<'_>) -> Result<Named, String> {
        match self.by_reference(text, place) {
            Some(found) => found,
            None => self.groups.by_name(text).map(|set| Named { set, group: true }),
        }
    }

    /// Reads one unit.
    pub(super) fn unit(&self, range: Range<usize>, manner: Manner) -> Read {
        let text = &self.text[range.clone()];
        let mut read = Read::default();
        // `or one after the other`: another way to go, not what holds
        let choice = text.trim_start_matches(['*', ' ']).get(..3).is_some_and(|t| t.eq_ignore_ascii_case("or "));
        if choice || self.chain(&range, manner, &mut read) {
            return read;
        }
        let place = Place { offset: range.start, subject: &[] };
        let mut subject: Option<Named> = None;
        let mut from = range.start;
        // `**Setup (Phase 1)**: …`
        if let Some(colon) = label_end(text) {
            let label = &text[..colon];
            if is_field(label) {
                self.field(range.start + colon + 1..range.end, manner, &mut read);
                return read;
            }
            if verb(label).is_none() {
                let strict = manner == Manner::Prose;
                let named = if strict { self.by_reference(label, place) } else { Some(self.mention(label, place)) };
                if let Some(Ok(named)) = named {
                    subject = Some(named);
                    from = range.start + colon + 1;
                } else {
                    from = range.start + colon + 1;
                }
            }
        }
        for clause in self.clauses(from..range.end) {
            self.clause(clause, &mut subject, manner, &mut read, 0);
        }
        read
    }

    /// `**Prerequisites**: Phase 1` in a phase.
    fn field(&self, range: Range<usize>, manner: Manner, read: &mut Read) {
        let Some(range) = trimmed(self.text, range) else { return };
        let here = self.groups.here(range.start);
        let object = &self.text[range.clone()];
        if here.is_empty() || is_nothing(object) {
            return;
        }
        let place = Place { offset: range.start, subject: &here };
        match self.by_reference(object, place) {
            Some(Ok(named)) => read.found.extend(ordered(&named.set, &here, true, true, range)),
            Some(Err(reason)) => self.leave(range, &reason, manner, read),
            None => {}
        }
    }

    /// `depends on …` of a task itself: only what is no id of a task, which is read with the task.
    pub(super) fn of_task(&self, range: Range<usize>, task: usize) -> Vec<Found> {
        let text = &self.text[range.clone()];
        let Some(verb) = end_of_first(text) else { return Vec::new() };
        let end = memchr::memchr3(b')', b';', b'\n', &text.as_bytes()[verb..]);
        let end = end.map_or(range.end, |e| range.start + verb + e);
        let Some(object) = trimmed(self.text, range.start + verb..end) else { return Vec::new() };
        // `depends on T001` alone
        let words = &self.text[object.clone()];
        if self.groups.is_known(words.strip_prefix("on ").unwrap_or(words)) {
            return Vec::new();
        }
        let place = Place { offset: range.start, subject: &[task] };
        let mut found = Vec::new();
        for (what, at) in self.refs(&self.text[object.clone()]) {
            if what.is_task() {
                continue;
            }
            if let Ok(set) = self.groups.resolve(&what, place) {
                let before = minus(&set, &[task]);
                let range = object.start + at.start..object.start + at.end;
                found.push(Found { before, after: vec![task], about_groups: false, range });
            }
        }
        found
    }

    /// `### Pages (depends on T003-T005)`: the tasks below wait for what it names with ids and numbers.
    pub(super) fn heading(&self, range: Range<usize>) -> Option<Found> {
        let text = &self.text[range.clone()];
        let verb = verb(text).filter(|v| v.waits && !v.until && !negated(&text[..v.range.start]))?;
        let here = self.groups.below(range.start);
        let object = before_denial(&text[verb.range.end..]);
        let object = if is_bracketed(text, verb.range.start) { object.split(')').next()? } else { object };
        // `after Phase 1, independent of Phase 2`
        let denials = [" independent", " parallel", " not ", " without "];
        let lower = object.to_ascii_lowercase();
        let end = denials.iter().filter_map(|w| lower.find(w)).min().unwrap_or(object.len());
        let object = &object[..end];
        let place = Place { offset: range.start, subject: &here };
        let named = self.by_reference(object, place)?.ok()?;
        ordered(&named.set, &here, true, true, range)
    }

    /// The clauses of a range, split outside of brackets and not inside of ranges of ids.
    fn clauses(&self, range: Range<usize>) -> Vec<Range<usize>> {
        let text = &self.text[range.clone()];
        let mut found = Vec::new();
        let (mut start, mut depth, mut skip) = (0, 0_usize, 0);
        for (at, c) in text.char_indices() {
            match c {
                '(' => depth += 1,
                ')' => depth = depth.saturating_sub(1),
                _ => {}
            }
            // what a mark may begin with
            if depth > 0 || at < skip || !matches!(c, ' ' | ',' | ';' | '.') {
                continue;
            }
            let rest = &text.as_bytes()[at..];
            let Some(mark) =
                CLAUSE.iter().find(|m| rest.len() >= m.len() && rest[..m.len()].eq_ignore_ascii_case(m.as_bytes()))
            else {
                continue;
            };
            let next = at + mark.len();
            let within = mark.trim().chars().all(|c| matches!(c, '-' | '–' | '—'))
                && self.is_range(&text[start..at], &text[next..]);
            if !within {
                found.push(range.start + start..range.start + at);
                start = if mark.ends_with("it") { at + 1 } else { next };
                // the word that opens the next clause may be its verb
                if mark.starts_with(", ") || mark.starts_with(" and") {
                    start = at + 1;
                }
                skip = next;
            }
        }
        found.push(range.start + start..range.end);
        found.into_iter().filter_map(|r| trimmed(self.text, r)).collect()
    }

    fn is_range(&self, before: &str, after: &str) -> bool {
        let id = |text: &str| {
            let word = text.trim_matches(['*', '`', ' ']);
            self.groups.is_known(word)
        };
        before.rsplit(' ').next().is_some_and(id) && after.split([' ', ',', ')', ':']).next().is_some_and(id)
    }

    fn clause(&self, range: Range<usize>, subject: &mut Option<Named>, manner: Manner, read: &mut Read, depth: usize) {
        let text = &self.text[range.clone()];
        let none = Place { offset: range.start, subject: &[] };
        let Some(verb) = verb(text) else {
            if let Some(Ok(named)) = self.by_reference(text, none).filter(|_| subject.is_none()) {
                *subject = Some(named);
            } else if manner == Manner::Dependencies && subject.is_none() && obliges(text) {
                let vague = self.refs(text).is_empty();
                read.unread.push((range, "it says what must be, and not of which task, phase or story".into(), vague));
            }
            return;
        };
        let lead = text[..verb.range.start].trim_matches(|c: char| !c.is_alphanumeric() && c != ')');
        let mut object = &text[verb.range.end..];
        let negative = negated(lead);
        let mut waits = verb.waits;
        if negative && !verb.until {
            if waits || !lead.to_ascii_lowercase().contains("start") && !lead.to_ascii_lowercase().contains("begin") {
                return; // `does not depend on`, `may build on`
            }
            waits = true; // `must not start before`
        }
        let mut who = lead;
        // `After US1, US2 can start`, `Once Setup completes, all stories may begin`
        let opening = matches!(lead.to_ascii_lowercase().as_str(), "" | "then" | "only" | "and" | "start" | "starts");
        if opening && waits && subject.is_none() {
            let Some(at) = object.find([',', ':']) else {
                return self.leave(range, "it does not say what comes after", manner, read);
            };
            who = &object[at + 1..];
            object = &object[..at];
        }
        object = before_denial(object);
        // the object ends where another verb begins
        let mut rest = None;
        if let Some(next) = words::verb(object).filter(|v| !is_bracketed(object, v.range.start))
            && object[..next.range.start].chars().any(char::is_alphanumeric)
        {
            let at = range.start + verb.range.end;
            rest = Some(at + next.range.start..at + object.len());
            object = &object[..next.range.start];
        }
        let named = match self.by_reference(&outside_or_all(who), none) {
            Some(named) => Some(named),
            None if subject.is_some() => subject.clone().map(Ok),
            None if who.is_empty() || manner == Manner::Prose => None,
            None => Some(self.groups.by_name(&outside_brackets(who)).map(|set| Named { set, group: true })),
        };
        let here =
            || Some(self.groups.here(range.start)).filter(|s| !s.is_empty()).map(|set| Named { set, group: true });
        let named = match named {
            None if who.is_empty() => here().map(Ok),
            named => named,
        };
        if let Some(Ok(named)) = &named
            && subject.is_none()
        {
            *subject = Some(named.clone());
        }
        if text[verb.range.clone()].to_ascii_lowercase().ends_with("first") {
            let stories = self.groups.resolve(&Ref::EveryStory, none).unwrap_or_default();
            let told = named.as_ref().and_then(|n| n.as_ref().ok());
            let story = told.is_some_and(|n| n.set.iter().all(|t| stories.binary_search(t).is_ok()));
            object = if story { "all stories" } else { "all tasks" };
        }
        let about = named.as_ref().and_then(|n| n.as_ref().ok()).map(|n| n.set.clone()).unwrap_or_default();
        let place = Place { offset: range.start, subject: &about };
        let other = match manner {
            Manner::Prose => self.by_reference(object, place),
            _ => Some(self.mention(object, place)),
        };
        match (named, other) {
            (Some(Ok(named)), Some(Ok(other))) => {
                let (before, after) = if waits { (&other, &named) } else { (&named, &other) };
                let group = before.group || after.group;
                read.found.extend(ordered(&before.set, &after.set, waits, group, range.clone()));
            }
            _ if is_nothing(object) => {}
            (named, other) => {
                let (first, second) = if waits { (object, who) } else { (who, object) };
                let pairs = match manner {
                    Manner::Prose => Vec::new(),
                    _ if matches!(named, Some(Ok(_))) => Vec::new(),
                    _ => self.groups.side_by_side(first, second),
                };
                if pairs.is_empty() {
                    let reason = [named, other].into_iter().flatten().find_map(Result::err);
                    let vague = self.refs(text).is_empty() && subject.is_none();
                    let reason = reason.unwrap_or_else(|| "it does not say of what".to_owned());
                    if manner != Manner::Prose {
                        read.unread.push((range.clone(), reason, vague));
                    }
                }
                read.found.extend(pairs.into_iter().filter_map(|(a, b)| ordered(&a, &b, true, true, range.clone())));
            }
        }
        if let Some(rest) = rest.filter(|_| depth < MOST_VERBS).and_then(|r| trimmed(self.text, r)) {
            let mut subject = subject.clone();
            self.clause(rest, &mut subject, manner, read, depth + 1);
        }
    }

    fn leave(&self, range: Range<usize>, reason: &str, manner: Manner, read: &mut Read) {
        let vague = self.refs(&self.text[range.clone()]).is_empty();
        if manner != Manner::Prose {
            read.unread.push((range, reason.to_owned(), vague));
        }
    }
}

/// What introduces what a task waits for, on its line and below it.
const OF_TASK: [&str; 6] = ["depends on", "dependencies", "depends", "prerequisites", "blocked by", "requires"];

/// Where the first of these that ends, ends, whatever the case of its letters.
fn end_of_first(text: &str) -> Option<usize> {
    let bytes = text.as_bytes();
    let mut first: Option<usize> = None;
    for (at, two) in bytes.windows(2).enumerate() {
        if first.is_some_and(|end| end <= at) {
            break;
        }
        if !matches!([two[0] | 0x20, two[1] | 0x20], [b'd' | b'r', b'e'] | [b'p', b'r'] | [b'b', b'l']) {
            continue;
        }
        let fits = |w: &&&str| bytes.get(at..at + w.len()).is_some_and(|b| b.eq_ignore_ascii_case(w.as_bytes()));
        let end = OF_TASK.iter().filter(fits).map(|w| at + w.len()).min();
        first = end.into_iter().chain(first).min();
    }
    first
}

/// `Frontend tasks in Phase 3`: the words before `in`, when they choose some of the group.
fn part_of<'t>(text: &'t str, found: &[(Ref, Range<usize>)]) -> Option<&'t str> {
    let (what, at) = found.first()?;
    if what.is_task() {
        return None;
    }
    let before = text[..at.start].trim_end_matches([' ', '*', '`', '(']);
    let chosen = [" in", " of", " within", " from"].iter().find_map(|w| before.strip_suffix(w))?;
    let words = chosen.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
    let plain = ["all", "every", "the", "any", "tasks", "work", "everything", "remaining", "rest", "completion", "end"];
    let tasks = chosen.trim_end().ends_with("tasks");
    (tasks && words.map(str::to_lowercase).any(|w| !plain.contains(&&*w)))
        .then_some(chosen.trim_start_matches(['*', ' ']))
}

/// The statement with what stands on both sides taken from one of them: nobody waits for themselves.
pub(super) fn ordered(
    before: &[usize],
    after: &[usize],
    keep_after: bool,
    about_groups: bool,
    range: Range<usize>,
) -> Option<Found> {
    let (first, later) =
        if keep_after { (minus(before, after), after.to_vec()) } else { (before.to_vec(), minus(after, before)) };
    (!first.is_empty() && !later.is_empty()).then_some(Found { before: first, after: later, about_groups, range })
}

/// `Phase 2` of `Phase 2 (does not need Phase 3)`: what is denied in brackets is not waited for.
fn before_denial(object: &str) -> &str {
    let denial = |(at, _): &(usize, &str)| {
        let inside = object[at + 1..].split(')').next().unwrap_or_default();
        let lower = inside.to_ascii_lowercase();
        verb(inside).is_some_and(|v| negated(&inside[..v.range.start]))
            || lower.starts_with("not ")
            || ["independent", "parallel with", "without"].iter().any(|w| lower.contains(w))
    };
    object.match_indices('(').find(denial).map_or(object, |(at, _)| &object[..at])
}

/// Without what stands in brackets, unless nothing else is there.
fn outside_or_all(text: &str) -> String {
    let plain = outside_brackets(text);
    if plain.chars().any(char::is_alphanumeric) { text.to_owned() } else { plain }
}
