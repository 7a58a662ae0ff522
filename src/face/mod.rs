//! The faces: commands, drawings, progress, exit codes. The only layer that prints.

pub mod cli;
pub mod cmd;
pub mod draw;
pub mod exit;
pub mod made;
pub mod output;
pub mod project;
pub mod report;
pub mod run;
pub mod wanted;
