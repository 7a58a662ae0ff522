//! The labels that every unit's objects repeat, written once in the chart's `_helpers.tpl` and included everywhere else.
//! Templates know nothing of it: lines that a chart's template prints are folded when they are a unit's labels.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::model::app::{App, Unit};

use super::draw::instance;
use super::literal;
use super::mark::{FieldRef, Place};
use super::print::Line;

/// Kind of the file that defines them.
pub const KIND: &str = "ChartHelpers";

/// One `define`: its name, and its lines without indent.
struct Helper {
    name: String,
    lines: Vec<String>,
}

/// What a unit's pods are selected by, and what all of its objects carry.
fn of(app: &App, unit: &Unit) -> [Helper; 2] {
    let line = |key: &str, value: &str| format!("app.kubernetes.io/{key}: {}", literal::scalar(value));
    let selector = vec![line("name", &unit.name), line("instance", &instance(app, unit))];
    let more = [line("component", unit.role.name()), line("part-of", &app.name)];
    let name = |what: &str| format!("{}.{}.{what}", app.name, unit.name);
    let labels = selector.iter().cloned().chain(more).collect();
    [Helper { name: name("labels"), lines: labels }, Helper { name: name("selectorLabels"), lines: selector }]
}

/// Every helper of an app by its first line, the longer ones of a unit first.
pub struct Helpers(BTreeMap<String, Vec<Helper>>);

impl Helpers {
    pub fn new(app: &App) -> Self {
        let mut all: BTreeMap<String, Vec<Helper>> = BTreeMap::new();
        for helper in app.units.iter().flat_map(|unit| of(app, unit)) {
            all.entry(helper.lines[0].clone()).or_default().push(helper);
        }
        Self(all)
    }

    /// Puts an `include` where a helper's lines stand.
    pub fn fold(&self, lines: &mut Vec<Line>) {
        let mut at = 0;
        while at < lines.len() {
            let text = lines[at].text.trim_start();
            let indent = lines[at].text.len() - text.len();
            let begun = self.0.get(text);
            if let Some(helper) = begun.and_then(|all| all.iter().find(|h| is_at(h, lines, at))) {
                let folded: Vec<Line> = lines.drain(at..at + helper.lines.len()).collect();
                let mut fields: Vec<FieldRef> = folded.iter().flat_map(|l| l.fields.clone()).collect();
                fields.sort();
                fields.dedup();
                let pad = " ".repeat(indent);
                let text = format!("{pad}{{{{- include {} . | nindent {indent} }}}}", literal::go_string(&helper.name));
                lines.insert(at, Line { text, place: folded[0].place, fields });
            }
            at += 1;
        }
    }
}

/// Whether a helper's lines stand there, each with the indent of the first.
fn is_at(helper: &Helper, lines: &[Line], at: usize) -> bool {
    let Some(there) = lines.get(at..at + helper.lines.len()) else { return false };
    let indent = there[0].text.len() - there[0].text.trim_start().len();
    there.iter().zip(&helper.lines).all(|(line, wanted)| {
        line.text.split_at_checked(indent).is_some_and(|(pad, text)| pad.trim().is_empty() && text == wanted)
    })
}

/// The file itself. `template` is the index of the template that asks for it.
pub fn lines(app: &App, template: usize) -> Vec<Line> {
    let line = |text: String, unit: &str| {
        let fields = vec![FieldRef { unit: Arc::from(unit), path: Arc::from("enabled") }];
        Line { text, place: Place { template, line: 1 }, fields }
    };
    let comment = "{{/* Labels of each unit: what its pods are selected by, and what all of its objects carry. */}}";
    let mut out = vec![line(comment.to_owned(), &app.name)];
    for unit in &app.units {
        let [labels, selector] = of(app, unit);
        let define = |helper: &Helper| format!("{{{{- define {} -}}}}", literal::go_string(&helper.name));
        let include = format!("{{{{ include {} . }}}}", literal::go_string(&selector.name));
        let end = || "{{- end }}".to_owned();
        let more = labels.lines[selector.lines.len()..].iter().cloned();
        let all =
            std::iter::once(define(&selector)).chain(selector.lines.iter().cloned()).chain([end(), String::new()]);
        let all = all.chain([define(&labels), include]).chain(more).chain([end(), String::new()]);
        out.extend(all.map(|text| line(text, &unit.name)));
    }
    out.pop();
    out
}
