//! Findings for people. The only importer of the snippet renderer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::base::diag::{Diagnostic, Label, Severity};
use crate::base::source::{FileId, Sources, on_characters};

use super::{clean, sentence};

/// Every finding with its lines of source, a blank line between two; no summary.
pub fn human(diagnostics: &[Diagnostic], sources: &Sources, colour: bool) -> String {
    let mut shown = BTreeMap::new();
    let all: Vec<String> = diagnostics.iter().map(|d| one(d, sources, &mut shown, colour)).collect();
    all.join("\n")
}

/// The texts of the files as they may be printed, each made once.
type Shown<'a> = BTreeMap<FileId, Cow<'a, str>>;

fn one<'a>(diagnostic: &Diagnostic, sources: &'a Sources, shown: &mut Shown<'a>, colour: bool) -> String {
    let renderer = if colour { Renderer::styled() } else { Renderer::plain() }.decor_style(DecorStyle::Ascii);
    let level = match diagnostic.severity {
        Severity::Error => Level::ERROR,
        Severity::Warning => Level::WARNING,
        Severity::Note => Level::NOTE,
    };
    let message = clean(&diagnostic.message);
    let title = level.primary_title(message).id(diagnostic.code);
    for file in files(diagnostic) {
        shown.entry(file).or_insert_with(|| sources.shown(file));
    }
    let snippets = files(diagnostic).into_iter().map(|file| {
        let text = shown.get(&file).map_or("", |t| &**t);
        let marks = labels(diagnostic).filter(|(l, _)| l.span.file == file).map(|(label, primary)| {
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            kind.span(boundaries(text, label.span.range())).label(Some(clean(&label.text)).filter(|t| !t.is_empty()))
        });
        let marks: Vec<_> = marks.collect();
        Snippet::source(text).path(sources.path(file)).annotations(marks)
    });
    let mut out = renderer.render(&[title.elements(snippets)]);
    out.push('\n');
    let key = |word: &str| if colour { format!("\x1b[1m{word}\x1b[0m") } else { word.to_owned() };
    // writing to a String cannot fail
    for note in &diagnostic.notes {
        _ = writeln!(out, "   {}", clean(note));
    }
    if let Some(because) = &diagnostic.because {
        _ = writeln!(out, "   {}  {}", key("because"), sentence(sources, because));
    }
    if let Some(fix) = &diagnostic.fix {
        _ = writeln!(out, "   {} {}", key("fix:"), clean(fix));
    }
    if let Some(task) = &diagnostic.task {
        _ = writeln!(out, "   {} {}", key("task:"), clean(task));
    }
    out
}

/// The primary label, then the others.
fn labels(diagnostic: &Diagnostic) -> impl Iterator<Item = (&Label, bool)> {
    let others = diagnostic.also.iter().map(|l| (l, false));
    diagnostic.primary.iter().map(|l| (l, true)).chain(others)
}

/// The files that the labels stand in, the primary's first.
fn files(diagnostic: &Diagnostic) -> Vec<FileId> {
    let mut files = Vec::new();
    for (label, _) in labels(diagnostic) {
        if !files.contains(&label.span.file) {
            files.push(label.span.file);
        }
    }
    files
}

/// The range, moved outwards to character boundaries and into the text: a span is never a reason to fail.
fn boundaries(text: &str, range: Range<usize>) -> Range<usize> {
    let Range { start, end } = on_characters(text, range);
    // an end of line inside the mark would draw it over several lines
    let line = text[start..end].find(['\n', '\r']).filter(|n| *n > 0).map_or(end, |n| start + n);
    start..line
}
