//! What comes first because of what tasks do: they name one file, or one makes what another builds, loads or installs.
//! Inferred edges follow the order of the documents and yield to everything that is written.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use crate::model::workspace::{Task, TaskKind};

use super::by_feature::ByFeature;
use super::tasks::{Edge, Evidence, Graph, TaskIx};

/// Folders above a path that are looked at for who made them.
const MOST_FOLDERS: usize = 16;

/// How many tasks may be remembered for one file between two that change it.
const MOST_READERS: usize = 64;

fn edge(from: TaskIx, to: TaskIx, why: String) -> Edge {
    Edge { from, to, evidence: Evidence::Inferred, hard: false, why, span: None }
}

/// Whether doing the task changes the files that it names.
pub(super) fn writes(task: &Task) -> bool {
    matches!(task.kind, TaskKind::Produces | TaskKind::Edits | TaskKind::Removes)
}

/// The files that a task names: braces written out, `./` and a final `/` cut off.
pub(super) fn files(task: &Task) -> impl Iterator<Item = Cow<'_, str>> {
    task.paths.iter().flat_map(|(path, _)| {
        let (one, several) =
            if path.as_bytes().contains(&b'{') { (None, expand(path)) } else { (Some(path.as_str()), Vec::new()) };
        let one = one.map(|p| Cow::Borrowed(bare(p)));
        one.into_iter().chain(several.into_iter().map(|p| Cow::Owned(bare(&p).to_owned())))
    })
}

fn bare(path: &str) -> &str {
    let mut path = path;
    while let Some(rest) = path.strip_prefix("./") {
        path = rest;
    }
    path.trim_end_matches('/')
}

/// `a/{b,c}.yaml` is `a/b.yaml` and `a/c.yaml`; at most 64 paths come of one.
pub(super) fn expand(path: &str) -> Vec<String> {
    let mut all = vec![path.to_owned()];
    for _ in 0..4 {
        let mut next = Vec::new();
        for path in &all {
            let inner = path.find('{').and_then(|open| Some((open, open + path[open..].find('}')?)));
            match inner {
                Some((open, close)) => next.extend(
                    path[open + 1..close]
                        .split(',')
                        .map(|w| format!("{}{}{}", &path[..open], w.trim(), &path[close + 1..])),
                ),
                None => next.push(path.clone()),
            }
        }
        next.truncate(64);
        if next == all {
            break;
        }
        all = next;
    }
    all
}

#[derive(Default)]
struct Seen {
    writer: Option<TaskIx>,
    readers: Vec<TaskIx>,
}

/// `Create the charts/todo/ directory`: the path is a folder, and making it is what the task is for.
fn makes_folder(task: &Task, file: &str) -> bool {
    let bare = file.bytes().rev().take_while(|b| *b != b'/').all(|b| b != b'.');
    bare && {
        let title = task.title.to_lowercase();
        ["director", "folder", "structure", "scaffold", "mkdir"].iter().any(|w| title.contains(w))
    }
}

/// Tasks of one feature that name one file come in the order of their lines, if one of them changes it: each after
/// the last that changed it, and a change after those that looked. `[P]` takes nothing away.
pub(super) fn same_file(features: &ByFeature<'_>) -> Vec<Edge> {
    features.each(same_file_of)
}

