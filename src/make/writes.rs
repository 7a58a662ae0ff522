//! The plan of writes: decided without I/O from what was made and what is there, then done.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use rayon::prelude::*;

use crate::base::diag::Diagnostic;
use crate::base::fs::{self, FileError, Inside};
use crate::model::app::App;

use super::artifact::Artifact;
use super::stamp::{self, Reading};
use super::store::Store;

/// What stands at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum State {
    /// Exactly the bytes that were made.
    Same,
    /// Ours, and as it was generated.
    Intact,
    /// Ours, and changed by hand.
    Edited,
    /// Without a stamp.
    Foreign,
    /// A person's file that answers to a task.
    Adopted,
}

/// What happens at a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Action {
    Create,
    Update,
    /// Ours, and no longer made.
    Remove,
    /// Nothing to do.
    Same,
    /// Refused: changed by hand.
    Edited,
    /// Refused: not ours.
    Foreign,
    /// A person's file that answers to a task: left as it is.
    Adopted,
}

impl Action {
    /// Whether something would be written or removed, or is refused.
    pub fn is_change(self) -> bool {
        !matches!(self, Self::Same | Self::Adopted)
    }
}

/// One decision.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Write {
    pub path: String,
    pub action: Action,
    /// Index of the artifact; nothing for what is no longer made.
    pub artifact: Option<usize>,
}

/// Looks at every path that was made, and at every file below `out/<app>` and `charts/<app>`. Files whose digest is
/// known to be the one wanted are not read.
///
/// # Errors
/// A path that leaves the workspace, or a file that cannot be read.
pub fn survey(
    root: &Path,
    app: &App,
    artifacts: &[Artifact],
    store: &mut Store,
) -> Result<BTreeMap<String, State>, FileError> {
    let mut states = BTreeMap::new();
    let mut made = BTreeSet::new();
    let mut inside = Inside::new(root);
    let paths: Vec<&str> = artifacts.iter().map(|a| a.path.as_str()).collect();
    if let Some(outside) = paths.iter().find(|p| inside.refuses(p)) {
        return Err(FileError::Outside((*outside).to_owned()));
    }
    for (artifact, digest) in artifacts.iter().zip(store.digests(&paths)) {
        let path = artifact.path.as_str();
        made.insert(path);
        if digest == Store::digest_of(&artifact.bytes) {
            states.insert(path.to_owned(), State::Same);
        } else if let Some(bytes) = fs::read_if_there(&root.join(path))? {
            let state = if bytes == artifact.bytes { State::Same } else { state(path, &bytes) };
            states.insert(path.to_owned(), state);
        }
    }
    for folder in [format!("out/{}", app.name), format!("charts/{}", app.name)] {
        for path in files(root, &folder) {
            if made.contains(path.as_str()) {
                continue;
            }
            if let Some(bytes) = fs::read_if_there(&fs::inside(root, &path)?)? {
                states.insert(path.clone(), state(&path, &bytes));
            }
        }
    }
    Ok(states)
}

fn state(path: &str, bytes: &[u8]) -> State {
    match stamp::read(path, bytes) {
        Reading::Foreign => State::Foreign,
        Reading::Adopted(_) => State::Adopted,
        Reading::Intact(_) => State::Intact,
        Reading::Edited(_) => State::Edited,
    }
}

/// Files below a folder of the workspace, sorted; links are not followed.
pub fn files(root: &Path, folder: &str) -> BTreeSet<String> {
    let mut out = BTreeSet::new();
    for entry in std::fs::read_dir(root.join(folder)).into_iter().flatten().filter_map(Result::ok) {
        let Ok(name) = entry.file_name().into_string() else { continue };
        let path = format!("{folder}/{name}");
        match entry.file_type() {
            Ok(kind) if kind.is_dir() => out.append(&mut files(root, &path)),
            Ok(kind) if kind.is_file() => {
                out.insert(path);
            }
            _ => {}
        }
    }
    out
}

