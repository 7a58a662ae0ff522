//! Why a line of a generated file says what it says: template line, fields of the model, spec lines, task.
//! No map is stored: the file is drawn again.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::source::Span;
use crate::base::tree::{Node, Origin};
use crate::model::ids::{RequirementId, TaskId};
use crate::model::knobs::knob_at;

use super::draw::{Drawn, File, Inputs, Studio};
use super::lint::tags;
use super::loops;
use super::mark::{FieldRef, Place};
use super::print::Line;
use super::run;
use super::stamp;
use super::template::Renderer;

/// A field of the model that a line depends on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Read {
    /// The unit whose model it is; empty for facts about the run (`stamp.task`, `chart.values`).
    pub unit: String,
    /// Dotted path in the unit's long form; empty for the unit itself.
    pub path: String,
    /// Whether it may differ between environments.
    pub knob: bool,
    /// Where the value is written, or the sentence that explains the default.
    pub origin: Origin,
    /// Requirements that the value's line cites, as written.
    pub requirements: Vec<String>,
}

/// The cause of one line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LineCause {
    /// From 1.
    pub line: usize,
    pub text: String,
    /// File below `templates/`, and line; nothing for lines that no template holds (values, schema).
    pub template: Option<(String, usize)>,
    /// Never empty: a line without fields of its own depends on its unit.
    pub reads: Vec<Read>,
    /// Whether the line is, or belongs to, the stamp.
    pub stamp: bool,
    /// The tasks that own the file, the making one first.
    pub tasks: Vec<TaskId>,
    pub requirements: Vec<RequirementId>,
}

/// The cause of every line of a generated file; nothing when the path is not one of ours.
pub fn causes(inputs: Inputs<'_>, path: &str) -> Option<Vec<LineCause>> {
    let studio = Studio::new(inputs);
    let possible = inputs.possible.iter().position(|p| p.paths.iter().any(|p| p == path))?;
    let drawn = if run::is_late(&studio, possible) {
        // what lists or documents the rest needs the rest drawn
        run::draw_all(&studio).0
    } else {
        let renderer = Renderer::new(inputs.templates);
        vec![studio.draw(&renderer, possible, &BTreeMap::new(), None).ok()?]
    };
    let (drawn, file) = drawn.iter().find_map(|d| Some((d, d.files.iter().find(|f| f.path == path)?)))?;
    Some(Cause { studio: &studio, drawn, file }.all())
}

/// The cause of every line of every file that was drawn; for one run over all.
pub fn all(inputs: Inputs<'_>) -> Vec<(String, Vec<LineCause>)> {
    let studio = Studio::new(inputs);
    let (drawn, _) = run::draw_all(&studio);
    let files = drawn.iter().flat_map(|d| d.files.iter().map(move |f| (d, f)));
    files.map(|(drawn, file)| (file.path.clone(), Cause { studio: &studio, drawn, file }.all())).collect()
}

struct Cause<'a> {
    studio: &'a Studio<'a>,
    drawn: &'a Drawn,
    file: &'a File,
}

