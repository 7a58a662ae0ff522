//! What goes wrong in the world, answered by a stand-in: the same driver, the same state machine, another answerer.

use std::collections::BTreeMap;
use std::sync::Mutex;

use bowline::change::event::{End, Millis, News, Outcome, Undo};
use bowline::change::failure::{Failure, Fault};
use bowline::change::object::ObjectId;
use bowline::change::plan::{Image, Means, OpId, Operation, Plan, What};
use bowline::change::ready::Readiness;
use bowline::change::report;
use bowline::change::step::Policy;
use bowline::world::cluster::Cluster;
use bowline::world::docker::Docker;
use bowline::world::process::Cancel;
use bowline::world::run::{Answerer, Expected, Interrupts, Progress, drive};
use bowline::world::runtime::Runtime;
use serde_json::json;

/// Does everything at once, but for what the script says.
#[derive(Default)]
struct Fake {
    failing: BTreeMap<String, Failure>,
    troubled: BTreeMap<String, Failure>,
    /// Pressed when that operation runs.
    interrupt: Option<(String, Interrupts)>,
    ran: Mutex<Vec<String>>,
}

impl Answerer for Fake {
    fn run(&self, operation: &Operation, cancel: &Cancel) -> Result<Outcome, Failure> {
        let title = operation.title();
        self.ran.lock().unwrap().push(title.clone());
        if let Some((at, interrupts)) = &self.interrupt
            && *at == title
        {
            interrupts.press();
            while !cancel.is_cancelled() {
                std::thread::yield_now();
            }
            return Err(Failure::new("interrupted", Fault::Interrupted, "stopped"));
        }
        if let Some(failure) = self.failing.get(&title) {
            return Err(failure.clone());
        }
        let undo = operation.objects.first().map(|o| Undo::Object { object: o.clone() });
        Ok(Outcome { changed: true, undo, ..Outcome::default() })
    }

    fn observe(&self, objects: &[Expected]) -> Result<Vec<(ObjectId, Readiness)>, Failure> {
        let state = |id: &ObjectId| match self.troubled.get(&id.key()) {
            Some(failure) if failure.code == "image-missing" => Readiness::Failed(failure.clone()),
            Some(failure) => Readiness::Waiting { reason: "0 of 1 pods ready".into(), trouble: Some(failure.clone()) },
            None => Readiness::READY,
        };
        Ok(objects.iter().map(|(id, _)| (id.clone(), state(id))).collect())
    }

    fn roll_back(&self, operation: &Operation, _: &Undo) -> Result<String, Failure> {
        Ok(format!("{} is what it was", operation.objects[0]))
    }
}

#[derive(Default)]
struct Told(Vec<News>);

impl Progress for Told {
    fn news(&mut self, _: Millis, _: &Plan, news: &News) {
        self.0.push(news.clone());
    }
}

fn backend() -> ObjectId {
    ObjectId::new("apps/v1", "Deployment", Some("todo"), "backend")
}

/// build -> load -> apply -> wait, and a Service after it.
fn plan() -> Plan {
    let image = Image {
        reference: "todo/backend:1".into(),
        context: "app/backend".into(),
        dockerfile: "Dockerfile".into(),
        labels: BTreeMap::new(),
    };
    let service = ObjectId::new("v1", "Service", Some("todo"), "backend");
    let all = [
        (What::BuildImage { image }, vec![]),
        (What::LoadImage { reference: "todo/backend:1".into() }, vec![]),
        (What::ApplyObject { object: json!({}) }, vec![backend()]),
        (What::WaitReady { complete: false }, vec![backend()]),
        (What::ApplyObject { object: json!({}) }, vec![service]),
    ];
    let operations = all
        .into_iter()
        .enumerate()
        .map(|(index, (what, objects))| Operation {
            id: OpId(index),
            tasks: vec![format!("todo/T{:03}", index + 1)],
            unit: "backend".into(),
            what,
            after: index.checked_sub(1).map(OpId).into_iter().collect(),
            objects,
        })
        .collect();
    Plan {
        v: 1,
        app: "todo".into(),
        namespace: "todo".into(),
        environment: "local".into(),
        context: None,
        means: Means::Native,
        notes: vec![],
        operations,
        base: BTreeMap::new(),
        unchanged: vec![],
    }
}

fn quick() -> Policy {
    Policy { tolerance: 20, ..Policy::default() }
}

#[test]
fn everything_goes_well() {
    let mut told = Told::default();
    let ended = drive(&plan(), quick(), &Fake::default(), &mut told, &Interrupts::default());
    assert_eq!((ended.end, ended.exit_code()), (End::Done, 0));
    let done = told.0.iter().filter(|n| matches!(n, News::Done { .. })).count();
    assert_eq!(done, 5);
    assert!(ended.report.operations.iter().all(|o| o.result == "done" || o.result == "unchanged"));
}

