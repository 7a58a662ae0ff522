//! From what a task calls a file to the artifact that it means.

use std::collections::BTreeMap;
use std::ops::Bound;

use crate::base::suggest::nearest;
use crate::model::app::App;
use crate::model::catalogue::{Entry, Layer, Possible};
use crate::model::ids::Identity;
use crate::read::paths::expand;
use crate::read::repository::name as file_name;

use super::pattern;

/// Short names of kinds in file names.
const SHORT: [(&str, &str); 6] = [
    ("hpa", "horizontalpodautoscaler"),
    ("pdb", "poddisruptionbudget"),
    ("netpol", "networkpolicy"),
    ("sa", "serviceaccount"),
    ("cm", "configmap"),
    ("svc", "service"),
];

/// Files that are the artifact's own only at their canonical path: every folder may have one.
const COMMON: [&str; 2] = ["README.md", ".dockerignore"];

/// Finds artifacts by path, base name, and `unit/kind`.
pub struct Names<'a> {
    possible: &'a [Possible],
    paths: BTreeMap<&'a str, usize>,
    /// By file name; `None` when several artifacts have it.
    bases: BTreeMap<&'a str, Option<usize>>,
    /// By `unit/kind` and `unit/kind/name` in lower case.
    identities: BTreeMap<String, usize>,
    /// Which artifacts are Kubernetes objects.
    objects: Vec<bool>,
}

impl<'a> Names<'a> {
    pub fn new(possible: &'a [Possible], entries: &[Entry]) -> Self {
        let layer = |artifact: &Possible| entries.get(artifact.entry).map(|e| e.layer);
        let mut names = Self {
            possible,
            paths: BTreeMap::new(),
            bases: BTreeMap::new(),
            identities: BTreeMap::new(),
            objects: possible.iter().map(|p| layer(p) == Some(Layer::Kubernetes)).collect(),
        };
        for (index, artifact) in possible.iter().enumerate() {
            for path in &artifact.paths {
                names.paths.entry(path).or_insert(index);
                let slot = names.bases.entry(file_name(path)).or_insert(Some(index));
                if *slot != Some(index) {
                    *slot = None;
                }
            }
            if layer(artifact).is_some_and(|l| l != Layer::Helm) {
                names.identities.insert(artifact.identity.to_string().to_lowercase(), index);
            }
        }
        names
    }

    /// The artifacts that a path of a task means: none, one, or several for a pattern.
    pub fn find(&self, path: &str) -> Vec<usize> {
        if path.contains(['*', '{']) {
            // a task for all files of a folder makes those, not what lies deeper
            let patterns: Vec<String> = expand(path).iter().map(|p| p.replace("**", "*")).collect();
            let fits = |p: &str| patterns.iter().any(|wanted| pattern::matches(wanted, p));
            let mut found: Vec<usize> = self.paths.iter().filter(|(p, _)| fits(p)).map(|(_, i)| *i).collect();
            found.sort_unstable();
            found.dedup();
            return found;
        }
        let path = path.trim_start_matches("./");
        if let Some(index) = self.paths.get(path) {
            return vec![*index];
        }
        // a full path below the generated folders means that file and no other
        let generated = is_generated(path);
        let by_base = || {
            let name = file_name(path);
            let alone = !path.contains('/');
            let index = self.bases.get(name).copied().flatten().filter(|_| !COMMON.contains(&name));
            index.filter(|i| alone || self.objects[*i])
        };
        let by_kind = || self.by_kind(path).filter(|_| !path.starts_with("app/"));
        if generated { by_kind().into_iter().collect() } else { by_base().or_else(by_kind).into_iter().collect() }
    }

    /// Every path of the artifacts that a path of a task means.
    pub fn paths_of(&self, path: &str) -> Vec<String> {
        self.find(path).into_iter().flat_map(|index| self.possible[index].paths.iter().cloned()).collect()
    }

    /// `backend/Deployment`, `templates/backend/deployment.yaml`, `backend-hpa.yaml`.
    fn by_kind(&self, path: &str) -> Option<usize> {
        let stem = path.strip_suffix(".yaml").or_else(|| path.strip_suffix(".yml")).unwrap_or(path).to_lowercase();
        let mut parts = stem.rsplit('/');
        let (last, folder) = (parts.next()?, parts.next());
        let long = |kind: &str| SHORT.iter().find(|(s, _)| *s == kind).map_or(kind, |(_, l)| l).to_owned();
        if let Some(index) = folder.and_then(|f| self.identities.get(&format!("{f}/{}", long(last)))) {
            return Some(*index);
        }
        if let Some(index) = self.identities.get(&stem) {
            return Some(*index);
        }
        let (unit, kind) = last.rsplit_once('-').filter(|_| !is_generated(path))?;
        self.identities.get(&format!("{unit}/{}", long(kind))).copied()
    }

