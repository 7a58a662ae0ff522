//! Go templates, as far as their brackets, strings and blocks go: enough to say that one cannot be parsed.

use std::ops::Range;

/// One `{{ … }}`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Action {
    /// With its braces.
    pub range: Range<usize>,
    /// What stands between them, white space and trim marks taken away.
    pub inner: Range<usize>,
    /// How many blocks are open around it; a block's own first action does not count itself.
    pub depth: usize,
}

/// Why a template cannot be parsed: the first reason, as Go finds it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Fault {
    pub range: Range<usize>,
    pub text: &'static str,
    /// What to write.
    pub fix: &'static str,
}

/// A template taken apart.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Template {
    pub actions: Vec<Action>,
    pub fault: Option<Fault>,
}

/// An open block.
struct Open {
    range: Range<usize>,
    /// Whether `else` may stand in it.
    branches: bool,
    /// Whether its last `else` has been.
    closed: bool,
}

/// Takes a text apart; linear in its length.
pub(super) fn parse(text: &str) -> Template {
    let mut out = Template::default();
    let mut open: Vec<Open> = Vec::new();
    let mut at = 0;
    while let Some(found) = text[at..].find("{{") {
        let start = at + found;
        let (end, inner) = match action(text, start) {
            Ok(found) => found,
            Err(fault) => {
                out.fault = Some(fault);
                return out;
            }
        };
        at = end;
        let Some(inner) = inner else { continue };
        let range = start..end;
        let words = &text[inner.clone()];
        let keyword = words.split(|c: char| !(c.is_ascii_alphanumeric() || c == '_')).next().unwrap_or_default();
        let depth = open.len();
        let fault = match keyword {
            "if" | "with" | "range" => {
                open.push(Open { range: range.clone(), branches: true, closed: false });
                None
            }
            "define" | "block" => {
                open.push(Open { range: range.clone(), branches: false, closed: false });
                None
            }
            "end" => open.pop().is_none().then_some(("no block is open here", "remove it, or open a block above")),
            "else" => match open.last_mut() {
                Some(block) if block.branches && !block.closed => {
                    let rest = words["else".len()..].trim_start();
                    block.closed = !(rest.starts_with("if") || rest.starts_with("with"));
                    None
                }
                _ => Some(("no `if`, `with` or `range` is open here", "remove it, or open a block above")),
            },
            _ => words.is_empty().then_some(("this action is empty", "write what is to be printed, or remove it")),
        };
        out.actions.push(Action { range: range.clone(), inner, depth });
        if let Some((text, fix)) = fault {
            out.fault = Some(Fault { range, text, fix });
            return out;
        }
    }
    out.fault = open.pop().map(|block| Fault {
        range: block.range,
        text: "this block has no end",
        fix: "add `{{- end }}` where it ends",
    });
    out
}

/// The end of the action that begins at `start`, and what is in it; nothing for a comment.
fn action(text: &str, start: usize) -> Result<(usize, Option<Range<usize>>), Fault> {
    let bytes = text.as_bytes();
    let fault = |end: usize, text: &'static str, fix: &'static str| Fault { range: start..end, text, fix };
    let mut at = start + 2;
    if bytes.get(at) == Some(&b'-') && bytes.get(at + 1).is_some_and(u8::is_ascii_whitespace) {
        at += 2;
    }
    if text[at..].starts_with("/*") {
        let Some(close) = text[at..].find("*/") else {
            return Err(fault(start + 2, "this comment is never closed", "add `*/}}`"));
        };
        let rest = &text[at + close + 2..];
        let trimmed = rest.trim_start();
        let after = if rest.starts_with("}}") {
            2
        } else if trimmed.len() < rest.len() && trimmed.starts_with("-}}") {
            rest.len() - trimmed.len() + 3
        } else {
            let end = at + close + 2;
            return Err(fault(end, "a comment ends with `*/}}` or `*/ -}}`", "write it so"));
        };
        return Ok((at + close + 2 + after, None));
    }
    let inner = at;
    let mut depth = 0_usize;
    let unclosed = || fault(line_end(text, start), "this action is not closed", "add `}}`");
    while let Some(byte) = bytes.get(at) {
        match byte {
            b'"' | b'\'' => {
                let Some(length) = quoted(&bytes[at + 1..], *byte) else {
                    return Err(fault(line_end(text, at), "a quote in this action is not closed", "close it"));
                };
                at += length + 2;
            }
            b'`' => match text[at + 1..].find('`') {
                Some(length) => at += length + 2,
                None => return Err(fault(line_end(text, at), "a back-tick in this action is not closed", "close it")),
            },
            b'{' => return Err(unclosed()),
            b'}' if bytes.get(at + 1) == Some(&b'}') => {
                if depth > 0 {
                    return Err(fault(at + 2, "a parenthesis in this action is not closed", "close it"));
                }
                let body = text[inner..at].trim_end();
                let trimmed =
                    body.strip_suffix('-').filter(|b| b.ends_with(|c: char| c.is_ascii_whitespace()) || b.is_empty());
                let body = trimmed.unwrap_or(body).trim_end();
                let lead = body.len() - body.trim_start().len();
                return Ok((at + 2, Some(inner + lead..inner + body.len().max(lead))));
            }
            b'(' => {
                depth += 1;
                at += 1;
            }
            b')' => {
                let Some(less) = depth.checked_sub(1) else {
                    return Err(fault(at + 1, "a parenthesis is closed here that was not opened", "remove it"));
                };
                depth = less;
                at += 1;
            }
            _ => at += 1,
        }
    }
    Err(unclosed())
}

