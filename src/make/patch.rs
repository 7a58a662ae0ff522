//! Patches: reading them, and changing the lines of one printed object. Manifest and chart are changed alike.

use std::ops::Range;

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Span};
use crate::base::suggest::did_you_mean;
use crate::base::tree::{Node, Tree};
use crate::model::ids::Identity;
use crate::model::knobs::knob_at;
use crate::model::patch::Patch;
use crate::read::yaml::{Piece, parse};

use super::literal;
use super::mark::Place;
use super::print::{Line, key_column};
use super::set::Template;

const FIELDS: [&str; 3] = ["patch", "task", "object"];

/// What makes an object the one that it is.
const FIXED: [&str; 7] = [
    "apiVersion",
    "kind",
    "metadata.name",
    "metadata.namespace",
    "spec.selector",
    "spec.template.metadata.labels",
    "spec.volumeClaimTemplates",
];

/// Reads one patch.
///
/// # Errors
/// The first thing in it that is wrong.
pub fn read(template: &Template, file: FileId) -> Result<Patch, Box<Diagnostic>> {
    let name = &template.name;
    let node = parse(&Piece::at(file, &template.text, 0))?;
    let wrong = |message: String, at: Option<&Node>, fix: &str| {
        let span = at.and_then(Node::key_span).unwrap_or_else(|| Span::new(file, 0, 0));
        let message = format!("`templates/{name}`: {message}");
        Box::new(Diagnostic::error("patch-form", message).at(Some(span), "here").fix(fix))
    };
    if let Some((key, value)) = node.as_map().into_iter().flatten().find(|(k, _)| !FIELDS.contains(&k.as_str())) {
        let fix = did_you_mean(key, FIELDS).unwrap_or_else(|| format!("use {}", FIELDS.join(", ")));
        return Err(wrong(format!("there is no field `{key}`"), Some(value), &fix));
    }
    let text = |key: &str, example: &str| {
        let fix = format!("write `{key}: {example}`");
        node.get_str(key).map(str::to_owned).ok_or_else(|| wrong(format!("`{key}` is missing"), node.get(key), &fix))
    };
    let (object, task) = (text("patch", "backend/Deployment")?, text("task", "T012")?);
    let parts: Vec<&str> = object.splitn(3, '/').collect();
    let [unit, kind, rest @ ..] = &parts[..] else {
        return Err(wrong(format!("`{object}` names no object"), node.get("patch"), "write `unit/Kind`"));
    };
    let Some(body) = node.get("object").filter(|b| b.as_map().is_some_and(|m| !m.is_empty())) else {
        let fix = "write below `object:` what is different, as it stands in a manifest";
        return Err(wrong("`object` says nothing".to_owned(), node.get("object"), fix));
    };
    for path in FIXED {
        if let Some(found) = body.get(path) {
            let fix = "leave it out: name, kind and selector tell objects apart, and labels of pods are selected by";
            return Err(wrong(format!("a patch may not change `{path}`"), Some(found), fix));
        }
    }
    let ours = ["bowline.dev/", "app.kubernetes.io/"];
    for group in ["metadata.labels", "metadata.annotations"] {
        for (key, found) in body.get(group).and_then(Node::as_map).into_iter().flatten() {
            if ours.iter().any(|o| key.starts_with(o)) {
                let fix = "leave it out: Bowline knows its objects by these";
                return Err(wrong(format!("a patch may not change `{key}`"), Some(found), fix));
            }
        }
    }
    Ok(Patch {
        name: name.clone(),
        object: Identity::new(*unit, *kind, rest.first().copied()),
        object_span: node.get("patch").and_then(Node::span),
        task,
        task_span: node.get("task").and_then(Node::span),
        body: body.clone(),
    })
}

/// Changes the lines of one object.
///
/// # Errors
/// What the patch may not change, at its line.
pub fn apply(
    lines: &mut Vec<Line>,
    patch: &Patch,
    template: usize,
    text: &str,
    chart: bool,
) -> Result<(), Box<Diagnostic>> {
    let mut work = Work { lines, patch, template, text, chart };
    let whole = 0..work.lines.len();
    work.map(whole, 0, &patch.body, "").map(|_| ())
}

