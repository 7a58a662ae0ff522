//! Environment variables that code reads, found by scanning its text: no parser, no program is run.

mod compiled;
mod mask;
mod python;
mod script;

#[cfg(test)]
mod tests;

use std::ops::Range;

use crate::base::source::on_characters;

use super::repository::name;

/// One reading of a variable.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvRead {
    pub name: String,
    /// Where the name stands, or the field that becomes it.
    pub range: Range<usize>,
    /// Whether the code goes on with another value when it is not set.
    pub default: bool,
    /// That value, where it is a text in quotes; without them.
    pub literal: Option<Range<usize>>,
    /// Whether the code stops when it is not set, as soon as the file is loaded.
    pub needed: bool,
}

/// What a file reads.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Reads {
    /// In order of place.
    pub list: Vec<EnvRead>,
    /// Whether it also reads names that are not written there, or all of them.
    pub dynamic: bool,
    /// Whether a file of settings (`.env`) is read besides.
    pub from_file: bool,
}

/// The readings of a file, by its name's ending; nothing for a file that is no code of a known language, and for
/// tests.
pub fn reads(path: &str, text: &str) -> Option<Reads> {
    if is_test(path) {
        return None;
    }
    let file = name(path);
    let ending = file.rsplit_once('.')?.1;
    let mut reads = match ending {
        "py" => python::reads(text),
        "js" | "mjs" | "cjs" | "ts" | "mts" | "cts" | "tsx" | "jsx" | "vue" | "svelte" | "astro" => script::reads(text),
        "go" => compiled::go(text),
        "java" | "kt" => compiled::java(text),
        "yml" | "yaml" | "properties" if file.starts_with("application") => compiled::spring(text),
        _ => return None,
    };
    reads.list.sort_by_key(|r| r.range.start);
    Some(reads)
}

/// Whether a file is a test by its folder or name.
pub fn is_test(path: &str) -> bool {
    let folders = ["test", "tests", "__tests__", "testdata", "fixtures", "e2e", "__mocks__", "cypress", "playwright"];
    let file = name(path);
    let stem = file.rsplit_once('.').map_or(file, |(stem, _)| stem);
    path.rsplit_once('/').is_some_and(|(above, _)| above.split('/').any(|p| folders.contains(&p)))
        || [".test", ".spec", "_test", "_tests", ".stories"].iter().any(|e| stem.ends_with(e))
        || stem.starts_with("test_")
        || stem == "conftest"
        || ["jest.config", "vitest.config", "playwright.config", "cypress.config"].iter().any(|c| file.starts_with(c))
}

/// Whether a word can be the name of a variable.
fn is_name(word: &str) -> bool {
    !word.is_empty()
        && word.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
        && !word.as_bytes()[0].is_ascii_digit()
}

/// How far an expression is followed, in bytes: no text makes the whole take longer than its length allows.
const FAR: usize = 4096;

/// The text from `at` on, as far as an expression is followed.
fn ahead(text: &str, at: usize) -> &str {
    &text[on_characters(text, at..(at + FAR).min(text.len()))]
}

/// The text before `at`, as far as an expression is followed backwards.
fn behind(text: &str, at: usize) -> &str {
    &text[on_characters(text, at.saturating_sub(FAR)..at)]
}

/// The first position from `at` on that is no white space.
fn skip(text: &str, at: usize) -> usize {
    let rest = text.get(at..).unwrap_or_default();
    at + (rest.len() - rest.trim_start().len())
}

/// A text in quotes that begins at `at`: what it holds, and where it ends. Nothing for one over several lines.
fn quoted(text: &str, at: usize) -> Option<(Range<usize>, usize)> {
    let quote = text.get(at..)?.chars().next().filter(|c| matches!(c, '"' | '\'' | '`'))?;
    let rest = &text[at + 1..];
    let mut escaped = false;
    for (n, c) in rest.char_indices() {
        match c {
            '\n' => return None,
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some((at + 1..at + 1 + n, at + n + 2)),
            _ => {}
        }
    }
    None
}

/// The word that begins at `at`.
fn identifier(text: &str, at: usize) -> &str {
    let rest = text.get(at..).unwrap_or_default();
    let end = rest.find(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).unwrap_or(rest.len());
    &rest[..end]
}
