//! The artifacts of a project, and how they stand on disk.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use crate::base::diag::Diagnostic;
use crate::change::object;
use crate::make::draw::{Inputs, Objects};
use crate::make::image;
use crate::make::run::{Made, make as make_all};
use crate::make::store::Store;
use crate::make::writes::{self, Action, State as FileState, Write};
use crate::model::app::App;
use crate::model::ids::{Identity, RequirementId};
use crate::world::git::Git;

use super::adopted;
use super::draw::State;
use super::exit::Exit;
use super::output::count;
use super::prepare::Prepared;
use super::project::Project;
use super::report;
use super::run::Context;
use super::wanted_secrets;

/// What generation needs beside the project itself.
pub struct Ready {
    pub tags: BTreeMap<String, String>,
    texts: BTreeMap<RequirementId, String>,
    constitution: Option<String>,
    /// What is wrong with the build contexts.
    diagnostics: Vec<Diagnostic>,
    /// Every file and folder of the build contexts.
    pub paths: Vec<String>,
}

impl Ready {
    /// Computes the image tags, which looks at every file of every build context.
    pub fn new(project: &Project) -> Self {
        Self::with(project, &mut Store::open(&project.root))
    }

    /// The same, with a store that is open.
    pub fn with(project: &Project, store: &mut Store) -> Self {
        let constitution = project.constitution_digest();
        let texts = project.requirement_texts();
        let mut ready = Self { tags: BTreeMap::new(), texts, constitution, diagnostics: Vec::new(), paths: Vec::new() };
        if let Some(inputs) = ready.inputs(project) {
            let tags = image::tags(&project.root, inputs, store);
            ready = Self { tags: tags.tags, diagnostics: tags.diagnostics, paths: tags.paths, ..ready };
        }
        ready
    }

    /// Makes everything; an empty result without an app.
    pub fn make(&self, project: &Project) -> Made {
        let mut made = self.make_anew(project);
        adopted::substitute(project, &mut made);
        made
    }

    /// The same, without regard to adopted files that stand where something is made.
    pub fn make_anew(&self, project: &Project) -> Made {
        self.made(project, Objects::All)
    }

    /// The same, to be written: objects are read only where a template of the user's own prints them.
    pub fn make_to_write(&self, project: &Project) -> Made {
        self.made(project, Objects::Own)
    }

    fn made(&self, project: &Project, objects: Objects) -> Made {
        let inputs = self.inputs(project).map(|inputs| Inputs { objects, ..inputs });
        let mut made = inputs.map(make_all).unwrap_or_default();
        made.diagnostics.extend(self.diagnostics.iter().cloned());
        made
    }

    /// Everything that artifacts are made from; nothing without an app.
    pub fn inputs<'a>(&'a self, project: &'a Project) -> Option<Inputs<'a>> {
        Some(Inputs {
            app: project.app.as_ref()?,
            entries: &project.templates.entries,
            possible: &project.possible,
            templates: &project.templates.set,
            patches: &project.templates.patches,
            owners: &project.owners,
            requirement_texts: &self.texts,
            tags: &self.tags,
            constitution: self.constitution.as_deref(),
            objects: Objects::All,
        })
    }
}

/// Makes everything; an empty result without an app.
pub fn make(project: &Project) -> Made {
    Ready::new(project).make(project)
}

/// Whether the last run found and left everything as it is now. Nothing is parsed to know it.
pub fn unchanged(root: &Path) -> bool {
    Store::open(root).unchanged(&run_key())
}

/// Remembers that everything is up to date, with all that this rests on.
pub fn remember(project: &Project, ready: &Ready, made: &Made, store: &mut Store) {
    let files: Vec<String> = made.artifacts.iter().map(|a| a.path.clone()).collect();
    let folders: BTreeSet<String> =
        files.iter().filter_map(|f| f.rsplit_once('/')).map(|(folder, _)| folder.to_owned()).collect();
    let inputs = project.looked_at().into_iter().chain(ready.paths.iter().cloned());
    let sources =
        project.app.as_ref().map_or_else(|| Some(Vec::new()), |app| wanted_secrets::encrypted(&project.root, app));
    if let Some(sources) = sources {
        store.remember_run(&run_key(), inputs.chain(files).chain(folders).chain(sources));
    }
    store.save();
}

/// Names this very program: another build of it may make other bytes.
fn run_key() -> String {
    let built = std::env::current_exe().and_then(std::fs::metadata).ok();
    let built = built.and_then(|m| Some(format!("{} {:?}", m.len(), m.modified().ok()?)));
    format!("{} {}", env!("CARGO_PKG_VERSION"), built.unwrap_or_default())
}