struct Work<'a> {
    lines: &'a mut Vec<Line>,
    patch: &'a Patch,
    template: usize,
    text: &'a str,
    chart: bool,
}

impl Work<'_> {
    /// Merges a map into the lines of `range`, whose keys stand at `column`; the change of the number of lines.
    fn map(&mut self, range: Range<usize>, column: usize, node: &Node, path: &str) -> Result<isize, Box<Diagnostic>> {
        let mut end = range.end;
        for (key, value) in in_order(node) {
            let path = if path.is_empty() { key.to_owned() } else { format!("{path}.{key}") };
            let before = self.lines.len();
            match self.find(range.start..end, column, key) {
                Some(at) => self.change(at, self.block_end(at, column, end), column, key, value, &path)?,
                None if value.is_null() => {}
                None => {
                    let new = self.emit(&" ".repeat(column), key, value, column);
                    let at = self.last_of(range.start, end);
                    self.lines.splice(at..at, new);
                }
            }
            end = (end + self.lines.len()).saturating_sub(before);
        }
        Ok(end.cast_signed() - range.end.cast_signed())
    }

    /// One key that stands in the lines `at..end` already.
    fn change(
        &mut self,
        at: usize,
        end: usize,
        column: usize,
        key: &str,
        value: &Node,
        path: &str,
    ) -> Result<(), Box<Diagnostic>> {
        let nested = (at + 1..end).find(|i| is_content(&self.lines[*i].text));
        let open = self.lines[at].text.trim_end().ends_with(':');
        if let (Some(first), true) = (nested, open) {
            let list = self.lines[first].text.trim_start().starts_with("- ");
            match &value.tree {
                Tree::Map(map) if !map.is_empty() && !list => {
                    let inner = key_column(&self.lines[first].text);
                    self.map(at + 1..end, inner, value, path)?;
                    return Ok(());
                }
                Tree::List(items) if list && !items.is_empty() && items.iter().all(|i| i.get_str("name").is_some()) => {
                    return self.list(at + 1..end, first, items, path);
                }
                _ => {}
            }
        }
        let knob = self.lines[at..end]
            .iter()
            .flat_map(|l| &l.fields)
            .find(|f| !f.unit.is_empty() && knob_at(&f.path).is_some());
        if let Some(knob) = knob {
            return Err(Box::new(
                self.refusal("patch-value", &format!("`{path}` may differ between environments"), value)
                    .saying("a patch is the same in all of them")
                    .fix(format!("set `{}` of `{}` in the spec", knob.path, knob.unit)),
            ));
        }
        let prefix = self.lines[at].text.get(..column).unwrap_or_default().to_owned();
        if value.is_null() {
            if prefix.contains('-') {
                return Err(Box::new(
                    self.refusal("patch-form", &format!("`{path}` begins an item and cannot be removed"), value)
                        .fix("replace the whole list"),
                ));
            }
            self.lines.drain(at..end);
        } else {
            let new = self.emit(&prefix, key, value, column);
            self.lines.splice(at..end, new);
        }
        Ok(())
    }

    /// Items by their `name`: those that are there merge, others go to the end.
    fn list(&mut self, range: Range<usize>, first: usize, items: &[Node], path: &str) -> Result<(), Box<Diagnostic>> {
        let column = key_column(&self.lines[first].text);
        let dash = column.saturating_sub(2);
        let mut end = range.end;
        for item in items {
            let name = item.get_str("name").unwrap_or_default();
            let before = self.lines.len();
            let starts: Vec<usize> = (range.start..end).filter(|i| begins_item(&self.lines[*i].text, dash)).collect();
            let found = starts.iter().enumerate().find_map(|(n, start)| {
                let stop = starts.get(n + 1).copied().unwrap_or(end);
                let named = self.find(*start..stop, column, "name")?;
                let value = self.lines[named].text.split_once(':')?.1.trim();
                (value == literal::scalar(name) || value == literal::quoted(name)).then_some(*start..stop)
            });
            let path = format!("{path}[{name}]");
            if let Some(lines) = found {
                let mut rest = item.clone();
                rest.remove("name");
                self.map(lines, column, &rest, &path)?;
            } else {
                let new = self.item(item, dash);
                let at = self.last_of(range.start, end);
                self.lines.splice(at..at, new);
            }
            end = (end + self.lines.len()).saturating_sub(before);
        }
        Ok(())
    }

    /// The line of a key at a column.
    fn find(&self, range: Range<usize>, column: usize, key: &str) -> Option<usize> {
        let names = [key.to_owned(), literal::scalar(key), literal::quoted(key)];
        range.into_iter().find(|i| {
            let text = &self.lines[*i].text;
            let rest = text.get(column..).filter(|_| is_content(text) && key_column(text) == column);
            rest.is_some_and(|r| names.iter().any(|n| r.strip_prefix(n.as_str()).is_some_and(|r| r.starts_with(':'))))
        })
    }

    /// Where what belongs to a key ends: at the next line that is indented no deeper.
    fn block_end(&self, at: usize, column: usize, most: usize) -> usize {
        let deeper = |text: &str| text.trim().is_empty() || text.len() - text.trim_start().len() > column;
        let end = (at + 1..most).find(|i| !deeper(&self.lines[*i].text)).unwrap_or(most);
        self.last_of(at + 1, end)
    }

    /// The end without blank lines.
    fn last_of(&self, start: usize, end: usize) -> usize {
        (start..end).rev().find(|i| !self.lines[*i].text.trim().is_empty()).map_or(start, |i| i + 1)
    }

    fn emit(&self, prefix: &str, key: &str, value: &Node, column: usize) -> Vec<Line> {
        let key = literal::scalar(key);
        let mut out = Vec::new();
        match &value.tree {
            Tree::Map(map) if !map.is_empty() => {
                out.push(self.line(format!("{prefix}{key}:"), value));
                for (key, value) in in_order(value) {
                    out.extend(self.emit(&" ".repeat(column + 2), key, value, column + 2));
                }
            }
            Tree::List(items) if items.iter().any(|i| matches!(i.tree, Tree::Map(_) | Tree::List(_))) => {
                out.push(self.line(format!("{prefix}{key}:"), value));
                items.iter().for_each(|i| out.extend(self.item(i, column + 2)));
            }
            _ => out.push(self.line(format!("{prefix}{key}: {}", literal::flow(&value.json())), value)),
        }
        out
    }

    fn item(&self, item: &Node, dash: usize) -> Vec<Line> {
        let pad = " ".repeat(dash);
        match &item.tree {
            Tree::Map(map) if !map.is_empty() => in_order(item)
                .into_iter()
                .enumerate()
                .flat_map(|(index, (key, value))| {
                    let prefix = format!("{pad}{} ", if index == 0 { "-" } else { " " });
                    self.emit(&prefix, key, value, dash + 2)
                })
                .collect(),
            _ => vec![self.line(format!("{pad}- {}", literal::flow(&item.json())), item)],
        }
    }

    fn line(&self, text: String, node: &Node) -> Line {
        let at = node.key_span().map_or(0, |s| s.start as usize);
        let line = self.text.get(..at).map_or(0, |t| t.matches('\n').count()) + 1;
        let text = if self.chart { literal::escape_go(&text) } else { text };
        Line { text, place: Place { template: self.template, line }, fields: Vec::new() }
    }

    fn refusal(&self, code: &'static str, message: &str, node: &Node) -> Diagnostic {
        Diagnostic::error(code, format!("`templates/{}`: {message}", self.patch.name))
            .at(node.key_span().or(self.patch.object_span), "here")
    }
}

/// Entries as they are written.
fn in_order(node: &Node) -> Vec<(&str, &Node)> {
    let mut entries: Vec<(&str, &Node)> = node.as_map().into_iter().flatten().map(|(k, v)| (k.as_str(), v)).collect();
    entries.sort_by_key(|(_, value)| value.key_span().map_or(u32::MAX, |s| s.start));
    entries
}

/// Whether a line is neither blank, nor a comment, nor an instruction of a chart.
fn is_content(text: &str) -> bool {
    let text = text.trim_start();
    !text.is_empty() && !text.starts_with('#') && !text.starts_with("{{")
}

fn begins_item(text: &str, dash: usize) -> bool {
    text.len() - text.trim_start().len() == dash && text.trim_start().starts_with("- ")
}
