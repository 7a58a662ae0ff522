//! Files that people wrote, beside those that Bowline makes: how many there are, and what is known of each.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::fs;
use crate::base::source::{Sources, Span};
use crate::base::tree::Node;
use crate::graph::adopt::{self, Claim, Tie};
use crate::make::artifact::Artifact;
use crate::make::run::Made;
use crate::make::stamp::{self, Reading};
use crate::model::catalogue::Layer;
use crate::model::existing::{Existing, FileKind, FileState};
use crate::model::ids::{FeatureId, Identity, RequirementId, TaskId};
use crate::read::repository::{folder, join, name};
use crate::read::yaml::{Piece, parse_all};

use super::project::Project;
use super::why::Answer;

/// Everything that stands in the repository, by whose it is.
#[derive(Clone, Debug, Default)]
pub struct Summary {
    pub generated: Vec<String>,
    pub adopted: Vec<String>,
    /// Nobody's task: with the reason and what may be meant.
    pub foreign: Vec<(String, String, Vec<String>)>,
}

/// Looks at every file once.
pub fn summary(project: &Project) -> Summary {
    let mut all = Summary::default();
    let existing = &project.documents.existing;
    let claims = adopt::claims(&project.graph, existing, &project.repository);
    for (file, claim) in existing.iter().zip(claims) {
        match file.state {
            FileState::Generated => all.generated.push(file.path.clone()),
            FileState::Adopted(_) => all.adopted.push(file.path.clone()),
            FileState::Foreign if claim.ties.is_empty() => {
                all.foreign.push((file.path.clone(), claim.reason, claim.candidates));
            }
            FileState::Foreign => {
                let tasks = claim.ties.iter().map(|t| project.graph.task(t.task).id().to_string());
                let reason = format!("`bowline adopt` ties it to {}", tasks.collect::<Vec<_>>().join(", "));
                all.foreign.push((file.path.clone(), reason, Vec::new()));
            }
        }
    }
    let known: BTreeSet<&str> = existing.iter().map(|e| e.path.as_str()).collect();
    let made = project.repository.below("out").filter(|p| !known.contains(p)).filter(|path| {
        let text = project.repository.contents(path);
        text.is_some_and(|t| matches!(stamp::read(path, t.as_bytes()), Reading::Intact(_) | Reading::Edited(_)))
    });
    all.generated.extend(made.map(str::to_owned));
    all
}

impl Summary {
    /// The line of `status`: nothing when nothing stands there.
    pub fn line(&self) -> Option<String> {
        let numbers =
            [(self.generated.len(), "generated"), (self.adopted.len(), "adopted"), (self.foreign.len(), "foreign")];
        let parts: Vec<String> =
            numbers.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")).collect();
        (!parts.is_empty()).then(|| parts.join(", "))
    }

    pub fn json(&self) -> Json {
        let foreign = self
            .foreign
            .iter()
            .map(|(path, reason, candidates)| json!({ "path": path, "reason": reason, "candidates": candidates }));
        json!({ "generated": self.generated.len(), "adopted": self.adopted, "foreign": foreign.collect::<Vec<_>>() })
    }
}

/// `T012 (exact path `a/b`, specs/1/tasks.md:31)`.
pub fn tie_text(project: &Project, tie: &Tie) -> String {
    let id = project.graph.task(tie.task).id();
    let place = tie.span.map(|s| format!(", {}", project.sources.display(s))).unwrap_or_default();
    format!("{id}  {} `{}`{place}", tie.how.name(), tie.written)
}

