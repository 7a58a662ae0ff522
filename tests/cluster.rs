//! Against a real API server with real controllers. `BOWLINE_TEST_LEVEL1` names a folder with its `kubeconfig`.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};

use bowline::change::diff::Verb;
use bowline::change::event::End;
use bowline::change::mask::Masker;
use bowline::change::object::{self, ObjectId, int, text};
use bowline::change::plan::{Means, Secret, SecretKey};
use bowline::change::planner;
use bowline::change::release::Release;
use bowline::change::step::Policy;
use bowline::change::wanted::{Input, UnitNeed, Wanted, WantedRelease, WantedSecret};
use bowline::model::app::Condition;
use bowline::world::cluster::{Apply, Cluster, ClusterError, Lock, LockError, MANAGER, contexts, holder};
use bowline::world::helm::{self, Helm};
use bowline::world::local::{Node, locality};
use bowline::world::look::{Question, Seen, look};
use bowline::world::operate::Operator;
use bowline::world::run::{Ended, Interrupts, drive};
use bowline::world::runtime::Runtime;
use bowline::world::secrets::Values;
use serde_json::{Value, json};

fn connect() -> (Arc<Runtime>, Cluster) {
    let folder = std::env::var("BOWLINE_TEST_LEVEL1").expect("BOWLINE_TEST_LEVEL1 names a folder");
    let wanted = PathBuf::from(folder).join("kubeconfig");
    // tests/run sets KUBECONFIG to the same file: a test must not change the environment of its neighbours
    assert_eq!(std::env::var_os("KUBECONFIG").map(PathBuf::from), Some(wanted), "KUBECONFIG is the level's own");
    let runtime = Runtime::start().unwrap();
    let cluster = Cluster::connect(&runtime, None).unwrap();
    (runtime, cluster)
}

