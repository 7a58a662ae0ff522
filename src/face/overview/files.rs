//! Which files of the repository are artifacts, and whether Bowline made them.

use std::collections::BTreeSet;

use crate::base::fs;
use crate::face::project::Project;
use crate::make::artifact::Artifact;
use crate::make::stamp::{self, Reading};

/// The artifacts that are on disk, by path.
#[derive(Clone, Debug, Default)]
pub struct Files {
    pub generated: BTreeSet<String>,
    /// A person's own files that carry a stamp.
    pub adopted: BTreeSet<String>,
    /// No stamp: never overwritten.
    pub foreign: BTreeSet<String>,
}

/// Whose a file is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FileKind {
    Generated,
    Foreign,
}

impl Files {
    /// Looks at what was made, and at the artifacts that tasks name.
    pub fn survey(project: &Project, made: &[Artifact]) -> Self {
        let named = project.graph.tasks.iter().flat_map(|n| &n.task.paths).map(|(p, _)| p.as_str());
        let named = named.map(|p| p.trim_start_matches("./")).filter(|p| is_artifact(p));
        let paths: BTreeSet<&str> = made.iter().map(|a| a.path.as_str()).chain(named).collect();
        let mut files = Self::default();
        for path in paths {
            match kind(project, path) {
                Some(FileKind::Generated) => files.generated.insert(path.to_owned()),
                Some(FileKind::Foreign) => files.foreign.insert(path.to_owned()),
                None => false,
            };
        }
        files
    }

    /// `files  12 generated, 3 foreign`; nothing where there are none.
    pub fn line(&self) -> Option<String> {
        let numbers = [(&self.generated, "generated"), (&self.adopted, "adopted"), (&self.foreign, "foreign")];
        let shown: Vec<String> =
            numbers.iter().filter(|(n, _)| !n.is_empty()).map(|(n, w)| format!("{} {w}", n.len())).collect();
        (!shown.is_empty()).then(|| format!("files         {}", shown.join(", ")))
    }
}

/// Whose the file of that path is; nothing when there is no such file.
fn kind(project: &Project, path: &str) -> Option<FileKind> {
    let full = fs::inside(&project.root, path).ok().filter(|p| p.is_file())?;
    let bytes = fs::read_if_there(&full).ok().flatten()?;
    Some(match stamp::read(path, &bytes) {
        Reading::Foreign => FileKind::Foreign,
        Reading::Intact(_) | Reading::Edited(_) => FileKind::Generated,
    })
}

/// Images, Compose, manifests and charts, by their names.
fn is_artifact(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or(path).to_lowercase();
    let yaml = [".yaml", ".yml"].iter().any(|e| name.ends_with(e));
    let folders = ["k8s", "kubernetes", "manifests", "helm", "charts", "chart", "templates", "deploy", "kustomize"];
    let placed = path.rsplit('/').skip(1).any(|f| folders.contains(&f.to_lowercase().as_str()));
    name == "dockerfile"
        || name.starts_with("dockerfile.")
        || name.ends_with(".dockerfile")
        || name.ends_with(".dockerignore")
        || (yaml
            && (placed || name.starts_with("docker-compose") || name.starts_with("compose") || name == "chart.yaml"))
        || (placed && (name.ends_with(".tpl") || name == "notes.txt" || name == "values.schema.json"))
}
