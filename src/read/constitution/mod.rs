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
mod tests {
    use super::*;
    use crate::base::source::Sources;

    fn constitution(text: &str) -> (Constitution, Vec<(String, String, Force)>) {
        let mut sources = Sources::default();
        let file = sources.add("constitution.md", text);
        let doc = super::super::markdown::parse(text);
        let read = read(&[(file, doc.clone())]).expect("one file");
        let seen = read.statements.iter().map(|s| (s.id.clone(), s.text.clone(), s.force)).collect();
        for s in &read.statements {
            assert!(!sources.slice(s.span).is_empty());
        }
        assert_eq!(lost(&read, &doc), Vec::<String>::new());
        (read, seen)
    }

    /// Lines that belong to nothing: the law of this reader.
    fn lost(read: &Constitution, doc: &Markdown) -> Vec<String> {
        let headings = doc.blocks.iter().filter(|b| matches!(b.kind, Kind::Heading(_))).map(|b| b.range.clone());
        let mut spans: Vec<Range<usize>> = headings.collect();
        spans.extend(read.statements.iter().map(|s| s.span.range()));
        spans.extend(read.asides.iter().map(|a| a.span.range()));
        let mut start = 0;
        let mut lost = Vec::new();
        for line in doc.masked.split_inclusive('\n') {
            let end = start + line.len();
            if !line.trim().is_empty() && !spans.iter().any(|r| r.start < end && r.end > start) {
                lost.push(line.to_owned());
            }
            start = end;
        }
        lost
    }

    fn shown(seen: &[(String, String, Force)]) -> Vec<(&str, &str, Force)> {
        seen.iter().map(|(i, t, f)| (i.as_str(), t.as_str(), *f)).collect()
    }

    #[test]
    fn headings_bullets_and_sentences() {
        let (read, seen) = constitution(
            "# X Constitution\n\nThis must be read.\n\n<!-- Example: must not be read -->\n\n## Core\n\n### I. Images (NON-NEGOTIABLE)\n\n\
             Images are small. They must be `pinned`.\n\n#### More\n- **Users**: non-root\n- Read-only where possible, all\n\n\
             **Rationale**: nothing is read here.\n\n## Extra\n1. Consider a mesh\n\n## Again\n- Never by hand\n\n\
             **Version**: 1.2.0 | **Ratified**: 2026-01-01\n",
        );
        assert_eq!(
            shown(&seen),
            [
                ("C/I.1", "Images are small.", Force::Must),
                ("C/I.2", "They must be `pinned`.", Force::Must),
                ("C/I.3", "Users: non-root", Force::Must),
                ("C/I.4", "Read-only where possible, all", Force::Should),
                ("C/1.1", "Consider a mesh", Force::May),
                ("C/2.1", "Never by hand", Force::Must)
            ]
        );
        assert_eq!((read.title.as_str(), read.version.as_deref()), ("X Constitution", Some("1.2.0")));
        let asides: Vec<&str> = read.asides.iter().map(|a| a.what).collect();
        assert_eq!(asides, ["introduction", "rationale", "footer"]);
    }

    #[test]
    fn numbered_items_below_headings_in_capitals() {
        let (read, seen) = constitution(
            "# Local cluster\n\n## CORE PRINCIPLES\n\n1. **Spec First**: Every part has a spec\n2. **Small**: images stay small\n\n\
             ## SECURITY\n\n1. No root user\n",
        );
        assert_eq!(
            shown(&seen),
            [
                ("C/1.1", "Spec First: Every part has a spec", Force::Must),
                ("C/1.2", "Small: images stay small", Force::Should),
                ("C/2.1", "No root user", Force::Must),
            ]
        );
        assert_eq!(read.version, None);
    }

    #[test]
    fn do_and_do_not() {
        let (_, seen) = constitution(
            "# X\n\n## Summary\n\n**DO:**\n- Define limits\n\n**DON'T:**\n- Use `latest` tags\n- Run as root\n\n\
             ### Prohibited\n- hostPath volumes\n\n### Images\n- ❌ Unpinned base images\n\nContainers must never:\n\n- write to their root\n",
        );
        assert_eq!(
            shown(&seen),
            [
                ("C/1.1", "Define limits", Force::Must),
                ("C/1.2", "DON'T: Use `latest` tags", Force::Must),
                ("C/1.3", "DON'T: Run as root", Force::Must),
                ("C/1.4", "Prohibited: hostPath volumes", Force::Must),
                ("C/1.5", "Never: ❌ Unpinned base images", Force::Must),
                ("C/1.6", "Containers must never: write to their root", Force::Must),
            ]
        );
    }

