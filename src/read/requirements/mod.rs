//! Requirements of a spec in every form that people write: ids, stories and scenarios, EARS, Kiro, OpenSpec, tables.

mod forms;
mod ids;
mod openspec;
mod rows;
mod section;
mod stories;

use std::collections::BTreeSet;
use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::model::ids::{FeatureId, RequirementId};
use crate::model::workspace::{Delta, Layout, Requirement, RequirementKind, Unread};

use super::markdown::{Block, Kind, Markdown};
use super::prose;

pub use ids::folded;
use section::Section;
use stories::Story;

/// The requirements in document order (an id may occur twice), and lines that look like one and are none.
pub fn read(file: FileId, feature: &FeatureId, layout: Layout, doc: &Markdown) -> (Vec<Requirement>, Vec<Unread>) {
    let mut reader = Reader::new(&doc.masked, layout);
    for block in &doc.blocks {
        reader.block(block);
    }
    let (derived, nameless) = reader.section.settle(reader.candidates);
    let (found, unread) = (reader.found, reader.unread);
    let defined: BTreeSet<&str> = found.iter().filter(|f| !f.weak).map(|f| f.id.as_str()).collect();
    let mut repeated = BTreeSet::new();
    let mut counts = |f: &Found| !f.weak || (!defined.contains(f.id.as_str()) && repeated.insert(f.id.clone()));
    let mut all: Vec<&Found> = found.iter().filter(|f| counts(f)).collect();
    all.extend(&derived);
    all.sort_by_key(|f| f.range.start);
    let requirement = |f: &Found| {
        let id = RequirementId { feature: feature.clone(), id: f.id.clone() };
        let mut out = Requirement::new(id, f.text(&doc.masked), Span::new(file, f.range.start, f.range.end));
        (out.kind, out.derived, out.delta) = (f.kind, f.derived, f.delta.clone());
        out.retired = forms::is_retired(&doc.masked[f.range.clone()]);
        out
    };
    let mut unread: Vec<_> = unread.into_iter().chain(nameless).collect();
    unread.sort_by_key(|(r, _)| r.start);
    let unread = unread.into_iter().map(|(r, reason)| Unread { span: Span::new(file, r.start, r.end), reason });
    (all.into_iter().map(requirement).collect(), unread.collect())
}

/// One that was found, by its places in the text.
#[derive(Clone, Debug)]
struct Found {
    id: String,
    kind: RequirementKind,
    /// Where the words begin, after id and colon.
    words: usize,
    range: Range<usize>,
    derived: bool,
    /// It stands where ids are repeated more often than defined: it counts if nothing else defines it.
    weak: bool,
    delta: Option<Delta>,
}

impl Found {
    fn new(id: impl Into<String>, kind: RequirementKind, words: usize, range: Range<usize>) -> Self {
        Self { id: id.into(), kind, words, range, derived: false, weak: false, delta: None }
    }

    fn text(&self, masked: &str) -> String {
        let text = masked.get(self.words..self.range.end).unwrap_or_default().trim_end_matches('~');
        if !text.contains("\n#") {
            return prose::plain(text);
        }
        let bare: Vec<&str> = text.lines().map(|l| l.trim_start_matches('#')).collect();
        prose::plain(&bare.join("\n"))
    }
}

/// A requirement that goes on until something ends it.
struct Open {
    index: usize,
    /// A heading of this level or above ends it.
    level: u8,
    /// So do paragraphs: only a list may follow.
    list_only: bool,
}

/// Why a line was not read.
type Nameless = (Range<usize>, String);

struct Reader<'a> {
    text: &'a str,
    layout: Layout,
    section: Section,
    story: Option<Story>,
    found: Vec<Found>,
    /// Items of a section of requirements without an id.
    candidates: Vec<section::Candidate>,
    unread: Vec<Nameless>,
    open: Option<Open>,
    /// The item that was last found, while what is nested in it is read.
    item: Option<usize>,
    openspec: openspec::State,
    kiro: forms::Kiro,
}

impl<'a> Reader<'a> {
    fn new(text: &'a str, layout: Layout) -> Self {
        Self {
            text,
            layout,
            section: Section::default(),
            story: None,
            found: Vec::new(),
            candidates: Vec::new(),
            unread: Vec::new(),
            open: None,
            item: None,
            openspec: openspec::State::default(),
            kiro: forms::Kiro::default(),
        }
    }

