//! The driver: turns the state machine's commands into events with threads, and tells what happens.

use std::collections::BTreeMap;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::change::event::{Command, End, Event, Millis, News, Outcome, Undo};
use crate::change::failure::Failure;
use crate::change::object::ObjectId;
use crate::change::plan::{OpId, Operation, Plan};
use crate::change::ready::Readiness;
use crate::change::report::Report;
use crate::change::step::{Policy, State, step};

use super::process::Cancel;
use super::runtime::Runtime;

/// An object with the generation that this run wrote.
pub type Expected = (ObjectId, Option<i64>);

/// Who carries out operations: the real world, or a test.
pub trait Answerer: Sync {
    /// Does the operation, to its end.
    fn run(&self, operation: &Operation, cancel: &Cancel) -> Result<Outcome, Failure>;
    /// Looks once.
    fn observe(&self, objects: &[Expected]) -> Result<Vec<(ObjectId, Readiness)>, Failure>;
    /// Takes an operation back; says what is now.
    fn roll_back(&self, operation: &Operation, undo: &Undo) -> Result<String, Failure>;
}

/// Who is told. Called from one thread only.
pub trait Progress {
    fn news(&mut self, now: Millis, plan: &Plan, news: &News);
}

/// Nobody is told.
impl Progress for () {
    fn news(&mut self, _: Millis, _: &Plan, _: &News) {}
}

/// Where Ctrl-C arrives.
#[derive(Clone, Debug, Default)]
pub struct Interrupts(Arc<Mutex<(usize, Option<Sender<Message>>)>>);

impl Interrupts {
    /// Counts a Ctrl-C; a run that is at work sees it at once, a later one when it begins.
    pub fn press(&self) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.0 += 1;
        if let Some(sender) = &state.1 {
            let _ = sender.send(Message::Event(Event::Interrupt));
        }
    }

    /// Whether it was pressed at all.
    pub fn pressed(&self) -> bool {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).0 > 0
    }

    /// Listens to the process's Ctrl-C.
    pub fn listen(&self, runtime: &Runtime) {
        let here = self.clone();
        runtime.on_interrupt(move || here.press());
    }

    fn attach(&self, sender: Option<Sender<Message>>) {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(sender) = sender.as_ref().filter(|_| state.0 > 0) {
            let _ = sender.send(Message::Event(Event::Interrupt));
        }
        state.1 = sender;
    }
}

#[derive(Debug)]
enum Message {
    Event(Event),
}

enum Watching {
    Add(OpId, Vec<Expected>),
    Remove(OpId),
}

/// How a run ended.
#[derive(Debug)]
pub struct Ended {
    pub end: End,
    pub report: Report,
    pub took: Millis,
}

impl Ended {
    /// 0 done, 4 and others by the first failure, 130 interrupted.
    pub fn exit_code(&self) -> u8 {
        match self.end {
            End::Done => 0,
            End::Interrupted => 130,
            End::Failed => self.report.failures().next().map_or(4, |(_, f)| f.fault.exit_code()),
        }
    }
}

