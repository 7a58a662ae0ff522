//! The app that the typed blocks describe: units with a model for each environment, and one for their union.

use std::collections::BTreeMap;

use crate::base::source::Span;
use crate::base::tree::Node;

use super::ids::FeatureId;

/// What kind of thing a unit is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Role {
    /// The app itself: Namespace, quota, default policies, Ingress, chart.
    App,
    /// A service of the block.
    Service,
    /// A resource of the block that runs in the cluster.
    Resource,
    /// The migration Job of a resource, named `<resource>-migrate`.
    Migration,
    /// The backup of a resource, and its way back, named `<resource>-backup`.
    Backup,
}

impl Role {
    pub fn name(self) -> &'static str {
        match self {
            Self::App => "app",
            Self::Service => "service",
            Self::Resource => "resource",
            Self::Migration => "migration",
            Self::Backup => "backup",
        }
    }
}

/// When a dependency counts as met; Compose's words.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Condition {
    Started,
    Healthy,
    Completed,
}

/// `dependsOn` of a unit.
#[derive(Clone, Debug)]
pub struct Need {
    pub unit: String,
    pub condition: Condition,
    pub span: Option<Span>,
}

/// A part of the app that is delivered as one: a service, a resource, a migration, or the app's own objects.
#[derive(Clone, Debug)]
pub struct Unit {
    /// `backend`; the app's own unit has the app's name.
    pub name: String,
    pub role: Role,
    /// The unit's key in values.yaml: the name in camelCase; `app` for the app's own unit.
    pub key: String,
    /// Long form, defaults filled in; what any environment has. Structure (`service.*`) is read from here.
    pub union: Node,
    /// Long form for each environment. Knobs (`values.*`) are printed from here.
    pub environments: BTreeMap<String, Node>,
    pub needs: Vec<Need>,
    /// The feature whose block declared it.
    pub feature: FeatureId,
    /// Where its key stands in the block.
    pub span: Option<Span>,
}

impl Unit {
    /// The user's own Dockerfile that it is built with, relative to the workspace.
    pub fn own_dockerfile(&self) -> Option<String> {
        own_dockerfile(&self.union)
    }
}

/// The user's own Dockerfile of a service in its long form: `build.dockerfile` counts from the context, as in Compose.
pub fn own_dockerfile(service: &Node) -> Option<String> {
    let (context, file) = (service.get_str("build.context")?, service.get_str("build.dockerfile")?);
    let mut parts: Vec<&str> = Vec::new();
    for part in context.split('/').chain(file.split('/')).filter(|p| !p.is_empty() && *p != ".") {
        if part == ".." && parts.last().is_some_and(|l| *l != "..") {
            parts.pop();
        } else {
            parts.push(part);
        }
    }
    Some(parts.join("/"))
}

/// How `up` brings objects into the cluster.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delivery {
    Helm,
    Native,
}

/// The whole app.
#[derive(Clone, Debug)]
pub struct App {
    pub name: String,
    pub namespace: String,
    pub version: String,
    pub delivery: Delivery,
    /// In order of name; the first in the block is `default_environment`.
    pub environments: Vec<String>,
    /// `local` if there is one, else the first.
    pub default_environment: String,
    /// The app's own unit first, then resources, migrations, services, each by name.
    pub units: Vec<Unit>,
    /// Where `app:` stands.
    pub span: Option<Span>,
    /// Features whose blocks make up the app, in order.
    pub features: Vec<FeatureId>,
    /// For a field that a later feature took over: path, the old place, the new place.
    pub superseded: Vec<(String, Span, Span)>,
}

impl App {
    pub fn unit(&self, name: &str) -> Option<&Unit> {
        self.units.iter().find(|u| u.name == name)
    }

    /// The app's own unit.
    pub fn own(&self) -> Option<&Unit> {
        self.units.iter().find(|u| u.role == Role::App)
    }
}
