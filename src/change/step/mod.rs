//! Applying as a state machine without I/O: events in, commands out. Whoever carries out the commands (a real cluster, a
//! rehearsal, a test) decides nothing. Time comes in with each event, so it may be virtual.

mod ending;

use std::collections::{BTreeMap, BTreeSet};

use super::event::{Command, End, Event, Millis, News, Outcome, Undo};
use super::failure::Failure;
use super::object::ObjectId;
use super::plan::{OpId, Operation, Plan, What};
use super::ready::Readiness;
use ending::{fail, finish, interrupt};

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Status {
    Pending,
    Running,
    Waiting,
    Done { changed: bool },
    Failed,
    Skipped { because: OpId },
    NotStarted,
}

impl Status {
    pub fn is_over(&self) -> bool {
        !matches!(self, Self::Pending | Self::Running | Self::Waiting)
    }
}

/// What the machine may decide by.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Policy {
    /// How long a wait may take altogether.
    pub deadline: Millis,
    /// How long trouble that may heal (image pulls, crashes, scheduling) is tolerated.
    pub tolerance: Millis,
    /// Image builds side by side.
    pub builds: usize,
    /// Other operations side by side.
    pub width: usize,
    /// Take back what the failed operation changed.
    pub roll_back: bool,
}

impl Default for Policy {
    fn default() -> Self {
        Self { deadline: 600_000, tolerance: 60_000, builds: 2, width: 8, roll_back: true }
    }
}

#[derive(Clone, Debug, Default)]
struct Wait {
    since: Millis,
    /// Object key to when its trouble was first seen, and the trouble.
    trouble: BTreeMap<String, (Millis, Failure)>,
    told: BTreeMap<String, String>,
    warned: BTreeSet<String>,
    last: BTreeMap<String, (ObjectId, String)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Phase {
    Running,
    /// Something failed: what runs is let finish.
    Stopping(End),
    RollingBack,
    Over,
}

/// The run so far.
#[derive(Clone, Debug)]
pub struct State {
    operations: Vec<Operation>,
    policy: Policy,
    pub status: Vec<Status>,
    generations: BTreeMap<String, i64>,
    undo: BTreeMap<OpId, Undo>,
    waits: BTreeMap<OpId, Wait>,
    failures: Vec<(OpId, Failure)>,
    rolling: BTreeSet<OpId>,
    /// Waits that did not find everything ready at once.
    waited: BTreeSet<OpId>,
    phase: Phase,
}

impl State {
    pub fn new(plan: &Plan, policy: Policy) -> Self {
        Self {
            status: vec![Status::Pending; plan.operations.len()],
            operations: plan.operations.clone(),
            policy,
            generations: BTreeMap::new(),
            undo: BTreeMap::new(),
            waits: BTreeMap::new(),
            failures: Vec::new(),
            rolling: BTreeSet::new(),
            waited: BTreeSet::new(),
            phase: Phase::Running,
        }
    }

    /// In the order in which they came.
    pub fn failures(&self) -> &[(OpId, Failure)] {
        &self.failures
    }

    pub fn is_over(&self) -> bool {
        self.phase == Phase::Over
    }

    fn count(&self, builds: bool) -> usize {
        self.operations
            .iter()
            .filter(|o| matches!(o.what, What::BuildImage { .. }) == builds && self.status[o.id.0] == Status::Running)
            .count()
    }

