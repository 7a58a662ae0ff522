//! Rehearsal: the same state machine against a map of objects, with scripted readiness, in virtual time. No field ownership, no
//! admission, no defaulting: it shows order, waits and the critical path, and changes nothing.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap};

use crate::change::event::{Command, End, Event, Millis, News, Outcome};
use crate::change::failure::Failure;
use crate::change::object::ObjectId;
use crate::change::plan::{OpId, Operation, Plan, What};
use crate::change::ready::{Readiness, waits_for};
use crate::change::step::{Policy, State, step};

/// How long things take and what goes wrong. Times in virtual milliseconds.
#[derive(Clone, Debug, Default)]
pub struct Script {
    /// Object key to the time from write to ready; the kind's usual time otherwise.
    pub ready_after: BTreeMap<String, Millis>,
    /// Operation title to the failure that it answers with.
    pub failing: BTreeMap<String, Failure>,
    /// Object key to trouble that it shows instead of becoming ready.
    pub troubled: BTreeMap<String, Failure>,
    /// Press Ctrl-C at that time.
    pub interrupt: Option<Millis>,
    /// Stop dead after so many events, as a killed process does.
    pub killed_after: Option<usize>,
}

/// What the rehearsed cluster holds: object key to the time at which it is ready. Images by reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct World {
    pub objects: BTreeMap<String, Held>,
    pub images: BTreeSet<String>,
    pub releases: BTreeSet<String>,
}

/// One object of the rehearsed cluster.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Held {
    pub id: ObjectId,
    pub generation: i64,
    pub ready_at: Millis,
    /// The object as written, where the plan holds it.
    pub body: Option<serde_json::Value>,
}

/// What a rehearsal showed.
#[derive(Clone, Debug)]
pub struct Shown {
    /// `None` when it was killed.
    pub end: Option<End>,
    pub news: Vec<(Millis, News)>,
    pub critical_path: Vec<OpId>,
    /// Virtual milliseconds altogether.
    pub took: Millis,
    pub state: State,
}

/// The usual time of an operation.
pub fn usual(operation: &Operation) -> Millis {
    match &operation.what {
        What::BuildImage { .. } => 40_000,
        What::LoadImage { .. } => 10_000,
        What::HelmRelease { .. } => 2_000,
        What::WaitReady { .. } => operation.objects.iter().map(|o| until_ready(&o.kind)).max().unwrap_or(0),
        What::HelmUninstall { .. } | What::ReplaceObject { .. } => 1_000,
        _ => 100,
    }
}

fn until_ready(kind: &str) -> Millis {
    match kind {
        "StatefulSet" => 14_000,
        "Job" => 6_000,
        "Deployment" | "DaemonSet" => 9_000,
        _ if waits_for(kind) => 1_000,
        _ => 0,
    }
}

/// Runs the plan against `world`, which holds afterwards what the run left.
pub fn rehearse(plan: &Plan, world: &mut World, script: &Script, policy: Policy) -> Shown {
    let mut state = State::new(plan, policy);
    let mut run = Run { plan, world, script, queue: BinaryHeap::new(), pending: Vec::new(), watched: BTreeMap::new() };
    let mut shown =
        Shown { end: None, news: Vec::new(), critical_path: Vec::new(), took: 0, state: State::new(plan, policy) };
    run.at(0, Event::Start);
    if let Some(at) = script.interrupt {
        run.at(at, Event::Interrupt);
    }
    let mut seen = 0;
    while let Some(Reverse((now, index))) = run.queue.pop() {
        let event = run.effect(now, index);
        let commands = step(&mut state, now, event);
        shown.took = now;
        seen += 1;
        let mut over = false;
        for command in commands {
            match command {
                Command::Tell(news) => shown.news.push((now, news)),
                Command::End(end) => {
                    shown.end = Some(end);
                    over = true;
                }
                other => run.take(now, other),
            }
        }
        if over || script.killed_after.is_some_and(|k| seen >= k) {
            break;
        }
    }
    shown.critical_path = plan.critical_path(usual).0;
    shown.state = state;
    shown
}

struct Run<'a> {
    plan: &'a Plan,
    world: &'a mut World,
    script: &'a Script,
    /// Time, and index into `pending`: equal times in the order in which they were asked for.
    queue: BinaryHeap<Reverse<(Millis, usize)>>,
    pending: Vec<Event>,
    watched: BTreeMap<OpId, Vec<(ObjectId, Option<i64>)>>,
}

