//! First layer: bytes to trees. YAML that parses, has no key twice, and reads the same under YAML 1.1 and 1.2.

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Sources, Span};
use crate::base::tree::{Node, Origin, Tree};
use crate::read::yaml::{Piece, parse_all};

/// What a text holds, and what is wrong with it. A text that does not parse holds nothing.
pub fn read(sources: &Sources, file: FileId) -> (Vec<Node>, Vec<Diagnostic>) {
    let piece = Piece::at(file, sources.text(file), 0);
    match parse_all(&piece) {
        Ok(documents) => {
            let mut found = Vec::new();
            for document in &documents {
                traps(sources, document, &mut found);
            }
            let documents = documents.into_iter().filter(|d| !d.is_null()).collect();
            (documents, found)
        }
        Err(diagnostic) => (Vec::new(), vec![diagnostic]),
    }
}

/// Finds plain scalars that the API server's YAML reader takes for something else.
fn traps(sources: &Sources, node: &Node, found: &mut Vec<Diagnostic>) {
    match &node.tree {
        Tree::Text(text) => {
            if let Some(span) = node.span()
                && let Some(other) = trap(sources, span, text)
            {
                found.push(
                    Diagnostic::error("api-yaml11", format!("`{text}` is text here and {other} in the cluster"))
                        .at(span, "not quoted")
                        .fix(format!("write \"{text}\" for the text, or {} for the other", plain_form(text, &other))),
                );
            }
        }
        Tree::List(list) => list.iter().for_each(|n| traps(sources, n, found)),
        Tree::Map(map) => {
            for (key, value) in map {
                if let Origin::Written { key: Some(span), .. } = value.origin
                    && let Some(other) = trap(sources, span, key)
                {
                    found.push(
                        Diagnostic::error("api-yaml11", format!("the key `{key}` is {other} in the cluster"))
                            .at(span, "not quoted")
                            .fix(format!("write \"{key}\"")),
                    );
                }
                traps(sources, value, found);
            }
        }
        Tree::Null | Tree::Bool(_) | Tree::Int(_) | Tree::Float(_) => {}
    }
}

fn trap(sources: &Sources, span: Span, text: &str) -> Option<String> {
    let written = sources.slice(span);
    (written == text).then(|| yaml11(text)).flatten()
}

fn plain_form(text: &str, other: &str) -> String {
    match yaml11(text).as_deref() {
        Some("true" | "false") => other.to_owned(),
        _ => "the plain number".to_owned(),
    }
}

/// What YAML 1.1 (as `kubectl` and the API server read it) makes of a plain scalar that is text in YAML 1.2.
pub fn yaml11(text: &str) -> Option<String> {
    match text {
        "y" | "Y" | "yes" | "Yes" | "YES" | "on" | "On" | "ON" => return Some("true".to_owned()),
        "n" | "N" | "no" | "No" | "NO" | "off" | "Off" | "OFF" => return Some("false".to_owned()),
        "<<" => return Some("a merge key".to_owned()),
        "=" => return Some("a default value".to_owned()),
        _ => {}
    }
    let unsigned = text.strip_prefix(['-', '+']).unwrap_or(text);
    let first = unsigned.bytes().next()?;
    if !first.is_ascii_digit() && first != b'.' {
        return None;
    }
    let digits = |s: &str| !s.is_empty() && s.bytes().all(|b| b.is_ascii_digit() || b == b'_');
    let radix = |prefix: &str, of: fn(&u8) -> bool| {
        unsigned.strip_prefix(prefix).is_some_and(|r| !r.is_empty() && r.bytes().all(|b| of(&b) || b == b'_'))
    };
    let special = radix("0x", u8::is_ascii_hexdigit)
        || radix("0o", |b| (b'0'..=b'7').contains(b))
        || radix("0b", |b| matches!(b, b'0' | b'1'));
    let sexagesimal = unsigned.contains(':')
        && unsigned
            .split(':')
            .enumerate()
            .all(|(i, part)| digits(part) && (i == 0 || (part.len() <= 2 && part.parse::<u8>().is_ok_and(|n| n < 60))));
    let number = digits(unsigned) && unsigned.bytes().any(|b| b.is_ascii_digit());
    let float = unsigned.replace('_', "").parse::<f64>().is_ok() && unsigned.bytes().any(|b| b.is_ascii_digit());
    (special || sexagesimal || number || float).then(|| "a number".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn findings(text: &str) -> Vec<(String, usize)> {
        let mut sources = Sources::default();
        let file = sources.add("a.yaml", text);
        let (_, found) = read(&sources, file);
        found
            .iter()
            .map(|d| (d.code.to_owned(), d.primary.as_ref().map_or(0, |l| sources.position(l.span).line)))
            .collect()
    }

    #[test]
    fn scalars_that_change_their_meaning_are_found() {
        for bad in ["y", "No", "ON", "off", "0755", "1_000", "12:30:45", "0x1F", "0o17", "1e3", "010", "="] {
            assert_eq!(findings(&format!("a: 1\nb: {bad}\n")), [("api-yaml11".to_owned(), 2)], "{bad}");
            assert!(findings(&format!("a: 1\nb: \"{bad}\"\n")).is_empty(), "{bad}");
        }
        for good in [
            "true",
            "12",
            "-3",
            "0",
            "0.5",
            "10m",
            "1Gi",
            "nobody",
            "a:b",
            "v1.2.3",
            "1.2.3",
            "10.0.0.1",
            "2001:db8::1",
            "-",
            "12:99",
            "T012",
        ] {
            assert!(findings(&format!("a: 1\nb: x{good}\n")).is_empty(), "{good}");
            if !matches!(good, "-") {
                assert!(findings(&format!("b: {good}\n")).is_empty(), "{good}");
            }
        }
    }

    #[test]
    fn keys_are_scalars_too() {
        assert_eq!(findings("data:\n  on: x\n"), [("api-yaml11".to_owned(), 2)]);
        assert!(findings("data:\n  \"on\": x\n").is_empty());
    }

    #[test]
    fn a_key_twice_and_broken_yaml() {
        assert_eq!(findings("a: 1\nb: 2\na: 3\n"), [("yaml-duplicate-key".to_owned(), 3)]);
        assert_eq!(findings("a: [1\n")[0].0, "yaml-syntax");
    }
}
