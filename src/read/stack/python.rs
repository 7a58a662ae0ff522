//! Python projects: packages, version, the application object, routes.

use std::collections::BTreeMap;

use crate::model::proposal::{Found, Place};
use crate::read::repository::{self, Repository};

use super::component::{Component, Framework};
use super::health;
use super::sources::{Source, SourceFiles, line_of, quoted};

/// Files that name packages, the ones that count for a running program first.
const LISTS: &[&str] =
    &["requirements.txt", "requirements/base.txt", "requirements/prod.txt", "requirements/production.txt"];

/// The packages of a folder by name, lower case; `psycopg[binary]` is kept as `psycopg` and `psycopg[binary]`.
pub fn packages(repository: &Repository, folder: &str) -> BTreeMap<String, Place> {
    let mut all = BTreeMap::new();
    let mut note = |text: &str, path: &str, line: usize| {
        let name: String =
            text.trim().chars().take_while(|c| c.is_ascii_alphanumeric() || "-_.".contains(*c)).collect();
        if name.is_empty() {
            return;
        }
        let name = name.to_ascii_lowercase().replace('_', "-");
        let rest = text.trim()[name.len()..].trim_start();
        let extras = rest.strip_prefix('[').and_then(|r| r.split_once(']')).map_or("", |(inside, _)| inside);
        for extra in extras.split(',').map(str::trim).filter(|e| !e.is_empty()) {
            all.entry(format!("{name}[{}]", extra.to_ascii_lowercase())).or_insert_with(|| Place::new(path, line));
        }
        all.entry(name).or_insert_with(|| Place::new(path, line));
    };
    for list in LISTS {
        let path = repository::join(folder, list);
        for (index, line) in repository.contents(&path).unwrap_or_default().lines().enumerate() {
            if !line.trim_start().starts_with(['#', '-']) {
                note(line, &path, index + 1);
            }
        }
    }
    let path = repository::join(folder, "pyproject.toml");
    let text = repository.contents(&path).unwrap_or_default();
    let (mut section, mut open) = ("", false);
    for (index, line) in text.lines().enumerate() {
        let trimmed = line.trim();
        if trimmed.starts_with('[') && !open {
            section = trimmed;
            continue;
        }
        if section == "[tool.poetry.dependencies]" {
            note(trimmed.split('=').next().unwrap_or_default(), &path, index + 1);
        } else if section == "[project]" {
            let list =
                trimmed.strip_prefix("dependencies").map(|r| r.trim_start().trim_start_matches('=').trim_start());
            let body = match list {
                Some(rest) if rest.starts_with('[') => {
                    open = true;
                    &rest[1..]
                }
                _ if open => trimmed,
                _ => continue,
            };
            for item in body.split(['"', '\'']).skip(1).step_by(2) {
                note(item, &path, index + 1);
            }
            // extras stand in brackets too: only one outside of quotes ends the list
            let outside: String = body.split(['"', '\'']).step_by(2).collect();
            open = open && !outside.contains(']');
        }
    }
    all
}

/// Package manager, by its lock file.
pub fn manager(repository: &Repository, folder: &str) -> Option<Found<String>> {
    let files = [
        ("requirements.txt", "pip"),
        ("uv.lock", "uv"),
        ("poetry.lock", "poetry"),
        ("Pipfile.lock", "pipenv"),
        ("Pipfile", "pipenv"),
        ("pyproject.toml", "pyproject"),
    ];
    let (path, manager) =
        files.iter().map(|(f, m)| (repository::join(folder, f), m)).find(|(p, _)| repository.has_file(p))?;
    Some(Found::new((*manager).to_owned(), path, 0))
}

/// The version that a project asks for, in its own folder or at the root.
pub fn version(repository: &Repository, folder: &str) -> Option<Found<String>> {
    for folder in if folder.is_empty() { vec![""] } else { vec![folder, ""] } {
        for name in [".python-version", "runtime.txt"] {
            let path = repository::join(folder, name);
            let text = repository.contents(&path).unwrap_or_default();
            let first = text.lines().next().unwrap_or_default().trim().trim_start_matches("python-").to_owned();
            if first.starts_with(|c: char| c.is_ascii_digit()) {
                return Some(Found::new(first, path, 1));
            }
        }
        let path = repository::join(folder, "pyproject.toml");
        let text = repository.contents(&path).unwrap_or_default();
        for (index, line) in text.lines().enumerate() {
            let value = line.trim_start().strip_prefix("requires-python").or_else(|| line.strip_prefix("python ="));
            if let Some(value) = value.and_then(quoted) {
                return Some(Found::new(value.to_owned(), path, index + 1));
            }
        }
    }
    None
}

