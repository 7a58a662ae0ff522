//! Against a real node: images that are built and loaded, pods that run, crash and answer. `BOWLINE_TEST_LEVEL2` names a folder
//! with `kubeconfig` and `containerd.sock`.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use bowline::change::event::{End, News};
use bowline::change::object::{ObjectId, int};
use bowline::change::plan::{Image, Means, OpId, Operation, Plan, Verify, What};
use bowline::change::step::Policy;
use bowline::world::cluster::{Cluster, http_get};
use bowline::world::docker::Docker;
use bowline::world::local::Node;
use bowline::world::operate::Operator;
use bowline::world::process::Cancel;
use bowline::world::run::{Ended, Interrupts, Progress, drive};
use bowline::world::runtime::Runtime;
use bowline::world::secret_values::Values;
use serde_json::{Value, json};

const NAMESPACE: &str = "bw-node";

fn operator(cluster: &Cluster, socket: &str, root: &Path) -> Operator {
    Operator {
        cluster: cluster.clone(),
        docker: Some(Docker::find().unwrap()),
        helm: None,
        root: root.to_path_buf(),
        app: "node".into(),
        namespace: NAMESPACE.into(),
        node: Node::Containerd { socket: socket.into() },
        runtime: None,
        secrets: Values::default(),
        tool: "0.0.0".into(),
        constitution: None,
        masker: std::sync::Mutex::default(),
        before: std::sync::Mutex::default(),
    }
}

fn image(tag: &str) -> Image {
    Image {
        reference: format!("bowline-test/web:{tag}"),
        context: "web".into(),
        dockerfile: "Dockerfile".into(),
        labels: BTreeMap::from([("bowline.dev/task".to_owned(), "T001".to_owned())]),
    }
}

fn deployment(tag: &str, command: &[&str]) -> Value {
    json!({"apiVersion": "apps/v1", "kind": "Deployment", "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"replicas": 1, "selector": {"matchLabels": {"app": "web"}},
            "strategy": {"rollingUpdate": {"maxUnavailable": 0, "maxSurge": 1}},
            "template": {"metadata": {"labels": {"app": "web"}}, "spec": {"terminationGracePeriodSeconds": 1, "containers": [{
                "name": "web", "image": format!("bowline-test/web:{tag}"), "imagePullPolicy": "Never", "command": command,
                "ports": [{"name": "http", "containerPort": 8080}],
                "readinessProbe": {"httpGet": {"path": "/", "port": "http"}, "periodSeconds": 1}}]}}}})
}

fn plan(tag: &str, command: &[&str]) -> Plan {
    let id = |kind: &str, api: &str| ObjectId::new(api, kind, Some(NAMESPACE), "web");
    let service = json!({"apiVersion": "v1", "kind": "Service", "metadata": {"name": "web", "namespace": NAMESPACE},
        "spec": {"selector": {"app": "web"}, "ports": [{"port": 80, "targetPort": "http"}]}});
    let namespace = json!({"apiVersion": "v1", "kind": "Namespace", "metadata": {"name": NAMESPACE}});
    let check = Verify::Http { service: id("Service", "v1"), port: 80, path: "/".into(), status: 200 };
    let all = [
        (What::BuildImage { image: image(tag) }, vec![]),
        (What::LoadImage { reference: image(tag).reference }, vec![]),
        (What::EnsureNamespace { object: namespace }, vec![]),
        (What::ApplyObject { object: service }, vec![id("Service", "v1")]),
        (What::ApplyObject { object: deployment(tag, command) }, vec![id("Deployment", "apps/v1")]),
        (What::WaitReady { complete: false }, vec![id("Deployment", "apps/v1")]),
        (What::Verify { verify: check }, vec![id("Service", "v1")]),
    ];
    let operations = all
        .into_iter()
        .enumerate()
        .map(|(index, (what, objects))| Operation {
            id: OpId(index),
            tasks: vec!["node/T001".into()],
            unit: "web".into(),
            what,
            after: index.checked_sub(1).map(OpId).into_iter().collect(),
            objects,
        })
        .collect();
    Plan {
        v: 1,
        app: "node".into(),
        namespace: NAMESPACE.into(),
        environment: "local".into(),
        context: None,
        means: Means::Native,
        notes: vec![],
        operations,
        base: BTreeMap::new(),
        unchanged: vec![],
    }
}

struct Print;

impl Progress for Print {
    fn news(&mut self, now: u64, plan: &Plan, news: &News) {
        println!("{}", bowline::change::report::line(plan, now, news));
    }
}

fn run(operator: &Operator, plan: &Plan) -> Ended {
    let policy = Policy { tolerance: 4_000, ..Policy::default() };
    drive(plan, policy, operator, &mut Print, &Interrupts::default())
}

/// Deletes the Namespace and waits until it is gone; whether it was there.
fn remove(cluster: &Cluster) -> bool {
    let id = ObjectId::new("v1", "Namespace", None, NAMESPACE);
    let there = cluster.delete(&id, None).unwrap();
    while cluster.get(&id).unwrap().is_some() {
        std::thread::yield_now();
    }
    there
}

