//! What each box, heading and row is: a task, a part of one, or not read. The choices:
//!
//! - An id is defined once: by a box before a heading, by a heading before a row, and outside of sections that only
//!   repeat. Two boxes outside of them are two definitions, and the graph says so.
//! - `### Task 1.1: …` above boxes with ids is a group. So is `1. Parent` of an outline with leaves `1.1`, `1.2`: the
//!   work is in the leaves, and counting both would count it twice.
//! - A file without any id has positional tasks: the boxes that are not below another box or in a checklist.

use std::collections::{BTreeMap, BTreeSet};

use crate::read::names::is_lettered;

use super::sections::{Role, Section};
use super::survey::{Shape, Survey};

/// What a candidate is. Numbers are indices of candidates.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Task,
    Group,
    /// The id of another line.
    Mention(usize),
    /// A box below a task or a group.
    Acceptance(usize),
    Checklist,
    Unread(String),
    /// Not worth a word.
    Nothing,
}

/// The fate of each candidate, and whether the tasks are positional.
pub(super) fn decide(text: &str, survey: &Survey, sections: &[Section]) -> (Vec<Fate>, bool) {
    let all = &survey.candidates;
    let mut fates: Vec<Option<Fate>> = vec![None; all.len()];
    let lines = all.iter().enumerate().filter(|(_, c)| !c.nested_heading);
    let mut by_id: Vec<(&str, usize)> = lines.filter_map(|(at, _)| Some((survey.id(text, at)?, at))).collect();
    by_id.sort();
    let plain = |at: &usize| sections[all[*at].section].role == Role::Plain && !all[*at].checklist;
    let defined = by_id.iter().any(|(_, at)| plain(at));
    let mut several = Vec::new();
    for lines in by_id.chunk_by(|a, b| a.0 == b.0) {
        match lines {
            [(_, at)] if plain(at) => fates[*at] = Some(Fate::Task),
            _ => {
                several.clear();
                several.extend(lines.iter().map(|(_, at)| *at));
                define(survey, sections, &several, plain, defined, &mut fates);
            }
        }
    }
    groups(text, survey, &by_id, &mut fates);
    let found = fates.iter().flatten().any(|f| *f == Fate::Task);
    rest(survey, sections, found, &mut fates);
    let positional = !found && fates.iter().flatten().any(|f| *f == Fate::Task);
    (fates.into_iter().map(|f| f.unwrap_or(Fate::Nothing)).collect(), positional)
}

/// Decides which of the lines of one id defines it.
fn define(
    survey: &Survey,
    sections: &[Section],
    lines: &[usize],
    plain: impl Fn(&usize) -> bool,
    defined: bool,
    fates: &mut [Option<Fate>],
) {
    let all = &survey.candidates;
    let mut primary: Vec<usize> = lines.iter().copied().filter(&plain).collect();
    if primary.is_empty() {
        let example = |at: &usize| sections[all[*at].section].role == Role::Example;
        let first = lines.iter().copied().find(|at| !example(at));
        if first.is_none() && defined {
            for at in lines {
                let reason =
                    format!("it stands below `{}`, where nothing is defined", sections[all[*at].section].title);
                fates[*at] = Some(Fate::Unread(reason));
            }
            return;
        }
        primary.push(first.unwrap_or(lines[0]));
    }
    // the box of a heading's own id below it is the heading's box
    let heading = primary.iter().copied().find(|at| all[*at].shape == Shape::Heading);
    if let Some(heading) = heading {
        let extent = &all[heading].extent;
        primary.retain(|at| *at == heading || !extent.contains(&all[*at].line.start));
    }
    let best = primary.iter().map(|at| all[*at].shape.rank()).min().unwrap_or(0);
    let mut first: Option<usize> = None;
    for at in primary.iter().copied().filter(|at| all[*at].shape.rank() == best) {
        let again = first.is_some_and(|f| {
            let nested = all[f].extent.contains(&all[at].line.start);
            let (worded, other) = (all[f].id.as_ref(), all[at].id.as_ref());
            // `## T-003: Report` below `## Task ID: T-003`
            let report = all[at].shape == Shape::Heading && worded.map(|i| i.worded) != other.map(|i| i.worded);
            let other_table = match (all[f].shape, all[at].shape) {
                (Shape::Row { table: a, .. }, Shape::Row { table: b, .. }) => a != b,
                _ => false,
            };
            nested || report || other_table
        });
        if !again {
            fates[at] = Some(Fate::Task);
            first = first.or(Some(at));
        }
    }
    let definition = first.unwrap_or(lines[0]);
    for at in lines {
        fates[*at].get_or_insert(Fate::Mention(definition));
    }
}

