//! One component becomes one service of the block.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value as Json, json};

use crate::model::proposal::{Part, Place, Proposal};
use crate::read::repository;
use crate::read::stack::component::{Component, Framework, Variable};
use crate::read::stack::names;

use super::how::How;
use super::{Chosen, Database, Given};

/// What a service is told about the others.
pub(super) struct Around<'a> {
    pub chosen: &'a [Chosen<'a>],
    pub given: Given<'a>,
    pub database: Option<&'a Database>,
    /// Whether a database of the file that is carried over gives it `DATABASE_URL`.
    pub linked: bool,
    /// The requirement that it is reached from outside by, for the service that is.
    pub exposed: Option<usize>,
}

pub(super) fn part(one: &Chosen<'_>, around: &Around<'_>, proposal: &mut Proposal) -> Part {
    let component = one.component;
    let title = component.framework.value.title();
    let mut part = Part { name: one.name.clone(), ..Part::default() };
    let number = one.port.as_ref().map(|p| p.value);
    let runs = proposal.require(match number {
        Some(number) => format!(
            "`{}` ({title}, `{}`) MUST run as a container that answers on port {number}.",
            one.name,
            component.context()
        ),
        None => format!("`{}` ({title}, `{}`) MUST run as a container.", one.name, component.context()),
    });
    image(one, number, runs, proposal, &mut part);
    if let Some(port) = &one.port {
        let known = !component.ports.is_empty();
        let why = if known { "the port it listens on" } else { "the framework's usual port; nothing says otherwise" };
        part.put("ports", json!([port.value]), why, vec![port.at.clone()], Some(runs));
    } else {
        let at = component.dockerfile.as_ref().map(|d| Place::new(&d.path, 0));
        proposal.ask(at, format!("nothing says which port `{}` listens on: add `ports` if it does", one.name));
    }
    if let Some(serve) = around.exposed.filter(|_| number.is_some()) {
        let why =
            if component.framework.value.is_page() { "what people open" } else { "what people call; there is no page" };
        part.put("ingress", json!("/"), why, vec![component.framework.at.clone()], Some(serve));
    }
    probes(one, proposal, &mut part);
    dependencies(one, around, proposal, &mut part);
    variables(one, around, proposal, &mut part);
    part
}

fn image(one: &Chosen<'_>, number: Option<u16>, runs: usize, proposal: &mut Proposal, part: &mut Part) {
    let component = one.component;
    let at = vec![component.framework.at.clone()];
    match &one.how {
        How::Template(template) => {
            part.put("build", json!(component.context()), component.framework.value.title(), at, Some(runs));
            let mut runtime = Map::new();
            runtime.insert("framework".to_owned(), json!(template.framework));
            for (key, value) in [("version", &template.version), ("packageManager", &template.manager)] {
                if let Some(value) = value {
                    runtime.insert(key.to_owned(), json!(value));
                }
            }
            if !template.entrypoint.is_empty() {
                let number = number.unwrap_or(8000);
                let start = format!("{} --host 0.0.0.0 --port {number}", template.entrypoint.join(" "));
                runtime.insert("entrypoint".to_owned(), json!(start));
            }
            let mut places: Vec<Place> = template.asked.iter().map(|a| a.at.clone()).collect();
            places.extend(component.manager.iter().map(|m| m.at.clone()));
            if template.framework == "fastapi" {
                places.extend(component.entrypoint.iter().map(|e| e.at.clone()));
            }
            let why = if template.version.is_none() {
                "files as they are"
            } else if template.asked.is_some() {
                "the version that the project asks for, pinned; how packages are installed; what is started"
            } else {
                "no version is asked for: the pinned default; how packages are installed; what is started"
            };
            part.put("runtime", Json::Object(runtime), why, places, Some(runs));
            proposal.changes.extend(template.changes.iter().cloned());
        }
        How::Own | How::Not(_) => {
            let Some(own) = &component.dockerfile else { return };
            let context = if own.context.is_empty() { "." } else { &own.context };
            let file = own.path.strip_prefix(&format!("{}/", own.context)).unwrap_or(&own.path);
            let why = format!("{}, built with its own Dockerfile", component.framework.value.title());
            part.put(
                "build",
                json!({ "context": context, "dockerfile": file }),
                why,
                vec![Place::new(&own.path, 0)],
                Some(runs),
            );
        }
    }
}

fn probes(one: &Chosen<'_>, proposal: &mut Proposal, part: &mut Part) {
    let health = &one.component.health;
    let all = [("startupProbe", &health.startup), ("livenessProbe", &health.live), ("readinessProbe", &health.ready)];
    if one.port.is_none() || all.iter().all(|(_, found)| found.is_none()) {
        if one.port.is_some() {
            proposal.ask(
                None,
                format!(
                    "no health route of `{}` was found: it counts as healthy while its port accepts connections",
                    one.name
                ),
            );
        }
        return;
    }
    let requirement = proposal.require(format!("`{}` MUST tell whether it lives and whether it is ready.", one.name));
    for (key, found) in all {
        if let Some(found) = found {
            part.put(key, json!(found.value), "a route in the code", vec![found.at.clone()], Some(requirement));
        }
    }
    if let Some(found) = &health.metrics {
        let requirement = proposal.require(format!("`{}` MUST expose metrics for Prometheus.", one.name));
        part.put("metrics", json!(found.value), "a route in the code", vec![found.at.clone()], Some(requirement));
    }
}

