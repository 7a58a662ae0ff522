//! Loading templates: the embedded set, the user's own on top, their heads as the catalogue of artifacts.

use std::path::Path;

use include_dir::{Dir, include_dir};
use rayon::prelude::*;
use serde_json::Value as Json;

use crate::base::diag::Diagnostic;
use crate::base::fs;
use crate::base::source::{FileId, Sources};
use crate::base::suggest::did_you_mean;
use crate::base::tree::Node;
use crate::model::app::Role;
use crate::model::catalogue::{Entry, Layer};
use crate::model::patch::{ENDING, Patch};
use crate::read::yaml::{Piece, parse};

use super::lint;
use super::own;
use super::patch;
use super::set::{Template, TemplateSet};

static EMBEDDED: Dir<'_> = include_dir!("$CARGO_MANIFEST_DIR/templates");

/// What was loaded.
#[derive(Clone, Debug, Default)]
pub struct Loaded {
    pub set: TemplateSet,
    /// The catalogue, in order of template name.
    pub entries: Vec<Entry>,
    /// Changes to single objects, in order of file name.
    pub patches: Vec<Patch>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Loads the embedded templates, and those of `root/templates` in place of the ones of the same name. A file of
/// another name there counts when it begins with a head or is a part (`_name`).
pub fn load(root: &Path, sources: &mut Sources) -> Loaded {
    let mut files: Vec<(String, String, bool)> = embedded();
    let mut diagnostics = Vec::new();
    let folder = root.join("templates");
    let mut names: Vec<_> = std::fs::read_dir(&folder).into_iter().flatten().filter_map(Result::ok).collect();
    names.sort_by_key(std::fs::DirEntry::file_name);
    for entry in names.iter().filter(|e| e.path().is_file()) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let known = files.iter().position(|(n, ..)| *n == name);
        match fs::read(&entry.path()) {
            Ok(text)
                if known.is_some()
                    || name.starts_with('_')
                    || name.ends_with(ENDING)
                    || text.starts_with("{#-\nkind:") =>
            {
                files.retain(|(n, ..)| *n != name);
                files.push((name, text, true));
            }
            Err(error) if known.is_some() || name.ends_with(ENDING) => diagnostics.push(
                Diagnostic::error("template-read", error.to_string())
                    .fix("make the file readable, as UTF-8, or remove it"),
            ),
            // somebody else's folder of that name
            _ => {}
        }
    }
    let mut loaded = assemble(&files, sources);
    diagnostics.append(&mut loaded.diagnostics);
    Loaded { diagnostics, ..loaded }
}

/// The templates that Bowline brings: name, text, and that they are nobody's own.
pub fn embedded() -> Vec<(String, String, bool)> {
    EMBEDDED
        .files()
        .filter_map(|f| Some((f.path().to_str()?.to_owned(), f.contents_utf8()?.to_owned(), false)))
        .filter(|(name, ..)| !name.starts_with('.'))
        .collect()
}

/// The text of one of them.
pub fn text(name: &str) -> Option<&'static str> {
    EMBEDDED.get_file(name).filter(|_| !name.starts_with('.'))?.contents_utf8()
}

/// Builds set and catalogue from texts, and checks every template.
pub fn assemble(files: &[(String, String, bool)], sources: &mut Sources) -> Loaded {
    let mut loaded = Loaded::default();
    for (name, text, own) in files {
        let file = sources.add(format!("templates/{name}"), text.clone());
        loaded.set.put(name, text, Some(file), *own);
    }
    own::outdated(&loaded.set, &mut loaded.diagnostics);
    let read: Vec<_> = loaded.set.templates.par_iter().map(|template| read(&loaded.set, template)).collect();
    for (found, mut diagnostics) in read {
        match found {
            Some(Found::Entry(entry)) => loaded.entries.push(*entry),
            Some(Found::Patch(patch)) => loaded.patches.push(*patch),
            None => {}
        }
        loaded.diagnostics.append(&mut diagnostics);
    }
    loaded
}

/// What a file holds; parts that others include hold neither.
enum Found {
    Entry(Box<Entry>),
    Patch(Box<Patch>),
}

fn read(set: &TemplateSet, template: &Template) -> (Option<Found>, Vec<Diagnostic>) {
    let mut diagnostics = Vec::new();
    let found = if let Some(file) = template.file.filter(|_| template.name.ends_with(ENDING)) {
        patch::read(template, file).map(|p| Some(Found::Patch(Box::new(p))))
    } else {
        // the tests check those that Bowline brings
        if template.own {
            lint::check(set, template, &mut diagnostics);
        }
        if template.name.starts_with('_') { Ok(None) } else { head(template).map(|e| Some(Found::Entry(Box::new(e)))) }
    };
    let found = found.unwrap_or_else(|diagnostic| {
        diagnostics.push(*diagnostic);
        None
    });
    (found, diagnostics)
}

