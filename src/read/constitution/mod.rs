//! The constitution: every bullet, row and sentence with its identity and its force; what states nothing, by name.

mod footer;
mod force;
mod table;

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::model::workspace::{Aside, Constitution, Force, Statement};

use super::markdown::{Block, Kind, Markdown};
use super::prose;

pub use footer::{is_placeholder, placeholder};

/// Reads the constitution that governs: one file, or the steering files of Kiro. `None` without a file.
pub fn read(files: &[(FileId, Markdown)]) -> Option<Constitution> {
    let (first, more) = files.split_first()?;
    let mut constitution = Constitution::new(first.0);
    constitution.more = more.iter().map(|(file, _)| *file).collect();
    let mut taken = BTreeSet::new();
    for (_, doc) in files {
        taken.extend(numbers(doc));
    }
    let mut reader = Reader::new(first.0, first.1.masked.as_str(), taken);
    for (file, doc) in files {
        (reader.file, reader.text) = (*file, doc.masked.as_str());
        reader.above.clear();
        reader.document(doc, !more.is_empty());
        footer::read(&doc.masked, &mut constitution);
    }
    constitution.title = reader.title;
    constitution.statements = reader.statements;
    constitution.asides = reader.asides;
    Some(constitution)
}

/// A heading that statements stand under.
#[derive(Clone)]
struct Section {
    level: u8,
    /// `II`, `3`: what the ids of the statements below begin with; given by the first statement if not by the heading.
    key: Option<String>,
    title: String,
    /// What the heading says about the force of what stands below.
    force: Option<Force>,
    /// It forbids what stands below: `Don't`, `Prohibited`.
    forbids: bool,
}

