//! `bowline adopt`: tie files that people wrote to the tasks that name them.

use std::collections::BTreeSet;

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::fs;
use crate::base::suggest::did_you_mean;
use crate::change::{diff, mask_text};
use crate::face::adopted::{self, tie_json};
use crate::face::cli::{Adopt, PlainOutput};
use crate::face::exit::Exit;
use crate::face::output::count;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;
use crate::graph::adopt::{self as matching, Claim};
use crate::make::{adopt as text, stamp};
use crate::model::existing::{Adoption, Existing, FileState};
use crate::model::ids::{FeatureId, Ownership};
use crate::read::adopted::{LOCK, Lock, read_lock, write_lock};

pub fn run(context: &Context, args: &Adopt) -> Exit {
    let project = Project::read(&context.root);
    let broken: Vec<Diagnostic> = project.diagnostics.iter().filter(|d| d.code == "lock-line").cloned().collect();
    if !broken.is_empty() {
        // written anew, what could not be read would be lost
        return report::findings(context.output, &broken, &project.sources);
    }
    let named = match selected(context, &project, &args.files) {
        Ok(named) => named,
        Err(exit) => return exit,
    };
    let work = Work::new(&project, args, &named);
    let changes = work.changes();
    if args.output == PlainOutput::Json {
        let files: Vec<Json> = work.rows.iter().map(|r| r.json(&project)).collect();
        let written = !args.dry_run && !changes.is_empty();
        context.output.json("adopt", &json!({ "files": files, "written": written }));
    } else {
        if args.dry_run {
            for (path, old, new) in &changes {
                context.output.data(&diff::texts(path, &mask_text::text(old), &mask_text::text(new)));
            }
        }
        let rows = work.rows.iter().filter(|r| !args.files.is_empty() || r.action.is_shown());
        let lines = aligned(&rows.map(|r| r.cells(&project)).collect::<Vec<_>>());
        // beside a diff the list is for the person, not for the program that reads the diff
        lines.iter().for_each(|l| if args.dry_run { context.output.say(l) } else { context.output.data(l) });
    }
    if args.dry_run {
        context.output.say(&work.summary(if changes.is_empty() { "nothing to adopt" } else { "to adopt" }));
        return if changes.is_empty() { Exit::Done } else { Exit::Pending };
    }
    for (path, _, new) in &changes {
        let written = fs::inside(&context.root, path).and_then(|full| {
            if new.is_empty() { fs::remove(&context.root, &full) } else { fs::write(&full, new.as_bytes()) }
        });
        if let Err(error) = written {
            context.output.say(&format!("error[file-unwritable]: {error}"));
            context.output.say("   the files above are complete; correct the cause and run `bowline adopt` again");
            return Exit::World;
        }
    }
    context.output.say(&work.summary(if changes.is_empty() { "nothing new to adopt" } else { "adopted" }));
    Exit::Done
}

/// The files that are named, folders with everything below; all when none is.
fn selected(context: &Context, project: &Project, names: &[String]) -> Result<BTreeSet<String>, Exit> {
    let existing = &project.documents.existing;
    let mut all = BTreeSet::new();
    let mut unknown = false;
    for name in names {
        let path = crate::read::repository::join("", name);
        let inside = format!("{path}/");
        let found: Vec<&Existing> =
            existing.iter().filter(|e| e.path == path || path.is_empty() || e.path.starts_with(&inside)).collect();
        if found.is_empty() {
            unknown = true;
            let there = project.repository.exists(&path);
            let why = match there {
                _ if path.starts_with("out/") => "what lies below `out/` is made by Bowline",
                true => "it is no Dockerfile, Compose file, manifest or file of a chart, or Git ignores it",
                false => "there is no such file",
            };
            let near = did_you_mean(&path, existing.iter().map(|e| e.path.as_str()));
            let near = near.filter(|_| !there).map(|n| format!("; {n}")).unwrap_or_default();
            context.output.say(&format!("error: `{name}` cannot be adopted: {why}{near}"));
        }
        all.extend(found.into_iter().map(|e| e.path.clone()));
    }
    if names.is_empty() {
        all.extend(existing.iter().map(|e| e.path.clone()));
    }
    if unknown { Err(Exit::Errors) } else { Ok(all) }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Action {
    /// A stamp into the file.
    Stamp,
    /// A line of `bowline.lock`.
    Lock,
    /// Adopted already, by the same tasks.
    Same,
    /// No task is certain.
    NoTask,
    Generated,
    /// Cannot be read as text, or has no content.
    Unfit,
}

impl Action {
    fn name(self) -> &'static str {
        match self {
            Self::Stamp => "stamp",
            Self::Lock => "lock",
            Self::Same => "same",
            Self::NoTask => "no task",
            Self::Generated => "generated",
            Self::Unfit => "not fit",
        }
    }

    fn is_shown(self) -> bool {
        !matches!(self, Self::Same | Self::Generated)
    }
}

