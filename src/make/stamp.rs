//! Stamps: which task a file answers to, and whether a person has changed it since. What has no stamp is foreign.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use crate::base::digest;
use crate::base::ids::{join, split};
use crate::base::tree::{Node, Tree};
use crate::model::existing::Adoption;
use crate::model::ids::{FeatureId, Ownership, RequirementId, TaskId};
use crate::read::adopted;

use super::metadata::Stamped;

const MAGIC: &str = "bowline:v1";
const DIGITS: usize = 12;

/// The stamp of a file.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stamp {
    /// `feature/T012`, the making one first.
    pub tasks: Vec<String>,
    /// `feature/FR-003`.
    pub requirements: Vec<String>,
    /// 12 hex digits over the texts of the requirements; empty without any.
    pub source: String,
}

/// What a file says about itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Reading {
    /// No stamp.
    Foreign,
    /// As it was generated.
    Intact(Stamp),
    /// A person's file that answers to tasks; changing it is no edit.
    Adopted(Stamp),
    /// Stamped, and changed by hand since.
    Edited(Stamp),
}

/// How a stamp is written in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    /// `# …` on the first line.
    Hash,
    /// `{{- /* … */ -}}` on the first line: the chart's output does not change.
    Chart,
    /// `<!-- … -->` on the first line.
    Markup,
    /// `"$comment": "…",` on the second line.
    Json,
}

fn form(path: &str) -> Form {
    let chart = path.strip_prefix("charts/").is_some_and(|p| p.split('/').nth(1) == Some("templates"));
    match path.rsplit('.').next() {
        _ if chart => Form::Chart,
        Some("json") => Form::Json,
        Some("md") => Form::Markup,
        _ => Form::Hash,
    }
}

fn dressed(form: Form, words: &str) -> String {
    match form {
        Form::Hash => format!("# {words}\n"),
        Form::Chart => format!("{{{{- /* {words} */ -}}}}\n"),
        Form::Markup => format!("<!-- {words} -->\n"),
        Form::Json => format!("  \"$comment\": \"{words}\",\n"),
    }
}

fn undressed(form: Form, line: &str) -> Option<&str> {
    let line = line.trim_end_matches(['\n', '\r']);
    match form {
        Form::Hash => line.strip_prefix("# "),
        Form::Chart => line.strip_prefix("{{- /* ")?.strip_suffix(" */ -}}"),
        Form::Markup => line.strip_prefix("<!-- ")?.strip_suffix(" -->"),
        Form::Json => line.strip_prefix("  \"$comment\": \"")?.strip_suffix("\","),
    }
}

/// Which line of a file (from 1) holds its stamp.
pub fn line_of(path: &str) -> usize {
    if form(path) == Form::Json { 2 } else { 1 }
}

/// `body` with its stamp.
pub fn write(path: &str, body: &str, stamp: &Stamp) -> String {
    let mut words = format!("{MAGIC} task={}", join(&stamp.tasks));
    if !stamp.requirements.is_empty() {
        let _ = write!(words, " req={} source={}", join(&stamp.requirements), stamp.source);
    }
    let _ = write!(words, " body={}", digest::hex(body.as_bytes(), DIGITS));
    let form = form(path);
    let line = dressed(form, &words);
    match form {
        Form::Json => {
            body.strip_prefix("{\n").map_or_else(|| format!("{line}{body}"), |rest| format!("{{\n{line}{rest}"))
        }
        _ => format!("{line}{body}"),
    }
}

/// Reads the stamp of a file, and compares the rest with it.
pub fn read(path: &str, bytes: &[u8]) -> Reading {
    let Ok(content) = std::str::from_utf8(bytes) else { return Reading::Foreign };
    if let Some((_, adoption)) = adopted::find(content) {
        let Adoption { tasks, requirements, source, .. } = adoption;
        return Reading::Adopted(Stamp { tasks, requirements, source });
    }
    let form = form(path);
    let (before, rest) = if form == Form::Json {
        content.split_once('\n').map_or(("", content), |(_, r)| ("{\n", r))
    } else {
        ("", content)
    };
    let (line, below) = rest.split_once('\n').unwrap_or((rest, ""));
    let Some(words) = undressed(form, line).and_then(|w| w.strip_prefix(MAGIC)) else { return Reading::Foreign };
    let mut stamp = Stamp::default();
    let mut body = "";
    for (key, value) in words.split_whitespace().filter_map(|w| w.split_once('=')) {
        match key {
            "task" => stamp.tasks = split(value),
            "req" => stamp.requirements = split(value),
            "source" => value.clone_into(&mut stamp.source),
            "body" => body = value,
            _ => {}
        }
    }
    // a checkout with other line endings is not an edit
    let whole = format!("{before}{below}").replace("\r\n", "\n");
    if digest::hex(whole.as_bytes(), DIGITS) == body { Reading::Intact(stamp) } else { Reading::Edited(stamp) }
}

/// 12 hex digits over the texts of the requirements, in the order given; empty without any.
pub fn source(requirements: &[RequirementId], texts: &BTreeMap<RequirementId, String>) -> String {
    if requirements.is_empty() {
        return String::new();
    }
    let none = String::new();
    let parts = requirements
        .iter()
        .fold(digest::Digester::default(), |d, r| d.part(r.to_string()).part(texts.get(r).unwrap_or(&none)));
    parts.hex(DIGITS)
}

/// The stamp of what `owner` owns.
pub fn of(owner: &Ownership, texts: &BTreeMap<RequirementId, String>) -> Stamp {
    Stamp {
        tasks: owner.tasks.iter().map(TaskId::to_string).collect(),
        requirements: owner.requirements.iter().map(RequirementId::to_string).collect(),
        source: source(&owner.requirements, texts),
    }
}

