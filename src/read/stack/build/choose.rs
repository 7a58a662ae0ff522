//! Which framework a folder is made with, and what else it could be.

use super::Look;
use crate::read::stack::component::Framework;
use crate::read::stack::{node, python};

/// A name of `runtime.framework` with the file that speaks for it. Only a page stands back behind a program.
pub(super) fn framework(look: &mut Look<'_>) {
    let found = candidates(look);
    let programs: Vec<&(&str, &str)> = found.iter().filter(|(name, _)| *name != "static").collect();
    if let Some(given) = look.asked.framework {
        look.stack.framework = Some(given.to_owned());
        if let Some((_, file)) = found.iter().find(|(name, _)| *name == given) {
            look.see("framework", file);
        }
        return;
    }
    let Some((name, file)) = programs.first().copied().or(found.first()).copied() else { return };
    look.stack.framework = Some(name.to_owned());
    look.see("framework", file);
    if let Some((other, second)) = programs.get(1) {
        let what = format!("has `{file}` and `{second}`, and could be built either way");
        let fix =
            format!("add `runtime: {{ framework: {name} }}` or `{other}`, or build from the folder of one of them");
        look.lack("build-ambiguous", &what, "two programs in one folder", fix, "framework");
    }
}

fn candidates(look: &Look<'_>) -> Vec<(&'static str, &'static str)> {
    let mut found = Vec::new();
    let package = node::Package::read(&look.files, "");
    if let Some(package) = &package {
        let name = match package.framework().map(|f| f.value) {
            Some(Framework::NextJs) => Some("nextjs"),
            Some(Framework::Express) => Some("express"),
            Some(Framework::Static) => Some("static"),
            Some(_) => Some("node"),
            None if package.script("start").is_some() => Some("node"),
            None => None,
        };
        found.extend(name.map(|n| (n, "package.json")));
    }
    found.extend(python_kind(look));
    if look.has("go.mod") {
        found.push(("go", "go.mod"));
    }
    if look.text("Cargo.toml").lines().any(|l| matches!(l.trim(), "[package]" | "[workspace]")) {
        found.push(("rust", "Cargo.toml"));
    }
    for file in ["pom.xml", "build.gradle", "build.gradle.kts"] {
        if look.has(file) {
            found.push(("java", file));
            break;
        }
    }
    if found.is_empty() && look.has("index.html") {
        found.push(("static", "index.html"));
    }
    found
}

fn python_kind(look: &Look<'_>) -> Option<(&'static str, &'static str)> {
    let files = ["requirements.txt", "pyproject.toml", "uv.lock", "poetry.lock"];
    let file = files.into_iter().find(|f| look.has(f));
    let packages = python::packages(&look.files, "");
    let by = |name: &str| {
        let place = packages.get(name)?;
        files.into_iter().find(|f| *f == place.file).or(file)
    };
    if let Some(file) = by("fastapi") {
        return Some(("fastapi", file));
    }
    if let Some(file) = by("django") {
        return Some(("django", file));
    }
    if look.text("manage.py").contains("DJANGO_SETTINGS_MODULE") {
        return Some(("django", "manage.py"));
    }
    // a pyproject.toml may hold the settings of a formatter only
    let project = look.text("pyproject.toml").lines().any(|l| matches!(l.trim(), "[project]" | "[tool.poetry]"));
    file.filter(|f| *f != "pyproject.toml" || project).map(|f| ("python", f))
}
