//! Every folder of a repository with a program in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::model::proposal::{Found, Place};
use crate::read::env_reads;
use crate::read::repository::{self, Repository};

use super::component::{Component, Dockerfile, Framework, Variable};
use super::sources::{SourceFiles, is_aside, local_ports};
use super::{docker, names, node, other, python};

/// Files that make a folder worth a look.
const MARKS: &[&str] = &[
    "package.json",
    "requirements.txt",
    "pyproject.toml",
    "Pipfile",
    "manage.py",
    "go.mod",
    "Cargo.toml",
    "pom.xml",
    "build.gradle",
    "build.gradle.kts",
    "index.html",
];

/// Templates of the variables that a program needs.
const EXAMPLES: &[&str] =
    &[".env.example", ".env.sample", ".env.template", ".env.local.example", "env.example", ".env.dist"];

/// Looks at every folder, in order of path. Reads code, never a `.env`.
pub fn components(repository: &Repository) -> Vec<Component> {
    let mut folders: BTreeSet<String> = BTreeSet::new();
    for path in repository.files() {
        if !is_aside(path)
            && (MARKS.contains(&repository::name(path)) || repository::is_dockerfile(repository::name(path)))
        {
            folders.insert(repository::folder(path).to_owned());
        }
    }
    let mut found: BTreeMap<String, Component> = BTreeMap::new();
    for folder in &folders {
        if let Some(framework) = framework(repository, folder) {
            // a page inside of a program belongs to it
            let page = framework.value == Framework::Static;
            let above = folder.match_indices('/').map(|(i, _)| &folder[..i]).chain([""]);
            if !(page && above.into_iter().any(|a| a != folder && found.contains_key(a))) {
                found.insert(folder.clone(), Component::new(folder, framework));
            }
        }
    }
    dockerfiles(repository, &mut found);
    // a root that only holds other programs together is none
    if found.len() > 1
        && found.get("").is_some_and(|c| matches!(c.framework.value, Framework::Dockerfile | Framework::Static))
    {
        found.remove("");
    }
    let all: Vec<String> = found.keys().cloned().collect();
    let mut components: Vec<Component> = found.into_values().collect();
    for component in &mut components {
        complete(repository, component, &all);
    }
    components
}

fn framework(repository: &Repository, folder: &str) -> Option<Found<Framework>> {
    let package = node::Package::read(repository, folder);
    let packages = python::packages(repository, folder);
    let started = || {
        let script = package.as_ref()?.script("start")?;
        Some(Found { value: Framework::Node, at: script.at })
    };
    package
        .as_ref()
        .and_then(node::Package::framework)
        .or_else(|| python::framework(repository, folder, &packages))
        .or_else(|| other::framework(repository, folder))
        .or_else(started)
}

/// Dockerfiles belong to the program in their folder, or to the one that their name says; else they are one by themselves.
fn dockerfiles(repository: &Repository, found: &mut BTreeMap<String, Component>) {
    let mut files: Vec<String> = repository.dockerfiles().into_iter().filter(|p| !is_aside(p)).collect();
    // a plain name first, then the one for production
    let rank = |path: &String| {
        let name = repository::name(path).to_lowercase();
        let development = ["dev", "test", "debug", "local", "ci"].iter().any(|w| name.contains(w));
        (development, name != "dockerfile", !name.contains("prod"), path.clone())
    };
    files.sort_by_key(rank);
    for path in files {
        if path.starts_with("out/") {
            continue;
        }
        let name = repository::name(&path).to_lowercase();
        let own = repository::folder(&path).to_owned();
        let said = name
            .strip_prefix("dockerfile.")
            .or_else(|| name.strip_suffix(".dockerfile"))
            .unwrap_or_default()
            .to_owned();
        let last = repository::name(&own).to_owned();
        let by_name =
            |word: &str| found.keys().find(|f| !f.is_empty() && repository::name(f).to_lowercase() == word).cloned();
        let owner = if found.contains_key(&own) && (name == "dockerfile" || by_name(&said).is_none()) {
            Some(own.clone())
        } else {
            by_name(&said).or_else(|| by_name(&last.to_lowercase()))
        };
        let Some(file) = docker::read(repository, &path) else { continue };
        match owner.and_then(|o| found.get_mut(&o)) {
            Some(component) if component.dockerfile.is_none() => component.dockerfile = Some(file),
            None if name == "dockerfile" => {
                let mut component = Component::new(&own, Found::new(Framework::Dockerfile, &path, 0));
                component.dockerfile = Some(file);
                found.insert(own, component);
            }
            _ => {}
        }
    }
}

