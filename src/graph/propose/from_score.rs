//! A Score file becomes a proposal: one service, and the resources that Bowline has.

use serde_json::{Map, Value as Json, json};

use crate::model::proposal::{Found, Part, Place, Proposal, label};
use crate::read::repository::{self, Repository};
use crate::read::score::{Container, File, placeholders};
use crate::read::stack::component::Component;
use crate::read::stack::names;

use super::how::{self, How};
use super::{Chosen, Given, service};

/// What stands in place of a resource of the file.
enum Stand {
    /// A database of this name in the block.
    Postgres(String),
    /// Nothing.
    Nothing,
}

/// Makes the proposal.
pub fn propose(file: &File, components: &[Component], repository: &Repository, name: &Found<String>) -> Proposal {
    let mut proposal = Proposal { app_at: Some(name.at.clone()), ..Proposal::default() };
    proposal.left_out.extend(file.not_read.iter().cloned());
    let unit = label(&file.name.value, 40).unwrap_or_else(|| "service".to_owned());
    let mut app = label(&name.value, 40).unwrap_or_else(|| "app".to_owned());
    if app == unit {
        app.push_str("-app");
    }
    proposal.app = app;
    let Some((container, others)) = file.containers.split_first() else { return proposal };
    for other in others {
        proposal.leave_out(
            Some(other.at.clone()),
            format!("container `{}`: a service of the block is one container", other.name),
        );
    }
    let stands = resources(file, &unit, &mut proposal);
    let Some(mut part) = base(file, container, components, repository, name, &unit, &mut proposal) else {
        return proposal;
    };
    let linked: Vec<&str> =
        stands.iter().filter_map(|(_, s)| if let Stand::Postgres(n) = s { Some(n.as_str()) } else { None }).collect();
    if !linked.is_empty() {
        let requirement = proposal.resources.first().and_then(|r| r.fields.first()).and_then(|f| f.requirement);
        let places = proposal
            .resources
            .iter()
            .flat_map(|r| r.fields.first().map(|f| f.at.clone()).unwrap_or_default())
            .collect();
        part.put("dependsOn", json!(linked), "the resources of the file", places, requirement);
    }
    variables(container, &stands, &mut part, &mut proposal);
    details(file, container, &mut part, &mut proposal);
    proposal.host = part.get("ingress").is_some().then(|| format!("{}.local", proposal.app));
    proposal.services.push(part);
    proposal
}

fn resources(file: &File, unit: &str, proposal: &mut Proposal) -> Vec<(String, Stand)> {
    let mut stands = Vec::new();
    for resource in &file.resources {
        let stand = match resource.kind.as_str() {
            "postgres" | "postgres-instance" | "postgresql" => {
                let requirement = proposal.require(
                    "Data MUST be kept in a PostgreSQL database in the cluster and MUST survive the loss of its pod.",
                );
                let name = label(&resource.name, 40)
                    .filter(|n| n != unit && *n != proposal.app)
                    .unwrap_or_else(|| "database".to_owned());
                let mut part = Part { name: name.clone(), ..Part::default() };
                part.put(
                    "type",
                    json!("postgres"),
                    "a resource of the file",
                    vec![resource.at.clone()],
                    Some(requirement),
                );
                part.put("class", json!("in-cluster"), "", Vec::new(), Some(requirement));
                proposal.resources.push(part);
                Stand::Postgres(name)
            }
            // how the service is reached is said by its Ingress, and settings stand in the block
            "route" | "dns" | "environment" => Stand::Nothing,
            kind => {
                proposal.leave_out(
                    Some(resource.at.clone()),
                    format!("resource `{}` of type `{kind}`: PostgreSQL is the one resource Bowline makes; give its address as a secret", resource.name),
                );
                Stand::Nothing
            }
        };
        stands.push((resource.name.clone(), stand));
    }
    stands
}

