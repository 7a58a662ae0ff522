//! Go and Rust: which program is built, and whether its dependencies have a layer of their own.

use std::collections::BTreeSet;

use serde_json::json;

use super::Look;
use crate::read::repository;
use crate::read::stack::sources::{is_aside, quoted};

pub(super) fn go(look: &mut Look<'_>) {
    let module = look.text("go.mod");
    let line = |word: &str| module.lines().find_map(|l| l.trim().strip_prefix(word)).map(|r| r.trim().to_owned());
    look.stack.version = line("toolchain go").or_else(|| line("go "));
    look.fact("vendor", look.has("vendor/modules.txt"), "go.mod");
    look.manifests(["go.mod", "go.sum"], "go.mod");
    let requires = module.lines().any(|l| l.trim_start().starts_with("require"));
    if module.is_empty() {
        let fix = "run `go mod init` in that folder";
        look.lack("build-lock", "has no `go.mod`", "nothing says which versions are used", fix, "");
    } else if requires && !look.has("go.sum") {
        let fix = "run `go mod tidy` in that folder, and commit `go.sum`";
        look.lack(
            "build-lock",
            "has no `go.sum`, which Go checks its modules by",
            "nothing proves the versions",
            fix,
            "",
        );
    }
    let programs: BTreeSet<String> = look
        .files
        .files()
        .filter(|f| f.ends_with(".go") && !is_aside(f))
        .filter(|f| {
            let text = look.text(f);
            text.lines().any(|l| l.trim() == "package main") && text.contains("func main(")
        })
        .map(|f| repository::folder(f).to_owned())
        .collect();
    let package = |folder: &str| if folder.is_empty() { ".".to_owned() } else { format!("./{folder}") };
    one(look, programs.iter().map(|p| package(p)).collect(), "package", "a file with `package main` and `func main()`");
}

pub(super) fn rust(look: &mut Look<'_>) {
    let manifest = look.text("Cargo.toml");
    let toolchain = look.text("rust-toolchain.toml") + &look.text("rust-toolchain");
    let channel = toolchain.lines().find_map(|l| l.trim().strip_prefix("channel").and_then(quoted));
    let oldest = manifest.lines().find_map(|l| l.trim().strip_prefix("rust-version").and_then(quoted));
    look.stack.version = channel.map(str::to_owned).or_else(|| oldest.map(|v| format!(">={v}")));
    if !look.has("Cargo.lock") {
        let fix = "run `cargo generate-lockfile` in that folder, and commit `Cargo.lock`";
        look.lack("build-lock", "has no `Cargo.lock`", "nothing says which versions are used", fix, "");
    }
    look.manifests(["Cargo.toml", "Cargo.lock", "rust-toolchain.toml", "rust-toolchain"], "Cargo.toml");
    // a program of one line stands in for the sources where nothing else has to be there
    let sections: Vec<&str> = manifest.lines().map(str::trim).filter(|l| l.starts_with('[')).collect();
    let simple = look.has("src/main.rs")
        && !sections.iter().any(|s| s.starts_with("[[") || matches!(*s, "[workspace]" | "[lib]"))
        && !manifest.lines().any(|l| l.trim_start().starts_with("build ") || l.contains("path = "));
    look.fact("layered", simple, "Cargo.toml");
    let programs = programs(look, "", &manifest);
    let chosen = manifest.lines().find_map(|l| l.trim().strip_prefix("default-run").and_then(quoted));
    match chosen.filter(|c| programs.contains(*c)) {
        Some(name) => look.fact("target", name, "Cargo.toml"),
        None => one(look, programs.into_iter().collect(), "binary", "`src/main.rs`, `src/bin` or `[[bin]]`"),
    }
}

/// Names of the binaries of a package, and of those of its workspace.
fn programs(look: &Look<'_>, folder: &str, manifest: &str) -> BTreeSet<String> {
    let mut all = BTreeSet::new();
    let mut section = "";
    let mut package = None;
    for line in manifest.lines().map(str::trim) {
        if line.starts_with('[') {
            section = line;
        } else if let Some(name) = line.strip_prefix("name").and_then(quoted) {
            match section {
                "[package]" => package = Some(name.to_owned()),
                "[[bin]]" => drop(all.insert(name.to_owned())),
                _ => {}
            }
        }
    }
    let at = |path: &str| repository::join(folder, path);
    let named = !all.is_empty();
    if let Some(name) = package.filter(|_| !named && look.has(&at("src/main.rs"))) {
        all.insert(name);
    }
    let bins = at("src/bin/");
    for file in look.files.files().filter_map(|f| f.strip_prefix(bins.as_str())) {
        if let Some(name) = file.strip_suffix(".rs").filter(|n| !n.contains('/')).or(file.strip_suffix("/main.rs")) {
            all.insert(name.to_owned());
        }
    }
    if folder.is_empty() && manifest.contains("[workspace]") {
        let members = look.files.files().filter_map(|f| f.strip_suffix("/Cargo.toml")).filter(|f| !is_aside(f));
        for member in members.map(str::to_owned).collect::<Vec<_>>() {
            all.extend(programs(look, &member, &look.text(&format!("{member}/Cargo.toml"))));
        }
    }
    all
}

/// The one that is built; several are the reader's choice.
fn one(look: &mut Look<'_>, programs: Vec<String>, kind: &str, missing: &str) {
    match programs.as_slice() {
        [one] => look.fact("target", one.clone(), if kind == "package" { "go.mod" } else { "Cargo.toml" }),
        [] => {
            let fix = format!("add {missing}");
            look.lack("build-entrypoint", "has no program", "nothing to build", fix, "target");
        }
        [first, ..] => {
            look.fact("target", json!(first), "go.mod");
            let names: Vec<String> = programs.iter().map(|p| format!("`{p}`")).collect();
            let what = format!("has several programs: {}", names.join(", "));
            let fix = format!("add `runtime: {{ target: {first} }}`, or another {kind}");
            look.lack("build-entrypoint", &what, "which one?", fix, "target");
        }
    }
}
