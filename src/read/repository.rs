//! The files of a repository beside its documents: a bounded walk, and their texts on demand.
//! The only importer of the walker.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use ignore::WalkBuilder;
use ignore::gitignore::Gitignore;

use crate::base::fs;
use crate::base::source::{FileId, Sources};

/// Folders of what others wrote or a program made, wherever they stand.
const SKIPPED: &[&str] = &[
    ".git",
    ".hg",
    ".svn",
    ".bowline",
    ".cache",
    ".gradle",
    ".mypy_cache",
    ".next",
    ".nuxt",
    ".pytest_cache",
    ".ruff_cache",
    ".svelte-kit",
    ".terraform",
    ".tox",
    ".turbo",
    ".venv",
    ".yarn",
    "__pycache__",
    "bower_components",
    "coverage",
    "dist",
    "node_modules",
    "site-packages",
    "target",
    "vendor",
    "vendored",
    "venv",
];

/// A file above this is no source, and is not read.
const LARGEST: u64 = 1 << 20;
/// A repository of more files is looked at only so far.
const MOST_FILES: usize = 200_000;
const DEEPEST: usize = 40;

/// Every file that Git would take, by path relative to the root, with `/`. Links are listed and not followed.
#[derive(Clone, Debug, Default)]
pub struct Repository {
    root: PathBuf,
    /// Size in bytes.
    files: BTreeMap<String, u64>,
    folders: BTreeSet<String>,
    complete: bool,
    read: BTreeMap<String, Option<FileId>>,
}

impl Repository {
    /// Walks through `root`. What cannot be listed is passed over; nothing is read but ignore files.
    pub fn walk(root: &Path) -> Self {
        let mut repository = Self { root: root.to_path_buf(), complete: true, ..Self::default() };
        // a `.gitignore` above counts only inside the same Git repository: one in a home folder says nothing here
        let git = root.ancestors().any(|folder| folder.join(".git").exists());
        let walk = WalkBuilder::new(root)
            .hidden(false)
            .ignore(false)
            .git_global(false)
            .git_exclude(git)
            .require_git(git)
            .parents(git)
            .follow_links(false)
            .max_depth(Some(DEEPEST))
            .sort_by_file_name(std::cmp::Ord::cmp)
            .filter_entry(|entry| {
                let folder = entry.file_type().is_some_and(|t| t.is_dir());
                entry.depth() == 0 || !folder || !entry.file_name().to_str().is_some_and(|n| SKIPPED.contains(&n))
            })
            .build();
        for entry in walk.flatten().filter(|e| e.depth() > 0) {
            let Some(path) = relative(root, entry.path()) else { continue };
            match entry.file_type() {
                Some(kind) if kind.is_dir() => {
                    repository.folders.insert(path);
                }
                Some(kind) if kind.is_file() || kind.is_symlink() => {
                    if repository.files.len() == MOST_FILES {
                        repository.complete = false;
                        break;
                    }
                    let size = if kind.is_file() { entry.metadata().map_or(u64::MAX, |m| m.len()) } else { u64::MAX };
                    repository.files.insert(path, size);
                }
                _ => {}
            }
        }
        repository
    }

    pub fn root(&self) -> &Path {
        &self.root
    }

    /// Whether every file is listed; false when there are too many.
    pub fn is_complete(&self) -> bool {
        self.complete
    }

    /// Every file, in order of path.
    pub fn files(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.files.keys().map(String::as_str)
    }

    /// The files below a folder, at any depth, in order of path; all of them below `""`.
    pub fn below<'a>(&'a self, folder: &'a str) -> impl Iterator<Item = &'a str> {
        let start = if folder.is_empty() { String::new() } else { format!("{folder}/") };
        let inside = start.clone();
        self.files.range(start..).map(|(path, _)| path.as_str()).take_while(move |path| path.starts_with(&inside))
    }

    pub fn has_file(&self, path: &str) -> bool {
        self.files.contains_key(path)
    }

    pub fn has_folder(&self, path: &str) -> bool {
        path.is_empty() || self.folders.contains(path)
    }

    /// Whether anything stands at that path on disk, be it ignored by Git or not.
    pub fn exists(&self, path: &str) -> bool {
        self.has_file(path)
            || self.has_folder(path)
            || fs::inside(&self.root, path).is_ok_and(|p| p.symlink_metadata().is_ok())
    }

