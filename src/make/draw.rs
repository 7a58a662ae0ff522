//! Drawing: one artifact's template rendered once, and printed for each environment and for the chart.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Origin, Tree};
use crate::model::app::{App, Role, Unit};
use crate::model::catalogue::{Entry, Layer, Possible};
use crate::model::ids::{FeatureId, Identity, Ownership, RequirementId};
use crate::model::knobs::knob_at;
use crate::model::patch::Patch;

use super::helpers::{self, Helpers};
use super::image;
use super::mark::{FieldRef, Place};
use super::patch;
use super::print::{self, Line, Syntax, Target, Unprintable};
use super::set::TemplateSet;
use super::stamp;
use super::template::{Access, Rendered, Renderer, Root, Scope};

/// Everything that artifacts are made from.
#[derive(Clone, Copy)]
pub struct Inputs<'a> {
    pub app: &'a App,
    pub entries: &'a [Entry],
    pub possible: &'a [Possible],
    pub templates: &'a TemplateSet,
    /// Changes to single objects.
    pub patches: &'a [Patch],
    /// Who owns what; what nobody owns is not made.
    pub owners: &'a BTreeMap<Identity, Ownership>,
    /// Texts that the stamps' `source` digests.
    pub requirement_texts: &'a BTreeMap<RequirementId, String>,
    /// Content tag of each unit that is built, from [`super::image::tags`].
    pub tags: &'a BTreeMap<String, String>,
    /// Digest of the constitution, for Chart.yaml.
    pub constitution: Option<&'a str>,
    pub objects: Objects,
}

/// Which manifests are read back as objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Objects {
    All,
    /// What templates and patches of the user's own print, which no test of Bowline has read: enough to write files.
    Own,
}

/// One file before its stamp.
#[derive(Clone, Debug)]
pub struct File {
    pub path: String,
    pub environment: Option<String>,
    pub lines: Vec<Line>,
}

/// The files of one artifact, and what its template looked at.
#[derive(Clone, Debug)]
pub struct Drawn {
    /// Index into the possible artifacts.
    pub possible: usize,
    pub files: Vec<File>,
    pub touched: BTreeSet<FieldRef>,
    /// What it read about the chart, by name.
    pub facts: Arc<Json>,
    /// The owner, with the requirements that the artifact rests on.
    pub owner: Ownership,
}

impl Drawn {
    pub fn empty(possible: usize, owner: Ownership) -> Self {
        Self { possible, files: Vec::new(), touched: BTreeSet::new(), facts: Arc::default(), owner }
    }
}

/// The app with its image tags, and everything that is looked up often.
pub struct Studio<'a> {
    pub inputs: Inputs<'a>,
    pub app: App,
    pub unions: BTreeMap<String, Arc<Node>>,
    /// Where each unit stands in the app.
    index: BTreeMap<String, usize>,
    features: BTreeSet<FeatureId>,
    own: Arc<Node>,
    /// Nothing when no task makes the file that defines them.
    pub helpers: Option<Helpers>,
}

impl<'a> Studio<'a> {
    pub fn new(inputs: Inputs<'a>) -> Self {
        let mut app = inputs.app.clone();
        image::put_tags(&mut app, inputs.tags);
        let unions: BTreeMap<_, _> = app.units.iter().map(|u| (u.name.clone(), Arc::new(u.union.clone()))).collect();
        let mut own = app.own().map_or_else(|| Node::empty_map("the app"), |u| u.union.clone());
        for (field, value) in [("name", &app.name), ("namespace", &app.namespace), ("version", &app.version)] {
            own.put_default(field, Node::text(value.clone(), "the app's own"));
        }
        let features = inputs.owners.values().flat_map(|o| &o.tasks).map(|t| t.feature.clone()).collect();
        let index = app.units.iter().enumerate().map(|(at, u)| (u.name.clone(), at)).collect();
        let helped = inputs.owners.contains_key(&Identity::new(&app.name, helpers::KIND, None));
        let helpers = helped.then(|| Helpers::new(&app));
        Self { inputs, app, unions, index, features, own: Arc::new(own), helpers }
    }

