//! Laws of applying: it ends, it keeps every edge, a crash at any point changes nothing about the end.

use std::collections::{BTreeMap, BTreeSet};

use bowline::change::event::{Command, End, Event, News, Outcome, Undo};
use bowline::change::failure::Failure;
use bowline::change::object::ObjectId;
use bowline::change::plan::{Image, Means, OpId, Operation, Plan, Secret, What};
use bowline::change::planner;
use bowline::change::ready::Readiness;
use bowline::change::step::{Policy, State, Status, step};
use bowline::change::wanted::{Act, Input, TaskEdge, UnitNeed, Wanted, WantedImage, WantedRelease, WantedSecret};
use bowline::model::app::Condition;
use bowline::world::sim::{Script, World, rehearse};
use proptest::prelude::*;
use serde_json::json;

fn id(kind: &str, name: &str) -> ObjectId {
    let api = match kind {
        "Deployment" | "StatefulSet" => "apps/v1",
        "Job" => "batch/v1",
        _ => "v1",
    };
    ObjectId::new(api, kind, Some("todo"), name)
}

fn bare(operations: Vec<Operation>) -> Plan {
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

fn operation(index: usize, wait: bool, after: Vec<usize>) -> Operation {
    let object = id("Deployment", &format!("o{index}"));
    Operation {
        id: OpId(index),
        tasks: vec![format!("f/T{index:03}")],
        unit: "u".into(),
        what: if wait { What::WaitReady { complete: false } } else { What::ApplyObject { object: json!({}) } },
        after: after.into_iter().map(OpId).collect(),
        objects: vec![object],
    }
}

prop_compose! {
    fn a_plan()(size in 1_usize..14)(
        waits in proptest::collection::vec(any::<bool>(), size),
        edges in proptest::collection::vec(proptest::collection::vec(any::<bool>(), size), size),
    ) -> Plan {
        let after = |i: usize| (0..i).filter(|j| edges[i][*j]).collect();
        bare((0..waits.len()).map(|i| operation(i, waits[i], after(i))).collect())
    }
}

/// What the world may answer to something that runs.
fn answer(plan: &Plan, op: OpId, fails: bool) -> Event {
    let operation = plan.operation(op).unwrap();
    let failure = || Failure::world("broken", "broken").on(operation.objects[0].clone());
    if let What::WaitReady { .. } = operation.what {
        let readiness = if fails { Readiness::Failed(failure()) } else { Readiness::READY };
        return Event::Observed { op, states: vec![(operation.objects[0].clone(), readiness)] };
    }
    if fails {
        return Event::Failed { op, failure: failure() };
    }
    let undo = Some(Undo::Object { object: operation.objects[0].clone() });
    Event::Done { op, outcome: Outcome { changed: true, undo, ..Outcome::default() } }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(512))]

    /// For any graph, any order of answers, any failures and an interrupt at any time.
    #[test]
    fn it_ends_and_keeps_every_edge(
        plan in a_plan(),
        picks in proptest::collection::vec(any::<u16>(), 80),
        fails in proptest::collection::vec(0_u8..12, 80),
        interrupt in proptest::option::of(0_usize..30),
    ) {
        let mut state = State::new(&plan, Policy::default());
        let mut open: Vec<(OpId, bool)> = Vec::new();
        let mut done: BTreeSet<OpId> = BTreeSet::new();
        let mut started: BTreeSet<OpId> = BTreeSet::new();
        let mut end = None;
        let mut next = Some(Event::Start);
        let mut count = 0;
        while let Some(event) = next.take() {
            if let Event::Done { op, .. } = &event { done.insert(*op); }
            if let Event::Observed { op, states } = &event && states[0].1.is_ready() { done.insert(*op); }
            let failing_before = !state.failures().is_empty();
            for command in step(&mut state, count, event) {
                prop_assert!(end.is_none(), "a command after the end");
                match command {
                    Command::Run(op) | Command::Watch { op, .. } => {
                        prop_assert!(started.insert(op), "started twice");
                        prop_assert!(!failing_before, "started after a failure");
                        for before in &plan.operation(op).unwrap().after {
                            prop_assert!(done.contains(before), "{op:?} before {before:?}");
                        }
                        open.push((op, false));
                    }
                    Command::Unwatch(op) => open.retain(|(o, roll)| *o != op || *roll),
                    Command::RollBack { op, .. } => open.push((op, true)),
                    Command::End(e) => end = Some(e),
                    _ => {}
                }
            }
            count += 1;
            let index = usize::try_from(count).unwrap();
            if interrupt == Some(index) {
                next = Some(Event::Interrupt);
            } else if !open.is_empty() && end.is_none() {
                let pick = usize::from(picks[index % picks.len()]) % open.len();
                let (op, roll) = open.swap_remove(pick);
                next = Some(if roll {
                    Event::RolledBack { op, result: Ok("back".into()) }
                } else {
                    answer(&plan, op, fails[index % fails.len()] == 0)
                });
            }
            prop_assert!(count < 500, "no end");
        }
        let end = end.expect("an end");
        prop_assert!(state.is_over());
        prop_assert!(state.status.iter().all(Status::is_over), "{:?}", state.status);
        match end {
            End::Done => prop_assert_eq!(done.len(), plan.operations.len()),
            End::Failed => prop_assert!(!state.failures().is_empty()),
            End::Interrupted => prop_assert!(interrupt.is_some()),
        }
        for (index, status) in state.status.iter().enumerate() {
            if let Status::Skipped { because } = status {
                prop_assert_eq!(&state.status[because.0], &Status::Failed);
                prop_assert!(because.0 < index);
            }
        }
    }

    /// Stop dead after any number of events, look at the world anew, run again: the same end as without the crash.
    #[test]
    fn a_crash_changes_nothing_about_the_end(kill in 0_usize..60, helm in any::<bool>(), again in 0_usize..60) {
        let means = if helm { Means::Helm } else { Means::Native };
        let mut calm = World::default();
        let whole = rehearse(&planner::plan(&todo(means, &calm, 0)), &mut calm, &Script::default(), Policy::default());
        prop_assert_eq!(whole.end, Some(End::Done));

        let mut world = World::default();
        for killed_after in [kill, again] {
            let script = Script { killed_after: Some(killed_after), ..Script::default() };
            // what was unready when the process died may or may not become ready meanwhile
            rehearse(&planner::plan(&todo(means, &world, 0)), &mut world, &script, Policy::default());
        }
        let last = planner::plan(&todo(means, &world, 0));
        let shown = rehearse(&last, &mut world, &Script::default(), Policy::default());
        prop_assert_eq!(shown.end, Some(End::Done));
        prop_assert_eq!(bodies(&world), bodies(&calm));
        prop_assert_eq!(&world.images, &calm.images);
        prop_assert_eq!(&world.releases, &calm.releases);
        let settled = planner::plan(&todo(means, &world, u64::MAX));
        prop_assert!(settled.is_empty(), "{:?}", settled.operations);
    }
}

