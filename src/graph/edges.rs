//! What comes before what, and how that is known.

use std::collections::BTreeMap;
use std::ops::Range;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::id_index::IdIndex;
use crate::base::source::Span;
use crate::model::app::App;
use crate::model::catalogue::{Entry, Layer, Possible};
use crate::model::ids::{FeatureId, Identity};
use crate::model::workspace::{Documents, Feature, OrderStatement};

use super::by_feature::ByFeature;
use super::foreign::{Features, Wanted, unknown};
use super::infer;
use super::tasks::{Action, Edge, Evidence, Graph, Join, TaskIx, TaskNode};

/// Kinds that run pods.
const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "Job", "CronJob", "DaemonSet"];

/// How many unknown ids of a feature are looked up among its tasks, to say which one may be meant.
const MOST_NEAR: usize = 20;

/// Collects edges, at most one between two tasks, the strongest; and the joins of groups.
pub(super) fn edges(
    graph: &Graph,
    documents: &Documents,
    app: Option<&App>,
    entries: &[Entry],
    possible: &[Possible],
    out: &mut Vec<Diagnostic>,
) -> (Vec<Edge>, Vec<Join>) {
    let features = ByFeature::new(graph);
    let mut collector = Collector { graph, edges: Vec::new(), joins: Vec::new() };
    let ids = Ids::new(&features);
    collector.edges = declared(&features, &ids, out);
    collector.statements(documents, &ids);
    if let Some(app) = app {
        collector.artifacts(app, entries, possible);
        collector.needs(app);
        collector.runs(app, entries, possible);
    }
    collector.mentions();
    collector.edges.extend(infer::same_file(&features));
    if app.is_none() {
        collector.edges.extend(infer::stages(&features));
    }
    collector.phases(&features);
    let Collector { mut edges, joins, .. } = collector;
    edges.sort_by_key(|e| (e.from, e.to, !e.hard, e.evidence));
    edges.dedup_by_key(|e| (e.from, e.to));
    (edges, joins)
}

/// Tasks by feature and id.
struct Ids<'a>(BTreeMap<&'a FeatureId, OfFeature<'a>>);

/// The tasks of a feature, in their order, and their ids.
struct OfFeature<'a> {
    tasks: Vec<TaskIx>,
    index: IdIndex<'a>,
}

impl OfFeature<'_> {
    fn get(&self, id: &str) -> Option<TaskIx> {
        self.index.get(id).map(|at| self.tasks[at])
    }
}

impl<'a> Ids<'a> {
    fn new(features: &ByFeature<'a>) -> Self {
        let graph = features.graph;
        let mut tasks: BTreeMap<&FeatureId, Vec<TaskIx>> = BTreeMap::new();
        for (feature, range) in features.ids().zip(&features.ranges) {
            tasks.entry(feature).or_default().extend(range.clone().map(TaskIx::new));
        }
        let of = |(feature, tasks): (&'a FeatureId, Vec<TaskIx>)| {
            let index = IdIndex::new(tasks.iter().map(|ix| graph.task(*ix).id().id.as_str()));
            (feature, OfFeature { tasks, index })
        };
        Self(tasks.into_par_iter().map(of).collect::<Vec<_>>().into_iter().collect())
    }

    fn of(&self, feature: &FeatureId) -> Option<&OfFeature<'a>> {
        self.0.get(feature)
    }
}

