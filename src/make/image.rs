//! Image tags: digests of what goes into an image, so that one tag never means two images.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use crate::base::diag::Diagnostic;
use crate::base::digest::Digester;
use crate::base::fs;
use crate::base::tree::{Node, Tree};
use crate::model::app::{App, Role};
use crate::model::catalogue::Layer;

use super::dockerignore::Patterns;
use super::draw::{Inputs, Studio};
use super::run;
use super::store::Store;
use super::template::Renderer;

const DIGITS: usize = 12;

/// The tags of a run, and what was looked at for them.
#[derive(Clone, Debug, Default)]
pub struct Tags {
    /// Content tag of each unit that is built here.
    pub tags: BTreeMap<String, String>,
    /// Every file and folder of the contexts, for [`Store::remember_run`].
    pub paths: Vec<String>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Computes the tag of every unit that is built: from its Dockerfile without stamp and labels, and from every file
/// of its build context that `Dockerfile.dockerignore` lets in: path, bytes, executable bit; of a link its target.
/// The tags of `inputs` are not looked at.
pub fn tags(root: &Path, inputs: Inputs<'_>, store: &mut Store) -> Tags {
    let mut out = Tags::default();
    if inputs.app.units.iter().all(|u| u.union.get("build").is_none()) {
        return out;
    }
    let studio = Studio::new(inputs);
    let renderer = Renderer::new(inputs.templates);
    let mut images: BTreeMap<&str, Vec<usize>> = BTreeMap::new();
    for (at, possible) in inputs.possible.iter().enumerate() {
        if studio.entry(at).layer == Layer::Docker {
            images.entry(&possible.identity.unit).or_default().push(at);
        }
    }
    for unit in &studio.app.units {
        let Some(context) = unit.union.get("build").and_then(|b| b.get_str("context")) else { continue };
        let mut texts: BTreeMap<&str, String> = BTreeMap::new();
        for possible in images.get(unit.name.as_str()).into_iter().flatten() {
            match studio.draw_for(
                &renderer,
                *possible,
                &studio.owner(*possible).cloned().unwrap_or_default(),
                &BTreeMap::new(),
                None,
            ) {
                Ok(drawn) => {
                    let text: String = drawn.files.iter().map(|f| run::body(&f.lines)).collect();
                    texts.insert(studio.entry(*possible).kind.as_str(), text);
                }
                Err(diagnostic) => out.diagnostics.push(*diagnostic),
            }
        }
        let own = unit.own_dockerfile();
        if let Some(path) = &own {
            texts.extend(own_texts(root, path, context));
        }
        let Some(dockerfile) = texts.get("Dockerfile") else { continue };
        let mut patterns = Patterns::read(texts.get("Dockerignore").map_or("", String::as_str));
        patterns.leave_out(context, &studio.app.name);
        let mut files = BTreeMap::new();
        let found = fs::inside(root, context).map_err(|e| e.to_string()).and_then(|folder| {
            walk(&folder, context, "", &patterns, &mut files, &mut out.paths).map_err(|e| e.to_string())
        });
        if let Err(error) = found {
            out.diagnostics.push(
                Diagnostic::error(
                    "build-context",
                    format!("the build context of `{}` cannot be read: {error}", unit.name),
                )
                .at(unit.union.get("build").and_then(crate::base::tree::Node::span), "this folder")
                .fix("correct the path, or make the folder readable"),
            );
            continue;
        }
        let mut digester = Digester::default().part("image 1").part(counted(dockerfile));
        if let Some(own) = unit.union.get("build").and_then(|b| b.get_str("dockerfile")) {
            // a person's own Dockerfile, which the patterns of the generated one leave out
            digester = digester.part(own).part(store.digest(own));
            out.paths.push(own.to_owned());
        }
        for (path, executable) in &files {
            let full = format!("{context}/{path}");
            digester = digester.part(path).part([u8::from(*executable)]).part(store.digest(&full));
            out.paths.push(full);
        }
        out.tags.insert(unit.name.clone(), digester.hex(DIGITS));
    }
    out
}

/// A Dockerfile of the user's, and what Docker leaves out for it: the ignore file of its name, else the context's.
fn own_texts(root: &Path, path: &str, context: &str) -> Vec<(&'static str, String)> {
    let text = |path: &str| fs::inside(root, path).and_then(|p| fs::read(&p)).ok();
    let ignored = text(&format!("{path}.dockerignore")).or_else(|| text(&format!("{context}/.dockerignore")));
    [("Dockerfile", text(path)), ("Dockerignore", ignored)].into_iter().filter_map(|(k, t)| Some((k, t?))).collect()
}

/// The lines of a Dockerfile that decide what is in the image: not the labels that say where it comes from.
fn counted(dockerfile: &str) -> String {
    let label =
        |line: &&str| !line.starts_with("LABEL bowline.dev/") && !line.starts_with("LABEL org.opencontainers.image.");
    dockerfile.lines().filter(label).flat_map(|l| [l, "\n"]).collect()
}

fn walk(
    folder: &Path,
    context: &str,
    prefix: &str,
    patterns: &Patterns,
    files: &mut BTreeMap<String, bool>,
    folders: &mut Vec<String>,
) -> std::io::Result<()> {
    folders.push(if prefix.is_empty() { context.to_owned() } else { format!("{context}/{prefix}") });
    for entry in std::fs::read_dir(folder)? {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let excluded = patterns.excludes(&path);
        let kind = entry.file_type()?;
        if kind.is_dir() {
            if !(excluded && patterns.prunes()) {
                walk(&entry.path(), context, &path, patterns, files, folders)?;
            }
        } else if !excluded {
            let executable = kind.is_file() && entry.metadata()?.permissions().mode() & 0o111 != 0;
            files.insert(path, executable);
        }
    }
    Ok(())
}

/// Puts the content tags where images of the app are named.
pub fn put_tags(app: &mut App, tags: &BTreeMap<String, String>) {
    let put = |node: &mut Node, name: &str| {
        let from = node.get_str("image.from").map(str::to_owned);
        let built = from.or_else(|| node.get("build").map(|_| name.to_owned()));
        if let Some(tag) = built.and_then(|b| tags.get(&b)) {
            node.put("image.tag", Node::text(tag.clone(), "a digest of what goes into the image"));
        }
    };
    for unit in &mut app.units {
        let own = unit.role == Role::App;
        for node in unit.environments.values_mut().chain(std::iter::once(&mut unit.union)) {
            if !own {
                put(node, &unit.name);
                continue;
            }
            for section in ["services", "resources", "migrations"] {
                let Tree::Map(top) = &mut node.tree else { continue };
                let Some(Tree::Map(parts)) = top.get_mut(section).map(|n| &mut n.tree) else { continue };
                for (name, part) in parts.iter_mut() {
                    put(part, name);
                }
            }
        }
    }
}