fn bodies(world: &World) -> BTreeMap<String, Option<serde_json::Value>> {
    world.objects.iter().map(|(k, h)| (k.clone(), h.body.clone())).collect()
}

fn object(kind: &str, name: &str) -> serde_json::Value {
    let id = id(kind, name);
    let spec = match name {
        "backend" | "database-migrate-1" => {
            json!({"image": "todo/backend:1", "secret": "database-credentials"})
        }
        "database" => json!({"secret": "database-credentials"}),
        _ => json!({}),
    };
    let metadata = match kind {
        "Namespace" => json!({"name": name}),
        _ => json!({"name": name, "namespace": "todo"}),
    };
    json!({"apiVersion": id.api_version(), "kind": kind, "metadata": metadata, "spec": spec})
}

/// The worked example in small, as far from the world as it is at time `now`.
fn todo(means: Means, world: &World, now: u64) -> Input {
    let all = [
        ("todo", "T001", "Namespace", "todo"),
        ("todo", "T002", "ResourceQuota", "todo"),
        ("backend", "T030", "Deployment", "backend"),
        ("backend", "T031", "ConfigMap", "backend"),
        ("backend", "T032", "Service", "backend"),
        ("database", "T020", "StatefulSet", "database"),
        ("database", "T021", "Service", "database"),
        ("database-migrate", "T025", "Job", "database-migrate-1"),
    ];
    let objects: Vec<Wanted> = all
        .iter()
        .map(|(unit, task, kind, name)| {
            let object = object(kind, name);
            let held = world.objects.get(&ObjectId::of(&object, Some("todo")).unwrap().key());
            Wanted {
                object,
                unit: (*unit).into(),
                tasks: vec![format!("todo/{task}")],
                act: if held.is_some() { Act::None } else { Act::Create },
                settled: held.is_some_and(|h| h.ready_at <= now),
            }
        })
        .collect();
    let loaded = world.images.contains("todo/backend:1");
    let image = Image {
        reference: "todo/backend:1".into(),
        context: "app/backend".into(),
        dockerfile: "out/todo/images/backend/Dockerfile".into(),
        labels: BTreeMap::new(),
    };
    let secret = Secret {
        object: id("Secret", "database-credentials"),
        keys: vec![],
        sealed: None,
        labels: BTreeMap::new(),
        annotations: BTreeMap::new(),
    };
    let needed = !world.objects.contains_key(&secret.object.key());
    let need = |unit: &str, needs: &str, condition| UnitNeed { unit: unit.into(), needs: needs.into(), condition };
    let units = ["todo", "database", "database-migrate", "backend"];
    let releases = units.iter().map(|unit| {
        let name = format!("todo-{unit}");
        let deployed = world.releases.contains(&name);
        let release = bowline::change::release::Release { name, units: vec![(*unit).into()], off: vec![] };
        WantedRelease { release, deployed }
    });
    Input {
        app: "todo".into(),
        namespace: "todo".into(),
        environment: "local".into(),
        context: None,
        means,
        tasks: ["T001", "T002", "T009", "T019", "T020", "T021", "T025", "T030", "T031", "T032"]
            .map(|t| format!("todo/{t}"))
            .to_vec(),
        objects,
        images: vec![WantedImage {
            image,
            unit: "backend".into(),
            tasks: vec!["todo/T009".into()],
            built: loaded,
            loaded,
        }],
        secrets: vec![WantedSecret { secret, unit: "database".into(), tasks: vec!["todo/T019".into()], needed }],
        needs: vec![
            need("backend", "database", Condition::Healthy),
            need("backend", "database-migrate", Condition::Completed),
            need("database-migrate", "database", Condition::Healthy),
        ],
        edges: vec![TaskEdge { before: "todo/T009".into(), after: "todo/T030".into(), wait: true }],
        verify: vec![],
        releases: if means == Means::Helm { releases.collect() } else { vec![] },
        chart: "charts/todo".into(),
        values: vec!["charts/todo/values-local.yaml".into()],
        own_unit: "todo".into(),
        vanished: vec![],
        vanished_releases: vec![],
        base: BTreeMap::new(),
        notes: vec![],
    }
}

