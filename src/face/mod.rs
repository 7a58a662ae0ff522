//! The faces: commands, drawings, progress, exit codes. The only layer that prints.

pub mod adopted;
pub mod ask;
pub mod cli;
pub mod cmd;
pub mod deliver;
pub mod draw;
pub mod exit;
pub mod fix;
pub mod levels;
pub mod looked;
pub mod made;
pub mod output;
pub mod overview;
pub mod plan;
pub mod prepare;
pub mod progress;
pub mod project;
pub mod rehearse;
pub mod replace;
pub mod report;
pub mod run;
pub mod stage;
pub mod target;
pub mod tick;
pub mod wanted;
mod wanted_secrets;
pub mod why;
