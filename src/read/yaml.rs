//! YAML text to a tree with spans. The only importer of the YAML crate.
//!
//! Scalars mean what they look like: `no` and `0123` are text, whatever YAML 1.1 or 1.2 would make of them.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_yaml::Spanned;

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Span};
use crate::base::tree::{Node, Origin, Tree};

/// A piece of a file that holds YAML, with a way from its bytes to the file's.
pub struct Piece<'a> {
    pub file: FileId,
    pub text: &'a str,
    /// `(offset in text, offset in file)` for each run of bytes that stands in the file as one, sorted.
    /// A whole file is `[(0, 0)]`.
    pub runs: Vec<(usize, usize)>,
}

impl<'a> Piece<'a> {
    /// A text that stands in `file` from byte `start` on, unbroken.
    pub fn at(file: FileId, text: &'a str, start: usize) -> Self {
        Self { file, text, runs: vec![(0, start)] }
    }

    fn place(&self, offset: usize) -> usize {
        let run = self.runs.partition_point(|(o, _)| *o <= offset).saturating_sub(1);
        self.runs.get(run).map_or(offset, |(o, f)| f + offset - o)
    }

    /// The file's span of a range of the text.
    pub fn span(&self, start: usize, end: usize) -> Span {
        // the end belongs to the run of the last byte, not to the one that begins there
        let last = if end > start { self.place(end - 1) + 1 } else { self.place(end) };
        Span::new(self.file, self.place(start), last)
    }
}

enum RawTree {
    Null,
    Bool(bool),
    Number(f64),
    Text(String),
    List(Vec<Raw>),
    Map(Vec<(Spanned<String>, Raw)>),
}

struct Raw(Spanned<RawTree>);

impl<'de> Deserialize<'de> for Raw {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(Self)
    }
}

impl<'de> Deserialize<'de> for RawTree {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Any;
        impl<'de> Visitor<'de> for Any {
            type Value = RawTree;
            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str("a value")
            }
            fn visit_bool<E>(self, v: bool) -> Result<RawTree, E> {
                Ok(RawTree::Bool(v))
            }
            // every number is read again from its text, so that its digits are what counts
            fn visit_i64<E>(self, _: i64) -> Result<RawTree, E> {
                Ok(RawTree::Number(0.0))
            }
            fn visit_u64<E>(self, _: u64) -> Result<RawTree, E> {
                Ok(RawTree::Number(0.0))
            }
            fn visit_f64<E>(self, v: f64) -> Result<RawTree, E> {
                Ok(RawTree::Number(v))
            }
            fn visit_str<E>(self, v: &str) -> Result<RawTree, E> {
                Ok(RawTree::Text(v.to_owned()))
            }
            fn visit_unit<E>(self) -> Result<RawTree, E> {
                Ok(RawTree::Null)
            }
            fn visit_none<E>(self) -> Result<RawTree, E> {
                Ok(RawTree::Null)
            }
            fn visit_some<D: Deserializer<'de>>(self, d: D) -> Result<RawTree, D::Error> {
                RawTree::deserialize(d)
            }
            fn visit_seq<A: SeqAccess<'de>>(self, mut access: A) -> Result<RawTree, A::Error> {
                let mut list = Vec::new();
                while let Some(item) = access.next_element()? {
                    list.push(item);
                }
                Ok(RawTree::List(list))
            }
            fn visit_map<A: MapAccess<'de>>(self, mut access: A) -> Result<RawTree, A::Error> {
                let mut map: Vec<(Spanned<String>, Raw)> = Vec::new();
                while let Some((key, value)) = access.next_entry::<Spanned<String>, Raw>()? {
                    map.push((key, value));
                }
                Ok(RawTree::Map(map))
            }
        }
        deserializer.deserialize_any(Any)
    }
}

/// Parses one YAML document.
///
/// # Errors
/// What the parser refuses, duplicate keys among it, as a diagnostic at the place in the file.
pub fn parse(piece: &Piece<'_>) -> Result<Node, Diagnostic> {
    let mut all = parse_all(piece)?;
    Ok(if all.is_empty() { Node::default(Tree::Null, "an empty document") } else { all.swap_remove(0) })
}