fn complete(repository: &Repository, component: &mut Component, all: &[String]) {
    let folder = component.folder.clone();
    let sources = SourceFiles::read(repository, &folder, all);
    let package = node::Package::read(repository, &folder);
    let dockerfile = component.dockerfile.clone();
    if let Some(file) = &dockerfile {
        component.ports.extend(file.ports.iter().cloned());
    }
    let tagged = |language: &str| from_dockerfile(dockerfile.as_ref(), language);
    match component.framework.value {
        Framework::FastApi | Framework::Django | Framework::Flask | Framework::Python => {
            component.packages = python::packages(repository, &folder);
            component.manager = python::manager(repository, &folder);
            component.version = python::version(repository, &folder).or_else(|| tagged("python"));
            python::code(component, &sources);
            if component.framework.value == Framework::FastApi {
                component.entrypoint = python::application(&sources)
                    .map(|app| Found { value: vec!["uvicorn".to_owned(), app.value], at: app.at });
            } else if let Some(file) =
                sources.files.iter().find(|f| matches!(repository::name(&f.inner), "wsgi.py" | "asgi.py"))
            {
                let module = file.inner.trim_end_matches(".py").replace('/', ".");
                component.entrypoint =
                    Some(Found::new(vec!["gunicorn".to_owned(), format!("{module}:application")], &file.path, 0));
            }
            let alembic = repository::join(&folder, "alembic.ini");
            component.alembic = repository.has_file(&alembic).then(|| Place::new(alembic, 0));
        }
        Framework::NextJs | Framework::Express | Framework::Node => {
            if let Some(package) = &package {
                component.packages = package.packages();
                component.version = node::version(repository, &folder, package).or_else(|| tagged("node"));
                node::start(component, package);
                if component.framework.value == Framework::NextJs {
                    component.next = Some(node::next(repository, &folder, package));
                }
            }
            component.manager = node::manager(repository, &folder);
            node::code(component, &sources);
        }
        framework => {
            component.version = other::version(repository, &folder, framework);
            if framework == Framework::Go {
                component.entrypoint = other::main_package(&sources);
            }
            other::code(component, &sources);
            if framework == Framework::Spring && component.health.live.is_none() {
                component.health.live = other::actuator(repository, &folder);
            }
        }
    }
    for file in &sources.files {
        for (at, line) in file.lines() {
            component.calls.extend(local_ports(line).map(|value| Found { value, at: at.clone() }));
        }
    }
    variables(component, &sources);
    examples(repository, component);
}

/// What the code reads. One reading without a default makes a variable needed.
fn variables(component: &mut Component, sources: &SourceFiles) {
    for file in &sources.files {
        for read in env_reads::reads(&file.path, &file.text).unwrap_or_default().list {
            let line = file.text.get(..read.range.start).map_or(0, |before| before.matches('\n').count() + 1);
            let at = Place::new(&file.path, line);
            let found = Variable { name: read.name.clone(), at, default: read.default, needed: read.needed };
            let weight = |v: &Variable| (v.needed, !v.default);
            component
                .variables
                .entry(read.name)
                .and_modify(|known| {
                    if weight(&found) > weight(known) {
                        known.clone_from(&found);
                    }
                })
                .or_insert(found);
        }
    }
}

fn from_dockerfile(file: Option<&Dockerfile>, language: &str) -> Option<Found<String>> {
    let from = file?.from.as_ref()?;
    Some(Found { value: docker::version_of(&from.value, language)?, at: from.at.clone() })
}

/// Names in `.env.example`, of the folder or the root, and two things that are no secrets: the number of `PORT`, and
/// whether a well-known host of databases stands there.
fn examples(repository: &Repository, component: &mut Component) {
    let folders = if component.folder.is_empty() { vec![""] } else { vec![component.folder.as_str(), ""] };
    let paths: Vec<String> = folders.iter().flat_map(|f| EXAMPLES.iter().map(|e| repository::join(f, e))).collect();
    for path in paths.into_iter().filter(|p| repository.has_file(p)) {
        let text = repository.contents(&path).unwrap_or_default();
        for (index, line) in text.lines().enumerate() {
            let line = line.trim();
            let line = line.strip_prefix("export ").unwrap_or(line);
            let Some((name, value)) = line.split_once('=') else { continue };
            let name = name.trim_start_matches('#').trim();
            if name.is_empty() || !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_') {
                continue;
            }
            let at = Place::new(&path, index + 1);
            if name == "PORT"
                && repository::folder(&path) == component.folder
                && let Some(port) = value.trim().parse().ok().filter(|p| *p > 0)
            {
                component.ports.push(Found { value: port, at: at.clone() });
            }
            if let Some(host) = names::DATABASE_HOSTS.iter().find(|h| value.contains(**h)) {
                component.outside.push(Found { value: host, at: at.clone() });
            }
            component.example.entry(name.to_owned()).or_insert(at);
        }
    }
}