/// Build or image, ports and probes.
fn base(
    file: &File,
    container: &Container,
    components: &[Component],
    repository: &Repository,
    name: &Found<String>,
    unit: &str,
    proposal: &mut Proposal,
) -> Option<Part> {
    let image = &container.image;
    if image.value != "." {
        let last = image.value.rsplit('/').next().unwrap_or_default();
        let tag = last.split_once(':').map_or("", |(_, t)| t);
        if tag.is_empty() || tag == "latest" {
            proposal.leave_out(
                Some(image.at.clone()),
                format!(
                    "container `{}`: its image names no version; write one, and run `bowline init` again",
                    container.name
                ),
            );
            return None;
        }
        let mut part = Part { name: unit.to_owned(), ..Part::default() };
        let runs = proposal.require(format!("`{unit}` MUST run from the image `{}`.", image.value));
        part.put("image", json!(image.value), "an image that exists", vec![image.at.clone()], Some(runs));
        let ports: Vec<u16> = file.ports.iter().map(|p| p.value).collect();
        part.put(
            "ports",
            json!(ports),
            "the ports of the service",
            file.ports.iter().map(|p| p.at.clone()).collect(),
            Some(runs),
        );
        return Some(part);
    }
    let folder = repository::folder(&file.path);
    let Some(component) = components.iter().find(|c| c.folder == folder) else {
        let shown = if folder.is_empty() { "." } else { folder };
        proposal.leave_out(
            Some(image.at.clone()),
            format!("container `{}`: nothing was found in `{shown}` to build it from", container.name),
        );
        return None;
    };
    let how = how::decide(repository, component);
    if let How::Not(reason) = &how {
        proposal.leave_out(Some(image.at.clone()), format!("container `{}`: {reason}", container.name));
        return None;
    }
    let port = how::port(&how, component, file.ports.first().cloned().or_else(|| component.ports.first().cloned()));
    let chosen = [Chosen { component, name: unit.to_owned(), how, port }];
    let given = Given { repository, components, compose: None, name };
    let linked = !proposal.resources.is_empty();
    let around = service::Around { chosen: &chosen, given, database: None, linked, exposed: None };
    Some(service::part(&chosen[0], &around, proposal))
}

fn variables(container: &Container, stands: &[(String, Stand)], part: &mut Part, proposal: &mut Proposal) {
    let user = proposal.app.replace('-', "_");
    let mut settings = Map::new();
    let mut secrets = Map::new();
    let (mut setting_places, mut secret_places): (Vec<Place>, Vec<Place>) = (Vec::new(), Vec::new());
    for (name, found) in &container.variables {
        let holders = placeholders(&found.value);
        let database = holders.iter().find_map(|(r, _)| {
            stands.iter().find_map(|(n, s)| {
                if let (true, Stand::Postgres(unit)) = (n == r, s) { Some(unit.clone()) } else { None }
            })
        });
        let password = holders.iter().any(|(_, output)| output == "password");
        let mut ask = |text: String| proposal.ask(Some(found.at.clone()), text);
        if let Some(unit) = database.filter(|_| password || names::is_database(name)) {
            if holders.len() == 1 && password {
                secrets.insert(name.clone(), json!({ "secretName": format!("{unit}-credentials"), "key": "password" }));
                secret_places.push(found.at.clone());
            } else if name != "DATABASE_URL" {
                ask(format!("the address of `{unit}` is given as `DATABASE_URL`, not as `{name}`"));
            }
            continue;
        }
        let mut text = found.value.replace("$${", "${");
        let mut open = false;
        for (resource, output) in &holders {
            let stand = stands.iter().find(|(n, _)| n == resource).map(|(_, s)| s);
            let value = match (stand, output.as_str()) {
                (Some(Stand::Postgres(unit)), "host") => Some(unit.clone()),
                (Some(Stand::Postgres(_)), "port") => Some("5432".to_owned()),
                (Some(Stand::Postgres(_)), "name" | "database" | "username") => Some(user.clone()),
                _ if resource.is_empty() && output == "name" => Some(part.name.clone()),
                _ => None,
            };
            let written = if resource.is_empty() {
                format!("${{metadata.{output}}}")
            } else {
                format!("${{resources.{resource}.{output}}}")
            };
            match value {
                Some(value) => text = text.replace(&written, &value),
                None => open = true,
            }
        }
        if names::is_secret(name) {
            secrets.insert(name.clone(), json!("required"));
            secret_places.push(found.at.clone());
        } else if open {
            ask(format!(
                "`{name}` of `{}` comes from a resource that is not made here: give it under `environment`",
                part.name
            ));
        } else {
            settings.insert(name.clone(), json!(text));
            setting_places.push(found.at.clone());
        }
    }
    let requirement = part.fields.first().and_then(|f| f.requirement);
    replace(part, "environment", settings, "the variables of the file", setting_places, requirement);
    if !secrets.is_empty() {
        let requirement =
            proposal.require("Keys and passwords MUST be secrets, given by whoever runs the app and kept out of Git.");
        replace(part, "secrets", secrets, "the variables of the file; names only", secret_places, Some(requirement));
    }
}