/// Parses every document of a stream (`---`).
///
/// # Errors
/// As [`parse`].
pub fn parse_all(piece: &Piece<'_>) -> Result<Vec<Node>, Diagnostic> {
    let options = serde_yaml::options! { strict_booleans: true, with_snippet: false };
    let convert = Convert { piece, comments: requirement_comments(piece.text), lines: line_starts(piece.text) };
    match serde_yaml::from_multiple_with_options::<Raw>(piece.text, options) {
        Ok(raw) => raw.into_iter().map(|r| convert.node(r, None, &[])).collect(),
        Err(error) => {
            // read once more, permissively, so that the finding can show both keys
            let options = serde_yaml::options! {
                strict_booleans: true, with_snippet: false, duplicate_keys: serde_yaml::DuplicateKeyPolicy::LastWins
            };
            let again = serde_yaml::from_multiple_with_options::<Raw>(piece.text, options).unwrap_or_default();
            for raw in again {
                convert.node(raw, None, &[])?;
            }
            Err(broken(piece, &error))
        }
    }
}

fn broken(piece: &Piece<'_>, error: &serde_yaml::Error) -> Diagnostic {
    let span = error.location().map(|l| {
        let start = l.span().byte_offset().and_then(|o| usize::try_from(o).ok()).unwrap_or_else(|| {
            let line = usize::try_from(l.line()).unwrap_or(1).saturating_sub(1);
            line_starts(piece.text).get(line).copied().unwrap_or(0)
        });
        let start = start.min(piece.text.len());
        let length = piece.text.get(start..).map_or(0, |r| r.split(['\n', '\r']).next().unwrap_or_default().len());
        piece.span(start, start + length)
    });
    let text = error.without_snippet().to_string();
    let message = text.lines().next().unwrap_or_default();
    // the parser counts lines of the block, the finding shows those of the file
    let message = message.split(" at line ").next().unwrap_or(message).trim_end_matches('.').to_owned();
    Diagnostic::error("yaml-syntax", format!("this is not valid YAML: {message}"))
        .at(span.or_else(|| Some(piece.span(0, piece.text.len().min(1)))), "here")
        .fix("correct the YAML; an editor with YAML support shows the same place")
}

struct Convert<'a> {
    piece: &'a Piece<'a>,
    /// Requirement ids in the comment at the end of a line, by line from 0.
    comments: BTreeMap<usize, Vec<String>>,
    lines: Vec<usize>,
}

impl Convert<'_> {
    fn node(&self, raw: Raw, key: Option<(usize, usize)>, above: &[String]) -> Result<Node, Diagnostic> {
        let (start, end) = self.range(&raw.0.referenced, &raw.0.value);
        let line = self.line(key.map_or(start, |k| k.0));
        let own = self.comments.get(&line).map_or(above, Vec::as_slice).to_vec();
        let written = self.piece.text.get(start..end).unwrap_or_default();
        let tree = match raw.0.value {
            RawTree::Null => Tree::Null,
            RawTree::Bool(b) => Tree::Bool(b),
            RawTree::Number(n) => number(written, n),
            RawTree::Text(s) => Tree::Text(s),
            RawTree::List(list) => {
                Tree::List(list.into_iter().map(|n| self.node(n, None, &own)).collect::<Result<_, _>>()?)
            }
            RawTree::Map(entries) => {
                let mut map: BTreeMap<String, Node> = BTreeMap::new();
                for (name, value) in entries {
                    let at = self.range(&name.referenced, &RawTree::Text(String::new()));
                    let node = self.node(value, Some(at), &own)?;
                    let here = self.piece.span(at.0, at.1);
                    if let Some(first) = map.get(&name.value).and_then(Node::key_span) {
                        return Err(Diagnostic::error(
                            "yaml-duplicate-key",
                            format!("`{}` stands here twice", name.value),
                        )
                        .at(here, "again here")
                        .and(first, "first here")
                        .fix("keep one of the two"));
                    }
                    map.insert(name.value, node);
                }
                Tree::Map(map.into())
            }
        };
        let value = self.piece.span(start, end);
        let key = key.map(|(s, e)| self.piece.span(s, e));
        Ok(Node { tree, origin: Origin::Written { value, key }, requirements: own })
    }

    fn range(&self, location: &serde_yaml::Location, tree: &RawTree) -> (usize, usize) {
        let span = location.span();
        let size = |n: Option<u64>| n.and_then(|n| usize::try_from(n).ok());
        let start = size(span.byte_offset()).unwrap_or(0).min(self.piece.text.len());
        let mut end = (start + size(span.byte_len()).unwrap_or(0)).min(self.piece.text.len());
        if matches!(tree, RawTree::List(_) | RawTree::Map(_)) {
            // the parser reports where a collection begins; its first line is what a reader looks at
            end = start + self.piece.text.get(start..).map_or(0, |r| first_line(r).len());
        }
        (start, end.max(start))
    }

    fn line(&self, offset: usize) -> usize {
        self.lines.partition_point(|s| *s <= offset).saturating_sub(1)
    }
}

