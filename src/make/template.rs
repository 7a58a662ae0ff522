//! Rendering: the only importer of minijinja. A rendering gives text with marks, and the tape that explains them.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use minijinja::syntax::SyntaxConfig;
use minijinja::value::{DynObject, Enumerator, Kwargs, Object, ObjectRepr, Value, ValueKind};
use minijinja::{AutoEscape, Environment, Error, ErrorKind, Output, State, UndefinedBehavior};
use serde_json::Value as Json;

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::{Node, Tree};
use crate::model::knobs::{KNOBS, knob_at, knob_below};

use super::mark::{self, FieldRef, Leaf, TAG, Tape, Via};
use super::set::TemplateSet;

/// Steps that one rendering may take: far more than any template needs, and a second of a loop without end.
const FUEL: u64 = 20_000_000;

type Shared = Arc<Mutex<Tape>>;

fn lock(tape: &Shared) -> MutexGuard<'_, Tape> {
    // a tape is only ever appended to: what a panicking thread left is still readable
    tape.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What may be read below a name of the context.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Access {
    /// The same in every environment: everything but knobs.
    Structure,
    /// Knobs only.
    Values,
    /// Facts that no unit holds: stamp, chart, file names.
    Facts,
}

/// A name of the context with what stands behind it.
#[derive(Clone, Debug)]
pub struct Root {
    /// The unit whose model it is; empty for facts.
    pub unit: Arc<str>,
    /// What paths begin with: the name itself for facts, nothing for a model.
    pub prefix: &'static str,
    pub node: Arc<Node>,
    pub access: Access,
    /// The way from the node to what the name means; empty but for an entry of a list.
    pub at: Vec<String>,
}

/// The names that a template sees.
pub type Scope = BTreeMap<&'static str, Root>;

/// A rendering, to be printed.
#[derive(Clone, Debug)]
pub struct Rendered {
    pub text: String,
    pub tape: Tape,
}

/// Templates, each compiled when it is first rendered. One for each thread: sharing one makes threads wait for each
/// other.
pub struct Renderer {
    environment: Environment<'static>,
    tape: Shared,
}

impl Renderer {
    /// Compiles nothing yet: most templates are not used by most apps.
    pub fn new(set: &TemplateSet) -> Self {
        let tape = Shared::default();
        let mut environment = empty();
        functions(&mut environment, &tape);
        let set = set.clone();
        environment
            .set_loader(move |name| Ok(set.index(name).map(|index| mark::numbered(index, &set.templates[index].text))));
        Self { environment, tape }
    }

    /// Renders one template.
    ///
    /// # Errors
    /// What is wrong in the template, at its line.
    pub fn render(&self, set: &TemplateSet, name: &str, scope: &Scope) -> Result<Rendered, Box<Diagnostic>> {
        *lock(&self.tape) = Tape::default();
        let context: BTreeMap<&str, Value> =
            scope.iter().map(|(name, root)| (*name, value_at(View::of(&self.tape, Arc::new(root.clone()))))).collect();
        let text = self
            .environment
            .get_template(name)
            .and_then(|t| t.render(Value::from(context)))
            .map_err(|e| Box::new(diagnostic(set, name, &e)))?;
        let tape = std::mem::take(&mut *lock(&self.tape));
        match tape.misused.first() {
            None => Ok(Rendered { text, tape }),
            Some(field) => {
                let error = Error::new(ErrorKind::InvalidOperation, asked(&field.path));
                Err(Box::new(diagnostic(set, name, &error)))
            }
        }
    }
}

/// The syntax error of a template, if it has one.
pub fn syntax(set: &TemplateSet, name: &str, text: &str) -> Option<Diagnostic> {
    empty().add_template_owned(name.to_owned(), text.to_owned()).err().map(|e| diagnostic(set, name, &e))
}

fn empty() -> Environment<'static> {
    let mut environment = Environment::new();
    environment.set_undefined_behavior(UndefinedBehavior::SemiStrict);
    environment.set_fuel(Some(FUEL));
    if let Ok(syntax) =
        SyntaxConfig::builder().trim_blocks(true).lstrip_blocks(true).keep_trailing_newline(true).build()
    {
        environment.set_syntax(syntax);
    }
    environment
}

