//! Marks: what a template prints where a value will stand, so that one rendering can be printed many times.
//!
//! A rendered template is text with marks in it, and a [`Tape`] that says what each mark means. The marks are
//! Unicode noncharacters; texts that contain one are refused before anything is rendered.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::Arc;

use serde_json::Value as Json;

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};
use crate::model::app::{App, Role};

/// Opens and closes a leaf: `⟨12⟩`, the index into [`Tape::leaves`].
pub const OPEN: char = '\u{FDD0}';
pub const CLOSE: char = '\u{FDD1}';
/// Opens (`+12`) or closes (`-12`) a region, on a line of its own.
pub const REGION: char = '\u{FDD2}';
/// Stands before each text line: `3.17;` is line 17 of template 3.
pub const LINE: char = '\u{FDD3}';
/// Stands behind a `{% call %}`: the same for the line of the region.
pub const TAG: char = '\u{FDD4}';

/// The first character that cannot be told from a mark.
pub fn forbidden(text: &str) -> Option<char> {
    text.chars().find(|c| ('\u{FDD0}'..='\u{FDEF}').contains(c))
}

/// A line of a template.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Index into the template set.
    pub template: usize,
    /// From 1.
    pub line: usize,
}

/// How a value is printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Via {
    /// As its type asks for.
    Plain,
    /// As a YAML string, whatever its type.
    Text,
    /// As the digest that Helm's `toJson | sha256sum` gives.
    Checksum,
    /// As eight hex digits of the digest of the text: a part of a name that changes with it.
    Digest,
    /// As JSON on one line, in files that are no YAML.
    Json,
    /// As bare text inside a line; refused when it would leave the line.
    Bare,
}

/// A field of one unit's model.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct FieldRef {
    /// Name of the unit; empty for what is no unit's (`stamp.task`).
    pub unit: Arc<str>,
    /// Dotted.
    pub path: Arc<str>,
}

/// What a mark stands for.
#[derive(Clone, Debug, PartialEq)]
pub enum Leaf {
    /// The same in every environment.
    Const { value: Json, via: Via },
    /// May differ between environments.
    Knob { field: FieldRef, via: Via },
    /// The same, or a text where it has no value.
    Either { field: FieldRef, otherwise: String },
}

/// Lines that depend on whether a knob has a value.
#[derive(Clone, Debug, PartialEq)]
pub struct Region {
    pub field: FieldRef,
    /// Kept when the knob has a value (`when`), or when it has none (`unless`).
    pub when: bool,
    pub place: Place,
}

/// What one rendering recorded.
#[derive(Clone, Debug, Default)]
pub struct Tape {
    pub leaves: Vec<Leaf>,
    /// For each leaf, the fields that were read on the way to it.
    pub causes: Vec<Vec<FieldRef>>,
    pub regions: Vec<Region>,
    /// Every field that was looked at, found or not.
    pub touched: BTreeSet<FieldRef>,
    /// Knobs that something was decided by.
    pub misused: Vec<FieldRef>,
    reads: Vec<FieldRef>,
}

impl Tape {
    pub fn read(&mut self, field: FieldRef) {
        self.reads.push(field);
    }

    /// Records a leaf and returns its mark.
    pub fn leaf(&mut self, leaf: Leaf) -> String {
        let mut causes = std::mem::take(&mut self.reads);
        if let Leaf::Knob { field, .. } | Leaf::Either { field, .. } = &leaf {
            causes.retain(|c| c != field);
            causes.push(field.clone());
        }
        self.leaves.push(leaf);
        self.causes.push(causes);
        format!("{OPEN}{}{CLOSE}", self.leaves.len() - 1)
    }

    /// Records a region and returns its number.
    pub fn region(&mut self, field: FieldRef, when: bool, place: Place) -> usize {
        self.regions.push(Region { field, when, place });
        self.regions.len() - 1
    }
}

/// The text of a template with each line's place written before it.
pub fn numbered(template: usize, text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 4);
    let mut comment = false;
    for (index, line) in text.lines().enumerate() {
        let number = index + 1;
        let trimmed = line.trim();
        let inside = comment;
        comment = open_comment(trimmed, comment);
        if inside || trimmed.starts_with("{#") {
            out.push_str(line);
        } else if trimmed.starts_with("{%") && trimmed.ends_with("%}") && trimmed.matches("{%").count() == 1 {
            out.push_str(line.trim_end());
            if trimmed.starts_with("{% call") {
                let _ = write!(out, "{TAG}{template}.{number};");
            }
        } else {
            let _ = write!(out, "{LINE}{template}.{number};{line}");
        }
        out.push('\n');
    }
    out
}

/// Whether a template comment is still open behind this line.
pub fn open_comment(line: &str, open: bool) -> bool {
    let (mut open, mut rest) = (open, line);
    loop {
        let Some(at) = rest.find(if open { "#}" } else { "{#" }) else { return open };
        rest = &rest[at + 2..];
        open = !open;
    }
}

/// Reads `3.17;` at the start of `text`; the place, and what follows.
pub fn place(text: &str) -> Option<(Place, &str)> {
    let (number, rest) = text.split_once(';')?;
    let (template, line) = number.split_once('.')?;
    Some((Place { template: template.parse().ok()?, line: line.parse().ok()? }, rest))
}

/// How far the first line of a rendered text is indented.
pub fn indent(text: &str) -> usize {
    let line = text.lines().next().unwrap_or_default();
    let line = line.strip_prefix(LINE).and_then(place).map_or(line, |(_, rest)| rest);
    line.len() - line.trim_start_matches(' ').len()
}

/// What a text of the model may not hold, with the field.
pub fn unmarkable(app: &App) -> Vec<Diagnostic> {
    fn walk(node: &Node, path: &str, out: &mut Vec<Diagnostic>) {
        match &node.tree {
            Tree::Text(text) => {
                if let Some(c) = forbidden(text) {
                    out.push(
                        Diagnostic::error(
                            "text-noncharacter",
                            format!("`{path}` holds U+{:04X}, which Unicode keeps for programs", u32::from(c)),
                        )
                        .at(node.span(), "in this text")
                        .fix("remove the character"),
                    );
                }
            }
            Tree::List(list) => list.iter().enumerate().for_each(|(i, n)| walk(n, &format!("{path}[{i}]"), out)),
            Tree::Map(map) => map.iter().for_each(|(k, n)| walk(n, &format!("{path}.{k}"), out)),
            _ => {}
        }
    }
    let mut out = Vec::new();
    for unit in app.units.iter().filter(|u| u.role != Role::App) {
        unit.environments.values().chain(std::iter::once(&unit.union)).for_each(|n| walk(n, &unit.name, &mut out));
    }
    out.dedup();
    out
}
