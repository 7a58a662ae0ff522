//! Requirements of a spec: `- **FR-004**: …` as an item or a line of a paragraph, and user stories by their headings.

use std::ops::Range;

use crate::base::source::{FileId, Span};
use crate::model::ids::{FeatureId, RequirementId};
use crate::model::workspace::{Requirement, Unread};

use super::markdown::{Kind, Markdown};
use super::names::requirement_id;
use super::prose;

/// The requirements in document order (an id may occur twice), and lines that look like one and are none.
pub fn read(file: FileId, feature: &FeatureId, doc: &Markdown) -> (Vec<Requirement>, Vec<Unread>) {
    let mut found = Vec::new();
    let mut unread = Vec::new();
    for block in &doc.blocks {
        let range = match block.kind {
            Kind::Heading(_) => {
                found.extend(story(&doc.masked, &block.head).map(|(id, text)| (id, text, block.head.clone())));
                block.head.clone()
            }
            Kind::Item { .. } => block.head.start..block.range.end,
            Kind::Paragraph => block.head.clone(),
            _ => continue,
        };
        let raw = &doc.masked[range.clone()];
        let starts: Vec<usize> = match block.kind {
            Kind::Paragraph => lines(raw).filter(|i| opening(&raw[*i..]).is_some()).collect(),
            _ => vec![0],
        };
        for (n, start) in starts.iter().enumerate() {
            let end = starts.get(n + 1).copied().unwrap_or(raw.len());
            let piece = raw[*start..end].trim_end();
            let at = range.start + start..range.start + start + piece.len();
            match opening(piece) {
                Some((id, rest)) => found.push((id.to_owned(), prose::plain(rest), at)),
                None if resembles(piece) => unread.push(Unread {
                    span: Span::new(file, at.start, at.end),
                    reason: "the id is not written as `**FR-004**:`".into(),
                }),
                None => {}
            }
        }
    }
    let requirement = |(id, text, range): (String, String, Range<usize>)| {
        let id = RequirementId { feature: feature.clone(), id };
        Requirement::new(id, text, Span::new(file, range.start, range.end))
    };
    (found.into_iter().map(requirement).collect(), unread)
}

fn lines(raw: &str) -> impl Iterator<Item = usize> {
    std::iter::once(0).chain(raw.match_indices('\n').map(|(i, _)| i + 1))
}

/// The id and the text after it: `**FR-004**: text`, `**FR-004:** text`, `FR-004: text`, `**FR-004** (MUST): text`.
fn opening(raw: &str) -> Option<(&str, &str)> {
    let raw = raw.trim_start();
    let text = raw.trim_start_matches(['*', '_', '`']);
    let id = requirement_id(text)?;
    let rest = &text[id.len()..];
    let after = rest.trim_start_matches(['*', '_', '`', ' ']);
    let marked = text.len() < raw.len() || after.starts_with([':', '–', '—']);
    let closes =
        after.starts_with([':', '-', '–', '—', '(', '[']) || rest.starts_with(['*', '_', '`']) || after.is_empty();
    (marked && closes).then(|| (id, after.trim_start_matches([':', '-', '–', '—', '*', '_', ' '])))
}

fn resembles(raw: &str) -> bool {
    let text = raw.trim_start().trim_start_matches(['*', '_', '`']).to_ascii_uppercase();
    let rest = ["NFR", "FR", "SC"].iter().find_map(|p| text.strip_prefix(p));
    rest.is_some_and(|r| r.trim_start_matches([' ', '-', '_', '#']).starts_with(|c: char| c.is_ascii_digit()))
}

/// `User Story 2 - Title (Priority: P1)` is `US2`.
fn story(text: &str, head: &Range<usize>) -> Option<(String, String)> {
    let title = prose::plain(&text[head.clone()]);
    let rest = title.strip_prefix("User Story ")?;
    let digits = rest.bytes().take_while(u8::is_ascii_digit).count();
    let text = rest[digits..].trim_start_matches([' ', '-', '–', '—', ':']);
    (digits > 0).then(|| (format!("US{}", &rest[..digits]), text.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;

    #[test]
    fn all_forms() {
        let text = "# Spec\n\n### User Story 1 - Chat (Priority: P1)\n\n- **FR-001**: The system MUST\n  work.\n  \
                    - even **then**\n- **FR-002:** b\n- FR-003: c\n\n**SC-001**: d\n**SC-002**: e\n\n\
                    - fr 004: odd\n- FR-001 is mentioned\n- **NFR-001** (perf): f\n";
        let mut sources = Sources::default();
        let file = sources.add("specs/f.md", text);
        let (found, unread) = read(file, &FeatureId("f".into()), &super::super::markdown::parse(text));
        let seen: Vec<_> = found.iter().map(|r| (r.id.id.as_str(), r.text.as_str())).collect();
        assert_eq!(
            seen,
            [
                ("US1", "Chat (Priority: P1)"),
                ("FR-001", "The system MUST work. even then"),
                ("FR-002", "b"),
                ("FR-003", "c"),
                ("SC-001", "d"),
                ("SC-002", "e"),
                ("NFR-001", "(perf): f")
            ]
        );
        assert_eq!(unread.len(), 2, "{unread:?}");
        assert_eq!(sources.slice(found[4].span), "**SC-001**: d");
    }
}
