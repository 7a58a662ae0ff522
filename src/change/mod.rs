//! Changes as data: what differs, what has to be done in which order, and the state machine that does it. No I/O.

pub mod compare;
pub mod diff;
mod draft;
pub mod event;
pub mod failure;
pub mod immutable;
pub mod inventory;
pub mod mask;
pub mod mask_text;
pub mod normalise;
pub mod object;
pub mod owned;
pub mod plan;
pub mod planner;
pub mod ready;
mod ready_pods;
pub mod release;
pub mod render;
pub mod report;
pub mod step;
pub mod wanted;
