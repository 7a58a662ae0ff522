//! Kubernetes objects of the repository: plain manifests, and chart templates with their actions blanked, so that
//! both have places in the file as it stands.

use crate::base::source::FileId;
use crate::base::tree::Node;
use crate::read::repository::{is_compose, name};
use crate::read::yaml::{self, Piece};

use super::chart::Chart;
use super::gotemplate::Action;
use super::{Ground, is_test};

/// What stands for a value that a template prints.
const PRINTED: char = '~';

/// One object as far as it can be read.
pub(super) struct Object {
    pub path: String,
    pub file: FileId,
    pub node: Node,
    /// The folder of its chart; nothing for a plain manifest.
    pub chart: Option<String>,
}

/// Every object. What cannot be read is left out: another check says so, or nobody can tell.
pub(super) fn read(ground: &mut Ground<'_>, charts: &[Chart]) -> Vec<Object> {
    let mut objects = Vec::new();
    for chart in charts {
        for (path, file, template) in chart.templates.iter().filter(|(p, _, t)| is_yaml(p) && t.fault.is_none()) {
            let text = blanked(ground.sources.text(*file), &template.actions);
            add(&mut objects, path, *file, &text, Some(&chart.path));
        }
    }
    let inside = |path: &str| charts.iter().any(|c| c.path.is_empty() || path.starts_with(&format!("{}/", c.path)));
    let candidates: Vec<String> = ground
        .repository
        .files()
        .filter(|p| is_yaml(p) && !is_compose(name(p)) && !is_test(p) && !is_told(p) && !inside(p))
        .map(str::to_owned)
        .collect();
    for path in candidates {
        let Some(text) = ground.repository.contents(&path) else { continue };
        let has = |key: &str| text.lines().any(|l| l.starts_with(key));
        if !has("apiVersion:") || !has("kind:") || text.contains("{{") || text.contains("{%") {
            continue;
        }
        let file = ground.repository.keep(&path, text, ground.sources);
        let text = ground.sources.text(file).to_owned();
        add(&mut objects, &path, file, &text, None);
    }
    objects
}

fn add(objects: &mut Vec<Object>, path: &str, file: FileId, text: &str, chart: Option<&str>) {
    let Ok(nodes) = yaml::parse_all(&Piece::at(file, text, 0)) else { return };
    let some = nodes.into_iter().filter(|n| n.get_str("kind").is_some());
    objects.extend(some.map(|node| Object { path: path.to_owned(), file, node, chart: chart.map(str::to_owned) }));
}

fn is_yaml(path: &str) -> bool {
    path.ends_with(".yaml") || path.ends_with(".yml")
}

/// Whether a file is told about rather than deployed: documents, contracts of a spec, examples to copy.
fn is_told(path: &str) -> bool {
    let folders = ["specs", "docs", "doc", ".specify", ".github", ".kiro", "openspec", "examples", "templates"];
    let words = ["example", "sample", "template"];
    path.rsplit_once('/').is_some_and(|(above, _)| above.split('/').any(|p| folders.contains(&p)))
        || words.iter().any(|w| name(path).to_lowercase().contains(w))
}

/// Whether a template prints the value, or a part of it.
pub(super) fn is_printed(text: &str) -> bool {
    text.contains("~~~~")
}

/// The text with its actions blanked, byte for byte as long: a line of actions alone is empty, an action among text
/// is a word.
fn blanked(text: &str, actions: &[Action]) -> String {
    let mut bytes = text.as_bytes().to_vec();
    for action in actions {
        bytes[action.range.clone()].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = PRINTED as u8);
    }
    // comments of the template are no actions, and stay in braces
    let mut at = 0;
    while let Some(start) = bytes[at..].windows(2).position(|w| w == b"{{").map(|n| at + n) {
        let end = bytes[start..].windows(2).position(|w| w == b"}}").map_or(bytes.len(), |n| start + n + 2);
        bytes[start..end].iter_mut().filter(|b| **b != b'\n').for_each(|b| *b = PRINTED as u8);
        at = end;
    }
    let out = String::from_utf8(bytes).unwrap_or_else(|_| " ".repeat(text.len()));
    let line = |line: &str| {
        let alone = line.contains("~~~~") && line.chars().all(|c| c == PRINTED || c.is_whitespace());
        if alone { line.replace(PRINTED, " ") } else { line.to_owned() }
    };
    out.split_inclusive('\n').map(line).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::check::facts::gotemplate;

    #[test]
    fn blanked_templates_keep_their_places() {
        let text = "{{- if .Values.x }}\na: {{ .Values.é | quote }}\n{{/* c\n d */}}\nb: \"{{ .y }}-z\"\n{{- end }}\n";
        let out = blanked(text, &gotemplate::parse(text).actions);
        assert_eq!(out.len(), text.len());
        assert!(is_printed(&out) && !out.contains('{'));
        let at = text.find("a:").unwrap();
        assert_eq!(&out[at..at + 3], "a: ");
        assert!(yaml::parse(&Piece::at(crate::base::source::Sources::default().add("x", ""), &out, 0)).is_ok());
    }
}