fn object(kind: &str, api: &str, name: &str, namespace: &str, rest: Value) -> Value {
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

fn pods(name: &str, image: &str) -> Value {
    json!({"metadata": {"labels": {"app": name}},
        "spec": {"containers": [{"name": name, "image": image, "env": [{"name": "LOG_LEVEL", "value": "INFO"}],
            "resources": {"limits": {"cpu": "0.5", "memory": "128Mi"}}}]}})
}

type Objects = Vec<(Value, String, Vec<String>)>;

fn app(namespace: &str, image: &str) -> Objects {
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

fn releases() -> Vec<Release> {
    ["todo", "database", "backend"]
        .map(|u| {
            let off = ["todo", "database", "backend"].into_iter().filter(|o| *o != u).map(str::to_owned).collect();
            Release { name: format!("todo-{u}"), units: vec![u.to_owned()], off }
        })
        .to_vec()
}

struct Case {
    cluster: Cluster,
    namespace: String,
    means: Means,
    root: PathBuf,
    _runtime: Arc<Runtime>,
}

impl Case {
    fn new(name: &str, means: Means, root: PathBuf) -> Self {
        let (runtime, cluster) = connect();
        let case = Self { cluster, namespace: format!("bw-{name}"), means, root, _runtime: runtime };
        // left behind by a run before that was stopped
        case.remove();
        case
    }

    fn remove(&self) {
        let id = ObjectId::new("v1", "Namespace", None, &self.namespace);
        self.cluster.delete(&id, None).unwrap();
        while self.cluster.get(&id).unwrap().is_some() {
            std::thread::yield_now();
        }
    }

    fn question<'a>(&'a self, objects: &'a Objects, releases: &'a [Release], units: &'a [String]) -> Question<'a> {
        Question { app: "todo", namespace: &self.namespace, means: self.means, objects, releases, units }
    }

    fn look(&self, objects: &Objects) -> Seen {
        let releases = if self.means == Means::Helm { releases() } else { vec![] };
        let units = ["todo", "database", "backend"].map(str::to_owned);
        look(&self.cluster, &self.question(objects, &releases, &units), &mut Masker::default()).unwrap()
    }

    fn input(&self, objects: &Objects, seen: &Seen) -> Input {
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
            keys: vec![SecretKey { key: "password".into(), env: "NOT_SET".into(), optional: false, generated: true }],
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

    fn up(&self, objects: &Objects) -> (bowline::change::plan::Plan, Ended) {
        let seen = self.look(objects);
        assert!(seen.problems.is_empty(), "{:?}", seen.problems);
        let plan = planner::plan(&self.input(objects, &seen));
        let ended = drive(&plan, Policy::default(), &self.operator(), &mut (), &Interrupts::default());
        (plan, ended)
    }

    fn operator(&self) -> Operator {
        let helm = (self.means == Means::Helm).then(|| Helm::find(&self.cluster.context, &self.namespace).unwrap());
        Operator {
            cluster: self.cluster.clone(),
            docker: None,
            helm,
            root: self.root.clone(),
            app: "todo".into(),
            namespace: self.namespace.clone(),
            means: self.means,
            node: Node::Unknown,
            runtime: None,
            secrets: Values::default(),
            tool: "0.0.0".into(),
            constitution: None,
            masker: Mutex::default(),
            before: Mutex::default(),
        }
    }

    fn id(&self, kind: &str, name: &str) -> ObjectId {
        let api = if matches!(kind, "Deployment" | "StatefulSet") { "apps/v1" } else { "v1" };
        ObjectId::new(api, kind, Some(&self.namespace), name)
    }

    fn versions(&self, objects: &Objects) -> Vec<String> {
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

fn good(ended: &Ended) {
    assert_eq!(ended.end, End::Done, "{:#?}", ended.report);
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_native_up_again_and_changed() {
    let case = Case::new("native", Means::Native, PathBuf::from("."));
    let objects = app(&case.namespace, "todo/backend:1");
    let (plan, ended) = case.up(&objects);
    good(&ended);
    let titles: Vec<String> = plan.operations.iter().map(bowline::change::plan::Operation::title).collect();
    assert_eq!(titles[0], format!("ensure namespace/{}", case.namespace));
    let live = case.cluster.get(&case.id("Deployment", "backend")).unwrap().unwrap();
    assert_eq!(int(&live, "status.availableReplicas"), Some(2), "it waited until they were there");
    let secret = case.cluster.get(&case.id("Secret", "database-credentials")).unwrap().unwrap();
    let password = text(&secret, "data.password").unwrap().to_owned();

    // nothing to do, and nothing done
    let before = case.versions(&objects);
    let seen = case.look(&objects);
    assert!(seen.is_same(), "{:#?}", seen.diffs.iter().filter(|d| d.verb != Verb::None).collect::<Vec<_>>());
    let (plan, ended) = case.up(&objects);
    good(&ended);
    assert!(plan.is_empty(), "{:#?}", plan.operations);
    assert_eq!(case.versions(&objects), before);

    // one field, one object, one revision; and an object that nothing wants any more
    let mut changed = app(&case.namespace, "todo/backend:2");
    changed.retain(|(o, ..)| o["kind"] != "ConfigMap");
    let seen = case.look(&changed);
    let fields: Vec<&str> = seen.diffs.iter().flat_map(|d| &d.fields).map(|f| f.path.as_str()).collect();
    assert_eq!(fields, ["spec.template.spec.containers[backend].image"]);
    assert!(seen.diffs.iter().any(|d| d.restarts));
    assert_eq!(seen.vanished, [case.id("ConfigMap", "backend")]);
    good(&case.up(&changed).1);
    assert!(case.cluster.get(&case.id("ConfigMap", "backend")).unwrap().is_none());
    let secret = case.cluster.get(&case.id("Secret", "database-credentials")).unwrap().unwrap();
    assert_eq!(text(&secret, "data.password"), Some(password.as_str()), "a generated password stays");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_conflicts_name_the_manager() {
    let case = Case::new("conflict", Means::Native, PathBuf::from("."));
    let objects = app(&case.namespace, "todo/backend:1");
    good(&case.up(&objects).1);
    let mut scaled = objects[3].0.clone();
    scaled["spec"] = json!({"replicas": 4});
    let other = Apply { manager: "somebody", dry_run: false, force: true };
    case.cluster.apply(&scaled, &case.namespace, other).unwrap();
    let ours = Apply { manager: MANAGER, dry_run: false, force: false };
    let error = case.cluster.apply(&objects[3].0, &case.namespace, ours).unwrap_err();
    let ClusterError::Conflict { fields, .. } = &error else { panic!("{error}") };
    assert_eq!((fields[0].manager.as_str(), fields[0].field.as_str()), ("somebody", ".spec.replicas"));
    assert_eq!(error.to_string(), "`deployment/backend` is not changed: `somebody` manages `.spec.replicas`");
    let seen = case.look(&objects);
    assert_eq!(seen.problems.len(), 1);
    assert_eq!(seen.problems[0].fault.exit_code(), 5);
    assert_eq!(seen.diffs[3].fields[0].path, "spec.replicas");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_an_autoscaler_that_is_switched_on_keeps_the_replicas() {
    let case = Case::new("handover", Means::Native, PathBuf::from("."));
    let mut objects = app(&case.namespace, "todo/backend:1");
    objects[3].0["spec"]["replicas"] = json!(4);
    good(&case.up(&objects).1);
    objects[3].0["spec"].as_object_mut().unwrap().shift_remove("replicas");
    let hpa = json!({"spec": {"scaleTargetRef": {"apiVersion": "apps/v1", "kind": "Deployment", "name": "backend"},
        "minReplicas": 2, "maxReplicas": 6}});
    let hpa = object("HorizontalPodAutoscaler", "autoscaling/v2", "backend", &case.namespace, hpa);
    objects.push((hpa, "backend".into(), vec!["todo/T004".into()]));
    let seen = case.look(&objects);
    assert_eq!(seen.handovers, [(case.id("Deployment", "backend"), 4)]);
    good(&case.up(&objects).1);
    let live = case.cluster.get(&case.id("Deployment", "backend")).unwrap().unwrap();
    assert_eq!(int(&live, "spec.replicas"), Some(4));
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_an_immutable_field_is_named_and_the_object_made_again() {
    let case = Case::new("replace", Means::Native, PathBuf::from("."));
    let mut objects = app(&case.namespace, "todo/backend:1");
    good(&case.up(&objects).1);
    let uid = |c: &Case| {
        text(&c.cluster.get(&c.id("StatefulSet", "database")).unwrap().unwrap(), "metadata.uid").unwrap().to_owned()
    };
    let before = uid(&case);
    objects[4].0["spec"]["serviceName"] = json!("other");
    let seen = case.look(&objects);
    assert_eq!(seen.diffs[4].verb, Verb::Replace);
    assert_eq!(seen.diffs[4].forced_by.as_deref(), Some("spec.serviceName"));
    good(&case.up(&objects).1);
    assert_ne!(uid(&case), before);
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_a_quota_is_named_as_the_cause() {
    let case = Case::new("quota", Means::Native, PathBuf::from("."));
    let mut objects = app(&case.namespace, "todo/backend:1");
    let quota = object("ResourceQuota", "v1", "todo", &case.namespace, json!({"spec": {"hard": {"pods": "2"}}}));
    objects.insert(1, (quota, "todo".into(), vec!["todo/T001".into()]));
    let seen = case.look(&objects);
    let plan = planner::plan(&case.input(&objects, &seen));
    let policy = Policy { tolerance: 1_000, ..Policy::default() };
    let ended = drive(&plan, policy, &case.operator(), &mut (), &Interrupts::default());
    assert_eq!(ended.end, End::Failed);
    let (entry, failure) = ended.report.failures().next().unwrap();
    assert_eq!(failure.code, "quota-exceeded", "{failure:?}");
    assert!(failure.message.contains("exceeded quota: todo"), "{failure:?}");
    assert_eq!(entry.tasks, ["todo/T004"]);
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_one_run_at_a_time() {
    let case = Case::new("lock", Means::Native, PathBuf::from("."));
    good(&case.up(&app(&case.namespace, "x:1")).1);
    let first = Lock::take(&case.cluster, "todo", &case.namespace, &holder()).unwrap();
    let second = Lock::take(&case.cluster, "todo", &case.namespace, "another").unwrap_err();
    assert!(matches!(second, LockError::Held { .. }), "{second}");
    assert_eq!(second.failure().fault.exit_code(), 6);
    drop(first);
    // a process of this machine that is no more
    let mine = holder();
    let dead = format!("{}-1", mine.rsplit_once('-').unwrap().0);
    std::mem::forget(Lock::take(&case.cluster, "todo", &case.namespace, &dead).unwrap());
    let third = Lock::take(&case.cluster, "todo", &case.namespace, &mine).unwrap();
    assert_eq!(third.taken_from.as_deref(), Some(dead.as_str()));
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_the_context_is_local_by_evidence() {
    let (_runtime, cluster) = connect();
    let context = contexts().unwrap().into_iter().find(|c| c.current).unwrap();
    let found = locality(&context, None, None);
    assert!(found.local && found.evidence.contains("provider minikube.sigs.k8s.io"), "{found:?}");
    assert!(cluster.version().unwrap().starts_with("v1."));
    let error = Cluster::connect(&Runtime::start().unwrap(), Some("nowhere")).err().unwrap();
    assert_eq!(error.to_string(), "there is no context `nowhere`; there are: minikube");
}

/// The objects as a chart with a switch per unit.
fn chart(objects: &Objects) -> tempfile::TempDir {
    let folder = tempfile::tempdir().unwrap();
    let templates = folder.path().join("chart/templates");
    std::fs::create_dir_all(&templates).unwrap();
    std::fs::write(folder.path().join("chart/Chart.yaml"), "apiVersion: v2\nname: todo\nversion: 0.1.0\n").unwrap();
    let values = "todo: {enabled: true}\nbackend: {enabled: true}\ndatabase: {enabled: true}\n";
    std::fs::write(folder.path().join("chart/values.yaml"), values).unwrap();
    for (index, (object, unit, _)) in objects.iter().enumerate().filter(|(_, (o, ..))| o["kind"] != "Namespace") {
        let text = format!("{{{{ if .Values.{unit}.enabled }}}}\n{object}\n{{{{ end }}}}\n");
        std::fs::write(templates.join(format!("{index}.yaml")), text).unwrap();
    }
    folder
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_helm_up_again_changed_and_back() {
    let namespace = "bw-helm";
    let mut objects = app(namespace, "todo/backend:1");
    objects.push((
        object("ConfigMap", "v1", "todo", namespace, json!({"data": {"x": "1"}})),
        "todo".into(),
        vec!["todo/T001".into()],
    ));
    let first = chart(&objects);
    let mut case = Case::new("helm", Means::Helm, first.path().to_path_buf());
    let (plan, ended) = case.up(&objects);
    good(&ended);
    let titles: Vec<String> = plan.operations.iter().map(bowline::change::plan::Operation::title).collect();
    let place = |t: &str| titles.iter().position(|x| x == t).unwrap_or_else(|| panic!("{t}: {titles:?}"));
    assert!(place("wait until ready: statefulset/database") < place("helm upgrade todo-backend"));

    let before = case.versions(&objects);
    let seen = case.look(&objects);
    assert!(seen.is_same(), "{:#?}", seen.diffs.iter().filter(|d| d.verb != Verb::None).collect::<Vec<_>>());
    let (plan, _) = case.up(&objects);
    assert!(plan.is_empty(), "{:#?}", plan.operations);
    assert_eq!(case.versions(&objects), before);

    // a value, and a field that vanishes: both show, and only that unit's release is upgraded
    let mut changed = objects.clone();
    changed[3].0["spec"]["template"]["spec"]["containers"][0]["image"] = json!("todo/backend:2");
    changed[3].0["spec"]["template"]["spec"]["containers"][0].as_object_mut().unwrap().shift_remove("env");
    let second = chart(&changed);
    case.root = second.path().to_path_buf();
    let seen = case.look(&changed);
    let fields: Vec<&str> = seen.diffs.iter().flat_map(|d| &d.fields).map(|f| f.path.as_str()).collect();
    let container = "spec.template.spec.containers[backend]";
    assert_eq!(fields, [format!("{container}.env"), format!("{container}.image")]);
    let (plan, ended) = case.up(&changed);
    good(&ended);
    let titles: Vec<String> = plan.operations.iter().map(bowline::change::plan::Operation::title).collect();
    assert_eq!(titles, ["helm upgrade todo-backend", "wait until ready: deployment/backend"]);
    assert!(case.look(&changed).is_same());

    // back
    let helm = Helm::find(&case.cluster.context, namespace).unwrap();
    let revision = helm::previous(&case.cluster, namespace, "todo-backend").unwrap();
    assert_eq!(revision, Some(1));
    helm.rollback("todo-backend", 1, &bowline::world::process::Cancel::default()).unwrap();
    let live = case.cluster.get(&case.id("Deployment", "backend")).unwrap().unwrap();
    assert_eq!(object::at(&live, "spec.template.spec.containers.0.image"), Some(&json!("todo/backend:1")));

    // the other form stands in the way, and is named
    let whole =
        [Release { name: "todo".into(), units: vec!["todo".into(), "backend".into(), "database".into()], off: vec![] }];
    let units = ["todo", "database", "backend"].map(str::to_owned);
    let seen = look(&case.cluster, &case.question(&changed, &whole, &units), &mut Masker::default()).unwrap();
    assert_eq!(seen.problems[0].code, "helm-releases");
    assert!(
        seen.problems[0].message.contains("`todo-backend`, `todo-database`, `todo-todo` hold"),
        "{:?}",
        seen.problems
    );

    let down = planner::down(&case.input(&changed, &case.look(&changed)), false);
    let ended = drive(&down, Policy::default(), &case.operator(), &mut (), &Interrupts::default());
    good(&ended);
    assert!(case.cluster.get(&case.id("Deployment", "backend")).unwrap().is_none());
    assert!(
        case.cluster.get(&ObjectId::new("v1", "Namespace", None, namespace)).unwrap().is_some(),
        "the Namespace stays"
    );
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_helm_after_a_helm_that_died() {
    let namespace = "bw-died";
    let objects = app(namespace, "todo/backend:1");
    let folder = chart(&objects);
    let case = Case::new("died", Means::Helm, folder.path().to_path_buf());
    good(&case.up(&objects).1);
    // what a killed upgrade leaves: a newer record that says it is pending
    let id = ObjectId::new("v1", "Secret", Some(namespace), "sh.helm.release.v1.todo-backend.v1");
    let mut record = case.cluster.get(&id).unwrap().unwrap();
    let dead = ObjectId::new("v1", "Secret", Some(namespace), "sh.helm.release.v1.todo-backend.v2");
    record["metadata"] = json!({"name": dead.name, "namespace": namespace, "labels": {
        "owner": "helm", "name": "todo-backend", "status": "pending-upgrade", "version": "2", "modifiedAt": "1"}});
    case.cluster.create(&dead, &record).unwrap();
    let (plan, ended) = case.up(&objects);
    good(&ended);
    assert_eq!(plan.operations[0].title(), "helm upgrade todo-backend");
    let installed = helm::installed(&case.cluster, namespace).unwrap();
    assert!(installed.iter().all(|i| i.status == "deployed"), "{installed:?}");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_from_native_to_helm_keeps_the_objects() {
    let namespace = "bw-adopt";
    let objects = app(namespace, "todo/backend:1");
    let folder = chart(&objects);
    let mut case = Case::new("adopt", Means::Native, folder.path().to_path_buf());
    good(&case.up(&objects).1);
    let uid = |c: &Case| {
        text(&c.cluster.get(&c.id("Deployment", "backend")).unwrap().unwrap(), "metadata.uid").unwrap().to_owned()
    };
    let before = uid(&case);
    case.means = Means::Helm;
    good(&case.up(&objects).1);
    assert_eq!(uid(&case), before);
    assert!(case.look(&objects).is_same());
}
