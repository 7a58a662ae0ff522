//! What stands in a repository besides documents and code: Dockerfiles, Compose files, manifests, charts.

/// One such file.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Existing {
    /// Relative to the workspace, with `/`.
    pub path: String,
    pub kind: FileKind,
    pub state: FileState,
    /// The folder of the chart that it belongs to.
    pub chart: Option<String>,
    /// What `# [Task]: …` and `# [From]: …` in it say.
    pub comments: Comments,
}

/// What a file is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum FileKind {
    Dockerfile,
    Compose,
    /// Kubernetes objects as they go to a cluster.
    Manifest,
    Kustomization,
    /// `Chart.yaml`.
    Chart,
    /// `values.yaml`, `values-production.yaml`.
    Values,
    /// A YAML file below `templates/` of a chart: text with `{{ }}` in it.
    Template,
    /// `_helpers.tpl`.
    Helpers,
    /// `NOTES.txt`.
    Notes,
}

impl FileKind {
    pub fn name(self) -> &'static str {
        match self {
            Self::Dockerfile => "Dockerfile",
            Self::Compose => "Compose file",
            Self::Manifest => "manifest",
            Self::Kustomization => "kustomization",
            Self::Chart => "chart",
            Self::Values => "values",
            Self::Template => "chart template",
            Self::Helpers => "chart helpers",
            Self::Notes => "chart notes",
        }
    }

    /// Whether Helm reads it as a template.
    pub fn is_template(self) -> bool {
        matches!(self, Self::Template | Self::Helpers | Self::Notes)
    }
}

/// Whose file it is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum FileState {
    /// Bowline made it.
    Generated,
    /// A person made it, and it answers to tasks.
    Adopted(Adoption),
    /// A person made it, and nothing ties it to a task.
    Foreign,
}

/// The tasks that an adopted file answers to. It says nothing about the bytes: whoever edits the file may.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Adoption {
    /// `feature/T012`, in the order of the documents.
    pub tasks: Vec<String>,
    /// `feature/FR-003`.
    pub requirements: Vec<String>,
    /// 12 hex digits over the texts of the requirements when it was adopted; empty without any.
    pub source: String,
    /// Kept in `bowline.lock` instead of the file.
    pub sidecar: bool,
    /// For one in `bowline.lock`: 12 hex digits over the file when it was adopted.
    pub digest: String,
}

/// The community's two comments.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Comments {
    /// Ids behind `[Task]:`, ranges spelled out.
    pub tasks: Vec<String>,
    /// The text behind `[From]:`.
    pub from: String,
}

impl Existing {
    pub fn adoption(&self) -> Option<&Adoption> {
        match &self.state {
            FileState::Adopted(adoption) => Some(adoption),
            _ => None,
        }
    }
}
