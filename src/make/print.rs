//! Printing: marks become values of one environment, or expressions of a chart.

use std::fmt::Write as _;

use serde_json::Value as Json;

use crate::base::tree::Node;
use crate::model::knobs::{KnobType, knob_at, knob_below};

use super::literal::{self, escape_go, flow, go_json, go_string, text};
use super::mark::{self, CLOSE, FieldRef, LINE, Leaf, OPEN, Place, REGION, TAG, Tape, Via};
use super::template::Rendered;

/// What is printed: the syntax that values must keep.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Syntax {
    Yaml,
    /// Dockerfiles, Markdown, notes: values stand as they are.
    Text,
}

impl Syntax {
    /// The syntax of a file, by the ending of its name.
    pub fn of(path: &str) -> Self {
        if matches!(path.rsplit('.').next(), Some("yaml" | "yml")) { Self::Yaml } else { Self::Text }
    }
}

/// For whom it is printed.
#[derive(Clone, Copy)]
pub enum Target<'a> {
    /// One environment: the value of a knob there, null without one.
    Environment(&'a dyn Fn(&FieldRef) -> Json),
    /// The chart: how a template names a knob (`.Values.backend.replicas`), and whether the chart offers it.
    Chart { reference: &'a dyn Fn(&FieldRef) -> String, offered: &'a dyn Fn(&FieldRef) -> bool },
}

/// One line of an artifact and where it came from.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Line {
    pub text: String,
    pub place: Place,
    /// The fields whose values stand in the line, or decided that it stands there.
    pub fields: Vec<FieldRef>,
}

/// What cannot be printed, with the template's line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Unprintable {
    pub place: Place,
    pub what: String,
    pub field: Option<FieldRef>,
}

/// Prints a rendering.
///
/// # Errors
/// A knob that has no value here and stands outside every region that asks for it; a text that would leave its line.
pub fn print(rendered: &Rendered, target: Target<'_>, syntax: Syntax) -> Result<Vec<Line>, Unprintable> {
    let mut printer =
        Printer { tape: &rendered.tape, target, syntax, out: Vec::new(), open: Vec::new(), place: Place::default() };
    for line in rendered.text.lines() {
        printer.line(line)?;
    }
    while printer.out.last().is_some_and(|l| l.text.is_empty()) {
        printer.out.pop();
    }
    Ok(printer.out)
}

struct Open<'a> {
    number: usize,
    field: &'a FieldRef,
    kept: bool,
    /// Whether the chart decides, so that an `end` is due.
    printed: bool,
}

struct Printer<'a> {
    tape: &'a Tape,
    target: Target<'a>,
    syntax: Syntax,
    out: Vec<Line>,
    open: Vec<Open<'a>>,
    place: Place,
}

impl<'a> Printer<'a> {
    fn line(&mut self, raw: &str) -> Result<(), Unprintable> {
        let mut line = raw;
        let mut numbered = false;
        let mut clean = String::new();
        // a part that is included in the middle of a line brings its own place: the last one holds
        while let Some(at) = line.find([LINE, TAG]) {
            let is_line = line[at..].starts_with(LINE);
            clean.push_str(&line[..at]);
            let Some((place, rest)) = mark::place(&line[at + LINE.len_utf8()..]) else { break };
            if is_line {
                self.place = place;
                numbered = true;
            }
            line = rest;
        }
        clean.push_str(line);
        if let Some(at) = clean.find(REGION) {
            self.region(clean[..at].len(), &clean[at + REGION.len_utf8()..]);
            return Ok(());
        }
        if self.open.iter().any(|o| !o.kept) {
            return Ok(());
        }
        if clean.trim().is_empty() {
            // blank lines of the template stay, one at a time; those that tags leave behind do not
            if numbered && self.out.last().is_some_and(|l| !l.text.is_empty()) {
                self.push(String::new(), Vec::new());
            }
            return Ok(());
        }
        self.values(&clean)
    }