/// The service that a variable with an address means: the one in its name, else for a page the first that is none.
fn target<'c, 'a>(variable: &Variable, one: &Chosen<'_>, chosen: &'c [Chosen<'a>]) -> Option<&'c Chosen<'a>> {
    let others = || chosen.iter().filter(|c| c.name != one.name && !c.component.framework.value.is_page());
    let named = others().find(|c| variable.name.contains(&c.name.to_uppercase().replace('-', "_")));
    named.or_else(|| others().next().filter(|_| one.component.framework.value.is_page()))
}

/// What says that `one` calls `other`.
pub(super) fn needs(one: &Chosen<'_>, other: &Chosen<'_>, given: Given<'_>, chosen: &[Chosen<'_>]) -> Option<Place> {
    let (from, to) = (one.component, other.component);
    // a backend names the address of its page for CORS, not to call it
    if one.name == other.name || (to.framework.value.is_page() && !from.framework.value.is_page()) {
        return None;
    }
    if let Some(at) = given.compose.and_then(|c| c.depends(&from.folder, &to.folder)) {
        return Some(at);
    }
    let addresses = from.variables.values().filter(|v| names::is_address(&v.name));
    let mut meant = addresses.filter(|v| target(v, one, chosen).is_some_and(|t| t.name == other.name));
    if let Some(variable) = meant.next() {
        return Some(variable.at.clone());
    }
    let port = other.port.as_ref()?.value;
    from.calls
        .iter()
        .find(|c| c.value == port && one.port.as_ref().is_none_or(|p| p.value != port))
        .map(|c| c.at.clone())
}

/// The services that a component calls, in the order of the block, without a circle.
fn called<'a>(one: &Chosen<'_>, around: &Around<'a>) -> Vec<(&'a Chosen<'a>, Place)> {
    let before = |a: &Chosen<'_>, b: &Chosen<'_>| {
        let place = |c: &Chosen<'_>| around.chosen.iter().position(|o| o.name == c.name);
        place(a) < place(b)
    };
    let mut all = Vec::new();
    for other in around.chosen {
        let Some(at) = needs(one, other, around.given, around.chosen) else { continue };
        // of two that call each other, the page waits, or else the later one
        let mutual = reaches(other, one, around, &mut BTreeSet::new());
        let page = one.component.framework.value.is_page() && !other.component.framework.value.is_page();
        if !mutual || page || before(other, one) {
            all.push((other, at));
        }
    }
    all
}

fn reaches(from: &Chosen<'_>, to: &Chosen<'_>, around: &Around<'_>, seen: &mut BTreeSet<String>) -> bool {
    seen.insert(from.name.clone())
        && around.chosen.iter().any(|next| {
            needs(from, next, around.given, around.chosen).is_some()
                && (next.name == to.name || reaches(next, to, around, seen))
        })
}

fn dependencies(one: &Chosen<'_>, around: &Around<'_>, proposal: &mut Proposal, part: &mut Part) {
    let mut names = Vec::new();
    let mut places = Vec::new();
    let mut requirement = None;
    if let Some(database) = around.database
        && let Some(at) = database.users.get(&one.component.folder)
    {
        names.push(database.part.name.clone());
        places.extend(at.iter().cloned());
        requirement = Some(database.requirement);
    }
    let called = called(one, around);
    for (other, at) in &called {
        names.push(other.name.clone());
        places.push(at.clone());
    }
    if let Some((other, _)) = called.first() {
        let text =
            format!("`{}` MUST reach `{}` inside the cluster, by the name of its Service.", one.name, other.name);
        let calls = proposal.require(text);
        requirement.get_or_insert(calls);
    }
    if !names.is_empty() {
        part.put("dependsOn", json!(names), "what it calls", places, requirement);
    } else if one.component.framework.value.is_page() && around.chosen.len() > 1 {
        proposal
            .ask(None, format!("nothing says whom `{}` calls: add `dependsOn` if it calls another service", one.name));
    }
}

/// Where a component reads the address of its database, if it does.
pub(super) fn database_variable(component: &Component) -> Option<Place> {
    let read = component.variables.values().find(|v| names::is_database(&v.name)).map(|v| v.at.clone());
    read.or_else(|| {
        component
            .example
            .iter()
            .find(|(n, at)| names::is_database(n) && repository::folder(&at.file) == component.folder)
            .map(|(_, at)| at.clone())
    })
}