fn diagnostic(set: &TemplateSet, name: &str, error: &Error) -> Diagnostic {
    // an included template's error is the cause of its includer's
    let mut inner = error;
    while let Some(cause) = std::error::Error::source(inner).and_then(|e| e.downcast_ref::<Error>()) {
        inner = cause;
    }
    let name = inner.name().unwrap_or(name);
    let line = inner.line().unwrap_or(1);
    let mut detail = inner.detail().map_or_else(|| inner.kind().to_string(), str::to_owned);
    if inner.kind() == ErrorKind::UndefinedError {
        detail.push_str(" in this unit; ask with `{% if %}` first");
    }
    Diagnostic::error("template-render", format!("`templates/{name}` line {line}: {detail}"))
        .at(set.span(name, line), "here")
        .fix("correct the template, or remove it to use the one that Bowline brings")
}

/// A value of the model, with the way to it.
#[derive(Debug)]
struct View {
    tape: Shared,
    root: Arc<Root>,
    at: Vec<Arc<str>>,
    /// The same, dotted, with what paths of the root begin with.
    path: Arc<str>,
}

impl View {
    fn of(tape: &Shared, root: Arc<Root>) -> Self {
        let at: Vec<Arc<str>> = root.at.iter().map(|key| Arc::from(key.as_str())).collect();
        let prefix = (!root.prefix.is_empty()).then_some(root.prefix);
        let path = prefix.into_iter().chain(root.at.iter().map(String::as_str)).collect::<Vec<_>>().join(".");
        Self { tape: tape.clone(), root, at, path: path.into() }
    }

    fn node(&self) -> Option<&Node> {
        descend(&self.root.node, self.at.iter().map(|key| &**key))
    }

    fn child(&self, key: &str) -> Option<Value> {
        let path: Arc<str> = if self.path.is_empty() { Arc::from(key) } else { format!("{}.{key}", self.path).into() };
        let field = FieldRef { unit: self.root.unit.clone(), path: path.clone() };
        lock(&self.tape).touched.insert(field.clone());
        match self.root.access {
            Access::Values => Some(knob_value(&self.tape, field)),
            Access::Structure if knob_at(&field.path).is_some() => Some(refused(format!(
                "`{0}` may differ between environments: write `values.{0}`, inside `{{{{ }}}}`, `when()` or `unless()`",
                field.path
            ))),
            Access::Structure | Access::Facts => match self.node().and_then(|n| descend(n, std::iter::once(key))) {
                Some(node) => {
                    if !matches!(node.tree, Tree::Map(_) | Tree::List(_)) {
                        lock(&self.tape).read(field);
                    }
                    Some(scalar(node).unwrap_or_else(|| {
                        let at = self.at.iter().cloned().chain([Arc::from(key)]).collect();
                        Value::from_object(Self { tape: self.tape.clone(), root: self.root.clone(), at, path })
                    }))
                }
                None if self.at.is_empty() && !super::lint::STRUCTURE.contains(&key) => {
                    let fix = did_you_mean(key, super::lint::STRUCTURE.iter().copied());
                    Some(refused(format!(
                        "there is no field `{key}`{}",
                        fix.map_or(String::new(), |f| format!("; {f}"))
                    )))
                }
                None => None,
            },
        }
    }

    /// The plain value without its knobs.
    fn json(&self) -> Json {
        fn plain(node: &Node, path: &str, access: Access) -> Json {
            match &node.tree {
                Tree::Map(map) => map
                    .iter()
                    .filter_map(|(key, value)| {
                        let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                        let kept = access != Access::Structure || knob_at(&below).is_none();
                        kept.then(|| (key.clone(), plain(value, &below, access)))
                    })
                    .collect::<serde_json::Map<_, _>>()
                    .into(),
                _ => node.json(),
            }
        }
        self.node().map_or(Json::Null, |n| plain(n, &self.path, self.root.access))
    }
}

fn descend<'a, 'p>(node: &'a Node, path: impl Iterator<Item = &'p str>) -> Option<&'a Node> {
    path.into_iter().try_fold(node, |node, key| match &node.tree {
        Tree::Map(map) => map.get(key),
        Tree::List(list) => list.get(key.parse::<usize>().ok()?),
        _ => None,
    })
}

fn refused(message: String) -> Value {
    Value::from(Error::new(ErrorKind::InvalidOperation, message))
}

/// What a name of the context means.
fn value_at(view: View) -> Value {
    match view.node() {
        None if view.root.access == Access::Values => Value::from_object(view),
        None => Value::from(()),
        Some(node) => scalar(node).unwrap_or_else(|| Value::from_object(view)),
    }
}

