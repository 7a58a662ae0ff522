//! What comes before what, and how that is known.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::source::Span;
use crate::base::suggest::did_you_mean;
use crate::model::app::App;
use crate::model::catalogue::{Entry, Layer, Possible};
use crate::model::ids::{FeatureId, Identity};

use super::tasks::{Action, Edge, Evidence, Graph, TaskIx, TaskNode};

/// Kinds that run pods.
const WORKLOADS: [&str; 5] = ["Deployment", "StatefulSet", "Job", "CronJob", "DaemonSet"];

/// Collects edges; at most one between two tasks, the strongest.
pub(super) fn edges(
    graph: &Graph,
    app: Option<&App>,
    entries: &[Entry],
    possible: &[Possible],
    out: &mut Vec<Diagnostic>,
) -> Vec<Edge> {
    let mut collector = Collector { graph, edges: Vec::new() };
    collector.declared(out);
    if let Some(app) = app {
        collector.artifacts(app, entries, possible);
        collector.needs(app);
        collector.runs(app, entries, possible);
    }
    collector.mentions();
    collector.phases();
    let mut edges = collector.edges;
    edges.sort_by_key(|e| (e.from, e.to, !e.hard, e.evidence));
    edges.dedup_by_key(|e| (e.from, e.to));
    edges
}

struct Collector<'a> {
    graph: &'a Graph,
    edges: Vec<Edge>,
}

impl Collector<'_> {
    fn inferred(&mut self, from: TaskIx, to: TaskIx, hard: bool, why: impl FnOnce() -> String, span: Option<Span>) {
        // a task that does both needs no order
        if from != to {
            self.edges.push(Edge { from, to, evidence: Evidence::Inferred, hard, why: why(), span });
        }
    }

    /// `depends on` of each task.
    fn declared(&mut self, out: &mut Vec<Diagnostic>) {
        let graph = self.graph;
        let mut ids: BTreeMap<(&FeatureId, &str), TaskIx> = BTreeMap::new();
        for ix in graph.indices() {
            let id = graph.task(ix).id();
            ids.insert((&id.feature, &id.id), ix);
        }
        for to in graph.indices() {
            let task = &graph.task(to).task;
            for (written, span) in &task.depends_on {
                let (feature, id) = match written.rsplit_once('/') {
                    Some((feature, id)) => (graph.feature(feature), id),
                    None => (Some(&task.id.feature), written.as_str()),
                };
                if let Some(from) = feature.and_then(|f| ids.get(&(f, id))) {
                    let why = format!("`{}` depends on `{written}`", task.id.id);
                    let evidence = Evidence::Declared;
                    self.edges.push(Edge { from: *from, to, evidence, hard: true, why, span: Some(*span) });
                } else {
                    out.push(unknown(graph, graph.task(to), written, *span));
                }
            }
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
            for (action, unit) in &self.graph.task(ix).runs {
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
            let lists = [("changes", &node.edits), ("uses", &node.uses), ("removes", &node.removes)];
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

    /// One edge from phase to phase; within a phase, the order of the lines is a habit and no edge.
    fn phases(&mut self) {
        for pair in self.graph.tasks.windows(2).enumerate() {
            let (index, [a, b]) = pair else { continue };
            let same = a.task.id.feature == b.task.id.feature;
            if same && a.task.phase != b.task.phase {
                let (from, to) = (TaskIx::new(index), TaskIx::new(index + 1));
                let why = format!("`{}` comes before `{}`", title(a), title(b));
                self.edges.push(Edge { from, to, evidence: Evidence::PhaseOrder, hard: false, why, span: None });
            }
        }
    }
}

fn title(node: &TaskNode) -> &str {
    if node.task.phase_title.is_empty() { "the beginning of the file" } else { &node.task.phase_title }
}

fn unknown(graph: &Graph, node: &TaskNode, written: &str, span: Span) -> Diagnostic {
    let id = &node.task.id;
    let bare = written.rsplit('/').next().unwrap_or(written);
    let beside: Vec<&str> = graph
        .tasks
        .iter()
        .map(TaskNode::id)
        .filter(|i| i.feature == id.feature && i.id != id.id)
        .map(|i| &*i.id)
        .collect();
    let elsewhere: Vec<String> = graph
        .tasks
        .iter()
        .map(TaskNode::id)
        .filter(|i| i.id == bare && i.feature != id.feature)
        .map(|i| format!("`{i}`"))
        .collect();
    let mut found =
        Diagnostic::error("task-unknown", format!("`{}` depends on `{written}`, and there is no such task", id.id))
            .at(span, "not a task of this feature")
            .task(id.to_string());
    if !elsewhere.is_empty() {
        let places = elsewhere.into_iter().take(3).collect::<Vec<_>>().join(", ");
        found = found.saying(format!("another feature has one: {places}"));
    }
    let fix =
        did_you_mean(bare, beside).unwrap_or_else(|| format!("name a task of `{}`, or write the task", id.feature));
    found.fix(fix)
}

/// A circle of hard edges, as its whole path with a line for each step.
pub(super) fn cycle(graph: &Graph, edges: &[Edge]) -> Diagnostic {
    let name = |ix: TaskIx| {
        let id = graph.task(ix).id();
        let one = edges.iter().all(|e| graph.task(e.from).id().feature == id.feature);
        if one { id.id.clone() } else { id.to_string() }
    };
    // edges lead from first to later; a reader follows who waits for whom
    let mut path: Vec<String> = edges.iter().map(|e| format!("`{}`", name(e.from))).collect();
    path.reverse();
    path.rotate_right(1);
    path.extend(path.first().cloned());
    let mut found = Diagnostic::error("task-cycle", format!("tasks wait for each other: {}", path.join(" → ")))
        .fix("remove one of these dependencies");
    for edge in edges.iter().rev() {
        let span = edge.span.unwrap_or(graph.task(edge.to).task.id_span);
        let text = match edge.evidence {
            Evidence::Declared => format!("`{}` waits for `{}`", name(edge.to), name(edge.from)),
            _ => format!("`{}` waits for `{}`: {}", name(edge.to), name(edge.from), edge.why),
        };
        found = if found.primary.is_none() { found.at(span, text) } else { found.and(span, text) };
    }
    found
}