impl Cause<'_> {
    fn all(&self) -> Vec<LineCause> {
        let owner = &self.drawn.owner;
        let stamp = stamp::of(owner, self.studio.inputs.requirement_texts);
        let body = run::body(&self.file.lines);
        let whole = stamp::write(&self.file.path, &body, &stamp);
        let at = stamp::line_of(&self.file.path);
        let fields = loops::fields(&self.file.lines, self.studio.inputs.templates);
        let (mut out, mut lines) = (Vec::new(), self.file.lines.iter().zip(&fields));
        for (index, text) in whole.lines().enumerate() {
            let number = index + 1;
            let line = if number == at { None } else { lines.next() };
            let mut reads = line.map_or_else(Vec::new, |(l, fields)| self.reads(l, fields));
            let stamped =
                line.is_none_or(|(_, fields)| fields.iter().any(|f| f.unit.is_empty() && f.path.starts_with("stamp.")));
            if reads.is_empty() {
                reads = self.fallback();
            }
            if !reads.iter().any(|r| matches!(r.origin, Origin::Written { .. })) {
                // defaults belong to a unit that some line asked for
                reads.extend(self.unit_itself().filter(|unit| !reads.contains(unit)));
            }
            out.push(LineCause {
                line: number,
                text: text.to_owned(),
                template: line.and_then(|(l, _)| self.template(l.place)),
                reads,
                stamp: stamped,
                tasks: owner.tasks.clone(),
                requirements: owner.requirements.clone(),
            });
        }
        out
    }

    fn template(&self, place: Place) -> Option<(String, usize)> {
        let template = self.studio.inputs.templates.templates.get(place.template).filter(|_| place.line > 0)?;
        Some((template.name.clone(), place.line))
    }

    /// The fields of a line: those printed in it, then those that its template asked before.
    fn reads(&self, line: &Line, fields: &[FieldRef]) -> Vec<Read> {
        let template = self.studio.inputs.templates.templates.get(line.place.template).filter(|_| line.place.line > 0);
        let source = template.and_then(|t| t.text.lines().nth(line.place.line - 1)).unwrap_or_default();
        // what an earlier `{% if %}` read stands on the tape too: it is told by the expression's last name
        let named = |f: &&FieldRef| {
            let last = f.path.rsplit('.').find(|s| s.parse::<usize>().is_err()).unwrap_or_default();
            knob_at(&f.path).is_some() || source.contains(last)
        };
        let printed: Vec<&FieldRef> = fields.iter().filter(named).collect();
        let printed: Vec<&FieldRef> = if printed.is_empty() { fields.iter().collect() } else { printed };
        let asked = template.map(|t| enclosing(&t.text, line.place.line)).unwrap_or_default();
        let unit = self.studio.unit(self.drawn.possible).map_or("", |u| u.name.as_str());
        let mut seen = BTreeSet::new();
        let own = printed.into_iter().flat_map(|f| self.meant(f, &line.text));
        let above = asked.into_iter().map(|path| (unit.to_owned(), path));
        own.chain(above)
            .filter(|key| seen.insert(key.clone()))
            .filter_map(|(unit, path)| self.read(&unit, &path))
            .collect()
    }

    /// The fields of the model that a field of a line stands for.
    fn meant(&self, field: &FieldRef, text: &str) -> Vec<(String, String)> {
        if let Some(told) = field.path.strip_prefix("chart.").filter(|_| field.unit.is_empty()) {
            return self.of_chart(told).unwrap_or_else(|| vec![(String::new(), field.path.to_string())]);
        }
        let node = self.node(&field.unit, &field.path);
        let mut keys = node.and_then(|(n, _)| n.as_map()).into_iter().flatten().map(|(key, _)| key);
        let below = keys.find(|key| knob_at(&field.path).is_some() && loops::is_key(text, key));
        let path = below.map_or_else(|| field.path.to_string(), |key| format!("{}.{key}", field.path));
        vec![(field.unit.to_string(), path)]
    }

    /// The field behind what README and notes say of a value or a door.
    fn of_chart(&self, told: &str) -> Option<Vec<(String, String)>> {
        let mut parts = told.splitn(3, '.');
        let (what, number) = (parts.next()?, parts.next()?);
        match what {
            "values" => {
                let row = self.drawn.facts.get("values")?.get(number.parse::<usize>().ok()?)?;
                let (key, path) = row.get("path")?.as_str()?.split_once('.')?;
                let unit = self.studio.app.units.iter().find(|u| u.key == key)?;
                let keys = unit.union.get(path).filter(|_| knob_at(path).is_some()).and_then(Node::as_map);
                let below = keys.into_iter().flatten().map(|(k, _)| format!("{path}.{k}"));
                Some([path.to_owned()].into_iter().chain(below).map(|p| (unit.name.clone(), p)).collect())
            }
            "doors" => {
                let below = parts.next().map_or_else(String::new, |p| format!(".{p}"));
                Some(vec![(self.studio.app.name.clone(), format!("ingress.rules.{number}{below}"))])
            }
            _ => None,
        }
    }

    fn read(&self, unit: &str, path: &str) -> Option<Read> {
        let read = |origin: Origin, requirements: Vec<String>| Read {
            unit: unit.to_owned(),
            path: path.to_owned(),
            knob: !unit.is_empty() && is_knob(path),
            origin,
            requirements,
        };
        if unit.is_empty() {
            return Some(match path.split('.').next() {
                Some("unit") => self.unit_itself()?,
                Some("stamp") => read(Origin::Default("the task that owns the file".into()), Vec::new()),
                Some("tool") => read(Origin::Default("this version of Bowline".into()), Vec::new()),
                Some("manifests") => read(Origin::Default("the other manifests of the environment".into()), Vec::new()),
                _ => read(Origin::Default("what the templates of the chart print".into()), Vec::new()),
            });
        }
        let node = self.node(unit, path);
        match node {
            Some((node, requirements)) => Some(read(node.origin.clone(), requirements.to_vec())),
            None if knob_at(path).is_some() => {
                let why = "no environment sets it; it may be given at installation";
                Some(read(Origin::Default(why.into()), Vec::new()))
            }
            None => None,
        }
    }

    /// The field in the file's environment, else in the union; of a missing leaf the nearest field above.
    fn node(&self, unit: &str, path: &str) -> Option<(&Node, &[String])> {
        let unit = self.studio.named(unit)?;
        let environment = self.file.environment.as_ref().unwrap_or(&self.studio.app.default_environment);
        let models =
            unit.environments.get(environment).into_iter().chain([&unit.union]).chain(unit.environments.values());
        models.into_iter().find_map(|model| step(model, path))
    }

    /// A line with no field of its own stands there because of what its template's head asks for, or its unit.
    fn fallback(&self) -> Vec<Read> {
        let unit = self.studio.unit(self.drawn.possible).map_or("", |u| u.name.as_str());
        let head = self.studio.entry(self.drawn.possible).when.iter().filter_map(|(path, _)| self.read(unit, path));
        let reads: Vec<Read> = head.collect();
        if reads.is_empty() { self.unit_itself().into_iter().collect() } else { reads }
    }

    fn unit_itself(&self) -> Option<Read> {
        let unit = self.studio.unit(self.drawn.possible)?;
        let written = |span: Span| Origin::Written { value: span, key: Some(span) };
        let span = unit.span.or(self.studio.app.span);
        Some(Read {
            unit: unit.name.clone(),
            path: String::new(),
            knob: false,
            origin: span.map_or_else(|| unit.union.origin.clone(), written),
            requirements: unit.union.requirements.clone(),
        })
    }
}