/// The length of what stands before the closing quote on this line.
fn quoted(bytes: &[u8], quote: u8) -> Option<usize> {
    let mut at = 0;
    loop {
        match bytes.get(at)? {
            b'\n' => return None,
            b'\\' => at += 2,
            byte if *byte == quote => return Some(at),
            _ => at += 1,
        }
    }
}

fn line_end(text: &str, from: usize) -> usize {
    text[from..].find(['\n', '\r']).map_or(text.len(), |n| from + n)
}

/// The paths below `.Values` that an action reads, with their places; what stands in quotes is no path.
pub(super) fn values(text: &str, inner: &Range<usize>) -> Vec<(Vec<String>, Range<usize>)> {
    let mut found = Vec::new();
    let body = &text[inner.clone()];
    let mut quote = None;
    let mut before = ' ';
    for (at, c) in body.char_indices() {
        match quote {
            Some(q) if c == q && before != '\\' => quote = None,
            None if matches!(c, '"' | '`') => quote = Some(c),
            None if c == '.' && (before.is_whitespace() || matches!(before, '(' | '$' | '|')) => {
                if let Some(rest) = body[at..].strip_prefix(".Values.") {
                    let length =
                        rest.find(|c: char| !(c.is_alphanumeric() || matches!(c, '_' | '.'))).unwrap_or(rest.len());
                    let path = rest[..length].trim_end_matches('.');
                    let start = inner.start + at;
                    let parts = path.split('.').map(str::to_owned).collect();
                    found.push((parts, start..start + ".Values.".len() + path.len()));
                }
            }
            _ => {}
        }
        before = c;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn fault(text: &str) -> Option<(&str, &'static str)> {
        parse(text).fault.map(|f| (text.get(f.range).unwrap(), f.text))
    }

    #[test]
    fn what_go_parses_is_no_fault() {
        for good in [
            "",
            "a: {{ .Values.x | quote }}",
            "{{- if .Values.x -}}\n{{- else if eq .a \"}}\" }}\n{{ else }}\n{{ end }}",
            "{{/* a {{ comment */}}\n{{- /* another */ -}}",
            "{{ range $i, $x := .Values.list }}{{ break }}{{ end }}",
            "{{ define \"x\" }}{{ end }}{{ template \"x\" . }}",
            "{{ `raw {{ .text }}` }}",
            "{{ printf \"%s\\\"\" (include \"x\" .) }}",
            "{{ dict\n \"a\" 1\n}}",
            "a } b }} c",
            "{{ -1 }}",
        ] {
            assert_eq!(fault(good), None, "{good}");
        }
    }

    #[test]
    fn faults_and_their_places() {
        assert_eq!(fault("a: {{ .x }\nb: {{ .y }}").unwrap().0, "{{ .x }");
        assert_eq!(fault("{{ if .x }}\na"), Some(("{{ if .x }}", "this block has no end")));
        assert_eq!(fault("a {{ end }}"), Some(("{{ end }}", "no block is open here")));
        assert_eq!(fault("{{ else }}").unwrap().0, "{{ else }}");
        assert_eq!(fault("{{ \"a }}\n").unwrap().1, "a quote in this action is not closed");
        assert_eq!(fault("{{ (a }}").unwrap().1, "a parenthesis in this action is not closed");
        assert_eq!(fault("{{ }}").unwrap().1, "this action is empty");
        assert_eq!(fault("é {{").unwrap().0, "{{");
        assert_eq!(fault("{{/* x").unwrap().1, "this comment is never closed");
    }

    #[test]
    fn values_that_are_read() {
        let text = "{{- if and .Values.a.b $.Values.c (eq .Values.d.e \".Values.no\") }}";
        let inner = parse(text).actions[0].inner.clone();
        let found: Vec<String> = values(text, &inner)
            .into_iter()
            .map(|(p, r)| {
                assert!(text[r].ends_with(&p.join(".")));
                p.join(".")
            })
            .collect();
        assert_eq!(found, ["a.b", "c", "d.e"]);
    }
}