/// Which framework the packages and files tell.
pub fn framework(
    repository: &Repository,
    folder: &str,
    packages: &BTreeMap<String, Place>,
) -> Option<Found<Framework>> {
    let servers = ["starlette", "litestar", "sanic", "tornado", "bottle", "falcon", "quart"];
    let by_package = [("fastapi", Framework::FastApi), ("django", Framework::Django), ("flask", Framework::Flask)]
        .into_iter()
        .chain(servers.map(|s| (s, Framework::Python)));
    let found = by_package.into_iter().find_map(|(name, framework)| Some((packages.get(name)?, framework)));
    if let Some((at, framework)) = found {
        return Some(Found { value: framework, at: at.clone() });
    }
    let manage = repository::join(folder, "manage.py");
    let text = repository.contents(&manage).unwrap_or_default();
    text.contains("DJANGO_SETTINGS_MODULE")
        .then(|| Found::new(Framework::Django, manage, line_of(&text, "DJANGO_SETTINGS_MODULE")))
}

/// The module and variable of the FastAPI application, `app.main:app`.
pub fn application(sources: &SourceFiles) -> Option<Found<String>> {
    let mut best: Option<((usize, usize, String), Found<String>)> = None;
    for file in sources.of(&["py"]) {
        let Some((variable, line)) = assigned(file) else { continue };
        let name = repository::name(&file.inner);
        let rank = ["main.py", "app.py", "asgi.py", "server.py", "api.py"].iter().position(|n| *n == name).unwrap_or(9);
        let key = (file.inner.matches('/').count(), rank, file.inner.clone());
        let module = file.inner.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
        let importable = module.split('.').all(|p| !p.is_empty() && p.chars().all(|c| c.is_alphanumeric() || c == '_'));
        if importable && best.as_ref().is_none_or(|(old, _)| key < *old) {
            best = Some((key, Found::new(format!("{module}:{variable}"), &file.path, line)));
        }
    }
    best.map(|(_, found)| found)
}

/// `app = FastAPI(`, or `app = create_app()` in a file that is started.
fn assigned(file: &Source) -> Option<(String, usize)> {
    let started = matches!(repository::name(&file.inner), "main.py" | "app.py" | "asgi.py" | "server.py");
    let mut by_factory = None;
    for (at, line) in file.lines() {
        if line.starts_with(char::is_whitespace) {
            continue;
        }
        let Some((left, right)) = line.split_once('=') else { continue };
        let name = left.split(':').next().unwrap_or_default().trim();
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric() || c == '_') {
            continue;
        }
        let right = right.trim_start();
        if right.starts_with("FastAPI(") || right.starts_with("fastapi.FastAPI(") {
            return Some((name.to_owned(), at.line));
        }
        if started && name == "app" && right.contains('(') && by_factory.is_none() {
            by_factory = Some((name.to_owned(), at.line));
        }
    }
    by_factory
}