/// What `why FILE` says of a file that Bowline does not make.
pub fn explain(project: &Project, path: &str, answer: &mut Answer) {
    let existing = &project.documents.existing;
    let Some(at) = existing.iter().position(|e| e.path == path) else { return };
    let file = &existing[at];
    let claim = adopt::claims(&project.graph, existing, &project.repository).swap_remove(at);
    answer.row("kind", file.kind.name());
    answer.rows("chart", file.chart.clone());
    if let Some(adoption) = file.adoption() {
        let place = if adoption.sidecar { "bowline.lock" } else { "a comment at its head" };
        answer.row("stamp", place);
        answer.rows("answers to", adoption.tasks.iter().map(|id| task_line(project, id)));
        let ids: Vec<RequirementId> = adoption.requirements.iter().filter_map(|r| RequirementId::stamped(r)).collect();
        answer.rows("requirement", ids.iter().map(|r| super::why::requirement_line(project, r)));
        if !adoption.digest.is_empty() && digest(project, path).is_some_and(|d| d != adoption.digest) {
            answer.row("since then", "the file was changed, which is no error");
        }
    }
    answer.rows("matched", claim.ties.iter().map(|t| tie_text(project, t)));
    if claim.ties.is_empty() {
        answer.row("no task", claim.reason);
        answer.rows("near", claim.candidates);
    } else if file.adoption().is_none() {
        answer.row("next", format!("`bowline adopt {path}` ties it to the task"));
    }
}

fn task_line(project: &Project, id: &str) -> String {
    let task = project.graph.find(id).into_iter().find(|ix| project.graph.task(*ix).id().to_string() == id);
    task.map_or_else(
        || format!("{id}  (in no tasks file)"),
        |ix| {
            let task = &project.graph.task(ix).task;
            format!("{id}  {} ({})", task.title, project.sources.display(task.span))
        },
    )
}

/// 12 hex digits over a file.
pub fn digest(project: &Project, path: &str) -> Option<String> {
    let bytes = fs::inside(&project.root, path).ok().and_then(|p| fs::read_if_there(&p).ok().flatten())?;
    Some(crate::base::digest::hex(&bytes, 12))
}

/// Adopted files as what is checked. Those that Bowline would make at that very path are [`substitute`]'s.
pub fn artifacts(project: &Project) -> Vec<Artifact> {
    let made: BTreeSet<&str> = project.possible.iter().flat_map(|p| &p.paths).map(String::as_str).collect();
    let adopted =
        project.documents.existing.iter().filter(|e| e.adoption().is_some() && !made.contains(e.path.as_str()));
    let adopted: Vec<&Existing> = adopted.collect();
    if adopted.is_empty() {
        return Vec::new();
    }
    let patches = patches(project);
    let mut all = Vec::new();
    for file in adopted {
        let Some(text) = project.repository.contents(&file.path) else { continue };
        let joined = project.graph.adopted.iter().find(|(_, files)| files.contains(&file.path)).map(|(i, _)| i);
        let mut environments = vec![None];
        if file.kind == FileKind::Manifest && file.chart.is_none() && !patches.contains(&file.path) {
            environments = vec![Some(folder(&file.path).to_owned())];
            if let (Some(app), Some(_)) = (&project.app, joined) {
                // it stands in the place of one that each environment would have
                environments = app.environments.iter().cloned().map(Some).collect();
            }
        }
        let identity = joined.cloned().unwrap_or_else(|| identity(file));
        let artifact = Artifact {
            path: file.path.clone(),
            identity,
            layer: layer(file.kind),
            environment: None,
            bytes: text.into_bytes(),
            tasks: task_ids(file),
            requirements: Vec::new(),
            object: None,
            ingredients: Vec::new(),
        };
        all.extend(environments.into_iter().map(|environment| Artifact { environment, ..artifact.clone() }));
    }
    all
}

fn layer(kind: FileKind) -> Layer {
    match kind {
        FileKind::Dockerfile | FileKind::Compose => Layer::Docker,
        FileKind::Manifest | FileKind::Kustomization | FileKind::Template => Layer::Kubernetes,
        FileKind::Chart | FileKind::Values | FileKind::Helpers | FileKind::Notes => Layer::Helm,
    }
}

fn identity(file: &Existing) -> Identity {
    let home = file.chart.as_deref().unwrap_or_else(|| folder(&file.path));
    Identity::new(name(home), file.kind.name(), Some(&file.path))
}

