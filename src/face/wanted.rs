//! From graph and artifacts to what a plan is made from. How far the world is from it, others fill in: until then
//! everything is to be created, which is what a rehearsal shows.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::tree::Node;
use crate::change::object::ObjectId;
use crate::change::plan::{Image, Means, Verify};
use crate::change::release;
use crate::change::wanted::{Act, Input, TaskEdge, UnitNeed, Wanted, WantedImage, WantedRelease};
use crate::graph::tasks::{Action, Evidence, Graph, TaskIx};
use crate::make::artifact::Artifact;
use crate::model::app::{App, Role, Unit};
use crate::model::catalogue::Layer;
use crate::model::ids::{Identity, TaskId};

use super::wanted_secrets as secrets;

/// What an app, its graph and its artifacts want of a cluster in one environment. `app` carries the image tags.
pub fn input(app: &App, graph: &Graph, artifacts: &[Artifact], environment: &str, means: Means) -> Input {
    let build = Build { app, graph, artifacts, environment, place: places(graph) };
    let order = build.unit_order();
    let split = release::split(app, &order);
    let notes = if means == Means::Helm { vec![split.why] } else { Vec::new() };
    Input {
        app: app.name.clone(),
        namespace: app.namespace.clone(),
        environment: environment.to_owned(),
        context: None,
        means,
        tasks: graph.order.iter().map(|ix| graph.task(*ix).id().to_string()).collect(),
        objects: build.objects(),
        images: build.images(),
        secrets: secrets::wanted(app, environment, &|identity| build.owners(identity)),
        needs: build.needs(),
        edges: build.edges(),
        verify: build.checks(),
        releases: split.releases.into_iter().map(|release| WantedRelease { release, deployed: false }).collect(),
        chart: format!("charts/{}", app.name),
        values: vec![format!("charts/{}/values-{environment}.yaml", app.name)],
        own_unit: app.own().map(|u| u.name.clone()).unwrap_or_default(),
        vanished: Vec::new(),
        vanished_releases: Vec::new(),
        base: BTreeMap::new(),
        notes,
    }
}

struct Build<'a> {
    app: &'a App,
    graph: &'a Graph,
    artifacts: &'a [Artifact],
    environment: &'a str,
    /// Position of each task in the order of the graph.
    place: BTreeMap<TaskId, usize>,
}

fn places(graph: &Graph) -> BTreeMap<TaskId, usize> {
    graph.order.iter().enumerate().map(|(place, ix)| (graph.task(*ix).id().clone(), place)).collect()
}

