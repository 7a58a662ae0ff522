//! Source files and places in them. Every value of the pipeline points back here.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::path::Path;
use std::sync::OnceLock;

/// Index of a file in [`Sources`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FileId(u32);

/// A range of bytes in one file, as the file stands on disk (a byte order mark counts).
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Span {
    pub file: FileId,
    /// First byte.
    pub start: u32,
    /// One past the last byte.
    pub end: u32,
}

impl Span {
    /// A span of `file` from byte `start` to byte `end`; files are limited to 4 GiB by [`Sources::add`].
    pub fn new(file: FileId, start: usize, end: usize) -> Self {
        let clamp = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Self { file, start: clamp(start), end: clamp(end) }
    }

    pub fn range(self) -> std::ops::Range<usize> {
        self.start as usize..self.end as usize
    }
}

/// The range, moved outwards to boundaries of characters and into the text.
pub fn on_characters(text: &str, range: std::ops::Range<usize>) -> std::ops::Range<usize> {
    let start = (0..=range.start.min(text.len())).rev().find(|i| text.is_char_boundary(*i)).unwrap_or(0);
    let end = (range.end.clamp(start, text.len())..=text.len()).find(|i| text.is_char_boundary(*i));
    start..end.unwrap_or(text.len())
}

/// A line and a column, both from 1; the column counts characters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Position {
    pub line: usize,
    pub column: usize,
}

/// A text, ready to be added to [`Sources`].
#[derive(Clone, Debug)]
pub struct SourceFile {
    path: String,
    text: String,
    /// Found when the first place is asked for: most files have nothing to say.
    line_starts: OnceLock<Vec<u32>>,
    /// How many characters begin before every [`STEP`]th byte; found when a place far into a line is asked for.
    characters: OnceLock<Vec<u32>>,
}

/// Columns up to here are counted from the start of their line.
const STEP: usize = 4096;

impl SourceFile {
    /// `path` is relative to the workspace, with `/`.
    pub fn new(path: impl Into<String>, text: impl Into<String>) -> Self {
        Self { path: path.into(), text: text.into(), line_starts: OnceLock::new(), characters: OnceLock::new() }
    }

    /// How many characters stand between two bytes; `None` when one of them is inside of a character or outside.
    fn characters(&self, start: usize, end: usize) -> Option<usize> {
        let between = self.text.get(start..end)?;
        if between.len() < STEP {
            return Some(between.chars().count());
        }
        // a byte that continues a character counts for nothing
        let begins = |bytes: &[u8]| bytes.iter().filter(|b| **b & 0xc0 != 0x80).count();
        let steps = self.characters.get_or_init(|| {
            let counts = self.text.as_bytes().chunks(STEP).scan(0, |sum, chunk| {
                let before = *sum;
                *sum += begins(chunk);
                Some(u32::try_from(before).unwrap_or(u32::MAX))
            });
            counts.collect()
        });
        let before = |at: usize| {
            let step = (at / STEP).min(steps.len().saturating_sub(1));
            let counted = steps.get(step).map_or(0, |c| *c as usize);
            counted + begins(&self.text.as_bytes()[step * STEP..at])
        };
        Some(before(end) - before(start))
    }

    fn line_starts(&self) -> &[u32] {
        self.line_starts.get_or_init(|| {
            let lines = self.text.bytes().filter(|b| *b == b'\n').count();
            let mut starts = Vec::with_capacity(lines + 1);
            starts.push(0);
            starts.extend(self.text.match_indices('\n').map(|(i, _)| u32::try_from(i + 1).unwrap_or(u32::MAX)));
            starts
        })
    }
}

/// All texts that diagnostics can point into: documents, templates, and artifacts under check.
#[derive(Clone, Debug, Default)]
pub struct Sources {
    files: Vec<SourceFile>,
    masks: BTreeSet<Span>,
}

impl Sources {
    /// Adds a text. `path` is relative to the workspace, with `/`.
    pub fn add(&mut self, path: impl Into<String>, text: impl Into<String>) -> FileId {
        self.add_file(SourceFile::new(path, text))
    }

    /// Adds a text that is ready.
    pub fn add_file(&mut self, file: SourceFile) -> FileId {
        self.files.push(file);
        FileId(u32::try_from(self.files.len() - 1).unwrap_or(u32::MAX))
    }