/// For each file, the position where it is named first.
fn same(named: &[(TaskIx, Cow<'_, str>)]) -> Vec<usize> {
    let mut sorted: Vec<usize> = (0..named.len()).collect();
    // any order will do that puts what is the same side by side: paths mostly differ at their ends
    let end = |file: &str| file.as_bytes().last_chunk::<8>().map_or(0, |end| u64::from_ne_bytes(*end));
    let key = |at: usize| (named[at].1.len(), end(&named[at].1), &*named[at].1);
    sorted.sort_by(|a, b| key(*a).cmp(&key(*b)));
    let mut first = vec![0; named.len()];
    for one in sorted.chunk_by(|a, b| named[*a].1 == named[*b].1) {
        one.iter().for_each(|at| first[*at] = one[0]);
    }
    first
}

fn same_file_of(graph: &Graph, tasks: Range<usize>) -> Vec<Edge> {
    let mut edges = Vec::new();
    let mut named: Vec<(TaskIx, Cow<'_, str>)> = Vec::with_capacity(tasks.len());
    for ix in tasks.map(TaskIx::new) {
        files(&graph.task(ix).task).filter(|file| !file.is_empty()).for_each(|file| named.push((ix, file)));
    }
    let places = same(&named);
    let mut seen: Vec<Seen> = Vec::new();
    seen.resize_with(named.len(), Seen::default);
    // who makes a file as a folder
    let mut makers: BTreeMap<&str, TaskIx> = BTreeMap::new();
    let id = |ix: TaskIx| &graph.task(ix).task.id.id;
    for ((ix, file), place) in named.iter().zip(places) {
        let (ix, task) = (*ix, &graph.task(*ix).task);
        // the nearest folder above that a task makes
        let above = || file.rmatch_indices('/').map(|(at, _)| &file[..at]).take(MOST_FOLDERS);
        let maker = || above().find_map(|f| makers.get(f).map(|m| (f, *m)));
        let maker = if makers.is_empty() { None } else { maker() };
        if let Some((folder, maker)) = maker.filter(|(_, m)| *m != ix) {
            edges.push(edge(maker, ix, format!("`{}` makes `{folder}`, and `{}` names `{file}`", id(maker), id(ix))));
        }
        let before = &mut seen[place];
        if let Some(writer) = before.writer.filter(|w| *w != ix) {
            edges.push(edge(writer, ix, format!("both name `{file}`, and `{}` changes it first", id(writer))));
        }
        if writes(task) {
            for reader in before.readers.drain(..).filter(|r| *r != ix) {
                edges.push(edge(reader, ix, format!("both name `{file}`, and `{}` changes it later", id(ix))));
            }
            before.writer = Some(ix);
            if task.kind == TaskKind::Produces && makes_folder(task, file) {
                makers.insert(file, ix);
            }
        } else if before.readers.len() < MOST_READERS {
            before.readers.push(ix);
        }
    }
    edges
}

/// What a task does on the way from a file to a running pod.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Dockerfile,
    Build,
    Load,
    /// Namespace, `ConfigMap`, Secret.
    Ground,
    Template,
    Lint,
    Install,
    Verify,
}

impl Stage {
    fn what(self) -> &'static str {
        match self {
            Self::Dockerfile => "writes the Dockerfile",
            Self::Build => "builds the image",
            Self::Load => "loads the image",
            Self::Ground => "makes what workloads read",
            Self::Template => "writes manifests",
            Self::Lint => "checks the manifests",
            Self::Install => "installs",
            Self::Verify => "looks at what runs",
        }
    }

    /// What has to be there before.
    fn needs(self) -> &'static [Self] {
        match self {
            Self::Dockerfile | Self::Ground => &[],
            Self::Build => &[Self::Dockerfile],
            Self::Load => &[Self::Build],
            Self::Template => &[Self::Ground],
            Self::Lint => &[Self::Template, Self::Ground],
            Self::Install => &[Self::Load, Self::Build, Self::Lint, Self::Template, Self::Ground],
            Self::Verify => &[Self::Install],
        }
    }
}

/// Whether the name of a file is that of a Dockerfile or of a manifest, as far as can be told at a glance.
fn may_be_deployed(file: &str) -> bool {
    let name = file.bytes().rposition(|b| b == b'/').map_or(file, |slash| &file[slash + 1..]);
    let bytes = name.as_bytes();
    let ends = |with: &str| bytes.last_chunk::<4>().is_some_and(|end| end.eq_ignore_ascii_case(with.as_bytes()));
    ["yaml", ".yml", ".tpl"].into_iter().any(ends)
        || bytes.windows(10).any(|w| w.eq_ignore_ascii_case(b"dockerfile"))
        || !name.is_ascii()
}

