//! `api-ref-exists`: objects name each other; what they name must be there.

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::{Diagnostic, Severity};
use crate::base::suggest::did_you_mean;
use crate::base::tree::{Node, Tree};
use crate::check::findings::Findings;
use crate::check::view::{Object, Scope, list};
use crate::model::app::App;

const CODE: &str = "api-ref-exists";

struct Refs<'a, 's> {
    scope: &'a Scope<'s>,
    /// Secrets that are there or that `up` makes, with their keys; `None`: any key.
    secrets: BTreeMap<String, Option<BTreeSet<String>>>,
    out: &'a mut Findings,
}

pub(super) fn check(scope: &Scope<'_>, out: &mut Findings) {
    let mut secrets: BTreeMap<String, Option<BTreeSet<String>>> =
        scope.of_kind("Secret").map(|s| (s.name().to_owned(), Some(keys(&s).map(str::to_owned).collect()))).collect();
    if let Some(app) = scope.view.input.app {
        promised(app, &mut secrets);
    }
    let mut refs = Refs { scope, secrets, out };
    for object in &scope.objects {
        refs.pod(object);
        match object.kind() {
            "Ingress" => refs.ingress(object),
            "StatefulSet" => {
                if let Some(name) = object.node.get("spec.serviceName") {
                    refs.named(object, "Service", name);
                }
            }
            "RoleBinding" => refs.binding(object),
            _ => {}
        }
    }
}

/// The Secrets that delivery makes from the environment.
fn promised(app: &App, secrets: &mut BTreeMap<String, Option<BTreeSet<String>>>) {
    let mut add = |name: &str, key: &str| {
        if let Some(keys) = secrets.entry(name.to_owned()).or_insert_with(|| Some(BTreeSet::new())) {
            keys.insert(key.to_owned());
        }
    };
    for unit in &app.units {
        let declared = unit.union.get("secrets").and_then(Node::as_map).into_iter().flatten();
        for (variable, node) in declared {
            let name = node.get_str("secret").map_or_else(|| format!("{}-secrets", unit.name), str::to_owned);
            add(&name, node.get_str("key").unwrap_or(variable));
        }
        if let Some(node) = unit.union.get("credentials")
            && let (Some(name), Some(key)) = (node.get_str("secret"), node.get_str("key"))
        {
            add(name, key);
        }
        for link in list(&unit.union, "links") {
            if let (Some(name), Some(key)) = (link.get_str("secret"), link.get_str("key")) {
                add(name, key);
            }
        }
    }
    // one that a person made has whatever keys they gave it
    for model in app.units.iter().flat_map(|u| u.environments.values()) {
        if let Some(name) = model.get_str("existingSecret") {
            secrets.insert(name.to_owned(), None);
        }
    }
}

fn keys<'a>(object: &Object<'a>) -> impl Iterator<Item = &'a str> + use<'a> {
    let maps = ["data", "stringData", "binaryData"].into_iter().filter_map(|p| object.node.get(p)?.as_map());
    let maps: Vec<_> = maps.collect();
    maps.into_iter().flatten().map(|(k, _)| k.as_str())
}

impl Refs<'_, '_> {
    fn pod(&mut self, object: &Object<'_>) {
        let Some(pod) = object.pod() else { return };
        if let Some(account) = pod.get("serviceAccountName").filter(|n| n.as_str() != Some("default")) {
            self.named(object, "ServiceAccount", account);
        }
        for container in object.all_containers() {
            for source in list(container, "envFrom") {
                for (kind, key) in [("ConfigMap", "configMapRef"), ("Secret", "secretRef")] {
                    self.data(object, kind, source.get(key), "name", None);
                }
            }
            for variable in list(container, "env") {
                for (kind, path) in [("ConfigMap", "valueFrom.configMapKeyRef"), ("Secret", "valueFrom.secretKeyRef")] {
                    let reference = variable.get(path);
                    self.data(object, kind, reference, "name", reference.and_then(|r| r.get("key")));
                }
            }
        }
        let claimed = |name: &str| {
            self.scope.find("PersistentVolumeClaim", name).is_some() || self.given_claims().any(|given| given == name)
        };
        let mut lost = Vec::new();
        for volume in list(pod, "volumes") {
            if let Some(claim) = volume.get("persistentVolumeClaim.claimName")
                && claim.as_str().is_some_and(|c| !claimed(c))
            {
                lost.push(claim);
            }
        }
        for claim in lost {
            self.named(object, "PersistentVolumeClaim", claim);
        }
        for volume in list(pod, "volumes") {
            self.data(object, "ConfigMap", volume.get("configMap"), "name", None);
            self.data(object, "Secret", volume.get("secret"), "secretName", None);
        }
    }

