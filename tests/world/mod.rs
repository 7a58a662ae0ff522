//! A small app on a real API server: what the tests of both deliveries share. `BOWLINE_TEST_LEVEL1` names a folder with its
//! `kubeconfig`.
#![allow(dead_code, reason = "each test uses its part")]

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bowline::change::event::End;
use bowline::change::mask::Masker;
use bowline::change::object::{ObjectId, text};
use bowline::change::plan::{Means, Secret, SecretKey};
use bowline::change::planner;
use bowline::change::release::Release;
use bowline::change::step::Policy;
use bowline::change::wanted::{Input, UnitNeed, Wanted, WantedRelease, WantedSecret};
use bowline::model::app::Condition;
use bowline::world::cluster::Cluster;
use bowline::world::helm::Helm;
use bowline::world::local::Node;
use bowline::world::look::{Question, Seen, look};
use bowline::world::operate::Operator;
use bowline::world::run::{Ended, Interrupts, drive};
use bowline::world::runtime::Runtime;
use bowline::world::secret_values::Values;
use serde_json::{Value, json};

pub(crate) fn connect() -> (Arc<Runtime>, Cluster) {
    let folder = std::env::var("BOWLINE_TEST_LEVEL1").expect("BOWLINE_TEST_LEVEL1 names a folder");
    let wanted = PathBuf::from(folder).join("kubeconfig");
    // tests/run sets KUBECONFIG to the same file: a test must not change the environment of its neighbours
    assert_eq!(std::env::var_os("KUBECONFIG").map(PathBuf::from), Some(wanted), "KUBECONFIG is the level's own");
    let runtime = Runtime::start().unwrap();
    let cluster = Cluster::connect(&runtime, None).unwrap();
    (runtime, cluster)
}

pub(crate) fn object(kind: &str, api: &str, name: &str, namespace: &str, rest: Value) -> Value {
    let mut object = json!({"apiVersion": api, "kind": kind, "metadata": {"name": name, "namespace": namespace,
        "labels": {"app.kubernetes.io/part-of": "todo", "app.kubernetes.io/name": name, "bowline.dev/task": "T001"}}});
    if kind == "Namespace" {
        object["metadata"]["namespace"] = Value::Null;
    }
    if let (Some(object), Value::Object(rest)) = (object.as_object_mut(), rest) {
        object.extend(rest);
    }
    object
}

pub(crate) fn pods(name: &str, image: &str) -> Value {
    json!({"metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": name, "image": image, "env": [{"name": "LOG_LEVEL", "value": "INFO"}],
            "resources": {"limits": {"cpu": "0.5", "memory": "128Mi"}}}]}})
}

pub(crate) type Objects = Vec<(Value, String, Vec<String>)>;

pub(crate) fn app(namespace: &str, image: &str) -> Objects {
    let owned = |o: Value, unit: &str, task: &str| (o, unit.to_owned(), vec![format!("todo/{task}")]);
    let selector = |name: &str| json!({"matchLabels": {"app": name}});
    vec![
        owned(object("Namespace", "v1", namespace, namespace, json!({})), "todo", "T001"),
        owned(object("ConfigMap", "v1", "backend", namespace, json!({"data": {"A": "1"}})), "backend", "T002"),
        owned(
            object(
                "Service",
                "v1",
                "backend",
                namespace,
                json!({"spec": {"selector": {"app": "backend"}, "ports": [{"port": 80, "targetPort": 8000}]}}),
            ),
            "backend",
            "T003",
        ),
        owned(
            object(
                "Deployment",
                "apps/v1",
                "backend",
                namespace,
                json!({"spec": {"replicas": 2, "selector": selector("backend"), "template": pods("backend", image)}}),
            ),
            "backend",
            "T004",
        ),
        owned(
            object(
                "StatefulSet",
                "apps/v1",
                "database",
                namespace,
                json!({"spec": {"replicas": 1, "serviceName": "database", "selector": selector("database"), "template": pods("database", "postgres:16")}}),
            ),
            "database",
            "T005",
        ),
    ]
}

pub(crate) fn releases() -> Vec<Release> {
    ["todo", "database", "backend"]
        .map(|u| {
            let off = ["todo", "database", "backend"].into_iter().filter(|o| *o != u).map(str::to_owned).collect();
            Release { name: format!("todo-{u}"), units: vec![u.to_owned()], off }
        })
        .to_vec()
}

pub(crate) struct Case {
    pub cluster: Cluster,
    pub namespace: String,
    pub means: Means,
    pub root: PathBuf,
    /// The program, under Helm.
    pub helm: String,
    _runtime: Arc<Runtime>,
}

impl Case {
    pub(crate) fn new(name: &str, means: Means, root: PathBuf) -> Self {
        let (runtime, cluster) = connect();
        let helm = String::new();
        let case = Self { cluster, namespace: format!("bw-{name}"), means, root, helm, _runtime: runtime };
        // left behind by a run before that was stopped
        case.remove();
        case
    }

