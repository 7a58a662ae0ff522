//! Against a real API server with real controllers, applied natively.

mod world;

use std::path::PathBuf;

use bowline::change::diff::Verb;
use bowline::change::event::End;
use bowline::change::object::{ObjectId, int, text};
use bowline::change::plan::{Means, Operation};
use bowline::change::planner;
use bowline::change::step::Policy;
use bowline::world::cluster::{Apply, Cluster, ClusterError, Lock, LockError, MANAGER, contexts, holder};
use bowline::world::local::locality;
use bowline::world::preflight::preflight;
use bowline::world::run::{Interrupts, drive};
use bowline::world::runtime::Runtime;
use serde_json::json;
use world::{Case, app, connect, good, object};

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_native_up_again_and_changed() {
    let case = Case::new("native", Means::Native, PathBuf::from("."));
    let objects = app(&case.namespace, "todo/backend:1");
    let (plan, ended) = case.up(&objects);
    good(&ended);
    let titles: Vec<String> = plan.operations.iter().map(Operation::title).collect();
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
fn level1_nothing_is_begun_in_a_namespace_on_its_way_out() {
    let case = Case::new("terminating", Means::Native, PathBuf::from("."));
    let objects = app(&case.namespace, "x:1");
    good(&case.up(&objects).1);
    let bodies: Vec<_> = objects.iter().map(|(o, ..)| o.clone()).collect();
    let codes = || {
        let found = preflight(&case.cluster, &bodies).unwrap();
        found.failures.into_iter().map(|f| f.code.clone()).collect::<Vec<_>>()
    };
    assert!(codes().is_empty(), "{:?}", codes());
    // a finalizer holds it
    let held = case.id("ConfigMap", "backend");
    let finalizers = |all: serde_json::Value| {
        case.cluster.merge(&held, &json!({"metadata": {"finalizers": all}}), "test").unwrap();
    };
    finalizers(json!(["example.com/held"]));
    let namespace = ObjectId::new("v1", "Namespace", None, &case.namespace);
    assert!(case.cluster.delete(&namespace, None).unwrap());
    assert_eq!(codes(), ["namespace-terminating"]);
    finalizers(json!(null));
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
