//! A Score file as data: one workload with its containers, ports and resources.

use crate::base::diag::Diagnostic;
use crate::base::source::{Sources, Span};
use crate::base::tree::{Node, Tree};
use crate::model::proposal::{Found, Place, Remark};

use super::yaml::{self, Piece};

/// A Score file.
#[derive(Clone, Debug, PartialEq)]
pub struct File {
    pub path: String,
    pub name: Found<String>,
    /// In order of the file.
    pub containers: Vec<Container>,
    /// The port of the container behind each port of the service.
    pub ports: Vec<Found<u16>>,
    pub resources: Vec<Resource>,
    pub not_read: Vec<Remark>,
}

/// A container of the workload.
#[derive(Clone, Debug, PartialEq)]
pub struct Container {
    pub name: String,
    pub at: Place,
    /// `.` means that it is built here.
    pub image: Found<String>,
    pub command: Option<Found<Vec<String>>>,
    pub args: Option<Found<Vec<String>>>,
    /// With its placeholders.
    pub variables: Vec<(String, Found<String>)>,
    pub live: Option<Found<String>>,
    pub ready: Option<Found<String>>,
    /// `requests.cpu` and so on.
    pub sizes: Vec<(String, String, Found<String>)>,
}

/// Something that the workload needs.
#[derive(Clone, Debug, PartialEq)]
pub struct Resource {
    pub name: String,
    pub at: Place,
    pub kind: String,
    /// Path of a `route`.
    pub path: Option<String>,
}

/// Whether a text says that it is a Score file.
pub fn is(text: &str) -> bool {
    text.lines().any(|l| l.trim_start().starts_with("apiVersion:") && l.contains("score.dev/"))
}

/// Reads a Score file; `path` is relative to the repository.
///
/// # Errors
/// What is wrong with the YAML, or that there is no name or container.
pub fn read(sources: &mut Sources, path: &str, text: &str) -> Result<File, Diagnostic> {
    let file = sources.add(path, text);
    let node = yaml::parse(&Piece::at(file, sources.text(file), 0))?;
    let reader = Reader { sources, path };
    let missing = |what: &str, fix: &str| {
        Err(Diagnostic::error("score-shape", format!("`{path}` has no {what}"))
            .at(sources.line_span(file, 1), "in this file")
            .fix(fix.to_owned()))
    };
    let Some(name) = node.get("metadata.name").and_then(|n| reader.text(n)) else {
        return missing("`metadata.name`", "name the workload");
    };
    let Some(containers) = node.get("containers").and_then(Node::as_map).filter(|m| !m.is_empty()) else {
        return missing("`containers`", "a workload has at least one container");
    };
    let mut out = File {
        path: path.to_owned(),
        name,
        containers: Vec::new(),
        ports: Vec::new(),
        resources: Vec::new(),
        not_read: Vec::new(),
    };
    let mut all: Vec<(&String, &Node)> = containers.iter().collect();
    all.sort_by_key(|(_, n)| n.key_span().map(|s| s.start));
    for (name, container) in all {
        let found = reader.container(name, container, &mut out.not_read);
        out.containers.push(found);
    }
    for (name, port) in node.get("service.ports").and_then(Node::as_map).into_iter().flatten() {
        let number = |key: &str| port.get_int(key).and_then(|p| u16::try_from(p).ok());
        let Some(inside) = number("targetPort").or_else(|| number("port")) else { continue };
        if number("port") != Some(inside) {
            out.not_read
                .push(reader.remark(port, &format!("port `{name}`: the Service has the container's port, {inside}")));
        }
        out.ports.push(Found { value: inside, at: reader.place(port.key_span()) });
    }
    for (name, resource) in node.get("resources").and_then(Node::as_map).into_iter().flatten() {
        out.resources.push(Resource {
            name: name.clone(),
            at: reader.place(resource.key_span()),
            kind: resource.get_str("type").unwrap_or_default().to_owned(),
            path: resource.get_str("params.path").map(str::to_owned),
        });
        for (key, value) in
            resource.as_map().into_iter().flatten().filter(|(k, _)| matches!(k.as_str(), "id" | "metadata" | "class"))
        {
            out.not_read.push(
                reader.remark(value, &format!("resource `{name}`, `{key}`: resources are made for this app alone")),
            );
        }
    }
    for (key, value) in node.as_map().into_iter().flatten() {
        if !matches!(key.as_str(), "apiVersion" | "metadata" | "containers" | "service" | "resources") {
            out.not_read.push(reader.remark(value, &format!("`{key}`: the block has nothing like it")));
        }
    }
    Ok(out)
}

