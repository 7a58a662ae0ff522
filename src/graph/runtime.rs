//! How the image of a service is made: framework, base images, what is built, what is started.

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::tree::Node;
use crate::model::app::{App, Role};
use crate::read::stack::build::PORT;
use crate::read::stack::version::{Language, pin, tag};
use crate::read::stack::{Asked, Detect, Stack};

use super::defaults::put;

/// Pinned images below the last stage of what is compiled, and of pages.
const ALPINE: &str = "alpine:3.20.3";
const DEBIAN: &str = "debian:bookworm-20241202-slim";
const NGINX: &str = "nginx:1.27.3-alpine3.20-slim";

/// The language of a framework, with the version that is taken where nothing asks for another.
pub(super) fn language(framework: &str) -> Option<(Language, &'static str)> {
    Some(match framework {
        "fastapi" | "django" | "python" => (Language::Python, "3.11.9"),
        "nextjs" | "express" | "node" | "static" => (Language::Node, "20.18.1"),
        "go" => (Language::Go, "1.23.4"),
        "rust" => (Language::Rust, "1.83.0"),
        "java" => (Language::Java, "21.0.5"),
        _ => return None,
    })
}

/// What a constraint on a version looks like to [`tag`]: Go's and Java's name the oldest that will do.
fn constraint(language: Language, wanted: &str) -> String {
    if language == Language::Go { format!(">={wanted}") } else { wanted.to_owned() }
}

/// The build context of a service in its long form, with what it says about it.
pub(super) fn asked(service: &Node) -> Option<Asked<'_>> {
    let text = |field: &str| service.get_str(field);
    let context = text("build.context")?;
    Some(Asked { context, framework: text("runtime.framework"), manager: text("runtime.packageManager") })
}

/// What the sources of services lack for their generated Dockerfiles. One that a person wrote needs none of it.
pub fn lacks(app: &App, detect: &Detect<'_>) -> Vec<Diagnostic> {
    let mut out = Vec::new();
    for unit in app.units.iter().filter(|u| u.role == Role::Service && u.own_dockerfile().is_none()) {
        let service = &unit.union;
        let given = |field: &str| service.get(&format!("runtime.{field}")).is_some_and(|n| n.span().is_some());
        let Some(context) = service.get_str("build.context") else { continue };
        let text = |field: &str| service.get_str(&format!("runtime.{field}")).filter(|_| given(field));
        let stack = detect(&Asked { context, framework: text("framework"), manager: text("packageManager") });
        let at = service.get("build").and_then(Node::span);
        for lack in stack.lacks.iter().filter(|l| l.unless.is_empty() || !given(l.unless)) {
            let message = format!("service `{}` will not build: `{context}` {}", unit.name, lack.what);
            out.push(Diagnostic::error(lack.code, message).at(at, lack.label.clone()).fix(lack.fix.clone()));
        }
        let framework = service.get_str("runtime.framework").unwrap_or_default();
        if let Err(reason) = version(text("version"), framework, &stack)
            && !given("baseImage")
            && !given("buildImage")
        {
            let place = service.get("runtime.version").and_then(Node::span).or(at);
            let fix =
                "add `runtime: { version: … }` with a version that is known, or `baseImage` with an image of your own";
            let message = format!("service `{}`: {reason}", unit.name);
            out.push(Diagnostic::error("build-version", message).at(place, "no image for it").fix(fix));
        }
    }
    out
}

/// The version of the language for a service: the spec's, else the one that the sources ask for, pinned.
///
/// # Errors
/// What to tell the reader when there is no base image for it.
pub(super) fn version(given: Option<&str>, framework: &str, stack: &Stack) -> Result<String, String> {
    let Some((language, usual)) = language(framework) else { return Ok(String::new()) };
    match (given, &stack.version) {
        (Some(given), _) => tag(language, given),
        (None, Some(wanted)) => pin(language, &constraint(language, wanted)),
        (None, None) => Ok(usual.to_owned()),
    }
}

fn alpine_of_node(version: &str) -> &'static str {
    match version.split('.').next().and_then(|m| m.parse::<u32>().ok()) {
        Some(24..) => "3.22",
        _ => "3.20",
    }
}

