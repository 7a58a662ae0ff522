//! A Compose file becomes a proposal. What has no counterpart is listed with its line and the reason.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::model::proposal::{Found, Part, Place, Proposal, label};
use crate::read::compose::{File, Service, Value};
use crate::read::repository::Repository;
use crate::read::stack::component::Component;
use crate::read::stack::names;

use super::how::{self, How};
use super::{Chosen, Given, images, service};

/// Makes the proposal; `env_names` gives the names that a file of variables holds, and no value.
pub fn propose(
    file: &File,
    components: &[Component],
    repository: &Repository,
    name: &Found<String>,
    env_names: &dyn Fn(&str) -> Vec<(String, usize)>,
) -> Proposal {
    let mut proposal = Proposal { app_at: Some(name.at.clone()), ..Proposal::default() };
    proposal.left_out.extend(file.not_read.iter().cloned());
    let chosen = built(file, components, repository, &mut proposal);
    let images: Vec<&Service> = file.services.iter().filter(|s| s.context.is_none()).collect();
    let mut app = label(&name.value, 40).unwrap_or_else(|| "app".to_owned());
    if file.services.iter().any(|s| label(&s.name, 40).as_deref() == Some(&app)) {
        app.push_str("-app");
    }
    proposal.app = app;
    let given = Given { repository, components, compose: Some(file), name };
    let serve_text =
        format!("The app MUST answer at its host name, `{}.local` unless an environment says otherwise.", proposal.app);
    let exposed = exposed(&chosen, file);
    let serve = exposed.as_ref().map(|_| proposal.require(serve_text));
    let mut resources = Vec::new();
    for one in images.iter().filter(|s| s.is("postgres")) {
        resources.push(images::postgres(one, &mut proposal));
    }
    let mut parts = Vec::new();
    for one in &chosen {
        let around = service::Around {
            chosen: &chosen,
            given,
            database: None,
            linked: wants_postgres(&one.name, file, &resources),
            exposed: serve.filter(|_| exposed.as_deref() == Some(&one.name)),
        };
        parts.push(service::part(one, &around, &mut proposal));
    }
    for one in images.iter().filter(|s| !s.is("postgres")) {
        parts.extend(images::image(one, &mut proposal));
    }
    let known: Vec<String> = parts.iter().chain(&resources).map(|p| p.name.clone()).collect();
    for part in &mut parts {
        let of = file.services.iter().find(|s| label(&s.name, 40).as_deref() == Some(&part.name));
        if let Some(of) = of {
            carry(of, part, &known, &resources, env_names, &mut proposal);
        }
    }
    migrations(&chosen, &parts, &mut resources);
    proposal.host = parts.iter().any(|p| p.get("ingress").is_some()).then(|| format!("{}.local", proposal.app));
    proposal.services = parts;
    proposal.resources = resources;
    proposal
}

/// Services that are built, each with the component in its folder.
fn built<'a>(
    file: &File,
    components: &'a [Component],
    repository: &Repository,
    proposal: &mut Proposal,
) -> Vec<Chosen<'a>> {
    let mut chosen: Vec<Chosen<'a>> = Vec::new();
    for one in &file.services {
        let Some(context) = &one.context else { continue };
        proposal.left_out.extend(one.not_read.iter().cloned());
        let Some(name) = label(&one.name, 40).filter(|n| chosen.iter().all(|c| c.name != *n)) else {
            proposal.leave_out(Some(one.at.clone()), format!("`{}`: not a name for a Kubernetes object", one.name));
            continue;
        };
        if name != one.name {
            proposal.ask(
                Some(one.at.clone()),
                format!("`{}` is called `{name}` in the cluster: addresses that name it must change", one.name),
            );
        }
        let Some(component) = components.iter().find(|c| c.folder == context.value) else {
            let folder = if context.value.is_empty() { "." } else { &context.value };
            proposal.leave_out(
                Some(context.at.clone()),
                format!("`{}`: nothing was found in `{folder}` to build it from", one.name),
            );
            continue;
        };
        let how = how::decide(repository, component);
        if let How::Not(reason) = &how {
            proposal.leave_out(Some(one.at.clone()), format!("`{}`: {reason}", one.name));
            continue;
        }
        let composed = one.ports.first().map(|p| Found { value: p.value.0, at: p.at.clone() });
        let port = how::port(&how, component, composed.or_else(|| component.ports.first().cloned()));
        chosen.push(Chosen { component, name, how, port });
    }
    chosen
}

