//! Documents that are not written yet: proposed, read by the one reader, derived from, made and checked as if they
//! stood in the repository. What does not pass is never offered.

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::diag::Diagnostic;
use crate::base::fs::{self, FileError, Folder};
use crate::face::cmd::check;
use crate::face::plan::edits;
use crate::face::project::Project;
use crate::graph::derive::derive;
use crate::read::layout;

/// The repository's documents with some more, in a folder of their own.
pub struct Stage<'a> {
    root: &'a Path,
    folder: Folder,
    /// What was put there, by path.
    pub files: BTreeMap<String, Proposed>,
}

/// A file as it would be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposed {
    /// `None` for a new file.
    pub old: Option<String>,
    pub new: String,
}

impl<'a> Stage<'a> {
    /// Copies the documents that are there.
    pub fn new(root: &'a Path) -> Result<Self, FileError> {
        let folder = fs::temporary_folder()?;
        let found = layout::find(root);
        let features = found.features.into_iter().flat_map(|f| [f.spec, f.plan, f.tasks]);
        for path in features.flatten().chain(found.constitution).chain(found.others) {
            // what cannot be read is said by the commands that read it
            if let Ok(Some(bytes)) = fs::inside(root, &path).and_then(|p| fs::read_if_there(&p)) {
                fs::write(&folder.path().join(&path), &bytes)?;
            }
        }
        Ok(Self { root, folder, files: BTreeMap::new() })
    }

    /// Puts a file there as it would be.
    pub fn put(&mut self, path: &str, new: String) -> Result<(), FileError> {
        let old = fs::inside(self.root, path).and_then(|p| fs::read_if_there(&p))?;
        let old = old.map(|b| String::from_utf8(b).map_err(|_| FileError::NotUtf8(path.to_owned()))).transpose()?;
        fs::write(&self.folder.path().join(path), new.as_bytes())?;
        self.files.insert(path.to_owned(), Proposed { old, new });
        Ok(())
    }

    /// The repository as it would be.
    pub fn project(&self) -> Project {
        Project::with_documents(self.root, self.folder.path())
    }

    /// Appends the tasks that are missing; those that the documents had no line for before.
    pub fn derive(&mut self) -> Result<(), FileError> {
        let project = self.project();
        let exists = |path: &str| fs::inside(self.root, path).is_ok_and(|p| p.exists());
        let Some(given) = project.given(&exists) else { return Ok(()) };
        for addition in derive(given) {
            let text = addition.file.map_or("", |f| project.sources.text(f));
            let (before, after) = text.split_at_checked(addition.offset).unwrap_or((text, ""));
            self.put(&addition.path, format!("{before}{}{after}", addition.text))?;
        }
        Ok(())
    }

    /// Completes the plans that are new with what the checks say; those of people are left alone.
    pub fn complete(&mut self) -> Result<(), FileError> {
        let (project, found) = self.check();
        let (edits, _) = edits::edits(&project, &found, &mut Vec::new());
        for edit in edits {
            if self.files.get(&edit.path).is_some_and(|f| f.old.is_none()) {
                self.put(&edit.path, edit.after)?;
            }
        }
        Ok(())
    }

    /// What is wrong with the repository as it would be, and its project for the places.
    pub fn check(&self) -> (Project, Vec<Diagnostic>) {
        let mut project = self.project();
        let found = check::everything(&mut project, check::KUBERNETES);
        // Git takes what is made as soon as the new lines of `.gitignore` are there
        let taken = self.files.contains_key(".gitignore");
        let findings = found.findings.into_iter().filter(|d| !(taken && d.code == "artifact-ignored-by-git"));
        (project, findings.collect())
    }
}
