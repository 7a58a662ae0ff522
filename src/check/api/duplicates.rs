//! `api-duplicate-name`: names that must stand once.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::tree::Node;
use crate::check::findings::Findings;
use crate::check::view::{Object, Scope, list};

use super::Typed;

const CODE: &str = "api-duplicate-name";

pub(super) fn object(to: &mut Typed<'_, '_>) {
    let object = to.object;
    if let Some(pod) = object.pod() {
        once(to, object.all_containers(), "name", "containers");
        once(to, list(pod, "volumes"), "name", "volumes");
        for container in object.all_containers() {
            once(to, list(container, "env"), "name", "environment variables");
            once(to, list(container, "ports"), "name", "ports");
        }
    }
    if object.kind() == "Service" {
        let ports = list(object.node, "spec.ports");
        once(to, ports, "name", "ports");
        if ports.len() > 1
            && let Some(port) = ports.iter().find(|p| p.get_str("name").is_none())
        {
            let message = format!("{} has several ports, one without a name", object.label());
            to.error(CODE, message, port.span(), "no name", "name every port");
        }
    }
}

fn once<'a>(to: &mut Typed<'_, '_>, items: impl IntoIterator<Item = &'a Node>, key: &str, what: &str) {
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    for item in items {
        let Some(name) = item.get(key) else { continue };
        let Some(text) = name.as_str() else { continue };
        if let Some(first) = seen.get(text) {
            let message = format!("{} has two {what} with the name `{text}`", to.object.label());
            let found = Diagnostic::error(CODE, message)
                .at(name.span(), "again here")
                .and(first.span(), "first here")
                .fix("rename or remove one of them");
            to.add(found);
        } else {
            seen.insert(text, name);
        }
    }
}

/// Two files with one object: the one applied last would win.
pub(super) fn objects(scope: &Scope<'_>, out: &mut Findings) {
    let mut seen: BTreeMap<(&str, &str, Option<&str>, &str), &Object<'_>> = BTreeMap::new();
    for object in &scope.objects {
        let group = object.api_version().rsplit_once('/').map_or("", |(g, _)| g);
        let key = (group, object.kind(), object.namespace(), object.name());
        if object.name().is_empty() {
            continue;
        }
        if let Some(first) = seen.get(&key) {
            let found = Diagnostic::error(CODE, format!("{} stands in two places", object.label()))
                .at(object.place(), "again here")
                .and(first.place(), "first here")
                .fix("rename or remove one of them");
            out.object(scope, object, found);
        } else {
            seen.insert(key, object);
        }
    }
}