/// `depends on` and `blocks` of each task.
fn declared(by_feature: &ByFeature<'_>, ids: &Ids<'_>, out: &mut Vec<Diagnostic>) -> Vec<Edge> {
    let graph = by_feature.graph;
    let features = Features::new(by_feature);
    let found = by_feature.each(|graph, range| {
        let mut found = Vec::new();
        for ix in range.map(TaskIx::new) {
            let task = &graph.task(ix).task;
            let lists = [("depends on", &task.depends_on), ("blocks", &task.blocks)];
            for (verb, (written, span)) in lists.into_iter().flat_map(|(v, l)| l.iter().map(move |w| (v, w))) {
                let (of, id) = features.of(&task.id.feature, written);
                let other = if let [feature] = of[..] { ids.of(feature).and_then(|i| i.get(id)) } else { None };
                found.push(match other {
                    Some(other) => {
                        let (from, to) = if verb == "blocks" { (ix, other) } else { (other, ix) };
                        let why = ["`", &task.id.id, "` ", verb, " `", written, "`"].concat();
                        Ok(Edge { from, to, evidence: Evidence::Declared, hard: true, why, span: Some(*span) })
                    }
                    None => Err((&task.id, of, Wanted { verb, written, span: *span, near: false })),
                });
            }
        }
        found
    });
    let mut unknown_of: BTreeMap<&FeatureId, usize> = BTreeMap::new();
    let mut edges = Vec::with_capacity(found.len());
    for one in found {
        match one {
            Ok(edge) => edges.push(edge),
            Err((task, of, wanted)) => {
                let count = unknown_of.entry(&task.feature).or_default();
                *count += 1;
                out.push(unknown(graph, task, &Wanted { near: *count <= MOST_NEAR, ..wanted }, &of));
            }
        }
    }
    edges
}

struct Collector<'a> {
    graph: &'a Graph,
    edges: Vec<Edge>,
    joins: Vec<Join>,
}