/// The image that the last stage begins with, and the one that it is built in where that is another.
fn images(framework: &str, version: &str) -> (String, Option<String>) {
    let node = || format!("node:{version}-alpine{}", alpine_of_node(version));
    match framework {
        "fastapi" | "django" | "python" => (format!("python:{version}-slim-bookworm"), None),
        "nextjs" | "express" | "node" => (node(), None),
        "static" => (NGINX.to_owned(), Some(node())),
        "go" => (ALPINE.to_owned(), Some(format!("golang:{version}-bookworm"))),
        "rust" => (DEBIAN.to_owned(), Some(format!("rust:{version}-slim-bookworm"))),
        _ => {
            let major = version.split('.').next().unwrap_or_default();
            (format!("eclipse-temurin:{version}_11-jre-alpine"), Some(format!("maven:3.9.9-eclipse-temurin-{major}")))
        }
    }
}

fn seen(stack: &Stack, what: &str) -> String {
    stack
        .evidence
        .get(what)
        .map_or_else(|| "the framework's usual way".to_owned(), |file| format!("detected from {file}"))
}

/// Framework, version, images, package manager, and what else the template reads.
pub(super) fn how(node: &mut Node, stack: &Stack) {
    if node.get("build.dockerfile").is_some() {
        put(node, "runtime.framework", &json!("custom"), "it has a Dockerfile of its own");
    } else if let Some(framework) = &stack.framework {
        put(node, "runtime.framework", &json!(framework), &seen(stack, "framework"));
    }
    let Some(framework) = node.get_str("runtime.framework").map(str::to_owned) else { return };
    let Some((_, usual)) = language(&framework) else { return };
    // a version without an image is an error that is said elsewhere
    let tag = version(node.get_str("runtime.version"), &framework, stack).unwrap_or_else(|_| usual.to_owned());
    put(node, "runtime.version", &json!(tag), "the pinned version of the runtime");
    let (base, build) = images(&framework, &tag);
    put(node, "runtime.baseImage", &json!(base), "a small official image, pinned to the patch level");
    if let Some(build) = build {
        put(
            node,
            "runtime.buildImage",
            &json!(build),
            "the official image with the compiler, pinned to the patch level",
        );
    }
    let manager = stack.package_manager.as_deref().or(match framework.as_str() {
        "fastapi" | "django" | "python" => Some("pip"),
        "nextjs" | "express" | "node" => Some("npm"),
        _ => None,
    });
    if let Some(manager) = manager {
        let what = if stack.evidence.contains_key("packageManager") { "packageManager" } else { "framework" };
        put(node, "runtime.packageManager", &json!(manager), &seen(stack, what));
    }
    for (field, value) in &stack.facts {
        put(node, &format!("runtime.{field}"), value, &seen(stack, field));
    }
}

/// The port of a service that says nothing about it.
pub(super) fn usual_port(framework: &str) -> Option<i64> {
    match framework {
        "fastapi" | "django" => Some(8000),
        "nextjs" | "express" | "node" => Some(3000),
        "go" | "rust" | "java" | "static" => Some(8080),
        _ => None,
    }
}

/// What is started, and what is started instead while somebody works on the sources.
pub(super) fn program(node: &mut Node, stack: &Stack, port: Option<i64>) {
    let framework = node.get_str("runtime.framework").unwrap_or_default().to_owned();
    let port = port.or_else(|| usual_port(&framework)).unwrap_or(8000).to_string();
    let usual: &[&str] = match framework.as_str() {
        "fastapi" => &["uvicorn", "main:app", "--host", "0.0.0.0", "--port", PORT],
        "nextjs" => &["node", "server.js"],
        _ => &[],
    };
    let seen_words = stack.entrypoint.iter().map(String::as_str);
    let words: Vec<&str> = if stack.entrypoint.is_empty() { usual.to_vec() } else { seen_words.collect() };
    if !words.is_empty() {
        let words: Vec<String> = words.iter().map(|w| w.replace(PORT, &port)).collect();
        put(node, "runtime.entrypoint", &json!(words), &seen(stack, "entrypoint"));
    }
    if let Some(words) = dev(node, &framework, &port) {
        put(node, "runtime.dev.command", &json!(words), "starts again when a source changes");
        // what is only needed for building is in the stage that builds
        let built = matches!(framework.as_str(), "express" | "node") && node.get_bool("runtime.build") == Some(true);
        let stage = if built { "build" } else { "dependencies" };
        put(node, "runtime.dev.stage", &json!(stage), "the stage with the packages, without the sources");
    }
}

