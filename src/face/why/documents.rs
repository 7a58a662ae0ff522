//! `why` for what stands in the typed block: units, environment variables, ports; and the words for requirements.

use crate::base::tree::{Node, Origin, Tree};
use crate::face::project::Project;
use crate::model::app::Unit;
use crate::model::ids::RequirementId;
use crate::model::workspace::Requirement;

use super::answer::Answer;

/// `FR-004  The database … (specs/todo-chatbot.md:58)`.
pub(in crate::face) fn requirement_line(project: &Project, id: &RequirementId) -> String {
    find_requirement(project, id).map_or_else(
        || format!("{}  (not in a spec)", id.id),
        |r| format!("{}  {} ({})", id.id, excerpt(&r.text, &id.id), project.sources.display(r.span)),
    )
}

pub(super) fn find_requirement<'a>(project: &'a Project, id: &RequirementId) -> Option<&'a Requirement> {
    project.documents.features.iter().flat_map(|f| &f.requirements).find(|r| r.id == *id)
}

/// The first sentence or so, without the id in front.
pub(super) fn excerpt(text: &str, id: &str) -> String {
    let text = text.trim_start_matches(id).trim_start_matches([':', ' ', '-', '*']);
    if text.chars().count() <= 100 {
        return text.to_owned();
    }
    let cut: String = text.chars().take(99).collect();
    format!("{}…", cut.trim_end())
}

/// The outermost fields that cite an id.
pub(super) fn cited_fields(node: &Node, path: &str, id: &str, above: bool, found: &mut dyn FnMut(&str, &Node)) {
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
    let mut answer = Answer::new("unit", format!("{} {}", unit.role.name(), unit.name));
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
    let mut answer = Answer::new("variable", format!("environment variable {name}"));
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
                let what = if link.get("url").is_some() { "the password" } else { "its address" };
                answer.row(
                    "link",
                    format!("{} calls {to}; {what} is in secret/{secret} ({})", unit.name, origin(project, link)),
                );
            }
        }
    }
    (!answer.rows.is_empty()).then_some(answer)
}

/// Every unit that listens on a port, and who may call it.
pub(super) fn port(project: &Project, port: i64) -> Option<Answer> {
    let mut answer = Answer::new("port", format!("port {port}"));
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