    /// Whether a `.gitignore` on the way, or the walk itself, passes over that path, be it there or not:
    /// something that a program makes and a fresh clone lacks.
    pub fn is_ignored(&self, path: &str) -> bool {
        if path.split('/').any(|part| SKIPPED.contains(&part)) {
            return true;
        }
        let mut folder = path;
        loop {
            folder = folder.rsplit_once('/').map_or("", |(above, _)| above);
            let here = join(folder, ".gitignore");
            if self.has_file(&here) {
                let (rules, _) = Gitignore::new(self.root.join(&here));
                let full = self.root.join(path);
                let hit = rules.matched_path_or_any_parents(&full, false);
                let hit = if hit.is_none() { rules.matched_path_or_any_parents(&full, true) } else { hit };
                if !hit.is_none() {
                    return hit.is_ignore();
                }
            }
            if folder.is_empty() {
                return false;
            }
        }
    }

    /// The text of a file, read now; nothing for a link, a large file, bytes that are no text, or a file that the
    /// walk did not list.
    pub fn contents(&self, path: &str) -> Option<String> {
        if *self.files.get(path)? > LARGEST {
            return None;
        }
        let text = fs::read(&self.root.join(path)).ok()?;
        (!text.contains('\0')).then_some(text)
    }

    /// The same, kept in `sources` so that findings can point into it; read once.
    pub fn text(&mut self, path: &str, sources: &mut Sources) -> Option<FileId> {
        if let Some(known) = self.read.get(path) {
            return *known;
        }
        let file = self.contents(path).map(|text| sources.add(path, text));
        self.read.insert(path.to_owned(), file);
        file
    }

    /// Keeps a text that [`Repository::contents`] gave, so that it is not read again.
    pub fn keep(&mut self, path: &str, text: String, sources: &mut Sources) -> FileId {
        if let Some(Some(known)) = self.read.get(path) {
            return *known;
        }
        let file = sources.add(path, text);
        self.read.insert(path.to_owned(), Some(file));
        file
    }

    /// The files of which `wanted` takes the name (without folder), in order of path.
    pub fn named(&self, wanted: impl Fn(&str) -> bool) -> Vec<String> {
        self.files().filter(|p| wanted(name(p))).map(str::to_owned).collect()
    }

    /// `Dockerfile`, `Dockerfile.dev`, `api.Dockerfile`, `Containerfile`.
    pub fn dockerfiles(&self) -> Vec<String> {
        self.named(is_dockerfile)
    }

    /// The folders that hold a `Chart.yaml`.
    pub fn charts(&self) -> Vec<String> {
        self.named(|n| n == "Chart.yaml").iter().map(|p| folder(p).to_owned()).collect()
    }

    /// `compose.yaml`, `docker-compose.yml`, and those with a word between.
    pub fn compose_files(&self) -> Vec<String> {
        self.named(is_compose)
    }
}

/// The file's name without its folder.
pub fn name(path: &str) -> &str {
    path.rsplit('/').next().unwrap_or(path)
}

/// The folder of a path; `""` for the root.
pub fn folder(path: &str) -> &str {
    path.rsplit_once('/').map_or("", |(folder, _)| folder)
}

/// `folder/name`, or `name` at the root. `.` and `..` are taken away as far as they can be.
pub fn join(folder: &str, name: &str) -> String {
    let mut parts: Vec<&str> = Vec::new();
    for part in folder.split('/').chain(name.split('/')) {
        match part {
            "" | "." => {}
            ".." if parts.last().is_some_and(|l| *l != "..") => {
                parts.pop();
            }
            _ => parts.push(part),
        }
    }
    parts.join("/")
}

/// Whether a file of that name is a Dockerfile.
pub fn is_dockerfile(name: &str) -> bool {
    let lower = name.to_ascii_lowercase();
    let other = [".dockerignore", ".md", ".j2", ".tmpl", ".tpl", ".template", ".bak", ".orig", ".swp", ".txt", "~"];
    let said = lower == "dockerfile" || lower == "containerfile" || lower.ends_with(".dockerfile");
    // `dockerfile.rs` is code about Dockerfiles
    (said || name.starts_with("Dockerfile.") || name.starts_with("Containerfile."))
        && !other.iter().any(|o| lower.ends_with(o))
}

