//! How a run ends: on a failure, on an interrupt, when all is done; and what is taken back then.

use std::collections::BTreeSet;

use super::{Phase, State, Status};
use crate::change::event::{Command, End, News, Undo};
use crate::change::failure::{Failure, Fault};
use crate::change::object::ObjectId;
use crate::change::plan::{OpId, What};

pub(super) fn fail(state: &mut State, op: OpId, failure: Failure, out: &mut Vec<Command>) {
    state.status[op.0] = Status::Failed;
    state.waits.remove(&op);
    out.push(Command::Tell(News::Failed { op, failure: failure.clone() }));
    // an operation that was cancelled did not fail by itself
    let end = if failure.fault == Fault::Interrupted { End::Interrupted } else { End::Failed };
    state.failures.push((op, failure));
    stop(state, end, out);
}

pub(super) fn interrupt(state: &mut State, out: &mut Vec<Command>) {
    if matches!(state.phase, Phase::Stopping(End::Interrupted)) {
        // the second time: whatever still runs is left alone
        for status in &mut state.status {
            if *status == Status::Running {
                *status = Status::NotStarted;
            }
        }
        state.rolling.clear();
        return;
    }
    out.push(Command::Tell(News::Interrupted));
    state.rolling.clear();
    state.phase = Phase::Running;
    stop(state, End::Interrupted, out);
    for index in 0..state.status.len() {
        if state.status[index] == Status::Running {
            out.push(Command::Cancel(OpId(index)));
        }
    }
}

/// Starts nothing new, and says of everything else why it was not started.
fn stop(state: &mut State, end: End, out: &mut Vec<Command>) {
    if state.phase == Phase::Running {
        state.phase = Phase::Stopping(end);
    }
    for index in 0..state.status.len() {
        let op = OpId(index);
        match state.status[index] {
            Status::Waiting => {
                state.status[index] = Status::NotStarted;
                state.waits.remove(&op);
                out.push(Command::Unwatch(op));
                out.push(Command::Tell(News::NotStarted { op }));
            }
            Status::Pending => {
                let because = state.operations[index].after.iter().find_map(|a| match state.status[a.0] {
                    Status::Failed => Some(*a),
                    Status::Skipped { because } => Some(because),
                    _ => None,
                });
                let (status, news) = because.map_or((Status::NotStarted, News::NotStarted { op }), |because| {
                    (Status::Skipped { because }, News::Skipped { op, because })
                });
                state.status[index] = status;
                out.push(Command::Tell(news));
            }
            _ => {}
        }
    }
}

pub(super) fn finish(state: &mut State, out: &mut Vec<Command>) {
    if state.phase == Phase::Running && state.status.iter().all(Status::is_over) {
        state.phase = Phase::Over;
        out.push(Command::End(End::Done));
        return;
    }
    if let Phase::Stopping(end) = state.phase
        && !state.busy()
    {
        if end == End::Failed && state.policy.roll_back {
            state.phase = Phase::RollingBack;
            roll_back(state, out);
        } else {
            state.phase = Phase::Over;
            out.push(Command::End(end));
        }
    }
    if state.phase == Phase::RollingBack && !state.busy() {
        state.phase = Phase::Over;
        out.push(Command::End(End::Failed));
    }
}

/// Takes back what the failed operations' objects were changed by, and names what stays.
fn roll_back(state: &mut State, out: &mut Vec<Command>) {
    let failed: Vec<OpId> = state.failures.iter().map(|(op, _)| *op).collect();
    let lost: BTreeSet<String> = failed
        .iter()
        .flat_map(|op| {
            let named = state.failures.iter().find(|(f, _)| f == op).and_then(|(_, f)| f.object.clone());
            let all = state.operations[op.0].objects.iter().map(ObjectId::key);
            named.map_or_else(|| all.collect::<Vec<_>>(), |o| vec![o.key()])
        })
        .collect();
    for (op, undo) in state.undo.clone() {
        let operation = &state.operations[op.0];
        let concerned = operation.objects.iter().any(|o| lost.contains(&o.key()));
        match undo {
            Undo::Nothing { why } if concerned => out.push(Command::Tell(News::NotRolledBack { op, why })),
            undo if concerned => {
                state.rolling.insert(op);
                out.push(Command::RollBack { op, undo });
            }
            _ => {}
        }
    }
    // a Job that ran to its end has done its work: no object brings the former state back
    for operation in &state.operations {
        let ran = matches!(operation.what, What::WaitReady { complete: true })
            && matches!(state.status[operation.id.0], Status::Done { .. })
            && state.waited.contains(&operation.id);
        if ran {
            let why = format!("{} ran to its end", operation.names());
            out.push(Command::Tell(News::NotRolledBack { op: operation.id, why }));
        }
    }
}
