//! Charts, labels, Compose, and where things run.

use std::collections::BTreeSet;

use crate::base::source::Span;
use crate::base::tree::Node;
use crate::check::view::{File, Scope, View, list, texts};
use crate::model::catalogue::Layer;

use super::{Asked, Out};

const LABELS: [&str; 3] = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/part-of"];

pub(super) fn labels(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in &scope.objects {
        let labels = texts(object.node, "metadata.labels");
        let missing: Vec<&str> = LABELS.into_iter().filter(|l| !labels.contains_key(l)).collect();
        if !missing.is_empty() {
            let message = format!("{} has no label `{}`", object.label(), missing.join("`, no `"));
            let at = object.node.get("metadata.labels").map_or_else(|| object.place(), Node::key_span);
            out.object(scope, object, message, at, "labels missing", "add them under `metadata.labels`");
        }
    }
}

/// `charts/todo/` and a name below it.
fn in_chart(path: &str) -> Option<(&str, &str)> {
    path.strip_prefix("charts/")?.split_once('/')
}

pub(super) fn values(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    let defaults = view.yaml(|p| in_chart(p).is_some_and(|(_, f)| f == "values.yaml"));
    let Some((_, known)) = defaults.first() else {
        if view.files.iter().any(|f| f.artifact.layer == Layer::Kubernetes) {
            out.whole(None, "there is no chart with a values.yaml".to_owned(), "run `bowline generate`");
        }
        return;
    };
    let mut environments: Vec<&str> = view.files.iter().filter_map(|f| f.artifact.environment.as_deref()).collect();
    environments.sort_unstable();
    environments.dedup();
    for environment in environments {
        let name = format!("values-{environment}.yaml");
        let files = view.files.iter().filter(|f| in_chart(&f.artifact.path).is_some_and(|(_, f)| f == name));
        if files.count() == 0 {
            let message = format!("the chart has no values for `{environment}`");
            out.whole(None, message, &format!("add `{name}`"));
        }
    }
    let own = view.yaml(|p| in_chart(p).is_some_and(|(_, f)| f.starts_with("values-")));
    for (file, node) in own {
        for (key, value) in node.as_map().into_iter().flatten() {
            if known.get(key).is_none() {
                let message = format!("`{key}` is not among the chart's values");
                out.file(
                    file,
                    message,
                    value.key_span(),
                    "no template reads it",
                    "add it to values.yaml, or remove it",
                );
            }
        }
    }
}

pub(super) fn semver(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    for (file, node) in view.yaml(|p| in_chart(p).is_some_and(|(_, f)| f == "Chart.yaml")) {
        let version = node.get("version");
        if !version.and_then(Node::as_str).is_some_and(is_semver) {
            let at = version.map_or_else(|| node.span(), Node::span);
            let fix = "write three numbers such as `1.4.0`";
            out.file(file, "the chart's version is not a semantic version".to_owned(), at, "not a version", fix);
        }
    }
}

fn is_semver(text: &str) -> bool {
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let number = |p: &str| p == "0" || (!p.starts_with('0') && !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()));
    core.split('.').count() == 3 && core.split('.').all(number)
}

/// Every object is also printed into the chart. The Namespace is not: it comes before any release.
pub(super) fn helm_only(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    let chart = |path: &str| in_chart(path).is_some_and(|(_, f)| f.starts_with("templates/"));
    let printed: BTreeSet<_> =
        view.files.iter().filter(|f| chart(&f.artifact.path)).map(|f| &f.artifact.identity).collect();
    for file in &view.files {
        let artifact = file.artifact;
        let outside = matches!(artifact.identity.kind.to_lowercase().as_str(), "namespace" | "kustomization");
        let manifest = artifact.layer == Layer::Kubernetes && artifact.environment.is_some() && !outside;
        if manifest && !printed.contains(&artifact.identity) {
            let message = format!("{} is in no chart", artifact.identity);
            out.file(file, message, Some(Span::new(file.id, 0, 0)), "a manifest alone", "run `bowline generate`");
        }
    }
}

const CLOUD_NAMES: &[&str] = &["aws", "amazonaws", "eks", "gke", "azure", "aks", "alb", "digitalocean", "linode"];
const CLOUD_IMAGES: &[&str] = &[".amazonaws.com/", ".azurecr.io/", ".pkg.dev/"];
const CLOUD_CLASSES: &[&str] =
    &["gp2", "gp3", "io1", "io2", "premium-rwo", "standard-rwo", "managed-premium", "managed-csi", "do-block-storage"];

pub(super) fn local_only(asked: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    if super::state::elsewhere(scope, "external").is_some() {
        super::state::in_cluster(asked, scope, out);
    }
    for object in &scope.objects {
        let annotations = object.node.get("metadata.annotations").and_then(Node::as_map).into_iter().flatten();
        for (key, value) in annotations {
            let domain = key.split('/').next().unwrap_or_default();
            if key.contains('/') && domain.split(['.', '-']).any(|w| CLOUD_NAMES.contains(&w)) {
                let message = format!("{} asks a cloud for `{key}`", object.label());
                out.object(scope, object, message, value.key_span(), "read by a cloud only", "remove it");
            }
        }
        for container in object.all_containers() {
            let image = container.get("image");
            let text = image.and_then(Node::as_str).unwrap_or_default();
            if CLOUD_IMAGES.iter().any(|c| text.contains(c)) {
                let message = format!("{} takes its image from a cloud's registry", object.label());
                out.object(
                    scope,
                    object,
                    message,
                    image.and_then(Node::span),
                    "needs that cloud",
                    "build or mirror the image",
                );
            }
        }
        let claims = list(object.node, "spec.volumeClaimTemplates").iter().map(|c| c.get("spec.storageClassName"));
        for class in claims.chain([object.node.get("spec.storageClassName")]).flatten() {
            if class.as_str().is_some_and(|c| CLOUD_CLASSES.contains(&c)) {
                let message = format!("{} asks for a storage class of a cloud", object.label());
                let path = "storage.storageClassName";
                out.caused(
                    scope,
                    object,
                    path,
                    message,
                    class.span(),
                    "not there locally",
                    "leave it out: the default class will do",
                );
            }
        }
    }
}

pub(super) fn compose(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    let files = view.yaml(|p| p.ends_with("/compose.yaml") || p == "compose.yaml");
    if !files.iter().any(|(_, n)| n.get("services").and_then(Node::as_map).is_some_and(|s| !s.is_empty())) {
        out.whole(None, "there is no compose.yaml with services".to_owned(), "run `bowline generate`");
    }
}

pub(super) fn layers(_: &Asked<'_>, view: &View<'_>, out: &mut Out<'_>) {
    // a chart's templates count as manifests of every environment, so the chart is known by its other files
    let there = |layer: Layer| {
        let here = |f: &&File<'_>| f.artifact.layer == layer && !f.artifact.path.contains("/templates/");
        view.files.iter().any(|f| here(&f))
    };
    for (layer, what) in [(Layer::Docker, "image"), (Layer::Kubernetes, "manifest"), (Layer::Helm, "chart")] {
        if !there(layer) {
            let fix = "run `bowline tasks`, then `bowline generate`";
            out.whole(None, format!("there is no {what}: a layer is missing"), fix);
        }
    }
}