/// The app with its image tags.
pub fn tagged(project: &Project) -> Option<App> {
    let mut app = project.app.clone()?;
    image::put_tags(&mut app, &Ready::new(project).tags);
    Some(app)
}

/// How the made files stand on disk.
#[derive(Default)]
pub struct Disk {
    pub states: BTreeMap<String, FileState>,
    /// Foreign and edited files, and files that cannot be read.
    pub findings: Vec<Diagnostic>,
    /// Paths that were changed by hand.
    pub edited: BTreeSet<String>,
}

/// Compares what was made with what is there.
pub fn disk(project: &Project, made: &Made) -> Disk {
    let Some(app) = &project.app else { return Disk::default() };
    let mut store = Store::open(&project.root);
    match writes::survey(&project.root, app, &made.artifacts, &mut store) {
        Ok(states) => {
            let decided = writes::decide(&made.artifacts, &states, &BTreeSet::new());
            let edited = decided.iter().filter(|w| w.action == Action::Edited).map(|w| w.path.clone()).collect();
            Disk { findings: writes::refusals(&decided, &made.artifacts), states, edited }
        }
        Err(error) => Disk {
            findings: vec![
                Diagnostic::error("file-unreadable", error.to_string()).fix("make the file readable, or remove it"),
            ],
            ..Disk::default()
        },
    }
}

/// Made files that Git ignores: whoever clones the repository would not get them.
pub fn ignored(project: &Project, made: &Made) -> BTreeSet<String> {
    let Some(git) = Git::open(&project.root) else { return BTreeSet::new() };
    made.artifacts.iter().map(|a| &a.path).filter(|p| git.is_ignored(p)).cloned().collect()
}

/// Decides what would be written.
///
/// # Errors
/// The exit code, after saying what is refused or cannot be read.
pub fn decide(
    context: &Context,
    project: &Project,
    made: &Made,
    discard: &BTreeSet<String>,
    store: &mut Store,
) -> Result<Vec<Write>, Exit> {
    decide_replacing(context, project, made, discard, &BTreeSet::new(), store)
}

/// The same; `replace` names files that may be overwritten although a person wrote them.
///
/// # Errors
/// As [`decide`].
pub fn decide_replacing(
    context: &Context,
    project: &Project,
    made: &Made,
    discard: &BTreeSet<String>,
    replace: &BTreeSet<String>,
    store: &mut Store,
) -> Result<Vec<Write>, Exit> {
    let Some(app) = &project.app else { return Ok(Vec::new()) };
    let mut states = writes::survey(&project.root, app, &made.artifacts, store).map_err(|error| {
        context.output.say(&format!("error[file-unreadable]: {error}"));
        Exit::World
    })?;
    store.save();
    for (path, state) in &mut states {
        if replace.contains(path) && *state != FileState::Same {
            *state = FileState::Intact;
        }
    }
    let decided = writes::decide(&made.artifacts, &states, discard);
    let refused = writes::refusals(&decided, &made.artifacts);
    if !refused.is_empty() {
        return Err(report::findings(context.output, &refused, &project.sources));
    }
    Ok(decided)
}

/// Writes what was decided, and remembers what everything was made from.
///
/// # Errors
/// The exit code, after saying which file could not be written.
pub fn carry_out(context: &Context, made: &Made, decided: &[Write], store: &mut Store) -> Result<writes::Done, Exit> {
    let done = writes::apply(&context.root, &made.artifacts, decided).map_err(|error| {
        context.output.say(&format!("error[file-unwritable]: {error}"));
        context.output.say("   nothing is half-written; correct the cause and run `bowline generate` again");
        Exit::World
    })?;
    store.record(&made.artifacts);
    store.digests(&made.artifacts.iter().map(|a| a.path.as_str()).collect::<Vec<_>>());
    store.save();
    Ok(done)
}

/// Why an artifact is made again: the ingredients that changed.
pub fn reason(store: &Store, write: &Write, made: &Made) -> String {
    let Some(artifact) = write.artifact.and_then(|a| made.artifacts.get(a)) else {
        return "nothing makes it any more".to_owned();
    };
    match store.changed(&artifact.path, &artifact.ingredients) {
        None => "it was not made here before".to_owned(),
        Some(names) if names.is_empty() => "the file is not as it was made".to_owned(),
        Some(names) => format!("changed: {}", names.join(", ")),
    }
}

/// The part of `up` that writes files; says what it did in one line.
///
/// # Errors
/// As [`decide`] and [`carry_out`].
pub fn write(context: &Context, prepared: &Prepared) -> Result<(), Exit> {
    let mut store = Store::open(&context.root);
    let decided = decide(context, &prepared.project, &prepared.made, &BTreeSet::new(), &mut store)?;
    if context.explain {
        explain(context, &store, &decided, &prepared.made);
    }
    let done = carry_out(context, &prepared.made, &decided, &mut store)?;
    context.output.say(&summary(&prepared.made, done));
    Ok(())
}

