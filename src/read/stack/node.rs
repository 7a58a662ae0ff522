//! Projects for Node.js: packages, version, start script, routes, and what Next.js is told.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value as Json;

use crate::model::proposal::{Found, Place};
use crate::read::repository::{self, Repository};

use super::component::{Component, Framework, Next};
use super::docker::port_argument;
use super::health;
use super::sources::{SourceFiles, line_of, port, quoted};

/// `package.json` with its text, for the lines of its entries.
pub struct Package {
    pub path: String,
    text: String,
    json: Json,
}

impl Package {
    pub fn read(repository: &Repository, folder: &str) -> Option<Self> {
        let path = repository::join(folder, "package.json");
        let text = repository.contents(&path)?;
        let json: Json = serde_json::from_str(text.trim_start_matches('\u{feff}')).ok()?;
        json.is_object().then_some(Self { path, text, json })
    }

    pub fn packages(&self) -> BTreeMap<String, Place> {
        let map = self.json.get("dependencies").and_then(Json::as_object);
        let place = |name: &str| Place::new(&self.path, line_of(&self.text, &format!("\"{name}\"")));
        map.map(|m| m.keys().map(|k| (k.to_lowercase(), place(k))).collect()).unwrap_or_default()
    }

    /// The name of the package.
    pub fn name(&self) -> Option<Found<String>> {
        let name = self.json.get("name")?.as_str()?;
        Some(Found::new(name.to_owned(), &self.path, line_of(&self.text, "\"name\"")))
    }

    pub fn script(&self, name: &str) -> Option<Found<String>> {
        let text = self.json.get("scripts")?.get(name)?.as_str()?;
        Some(Found::new(text.to_owned(), &self.path, line_of(&self.text, &format!("\"{name}\":"))))
    }

    /// `main`.
    pub fn main(&self) -> Option<String> {
        self.json.get("main")?.as_str().map(str::to_owned)
    }

    /// `packageManager`: its name, and its version where that is a whole one.
    pub fn manager(&self) -> Option<(String, Option<String>)> {
        let text = self.json.get("packageManager")?.as_str()?;
        let (name, version) = text.split_once('@')?;
        let version = version.split('+').next().unwrap_or_default();
        let whole = version.split('.').count() == 3 && version.bytes().all(|b| b.is_ascii_digit() || b == b'.');
        let known = matches!(name, "npm" | "pnpm" | "yarn" | "bun");
        known.then(|| (name.to_owned(), whole.then(|| version.to_owned())))
    }

    /// Names of everything that is installed, for running or for building.
    pub fn all_packages(&self) -> BTreeSet<String> {
        let of = |key: &str| self.json.get(key).and_then(Json::as_object).into_iter().flat_map(|m| m.keys().cloned());
        of("dependencies").chain(of("devDependencies")).collect()
    }

    fn engine(&self) -> Option<Found<String>> {
        let text = self.json.get("engines")?.get("node")?.as_str()?;
        Some(Found::new(text.to_owned(), &self.path, line_of(&self.text, "\"node\"")))
    }

    /// Which framework the packages tell.
    pub fn framework(&self) -> Option<Found<Framework>> {
        let all = self.packages();
        let development = self.json.get("devDependencies").and_then(Json::as_object);
        let has = |name: &str| {
            let line = || Place::new(&self.path, line_of(&self.text, &format!("\"{name}\"")));
            all.get(name).cloned().or_else(|| development.and_then(|d| d.contains_key(name).then(line)))
        };
        let known = [
            ("next", Framework::NextJs),
            ("express", Framework::Express),
            ("fastify", Framework::Node),
            ("@nestjs/core", Framework::Node),
            ("koa", Framework::Node),
            ("hono", Framework::Node),
            ("nuxt", Framework::Node),
            ("@remix-run/node", Framework::Node),
            ("vite", Framework::Static),
            ("react-scripts", Framework::Static),
            ("@angular/core", Framework::Static),
            ("astro", Framework::Static),
        ];
        known.iter().find_map(|(name, framework)| Some(Found { value: *framework, at: has(name)? }))
    }
}

/// Package manager, by its lock file; without one, nothing says what a build installs.
pub fn manager(repository: &Repository, folder: &str) -> Option<Found<String>> {
    let files = [
        ("package-lock.json", "npm"),
        ("npm-shrinkwrap.json", "npm"),
        ("pnpm-lock.yaml", "pnpm"),
        ("yarn.lock", "yarn"),
        ("bun.lockb", "bun"),
        ("bun.lock", "bun"),
    ];
    let at = |folder: &str| {
        files.iter().map(|(f, m)| (repository::join(folder, f), *m)).find(|(p, _)| repository.has_file(p))
    };
    at(folder).or_else(|| at("")).map(|(path, manager)| Found::new(manager.to_owned(), path, 0))
}

pub fn version(repository: &Repository, folder: &str, package: &Package) -> Option<Found<String>> {
    for folder in if folder.is_empty() { vec![""] } else { vec![folder, ""] } {
        for name in [".nvmrc", ".node-version"] {
            let path = repository::join(folder, name);
            let text = repository.contents(&path).unwrap_or_default();
            let first = text.lines().next().unwrap_or_default().trim();
            if !first.is_empty() {
                return Some(Found::new(first.to_owned(), path, 1));
            }
        }
    }
    package.engine()
}