/// Settings, secrets and what may be called outside.
fn variables(one: &Chosen<'_>, around: &Around<'_>, proposal: &mut Proposal, part: &mut Part) {
    let component = one.component;
    let linked = around.linked || around.database.is_some_and(|d| d.users.contains_key(&component.folder));
    let called = called(one, around);
    let mut settings: BTreeMap<String, (Json, Place)> = BTreeMap::new();
    let mut secrets: BTreeMap<String, (&'static str, Place)> = BTreeMap::new();
    let mut hosts: BTreeMap<&'static str, Place> = BTreeMap::new();
    let mut open: Vec<&Variable> = Vec::new();
    for variable in component.variables.values() {
        let name = variable.name.as_str();
        if names::is_given(name) {
            continue;
        }
        if names::is_public(name) {
            proposal.ask(
                Some(variable.at.clone()),
                format!("`{name}` is written into the page while the image is built, so nothing can set it in the cluster; let the browser call `{}` and pass its calls on by a route", one.name),
            );
            continue;
        }
        if linked && names::is_database(name) {
            if name != "DATABASE_URL" {
                proposal.ask(
                    Some(variable.at.clone()),
                    format!("`{name}` is read here; Bowline gives the address as `DATABASE_URL`"),
                );
            }
            continue;
        }
        if names::is_secret(name) {
            // a program that asks a provider goes on without; one that signs with nothing must not
            let optional = variable.default || (!variable.needed && names::provider(name).is_some());
            let how = if optional { "optional" } else { "required" };
            secrets.insert(name.to_owned(), (how, variable.at.clone()));
            if let Some(host) = names::provider(name) {
                hosts.entry(host).or_insert_with(|| variable.at.clone());
            }
        } else if let Some(other) = target(variable, one, around.chosen)
            .filter(|t| names::is_address(name) && called.iter().any(|(c, _)| c.name == t.name))
        {
            address(one, other, variable, proposal, &mut settings);
        } else if !variable.default {
            open.push(variable);
        }
    }
    let map = |entries: Vec<(String, Json)>| Json::Object(entries.into_iter().collect());
    if !settings.is_empty() {
        let places = settings.values().map(|(_, at)| at.clone()).collect();
        let values = settings.into_iter().map(|(n, (v, _))| (n, v)).collect();
        let requirement = part.fields.iter().find(|f| f.key == "dependsOn").and_then(|f| f.requirement);
        part.put("environment", map(values), "read by the code", places, requirement);
    }
    if !secrets.is_empty() {
        let requirement =
            proposal.require("Keys and passwords MUST be secrets, given by whoever runs the app and kept out of Git.");
        let places = secrets.values().map(|(_, at)| at.clone()).collect();
        let values = secrets.into_iter().map(|(n, (how, _))| (n, json!(how))).collect();
        part.put("secrets", map(values), "read by the code; names only", places, Some(requirement));
    }
    if !hosts.is_empty() {
        let requirement =
            proposal.require("Services MUST reach nothing outside the cluster but the providers that this file names.");
        let list: Vec<String> = hosts.keys().map(|h| format!("{h}:443")).collect();
        let places = hosts.into_values().collect();
        part.put("egress", json!(list), "the provider that takes the key", places, Some(requirement));
    }
    for variable in open {
        proposal.ask(
            Some(variable.at.clone()),
            format!("`{}` of `{}` has no default in the code: give it under `environment`", variable.name, one.name),
        );
    }
    unread(one, proposal);
}

/// An address of another service: by the name that Bowline gives it anyhow, or by the code's own.
fn address(
    one: &Chosen<'_>,
    other: &Chosen<'_>,
    variable: &Variable,
    proposal: &mut Proposal,
    settings: &mut BTreeMap<String, (Json, Place)>,
) {
    let Some(port) = other.port.as_ref().map(|p| p.value) else { return };
    let name = variable.name.as_str();
    if one.component.framework.value == Framework::NextJs
        && repository::name(&variable.at.file).starts_with("next.config")
    {
        proposal.ask(
            Some(variable.at.clone()),
            format!("`{name}` is read while `next build` runs: what a rewrite makes of it is fixed in the image. A route that reads it at run time can be set in the cluster"),
        );
    }
    // the usual name is a default of the dependency
    if name != format!("{}_URL", other.name.to_uppercase().replace('-', "_")) {
        let value = if name.ends_with("_HOST") { other.name.clone() } else { format!("http://{}:{port}", other.name) };
        settings.insert(name.to_owned(), (json!(value), variable.at.clone()));
    }
}

/// Secrets that an example names and no code reads.
fn unread(one: &Chosen<'_>, proposal: &mut Proposal) {
    let component = one.component;
    let own = |at: &Place| repository::folder(&at.file) == component.folder;
    let names: Vec<(&String, &Place)> = component
        .example
        .iter()
        .filter(|(n, at)| {
            own(at) && names::is_secret(n) && !names::is_database(n) && !component.variables.contains_key(*n)
        })
        .collect();
    if let Some((_, at)) = names.first() {
        let list: Vec<String> = names.iter().map(|(n, _)| format!("`{n}`")).collect();
        proposal.ask(
            Some((*at).clone()),
            format!(
                "{} named here, and no code of `{}` reads it by name: add what a library reads to `secrets`",
                are(&list),
                one.name
            ),
        );
    }
}

fn are(list: &[String]) -> String {
    format!("{} {}", list.join(", "), if list.len() == 1 { "is" } else { "are" })
}