fn titles(plan: &Plan) -> Vec<String> {
    plan.operations.iter().map(Operation::title).collect()
}

fn place(plan: &Plan, title: &str) -> usize {
    titles(plan).iter().position(|t| t == title).unwrap_or_else(|| panic!("no `{title}` in {:#?}", titles(plan)))
}

/// Whether `a` has to be over before `b` begins.
fn before(plan: &Plan, a: &str, b: &str) -> bool {
    let (a, b) = (place(plan, a), place(plan, b));
    let (mut stack, mut seen) = (vec![OpId(b)], BTreeSet::new());
    while let Some(at) = stack.pop() {
        if at.0 == a {
            return a != b;
        }
        if seen.insert(at) {
            stack.extend(&plan.operation(at).unwrap().after);
        }
    }
    false
}

#[test]
fn native_order_of_the_example() {
    let plan = planner::plan(&todo(Means::Native, &World::default(), 0));
    plan.check().unwrap();
    assert_eq!(plan.operations[0].title(), "ensure namespace/todo");
    for (a, b) in [
        ("build todo/backend:1", "load todo/backend:1"),
        ("load todo/backend:1", "apply deployment/backend"),
        ("load todo/backend:1", "apply job/database-migrate-1"),
        ("ensure secret/database-credentials", "apply statefulset/database"),
        ("wait until ready: statefulset/database", "apply job/database-migrate-1"),
        ("wait until done: job/database-migrate-1", "apply deployment/backend"),
        ("apply configmap/backend", "apply deployment/backend"),
        ("apply resourcequota/todo", "apply statefulset/database"),
        ("apply deployment/backend", "wait until ready: deployment/backend"),
    ] {
        assert!(before(&plan, a, b), "{a} before {b}: {:#?}", titles(&plan));
    }
    assert!(!before(&plan, "build todo/backend:1", "apply statefulset/database"), "independent ones run side by side");
    assert_eq!(plan.operations.last().unwrap().title(), "write the inventory");
}

