//! Findings for people where there may be hundreds: those of one kind in one file stand together, the first of them
//! with its lines of source and the others in a line each; notes are counted by their kind.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::base::diag::{Diagnostic, Severity};
use crate::base::source::Sources;

use super::{clean, human};

/// Up to so many findings of one kind in one file are each shown whole.
const WHOLE: usize = 3;

/// As many warnings of one kind in one file get a line.
const LINES: usize = 10;

/// Of errors all get one that a person could go through.
const ERRORS: usize = 200;

/// Errors and warnings, which must be sorted; notes are left to [`notes`].
pub fn grouped(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let mut groups: Vec<Vec<&Diagnostic>> = Vec::new();
    let mut places: BTreeMap<(Severity, &str, Option<&str>), usize> = BTreeMap::new();
    for diagnostic in diagnostics.iter().filter(|d| d.severity != Severity::Note) {
        let file = diagnostic.primary.as_ref().map(|l| sources.path(l.span.file));
        let next = groups.len();
        let place = *places.entry((diagnostic.severity, diagnostic.code, file)).or_insert(next);
        match groups.get_mut(place) {
            Some(group) => group.push(diagnostic),
            None => groups.push(vec![diagnostic]),
        }
    }
    let texts: Vec<String> = groups.iter().map(|g| group(g, sources, colour)).collect();
    texts.join("\n")
}

fn group(group: &[&Diagnostic], sources: &Sources, colour: bool) -> String {
    let whole = if group.len() > WHOLE { 1 } else { group.len() };
    let shown: Vec<Diagnostic> = group.iter().take(whole).map(|d| (*d).clone()).collect();
    let mut out = human(&shown, sources, colour);
    let rest = &group[whole..];
    if rest.is_empty() {
        return out;
    }
    let key = if colour { "\x1b[1mand\x1b[0m" } else { "and" };
    // writing to a String cannot fail
    let place = if group[0].primary.is_some() { " in the same file" } else { "" };
    _ = writeln!(out, "   {key} {} more of this kind{place}:", rest.len());
    let most = if group[0].severity == Severity::Error { ERRORS } else { LINES };
    for diagnostic in rest.iter().take(most) {
        let line = diagnostic.primary.as_ref().map(|l| sources.position(l.span).line.to_string()).unwrap_or_default();
        _ = writeln!(out, "   {line:>6}  {}", clean(&diagnostic.message));
    }
    if rest.len() > most {
        _ = writeln!(out, "           {} more; `bowline check --output short` has a line for each", rest.len() - most);
    }
    out
}

/// A line for each kind of note, with how often it was found and its first place.
pub fn notes(diagnostics: &[Diagnostic], sources: &Sources) -> String {
    let mut kinds: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for note in diagnostics.iter().filter(|d| d.severity == Severity::Note) {
        kinds.entry(note.code).or_default().push(note);
    }
    let mut out = String::new();
    for (code, notes) in kinds {
        let Some(first) = notes.first() else { continue };
        let place = first.location(sources).map(|p| format!(" ({p})")).unwrap_or_default();
        let times = if notes.len() == 1 { String::new() } else { format!("{} times, first: ", notes.len()) };
        _ = writeln!(out, "note[{code}]: {times}{}{place}", clean(&first.message));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Span;

    fn findings(sources: &mut Sources, path: &str, n: usize, severity: Severity) -> Vec<Diagnostic> {
        let text: String = (1..=n).map(|i| format!("line {i}\n")).collect();
        let file = sources.add(path, text);
        let span = |i: usize| sources.line_span(file, i).unwrap_or(Span::new(file, 0, 0));
        (1..=n).map(|i| Diagnostic::new("a-code", severity, format!("finding {i}")).at(span(i), "here")).collect()
    }

    #[test]
    fn few_are_shown_whole_and_many_in_lines() {
        let mut sources = Sources::default();
        let mut all = findings(&mut sources, "a.md", 3, Severity::Warning);
        all.extend(findings(&mut sources, "b.md", 20, Severity::Warning));
        let text = grouped(&all, &sources, false);
        assert_eq!(text.matches("warning[a-code]").count(), 4, "{text}");
        assert!(text.contains("and 19 more of this kind in the same file:\n        2  finding 2\n"), "{text}");
        assert!(text.contains("9 more; `bowline check --output short`") && !text.contains("finding 12"), "{text}");
        let all = findings(&mut sources, "c.md", 20, Severity::Error);
        let text = grouped(&all, &sources, false);
        assert!(text.contains("finding 20") && !text.contains("short"), "every error is named:\n{text}");
    }

    #[test]
    fn notes_are_counted_by_kind() {
        let mut sources = Sources::default();
        let mut all = findings(&mut sources, "a.md", 3, Severity::Note);
        all.push(Diagnostic::note("b-code", "alone"));
        assert_eq!(notes(&all, &sources), "note[a-code]: 3 times, first: finding 1 (a.md:1)\nnote[b-code]: alone\n");
        assert_eq!(grouped(&all, &sources, false), "");
    }
}
