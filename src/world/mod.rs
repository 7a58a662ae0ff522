//! Everything outside: cluster, Docker, Helm, Git, and the rehearsal that stands in for them. Blocking outward.

pub mod cluster;
pub mod runtime;
pub mod sim;
