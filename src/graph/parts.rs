//! What is wrong with the parts of an app taken together: names, images, builds, dependencies.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::Node;
use crate::model::app::Unit;
use crate::read::stack::Stack;

use super::merge::Merged;
use super::resolve::Trees;
use super::shape;

/// Names, images and builds of the parts, before defaults.
pub(super) fn names(
    base: &Trees,
    app: &str,
    merged: &Merged,
    stack: &dyn Fn(&str) -> Stack,
    out: &mut Vec<Diagnostic>,
) {
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    for (name, node) in base.services.iter().chain(&base.resources) {
        if !shape::is_dns_label(name, 50) {
            out.push(
                Diagnostic::error("name-invalid", format!("`{name}` cannot be the name of a Kubernetes object"))
                    .at(node.key_span(), "not a DNS label")
                    .fix("use lower-case letters, digits and dashes, beginning with a letter, at most 50"),
            );
        }
        let first = seen.insert(name, node);
        if first.is_some() || name == app {
            out.push(
                Diagnostic::error("name-twice", format!("two parts of the app are called `{name}`"))
                    .at(node.key_span(), "this one")
                    .and(first.map_or(merged.tree.get("app.name").and_then(Node::span), Node::key_span), "and this one")
                    .fix("rename one of the two"),
            );
        }
    }
    for (name, node) in &base.services {
        match (node.get("build"), node.get("image")) {
            (None, None) => out.push(
                Diagnostic::error("service-without-image", format!("service `{name}` has no `build` and no `image`"))
                    .at(node.key_span(), "nothing says what runs here")
                    .fix("add `build: <folder>`, or `image: <repository>:<tag>`"),
            ),
            (Some(_), Some(image)) => out.push(
                Diagnostic::error("service-two-images", format!("service `{name}` has both `build` and `image`"))
                    .at(image.key_span(), "an image that exists")
                    .and(node.get("build").and_then(Node::key_span), "an image that is built")
                    .fix("keep one of the two"),
            ),
            (None, Some(image)) if image.get("tag").is_none() => out.push(
                Diagnostic::error(
                    "image-tag-pinned",
                    format!("the image of `{name}` has no tag, which means `latest`"),
                )
                .at(image.span(), "no tag")
                .fix("name the version: `image: repository:tag`"),
            ),
            (Some(build), None) => a_build(name, node, build, stack, out),
            _ => {}
        }
    }
    for (name, node) in &base.resources {
        if node.get("type").is_none() {
            out.push(
                Diagnostic::error("resource-without-type", format!("resource `{name}` does not say what it is"))
                    .at(node.key_span(), "no `type`")
                    .fix("add `type: postgres`"),
            );
        }
        if let Some(service) = node.get("migrations.service")
            && let Some(wanted) = service.as_str()
            && base.services.get(wanted).and_then(|s| s.get("build")).is_none()
        {
            let fix = did_you_mean(wanted, base.services.keys().map(String::as_str));
            out.push(
                Diagnostic::error(
                    "service-unknown",
                    format!("no service `{wanted}` builds an image for the migrations"),
                )
                .at(service.span(), "not such a service")
                .fix(fix.unwrap_or_else(|| "name a service with `build`".to_owned())),
            );
        }
    }
}

fn a_build(name: &str, node: &Node, build: &Node, stack: &dyn Fn(&str) -> Stack, out: &mut Vec<Diagnostic>) {
    let context = build.get_str("context").unwrap_or_default();
    let stack = stack(context);
    if !stack.exists {
        out.push(
            Diagnostic::error(
                "build-context",
                format!("service `{name}` is built from `{context}`, which is no folder here"),
            )
            .at(build.span(), "no such folder in the repository")
            .fix("correct the path; it is relative to the root of the repository and must not leave it"),
        );
    } else if stack.framework.is_none() && node.get("runtime.framework").is_none() {
        out.push(
            Diagnostic::error("build-framework", format!("nothing in `{context}` tells how to build service `{name}`"))
                .at(build.span(), "neither FastAPI nor Next.js was found here")
                .fix("add `runtime: { framework: fastapi }` or `nextjs`, or use an `image`"),
        );
    }
}

/// Dependencies: on parts that exist, and without a circle.
pub(super) fn needs(units: &[Unit], out: &mut Vec<Diagnostic>) {
    for unit in units {
        for need in &unit.needs {
            if !units.iter().any(|u| u.name == need.unit) {
                let fix = did_you_mean(&need.unit, units.iter().map(|u| u.name.as_str()));
                out.push(
                    Diagnostic::error(
                        "depends-unknown",
                        format!("`{}` depends on `{}`, which the app does not have", unit.name, need.unit),
                    )
                    .at(need.span, "no such service or resource")
                    .fix(
                        fix.unwrap_or_else(|| {
                            "declare it under `services` or `resources`, or remove it here".to_owned()
                        }),
                    ),
                );
            }
        }
    }
    let mut settled: BTreeSet<&str> = BTreeSet::new();
    loop {
        let ready = |u: &&Unit| {
            !settled.contains(u.name.as_str())
                && u.needs.iter().all(|n| settled.contains(n.unit.as_str()) || !units.iter().any(|x| x.name == n.unit))
        };
        let Some(next) = units.iter().find(ready) else { break };
        settled.insert(&next.name);
    }
    let stuck: Vec<&Unit> = units.iter().filter(|u| !settled.contains(u.name.as_str())).collect();
    if let Some(first) = stuck.first() {
        let names: Vec<String> = stuck.iter().map(|u| format!("`{}`", u.name)).collect();
        let mut d = Diagnostic::error("depends-cycle", format!("{} wait for each other", names.join(" and ")))
            .fix("remove one `dependsOn`; a call that may fail needs none");
        for unit in &stuck {
            for need in unit.needs.iter().filter(|n| stuck.iter().any(|u| u.name == n.unit)) {
                d = if d.primary.is_none() && unit.name == first.name {
                    d.at(need.span, format!("`{}` waits for `{}`", unit.name, need.unit))
                } else {
                    d.and(need.span, format!("`{}` waits for `{}`", unit.name, need.unit))
                };
            }
        }
        out.push(d);
    }
}
