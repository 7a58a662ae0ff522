//! Findings: what is wrong with the artifacts, by four layers, each reporting everything:
//! parse, schema, api, constitution.

pub mod dockerfile;
pub mod explain;
pub mod parse;
pub mod report;
pub mod schema;
pub mod view;

use std::collections::BTreeSet;

use crate::make::artifact::Artifact;
use crate::model::app::App;
use crate::model::workspace::Documents;

/// What is checked, and what it is checked against. Nothing here is read from a disk or a cluster.
pub struct Input<'a> {
    /// In order of path.
    pub artifacts: &'a [Artifact],
    pub documents: &'a Documents,
    pub app: Option<&'a App>,
    /// The release that the cluster runs, such as `1.34`.
    pub kubernetes: &'a str,
    pub facts: &'a Facts,
}

/// What the caller knows of the world.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Paths of artifacts that Git ignores.
    pub ignored_by_git: BTreeSet<String>,
    /// Paths of generated files whose bytes a person changed.
    pub edited_by_hand: BTreeSet<String>,
}