    pub(crate) fn remove(&self) {
        let id = ObjectId::new("v1", "Namespace", None, &self.namespace);
        self.cluster.delete(&id, None).unwrap();
        while self.cluster.get(&id).unwrap().is_some() {
            std::thread::yield_now();
        }
    }

    pub(crate) fn question<'a>(
        &'a self,
        objects: &'a Objects,
        releases: &'a [Release],
        units: &'a [String],
    ) -> Question<'a> {
        Question { app: "todo", namespace: &self.namespace, means: self.means, objects, releases, units }
    }

    pub(crate) fn look(&self, objects: &Objects) -> Seen {
        let releases = if self.means == Means::Helm { releases() } else { vec![] };
        let units = ["todo", "database", "backend"].map(str::to_owned);
        look(&self.cluster, &self.question(objects, &releases, &units), &mut Masker::default()).unwrap()
    }

    pub(crate) fn input(&self, objects: &Objects, seen: &Seen) -> Input {
        let wanted = |((object, unit, tasks), (diff, settled)): (&(Value, String, Vec<String>), (_, &bool))| {
            let diff: &bowline::change::diff::ObjectDiff = diff;
            Wanted {
                object: object.clone(),
                unit: unit.clone(),
                tasks: tasks.clone(),
                act: diff.act(),
                settled: *settled,
            }
        };
        let secret = Secret {
            object: ObjectId::new("v1", "Secret", Some(&self.namespace), "database-credentials"),
            sealed: None,
            keys: vec![SecretKey {
                key: "password".into(),
                env: "NOT_SET".into(),
                optional: false,
                generated: Some(32),
                file: None,
            }],
            labels: BTreeMap::new(),
            annotations: BTreeMap::new(),
        };
        let needed = self.cluster.get(&secret.object).unwrap().is_none();
        let releases = if self.means == Means::Helm { releases() } else { vec![] };
        Input {
            app: "todo".into(),
            namespace: self.namespace.clone(),
            environment: "local".into(),
            context: None,
            means: self.means,
            tasks: (1..6).map(|i| format!("todo/T00{i}")).collect(),
            objects: objects.iter().zip(seen.diffs.iter().zip(&seen.settled)).map(wanted).collect(),
            images: vec![],
            secrets: vec![WantedSecret { secret, unit: "database".into(), tasks: vec!["todo/T005".into()], needed }],
            needs: vec![UnitNeed { unit: "backend".into(), needs: "database".into(), condition: Condition::Healthy }],
            edges: vec![],
            verify: vec![],
            releases: releases
                .into_iter()
                .map(|release| WantedRelease { deployed: seen.is_deployed(&release.name), release })
                .collect(),
            chart: "chart".into(),
            values: vec![],
            own_unit: "todo".into(),
            vanished: seen.vanished.clone(),
            vanished_releases: seen.vanished_releases.clone(),
            base: seen.base.clone(),
            notes: vec![],
        }
    }

    pub(crate) fn up(&self, objects: &Objects) -> (bowline::change::plan::Plan, Ended) {
        let seen = self.look(objects);
        assert!(seen.problems.is_empty(), "{:?}", seen.problems);
        let plan = planner::plan(&self.input(objects, &seen));
        let ended = drive(&plan, Policy::default(), &self.operator(), &mut (), &Interrupts::default());
        (plan, ended)
    }

    pub(crate) fn operator(&self) -> Operator {
        let helm = (self.means == Means::Helm).then(|| self.helm().unwrap());
        Operator {
            cluster: self.cluster.clone(),
            docker: None,
            helm,
            root: self.root.clone(),
            app: "todo".into(),
            namespace: self.namespace.clone(),
            node: Node::Unknown,
            runtime: None,
            secrets: Values::default(),
            tool: "0.0.0".into(),
            constitution: None,
            masker: Mutex::default(),
            before: Mutex::default(),
        }
    }

    pub(crate) fn helm(&self) -> Result<Helm, bowline::change::failure::Failure> {
        Helm::find_as(&self.helm, &self.cluster.context, &self.namespace)
    }

    pub(crate) fn id(&self, kind: &str, name: &str) -> ObjectId {
        let api = if matches!(kind, "Deployment" | "StatefulSet") { "apps/v1" } else { "v1" };
        ObjectId::new(api, kind, Some(&self.namespace), name)
    }

    pub(crate) fn versions(&self, objects: &Objects) -> Vec<String> {
        let version = |(object, ..): &(Value, String, Vec<String>)| {
            let id = ObjectId::of(object, Some(&self.namespace)).unwrap();
            let live = self.cluster.get(&id).unwrap().unwrap();
            text(&live, "metadata.resourceVersion").unwrap().to_owned()
        };
        objects.iter().map(version).collect()
    }
}

impl Drop for Case {
    fn drop(&mut self) {
        let id = ObjectId::new("v1", "Namespace", None, &self.namespace);
        let _ = self.cluster.delete(&id, None);
    }
}

pub(crate) fn good(ended: &Ended) {
    assert_eq!(ended.end, End::Done, "{:#?}", ended.report);
}
