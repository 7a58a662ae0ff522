//! A Dockerfile as its instructions and stages, each with its place. Enough for the rules; Docker itself has the last word.

use crate::base::source::{FileId, Span};

/// One instruction, continuation lines and here-documents included.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Instruction {
    /// In capitals: `FROM`, `RUN`, …
    pub keyword: String,
    /// What follows, continuations joined by a space, comments removed.
    pub arguments: String,
    /// The first line.
    pub span: Span,
    /// Index of its stage; instructions before the first `FROM` belong to stage 0.
    pub stage: usize,
}

#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Dockerfile {
    pub instructions: Vec<Instruction>,
}

impl Dockerfile {
    pub fn parse(text: &str, file: FileId) -> Self {
        let mut instructions: Vec<Instruction> = Vec::new();
        let mut lines = Lines { text, at: 0 };
        let mut stages = 0_usize;
        while let Some((start, line)) = lines.next() {
            let trimmed = line.trim();
            if trimmed.is_empty() || trimmed.starts_with('#') {
                continue;
            }
            let indent = line.len() - line.trim_start().len();
            let span = Span::new(file, start + indent, start + indent + trimmed.len());
            let mut joined = String::new();
            let mut piece = trimmed;
            while let Some(head) = piece.strip_suffix('\\') {
                joined.push_str(head.trim_end());
                joined.push(' ');
                // a comment inside a continuation is no part of it
                let next = std::iter::from_fn(|| lines.next()).find(|(_, l)| !l.trim_start().starts_with('#'));
                piece = next.map_or("", |(_, l)| l.trim());
            }
            joined.push_str(piece);
            let (keyword, arguments) = joined.split_once(char::is_whitespace).unwrap_or((&joined, ""));
            let keyword = keyword.to_uppercase();
            if matches!(keyword.as_str(), "RUN" | "COPY" | "ADD") {
                for end in here_documents(arguments) {
                    while lines.next().is_some_and(|(_, l)| l.trim_start_matches('\t') != end) {}
                }
            }
            stages += usize::from(keyword == "FROM");
            let stage = stages.saturating_sub(1);
            instructions.push(Instruction { keyword, arguments: arguments.trim().to_owned(), span, stage });
        }
        Self { instructions }
    }

    /// The `FROM` lines, one for each stage.
    pub fn stages(&self) -> impl Iterator<Item = &Instruction> {
        self.instructions.iter().filter(|i| i.keyword == "FROM")
    }

    /// The instructions of the last stage: what the image is.
    pub fn last_stage(&self) -> impl DoubleEndedIterator<Item = &Instruction> {
        let last = self.stages().count().saturating_sub(1);
        self.instructions.iter().filter(move |i| i.stage == last)
    }

    /// The last instruction of that name in the last stage.
    pub fn last(&self, keyword: &str) -> Option<&Instruction> {
        self.last_stage().rfind(|i| i.keyword == keyword)
    }
}

impl Instruction {
    /// For `FROM`: the image, without `--platform` and the stage's name.
    pub fn image(&self) -> &str {
        self.arguments.split_whitespace().find(|w| !w.starts_with("--")).unwrap_or_default()
    }

    /// For `FROM`: the name after `AS`.
    pub fn stage_name(&self) -> Option<&str> {
        let mut words = self.arguments.split_whitespace().skip_while(|w| !w.eq_ignore_ascii_case("as"));
        words.nth(1)
    }
}

struct Lines<'a> {
    text: &'a str,
    at: usize,
}

impl<'a> Lines<'a> {
    /// Offset and text of the next line, without its ending.
    fn next(&mut self) -> Option<(usize, &'a str)> {
        let start = self.at;
        let rest = self.text.get(start..).filter(|r| !r.is_empty())?;
        let length = rest.find('\n').map_or(rest.len(), |n| n + 1);
        self.at = start + length;
        Some((start, rest[..length].trim_end_matches(['\n', '\r'])))
    }
}

/// The end marks of the here-documents that an instruction opens.
fn here_documents(arguments: &str) -> Vec<&str> {
    let opened = arguments.split_whitespace().filter_map(|w| w.strip_prefix("<<"));
    opened
        .map(|w| w.trim_start_matches('-').trim_matches(['"', '\'']))
        .filter(|w| !w.is_empty() && w.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_'))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::Sources;

    #[test]
    fn instructions_stages_and_places() {
        let text = "# syntax=docker/dockerfile:1\nARG V=1\nFROM --platform=linux/amd64 python:3.11.9 AS build\nRUN pip install \\\n    # why\n    --no-cache-dir .\nRUN <<EOF\nUSER root\nEOF\nfrom build\nUSER 10001\n";
        let mut sources = Sources::default();
        let file = sources.add("Dockerfile", text);
        let parsed = Dockerfile::parse(text, file);
        let words: Vec<(&str, usize)> = parsed.instructions.iter().map(|i| (i.keyword.as_str(), i.stage)).collect();
        assert_eq!(words, [("ARG", 0), ("FROM", 0), ("RUN", 0), ("RUN", 0), ("FROM", 1), ("USER", 1)]);
        let stages: Vec<_> = parsed.stages().collect();
        assert_eq!((stages[0].image(), stages[0].stage_name()), ("python:3.11.9", Some("build")));
        assert_eq!(parsed.instructions[2].arguments, "pip install --no-cache-dir .");
        assert_eq!(sources.slice(parsed.last("USER").unwrap().span), "USER 10001");
        assert_eq!(parsed.last("HEALTHCHECK"), None);
    }
}
