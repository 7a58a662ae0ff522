//! A Compose file as data: what each service says, with its lines. Values of variables are kept only where they
//! cannot be secrets.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::source::{Sources, Span};
use crate::base::tree::{Node, Tree};
use crate::model::proposal::{Found, Place, Remark};

use super::repository;
use super::stack::names;
use super::yaml::{self, Piece};

/// A Compose file.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct File {
    pub path: String,
    pub name: Option<Found<String>>,
    /// In order of the file.
    pub services: Vec<Service>,
    /// Parts of the file that nothing stands for.
    pub not_read: Vec<Remark>,
}

/// How a variable of a service is given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    Plain(String),
    /// `${NAME}`, an `env_file`, or something that looks like a secret: whoever runs it gives it.
    Given {
        optional: bool,
    },
}

/// One service.
#[derive(Clone, Debug, PartialEq)]
pub struct Service {
    pub name: String,
    pub at: Place,
    /// Folder of the sources, relative to the repository; empty for the repository itself.
    pub context: Option<Found<String>>,
    /// Relative to the context.
    pub dockerfile: Option<Found<String>>,
    pub image: Option<Found<String>>,
    /// Ports of the container; the second is the one of the machine, where it is opened there.
    pub ports: Vec<Found<(u16, bool)>>,
    pub environment: BTreeMap<String, Found<Value>>,
    pub env_files: Vec<Found<String>>,
    /// Names with `started`, `healthy`, `completed`.
    pub depends_on: Vec<Found<(String, &'static str)>>,
    pub health: Option<Found<String>>,
    pub command: Option<Found<Vec<String>>>,
    pub entrypoint: Option<Found<Vec<String>>>,
    pub replicas: Option<Found<i64>>,
    pub volumes: Vec<Found<String>>,
    pub not_read: Vec<Remark>,
}

/// Keys that say something Kubernetes does by itself, and what.
const BY_ITSELF: &[(&str, &str)] = &[
    ("restart", "Kubernetes restarts what ends"),
    ("container_name", "pods are named by Kubernetes"),
    ("networks", "who may call whom comes from `dependsOn`"),
    ("hostname", "a service is found by its name"),
    ("labels", "labels come from the documents"),
    ("init", "containers need none here"),
    ("tty", "nobody sits at it"),
    ("stdin_open", "nobody sits at it"),
    ("links", "who may call whom comes from `dependsOn`"),
    ("logging", "logs go to standard output"),
    ("pull_policy", "images are loaded into the local cluster"),
    ("develop", "it is for development"),
    ("stop_grace_period", "write `terminationGracePeriodSeconds`"),
];

/// Reads a Compose file; `path` is relative to the repository.
///
/// # Errors
/// What is wrong with the YAML, at its place.
pub fn read(sources: &mut Sources, path: &str, text: &str) -> Result<File, Diagnostic> {
    let file = sources.add(path, text);
    let node = yaml::parse(&Piece::at(file, sources.text(file), 0))?;
    let reader = Reader { sources, folder: repository::folder(path), path };
    let Some(map) = node.get("services").and_then(Node::as_map) else {
        return Err(Diagnostic::error("compose-services", format!("`{path}` has no `services`"))
            .at(sources.line_span(file, 1), "no map `services` in this file")
            .fix("name a Compose file"));
    };
    let mut all: Vec<(&String, &Node)> = map.iter().collect();
    all.sort_by_key(|(_, n)| n.key_span().map(|s| s.start));
    let mut out = File { path: path.to_owned(), ..File::default() };
    out.name = node.get("name").and_then(|n| Some(Found { value: n.as_str()?.to_owned(), at: reader.place(n.span()) }));
    for (name, service) in all {
        out.services.push(reader.service(name, service));
    }
    for (key, value) in node.as_map().into_iter().flatten() {
        let reason = match key.as_str() {
            "services" | "name" | "version" => continue,
            k if k.starts_with("x-") => continue,
            "volumes" => "a volume belongs to a database of the app (`resources`)",
            "networks" => "who may call whom comes from `dependsOn`",
            "secrets" | "configs" => {
                "secrets come from the environment of whoever runs `up`, settings from `environment`"
            }
            _ => "the block has nothing like it",
        };
        out.not_read.push(Remark { at: Some(reader.place(value.key_span())), text: format!("`{key}`: {reason}") });
    }
    Ok(out)
}

impl File {
    fn of_folder(&self, folder: &str) -> Option<&Service> {
        self.services.iter().find(|s| s.context.as_ref().is_some_and(|c| c.value == folder))
    }

