//! `bowline tasks`: what the documents ask for and no task names yet. It only appends.

mod written;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Sources};
use crate::model::app::{App, Role, Unit};
use crate::model::catalogue::{Entry, Layer, Possible};
use crate::model::ids::{FeatureId, Identity, TaskId};
use crate::model::workspace::{Documents, TaskForm, TaskKind};
use crate::read::verbs;

use super::build::{cited, feature_of};
use super::form::{Line, Writer};
use super::names;
use super::shaping;
use super::tasks::{Action, Graph};

/// Kinds that run pods.
const WORKLOADS: [&str; 4] = ["Deployment", "StatefulSet", "Job", "CronJob"];

/// Text that goes to the end of one file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Addition {
    /// Relative to the workspace.
    pub path: String,
    /// `None` for a file that does not exist yet.
    pub file: Option<FileId>,
    /// Where the text is inserted: the length of the file in bytes.
    pub offset: usize,
    pub text: String,
    /// The new tasks, in order.
    pub tasks: Vec<TaskId>,
}

/// Everything that tasks are derived from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub documents: &'a Documents,
    pub sources: &'a Sources,
    pub app: &'a App,
    pub entries: &'a [Entry],
    pub possible: &'a [Possible],
    pub graph: &'a Graph,
    /// Whether a file stands at a workspace-relative path: what was made and is no longer asked for is removed.
    pub exists: &'a dyn Fn(&str) -> bool,
}

/// What was derived.
#[derive(Clone, Debug, Default)]
pub struct Derived {
    /// One for each file.
    pub additions: Vec<Addition>,
    /// Files to which nothing can be appended, because it would not be read as tasks.
    pub refused: Vec<Diagnostic>,
}

/// The tasks that are missing, as one addition for each file. Applied and asked again, nothing is missing.
pub fn derive(given: Given<'_>) -> Vec<Addition> {
    derive_besides(given, &BTreeSet::new()).additions
}

/// The same; `taken` are ids that are known from elsewhere, such as the stamps of files, and are not given again.
pub fn derive_besides(given: Given<'_>, taken: &BTreeSet<TaskId>) -> Derived {
    let mut deriver = Deriver {
        given,
        taken,
        files: BTreeMap::new(),
        made: BTreeMap::new(),
        ids: BTreeMap::new(),
        actions: BTreeMap::new(),
        implied: BTreeMap::new(),
    };
    deriver.known();
    let missing: BTreeSet<&Identity> = given.graph.missing.iter().collect();
    let mut waiting: BTreeMap<&str, Vec<&Possible>> = BTreeMap::new();
    for artifact in given.possible.iter().filter(|p| missing.contains(&p.identity)) {
        waiting.entry(&artifact.identity.unit).or_default().push(artifact);
    }
    if !waiting.is_empty() {
        for unit in by_needs(given.app) {
            deriver.unit(unit, waiting.remove(unit.name.as_str()).unwrap_or_default());
        }
    }
    deriver.removals();
    deriver.finish()
}

/// Files that a task made and that the app no longer has: [`derive`] answers each task with one that removes them.
/// A path that was never made is a mistake, and stays one.
pub fn vanished(given: Given<'_>) -> BTreeMap<TaskId, Vec<String>> {
    let Given { graph, app, entries, exists, .. } = given;
    let mut gone: BTreeMap<TaskId, Vec<String>> = BTreeMap::new();
    for (task, path, _) in &graph.unknown {
        let node = graph.task(*task);
        if names::gone(path, app, entries).is_some() && (node.task.done || exists(path)) {
            gone.entry(node.id().clone()).or_default().push(path.clone());
        }
    }
    gone
}

struct Deriver<'a> {
    given: Given<'a>,
    taken: &'a BTreeSet<TaskId>,
    files: BTreeMap<FeatureId, (Writer, Vec<TaskId>)>,
    /// The files that the new tasks of a feature make.
    made: BTreeMap<FeatureId, BTreeSet<String>>,
    /// The task that makes each artifact.
    ids: BTreeMap<Identity, TaskId>,
    /// The tasks that run something for a unit.
    actions: BTreeMap<(Action, String), TaskId>,
    /// What comes before a new task, directly or not.
    implied: BTreeMap<TaskId, BTreeSet<TaskId>>,
}

impl<'a> Deriver<'a> {
    fn known(&mut self) {
        let graph = self.given.graph;
        for (identity, owners) in &graph.owners {
            if let Some(first) = owners.first() {
                self.ids.insert(identity.clone(), graph.task(*first).id().clone());
            }
        }
        for node in &graph.tasks {
            for run in &node.claims().runs {
                self.actions.entry(run.clone()).or_insert_with(|| node.id().clone());
            }
        }
    }