/// The service that people open: a page whose port is open on the machine, else the first one that is.
fn exposed(chosen: &[Chosen<'_>], file: &File) -> Option<String> {
    let open = |name: &str| {
        file.services.iter().any(|s| label(&s.name, 40).as_deref() == Some(name) && s.ports.iter().any(|p| p.value.1))
    };
    let page = chosen.iter().find(|c| c.component.framework.value.is_page());
    page.or_else(|| chosen.iter().find(|c| open(&c.name))).map(|c| c.name.clone())
}

/// What the file says of a service beyond what its sources say.
fn carry(
    of: &Service,
    part: &mut Part,
    known: &[String],
    resources: &[Part],
    env_names: &dyn Fn(&str) -> Vec<(String, usize)>,
    proposal: &mut Proposal,
) {
    let linked = depends(of, part, known, resources, proposal);
    let mut settings: BTreeMap<String, (String, Place)> = BTreeMap::new();
    let mut secrets: BTreeMap<String, (bool, Place)> = BTreeMap::new();
    for (name, found) in &of.environment {
        if (linked && names::is_database(name)) || names::is_given(name) {
            if linked && name != "DATABASE_URL" && names::is_database(name) {
                proposal.ask(
                    Some(found.at.clone()),
                    format!("`{}` is given the address of its database as `DATABASE_URL`, not as `{name}`", of.name),
                );
            }
            continue;
        }
        match &found.value {
            _ if names::is_public(name) => proposal.ask(
                Some(found.at.clone()),
                format!("`{name}` is written into the page while the image is built: setting it here has no effect"),
            ),
            Value::Plain(text) => {
                settings.insert(name.clone(), (text.clone(), found.at.clone()));
            }
            Value::Given { optional } => {
                if names::is_secret(name) {
                    secrets.insert(name.clone(), (*optional, found.at.clone()));
                } else {
                    proposal.ask(
                        Some(found.at.clone()),
                        format!("`{name}` of `{}` comes from the environment: give it under `environment`", of.name),
                    );
                }
            }
        }
    }
    for file in &of.env_files {
        for (name, line) in env_names(&file.value) {
            let here =
                of.environment.contains_key(&name) || names::is_given(&name) || (linked && names::is_database(&name));
            if here {
                continue;
            }
            let at = Place::new(&file.value, line);
            if names::is_secret(&name) {
                secrets.entry(name).or_insert((false, at));
            } else {
                proposal.ask(
                    Some(at),
                    format!("`{name}` of `{}` stands in a file of variables: give it under `environment`", of.name),
                );
            }
        }
    }
    let calls = part.fields.iter().find(|f| f.key == "dependsOn").and_then(|f| f.requirement);
    let runs = part.fields.first().and_then(|f| f.requirement);
    if !settings.is_empty() {
        let at = settings.values().map(|(_, p)| p.clone()).collect();
        merge(part, "environment", settings.into_iter().map(|(n, (v, _))| (n, json!(v))).collect(), at, calls.or(runs));
    }
    if !secrets.is_empty() {
        let requirement =
            proposal.require("Keys and passwords MUST be secrets, given by whoever runs the app and kept out of Git.");
        let at = secrets.values().map(|(_, p)| p.clone()).collect();
        let word = |optional: bool| if optional { "optional" } else { "required" };
        merge(
            part,
            "secrets",
            secrets.into_iter().map(|(n, (o, _))| (n, json!(word(o)))).collect(),
            at,
            Some(requirement),
        );
    }
    if let Some(health) =
        of.health.as_ref().filter(|_| part.get("livenessProbe").is_none() && part.get("ports").is_some())
    {
        let requirement =
            proposal.require(format!("`{}` MUST tell whether it lives and whether it is ready.", of.name));
        part.put("livenessProbe", json!(health.value), "the health check", vec![health.at.clone()], Some(requirement));
    }
    if let Some(replicas) =
        of.replicas.as_ref().filter(|r| (0..=1000).contains(&r.value) && part.get("replicas").is_none())
    {
        part.put("replicas", json!(replicas.value), "the number of containers", vec![replicas.at.clone()], runs);
    }
    started(of, part, runs, proposal);
}

/// What is started, and what it keeps on disk.
fn started(of: &Service, part: &mut Part, runs: Option<usize>, proposal: &mut Proposal) {
    let template = part.get("runtime").is_some();
    for (found, key) in [(&of.entrypoint, "command"), (&of.command, "args")] {
        let Some(found) = found.as_ref().filter(|f| !f.value.is_empty()) else { continue };
        let line = found.value.join(" ");
        let development =
            ["--reload", "run dev", "next dev", "nodemon", "runserver", "vite"].iter().any(|w| line.contains(w));
        if template || development || line.contains('$') {
            let why = if template {
                "the image starts the program by itself"
            } else {
                "it is for development, or a shell would have to read it"
            };
            proposal.leave_out(Some(found.at.clone()), format!("`{}`, `{key}`: {why}", of.name));
        } else {
            part.put(key, json!(found.value), "what is started", vec![found.at.clone()], runs);
        }
    }
    for volume in &of.volumes {
        if part.get("temporary").is_none() {
            proposal.leave_out(Some(volume.at.clone()), format!("`{}`, `volumes`: services keep nothing on disk; data belongs into the database, scratch files into `temporary`", of.name));
        }
    }
}

/// Whether a service has a database of the file, by what it waits for or by the address that it is given.
fn wants_postgres(name: &str, file: &File, resources: &[Part]) -> bool {
    let called = |text: &str, name: &str| label(text, 40).as_deref() == Some(name);
    let Some(of) = file.services.iter().find(|s| called(&s.name, name)) else { return false };
    let waits = of.depends_on.iter().any(|d| resources.iter().any(|r| called(&d.value.0, &r.name)));
    waits || (resources.len() == 1 && of.environment.keys().any(|n| names::is_database(n)))
}

/// Adds what the file makes it wait for. Whether a database is among it.
fn depends(of: &Service, part: &mut Part, known: &[String], resources: &[Part], proposal: &mut Proposal) -> bool {
    let mut wanted: BTreeMap<String, (&'static str, Place)> = BTreeMap::new();
    for need in &of.depends_on {
        match label(&need.value.0, 40).filter(|n| known.contains(n)) {
            Some(name) => {
                wanted.insert(name, (need.value.1, need.at.clone()));
            }
            None => proposal.leave_out(
                Some(need.at.clone()),
                format!("`{}`, `depends_on`: `{}` was left out", of.name, need.value.0),
            ),
        }
    }
    if let ([database], Some(found)) =
        (resources, of.environment.iter().find(|(n, _)| names::is_database(n)).map(|(_, f)| f))
    {
        wanted.entry(database.name.clone()).or_insert(("healthy", found.at.clone()));
    }
    let linked = wanted.keys().any(|n| resources.iter().any(|r| r.name == *n));
    if wanted.is_empty() {
        return false;
    }
    let old = part.fields.iter().position(|f| f.key == "dependsOn").map(|i| part.fields.remove(i));
    let mut list: Vec<String> =
        old.iter().filter_map(|f| f.value.as_array()).flatten().filter_map(|v| v.as_str().map(str::to_owned)).collect();
    let mut places: Vec<Place> = old.iter().flat_map(|f| f.at.clone()).collect();
    for (name, (_, at)) in &wanted {
        if !list.contains(name) {
            list.push(name.clone());
        }
        places.push(at.clone());
    }
    let requirement = match old.and_then(|f| f.requirement) {
        Some(requirement) => requirement,
        None => proposal.require(format!(
            "`{}` MUST wait for what it needs: {}.",
            of.name,
            list.iter().map(|n| format!("`{n}`")).collect::<Vec<_>>().join(", ")
        )),
    };
    let started = wanted.iter().any(|(_, (how, _))| *how == "started");
    let value = if started {
        let how = |n: &String| wanted.get(n).map_or("healthy", |(h, _)| h);
        Json::Object(list.iter().map(|n| (n.clone(), json!(how(n)))).collect())
    } else {
        json!(list)
    };
    part.put("dependsOn", value, "what it waits for", places, Some(requirement));
    linked
}

/// Puts entries into a map of the part; those that are there stay.
fn merge(part: &mut Part, key: &'static str, entries: Map<String, Json>, at: Vec<Place>, requirement: Option<usize>) {
    if let Some(field) = part.fields.iter_mut().find(|f| f.key == key) {
        if let Some(map) = field.value.as_object_mut() {
            entries.into_iter().for_each(|(n, v)| {
                map.entry(n).or_insert(v);
            });
        }
        field.at.extend(at);
    } else {
        part.put(key, Json::Object(entries), "the Compose file; names only where it is a secret", at, requirement);
    }
}

/// Migrations of Alembic belong to the database of the service that has them.
fn migrations(chosen: &[Chosen<'_>], parts: &[Part], resources: &mut [Part]) {
    let [database] = resources else { return };
    let needs = |c: &Chosen<'_>| {
        let part = parts.iter().find(|p| p.name == c.name)?;
        let value = part.get("dependsOn")?;
        let all = value.as_array().map(|l| l.iter().any(|v| v == database.name.as_str()));
        all.or_else(|| value.as_object().map(|m| m.contains_key(&database.name)))
    };
    let with = chosen
        .iter()
        .find(|c| c.component.alembic.is_some() && c.component.uses("alembic").is_some() && needs(c) == Some(true));
    if let Some((one, at)) = with.and_then(|c| Some((c, c.component.alembic.clone()?))) {
        let requirement = database.fields.first().and_then(|f| f.requirement);
        database.put(
            "migrations",
            json!({ "service": one.name, "command": "alembic upgrade head" }),
            "Alembic's configuration",
            vec![at],
            requirement,
        );
    }
}
