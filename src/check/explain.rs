//! One short page for each diagnostic code: what `bowline why CODE` prints.

use std::collections::BTreeMap;
use std::sync::OnceLock;

/// A page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Page {
    pub code: &'static str,
    /// The first line: what the finding says, in one sentence.
    pub what: &'static str,
    /// The whole text: what, why, how to fix, an example.
    pub text: &'static str,
}

/// The page of a code.
pub fn page(code: &str) -> Option<Page> {
    pages().get(code).copied()
}

/// Every code that has a page, sorted.
pub fn codes() -> impl Iterator<Item = &'static str> {
    pages().keys().copied()
}

fn pages() -> &'static BTreeMap<&'static str, Page> {
    static PAGES: OnceLock<BTreeMap<&'static str, Page>> = OnceLock::new();
    PAGES.get_or_init(|| {
        let texts =
            [include_str!("explain/documents.md"), include_str!("explain/facts.md"), include_str!("explain/rules.md")];
        texts.into_iter().flat_map(parse).map(|p| (p.code, p)).collect()
    })
}

/// Pages stand in Markdown below `## code`; what comes before the first is for the reader of the file.
fn parse(text: &'static str) -> impl Iterator<Item = Page> {
    text.split("\n## ").skip(1).filter_map(|section| {
        let (code, text) = section.split_once('\n')?;
        let text = text.trim();
        Some(Page { code: code.trim(), what: text.lines().next().unwrap_or_default(), text })
    })
}
