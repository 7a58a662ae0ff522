//! `why` for what stands in documents: tasks, requirements, features, statements, units, environment variables, ports.

use crate::base::source::Span;
use crate::base::tree::{Node, Origin, Tree};
use crate::face::project::Project;
use crate::graph::tasks::{Edge, Join, TaskIx};
use crate::make::run::Made;
use crate::model::app::Unit;
use crate::model::ids::RequirementId;
use crate::model::workspace::{Requirement, Statement};

use super::answer::Answer;

/// A task: where it stands, what it makes, what it waits for, who waits for it.
pub(super) fn task(project: &Project, ix: TaskIx) -> Answer {
    let graph = &project.graph;
    let node = graph.task(ix);
    let task = &node.task;
    let mut answer = Answer::new(format!("task {}  {}", task.id, task.title));
    answer.row("line", project.sources.display(task.span));
    let state = if task.done { "done" } else { "open" };
    answer.row("state", format!("{state}; {}", task.kind.name()));
    if !task.phase_title.is_empty() {
        answer.row("phase", task.phase_title.clone());
    }
    if let Some(story) = &task.story {
        answer.row("story", story.clone());
    }
    answer.rows("requirement", graph.requirements_of(ix).iter().map(|r| requirement_line(project, r)));
    let with_paths = |identity: &crate::model::ids::Identity| {
        let paths = project.possible.iter().find(|p| p.identity == *identity).map(|p| p.paths.join("  "));
        format!("{identity}  {}", paths.unwrap_or_default())
    };
    answer.rows("makes", node.makes.iter().map(with_paths));
    answer.rows("edits", node.edits.iter().map(with_paths));
    answer.rows("removes", node.removes.iter().map(ToString::to_string));
    answer.rows("runs", node.runs.iter().map(|(action, unit)| format!("{} {unit}", action.name())));
    let shown = |edge: &&Edge| edge.evidence != crate::graph::tasks::Evidence::PhaseOrder;
    answer.rows("after", graph.incoming(ix).filter(shown).map(|e| edge_line(project, e, e.from)));
    answer.rows("before", graph.outgoing(ix).filter(shown).map(|e| edge_line(project, e, e.to)));
    let (waits, awaited) = graph.joins_of(ix);
    let groups = |list: Vec<&Join>| -> Vec<String> {
        let told = list.into_iter().filter(|j| j.evidence != crate::graph::tasks::Evidence::PhaseOrder);
        told.map(|j| format!("{} ({}{})", j.why, j.evidence.name(), said(project, j.span))).collect()
    };
    answer.rows("after", groups(waits));
    answer.rows("before", groups(awaited));
    answer
}

/// Why one task comes after another, step by step.
pub(super) fn two_tasks(project: &Project, first: TaskIx, second: TaskIx) -> Answer {
    let graph = &project.graph;
    let name = |ix: TaskIx| graph.task(ix).task.id.to_string();
    let mut path = graph.path(first, second);
    let (mut early, mut late) = (first, second);
    if path.is_empty() {
        path = graph.path(second, first);
        (early, late) = (second, first);
    }
    if path.is_empty() {
        return Answer::new(format!("{} and {} do not wait for each other", name(first), name(second)));
    }
    let mut answer = Answer::new(format!("{} comes after {}", name(late), name(early)));
    for edge in path {
        let place = edge.span.map(|s| format!(" ({})", project.sources.display(s))).unwrap_or_default();
        let words = said(project, edge.span).split_once(": ").map(|(_, w)| format!(": {w}")).unwrap_or_default();
        let (from, to) = (name(edge.from), name(edge.to));
        let words = if edge.evidence == crate::graph::tasks::Evidence::DeclaredGroup { words } else { String::new() };
        answer.row(edge.evidence.name(), format!("{to} after {from}: {}{place}{words}", edge.why));
    }
    answer
}

/// `, tasks.md:183: Depends on Setup completion`.
fn said(project: &Project, span: Option<Span>) -> String {
    span.map(|s| {
        let words = project.sources.slice(s).split_whitespace().collect::<Vec<_>>().join(" ");
        let shown: String = words.chars().take(100).collect();
        format!(", {}: {shown}", project.sources.display(s))
    })
    .unwrap_or_default()
}

fn edge_line(project: &Project, edge: &Edge, other: TaskIx) -> String {
    let task = &project.graph.task(other).task;
    let place = edge.span.map(|s| format!(", {}", project.sources.display(s))).unwrap_or_default();
    format!("{}  {} ({}{place})", task.id.id, edge.why, edge.evidence.name())
}

