//! Go, Rust, Spring and plain pages: enough to say what they are, so that nobody thinks they were overlooked.

use crate::model::proposal::Found;
use crate::read::repository::{self, Repository};

use super::component::{Component, Framework};
use super::health;
use super::sources::{SourceFiles, line_of, port, quoted};

/// What the folder's own files tell.
pub fn framework(repository: &Repository, folder: &str) -> Option<Found<Framework>> {
    let text = |name: &str| {
        let path = repository::join(folder, name);
        repository.contents(&path).map(|text| (path, text))
    };
    if let Some((path, text)) = text("go.mod") {
        return Some(Found::new(Framework::Go, path, line_of(&text, "module ")));
    }
    if let Some((path, text)) = text("Cargo.toml") {
        let server = ["axum", "actix-web", "rocket", "warp", "poem", "salvo", "tide", "tonic", "hyper"];
        let names = |line: &str| server.iter().any(|s| line.split(['=', '.']).next().map(str::trim) == Some(*s));
        if let Some(line) = text.lines().position(names) {
            return Some(Found::new(Framework::Rust, path, line + 1));
        }
    }
    for name in ["pom.xml", "build.gradle", "build.gradle.kts"] {
        if let Some((path, text)) =
            text(name).filter(|(_, t)| t.contains("spring-boot") || t.contains("springframework.boot"))
        {
            return Some(Found::new(Framework::Spring, path, line_of(&text, "spring")));
        }
    }
    let page = repository::join(folder, "index.html");
    repository.has_file(&page).then(|| Found::new(Framework::Static, page, 0))
}

pub fn version(repository: &Repository, folder: &str, framework: Framework) -> Option<Found<String>> {
    let (name, before) = match framework {
        Framework::Go => ("go.mod", "go "),
        Framework::Spring => ("pom.xml", "<java.version>"),
        _ => return None,
    };
    let path = repository::join(folder, name);
    let text = repository.contents(&path)?;
    let line = text.lines().position(|l| l.trim_start().starts_with(before))?;
    let value = text.lines().nth(line)?.trim_start().strip_prefix(before)?;
    Some(Found::new(value.split('<').next().unwrap_or(value).trim().to_owned(), path, line + 1))
}

/// Whether a Go module has a program, and where.
pub fn main_package(sources: &SourceFiles) -> Option<Found<Vec<String>>> {
    let file = sources
        .of(&["go"])
        .find(|f| f.text.lines().any(|l| l.trim() == "package main") && f.text.contains("func main("))?;
    let folder = repository::folder(&file.inner);
    let package = if folder.is_empty() { ".".to_owned() } else { format!("./{folder}") };
    Some(Found::new(vec!["go".to_owned(), "run".to_owned(), package], &file.path, line_of(&file.text, "func main(")))
}

/// Routes and ports in the code.
pub fn code(component: &mut Component, sources: &SourceFiles) {
    for file in sources.of(&["go", "rs", "java", "kt"]) {
        for (at, line) in file.lines() {
            for call in ["HandleFunc(", "Handle(", ".GET(", ".Get(", "GetMapping(", "RequestMapping(", ".route("] {
                if let Some(path) = line.split_once(call).and_then(|(_, r)| quoted(r)) {
                    let path = path.rsplit(' ').next().unwrap_or(path);
                    health::note(&mut component.health, path, &at);
                }
            }
            if let Some(value) = line
                .split_once("ListenAndServe(\"")
                .or_else(|| line.split_once(".Run(\""))
                .and_then(|(_, r)| port(r.rsplit_once(':')?.1))
            {
                component.ports.push(Found { value, at });
            }
        }
    }
    for file in sources.of(&["properties", "yml", "yaml"]) {
        for (at, line) in file.lines() {
            if let Some(value) = line.trim().strip_prefix("server.port=").and_then(|p| port(p.trim())) {
                component.ports.push(Found { value, at });
            }
        }
    }
}

/// The route that Spring's actuator answers.
pub fn actuator(repository: &Repository, folder: &str) -> Option<Found<String>> {
    ["pom.xml", "build.gradle", "build.gradle.kts"].iter().find_map(|name| {
        let path = repository::join(folder, name);
        let line = line_of(&repository.contents(&path)?, "spring-boot-starter-actuator");
        (line > 0).then(|| Found::new("/actuator/health".to_owned(), path, line))
    })
}