struct Row<'p> {
    file: &'p Existing,
    action: Action,
    adoption: Adoption,
    claim: Claim,
    /// Old and new text, for a stamp.
    texts: Option<(String, String)>,
    note: String,
}

impl Row<'_> {
    fn cells(&self, project: &Project) -> [String; 3] {
        let what = match self.action {
            Action::NoTask => adopted::doubt(&self.claim),
            Action::Generated => "Bowline makes it; there is nothing to adopt".to_owned(),
            Action::Unfit => self.note.clone(),
            _ => {
                let ties = self.claim.ties.iter().map(|t| adopted::tie_text(project, t));
                let ties: Vec<String> =
                    if self.claim.ties.is_empty() { self.adoption.tasks.clone() } else { ties.collect() };
                let note = if self.note.is_empty() { String::new() } else { format!("; {}", self.note) };
                ties.join("; ") + &note
            }
        };
        [self.action.name().to_owned(), self.file.path.clone(), what]
    }

    fn json(&self, project: &Project) -> Json {
        let ties: Vec<Json> = self.claim.ties.iter().map(|t| tie_json(project, t)).collect();
        json!({ "path": self.file.path, "kind": self.file.kind.name(), "action": self.action.name(),
            "tasks": self.adoption.tasks, "requirements": self.adoption.requirements, "ties": ties,
            "reason": self.claim.reason, "candidates": self.claim.candidates, "note": self.note })
    }
}

/// What is to be done, decided before anything is written.
struct Work<'p> {
    rows: Vec<Row<'p>>,
    lock: (String, String),
}

impl<'p> Work<'p> {
    fn new(project: &'p Project, args: &Adopt, named: &BTreeSet<String>) -> Self {
        let existing = &project.documents.existing;
        let claims = matching::claims(&project.graph, existing, &project.repository);
        let old = project.sources.find(LOCK).map(|f| project.sources.text(f).to_owned()).unwrap_or_default();
        let mut lock = project.sources.find(LOCK).map(|f| read_lock(f, &project.sources).0).unwrap_or_default();
        let before = lock.clone();
        let features: BTreeSet<FeatureId> = project.documents.features.iter().map(|f| f.id.clone()).collect();
        let texts = project.requirement_texts();
        let chosen = existing.iter().zip(claims).filter(|(e, _)| named.contains(&e.path));
        let rows = chosen
            .map(|(file, claim)| {
                let owner = Ownership {
                    tasks: claim.ties.iter().map(|t| project.graph.task(t.task).id().clone()).collect(),
                    requirements: matching::requirements(&project.graph, &claim.ties),
                    fields: Vec::new(),
                };
                let stamp = stamp::of(&owner, &texts);
                let labels = stamp::adopted(&owner, &stamp, &features);
                let adoption = Adoption {
                    tasks: stamp.tasks,
                    requirements: stamp.requirements,
                    source: stamp.source,
                    ..Adoption::default()
                };
                let row = Row { file, action: Action::NoTask, adoption, claim, texts: None, note: String::new() };
                row.decided(project, args, &labels, &mut lock)
            })
            .collect();
        if args.sidecar {
            lock.retain(|path, _| existing.binary_search_by(|e| e.path.cmp(path)).is_ok());
        }
        let new = match (lock == before, lock.is_empty()) {
            (true, _) => old.clone(),
            (_, true) => String::new(),
            _ => write_lock(&lock),
        };
        Self { rows, lock: (old, new) }
    }

