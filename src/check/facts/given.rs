//! What a deployment gives to a component: the variables that a compose file, plain manifests or a chart set.

use std::collections::BTreeSet;

use crate::base::source::Span;
use crate::base::tree::Node;
use crate::read::repository::{folder, name};

use super::Ground;
use super::chart::Chart;
use super::code::Component;
use super::compose::Service;
use super::images::Image;
use super::objects::{Object, is_printed};

/// One way in which a component is deployed.
pub(super) struct Deployment {
    /// Position of the component.
    pub component: usize,
    /// The file or folder, as it is named in a finding.
    pub what: String,
    /// Variables that are given by name, with the place of the name.
    pub given: Vec<(String, Span)>,
    /// Arguments that the build is given.
    pub args: Vec<(String, Span)>,
    /// Everything that is written in it, to see whether a name occurs at all.
    pub text: String,
    /// Whether names may come from somewhere that is not written there.
    pub open: bool,
    /// Whether it runs something else than the image's own command.
    pub commanded: bool,
    /// Whether it is for a cluster, and not for one machine.
    pub in_cluster: bool,
    /// Where it says what it runs.
    pub at: Span,
    /// The file that says it.
    pub path: String,
}

/// Words that mean the same part of an app.
const SAME: &[&[&str]] = &[&["backend", "api", "server"], &["frontend", "web", "ui", "client"]];

pub(super) fn read(
    ground: &mut Ground<'_>,
    components: &[Component],
    images: &[Image],
    services: &[Service],
    charts: &[Chart],
    objects: &[Object],
) -> Vec<Deployment> {
    let mut all = Vec::new();
    for service in services {
        let Some(build) = &service.build else { continue };
        let Some(component) = components.iter().position(|c| c.context == build.context) else { continue };
        let docker = dockerfiles(images, &components[component]);
        all.push(Deployment {
            component,
            what: service.path.clone(),
            given: service.environment.iter().map(|(n, s, _)| (n.clone(), *s)).collect(),
            args: build.args.iter().map(|(n, s)| (n.clone(), *s)).collect(),
            text: format!("{}\n{docker}", ground.sources.text(service.file)),
            open: service.env_file,
            commanded: service.commanded,
            in_cluster: false,
            at: service.at,
            path: service.path.clone(),
        });
    }
    let groups: BTreeSet<Option<&String>> = objects.iter().map(|o| o.chart.as_ref()).collect();
    for group in groups {
        let here: Vec<&Object> = objects.iter().filter(|o| o.chart.as_ref() == group).collect();
        let chart = charts.iter().find(|c| Some(&c.path) == group);
        let written = written(ground, chart, &here);
        for object in &here {
            let Some(pod) = pod(&object.node) else { continue };
            let Some(component) = component(components, object, pod) else { continue };
            let docker = dockerfiles(images, &components[component]);
            let Some(at) = object.node.get("metadata.name").or_else(|| object.node.get("kind")).and_then(Node::span)
            else {
                continue;
            };
            let containers = pod.get("containers").and_then(Node::as_list).unwrap_or_default();
            all.push(Deployment {
                component,
                what: group.map_or_else(|| object.path.clone(), Clone::clone),
                given: containers.iter().flat_map(variables).collect(),
                args: Vec::new(),
                text: format!("{written}\n{docker}"),
                open: is_open(ground, chart, &here, object, containers),
                commanded: containers.iter().any(|c| c.get("command").is_some() || c.get("args").is_some()),
                in_cluster: true,
                at,
                path: object.path.clone(),
            });
        }
    }
    all
}

/// What the Dockerfiles of a component set.
fn dockerfiles(images: &[Image], component: &Component) -> String {
    let own = images.iter().filter(|i| component.dockerfiles.contains(&i.path));
    own.flat_map(|i| &i.docker.instructions).map(|i| i.arguments.as_str()).collect::<Vec<_>>().join("\n")
}

/// Everything that is written in a chart with its values, or in all plain manifests.
fn written(ground: &mut Ground<'_>, chart: Option<&Chart>, objects: &[&Object]) -> String {
    let mut text = String::new();
    if let Some(chart) = chart {
        let values = |p: &&str| {
            let below = chart.path.is_empty() || p.starts_with(&format!("{}/", chart.path));
            let yaml = p.ends_with(".yaml") || p.ends_with(".yml");
            (below && (yaml || p.ends_with(".tpl"))) || (yaml && name(p).contains("values"))
        };
        let paths: Vec<String> = ground.repository.files().filter(values).map(str::to_owned).collect();
        for path in paths {
            text += &ground.repository.contents(&path).unwrap_or_default();
            text.push('\n');
        }
    } else {
        let folders: BTreeSet<&str> = objects.iter().map(|o| folder(&o.path)).collect();
        // generators of kustomize read files of other kinds beside the manifests
        let beside: Vec<String> =
            ground.repository.files().filter(|p| folders.contains(folder(p))).map(str::to_owned).collect();
        for path in beside {
            text += &ground.repository.contents(&path).unwrap_or_default();
            text.push('\n');
        }
    }
    text
}

