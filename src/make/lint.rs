//! The laws of templates that can be seen without rendering. They keep one rendering valid for every environment.

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::base::suggest::did_you_mean;
use crate::model::knobs::{KNOBS, knob_at};

use super::mark;
use super::print::Syntax;
use super::set::{Template, TemplateSet};

/// First names of paths in the long form of a unit, and of facts: what `service.…` may begin with, there or not.
pub const STRUCTURE: &[&str] = &[
    "kind",
    "name",
    "build",
    "runtime",
    "image",
    "command",
    "args",
    "ports",
    "service",
    "ingress",
    "secrets",
    "links",
    "livenessProbe",
    "readinessProbe",
    "startupProbe",
    "podDisruptionBudget",
    "preStop",
    "strategy",
    "dependsOn",
    "egress",
    "terminationGracePeriodSeconds",
    "securityContext",
    "temporary",
    "volumes",
    "ingressFrom",
    "spread",
    "type",
    "class",
    "serviceAccount",
    "postgres",
    "metrics",
    "storage",
    "version",
    "database",
    "username",
    "migrations",
    "namespace",
    "delivery",
    "podSecurity",
    "kubernetes",
    "units",
    "services",
    "resources",
    "schedule",
    "timeZone",
    "concurrencyPolicy",
    "backoffLimit",
    "activeDeadlineSeconds",
    "ttlSecondsAfterFinished",
    "files",
    "fileData",
    "claims",
    "labels",
    "annotations",
    "certificate",
    "compose",
    "backup",
    "monitoring",
    "dashboard",
    "verticalAutoscaling",
    "telemetry",
    "mesh",
    "agents",
    "agentServers",
    "calledBy",
    "cluster",
    "retention",
    "resource",
    "requirements",
    "source",
    "constitution",
    "credentials",
    "externalSecret",
    "ownSecret",
];

/// What decides, compares or computes: each would have to know the value.
const DECIDING: &[&str] = &[
    "==", "!=", "<", ">", "<=", ">=", "+", "-", "*", "/", "//", "%", "**", "in", "not", "and", "or", "is", "if",
    "else", "[", "(",
];

/// Ways of printing a knob; every other filter would see the mark instead of the value.
const PRINTERS: &[&str] = &["text", "checksum", "digest"];

/// A tag of a template: what kind, where in its line, and its tokens.
#[derive(Debug)]
pub struct Tag<'a> {
    /// `{{` or `{%`.
    pub open: &'a str,
    pub start: usize,
    pub end: usize,
    pub tokens: Vec<&'a str>,
}

/// Checks one template; every finding, with its line.
pub fn check(set: &TemplateSet, template: &Template, out: &mut Vec<Diagnostic>) {
    if let Some(finding) = super::template::syntax(set, &template.name, &template.text) {
        out.push(finding);
        return;
    }
    let (mut comment, mut start) = (false, 0);
    for (index, full) in template.text.split_inclusive('\n').enumerate() {
        let line = full.trim_end_matches(['\n', '\r']);
        let inside = comment;
        comment = mark::open_comment(line, comment);
        if !inside && !line.trim_start().starts_with("{#") {
            let here = Here { template, number: index + 1, start, line };
            here.check(out);
        }
        if let Some(c) = mark::forbidden(line) {
            let here = Here { template, number: index + 1, start, line };
            out.push(
                here.finding(
                    "template-character",
                    format!("the character U+{:04X} is no text", u32::from(c)),
                    0,
                    line.len(),
                )
                .fix("remove the character"),
            );
        }
        start += full.len();
    }
}

struct Here<'a> {
    template: &'a Template,
    number: usize,
    start: usize,
    line: &'a str,
}