/// Whether a field may differ between environments, or is an entry of one that may.
fn is_knob(path: &str) -> bool {
    let mut ends = path.match_indices('.').map(|(at, _)| &path[..at]);
    knob_at(path).is_some() || ends.any(|above| knob_at(above).is_some())
}

fn step<'a>(node: &'a Node, path: &str) -> Option<(&'a Node, &'a [String])> {
    fn below<'a>(node: &'a Node, cited: &'a [String], path: &str) -> Option<(&'a Node, &'a [String])> {
        if path.is_empty() {
            return Some((node, cited));
        }
        // a key may have dots in it: `limits.cpu`
        let ends = path.match_indices('.').map(|(at, _)| at).chain([path.len()]);
        ends.into_iter().find_map(|end| {
            let key = &path[..end];
            let inner = match node.as_list() {
                Some(list) => list.get(key.parse::<usize>().ok()?)?,
                None => node.as_map()?.get(key)?,
            };
            let own = &inner.requirements[..];
            below(inner, if own.is_empty() { cited } else { own }, path.get(end + 1..).unwrap_or_default())
        })
    }
    below(node, &node.requirements, path)
}

/// Paths after `service.` in the conditions and loops that a line of a template stands in.
fn enclosing(text: &str, line: usize) -> Vec<String> {
    let mut open: Vec<Vec<String>> = Vec::new();
    for row in text.lines().take(line.saturating_sub(1)) {
        for tag in tags(row).unwrap_or_default().iter().filter(|t| t.open == "{%") {
            match tag.tokens.first().copied().unwrap_or_default() {
                "if" | "for" | "call" => open.push(asked(&tag.tokens)),
                "elif" => {
                    if let Some(last) = open.last_mut() {
                        last.extend(asked(&tag.tokens));
                    }
                }
                word if word.starts_with("end") && ["endif", "endfor", "endcall"].contains(&word) => {
                    open.pop();
                }
                _ => {}
            }
        }
    }
    open.into_iter().rev().flatten().collect()
}

fn asked(tokens: &[&str]) -> Vec<String> {
    let mut out = Vec::new();
    for (index, token) in tokens.iter().enumerate().filter(|(_, t)| **t == "service" || **t == "values") {
        if index > 0 && tokens[index - 1] == "." {
            continue;
        }
        let _ = token;
        let mut path = Vec::new();
        let mut rest = tokens[index + 1..].iter();
        while rest.next() == Some(&".") {
            path.extend(rest.next().copied());
        }
        if !path.is_empty() {
            out.push(path.join("."));
        }
    }
    out
}
