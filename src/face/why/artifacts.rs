//! `why` for what is made: files, lines of files, objects.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::fs;
use crate::base::tree::Origin;
use crate::face::made::{self, Ready};
use crate::face::project::Project;
use crate::make::artifact::Artifact;
use crate::make::causes::{self, LineCause, Read};
use crate::make::run::Made;
use crate::make::stamp::{self, Reading};
use crate::model::ids::{Identity, RequirementId};

use super::answer::Answer;
use super::documents;

/// The names that objects have in their manifests.
pub(super) type Names = BTreeMap<Identity, Vec<String>>;

/// `FILE:LINE` of a generated file; `None` when the name has another form or means no such file.
///
/// # Errors
/// When the file has no such line.
pub(super) fn line(project: &Project, thing: &str) -> Result<Option<Answer>, String> {
    let Some((path, number)) = thing.rsplit_once(':') else { return Ok(None) };
    let (Ok(number), path) = (number.parse::<usize>(), clean(path)) else { return Ok(None) };
    let ready = Ready::new(project);
    let Some(inputs) = ready.inputs(project) else { return Ok(None) };
    let Some(causes) = causes::causes(inputs, &path) else { return Ok(None) };
    let Some(cause) = number.checked_sub(1).and_then(|n| causes.get(n)) else {
        return Err(format!("`{path}` has {} lines", causes.len()));
    };
    let names = made::object_names(&crate::make::run::make(inputs));
    Ok(Some(line_answer(project, &names, &path, cause)))
}

/// A path as documents write it: relative, with `/`.
fn clean(path: &str) -> String {
    path.trim_start_matches("./").replace('\\', "/")
}

fn line_answer(project: &Project, names: &Names, path: &str, cause: &LineCause) -> Answer {
    let mut answer = Answer::new("line", format!("{path}:{}", cause.line));
    answer.row("line", cause.text.trim().to_owned());
    if cause.stamp {
        answer.row("because", "the stamp: it ties the file to its task and requirements");
    }
    let reads: Vec<&Read> = cause.reads.iter().filter(|r| !r.unit.is_empty()).collect();
    answer.rows("value", reads.iter().map(|r| read_line(project, r)));
    let cited: BTreeSet<RequirementId> = cause.reads.iter().flat_map(|r| cited(project, cause, r)).collect();
    // what the line itself cites; without that, what the artifact cites
    let requirements: Vec<_> =
        if cited.is_empty() { cause.requirements.iter().collect() } else { cited.iter().collect() };
    answer.rows("requirement", requirements.into_iter().map(|r| documents::requirement_line(project, r)));
    if let Some((template, line)) = &cause.template {
        answer.row("template", format!("templates/{template}:{line}"));
    }
    for id in &cause.tasks {
        let task = project.graph.get(id).map(|ix| &project.graph.task(ix).task);
        let place = task.map(|t| format!("  {} ({})", t.title, project.sources.display(t.span))).unwrap_or_default();
        answer.row("task", format!("{id}{place}"));
    }
    let identity = project.possible.iter().find(|p| p.paths.iter().any(|x| x == path)).map(|p| &p.identity);
    answer.rows("object", identity.map(|i| object_name(names, i)));
    answer
}

/// The requirements that a field cites belong to the feature in whose spec it is written.
fn cited(project: &Project, cause: &LineCause, read: &Read) -> Vec<RequirementId> {
    let file = match &read.origin {
        Origin::Written { value, .. } => Some(value.file),
        Origin::Default(_) => None,
    };
    let written = project.documents.features.iter().find(|f| f.spec.is_some() && f.spec == file).map(|f| &f.id);
    let feature = written.or_else(|| cause.tasks.first().map(|t| &t.feature));
    let id = |id: &String| feature.map(|f| RequirementId { feature: f.clone(), id: id.clone() });
    read.requirements.iter().filter_map(id).collect()
}

fn read_line(project: &Project, read: &Read) -> String {
    let name = if read.path.is_empty() { read.unit.clone() } else { format!("{}.{}", read.unit, read.path) };
    let origin = match &read.origin {
        Origin::Written { value, key } => project.sources.display(key.unwrap_or(*value)),
        Origin::Default(why) => format!("default: {why}"),
    };
    format!("{name}{}  {origin}", if read.knob { " (may differ between environments)" } else { "" })
}