    /// Where the service built from a folder says that it needs a PostgreSQL of this file.
    pub fn uses_postgres(&self, folder: &str) -> Option<Place> {
        let service = self.of_folder(folder)?;
        let postgres = |name: &str| self.services.iter().any(|s| s.name == name && s.is("postgres"));
        service.depends_on.iter().find(|d| postgres(&d.value.0)).map(|d| d.at.clone())
    }

    /// Where the service built from one folder says that it needs the one built from another.
    pub fn depends(&self, from: &str, to: &str) -> Option<Place> {
        let target = &self.of_folder(to)?.name;
        self.of_folder(from)?.depends_on.iter().find(|d| d.value.0 == *target).map(|d| d.at.clone())
    }
}

impl Service {
    /// Whether it runs the official image of that name, or one that says so.
    pub fn is(&self, image: &str) -> bool {
        self.image.as_ref().is_some_and(|i| {
            let name = i.value.rsplit('/').next().unwrap_or_default();
            name.split([':', '@']).next() == Some(image)
        })
    }
}

struct Reader<'a> {
    sources: &'a Sources,
    folder: &'a str,
    path: &'a str,
}

impl Reader<'_> {
    fn place(&self, span: Option<Span>) -> Place {
        Place::new(self.path, span.map_or(0, |s| self.sources.position(s).line))
    }

    fn found<T>(&self, node: &Node, value: T) -> Found<T> {
        Found { value, at: self.place(node.span().or(node.key_span())) }
    }

    fn service(&self, name: &str, node: &Node) -> Service {
        let mut out = Service {
            name: name.to_owned(),
            at: self.place(node.key_span()),
            context: None,
            dockerfile: None,
            image: None,
            ports: Vec::new(),
            environment: BTreeMap::new(),
            env_files: Vec::new(),
            depends_on: Vec::new(),
            health: None,
            command: None,
            entrypoint: None,
            replicas: None,
            volumes: Vec::new(),
            not_read: Vec::new(),
        };
        for (key, value) in node.as_map().into_iter().flatten() {
            let mut skip = |at: Place, reason: &str| {
                out.not_read.push(Remark { at: Some(at), text: format!("`{name}`, `{key}`: {reason}") });
            };
            match key.as_str() {
                "build" => self.build(name, value, &mut out),
                "image" => out.image = value.as_str().map(|t| self.found(value, plain(t))),
                "ports" | "expose" => self.ports(name, value, key == "ports", &mut out),
                "environment" => self.environment(value, &mut out),
                "env_file" => {
                    let one = |n: &Node| {
                        n.as_str()
                            .or_else(|| n.get_str("path"))
                            .map(|t| self.found(n, repository::join(self.folder, t)))
                    };
                    out.env_files = items(value).filter_map(one).collect();
                }
                "depends_on" => self.depends_on(value, &mut out),
                "healthcheck" => match value.get("test").map(|t| words(t).join(" ")).and_then(|t| health_path(&t)) {
                    Some(path) => out.health = Some(self.found(value, path)),
                    None => skip(
                        self.place(value.key_span()),
                        "no path of a request stands in it; Bowline asks the routes in the code, or the port",
                    ),
                },
                "command" => out.command = Some(self.found(value, words(value))),
                "entrypoint" => out.entrypoint = Some(self.found(value, words(value))),
                "volumes" => {
                    out.volumes = items(value)
                        .map(|v| {
                            self.found(v, v.as_str().or_else(|| v.get_str("target")).unwrap_or_default().to_owned())
                        })
                        .collect();
                }
                "deploy" => {
                    out.replicas = value.get_int("replicas").and_then(|n| Some(self.found(value.get("replicas")?, n)));
                    let rest: Vec<&String> =
                        value.as_map().into_iter().flatten().map(|(k, _)| k).filter(|k| *k != "replicas").collect();
                    if let Some(first) = rest.first() {
                        skip(
                            self.place(value.get(first).and_then(Node::key_span)),
                            "limits and placement are Bowline's defaults; write `resources` to change them",
                        );
                    }
                }
                other => {
                    let known = BY_ITSELF.iter().find(|(k, _)| *k == other).map(|(_, why)| *why);
                    skip(self.place(value.key_span()), known.unwrap_or("the block has nothing like it"));
                }
            }
        }
        out
    }

    fn build(&self, name: &str, node: &Node, out: &mut Service) {
        let context = node.as_str().or_else(|| node.get_str("context")).unwrap_or(".");
        out.context = Some(self.found(node.get("context").unwrap_or(node), repository::join(self.folder, context)));
        out.dockerfile = node.get("dockerfile").and_then(|d| Some(self.found(d, d.as_str()?.to_owned())));
        for (key, value) in
            node.as_map().into_iter().flatten().filter(|(k, _)| !matches!(k.as_str(), "context" | "dockerfile"))
        {
            let reason = "images are built from context and Dockerfile alone";
            out.not_read.push(Remark {
                at: Some(self.place(value.key_span())),
                text: format!("`{name}`, `build.{key}`: {reason}"),
            });
        }
    }

    fn ports(&self, name: &str, node: &Node, opened: bool, out: &mut Service) {
        for item in items(node) {
            let text = match &item.tree {
                Tree::Int(port) => port.to_string(),
                Tree::Map(_) => item.get("target").map(text_of).unwrap_or_default(),
                _ => item.as_str().unwrap_or_default().to_owned(),
            };
            let text = plain(&text);
            let last = text.rsplit(':').next().unwrap_or_default().split('/').next().unwrap_or_default();
            match last.parse().ok().filter(|p| *p > 0) {
                Some(port) => {
                    if !out.ports.iter().any(|p| p.value.0 == port) {
                        out.ports.push(self.found(item, (port, opened)));
                    }
                }
                None => out.not_read.push(Remark {
                    at: Some(self.place(item.span())),
                    text: format!("`{name}`, `ports`: no single port of the container is named here"),
                }),
            }
        }
    }

    fn environment(&self, node: &Node, out: &mut Service) {
        let mut put = |name: &str, value: Option<String>, at: &Node| {
            let value = match value {
                None => Value::Given { optional: false },
                Some(text) => given(name, &text),
            };
            out.environment.insert(name.to_owned(), self.found(at, value));
        };
        match &node.tree {
            Tree::Map(map) => map.iter().for_each(|(k, v)| put(k, (!v.is_null()).then(|| text_of(v)), v)),
            Tree::List(list) => {
                for item in list {
                    let text = item.as_str().unwrap_or_default();
                    let (name, value) = text.split_once('=').map_or((text, None), |(n, v)| (n, Some(v.to_owned())));
                    put(name, value, item);
                }
            }
            _ => {}
        }
    }

    fn depends_on(&self, node: &Node, out: &mut Service) {
        match &node.tree {
            Tree::Map(map) => {
                for (name, how) in map {
                    let condition = match how.get_str("condition") {
                        Some("service_completed_successfully") => "completed",
                        Some("service_started") => "started",
                        _ => "healthy",
                    };
                    let at = self.place(how.key_span());
                    out.depends_on.push(Found { value: (name.clone(), condition), at });
                }
            }
            _ => {
                out.depends_on =
                    items(node).filter_map(|n| Some(self.found(n, (n.as_str()?.to_owned(), "healthy")))).collect();
            }
        }
    }
}