    #[test]
    fn a_lead_in_lends_its_force() {
        let (_, seen) = constitution(
            "# X\n\n## A\n\nAll the deployments of the app must have:\n- liveness probes\n  - on their own port\n\nTeams may add:\n\n- a mesh of theirs\n\nProbes are cheap.\n",
        );
        assert_eq!(
            shown(&seen),
            [
                ("C/1.1", "All the deployments of the app must have:", Force::Must),
                ("C/1.2", "liveness probes", Force::Must),
                ("C/1.3", "on their own port", Force::Must),
                ("C/1.4", "a mesh of theirs", Force::May),
                ("C/1.5", "Probes are cheap.", Force::Should),
            ]
        );
    }

    #[test]
    fn tables_with_marks_and_without() {
        let (read, seen) = constitution(
            "# X\n\n## Probes\n\n| Component | Liveness | Readiness |\n|---|---|---|\n| backend | ✅ Required | Optional |\n\
             | mcp | ❌ | N/A |\n\n| Topic | Rule |\n|--|--|\n| Tags | never `latest` |\n",
        );
        assert_eq!(
            shown(&seen),
            [
                ("C/1.1", "backend: Liveness ✅ Required", Force::Must),
                ("C/1.2", "backend: Readiness Optional", Force::May),
                ("C/1.3", "Tags: never `latest`", Force::Must),
            ]
        );
        assert_eq!(read.asides.iter().filter(|a| a.what == "not required").count(), 3);
    }

    #[test]
    fn the_template_left_unfilled() {
        let (read, seen) = constitution(
            "# [PROJECT_NAME] Constitution\n\n## Core Principles\n\n### [PRINCIPLE_1_NAME]\n<!-- Example: I. x -->\n[PRINCIPLE_1_DESCRIPTION]\n\n\
             ## Governance\n[GOVERNANCE_RULES]\n\n**Version**: [CONSTITUTION_VERSION] | **Ratified**: [RATIFICATION_DATE]\n",
        );
        assert!(seen.is_empty(), "{seen:?}");
        assert_eq!(read.version, None);
    }

    #[test]
    fn every_line_is_somewhere() {
        let (read, _) = constitution(
            "---\nx: y\n---\nLine before.\n\n- item before\n\n# T\n\nintro\n\n---\n\n<details>\n<summary>More</summary>\n\nhidden rule here\n\n</details>\n\n\
             ## A\n\nword\n\n> quoted rule one\n> goes on\n\n```yaml\nnot: read\n```\n\n    code too\n\n[l]: http://example.com\n\n- \n\n1) x y\n\n***\n",
        );
        let mut kinds: Vec<&str> = read.asides.iter().map(|a| a.what).collect();
        kinds.sort_unstable();
        kinds.dedup();
        assert_eq!(kinds, ["code", "empty item", "introduction", "link", "markup", "one word", "ruling"]);
    }

    #[test]
    fn several_files_are_one() {
        let mut sources = Sources::default();
        let texts = [
            "---\ninclusion: always\n---\n# Tech\n\nUse Helm 3.\n\n## Images\n- Pin all images\n",
            "# Product\n\nStay small. Never guess.\n",
        ];
        let files: Vec<_> = texts
            .iter()
            .enumerate()
            .map(|(n, t)| (sources.add(n.to_string(), *t), super::super::markdown::parse(t)))
            .collect();
        let read = read(&files).expect("files");
        let ids: Vec<_> = read.statements.iter().map(|s| (s.id.as_str(), s.text.as_str())).collect();
        assert_eq!(
            ids,
            [
                ("C/1.1", "Use Helm 3."),
                ("C/1.2", "Pin all images"),
                ("C/2.1", "Stay small."),
                ("C/2.2", "Never guess.")
            ]
        );
        assert_eq!(read.more, [files[1].0]);
        assert_eq!(read.title, "Tech");
    }

    #[test]
    fn other_languages() {
        let (_, seen) = constitution(
            "# 章程\n\n## 一、镜像\n\n- 所有镜像必须固定版本\n- 建议扫描镜像\n\n## اصول\n\n- ہر سروس کے لیے health check لازمی ہے\n\n## Principes\n\n- Les secrets ne doivent jamais être dans Git\n",
        );
        let forces: Vec<Force> = seen.iter().map(|s| s.2).collect();
        assert_eq!(forces, [Force::Must, Force::Should, Force::Must, Force::Must]);
    }

    #[test]
    fn numbers_of_headings() {
        for (title, wanted) in [
            ("II. Title", Some("II")),
            ("3. Title", Some("3")),
            ("2.1 Title", Some("2.1")),
            ("Principle IV: Title", Some("IV")),
            ("I am", None),
            ("3 pods", None),
            ("Security", None),
        ] {
            assert_eq!(number(title), wanted, "{title}");
        }
    }
}