/// Puts entries into a map; the file's own stand before what the code tells.
fn replace(
    part: &mut Part,
    key: &'static str,
    entries: Map<String, Json>,
    why: &str,
    at: Vec<Place>,
    requirement: Option<usize>,
) {
    if entries.is_empty() {
        return;
    }
    match part.fields.iter_mut().find(|f| f.key == key) {
        Some(field) => {
            if let Some(map) = field.value.as_object_mut() {
                map.extend(entries);
            }
            field.at.extend(at);
        }
        None => part.put(key, Json::Object(entries), why, at, requirement),
    }
}

/// Ingress, probes, sizes and what is started.
fn details(file: &File, container: &Container, part: &mut Part, proposal: &mut Proposal) {
    let requirement = part.fields.first().and_then(|f| f.requirement);
    let routes: Vec<_> = file.resources.iter().filter(|r| matches!(r.kind.as_str(), "route" | "dns")).collect();
    let route = routes.iter().find(|r| r.kind == "route").or(routes.first());
    if let Some(route) = route.filter(|_| !file.ports.is_empty()) {
        let serve = proposal.require(format!(
            "The app MUST answer at its host name, `{}.local` unless an environment says otherwise.",
            proposal.app
        ));
        let path = route.path.clone().filter(|p| p.starts_with('/')).unwrap_or_else(|| "/".to_owned());
        part.put("ingress", json!(path), "a resource of the file", vec![route.at.clone()], Some(serve));
    }
    for (key, probe) in [("livenessProbe", &container.live), ("readinessProbe", &container.ready)] {
        if let Some(found) = probe {
            part.fields.retain(|f| f.key != key);
            part.put(key, json!(found.value), "the probe of the file", vec![found.at.clone()], requirement);
        }
    }
    if !container.sizes.is_empty() {
        let mut sizes: Map<String, Json> = Map::new();
        for (group, one, found) in &container.sizes {
            let slot = sizes.entry(group.clone()).or_insert_with(|| json!({}));
            slot[one.as_str()] = json!(found.value);
        }
        let at = container.sizes.iter().map(|(_, _, f)| f.at.clone()).collect();
        part.put("resources", Json::Object(sizes), "the sizes of the file", at, requirement);
    }
    let template = part.get("runtime").is_some();
    for (key, found) in [("command", &container.command), ("args", &container.args)] {
        match found.as_ref().filter(|f| !f.value.is_empty()) {
            Some(found) if template => proposal.leave_out(
                Some(found.at.clone()),
                format!("container `{}`, `{key}`: the image starts the program by itself", container.name),
            ),
            Some(found) => part.put(key, json!(found.value), "what is started", vec![found.at.clone()], requirement),
            None => {}
        }
    }
}
