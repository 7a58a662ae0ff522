//! Stamps into files that people wrote: a comment at the head, labels where an object's metadata is certain to be.
//! Only lines are added. Taken out again, every byte is as it was.

use crate::base::source::Sources;
use crate::model::existing::{Adoption, FileKind};
use crate::read::adopted::{comment, find};
use crate::read::yaml::{Piece, parse_all};

use super::metadata::{self, Stamped};

/// A text with its stamp.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Text {
    pub text: String,
    /// How many objects carry labels.
    pub labelled: usize,
    /// How many objects do not, because their metadata could not be found with certainty.
    pub unlabelled: usize,
}

/// `text` with the stamp; an older stamp is taken out first. Nothing for a file without content.
pub fn write(text: &str, kind: FileKind, adoption: &Adoption, labels: &Stamped) -> Option<Text> {
    let text = &remove(text);
    let begins = text.len() - text.trim_start_matches(['\u{feff}', ' ', '\t', '\r', '\n']).len();
    if begins == text.len() {
        return None;
    }
    let objects = match kind {
        FileKind::Template => metadata::write(text, labels, true),
        FileKind::Manifest => Some(metadata::write(text, labels, false))
            .filter(|made| only_adds(text, &made.text, labels))
            .unwrap_or_else(|| Text { text: text.clone(), labelled: 0, unlabelled: metadata::documents(text) }),
        _ => Text { text: text.clone(), labelled: 0, unlabelled: 0 },
    };
    let end = line_end(text);
    let line = comment(adoption, kind.is_template());
    // in a template the white space at the beginning is printed, so the comment stands behind it
    let at = if kind.is_template() { begins } else { head(text, kind) };
    let ended = at == 0 || text[..at].ends_with('\n') || kind.is_template() || text[..at] == *"\u{feff}";
    let line = if ended { format!("{line}{end}") } else { format!("{end}{line}") };
    Some(Text { text: format!("{}{line}{}", &objects.text[..at], &objects.text[at..]), ..objects })
}

/// `text` without what [`write`] added; the same text when it carries no stamp of an adopted file.
pub fn remove(text: &str) -> String {
    let Some((range, _)) = find(text) else { return text.to_owned() };
    metadata::remove(&format!("{}{}", &text[..range.start], &text[range.end..]))
}

/// The first line's end of line.
fn line_end(text: &str) -> &'static str {
    if text.split('\n').next().is_some_and(|l| l.ends_with('\r')) { "\r\n" } else { "\n" }
}

/// Where a comment may stand: behind a byte order mark, a `#!` line, and the directives of a Dockerfile, which
/// count only at its very beginning.
fn head(text: &str, kind: FileKind) -> usize {
    let mut at = text.len() - text.trim_start_matches('\u{feff}').len();
    for (number, line) in text[at..].split_inclusive('\n').enumerate() {
        let shebang = number == 0 && line.starts_with("#!");
        if !(shebang || kind == FileKind::Dockerfile && is_directive(line)) {
            break;
        }
        at += line.len();
    }
    at
}

fn is_directive(line: &str) -> bool {
    let words = line.trim_start().strip_prefix('#').and_then(|l| l.split_once('='));
    words.is_some_and(|(key, _)| ["syntax", "escape", "check"].iter().any(|d| key.trim().eq_ignore_ascii_case(d)))
}

