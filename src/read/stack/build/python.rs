//! Python: pip, uv or poetry; uvicorn, gunicorn or a plain program.

use std::collections::BTreeMap;

use serde_json::json;

use super::{Look, PORT};
use crate::model::proposal::Place;
use crate::read::repository;
use crate::read::stack::python;
use crate::read::stack::sources::{SourceFiles, quoted};

/// Versions of the tools, where no lock file names one.
const UV: &str = "0.9.30";
const POETRY: &str = "2.1.4";

const LOCKS: &[(&str, &str)] = &[("uv.lock", "uv"), ("poetry.lock", "poetry"), ("requirements.txt", "pip")];

pub(super) fn look(look: &mut Look<'_>) {
    let wanted = python::version(&look.files, "");
    look.stack.version = wanted.map(|v| v.value);
    install(look);
    let packages = packages(look);
    let sources = SourceFiles::read(&look.files, "", &[]);
    match look.stack.framework.as_deref() {
        Some("fastapi") => fastapi(look, &sources, &packages),
        Some("django") => django(look, &sources, &packages),
        _ => program(look, &sources, &packages),
    }
}

fn install(look: &mut Look<'_>) {
    // an exported requirements.txt may lie beside the lock file that it was made from
    let both = look.has("requirements.txt") && (look.has("uv.lock") || look.has("poetry.lock"));
    let locks = if both { &LOCKS[..2] } else { LOCKS };
    let project = look.text("pyproject.toml");
    let fallback = match () {
        () if project.contains("[tool.uv") => "uv",
        () if project.contains("[tool.poetry") => "poetry",
        () => "pip",
    };
    let manager = look.manager(locks, None, fallback);
    let (lock, command) = match manager.as_str() {
        "uv" => ("uv.lock", "uv lock"),
        "poetry" => ("poetry.lock", "poetry lock"),
        _ => ("requirements.txt", "pip freeze > requirements.txt"),
    };
    if !look.has(lock) {
        let what = format!("has no `{lock}`, which {manager} installs from");
        let fix = format!("run `{command}` in that folder, and commit `{lock}`");
        look.lack("build-lock", &what, "nothing says which versions are installed", fix, "");
    }
    match manager.as_str() {
        "uv" => {
            look.fact("managerVersion", UV, lock);
            look.manifests(["pyproject.toml", lock, "uv.toml"], lock);
        }
        "poetry" => {
            // the first line names the version that wrote it
            let text = look.text(lock);
            let by = text.lines().next().and_then(|l| l.split_once("by Poetry ")).map(|(_, r)| r);
            let version = by.and_then(|r| r.split_whitespace().next()).filter(|v| whole(v)).unwrap_or(POETRY);
            look.fact("managerVersion", version.to_owned(), lock);
            // Poetry 1 brings its exporter
            look.fact("exporter", !version.starts_with("1."), lock);
            look.manifests(["pyproject.toml", lock, "poetry.toml"], lock);
        }
        _ => {
            let text = look.text(lock);
            let more = text.lines().filter_map(|l| {
                let rest =
                    ["-r ", "-c ", "--requirement ", "--constraint "].iter().find_map(|o| l.trim().strip_prefix(o));
                rest.map(|r| r.trim()).filter(|f| !f.contains(['/', ' ', '$', '*']))
            });
            let names: Vec<&str> = std::iter::once(lock).chain(more).collect();
            look.manifests(names, lock);
        }
    }
}

fn whole(version: &str) -> bool {
    version.split('.').count() == 3 && version.bytes().all(|b| b.is_ascii_digit() || b == b'.')
}

/// What is named, and what a lock file adds to it.
fn packages(look: &Look<'_>) -> BTreeMap<String, Place> {
    let mut all = python::packages(&look.files, "");
    for lock in ["uv.lock", "poetry.lock"] {
        for (index, line) in look.text(lock).lines().enumerate() {
            if let Some(name) = line.strip_prefix("name = ").and_then(quoted) {
                all.entry(name.to_owned()).or_insert_with(|| Place::new(lock, index + 1));
            }
        }
    }
    all
}

/// A package that starts the program and that nothing installs.
fn server(look: &mut Look<'_>, package: &'static str, starts: &str) {
    let what = format!("does not install {package}, which starts {starts}");
    let manager = look.stack.package_manager.clone().unwrap_or_default();
    let fix = match manager.as_str() {
        "uv" => format!("run `uv add {package}` in that folder"),
        "poetry" => format!("run `poetry add {package}` in that folder"),
        _ => format!("add `{package}` with its version to `requirements.txt`"),
    };
    look.lack("build-entrypoint", &what, "the container would not start", fix, "entrypoint");
    if let Some(lack) = look.stack.lacks.last_mut() {
        lack.package = (manager == "pip").then_some(package);
    }
}

fn nothing(look: &mut Look<'_>, what: &str) {
    let fix = "add `runtime: { entrypoint: python3 <file> }`, or a file `main.py`";
    look.lack("build-entrypoint", what, "nothing says what to start", fix, "entrypoint");
}

/// Sources below `src/` are imported without it.
fn module<'m>(look: &mut Look<'_>, module: &'m str, file: &str) -> &'m str {
    match module.strip_prefix("src.").filter(|_| !look.has("src/__init__.py")) {
        Some(rest) => {
            look.fact("path", "/app/src", file);
            rest
        }
        None => module,
    }
}

