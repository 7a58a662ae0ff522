//! What is open in a document although it can be read: nothing in it, questions, places of a template.

use std::ops::Range;

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Span};
use crate::model::workspace::Constitution;

use super::constitution::placeholder;
use super::markdown::Markdown;

/// Questions of one file that are pointed at; the others are counted.
const SHOWN: usize = 10;

/// A file without a word in it.
pub fn empty(path: &str, file: FileId, doc: &Markdown) -> Option<Diagnostic> {
    let bare = doc.masked.trim().is_empty() && doc.blocks.is_empty();
    bare.then(|| {
        Diagnostic::warning("document-empty", format!("`{path}` is empty"))
            .at(Span::new(file, 0, 0), "nothing stands here")
            .fix("write it, or remove the file")
    })
}

/// Open questions of a spec or a plan: `[NEEDS CLARIFICATION: …]`.
pub fn questions(path: &str, file: FileId, doc: &Markdown) -> Option<Diagnostic> {
    let open = "[NEEDS CLARIFICATION";
    let all: Vec<Range<usize>> = memchr::memmem::find_iter(doc.masked.as_bytes(), open)
        .map(|start| {
            let line = doc.masked[start..].lines().next().unwrap_or_default();
            start..start + line.find(']').map_or(line.len(), |end| end + 1)
        })
        .collect();
    let many = if all.len() == 1 { "a question is".to_owned() } else { format!("{} questions are", all.len()) };
    let found = Diagnostic::note("clarification-open", format!("{many} open in `{path}`"));
    pointed(found, file, &all, "open").map(|d| d.fix("answer it, and put the answer in place of the brackets"))
}

/// Places of the stock templates that nobody filled in.
pub fn places(path: &str, file: FileId, doc: &Markdown) -> Option<Diagnostic> {
    let all = template_places(&doc.masked);
    let many = if all.len() == 1 { "a place".to_owned() } else { format!("{} places", all.len()) };
    let found = Diagnostic::note("spec-placeholder", format!("{many} of the template stand in `{path}` as they came"));
    pointed(found, file, &all, "not filled in").map(|d| d.fix("write what belongs there, or remove the line"))
}

/// A constitution that is still the template, or that states nothing.
pub fn constitution(path: &str, constitution: &Constitution, doc: &Markdown) -> Option<Diagnostic> {
    let file = constitution.file;
    let mut all = Vec::new();
    let mut from = 0;
    while let Some(place) = placeholder(&doc.masked[from..]) {
        all.push(from + place.start..from + place.end);
        from += place.end;
    }
    if all.is_empty() && constitution.statements.is_empty() && !doc.masked.trim().is_empty() {
        let found = Diagnostic::warning("constitution-unfilled", format!("`{path}` states nothing"));
        return Some(
            found
                .at(Span::new(file, 0, 0), "no rule stands here")
                .fix("write rules as bullets or sentences below headings"),
        );
    }
    let found = Diagnostic::warning("constitution-unfilled", format!("`{path}` is a template that is not filled in"));
    pointed(found, file, &all, "to be filled in").map(|d| {
        d.saying("a place of the template is no rule, so nothing is checked because of it")
            .fix("write the project's own rules, or remove the file")
    })
}

/// The finding with the first places; `None` without any.
fn pointed(mut found: Diagnostic, file: FileId, all: &[Range<usize>], text: &str) -> Option<Diagnostic> {
    let (first, more) = all.split_first()?;
    found = found.at(Span::new(file, first.start, first.end), text);
    for range in more.iter().take(SHOWN - 1) {
        found = found.and(Span::new(file, range.start, range.end), "");
    }
    if all.len() > SHOWN {
        found = found.saying(format!("and {} more", all.len() - SHOWN));
    }
    Some(found)
}

/// How the places of spec-kit's templates begin, in lower case.
const PLACES: [&str; 22] = [
    "feature name",
    "brief title",
    "date]",
    "###-feature-name",
    "describe this user journey",
    "explain the value",
    "describe how this can be tested",
    "initial state]",
    "action]",
    "expected outcome]",
    "boundary condition]",
    "error scenario]",
    "specific capability",
    "key interaction",
    "data requirement,",
    "behavior, e.g.",
    "measurable metric",
    "user satisfaction metric",
    "business metric",
    "entity 1]",
    "entity 2]",
    "add more user stories",
];

fn template_places(text: &str) -> Vec<Range<usize>> {
    let mut found = Vec::new();
    for start in memchr::memchr_iter(b'[', text.as_bytes()) {
        let inner = &text[start + 1..];
        // the longest of them is far shorter than this
        let head: String = super::prose::start(inner, 40).to_lowercase();
        if !PLACES.iter().any(|p| head.starts_with(p)) {
            continue;
        }
        let line = inner.lines().next().unwrap_or_default();
        if let Some(end) = line.find(']').filter(|end| !line[end + 1..].starts_with('(')) {
            found.push(start..start + 1 + end + 1);
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_are_known_by_their_words() {
        let text = "# Spec: [FEATURE NAME]\n\n[Date](x) [DATE] [ ] [P] - **[Entity 1]**: [What it represents]\n";
        let found: Vec<&str> = template_places(text).into_iter().map(|r| &text[r]).collect();
        assert_eq!(found, ["[FEATURE NAME]", "[DATE]", "[Entity 1]"]);
    }
}
