//! What the checks look at: every artifact read once, and the objects of each environment side by side.

use std::collections::{BTreeMap, BTreeSet};

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::source::{FileId, Sources, Span};
use crate::base::tree::Node;
use crate::make::artifact::Artifact;
use crate::model::app::Role;
use crate::read::repository::{is_compose, is_dockerfile, name};

use super::dockerfile::Dockerfile;
use super::index::{Index, Labels};
use super::{Input, parse};

/// An artifact, read.
pub(super) struct File<'a> {
    pub artifact: &'a Artifact,
    pub id: FileId,
    pub content: Content,
}

/// What the bytes of an artifact are.
pub(super) enum Content {
    /// The documents of a YAML file.
    Yaml(Vec<Node>),
    Dockerfile(Dockerfile),
    /// A chart template, NOTES.txt, a README: checked through what is printed from it, or not at all.
    Text,
}

/// Everything under check.
pub(super) struct View<'a> {
    pub input: &'a Input<'a>,
    pub sources: &'a Sources,
    pub files: Vec<File<'a>>,
}

/// One Kubernetes object of one environment.
#[derive(Clone, Copy)]
pub(super) struct Object<'a> {
    pub file: &'a File<'a>,
    pub node: &'a Node,
}

/// The objects that stand in a cluster together.
pub(super) struct Scope<'a> {
    /// The environment's name.
    pub environment: &'a str,
    pub objects: Vec<Object<'a>>,
    pub view: &'a View<'a>,
    index: Index<'a>,
}

impl<'a> View<'a> {
    /// Reads every artifact, whose text stands in `sources` under the id at its place; the findings are those of
    /// the first layer.
    pub(super) fn read(input: &'a Input<'a>, sources: &'a Sources, ids: Vec<FileId>) -> (Self, Vec<Diagnostic>) {
        let read: Vec<(File, Vec<Diagnostic>)> = input
            .artifacts
            .par_iter()
            .zip(ids)
            .map(|(artifact, id)| {
                let (content, found) = content(sources, artifact, id);
                let task = artifact.tasks.first().map(ToString::to_string);
                let found = found.into_iter().map(|d| Diagnostic { task: task.clone(), ..d }).collect();
                (File { artifact, id, content }, found)
            })
            .collect();
        let mut files = Vec::with_capacity(read.len());
        let mut findings = Vec::new();
        for (file, found) in read {
            files.push(file);
            findings.extend(found);
        }
        (Self { input, sources, files }, findings)
    }