/// A value without anything below it.
fn scalar(node: &Node) -> Option<Value> {
    Some(match &node.tree {
        Tree::Null => Value::from(()),
        Tree::Bool(b) => Value::from(*b),
        Tree::Int(i) => Value::from(*i),
        Tree::Float(f) => Value::from(*f),
        Tree::Text(text) => Value::from(text.as_str()),
        Tree::List(_) | Tree::Map(_) => return None,
    })
}

impl Object for View {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        if matches!(self.node().map(|n| &n.tree), Some(Tree::List(_))) { ObjectRepr::Seq } else { ObjectRepr::Map }
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        match key.as_str() {
            Some(key) => self.child(key),
            None => self.child(&key.as_usize()?.to_string()),
        }
    }

    fn enumerate(self: &Arc<Self>) -> Enumerator {
        match self.node().map(|n| &n.tree) {
            Some(Tree::Map(map)) => Enumerator::Values(map.keys().map(Value::from).collect()),
            Some(Tree::List(list)) => Enumerator::Seq(list.len()),
            _ => Enumerator::NonEnumerable,
        }
    }
}

/// A field that may differ between environments: nothing to look at, only to print.
#[derive(Debug)]
struct Knob {
    tape: Shared,
    field: FieldRef,
    via: Via,
}

fn asked(path: &str) -> String {
    format!(
        "`values.{path}` may differ between environments, so nothing can be decided by it; use `when()` or `unless()`"
    )
}

/// A knob may be printed and asked for; a path that only leads to knobs may not.
fn whole(knob: &Knob) -> Result<FieldRef, Error> {
    if knob_at(&knob.field.path).is_some() {
        return Ok(knob.field.clone());
    }
    let below: Vec<_> =
        KNOBS.iter().map(|k| k.path).filter(|p| p.starts_with(&format!("{}.", knob.field.path))).collect();
    let message =
        format!("`values.{}` is no value itself; there are `values.{}`", knob.field.path, below.join("`, `values."));
    Err(Error::new(ErrorKind::InvalidOperation, message))
}

fn knob_value(tape: &Shared, field: FieldRef) -> Value {
    if knob_at(&field.path).is_none() && !knob_below(&field.path) {
        let fix = did_you_mean(&field.path, KNOBS.iter().map(|k| k.path));
        let fix = fix.map_or(String::new(), |f| format!("; {f}"));
        return refused(format!("`values.{}` is no value that may differ between environments{fix}", field.path));
    }
    Value::from_object(Knob { tape: tape.clone(), field, via: Via::Plain })
}

impl Object for Knob {
    fn repr(self: &Arc<Self>) -> ObjectRepr {
        ObjectRepr::Plain
    }

    fn get_value(self: &Arc<Self>, key: &Value) -> Option<Value> {
        let path = format!("{}.{}", self.field.path, key.as_str()?).into();
        let field = FieldRef { unit: self.field.unit.clone(), path };
        lock(&self.tape).touched.insert(field.clone());
        Some(knob_value(&self.tape, field))
    }

    fn is_true(self: &Arc<Self>) -> bool {
        lock(&self.tape).misused.push(self.field.clone());
        true
    }

    fn custom_cmp(self: &Arc<Self>, _: &DynObject) -> Option<std::cmp::Ordering> {
        lock(&self.tape).misused.push(self.field.clone());
        None
    }

    fn render(self: &Arc<Self>, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mark = lock(&self.tape).leaf(Leaf::Knob { field: self.field.clone(), via: self.via });
        f.write_str(&mark)
    }
}

fn functions(environment: &mut Environment<'static>, tape: &Shared) {
    // captured blocks and macros count as safe text only under some escaping; the formatter ignores which
    environment.set_auto_escape_callback(|_| AutoEscape::Html);
    let shared = tape.clone();
    environment.set_formatter(move |out: &mut Output, _: &mut State, value: &Value| format_value(&shared, out, value));
    for (name, when) in [("when", true), ("unless", false)] {
        environment.add_function(name, move |state: &mut State, value: Value, options: Kwargs| {
            region(state, &value, &options, when)
        });
    }
    for (name, via) in [
        ("checksum", Via::Checksum),
        ("text", Via::Text),
        ("digest", Via::Digest),
        ("json", Via::Json),
        ("bare", Via::Bare),
    ] {
        let shared = tape.clone();
        environment.add_filter(name, move |value: Value| printed_via(&shared, &value, via));
    }
    let shared = tape.clone();
    environment.add_function("existing", move |unit: &str, otherwise: String| {
        let field = FieldRef { unit: Arc::from(unit), path: Arc::from("existingSecret") };
        let mut tape = lock(&shared);
        tape.touched.insert(field.clone());
        Value::from_safe_string(tape.leaf(Leaf::Either { field, otherwise }))
    });
    environment.add_filter("compose", |value: Value| {
        plain(&value).map(|json| Value::from(minijinja::value::Serde(doubled(json))))
    });
    environment
        .add_filter("volume", |path: String| path.trim_matches('/').replace(['/', '_', '.'], "-").to_lowercase());
    // a part that is written for one depth, at another: a CronJob's pod lies deeper than a Job's
    environment.add_filter("shift", |text: String, width: usize| Value::from_safe_string(shifted(&text, width)));
    // as the kernel writes ports in /proc/net/tcp
    environment.add_filter("hex", |port: u16| format!("{port:04X}"));
    environment.add_filter("variable", |name: String| name.to_uppercase().replace('-', "_"));
    environment.add_filter("relative", |path: String, from: String| crate::base::paths::relative(&path, &from));
}