    pub fn entry(&self, possible: usize) -> &Entry {
        &self.inputs.entries[self.inputs.possible[possible].entry]
    }

    pub fn unit(&self, possible: usize) -> Option<&Unit> {
        self.named(&self.inputs.possible[possible].identity.unit)
    }

    pub fn owner(&self, possible: usize) -> Option<&Ownership> {
        self.inputs.owners.get(&self.inputs.possible[possible].identity)
    }

    /// The unit of that name.
    pub fn named(&self, name: &str) -> Option<&Unit> {
        self.app.units.get(*self.index.get(name)?)
    }

    /// A unit's model in an environment.
    pub fn model(&self, unit: &str, environment: &str) -> Option<&Node> {
        self.named(unit).map(|u| u.environments.get(environment).unwrap_or(&u.union))
    }

    /// Whether the chart offers a knob.
    pub fn offered(&self, field: &FieldRef) -> bool {
        self.unions.get(&*field.unit).is_some_and(|union| print::offered(field, union))
    }

    /// The environment that a path of an artifact belongs to: the table of paths lists them in order.
    fn environment(&self, entry: &Entry, index: usize) -> Option<&str> {
        let each = entry.layer == Layer::Kubernetes || entry.file.contains("{environment}");
        self.app.environments.get(index).filter(|_| each).map(String::as_str)
    }