/// A value as it may be repeated: secrets and what stands in the environment are given by whoever runs the app.
fn given(name: &str, text: &str) -> Value {
    let variable = text.contains("${") || text.starts_with('$');
    let whole = text.strip_prefix("${").and_then(|t| t.strip_suffix('}')).filter(|t| !t.contains("${"));
    let fallback = whole.and_then(|t| t.split_once(":-").or_else(|| t.split_once('-'))).map(|(_, d)| d.to_owned());
    let password = text.split_once("://").is_some_and(|(_, r)| r.split('/').next().unwrap_or_default().contains('@'));
    if names::is_secret(name) || password {
        return Value::Given { optional: fallback.is_some_and(|f| f.is_empty()) };
    }
    match fallback {
        Some(default) if !default.contains('$') => Value::Plain(default),
        _ if variable => Value::Given { optional: false },
        _ => Value::Plain(text.replace("$$", "$")),
    }
}

/// `${TAG:-16}` becomes `16`.
fn plain(text: &str) -> String {
    let mut out = String::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once("${") {
        let Some((inside, behind)) = after.split_once('}') else { break };
        out.push_str(before);
        out.push_str(inside.split_once(":-").or_else(|| inside.split_once('-')).map_or("", |(_, d)| d));
        rest = behind;
    }
    out + rest
}

