//! Sections that Bowline writes into a person's document. Their heading ends in `(bowline)` and their last line is a
//! comment with the digest of what stands above it: only what is still as it was written is ever written anew.

use std::ops::Range;

use crate::base::digest;
use crate::read::markdown::{self, Kind, Markdown};
use crate::read::prose;

const MARK: &str = " (bowline)";
const DIGITS: usize = 12;

/// What a document should have.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Section {
    /// Without the mark.
    pub title: String,
    /// Markdown with `\n` endings.
    pub body: String,
    pub kind: Kept,
    /// Words of a heading under which a person says the same.
    pub alike: &'static [&'static str],
}

/// Who a section belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Written beside a person's section about the same, and kept up to date.
    Always,
    /// Written where no person has such a section, and kept up to date.
    Alone,
    /// Begun where it is missing, and from then on a person's.
    Begun,
}

/// A change of a document.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub range: Range<usize>,
    pub text: String,
    /// The heading of the section.
    pub title: String,
    /// The section was there before.
    pub again: bool,
}

/// What came of comparing a document with the sections that it should have.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Merged {
    /// By place; nothing else is touched.
    pub changes: Vec<Change>,
    /// Sections of ours that a person changed, with the place of their heading: left alone.
    pub edited: Vec<(String, Range<usize>)>,
    /// Sections that would not be seen at the end of the document, because something above swallows them.
    pub unseen: Vec<String>,
}

struct Heading {
    level: u8,
    title: String,
    range: Range<usize>,
}

/// Compares. A document that ends inside of an open fence or comment is left alone: nothing appended would be seen.
pub fn merge(text: &str, sections: &[Section]) -> Merged {
    let doc = markdown::parse(text);
    let mut merged = Merged::default();
    if !doc.unclosed.is_empty() {
        return merged;
    }
    let newline = if text.contains("\r\n") { "\r\n" } else { "\n" };
    let headings = headings(&doc);
    let mut end = String::new();
    for section in sections {
        let title =
            if section.kind == Kept::Begun { section.title.clone() } else { format!("{}{MARK}", section.title) };
        let ours = headings.iter().position(|h| h.level > 1 && h.title == title);
        let alike = |h: &Heading| h.level > 1 && section.alike.iter().any(|w| h.title.to_lowercase().contains(w));
        match ours {
            Some(_) if section.kind == Kept::Begun => {}
            Some(index) => {
                let Some(range) = intact(text, &headings, index) else {
                    merged.edited.push((title, headings[index].range.clone()));
                    continue;
                };
                let level = usize::from(headings[index].level);
                let (old, written) = (&text[range.clone()], written(&title, &section.body, level));
                // the line ends are those of the section: a file may have both kinds
                let own = if old.contains("\r\n") { "\r\n" } else { "\n" };
                let written = written.replace('\n', own);
                if old.replace("\r\n", "\n") != written.replace("\r\n", "\n") {
                    merged.changes.push(Change { range, text: written, title, again: true });
                }
            }
            None if section.kind != Kept::Always && headings.iter().any(alike) => {}
            None => {
                let whole = if end.is_empty() { text } else { &end };
                let bare = whole.trim_start_matches('\u{feff}').is_empty();
                let gap = if bare || whole.ends_with("\n\n") || whole.ends_with("\n\r\n") {
                    ""
                } else if whole.ends_with('\n') {
                    "\n"
                } else {
                    "\n\n"
                };
                let body = match section.kind {
                    Kept::Begun => format!("## {title}\n\n{}", section.body),
                    _ => written(&title, &section.body, 2),
                };
                let added = format!("{gap}{body}").replace('\n', newline);
                end.push_str(&added);
                merged.changes.push(Change { range: text.len()..text.len(), text: added, title, again: false });
            }
        }
    }
    merged.changes.sort_by_key(|c| c.range.start);
    hold_back(text, &mut merged);
    merged
}