impl Run<'_> {
    fn at(&mut self, time: Millis, event: Event) {
        self.queue.push(Reverse((time, self.pending.len())));
        self.pending.push(event);
    }

    fn take(&mut self, now: Millis, command: Command) {
        match command {
            Command::Run(op) => {
                let Some(operation) = self.plan.operation(op) else { return };
                let event = match self.script.failing.get(&operation.title()) {
                    Some(failure) => Event::Failed { op, failure: failure.clone() },
                    None => Event::Done { op, outcome: Outcome { changed: true, ..Outcome::default() } },
                };
                self.at(now + usual(operation), event);
            }
            Command::Watch { op, objects } => {
                let times = objects.iter().map(|(o, _)| self.world.objects.get(&o.key()).map_or(now, |h| h.ready_at));
                let ready = times.max().unwrap_or(now).max(now);
                self.watched.insert(op, objects);
                self.at(now, Event::Observed { op, states: Vec::new() });
                self.at(ready, Event::Observed { op, states: Vec::new() });
            }
            Command::Unwatch(op) => drop(self.watched.remove(&op)),
            Command::RollBack { op, .. } => {
                self.at(now + 1_000, Event::RolledBack { op, result: Ok("the previous state is back".into()) });
            }
            Command::WakeAt(time) => self.at(time, Event::Tick),
            // what runs ends by itself, soon
            Command::Cancel(_) | Command::Tell(_) | Command::End(_) => {}
        }
    }

    /// Does to the world what the event says was done, and fills in what is observed.
    fn effect(&mut self, now: Millis, index: usize) -> Event {
        let event = std::mem::replace(&mut self.pending[index], Event::Tick);
        match event {
            Event::Done { op, mut outcome } => {
                if let Some(operation) = self.plan.operation(op) {
                    outcome.generations = self.done(now, operation);
                }
                Event::Done { op, outcome }
            }
            Event::Observed { op, .. } => {
                let Some(objects) = self.watched.get(&op) else { return Event::Tick };
                let states = objects.iter().map(|(o, written)| (o.clone(), self.see(now, o, *written))).collect();
                Event::Observed { op, states }
            }
            other => other,
        }
    }

    fn done(&mut self, now: Millis, operation: &Operation) -> Vec<(ObjectId, i64)> {
        match &operation.what {
            What::LoadImage { reference } => {
                self.world.images.insert(reference.clone());
                return Vec::new();
            }
            What::DeleteObject { id } => {
                self.world.objects.remove(&id.key());
                return Vec::new();
            }
            What::HelmRelease { release, .. } => drop(self.world.releases.insert(release.name.clone())),
            What::HelmUninstall { release } => drop(self.world.releases.remove(release)),
            What::BuildImage { .. } | What::WaitReady { .. } | What::Verify { .. } | What::Inventory { .. } => {
                return Vec::new();
            }
            _ => {}
        }
        let body = match &operation.what {
            What::ApplyObject { object } | What::ReplaceObject { object, .. } | What::EnsureNamespace { object } => {
                Some(object.clone())
            }
            _ => None,
        };
        operation.objects.iter().map(|id| (id.clone(), self.write(now, id, body.clone()))).collect()
    }

    fn write(&mut self, now: Millis, id: &ObjectId, body: Option<serde_json::Value>) -> i64 {
        let key = id.key();
        let time = self.script.ready_after.get(&key).copied().unwrap_or_else(|| until_ready(&id.kind));
        let generation = self.world.objects.get(&key).map_or(1, |h| h.generation + 1);
        self.world.objects.insert(key, Held { id: id.clone(), generation, ready_at: now + time, body });
        generation
    }

    fn see(&self, now: Millis, id: &ObjectId, written: Option<i64>) -> Readiness {
        if let Some(trouble) = self.script.troubled.get(&id.key()) {
            let reason = trouble.code.replace('-', " ");
            return Readiness::Waiting { reason, trouble: Some(trouble.clone()) };
        }
        match self.world.objects.get(&id.key()) {
            Some(held) if written.is_some_and(|w| held.generation < w) || held.ready_at > now => {
                Readiness::Waiting { reason: "starting".into(), trouble: None }
            }
            Some(_) => Readiness::READY,
            None => Readiness::Waiting { reason: "not there yet".into(), trouble: None },
        }
    }
}
