//! Values as YAML that means the same under YAML 1.1 and 1.2, and as the JSON that Go writes.

use std::fmt::Write as _;

use serde_json::Value as Json;

/// Words that some YAML reader takes for a boolean, null or a merge.
const WORDS: [&str; 11] = ["y", "n", "yes", "no", "on", "off", "true", "false", "null", "nan", "inf"];

/// A string as a YAML scalar, plain only where no reader can take it for something else.
pub fn scalar(text: &str) -> String {
    let plain = text.len() < 200
        && text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '/')
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "-./_:".contains(c))
        && !text.ends_with(':')
        && !WORDS.contains(&text.to_ascii_lowercase().as_str());
    if plain || is_quantity(text) { text.to_owned() } else { quoted(text) }
}

/// `250m`, `512Mi`: digits with a suffix that no number has.
fn is_quantity(text: &str) -> bool {
    let digits = text.trim_end_matches(|c: char| c.is_ascii_alphabetic());
    !digits.is_empty()
        && digits.bytes().all(|b| b.is_ascii_digit())
        && ["m", "Ki", "Mi", "Gi", "Ti"].contains(&&text[digits.len()..])
}

/// A string in double quotes. What YAML 1.1 counts as a line break, or as unprintable, is written as an escape.
pub fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\r' => out.push_str("\\r"),
            '\t' => out.push_str("\\t"),
            c if needs_escape(c) => {
                let _ = if u32::from(c) > 0xFFFF {
                    write!(out, "\\U{:08X}", u32::from(c))
                } else {
                    write!(out, "\\u{:04X}", u32::from(c))
                };
            }
            c => out.push(c),
        }
    }
    out.push('"');
    out
}

fn needs_escape(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{2028}' | '\u{2029}' | '\u{FEFF}' | '\u{FFFE}' | '\u{FFFF}')
        || (u32::from(c) & 0xFFFE == 0xFFFE)
}

/// A value on one line.
pub fn flow(value: &Json) -> String {
    match value {
        Json::String(text) => scalar(text),
        Json::Array(list) => format!("[{}]", list.iter().map(flow_item).collect::<Vec<_>>().join(", ")),
        Json::Object(map) => {
            let entries: Vec<_> = map.iter().map(|(k, v)| format!("{}: {}", scalar(k), flow_item(v))).collect();
            format!("{{{}}}", entries.join(", "))
        }
        other => other.to_string(),
    }
}

/// Inside brackets texts are always quoted: lists of commands read better so.
fn flow_item(value: &Json) -> String {
    match value {
        Json::String(text) => quoted(text),
        other => flow(other),
    }
}

/// Whether a value is better written below its key than behind it.
pub fn is_block(value: &Json) -> bool {
    match value {
        Json::Object(map) => !map.is_empty(),
        Json::Array(list) => list.iter().any(|v| matches!(v, Json::Object(_) | Json::Array(_))),
        _ => false,
    }
}

/// Whether a text of several lines can stand as it is below `|`, the same to every reader of YAML.
fn is_literal(text: &str) -> bool {
    let body = text.strip_suffix('\n').unwrap_or_default();
    body.contains('\n')
        && !body.starts_with([' ', '\n'])
        && !body.ends_with('\n')
        && body.lines().all(|l| !l.ends_with(' ') && l.chars().all(|c| c != '\t' && !needs_escape(c)))
        && !body.contains(['\r', '\u{85}'])
}

/// The lines of a map or list, each indented by `indent` spaces.
pub fn block(value: &Json, indent: usize, out: &mut Vec<String>) {
    let pad = " ".repeat(indent);
    match value {
        Json::Object(map) if !map.is_empty() => {
            for (key, value) in map {
                if is_block(value) {
                    out.push(format!("{pad}{}:", scalar(key)));
                    block(value, indent + 2, out);
                } else if let Some(text) = value.as_str().filter(|t| is_literal(t)) {
                    out.push(format!("{pad}{}: |", scalar(key)));
                    out.extend(text.lines().map(|l| if l.is_empty() { String::new() } else { format!("{pad}  {l}") }));
                } else {
                    out.push(format!("{pad}{}: {}", scalar(key), flow(value)));
                }
            }
        }
        Json::Array(list) if is_block(value) => {
            for item in list {
                let mut lines = Vec::new();
                block(item, indent + 2, &mut lines);
                for (index, line) in lines.into_iter().enumerate() {
                    out.push(if index == 0 { format!("{pad}- {}", line.trim_start()) } else { line });
                }
            }
        }
        other => out.push(format!("{pad}{}", flow(other))),
    }
}

/// A value as the text that stands in an environment variable.
pub fn text(value: &Json) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

/// JSON as Go's `encoding/json` writes it, and so Helm's `toJson`: sorted keys, `<`, `>`, `&` and two separators escaped.
pub fn go_json(value: &Json) -> String {
    fn sorted(value: &Json) -> Json {
        match value {
            Json::Object(map) => {
                let mut entries: Vec<_> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
                entries.sort_by(|a, b| a.0.cmp(&b.0));
                Json::Object(entries.into_iter().collect())
            }
            Json::Array(list) => list.iter().map(sorted).collect(),
            other => other.clone(),
        }
    }
    sorted(value)
        .to_string()
        .replace('<', "\\u003c")
        .replace('>', "\\u003e")
        .replace('&', "\\u0026")
        .replace('\u{2028}', "\\u2028")
        .replace('\u{2029}', "\\u2029")
}

/// Text of a chart template in which `{{` stands for itself.
pub fn escape_go(text: &str) -> String {
    if text.contains("{{") { text.replace("{{", "{{ \"{{\" }}") } else { text.to_owned() }
}

/// JSON on one line, as people write the exec form of a Dockerfile.
pub fn json_line(value: &Json) -> String {
    match value {
        Json::Array(list) => format!("[{}]", list.iter().map(json_line).collect::<Vec<_>>().join(", ")),
        other => other.to_string(),
    }
}

/// A Go string literal.
pub fn go_string(text: &str) -> String {
    // JSON's escapes are Go's; what JSON leaves bare may stand bare in Go too
    Json::from(text).to_string()
}
