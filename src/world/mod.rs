//! Everything outside: cluster, Docker, Helm, Git, and the rehearsal that stands in for them. Blocking outward.

pub mod cluster;
pub mod docker;
pub mod git;
pub mod local;
pub mod process;
pub mod runtime;
pub mod sim;