    pub fn path(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].path
    }

    pub fn text(&self, file: FileId) -> &str {
        &self.files[file.0 as usize].text
    }

    /// The file of that workspace-relative path, when it was added.
    pub fn find(&self, path: impl AsRef<Path>) -> Option<FileId> {
        let wanted = path.as_ref().to_str()?;
        self.files.iter().position(|f| f.path == wanted).and_then(|i| u32::try_from(i).ok()).map(FileId)
    }

    pub fn files(&self) -> impl Iterator<Item = FileId> + '_ {
        (0..self.files.len()).filter_map(|i| u32::try_from(i).ok()).map(FileId)
    }

    /// The text under a span; empty if the span does not lie in the file on character boundaries.
    pub fn slice(&self, span: Span) -> &str {
        self.text(span.file).get(span.range()).unwrap_or_default()
    }

    /// Keeps the text under a span out of [`Sources::shown`]: it is a secret that stands in a file.
    pub fn mask(&mut self, span: Span) {
        self.masks.insert(span);
    }

    /// The text of a file as it may be printed: byte for byte as long, each masked byte a `*`.
    pub fn shown(&self, file: FileId) -> Cow<'_, str> {
        let text = self.text(file);
        let mut masks = self.masks.iter().filter(|m| m.file == file).peekable();
        if masks.peek().is_none() {
            return Cow::Borrowed(text);
        }
        let mut bytes = text.as_bytes().to_vec();
        for mask in masks {
            bytes[on_characters(text, mask.range())]
                .iter_mut()
                .filter(|b| !matches!(b, b'\n' | b'\r'))
                .for_each(|b| *b = b'*');
        }
        String::from_utf8(bytes).map_or_else(|_| Cow::Owned("*".repeat(text.len())), Cow::Owned)
    }

    /// Where a span begins.
    pub fn position(&self, span: Span) -> Position {
        let file = &self.files[span.file.0 as usize];
        let line = file.line_starts().partition_point(|s| *s <= span.start).max(1);
        let start = file.line_starts()[line - 1] as usize;
        Position { line, column: file.characters(start, span.start as usize).map_or(1, |before| before + 1) }
    }

    /// Number of lines; a final newline does not open another one.
    pub fn line_count(&self, file: FileId) -> usize {
        let f = &self.files[file.0 as usize];
        if f.text.ends_with('\n') || f.text.is_empty() { f.line_starts().len() - 1 } else { f.line_starts().len() }
    }

    /// The span of line `line` (from 1) without its line ending.
    pub fn line_span(&self, file: FileId, line: usize) -> Option<Span> {
        let f = &self.files[file.0 as usize];
        let start = *f.line_starts().get(line.checked_sub(1)?)? as usize;
        let end = f.line_starts().get(line).map_or(f.text.len(), |e| *e as usize);
        let trimmed = f.text.get(start..end)?.trim_end_matches(['\n', '\r']);
        Some(Span::new(file, start, start + trimmed.len()))
    }

    /// `path:line` of a span, as people and editors write it.
    pub fn display(&self, span: Span) -> String {
        format!("{}:{}", self.path(span.file), self.position(span).line)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_hides_the_bytes_and_keeps_the_places() {
        let mut sources = Sources::default();
        let file = sources.add("a", "key: gehéim\nrest\n");
        sources.mask(Span::new(file, 5, 12));
        assert_eq!(sources.shown(file), "key: *******\nrest\n");
        assert_eq!(sources.text(file), "key: gehéim\nrest\n");
        sources.mask(Span::new(file, 8, 9));
        sources.mask(Span::new(file, 900, 901));
        assert_eq!(sources.shown(file).len(), sources.text(file).len());
    }

    #[test]
    fn columns_count_characters_however_long_the_line_is() {
        let text = format!("é\n{}\nend", "aé漢🙂".repeat(3 * STEP));
        let mut sources = Sources::default();
        let file = sources.add("a", text.as_str());
        for start in (0..=text.len()).step_by(997).chain([STEP, 2 * STEP, text.len()]) {
            let line = text[..on_characters(&text, start..start).start].matches('\n').count() + 1;
            let begin = text.as_bytes()[..start].iter().rposition(|b| *b == b'\n').map_or(0, |at| at + 1);
            let column = text.get(begin..start).map_or(1, |s| s.chars().count() + 1);
            assert_eq!(sources.position(Span::new(file, start, start)), Position { line, column }, "{start}");
        }
    }
}