fn task_ids(file: &Existing) -> Vec<TaskId> {
    let split =
        |t: &String| t.rsplit_once('/').map(|(f, id)| TaskId { feature: FeatureId(f.into()), id: id.to_owned() });
    file.adoption().into_iter().flat_map(|a| &a.tasks).filter_map(split).collect()
}

/// Files that a kustomization lays over others: parts of objects, not objects.
fn patches(project: &Project) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    for file in project.documents.existing.iter().filter(|e| e.kind == FileKind::Kustomization) {
        let Some(text) = project.repository.contents(&file.path) else { continue };
        for document in documents(&text) {
            let listed = ["patches", "patchesStrategicMerge", "patchesJson6902"]
                .into_iter()
                .filter_map(|k| document.get(k)?.as_list());
            let paths = listed.flatten().filter_map(|p| p.as_str().or_else(|| p.get_str("path")));
            all.extend(paths.map(|p| join(folder(&file.path), p)));
        }
    }
    all
}

fn documents(text: &str) -> Vec<Node> {
    let text = text.trim_start_matches('\u{feff}');
    parse_all(&Piece::at(Sources::default().add("", ""), text, 0)).unwrap_or_default()
}

/// Puts the bytes of adopted files in the place of what would be made at the same path.
pub fn substitute(project: &Project, made: &mut Made) {
    substitute_but(project, made, &BTreeSet::new());
}

/// The same, but for the files that are taken over.
pub fn substitute_but(project: &Project, made: &mut Made, replaced: &BTreeSet<String>) {
    let adopted = project.documents.existing.iter().filter(|e| e.adoption().is_some());
    let adopted: BTreeSet<&str> = adopted.map(|e| e.path.as_str()).filter(|p| !replaced.contains(*p)).collect();
    for artifact in made.artifacts.iter_mut().filter(|a| adopted.contains(a.path.as_str())) {
        let Some(text) = project.repository.contents(&artifact.path) else { continue };
        if artifact.object.is_some() {
            artifact.object = documents(&text).first().map(Node::json);
        }
        artifact.bytes = text.into_bytes();
    }
}

/// Whether objects of the app stand in chart templates that people wrote.
pub fn hides(project: &Project) -> bool {
    let templates = project.documents.existing.iter().filter(|e| e.kind == FileKind::Template);
    let templates: BTreeSet<&str> = templates.map(|e| e.path.as_str()).collect();
    project.graph.adopted.values().flatten().any(|file| templates.contains(file.as_str()))
}

/// Objects that `up` leaves to people, because their files stand in the place of what would be made.
pub fn not_delivered(project: &Project) -> Option<Diagnostic> {
    let images = ["Dockerfile", "Dockerignore", "Compose"];
    let left: Vec<_> = project.graph.adopted.iter().filter(|(i, _)| !images.contains(&i.kind.as_str())).collect();
    let (first, files) = left.first()?;
    let more = if left.len() > 1 { format!(" and {} more", left.len() - 1) } else { String::new() };
    let file = files.first().map_or("", String::as_str);
    Some(
        Diagnostic::warning(
            "adopted-elsewhere",
            format!("`{first}`{more} is not brought in: `{file}` stands in its place"),
        )
        .saying("Bowline applies what it makes; what stands in other files, people apply")
        .fix("apply these files beside `up`, or let the task name the generated path"),
    )
}

/// The place of a tie, for a machine.
pub fn tie_json(project: &Project, tie: &Tie) -> Json {
    let line =
        |span: Span| json!({ "file": project.sources.path(span.file), "line": project.sources.position(span).line });
    json!({ "task": project.graph.task(tie.task).id().to_string(), "how": tie.how.name(), "written": tie.written,
        "where": tie.span.map(line) })
}

/// Why a file has no task, in one line.
pub fn doubt(claim: &Claim) -> String {
    if claim.candidates.is_empty() {
        claim.reason.clone()
    } else {
        format!("{} ({})", claim.reason, claim.candidates.join("; "))
    }
}