impl Build<'_> {
    /// The manifests of the environment that are objects of the cluster, in order of the graph.
    fn manifests(&self) -> Vec<&Artifact> {
        let here = |a: &&Artifact| {
            a.layer == Layer::Kubernetes && a.environment.as_deref() == Some(self.environment) && a.object.is_some()
        };
        let mut all: Vec<&Artifact> =
            self.artifacts.iter().filter(here).filter(|a| a.identity.kind != "Kustomization").collect();
        all.sort_by_key(|a| (a.tasks.first().and_then(|t| self.place.get(t)).copied(), a.path.clone()));
        all
    }

    /// Units in the order of their first object.
    fn unit_order(&self) -> Vec<String> {
        let mut order: Vec<String> = Vec::new();
        let manifests = self.manifests();
        // a unit comes after those it needs, whatever the order of its first file
        let mut waiting: Vec<&str> = Vec::new();
        for artifact in &manifests {
            if !waiting.contains(&artifact.identity.unit.as_str()) {
                waiting.push(&artifact.identity.unit);
            }
        }
        while !waiting.is_empty() {
            let ready = |name: &&str| {
                let needs = self.app.unit(name).map(|u| u.needs.as_slice()).unwrap_or_default();
                needs.iter().all(|n| !waiting.contains(&n.unit.as_str()))
            };
            let next = waiting.iter().position(ready).unwrap_or(0);
            order.push(waiting.remove(next).to_owned());
        }
        order
    }

    fn objects(&self) -> Vec<Wanted> {
        let mut all = Vec::new();
        for artifact in self.manifests() {
            let Some(object) = artifact.object.clone() else { continue };
            let mut tasks: Vec<String> = artifact.tasks.iter().map(ToString::to_string).collect();
            if artifact.identity.kind != "Namespace" {
                // the Namespace comes before every task that applies something
                tasks.extend(self.running(Action::Apply, &artifact.identity.unit));
            }
            all.push(Wanted { object, unit: artifact.identity.unit.clone(), tasks, act: Act::Create, settled: false });
        }
        all
    }

    /// The tasks that do this to a unit, in order of the graph.
    fn running(&self, action: Action, unit: &str) -> Vec<String> {
        let does = |ix: &&TaskIx| self.graph.task(**ix).claims().runs.iter().any(|(a, u)| *a == action && u == unit);
        self.graph.order.iter().filter(does).map(|ix| self.graph.task(*ix).id().to_string()).collect()
    }

    fn owners(&self, identity: &Identity) -> Vec<String> {
        let owners = self.graph.owners.get(identity).map(Vec::as_slice).unwrap_or_default();
        owners.iter().map(|ix| self.graph.task(*ix).id().to_string()).collect()
    }

    /// Images that are built here, and those that are only named: a local Docker may have them already.
    fn images(&self) -> Vec<WantedImage> {
        let mut all = self.named_images();
        for unit in self.app.units.iter().filter(|u| u.union.get("build").is_some()) {
            let model = self.model(unit);
            let (Some(repository), Some(tag), Some(context)) =
                (model.get_str("image.repository"), model.get_str("image.tag"), model.get_str("build.context"))
            else {
                continue;
            };
            let mut tasks = self.running(Action::Build, &unit.name);
            tasks.extend(self.running(Action::Load, &unit.name));
            tasks.extend(self.owners(&Identity::new(&unit.name, "Dockerfile", None)));
            let image = Image {
                reference: format!("{repository}:{tag}"),
                context: context.to_owned(),
                dockerfile: unit
                    .own_dockerfile()
                    .unwrap_or_else(|| format!("out/{}/images/{}/Dockerfile", self.app.name, unit.name)),
                labels: BTreeMap::new(),
            };
            all.push(WantedImage { image, unit: unit.name.clone(), tasks, built: false, loaded: false });
        }
        all
    }

    /// Images without a build, by their reference; their build context is empty.
    fn named_images(&self) -> Vec<WantedImage> {
        let mut all: Vec<WantedImage> = Vec::new();
        let own = |u: &&Unit| u.union.get("build").is_none() && u.union.get("image.from").is_none();
        for unit in self.app.units.iter().filter(own) {
            let model = self.model(unit);
            let (Some(repository), Some(tag)) = (model.get_str("image.repository"), model.get_str("image.tag")) else {
                continue;
            };
            let reference = format!("{repository}:{tag}");
            if all.iter().any(|i| i.image.reference == reference) {
                continue;
            }
            let image = Image { reference, context: String::new(), dockerfile: String::new(), labels: BTreeMap::new() };
            let mut tasks = self.running(Action::Load, &unit.name);
            tasks.extend(
                self.manifests()
                    .iter()
                    .filter(|a| a.identity.unit == unit.name && crate::change::object::is_workload(&a.identity.kind))
                    .flat_map(|a| a.tasks.iter().map(ToString::to_string)),
            );
            // until somebody has looked, the cluster pulls it
            all.push(WantedImage { image, unit: unit.name.clone(), tasks, built: true, loaded: true });
        }
        all
    }

    fn model<'u>(&self, unit: &'u Unit) -> &'u Node {
        unit.environments.get(self.environment).unwrap_or(&unit.union)
    }

    fn needs(&self) -> Vec<UnitNeed> {
        let of = |unit: &Unit| {
            let unit_name = unit.name.clone();
            unit.needs
                .iter()
                .map(move |n| UnitNeed { unit: unit_name.clone(), needs: n.unit.clone(), condition: n.condition })
                .collect::<Vec<_>>()
        };
        self.app.units.iter().flat_map(of).collect()
    }

    fn edges(&self) -> Vec<TaskEdge> {
        let name = |ix: TaskIx| self.graph.task(ix).id().to_string();
        let declared = |e: &&crate::graph::tasks::Edge| e.evidence != Evidence::PhaseOrder;
        let edge = |e: &crate::graph::tasks::Edge| TaskEdge {
            before: name(e.from),
            after: name(e.to),
            wait: e.evidence == Evidence::Declared,
        };
        let mut edges: Vec<TaskEdge> = self.graph.edges.iter().filter(declared).map(edge).collect();
        // of a range of tasks before a range of tasks, those that do something
        let claims = |ix: &TaskIx| self.graph.task(*ix).claims();
        let does = |ix: &&TaskIx| !claims(ix).runs.is_empty() || !claims(ix).makes.is_empty();
        for join in self.graph.joins.iter().filter(|j| j.evidence == Evidence::Declared) {
            for from in join.before.iter().filter(does) {
                edges.extend(join.after.iter().filter(does).map(|to| edge(&join.edge(*from, *to))));
            }
        }
        edges
    }

    /// A task that verifies a unit asks its readiness route through its Service.
    fn checks(&self) -> Vec<(String, String, Verify)> {
        let mut seen = BTreeSet::new();
        let mut all = Vec::new();
        for ix in &self.graph.order {
            let node = self.graph.task(*ix);
            for (_, unit) in node.claims().runs.iter().filter(|(action, _)| *action == Action::Verify) {
                let Some(model) = self.app.unit(unit).filter(|u| u.role == Role::Service).map(|u| self.model(u)) else {
                    continue;
                };
                let (Some(path), Some(port)) =
                    (model.get_str("readinessProbe.httpGet.path"), model.get_int("readinessProbe.httpGet.port"))
                else {
                    continue;
                };
                let service = ObjectId {
                    group: String::new(),
                    version: "v1".to_owned(),
                    kind: "Service".to_owned(),
                    namespace: Some(self.app.namespace.clone()),
                    name: unit.clone(),
                };
                let port = u16::try_from(port).unwrap_or_default();
                if seen.insert((ix.0, unit.clone())) {
                    let verify = Verify::Http { service, port, path: path.to_owned(), status: 200 };
                    all.push((unit.clone(), node.id().to_string(), verify));
                }
            }
        }
        all
    }
}