fn items(node: &Node) -> impl Iterator<Item = &Node> {
    let list: Vec<&Node> = match &node.tree {
        Tree::List(list) => list.iter().collect(),
        Tree::Null => Vec::new(),
        _ => vec![node],
    };
    list.into_iter()
}

fn text_of(node: &Node) -> String {
    match &node.tree {
        Tree::Text(t) => t.clone(),
        Tree::Int(i) => i.to_string(),
        Tree::Float(f) => f.to_string(),
        Tree::Bool(b) => b.to_string(),
        _ => String::new(),
    }
}

fn words(node: &Node) -> Vec<String> {
    match &node.tree {
        Tree::List(list) => list.iter().map(text_of).collect(),
        _ => crate::base::words::split(&text_of(node)).unwrap_or_default(),
    }
}

/// The path of the request in `curl -f http://localhost:8000/health`.
fn health_path(test: &str) -> Option<String> {
    let rest = test.split_once("http://")?.1;
    let path = &rest[rest.find('/')?..];
    let end = path.find(|c: char| c.is_whitespace() || "'\")|;&".contains(c)).unwrap_or(path.len());
    Some(path[..end].to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_never_kept() {
        for (name, text, value) in [
            ("LOG_LEVEL", "info", Value::Plain("info".into())),
            ("LOG_LEVEL", "${LOG_LEVEL:-info}", Value::Plain("info".into())),
            ("API_KEY", "abc", Value::Given { optional: false }),
            ("API_KEY", "${API_KEY:-}", Value::Given { optional: true }),
            ("API_KEY", "${API_KEY:-abc}", Value::Given { optional: false }),
            ("CACHE", "redis://u:p@cache/0", Value::Given { optional: false }),
            ("CACHE", "redis://cache:6379/0", Value::Plain("redis://cache:6379/0".into())),
            ("MODE", "$MODE", Value::Given { optional: false }),
        ] {
            assert_eq!(given(name, text), value, "{name}={text}");
        }
        assert_eq!(plain("postgres:${PG:-16}-alpine"), "postgres:16-alpine");
        assert_eq!(
            health_path("CMD-SHELL curl -f http://localhost:8000/healthz || exit 1").as_deref(),
            Some("/healthz")
        );
        assert_eq!(health_path("pg_isready -U x"), None);
    }
}
