//! Tasks and artifacts are joined, not parsed: a path that a task names is looked up among all that can exist.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::model::app::App;
use crate::model::catalogue::{Entry, Possible};
use crate::model::existing::Existing;
use crate::model::ids::Identity;
use crate::model::workspace::{Task, TaskKind};
use crate::read::repository::name;

use super::actions;
use super::names::{Names, is_generated};
use super::tasks::{Graph, TaskIx, TaskNode};

/// How a task relates to a file that it names.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Role {
    Makes,
    Edits,
    Removes,
    Uses,
}

/// Words before a path that say where something comes from, not what is made.
const SOURCES: [&str; 9] = ["from", "using", "with", "per", "see", "via", "like", "against", "than"];

/// Fills nodes, owners, missing and unknown of the graph.
pub(super) fn join(
    graph: &mut Graph,
    tasks: Vec<Arc<Task>>,
    app: Option<&App>,
    entries: &[Entry],
    possible: &[Possible],
    existing: &[Existing],
    out: &mut Vec<Diagnostic>,
) {
    let adopted = Adopted::new(existing);
    let names = Names::new(possible, entries);
    let units = app.map(actions::Units::new);
    let mut claims: BTreeMap<usize, Vec<(TaskIx, Role)>> = BTreeMap::new();
    let mut removed: BTreeSet<String> = BTreeSet::new();
    let node = |task: Arc<Task>| {
        let runs = units.as_ref().map(|u| actions::of(&task, u)).unwrap_or_default();
        let mut node = TaskNode::new(task);
        if !runs.is_empty() {
            node.claims_mut().runs = runs;
        }
        node
    };
    graph.tasks = tasks.into_par_iter().map(node).collect();
    // nothing can be made and nothing was adopted: no path means anything
    if possible.is_empty() && adopted.0.is_empty() && app.is_none() {
        return;
    }
    for (index, node) in graph.tasks.iter_mut().enumerate() {
        let ix = TaskIx::new(index);
        // a feature without a block is not about this app: it means its artifacts only where it names them exactly
        let about = app.is_none_or(|a| a.features.contains(&node.task.id.feature));
        let task = Arc::clone(&node.task);
        for (path, span) in &task.paths {
            let role = role(&task, path);
            let found = if about || names.at(path).is_some() { names.find(path) } else { Vec::new() };
            if let Some(file) = adopted.named(&task, path).filter(|f| names.at(f).is_none()) {
                // what stands there is the task's work: nothing is made in its place
                for index in &found {
                    let files = graph.adopted.entry(possible[*index].identity.clone()).or_default();
                    if !files.iter().any(|f| f == file) {
                        files.push(file.to_owned());
                    }
                }
                continue;
            }
            for index in &found {
                let claimed = node.claims_mut();
                let list = match role {
                    Role::Makes => &mut claimed.makes,
                    Role::Edits => &mut claimed.edits,
                    Role::Removes => &mut claimed.removes,
                    Role::Uses => &mut claimed.uses,
                };
                let identity = &possible[*index].identity;
                if !list.contains(identity) {
                    list.push(identity.clone());
                    claims.entry(*index).or_default().push((ix, role));
                }
            }
            let here = |a: &App| {
                about
                    || [&format!("out/{}/", a.name), &format!("charts/{}/", a.name)]
                        .iter()
                        .any(|f| path.starts_with(*f))
            };
            if found.is_empty() && is_generated(path) && app.is_some_and(here) {
                match role {
                    Role::Removes => drop(removed.insert(path.clone())),
                    Role::Makes | Role::Edits if !names.is_folder(path) => {
                        graph.unknown.push((ix, path.clone(), *span));
                    }
                    _ => {}
                }
            }
        }
    }
    graph.unknown.retain(|(_, path, _)| !removed.contains(path));
    let mut meant: BTreeSet<&Identity> = BTreeSet::new();
    for (task, path, span) in &graph.unknown {
        let nearest = names.nearest(path);
        meant.extend(nearest.first().and_then(|p| names.at(p)));
        out.push(unknown(graph.task(*task), path, &nearest, app).at(*span, "nothing makes this"));
    }
    own(graph, &claims, possible, out);
    if let Some(app) = app {
        // a misspelt path and the artifact that it means are one finding
        missing(graph.missing.iter().filter(|i| !meant.contains(i)), app, out);
    }
}

/// Files that people wrote, by the tasks that they answer to.
struct Adopted<'a>(BTreeMap<&'a str, Vec<&'a str>>);

impl<'a> Adopted<'a> {
    fn new(existing: &'a [Existing]) -> Self {
        let mut by_task: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (file, task) in existing
            .iter()
            .filter_map(|e| Some((e, e.adoption()?)))
            .flat_map(|(e, a)| a.tasks.iter().map(move |t| (e, t)))
        {
            by_task.entry(task).or_default().push(&file.path);
        }
        Self(by_task)
    }

    /// The adopted file that this task means by a path.
    fn named(&self, task: &Task, path: &str) -> Option<&'a str> {
        if self.0.is_empty() {
            return None;
        }
        let files = self.0.get(task.id.to_string().as_str())?;
        let path = path.trim_start_matches("./");
        let same = |f: &&&str| **f == path;
        let called = |f: &&&str| name(f) == name(path);
        files.iter().find(same).or_else(|| files.iter().find(called)).copied()
    }
}