/// Labels and annotations of objects that people wrote.
pub fn adopted(owner: &Ownership, stamp: &Stamp, features: &BTreeSet<FeatureId>) -> Stamped {
    let pair = |key: &str, value: String| (format!("bowline.dev/{key}"), value);
    let task = owner.tasks.first();
    let mut stamped = Stamped {
        labels: vec![
            pair("task", task.map(|t| label(&t.id, &t.to_string())).unwrap_or_default()),
            pair("feature", task.map(|t| feature_label(&t.feature, features)).unwrap_or_default()),
            // tells a person's objects from those that Bowline made and may take away
            pair("origin", "adopted".to_owned()),
        ],
        annotations: vec![pair("tasks", stamp.tasks.join(","))],
    };
    if !stamp.requirements.is_empty() {
        stamped.annotations.push(pair("requirements", stamp.requirements.join(",")));
        stamped.annotations.push(pair("source", stamp.source.clone()));
    }
    stamped
}

/// What templates read as `stamp.…`. Labels hold what labels can hold; the annotations are exact.
pub fn facts(owner: &Ownership, stamp: &Stamp, features: &BTreeSet<FeatureId>) -> Node {
    let why = "the task that owns it";
    let task = owner.tasks.first();
    let mut node = Node::empty_map(why);
    let mut put = |name: &str, text: String| node.put(name, Node::default(Tree::Text(text), why));
    put("task", task.map(|t| label(&t.id, &t.to_string())).unwrap_or_default());
    put("feature", task.map(|t| feature_label(&t.feature, features)).unwrap_or_default());
    put("tasks", stamp.tasks.join(","));
    put("requirements", stamp.requirements.join(","));
    put("source", stamp.source.clone());
    node
}

/// The last segment of the feature's path, with a short hash where another feature ends the same.
fn feature_label(feature: &FeatureId, features: &BTreeSet<FeatureId>) -> String {
    let short = feature.short();
    let ambiguous = features.iter().any(|f| f != feature && f.short() == short);
    let wanted = if ambiguous { format!("{short}-{}", digest::hex(feature.0.as_bytes(), 6)) } else { short.to_owned() };
    label(&wanted, &feature.0)
}

/// `text` as the value of a label (at most 63 of `[A-Za-z0-9._-]`, letters or digits at the ends), else what is left
/// of it with a short hash of `whole`.
fn label(text: &str, whole: &str) -> String {
    let end = |c: char| c.is_ascii_alphanumeric();
    let fits = text.len() <= 63
        && text.starts_with(end)
        && text.ends_with(end)
        && text.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c));
    if fits {
        return text.to_owned();
    }
    let kept: String =
        text.chars().map(|c| if c.is_ascii_alphanumeric() || "._".contains(c) { c } else { '-' }).take(50).collect();
    let kept = kept.trim_matches(|c: char| !c.is_ascii_alphanumeric());
    let hash = digest::hex(whole.as_bytes(), 6);
    if kept.is_empty() { hash } else { format!("{kept}-{hash}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_of_any_shape_survive_every_form() {
        let ids = ["specs/a b/T1", "x/T,2", "y--z/T3", "q*/T4", "é\"'<>/T5", "a%20b/T6", "-->/T7", "}}/T8", "n\nn/T9"];
        let stamp = Stamp {
            tasks: ids.map(str::to_owned).to_vec(),
            requirements: ids.map(str::to_owned).to_vec(),
            source: "0123456789ab".to_owned(),
        };
        for (path, body) in [
            ("out/a/local/b.yaml", "a: 1\n"),
            ("charts/a/templates/b.yaml", "a: 1\n"),
            ("charts/a/templates/NOTES.txt", "text\n"),
            ("charts/a/README.md", "# a\n"),
            ("charts/a/values.schema.json", "{\n  \"a\": 1\n}\n"),
            ("out/a/images/b/Dockerfile", "FROM a\n"),
            ("out/a/images/b/Dockerfile", ""),
        ] {
            let text = write(path, body, &stamp);
            assert_eq!(read(path, text.as_bytes()), Reading::Intact(stamp.clone()), "{path}");
            let line = text.lines().nth(line_of(path) - 1).unwrap_or_default();
            let inside = line
                .trim_start_matches("<!-- ")
                .trim_end_matches(" -->")
                .trim_start_matches("{{- /* ")
                .trim_end_matches(" */ -}}");
            assert!(!inside.contains("--") && !inside.contains("*/") && !inside.contains("}}"), "{line}");
        }
        assert_eq!(read("a.yaml", b"\xff\xfe"), Reading::Foreign);
        assert_eq!(read("a.yaml", b""), Reading::Foreign);
        assert_eq!(read("a.json", b"{}"), Reading::Foreign);
    }

    #[test]
    fn labels_hold_what_labels_can_hold() {
        assert_eq!(label("T012", ""), "T012");
        assert_eq!(label("4.1.1", ""), "4.1.1");
        for odd in ["", "-a", "a b", "über", &"x".repeat(64), "***"] {
            let label = label(odd, odd);
            assert!(!label.is_empty() && label.len() <= 63, "{label}");
            assert!(label.chars().all(|c| c.is_ascii_alphanumeric() || "._-".contains(c)), "{label}");
            assert!(
                label.starts_with(|c: char| c.is_ascii_alphanumeric())
                    && label.ends_with(|c: char| c.is_ascii_alphanumeric())
            );
        }
        let features: BTreeSet<FeatureId> = ["a/todo", "b/todo", "c/chat"].map(|f| FeatureId(f.into())).into();
        let of = |f: &str| feature_label(&FeatureId(f.into()), &features);
        assert_eq!(of("c/chat"), "chat");
        assert!(of("a/todo").starts_with("todo-") && of("a/todo") != of("b/todo"));
    }
}