    fn block(&mut self, block: &Block) {
        match block.kind {
            Kind::Heading(level) => self.heading(block, level),
            Kind::Item { .. } => self.entry(block),
            Kind::Paragraph => self.paragraph(block),
            Kind::Table => {
                rows::read(self, block);
                self.extend(block, false);
            }
            Kind::Fence(_) => _ = self.extend(block, false),
        }
    }

    fn heading(&mut self, block: &Block, level: u8) {
        let raw = &self.text[block.head.clone()];
        let title = prose::plain(raw);
        self.item = None;
        if self.open.as_ref().is_some_and(|o| level <= o.level || o.list_only) {
            self.open = None;
        }
        self.section.heading(level, &title);
        stories::heading(&mut self.story, level, &title);
        self.kiro.heading(level);
        let head = block.head.clone();
        if let Some(found) = openspec::heading(&mut self.openspec, level, &title, &head) {
            // a scenario ends the text of its requirement, and is ended by any heading
            self.found.push(found);
            self.open = Some(Open { index: self.found.len() - 1, level: 6, list_only: false });
        } else if let Some(story) = stories::story(&title, level).filter(|_| self.layout != Layout::Kiro) {
            self.open = None;
            self.found.push(Found::new(story.id.clone(), RequirementKind::Story, story.words(raw, &head), head));
            self.story = Some(story);
        } else if let Some((id, words)) = forms::kiro_heading(&title, raw, level, self.layout) {
            self.kiro.open(&id, level);
            self.found.push(Found::new(id, RequirementKind::Functional, head.start + words, head));
            self.open = Some(Open { index: self.found.len() - 1, level: 6, list_only: false });
        } else if level > 1
            && let Some((id, kind, words)) = forms::heading(raw, self.section.asks())
        {
            let mut found = Found::new(id, kind, head.start + words, head.clone());
            found.weak = self.section.is_reference();
            self.section.count();
            self.found.push(found);
            self.open = Some(Open { index: self.found.len() - 1, level, list_only: false });
        } else if level > 1 && forms::resembles(raw) && !self.section.is_reference() {
            self.unread.push((head, NOT_WRITTEN.to_owned()));
        } else if let Some(open) = &self.open {
            self.found[open.index].range.end = block.head.end;
        }
    }

    fn entry(&mut self, block: &Block) {
        let start = block.head.start;
        let raw = &self.text[start..block.range.end];
        let end = start + raw.trim_end().len();
        if self.openspec.renames() {
            let renamed = openspec::renamed(&mut self.openspec, raw);
            self.found.extend(renamed.map(|r| Found { range: start..end, words: end, ..r }));
            return;
        }
        if let Some((id, kind, words)) = forms::opening(raw, self.section.asks()) {
            self.section.count();
            let mut found = Found::new(id, kind, start + words, start..end);
            found.weak = self.section.is_reference();
            self.start_item(found, block);
            return;
        }
        if block.depth == 0 {
            self.item = None;
        }
        if let Some((id, kind)) = self.criterion(block, raw) {
            let words = start + raw.len() - raw.trim_start().len();
            self.start_item(Found::new(id, kind, words, start..end), block);
        } else if forms::resembles(raw) && !self.section.is_reference() {
            let line = raw.lines().next().unwrap_or_default().trim_end();
            self.unread.push((start..start + line.len(), NOT_WRITTEN.to_owned()));
        } else if self.story.is_some() && stories::continues(raw) && self.goes_on(end) {
            self.open = None;
        } else if self.item.is_none() && !self.extend(block, true) && block.depth == 0 {
            self.candidate(raw, start..end);
        }
    }

    /// An item or a line without an id, where one would be expected.
    fn candidate(&mut self, raw: &str, range: Range<usize>) {
        let ears = forms::is_ears(raw);
        if self.section.is_reference() {
            return;
        }
        if ears || (self.section.asks() && self.story.is_none()) {
            self.candidates.push(self.section.candidate(range, ears, forms::is_strong(raw)));
        }
    }

    /// Adds a line to the scenario before it; whether there is one.
    fn goes_on(&mut self, end: usize) -> bool {
        let last = self.found.last_mut().filter(|f| f.kind == RequirementKind::Scenario);
        last.map(|f| f.range.end = f.range.end.max(end)).is_some()
    }