/// `FR-004  The database … (specs/todo-chatbot.md:58)`.
pub(super) fn requirement_line(project: &Project, id: &RequirementId) -> String {
    find_requirement(project, id).map_or_else(
        || format!("{}  (not in a spec)", id.id),
        |r| format!("{}  {} ({})", id.id, excerpt(&r.text, &id.id), project.sources.display(r.span)),
    )
}

pub(super) fn find_requirement<'a>(project: &'a Project, id: &RequirementId) -> Option<&'a Requirement> {
    project.documents.features.iter().flat_map(|f| &f.requirements).find(|r| r.id == *id)
}

/// The first sentence or so, without the id in front.
fn excerpt(text: &str, id: &str) -> String {
    let text = text.trim_start_matches(id).trim_start_matches([':', ' ', '-', '*']);
    if text.chars().count() <= 100 {
        return text.to_owned();
    }
    let cut: String = text.chars().take(99).collect();
    format!("{}…", cut.trim_end())
}

/// A requirement: its text, the fields of the block that cite it, its tasks, their artifacts.
pub(super) fn requirement(project: &Project, made: &Made, requirement: &Requirement) -> Answer {
    let mut answer = Answer::new(format!("requirement {}", requirement.id));
    answer.row("text", requirement.text.clone());
    answer.row("line", project.sources.display(requirement.span));
    let mut fields = Vec::new();
    for feature in project.documents.features.iter().filter(|f| f.id == requirement.id.feature) {
        for block in &feature.blocks {
            cited_fields(&block.node, "", &requirement.id.id, false, &mut |path, node| {
                let place = node.key_span().map(|s| project.sources.display(s)).unwrap_or_default();
                fields.push(format!("{path}  {place}"));
            });
        }
    }
    answer.rows("field", fields);
    let graph = &project.graph;
    for ix in graph.tasks_of(&requirement.id) {
        let task = &graph.task(ix).task;
        answer.row("task", format!("{}  {} ({})", task.id.id, task.title, project.sources.display(task.span)));
    }
    let resting = made.artifacts.iter().filter(|a| a.requirements.contains(&requirement.id));
    let identities: std::collections::BTreeSet<String> = resting.map(|a| a.identity.to_string()).collect();
    answer.rows("artifact", identities);
    answer
}

/// The outermost fields that cite an id.
fn cited_fields(node: &Node, path: &str, id: &str, above: bool, found: &mut dyn FnMut(&str, &Node)) {
    let here = node.requirements.iter().any(|r| r == id);
    if here && !above && !path.is_empty() {
        found(path, node);
    }
    if let Tree::Map(map) = &node.tree {
        for (key, value) in map {
            let below = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
            cited_fields(value, &below, id, here, found);
        }
    }
}

/// Where a value comes from, for a person: its line, or the default's reason.
pub(super) fn origin(project: &Project, node: &Node) -> String {
    match &node.origin {
        Origin::Written { value, key } => project.sources.display(key.unwrap_or(*value)),
        Origin::Default(why) => format!("default: {why}"),
    }
}

/// A unit: what it is, where it is declared, what it needs.
pub(super) fn unit(project: &Project, unit: &Unit) -> Answer {
    let mut answer = Answer::new(format!("{} {}", unit.role.name(), unit.name));
    if let Some(span) = unit.span {
        answer.row("line", project.sources.display(span));
    }
    answer.row("feature", unit.feature.to_string());
    let needs = unit.needs.iter().map(|n| {
        let place = n.span.map(|s| format!(" ({})", project.sources.display(s))).unwrap_or_default();
        format!("{}{place}", n.unit)
    });
    answer.rows("needs", needs);
    let possible = project.possible.iter().filter(|p| p.identity.unit == unit.name);
    answer.rows("artifact", possible.map(|p| artifact_line(project, &p.identity)));
    answer
}

/// `backend/Deployment  T021`.
pub(super) fn artifact_line(project: &Project, identity: &crate::model::ids::Identity) -> String {
    let tasks =
        project.owners.get(identity).map(|o| o.tasks.iter().map(|t| t.id.clone()).collect::<Vec<_>>().join(", "));
    format!("{identity}  {}", tasks.unwrap_or_else(|| "no task asks for it".to_owned()))
}

