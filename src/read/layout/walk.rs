//! The walk through the folders: what each folder is, and what its files are therefore.

use std::ffi::OsString;
use std::fs::FileType;
use std::io;
use std::path::{Path, PathBuf};

use rayon::prelude::*;

use crate::model::ids::FeatureId;
use crate::model::workspace::{Layout, PassedOver};

use super::{Features, FoundFeature, Slot};

/// Folders that hold no documents of the project and may be large. Those of tests hold examples.
const SKIPPED: [&str; 18] = [
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
    "test",
    "tests",
    "testdata",
    "fixtures",
    "__tests__",
    "__fixtures__",
    "third_party",
    "bower_components",
];

/// What a folder is, by the names above it.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Place {
    /// Anywhere.
    Plain,
    /// Below a folder called `specs`; whether a folder above is a feature already.
    Specs {
        inside: bool,
    },
    /// `.specify`, and what is read in it.
    Specify,
    Memory,
    /// `.kiro`, and what is read in it.
    Kiro,
    KiroSpecs {
        inside: bool,
    },
    Steering,
    /// `openspec`, and what is read in it.
    OpenSpec,
    Truth,
    Changes,
    /// A change.
    Change,
    /// The spec files of the change of this id.
    Deltas(String),
    Archive,
}

#[derive(Default)]
pub(super) struct Walk {
    pub(super) folders: Vec<String>,
    pub(super) constitutions: Vec<String>,
    pub(super) steering: Vec<String>,
    pub(super) features: Features,
    pub(super) passed_over: Vec<PassedOver>,
}

/// Fewer folders are listed sooner than other cores are woken up.
const FEW: usize = 16;

/// A folder that was listed and not looked at: those beside each other are listed side by side.
struct Open {
    path: PathBuf,
    relative: String,
    place: Place,
    entries: io::Result<Vec<Entry>>,
}

/// The name and the kind of what is in a folder: an entry itself would keep the folder open.
type Entry = (OsString, io::Result<FileType>);

impl Open {
    fn new(path: PathBuf, relative: String, place: Place) -> Self {
        let entries =
            std::fs::read_dir(&path).map(|entries| entries.flatten().map(|e| (e.file_name(), e.file_type())).collect());
        Self { path, relative, place, entries }
    }
}

/// One folder with what is in it, by name.
struct Folder<'a> {
    relative: &'a str,
    place: &'a Place,
    files: Vec<String>,
    folders: Vec<String>,
}

impl Folder<'_> {
    fn path(&self, name: &str) -> String {
        if self.relative.is_empty() { name.to_owned() } else { format!("{}/{name}", self.relative) }
    }

    /// The file of that name, whatever its case.
    fn file(&self, name: &str) -> Option<String> {
        let exact = self.files.iter().find(|f| *f == name);
        exact.or_else(|| self.files.iter().find(|f| f.eq_ignore_ascii_case(name))).map(|f| self.path(f))
    }
}

impl Walk {
    pub(super) fn run(&mut self, root: &Path) {
        // a list and not a recursion: folders may be nested as deep as paths are long
        let mut open = vec![Open::new(root.to_path_buf(), String::new(), Place::Plain)];
        while let Some(Open { path, relative, place, entries }) = open.pop() {
            self.folders.push(if relative.is_empty() { ".".to_owned() } else { relative.clone() });
            let mut folder = Folder { relative: &relative, place: &place, files: Vec::new(), folders: Vec::new() };
            self.list(&path, entries, &mut folder);
            if !relative.is_empty() && folder.folders.iter().chain(&folder.files).any(|n| n == ".git") {
                self.pass(relative.clone(), "another Git repository");
                continue;
            }
            let inside = self.files(&folder);
            let below = folder.folders.par_iter().rev().with_min_len(FEW);
            let below = below.filter_map(|name| {
                let place = next(&folder, name, inside, &path)?;
                Some(Open::new(path.join(name), folder.path(name), place))
            });
            open.extend(below.collect::<Vec<_>>());
        }
    }

    fn pass(&mut self, path: String, reason: impl Into<String>) {
        self.passed_over.push(PassedOver { path, reason: reason.into() });
    }