    fn region(&mut self, indent: usize, rest: &str) {
        let number: usize = rest.get(1..).and_then(|n| n.trim().parse().ok()).unwrap_or(usize::MAX);
        let Some(region) = self.tape.regions.get(number) else { return };
        let skipped = self.open.iter().any(|o| !o.kept);
        if rest.starts_with('+') {
            let (kept, printed) = match self.target {
                Target::Environment(_) => (truthy(&self.value(&region.field)) == region.when, false),
                Target::Chart { offered, .. } if offered(&region.field) => (true, true),
                // no environment has the value and the chart does not offer it: decided here and now
                Target::Chart { .. } => (!region.when, false),
            };
            self.open.push(Open { number, field: &region.field, kept, printed });
            if printed && !skipped {
                let not = if region.when { "" } else { "not " };
                let text = format!("{}{{{{- if {not}{} }}}}", " ".repeat(indent), self.reference(&region.field));
                self.place = region.place;
                self.push(text, vec![region.field.clone()]);
            }
        } else if let Some(open) = self.open.pop_if(|o| o.number == number)
            && open.printed
            && !skipped
        {
            self.place = region.place;
            self.push(format!("{}{{{{- end }}}}", " ".repeat(indent)), vec![region.field.clone()]);
        }
    }

    fn push(&mut self, text: String, mut fields: Vec<FieldRef>) {
        for open in &self.open {
            if !fields.contains(open.field) {
                fields.push(open.field.clone());
            }
        }
        self.out.push(Line { text, place: self.place, fields });
    }

    fn values(&mut self, line: &str) -> Result<(), Unprintable> {
        let (mut done, mut rest) = (String::new(), line);
        let (mut fields, mut below) = (Vec::new(), Vec::new());
        while let Some(at) = rest.find(OPEN) {
            done.push_str(&self.raw(&rest[..at]));
            let Some((number, behind)) = rest[at + OPEN.len_utf8()..].split_once(CLOSE) else { break };
            rest = behind;
            let Some((leaf, causes)) = self.leaf(number) else { continue };
            fields.extend(causes.iter().cloned());
            if let Leaf::Const { value: Json::String(joined), via } = leaf
                && joined.contains(OPEN)
            {
                done.push_str(&self.joined(joined, *via, &mut fields)?);
                continue;
            }
            let last = rest.trim().is_empty() && done.trim_end().ends_with(':');
            let column = key_column(&done);
            match leaf {
                Leaf::Const { value, via } => {
                    self.constant(value, *via, last.then_some(column), &mut done, &mut below)?;
                }
                Leaf::Knob { field, via } => self.knob(field, *via, last.then_some(column), &mut done, &mut below)?,
                Leaf::Either { field, otherwise } => done.push_str(&self.either(field, otherwise)?),
            }
        }
        done.push_str(&self.raw(rest));
        self.push(done, fields.clone());
        for line in below {
            self.push(line, fields.clone());
        }
        Ok(())
    }

    fn leaf(&self, number: &str) -> Option<(&'a Leaf, &'a Vec<FieldRef>)> {
        let number: usize = number.parse().ok()?;
        Some((self.tape.leaves.get(number)?, self.tape.causes.get(number)?))
    }

    /// Text of the template itself.
    fn raw(&self, text: &str) -> String {
        if matches!(self.target, Target::Chart { .. }) { escape_go(text) } else { text.to_owned() }
    }

    fn constant(
        &self,
        value: &Json,
        via: Via,
        key: Option<usize>,
        done: &mut String,
        below: &mut Vec<String>,
    ) -> Result<(), Unprintable> {
        if self.syntax == Syntax::Yaml && via == Via::Plain && key.is_some() && literal::is_block(value) {
            done.truncate(done.trim_end().len());
            let mut lines = Vec::new();
            literal::block(value, key.unwrap_or_default() + 2, &mut lines);
            below.extend(lines.iter().map(|l| self.raw(l)));
            return Ok(());
        }
        done.push_str(&self.raw(&self.inline(value, via)?));
        Ok(())
    }

    /// A value on the line, in the file's syntax.
    fn inline(&self, value: &Json, via: Via) -> Result<String, Unprintable> {
        Ok(match (via, self.syntax) {
            (Via::Json, _) => literal::json_line(value),
            (Via::Bare, _) | (_, Syntax::Text) => {
                let bare = text(value);
                if bare.contains(|c: char| c.is_control()) {
                    return Err(self.unprintable(format!("{} does not fit on a line", literal::quoted(&bare)), None));
                }
                bare
            }
            (Via::Text | Via::Checksum | Via::Digest, Syntax::Yaml) => literal::scalar(&text(value)),
            (Via::Plain, Syntax::Yaml) => flow(value),
        })
    }