/// Routes, ports and addresses in the code.
pub fn code(component: &mut Component, sources: &SourceFiles) {
    let prefixes = included(sources);
    for file in sources.of(&["py"]) {
        let own = file
            .text
            .lines()
            .find_map(|l| Some(l.split_once("APIRouter(")?.1.split_once("prefix")?.1))
            .and_then(quoted);
        let stem = repository::name(&file.inner).trim_end_matches(".py");
        let prefix = format!("{}{}", prefixes.get(stem).map_or("", String::as_str), own.unwrap_or_default());
        for (at, line) in file.lines() {
            let trimmed = line.trim_start();
            let route = trimmed.strip_prefix('@').and_then(|r| {
                let (who, rest) = r.split_once('.')?;
                let verb = rest.split('(').next()?;
                matches!(verb, "get" | "api_route" | "route" | "head").then_some((who, rest))
            });
            if let Some((who, rest)) = route
                && let Some(path) = quoted(rest).filter(|p| p.starts_with('/'))
            {
                let whole = if who.ends_with("app") { path.to_owned() } else { format!("{prefix}{path}") };
                health::note(&mut component.health, &whole, &at);
            }
            // `app.add_api_route("/health", …)`, `path("health/", …)`, `app.mount("/metrics", …)`
            for call in ["add_api_route(", ".mount(", "add_route(", "path("] {
                if let Some(path) = trimmed.split_once(call).and_then(|(_, r)| quoted(r)) {
                    let rooted = format!("/{}", path.trim_start_matches('/'));
                    if path.starts_with('/') || call == "path(" {
                        health::note(&mut component.health, &rooted, &at);
                    }
                }
            }
            if trimmed.contains("Instrumentator(") && file.text.contains(".expose(") {
                health::note(&mut component.health, "/metrics", &at);
            }
            if let Some((_, rest)) = trimmed.split_once("uvicorn.run(")
                && let Some(port) = rest.split_once("port=").and_then(|(_, p)| super::sources::port(p.trim_start()))
            {
                component.ports.push(Found { value: port, at });
            }
        }
    }
}

/// `include_router(health.router, prefix="/api")`: the prefix by the name of the module.
fn included(sources: &SourceFiles) -> BTreeMap<String, String> {
    let mut all = BTreeMap::new();
    for file in sources.of(&["py"]) {
        for rest in file.text.split("include_router(").skip(1) {
            let arguments = rest.split(')').next().unwrap_or_default();
            let who = arguments.split(',').next().unwrap_or_default().trim();
            let prefix = arguments.split_once("prefix").and_then(|(_, p)| quoted(p)).unwrap_or_default();
            let names = who.split('.').filter(|p| *p != "router").chain(who.strip_suffix("_router"));
            for name in names {
                all.entry(name.to_owned()).or_insert_with(|| prefix.to_owned());
            }
        }
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            crate::base::fs::write(&root.path().join(path), text.as_bytes()).expect("written");
        }
        let repository = Repository::walk(root.path());
        (root, repository)
    }

    #[test]
    fn packages_of_every_kind_of_list() {
        let (_root, repository) = repository(&[
            (
                "a/requirements.txt",
                "# x\nFastAPI[standard]>=0.110\n-r other.txt\npsycopg[binary,pool] ; python_version > '3'\n",
            ),
            (
                "b/pyproject.toml",
                "[project]\nname = \"x\"\ndependencies = [\n  \"uvicorn[standard]>=1\",\n  'SQLAlchemy',\n]\n[tool.uv]\nx = [\"no\"]\n",
            ),
            ("c/pyproject.toml", "[tool.poetry.dependencies]\npython = \"^3.12\"\nasync_pg = \"*\"\n"),
        ]);
        let names = |folder: &str| packages(&repository, folder).into_keys().collect::<Vec<_>>();
        assert_eq!(names("a"), ["fastapi", "fastapi[standard]", "psycopg", "psycopg[binary]", "psycopg[pool]"]);
        assert_eq!(names("b"), ["sqlalchemy", "uvicorn", "uvicorn[standard]"]);
        assert_eq!(names("c"), ["async-pg", "python"]);
        assert_eq!(version(&repository, "c").map(|v| v.value).as_deref(), Some("^3.12"));
    }

    #[test]
    fn the_application_and_its_routes() {
        let (_root, repository) = repository(&[
            (
                "api/app/main.py",
                "from fastapi import FastAPI\nfrom app.routes import health\n\nservice: FastAPI = FastAPI(title=\"x\")\nservice.include_router(health.router, prefix=\"/api\")\n",
            ),
            ("api/app/routes/health.py", "router = APIRouter()\n\n@router.get('/health')\ndef h(): ...\n"),
            ("api/tests/test_x.py", "app = FastAPI()\n@app.get('/livez')\n"),
        ]);
        let sources = SourceFiles::read(&repository, "api", &[]);
        let app = application(&sources).expect("found");
        assert_eq!((app.value.as_str(), app.at.to_string().as_str()), ("app.main:service", "api/app/main.py:4"));
        let mut component = Component::new("api", Found::new(Framework::FastApi, "x", 0));
        code(&mut component, &sources);
        assert_eq!(component.health.live.map(|l| l.value).as_deref(), Some("/api/health"));
    }
}