/// The part of `apply` that looks at files: they must be what the documents say.
///
/// # Errors
/// As [`decide`]; 1 when something on disk is stale.
pub fn fresh(context: &Context, prepared: &Prepared) -> Result<(), Exit> {
    let mut store = Store::open(&context.root);
    let decided = decide(context, &prepared.project, &prepared.made, &BTreeSet::new(), &mut store)?;
    let stale: Vec<&Write> = decided.iter().filter(|w| w.action.is_change()).collect();
    let Some(first) = stale.first() else { return Ok(()) };
    let more = if stale.len() > 1 { format!(" and {} more", stale.len() - 1) } else { String::new() };
    context.output.say(&format!("error[artifact-stale]: `{}`{more} is not what the documents say", first.path));
    context.output.say("   fix: run `bowline generate`, or `bowline up`, which does both");
    Err(Exit::Errors)
}

/// Prints every write with its reason.
pub fn explain(context: &Context, store: &Store, decided: &[Write], made: &Made) {
    for write in decided.iter().filter(|w| w.action.is_change()) {
        context.output.say(&format!("  {}  {}", write.path, reason(store, write, made)));
    }
}

/// `99 artifacts: 3 written, 96 unchanged`.
pub fn summary(made: &Made, done: writes::Done) -> String {
    let all = made.artifacts.len();
    let mut text = format!("{}: ", count(all, "artifact"));
    if done.written == 0 && done.removed == 0 {
        return text + "nothing to write";
    }
    text += &format!("{} written, {} unchanged", done.written, all - done.written);
    if done.removed > 0 {
        text += &format!(", {} removed", done.removed);
    }
    text
}

/// How one file stands, in words.
pub fn file_state(project: &Project, path: &str, on_disk: Option<&[u8]>) -> Vec<String> {
    if project.documents.existing.iter().any(|e| e.path == path && e.adoption().is_some()) {
        return vec!["adopted: a person wrote it, and Bowline leaves it as it is".to_owned()];
    }
    let made = make(project);
    let Some(artifact) = made.artifacts.iter().find(|a| a.path == path) else {
        return vec!["not made in this environment, or no task asks for it".to_owned()];
    };
    let store = Store::open(&project.root);
    let changed = match store.changed(path, &artifact.ingredients) {
        None => "not recorded: it was made elsewhere, or before the cache was deleted".to_owned(),
        Some(names) if names.is_empty() => "no ingredient changed since it was made".to_owned(),
        Some(names) => format!("changed since it was made: {}", names.join(", ")),
    };
    let state = match on_disk {
        None => "not on disk; `bowline generate` writes it",
        Some(bytes) if bytes == artifact.bytes => "up to date",
        Some(bytes) => match crate::make::stamp::read(path, bytes) {
            crate::make::stamp::Reading::Foreign => "foreign: what is on disk carries no stamp",
            crate::make::stamp::Reading::Adopted(_) => "adopted: a person wrote it, and Bowline leaves it as it is",
            crate::make::stamp::Reading::Edited(_) => "edited by hand since it was generated",
            crate::make::stamp::Reading::Intact(_) => "stale; `bowline generate` writes it anew",
        },
    };
    vec![state.to_owned(), changed]
}

/// The state of each artifact, for the picture: the worst of its files.
pub fn states(project: &mut Project) -> BTreeMap<Identity, State> {
    let made = make(project);
    let disk = disk(project, &made);
    let mut all: BTreeMap<Identity, State> = BTreeMap::new();
    for artifact in &made.artifacts {
        let state = match disk.states.get(&artifact.path) {
            None => State::Absent,
            Some(FileState::Same | FileState::Adopted) => State::Fresh,
            Some(FileState::Intact) => State::Stale,
            Some(FileState::Edited | FileState::Foreign) => State::Conflict,
        };
        let worst = all.entry(artifact.identity.clone()).or_insert(state);
        *worst = (*worst).max(state);
    }
    all
}

/// The names that the object of each artifact has in its manifests.
pub fn object_names(made: &Made) -> BTreeMap<Identity, Vec<String>> {
    let mut all: BTreeMap<Identity, Vec<String>> = BTreeMap::new();
    for artifact in &made.artifacts {
        let name = artifact.object.as_ref().and_then(|o| object::text(o, "metadata.name"));
        if let Some(name) = name {
            let names = all.entry(artifact.identity.clone()).or_default();
            if !names.iter().any(|n| n == name) {
                names.push(name.to_owned());
            }
        }
    }
    all
}
