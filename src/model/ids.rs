//! Identities. Feature by directory path, task `feature/T012`, requirement `feature/FR-003`, artifact `unit/Kind[/name]`.

use std::fmt;
use std::sync::Arc;

/// A feature, by the path of its directory (`specs/007-kubernetes`) or, in the flat layout, by its name (`todo-chatbot`).
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct FeatureId(pub Arc<str>);

impl FeatureId {
    /// The last segment of the path: the `bowline.dev/feature` label.
    pub fn short(&self) -> &str {
        self.0.rsplit('/').next().unwrap_or(&self.0)
    }
}

impl fmt::Display for FeatureId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A task: ids restart in every feature, so the feature belongs to the identity.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId {
    pub feature: FeatureId,
    /// The bare id as written, such as `T012`.
    pub id: String,
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.feature, self.id)
    }
}

/// A requirement, such as `todo-chatbot/FR-003`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RequirementId {
    pub feature: FeatureId,
    pub id: String,
}

impl RequirementId {
    /// What `feature/FR-003` names, as stamps write it.
    pub fn stamped(text: &str) -> Option<Self> {
        let (feature, id) = text.rsplit_once('/')?;
        Some(Self { feature: FeatureId(feature.into()), id: id.to_owned() })
    }
}

impl fmt::Display for RequirementId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.feature, self.id)
    }
}

/// What an artifact is, whatever file it stands in: `backend/Deployment`, `todo/NetworkPolicy/default-deny`.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Identity {
    pub unit: String,
    /// A Kubernetes kind, or `Dockerfile`, `Compose`, `Chart` and the like, as the catalogue names it.
    pub kind: String,
    /// Where a unit has several of a kind.
    pub name: Option<String>,
}

impl Identity {
    pub fn new(unit: impl Into<String>, kind: impl Into<String>, name: Option<&str>) -> Self {
        Self { unit: unit.into(), kind: kind.into(), name: name.map(str::to_owned) }
    }
}

impl fmt::Display for Identity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}/{}", self.unit, self.kind)?;
        self.name.as_ref().map_or(Ok(()), |n| write!(f, "/{n}"))
    }
}

/// Which tasks own an artifact, and which requirements it may rest on.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Ownership {
    /// In order of the graph; the first is the one that makes it and stands in the `task` label.
    pub tasks: Vec<TaskId>,
    /// Those that its tasks cite, or in the end all that it rests on; sorted, without repetition.
    pub requirements: Vec<RequirementId>,
    /// Those that fields of its unit cite: the artifact rests on the ones whose fields its template reads.
    pub fields: Vec<RequirementId>,
}

impl Ownership {
    /// The same owner, resting on its tasks' requirements and on those of `fields` that `cited` names.
    #[must_use]
    pub fn resting_on(&self, cited: impl Fn(&RequirementId) -> bool) -> Self {
        let mut requirements = self.requirements.clone();
        requirements.extend(self.fields.iter().filter(|r| cited(r)).cloned());
        requirements.sort();
        requirements.dedup();
        Self { tasks: self.tasks.clone(), requirements, fields: Vec::new() }
    }
}
