//! The faces: commands, drawings, progress, exit codes. The only layer that prints.

pub mod ask;
pub mod cli;
pub mod cmd;
pub mod deliver;
pub mod draw;
pub mod exit;
pub mod levels;
pub mod made;
pub mod output;
pub mod prepare;
pub mod progress;
pub mod project;
pub mod rehearse;
pub mod report;
pub mod run;
pub mod target;
pub mod wanted;
pub mod why;
