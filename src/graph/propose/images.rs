//! Services of a Compose file that run an image as it is: a database becomes a resource, the others services.

use serde_json::json;

use crate::graph::defaults;
use crate::model::proposal::{Found, Part, Place, Proposal, label};
use crate::read::compose::{Service, Value};

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

/// A database of the file becomes a resource.
pub(super) fn postgres(one: &Service, proposal: &mut Proposal) -> Part {
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
        Some((_, version)) if *version != defaults::POSTGRES => {
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
            format!("this tag names no version that is known here: the database runs {}", defaults::POSTGRES),
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
    part
}

/// A service that runs an image as it is.
pub(super) fn image(one: &Service, proposal: &mut Proposal) -> Option<Part> {
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