impl Collector<'_> {
    fn inferred(&mut self, from: TaskIx, to: TaskIx, hard: bool, why: impl FnOnce() -> String, span: Option<Span>) {
        // a task that does both needs no order
        if from != to {
            self.edges.push(Edge { from, to, evidence: Evidence::Inferred, hard, why: why(), span });
        }
    }

    /// What the tasks files say about phases, stories and ranges of tasks.
    fn statements(&mut self, documents: &Documents, ids: &Ids<'_>) {
        let graph = self.graph;
        let of = |feature: &Feature| {
            let ids = ids.of(&feature.id)?;
            Some(feature.statements.iter().map(|statement| said(graph, statement, ids)).collect::<Vec<_>>())
        };
        let said: Vec<_> = documents.features.par_iter().filter_map(of).collect();
        said.into_iter().flatten().for_each(|join| self.link(join));
    }

    /// Every task of `before` comes before every one of `after`: by edges where they are few, else by a join.
    fn link(&mut self, join: Join) {
        if join.before.len() * join.after.len() <= join.before.len() + join.after.len() {
            for from in &join.before {
                self.edges.extend(join.after.iter().map(|to| join.edge(*from, *to)));
            }
        } else {
            self.joins.push(join);
        }
    }

    /// The tasks that make artifacts of a kind in a unit.
    fn makers(&self, unit: &str, kind: &str) -> Vec<TaskIx> {
        let from = Identity::new(unit, kind, None);
        let of_kind = self.graph.owners.range(from..).take_while(|(i, _)| i.unit == unit && i.kind == kind);
        of_kind.filter_map(|(_, owners)| owners.first().copied()).collect()
    }

    /// The catalogue's `after`, and everything in a namespace after the Namespace.
    fn artifacts(&mut self, app: &App, entries: &[Entry], possible: &[Possible]) {
        let own = app.own().map_or(app.name.as_str(), |u| u.name.as_str());
        let namespace = self.makers(own, "Namespace").first().copied();
        for artifact in possible {
            let Some(entry) = entries.get(artifact.entry) else { continue };
            let Some(to) = self.graph.owners.get(&artifact.identity).and_then(|o| o.first()).copied() else { continue };
            for after in &entry.after {
                let (unit, kind) =
                    after.strip_prefix("app:").map_or((artifact.identity.unit.as_str(), &**after), |k| (own, k));
                for from in self.makers(unit, kind) {
                    let why = || format!("`{}` comes after `{unit}/{kind}`", artifact.identity);
                    self.inferred(from, to, kind == "CustomResourceDefinition", why, None);
                }
            }
            let member = entry.layer == Layer::Kubernetes && !matches!(&*entry.kind, "Namespace" | "Kustomization");
            if let Some(from) = namespace.filter(|_| member) {
                let why = || format!("`{}` lives in the namespace `{}`", artifact.identity, app.namespace);
                self.inferred(from, to, true, why, None);
            }
        }
    }

    /// `dependsOn` of each unit, between the workloads.
    fn needs(&mut self, app: &App) {
        let workloads =
            |c: &Self, unit: &str| -> Vec<TaskIx> { WORKLOADS.iter().flat_map(|k| c.makers(unit, k)).collect() };
        for unit in &app.units {
            for need in &unit.needs {
                for from in workloads(self, &need.unit) {
                    for to in workloads(self, &unit.name) {
                        self.inferred(from, to, false, || format!("`{}` needs `{}`", unit.name, need.unit), need.span);
                    }
                }
            }
        }
    }

    /// Dockerfile, build, load, apply, verify; a unit is applied after those that it needs.
    fn runs(&mut self, app: &App, entries: &[Entry], possible: &[Possible]) {
        let mut doing: BTreeMap<Action, BTreeMap<&str, Vec<TaskIx>>> = BTreeMap::new();
        for ix in self.graph.indices() {
            for (action, unit) in &self.graph.task(ix).claims().runs {
                doing.entry(*action).or_default().entry(unit).or_default().push(ix);
            }
        }
        let all = |unit: &str, action: Action| -> Vec<TaskIx> {
            doing.get(&action).and_then(|units| units.get(unit)).cloned().unwrap_or_default()
        };
        for artifact in possible {
            let unit = artifact.identity.unit.as_str();
            let Some(owner) = self.graph.owners.get(&artifact.identity).and_then(|o| o.first()).copied() else {
                continue;
            };
            let action = match entries.get(artifact.entry).map(|e| e.layer) {
                Some(Layer::Docker) => Action::Build,
                Some(_) => Action::Apply,
                None => continue,
            };
            for to in all(unit, action) {
                self.inferred(
                    owner,
                    to,
                    false,
                    || format!("to {} `{unit}` takes `{}`", action.name(), artifact.identity),
                    None,
                );
            }
        }
        for unit in &app.units {
            let name = unit.name.as_str();
            let image = unit.union.get_str("image.from").unwrap_or(name);
            let steps = [
                (all(name, Action::Build), all(name, Action::Load)),
                (all(image, Action::Load), all(name, Action::Apply)),
                (all(name, Action::Apply), all(name, Action::Verify)),
            ];
            for (before, after) in steps {
                self.each(&before, &after, None, || {
                    format!("`{name}` is built, loaded, applied and verified in this order")
                });
            }
            if let Some(own) = app.own().filter(|own| own.name != unit.name) {
                let before = all(&own.name, Action::Apply);
                self.each(&before, &all(name, Action::Apply), None, || {
                    format!("`{name}` lives in the namespace that is applied first")
                });
            }
            for need in &unit.needs {
                let before = all(&need.unit, Action::Apply);
                self.each(&before, &all(name, Action::Apply), need.span, || format!("`{name}` needs `{}`", need.unit));
            }
        }
    }

    fn each(&mut self, before: &[TaskIx], after: &[TaskIx], span: Option<Span>, why: impl Fn() -> String) {
        for from in before {
            for to in after {
                self.inferred(*from, *to, false, &why, span);
            }
        }
    }

    /// Who changes, uses or removes what another makes comes after.
    fn mentions(&mut self) {
        let graph = self.graph;
        for to in graph.indices() {
            let node = graph.task(to);
            let claims = node.claims();
            let lists = [("changes", &claims.edits), ("uses", &claims.uses), ("removes", &claims.removes)];
            for (verb, identity) in lists.into_iter().flat_map(|(v, list)| list.iter().map(move |i| (v, i))) {
                if let Some(from) = graph.owners.get(identity).and_then(|o| o.first()) {
                    let why = || {
                        format!("`{}` {verb} `{identity}`, which `{}` makes", node.id().id, graph.task(*from).id().id)
                    };
                    self.inferred(*from, to, false, why, None);
                }
            }
        }
    }

    /// A phase comes after the one before it; within a phase, the order of the lines is a habit and no edge.
    fn phases(&mut self, features: &ByFeature<'_>) {
        for join in features.each(phases_of) {
            self.link(join);
        }
    }
}

