//! The artifacts of a project, and how they stand on disk.

use std::collections::BTreeMap;

use crate::base::digest;
use crate::face::draw::State;
use crate::make::draw::Inputs;
use crate::make::run::{Made, make as make_all};
use crate::model::ids::{Identity, RequirementId};

use super::project::Project;

/// What generation needs beside the project itself.
pub struct Ready {
    pub tags: BTreeMap<String, String>,
    pub texts: BTreeMap<RequirementId, String>,
    pub constitution: Option<String>,
}

impl Ready {
    pub fn new(project: &Project) -> Self {
        let constitution = project.documents.constitution.as_ref();
        let constitution = constitution.map(|c| digest::hex(project.sources.text(c.file).as_bytes(), 12));
        let built = project.app.iter().flat_map(|a| &a.units).filter(|u| u.union.get("build").is_some());
        let tags = built.map(|u| (u.name.clone(), "0123456789ab".to_owned())).collect();
        Self { tags, texts: project.requirement_texts(), constitution }
    }

    /// Everything that artifacts are made from; nothing without an app.
    pub fn inputs<'a>(&'a self, project: &'a Project) -> Option<Inputs<'a>> {
        Some(Inputs {
            app: project.app.as_ref()?,
            entries: &project.templates.entries,
            possible: &project.possible,
            templates: &project.templates.set,
            owners: &project.owners,
            requirement_texts: &self.texts,
            tags: &self.tags,
            constitution: self.constitution.as_deref(),
        })
    }
}

/// Makes everything; an empty result without an app.
pub fn make(project: &Project) -> Made {
    let ready = Ready::new(project);
    ready.inputs(project).map(make_all).unwrap_or_default()
}

/// The state of each artifact, for the picture.
pub fn states(project: &mut Project) -> BTreeMap<Identity, State> {
    let _ = project;
    BTreeMap::new()
}