/// Decides what happens at each path, sorted by path. `discard` names files whose edits may be lost.
pub fn decide(artifacts: &[Artifact], states: &BTreeMap<String, State>, discard: &BTreeSet<String>) -> Vec<Write> {
    let mut out = BTreeMap::new();
    for (index, artifact) in artifacts.iter().enumerate() {
        let action = match states.get(&artifact.path) {
            None => Action::Create,
            Some(State::Same) => Action::Same,
            Some(State::Intact) => Action::Update,
            Some(State::Edited) if discard.contains(&artifact.path) => Action::Update,
            Some(State::Edited) => Action::Edited,
            Some(State::Foreign) => Action::Foreign,
            Some(State::Adopted) => Action::Adopted,
        };
        out.insert(artifact.path.clone(), Write { path: artifact.path.clone(), action, artifact: Some(index) });
    }
    for (path, state) in states {
        let action = match state {
            State::Intact => Action::Remove,
            State::Edited if discard.contains(path) => Action::Remove,
            State::Edited => Action::Edited,
            State::Same | State::Foreign | State::Adopted => continue,
        };
        out.entry(path.clone()).or_insert_with(|| Write { path: path.clone(), action, artifact: None });
    }
    out.into_values().collect()
}

/// One error for each refused path, with both ways out.
pub fn refusals(writes: &[Write], artifacts: &[Artifact]) -> Vec<Diagnostic> {
    let task = |w: &Write| w.artifact.and_then(|a| artifacts.get(a)?.tasks.first()).map(ToString::to_string);
    let mut out = Vec::new();
    for write in writes {
        let path = &write.path;
        let diagnostic = match write.action {
            Action::Foreign => Diagnostic::error("file-foreign", format!("`{path}` is not generated, and a generated file belongs there"))
                .saying("it carries no stamp, so it is somebody's own work and is not overwritten")
                .fix(format!("tie it to its task and keep it: `bowline adopt {path}`; or take it over: `bowline generate --replace {path}`")),
            Action::Edited if write.artifact.is_some() => Diagnostic::error("file-edited", format!("`{path}` was changed by hand since it was generated"))
                .saying("generating it again would lose the change")
                .fix(format!(
                    "move the change into the spec, or into a template of the same name under `templates/`; \
                     or lose it: `bowline generate --discard {path}`"
                )),
            Action::Edited => Diagnostic::error("file-edited", format!("`{path}` is no longer made, and was changed by hand"))
                .saying("removing it would lose the change")
                .fix(format!("delete it or take its first line (the stamp) out to keep it; or lose it: `bowline generate --discard {path}`")),
            _ => continue,
        };
        out.push(match task(write) {
            Some(task) => diagnostic.task(task),
            None => diagnostic,
        });
    }
    out
}

/// What was done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Done {
    pub written: usize,
    pub removed: usize,
}

/// Does what was decided, several files at a time; refused paths are left alone. A file is written whole or not at all.
///
/// # Errors
/// The first path that leaves the workspace, before anything is done; or the first that cannot be written or removed,
/// when every other file is as it was or complete.
pub fn apply(root: &Path, artifacts: &[Artifact], writes: &[Write]) -> Result<Done, FileError> {
    let mut inside = Inside::new(root);
    if let Some(write) = writes.iter().find(|w| inside.refuses(&w.path)) {
        return Err(FileError::Outside(write.path.clone()));
    }
    let one = |write: &Write| match (write.action, write.artifact.and_then(|a| artifacts.get(a))) {
        (Action::Create | Action::Update, Some(artifact)) => {
            fs::write_if_different(&root.join(&write.path), &artifact.bytes)
        }
        _ => Ok(false),
    };
    let mut done = Done::default();
    // before anything is written: a folder may come where a file goes
    for write in writes.iter().filter(|w| w.action == Action::Remove) {
        fs::remove(root, &root.join(&write.path))?;
        done.removed += 1;
    }
    let written: Vec<Result<bool, FileError>> = writes.par_iter().with_min_len(32).map(one).collect();
    for result in written {
        done.written += usize::from(result?);
    }
    Ok(done)
}