/// Whether `new` holds the objects of `old` with the labels and annotations of the stamp, and nothing else is different.
fn only_adds(old: &str, new: &str, labels: &Stamped) -> bool {
    let read = |text: &str| {
        let text = text.trim_start_matches('\u{feff}');
        let file = Sources::default().add("manifest", "");
        parse_all(&Piece::at(file, text, 0)).ok().map(|all| all.iter().map(crate::base::tree::Node::json).collect())
    };
    let (old, new): (Option<Vec<serde_json::Value>>, Option<Vec<serde_json::Value>>) = (read(old), read(new));
    let (Some(old), Some(new)) = (old, new) else { return false };
    let ours = |key: &str| labels.labels.iter().chain(&labels.annotations).any(|(k, _)| k == key);
    let without = |mut object: serde_json::Value| {
        if let Some(metadata) = object.get_mut("metadata").and_then(|m| m.as_object_mut()) {
            for name in ["labels", "annotations"] {
                if let Some(map) = metadata.get_mut(name).and_then(|m| m.as_object_mut()) {
                    map.retain(|key, _| !ours(key));
                    if map.is_empty() {
                        metadata.remove(name);
                    }
                }
            }
        }
        object
    };
    old.len() == new.len() && old.into_iter().zip(new).all(|(a, b)| without(a) == without(b))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn stamp() -> (Adoption, Stamped) {
        let adoption = Adoption { tasks: vec!["specs/1-a/T012".into()], ..Adoption::default() };
        let pair = |k: &str, v: &str| (k.to_owned(), v.to_owned());
        let labels = Stamped {
            labels: vec![pair("bowline.dev/task", "T012"), pair("bowline.dev/origin", "adopted")],
            annotations: vec![pair("bowline.dev/tasks", "specs/1-a/T012")],
        };
        (adoption, labels)
    }

    #[track_caller]
    fn stamped(text: &str, kind: FileKind) -> Text {
        let (adoption, labels) = stamp();
        let made = write(text, kind, &adoption, &labels).expect("content");
        assert_eq!(remove(&made.text), text, "{}", made.text);
        assert_eq!(write(&made.text, kind, &adoption, &labels).as_ref(), Some(&made), "twice is once");
        assert_eq!(find(&made.text).map(|(_, a)| a), Some(adoption));
        made
    }

    const WORDS: &str = "bowline:v1 adopted task=specs/1-a/T012";

    #[test]
    fn directives_stay_first() {
        for (text, expected) in [
            ("FROM a\n", format!("# {WORDS}\nFROM a\n")),
            (
                "# syntax=docker/dockerfile:1\n#escape=`\n# x\nFROM a",
                format!("# syntax=docker/dockerfile:1\n#escape=`\n# {WORDS}\n# x\nFROM a"),
            ),
            ("# syntax=a", format!("# syntax=a\n# {WORDS}")),
            (
                "\u{feff}# Check = skip=all\r\nFROM a\r\n",
                format!("\u{feff}# Check = skip=all\r\n# {WORDS}\r\nFROM a\r\n"),
            ),
            ("#!/usr/bin/env docker\nFROM a\n", format!("#!/usr/bin/env docker\n# {WORDS}\nFROM a\n")),
            ("\n\nFROM a\n", format!("# {WORDS}\n\n\nFROM a\n")),
        ] {
            assert_eq!(stamped(text, FileKind::Dockerfile).text, expected);
        }
        let (adoption, labels) = stamp();
        assert_eq!(write("\n \n", FileKind::Dockerfile, &adoption, &labels), None);
    }

    #[test]
    fn templates_print_what_they_printed() {
        for (text, expected) in [
            ("{{- if .Values.x }}\n", format!("{{{{/* {WORDS} */ -}}}}\n{{{{- if .Values.x }}}}\n")),
            ("\n  Hello\n", format!("\n  {{{{/* {WORDS} */ -}}}}\nHello\n")),
            ("x", format!("{{{{/* {WORDS} */ -}}}}\nx")),
        ] {
            assert_eq!(stamped(text, FileKind::Notes).text, expected);
        }
    }

    #[test]
    fn objects_of_a_stream_are_labelled() {
        let text = "\u{feff}# two\r\napiVersion: v1\r\nkind: ConfigMap\r\nmetadata:\r\n  name: a # the name\r\ndata: { x: \"1\" }\r\n---\r\napiVersion: v1\r\nkind: Service\r\nmetadata:\r\n    name: b\r\n    labels:\r\n        app: b\r\n    annotations: {}\r\n---\r\nkind: Secret\r\napiVersion: v1\r\nmetadata: { name: c }\r\n";
        let made = stamped(text, FileKind::Manifest);
        assert_eq!((made.labelled, made.unlabelled), (2, 1), "{}", made.text);
        assert!(
            made.text.contains("  name: a # the name\r\n  labels: # bowline.dev\r\n    bowline.dev/task: \"T012\"\r\n"),
            "{}",
            made.text
        );
        assert!(made.text.contains("    labels:\r\n        bowline.dev/task: \"T012\"\r\n        bowline.dev/origin: \"adopted\"\r\n        app: b\r\n    annotations: {}\r\n"), "{}", made.text);
        assert!(!made.text.replace("\r\n", "").contains('\n'), "one kind of line end");
    }

    #[test]
    fn what_is_not_certain_is_left() {
        for text in [
            "apiVersion: v1\nkind: List\nmetadata:\n  name: a\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels: &l\n    a: b\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  labels:\nspec: 1\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n\tname: a\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\nmetadata:\n  name: b\n",
            "apiVersion: v1\nkind: ConfigMap\n\"metadata\":\n  name: a\n",
            "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: >-\n    a\n",
        ] {
            let made = stamped(text, FileKind::Manifest);
            assert_eq!(made.labelled, 0, "{}", made.text);
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]
        #[test]
        fn what_was_added_can_be_taken_out(
            parts in prop::collection::vec(prop::sample::select(vec![
                "apiVersion: v1", "kind: ConfigMap", "metadata:", "  name: a", "  labels:", "    app: x", "  annotations:",
                "    n: |", "      text", "---", "", "  ", "spec:", "{{- if .Values.x }}", "  {{- end }}", "{{ end -}}",
                "    {{- include \"l\" . | nindent 4 }}", "    {{- toYaml .Values.l | nindent 4 }}", "  {{- with .x }}",
                "# syntax=a", "#!x", "# bowline", "\u{feff}", "é: [", "  labels: {}", "  name: {{ .x -}}", "\t", "data: {a: b}",
            ]), 0..24),
            ends in prop::sample::select(vec!["\n", "\r\n"]),
            last in any::<bool>(),
            kind in prop::sample::select(vec![FileKind::Dockerfile, FileKind::Manifest, FileKind::Template, FileKind::Helpers, FileKind::Values]),
        ) {
            let mut text = parts.join(ends);
            if last { text.push_str(ends); }
            let (adoption, labels) = stamp();
            if let Some(made) = write(&text, kind, &adoption, &labels) {
                prop_assert_eq!(remove(&made.text), text);
                prop_assert_eq!(write(&made.text, kind, &adoption, &labels), Some(made));
            }
        }
    }
}
