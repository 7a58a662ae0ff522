//! What `init` proposes for a repository: components become services, what they read becomes settings, secrets and
//! dependencies. Nothing is guessed that no line speaks for; what cannot be known is asked.

pub mod block;
pub mod documents;
pub mod from_compose;
pub mod from_score;
pub mod how;
mod images;
mod service;
pub mod starter;

use std::collections::BTreeMap;

use serde_json::json;

use crate::model::proposal::{Found, Part, Place, Proposal, label};
use crate::read::compose::File as Compose;
use crate::read::repository::{self, Repository};
use crate::read::stack::component::Component;

use how::{How, place};

/// What a proposal is made from.
#[derive(Clone, Copy)]
pub struct Given<'a> {
    pub repository: &'a Repository,
    pub components: &'a [Component],
    /// A Compose file that is there already: evidence for ports and for what needs what.
    pub compose: Option<&'a Compose>,
    /// The name of the app, and what says so.
    pub name: &'a Found<String>,
}

/// A component with its name and its way to an image.
struct Chosen<'a> {
    component: &'a Component,
    name: String,
    how: How,
    port: Option<Found<u16>>,
}

/// Makes the proposal. Without a service in it there is nothing to write, and `left_out` says why.
pub fn propose(given: Given<'_>) -> Proposal {
    let mut proposal = Proposal { app_at: Some(given.name.at.clone()), ..Proposal::default() };
    let chosen = choose(given, &mut proposal);
    proposal.app = app_name(&given.name.value, &chosen);
    if chosen.is_empty() {
        return proposal;
    }
    let app = proposal.app.clone();
    let serve = proposal
        .require(format!("The app MUST answer at its host name, `{app}.local` unless an environment says otherwise."));
    let database = database(given, &chosen, &mut proposal);
    let exposed = chosen.iter().position(|c| c.component.framework.value.is_page()).unwrap_or_else(|| {
        // without a page, what others do not call is what people call
        chosen.iter().position(|c| !chosen.iter().any(|o| service::needs(o, c, given, &chosen).is_some())).unwrap_or(0)
    });
    let mut parts = Vec::new();
    for (index, one) in chosen.iter().enumerate() {
        let around = service::Around {
            chosen: &chosen,
            given,
            database: database.as_ref(),
            linked: false,
            exposed: (index == exposed).then_some(serve),
        };
        parts.push(service::part(one, &around, &mut proposal));
    }
    proposal.host = parts.iter().any(|p| p.get("ingress").is_some()).then(|| format!("{app}.local"));
    proposal.services = parts;
    if let Some(database) = database {
        proposal.resources.push(database.part);
    }
    remarks(given, &chosen, &mut proposal);
    proposal
}

/// Names the components and decides how each becomes an image; what has no way is left out with its reason.
fn choose<'a>(given: Given<'a>, proposal: &mut Proposal) -> Vec<Chosen<'a>> {
    let mut chosen: Vec<Chosen<'a>> = Vec::new();
    for component in given.components {
        let how = how::decide(given.repository, component);
        let folder = if component.folder.is_empty() { "the repository" } else { &component.folder };
        if let How::Not(reason) = &how {
            proposal.leave_out(Some(place(component)), format!("`{folder}`: {reason}"));
            continue;
        }
        let last = repository::name(&component.folder);
        let fallback = if component.framework.value.is_page() { "web" } else { "api" };
        let mut name = label(last, 40).unwrap_or_else(|| fallback.to_owned());
        if chosen.iter().any(|c| c.name == name) {
            name = label(&component.folder.replace('/', "-"), 40).unwrap_or(name);
        }
        let mut number = 2;
        while chosen.iter().any(|c| c.name == name) {
            name = format!("{}-{number}", name.trim_end_matches(|c: char| c.is_ascii_digit() || c == '-'));
            number += 1;
        }
        let port = how::port(&how, component, component.ports.first().cloned());
        chosen.push(Chosen { component, name, how, port });
    }
    chosen
}

