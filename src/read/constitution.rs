//! The constitution: every bullet and every sentence with its identity and its force.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::model::workspace::{Constitution, Force, Statement};

use super::markdown::{Block, Kind, Markdown};
use super::prose;

/// Reads the constitution that governs.
pub fn read(file: FileId, doc: &Markdown) -> Constitution {
    let mut reader = Reader { file, text: &doc.masked, taken: numbers(doc), ..Reader::new(file, &doc.masked) };
    let mut title = String::new();
    for block in &doc.blocks {
        match block.kind {
            Kind::Heading(1) if title.is_empty() => title = prose::plain(&doc.masked[block.head.clone()]),
            Kind::Heading(level) => reader.heading(block, level),
            Kind::Item { .. } => reader.item(block),
            Kind::Paragraph => reader.paragraph(block),
            _ => {}
        }
    }
    Constitution { file, title, version: version(&doc.masked), statements: reader.statements }
}

/// A heading that statements stand under.
#[derive(Clone)]
struct Section {
    level: u8,
    /// `II`, `3`: what the ids of the statements below begin with; given by the first statement if not by the heading.
    key: Option<String>,
    title: String,
}

struct Reader<'a> {
    file: FileId,
    text: &'a str,
    /// The headings above, outermost first.
    above: Vec<Section>,
    /// Keys that a heading or an earlier section has.
    taken: BTreeSet<String>,
    counts: BTreeMap<String, usize>,
    statements: Vec<Statement>,
}

impl<'a> Reader<'a> {
    fn new(file: FileId, text: &'a str) -> Self {
        let (above, taken, counts, statements) = Default::default();
        Self { file, text, above, taken, counts, statements }
    }

    fn heading(&mut self, block: &Block, level: u8) {
        let title = prose::plain(&self.text[block.head.clone()]);
        self.above.retain(|s| s.level < level);
        // below a numbered heading, unnumbered ones only divide
        let inherited = self.above.last().and_then(|s| s.key.clone());
        let key = number(&title).map(str::to_owned).or(inherited);
        self.above.push(Section { level, key, title });
    }

    fn item(&mut self, block: &Block) {
        self.statement(block.head.clone());
    }

    fn paragraph(&mut self, block: &Block) {
        let raw = &self.text[block.head.clone()];
        let lower = raw.trim_start().to_lowercase();
        let skipped = ["**version**", "**ratified**", "**last amended**", "**rationale", "rationale:", "*rationale"];
        // running text before the first section introduces, and rules nothing
        if self.above.is_empty() || skipped.iter().any(|s| lower.starts_with(s)) {
            return;
        }
        for sentence in prose::sentences(raw) {
            self.statement(block.head.start + sentence.start..block.head.start + sentence.end);
        }
    }

    fn statement(&mut self, range: Range<usize>) {
        let text = prose::plain(&self.text[range.clone()]);
        // a lead-in such as `Phase goals:` or a rule says nothing by itself
        if !text.contains(' ') || (text.ends_with(':') && text.split(' ').count() < 5) {
            return;
        }
        let key = self.key();
        let count = self.counts.entry(key.clone()).or_default();
        *count += 1;
        let heading = self.above.last().map(|s| s.title.clone()).unwrap_or_default();
        self.statements.push(Statement {
            id: format!("C/{key}.{count}"),
            force: force(&text, self.above.iter().map(|s| s.title.as_str())),
            heading,
            text,
            span: Span::new(self.file, range.start, range.end),
        });
    }

    /// The key of the section at hand: its number, else the lowest number that no other section has.
    fn key(&mut self) -> String {
        if let Some(key) = self.above.last().and_then(|s| s.key.clone()) {
            return key;
        }
        let most = self.taken.len() + 1;
        let free = (1..=most).map(|n| n.to_string()).find(|k| !self.taken.contains(k)).unwrap_or_default();
        self.taken.insert(free.clone());
        if self.above.is_empty() {
            self.above.push(Section { level: 1, key: None, title: String::new() });
        }
        if let Some(section) = self.above.last_mut() {
            section.key = Some(free.clone());
        }
        free
    }
}