    /// Path, old text, new text; an empty new text for a file that goes.
    fn changes(&self) -> Vec<(&str, &str, &str)> {
        let stamped = self
            .rows
            .iter()
            .filter_map(|r| r.texts.as_ref().map(|(a, b)| (r.file.path.as_str(), a.as_str(), b.as_str())));
        let lock = (LOCK, self.lock.0.as_str(), self.lock.1.as_str());
        stamped.chain([lock]).filter(|(_, old, new)| old != new).collect()
    }

    fn summary(&self, verb: &str) -> String {
        let of = |wanted: Action| self.rows.iter().filter(|r| r.action == wanted).count();
        let new = of(Action::Stamp) + of(Action::Lock);
        let mut parts = if new == 0 { vec![verb.to_owned()] } else { vec![format!("{} {verb}", count(new, "file"))] };
        let rest = [
            (of(Action::Same), "as before"),
            (of(Action::NoTask), "without a task"),
            (of(Action::Unfit), "not fit"),
            (of(Action::Generated), "generated and left alone"),
        ];
        parts.extend(rest.iter().filter(|(n, _)| *n > 0).map(|(n, word)| format!("{n} {word}")));
        parts.join(", ")
    }
}

impl Row<'_> {
    fn decided(
        mut self,
        project: &Project,
        args: &Adopt,
        labels: &crate::make::metadata::Stamped,
        lock: &mut Lock,
    ) -> Self {
        let path = &self.file.path;
        let known = match &self.file.state {
            FileState::Generated => {
                self.action = Action::Generated;
                return self;
            }
            FileState::Adopted(known) => Some(known.clone()),
            FileState::Foreign => None,
        };
        if self.claim.ties.is_empty() {
            if let Some(known) = known {
                // the tasks were edited since; the tie that a person saw stays
                self.note = format!("no longer matched: {}", self.claim.reason);
                (self.action, self.adoption) = (Action::Same, known);
            }
            return self;
        }
        let in_file = known.as_ref().is_some_and(|k| !k.sidecar);
        let in_lock = known.as_ref().is_some_and(|k| k.sidecar);
        if args.sidecar && in_file {
            "its stamp stands in the file".clone_into(&mut self.note);
            self.action = Action::Same;
            return self;
        }
        if args.sidecar || (in_lock && args.files.is_empty()) {
            let digest = adopted::digest(project, path).unwrap_or_default();
            let entry = Adoption { sidecar: true, digest, ..self.adoption.clone() };
            // the file may have been edited since; that alone is no reason to write
            let same = known.is_some_and(|k| Adoption { digest: entry.digest.clone(), ..k } == entry);
            self.action = if same { Action::Same } else { Action::Lock };
            if !same {
                lock.insert(path.clone(), entry);
            }
            return self;
        }
        let Some(old) = project.repository.contents(path) else {
            (self.action, self.note) = (Action::Unfit, "it is too large, or no UTF-8 text".to_owned());
            return self;
        };
        let Some(new) = text::write(&old, self.file.kind, &self.adoption, labels) else {
            (self.action, self.note) = (Action::Unfit, "it is empty".to_owned());
            return self;
        };
        lock.remove(path);
        self.note = match (new.labelled, new.unlabelled) {
            (0, 0) => String::new(),
            (0, _) => "no labels: where the metadata stands is not certain".to_owned(),
            (n, 0) => format!("labels on {}", count(n, "object")),
            (n, m) => format!("labels on {n} of {} objects", n + m),
        };
        self.action = if new.text == old { Action::Same } else { Action::Stamp };
        self.texts = Some((old, new.text));
        self
    }
}

fn aligned(rows: &[[String; 3]]) -> Vec<String> {
    let width = |column: usize| rows.iter().map(|r| r[column].chars().count()).max().unwrap_or(0);
    let (first, second) = (width(0), width(1));
    rows.iter().map(|[a, b, c]| format!("{a:first$}  {b:second$}  {c}").trim_end().to_owned()).collect()
}