/// "Apply backend (depends on: write its Deployment)" owns all objects of the backend, the Deployment among them.
#[test]
fn the_task_that_applies_a_unit_does_not_hold_its_objects_back() {
    let mut input = todo(Means::Native, &World::default(), 0);
    for object in input.objects.iter_mut().filter(|o| o.unit == "backend") {
        object.tasks.push("todo/T051".into());
    }
    let deployment = input.objects.iter().find(|o| o.unit == "backend" && o.object["kind"] == "Deployment").unwrap();
    input.edges.push(TaskEdge { before: deployment.tasks[0].clone(), after: "todo/T051".into(), wait: true });
    let plan = planner::plan(&input);
    assert!(before(&plan, "apply configmap/backend", "apply deployment/backend"), "{:#?}", titles(&plan));
}

#[test]
fn helm_order_of_the_example_and_unchanged_units() {
    let plan = planner::plan(&todo(Means::Helm, &World::default(), 0));
    for (a, b) in [
        ("ensure namespace/todo", "helm upgrade todo-todo"),
        ("helm upgrade todo-todo", "helm upgrade todo-database"),
        ("ensure secret/database-credentials", "helm upgrade todo-database"),
        ("wait until ready: statefulset/database", "helm upgrade todo-database-migrate"),
        ("wait until done: job/database-migrate-1", "helm upgrade todo-backend"),
        ("load todo/backend:1", "helm upgrade todo-backend"),
    ] {
        assert!(before(&plan, a, b), "{a} before {b}: {:#?}", titles(&plan));
    }
    let mut world = World::default();
    rehearse(&plan, &mut world, &Script::default(), Policy::default());
    let mut input = todo(Means::Helm, &world, u64::MAX);
    input.objects.iter_mut().filter(|o| o.object["metadata"]["name"] == "backend").for_each(|o| o.act = Act::Update);
    let again = planner::plan(&input);
    assert_eq!(titles(&again), ["helm upgrade todo-backend", "wait until ready: deployment/backend"]);
    assert_eq!(again.unchanged, ["todo", "database", "database-migrate"]);
}

#[test]
fn a_task_order_against_the_units_needs_is_said() {
    let mut input = todo(Means::Native, &World::default(), 0);
    input.edges.push(TaskEdge { before: "todo/T030".into(), after: "todo/T020".into(), wait: true });
    let plan = planner::plan(&input);
    plan.check().unwrap();
    assert_eq!(plan.notes, ["`todo/T030` before `todo/T020` is not kept: the units need it otherwise"]);
}

#[test]
fn a_saved_plan_is_the_same_plan_or_refused() {
    let plan = planner::plan(&todo(Means::Native, &World::default(), 0));
    let text = plan.save().unwrap();
    assert_eq!(Plan::load("p.json", &text).unwrap(), plan);
    let altered = text.replacen("todo/backend:1", "todo/backend:2", 1);
    assert_eq!(
        Plan::load("p.json", &altered).unwrap_err().to_string(),
        "`p.json` was altered after it was saved; save the plan again"
    );
    assert!(Plan::load("p.json", "{}").unwrap_err().to_string().contains("holds no plan"));
    let mut based = plan;
    based.base.insert("Deployment.apps/todo/backend".into(), "absent".into());
    let now = BTreeMap::from([("Deployment.apps/todo/backend".to_owned(), "u generation 1".to_owned())]);
    assert!(based.verify_base(&now).unwrap_err().to_string().contains("stale"));
}