    fn list(&mut self, path: &Path, entries: io::Result<Vec<Entry>>, folder: &mut Folder<'_>) {
        let entries = match entries {
            Ok(entries) => entries,
            Err(error) => {
                let shown = if folder.relative.is_empty() { "." } else { folder.relative };
                self.pass(shown.to_owned(), format!("the folder cannot be listed: {error}"));
                return;
            }
        };
        for (name, kind) in entries {
            let name = match name.into_string() {
                Ok(name) => name,
                Err(name) => {
                    let shown = name.to_string_lossy();
                    if is_markdown(&shown) {
                        self.pass(folder.path(&shown), "its name is not UTF-8");
                    }
                    continue;
                }
            };
            let Ok(kind) = kind else { continue };
            if kind.is_symlink() && path.join(&name).is_dir() {
                let documents = *folder.place != Place::Plain || OPENINGS.contains(&name.as_str());
                if documents {
                    self.pass(folder.path(&name), "a link to a folder; links to folders are not followed");
                }
            } else if kind.is_dir() && !is_markdown(&name) {
                folder.folders.push(name);
            } else {
                // a folder called `spec.md` is taken for the file that it should be, so that reading it reports it
                folder.files.push(name);
            }
        }
        folder.files.sort_unstable();
        folder.folders.sort_unstable();
    }

    /// Sorts the files of a folder; whether the folder is a feature or lies in one.
    fn files(&mut self, folder: &Folder<'_>) -> bool {
        let reads_rules = matches!(folder.place, Place::Plain | Place::Specs { .. } | Place::Specify | Place::Memory);
        if reads_rules {
            let rules = folder.files.iter().filter(|f| f.to_lowercase().ends_with("constitution.md"));
            self.constitutions.extend(rules.map(|f| folder.path(f)));
        }
        match folder.place {
            Place::Plain => self.plain(folder),
            Place::Specs { inside } => self.specs(folder, *inside),
            Place::KiroSpecs { inside } => self.kiro(folder) || *inside,
            Place::Steering => {
                self.steering.extend(folder.files.iter().filter(|f| is_markdown(f)).map(|f| folder.path(f)));
                false
            }
            Place::Truth => {
                let spec = [("spec.md", Slot::Spec)];
                self.feature(folder, folder.relative, Layout::OpenSpec, &spec)
            }
            Place::Change => {
                let names = [("proposal.md", Slot::Spec), ("design.md", Slot::Plan), ("tasks.md", Slot::Tasks)];
                self.feature(folder, folder.relative, Layout::OpenSpec, &names)
            }
            Place::Deltas(change) => {
                if let Some(delta) = folder.file("spec.md") {
                    let id = FeatureId(change.as_str().into());
                    let new = || FoundFeature::new(change, Layout::OpenSpec);
                    self.features.entry(id).or_insert_with(new).deltas.push(delta);
                }
                true
            }
            Place::Archive => {
                for name in &folder.folders {
                    self.pass(folder.path(name), "an archived change");
                }
                false
            }
            Place::Specify | Place::Memory | Place::Kiro | Place::OpenSpec | Place::Changes => false,
        }
    }

    /// Puts the documents of those names into the feature; whether there was one.
    fn feature(&mut self, folder: &Folder<'_>, id: &str, layout: Layout, names: &[(&str, Slot)]) -> bool {
        let found: Vec<(String, Slot)> =
            names.iter().filter_map(|(name, slot)| folder.file(name).map(|path| (path, *slot))).collect();
        for (path, slot) in &found {
            self.put(id, layout, *slot, path.clone());
        }
        !found.is_empty()
    }

    fn put(&mut self, id: &str, layout: Layout, slot: Slot, path: String) {
        let key = FeatureId(id.into());
        let feature = self.features.entry(key).or_insert_with(|| FoundFeature::new(id, layout));
        if let Some(taken) = feature.slot(slot) {
            let reason = format!("`{id}` has `{taken}` already");
            self.pass(path, reason);
        } else {
            *feature.slot(slot) = Some(path);
        }
    }

    /// Outside of `specs`, two documents side by side are a feature; one alone may be anything.
    fn plain(&mut self, folder: &Folder<'_>) -> bool {
        if matches!(folder.relative, "plans" | "tasks") && !is_set(folder) {
            return self.flat(folder);
        }
        if is_set(folder) {
            // the repository itself has no name; its spec gives one, as in the flat layout
            let (id, layout) =
                if folder.relative.is_empty() { ("spec", Layout::Flat) } else { (folder.relative, Layout::SpecKit) };
            return self.feature(folder, id, layout, &SPEC_KIT);
        }
        for (name, _) in SPEC_KIT {
            if let Some(path) = folder.file(name) {
                self.pass(path, "alone in its folder; it is read below `specs/NAME/`, or beside a spec or tasks");
            }
        }
        false
    }