/// Every use of an environment variable.
pub(super) fn variable(project: &Project, name: &str) -> Option<Answer> {
    let mut answer = Answer::new(format!("environment variable {name}"));
    for unit in project.app.iter().flat_map(|a| &a.units).filter(|u| u.role != crate::model::app::Role::App) {
        for (environment, model) in &unit.environments {
            if let Some(node) = model.get("environment").and_then(|n| n.as_map()?.get(name)) {
                let value = node.as_str().unwrap_or_default();
                answer.row("value", format!("{} in {environment}: {value} ({})", unit.name, origin(project, node)));
                answer.rows("requirement", cites(project, unit, node));
            }
        }
        if let Some(node) = unit.union.get("secrets").and_then(|n| n.as_map()?.get(name)) {
            let secret = node.get_str("secret").unwrap_or_default();
            let optional = if node.get_bool("optional") == Some(true) { "optional" } else { "required" };
            answer.row(
                "secret",
                format!("{}: key of secret/{secret}, {optional} ({})", unit.name, origin(project, node)),
            );
            answer.rows("requirement", cites(project, unit, node));
        }
        for link in unit.union.get("links").and_then(Node::as_list).into_iter().flatten() {
            if [link.get_str("env"), link.get_str("passwordEnv")].contains(&Some(name)) {
                let (to, secret) =
                    (link.get_str("unit").unwrap_or_default(), link.get_str("secret").unwrap_or_default());
                answer.row(
                    "link",
                    format!("{} calls {to}; the password is in secret/{secret} ({})", unit.name, origin(project, link)),
                );
            }
        }
    }
    (!answer.rows.is_empty()).then_some(answer)
}

/// Every unit that listens on a port, and who may call it.
pub(super) fn port(project: &Project, port: i64) -> Option<Answer> {
    let mut answer = Answer::new(format!("port {port}"));
    for unit in project.app.iter().flat_map(|a| &a.units) {
        for entry in unit.union.get("ports").and_then(Node::as_list).into_iter().flatten() {
            let Some(node) = entry.get("port").filter(|n| n.tree == Tree::Int(port)) else { continue };
            let name = entry.get_str("name").unwrap_or_default();
            answer.row("service", format!("{} listens on it as `{name}` ({})", unit.name, origin(project, node)));
            answer.rows("requirement", cites(project, unit, node));
            let callers = unit.union.get("ingressFrom").and_then(Node::as_list).into_iter().flatten();
            answer.rows("called by", callers.map(|c| c.get_str("unit").unwrap_or("the Ingress").to_owned()));
            let objects = project.possible.iter().filter(|p| p.identity.unit == unit.name);
            let about = objects.filter(|p| {
                ["Service", "Deployment", "StatefulSet", "NetworkPolicy"].contains(&p.identity.kind.as_str())
            });
            answer.rows("artifact", about.map(|p| artifact_line(project, &p.identity)));
        }
    }
    (!answer.rows.is_empty()).then_some(answer)
}

/// The requirements that a value cites, as lines.
pub(super) fn cites(project: &Project, unit: &Unit, node: &Node) -> Vec<String> {
    let file = node.key_span().map(|s| s.file);
    let feature =
        project.documents.features.iter().find(|f| f.spec.is_some() && f.spec == file).map_or(&unit.feature, |f| &f.id);
    let id = |r: &String| RequirementId { feature: feature.clone(), id: r.clone() };
    node.requirements.iter().map(|r| requirement_line(project, &id(r))).collect()
}

/// A sentence of the constitution.
pub(super) fn statement(project: &Project, statement: &Statement) -> Answer {
    let mut answer = Answer::new(format!("statement {}  {}", statement.id, statement.heading));
    answer.row("sentence", statement.text.clone());
    answer.row("line", project.sources.display(statement.span));
    if let Some(constitution) = &project.documents.constitution {
        let binding = crate::check::rules::bindings(constitution).into_iter().find(|b| b.statement.id == statement.id);
        answer.rows("became", binding.map(|b| crate::face::cmd::constitution::outcome(&b.outcome)));
    }
    answer
}

/// A feature: its documents and how much of it is done.
pub(super) fn feature(project: &Project, id: &crate::model::ids::FeatureId) -> Option<Answer> {
    let feature = project.documents.features.iter().find(|f| f.id == *id)?;
    let mut answer = Answer::new(format!("feature {id}"));
    for file in [feature.spec, feature.plan, feature.tasks_file].into_iter().flatten() {
        answer.row("document", project.sources.path(file).to_owned());
    }
    let done = feature.tasks.iter().filter(|t| t.done).count();
    answer.row("tasks", format!("{done} of {} done", feature.tasks.len()));
    answer.row("requirements", feature.requirements.len().to_string());
    let app = project.app.as_ref();
    let taken = app.map(|a| &a.superseded).into_iter().flatten().filter(|(_, _, new)| Some(new.file) == feature.spec);
    answer.rows("takes over", taken.map(|(path, old, _)| format!("{path} from {}", project.sources.display(*old))));
    Some(answer)
}