/// The stage of a task, by its verb, the words around it and the files that it names.
fn stage(task: &Task) -> Option<Stage> {
    if writes(task) {
        if !files(task).any(|file| may_be_deployed(&file)) {
            return None;
        }
        let bases: Vec<String> = files(task).map(|f| f.rsplit('/').next().unwrap_or(&f).to_lowercase()).collect();
        let named = |list: &[&str]| bases.iter().any(|n| list.iter().any(|w| n.contains(w)));
        let manifest = bases.iter().any(|n| [".yaml", ".yml", ".tpl"].iter().any(|e| n.ends_with(e)));
        let deploys = || {
            task.paths.iter().any(|(p, _)| {
                let lower = p.to_lowercase();
                ["templates/", "k8s", "kubernetes", "helm", "chart", "manifests", "deploy"]
                    .iter()
                    .any(|w| lower.contains(w))
            })
        };
        return match () {
            () if named(&["dockerfile"]) => Some(Stage::Dockerfile),
            () if manifest && named(&["namespace", "configmap", "secret"]) => Some(Stage::Ground),
            () if manifest && deploys() && !named(&["compose"]) => Some(Stage::Template),
            () => None,
        };
    }
    match task.kind {
        TaskKind::Runs | TaskKind::Verifies | TaskKind::Manual => {}
        _ => return None,
    }
    let title = task.title.to_lowercase();
    let words: Vec<&str> =
        title.split(|c: char| !(c.is_alphanumeric() || c == '-')).filter(|w| !w.is_empty()).collect();
    let has = |list: &[&str]| words.iter().any(|w| list.contains(w));
    let image = has(&["image", "images", "container", "containers"]);
    let helm = has(&["helm", "chart", "charts", "manifests", "templates"]);
    match () {
        () if has(&["lint", "helm-lint"]) && helm => Some(Stage::Lint),
        () if has(&["template", "dry-run"]) && has(&["helm", "kubectl"]) => Some(Stage::Lint),
        () if image && has(&["load", "push", "pushed"]) => Some(Stage::Load),
        () if image && has(&["build", "rebuild"]) => Some(Stage::Build),
        () if has(&["install", "upgrade", "deploy", "apply"])
            && (helm || has(&["kubectl", "minikube", "cluster", "release", "kubernetes"]))
            && !has(&["kubectl-ai", "kagent", "tool", "tools", "cli", "addon", "addons"])
            && task.kind == TaskKind::Runs =>
        {
            Some(Stage::Install)
        }
        () if has(&["pod", "pods", "rollout"]) && task.kind != TaskKind::Manual => Some(Stage::Verify),
        () => None,
    }
}

/// The part of the app that a task speaks of, by a word of its line.
fn part(task: &Task) -> Option<&'static str> {
    const PARTS: [&str; 10] =
        ["frontend", "backend", "database", "postgres", "redis", "worker", "mcp", "nginx", "gateway", "auth"];
    let text = format!("{} {}", task.title, files(task).collect::<Vec<_>>().join(" ")).to_lowercase();
    let mut found = PARTS.into_iter().filter(|p| text.contains(p));
    let first = found.next();
    // a task about two parts is about all
    found.next().map_or(first, |_| None)
}

/// Dockerfile, build, load, install, look; templates, lint, install: each task after the nearest ones before it in
/// the same feature that make what it takes, and the first one that takes it after all that make it.
pub(super) fn stages(features: &ByFeature<'_>) -> Vec<Edge> {
    features.each(stages_of)
}

