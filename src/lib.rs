//! Bowline ties everything that runs in a cluster to the line of the spec that asked for it.
//!
//! ```text
//! documents ─▶ model ─▶ graph ─▶ artifacts ─▶ findings ─▶ changes ─▶ cluster
//!    read     resolve   order     make        check        diff       apply
//! ```
//!
//! Folders are the layers; `ARCHITECTURE.md` has their order, in which an import may only point to the left.

pub mod base;
pub mod change;
pub mod check;
pub mod face;
pub mod graph;
pub mod make;
pub mod model;
pub mod read;
pub mod world;
