//! `check --fix`: the edits that are certain, carried out.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::diag::{Diagnostic, Edit, Severity};
use crate::base::fs::{self, FileError};
use crate::base::source::{FileId, Sources};
use crate::change::diff;
use crate::make::stamp::{self, Reading};

/// What will be written.
pub struct Fixes {
    files: BTreeMap<FileId, Vec<Edit>>,
    /// What each finding says it does: file, fix, code.
    pub said: Vec<String>,
    /// Findings whose edits touch what another one changes, or a file that Bowline makes or that has changed since.
    pub skipped: usize,
}

/// Whether a finding says what to change to the byte.
pub fn is_fixable(finding: &Diagnostic) -> bool {
    !finding.edits.is_empty() && finding.severity != Severity::Note
}

/// Chooses the edits of every finding that can be carried out as a whole. Of edits that overlap the first one is
/// taken; what is made from a template or no longer stands as it was read is left alone.
pub fn choose(root: &Path, findings: &[Diagnostic], sources: &Sources) -> Fixes {
    let mut fixes = Fixes { files: BTreeMap::new(), said: Vec::new(), skipped: 0 };
    for finding in findings.iter().filter(|f| is_fixable(f)) {
        let writable = |edit: &Edit| {
            let path = sources.path(edit.span.file);
            let now = fs::inside(root, path).ok().and_then(|p| fs::read(&p).ok());
            let same = now.is_some_and(|text| text == sources.text(edit.span.file));
            same && matches!(stamp::read(path, sources.text(edit.span.file).as_bytes()), Reading::Foreign)
        };
        let chosen = &fixes.files;
        let free = |edit: &&Edit| {
            let others = chosen.get(&edit.span.file).into_iter().flatten();
            others.into_iter().all(|other| other == *edit || !overlap(other, edit))
        };
        if !finding.edits.iter().all(writable) || !finding.edits.iter().all(|e| free(&e)) {
            fixes.skipped += 1;
            continue;
        }
        let mut paths: Vec<&str> = Vec::new();
        for edit in &finding.edits {
            let list = fixes.files.entry(edit.span.file).or_default();
            if !list.contains(edit) {
                list.push(edit.clone());
            }
            let path = sources.path(edit.span.file);
            if !paths.contains(&path) {
                paths.push(path);
            }
        }
        let fix = finding.fix.as_deref().unwrap_or(finding.message.as_str());
        fixes.said.push(format!("{}: {fix} [{}]", paths.join(", "), finding.code));
    }
    fixes
}

/// Whether two edits touch the same bytes. Two insertions at one place do not: both are made, one behind the other.
fn overlap(a: &Edit, b: &Edit) -> bool {
    let inserts = |e: &Edit| e.span.start == e.span.end;
    if inserts(a) && inserts(b) {
        return false;
    }
    a.span.file == b.span.file
        && a.span.start < b.span.end.max(b.span.start + 1)
        && b.span.start < a.span.end.max(a.span.start + 1)
}

impl Fixes {
    /// What would change, as a diff; secrets stay hidden.
    pub fn diff(&self, sources: &Sources) -> String {
        let each = self.files.iter().map(|(file, edits)| {
            let old = sources.shown(*file);
            diff::texts(sources.path(*file), &old, &edited(&old, edits))
        });
        each.collect::<Vec<_>>().join("\n")
    }

    /// Writes every file; each is the old one or the new one, whatever happens.
    ///
    /// # Errors
    /// The first file that cannot be written; those after it are as they were.
    pub fn write(&self, root: &Path, sources: &Sources) -> Result<(), FileError> {
        for (file, edits) in &self.files {
            let path = fs::inside(root, sources.path(*file))?;
            fs::write_keeping_mode(&path, edited(sources.text(*file), edits).as_bytes())?;
        }
        Ok(())
    }
}

/// The text with its edits made. New lines end as those of the text do.
fn edited(text: &str, edits: &[Edit]) -> String {
    let mut sorted: Vec<&Edit> = edits.iter().collect();
    sorted.sort_by_key(|e| (e.span.start, e.span.end));
    let windows = text.contains("\r\n");
    let mut out = String::with_capacity(text.len());
    let mut at = 0;
    for edit in sorted {
        let range = edit.span.range();
        out.push_str(text.get(at..range.start).unwrap_or_default());
        // of two insertions at the end of a text without a last line ending, the second begins on a line already
        let replacement = edit.replacement.strip_prefix('\n').filter(|_| out.ends_with('\n') && range.is_empty());
        let replacement = replacement.unwrap_or(&edit.replacement);
        if windows {
            out.push_str(&replacement.replace('\n', "\r\n"));
        } else {
            out.push_str(replacement);
        }
        at = range.end.max(at);
    }
    out.push_str(text.get(at..).unwrap_or_default());
    out
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Span;

    fn edit(file: FileId, start: usize, end: usize, text: &str) -> Edit {
        Edit { span: Span::new(file, start, end), replacement: text.to_owned() }
    }

    #[test]
    fn edits_are_made_together_or_not_at_all() {
        let root = tempfile::tempdir().unwrap();
        let mut sources = Sources::default();
        let (a, b, c) = (
            sources.add("a", "one two\r\n"),
            sources.add("b", "x"),
            sources.add("c", "# bowline:v1 task=x/T1 body=0\nx\n"),
        );
        for file in [a, b, c] {
            fs::write(&root.path().join(sources.path(file)), sources.text(file).as_bytes()).unwrap();
        }
        let finding = |edits: Vec<Edit>| Diagnostic { edits, ..Diagnostic::error("test-code", "wrong").fix("do it") };
        let findings = [
            finding(vec![edit(a, 0, 3, "1"), edit(b, 1, 1, "\ny\n")]),
            finding(vec![edit(b, 1, 1, "\nz\n")]),
            // overlaps the first, so that none of the two is made
            finding(vec![edit(b, 0, 0, "no"), edit(a, 2, 5, "no")]),
            // generated
            finding(vec![edit(c, 30, 31, "no")]),
            finding(vec![edit(a, 7, 7, "\n3")]),
        ];
        let fixes = choose(root.path(), &findings, &sources);
        assert_eq!((fixes.said.len(), fixes.skipped), (3, 2));
        fixes.write(root.path(), &sources).unwrap();
        let text = |name: &str| fs::read(&root.path().join(name)).unwrap();
        assert_eq!((text("a").as_str(), text("b").as_str()), ("1 two\r\n3\r\n", "x\ny\nz\n"));
        assert!(text("c").ends_with("\nx\n"));
        // what has changed since it was read is left alone
        assert_eq!(choose(root.path(), &findings, &sources).said.len(), 0);
    }
}