fn first_line(text: &str) -> &str {
    text.split(['\n', '\r']).next().unwrap_or_default().trim_end()
}

fn line_starts(text: &str) -> Vec<usize> {
    std::iter::once(0).chain(text.bytes().enumerate().filter(|(_, b)| *b == b'\n').map(|(i, _)| i + 1)).collect()
}

/// A plain scalar that the parser took for a number, by what is written: `0123`, `1_000` and `12:30` are text, and so is
/// `3.10`, of which a number would keep `3.1`.
fn number(written: &str, parsed: f64) -> Tree {
    let digits = written.strip_prefix('-').unwrap_or(written);
    let canonical = digits == "0" || (!digits.starts_with('0') && !digits.is_empty());
    if canonical
        && digits.bytes().all(|b| b.is_ascii_digit())
        && let Ok(i) = written.parse()
    {
        return Tree::Int(i);
    }
    let decimal = digits.split_once('.').is_some_and(|(whole, part)| {
        (whole == "0" || !whole.starts_with('0'))
            && !whole.is_empty()
            && !part.is_empty()
            && whole.bytes().chain(part.bytes()).all(|b| b.is_ascii_digit())
    });
    if decimal && parsed.to_string() == written { Tree::Float(parsed) } else { Tree::Text(written.to_owned()) }
}

/// Ids such as `FR-010` in the comment at the end of each line.
fn requirement_comments(text: &str) -> BTreeMap<usize, Vec<String>> {
    text.lines()
        .enumerate()
        .filter_map(|(number, line)| {
            let ids = requirement_ids(comment_of(line)?);
            (!ids.is_empty()).then_some((number, ids))
        })
        .collect()
}

/// What stands behind the `#` that opens a comment, outside quotes.
fn comment_of(line: &str) -> Option<&str> {
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in line.char_indices() {
        match quote {
            Some(q) if c == q && before != '\\' => quote = None,
            None if c == '#' && before.is_whitespace() => return line.get(at + 1..),
            None if (c == '"' || c == '\'') && !before.is_alphanumeric() => quote = Some(c),
            _ => {}
        }
        before = c;
    }
    None
}