    /// The objects by environment: the app's default one first, then by name.
    pub(super) fn scopes(&'a self) -> Vec<Scope<'a>> {
        let mut by_name: BTreeMap<&str, Vec<Object<'a>>> = BTreeMap::new();
        for file in &self.files {
            if let (Content::Yaml(documents), Some(environment)) = (&file.content, &file.artifact.environment)
                && is_manifest(file.artifact)
            {
                let objects = documents.iter().filter(|n| n.get_str("kind").is_some_and(|k| k != "Kustomization"));
                by_name.entry(environment).or_default().extend(objects.map(|node| Object { file, node }));
            }
        }
        let default = self.input.app.map_or("", |a| a.default_environment.as_str());
        let mut scopes: Vec<Scope> =
            by_name.into_iter().map(|(environment, objects)| Scope::new(environment, objects, self)).collect();
        scopes.sort_by_key(|s| (s.environment != default, s.environment));
        scopes
    }

    /// The names of the units, the app's own left out.
    pub(super) fn units(&self) -> impl Iterator<Item = &str> {
        let named = self.input.app.into_iter().flat_map(|a| &a.units).filter(|u| u.role != Role::App);
        let named: BTreeSet<&str> = named.map(|u| u.name.as_str()).collect();
        let found = self.files.iter().map(|f| f.artifact.identity.unit.as_str());
        if named.is_empty() { found.collect() } else { named }.into_iter()
    }

    /// Every Dockerfile.
    pub(super) fn dockerfiles(&self) -> impl Iterator<Item = (&File<'a>, &Dockerfile)> {
        self.files.iter().filter_map(|f| match &f.content {
            Content::Dockerfile(d) => Some((f, d)),
            _ => None,
        })
    }

    /// The first document of the YAML files that `wanted` picks by path.
    pub(super) fn yaml(&self, wanted: impl Fn(&str) -> bool) -> Vec<(&File<'a>, &Node)> {
        let pick = |f: &'_ File<'a>| wanted(&f.artifact.path);
        self.files
            .iter()
            .filter(|f| pick(f))
            .filter_map(|f| match &f.content {
                Content::Yaml(documents) => documents.first().map(|n| (f, n)),
                _ => None,
            })
            .collect()
    }

    /// Where the spec says what a unit's model has at `path` in an environment (`None`: in any).
    pub(super) fn cause(&self, unit: &str, environment: Option<&str>, path: &str) -> Option<Span> {
        let unit = self.input.app?.unit(unit)?;
        let model = environment.and_then(|e| unit.environments.get(e)).unwrap_or(&unit.union);
        model.get(path).and_then(Node::span)
    }
}

/// Whether the artifact is one or several Kubernetes objects as they go to the cluster.
fn is_manifest(artifact: &Artifact) -> bool {
    artifact.layer == crate::model::catalogue::Layer::Kubernetes && !is_template(&artifact.path)
}

/// Whether the path is that of a Go template of a chart, which is no YAML.
fn is_template(path: &str) -> bool {
    !path.starts_with("out/") && path.contains("/templates/")
}

fn content(sources: &Sources, artifact: &Artifact, id: FileId) -> (Content, Vec<Diagnostic>) {
    let path = artifact.path.as_str();
    let name = name(path);
    if is_dockerfile(name) {
        return (Content::Dockerfile(Dockerfile::parse(sources.text(id), id)), Vec::new());
    }
    let ending = std::path::Path::new(name).extension().and_then(|e| e.to_str());
    if matches!(ending, Some("yaml" | "yml")) && !is_template(path) {
        let (documents, found) = parse::read(sources, id);
        // YAML 1.1 matters where Go reads the file; Docker Compose reads YAML 1.2
        let found = found.into_iter().filter(|d| d.code != "api-yaml11" || !is_compose(name)).collect();
        return (Content::Yaml(documents), found);
    }
    (Content::Text, Vec::new())
}

impl<'a> Object<'a> {
    pub(super) fn kind(&self) -> &'a str {
        self.node.get_str("kind").unwrap_or_default()
    }

    pub(super) fn api_version(&self) -> &'a str {
        self.node.get_str("apiVersion").unwrap_or_default()
    }

    pub(super) fn name(&self) -> &'a str {
        self.node.get_str("metadata.name").unwrap_or_default()
    }

    pub(super) fn namespace(&self) -> Option<&'a str> {
        self.node.get_str("metadata.namespace")
    }

    /// `deployment/backend`, as `kubectl` names it.
    pub(super) fn label(&self) -> String {
        format!("{}/{}", self.kind().to_lowercase(), self.name())
    }

    /// The unit that it belongs to.
    pub(super) fn unit(&self) -> &'a str {
        &self.file.artifact.identity.unit
    }

    /// The pod template, for a workload or a Pod.
    pub(super) fn template(&self) -> Option<&'a Node> {
        match self.kind() {
            "Deployment" | "StatefulSet" | "DaemonSet" | "ReplicaSet" | "ReplicationController" | "Job" => {
                self.node.get("spec.template")
            }
            "CronJob" => self.node.get("spec.jobTemplate.spec.template"),
            "Pod" => Some(self.node),
            _ => None,
        }
    }

    /// The pod's `spec`.
    pub(super) fn pod(&self) -> Option<&'a Node> {
        self.template()?.get("spec")
    }

    /// The containers that serve, in order.
    pub(super) fn containers(&self) -> &'a [Node] {
        self.pod().and_then(|p| p.get("containers")).and_then(Node::as_list).unwrap_or_default()
    }

    /// Init containers, then containers.
    pub(super) fn all_containers(&self) -> impl Iterator<Item = &'a Node> + use<'a> {
        let init = self.pod().and_then(|p| p.get("initContainers")).and_then(Node::as_list).unwrap_or_default();
        init.iter().chain(self.containers())
    }

    /// Labels of the pods that it makes.
    pub(super) fn pod_labels(&self) -> BTreeMap<&'a str, &'a str> {
        self.template().map(|t| texts(t, "metadata.labels")).unwrap_or_default()
    }

    /// Where a person looks for it: the value of its name, else its kind.
    pub(super) fn place(&self) -> Option<Span> {
        let name = self.node.get("metadata.name").or_else(|| self.node.get("kind"));
        name.and_then(Node::span)
    }
}

