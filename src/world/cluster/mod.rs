//! The cluster, blocking: read, apply, dry-run, delete, pods and their logs, a lock, ports.

mod error;
mod link;
mod lock;
mod service;
mod watch;

pub use error::{ClusterError, FieldConflict};
pub use link::{Apply, Cluster, Context, contexts};
pub use lock::{Lock, LockError, holder};
pub use service::{Answer, get as http_get};
pub use watch::Snapshot;

/// The manager of fields that Bowline applies.
pub const MANAGER: &str = "bowline";
/// Holds `replicas` while an autoscaler takes over.
pub const HANDOVER: &str = "bowline-handover";
