//! Against a real API server, delivered by Helm 3 and by Helm 4.

mod world;

use bowline::change::diff::Verb;
use bowline::change::mask::Masker;
use bowline::change::object::{ObjectId, at, text};
use bowline::change::plan::{Means, Operation};
use bowline::change::planner;
use bowline::change::release::Release;
use bowline::change::step::Policy;
use bowline::world::helm;
use bowline::world::look::look;
use bowline::world::process::Cancel;
use bowline::world::run::{Interrupts, drive};
use serde_json::json;
use world::{Case, Objects, app, good, object};

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

fn helm_up_again_changed_and_back(helm: &str, place: &str) {
    let namespace = &format!("bw-{place}");
    let mut objects = app(namespace, "todo/backend:1");
    objects.push((
        object("ConfigMap", "v1", "todo", namespace, json!({"data": {"x": "1"}})),
        "todo".into(),
        vec!["todo/T001".into()],
    ));
    let first = chart(&objects);
    let mut case = Case::new(place, Means::Helm, first.path().to_path_buf());
    helm.clone_into(&mut case.helm);
    let (plan, ended) = case.up(&objects);
    good(&ended);
    let titles: Vec<String> = plan.operations.iter().map(Operation::title).collect();
    let place_of = |t: &str| titles.iter().position(|x| x == t).unwrap_or_else(|| panic!("{t}: {titles:?}"));
    assert!(place_of("wait until ready: statefulset/database") < place_of("helm upgrade todo-backend"));

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
    let titles: Vec<String> = plan.operations.iter().map(Operation::title).collect();
    assert_eq!(titles, ["helm upgrade todo-backend", "wait until ready: deployment/backend"]);
    assert!(case.look(&changed).is_same());

    // back
    let helm = case.helm().unwrap();
    let revision = helm::previous(&case.cluster, namespace, "todo-backend").unwrap();
    assert_eq!(revision, Some(1));
    helm.rollback("todo-backend", 1, &Cancel::default()).unwrap();
    let live = case.cluster.get(&case.id("Deployment", "backend")).unwrap().unwrap();
    assert_eq!(at(&live, "spec.template.spec.containers.0.image"), Some(&json!("todo/backend:1")));

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

fn helm_after_a_helm_that_died(helm: &str, place: &str) {
    let namespace = &format!("bw-{place}");
    let objects = app(namespace, "todo/backend:1");
    let folder = chart(&objects);
    let mut case = Case::new(place, Means::Helm, folder.path().to_path_buf());
    helm.clone_into(&mut case.helm);
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

fn from_native_to_helm_keeps_the_objects(helm: &str, place: &str) {
    let namespace = &format!("bw-{place}");
    let objects = app(namespace, "todo/backend:1");
    let folder = chart(&objects);
    let mut case = Case::new(place, Means::Native, folder.path().to_path_buf());
    helm.clone_into(&mut case.helm);
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

/// The same under both majors: Helm 3 patches, Helm 4 applies.
fn program(variable: &str) -> String {
    std::env::var(variable).unwrap_or_else(|_| panic!("{variable} names a Helm"))
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_helm3_up_again_changed_and_back() {
    helm_up_again_changed_and_back(&program("HELM"), "helm3");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_helm3_after_a_helm_that_died() {
    helm_after_a_helm_that_died(&program("HELM"), "died3");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_from_native_to_helm3_keeps_the_objects() {
    from_native_to_helm_keeps_the_objects(&program("HELM"), "adopt3");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_helm4_up_again_changed_and_back() {
    helm_up_again_changed_and_back(&program("HELM4"), "helm4");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_helm4_after_a_helm_that_died() {
    helm_after_a_helm_that_died(&program("HELM4"), "died4");
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_from_native_to_helm4_keeps_the_objects() {
    from_native_to_helm_keeps_the_objects(&program("HELM4"), "adopt4");
}