/// A file, generated or not.
pub(super) fn file(project: &Project, thing: &str) -> Option<Answer> {
    let path = clean(thing);
    let possible = project.possible.iter().find(|p| p.paths.contains(&path)).cloned();
    let on_disk = fs::inside(&project.root, &path).ok().and_then(|p| fs::read_if_there(&p).ok().flatten());
    let Some(possible) = possible else {
        let bytes = on_disk?;
        let mut answer = Answer::new("file", path.clone());
        let named = project.graph.tasks.iter().filter(|n| n.task.paths.iter().any(|(p, _)| *p == path));
        let state = match stamp::read(&path, &bytes) {
            Reading::Foreign => "foreign: it carries no stamp, and Bowline never overwrites it",
            Reading::Adopted(_) => "adopted: a person wrote it, and it answers to tasks",
            Reading::Intact(_) | Reading::Edited(_) => "stamped, and nothing makes it any more",
        };
        answer.row("state", state);
        if !project.documents.existing.iter().any(|e| e.path == path && e.adoption().is_some()) {
            answer.rows("task", named.map(|n| format!("{}  {}", n.task.id, n.task.title)));
        }
        crate::face::adopted::explain(project, &path, &mut answer);
        return Some(answer);
    };
    let mut answer = Answer::new("file", path.clone());
    let made = made::make(project);
    let names = made::object_names(&made);
    answer.row("object", object_name(&names, &possible.identity));
    let owner = project.owners.get(&possible.identity);
    answer.rows(
        "task",
        owner.into_iter().flat_map(|o| &o.tasks).map(|id| {
            let task = project.graph.get(id).map(|ix| &project.graph.task(ix).task);
            task.map_or_else(|| id.to_string(), |t| format!("{id}  {} ({})", t.title, project.sources.display(t.span)))
        }),
    );
    answer
        .rows("requirement", requirements(&made, |a| a.path == path).map(|r| documents::requirement_line(project, r)));
    let entry = &project.templates.entries[possible.entry];
    answer.row("template", format!("templates/{}", entry.template));
    answer.rows("state", made::file_state(project, &path, on_disk.as_deref()));
    if project.documents.existing.iter().any(|e| e.path == path && e.adoption().is_some()) {
        crate::face::adopted::explain(project, &path, &mut answer);
    }
    Some(answer)
}

/// What the artifacts that fit rest on.
fn requirements(made: &Made, fits: impl Fn(&Artifact) -> bool) -> impl Iterator<Item = &RequirementId> {
    let all: BTreeSet<&RequirementId> =
        made.artifacts.iter().filter(|a| fits(a)).flat_map(|a| &a.requirements).collect();
    all.into_iter()
}

/// The artifacts that `deployment/backend`, `Deployment/backend` or `backend/Deployment` means.
pub(super) fn objects(project: &Project, names: &Names, thing: &str) -> Vec<Identity> {
    let Some((first, second)) = thing.split_once('/') else { return Vec::new() };
    let kind = short_kind(first);
    let all = project.possible.iter().map(|p| &p.identity);
    all.filter(|i| {
        let by_object =
            i.kind.eq_ignore_ascii_case(kind) && names.get(i).is_some_and(|n| n.iter().any(|n| n == second));
        let by_unit = i.kind.eq_ignore_ascii_case(kind) && i.unit == second && i.name.is_none();
        by_object || by_unit || i.to_string() == thing
    })
    .cloned()
    .collect()
}

fn short_kind(word: &str) -> &str {
    match word {
        "deploy" => "Deployment",
        "sts" => "StatefulSet",
        "svc" => "Service",
        "cm" => "ConfigMap",
        "sa" => "ServiceAccount",
        "ns" => "Namespace",
        "ing" => "Ingress",
        "hpa" => "HorizontalPodAutoscaler",
        "pdb" => "PodDisruptionBudget",
        "netpol" => "NetworkPolicy",
        "quota" => "ResourceQuota",
        other => other,
    }
}

/// `deployment/backend`, as kubectl writes it; the identity for what is no object of a manifest.
pub(super) fn object_name(names: &Names, identity: &Identity) -> String {
    let name = names.get(identity).and_then(|n| n.first());
    name.map_or_else(|| identity.to_string(), |n| format!("{}/{n}", identity.kind.to_lowercase()))
}

/// An object: unit, tasks, requirements, files.
pub(super) fn object(project: &Project, made: &Made, names: &Names, identity: &Identity) -> Answer {
    let mut answer = Answer::new("object", object_name(names, identity));
    let unit = project.app.as_ref().and_then(|a| a.unit(&identity.unit));
    if let Some(unit) = unit {
        let place = unit.span.map(|s| format!(" ({})", project.sources.display(s))).unwrap_or_default();
        answer.row("unit", format!("{} {}{place}", unit.role.name(), unit.name));
    }
    let owner = project.owners.get(identity);
    answer.rows(
        "task",
        owner.into_iter().flat_map(|o| &o.tasks).map(|id| {
            let task = project.graph.get(id).map(|ix| &project.graph.task(ix).task);
            task.map_or_else(|| id.to_string(), |t| format!("{id}  {} ({})", t.title, project.sources.display(t.span)))
        }),
    );
    if owner.is_none() {
        answer.row("task", "none: no task asks for it, so it is not made (`bowline tasks` appends one)");
    }
    answer.rows(
        "requirement",
        requirements(made, |a| a.identity == *identity).map(|r| documents::requirement_line(project, r)),
    );
    let possible = project.possible.iter().find(|p| p.identity == *identity);
    answer.rows("file", possible.into_iter().flat_map(|p| p.paths.iter().cloned()));
    let entry = possible.map(|p| &project.templates.entries[p.entry]);
    answer.rows("template", entry.map(|e| format!("templates/{}", e.template)));
    answer
}