/// What the line before a list says about its items.
#[derive(Clone)]
struct Lead {
    /// Items are about it until something else is.
    depth: usize,
    text: String,
    force: Option<Force>,
    forbids: bool,
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    title: String,
    /// The headings above, outermost first.
    above: Vec<Section>,
    leads: Vec<Lead>,
    /// Keys that a heading or an earlier section has.
    taken: BTreeSet<String>,
    /// No number below this one is free.
    free: usize,
    counts: BTreeMap<String, usize>,
    statements: Vec<Statement>,
    asides: Vec<Aside>,
    /// Ends of what was taken, for the lines that are left.
    seen: Vec<Range<usize>>,
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str, taken: BTreeSet<String>) -> Self {
        Self {
            file,
            text,
            title: String::new(),
            above: Vec::new(),
            leads: Vec::new(),
            taken,
            free: 1,
            counts: BTreeMap::new(),
            statements: Vec::new(),
            asides: Vec::new(),
            seen: Vec::new(),
        }
    }

    /// Reads one file. The first heading of level 1 is the title, and opens a section only where there are several files.
    fn document(&mut self, doc: &Markdown, several: bool) {
        let mut titled = false;
        let mut before: Option<&Block> = None;
        for block in &doc.blocks {
            let follows = before.is_some_and(|b| lists_begin(&b.kind)) && matches!(block.kind, Kind::Item { .. });
            if !follows && block.depth == 0 && !matches!(block.kind, Kind::Item { .. }) {
                self.leads.clear();
            }
            match block.kind {
                Kind::Heading(1) if !titled => {
                    titled = true;
                    self.seen.push(block.range.clone());
                    let title = prose::plain(&doc.masked[block.head.clone()]);
                    if several {
                        self.heading(block, 1);
                    }
                    if self.title.is_empty() {
                        self.title = title;
                    }
                }
                Kind::Heading(level) => {
                    self.seen.push(block.range.clone());
                    self.heading(block, level);
                }
                Kind::Item { .. } => self.item(block),
                Kind::Paragraph => self.paragraph(block),
                Kind::Table => table::read(self, block),
                Kind::Fence(_) => self.aside(block.range.clone(), "code"),
            }
            before = Some(block);
        }
        self.rest();
    }

    fn heading(&mut self, block: &Block, level: u8) {
        let title = prose::plain(&self.text[block.head.clone()]);
        self.above.retain(|s| s.level < level);
        // below a numbered heading, unnumbered ones only divide
        let inherited = self.above.last();
        let key = number(&title).map(str::to_owned).or_else(|| inherited.and_then(|s| s.key.clone()));
        let force = force::of_heading(&title).or(inherited.and_then(|s| s.force));
        let forbids = force::forbids(&title);
        self.above.push(Section { level, key, title, force, forbids });
    }

    fn item(&mut self, block: &Block) {
        self.leads.retain(|l| l.depth <= block.depth);
        let raw = &self.text[block.head.clone()];
        if footer::is(raw) {
            self.aside(block.head.clone(), "footer");
        } else if raw.trim().is_empty() {
            self.aside(block.range.start..block.head.start.max(block.range.start), "empty item");
        } else {
            self.statement(block.head.clone(), block.depth + 1);
        }
    }

    fn paragraph(&mut self, block: &Block) {
        let raw = &self.text[block.head.clone()];
        let lower = raw.trim_start().trim_start_matches(['*', '_', ' ']).to_lowercase();
        // running text before the first section introduces, and rules nothing
        let what = match () {
            () if raw.trim().is_empty() => return,
            () if footer::is(raw) => Some("footer"),
            () if self.above.is_empty() => Some("introduction"),
            () if ["rationale", "reason:", "why:"].iter().any(|s| lower.starts_with(s)) => Some("rationale"),
            () => None,
        };
        if let Some(what) = what {
            self.aside(block.head.clone(), what);
            return;
        }
        for sentence in prose::sentences(raw) {
            self.statement(block.head.start + sentence.start..block.head.start + sentence.end, block.depth);
        }
    }

    /// Takes a bullet or a sentence. `depth` is that of the items that it may introduce.
    fn statement(&mut self, range: Range<usize>, depth: usize) {
        let raw = &self.text[range.clone()];
        let text = prose::plain(raw);
        let introduces = text.trim_end().ends_with([':', '：']);
        let short = text.split(' ').count() < 5;
        let own = force::of(&text);
        if introduces {
            self.leads.retain(|l| l.depth < depth);
            let lead = text.trim_end_matches([':', '：', ' ']).to_owned();
            let forbids = force::forbids(&lead);
            let force = own.or_else(|| force::of_heading(&lead));
            self.leads.push(Lead { depth, text: lead, force, forbids });
        }
        // a lead-in such as `Phase goals:` or a rule says nothing by itself
        match () {
            () if is_placeholder(&text) => return self.aside(range, "placeholder of the template"),
            () if introduces && short => return self.aside(range, "lead-in"),
            () if !says_something(&text) => return self.aside(range, "one word"),
            () => {}
        }
        let (text, force) = self.in_context(text, own, introduces);
        self.push(range, text, force);
    }

    /// The text and force of a statement, by what stands above it: below `Never:` a bullet means the opposite.
    fn in_context(&self, text: String, own: Option<Force>, introduces: bool) -> (String, Force) {
        let lead = if introduces { None } else { self.leads.last() };
        let section = self.above.last();
        let inherited = lead.and_then(|l| l.force).or(section.and_then(|s| s.force));
        let force = own.or(inherited).unwrap_or(Force::Should);
        if force::is_crossed_out(&text) {
            return (format!("Never: {text}"), Force::Must);
        }
        if force::forbids(&text) {
            return (text, force);
        }
        match (lead.filter(|l| l.forbids), section.filter(|s| s.forbids)) {
            (Some(lead), _) => (format!("{}: {text}", lead.text), Force::Must),
            (None, Some(section)) => (format!("{}: {text}", section.title), Force::Must),
            (None, None) => (text, force),
        }
    }

    fn push(&mut self, range: Range<usize>, text: String, force: Force) {
        let key = self.key();
        let count = self.counts.entry(key.clone()).or_default();
        *count += 1;
        let heading = self.above.last().map(|s| s.title.clone()).unwrap_or_default();
        let span = Span::new(self.file, range.start, range.end);
        self.statements.push(Statement { id: format!("C/{key}.{count}"), force, heading, text, span });
        self.seen.push(range);
    }

    fn aside(&mut self, range: Range<usize>, what: &'static str) {
        self.asides.push(Aside { span: Span::new(self.file, range.start, range.end), what });
        self.seen.push(range);
    }

    /// Names the lines that no block holds.
    fn rest(&mut self) {
        let mut seen = std::mem::take(&mut self.seen);
        seen.sort_unstable_by_key(|r| r.start);
        let mut seen = seen.into_iter().peekable();
        let mut covered = 0;
        let mut start = 0;
        for line in self.text.split_inclusive('\n') {
            let end = start + line.len();
            while let Some(range) = seen.next_if(|r| r.start < end) {
                covered = covered.max(range.end);
            }
            if covered <= start && !line.trim().is_empty() {
                let what = match line.trim() {
                    l if l.chars().all(|c| matches!(c, '-' | '*' | '_' | '=' | ' ')) => "ruling",
                    l if l.starts_with('<') => "markup",
                    l if l.starts_with('[') => "link",
                    _ => "outside of every section",
                };
                let from = start + line.len() - line.trim_start().len();
                let span = Span::new(self.file, from, from + line.trim().len());
                self.asides.push(Aside { span, what });
            }
            start = end;
        }
    }

    /// The key of the section at hand: its number, else the lowest number that no other section has.
    fn key(&mut self) -> String {
        if let Some(key) = self.above.last().and_then(|s| s.key.clone()) {
            return key;
        }
        while self.taken.contains(&self.free.to_string()) {
            self.free += 1;
        }
        let free = self.free.to_string();
        self.taken.insert(free.clone());
        if self.above.is_empty() {
            self.above.push(Section { level: 1, key: None, title: String::new(), force: None, forbids: false });
        }
        if let Some(section) = self.above.last_mut() {
            section.key = Some(free.clone());
        }
        free
    }
}

/// Whether a list may follow that belongs to the block.
fn lists_begin(kind: &Kind) -> bool {
    matches!(kind, Kind::Paragraph | Kind::Item { .. })
}

/// More than one word; writing without spaces counts by its characters.
fn says_something(text: &str) -> bool {
    let wide = text.chars().filter(|c| !c.is_ascii() && c.is_alphanumeric()).count();
    text.contains(' ') || wide > 2
}

fn numbers(doc: &Markdown) -> BTreeSet<String> {
    let headings = doc.blocks.iter().filter(|b| matches!(b.kind, Kind::Heading(_)));
    headings.filter_map(|b| number(&prose::plain(&doc.masked[b.head.clone()])).map(str::to_owned)).collect()
}

/// The number that a heading begins with: `II. Title`, `3. Title`, `2.1 Title`, `Principle IV: Title`.
fn number(title: &str) -> Option<&str> {
    let rest = ["Principle ", "Article ", "Section "].iter().find_map(|p| title.strip_prefix(p)).unwrap_or(title);
    let end = rest.find([' ', ':', ')']).unwrap_or(rest.len());
    let word = rest[..end].trim_end_matches('.');
    let dotted = end > word.len() || rest[end..].starts_with([':', ')']) || rest.len() < title.len();
    let roman = !word.is_empty() && word.bytes().all(|b| b"IVXLC".contains(&b));
    let arabic = word.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    ((roman && dotted) || (arabic && (dotted || word.contains('.')))).then_some(word)
}

#[cfg(test)]
mod tests;
