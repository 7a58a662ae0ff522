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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;
    use std::path::Path;

    use super::*;

    /// Codes in the text of a source file, its tests left out.
    fn codes_in(text: &str) -> BTreeSet<String> {
        let text = text.split("#[cfg(test)]\nmod tests {").next().unwrap_or_default();
        let openers = [
            "Diagnostic::error(",
            "Diagnostic::warning(",
            "Diagnostic::note(",
            "Diagnostic::new(",
            "finding(",
            "Failure::world(",
            "Failure::new(",
            "Failure::documents(",
            "code: ",
            "const CODE: &str = ",
        ];
        let mut codes = BTreeSet::new();
        for opener in openers {
            for (at, _) in text.match_indices(opener) {
                let rest = text[at + opener.len()..].trim_start();
                if let Some((code, _)) = rest.strip_prefix('"').and_then(|r| r.split_once('"'))
                    && code.contains('-')
                    && code.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
                {
                    codes.insert(code.to_owned());
                }
            }
        }
        codes
    }

    fn sources(folder: &Path, all: &mut BTreeSet<String>) {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                sources(&path, all);
            } else if path.extension().is_some_and(|e| e == "rs") && path.file_name().is_some_and(|n| n != "tests.rs") {
                let text = std::fs::read_to_string(&path).unwrap();
                all.extend(codes_in(&text));
                // the states of pods are told apart in tables of code and text
                if path.file_name().is_some_and(|n| n == "ready_pods.rs") {
                    all.extend(codes_in(&text.replace("(\"", "code: \"")));
                    all.remove("controller-revision-hash");
                }
            }
        }
    }

    #[test]
    fn every_code_has_a_page() {
        let mut used = BTreeSet::new();
        sources(&Path::new(env!("CARGO_MANIFEST_DIR")).join("src"), &mut used);
        assert!(used.contains("yaml-syntax") && used.len() > 40, "the search finds nothing");
        let rules: BTreeSet<String> = crate::check::rules::ids().map(str::to_owned).collect();
        used.extend(rules);
        let without: Vec<&String> = used.iter().filter(|c| page(c).is_none()).collect();
        assert!(without.is_empty(), "no page for {without:?}");
    }

    #[test]
    fn pages_are_short_and_say_what_to_do() {
        let texts = ["documents", "facts", "rules"].map(|n| format!("src/check/explain/{n}.md"));
        let written: usize = texts
            .iter()
            .map(|t| std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join(t)).unwrap())
            .map(|t| t.matches("\n## ").count())
            .sum();
        assert_eq!(written, codes().count(), "two pages of one code");
        for code in codes() {
            let page = page(code).unwrap();
            let lines = page.text.lines().count();
            assert!((2..=6).contains(&lines), "{code} has {lines} lines");
            assert!(page.what.ends_with('.'), "{code}: {}", page.what);
            assert!(page.text.contains("Fix: ") || code == "schema-unknown-kind", "{code}");
        }
    }
}