    /// Claims that the block says are there already.
    fn given_claims(&self) -> impl Iterator<Item = &str> {
        let units = self.scope.view.input.app.into_iter().flat_map(|app| &app.units);
        units.flat_map(|u| list(&u.union, "volumes")).filter_map(|v| v.get_str("source"))
    }

    /// A ConfigMap or Secret, and its key, unless the reference is optional.
    fn data(&mut self, object: &Object<'_>, kind: &str, reference: Option<&Node>, field: &str, key: Option<&Node>) {
        let Some(reference) = reference.filter(|r| r.get_bool("optional") != Some(true)) else { return };
        let Some(name) = reference.get(field) else { return };
        let text = name.as_str().unwrap_or_default();
        let known: Option<Option<BTreeSet<String>>> = if kind == "Secret" {
            self.secrets.get(text).cloned()
        } else {
            self.scope.find(kind, text).map(|o| Some(keys(&o).map(str::to_owned).collect()))
        };
        match (known, key) {
            (None, _) => self.missing(object, kind, name),
            (Some(Some(there)), Some(key)) if key.as_str().is_some_and(|k| !there.contains(k)) => {
                let wanted = key.as_str().unwrap_or_default();
                let fix = did_you_mean(wanted, there.iter().map(String::as_str));
                let message = format!(
                    "{} reads `{wanted}` of {}/{text}, which has no such key",
                    object.label(),
                    kind.to_lowercase()
                );
                let found = Diagnostic::error(CODE, message)
                    .at(key.span(), "no such key")
                    .fix(fix.unwrap_or_else(|| format!("add the key `{wanted}`")));
                self.out.object(self.scope, object, found);
            }
            _ => {}
        }
    }

    fn named(&mut self, object: &Object<'_>, kind: &str, name: &Node) {
        if self.scope.find(kind, name.as_str().unwrap_or_default()).is_none() {
            self.missing(object, kind, name);
        }
    }

    fn missing(&mut self, object: &Object<'_>, kind: &str, name: &Node) {
        let text = name.as_str().unwrap_or_default();
        let mut names: Vec<&str> = self.scope.of_kind(kind).map(|o| o.name()).collect();
        if kind == "Secret" {
            names.extend(self.secrets.keys().map(String::as_str));
        }
        let fix =
            did_you_mean(text, names).unwrap_or_else(|| format!("add a {kind} `{text}`, or remove the reference"));
        // without a model nobody knows which Secrets a person made by hand
        let unsure = kind == "Secret" && self.scope.view.input.app.is_none();
        let severity = if unsure { Severity::Warning } else { Severity::Error };
        let message = format!("{} needs {}/{text}, which nothing makes", object.label(), kind.to_lowercase());
        self.out.object(
            self.scope,
            object,
            Diagnostic::new(CODE, severity, message).at(name.span(), "not there").fix(fix),
        );
    }

    fn ingress(&mut self, object: &Object<'_>) {
        let default = object.node.get("spec.defaultBackend.service");
        let paths = list(object.node, "spec.rules").iter().flat_map(|r| list(r, "http.paths"));
        let backends: Vec<&Node> = paths.filter_map(|p| p.get("backend.service")).chain(default).collect();
        for backend in backends {
            let Some(name) = backend.get("name") else { continue };
            let Some(service) = self.scope.find("Service", name.as_str().unwrap_or_default()) else {
                self.missing(object, "Service", name);
                continue;
            };
            let ports = list(service.node, "spec.ports");
            let wanted = backend.get("port.number").or_else(|| backend.get("port.name"));
            let there = wanted.is_none_or(|w| match &w.tree {
                Tree::Int(n) => ports.iter().any(|p| p.get_int("port") == Some(*n)),
                Tree::Text(t) => ports.iter().any(|p| p.get_str("name") == Some(t)),
                _ => true,
            });
            if !there {
                let message = format!("{} sends to a port that {} does not have", object.label(), service.label());
                let found = Diagnostic::error(CODE, message)
                    .at(wanted.and_then(Node::span), "no such port")
                    .and(service.node.get("spec.ports").and_then(Node::key_span), "its ports")
                    .fix("name a port of the Service");
                self.out.object(self.scope, object, found);
            }
        }
    }

    fn binding(&mut self, object: &Object<'_>) {
        if object.node.get_str("roleRef.kind") == Some("Role")
            && let Some(name) = object.node.get("roleRef.name")
        {
            self.named(object, "Role", name);
        }
        for subject in list(object.node, "subjects") {
            let here = subject.get_str("namespace").is_none_or(|n| Some(n) == object.namespace());
            if subject.get_str("kind") == Some("ServiceAccount")
                && here
                && let Some(name) = subject.get("name").filter(|n| n.as_str() != Some("default"))
            {
                self.named(object, "ServiceAccount", name);
            }
        }
    }
}
