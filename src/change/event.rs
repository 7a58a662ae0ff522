//! The words between the state machine and the world: events in, commands out, and what people are told.

use serde::{Deserialize, Serialize};

use super::failure::Failure;
use super::object::ObjectId;
use super::plan::OpId;
use super::ready::Readiness;

/// Milliseconds since the run began.
pub type Millis = u64;

/// How a written change can be taken back.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "undo")]
pub enum Undo {
    /// `helm rollback` to that revision.
    Helm { release: String, revision: u32 },
    /// The previous object is applied again.
    Object { object: ObjectId },
    /// There was nothing before, or it cannot be undone; says why.
    Nothing { why: String },
}

/// What doing an operation gave.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outcome {
    /// Whether anything changed in the world.
    pub changed: bool,
    /// A few words, such as `built 41 s` has none: times are the face's.
    pub detail: String,
    /// The generation that each object has after it.
    pub generations: Vec<(ObjectId, i64)>,
    pub undo: Option<Undo>,
}

/// What happened in the world.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    Start,
    Done {
        op: OpId,
        outcome: Outcome,
    },
    Failed {
        op: OpId,
        failure: Failure,
    },
    /// The state of objects that an operation waits for.
    Observed {
        op: OpId,
        states: Vec<(ObjectId, Readiness)>,
    },
    /// A rollback ended: `Ok` with what it did.
    RolledBack {
        op: OpId,
        result: Result<String, Failure>,
    },
    /// Only the time has moved on.
    Tick,
    /// The person pressed Ctrl-C; the second time nothing more is awaited.
    Interrupt,
}

/// What to do next.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Command {
    Run(OpId),
    /// Watch these until [`Command::Unwatch`]; each with the generation that this run wrote.
    Watch {
        op: OpId,
        objects: Vec<(ObjectId, Option<i64>)>,
    },
    Unwatch(OpId),
    /// Stop a running operation as soon as it can be; it still answers `Done` or `Failed`.
    Cancel(OpId),
    RollBack {
        op: OpId,
        undo: Undo,
    },
    /// Send a [`Event::Tick`] at that time, or later.
    WakeAt(Millis),
    Tell(News),
    /// Nothing more will come.
    End(End),
}

/// What a person is told while it runs.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "type")]
pub enum News {
    Started {
        op: OpId,
    },
    Done {
        op: OpId,
        changed: bool,
        detail: String,
    },
    /// An object is not ready yet; said once per reason.
    Waiting {
        op: OpId,
        object: ObjectId,
        reason: String,
    },
    /// Worth knowing, no reason to stop.
    Warning {
        op: OpId,
        object: ObjectId,
        text: String,
    },
    Failed {
        op: OpId,
        failure: Failure,
    },
    /// Not started, because another one that it needs failed.
    Skipped {
        op: OpId,
        because: OpId,
    },
    /// Not started, because the run stopped.
    NotStarted {
        op: OpId,
    },
    RolledBack {
        op: OpId,
        text: String,
    },
    NotRolledBack {
        op: OpId,
        why: String,
    },
    Interrupted,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum End {
    Done,
    Failed,
    Interrupted,
}