fn dev(node: &Node, framework: &str, port: &str) -> Option<Vec<String>> {
    let words: Vec<String> = node
        .get("runtime.entrypoint")
        .and_then(Node::as_list)
        .map_or_else(Vec::new, |list| list.iter().filter_map(|w| w.as_str().map(str::to_owned)).collect());
    let own = |words: &[&str]| Some(words.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>());
    let with = |option: &str| {
        let rest = words.iter().skip(1).cloned();
        Some(words.iter().take(1).cloned().chain([option.to_owned()]).chain(rest).collect::<Vec<_>>())
    };
    let first = words.first().map(String::as_str);
    match framework {
        "django" if node.get("runtime.manage").is_some() => {
            own(&["python3", "manage.py", "runserver", &format!("0.0.0.0:{port}")])
        }
        "fastapi" | "django" | "python" if matches!(first, Some("uvicorn" | "gunicorn")) => with("--reload"),
        "nextjs" => own(&["node_modules/.bin/next", "dev", "--hostname", "0.0.0.0", "--port", port]),
        "express" | "node" if node.get_bool("runtime.build") == Some(true) => {
            node.get_bool("runtime.devScript").filter(|d| *d).and_then(|_| own(&["npm", "run", "dev"]))
        }
        "express" | "node" if first == Some("node") => with("--watch"),
        "static" if node.get_bool("runtime.vite") == Some(true) => {
            own(&["node_modules/.bin/vite", "--host", "0.0.0.0", "--port", port])
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use serde_json::Value as Json;

    use super::*;
    use crate::graph::defaults::tree;

    fn as_json(node: &Node, path: &str) -> Json {
        node.get(path).map_or(Json::Null, Node::json)
    }

    fn made(stack: &Stack, given: &Json) -> Node {
        let mut node = tree(&json!({ "build": { "context": "api" }, "runtime": given }), "given");
        how(&mut node, stack);
        program(&mut node, stack, Some(9000));
        node
    }

    #[test]
    fn images_follow_framework_and_version() {
        for (framework, wanted, base, build) in [
            ("django", Some(">=3.12"), "python:3.13.1-slim-bookworm", None),
            ("express", None, "node:20.18.1-alpine3.20", None),
            ("node", Some("24"), "node:24.11.1-alpine3.22", None),
            ("static", None, NGINX, Some("node:20.18.1-alpine3.20")),
            ("go", Some("1.22"), ALPINE, Some("golang:1.23.4-bookworm")),
            ("rust", None, DEBIAN, Some("rust:1.83.0-slim-bookworm")),
            ("java", Some("17"), "eclipse-temurin:17.0.13_11-jre-alpine", Some("maven:3.9.9-eclipse-temurin-17")),
        ] {
            let stack =
                Stack { framework: Some(framework.to_owned()), version: wanted.map(str::to_owned), ..Stack::default() };
            let node = made(&stack, &json!({}));
            assert_eq!(node.get_str("runtime.baseImage"), Some(base), "{framework}");
            assert_eq!(node.get_str("runtime.buildImage"), build, "{framework}");
        }
        let stack = Stack { framework: Some("go".to_owned()), ..Stack::default() };
        let own = "registry.example/base:1@sha256:00";
        assert_eq!(made(&stack, &json!({ "baseImage": own })).get_str("runtime.baseImage"), Some(own));
    }

    #[test]
    fn the_port_stands_in_the_program_and_reloading_is_its_own() {
        let words = |w: &[&str]| w.iter().map(|w| (*w).to_owned()).collect::<Vec<_>>();
        let stack = Stack {
            framework: Some("fastapi".to_owned()),
            entrypoint: words(&["uvicorn", "m:app", "--port", PORT]),
            ..Stack::default()
        };
        let node = made(&stack, &json!({}));
        assert_eq!(as_json(&node, "runtime.entrypoint"), json!(["uvicorn", "m:app", "--port", "9000"]));
        assert_eq!(as_json(&node, "runtime.dev.command"), json!(["uvicorn", "--reload", "m:app", "--port", "9000"]));
        let facts = BTreeMap::from([("build", json!(true))]);
        let stack = Stack {
            framework: Some("node".to_owned()),
            entrypoint: words(&["node", "x.js"]),
            facts,
            ..Stack::default()
        };
        assert_eq!(as_json(&made(&stack, &json!({})), "runtime.dev.command"), Json::Null);
    }
}