    fn scope(
        &self,
        possible: usize,
        unit: &Unit,
        owner: &Ownership,
        facts: &BTreeMap<&'static str, Arc<Node>>,
    ) -> Scope {
        let role = unit.role.name();
        let about = json!({ "name": unit.name, "key": unit.key, "role": role, "instance": instance(&self.app, unit) });
        let fact = |name: &'static str, node: Arc<Node>| {
            (name, Root { unit: Arc::from(""), prefix: name, node, access: Access::Facts, at: Vec::new() })
        };
        let name: Arc<str> = Arc::from(unit.name.as_str());
        let union = self.unions.get(&unit.name).cloned().unwrap_or_else(|| self.own.clone());
        let stamp = stamp::of(owner, self.inputs.requirement_texts);
        let mut scope = Scope::from([
            (
                "app",
                Root {
                    unit: Arc::from(self.app.name.as_str()),
                    prefix: "",
                    node: self.own.clone(),
                    access: Access::Structure,
                    at: Vec::new(),
                },
            ),
            (
                "service",
                Root { unit: name.clone(), prefix: "", node: union.clone(), access: Access::Structure, at: Vec::new() },
            ),
            ("values", Root { unit: name, prefix: "", node: union, access: Access::Values, at: Vec::new() }),
            fact("unit", Arc::new(tree(&about, "the unit itself", unit.union.origin.clone()))),
            // services, resources and migrations of the default environment, whole: for compose.yaml
            (
                "parts",
                Root {
                    unit: Arc::from(self.app.name.as_str()),
                    prefix: "",
                    node: self.own.clone(),
                    access: Access::Facts,
                    at: Vec::new(),
                },
            ),
            fact("stamp", Arc::new(stamp::facts(owner, &stamp, &self.features))),
        ]);
        if let (Some(list), Some(item)) = (&self.entry(possible).each, self.inputs.possible[possible].item)
            && let Some(root) = scope.get("service")
        {
            let way = list.split('.').map(str::to_owned).chain([item.to_string()]).collect();
            let root = Root { at: way, ..root.clone() };
            scope.insert("item", root);
        }
        scope.extend(facts.iter().map(|(name, node)| fact(name, node.clone())));
        scope
    }

    /// Draws an artifact for its owner; nothing without one.
    ///
    /// # Errors
    /// As [`Studio::draw_for`].
    pub fn draw(
        &self,
        renderer: &Renderer,
        possible: usize,
        facts: &BTreeMap<&'static str, Arc<Node>>,
        only: Option<usize>,
    ) -> Result<Drawn, Box<Diagnostic>> {
        match self.owner(possible) {
            // what is drawn path by path lists or documents the rest: it rests on all that its unit cites
            Some(owner) if only.is_some() => {
                self.draw_for(renderer, possible, &owner.resting_on(|_| true), facts, only)
            }
            Some(owner) => {
                let wide = owner.resting_on(|_| true);
                let Some(once) = self.render(renderer, possible, &wide, facts)? else {
                    return Ok(Drawn::empty(possible, wide));
                };
                let cited = self.cited(&once.tape.touched);
                let narrow = owner.resting_on(|r| cited.contains(r.id.as_str()));
                if narrow == wide {
                    self.print(possible, &wide, once, None)
                } else {
                    self.draw_for(renderer, possible, &narrow, facts, None)
                }
            }
            None => Ok(Drawn::empty(possible, Ownership::default())),
        }
    }

    /// Ids of the requirements that fields cite: their own lines, in any environment, and all below them.
    fn cited(&self, touched: &BTreeSet<FieldRef>) -> BTreeSet<&str> {
        let mut ids = BTreeSet::new();
        for field in touched.iter().filter(|f| !f.path.is_empty()) {
            let Some(unit) = self.named(&field.unit) else { continue };
            for model in unit.environments.values().chain([&unit.union]) {
                if let Some(node) = model.get(&field.path) {
                    below(node, &mut ids);
                }
            }
        }
        ids
    }

    /// Draws an artifact. `facts` are further names that its template may read; `only` limits it to one path.
    ///
    /// # Errors
    /// What the template does wrong, or what cannot be printed.
    pub fn draw_for(
        &self,
        renderer: &Renderer,
        possible: usize,
        owner: &Ownership,
        facts: &BTreeMap<&'static str, Arc<Node>>,
        only: Option<usize>,
    ) -> Result<Drawn, Box<Diagnostic>> {
        match self.render(renderer, possible, owner, facts)? {
            Some(once) => self.print(possible, owner, once, only),
            None => Ok(Drawn::empty(possible, owner.clone())),
        }
    }

    /// The rendering of an artifact; nothing where its unit is none of the app's.
    fn render(
        &self,
        renderer: &Renderer,
        possible: usize,
        owner: &Ownership,
        facts: &BTreeMap<&'static str, Arc<Node>>,
    ) -> Result<Option<Rendered>, Box<Diagnostic>> {
        let Some(unit) = self.unit(possible) else { return Ok(None) };
        let scope = self.scope(possible, unit, owner, facts);
        renderer.render(self.inputs.templates, &self.entry(possible).template, &scope).map(Some)
    }

    /// The files that a rendering becomes.
    fn print(
        &self,
        possible: usize,
        owner: &Ownership,
        once: Rendered,
        only: Option<usize>,
    ) -> Result<Drawn, Box<Diagnostic>> {
        let mut out = Drawn::empty(possible, owner.clone());
        let Some(unit) = self.unit(possible) else { return Ok(out) };
        let entry = self.entry(possible);
        let key = |unit: &str| self.named(unit).map_or("", |u| u.key.as_str());
        let reference = |field: &FieldRef| format!(".Values.{}.{}", key(&field.unit), field.path);
        let offered = |field: &FieldRef| self.offered(field);
        for (index, path) in self.inputs.possible[possible].paths.iter().enumerate() {
            if only.is_some_and(|only| only != index) {
                continue;
            }
            let environment = self.environment(entry, index);
            let syntax = Syntax::of(path);
            let templated = in_chart(path);
            let within = environment.unwrap_or(&self.app.default_environment);
            let value = |field: &FieldRef| {
                self.model(&field.unit, within).and_then(|n| n.get(&field.path)).map_or(Json::Null, Node::json)
            };
            let target = if templated {
                Target::Chart { reference: &reference, offered: &offered }
            } else {
                Target::Environment(&value)
            };
            let mut lines =
                print::print(&once, target, syntax).map_err(|e| Box::new(self.unprintable(&e, environment)))?;
            if lines.is_empty() && entry.layer == Layer::Kubernetes {
                continue;
            }
            self.patch(possible, templated, &mut lines)?;
            if templated && entry.kind != helpers::KIND {
                self.helpers.iter().for_each(|h| h.fold(&mut lines));
                self.switch(unit, entry, &mut lines);
            }
            out.files.push(File { path: path.clone(), environment: environment.map(str::to_owned), lines });
        }
        out.touched = once.tape.touched;
        Ok(out)
    }

    /// The patches of an artifact.
    pub fn patches(&self, possible: usize) -> impl Iterator<Item = &'a Patch> {
        let identity = &self.inputs.possible[possible].identity;
        self.inputs.patches.iter().filter(move |p| p.object == *identity)
    }

    fn patch(&self, possible: usize, chart: bool, lines: &mut Vec<Line>) -> Result<(), Box<Diagnostic>> {
        for change in self.patches(possible) {
            if let Some(index) = self.inputs.templates.index(&change.name) {
                patch::apply(lines, change, index, &self.inputs.templates.templates[index].text, chart)?;
            }
        }
        Ok(())
    }

    /// Wraps a chart template in the switch of its unit.
    fn switch(&self, unit: &Unit, entry: &Entry, lines: &mut Vec<Line>) {
        let template = self.inputs.templates.index(&entry.template).unwrap_or_default();
        let line = |text: String| Line {
            text,
            place: Place { template, line: 1 },
            fields: vec![FieldRef { unit: Arc::from(unit.name.as_str()), path: Arc::from("enabled") }],
        };
        lines.insert(0, line(format!("{{{{- if .Values.{}.enabled }}}}", unit.key)));
        lines.push(line("{{- end }}".to_owned()));
    }

    fn unprintable(&self, error: &Unprintable, environment: Option<&str>) -> Diagnostic {
        let name = self.inputs.templates.templates.get(error.place.template).map_or("", |t| t.name.as_str());
        let where_ = environment.map_or_else(String::new, |e| format!(" in the environment `{e}`"));
        let field = error.field.as_ref().and_then(|f| self.unions.get(&*f.unit)?.get(&f.path));
        Diagnostic::error(
            "template-value",
            format!("`templates/{name}` line {}{where_}: {}", error.place.line, error.what),
        )
        .at(self.inputs.templates.span(name, error.place.line), "printed here")
        .and(field.and_then(Node::span), "set here for other environments")
        .fix("give the value in every environment, or print it only where it stands")
    }
}