fn head(template: &Template) -> Result<Entry, Box<Diagnostic>> {
    let file = template.file.ok_or_else(|| Box::new(missing(template)))?;
    let body = template.text.strip_prefix("{#-\n").and_then(|t| t.split_once("\n-#}"));
    let Some((yaml, _)) = body else { return Err(Box::new(missing(template))) };
    let node = parse(&Piece::at(file, yaml, "{#-\n".len()))?;
    entry(template, file, &node)
}

fn missing(template: &Template) -> Diagnostic {
    Diagnostic::error("template-head", format!("`templates/{}` does not say what it makes", template.name))
        .at(template.file.map(|f| crate::base::source::Span::new(f, 0, 0)), "no head")
        .fix("begin it with `{#-`, lines such as `kind: Deployment`, and `-#}`; or name it `_…` if others include it")
}

const FIELDS: [&str; 11] =
    ["kind", "name", "each", "for", "when", "layer", "file", "task", "after", "outsideChart", "from"];

fn entry(template: &Template, file: FileId, node: &Node) -> Result<Entry, Box<Diagnostic>> {
    let wrong = |what: &str, at: Option<&Node>, fix: &str| {
        let span = at.and_then(Node::span).or_else(|| Some(crate::base::source::Span::new(file, 0, 3)));
        let message = format!("the head of `templates/{}`: {what}", template.name);
        Box::new(Diagnostic::error("template-head", message).at(span, "here").fix(fix))
    };
    for (key, value) in node.as_map().into_iter().flatten() {
        if !FIELDS.contains(&key.as_str()) {
            let fix = did_you_mean(key, FIELDS).unwrap_or_else(|| format!("use {}", FIELDS.join(", ")));
            return Err(wrong(&format!("there is no field `{key}`"), Some(value), &fix));
        }
    }
    let text = |key: &str| {
        node.get_str(key)
            .map(str::to_owned)
            .ok_or_else(|| wrong(&format!("`{key}` is missing"), node.get(key), &format!("add `{key}:`")))
    };
    let texts = |key: &str| -> Vec<String> {
        let list = node.get(key).and_then(Node::as_list).unwrap_or_default();
        list.iter().filter_map(|n| n.as_str().map(str::to_owned)).collect()
    };
    let mut roles = Vec::new();
    for role in texts("for") {
        roles.push(match role.as_str() {
            "app" => Role::App,
            "service" => Role::Service,
            "resource" => Role::Resource,
            "migration" => Role::Migration,
            "backup" => Role::Backup,
            _ => {
                let fix = "use app, service, resource, migration or backup";
                return Err(wrong(&format!("`{role}` is no role"), node.get("for"), fix));
            }
        });
    }
    if roles.is_empty() {
        return Err(wrong("`for` is missing", None, "add `for: [service]`"));
    }
    let layer = match text("layer")?.as_str() {
        "docker" => Layer::Docker,
        "kubernetes" => Layer::Kubernetes,
        "helm" => Layer::Helm,
        other => {
            return Err(wrong(&format!("`{other}` is no layer"), node.get("layer"), "use docker, kubernetes or helm"));
        }
    };
    let when = node.get("when").and_then(Node::as_map);
    let when: Vec<(String, Json)> =
        when.map(|m| m.iter().map(|(k, v)| (k.clone(), v.json())).collect()).unwrap_or_default();
    Ok(Entry {
        template: template.name.clone(),
        kind: text("kind")?,
        name: node.get_str("name").map(str::to_owned),
        roles,
        each: node.get_str("each").map(str::to_owned),
        when,
        layer,
        file: text("file")?,
        task: text("task")?,
        after: texts("after"),
        outside_chart: node.get_bool("outsideChart").unwrap_or(false),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_template_that_bowline_brings_is_sound() {
        let own: Vec<_> = embedded().into_iter().map(|(name, text, _)| (name, text, true)).collect();
        let loaded = assemble(&own, &mut Sources::default());
        let said: Vec<_> = loaded.diagnostics.iter().map(|d| &d.message).collect();
        assert!(said.is_empty(), "{said:#?}");
        assert!(loaded.entries.len() > 40 && loaded.set.templates.len() > loaded.entries.len());
    }
}
