//! Everything outside: cluster, Docker, Helm, Git, and the rehearsal that stands in for them. Blocking outward.

pub mod cluster;
mod definitions;
pub mod docker;
pub mod git;
pub mod helm;
pub mod local;
pub mod look;
pub mod operate;
pub mod preflight;
pub mod process;
pub mod run;
pub mod runtime;
pub mod secret_files;
pub mod secret_values;
pub mod secrets;
pub mod sim;