/// Takes back what is appended unless every section of it is read as one: below `<pre>` a heading is none.
fn hold_back(text: &str, merged: &mut Merged) {
    if merged.changes.iter().all(|c| c.again) {
        return;
    }
    let whole = apply(text, &merged.changes);
    let titles: Vec<String> = headings(&markdown::parse(&whole)).into_iter().map(|h| h.title).collect();
    if merged.changes.iter().any(|c| !titles.contains(&c.title)) {
        let (kept, unseen) = std::mem::take(&mut merged.changes).into_iter().partition(|c| c.again);
        let unseen: Vec<Change> = unseen;
        merged.changes = kept;
        merged.unseen = unseen.into_iter().map(|c| c.title).collect();
    }
}

/// The document with the changes made.
pub fn apply(text: &str, changes: &[Change]) -> String {
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for change in changes {
        out.push_str(text.get(at..change.range.start).unwrap_or_default());
        out.push_str(&change.text);
        at = change.range.end;
    }
    out + text.get(at..).unwrap_or_default()
}

fn headings(doc: &Markdown) -> Vec<Heading> {
    let all = doc.blocks.iter().filter_map(|b| match b.kind {
        Kind::Heading(level) => {
            Some(Heading { level, title: prose::plain(&doc.masked[b.head.clone()]), range: b.range.clone() })
        }
        _ => None,
    });
    all.collect()
}

fn written(title: &str, body: &str, level: usize) -> String {
    let hashes = "#".repeat(level);
    format!("{hashes} {title}\n\n{body}\n{}\n", closing(body))
}

fn closing(body: &str) -> String {
    format!("<!-- bowline:v1 body={} -->", digest::hex(body.as_bytes(), DIGITS))
}

/// The bytes of our section from its heading to the end of its comment, if they are as they were written.
fn intact(text: &str, headings: &[Heading], index: usize) -> Option<Range<usize>> {
    let start = headings[index].range.start;
    let end = headings.get(index + 1).map_or(text.len(), |h| h.range.start);
    let section = text.get(start..end)?;
    let comment = section.find("<!-- bowline:v1 body=")?;
    let line = section[comment..].find('\n').map_or(section.len(), |n| comment + n + 1);
    let body = section.get(section.find('\n')? + 1..comment)?.replace("\r\n", "\n");
    let body = body.strip_prefix('\n')?.strip_suffix('\n')?;
    (section[comment..line].trim_end() == closing(body)).then_some(start..start + line)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn section(body: &str, kind: Kept) -> Section {
        Section { title: "Check".into(), body: body.into(), kind, alike: &["check"] }
    }

    fn again(text: &str, body: &str, kind: Kept) -> (String, Vec<(String, Range<usize>)>) {
        let merged = merge(text, &[section(body, kind)]);
        (apply(text, &merged.changes), merged.edited)
    }

    #[test]
    fn a_section_is_written_once_and_anew_when_it_changes() {
        for before in ["", "# P\n", "# P\r\n\r\nx", "\u{feff}# P\n\n## My check\n\n- [x] all good\n"] {
            let (one, edited) = again(before, "a | b\n", Kept::Always);
            assert!(one.starts_with(before) && one.contains("## Check (bowline)") && edited.is_empty(), "{one}");
            assert_eq!(again(&one, "a | b\n", Kept::Always).0, one);
            let below = format!("{one}\nA person's words.\n\n## More\n");
            let (two, _) = again(&below, "c\n", Kept::Always);
            assert!(two.starts_with(before) && two.ends_with("\nA person's words.\n\n## More\n"), "{two}");
            assert!(two.contains("\nc") && !two.contains("a | b"));
            assert_eq!(before.contains("\r\n"), two.replace("\r\n", "").contains('\r') || two.contains("c\r\n"));
        }
    }

    #[test]
    fn what_a_person_wrote_or_changed_is_left_alone() {
        let (one, _) = again("# P\n", "a\n", Kept::Always);
        let theirs = one.replace("\na\n", "\na, and my words\n");
        let (two, edited) = again(&theirs, "c\n", Kept::Always);
        assert_eq!((two, edited.len()), (theirs, 1));
        let theirs = "# P\n\n### Checks we make\n\nx\n";
        assert_eq!(again(theirs, "c\n", Kept::Alone).0, theirs);
        assert_eq!(again("# Check\n", "c\n", Kept::Begun).0, "# Check\n\n## Check\n\nc\n");
        assert_eq!(again("# P\n\n```\nopen\n", "c\n", Kept::Always).0, "# P\n\n```\nopen\n");
    }
}