struct Reader<'a> {
    sources: &'a Sources,
    path: &'a str,
}

impl Reader<'_> {
    fn place(&self, span: Option<Span>) -> Place {
        Place::new(self.path, span.map_or(0, |s| self.sources.position(s).line))
    }

    fn remark(&self, node: &Node, text: &str) -> Remark {
        Remark { at: Some(self.place(node.key_span().or(node.span()))), text: text.to_owned() }
    }

    fn text(&self, node: &Node) -> Option<Found<String>> {
        let value = match &node.tree {
            Tree::Text(t) => t.clone(),
            Tree::Int(i) => i.to_string(),
            Tree::Float(f) => f.to_string(),
            Tree::Bool(b) => b.to_string(),
            _ => return None,
        };
        Some(Found { value, at: self.place(node.span()) })
    }

    fn words(&self, node: &Node) -> Option<Found<Vec<String>>> {
        let list = node.as_list()?.iter().filter_map(|n| Some(self.text(n)?.value)).collect();
        Some(Found { value: list, at: self.place(node.key_span()) })
    }

    fn container(&self, name: &str, node: &Node, not_read: &mut Vec<Remark>) -> Container {
        let get = |path: &str| node.get(path).and_then(|n| self.text(n));
        let at = self.place(node.key_span());
        let mut out = Container {
            name: name.to_owned(),
            image: get("image").unwrap_or_else(|| Found { value: ".".to_owned(), at: at.clone() }),
            at,
            command: node.get("command").and_then(|n| self.words(n)),
            args: node.get("args").and_then(|n| self.words(n)),
            variables: Vec::new(),
            live: get("livenessProbe.httpGet.path"),
            ready: get("readinessProbe.httpGet.path"),
            sizes: Vec::new(),
        };
        for (name, value) in node.get("variables").and_then(Node::as_map).into_iter().flatten() {
            out.variables.extend(self.text(value).map(|v| (name.clone(), v)));
        }
        for (group, one) in [("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")] {
            if let Some(size) = get(&format!("resources.{group}.{one}")) {
                out.sizes.push((group.to_owned(), one.to_owned(), size));
            }
        }
        for (key, value) in node.as_map().into_iter().flatten() {
            let reason = match key.as_str() {
                "image" | "command" | "args" | "variables" | "resources" => continue,
                "livenessProbe" | "readinessProbe" if value.get("httpGet.path").is_some() => continue,
                "files" => "files belong into the image",
                "volumes" => "services keep nothing on disk; data belongs into the database",
                _ => "the block has nothing like it",
            };
            not_read.push(self.remark(value, &format!("container `{name}`, `{key}`: {reason}")));
        }
        out
    }
}

/// The placeholders of a text: `${resources.db.host}` gives `("db", "host")`. `$${` is none.
pub fn placeholders(text: &str) -> Vec<(String, String)> {
    let mut all = Vec::new();
    for (at, _) in text.match_indices("${") {
        if text[..at].ends_with('$') {
            continue;
        }
        let Some((inside, _)) = text[at + 2..].split_once('}') else { continue };
        let mut parts = inside.splitn(3, '.');
        match (parts.next(), parts.next(), parts.next()) {
            (Some("resources"), Some(name), output) => {
                all.push((name.to_owned(), output.unwrap_or_default().to_owned()));
            }
            (Some("metadata"), Some(key), _) => all.push((String::new(), key.to_owned())),
            _ => all.push(("?".to_owned(), inside.to_owned())),
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn placeholders_of_resources() {
        let found =
            placeholders("postgresql://${resources.db.username}@${resources.db.host}/$${x} ${metadata.name} ${odd}");
        let pair = |a: &str, b: &str| (a.to_owned(), b.to_owned());
        assert_eq!(found, [pair("db", "username"), pair("db", "host"), pair("", "name"), pair("?", "odd")]);
    }
}
