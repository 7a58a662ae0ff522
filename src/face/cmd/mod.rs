//! One file for each command.

pub mod check;
pub mod constitution;
pub mod generate;
pub mod graph;
pub mod tasks;
pub mod up;
pub mod why;