/// The pod's `spec` of a workload that runs on.
pub(super) fn pod(node: &Node) -> Option<&Node> {
    match node.get_str("kind")? {
        "Deployment" | "StatefulSet" | "DaemonSet" => node.get("spec.template.spec"),
        _ => None,
    }
}

fn variables(container: &Node) -> Vec<(String, Span)> {
    let list = container.get("env").and_then(Node::as_list).unwrap_or_default();
    let one = |n: &Node| Some((n.get_str("name").filter(|n| !is_printed(n))?.to_owned(), n.get("name")?.span()?));
    list.iter().filter_map(one).collect()
}

/// The component whose name the workload, its file, its container or its image carries; nothing when it is several.
fn component(components: &[Component], object: &Object, pod: &Node) -> Option<usize> {
    let mut words: BTreeSet<String> = BTreeSet::new();
    let mut take = |text: &str| {
        let parts = text.split(|c: char| !c.is_alphanumeric()).filter(|w| !w.is_empty());
        words.extend(parts.map(str::to_lowercase));
    };
    take(name(&object.path));
    take(object.node.get_str("metadata.name").unwrap_or_default());
    for container in pod.get("containers").and_then(Node::as_list).unwrap_or_default() {
        take(container.get_str("name").unwrap_or_default());
        let image = container.get_str("image").unwrap_or_default();
        take(image.rsplit('/').next().unwrap_or(image).split(':').next().unwrap_or_default());
    }
    let carries = |component: &Component| {
        let own = component.name.to_lowercase();
        let parts: Vec<&str> = own.split(|c: char| !c.is_alphanumeric()).filter(|p| !p.is_empty()).collect();
        let direct = !parts.is_empty() && parts.iter().all(|p| words.contains(*p));
        direct || SAME.iter().filter(|s| s.contains(&own.as_str())).any(|s| s.iter().any(|w| words.contains(*w)))
    };
    let mut fitting = components.iter().enumerate().filter(|(_, c)| carries(c)).map(|(i, _)| i);
    fitting.next().filter(|_| fitting.next().is_none())
}

/// Whether names may reach the container that are not written in the manifests.
fn is_open(ground: &Ground<'_>, chart: Option<&Chart>, here: &[&Object], object: &Object, containers: &[Node]) -> bool {
    let has = |kind: &str| here.iter().any(|o| o.node.get_str("kind") == Some(kind));
    for container in containers {
        if container.get("env").is_some_and(|e| e.as_list().is_none())
            || container.get("envFrom").is_some_and(|e| e.as_list().is_none())
        {
            return true;
        }
        for source in container.get("envFrom").and_then(Node::as_list).unwrap_or_default() {
            for (field, kind) in [("secretRef", "Secret"), ("configMapRef", "ConfigMap")] {
                let Some(wanted) = source.get(field) else { continue };
                let wanted = wanted.get_str("name").unwrap_or_default();
                let named = here
                    .iter()
                    .any(|o| o.node.get_str("kind") == Some(kind) && o.node.get_str("metadata.name") == Some(wanted));
                if !(named || (is_printed(wanted) && has(kind))) {
                    return true;
                }
            }
        }
    }
    let Some(chart) = chart else { return false };
    // a loop over what the values hold may print any name
    chart.templates.iter().any(|(path, file, template)| {
        let text = ground.sources.text(*file);
        let object_of_names = ["kind: Secret", "kind: ConfigMap"].iter().any(|k| text.contains(k));
        let loops = |words: &str| words.starts_with("range") || words.contains("toYaml");
        let about = |words: &str| words.to_lowercase().contains("env");
        template
            .actions
            .iter()
            .map(|a| &text[a.inner.clone()])
            .any(|w| loops(w) && ((*path == object.path && about(w)) || object_of_names))
            || (template.fault.is_some() && object_of_names)
    }) || chart.templates.iter().filter(|(p, _, t)| p.ends_with(".yaml") && t.fault.is_none()).any(|(path, file, _)| {
        // what could not be read may give anything
        let text = ground.sources.text(*file);
        let unread = !here.iter().any(|o| o.path == *path);
        unread && ["kind: Secret", "kind: ConfigMap"].iter().any(|k| text.contains(k))
    })
}

/// Whether a name occurs in a text as a word.
pub(super) fn mentions(text: &str, name: &str) -> bool {
    let part = |c: char| c.is_alphanumeric() || c == '_';
    text.match_indices(name).any(|(at, _)| !text[..at].ends_with(part) && !text[at + name.len()..].starts_with(part))
}
