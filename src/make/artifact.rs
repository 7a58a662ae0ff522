//! One generated file: what it is, its bytes, its task, and what went into it.

use crate::model::catalogue::Layer;
use crate::model::ids::{Identity, RequirementId, TaskId};

/// A file that Bowline makes.
#[derive(Clone, Debug)]
pub struct Artifact {
    /// Relative to the workspace, with `/`.
    pub path: String,
    pub identity: Identity,
    pub layer: Layer,
    /// The environment that a manifest is for; `None` for Dockerfiles and chart templates.
    pub environment: Option<String>,
    pub bytes: Vec<u8>,
    /// The tasks that own it; the first is the one in the `task` label.
    pub tasks: Vec<TaskId>,
    pub requirements: Vec<RequirementId>,
    /// The Kubernetes object, for a manifest that was read back.
    pub object: Option<serde_json::Value>,
    /// Digest per ingredient (`template`, `model services.backend`, `tasks`, …): the key, and what `why FILE` compares.
    pub ingredients: Vec<(String, String)>,
}
