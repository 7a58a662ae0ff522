//! Small workspaces for tests.

use crate::base::diag::Diagnostic;
use crate::base::source::{Sources, Span};
use crate::make::artifact::Artifact;
use crate::model::app::App;
use crate::model::catalogue::Layer;
use crate::model::ids::{FeatureId, Identity, TaskId};
use crate::model::workspace::{Constitution, Documents, Force, Statement};

use super::{Checked, Facts, Input, check};

/// A file as `make` would hand it over: unit, kind and environment are read from its path.
pub(super) fn artifact(path: &str, text: &str) -> Artifact {
    let parts: Vec<&str> = path.split('/').collect();
    let file = parts[parts.len() - 1];
    let docker = path.contains("/images/") || file == "compose.yaml";
    let chart = path.starts_with("charts/");
    let (layer, environment) = match (docker, chart) {
        (true, _) => (Layer::Docker, None),
        (_, true) if path.contains("/templates/") => (Layer::Kubernetes, None),
        (_, true) => (Layer::Helm, None),
        _ => (Layer::Kubernetes, parts.get(2).map(|e| (*e).to_owned())),
    };
    let stem = file.trim_end_matches(".yaml");
    let unit = if docker && parts.len() > 4 { parts[3] } else { stem.split('-').next().unwrap_or_default() };
    let kind = match stem.split_once('-') {
        _ if docker || (chart && layer == Layer::Helm) => file.to_owned(),
        Some((_, kind)) => kind.to_owned(),
        None => stem.to_owned(),
    };
    let task = TaskId { feature: FeatureId("todo".into()), id: "T001".to_owned() };
    Artifact {
        path: path.to_owned(),
        identity: Identity::new(unit, kind, None),
        layer,
        environment,
        bytes: text.as_bytes().to_vec(),
        tasks: vec![task],
        requirements: Vec::new(),
        object: None,
        ingredients: Vec::new(),
    }
}

/// A constitution of one paragraph for each sentence, all of one force.
pub(super) fn constitution(sources: &mut Sources, sentences: &[&str], force: Force) -> Constitution {
    let text = sentences.iter().fold(String::new(), |all, s| all + "- " + s + "\n");
    let file = sources.add("constitution.md", text);
    let mut start = 2;
    let mut statements = Vec::new();
    for (index, sentence) in sentences.iter().enumerate() {
        let span = Span::new(file, start, start + sentence.len());
        start += sentence.len() + 3;
        statements.push(Statement {
            id: format!("C/1.{}", index + 1),
            heading: "Rules".to_owned(),
            text: (*sentence).to_owned(),
            span,
            force,
        });
    }
    Constitution { title: "Rules".to_owned(), statements, ..Constitution::new(file) }
}

/// A workspace under check.
#[derive(Default)]
pub(super) struct Case<'a> {
    pub files: &'a [(&'a str, &'a str)],
    pub sentences: &'a [&'a str],
    pub facts: Facts,
    pub app: Option<App>,
    pub documents: Documents,
}

impl Case<'_> {
    pub(super) fn run(self) -> (Sources, Checked) {
        let mut sources = Sources::default();
        let mut documents = self.documents;
        if !self.sentences.is_empty() {
            documents.constitution = Some(constitution(&mut sources, self.sentences, Force::Must));
        }
        let artifacts: Vec<Artifact> = self.files.iter().map(|(p, t)| artifact(p, t)).collect();
        let input = Input {
            artifacts: &artifacts,
            documents: &documents,
            app: self.app.as_ref(),
            kubernetes: "1.34",
            facts: &self.facts,
        };
        let checked = check(&input, &mut sources);
        (sources, checked)
    }
}

/// `code line` of each finding, in the order that a reader sees.
pub(super) fn lines(sources: &Sources, findings: &[Diagnostic]) -> Vec<String> {
    let at = |d: &Diagnostic| d.primary.as_ref().map_or(0, |l| sources.position(l.span).line);
    findings.iter().map(|d| format!("{} {}", d.code, at(d))).collect()
}