    fn busy(&self) -> bool {
        self.status.contains(&Status::Running) || !self.rolling.is_empty()
    }
}

/// Takes one event at time `now` and says what to do. After [`Command::End`] it says nothing more.
pub fn step(state: &mut State, now: Millis, event: Event) -> Vec<Command> {
    let mut out = Vec::new();
    if state.phase == Phase::Over {
        return out;
    }
    match event {
        Event::Start | Event::Tick => {}
        Event::Done { op, outcome } => done(state, op, outcome, &mut out),
        Event::Failed { op, failure } => {
            if state.status.get(op.0) == Some(&Status::Running) {
                fail(state, op, failure, &mut out);
            }
        }
        Event::Observed { op, states } => observed(state, now, op, states, &mut out),
        Event::RolledBack { op, result } => {
            if state.rolling.remove(&op) {
                out.push(Command::Tell(match result {
                    Ok(text) => News::RolledBack { op, text },
                    Err(failure) => News::NotRolledBack { op, why: failure.message.clone() },
                }));
            }
        }
        Event::Interrupt => interrupt(state, &mut out),
    }
    patience(state, now, &mut out);
    if state.phase == Phase::Running {
        start(state, now, &mut out);
    }
    finish(state, &mut out);
    out
}

fn done(state: &mut State, op: OpId, outcome: Outcome, out: &mut Vec<Command>) {
    if state.status.get(op.0) != Some(&Status::Running) {
        return;
    }
    for (object, generation) in outcome.generations {
        state.generations.insert(object.key(), generation);
    }
    if let Some(undo) = outcome.undo
        && outcome.changed
    {
        state.undo.insert(op, undo);
    }
    state.status[op.0] = Status::Done { changed: outcome.changed };
    out.push(Command::Tell(News::Done { op, changed: outcome.changed, detail: outcome.detail }));
}

/// Starts whatever can start.
fn start(state: &mut State, now: Millis, out: &mut Vec<Command>) {
    for index in 0..state.operations.len() {
        let (op, builds) = (OpId(index), matches!(state.operations[index].what, What::BuildImage { .. }));
        let met = |a: &OpId| matches!(state.status[a.0], Status::Done { .. });
        if state.status[index] != Status::Pending || !state.operations[index].after.iter().all(met) {
            continue;
        }
        if let What::WaitReady { .. } = state.operations[index].what {
            state.status[index] = Status::Waiting;
            state.waits.insert(op, Wait { since: now, ..Wait::default() });
            let known = |o: &ObjectId| state.generations.get(&o.key()).copied();
            let objects = state.operations[index].objects.iter().map(|o| (o.clone(), known(o))).collect();
            out.push(Command::Tell(News::Started { op }));
            out.push(Command::Watch { op, objects });
            out.push(Command::WakeAt(now + state.policy.deadline));
            continue;
        }
        let limit = if builds { state.policy.builds } else { state.policy.width };
        if state.count(builds) < limit.max(1) {
            state.status[index] = Status::Running;
            out.push(Command::Tell(News::Started { op }));
            out.push(Command::Run(op));
        }
    }
}

fn observed(state: &mut State, now: Millis, op: OpId, states: Vec<(ObjectId, Readiness)>, out: &mut Vec<Command>) {
    if state.status.get(op.0) != Some(&Status::Waiting) {
        return;
    }
    let wanted: BTreeSet<String> = state.operations[op.0].objects.iter().map(ObjectId::key).collect();
    let mut ready: BTreeSet<String> = BTreeSet::new();
    let mut failed = None;
    let Some(wait) = state.waits.get_mut(&op) else { return };
    for (object, readiness) in states {
        let key = object.key();
        match readiness {
            Readiness::Ready { warning } => {
                wait.trouble.remove(&key);
                wait.last.remove(&key);
                ready.insert(key.clone());
                if let Some(text) = warning
                    && wait.warned.insert(key)
                {
                    out.push(Command::Tell(News::Warning { op, object, text }));
                }
            }
            Readiness::Waiting { reason, trouble } => {
                match trouble {
                    Some(trouble) => {
                        let first = wait.trouble.get(&key).map_or(now, |t| t.0);
                        if first == now {
                            out.push(Command::WakeAt(now + state.policy.tolerance));
                        }
                        wait.trouble.insert(key.clone(), (first, trouble));
                    }
                    None => drop(wait.trouble.remove(&key)),
                }
                wait.last.insert(key.clone(), (object.clone(), reason.clone()));
                if wait.told.get(&key) != Some(&reason) {
                    wait.told.insert(key, reason.clone());
                    out.push(Command::Tell(News::Waiting { op, object, reason }));
                }
            }
            Readiness::Failed(failure) => failed = failed.or(Some(failure)),
        }
    }
    if let Some(failure) = failed {
        out.push(Command::Unwatch(op));
        fail(state, op, failure, out);
    } else if wanted.is_subset(&ready) {
        if state.waits.remove(&op).is_some_and(|w| !w.told.is_empty()) {
            state.waited.insert(op);
        }
        state.status[op.0] = Status::Done { changed: false };
        out.push(Command::Unwatch(op));
        out.push(Command::Tell(News::Done { op, changed: false, detail: String::new() }));
    }
}

/// Trouble that lasted too long, and waits that took too long.
fn patience(state: &mut State, now: Millis, out: &mut Vec<Command>) {
    if state.phase != Phase::Running {
        return;
    }
    let mut lost = None;
    for (op, wait) in &state.waits {
        let old = wait.trouble.values().find(|(since, _)| now >= since + state.policy.tolerance);
        if let Some((_, failure)) = old {
            lost = Some((*op, failure.clone()));
        } else if now >= wait.since + state.policy.deadline {
            let (object, reason) =
                wait.last.values().next().map_or((None, "no answer"), |(o, r)| (Some(o), r.as_str()));
            let name = object.map_or_else(|| "it".to_owned(), |o| format!("`{o}`"));
            let seconds = state.policy.deadline / 1000;
            let mut failure =
                Failure::world("wait-timeout", format!("{name} is not ready after {seconds} s: {reason}"));
            failure.object = object.cloned();
            lost = Some((*op, failure));
        }
        if lost.is_some() {
            break;
        }
    }
    if let Some((op, failure)) = lost {
        out.push(Command::Unwatch(op));
        fail(state, op, failure, out);
    }
}