/// The app's name must differ from its parts'.
fn app_name(wanted: &str, chosen: &[Chosen<'_>]) -> String {
    let name = label(wanted, 40).unwrap_or_else(|| "app".to_owned());
    if chosen.iter().any(|c| c.name == name) || name == "database" { format!("{name}-app") } else { name }
}

/// The database of the app.
struct Database {
    part: Part,
    /// Users by folder, with what says so.
    users: BTreeMap<String, Vec<Place>>,
    requirement: usize,
}

/// Drivers that speak PostgreSQL.
const DRIVERS: &[&str] =
    &["psycopg", "psycopg2", "psycopg2-binary", "asyncpg", "pg8000", "pg", "postgres", "@prisma/client"];

/// A database in the cluster, when a component has a driver for it and reads its address.
fn database(given: Given<'_>, chosen: &[Chosen<'_>], proposal: &mut Proposal) -> Option<Database> {
    let mut users: BTreeMap<String, Vec<Place>> = BTreeMap::new();
    for one in chosen {
        let driver = DRIVERS.iter().find_map(|d| one.component.uses(d));
        let read = service::database_variable(one.component);
        let composed = given.compose.and_then(|c| c.uses_postgres(&one.component.folder));
        let places = match (driver, read, composed) {
            (Some(driver), Some(read), _) => vec![read, driver.clone()],
            (_, Some(read), Some(at)) => vec![read, at],
            _ => continue,
        };
        users.insert(one.component.folder.clone(), places);
    }
    let first = users.keys().next()?.clone();
    let requirement = proposal
        .require("Data MUST be kept in a PostgreSQL database in the cluster and MUST survive the loss of its pod.");
    let name = if chosen.iter().any(|c| c.name == "database") { "postgres" } else { "database" };
    let mut part = Part { name: name.to_owned(), ..Part::default() };
    let at = users.get(&first).cloned().unwrap_or_default();
    part.put("type", json!("postgres"), "a driver, and code that reads the address", at, Some(requirement));
    part.put("class", json!("in-cluster"), "", Vec::new(), Some(requirement));
    let migrated = chosen.iter().find(|c| users.contains_key(&c.component.folder) && c.component.alembic.is_some());
    if let Some((one, at)) = migrated.and_then(|m| Some((m, m.component.alembic.clone()?))) {
        if one.component.uses("alembic").is_some() {
            let migrations = json!({ "service": one.name, "command": "alembic upgrade head" });
            part.put("migrations", migrations, "Alembic's configuration", vec![at], Some(requirement));
        } else {
            proposal.ask(Some(at), "there are migrations of Alembic, and no list of packages names `alembic`: add it there, and `migrations` to the database");
        }
    }
    for one in chosen.iter().filter(|c| users.contains_key(&c.component.folder)) {
        for outside in &one.component.outside {
            proposal.ask(
                Some(outside.at.clone()),
                format!(
                    "a database at {} is named here; the block runs PostgreSQL in the cluster. To stay outside, write `class: external` on `{name}`, and give its address as `{}`",
                    outside.value,
                    format!("{name}_URL").to_uppercase()
                ),
            );
        }
        driver(one, proposal);
    }
    Some(Database { part, users, requirement })
}

/// What is known to go wrong with drivers.
fn driver(one: &Chosen<'_>, proposal: &mut Proposal) {
    let uses = |name: &str| one.component.uses(name);
    let binary =
        uses("psycopg2-binary").is_some() || uses("psycopg[binary]").is_some() || uses("psycopg-binary").is_some();
    let template = matches!(one.how, How::Template(_));
    for name in ["psycopg2", "psycopg"] {
        if let Some(at) = uses(name).filter(|_| template && !binary) {
            proposal.ask(
                Some(at.clone()),
                format!("`{name}` needs a library of PostgreSQL that the slim image has not: name `psycopg[binary]` or `psycopg2-binary`"),
            );
        }
    }
    if let Some(at) = uses("asyncpg").filter(|_| uses("sqlalchemy").is_some() || uses("sqlmodel").is_some()) {
        proposal.ask(
            Some(at.clone()),
            "`DATABASE_URL` begins with `postgresql://`; SQLAlchemy with asyncpg wants `postgresql+asyncpg://`: the code must change the beginning itself",
        );
    }
}

/// What stands in the repository and in no line of the block.
fn remarks(given: Given<'_>, chosen: &[Chosen<'_>], proposal: &mut Proposal) {
    for one in chosen {
        let dockerfile = one.component.dockerfile.as_ref();
        if let (How::Template(_), Some(own)) = (&one.how, dockerfile) {
            proposal.ask(
                Some(Place::new(&own.path, 0)),
                format!(
                    "`{}` gets a Dockerfile of its own under `out/`; this one stays as it is. To build with it, write `build: {{ context: {}, dockerfile: … }}`",
                    one.name,
                    one.component.context()
                ),
            );
        }
        if let (How::Own, Some(own)) = (&one.how, dockerfile) {
            let root = own.user.as_ref().is_none_or(|u| matches!(u.value.as_str(), "root" | "0"));
            if root {
                let at = own.user.as_ref().map_or_else(|| Place::new(&own.path, 0), |u| u.at.clone());
                proposal.ask(
                    Some(at),
                    format!("`{}` was made to run as root; pods run as user 10001 with a read-only file system and a writable /tmp (`temporary` adds folders)", one.name),
                );
            }
        }
    }
    for chart in given.repository.charts() {
        if !chart.starts_with("charts/") || !chart.ends_with(&proposal.app) {
            proposal.ask(
                Some(Place::new(repository::join(&chart, "Chart.yaml"), 0)),
                "this chart stays as it is; `bowline adopt` ties it to its tasks",
            );
        }
    }
}
