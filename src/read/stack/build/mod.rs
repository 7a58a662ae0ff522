//! What the Dockerfile template of a framework needs to know of a folder: lock file, package manager, what is built and
//! what is started. Each language has a file of its own.

mod choose;
mod compiled;
mod java;
mod node;
mod python;

use std::path::Path;

use serde_json::{Value as Json, json};

use super::{Asked, Stack};
use crate::base::fs;
use crate::read::repository::Repository;

/// Stands in an entry point where the number of the first port goes.
pub const PORT: &str = "{port}";

/// Something without which the image will not build or not start.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lack {
    pub code: &'static str,
    /// What is missing; the folder is its subject.
    pub what: String,
    /// Below the place in the spec that asks for the build.
    pub label: String,
    pub fix: String,
    /// The field of `runtime` that settles it when the spec gives it; empty when none does.
    pub unless: &'static str,
    /// A package that would settle it when it were in `requirements.txt`.
    pub package: Option<&'static str>,
}

/// The build context: its files as Git would take them, and what is learnt.
struct Look<'a> {
    context: &'a str,
    folder: &'a Path,
    files: Repository,
    asked: &'a Asked<'a>,
    stack: Stack,
}

/// Looks at a folder that is there. An unreadable file counts as absent: the build says more about it than we could.
pub fn look(folder: &Path, asked: &Asked<'_>, stack: Stack) -> Stack {
    let files = Repository::walk(folder);
    let mut look = Look { context: asked.context, folder, files, asked, stack };
    choose::framework(&mut look);
    match look.stack.framework.as_deref() {
        Some("fastapi" | "django" | "python") => python::look(&mut look),
        Some("nextjs" | "express" | "node") => node::look(&mut look),
        Some("static") => node::page(&mut look),
        Some("go") => compiled::go(&mut look),
        Some("rust") => compiled::rust(&mut look),
        Some("java") => java::look(&mut look),
        _ => {}
    }
    look.stack
}

impl Look<'_> {
    fn text(&self, name: &str) -> String {
        fs::inside(self.folder, name).ok().and_then(|p| fs::read(&p).ok()).unwrap_or_default()
    }

    /// Whether a file is there, be it ignored by Git or not: Docker asks only the `.dockerignore`.
    fn has(&self, name: &str) -> bool {
        fs::inside(self.folder, name).is_ok_and(|p| p.is_file())
    }

    /// The file that speaks for something.
    fn see(&mut self, what: &str, file: &str) {
        let file = if self.context == "." { file.to_owned() } else { format!("{}/{file}", self.context) };
        self.stack.evidence.insert(what.to_owned(), file);
    }

    /// A field of `runtime` that the template reads.
    fn fact(&mut self, field: &'static str, value: impl Into<Json>, file: &str) {
        self.stack.facts.insert(field, value.into());
        self.see(field, file);
    }

    fn start<S: AsRef<str>>(&mut self, words: &[S], file: &str) {
        self.stack.entrypoint = words.iter().map(|w| w.as_ref().to_owned()).collect();
        self.see("entrypoint", file);
    }

    fn lack(&mut self, code: &'static str, what: &str, label: &str, fix: impl Into<String>, unless: &'static str) {
        let (what, label, fix) = (what.to_owned(), label.to_owned(), fix.into());
        self.stack.lacks.push(Lack { code, what, label, fix, unless, package: None });
    }

    /// Files that are copied for the layer of the dependencies.
    fn manifests<'s>(&mut self, names: impl IntoIterator<Item = &'s str>, file: &str) {
        let there: Vec<&str> = names.into_iter().filter(|n| self.has(n)).collect();
        self.fact("manifests", json!(there), file);
    }

    /// The package manager: the one that the spec gives, else the one whose lock file is there.
    fn manager(
        &mut self,
        locks: &[(&str, &'static str)],
        said: Option<(String, &str)>,
        fallback: &'static str,
    ) -> String {
        let there: Vec<(&str, &str)> = locks.iter().filter(|(f, _)| self.has(f)).copied().collect();
        let chosen = if let Some(given) = self.asked.manager {
            given.to_owned()
        } else if let Some((name, file)) = said {
            self.see("packageManager", file);
            name
        } else if let Some((file, name)) = there.first() {
            self.see("packageManager", file);
            if let Some((other, rival)) = there.iter().find(|(_, m)| m != name) {
                let fix = format!("remove one of the two, or add `runtime: {{ packageManager: {name} }}` or `{rival}`");
                let what = format!("has `{file}` and `{other}`, and nothing says which one counts");
                self.lack("build-ambiguous", &what, "lock files of two package managers", fix, "packageManager");
            }
            (*name).to_owned()
        } else {
            fallback.to_owned()
        };
        self.stack.package_manager = Some(chosen.clone());
        chosen
    }
}
