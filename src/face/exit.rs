//! Exit codes. They are an interface: scripts depend on them.

/// How a command ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exit {
    Done = 0,
    /// Errors in the documents or artifacts.
    Errors = 1,
    Usage = 2,
    /// Changes pending, where asked for (`--exit-code`, `generate --check`).
    Pending = 3,
    /// Docker, cluster or disk failed; state is saved, running again resumes.
    World = 4,
    /// Somebody else changed it: a conflict, or a stale plan.
    Conflict = 5,
    Locked = 6,
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(u8::try_from(exit as i32).unwrap_or(1))
    }
}
