//! Where tasks stand: their phase, the position of those without an id, and the folder that paths start from.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use crate::base::source::{FileId, Span};
use crate::read::paths;

use super::fate::Fate;
use super::sections::Section;
use super::survey::{Shape, Survey};

/// Walks through the tasks in their order.
pub(super) struct Places<'a> {
    sections: &'a [Section],
    survey: &'a Survey,
    /// The phase heading that each section stands under, itself included.
    above: Vec<Option<usize>>,
    phases: BTreeSet<usize>,
    number: usize,
    current: Option<(Option<usize>, Option<usize>)>,
    title: Arc<str>,
    labels: BTreeMap<usize, String>,
    taken: BTreeSet<String>,
    /// The highest number of a section so far.
    last: usize,
    counts: BTreeMap<String, usize>,
    /// The numbers of all headings.
    numbers: BTreeSet<&'a str>,
}

impl<'a> Places<'a> {
    pub(super) fn new(sections: &'a [Section], survey: &'a Survey, fates: &[Fate]) -> Self {
        // a heading that is a task, or says more of one, is no phase
        let lines = survey.candidates.iter().zip(fates);
        let own: BTreeSet<usize> = lines
            .filter(|(c, fate)| c.shape == Shape::Heading && matches!(fate, Fate::Task | Fate::Mention(_)))
            .map(|(c, _)| c.block)
            .collect();
        let numbers = sections.iter().filter_map(|s| s.number.as_deref()).collect();
        let mut above = Vec::with_capacity(sections.len());
        let mut phases = BTreeSet::new();
        let mut last: Option<usize> = None;
        for (at, section) in sections.iter().enumerate() {
            if let Some(block) = section.block.filter(|b| !own.contains(b)) {
                let opens = section.level == 2
                    || (section.level > 2 && section.phase)
                    || (section.level == 1 && last.is_some());
                if opens {
                    last = Some(at);
                    phases.insert(block);
                } else if section.level == 1 {
                    last = None;
                }
            }
            above.push(last);
        }
        Self {
            sections,
            survey,
            above,
            phases,
            number: 0,
            current: None,
            title: Arc::default(),
            labels: BTreeMap::new(),
            taken: BTreeSet::new(),
            last: 0,
            counts: BTreeMap::new(),
            numbers,
        }
    }

    /// The blocks of headings that open phases.
    pub(super) fn phases(&self) -> &BTreeSet<usize> {
        &self.phases
    }

    /// Number and title of the phase of a task; `outline` is the box of an outline that it is a leaf of, and its title.
    pub(super) fn phase(&mut self, candidate: usize, outline: Option<&(usize, String)>) -> (usize, Arc<str>) {
        let heading = self.above[self.survey.candidates[candidate].section];
        let key = (heading, outline.map(|(at, _)| *at));
        if key == (None, None) && self.current.is_none() {
            return (0, Arc::clone(&self.title));
        }
        if self.current != Some(key) {
            let title = match outline {
                Some((_, title)) => title.as_str(),
                None => heading.map_or("", |h| &self.sections[h].title),
            };
            if self.number == 0 || *self.title != *title {
                self.number += 1;
                self.title = title.into();
            }
            self.current = Some(key);
        }
        (self.number, Arc::clone(&self.title))
    }

    /// `<section>.<n>`: the section's own number, or its place among the sections that hold tasks.
    pub(super) fn position(&mut self, candidate: usize) -> String {
        let mut section = self.survey.candidates[candidate].section;
        let inner = section;
        // the nearest number; without one, the section of the second level
        while self.sections[section].number.is_none() && self.sections[section].level > 2 {
            section = self.sections[section].parent;
        }
        if self.sections[section].number.is_none() && self.sections[section].level < 2 && self.sections[inner].level > 2
        {
            section = inner;
        }
        let label = if let Some(label) = self.labels.get(&section) {
            label.clone()
        } else {
            let own = self.sections[section].number.clone().filter(|n| !self.taken.contains(n));
            let label = own.unwrap_or_else(|| {
                let mut free = (self.last + 1..).map(|n| n.to_string());
                free.find(|n| !self.taken.contains(n) && !self.numbers.contains(n.as_str())).unwrap_or_default()
            });
            let whole = label.split('.').next().and_then(|n| n.parse().ok()).unwrap_or(0);
            self.last = self.last.max(whole);
            self.taken.insert(label.clone());
            self.labels.insert(section, label.clone());
            label
        };
        let count = self.counts.entry(label.clone()).or_default();
        *count += 1;
        format!("{label}.{count}")
    }
}

/// `All paths relative to phase2/backend/`, with the folder's place.
pub(super) fn base(file: FileId, text: &str) -> Option<(String, Span)> {
    let line_of = |at: usize| {
        let start = text[..at].rfind('\n').map_or(0, |i| i + 1);
        let end = text[at..].find('\n').map_or(text.len(), |i| at + i);
        (start, end)
    };
    // a few lines at most speak of it
    let phrase = "relative to ";
    for at in memchr::memmem::find_iter(text.as_bytes(), phrase).take(8) {
        let (start, end) = line_of(at);
        let before = text[start..at].to_lowercase();
        if !(before.contains("path") && before.contains("all")) {
            continue;
        }
        let from = at + phrase.len();
        let found = paths::folders(&text[from..end]).into_iter().next();
        if let Some((path, range)) = found {
            return Some((path, Span::new(file, from + range.start, from + range.end)));
        }
    }
    None
}
