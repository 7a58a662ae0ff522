//! Which artifacts can exist. The kinds are data: the head of each template says what it makes, for which units,
//! and under which file name. Spec × catalogue = every artifact that can exist.

use serde_json::Value as Json;

use super::app::{App, Role, Unit};
use super::ids::Identity;

/// The four layers of the design; layer 1 is the user's code and is never touched.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Layer {
    Docker,
    Kubernetes,
    Helm,
}

/// One template, as its head describes it.
#[derive(Clone, Debug, PartialEq)]
pub struct Entry {
    /// File name of the template below `templates/`.
    pub template: String,
    /// `Deployment`, `Dockerfile`, `Chart`, …
    pub kind: String,
    /// Tells several of a kind in one unit apart.
    pub name: Option<String>,
    pub roles: Vec<Role>,
    /// A list in the unit's model: one artifact for each of its entries, called by the entry's `name`; the template
    /// reads the entry as `item`.
    pub each: Option<String>,
    /// Paths of the unit's model with what must stand there: `true` = present, `false` = absent, else equal.
    pub when: Vec<(String, Json)>,
    pub layer: Layer,
    /// File name with `{unit}`, and `{item}` where there is one for each entry of a list; for objects without ending (`{unit}-deployment`), else whole (`Dockerfile`).
    pub file: String,
    /// What a derived task says: `Write the {unit} Deployment`.
    pub task: String,
    /// Kinds of the same unit, or `app:Kind` of the app, that come first.
    pub after: Vec<String>,
    /// Objects that stand in manifests but in no chart (the Namespace).
    pub outside_chart: bool,
}

/// An artifact that can exist, and every file that it stands in.
#[derive(Clone, Debug)]
pub struct Possible {
    pub identity: Identity,
    /// Index into the catalogue.
    pub entry: usize,
    /// Which entry of the list, for a template that has one artifact for each.
    pub item: Option<usize>,
    /// Workspace-relative paths, canonical one first.
    pub paths: Vec<String>,
}

/// Every artifact of the app, in order of unit and catalogue.
pub fn enumerate(app: &App, entries: &[Entry]) -> Vec<Possible> {
    let mut all = Vec::new();
    for unit in &app.units {
        for (index, entry) in entries.iter().enumerate() {
            if !applies(entry, unit) {
                continue;
            }
            let artifact = |item: Option<usize>, name: Option<&str>| Possible {
                identity: Identity::new(&unit.name, &entry.kind, name),
                entry: index,
                item,
                paths: paths(app, entry, unit, name.filter(|_| item.is_some())),
            };
            let Some(list) = &entry.each else {
                all.push(artifact(None, entry.name.as_deref()));
                continue;
            };
            let items = unit.union.get(list).and_then(crate::base::tree::Node::as_list).unwrap_or_default();
            all.extend(items.iter().enumerate().map(|(i, item)| artifact(Some(i), item.get_str("name"))));
        }
    }
    all
}

/// Whether the template makes something for this unit.
pub fn applies(entry: &Entry, unit: &Unit) -> bool {
    entry.roles.contains(&unit.role)
        && entry.when.iter().all(|(path, wanted)| {
            let found = unit.union.get(path).map(crate::base::tree::Node::json);
            let present = found.as_ref().is_some_and(is_something);
            match wanted {
                Json::Bool(wanted) => present == *wanted,
                Json::Array(any) => found.is_some_and(|v| any.contains(&v)),
                other => found.as_ref() == Some(other),
            }
        })
}

/// Whether a value counts as present: an empty list of ports is as good as none.
fn is_something(value: &Json) -> bool {
    match value {
        Json::Null | Json::Bool(false) => false,
        Json::Array(list) => !list.is_empty(),
        Json::Object(map) => !map.is_empty(),
        _ => true,
    }
}

/// The files that an artifact stands in: one table for the whole program.
pub fn paths(app: &App, entry: &Entry, unit: &Unit, item: Option<&str>) -> Vec<String> {
    let file = entry.file.replace("{unit}", &unit.name).replace("{item}", item.unwrap_or_default());
    let name = &app.name;
    match entry.layer {
        Layer::Docker if file == "compose.yaml" || file.starts_with("cluster/") => vec![format!("out/{name}/{file}")],
        Layer::Docker => vec![format!("out/{name}/images/{}/{file}", unit.name)],
        Layer::Kubernetes => {
            let chart = (!entry.outside_chart).then(|| format!("charts/{name}/templates/{file}.yaml"));
            app.environments.iter().map(|e| format!("out/{name}/{e}/{file}.yaml")).chain(chart).collect()
        }
        Layer::Helm if file.contains("{environment}") => {
            app.environments.iter().map(|e| format!("charts/{name}/{}", file.replace("{environment}", e))).collect()
        }
        Layer::Helm => vec![format!("charts/{name}/{file}")],
    }
}
