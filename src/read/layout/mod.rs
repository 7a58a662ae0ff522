//! Where the documents of a repository lie. No configuration: every layout is known by its names.

mod walk;

use std::collections::BTreeMap;
use std::path::Path;

use crate::model::ids::FeatureId;
use crate::model::workspace::{Layout, PassedOver};

use walk::Walk;

/// What was found, by workspace-relative path with `/`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Found {
    /// The constitution that governs: one file, or the steering files of Kiro. Empty without one.
    pub constitution: Vec<String>,
    /// Constitutions that do not govern.
    pub others: Vec<String>,
    /// In order of id.
    pub features: Vec<FoundFeature>,
    /// Documents that belong to nothing that is read, in order of path.
    pub passed_over: Vec<PassedOver>,
    /// Every folder that was looked through, in order; the repository itself is `.`.
    pub folders: Vec<String>,
}

/// The documents of one feature.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FoundFeature {
    pub id: FeatureId,
    pub layout: Layout,
    pub spec: Option<String>,
    /// The spec files of a change in OpenSpec.
    pub deltas: Vec<String>,
    pub plan: Option<String>,
    pub tasks: Option<String>,
}

impl FoundFeature {
    fn new(id: &str, layout: Layout) -> Self {
        let id = FeatureId(id.into());
        Self { id, layout, spec: None, deltas: Vec::new(), plan: None, tasks: None }
    }

    fn slot(&mut self, slot: Slot) -> &mut Option<String> {
        match slot {
            Slot::Spec => &mut self.spec,
            Slot::Plan => &mut self.plan,
            Slot::Tasks => &mut self.tasks,
        }
    }
}

/// What a document is to its feature.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Slot {
    Spec,
    Plan,
    Tasks,
}

/// Looks through the repository. Symbolic links to folders are not followed, so no loop is endless.
pub fn find(root: &Path) -> Found {
    let mut walk = Walk::default();
    walk.run(root);
    let Walk { mut folders, constitutions, steering, features, mut passed_over } = walk;
    let (constitution, others) = governing(constitutions, steering);
    let features = features.into_values().filter_map(|f| feature(f, &mut passed_over)).collect();
    folders.sort_unstable();
    passed_over.sort_by(|a, b| a.path.cmp(&b.path));
    passed_over.dedup_by(|a, b| a.path == b.path);
    Found { constitution, others, features, passed_over, folders }
}

/// A plan alone is no feature.
fn feature(found: FoundFeature, passed_over: &mut Vec<PassedOver>) -> Option<FoundFeature> {
    if found.spec.is_some() || found.tasks.is_some() || !found.deltas.is_empty() {
        return Some(found);
    }
    let reason = "a plan without a spec and without tasks".to_owned();
    passed_over.extend(found.plan.map(|path| PassedOver { path, reason }));
    None
}

/// The files that govern, and the others. A well-known place goes first, then what lies nearest to the root; among
/// neighbours a plain `constitution.md`, else the last by name, because phases are numbered upwards.
fn governing(mut all: Vec<String>, steering: Vec<String>) -> (Vec<String>, Vec<String>) {
    all.sort_unstable();
    let places = ["constitution.md", ".specify/memory/constitution.md", "memory/constitution.md"];
    let rank = |path: &str| {
        let known = places.iter().position(|p| *p == path).unwrap_or(places.len());
        let plain = path.rsplit('/').next().is_some_and(|n| n.eq_ignore_ascii_case("constitution.md"));
        let memory = path.ends_with("memory/constitution.md");
        (known, path.matches('/').count() - 2 * usize::from(memory && path.matches('/').count() > 1), !plain)
    };
    let best = (0..all.len()).rev().min_by_key(|i| rank(&all[*i]));
    match best {
        Some(best) => {
            let governs = vec![all.remove(best)];
            all.extend(steering);
            (governs, all)
        }
        None => (steering, Vec::new()),
    }
}