/// What Next.js is told about its output.
pub fn next(repository: &Repository, folder: &str, package: &Package) -> Next {
    let names = ["next.config.ts", "next.config.mjs", "next.config.js", "next.config.cjs", "next.config.mts"];
    let config = names.iter().map(|n| repository::join(folder, n)).find(|p| repository.has_file(p));
    let text = config.as_ref().and_then(|p| repository.contents(p)).unwrap_or_default();
    let says = |line: &str| {
        let code = line.split("//").next().unwrap_or_default();
        code.split_once("output").is_some_and(|(_, r)| {
            let r = r.trim_start_matches(['"', '\'']).trim_start();
            r.starts_with([':', '=']) && quoted(r) == Some("standalone")
        })
    };
    let line = text.lines().position(says);
    let standalone = line.and_then(|l| Some(Place::new(config.clone()?, l + 1)));
    Next { standalone, build: package.script("build").map(|s| s.at), config }
}

/// The program that the start script runs, and its port.
pub fn start(component: &mut Component, package: &Package) {
    if let Some(script) = package.script("start") {
        if let Some(value) = port_argument(&script.value) {
            component.ports.push(Found { value, at: script.at.clone() });
        }
        component.entrypoint = Some(Found { value: vec!["npm".to_owned(), "start".to_owned()], at: script.at });
    }
}

/// Routes and ports in the code.
pub fn code(component: &mut Component, sources: &SourceFiles) {
    let next = component.framework.value == Framework::NextJs;
    for file in sources.of(&["ts", "tsx", "js", "jsx", "mjs", "cjs"]) {
        if next && let Some(path) = route(&file.inner) {
            health::note(&mut component.health, &path, &Place::new(&file.path, 0));
            continue;
        }
        for (at, line) in file.lines() {
            let trimmed = line.trim_start();
            for call in [".get(", ".all(", ".use("] {
                for (position, _) in trimmed.match_indices(call) {
                    let who = trimmed[..position].rsplit(|c: char| !c.is_alphanumeric()).next().unwrap_or_default();
                    let rest = trimmed[position + call.len()..].trim_start();
                    let path = rest.starts_with(['"', '\'', '`']).then(|| quoted(rest)).flatten();
                    if let Some(path) = path.filter(|p| {
                        p.starts_with('/') && matches!(who, "app" | "server" | "router" | "fastify" | "api")
                    }) {
                        health::note(&mut component.health, path, &at);
                    }
                }
            }
            // `app.listen(4000)`, `const PORT = process.env.PORT || 4000`
            let listens = trimmed.split_once(".listen(").and_then(|(_, r)| port(r.trim_start()));
            let fallback = trimmed.split_once("process.env.PORT").and_then(|(_, r)| {
                let r = r.trim_start_matches([')', ' ']);
                let r = r.strip_prefix("||").or_else(|| r.strip_prefix("??"))?;
                port(r.trim_start_matches([' ', '"', '\'']))
            });
            if let Some(value) = listens.or(fallback).filter(|_| !next) {
                component.ports.push(Found { value, at });
            }
        }
    }
}

/// The path of a route file of Next.js: `src/app/api/health/route.ts` answers `/api/health`.
fn route(inner: &str) -> Option<String> {
    let inner = inner.strip_prefix("src/").unwrap_or(inner);
    let (stem, _) = inner.rsplit_once('.')?;
    if let Some(rest) = stem.strip_prefix("app/").and_then(|r| r.strip_suffix("/route")) {
        let parts = rest.split('/').filter(|p| !p.starts_with('('));
        return Some(parts.fold(String::new(), |path, part| path + "/" + part));
    }
    let rest = stem.strip_prefix("pages/").filter(|r| r.starts_with("api/"))?;
    Some(format!("/{}", rest.trim_end_matches("/index")))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn routes_of_files() {
        assert_eq!(route("src/app/api/health/route.ts").as_deref(), Some("/api/health"));
        assert_eq!(route("app/(ops)/healthz/route.js").as_deref(), Some("/healthz"));
        assert_eq!(route("pages/api/health/index.ts").as_deref(), Some("/api/health"));
        assert_eq!(route("app/page.tsx"), None);
    }

    #[test]
    fn standalone_is_seen_and_a_comment_is_not() {
        for (text, says) in [
            ("const c = {\n  output: 'standalone',\n};", true),
            ("module.exports = { \"output\": \"standalone\" }", true),
            ("const c = {\n  // output: 'standalone',\n};", false),
            ("const c = { output: 'export' };", false),
            ("const c = {};", false),
        ] {
            let root = tempfile::tempdir().expect("a folder");
            crate::base::fs::write(&root.path().join("next.config.js"), text.as_bytes()).expect("written");
            crate::base::fs::write(&root.path().join("package.json"), b"{}").expect("written");
            let repository = Repository::walk(root.path());
            let package = Package::read(&repository, "").expect("a package");
            assert_eq!(next(&repository, "", &package).standalone.is_some(), says, "{text}");
        }
    }
}