/// Headings and outline boxes that only hold other tasks.
fn groups(text: &str, survey: &Survey, by_id: &[(&str, usize)], fates: &mut [Option<Fate>]) {
    let all = &survey.candidates;
    let is_task = |fates: &[Option<Fate>], at: usize| fates[at] == Some(Fate::Task);
    let boxes: Vec<usize> = (0..all.len())
        .filter(|at| is_task(fates, *at) && all[*at].shape != Shape::Heading)
        .map(|at| all[at].line.start)
        .collect();
    for (at, candidate) in all.iter().enumerate() {
        let Some(id) = survey.id(text, at).filter(|id| !is_lettered(id) && is_task(fates, at)) else { continue };
        let holds = match candidate.shape {
            Shape::Heading => {
                let first = boxes.partition_point(|b| *b < candidate.extent.start);
                boxes.get(first).is_some_and(|b| *b < candidate.extent.end)
            }
            Shape::Box { .. } => {
                let below = format!("{id}.");
                let first = by_id.partition_point(|(id, _)| *id < below.as_str());
                let mut leaves = by_id[first..].iter().take_while(|(leaf, _)| leaf.starts_with(&below));
                leaves.any(|(_, l)| {
                    fates[*l].as_ref().is_some_and(|f| matches!(f, Fate::Task | Fate::Group))
                        && all[*l].shape != Shape::Heading
                })
            }
            Shape::Row { .. } => false,
        };
        if holds {
            fates[at] = Some(Fate::Group);
        }
    }
}

/// Boxes without an id.
fn rest(survey: &Survey, sections: &[Section], found: bool, fates: &mut [Option<Fate>]) {
    let all = &survey.candidates;
    let mut headings: Vec<usize> = Vec::new();
    for (at, candidate) in all.iter().enumerate() {
        while headings.last().is_some_and(|h| all[*h].extent.end <= candidate.line.start) {
            headings.pop();
        }
        if candidate.shape == Shape::Heading && matches!(fates[at], Some(Fate::Task | Fate::Mention(_))) {
            headings.push(at);
        }
        if fates[at].is_some() {
            continue;
        }
        if !matches!(candidate.shape, Shape::Box { .. }) {
            fates[at] = Some(match candidate.id {
                Some(_) => Fate::Unread("a heading inside of a list or a quote is not read".into()),
                None => Fate::Nothing,
            });
            continue;
        }
        let below = candidate.above.map(|a| match &fates[a] {
            Some(Fate::Acceptance(of) | Fate::Mention(of)) => Fate::Acceptance(*of),
            Some(Fate::Task | Fate::Group) => Fate::Acceptance(a),
            _ => Fate::Checklist,
        });
        let of_heading = headings.last().map(|h| match fates[*h] {
            Some(Fate::Mention(of)) => Fate::Acceptance(of),
            _ => Fate::Acceptance(*h),
        });
        let section = &sections[candidate.section];
        let fate = below.or(of_heading).unwrap_or_else(|| {
            if section.role != Role::Plain || candidate.checklist {
                Fate::Checklist
            } else if let Some(reason) = candidate.refused.as_ref().filter(|_| found || !candidate.number) {
                Fate::Unread(reason.clone())
            } else if found {
                Fate::Unread("a box without an id in a file whose tasks have ids".into())
            } else {
                Fate::Task
            }
        });
        fates[at] = Some(fate);
    }
}

/// The group that each task stands in: the innermost heading or outline box above it, by its candidate.
pub(super) fn group_of(text: &str, survey: &Survey, fates: &[Fate]) -> Vec<Option<usize>> {
    let all = &survey.candidates;
    let mut outline: BTreeMap<&str, usize> = BTreeMap::new();
    let ids: BTreeSet<usize> = (0..all.len()).filter(|at| fates[*at] == Fate::Group).collect();
    for at in &ids {
        if let (Some(id), Shape::Box { .. }) = (survey.id(text, *at), all[*at].shape) {
            outline.insert(id, *at);
        }
    }
    let mut open: Vec<usize> = Vec::new();
    (0..all.len())
        .map(|at| {
            while open.last().is_some_and(|h| all[*h].extent.end <= all[at].line.start) {
                open.pop();
            }
            let above = survey.id(text, at).and_then(|id| outline_parent(id, &outline));
            let group = above.or(open.last().copied());
            if ids.contains(&at) && all[at].shape == Shape::Heading {
                open.push(at);
            }
            group
        })
        .collect()
}

fn outline_parent(id: &str, outline: &BTreeMap<&str, usize>) -> Option<usize> {
    let mut id = id;
    while let Some(parent) = super::opening::parent(id) {
        if let Some(at) = outline.get(parent) {
            return Some(*at);
        }
        id = parent;
    }
    None
}