/// Whether a file of that name is read by Docker Compose.
pub fn is_compose(name: &str) -> bool {
    let stem = name.strip_suffix(".yaml").or_else(|| name.strip_suffix(".yml"));
    stem.is_some_and(|s| {
        ["compose", "docker-compose"]
            .iter()
            .any(|w| s.strip_prefix(w).is_some_and(|r| r.is_empty() || r.starts_with('.')))
    })
}

fn relative(root: &Path, path: &Path) -> Option<String> {
    let path = path.strip_prefix(root).ok()?;
    let parts: Option<Vec<&str>> = path.components().map(|c| c.as_os_str().to_str()).collect();
    parts.map(|p| p.join("/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn repository(files: &[(&str, &str)]) -> (tempfile::TempDir, Repository) {
        let root = tempfile::tempdir().expect("a folder");
        for (path, text) in files {
            fs::write(&root.path().join(path), text.as_bytes()).expect("written");
        }
        let repository = Repository::walk(root.path());
        (root, repository)
    }

    #[test]
    fn what_git_ignores_and_others_made_is_passed_over() {
        let (root, repository) = repository(&[
            (".gitignore", "*.log\n/secret/\n"),
            ("web/.gitignore", "generated\n!keep.log\n"),
            ("web/generated/x.js", ""),
            ("web/keep.log", ""),
            ("a.log", ""),
            ("secret/x", ""),
            ("web/node_modules/x/Dockerfile", ""),
            (".git/config", ""),
            ("web/.env.example", ""),
            ("api/Dockerfile", ""),
            ("api/Dockerfile.dev", ""),
            ("api/dockerfile.rs", ""),
            ("api/Dockerfile.dockerignore", ""),
            ("api/web.Dockerfile", ""),
            ("helm/todo/Chart.yaml", ""),
            ("docker-compose.override.yml", ""),
            ("composer.yaml", ""),
        ]);
        let files: Vec<&str> = repository.files().collect();
        assert_eq!(
            files,
            [
                ".gitignore",
                "api/Dockerfile",
                "api/Dockerfile.dev",
                "api/Dockerfile.dockerignore",
                "api/dockerfile.rs",
                "api/web.Dockerfile",
                "composer.yaml",
                "docker-compose.override.yml",
                "helm/todo/Chart.yaml",
                "web/.env.example",
                "web/.gitignore",
                "web/keep.log",
            ]
        );
        assert_eq!(repository.dockerfiles(), ["api/Dockerfile", "api/Dockerfile.dev", "api/web.Dockerfile"]);
        assert_eq!(repository.charts(), ["helm/todo"]);
        assert_eq!(repository.compose_files(), ["docker-compose.override.yml"]);
        assert!(repository.exists("a.log") && repository.exists("api") && !repository.exists("api/x"));
        assert!(repository.is_ignored("web/generated/y") && repository.is_ignored("web/b.log"));
        assert!(!repository.is_ignored("web/keep.log") && !repository.is_ignored("api/x"));
        assert_eq!(repository.below("api").count(), 5);
        assert!(repository.has_folder("web") && repository.has_folder("") && !repository.has_folder("we"));
        assert!(repository.is_complete());
        drop(root);
    }

    #[test]
    fn links_large_files_and_bytes_are_not_read() {
        let (root, _) = repository(&[("a.txt", "text"), ("b", "\0"), ("large", &"x".repeat((1 << 20) + 1))]);
        std::os::unix::fs::symlink("/etc/hostname", root.path().join("link")).expect("linked");
        std::os::unix::fs::symlink(root.path(), root.path().join("loop")).expect("linked");
        std::fs::write(root.path().join("latin"), b"\xff\xfe").expect("written");
        let mut repository = Repository::walk(root.path());
        let mut sources = Sources::default();
        assert_eq!(repository.files().collect::<Vec<_>>(), ["a.txt", "b", "large", "latin", "link", "loop"]);
        for path in ["b", "large", "latin", "link", "loop", "absent", "../x"] {
            assert_eq!(repository.text(path, &mut sources), None, "{path}");
        }
        let file = repository.text("a.txt", &mut sources).expect("a text");
        assert_eq!(repository.text("a.txt", &mut sources), Some(file));
        assert_eq!(sources.text(file), "text");
    }

    #[test]
    fn paths_are_joined_as_paths() {
        assert_eq!(join("a/b", "../c/./d"), "a/c/d");
        assert_eq!(join("", "./x"), "x");
        assert_eq!(join("a", "../../x"), "../x");
        assert_eq!((name("a/b"), folder("a/b"), folder("b")), ("b", "a", ""));
    }
}