/// Carries out the plan. Returns when everything is done, has failed, or was interrupted.
pub fn drive(
    plan: &Plan,
    policy: Policy,
    answerer: &dyn Answerer,
    progress: &mut dyn Progress,
    interrupts: &Interrupts,
) -> Ended {
    let begun = Instant::now();
    let mut state = State::new(plan, policy);
    let mut report = Report::new(plan, false);
    let mut end = End::Done;
    let (sender, receiver) = channel();
    let (watch, watched) = channel();
    let cancels: Mutex<BTreeMap<OpId, Cancel>> = Mutex::default();
    interrupts.attach(Some(sender.clone()));
    std::thread::scope(|scope| {
        let to_loop = sender.clone();
        scope.spawn(move || watcher(answerer, &watched, &to_loop));
        let mut wakes: Vec<Millis> = Vec::new();
        let mut next = Some(Event::Start);
        let mut now = 0;
        loop {
            if let Some(event) = next.take() {
                for command in step(&mut state, now, event) {
                    match command {
                        Command::Run(op) => {
                            let cancel = Cancel::default();
                            lock(&cancels).insert(op, cancel.clone());
                            let (sender, operation) = (sender.clone(), &plan.operations[op.0]);
                            scope.spawn(move || {
                                let event = match answerer.run(operation, &cancel) {
                                    Ok(outcome) => Event::Done { op, outcome },
                                    Err(failure) => Event::Failed { op, failure },
                                };
                                let _ = sender.send(Message::Event(event));
                            });
                        }
                        Command::RollBack { op, undo } => {
                            let (sender, operation) = (sender.clone(), &plan.operations[op.0]);
                            scope.spawn(move || {
                                let result = answerer.roll_back(operation, &undo);
                                let _ = sender.send(Message::Event(Event::RolledBack { op, result }));
                            });
                        }
                        Command::Watch { op, objects } => _ = watch.send(Watching::Add(op, objects)),
                        Command::Unwatch(op) => _ = watch.send(Watching::Remove(op)),
                        Command::Cancel(op) => {
                            if let Some(cancel) = lock(&cancels).get(&op) {
                                cancel.cancel();
                            }
                        }
                        Command::WakeAt(time) => wakes.push(time),
                        Command::Tell(news) => {
                            report.take(now, &news);
                            progress.news(now, plan, &news);
                        }
                        Command::End(e) => end = e,
                    }
                }
            }
            if state.is_over() {
                break;
            }
            wakes.retain(|w| *w > now);
            let patience = wakes.iter().min().map_or(60_000, |w| w - now);
            let came = receiver.recv_timeout(Duration::from_millis(patience));
            now = Millis::try_from(begun.elapsed().as_millis()).unwrap_or(Millis::MAX);
            next = Some(match came {
                Ok(Message::Event(event)) => event,
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => Event::Tick,
            });
        }
        // ends the watcher; whatever still runs was told to stop
        drop(watch);
        lock(&cancels).values().for_each(Cancel::cancel);
    });
    interrupts.attach(None);
    report.end = Some(end);
    Ended { end, report, took: Millis::try_from(begun.elapsed().as_millis()).unwrap_or(Millis::MAX) }
}

fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Looks at what is awaited: often at first, then once a second.
fn watcher(answerer: &dyn Answerer, watched: &Receiver<Watching>, events: &Sender<Message>) {
    let mut awaited: BTreeMap<OpId, Vec<Expected>> = BTreeMap::new();
    let mut pause = Duration::from_millis(100);
    loop {
        let message = if awaited.is_empty() {
            match watched.recv() {
                Ok(message) => Some(message),
                Err(_) => return,
            }
        } else {
            match watched.recv_timeout(pause) {
                Ok(message) => Some(message),
                Err(RecvTimeoutError::Timeout) => None,
                Err(RecvTimeoutError::Disconnected) => return,
            }
        };
        match message {
            Some(Watching::Add(op, objects)) => {
                awaited.insert(op, objects);
                pause = Duration::from_millis(100);
            }
            Some(Watching::Remove(op)) => {
                awaited.remove(&op);
                continue;
            }
            None => pause = (pause * 3 / 2).min(Duration::from_secs(1)),
        }
        let all: Vec<Expected> = awaited.values().flatten().cloned().collect();
        let seen = answerer.observe(&all);
        for (op, objects) in &awaited {
            let states = objects.iter().map(|(id, _)| (id.clone(), state_of(id, &seen))).collect();
            let _ = events.send(Message::Event(Event::Observed { op: *op, states }));
        }
    }
}

/// A cluster that does not answer for a moment is trouble that may heal.
fn state_of(id: &ObjectId, seen: &Result<Vec<(ObjectId, Readiness)>, Failure>) -> Readiness {
    match seen {
        Ok(all) => all.iter().find(|(o, _)| o == id).map_or_else(
            || Readiness::Waiting { reason: "not seen yet".into(), trouble: None },
            |(_, readiness)| readiness.clone(),
        ),
        Err(failure) => Readiness::Waiting { reason: failure.message.clone(), trouble: Some(failure.clone()) },
    }
}