fn stages_of(graph: &Graph, tasks: Range<usize>) -> Vec<Edge> {
    type Makers = BTreeMap<(Stage, Option<&'static str>), (BTreeSet<TaskIx>, Option<TaskIx>)>;
    let mut edges = Vec::new();
    let mut makers: BTreeMap<Stage, Makers> = BTreeMap::new();
    for ix in tasks.map(TaskIx::new) {
        let task = &graph.task(ix).task;
        let Some(stage) = stage(task) else { continue };
        let part = part(task);
        let mut taken: Vec<(Stage, Option<&'static str>, TaskIx)> = Vec::new();
        for ((need, of), (fresh, last)) in makers.entry(stage).or_default().iter_mut() {
            if part.is_some() && of.is_some() && part != *of {
                continue;
            }
            let nearest = last.filter(|l| !fresh.contains(l));
            for from in std::mem::take(fresh).into_iter().chain(nearest) {
                taken.push((*need, *of, from));
                let (a, b) = (&graph.task(from).task.id.id, &task.id.id);
                edges.push(edge(from, ix, format!("`{a}` {}, and `{b}` {}", need.what(), stage.what())));
            }
        }
        let later = [Stage::Build, Stage::Load, Stage::Template, Stage::Lint, Stage::Install, Stage::Verify];
        // who needs this task need not be told of what it took
        for later in later.into_iter().filter(|l| l.needs().contains(&stage)) {
            let Some(known) = makers.get_mut(&later) else { continue };
            for (need, of, from) in &taken {
                if let Some((fresh, last)) = known.get_mut(&(*need, *of)) {
                    fresh.remove(from);
                    *last = last.filter(|l| l != from);
                }
            }
        }
        // for everyone who will need it
        for later in later {
            if later.needs().contains(&stage) {
                let (fresh, last) = makers.entry(later).or_default().entry((stage, part)).or_default();
                fresh.insert(ix);
                *last = Some(ix);
            }
        }
    }
    edges
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::base::source::{FileId, Sources, Span};
    use crate::graph::tasks::TaskNode;
    use crate::model::ids::{FeatureId, TaskId};
    use crate::read::verbs;

    fn graph(lines: &[(&str, &[&str])]) -> Graph {
        let file: FileId = Sources::default().add("t", "");
        let span = Span::new(file, 0, 0);
        let mut graph = Graph::default();
        for (number, (title, paths)) in lines.iter().enumerate() {
            let mut task = Task::new(TaskId { feature: FeatureId("f".into()), id: format!("T{number}") }, span);
            task.title = (*title).to_owned();
            task.paths = paths.iter().map(|p| ((*p).to_owned(), span)).collect();
            task.kind = verbs::kind(title, paths.first().copied());
            graph.tasks.push(TaskNode::new(task.into()));
        }
        graph
    }

    fn pairs(edges: &[Edge]) -> Vec<(u32, u32)> {
        let mut pairs: Vec<_> = edges.iter().map(|e| (e.from.0, e.to.0)).collect();
        pairs.sort_unstable();
        pairs.dedup();
        pairs
    }

    #[test]
    fn one_file_in_the_order_of_lines() {
        let graph = graph(&[
            ("Create the deploy/ directory", &["deploy/"]),
            ("Create deploy/a.yaml", &["deploy/a.yaml"]),
            ("Check deploy/a.yaml", &["./deploy/a.yaml"]),
            ("Check deploy/a.yaml again", &["deploy/a.yaml"]),
            ("Update deploy/{a,b}.yaml", &["deploy/{a,b}.yaml"]),
            ("Update b", &["deploy/b.yaml"]),
            ("Read other/a.yaml", &["other/a.yaml"]),
        ]);
        let wanted = [(0, 1), (0, 2), (0, 3), (0, 4), (0, 5), (1, 2), (1, 3), (1, 4), (2, 4), (3, 4), (4, 5)];
        assert_eq!(pairs(&same_file(&ByFeature::new(&graph))), wanted);
    }

    #[test]
    fn from_the_dockerfile_to_the_pod() {
        let graph = graph(&[
            ("Write backend/Dockerfile", &["backend/Dockerfile"]),
            ("Write frontend/Dockerfile", &["frontend/Dockerfile"]),
            ("Build the backend image", &[]),
            ("Build the frontend image", &[]),
            ("Load the images into Minikube", &[]),
            ("Write the chart's configmap", &["helm/shop/templates/configmap.yaml"]),
            ("Write the backend deployment", &["helm/shop/templates/backend-deployment.yaml"]),
            ("Run helm lint on the chart", &[]),
            ("Deploy the chart with helm install", &[]),
            ("Verify that all pods are ready", &[]),
        ]);
        let wanted = [(0, 2), (1, 3), (2, 4), (3, 4), (4, 8), (5, 6), (6, 7), (7, 8), (8, 9)];
        assert_eq!(pairs(&stages(&ByFeature::new(&graph))), wanted);
    }

    #[test]
    fn braces_are_written_out() {
        assert_eq!(expand("k8s/{a,b}/{c,d}.yaml"), ["k8s/a/c.yaml", "k8s/a/d.yaml", "k8s/b/c.yaml", "k8s/b/d.yaml"]);
        assert_eq!(expand("a{b"), ["a{b"]);
        assert!(expand("{a,b,c,d,e}{a,b,c,d,e}{a,b,c,d,e}{a,b,c,d,e}").len() <= 64);
    }
}