#[test]
fn a_crash_loop_stops_the_run_after_the_tolerance() {
    let mut world = World::default();
    let plan = planner::plan(&todo(Means::Native, &world, 0));
    let backend = id("StatefulSet", "database");
    let failure = Failure::world("pod-crash-loop", "`statefulset/database` does not start").on(backend.clone());
    let script = Script { troubled: BTreeMap::from([(backend.key(), failure)]), ..Script::default() };
    let shown = rehearse(&plan, &mut world, &script, Policy::default());
    assert_eq!(shown.end, Some(End::Failed));
    let failed: Vec<_> = shown.news.iter().filter(|(_, n)| matches!(n, News::Failed { .. })).collect();
    assert_eq!(failed.len(), 1);
    // written at 0.4 s or so, seen at once, tolerated for 60 s
    assert!((60_000..62_000).contains(&failed[0].0), "{}", failed[0].0);
    let migrate = place(&plan, "apply job/database-migrate-1");
    let wait = place(&plan, "wait until ready: statefulset/database");
    assert_eq!(shown.state.status[migrate], Status::Skipped { because: OpId(wait) });
}

#[test]
fn trouble_that_heals_stops_nothing() {
    let plan = bare(vec![operation(0, false, vec![]), operation(1, true, vec![0])]);
    let mut state = State::new(&plan, Policy::default());
    step(&mut state, 0, Event::Start);
    step(&mut state, 0, answer(&plan, OpId(0), false));
    let object = plan.operations[1].objects[0].clone();
    let waiting = |trouble: bool| {
        let trouble = trouble.then(|| Failure::world("image-pull", "no image"));
        let readiness = Readiness::Waiting { reason: "0 of 1".into(), trouble };
        Event::Observed { op: OpId(1), states: vec![(object.clone(), readiness)] }
    };
    for (at, trouble) in [(0, true), (50_000, true), (55_000, false), (56_000, true), (110_000, true)] {
        step(&mut state, at, waiting(trouble));
    }
    assert_eq!(state.status[1], Status::Waiting);
    step(&mut state, 116_000, Event::Tick);
    assert_eq!(state.status[1], Status::Failed);
}

#[test]
fn a_failed_wait_rolls_back_its_own_release_and_names_what_stays() {
    let mut migration = operation(0, true, vec![]);
    migration.what = What::WaitReady { complete: true };
    let plan = bare(vec![migration, operation(1, false, vec![0]), {
        let mut wait = operation(2, true, vec![1]);
        wait.objects = vec![id("Deployment", "o1")];
        wait
    }]);
    let mut state = State::new(&plan, Policy::default());
    step(&mut state, 0, Event::Start);
    let migration = plan.operations[0].objects[0].clone();
    let running = Readiness::Waiting { reason: "running".into(), trouble: None };
    step(&mut state, 1, Event::Observed { op: OpId(0), states: vec![(migration, running)] });
    step(&mut state, 1, answer(&plan, OpId(0), false));
    step(&mut state, 2, answer(&plan, OpId(1), false));
    let commands = step(&mut state, 3, answer(&plan, OpId(2), true));
    let undo = Undo::Object { object: id("Deployment", "o1") };
    assert!(commands.contains(&Command::RollBack { op: OpId(1), undo }), "{commands:?}");
    let why = "deployment/o0 ran to its end".to_owned();
    assert!(commands.contains(&Command::Tell(News::NotRolledBack { op: OpId(0), why })), "{commands:?}");
    let result = Ok("deployment/o1 is what it was".to_owned());
    let commands = step(&mut state, 4, Event::RolledBack { op: OpId(1), result });
    assert_eq!(commands.last(), Some(&Command::End(End::Failed)));
}

#[test]
fn an_old_generation_is_not_ready_whatever_its_status() {
    let live = json!({"kind":"Deployment","metadata":{"generation":1},"spec":{"replicas":1},
        "status":{"observedGeneration":1,"replicas":1,"updatedReplicas":1,"readyReplicas":1,"availableReplicas":1}});
    let id = id("Deployment", "x");
    let related = bowline::change::ready::Related::default();
    assert!(bowline::change::ready::readiness(&id, Some(&live), Some(1), &related).is_ready());
    assert!(!bowline::change::ready::readiness(&id, Some(&live), Some(2), &related).is_ready());
}

#[test]
fn equal_rehearsals_tell_equal_stories() {
    let run = || {
        let mut world = World::default();
        let plan = planner::plan(&todo(Means::Native, &world, 0));
        rehearse(&plan, &mut world, &Script::default(), Policy::default()).news
    };
    assert_eq!(run(), run());
}