#[test]
#[ignore = "needs a real node: tests/run level2"]
fn level2_built_loaded_run_and_taken_back() {
    let folder = PathBuf::from(std::env::var("BOWLINE_TEST_LEVEL2").expect("BOWLINE_TEST_LEVEL2 names a folder"));
    let socket = folder.join("containerd.sock").display().to_string();
    let runtime = Runtime::start().unwrap();
    let cluster = Cluster::connect(&runtime, None).unwrap();
    remove(&cluster);
    let workspace = tempfile::tempdir().unwrap();
    std::fs::create_dir(workspace.path().join("web")).unwrap();
    // a new context gives a new tag: each run of this test builds
    let tag = format!("{:x}", std::process::id());
    std::fs::write(workspace.path().join("web/index.html"), format!("hello {tag}\n")).unwrap();
    std::fs::write(workspace.path().join("Dockerfile"), "FROM busybox:1.36\nCOPY index.html /www/index.html\n")
        .unwrap();
    let operator = operator(&cluster, &socket, workspace.path());

    let serve = ["busybox", "httpd", "-f", "-p", "8080", "-h", "/www"];
    let ended = run(&operator, &plan(&tag, &serve));
    assert_eq!(ended.end, End::Done, "{:#?}", ended.report);
    assert_eq!(ended.report.operations[0].result, "done");
    let forward = cluster.forward_service(NAMESPACE, "web", 80, 0).unwrap();
    let answer = http_get(forward.address, "/", Duration::from_secs(10)).unwrap();
    assert_eq!((answer.status, String::from_utf8(answer.body).unwrap()), (200, format!("hello {tag}\n")));

    // the same again builds, loads and changes nothing
    let ended = run(&operator, &plan(&tag, &serve));
    assert_eq!(ended.end, End::Done);
    assert!(ended.report.operations.iter().all(|o| o.result == "unchanged"), "{:#?}", ended.report);

    // a version that does not start: named with its last words, and taken back while the old one serves
    let crash = ["sh", "-c", "{ echo connecting; echo cannot reach the database; } >&2; exit 3"];
    let ended = run(&operator, &plan(&tag, &crash));
    assert_eq!(ended.end, End::Failed);
    let (_, failure) = ended.report.failures().next().unwrap();
    assert_eq!(failure.code, "pod-crash-loop");
    assert_eq!(failure.message, "`deployment/web` does not start: exit code 3; the old version still serves 1 of 1");
    assert_eq!(failure.last_log.as_deref(), Some("cannot reach the database"));
    assert_eq!(ended.report.operations[4].rolled_back.as_deref(), Some("deployment/web is what it was"));
    let ended = run(&operator, &plan(&tag, &serve));
    assert_eq!(ended.end, End::Done);
    let id = ObjectId::new("apps/v1", "Deployment", Some(NAMESPACE), "web");
    assert_eq!(int(&cluster.get(&id).unwrap().unwrap(), "status.availableReplicas"), Some(1));

    // an image that no node has
    let mut absent = plan("absent", &serve);
    absent.operations.drain(..2);
    for (index, operation) in absent.operations.iter_mut().enumerate() {
        operation.id = OpId(index);
        operation.after = index.checked_sub(1).map(OpId).into_iter().collect();
    }
    let ended = run(&operator, &absent);
    assert_eq!(ended.report.failures().next().unwrap().1.code, "image-missing");

    assert!(remove(&cluster));
    let load =
        operator.docker.as_ref().unwrap().load("bowline-test/no-such:1", &operator.node, None, &Cancel::default());
    assert_eq!(load.unwrap_err().message, "the image bowline-test/no-such:1 is not in Docker");
}

#[test]
#[ignore = "needs a real Minikube: tests/run level3"]
fn level3_an_image_gets_into_minikube() {
    let docker = Docker::find().unwrap();
    let workspace = tempfile::tempdir().unwrap();
    std::fs::create_dir(workspace.path().join("web")).unwrap();
    let tag = format!("m{:x}", std::process::id());
    std::fs::write(workspace.path().join("Dockerfile"), format!("FROM busybox:1.36\nENV TAG={tag}\n")).unwrap();
    let (image, calm) = (image(&tag), Cancel::default());
    assert!(docker.build(&image, workspace.path(), &calm).unwrap());
    let node = Node::Minikube { profile: "minikube".into() };
    let runtime = Some("containerd://2");
    assert_eq!(docker.nodes_have(&image.reference, &node, runtime).unwrap(), Some(false));
    assert!(docker.load(&image.reference, &node, runtime, &calm).unwrap());
    assert_eq!(docker.nodes_have(&image.reference, &node, runtime).unwrap(), Some(true));
    assert!(!docker.load(&image.reference, &node, runtime, &calm).unwrap(), "what is there is not loaded again");
}
