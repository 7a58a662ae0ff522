//! What is wrong with the parts of an app taken together: names, images, builds, dependencies.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::Node;
use crate::model::app::{Unit, own_dockerfile};
use crate::model::dns::is_name;
use crate::read::stack::{Asked, Detect};

use super::merge::Merged;
use super::resolve::Trees;

/// Namespaces that are the cluster's own, or everybody's. Quota, Pod Security and the policy that denies everything
/// would come over whatever else runs there, and `down` could take it away.
fn namespace(app: &str, merged: &Merged, out: &mut Vec<Diagnostic>) {
    let given = merged.tree.get("app.namespace").filter(|n| n.as_str().is_some());
    let name = given.and_then(Node::as_str).unwrap_or(app);
    if name == "default" || name.starts_with("kube-") {
        let place = given.or(merged.tree.get("app.name")).and_then(Node::span);
        out.push(
            Diagnostic::error("namespace-taken", format!("the namespace `{name}` is not the app's own"))
                .at(place, "others run there")
                .saying("the app's quota and its policy that denies everything would hold for all of them")
                .fix("give it one of its own: `app: { namespace: todo }`"),
        );
    }
}

/// Names, images and builds of the parts, before defaults.
pub(super) fn names(base: &Trees, app: &str, merged: &Merged, stack: &Detect<'_>, out: &mut Vec<Diagnostic>) {
    namespace(app, merged, out);
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    for (name, node) in base.services.iter().chain(&base.resources) {
        if !is_name(name, 50) {
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

/// Units that follow from others, such as a backup, want names of their own.
pub(super) fn derived(all: &Trees, out: &mut Vec<Diagnostic>) {
    for (name, made) in all.migrations.iter().chain(&all.backups) {
        if let Some(taken) = all.services.get(name).or_else(|| all.resources.get(name)) {
            out.push(
                Diagnostic::error("name-twice", format!("two parts of the app are called `{name}`"))
                    .at(taken.key_span(), "this one")
                    .and(made.key_span(), "and what is made for this")
                    .fix("rename this one"),
            );
        }
    }
}

fn a_build(name: &str, node: &Node, build: &Node, detect: &Detect<'_>, out: &mut Vec<Diagnostic>) {
    let context = build.get_str("context").unwrap_or_default();
    let stack = detect(&Asked::of(context));
    if !stack.exists {
        out.push(
            Diagnostic::error(
                "build-context",
                format!("service `{name}` is built from `{context}`, which is no folder here"),
            )
            .at(build.span(), "no such folder in the repository")
            .fix("correct the path; it is relative to the root of the repository and must not leave it"),
        );
    } else if let Some(file) = own_dockerfile(node) {
        // the file counts as a folder does: it must be there, and inside of the repository
        if !detect(&Asked::of(&file)).is_file {
            out.push(
                Diagnostic::error(
                    "build-dockerfile",
                    format!("service `{name}` is built with `{file}`, which is no file here"),
                )
                .at(build.get("dockerfile").and_then(Node::span), "no such file in the repository")
                .fix("correct the path; it is relative to the context, and must not leave the repository"),
            );
        }
    } else if stack.framework.is_none() && node.get("runtime.framework").is_none() {
        out.push(
            Diagnostic::error("build-framework", format!("nothing in `{context}` tells how to build service `{name}`"))
                .at(build.span(), "nothing of Python, Node.js, Go, Rust or Java, and no `index.html`")
                .fix("add `runtime: { framework: python }` or another, name your own Dockerfile (`build: { context: …, dockerfile: Dockerfile }`), or use an `image`"),
        );
    }
}

/// Dependencies: on parts that exist, and without a circle.
pub(super) fn needs(units: &[Unit], out: &mut Vec<Diagnostic>) {
    let known: BTreeSet<&str> = units.iter().map(|u| u.name.as_str()).collect();
    for (unit, need) in units.iter().flat_map(|u| u.needs.iter().map(move |n| (u, n))) {
        if known.contains(need.unit.as_str()) {
            continue;
        }
        let fix = did_you_mean(&need.unit, known.iter().copied());
        let message = format!("`{}` depends on `{}`, which the app does not have", unit.name, need.unit);
        out.push(
            Diagnostic::error("depends-unknown", message)
                .at(need.span, "no such service or resource")
                .fix(fix.unwrap_or_else(|| "declare it under `services` or `resources`, or remove it here".to_owned())),
        );
    }
    let stuck = circle(units, &known);
    let Some(first) = stuck.first() else { return };
    let names: Vec<String> = stuck.iter().map(|u| format!("`{}`", u.name)).collect();
    let mut d = Diagnostic::error("depends-cycle", format!("{} wait for each other", names.join(" and ")))
        .fix("remove one `dependsOn`; a call that may fail needs none");
    let inside: BTreeSet<&str> = stuck.iter().map(|u| u.name.as_str()).collect();
    for unit in &stuck {
        for need in unit.needs.iter().filter(|n| inside.contains(n.unit.as_str())) {
            let text = format!("`{}` waits for `{}`", unit.name, need.unit);
            let leads = d.primary.is_none() && unit.name == first.name;
            d = if leads { d.at(need.span, text) } else { d.and(need.span, text) };
        }
    }
    out.push(d);
}

/// Units that wait for each other: what is left when those that wait for nobody left, and those that nobody left waits
/// for, are taken away again and again.
fn circle<'u>(units: &'u [Unit], known: &BTreeSet<&str>) -> Vec<&'u Unit> {
    let mut left: BTreeSet<&str> = known.clone();
    loop {
        let awaited: BTreeSet<&str> = units
            .iter()
            .filter(|u| left.contains(u.name.as_str()))
            .flat_map(|u| u.needs.iter().map(|n| n.unit.as_str()))
            .collect();
        let before = left.len();
        for unit in units {
            let waits = unit.needs.iter().any(|n| left.contains(n.unit.as_str()));
            if !waits || !awaited.contains(unit.name.as_str()) {
                left.remove(unit.name.as_str());
            }
        }
        if left.len() == before {
            return units.iter().filter(|u| left.contains(u.name.as_str())).collect();
        }
    }
}
