//! What a plan is made from: what is wanted, and how far the world is from it. Filled in by whoever has asked the world.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::model::app::Condition;

use super::object::ObjectId;
use super::plan::{Image, Means, Secret, Verify};
use super::release::Release;

/// What has to be done with an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Act {
    /// Live and wanted are the same.
    None,
    Create,
    Update,
    /// The field cannot change in place.
    Replace {
        field: String,
    },
}

/// A wanted object with its owner and its distance from the cluster.
#[derive(Clone, Debug)]
pub struct Wanted {
    pub object: Value,
    pub unit: String,
    /// In order of the graph.
    pub tasks: Vec<String>,
    pub act: Act,
    /// Live, unchanged and ready now; a killed run may have left it unready.
    pub settled: bool,
}

/// A local image and how far it got.
#[derive(Clone, Debug)]
pub struct WantedImage {
    pub image: Image,
    pub unit: String,
    pub tasks: Vec<String>,
    /// The local Docker has it.
    pub built: bool,
    /// Every node has it.
    pub loaded: bool,
}

/// A Secret that `up` makes.
#[derive(Clone, Debug)]
pub struct WantedSecret {
    pub secret: Secret,
    pub unit: String,
    pub tasks: Vec<String>,
    /// Absent, or with other values than the given ones.
    pub needed: bool,
}

/// What a unit needs of another.
#[derive(Clone, Debug)]
pub struct UnitNeed {
    pub unit: String,
    pub needs: String,
    pub condition: Condition,
}

/// One task before another. `wait`: not only done but ready (declared edges); else the order alone matters.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TaskEdge {
    pub before: String,
    pub after: String,
    pub wait: bool,
}

/// A release with what it takes to install it.
#[derive(Clone, Debug)]
pub struct WantedRelease {
    pub release: Release,
    /// Installed, and its last revision is `deployed`.
    pub deployed: bool,
}

/// All that a plan is made from. Lists are in order of the graph.
#[derive(Clone, Debug)]
pub struct Input {
    pub app: String,
    pub namespace: String,
    pub environment: String,
    pub context: Option<String>,
    pub means: Means,
    /// All tasks in order of the graph, as `feature/T012`.
    pub tasks: Vec<String>,
    pub objects: Vec<Wanted>,
    pub images: Vec<WantedImage>,
    pub secrets: Vec<WantedSecret>,
    pub needs: Vec<UnitNeed>,
    pub edges: Vec<TaskEdge>,
    pub verify: Vec<(String, String, Verify)>,
    /// Helm only: releases in order, the chart's folder and the values files.
    pub releases: Vec<WantedRelease>,
    pub chart: String,
    pub values: Vec<String>,
    /// The app's own unit: its objects come before the workloads of all others.
    pub own_unit: String,
    /// Live objects (native) or releases (Helm) that no document asks for any more.
    pub vanished: Vec<ObjectId>,
    pub vanished_releases: Vec<String>,
    /// Object key to fingerprint of the live state.
    pub base: BTreeMap<String, String>,
    pub notes: Vec<String>,
}
