//! Findings for people. The only importer of the snippet renderer.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::fmt::Write;
use std::ops::Range;

use annotate_snippets::renderer::DecorStyle;
use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::base::diag::{Diagnostic, Label, Severity};
use crate::base::source::{FileId, Sources, Span, on_characters};

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
        let of_file = || labels(diagnostic).filter(|(l, _)| l.span.file == file);
        let (window, first) = window(text, sources, of_file().map(|(l, _)| l.span));
        let marks = of_file().map(|(label, primary)| {
            let kind = if primary { AnnotationKind::Primary } else { AnnotationKind::Context };
            let range = boundaries(text, label.span.range());
            kind.span(range.start - window.start..range.end - window.start)
                .label(Some(clean(&label.text)).filter(|t| !t.is_empty()))
        });
        let marks: Vec<_> = marks.collect();
        Snippet::source(text[window].to_owned()).line_start(first).path(sources.path(file)).annotations(marks)
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

/// The lines from the first label to the last, and the number of the first: the renderer takes apart all that it is
/// given, and there may be as many findings as lines.
fn window(text: &str, sources: &Sources, spans: impl Iterator<Item = Span>) -> (Range<usize>, usize) {
    let mut window: Option<Span> = None;
    for span in spans {
        let all = window.get_or_insert(span);
        (all.start, all.end) = (all.start.min(span.start), all.end.max(span.end));
    }
    let Some(all) = window else { return (0..text.len(), 1) };
    let range = on_characters(text, all.range());
    let start = text[..range.start].rfind('\n').map_or(0, |i| i + 1);
    let end = text[range.end..].find('\n').map_or(text.len(), |i| range.end + i + 1);
    (start..end, sources.position(all).line)
}

/// The range, moved outwards to character boundaries and into the text: a span is never a reason to fail.
fn boundaries(text: &str, range: Range<usize>) -> Range<usize> {
    let Range { start, end } = on_characters(text, range);
    // an end of line inside the mark would draw it over several lines
    let line = text[start..end].find(['\n', '\r']).filter(|n| *n > 0).map_or(end, |n| start + n);
    start..line
}
