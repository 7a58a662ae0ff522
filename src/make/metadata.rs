//! The metadata of objects in text: where labels can be added without reading the YAML, because in a chart there is
//! none to read. What is not certain is left alone.

use std::ops::Range;

use super::adopt::Text;

/// Labels and annotations of a stamp, keys below `bowline.dev/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamped {
    pub labels: Vec<(String, String)>,
    pub annotations: Vec<(String, String)>,
}

const KEYS: &str = "bowline.dev/";
/// Behind a `labels:` that was not there before.
const MARK: &str = ": # bowline.dev";

/// Adds the stamp to every object whose metadata is certain.
pub fn write(text: &str, stamp: &Stamped, template: bool) -> Text {
    let lines = lines(text);
    let mut insertions: Vec<(usize, String)> = Vec::new();
    let (mut labelled, mut unlabelled) = (0, 0);
    for range in split(&lines) {
        let lines = &lines[range];
        if !lines.iter().any(|l| l.text.starts_with("kind:")) {
            continue;
        }
        match object(lines, stamp, template) {
            Some(found) => {
                labelled += 1;
                insertions.extend(found);
            }
            None => unlabelled += 1,
        }
    }
    let mut out = text.to_owned();
    insertions.sort_by_key(|(at, _)| *at);
    for (at, added) in insertions.iter().rev() {
        out.insert_str(*at, added);
    }
    Text { text: out, labelled, unlabelled }
}

/// How many objects a text seems to hold.
pub fn documents(text: &str) -> usize {
    let lines = lines(text);
    split(&lines).into_iter().filter(|r| lines[r.clone()].iter().any(|l| l.text.starts_with("kind:"))).count()
}

/// Takes the lines of the stamp out.
pub fn remove(text: &str) -> String {
    let ours = |line: &str| {
        let line = line.trim();
        let key = line.strip_prefix(KEYS).is_some_and(|rest| rest.contains(": \""));
        key.then_some(false).or_else(|| line.ends_with(MARK).then_some(true))
    };
    let lines: Vec<&str> = text.split_inclusive('\n').collect();
    let kept = lines.iter().enumerate().filter(|(number, line)| match ours(line) {
        None => true,
        Some(false) => false,
        // a person has added keys of their own below it
        Some(true) => {
            let indent = indent(line);
            let mut below = lines[number + 1..].iter().take_while(|l| l.trim().is_empty() || indent_of(l) > indent);
            below.any(|l| !l.trim().is_empty() && !l.trim().starts_with('#') && ours(l).is_none())
        }
    });
    kept.map(|(_, line)| *line).collect()
}

struct Line<'a> {
    /// Without its end.
    text: &'a str,
    /// Where the next line begins.
    end: usize,
    /// How it ends: empty for the last line of a text without a final newline.
    newline: &'static str,
}

fn lines(text: &str) -> Vec<Line<'_>> {
    let mut end = 0;
    let each = text.split_inclusive('\n').map(|line| {
        end += line.len();
        let text = line.trim_end_matches(['\n', '\r']).trim_start_matches('\u{feff}');
        let newline = match line {
            _ if line.ends_with("\r\n") => "\r\n",
            _ if line.ends_with('\n') => "\n",
            _ => "",
        };
        Line { text, end, newline }
    });
    each.collect()
}

/// The lines of each document of a stream.
fn split(lines: &[Line<'_>]) -> Vec<Range<usize>> {
    let mut all = Vec::new();
    let mut start = 0;
    for (number, line) in lines.iter().enumerate() {
        if line.text == "---" || line.text.starts_with("--- ") || line.text == "..." {
            all.push(start..number);
            start = number + 1;
        }
    }
    all.push(start..lines.len());
    all
}

fn indent(line: &str) -> usize {
    line.len() - line.trim_start_matches(' ').len()
}

fn indent_of(line: &&str) -> usize {
    indent(line)
}

/// A key at a known indentation, and what it holds.
struct Key<'a> {
    name: &'a str,
    /// What follows on the line, comments taken away.
    rest: &'a str,
    line: usize,
    /// Not below an `if` that begins inside the metadata.
    always: bool,
}