/// What a statement says of the tasks that it names.
fn said(graph: &Graph, statement: &OrderStatement, ids: &OfFeature<'_>) -> Join {
    let of = |list: &[String]| {
        let mut all: Vec<TaskIx> = list.iter().filter_map(|id| ids.get(id)).collect();
        all.sort_unstable();
        all.dedup();
        all
    };
    let (before, after) = (of(&statement.before), of(&statement.after));
    let evidence = if statement.about_groups { Evidence::DeclaredGroup } else { Evidence::Declared };
    let come = if before.len() == 1 { "comes" } else { "come" };
    let why = format!("{} {come} before {}", graph.shown(&before), graph.shown(&after));
    Join { before, after, evidence, hard: evidence == Evidence::Declared, why, span: Some(statement.span) }
}

fn phases_of(graph: &Graph, tasks: Range<usize>) -> Vec<Join> {
    let all: Vec<TaskIx> = tasks.map(TaskIx::new).collect();
    let phases: Vec<&[TaskIx]> = all.chunk_by(|a, b| graph.task(*a).task.phase == graph.task(*b).task.phase).collect();
    let joins = phases.windows(2).map(|pair| {
        let (before, after) = (pair[0].to_vec(), pair[1].to_vec());
        let why = format!("`{}` comes before `{}`", title(graph.task(before[0])), title(graph.task(after[0])));
        Join { before, after, evidence: Evidence::PhaseOrder, hard: false, why, span: None }
    });
    joins.collect()
}

fn title(node: &TaskNode) -> &str {
    if node.task.phase_title.is_empty() { "the beginning of the file" } else { &node.task.phase_title }
}

/// Steps of a circle that are shown; of a longer one the first and the last.
const MOST_STEPS: usize = 24;

/// A circle of hard edges, as its path with a line for each step.
pub(super) fn cycle(graph: &Graph, edges: &[Edge]) -> Diagnostic {
    let of = |ix: TaskIx| graph.task(ix).id();
    let one = edges.windows(2).all(|w| of(w[0].from).feature == of(w[1].from).feature);
    let name = |ix: TaskIx| if one { of(ix).id.clone() } else { of(ix).to_string() };
    // edges lead from first to later; a reader follows who waits for whom
    let steps: Vec<&Edge> = edges.iter().rev().collect();
    let (first, last) = steps.split_at(if steps.len() > MOST_STEPS { MOST_STEPS / 2 } else { steps.len() });
    let between = last.len().saturating_sub(MOST_STEPS / 2);
    let last = &last[between..];
    let mut path: Vec<String> = first.iter().map(|e| format!("`{}`", name(e.to))).collect();
    if between > 0 {
        path.push(format!("{between} more"));
    }
    path.extend(last.iter().map(|e| format!("`{}`", name(e.to))));
    path.extend(path.first().cloned());
    let mut found = Diagnostic::error("task-cycle", format!("tasks wait for each other: {}", path.join(" → ")))
        .fix("remove one of these dependencies");
    for edge in first.iter().chain(last) {
        let span = edge.span.unwrap_or(graph.task(edge.to).task.id_span);
        let text = match edge.evidence {
            Evidence::Declared => format!("`{}` waits for `{}`", name(edge.to), name(edge.from)),
            _ => format!("`{}` waits for `{}`: {}", name(edge.to), name(edge.from), edge.why),
        };
        found = if found.primary.is_none() { found.at(span, text) } else { found.and(span, text) };
    }
    found
}