    fn knob(
        &self,
        field: &FieldRef,
        via: Via,
        key: Option<usize>,
        done: &mut String,
        below: &mut Vec<String>,
    ) -> Result<(), Unprintable> {
        let kind = knob_at(&field.path).map_or(KnobType::Text, |k| k.kind);
        if !matches!(self.target, Target::Environment(_)) {
            self.expression(field, kind, via, key, done, below);
            return Ok(());
        }
        let value = self.present(field)?;
        let value = if kind == KnobType::TextMap { texts(&value) } else { value };
        match (via, key) {
            (Via::Digest, _) => done.push_str(&literal::quoted(&short(&value))),
            (Via::Checksum, _) => done.push_str(&literal::quoted(&sha256(&go_json(&value)))),
            (Via::Plain, Some(column)) if self.syntax == Syntax::Yaml && literal::is_block(&value) => {
                done.truncate(done.trim_end().len());
                literal::block(&value, column + 2, below);
            }
            _ => done.push_str(&self.inline(&value, via)?),
        }
        Ok(())
    }

    /// A knob, or a text where it has no value.
    fn either(&self, field: &FieldRef, otherwise: &str) -> Result<String, Unprintable> {
        if let Target::Chart { offered, .. } = self.target
            && offered(field)
        {
            let quote = if self.syntax == Syntax::Yaml { " | quote" } else { "" };
            return Ok(format!("{{{{ {} | default {}{quote} }}}}", self.reference(field), go_string(otherwise)));
        }
        let value = self.value(field);
        let text = if truthy(&value) { text(&value) } else { otherwise.to_owned() };
        Ok(self.raw(&self.inline(&Json::String(text), Via::Text)?))
    }

    /// The chart's side of [`Printer::knob`].
    fn expression(
        &self,
        field: &FieldRef,
        kind: KnobType,
        via: Via,
        key: Option<usize>,
        done: &mut String,
        below: &mut Vec<String>,
    ) {
        let value = self.reference(field);
        let quote = if self.syntax == Syntax::Yaml { " | quote" } else { "" };
        let inline = match (via, kind, key) {
            (Via::Digest, ..) => format!("{value} | toString | sha256sum | trunc 8 | quote"),
            (Via::Checksum, ..) => format!("toJson {value} | sha256sum | quote"),
            (Via::Text, KnobType::Integer, _) => format!("int64 {value}{quote}"),
            (_, KnobType::TextMap, Some(column)) => {
                done.truncate(done.trim_end().len());
                let pad = " ".repeat(column + 2);
                below.push(format!("{pad}{{{{- range $key, $value := {value} }}}}"));
                below.push(format!("{pad}{{{{ $key | quote }}}}: {{{{ $value | quote }}}}"));
                // behind `if` there is an entry
                if !self.open.iter().any(|o| o.field == field && self.tape.regions[o.number].when) {
                    below.push(format!("{pad}{{{{- else }}}} {{}}"));
                }
                below.push(format!("{pad}{{{{- end }}}}"));
                return;
            }
            (_, KnobType::Map, Some(column)) => {
                done.truncate(done.trim_end().len());
                let _ = write!(done, " {{{{- toYaml {value} | nindent {} }}}}", column + 2);
                return;
            }
            (_, KnobType::Map | KnobType::TextMap, None) => format!("toJson {value}"),
            (_, KnobType::Integer, _) => format!("int64 {value}"),
            (Via::Plain, KnobType::Boolean, _) => value,
            _ => format!("{value}{quote}"),
        };
        let _ = write!(done, "{{{{ {inline} }}}}");
    }