#[test]
fn a_failing_build_starts_nothing_after_it() {
    let failure = Failure::world("image-build", "the image will not build").output(vec!["npm ERR!".into()]);
    let fake = Fake { failing: BTreeMap::from([("build todo/backend:1".into(), failure)]), ..Fake::default() };
    let ended = drive(&plan(), quick(), &fake, &mut (), &Interrupts::default());
    assert_eq!((ended.end, ended.exit_code()), (End::Failed, 4));
    assert_eq!(*fake.ran.lock().unwrap(), ["build todo/backend:1"]);
    let last = ended.report.operations.last().unwrap();
    assert_eq!((last.result, last.because.as_deref()), ("skipped", Some("build todo/backend:1")));
}

#[test]
fn a_crash_loop_fails_after_the_tolerance_and_is_taken_back() {
    let mut failure = Failure::world("pod-crash-loop", "`deployment/backend` does not start").on(backend());
    failure.last_log = Some("password authentication failed".into());
    let fake = Fake { troubled: BTreeMap::from([(backend().key(), failure.clone())]), ..Fake::default() };
    let plan = plan();
    let mut told = Told::default();
    let ended = drive(&plan, quick(), &fake, &mut told, &Interrupts::default());
    assert_eq!(ended.end, End::Failed);
    assert_eq!(ended.report.failures().next().unwrap().1, &failure);
    assert_eq!(ended.report.operations[2].rolled_back.as_deref(), Some("deployment/backend is what it was"));
    let failed = told.0.iter().find(|n| matches!(n, News::Failed { .. })).unwrap();
    let line = report::line(&plan, 7, failed);
    assert_eq!(line["v"], 1);
    assert_eq!((line["type"].as_str(), line["task"].as_str()), (Some("failed"), Some("todo/T004")));
    assert_eq!(line["object"]["kind"], "Deployment");
    assert_eq!(line["failure"]["last_log"], "password authentication failed");
}

#[test]
fn a_conflict_ends_with_its_own_code() {
    let failure = Failure::new("field-conflict", Fault::Conflict, "`kubectl` manages `.spec.replicas`").on(backend());
    let fake = Fake { failing: BTreeMap::from([("apply deployment/backend".into(), failure)]), ..Fake::default() };
    let ended = drive(&plan(), quick(), &fake, &mut (), &Interrupts::default());
    assert_eq!(ended.exit_code(), 5);
}

#[test]
fn an_interrupt_stops_what_runs_and_ends_with_130() {
    let interrupts = Interrupts::default();
    let fake = Fake { interrupt: Some(("load todo/backend:1".into(), interrupts.clone())), ..Fake::default() };
    let ended = drive(&plan(), quick(), &fake, &mut (), &interrupts);
    assert_eq!((ended.end, ended.exit_code()), (End::Interrupted, 130));
    assert_eq!(fake.ran.lock().unwrap().len(), 2);
    assert!(interrupts.pressed());
}

#[test]
fn an_interrupt_before_the_start_is_not_lost() {
    let interrupts = Interrupts::default();
    interrupts.press();
    let fake = Fake { interrupt: Some(("build todo/backend:1".into(), Interrupts::default())), ..Fake::default() };
    let ended = drive(&plan(), quick(), &fake, &mut (), &interrupts);
    assert_eq!(ended.exit_code(), 130);
}

#[test]
fn a_cluster_that_does_not_answer_is_named() {
    let config = "apiVersion: v1\nkind: Config\ncurrent-context: minikube\n\
        clusters: [{name: minikube, cluster: {server: 'http://127.0.0.1:9'}}]\n\
        contexts: [{name: minikube, context: {cluster: minikube}}]\n";
    let runtime = Runtime::start().unwrap();
    let error = Cluster::connect_by(&runtime, config, None).err().unwrap();
    let text = error.to_string();
    assert!(text.starts_with("the cluster of context `minikube` does not answer at http://127.0.0.1:9: "), "{text}");
    assert_eq!(error.failure().fault.exit_code(), 4);
    let secret = "users: [{name: x, user: {token: hunter2}}\n";
    let error = Cluster::connect_by(&runtime, secret, None).err().unwrap();
    assert_eq!(error.to_string(), "cannot read the kubeconfig: it is not valid YAML");
}

#[test]
fn a_real_docker_says_why_a_build_fails() {
    let folder = tempfile::tempdir().unwrap();
    let program = folder.path().join("docker");
    let script = "#!/bin/sh\ncase \"$1\" in\nversion) echo 20.10;;\nimage) exit 1;;\n\
        build) echo 'step 3' >&2; echo 'ERROR: failed to solve: pip install did not complete successfully' >&2; exit 1;;\nesac\n";
    std::fs::write(&program, script).unwrap();
    std::fs::set_permissions(&program, std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let docker = Docker::find_as(&program.display().to_string()).unwrap();
    assert_eq!(docker.version, "20.10");
    let What::BuildImage { image } = plan().operations[0].what.clone() else { unreachable!() };
    let failure = docker.build(&image, folder.path(), &Cancel::default()).unwrap_err();
    assert!(failure.message.contains("pip install did not complete successfully"), "{failure:?}");
    assert_eq!(failure.output.len(), 2);
    assert_eq!(failure.fault.exit_code(), 4);
}
