//! Why an operation failed, told so that a person can act: object, reason, last event, last log line, advice.

use serde::{Deserialize, Serialize};

use super::object::ObjectId;

/// What a failure means for the exit code.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Fault {
    /// Docker, the cluster, the disk: 4.
    World,
    /// Somebody else owns a field, or the plan is stale: 5.
    Conflict,
    /// Another run holds the lock: 6.
    Locked,
    /// The documents or artifacts are wrong (an object that the API server refuses, a build that fails): 1.
    Documents,
    /// Stopped by the person: 130.
    Interrupted,
}

impl Fault {
    pub fn exit_code(self) -> u8 {
        match self {
            Self::Documents => 1,
            Self::World => 4,
            Self::Conflict => 5,
            Self::Locked => 6,
            Self::Interrupted => 130,
        }
    }
}

/// A container of a pod.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PodRef {
    pub namespace: String,
    pub name: String,
    pub container: String,
    /// Its last log is that of the run before.
    pub restarted: bool,
}

/// One failure; its fields are those of [`Cause`]. Small, because every result carries room for one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Failure(Box<Cause>);

impl std::ops::Deref for Failure {
    type Target = Cause;

    fn deref(&self) -> &Cause {
        &self.0
    }
}

impl std::ops::DerefMut for Failure {
    fn deref_mut(&mut self) -> &mut Cause {
        &mut self.0
    }
}

/// What is known of a failure. All texts are masked before they get here.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cause {
    /// Stable name, such as `pod-crash-loop`, `image-pull`, `field-conflict`.
    pub code: String,
    pub fault: Fault,
    /// One line, lower case.
    pub message: String,
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub object: Option<ObjectId>,
    /// The pod and container to read the last log line from.
    #[serde(skip)]
    pub pod: Option<PodRef>,
    /// The newest warning event of the object or its pods.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_event: Option<String>,
    /// The last line its container wrote.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub last_log: Option<String>,
    /// Further lines, such as the end of a build's output.
    #[serde(skip_serializing_if = "Vec::is_empty", default)]
    pub output: Vec<String>,
    /// What to do, as an imperative.
    #[serde(skip_serializing_if = "Option::is_none", default)]
    pub fix: Option<String>,
}

impl Failure {
    pub fn new(code: &str, fault: Fault, message: impl Into<String>) -> Self {
        Self(Box::new(Cause {
            code: code.into(),
            fault,
            message: message.into(),
            object: None,
            pod: None,
            last_event: None,
            last_log: None,
            output: Vec::new(),
            fix: None,
        }))
    }

    /// The world failed: exit code 4.
    pub fn world(code: &str, message: impl Into<String>) -> Self {
        Self::new(code, Fault::World, message)
    }

    #[must_use]
    pub fn on(mut self, object: ObjectId) -> Self {
        self.object = Some(object);
        self
    }

    #[must_use]
    pub fn fix(mut self, fix: impl Into<String>) -> Self {
        self.fix = Some(fix.into());
        self
    }

    #[must_use]
    pub fn event(mut self, event: Option<String>) -> Self {
        self.last_event = event;
        self
    }

    #[must_use]
    pub fn output(mut self, lines: Vec<String>) -> Self {
        self.output = lines;
        self
    }
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Failure {}
