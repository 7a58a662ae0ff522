//! Everything outside: cluster, Docker, Helm, Git, and the rehearsal that stands in for them. Blocking outward.

pub mod sim;
