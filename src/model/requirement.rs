//! What a spec asks for: requirements, stories, criteria and scenarios.

use crate::base::source::Span;

use super::ids::{FeatureId, RequirementId};

/// What a requirement is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum RequirementKind {
    Functional,
    NonFunctional,
    /// A measurable outcome: `SC-001`.
    Success,
    /// A user story: `US1`.
    Story,
    /// An acceptance criterion: `AC-1`, or `1.2` of Kiro.
    Criterion,
    /// Given, when, then: `US1/AC2`, or a scenario of OpenSpec.
    Scenario,
}

impl RequirementKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Functional => "functional",
            Self::NonFunctional => "non-functional",
            Self::Success => "success",
            Self::Story => "story",
            Self::Criterion => "criterion",
            Self::Scenario => "scenario",
        }
    }
}

/// What a change of OpenSpec does to a requirement of the truth.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Delta {
    Added,
    Modified,
    Removed,
    /// With the name that it had.
    Renamed(String),
}

/// A requirement of a spec: `- **FR-004**: …`, a user story, a criterion.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Requirement {
    pub id: RequirementId,
    pub kind: RequirementKind,
    /// The whole item, continuation lines included, white space folded; what `bowline.dev/source` digests.
    pub text: String,
    pub span: Span,
    /// It is written without an id; the one it has is its place, and changes when lines move.
    pub derived: bool,
    /// Struck through, or marked as superseded, retired or removed: it stays for the record and asks for nothing.
    pub retired: bool,
    /// In a change of OpenSpec, what happens to the truth.
    pub delta: Option<Delta>,
    /// In the truth of OpenSpec: the open change that replaces it or takes it away.
    pub replaced_by: Option<FeatureId>,
}

impl Requirement {
    /// A functional requirement as it stands in a spec.
    pub fn new(id: RequirementId, text: impl Into<String>, span: Span) -> Self {
        Self {
            id,
            kind: RequirementKind::Functional,
            text: text.into(),
            span,
            derived: false,
            retired: false,
            delta: None,
            replaced_by: None,
        }
    }

    /// Whether it counts by itself: a scenario or a criterion of a story is a part of it.
    pub fn is_counted(&self) -> bool {
        self.is_live() && self.kind != RequirementKind::Scenario && !self.id.id.contains("/AC")
    }

    /// Whether it asks for something now.
    pub fn is_live(&self) -> bool {
        !self.retired && self.replaced_by.is_none() && self.delta != Some(Delta::Removed)
    }
}