    fn specs(&mut self, folder: &Folder<'_>, inside: bool) -> bool {
        if folder.relative == "specs" && !is_set(folder) {
            return self.flat(folder);
        }
        if self.feature(folder, folder.relative, Layout::SpecKit, &SPEC_KIT) || self.kiro_set(folder) {
            return true;
        }
        if !inside {
            for name in folder.files.iter().filter(|f| is_markdown(f) && !is_other(f)) {
                self.pass(
                    folder.path(name),
                    "belongs to no feature: a feature is a folder with `spec.md` or `tasks.md`",
                );
            }
        }
        inside
    }

    fn flat(&mut self, folder: &Folder<'_>) -> bool {
        let slot = match folder.relative {
            "plans" => Slot::Plan,
            "tasks" => Slot::Tasks,
            _ => Slot::Spec,
        };
        for name in folder.files.iter().filter(|f| is_markdown(f) && !is_other(f)) {
            self.put(&name[..name.len() - 3], Layout::Flat, slot, folder.path(name));
        }
        false
    }

    fn kiro(&mut self, folder: &Folder<'_>) -> bool {
        self.feature(folder, folder.relative, Layout::Kiro, &KIRO)
    }

    /// Kiro's names elsewhere: `requirements.md` alone is more often a checklist.
    fn kiro_set(&mut self, folder: &Folder<'_>) -> bool {
        let beside = folder.file("design.md").is_some();
        folder.file("requirements.md").is_some() && beside && self.kiro(folder)
    }
}

const SPEC_KIT: [(&str, Slot); 3] = [("spec.md", Slot::Spec), ("plan.md", Slot::Plan), ("tasks.md", Slot::Tasks)];

const KIRO: [(&str, Slot); 4] =
    [("requirements.md", Slot::Spec), ("bugfix.md", Slot::Spec), ("design.md", Slot::Plan), ("tasks.md", Slot::Tasks)];

/// Names that open a place for documents.
const OPENINGS: [&str; 6] = ["specs", "plans", "tasks", ".specify", ".kiro", "openspec"];

/// At least two documents of a feature side by side.
fn is_set(folder: &Folder<'_>) -> bool {
    SPEC_KIT.iter().filter(|(name, _)| folder.file(name).is_some()).count() > 1
}

fn is_markdown(name: &str) -> bool {
    name.len() > 3 && name.get(name.len() - 3..).is_some_and(|end| end.eq_ignore_ascii_case(".md"))
}

/// A file about the folder, or a constitution, which is listed as such.
fn is_other(name: &str) -> bool {
    let lower = name.to_lowercase();
    matches!(lower.as_str(), "readme.md" | "index.md" | "agents.md" | "claude.md") || lower.ends_with("constitution.md")
}

/// What a folder inside is, if it is looked through.
fn next(folder: &Folder<'_>, name: &str, inside: bool, path: &Path) -> Option<Place> {
    let hidden = name.starts_with('.');
    match folder.place {
        Place::Plain | Place::Specs { .. } if name == ".specify" => Some(Place::Specify),
        Place::Plain | Place::Specs { .. } if name == ".kiro" => Some(Place::Kiro),
        Place::Plain if name == "openspec" && is_openspec(&path.join(name)) => Some(Place::OpenSpec),
        Place::Plain | Place::Specs { .. } if hidden || SKIPPED.contains(&name) => None,
        Place::Plain if folder.relative.is_empty() && matches!(name, "out" | "charts") => None,
        Place::Plain if name == "specs" => Some(Place::Specs { inside: false }),
        Place::Plain => Some(Place::Plain),
        Place::Specs { .. } => Some(Place::Specs { inside }),
        Place::Specify if name == "memory" => Some(Place::Memory),
        Place::Specify if name == "specs" => Some(Place::Specs { inside: false }),
        Place::Kiro if name == "specs" => Some(Place::KiroSpecs { inside: false }),
        Place::Kiro if name == "steering" => Some(Place::Steering),
        Place::KiroSpecs { .. } if !hidden => Some(Place::KiroSpecs { inside }),
        Place::OpenSpec if name == "specs" => Some(Place::Truth),
        Place::OpenSpec if name == "changes" => Some(Place::Changes),
        Place::Truth if !hidden => Some(Place::Truth),
        Place::Changes if name == "archive" => Some(Place::Archive),
        Place::Changes if !hidden => Some(Place::Change),
        Place::Change if name == "specs" => Some(Place::Deltas(folder.relative.to_owned())),
        Place::Deltas(change) => Some(Place::Deltas(change.clone())),
        _ => None,
    }
}

fn is_openspec(path: &Path) -> bool {
    ["specs", "changes"].iter().any(|n| path.join(n).is_dir())
}
