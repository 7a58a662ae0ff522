//! One file for each command.

pub mod constitution;
pub mod generate;
pub mod graph;