    /// A scenario of a story, or a numbered criterion of Kiro.
    fn criterion(&mut self, block: &Block, raw: &str) -> Option<(String, RequirementKind)> {
        if block.depth > 0 {
            return None;
        }
        let ordered = self.text[block.range.start..].starts_with(|c: char| c.is_ascii_digit());
        let of_kiro = self.kiro.criterion(raw, ordered, self.section.is_acceptance(), self.layout);
        if let Some(id) = of_kiro {
            return Some((id, RequirementKind::Criterion));
        }
        let story = self.story.as_mut()?;
        let kind = story.criterion(raw, ordered)?;
        Some((format!("{}/AC{}", story.id, story.count), kind))
    }

    fn start_item(&mut self, found: Found, block: &Block) {
        // what is nested and has an id of its own ends the text of what it is nested in
        let before = self.text[..block.range.start].trim_end().len();
        for index in self.item.into_iter().chain(self.open.take().map(|o| o.index)) {
            let outer = &mut self.found[index].range;
            outer.end = outer.end.min(before.max(outer.start));
        }
        self.item = Some(self.found.len());
        self.found.push(found);
    }

    fn paragraph(&mut self, block: &Block) {
        let (head, text) = (block.head.clone(), self.text);
        let raw = &text[head.clone()];
        if let Some(story) = &mut self.story {
            story.paragraph(raw);
        }
        if self.item.is_some() && block.depth > 0 {
            return;
        }
        let mut starts: Vec<(usize, String, RequirementKind, usize)> = Vec::new();
        for at in lines(raw) {
            let line = &raw[at..];
            if let Some((id, kind, words)) = forms::opening(line, self.section.asks()) {
                starts.push((at, id, kind, words));
            } else if let Some((id, words)) = forms::numbered_line(line).filter(|_| self.layout == Layout::Kiro) {
                starts.push((at, id, RequirementKind::Criterion, words));
            } else if forms::resembles(line) && !self.section.is_reference() {
                let end = line.lines().next().unwrap_or_default().trim_end().len();
                self.unread.push((head.start + at..head.start + at + end, NOT_WRITTEN.to_owned()));
            }
        }
        if starts.is_empty() {
            self.item = None;
            if !self.scenario_paragraph(block) && !self.extend(block, false) && forms::is_ears(raw) {
                self.candidate(raw, head.start..head.start + raw.trim_end().len());
            }
            return;
        }
        for (n, (at, id, kind, words)) in starts.iter().enumerate() {
            let end = starts.get(n + 1).map_or(raw.len(), |s| s.0);
            let piece = raw[*at..end].trim_end();
            let range = head.start + at..head.start + at + piece.len();
            self.section.count();
            let mut found = Found::new(id.clone(), *kind, (range.start + words).min(range.end), range);
            found.weak = self.section.is_reference();
            self.found.push(found);
        }
        self.item = None;
        let more = raw.trim_end().ends_with(':');
        self.open = more.then(|| Open { index: self.found.len() - 1, level: 6, list_only: true });
    }

    /// `**Given** …, **When** …, **Then** …` as a paragraph of a story.
    fn scenario_paragraph(&mut self, block: &Block) -> bool {
        let raw = &self.text[block.head.clone()];
        let Some(story) = self.story.as_mut().filter(|_| block.depth == 0) else { return false };
        let Some(kind) = story.given(raw) else { return false };
        let id = format!("{}/AC{}", story.id, story.count);
        let start = block.head.start;
        self.open = None;
        self.found.push(Found::new(id, kind, start, start..start + raw.trim_end().len()));
        true
    }

    /// Adds a block to the requirement that is open; whether one is.
    fn extend(&mut self, block: &Block, list: bool) -> bool {
        let Some(open) = &self.open else { return false };
        if open.list_only && !list {
            self.open = None;
            return false;
        }
        let found = &mut self.found[open.index];
        let end = self.text[..block.range.end].trim_end().len();
        found.range.end = found.range.end.max(end);
        true
    }
}

const NOT_WRITTEN: &str = "the id is not written as `**FR-004**:`";

fn lines(raw: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(raw.match_indices('\n').map(|(i, _)| i + 1))
}

#[cfg(test)]
mod tests;
