//! The typed block as text: short forms, one line a field, the requirement in a comment at its end.

use serde_json::Value as Json;

use crate::model::proposal::{Field, Part, Proposal};

/// Longest line without its comment for a part that stands on one line.
const WIDEST: usize = 96;

/// Comments stand below each other up to this column; behind a longer line they follow it.
const COLUMN: usize = 72;

/// The number of the first requirement of the proposal, and how wide the numbers are.
#[derive(Clone, Copy, Debug)]
pub struct Numbers {
    pub first: usize,
}

impl Numbers {
    pub fn id(self, index: usize) -> String {
        format!("FR-{:03}", self.first + index)
    }
}

/// The lines between the fences.
pub fn text(proposal: &Proposal, numbers: Numbers) -> String {
    let mut lines: Vec<(String, Option<usize>)> = Vec::new();
    let host = proposal.host.as_ref().map(|h| format!(", host: {}", scalar(h))).unwrap_or_default();
    lines.push((format!("app: {{ name: {}{host} }}", scalar(&proposal.app)), None));
    for (section, parts) in [("services", &proposal.services), ("resources", &proposal.resources)] {
        if parts.is_empty() {
            continue;
        }
        lines.push((format!("{section}:"), None));
        for part in parts {
            self::part(part, &mut lines);
        }
    }
    lines.push(("environments: { local: {}, production: {} }".to_owned(), None));
    let widths = lines.iter().filter(|l| l.1.is_some()).map(|(l, _)| l.chars().count());
    let column = widths.filter(|w| *w <= COLUMN).max().unwrap_or(0);
    let mut out = String::new();
    for (line, requirement) in lines {
        out.push_str(&line);
        if let Some(index) = requirement {
            let pad = column.saturating_sub(line.chars().count());
            out.push_str(&format!("{}   # {}", " ".repeat(pad), numbers.id(index)));
        }
        out.push('\n');
    }
    out
}

fn part(part: &Part, lines: &mut Vec<(String, Option<usize>)>) {
    let all = |f: &Field| format!("{}: {}", f.key, flow(&f.value));
    let short = format!("  {}: {{ {} }}", part.name, part.fields.iter().map(all).collect::<Vec<_>>().join(", "));
    let mut cited = part.fields.iter().map(|f| f.requirement);
    let first = cited.next().flatten();
    if part.fields.len() <= 3 && short.chars().count() <= WIDEST && cited.all(|r| r == first) {
        lines.push((short, first));
        return;
    }
    lines.push((format!("  {}:", part.name), None));
    for field in &part.fields {
        lines.push((format!("    {}", all(field)), field.requirement));
    }
}

/// A value on one line.
pub fn flow(value: &Json) -> String {
    match value {
        Json::String(text) => scalar(text),
        Json::Array(list) => format!("[{}]", list.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Json::Object(map) if map.is_empty() => "{}".to_owned(),
        Json::Object(map) => {
            let entries = map.iter().map(|(k, v)| format!("{}: {}", scalar(k), flow(v)));
            format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
        }
        other => other.to_string(),
    }
}

/// A text as YAML: plain where nobody could read it as anything else.
pub fn scalar(text: &str) -> String {
    let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || matches!(c, '/' | '_' | '.'))
        && text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-_./:= +@".contains(&b))
        && !text.ends_with([' ', ':'])
        && !text.contains(": ")
        && !matches!(
            text.to_ascii_lowercase().as_str(),
            "true" | "false" | "yes" | "no" | "on" | "off" | "null" | "y" | "n"
        );
    let version =
        text.split('.').count() == 3 && text.split('.').all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    let unit = text.trim_start_matches(|c: char| c.is_ascii_digit());
    let quantity = unit.len() < text.len() && ["m", "k", "M", "G", "Ki", "Mi", "Gi", "Ti"].contains(&unit);
    if plain || version || quantity { text.to_owned() } else { serde_json::Value::from(text).to_string() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn texts_stay_texts() {
        for (text, yaml) in [
            ("backend", "backend"),
            ("3.11.9", "3.11.9"),
            ("3.11", "\"3.11\""),
            ("512Mi", "512Mi"),
            ("1e3", "\"1e3\""),
            ("no", "\"no\""),
            ("/health", "/health"),
            ("api.openai.com:443", "api.openai.com:443"),
            ("uvicorn main:app --port 1", "uvicorn main:app --port 1"),
            ("alembic upgrade head", "alembic upgrade head"),
            ("a: b", "\"a: b\""),
            ("", "\"\""),
            ("é", "\"é\""),
            ("http://backend:8000", "http://backend:8000"),
        ] {
            assert_eq!(scalar(text), yaml, "{text}");
        }
        assert_eq!(flow(&json!({ "a": [1, "x"], "b": {} })), "{ a: [1, x], b: {} }");
    }
}
