//! What the lines of a loop are about. A rendering remembers what was read up to a value that is printed; which entry
//! of the list a line without a value belongs to, its neighbours tell.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::lint::tags;
use super::mark::{FieldRef, Place};
use super::print::Line;
use super::set::TemplateSet;

/// A `{% for … in service.… %}` of a template: the lines between its tags, and the list.
struct Loop {
    first: usize,
    last: usize,
    list: Option<String>,
}

/// The fields of each line, with the entry of the list for lines of a loop.
pub fn fields(lines: &[Line], templates: &TemplateSet) -> Vec<Vec<FieldRef>> {
    let mut out: Vec<Vec<FieldRef>> = lines.iter().map(|l| l.fields.clone()).collect();
    rows(lines, &mut out);
    keys(lines, templates, &mut out);
    for (index, template) in templates.templates.iter().enumerate() {
        let here: Vec<usize> = (0..lines.len()).filter(|at| is_at(lines[*at].place, index)).collect();
        if here.is_empty() {
            continue;
        }
        let loops = loops(&template.text);
        for one in loops.iter().filter(|l| l.list.is_some()) {
            let inside: Vec<usize> =
                here.iter().copied().filter(|at| (one.first..=one.last).contains(&lines[*at].place.line)).collect();
            for turn in turns(lines, &inside, one, &loops) {
                entry(turn, one.list.as_deref().unwrap_or_default(), &mut out);
            }
        }
    }
    out
}

fn is_at(place: Place, template: usize) -> bool {
    place.line > 0 && place.template == template
}

/// Lines that one line of a template printed, one for each key of a map: what was read for all of them at once belongs
/// to the one that names it.
fn rows(lines: &[Line], out: &mut [Vec<FieldRef>]) {
    let mut start = 0;
    while start < lines.len() {
        let place = lines[start].place;
        let end = (start..lines.len()).find(|at| lines[*at].place != place).unwrap_or(lines.len());
        if end - start > 1 && place.line > 0 {
            let all: Vec<FieldRef> = out[start..end].iter().flatten().cloned().collect();
            for at in start..end {
                let named = |f: &&FieldRef| f.path.rsplit('.').next().is_some_and(|key| is_key(&lines[at].text, key));
                let own: Vec<FieldRef> = all.iter().filter(named).cloned().collect();
                if !own.is_empty() {
                    out[at] = own;
                }
            }
        }
        start = end;
    }
}

/// A key that only stands there because of what stands below it, such as `exec:` of a probe, is about that; so is a
/// comment above.
fn keys(lines: &[Line], templates: &TemplateSet, out: &mut [Vec<FieldRef>]) {
    let used: BTreeSet<usize> = lines.iter().map(|l| l.place.template).collect();
    let text = |index: &usize| templates.templates.get(*index).map_or("", |t| t.text.as_str());
    let blocks: BTreeMap<usize, Vec<Vec<usize>>> = used.iter().map(|index| (*index, blocks(text(index)))).collect();
    let around = |place: Place| blocks.get(&place.template)?.get(place.line.checked_sub(1)?);
    for at in (1..lines.len()).rev() {
        let (above, below) = (&lines[at - 1], &lines[at]);
        let leads = above.text.ends_with(':') && indent(&above.text) < indent(&below.text)
            || above.text.trim_start().starts_with('#') && indent(&above.text) == indent(&below.text);
        if !leads || !out[at - 1].is_empty() || above.place.template != below.place.template {
            continue;
        }
        let inside = around(above.place).and_then(|b| b.last()).zip(around(below.place));
        if inside.is_some_and(|(block, all)| all.contains(block)) {
            let (before, rest) = out.split_at_mut(at);
            before[at - 1].clone_from(&rest[0]);
        }
    }
}

fn indent(text: &str) -> usize {
    text.len() - text.trim_start().len()
}

/// For each line of a template, where each `if` and `for` around it begins, the outermost first.
fn blocks(text: &str) -> Vec<Vec<usize>> {
    let mut open = Vec::new();
    let each = |(index, row): (usize, &str)| {
        for tag in tags(row).unwrap_or_default().iter().filter(|t| t.open == "{%") {
            match tag.tokens.first().copied() {
                Some("if" | "for") => open.push(index),
                Some("endif" | "endfor") => _ = open.pop(),
                Some("elif" | "else") => {
                    open.pop();
                    open.push(index);
                }
                _ => {}
            }
        }
        open.clone()
    };
    text.lines().enumerate().map(each).collect()
}

/// Whether a line is about a key: `KEY: value`.
pub fn is_key(text: &str, key: &str) -> bool {
    let text = text.trim_start().trim_start_matches("- ");
    let bare = text.strip_prefix('"').unwrap_or(text);
    bare.strip_prefix(key).is_some_and(|rest| rest.trim_start_matches('"').starts_with(':'))
}

/// The loops of a template, inner ones too.
fn loops(text: &str) -> Vec<Loop> {
    let (mut open, mut out) = (Vec::new(), Vec::new());
    for (index, row) in text.lines().enumerate() {
        for tag in tags(row).unwrap_or_default().iter().filter(|t| t.open == "{%") {
            match tag.tokens.first().copied() {
                Some("for") => open.push((index + 2, list(&tag.tokens))),
                Some("endfor") => {
                    if let Some((first, list)) = open.pop() {
                        out.push(Loop { first, last: index, list });
                    }
                }
                _ => {}
            }
        }
    }
    out
}

/// `egress` of `for target in service.egress`, when that is all.
fn list(tokens: &[&str]) -> Option<String> {
    let ["for", _, "in", "service", path @ ..] = tokens else { return None };
    let names: Vec<&str> = path.chunks(2).filter(|c| c[0] == "." && c.len() == 2).map(|c| c[1]).collect();
    (!names.is_empty() && names.len() * 2 == path.len()).then(|| names.join("."))
}

/// The lines of each turn: a new one begins where the lines of the template begin again.
fn turns(lines: &[Line], inside: &[usize], one: &Loop, loops: &[Loop]) -> Vec<Vec<usize>> {
    let within = |line: usize| {
        loops.iter().any(|l| l.first > one.first && l.last < one.last && (l.first..=l.last).contains(&line))
    };
    let (mut out, mut last): (Vec<Vec<usize>>, usize) = (Vec::new(), usize::MAX);
    for at in inside {
        let line = lines[*at].place.line;
        if !within(line) {
            if line <= last {
                out.push(Vec::new());
            }
            last = line;
        }
        if let Some(turn) = out.last_mut() {
            turn.push(*at);
        }
    }
    out
}

/// Tells all lines of a turn which entry it is, when one of them knows: what was read at the end of the turn before
/// stands first.
fn entry(turn: Vec<usize>, list: &str, out: &mut [Vec<FieldRef>]) {
    let number = |f: &FieldRef| -> Option<usize> {
        f.path.strip_prefix(list)?.strip_prefix('.')?.split('.').next()?.parse().ok()
    };
    let known = turn.iter().flat_map(|at| &out[*at]).filter_map(|f| Some((number(f)?, f.unit.clone())));
    let Some((number, unit)) = known.max() else { return };
    let field = FieldRef { unit, path: Arc::from(format!("{list}.{number}")) };
    let below = format!("{}.", field.path);
    for at in turn {
        if !out[at].iter().any(|f| *f == field || f.path.starts_with(&below)) {
            out[at].push(field.clone());
        }
    }
}