    fn unit(&mut self, unit: &'a Unit, mut waiting: Vec<&Possible>) {
        let kinds: BTreeSet<&str> = waiting.iter().map(|p| p.identity.kind.as_str()).collect();
        while !waiting.is_empty() {
            // what others of the unit come after goes first; a circle is cut at its first artifact
            let names: BTreeSet<&str> = waiting.iter().map(|p| p.identity.kind.as_str()).collect();
            let free = waiting
                .iter()
                .position(|p| self.after(p, unit).iter().all(|(u, k)| u != &unit.name || !names.contains(k)));
            let next = waiting.remove(free.unwrap_or(0));
            self.artifact(next, unit);
        }
        let whole = kinds.contains("Namespace") || WORKLOADS.iter().any(|k| kinds.contains(k));
        if whole {
            self.runs(unit);
        }
    }

    /// The tasks that make artifacts of a kind in a unit.
    fn makers(&self, unit: &str, kind: &str) -> Vec<TaskId> {
        let from = Identity::new(unit, kind, None);
        let alike = self.ids.range(from..).take_while(|(i, _)| i.unit == unit && i.kind == kind);
        alike.map(|(_, id)| id.clone()).collect()
    }

    /// Units and kinds that an artifact comes after.
    fn after(&self, artifact: &Possible, unit: &'a Unit) -> Vec<(String, &'a str)> {
        let entry: Option<&'a Entry> = self.given.entries.get(artifact.entry);
        let own = self.given.app.own().map_or(&self.given.app.name, |u| &u.name);
        let place = |after: &'a String| match after.strip_prefix("app:") {
            Some(kind) => (own.clone(), kind),
            None => (unit.name.clone(), after.as_str()),
        };
        entry.map(|e| e.after.iter().map(place).collect()).unwrap_or_default()
    }

    fn artifact(&mut self, artifact: &Possible, unit: &'a Unit) {
        let Some(entry) = self.given.entries.get(artifact.entry) else { return };
        let chart = artifact.paths.iter().find(|p| entry.layer == Layer::Kubernetes && p.starts_with("charts/"));
        let Some(path) = chart.or(artifact.paths.first()) else { return };
        let item = artifact.identity.name.as_deref().unwrap_or_default();
        let mut title = entry.task.replace("{unit}", &unit.name).replace("{item}", item);
        if verbs::kind(&title, Some(path)) != TaskKind::Produces {
            title = format!("Write the {} {}", unit.name, entry.kind);
        }
        let line =
            Line { title, path: Some(path.clone()), requirements: self.requirements(entry, unit), ..Line::default() };
        let mut waits: Vec<TaskId> = Vec::new();
        for (of, kind) in self.after(artifact, unit) {
            waits.extend(self.makers(&of, kind));
        }
        if WORKLOADS.contains(&entry.kind.as_str()) {
            for need in &unit.needs {
                waits.extend(WORKLOADS.iter().flat_map(|kind| self.makers(&need.unit, kind)));
            }
        }
        if let Some(id) = self.task(unit, line, waits) {
            self.ids.insert(artifact.identity.clone(), id);
        }
    }

    /// Image, load and apply tasks that the unit has not got.
    fn runs(&mut self, unit: &'a Unit) {
        let name = &unit.name;
        let made = |d: &Self, kind: &str| d.ids.get(&Identity::new(name, kind, None)).cloned();
        let done = |d: &Self, action, of: &str| d.actions.get(&(action, of.to_owned())).cloned();
        if unit.role == Role::App {
            let waits = made(self, "Namespace").into_iter().collect();
            let title = format!("Apply the Namespace of {name} and what all of it shares");
            return self.run(unit, Action::Apply, &title, waits);
        }
        if let Some(dockerfile) = made(self, "Dockerfile") {
            let path = format!("out/{}/images/{name}/Dockerfile", self.given.app.name);
            let waits = [Some(dockerfile), made(self, "Dockerignore")].into_iter().flatten().collect();
            self.run(unit, Action::Build, &format!("Build the {name} image from {path}"), waits);
            let waits = done(self, Action::Build, name).into_iter().collect();
            self.run(unit, Action::Load, &format!("Load the {name} image into the cluster"), waits);
        } else if let Some(path) = unit.own_dockerfile() {
            self.run(unit, Action::Build, &format!("Build the {name} image from {path}"), Vec::new());
            let waits = done(self, Action::Build, name).into_iter().collect();
            self.run(unit, Action::Load, &format!("Load the {name} image into the cluster"), waits);
        }
        let image = unit.union.get_str("image.from").unwrap_or(name);
        let own = self.given.app.own().map(|u| u.name.as_str());
        let before = unit.needs.iter().map(|n| n.unit.as_str()).chain(own);
        let needs = before.map(|n| done(self, Action::Apply, n));
        let workload = WORKLOADS.iter().find_map(|k| made(self, k));
        let waits: Vec<TaskId> = needs.chain([done(self, Action::Load, image), workload]).flatten().collect();
        let title = if unit.role == Role::Migration {
            format!("Run {name} and wait until it has completed")
        } else {
            format!("Apply {name} and wait until it is ready")
        };
        self.run(unit, Action::Apply, &title, waits);
    }

    fn run(&mut self, unit: &Unit, action: Action, title: &str, waits: Vec<TaskId>) {
        let key = (action, unit.name.clone());
        let mut line = Line { title: title.to_owned(), ..Line::default() };
        if action == Action::Build {
            line.requirements = self.cited_by(&["build".to_owned()], unit);
        }
        if !self.actions.contains_key(&key)
            && let Some(id) = self.task(unit, line, waits)
        {
            self.actions.insert(key, id);
        }
    }

    fn task(&mut self, unit: &Unit, line: Line, waits: Vec<TaskId>) -> Option<TaskId> {
        let heading = match unit.role {
            Role::App => format!("Namespace and chart of {}", unit.name),
            Role::Service => format!("Service {}", unit.name),
            Role::Resource => format!("Resource {}", unit.name),
            Role::Migration => format!("Migration {}", unit.name),
            Role::Backup => format!("Backup {}", unit.name),
        };
        let story = self.story(unit);
        self.append(&unit.feature, &heading, Line { story, ..line }, waits)
    }

    /// The story that every task of the unit so far is part of.
    fn story(&self, unit: &Unit) -> Option<String> {
        let ours = |i: &Identity| i.unit == unit.name;
        let all = self.given.graph.tasks.iter().filter(|n| {
            n.id().feature == unit.feature
                && (n.claims().makes.iter().any(ours) || n.claims().runs.iter().any(|(_, u)| *u == unit.name))
        });
        let stories: BTreeSet<Option<&String>> = all.map(|n| n.task.story.as_ref()).collect();
        match stories.into_iter().collect::<Vec<_>>()[..] {
            [Some(only)] => Some(only.clone()),
            _ => None,
        }
    }

    /// Requirements of the unit's feature behind the fields that shape a kind of artifact.
    fn requirements(&self, entry: &Entry, unit: &Unit) -> Vec<String> {
        let named = shaping::fields(&entry.kind).iter().map(|f| (*f).to_owned());
        let paths: Vec<String> = named.chain(entry.when.iter().map(|(path, _)| path.clone())).collect();
        self.cited_by(&paths, unit)
    }

    /// Requirements of the unit's feature that these fields of it cite.
    fn cited_by(&self, paths: &[String], unit: &Unit) -> Vec<String> {
        let mut found = BTreeSet::new();
        // what one environment overrides still rests on what the others say
        let models = || std::iter::once(&unit.union).chain(unit.environments.values());
        for node in paths.iter().flat_map(|p| models().filter_map(|m| m.get(p))) {
            cited(node, &mut |node, id| {
                let feature = feature_of(self.given.documents, node, &unit.feature).filter(|f| f.id == unit.feature);
                if feature.is_some_and(|f| f.requirements.iter().any(|r| r.id.id == id)) {
                    found.insert(id.to_owned());
                }
            });
        }
        found.into_iter().collect()
    }

    fn removals(&mut self) {
        for (task, paths) in vanished(self.given) {
            let graph = self.given.graph;
            let named = graph.get(&task).is_none_or(|ix| graph.task(ix).task.form != TaskForm::Positional);
            let reason =
                if named { format!("which {} made", task.id) } else { "which the spec no longer asks for".into() };
            let title = format!("Remove {}, {reason}", paths.join(" and "));
            self.append(&task.feature, "No longer asked for", Line { title, ..Line::default() }, Vec::new());
        }
    }
}

/// Units such that what a unit needs comes before it, else in the app's order.
fn by_needs(app: &App) -> Vec<&Unit> {
    let mut left: Vec<&Unit> = app.units.iter().collect();
    let mut order = Vec::with_capacity(left.len());
    while !left.is_empty() {
        let free =
            left.iter().position(|u| u.needs.iter().all(|n| n.unit == u.name || left.iter().all(|l| l.name != n.unit)));
        order.push(left.remove(free.unwrap_or(0)));
    }
    order
}