impl Here<'_> {
    fn finding(&self, code: &'static str, message: String, from: usize, to: usize) -> Diagnostic {
        let span = self.template.file.map(|f| Span::new(f, self.start + from, self.start + to));
        Diagnostic::error(code, message).at(span, format!("line {}", self.number))
    }

    fn check(&self, out: &mut Vec<Diagnostic>) {
        let Some(tags) = tags(self.line) else {
            out.push(
                self.finding("template-lines", "a tag ends on a later line".to_owned(), 0, self.line.len())
                    .saying("each line of an artifact is traced to one line of its template")
                    .fix("write the tag on one line; `{% set %}` can shorten it"),
            );
            return;
        };
        for tag in &tags {
            let inner = &self.line[tag.start..tag.end];
            if inner.starts_with("{{-") || inner.starts_with("{%-") || inner.ends_with("-}}") || inner.ends_with("-%}")
            {
                out.push(
                    self.finding(
                        "template-trim",
                        "a dash trims white space across lines".to_owned(),
                        tag.start,
                        tag.end,
                    )
                    .fix("leave the dash out: lines with nothing but tags leave no line behind"),
                );
            }
            if tag.open == "{{"
                && Syntax::of(&self.template.name) == Syntax::Yaml
                && in_quotes(self.line, &tags, tag.start)
            {
                out.push(
                    self.finding(
                        "template-quotes",
                        "an expression stands inside quotes".to_owned(),
                        tag.start,
                        tag.end,
                    )
                    .saying("a value with a quote in it would end the text early")
                    .fix("join the text in the expression: `{{ \"https://\" ~ values.host }}`"),
                );
            }
            self.existing(tag, out);
            self.knobs(tag, out);
        }
    }

    /// `existing(…)` stands for a knob as well: printed by itself, and by nothing else.
    fn existing(&self, tag: &Tag<'_>, out: &mut Vec<Diagnostic>) {
        let called = tag.tokens.windows(2).any(|t| t == ["existing", "("]);
        let depth = |token: &str| i32::from(token == "(") - i32::from(token == ")");
        let closed = tag.tokens.iter().scan(0, |d, t| Some(std::mem::replace(d, *d + depth(t)))).skip(2).all(|d| d > 0);
        if called && !(tag.open == "{{" && tag.tokens.first() == Some(&"existing") && closed) {
            let message = "`existing()` may differ between environments, so it can only be printed".to_owned();
            out.push(
                self.finding("template-decides", message, tag.start, tag.end)
                    .saying("a template is rendered once for all environments: only the printer knows the name")
                    .fix("write `{{ existing(unit, name) }}` and nothing else in the tag"),
            );
        }
    }

    fn knobs(&self, tag: &Tag<'_>, out: &mut Vec<Diagnostic>) {
        let mut first = None;
        for (index, token) in tag.tokens.iter().enumerate() {
            if *token != "values" || index > 0 && tag.tokens[index - 1] == "." {
                continue;
            }
            let mut path: Vec<&str> = Vec::new();
            let mut rest = tag.tokens[index + 1..].iter();
            while rest.next() == Some(&".") {
                path.extend(rest.next());
            }
            let path = path.join(".");
            if knob_at(&path).is_none() {
                let fix = did_you_mean(&path, KNOBS.iter().map(|k| k.path));
                let fix = fix.unwrap_or_else(|| "use `service.` for what is the same everywhere".to_owned());
                let message = format!("`values.{path}` is no value that may differ between environments");
                out.push(self.finding("template-knob", message, tag.start, tag.end).fix(fix));
            }
            first.get_or_insert(path);
        }
        let Some(path) = first else { return };
        let tokens: Vec<&str> = tag.tokens.clone();
        let region = format!("`{{% call when(values.{path}) %}} … {{% endcall %}}`");
        if tag.open == "{%" {
            let call = tokens.len() >= 6
                && tokens[0] == "call"
                && ["when", "unless"].contains(&tokens[1])
                && tokens[2] == "("
                && tokens[3] == "values";
            let plain = tokens[3..].iter().filter(|t| ["(", ",", "~"].contains(t)).count() == 0;
            if !(call && plain) {
                let word = tokens.first().copied().unwrap_or_default();
                out.push(
                    self.finding(
                        "template-decides",
                        format!("`{{% {word} %}}` depends on `values.{path}`"),
                        tag.start,
                        tag.end,
                    )
                    .saying("a template is rendered once for all environments, so their values cannot decide here")
                    .fix(format!("use {region} for lines that stand only where the value does, or `unless`")),
                );
            }
            return;
        }
        if let Some(word) = tokens.iter().find(|t| DECIDING.contains(t)) {
            out.push(
                self.finding(
                    "template-decides",
                    format!("`{word}` cannot be used on `values.{path}`"),
                    tag.start,
                    tag.end,
                )
                .saying("a template is rendered once for all environments: only the printer knows the values")
                .fix(format!("print it, join it with `~`, or use {region}")),
            );
        }
        for pair in tokens.windows(2).filter(|p| p[0] == "|" && !PRINTERS.contains(&p[1])) {
            out.push(
                self.finding(
                    "template-filter",
                    format!("the filter `{}` cannot be used on `values.{path}`", pair[1]),
                    tag.start,
                    tag.end,
                )
                .fix("use `text` or `checksum`, or change the value in the spec"),
            );
        }
    }
}