fn below<'n>(node: &'n Node, ids: &mut BTreeSet<&'n str>) {
    ids.extend(node.requirements.iter().map(String::as_str));
    match &node.tree {
        Tree::List(list) => list.iter().for_each(|n| below(n, ids)),
        Tree::Map(map) => map.values().for_each(|n| below(n, ids)),
        _ => {}
    }
}

/// Whether Helm renders the file.
pub fn in_chart(path: &str) -> bool {
    path.strip_prefix("charts/").is_some_and(|p| p.split('/').nth(1) == Some("templates"))
}

/// The instance label of a unit: its release's name when each unit is a release.
pub fn instance(app: &App, unit: &Unit) -> String {
    if unit.role == Role::App { app.name.clone() } else { format!("{}-{}", app.name, unit.name) }
}

/// Facts as a tree that remembers one origin.
pub fn tree(value: &serde_json::Value, why: &str, origin: Origin) -> Node {
    let mut node = Node::from_json(value, why);
    node.origin = origin;
    node
}

/// Knobs that the lines of chart templates print or ask for.
pub fn knobs_of(lines: &[Line]) -> impl Iterator<Item = &FieldRef> {
    lines.iter().flat_map(|l| &l.fields).filter(|f| !f.unit.is_empty() && knob_at(&f.path).is_some())
}
