//! `generate --replace FILE`: which files may be overwritten because Git can give them back.

use std::collections::BTreeSet;

use crate::base::diag::Diagnostic;
use crate::base::fs;
use crate::base::suggest::did_you_mean;
use crate::make::run::Made;
use crate::read::adopted::{LOCK, read_lock, write_lock};
use crate::world::git::{Committed, Git};

use super::project::Project;

/// The named files that may be taken over, or one finding for each that may not.
pub fn allowed(project: &Project, made: &Made, names: &BTreeSet<String>) -> Result<(), Vec<Diagnostic>> {
    let git = Git::open(&project.root);
    let refused = |path: &str, why: &str| {
        Diagnostic::error("file-uncommitted", format!("`{path}` is not replaced: {why}"))
            .saying("the text that stands there would be lost")
    };
    let mut out = Vec::new();
    for path in names {
        if !made.artifacts.iter().any(|a| a.path == *path) {
            let near = did_you_mean(path, made.artifacts.iter().map(|a| a.path.as_str()));
            let message = format!("`{path}` is not replaced: nothing is generated there");
            out.push(Diagnostic::error("replace-unknown", message).fix(near.unwrap_or_else(|| {
                "name a file that `bowline generate` writes; `bowline status` counts what stands in its way".to_owned()
            })));
            continue;
        }
        let Some(bytes) = fs::inside(&project.root, path).ok().and_then(|p| fs::read_if_there(&p).ok().flatten())
        else {
            continue;
        };
        let commit = format!("git add {path} && git commit, then run this again");
        let found = match &git {
            None => refused(path, "this is no Git repository").fix("keep a copy, then delete the file and generate"),
            Some(git) => match git.committed(path, &bytes) {
                Committed::Yes => continue,
                Committed::Never => refused(path, "Git has never had it").fix(commit),
                Committed::Staged => refused(path, "the index holds another text than the last commit").fix(commit),
                Committed::Changed => refused(path, "it was changed since the last commit").fix(commit),
            },
        };
        out.push(found);
    }
    if out.is_empty() { Ok(()) } else { Err(out) }
}

/// What to type to see the old texts.
pub fn ways_back(project: &Project, names: &BTreeSet<String>) -> Vec<String> {
    let Some(git) = Git::open(&project.root) else { return Vec::new() };
    let revision = git.revision().unwrap_or_default();
    let short = revision.get(..12).unwrap_or("HEAD");
    names.iter().map(|path| format!("git show {short}:{}", git.shown(path))).collect()
}

/// `bowline.lock` without these files, when it has any of them.
pub fn lock_without(project: &Project, names: &BTreeSet<String>) -> Option<String> {
    let (mut lock, broken) = read_lock(project.sources.find(LOCK)?, &project.sources);
    let before = lock.len();
    lock.retain(|path, _| !names.contains(path));
    (broken.is_empty() && lock.len() < before).then(|| write_lock(&lock))
}