    /// Whether the path is a folder that artifacts lie in.
    pub fn is_folder(&self, path: &str) -> bool {
        let folder = format!("{}/", path.trim_end_matches('/'));
        path.ends_with('/') || self.paths.range(folder.as_str()..).next().is_some_and(|(p, _)| p.starts_with(&folder))
    }

    /// The paths nearest to one that nothing makes: by a short name of its kind, by the names in its folder, else by
    /// its name in any folder.
    pub fn nearest(&self, path: &str) -> Vec<&'a str> {
        let (folder, name) = path.rsplit_once('/').unwrap_or(("", path));
        let inside = format!("{folder}/");
        if let Some(index) = self.by_kind(name) {
            let paths = &self.possible[index].paths;
            return paths
                .iter()
                .find(|p| p.starts_with(&inside))
                .or(paths.last())
                .map(String::as_str)
                .into_iter()
                .collect();
        }
        let from = (Bound::Included(inside.as_str()), Bound::Unbounded);
        let beside = self.paths.range::<str, _>(from).map(|(p, _)| *p).take_while(|p| p.starts_with(&inside));
        let mut known: Vec<&str> = beside.filter(|p| !p[inside.len()..].contains('/')).take(MOST).collect();
        if known.is_empty() {
            known = self.paths.keys().rev().copied().take(MOST).collect();
        }
        let names = nearest(name, known.iter().map(|p| file_name(p)), 3);
        names.into_iter().filter_map(|n| known.iter().find(|p| file_name(p) == n).copied()).collect()
    }

    /// The artifact of exactly that path.
    pub fn at(&self, path: &str) -> Option<&'a Identity> {
        self.paths.get(path).map(|index| &self.possible[*index].identity)
    }
}

/// More names than this are not compared with a misspelt one.
const MOST: usize = 1000;

/// Whether Bowline makes what lies there.
pub fn is_generated(path: &str) -> bool {
    path.starts_with("out/") || path.starts_with("charts/")
}

/// What a generated path was, when the app no longer has it: the identity by its name alone.
pub fn gone(path: &str, app: &App, entries: &[Entry]) -> Option<Identity> {
    let inside = [format!("out/{}/", app.name), format!("charts/{}/", app.name)];
    let rest = inside.iter().find_map(|f| path.strip_prefix(f.as_str()))?;
    let name = file_name(rest);
    let found = entries.iter().filter_map(|entry| {
        if entry.each.is_some() {
            return entry_of_a_list(name.strip_suffix(".yaml")?, app, entry);
        }
        let unit = match entry.layer {
            Layer::Docker => rest.strip_prefix("images/")?.strip_suffix(&format!("/{}", entry.file))?,
            Layer::Kubernetes => {
                let (before, after) = entry.file.split_once("{unit}")?;
                name.strip_suffix(".yaml")?.strip_prefix(before)?.strip_suffix(after)?
            }
            Layer::Helm => return None,
        };
        (!unit.is_empty()).then(|| (unit.len(), Identity::new(unit, &entry.kind, entry.name.as_deref())))
    });
    // `api-networkpolicy-dns` is of the unit `api`, not of the unit `api-networkpolicy`
    found.min_by_key(|(length, _)| *length).map(|(_, identity)| identity)
}

/// What a name meant that a template gives to each entry of a list: the length of what is certain, and the identity.
fn entry_of_a_list(name: &str, app: &App, entry: &Entry) -> Option<(usize, Identity)> {
    let found = app.units.iter().filter(|u| entry.roles.contains(&u.role)).filter_map(|unit| {
        let file = entry.file.replace("{unit}", &unit.name);
        let (before, after) = file.split_once("{item}")?;
        let item = name.strip_prefix(before)?.strip_suffix(after).filter(|i| !i.is_empty())?;
        Some((item.len(), Identity::new(&unit.name, &entry.kind, Some(item))))
    });
    found.min_by_key(|(length, _)| *length)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn patterns_find_what_lies_in_their_folder() {
        let artifact = |kind: &str, path: &str| Possible {
            identity: Identity::new("backend", kind, None),
            entry: 0,
            paths: vec![path.to_owned()],
            item: None,
        };
        let possible = [
            artifact("Service", "charts/todo/templates/backend-service.yaml"),
            artifact("Deployment", "charts/todo/templates/backend-deployment.yaml"),
            artifact("Values", "charts/todo/values.yaml"),
        ];
        let names = Names::new(&possible, &[]);
        for (pattern, found) in [
            ("charts/*/templates/backend-*.yaml", &[0, 1][..]),
            ("charts/todo/templates/backend-{service, deployment}.yaml", &[0, 1]),
            ("charts/{todo,shop}/{values,templates/*-service}.yaml", &[0, 2]),
            ("charts/*.yaml", &[]),
            ("charts/todo/**", &[2]),
            (&format!("charts/todo/templates/{}zz", "*".repeat(40)), &[]),
        ] {
            assert_eq!(names.find(pattern), found, "{pattern}");
        }
    }
}