impl<'a> Scope<'a> {
    fn new(environment: &'a str, objects: Vec<Object<'a>>, view: &'a View<'a>) -> Self {
        let index = Index::new(&objects);
        Self { environment, objects, view, index }
    }

    pub(super) fn of_kind(&self, kind: &str) -> impl Iterator<Item = Object<'a>> + use<'a, '_> {
        self.index.kinds.get(kind).into_iter().flatten().map(|i| self.objects[*i])
    }

    pub(super) fn find(&self, kind: &str, name: &str) -> Option<Object<'a>> {
        self.index.names.get(&(kind, name)).map(|i| self.objects[*i])
    }

    /// What makes pods.
    pub(super) fn workloads(&self) -> impl Iterator<Item = Object<'a>> + use<'a, '_> {
        self.index.pods.iter().map(|(i, _)| self.objects[*i])
    }

    /// What makes pods that run on: no Job, no `CronJob`.
    pub(super) fn long_running(&self) -> impl Iterator<Item = Object<'a>> + use<'a, '_> {
        self.workloads().filter(|o| !matches!(o.kind(), "Job" | "CronJob"))
    }

    /// The workloads whose pods a selector picks; one without conditions picks all.
    pub(super) fn picked(&self, selector: &Node) -> Vec<Object<'a>> {
        let near = self.index.near(&texts(selector, "matchLabels"));
        near.into_iter().filter(|(_, l)| selects(Some(selector), l)).map(|(i, _)| self.objects[*i]).collect()
    }

    /// The workloads whose pods carry all these labels.
    pub(super) fn carrying(&self, wanted: &Labels<'_>) -> Vec<Object<'a>> {
        let carries = |labels: &Labels<'_>| wanted.iter().all(|(k, v)| labels.get(k) == Some(v));
        self.index.near(wanted).into_iter().filter(|(_, l)| carries(l)).map(|(i, _)| self.objects[*i]).collect()
    }

    /// The objects of a kind whose selector at `path` picks pods with these labels.
    pub(super) fn selecting(&self, kind: &'static str, path: &str, labels: &Labels<'_>) -> Vec<Object<'a>> {
        let picks = |o: &Object<'a>| o.node.get(path).is_none_or(|s| s.is_null() || selects(Some(s), labels));
        self.index.selecting(kind, labels).into_iter().map(|i| self.objects[i]).filter(picks).collect()
    }

    /// The HPA that scales the object.
    pub(super) fn autoscaler(&self, object: &Object<'_>) -> Option<Object<'a>> {
        self.index.scaled.get(&(object.kind(), object.name())).map(|i| self.objects[*i])
    }

    /// Where the spec says what the object's unit has at `path` in this environment.
    pub(super) fn cause(&self, object: &Object<'_>, path: &str) -> Option<Span> {
        self.view.cause(object.unit(), Some(self.environment), path)
    }
}

/// The text entries of the map at `path`.
pub(super) fn texts<'a>(node: &'a Node, path: &str) -> BTreeMap<&'a str, &'a str> {
    node.get(path)
        .and_then(Node::as_map)
        .into_iter()
        .flatten()
        .filter_map(|(k, v)| Some((k.as_str(), v.as_str()?)))
        .collect()
}

/// Whether a label selector (`matchLabels`, `matchExpressions`) picks the labels. An absent selector picks nothing.
pub(super) fn selects(selector: Option<&Node>, labels: &BTreeMap<&str, &str>) -> bool {
    let Some(selector) = selector else { return false };
    let equal = texts(selector, "matchLabels").iter().all(|(k, v)| labels.get(k) == Some(v));
    let expressions = selector.get("matchExpressions").and_then(Node::as_list).unwrap_or_default();
    equal
        && expressions.iter().all(|e| {
            let value = labels.get(e.get_str("key").unwrap_or_default());
            let listed = e.get("values").and_then(Node::as_list).unwrap_or_default();
            let inside = value.is_some_and(|v| listed.iter().any(|l| l.as_str() == Some(v)));
            match e.get_str("operator") {
                Some("In") => inside,
                Some("NotIn") => !inside,
                Some("Exists") => value.is_some(),
                Some("DoesNotExist") => value.is_none(),
                _ => false,
            }
        })
}

/// The list at `path`, or an empty one.
pub(super) fn list<'a>(node: &'a Node, path: &str) -> &'a [Node] {
    node.get(path).and_then(Node::as_list).unwrap_or_default()
}
