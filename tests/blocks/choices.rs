//! Decisions read from bytes: the same bytes are the same block, and fewer and smaller bytes a simpler one, so that
//! what fails shrinks by itself.

use serde_json::{Map, Value as Json, json};

/// Texts that some reader of YAML, Helm, Go or Compose takes for something else.
pub(crate) const TRAPS: &[&str] = &[
    "plain",
    "no",
    "on",
    "~",
    "null",
    "true",
    "",
    " ",
    "1e3",
    "0x10",
    "0o7",
    "0123",
    "12:30",
    "1_000",
    "-0",
    ".5",
    "+1",
    ".inf",
    "2001-01-01",
    "<<",
    "=",
    "-",
    "---",
    "...",
    "- a",
    "a: b",
    "a #b",
    "# a",
    "? a",
    "&a *b !c",
    "!!str a",
    "|",
    ">-",
    "%YAML",
    "@a",
    "`a`",
    "{a",
    "[a]",
    "a, b",
    "'",
    "\"",
    "it's \"so\"",
    "\\",
    "\\n",
    " lead",
    "trail ",
    "two\nlines",
    "two\nlines\n",
    "\n",
    "\n\nlead",
    "end\n\n\n",
    "  deep\n shallow\n",
    "tab\there",
    "\tlead",
    "cr\r\nlf",
    "é🙂",
    "\u{2028}",
    "\u{FEFF}x",
    "{{ x }}",
    "{{",
    "}}",
    "{{- .Values -}}",
    "{{/* a */}}",
    "{% if %}",
    "{#",
    "$(HOME)",
    "${HOME}",
    "$$",
    "100% %s",
    "<b>&amp;</b>",
    "a/b:c@d",
    "1234567890123456789012345678901234567890",
    "1.0",
    "9007199254740993",
];

/// The same for places where Kubernetes takes no free text: values of labels.
pub(crate) const WORDS: &[&str] = &["plain", "on", "no", "1e3", "0123", "true", "null", "0x10", "1.0", "y", "A_b.c-1"];

pub(crate) struct Choices<'a> {
    rest: &'a [u8],
}

impl<'a> Choices<'a> {
    pub(crate) fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) fn byte(&mut self) -> usize {
        let Some((first, rest)) = self.rest.split_first() else { return 0 };
        self.rest = rest;
        usize::from(*first)
    }

    /// One time in `of`; never at the end of the bytes.
    pub(crate) fn one_in(&mut self, of: usize) -> bool {
        self.byte() % of == of - 1
    }

    pub(crate) fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.byte() % all.len()]
    }

    pub(crate) fn text(&mut self) -> String {
        let first = self.pick(TRAPS).to_owned();
        if self.one_in(4) { format!("{first}{}", self.pick(TRAPS)) } else { first }
    }

    /// Puts a value, or not.
    pub(crate) fn may(&mut self, map: &mut Map<String, Json>, key: &str, value: impl FnOnce(&mut Self) -> Json) {
        if self.one_in(3) {
            let value = value(self);
            map.insert(key.to_owned(), value);
        }
    }

    /// The same with one of some values.
    pub(crate) fn may_be(&mut self, map: &mut Map<String, Json>, key: &str, all: &[Json]) {
        self.may(map, key, |c| {
            let at = c.byte() % all.len();
            all[at].clone()
        });
    }

    /// A few entries with texts.
    pub(crate) fn texts(&mut self, keys: &[&str], traps: bool) -> Json {
        let mut map = Map::new();
        for key in keys {
            if self.one_in(2) {
                let value = if traps { self.text() } else { self.pick(WORDS).to_owned() };
                map.insert((*key).to_owned(), json!(value));
            }
        }
        Json::Object(map)
    }
}

/// A block as JSON, which is YAML but for three characters.
pub(crate) fn yaml(block: &Json) -> String {
    let text = serde_json::to_string_pretty(block).unwrap();
    let odd = |c: char| matches!(c, '\u{85}' | '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{7F}'..='\u{9F}');
    text.chars().map(|c| if odd(c) { format!("\\u{:04x}", u32::from(c)) } else { c.to_string() }).collect()
}