/// Where in an object which lines are added; nothing when anything about it is doubtful.
fn object(lines: &[Line<'_>], stamp: &Stamped, template: bool) -> Option<Vec<(usize, String)>> {
    let once = |key: &str| {
        let mut found = lines.iter().enumerate().filter(|(_, l)| l.text.starts_with(key));
        found.next().filter(|_| found.next().is_none())
    };
    let plain = |text: &str| without_comment(text).trim().to_owned();
    once("apiVersion:")?;
    let kind = plain(once("kind:")?.1.text.strip_prefix("kind:")?);
    let (start, head) = once("metadata:")?;
    let taken = lines.iter().any(|l| l.text.contains(KEYS));
    if taken
        || kind == "Kustomization"
        || kind.ends_with("List")
        || !plain(head.text.strip_prefix("metadata:")?).is_empty()
    {
        return None;
    }
    let length = lines[start + 1..].iter().take_while(|l| is_below(l.text, template)).count();
    let block = &lines[start + 1..start + 1 + length];
    let first = block.iter().find(|l| is_content(l.text))?;
    let width = indent(first.text);
    let keys = keys(block, width, template)?;
    let mut out = Vec::new();
    let mut fresh = String::new();
    let end = head.newline;
    for (name, entries) in [("labels", &stamp.labels), ("annotations", &stamp.annotations)] {
        if entries.iter().any(|(_, v)| v.contains("{{") || v.contains(char::is_control)) {
            if name == "labels" {
                return None;
            }
            continue;
        }
        let found: Vec<&Key> = keys.iter().filter(|k| k.name == name).collect();
        let written = |indent: usize| {
            let line = |(key, value): &(String, String)| {
                format!("{:indent$}{key}: {}{end}", "", serde_json::Value::from(value.as_str()))
            };
            entries.iter().map(line).collect::<String>()
        };
        match found[..] {
            [] => fresh += &format!("{:width$}{name}{MARK}{end}{}", "", written(width * 2)),
            [key] if key.always && key.rest.is_empty() => {
                let line = &block[key.line];
                match children(&block[key.line + 1..], width).filter(|_| !line.newline.is_empty()) {
                    Some(indent) => out.push((line.end, written(indent))),
                    None if name == "labels" => return None,
                    None => {}
                }
            }
            _ if name == "labels" => return None,
            _ => {}
        }
    }
    if !fresh.is_empty() {
        // behind the name, which must be a whole line by itself
        let name = keys.iter().find(|k| k.name == "name" && k.always)?;
        let line = &block[name.line];
        let value = name.rest;
        // an action that is indented deeper would print below what is added
        let next = block[name.line + 1..].iter().find(|l| is_content(l.text) || l.text.trim_start().starts_with("{{"));
        let folded = value.is_empty()
            || value.starts_with(['|', '>', '&', '*', '!', '"', '\''])
                && !value.starts_with("\"{{")
                && !is_quoted(value);
        if folded
            || line.text.trim_end().ends_with("-}}")
            || line.newline.is_empty()
            || next.is_some_and(|l| indent(l.text) > width)
        {
            return None;
        }
        out.push((line.end, fresh));
    }
    Some(out)
}

fn is_quoted(value: &str) -> bool {
    ['"', '\''].iter().any(|q| value.len() > 1 && value.starts_with(*q) && value.ends_with(*q))
}

fn without_comment(text: &str) -> &str {
    if text.trim_start().starts_with('#') {
        return "";
    }
    text.find(" #").map_or(text, |at| &text[..at])
}

fn is_content(text: &str) -> bool {
    let text = text.trim_start();
    !text.is_empty() && !text.starts_with('#') && !text.starts_with("{{")
}

/// Whether a line belongs to the map that was opened at the left edge.
fn is_below(text: &str, template: bool) -> bool {
    text.trim().is_empty() || text.starts_with([' ', '#']) || (template && text.starts_with("{{"))
}

/// The keys of the map whose children are indented by `width`; nothing when an action of the template may print more
/// keys, or when the lines do not tell.
fn keys<'a>(block: &[Line<'a>], width: usize, template: bool) -> Option<Vec<Key<'a>>> {
    let mut keys = Vec::new();
    let mut depth = 0_usize;
    for (number, line) in block.iter().enumerate() {
        let text = line.text;
        let trimmed = text.trim();
        if trimmed.contains('\t') {
            return None;
        }
        if template && trimmed.contains("{{") {
            let actions = actions(trimmed)?;
            if trimmed.starts_with("{{") {
                for action in &actions {
                    match action.split_whitespace().next().unwrap_or_default() {
                        "if" | "with" | "range" | "define" | "block" => depth += 1,
                        // one that began above this map
                        "end" => depth = depth.checked_sub(1)?,
                        "else" | "/*" | "" => {}
                        word if word.starts_with('$') && action.contains(":=") => {}
                        _ if printed_at(action).is_some_and(|n| n > width) => {}
                        _ => return None,
                    }
                }
                // text beside the actions
                if !trimmed.ends_with("}}") {
                    return None;
                }
                continue;
            }
            let opens = |a: &&String| {
                ["if", "with", "range", "end", "else"].contains(&a.split_whitespace().next().unwrap_or_default())
            };
            let (mut level, mut lowest) = (0_i32, 0_i32);
            for action in actions.iter().filter(opens) {
                level += match action.split_whitespace().next() {
                    Some("end") => -1,
                    Some("else") => 0,
                    _ => 1,
                };
                lowest = lowest.min(level);
            }
            if level != 0 || lowest < 0 {
                return None;
            }
        }
        if !is_content(text) || indent(text) > width {
            continue;
        }
        if indent(text) < width {
            return None;
        }
        let (name, rest) = trimmed.split_once(':')?;
        keys.push(Key { name, rest: without_comment(rest).trim(), line: number, always: depth == 0 });
    }
    (depth == 0).then_some(keys)
}

