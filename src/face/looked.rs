//! How much was looked at, and what to do next: the first and the last line of `check`.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use super::output::count;
use super::overview::{Counts, requirements};
use super::project::Project;

/// What a check looked at.
pub struct Looked {
    features: usize,
    tasks: Counts,
    requirements: usize,
    /// Sentences of the constitution that governs.
    sentences: usize,
    /// Files that were read: documents, and what was checked beside them.
    files: usize,
    /// Lines that look like a task or a requirement and were not read.
    unread: usize,
}

impl Looked {
    /// Counts what was read so far.
    pub fn at(project: &Project) -> Self {
        let features = &project.documents.features;
        let files: BTreeSet<&str> = project
            .sources
            .files()
            .map(|f| project.sources.path(f))
            // Bowline's own, not the user's
            .filter(|path| !path.starts_with("templates/"))
            .collect();
        Self {
            features: features.len(),
            tasks: Counts::of(features.iter().flat_map(|f| &f.tasks)),
            requirements: features.iter().map(|f| requirements(f).count()).sum(),
            sentences: project.documents.constitution.as_ref().map_or(0, |c| c.statements.len()),
            files: files.len(),
            unread: features.iter().map(|f| f.unread.len()).sum(),
        }
    }

    /// `looked at 9 features, 327 tasks (235 done), 383 requirements, 39 sentences of the constitution; 28 files`;
    /// nothing where there is nothing.
    pub fn line(&self) -> String {
        let tasks = match (self.tasks.total, self.tasks.done) {
            (0, _) => String::new(),
            (all, done) => format!("{} ({done} done)", count(all, "task")),
        };
        let some = |n: usize, word: &str| if n == 0 { String::new() } else { count(n, word) };
        let sentences = match self.sentences {
            0 => String::new(),
            n => format!("{} of the constitution", count(n, "sentence")),
        };
        let parts = [
            some(self.features, "feature"),
            tasks,
            some(self.requirements, "requirement"),
            sentences,
            some(self.files, "file"),
        ];
        let parts: Vec<String> = parts.into_iter().filter(|p| !p.is_empty()).collect();
        if parts.is_empty() { String::new() } else { format!("looked at {}", parts.join(", ")) }
    }

    pub fn data(&self) -> Json {
        json!({
            "features": self.features,
            "tasks": { "total": self.tasks.total, "done": self.tasks.done, "open": self.tasks.open },
            "requirements": self.requirements,
            "sentences": self.sentences,
            "files": self.files,
            "unread": self.unread,
        })
    }

    /// What to do next, where there is something: lines that were not read, documents that nothing is made from yet.
    pub fn next(&self, project: &Project) -> String {
        let mut next = String::new();
        if self.unread > 0 {
            next += &match self.unread {
                1 => "\n1 line that may be a task, a requirement or a dependency was not read".to_owned(),
                n => format!("\n{n} lines that may be tasks, requirements or dependencies were not read"),
            };
            next += "; `bowline status` lists what and why";
        }
        let block = project.documents.features.iter().any(|f| !f.blocks.is_empty());
        if self.features > 0 && !block && project.app.is_none() {
            next += "\nnext: `bowline status` shows what was read, `bowline init` proposes what to generate";
        }
        next
    }
}
