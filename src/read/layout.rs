//! Where the documents of a repository lie. No configuration: the two layouts are known by their names.

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::ids::FeatureId;
use crate::model::workspace::Layout;

/// Folders that hold no documents and may be large.
const SKIPPED: [&str; 10] = [
    "node_modules",
    "target",
    "vendor",
    "dist",
    "build",
    "venv",
    "__pycache__",
    "coverage",
    "site-packages",
    "history",
];

/// What was found, by workspace-relative path with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    pub constitution: Option<String>,
    /// Constitutions that do not govern.
    pub others: Vec<String>,
    /// In order of id.
    pub features: Vec<FoundFeature>,
    /// Every folder that was looked through; the repository itself is `.`.
    pub folders: Vec<String>,
}

/// The documents of one feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFeature {
    pub id: FeatureId,
    pub layout: Layout,
    pub spec: Option<String>,
    pub plan: Option<String>,
    pub tasks: Option<String>,
}

/// Looks through the repository. Symbolic links to folders are not followed, so no loop is endless;
/// a folder that cannot be listed is passed over.
pub fn find(root: &Path) -> Found {
    let mut walk = Walk::default();
    walk.folder(root, "", false);
    walk.finish()
}

#[derive(Default)]
struct Walk {
    folders: Vec<String>,
    constitutions: Vec<String>,
    features: BTreeMap<FeatureId, FoundFeature>,
}

impl Walk {
    fn folder(&mut self, path: &Path, relative: &str, below_specs: bool) {
        let mut entries: Vec<(String, bool)> = std::fs::read_dir(path)
            .into_iter()
            .flatten()
            .flatten()
            .filter_map(|e| Some((e.file_name().into_string().ok()?, e.file_type().ok()?.is_dir())))
            .collect();
        entries.sort_unstable();
        self.folders.push(if relative.is_empty() { ".".to_owned() } else { relative.to_owned() });
        for (name, is_folder) in entries {
            let at = if relative.is_empty() { name.clone() } else { format!("{relative}/{name}") };
            if !is_folder {
                self.file(relative, &name, at, below_specs);
            } else if at == ".specify" || at == ".specify/memory" || is_searched(&at, &name) {
                self.folder(&path.join(&name), &at, below_specs || name == "specs");
            }
        }
    }

    fn file(&mut self, folder: &str, name: &str, path: String, below_specs: bool) {
        if name.to_lowercase().ends_with("constitution.md") {
            self.constitutions.push(path);
            return;
        }
        let Some(stem) = name.strip_suffix(".md") else { return };
        let flat = matches!(folder, "specs" | "plans" | "tasks") && !stem.eq_ignore_ascii_case("readme");
        let (id, layout, slot) = match stem {
            "spec" | "plan" | "tasks" if below_specs && folder != "specs" => (folder, Layout::SpecKit, stem),
            _ if flat => (stem, Layout::Flat, folder),
            _ => return,
        };
        let id = FeatureId(id.to_owned());
        let feature =
            self.features.entry(id.clone()).or_insert(FoundFeature { id, layout, spec: None, plan: None, tasks: None });
        match slot {
            "spec" | "specs" => feature.spec = Some(path),
            "plan" | "plans" => feature.plan = Some(path),
            _ => feature.tasks = Some(path),
        }
    }

    fn finish(self) -> Found {
        let mut others = self.constitutions;
        let governing = ["constitution.md", ".specify/memory/constitution.md", "CONSTITUTION.md"];
        let place = governing.iter().find_map(|g| others.iter().position(|o| o == g));
        let constitution = place.map(|i| others.remove(i));
        // a plan alone is no feature
        let features = self.features.into_values().filter(|f| f.spec.is_some() || f.tasks.is_some()).collect();
        Found { constitution, others, features, folders: self.folders }
    }
}

fn is_searched(path: &str, name: &str) -> bool {
    !name.starts_with('.') && !SKIPPED.contains(&name) && !matches!(path, "out" | "charts")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(files: &[&str]) -> tempfile::TempDir {
        let root = tempfile::tempdir().expect("a folder");
        for file in files {
            crate::base::fs::write(&root.path().join(file), b"").expect("written");
        }
        root
    }

    #[test]
    fn both_layouts_nested_and_side_by_side() {
        let root = repository(&[
            "specs/todo.md",
            "plans/todo.md",
            "tasks/todo.md",
            "specs/README.md",
            "plans/alone.md",
            "specs/007-k8s/spec.md",
            "specs/007-k8s/checklists/requirements.md",
            "phase4/backend/specs/001-db/tasks.md",
            "node_modules/x/specs/1/spec.md",
        ]);
        let found = find(root.path());
        let ids: Vec<&str> = found.features.iter().map(|f| f.id.0.as_str()).collect();
        assert_eq!(ids, ["phase4/backend/specs/001-db", "specs/007-k8s", "todo"]);
        assert_eq!(found.features[2].plan.as_deref(), Some("plans/todo.md"));
        assert_eq!(found.features[1].layout, Layout::SpecKit);
    }

    #[test]
    fn one_constitution_governs() {
        let root = repository(&["CONSTITUTION.md", ".specify/memory/constitution.md", "docs/phase4-constitution.md"]);
        let found = find(root.path());
        assert_eq!(found.constitution.as_deref(), Some(".specify/memory/constitution.md"));
        assert_eq!(found.others, ["CONSTITUTION.md", "docs/phase4-constitution.md"]);
    }

    #[test]
    fn a_loop_of_links_ends() {
        let root = repository(&["specs/a/spec.md"]);
        std::os::unix::fs::symlink(root.path(), root.path().join("specs/a/loop")).expect("linked");
        assert_eq!(find(root.path()).features.len(), 1);
    }
}