/// The tags of a line; nothing when one does not end on it.
pub fn tags(line: &str) -> Option<Vec<Tag<'_>>> {
    let (mut out, mut at) = (Vec::new(), 0);
    while let Some(found) = line[at..].find(['{']) {
        let start = at + found;
        let open = line.get(start..start + 2).unwrap_or_default();
        let close = match open {
            "{{" => "}}",
            "{%" => "%}",
            "{#" => {
                at = start + line[start..].find("#}").map_or(line.len() - start, |e| e + 2);
                continue;
            }
            _ => {
                at = start + 1;
                continue;
            }
        };
        let (tokens, end) = tokens(line, start + 2, close)?;
        out.push(Tag { open, start, end, tokens });
        at = end;
    }
    Some(out)
}

/// The tokens from `at` to `close`, and where the tag ends.
fn tokens<'a>(line: &'a str, mut at: usize, close: &str) -> Option<(Vec<&'a str>, usize)> {
    let mut out: Vec<&str> = Vec::new();
    let mut depth = 0_usize;
    loop {
        let rest = line.get(at..).filter(|r| !r.is_empty())?;
        if depth == 0 && (rest.starts_with(close) || rest.starts_with(&format!("-{close}"))) {
            return Some((out, at + rest.find(close)? + close.len()));
        }
        let first = rest.chars().next()?;
        let length = match first {
            c if c.is_whitespace() => {
                at += c.len_utf8();
                continue;
            }
            '"' | '\'' => string_length(rest, first)?,
            c if c.is_alphanumeric() || c == '_' => {
                rest.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(rest.len())
            }
            _ => {
                let two = ["==", "!=", "<=", ">=", "//", "**"].iter().any(|o| rest.starts_with(o));
                if two { 2 } else { first.len_utf8() }
            }
        };
        match first {
            '{' => depth += 1,
            '}' => depth = depth.saturating_sub(1),
            _ => {}
        }
        if !(first == '-' && out.is_empty()) {
            out.push(&rest[..length]);
        }
        at += length;
    }
}

fn string_length(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    for (index, c) in text.char_indices().skip(1) {
        match c {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            c if c == quote => return Some(index + 1),
            _ => {}
        }
    }
    None
}

/// Whether the text before byte `at`, tags left out, has a quote open.
fn in_quotes(line: &str, tags: &[Tag<'_>], at: usize) -> bool {
    if line.trim_start().starts_with('#') {
        return false;
    }
    let mut open: Option<char> = None;
    let mut before = ' ';
    for (index, c) in line[..at].char_indices() {
        if tags.iter().any(|t| (t.start..t.end).contains(&index)) {
            continue;
        }
        match open {
            Some(quote) if c == quote && before != '\\' => open = None,
            None if (c == '"' || c == '\'') && !before.is_alphanumeric() => open = Some(c),
            _ => {}
        }
        before = c;
    }
    open.is_some()
}
