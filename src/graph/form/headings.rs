//! How a file opens its phases, so that a new one is opened alike.

use std::ops::Range;
use std::sync::Arc;

use crate::model::workspace::{Task, TaskForm};
use crate::read::markdown::{Kind, Markdown};
use crate::read::prose;

/// How phases are opened.
pub(super) enum Headings {
    /// `## Phase 7: …`, `## Phase 3.1: …`, `## 7. …`.
    Numbered {
        level: usize,
        /// `Phase `, or nothing.
        word: String,
        next: Vec<u32>,
        /// What stands between number and title.
        after: String,
    },
    /// `## …`
    Plain(usize),
    /// The file has none.
    None,
}

struct Heading {
    level: usize,
    title: String,
}

impl Headings {
    /// The form of a file's headings, tasks that are headings left out, and the title of the last one.
    pub(super) fn of(doc: &Markdown, tasks: &[Arc<Task>]) -> (Self, String) {
        let is_task = |range: &Range<usize>| {
            let headed = tasks.iter().filter(|t| t.form == TaskForm::Heading);
            headed.into_iter().any(|t| range.contains(&(t.id_span.start as usize)))
        };
        let all = doc.blocks.iter().filter_map(|b| match b.kind {
            Kind::Heading(level) if !is_task(&b.range) => {
                Some(Heading { level: usize::from(level), title: prose::plain(&doc.masked[b.head.clone()]) })
            }
            _ => None,
        });
        let all: Vec<Heading> = all.collect();
        let deepest = tasks_level(doc, tasks);
        let usable = |h: &&Heading| h.level > 1 && deepest.is_none_or(|level| h.level < level);
        for words in [&["Phase ", "phase ", "PHASE "][..], &[""]] {
            let numbered = all.iter().filter(usable).filter_map(|h| {
                let word = words.iter().find(|w| h.title.starts_with(**w))?;
                let (numbers, after) = number(&h.title[word.len()..])?;
                Some((h.level, *word, numbers, after))
            });
            let numbered: Vec<_> = numbered.collect();
            // a checklist at the end may repeat the phases, further down
            let top = numbered.iter().map(|(level, ..)| *level).min();
            let Some((level, word, _, after)) = numbered.iter().rfind(|(l, ..)| Some(*l) == top) else { continue };
            // one heading such as `3 services` is chance
            if word.is_empty() && numbered.len() < 2 && after == ": " {
                continue;
            }
            let mut next = numbered.iter().map(|(_, _, n, _)| n.clone()).max().unwrap_or_default();
            if let Some(last) = next.last_mut() {
                *last = last.saturating_add(1);
            }
            let (level, word, after) = (*level, (*word).to_owned(), after.clone());
            let last = all.iter().rfind(|h| h.level <= level).map(|h| h.title.clone());
            return (Self::Numbered { level, word, next, after }, last.unwrap_or_default());
        }
        match all.iter().find(usable) {
            Some(first) => {
                let last = all.iter().rfind(|h| h.level <= first.level).map(|h| h.title.clone());
                (Self::Plain(first.level), last.unwrap_or_default())
            }
            None => (Self::None, String::new()),
        }
    }

    /// Those of a file that has none and no tasks.
    pub(super) fn first() -> Self {
        Self::Numbered { level: 2, word: "Phase ".to_owned(), next: vec![1], after: ": ".to_owned() }
    }

    /// The numbers of the next phase.
    pub(super) fn numbers(&self) -> &[u32] {
        if let Self::Numbered { next, .. } = self { next } else { &[] }
    }

    /// The heading of a new phase. `group` is the number that ids of the phase begin with.
    pub(super) fn line(&mut self, title: &str, group: Option<u32>) -> Option<String> {
        match self {
            Self::Numbered { level, word, next, after } => {
                // `## 4.` above tasks that are called `4.1`
                if let (Some(group), [only]) = (group, &mut next[..]) {
                    *only = (*only).max(group);
                }
                let number = next.iter().map(ToString::to_string).collect::<Vec<_>>().join(".");
                if let Some(last) = next.last_mut() {
                    *last = last.saturating_add(1);
                }
                Some(format!("{} {word}{number}{after}{title}", "#".repeat(*level)))
            }
            Self::Plain(level) => Some(format!("{} {title}", "#".repeat(*level))),
            Self::None => None,
        }
    }
}

/// The level of the headings that are tasks.
fn tasks_level(doc: &Markdown, tasks: &[Arc<Task>]) -> Option<usize> {
    let first = tasks.iter().find(|t| t.form == TaskForm::Heading)?;
    let at = first.id_span.start as usize;
    doc.blocks.iter().find_map(|b| match b.kind {
        Kind::Heading(level) if b.range.contains(&at) => Some(usize::from(level)),
        _ => None,
    })
}

/// The number that a title begins with, and what stands between it and the words.
fn number(text: &str) -> Option<(Vec<u32>, String)> {
    let end = text.find(|c: char| !(c.is_ascii_digit() || c == '.')).unwrap_or(text.len());
    let digits = text[..end].trim_end_matches('.');
    let numbers = digits.split('.').map(|n| n.parse::<u32>().ok().filter(|n| *n < 1_000_000));
    let numbers = numbers.collect::<Option<Vec<u32>>>()?;
    let rest = &text[digits.len()..];
    let words = rest.find(|c: char| !" .:：-–—)".contains(c)).unwrap_or(rest.len());
    let after = &rest[..words];
    let fits = after.ends_with([' ', '：']) && !after.trim().is_empty();
    Some((numbers, if fits { after.to_owned() } else { ": ".to_owned() }))
}