type Features = BTreeMap<FeatureId, FoundFeature>;

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

    fn ids(found: &Found) -> Vec<&str> {
        found.features.iter().map(|f| &*f.id.0).collect()
    }

    fn passed(found: &Found) -> Vec<(&str, &str)> {
        found.passed_over.iter().map(|p| (p.path.as_str(), p.reason.as_str())).collect()
    }

    #[test]
    fn layouts_nested_and_side_by_side() {
        let root = repository(&[
            "specs/todo.md",
            "plans/todo.md",
            "tasks/todo.md",
            "specs/README.md",
            "plans/alone.md",
            "specs/007-k8s/spec.md",
            "specs/007-k8s/checklists/requirements.md",
            "specs/phase-4/001-images/Tasks.md",
            "specs/004-x/specs/004-x/tasks.md",
            "phase4/backend/specs/001-db/tasks.md",
            "node_modules/x/specs/1/spec.md",
            "tests/documents/specs/1/spec.md",
        ]);
        let found = find(root.path());
        assert_eq!(
            ids(&found),
            [
                "phase4/backend/specs/001-db",
                "specs/004-x/specs/004-x",
                "specs/007-k8s",
                "specs/phase-4/001-images",
                "todo"
            ]
        );
        assert_eq!(found.features[4].plan.as_deref(), Some("plans/todo.md"));
        assert_eq!(found.features[2].layout, Layout::SpecKit);
        assert_eq!(passed(&found), [("plans/alone.md", "a plan without a spec and without tasks")]);
    }

    #[test]
    fn two_documents_side_by_side_are_a_feature_anywhere() {
        let root =
            repository(&["spec.md", "tasks.md", "phase4/backend/plan.md", "phase4/backend/tasks.md", "docs/spec.md"]);
        let found = find(root.path());
        assert_eq!(ids(&found), ["phase4/backend", "spec"]);
        assert_eq!(found.features[1].layout, Layout::Flat);
        assert_eq!(passed(&found).len(), 1);
        assert_eq!(passed(&found)[0].0, "docs/spec.md");
        let found = find(repository(&["specs/spec.md", "specs/plan.md", "specs/tasks.md"]).path());
        assert_eq!(ids(&found), ["specs"]);
    }

    #[test]
    fn kiro() {
        let root = repository(&[
            ".kiro/specs/auth/requirements.md",
            ".kiro/specs/auth/design.md",
            ".kiro/specs/auth/tasks.md",
            ".kiro/specs/fix-login/bugfix.md",
            ".kiro/steering/tech.md",
            ".kiro/steering/product.md",
            ".kiro/hooks/a.md",
            "specs/other/requirements.md",
            "specs/other/design.md",
        ]);
        let found = find(root.path());
        assert_eq!(ids(&found), [".kiro/specs/auth", ".kiro/specs/fix-login", "specs/other"]);
        assert!(found.features.iter().all(|f| f.layout == Layout::Kiro && f.spec.is_some()));
        assert_eq!(found.features[0].plan.as_deref(), Some(".kiro/specs/auth/design.md"));
        assert_eq!(found.constitution, [".kiro/steering/product.md", ".kiro/steering/tech.md"]);
        crate::base::fs::write(&root.path().join("constitution.md"), b"").expect("written");
        let found = find(root.path());
        assert_eq!(found.constitution, ["constitution.md"]);
        assert_eq!(found.others, [".kiro/steering/product.md", ".kiro/steering/tech.md"]);
    }

    #[test]
    fn openspec() {
        let root = repository(&[
            "openspec/specs/auth/spec.md",
            "openspec/specs/ui/forms/spec.md",
            "openspec/changes/add-login/proposal.md",
            "openspec/changes/add-login/design.md",
            "openspec/changes/add-login/tasks.md",
            "openspec/changes/add-login/specs/auth/spec.md",
            "openspec/changes/add-login/specs/ui/forms/spec.md",
            "openspec/changes/archive/2026-01-01-add-x/tasks.md",
            "openspec/changes/archive/2026-01-01-add-x/specs/auth/spec.md",
            "openspec/AGENTS.md",
        ]);
        let found = find(root.path());
        assert_eq!(ids(&found), ["openspec/changes/add-login", "openspec/specs/auth", "openspec/specs/ui/forms"]);
        let change = &found.features[0];
        assert_eq!(change.spec.as_deref(), Some("openspec/changes/add-login/proposal.md"));
        assert_eq!(change.plan.as_deref(), Some("openspec/changes/add-login/design.md"));
        assert_eq!(
            change.deltas,
            ["openspec/changes/add-login/specs/auth/spec.md", "openspec/changes/add-login/specs/ui/forms/spec.md"]
        );
        assert_eq!(passed(&found), [("openspec/changes/archive/2026-01-01-add-x", "an archived change")]);
    }

    #[test]
    fn one_constitution_governs() {
        for (files, governs) in [
            (&["CONSTITUTION.md", ".specify/memory/constitution.md", "docs/phase4-constitution.md"][..], 1),
            (&["memory/constitution.md", "CONSTITUTION.md"], 0),
            (&["Constitution.md", "docs/constitution.md"], 0),
            (&["docs/phase1-constitution.md", "docs/phase4-constitution.md"], 1),
            (&["docs/notes/constitution.md", "docs/x-constitution.md"], 1),
            (&["phase4/.specify/memory/constitution.md", "docs/phase1-constitution.md"], 0),
        ] {
            let found = find(repository(files).path());
            assert_eq!(found.constitution, [files[governs]], "{files:?}");
            let mut others: Vec<&str> = files.iter().copied().filter(|f| *f != files[governs]).collect();
            others.sort_unstable();
            assert_eq!(found.others, others);
        }
    }

    #[test]
    fn what_is_not_read_is_listed() {
        let root = repository(&[
            "specs/features/task-crud.md",
            "specs/features/README.md",
            "specs/001-a/spec.md",
            "specs/001-a/research.md",
            "specs/001-a/contracts/api.md",
            "clone/.git/HEAD",
            "clone/specs/002-b/spec.md",
        ]);
        std::os::unix::fs::symlink(root.path(), root.path().join("specs/001-a/loop")).expect("linked");
        std::os::unix::fs::symlink(root.path().join("specs"), root.path().join("openspec")).expect("linked");
        let found = find(root.path());
        assert_eq!(ids(&found), ["specs/001-a"]);
        let paths: Vec<&str> = passed(&found).into_iter().map(|(p, _)| p).collect();
        assert_eq!(paths, ["clone", "openspec", "specs/001-a/loop", "specs/features/task-crud.md"]);
    }

    #[test]
    fn a_folder_in_place_of_a_document_is_reported_by_reading_it() {
        let root = repository(&["specs/a/spec.md/x.txt", "specs/a/tasks.md"]);
        let found = find(root.path());
        assert_eq!(found.features[0].spec.as_deref(), Some("specs/a/spec.md"));
    }

    #[test]
    fn folders_may_be_deep() {
        let deep = "d/".repeat(600) + "specs/f/spec.md";
        assert_eq!(find(repository(&[&deep]).path()).features.len(), 1);
    }
}