fn role(task: &Task, path: &str) -> Role {
    match task.kind {
        TaskKind::Produces | TaskKind::Edits if is_source(&task.title, path) => Role::Uses,
        TaskKind::Produces => Role::Makes,
        TaskKind::Edits => Role::Edits,
        TaskKind::Removes => Role::Removes,
        TaskKind::Runs | TaskKind::Verifies | TaskKind::Manual => Role::Uses,
    }
}

/// Longest beginning of a line that is looked through for the word before a path: a sentence is no longer.
const SENTENCE: usize = 1_000;

pub(super) fn is_source(title: &str, path: &str) -> bool {
    let title = title.char_indices().nth(SENTENCE).map_or(title, |(end, _)| &title[..end]);
    let before = title.find(path).map_or("", |at| &title[..at]).trim_end_matches(['`', ' ', '(']);
    let word = before.rsplit(' ').next().unwrap_or_default().to_lowercase();
    SOURCES.contains(&word.as_str())
}

/// Decides who owns each artifact; a removal ends the claims before it.
fn own(
    graph: &mut Graph,
    claims: &BTreeMap<usize, Vec<(TaskIx, Role)>>,
    possible: &[Possible],
    out: &mut Vec<Diagnostic>,
) {
    for (index, artifact) in possible.iter().enumerate() {
        let all = claims.get(&index).map_or(&[][..], Vec::as_slice);
        let last = all.iter().filter(|(_, r)| *r == Role::Removes).map(|(t, _)| *t).max();
        let of = |role: Role| -> Vec<TaskIx> {
            all.iter().filter(|(t, r)| *r == role && last.is_none_or(|l| *t > l)).map(|(t, _)| *t).collect()
        };
        let makers = of(Role::Makes);
        if let [first, second, ..] = makers[..] {
            out.push(claimed_twice(graph, &artifact.identity, &artifact.paths, first, second));
        }
        let owners: Vec<TaskIx> = makers.into_iter().chain(of(Role::Edits)).collect();
        if owners.is_empty() {
            if graph.adopted.contains_key(&artifact.identity) {
                continue;
            }
            graph.missing.push(artifact.identity.clone());
        } else {
            graph.owners.insert(artifact.identity.clone(), owners);
        }
    }
}

fn claimed_twice(graph: &Graph, identity: &Identity, paths: &[String], first: TaskIx, second: TaskIx) -> Diagnostic {
    let (first, second) = (&graph.task(first).task, &graph.task(second).task);
    let place = |task: &Task| {
        let named = task.paths.iter().find(|(p, _)| paths.contains(p)).or(task.paths.first());
        named.map_or(task.id_span, |(_, span)| *span)
    };
    let (one, two) = if first.id.feature == second.id.feature {
        (first.id.id.clone(), second.id.id.clone())
    } else {
        (first.id.to_string(), second.id.to_string())
    };
    Diagnostic::error("artifact-claimed-twice", format!("`{one}` and `{two}` both make `{identity}`"))
        .at(place(second), format!("`{two}` makes it again"))
        .and(place(first), format!("`{one}` makes it"))
        .saying("a task owns the object: its manifest in every environment and its chart template")
        .fix(format!("let `{two}` begin with `Update` if it changes what `{one}` makes, or remove one of them"))
        .task(second.id.to_string())
}

fn unknown(node: &TaskNode, path: &str, nearest: &[&str], app: Option<&App>) -> Diagnostic {
    let id = &node.task.id;
    let names: Vec<String> = nearest.iter().map(|n| format!("`{n}`")).collect();
    let fix = if names.is_empty() {
        let app = app.map_or("the app", |a| a.name.as_str());
        format!("name a file that the spec of `{app}` asks for; `bowline tasks` writes such lines")
    } else {
        format!("did you mean {}", names.join(" or "))
    };
    Diagnostic::error("artifact-unknown", format!("`{}` names `{path}`, which nothing can make", id.id))
        .saying("files below `out/` and `charts/` come from the spec and the templates")
        .saying("if the spec asked for it before, `bowline tasks` adds a task that removes it")
        .fix(fix)
        .task(id.to_string())
}

/// One finding for each unit.
fn missing<'i>(missing: impl Iterator<Item = &'i Identity>, app: &App, out: &mut Vec<Diagnostic>) {
    let mut units: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for identity in missing {
        units.entry(&identity.unit).or_default().push(format!("`{identity}`"));
    }
    for unit in &app.units {
        let kinds = units.remove(unit.name.as_str()).unwrap_or_default();
        let names = match &kinds[..] {
            [] => continue,
            [a] => a.clone(),
            [a, b] => format!("{a} and {b}"),
            [a, b, c] => format!("{a}, {b} and {c}"),
            [a, b, ..] => format!("{a}, {b} and {} more of `{}`", kinds.len() - 2, unit.name),
        };
        let (pronoun, verb) = if kinds.len() == 1 { ("it", "is") } else { ("they", "are") };
        let adds = if kinds.len() == 1 { "`bowline tasks` adds one" } else { "`bowline tasks` adds them" };
        out.push(
            Diagnostic::warning("task-missing", format!("no task asks for {names}, so {pronoun} {verb} not made"))
                .at(unit.span.or(app.span), "the spec allows for it here")
                .fix(adds),
        );
    }
}