fn fastapi(look: &mut Look<'_>, sources: &SourceFiles, packages: &BTreeMap<String, Place>) {
    let Some(found) = python::application(sources) else {
        nothing(look, "has no `app = FastAPI(` at the beginning of a line");
        return;
    };
    let file = found.at.file;
    let app = module(look, &found.value, &file).to_owned();
    look.start(&["uvicorn", &app, "--host", "0.0.0.0", "--port", PORT], &file);
    if !["uvicorn", "fastapi[standard]", "fastapi[all]"].iter().any(|p| packages.contains_key(*p)) {
        server(look, "uvicorn", &format!("`{app}`"));
    }
}

fn django(look: &mut Look<'_>, sources: &SourceFiles, packages: &BTreeMap<String, Place>) {
    let near = |name: &str| {
        let all = sources.files.iter().filter(|f| repository::name(&f.inner) == name);
        all.min_by_key(|f| (f.inner.matches('/').count(), f.inner.clone())).map(|f| f.inner.clone())
    };
    let (wsgi, asgi) = (near("wsgi.py"), near("asgi.py"));
    let dotted = |file: &str| file.trim_end_matches(".py").replace('/', ".");
    if let Some(file) = asgi.as_ref().filter(|_| packages.contains_key("uvicorn") && !packages.contains_key("gunicorn"))
    {
        let app = module(look, &dotted(file), file).to_owned() + ":application";
        look.start(&["uvicorn", &app, "--host", "0.0.0.0", "--port", PORT], file);
    } else if let Some(file) = &wsgi {
        let app = module(look, &dotted(file), file).to_owned() + ":application";
        gunicorn(look, &app, file);
        if !packages.contains_key("gunicorn") {
            server(look, "gunicorn", &format!("`{app}`"));
        }
    } else {
        let fix = "add `wsgi.py` as `django-admin startproject` makes it, or `runtime: { entrypoint: … }`";
        look.lack(
            "build-entrypoint",
            "has neither `wsgi.py` nor `asgi.py`",
            "nothing says what to start",
            fix,
            "entrypoint",
        );
    }
    if look.has("manage.py") {
        look.fact("manage", "manage.py", "manage.py");
        let settings = sources.files.iter().filter(|f| f.inner.contains("settings"));
        let collects = settings.into_iter().find(|f| f.lines().any(|(_, l)| l.starts_with("STATIC_ROOT")));
        if let Some(file) = collects.filter(|_| packages.contains_key("whitenoise")) {
            // settings may insist on variables that only a running container has
            let reads = crate::read::env_reads::reads(&file.path, &file.text).unwrap_or_default().list;
            let mut needed: Vec<String> = reads.into_iter().filter(|r| !r.default).map(|r| r.name).collect();
            needed.sort();
            needed.dedup();
            look.fact("collectstatic", json!(needed), &file.inner);
        }
    }
}

fn gunicorn(look: &mut Look<'_>, app: &str, file: &str) {
    let bind = format!("0.0.0.0:{PORT}");
    look.start(&["gunicorn", "--bind", &bind, "--workers", "2", "--access-logfile", "-", app], file);
}

/// Classes of applications that a server runs, with that server.
const APPLICATIONS: &[(&str, &str)] = &[
    ("Flask(", "gunicorn"),
    ("Bottle(", "gunicorn"),
    ("falcon.App(", "gunicorn"),
    ("Starlette(", "uvicorn"),
    ("Litestar(", "uvicorn"),
    ("Quart(", "uvicorn"),
];

/// File and variable of `app = Flask(`, and the server that runs it.
fn application(sources: &SourceFiles) -> Option<(String, String, &'static str)> {
    sources.of(&["py"]).find_map(|file| {
        file.text.lines().filter(|l| !l.starts_with(char::is_whitespace)).find_map(|line| {
            let (left, right) = line.split_once('=')?;
            let right = right.trim_start().trim_start_matches("flask.").trim_start_matches("bottle.");
            let (_, server) = APPLICATIONS.iter().find(|(class, _)| right.starts_with(class))?;
            let variable = left.split(':').next()?.trim();
            Some((file.inner.clone(), variable.to_owned(), *server))
        })
    })
}

fn program(look: &mut Look<'_>, sources: &SourceFiles, packages: &BTreeMap<String, Place>) {
    if let Some((file, app, server_of)) = application(sources) {
        let dotted = file.trim_end_matches(".py").trim_end_matches("/__init__").replace('/', ".");
        let app = format!("{}:{app}", module(look, &dotted, &file));
        if server_of == "uvicorn" {
            look.start(&["uvicorn", &app, "--host", "0.0.0.0", "--port", PORT], &file);
        } else {
            gunicorn(look, &app, &file);
        }
        if !packages.contains_key(server_of) {
            server(look, server_of, &format!("`{app}`"));
        }
        return;
    }
    for file in ["main.py", "app.py", "server.py", "run.py"] {
        if look.has(file) {
            look.start(&["python3", file], file);
            return;
        }
    }
    let packages = sources.of(&["py"]).find(|f| f.inner.ends_with("/__main__.py"));
    if let Some(file) = packages {
        let dotted = file.inner.trim_end_matches("/__main__.py").replace('/', ".");
        let name = module(look, &dotted, &file.inner).to_owned();
        look.start(&["python3", "-m", &name], &file.inner);
        return;
    }
    nothing(look, "has no `main.py`, `app.py`, `server.py` or `__main__.py`");
}