/// Every requirement id in a text: two or more capitals, a dash, digits (`FR-004`, `NFR-12`).
pub fn requirement_ids(text: &str) -> Vec<String> {
    text.split(|c: char| !(c.is_ascii_alphanumeric() || c == '-'))
        .filter(|word| {
            word.split_once('-').is_some_and(|(head, tail)| {
                head.len() >= 2
                    && head.bytes().all(|b| b.is_ascii_uppercase())
                    && !tail.is_empty()
                    && tail.as_bytes()[0].is_ascii_digit()
                    && tail.bytes().all(|b| b.is_ascii_alphanumeric())
            })
        })
        .map(str::to_owned)
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;

    fn read(text: &str) -> (Sources, Result<Node, Diagnostic>) {
        let mut sources = Sources::default();
        let file = sources.add("spec.md", format!("xx\n{text}"));
        let result = parse(&Piece::at(file, text, 3));
        (sources, result)
    }

    #[test]
    fn values_know_their_place_and_requirement() {
        let (sources, node) = read("a:\n  b: 12 # FR-001\n  c: [x, \"no\"]\nd: no # see FR-2 and NFR-003\n");
        let node = node.unwrap();
        let b = node.get("a.b").unwrap();
        assert_eq!(b.tree, Tree::Int(12));
        assert_eq!(sources.slice(b.span().unwrap()), "12");
        assert_eq!(sources.slice(b.key_span().unwrap()), "b");
        assert_eq!(b.requirements, ["FR-001"]);
        assert!(node.get("a.c").unwrap().requirements.is_empty());
        let list = node.get("a.c").unwrap().as_list().unwrap();
        assert_eq!(list[1].as_str(), Some("no"));
        assert_eq!(sources.slice(list[1].span().unwrap()), "\"no\"");
        assert_eq!(node.get_str("d"), Some("no"));
        assert_eq!(node.get("d").unwrap().requirements, ["FR-2", "NFR-003"]);
        assert_eq!(sources.position(node.get("d").unwrap().span().unwrap()).line, 5);
    }

    #[test]
    fn a_comment_covers_its_subtree_and_the_nearest_wins() {
        let (_, node) = read("a: # FR-001\n  b: 1\n  c: { d: 2 } # FR-002\n");
        let node = node.unwrap();
        assert_eq!(node.get("a.b").unwrap().requirements, ["FR-001"]);
        assert_eq!(node.get("a.c.d").unwrap().requirements, ["FR-002"]);
    }

    #[test]
    fn ambiguous_scalars_stay_text() {
        let (_, node) =
            read("a: 0123\nb: 1_000\nc: 12:30\nd: yes\ne: 1e3\nf: 0.5\ng: -7\nh: 0x10\ni: true\nj: ~\nk: 3.10\nl:\n");
        let node = node.unwrap();
        for (key, text) in
            [("a", "0123"), ("b", "1_000"), ("c", "12:30"), ("d", "yes"), ("e", "1e3"), ("h", "0x10"), ("k", "3.10")]
        {
            assert_eq!(node.get_str(key), Some(text), "{key}");
        }
        assert_eq!(node.get("f").unwrap().tree, Tree::Float(0.5));
        assert_eq!(node.get_int("g"), Some(-7));
        assert_eq!(node.get_bool("i"), Some(true));
        assert!(node.get("j").unwrap().is_null());
        assert!(node.get("l").unwrap().is_null());
    }

    #[test]
    fn errors_point_at_the_file() {
        let (sources, node) = read("a: 1\nb: [1, 2\nc: 3\n");
        let error = node.unwrap_err();
        assert_eq!(error.code, "yaml-syntax");
        assert!(sources.position(error.primary.unwrap().span).line >= 3);
        let (sources, node) = read("a: 1\nb: 2\na: 3\n");
        let error = node.unwrap_err();
        let line = sources.position(error.primary.unwrap().span).line;
        assert_eq!((error.code, line), ("yaml-duplicate-key", 4), "{}", error.message);
    }

    #[test]
    fn pieces_with_gaps_map_to_the_file() {
        let mut sources = Sources::default();
        let file = sources.add("spec.md", "> a: 1\n> b: 2\n");
        let piece = Piece { file, text: "a: 1\nb: 2\n", runs: vec![(0, 2), (5, 9)] };
        let node = parse(&piece).unwrap();
        assert_eq!(sources.slice(node.get("b").unwrap().span().unwrap()), "2");
        assert_eq!(sources.slice(node.get("b").unwrap().key_span().unwrap()), "b");
    }
}
