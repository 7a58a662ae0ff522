//! Images and Dockerfiles.

use crate::base::tree::Node;
use crate::check::dockerfile::{Dockerfile, Instruction};
use crate::check::view::{File, Object, Scope, View};
use crate::model::app::{Role, Unit};

use super::{Asked, Out};

/// Whether an image reference names a version that stays: a tag other than `latest`, or a digest.
fn pinned(image: &str) -> bool {
    let name = image.rsplit('/').next().unwrap_or(image);
    image.contains("@sha256:") || name.split_once(':').is_some_and(|(_, tag)| !tag.is_empty() && tag != "latest")
}

pub(super) fn tag_pinned(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        for container in object.all_containers() {
            let Some(image) = container.get("image") else { continue };
            let text = image.as_str().unwrap_or_default();
            if !pinned(text) {
                let message = format!("{} runs `{text}`, which moves", object.label());
                let fix = "name a version, or a digest";
                out.caused(scope, &object, "image.tag", message, image.span(), "no version that stays", fix);
            }
        }
    }
}

pub(super) fn base_pinned(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, dockerfile) in view.dockerfiles() {
        let names: Vec<&str> = dockerfile.stages().filter_map(Instruction::stage_name).collect();
        for from in dockerfile.stages() {
            let image = from.image();
            // an argument is pinned where it is given
            let known = image == "scratch" || names.contains(&image) || image.contains('$');
            if !known && !pinned(image) {
                let message = format!("the image of {} is built on `{image}`, which moves", unit(file));
                out.file(file, message, Some(from.span), "no version that stays", "name a version, or a digest");
            }
        }
    }
}

fn unit<'a>(file: &'a File<'_>) -> &'a str {
    &file.artifact.identity.unit
}

pub(super) fn per_service(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    let units = view.input.app.into_iter().flat_map(|a| &a.units);
    let built = |u: &&Unit| u.union.get("build").is_some() && u.own_dockerfile().is_none();
    for service in units.filter(|u| u.role == Role::Service).filter(built) {
        if !view.dockerfiles().any(|(f, _)| unit(f) == service.name) {
            out.whole(None, format!("`{}` has no Dockerfile", service.name), "run `bowline generate`");
        }
    }
}

pub(super) fn multi_stage(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, dockerfile) in view.dockerfiles() {
        if dockerfile.stages().count() < 2 {
            let at = dockerfile.stages().next().map(|f| f.span);
            let fix = "build in one stage and copy what runs into another";
            out.file(file, format!("the image of {} is built in one stage", unit(file)), at, "the only stage", fix);
        }
    }
}

pub(super) fn user(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, dockerfile) in view.dockerfiles() {
        let fix = "add `USER 10001:10001` to the last stage";
        match dockerfile.last("USER") {
            None => {
                let at = dockerfile.stages().last().map(|f| f.span);
                out.file(file, format!("the image of {} runs as root", unit(file)), at, "this stage sets no user", fix);
            }
            Some(line) => {
                let user = line.arguments.split(':').next().unwrap_or_default();
                if matches!(user, "root" | "0") {
                    let message = format!("the image of {} runs as root", unit(file));
                    out.file(file, message, Some(line.span), "root", fix);
                }
            }
        }
    }
}

pub(super) fn healthcheck(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, dockerfile) in view.dockerfiles() {
        let line = dockerfile.last("HEALTHCHECK");
        if line.is_none_or(|l| l.arguments.eq_ignore_ascii_case("none")) {
            let at = line.map(|l| l.span).or_else(|| dockerfile.stages().last().map(|f| f.span));
            let message = format!("the image of {} has no health check", unit(file));
            out.file(file, message, at, "no HEALTHCHECK", "add `HEALTHCHECK CMD [...]` to the last stage");
        }
    }
}

const INSTALLS: &[&str] = &[
    "pip install",
    "pip3 install",
    "uv sync",
    "uv pip install",
    "poetry install",
    "npm ci",
    "npm install",
    "pnpm install",
    "yarn install",
    "bundle install",
    "go mod download",
    "cargo fetch",
];

/// Sources copied before the dependencies are installed make every change of code install them again.
pub(super) fn cache_order(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, dockerfile) in view.dockerfiles() {
        for (index, copy) in dockerfile.instructions.iter().enumerate().filter(|(_, i)| copies_all(i)) {
            let later = dockerfile.instructions[index + 1..].iter().filter(|i| i.stage == copy.stage);
            let install = later.into_iter().find(|i| i.keyword == "RUN" && installs(&i.arguments));
            if install.is_some() {
                let message = format!("every change of {} installs its dependencies again", unit(file));
                let fix = "copy the lock file alone, install, then copy the rest";
                out.file(file, message, Some(copy.span), "all sources, before the install", fix);
            }
        }
    }
}

fn installs(command: &str) -> bool {
    INSTALLS.iter().any(|i| command.contains(i))
}

fn copies_all(i: &Instruction) -> bool {
    matches!(i.keyword.as_str(), "COPY" | "ADD")
        && !i.arguments.contains("--from=")
        && i.arguments.split_whitespace().find(|w| !w.starts_with("--")).is_some_and(|w| matches!(w, "." | "./"))
}

pub(super) fn exec_form(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, dockerfile) in view.dockerfiles() {
        if let Some(line) = entry(dockerfile)
            && !line.arguments.starts_with('[')
        {
            let message = format!("a shell stands between the signal and {}", unit(file));
            let fix = format!("write `{} [\"program\", \"argument\"]`", line.keyword);
            out.file(file, message, Some(line.span), "SIGTERM stops at the shell", &fix);
        }
    }
}

fn entry(dockerfile: &Dockerfile) -> Option<&Instruction> {
    dockerfile.last("ENTRYPOINT").or_else(|| dockerfile.last("CMD"))
}

/// Names of images that are databases.
const DATABASES: &[&str] = &["postgres", "postgresql", "mysql", "mariadb", "mongo", "mongodb"];

/// Whether a workload runs a database server.
pub(super) fn is_database(object: &Object<'_>) -> bool {
    object.containers().iter().any(|c| {
        let image = c.get("image").and_then(Node::as_str).unwrap_or_default();
        let name = image.rsplit('/').next().unwrap_or(image);
        DATABASES.contains(&name.split([':', '@']).next().unwrap_or(name))
    })
}