/// What stands between the braces of each action of a line; nothing when one does not end on it.
fn actions(line: &str) -> Option<Vec<String>> {
    let mut all = Vec::new();
    let mut rest = line;
    while let Some((_, behind)) = rest.split_once("{{") {
        let (action, after) = behind.split_once("}}")?;
        all.push(action.trim_start_matches('-').trim_end_matches('-').trim().to_owned());
        rest = after;
    }
    Some(all)
}

/// The indentation that `nindent 4` or `indent 4` of an action gives to what it prints.
fn printed_at(action: &str) -> Option<usize> {
    let mut words = action.split([' ', '|', ')']).filter(|w| !w.is_empty()).rev();
    let number = words.next()?.parse().ok()?;
    matches!(words.next(), Some("nindent" | "indent")).then_some(number)
}

/// The indentation of the children of a key indented by `width`; nothing without children, or when the first ones are
/// printed in a way that runs into the line before.
fn children(below: &[Line<'_>], width: usize) -> Option<usize> {
    for line in below {
        let text = line.text.trim();
        if text.is_empty() || text.starts_with('#') {
            continue;
        }
        if !text.starts_with("{{") {
            return Some(indent(line.text)).filter(|n| *n > width);
        }
        let actions = actions(text)?;
        let [action] = &actions[..] else { return None };
        let word = action.split_whitespace().next().unwrap_or_default();
        if matches!(word, "if" | "with" | "range" | "/*") || word.starts_with('$') {
            continue;
        }
        let trims = text.starts_with("{{-");
        let fits =
            action.contains("nindent") && trims || !action.contains("nindent") && !trims && indent(line.text) == 0;
        return printed_at(action).filter(|n| *n > width && fits);
    }
    None
}