fn shifted(text: &str, width: usize) -> String {
    let pad = " ".repeat(width);
    text.split_inclusive('\n').map(|l| if l.trim().is_empty() { l.to_owned() } else { format!("{pad}{l}") }).collect()
}

/// Compose expands a dollar sign, unless it is doubled.
fn doubled(value: Json) -> Json {
    match value {
        Json::String(text) => Json::String(text.replace('$', "$$")),
        Json::Array(list) => list.into_iter().map(doubled).collect(),
        other => other,
    }
}

/// A value with a way of printing, as a finished mark.
fn printed_via(tape: &Shared, value: &Value, via: Via) -> Result<Value, Error> {
    if let Some(knob) = value.downcast_object_ref::<Knob>() {
        return Ok(Value::from_object(Knob { tape: tape.clone(), field: whole(knob)?, via }));
    }
    if matches!(via, Via::Checksum | Via::Digest) {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "`checksum` and `digest` are for values that may differ between environments",
        ));
    }
    let leaf = Leaf::Const { value: plain(value)?, via };
    Ok(Value::from_safe_string(lock(tape).leaf(leaf)))
}

fn format_value(tape: &Shared, out: &mut Output, value: &Value) -> Result<(), Error> {
    if value.is_safe() {
        return Ok(out.write_str(value.as_str().unwrap_or_default())?);
    }
    if let Some(knob) = value.downcast_object_ref::<Knob>() {
        let mark = lock(tape).leaf(Leaf::Knob { field: whole(knob)?, via: knob.via });
        return Ok(out.write_str(&mark)?);
    }
    let leaf = Leaf::Const { value: plain(value)?, via: Via::Plain };
    let mark = lock(tape).leaf(leaf);
    Ok(out.write_str(&mark)?)
}

fn plain(value: &Value) -> Result<Json, Error> {
    if let Some(view) = value.downcast_object_ref::<View>() {
        let field = FieldRef { unit: view.root.unit.clone(), path: view.path.clone() };
        lock(&view.tape).read(field);
        return Ok(view.json());
    }
    match value.kind() {
        ValueKind::Undefined => Err(Error::new(ErrorKind::UndefinedError, "the value is not there")),
        ValueKind::None => Err(Error::new(ErrorKind::UndefinedError, "the value is null")),
        // an error that was stored as a value comes out here
        ValueKind::Invalid => Err(Error::new(ErrorKind::InvalidOperation, value.to_string())),
        _ => serde_json::to_value(minijinja::value::Serde(value.clone()).0)
            .map_err(|e| Error::new(ErrorKind::BadSerialization, e.to_string())),
    }
}

fn region(state: &mut State, value: &Value, options: &Kwargs, when: bool) -> Result<Value, Error> {
    let Some(knob) = value.downcast_object_ref::<Knob>() else {
        return Err(Error::new(
            ErrorKind::InvalidOperation,
            "`when` and `unless` ask for a value that may differ between environments; use `{% if %}` for structure",
        ));
    };
    let (tape, field) = (knob.tape.clone(), whole(knob)?);
    let caller: Value = options.get("caller")?;
    options.assert_all_used()?;
    let number = lock(&tape).region(field, when, mark::Place::default());
    let body = caller.call(state, &[])?.to_string();
    let (place, body) = body.strip_prefix(TAG).and_then(mark::place).unwrap_or((mark::Place::default(), &body));
    lock(&tape).regions[number].place = place;
    let (open, body) = (mark::REGION, body.trim_matches('\n'));
    let pad = " ".repeat(mark::indent(body));
    Ok(Value::from_safe_string(format!("{pad}{open}+{number}\n{body}\n{pad}{open}-{number}\n")))
}
