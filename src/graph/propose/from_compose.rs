//! A Compose file becomes a proposal. What has no counterpart is listed with its line and the reason.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use crate::model::proposal::{Found, Part, Place, Proposal, label};
use crate::read::compose::{File, Service, Value};
use crate::read::repository::Repository;
use crate::read::stack::component::Component;
use crate::read::stack::names;

use super::how::{self, How};
use super::{Chosen, Given, service};

/// Images that keep data and that Bowline has no kind of resource for.
const STATEFUL: &[&str] = &[
    "mysql",
    "mariadb",
    "mongo",
    "mongodb",
    "rabbitmq",
    "elasticsearch",
    "opensearch",
    "kafka",
    "cassandra",
    "minio",
    "influxdb",
    "clickhouse-server",
    "neo4j",
    "couchdb",
    "zookeeper",
    "pgvector",
    "postgis",
    "timescaledb",
    "qdrant",
    "weaviate",
    "chroma",
];

/// Ports of well-known images.
const PORTS: &[(&str, u16)] =
    &[("redis", 6379), ("valkey", 6379), ("memcached", 11211), ("nginx", 80), ("adminer", 8080), ("mailpit", 8025)];

/// Patch versions of PostgreSQL with an image of the base that Bowline uses, by major version.
const POSTGRES: &[(&str, &str)] = &[("17", "17.0"), ("16", "16.4"), ("15", "15.8"), ("14", "14.13"), ("13", "13.16")];

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
        resources.push(postgres(one, file, &mut proposal));
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
        parts.extend(image(one, &mut proposal));
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
        let port = composed.or_else(|| component.ports.first().cloned()).or_else(|| {
            Some(Found { value: component.framework.value.usual_port()?, at: component.framework.at.clone() })
        });
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

fn postgres(one: &Service, file: &File, proposal: &mut Proposal) -> Part {
    let requirement = proposal
        .require("Data MUST be kept in a PostgreSQL database in the cluster and MUST survive the loss of its pod.");
    let mut part = Part { name: label(&one.name, 40).unwrap_or_else(|| "database".to_owned()), ..Part::default() };
    let image = one.image.clone().unwrap_or_else(|| Found { value: String::new(), at: one.at.clone() });
    part.put(
        "type",
        json!("postgres"),
        format!("the image `{}`", image.value),
        vec![image.at.clone()],
        Some(requirement),
    );
    part.put("class", json!("in-cluster"), "", Vec::new(), Some(requirement));
    let tag = image.value.rsplit_once(':').map_or("", |(_, t)| t);
    let major: String = tag.chars().take_while(char::is_ascii_digit).collect();
    match POSTGRES.iter().find(|(m, _)| *m == major) {
        Some((_, version)) if *version != super::super::defaults::POSTGRES => {
            part.put(
                "version",
                json!(version),
                "the tag, pinned to a patch version",
                vec![image.at.clone()],
                Some(requirement),
            );
        }
        Some(_) => {}
        None => proposal.ask(
            Some(image.at.clone()),
            format!(
                "this tag names no version that is known here: the database runs {}",
                super::super::defaults::POSTGRES
            ),
        ),
    }
    for (variable, key) in [("POSTGRES_DB", "database"), ("POSTGRES_USER", "username")] {
        if let Some(Found { value: Value::Plain(text), at }) = one.environment.get(variable) {
            if label(text, 63).as_deref() == Some(text) {
                part.put(key, json!(text), variable, vec![at.clone()], Some(requirement));
            } else {
                proposal.leave_out(
                    Some(at.clone()),
                    format!(
                        "`{}`, `{variable}`: not lower-case letters, digits and dashes; the app's name is taken",
                        one.name
                    ),
                );
            }
        }
    }
    let handled = ["POSTGRES_DB", "POSTGRES_USER", "POSTGRES_PASSWORD", "PGDATA"];
    for (variable, found) in one.environment.iter().filter(|(n, _)| !handled.contains(&n.as_str())) {
        proposal.leave_out(
            Some(found.at.clone()),
            format!("`{}`, `{variable}`: the database has settings of its own", one.name),
        );
    }
    if let Some(found) = one.environment.get("POSTGRES_PASSWORD") {
        proposal.leave_out(
            Some(found.at.clone()),
            format!("`{}`, `POSTGRES_PASSWORD`: `up` makes one up and keeps it in the cluster", one.name),
        );
    }
    for volume in one.volumes.iter().filter(|v| v.value.starts_with('.') || v.value.starts_with('/')) {
        proposal.leave_out(
            Some(volume.at.clone()),
            format!("`{}`, `volumes`: files of this machine are not in the cluster", one.name),
        );
    }
    for port in one.ports.iter().filter(|p| p.value.1) {
        proposal.leave_out(
            Some(port.at.clone()),
            format!("`{}`, `ports`: the database is reached inside the cluster only", one.name),
        );
    }
    proposal.left_out.extend(one.not_read.iter().filter(|r| !r.text.contains("`healthcheck`")).cloned());
    let _ = file;
    part
}

/// A service that runs an image as it is.
fn image(one: &Service, proposal: &mut Proposal) -> Option<Part> {
    proposal.left_out.extend(one.not_read.iter().cloned());
    let leave = |proposal: &mut Proposal, at: &Place, why: &str| {
        proposal.leave_out(Some(at.clone()), format!("`{}`: {why}", one.name));
    };
    let Some(image) = &one.image else {
        leave(proposal, &one.at, "it names neither `build` nor `image`");
        return None;
    };
    let Some(name) = label(&one.name, 40) else {
        leave(proposal, &one.at, "not a name for a Kubernetes object");
        return None;
    };
    let last = image.value.rsplit('/').next().unwrap_or_default();
    let (kind, tag) = last.split_once(':').unwrap_or((last, ""));
    if STATEFUL.contains(&kind) {
        leave(
            proposal,
            &image.at,
            &format!(
                "`{kind}` keeps data, and PostgreSQL is the one resource Bowline makes; run it outside and give its address as a secret"
            ),
        );
        return None;
    }
    if tag.is_empty() || tag == "latest" {
        leave(proposal, &image.at, "its image names no version; write one, and run `bowline init` again");
        return None;
    }
    let mut part = Part { name, ..Part::default() };
    let runs = proposal.require(format!("`{}` MUST run from the image `{}`.", one.name, image.value));
    part.put("image", json!(image.value), "an image that exists", vec![image.at.clone()], Some(runs));
    let usual = PORTS.iter().find(|(k, _)| *k == kind).map(|(_, p)| Found { value: (*p, false), at: image.at.clone() });
    let ports: Vec<Found<(u16, bool)>> =
        if one.ports.is_empty() { usual.into_iter().collect() } else { one.ports.clone() };
    if !ports.is_empty() {
        let numbers: Vec<u16> = ports.iter().map(|p| p.value.0).collect();
        part.put(
            "ports",
            json!(numbers),
            "the port it listens on",
            ports.iter().map(|p| p.at.clone()).collect(),
            Some(runs),
        );
    }
    if matches!(kind, "redis" | "valkey") {
        part.put(
            "replicas",
            json!(1),
            "one pod: two would not share what they hold",
            vec![image.at.clone()],
            Some(runs),
        );
        part.put(
            "temporary",
            json!(["/tmp", "/data"]),
            "what it holds lives as long as its pod",
            vec![image.at.clone()],
            Some(runs),
        );
    }
    proposal.ask(
        Some(image.at.clone()),
        format!("`{}` runs as user 10001 with a read-only file system; an image made for root needs another one, or `temporary` folders", one.name),
    );
    Some(part)
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