    /// A text that was joined from constant parts and knobs.
    fn joined(&self, text_with_marks: &str, via: Via, fields: &mut Vec<FieldRef>) -> Result<String, Unprintable> {
        let (mut constant, mut format, mut arguments) = (String::new(), String::new(), String::new());
        let mut rest = text_with_marks;
        while let Some(at) = rest.find(OPEN) {
            constant.push_str(&rest[..at]);
            format.push_str(&rest[..at].replace('%', "%%"));
            let Some((number, behind)) = rest[at + OPEN.len_utf8()..].split_once(CLOSE) else { break };
            rest = behind;
            let Some((Leaf::Knob { field, via: part }, causes)) = self.leaf(number) else { continue };
            fields.extend(causes.iter().cloned());
            if let Target::Environment(_) = self.target {
                let value = self.present(field)?;
                constant.push_str(&if *part == Via::Digest { short(&value) } else { text(&value) });
            } else {
                format.push_str("%v");
                let integer = knob_at(&field.path).is_some_and(|k| k.kind == KnobType::Integer);
                let reference = self.reference(field);
                let _ = if *part == Via::Digest {
                    write!(arguments, " ({reference} | toString | sha256sum | trunc 8)")
                } else if integer {
                    write!(arguments, " (int64 {reference})")
                } else {
                    write!(arguments, " {reference}")
                };
            }
        }
        constant.push_str(rest);
        format.push_str(&rest.replace('%', "%%"));
        match self.target {
            Target::Environment(_) => {
                self.inline(&Json::String(constant), if via == Via::Plain { Via::Text } else { via })
            }
            Target::Chart { .. } => {
                let quote = if self.syntax == Syntax::Yaml { " | quote" } else { "" };
                Ok(format!("{{{{ printf {}{arguments}{quote} }}}}", go_string(&format)))
            }
        }
    }

    fn value(&self, field: &FieldRef) -> Json {
        match self.target {
            Target::Environment(value) => value(field),
            Target::Chart { .. } => Json::Null,
        }
    }

    fn present(&self, field: &FieldRef) -> Result<Json, Unprintable> {
        let value = self.value(field);
        if value.is_null() {
            let what = format!(
                "`{}` of `{}` has no value here; print it inside `{{% call when(values.{0}) %}}`",
                field.path, field.unit
            );
            return Err(self.unprintable(what, Some(field.clone())));
        }
        Ok(value)
    }

    fn unprintable(&self, what: String, field: Option<FieldRef>) -> Unprintable {
        Unprintable { place: self.place, what, field }
    }

    fn reference(&self, field: &FieldRef) -> String {
        match self.target {
            Target::Chart { reference, .. } => reference(field),
            Target::Environment(_) => String::new(),
        }
    }
}

/// Whether a chart offers a knob: some environment has it, or it may be given at installation. A group of knobs that
/// no environment has is not offered, because the objects it would bring are not in the chart either.
pub fn offered(field: &FieldRef, union: &Node) -> bool {
    let group = field.path.rsplit_once('.').map(|(group, _)| group).filter(|g| knob_at(g).is_some());
    union.get(&field.path).is_some()
        || !knob_below(&field.path)
            && knob_at(&field.path).is_some_and(|k| k.optional)
            && group.is_none_or(|g| union.get(g).is_some())
}

/// What Go's templates take for true.
pub fn truthy(value: &Json) -> bool {
    match value {
        Json::Null => false,
        Json::Bool(b) => *b,
        Json::Number(n) => n.as_f64() != Some(0.0),
        Json::String(text) => !text.is_empty(),
        Json::Array(list) => !list.is_empty(),
        Json::Object(map) => !map.is_empty(),
    }
}

/// A map of texts with every value as text.
pub fn texts(value: &Json) -> Json {
    match value {
        Json::Object(map) => map
            .iter()
            .filter(|(_, v)| !v.is_null())
            .map(|(k, v)| (k.clone(), Json::String(text(v))))
            .collect::<serde_json::Map<_, _>>()
            .into(),
        other => other.clone(),
    }
}

/// What `toString | sha256sum | trunc 8` gives in Helm.
fn short(value: &Json) -> String {
    let mut digest = sha256(&text(value));
    digest.truncate(8);
    digest
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;
    sha2::Sha256::digest(text).iter().fold(String::new(), |mut out, byte| {
        let _ = write!(out, "{byte:02x}");
        out
    })
}

/// The column at which the key of a line begins, dashes of lists counted as indentation.
pub(super) fn key_column(line: &str) -> usize {
    let mut rest = line;
    loop {
        let trimmed = rest.trim_start_matches(' ');
        rest = trimmed.strip_prefix("- ").unwrap_or(trimmed);
        if rest.len() == trimmed.len() {
            return line.len() - rest.len();
        }
    }
}
