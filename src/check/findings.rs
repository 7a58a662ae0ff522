//! Findings on their way from a check to the reader: one for each cause, with its task and its sentence.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::source::{Sources, Span};
use crate::model::ids::Identity;
use crate::model::workspace::Documents;

use super::view::{File, Object, Scope};

/// Collects findings and remembers which artifact each is about.
#[derive(Default)]
pub(super) struct Findings {
    list: Vec<Finding>,
}

struct Finding {
    identity: Option<Identity>,
    environment: Option<String>,
    diagnostic: Diagnostic,
}

impl Findings {
    /// A finding about an object of an environment.
    pub(super) fn object(&mut self, scope: &Scope<'_>, object: &Object<'_>, diagnostic: Diagnostic) {
        self.add(object.file, Some(scope.environment), diagnostic);
    }

    /// A finding about a file.
    pub(super) fn file(&mut self, file: &File<'_>, diagnostic: Diagnostic) {
        self.add(file, file.artifact.environment.as_deref(), diagnostic);
    }

    fn add(&mut self, file: &File<'_>, environment: Option<&str>, mut diagnostic: Diagnostic) {
        if diagnostic.task.is_none() {
            diagnostic.task = file.artifact.tasks.first().map(ToString::to_string);
        }
        self.list.push(Finding {
            identity: Some(file.artifact.identity.clone()),
            environment: environment.map(str::to_owned),
            diagnostic,
        });
    }

    /// A finding about the whole of an environment, or of everything.
    pub(super) fn whole(&mut self, environment: Option<&str>, diagnostic: Diagnostic) {
        self.list.push(Finding { identity: None, environment: environment.map(str::to_owned), diagnostic });
    }

    pub(super) fn append(&mut self, other: Self) {
        self.list.extend(other.list);
    }

    /// One diagnostic for each cause: what is wrong in several environments is said once, with the others named.
    pub(super) fn merged(self, sources: &Sources) -> Vec<Diagnostic> {
        let mut places: BTreeMap<(&'static str, Option<Identity>, String), usize> = BTreeMap::new();
        let mut merged: Vec<(Option<String>, Diagnostic, Vec<String>)> = Vec::new();
        for Finding { identity, environment, diagnostic } in self.list {
            match places.entry((diagnostic.code, identity, diagnostic.message.clone())) {
                std::collections::btree_map::Entry::Vacant(entry) => {
                    entry.insert(merged.len());
                    merged.push((environment, diagnostic, Vec::new()));
                }
                std::collections::btree_map::Entry::Occupied(entry) => {
                    let (first, _, others) = &mut merged[*entry.get()];
                    if let Some(environment) = environment.filter(|e| Some(e) != first.as_ref()) {
                        let at = diagnostic.location(sources).map(|l| format!(" ({l})")).unwrap_or_default();
                        others.push(format!("`{environment}`{at}"));
                    }
                }
            }
        }
        let joined = merged.into_iter().map(|(_, diagnostic, mut others)| {
            others.dedup();
            if others.is_empty() { diagnostic } else { diagnostic.saying(format!("also in {}", others.join(", "))) }
        });
        joined.collect()
    }
}

/// Says of each finding whose task is ticked that the tick and the finding do not go together.
pub(super) fn contradict_ticks(diagnostics: &mut [Diagnostic], documents: &Documents) {
    let done: BTreeMap<String, bool> =
        documents.features.iter().flat_map(|f| &f.tasks).map(|t| (t.id.to_string(), t.done)).collect();
    for diagnostic in diagnostics {
        if let Some(task) = &diagnostic.task
            && done.get(task) == Some(&true)
            && diagnostic.severity == crate::base::diag::Severity::Error
        {
            diagnostic.notes.push(format!("task `{task}` is ticked as done; this says that it is not"));
        }
    }
}

/// Takes the text of secrets out of findings that point at them, such as one about a key that is not quoted.
pub(super) fn hide(diagnostics: &mut [Diagnostic], secrets: &[Span], sources: &Sources) {
    for diagnostic in diagnostics {
        let places: Vec<Span> = diagnostic.primary.iter().chain(&diagnostic.also).map(|l| l.span).collect();
        let touched = |s: &&Span| places.iter().any(|p| p.file == s.file && p.start < s.end && s.start < p.end);
        for secret in secrets.iter().filter(touched) {
            let written = sources.slice(*secret);
            for text in [written, written.trim_matches(['"', '\''])].into_iter().filter(|t| !t.is_empty()) {
                let labels = diagnostic.primary.iter_mut().chain(&mut diagnostic.also).map(|l| &mut l.text);
                let texts = labels.chain(&mut diagnostic.notes).chain(&mut diagnostic.fix);
                for place in texts.chain([&mut diagnostic.message]) {
                    *place = place.replace(text, "***");
                }
            }
        }
    }
}