fn numbers(doc: &Markdown) -> BTreeSet<String> {
    let headings = doc.blocks.iter().filter(|b| matches!(b.kind, Kind::Heading(_)));
    headings.filter_map(|b| number(&prose::plain(&doc.masked[b.head.clone()])).map(str::to_owned)).collect()
}

/// The number that a heading begins with: `II. Title`, `3. Title`, `2.1 Title`, `Principle IV: Title`.
fn number(title: &str) -> Option<&str> {
    let rest = ["Principle ", "Article "].iter().find_map(|p| title.strip_prefix(p)).unwrap_or(title);
    let end = rest.find([' ', ':', ')']).unwrap_or(rest.len());
    let word = rest[..end].trim_end_matches('.');
    let dotted = end > word.len() || rest[end..].starts_with([':', ')']) || rest.len() < title.len();
    let roman = !word.is_empty() && word.bytes().all(|b| b"IVXLC".contains(&b));
    let arabic = word.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    ((roman && dotted) || (arabic && (dotted || word.contains('.')))).then_some(word)
}

/// How strongly a sentence binds. A condition weakens it; without any word of force it recommends,
/// unless its heading says more.
fn force<'t>(text: &str, headings: impl Iterator<Item = &'t str>) -> Force {
    let lower = text.to_lowercase();
    let words: Vec<&str> = lower.split(|c: char| !(c.is_alphanumeric() || c == '-' || c == '\'')).collect();
    let has = |list: &[&str]| words.iter().any(|w| list.contains(w));
    if lower.contains("where possible") || lower.contains("where practical") || has(&["should", "recommended"]) {
        return Force::Should;
    }
    let must = ["must", "never", "all", "every", "required", "shall", "no", "only", "mandatory", "non-negotiable"];
    if has(&must) || lower.starts_with("do not") || lower.starts_with("don't") || lower.contains("not allowed") {
        return Force::Must;
    }
    if has(&["may", "consider", "optional", "optionally"]) {
        return Force::May;
    }
    let above = headings.map(str::to_lowercase).collect::<Vec<_>>().join(" ");
    match () {
        () if above.contains("non-negotiable") || above.contains("mandatory") => Force::Must,
        () if above.contains("optional") => Force::May,
        () => Force::Should,
    }
}

/// The version of the footer, in one line with `|` or on a line of its own.
fn version(text: &str) -> Option<String> {
    let line = text.lines().map(|l| l.replace('*', "")).rfind(|l| l.trim_start().starts_with("Version:"))?;
    let value = line.trim_start().strip_prefix("Version:")?.split('|').next()?.trim().to_owned();
    (!value.is_empty()).then_some(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;

    fn constitution(text: &str) -> (Constitution, Vec<(String, String, Force)>) {
        let mut sources = Sources::default();
        let file = sources.add("constitution.md", text);
        let read = read(file, &super::super::markdown::parse(text));
        let seen = read.statements.iter().map(|s| (s.id.clone(), s.text.clone(), s.force)).collect();
        for s in &read.statements {
            assert!(!sources.slice(s.span).is_empty());
        }
        (read, seen)
    }

    #[test]
    fn headings_bullets_and_sentences() {
        let (read, seen) = constitution(
            "# X Constitution\n\nThis must be read.\n\n<!-- Example: must not be read -->\n\n## Core\n\n### I. Images (NON-NEGOTIABLE)\n\n\
             Images are small. They must be `pinned`.\n\n#### More\n- **Users**: non-root\n- Read-only where possible, all\n\n\
             **Rationale**: nothing is read here.\n\n## Extra\n1. Consider a mesh\n\n## Again\n- Never by hand\n\n\
             **Version**: 1.2.0 | **Ratified**: 2026-01-01\n",
        );
        let seen: Vec<_> = seen.iter().map(|(i, t, f)| (i.as_str(), t.as_str(), *f)).collect();
        assert_eq!(
            seen,
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
