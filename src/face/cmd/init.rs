//! `bowline init`: what a repository is made of, as one diff with one question.

use crate::base::diag::{Diagnostic, Severity};
use crate::base::fs;
use crate::change::diff;
use crate::face::ask;
use crate::face::cli::Init;
use crate::face::cmd::check;
use crate::face::exit::Exit;
use crate::face::output::count;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;
use crate::face::stage::{Proposed, Stage};
use crate::graph::propose::{self, documents, starter};
use crate::model::proposal::{Found, Place, Proposal, label};
use crate::read::repository::Repository;
use crate::read::stack::{node, survey};
use crate::read::{compose, score};
use crate::world::git::Git;

pub fn run(context: &Context, args: &Init) -> Exit {
    let project = Project::read(&context.root);
    if let Some(exit) = already(context, &project) {
        return exit;
    }
    let repository = Repository::walk(&context.root);
    let proposal = match proposal(context, args, &repository, &project) {
        Ok(proposal) => proposal,
        Err(exit) => return exit,
    };
    let written = draft(context, &project, &repository, proposal);
    let (stage, proposal) = match written {
        Ok(both) => both,
        Err(exit) => return exit,
    };
    offer(context, args, &stage, &proposal)
}

/// With a typed block there is nothing to begin.
fn already(context: &Context, project: &Project) -> Option<Exit> {
    let blocks = project.documents.features.iter().flat_map(|f| &f.blocks);
    if let Some(block) = blocks.into_iter().next() {
        let place = project.sources.display(block.span);
        context.output.say(&format!("a typed block stands at {place} already: nothing to do"));
        context.output.say("   next: `bowline tasks` appends what is missing, `bowline generate` makes the files");
        return Some(Exit::Done);
    }
    // a block that cannot be read is one all the same
    let broken: Vec<Diagnostic> = project.diagnostics.iter().filter(|d| d.code.starts_with("yaml-")).cloned().collect();
    (!broken.is_empty()).then(|| report::findings(context.output, &broken, &project.sources))
}

fn proposal(context: &Context, args: &Init, repository: &Repository, project: &Project) -> Result<Proposal, Exit> {
    let components = survey::components(repository);
    let mut sources = crate::base::source::Sources::default();
    let name = |own: Option<Found<String>>| name(context, args, repository, project, own);
    let proposal = if let Some(from) = &args.from {
        let fail =
            |d: Diagnostic, sources: &crate::base::source::Sources| report::findings(context.output, &[d], sources);
        let path = from.trim_start_matches("./");
        let text = fs::inside(&context.root, path).and_then(|p| fs::read(&p)).map_err(|error| {
            context.output.say(&format!("error[init-from]: {error}"));
            context.output.say("   fix: name a Compose or Score file of this repository, relative to its root");
            Exit::Errors
        })?;
        if score::is(&text) {
            let file = score::read(&mut sources, path, &text).map_err(|d| fail(d, &sources))?;
            propose::from_score::propose(&file, &components, repository, &name(None))
        } else {
            let file = compose::read(&mut sources, path, &text).map_err(|d| fail(d, &sources))?;
            let names = |path: &str| variable_names(context, path);
            propose::from_compose::propose(&file, &components, repository, &name(file.name.clone()), &names)
        }
    } else {
        let compose = repository.compose_files().into_iter().find_map(|path| {
            let text = repository.contents(&path)?;
            compose::read(&mut sources, &path, &text).ok()
        });
        let name = name(None);
        propose::propose(propose::Given { repository, components: &components, compose: compose.as_ref(), name: &name })
    };
    if !proposal.services.is_empty() {
        return Ok(proposal);
    }
    let mut d = Diagnostic::error("init-nothing", "nothing was found here that Bowline can run");
    for remark in &proposal.left_out {
        let place = remark.at.as_ref().map(|p| format!(" ({p})")).unwrap_or_default();
        d = d.saying(format!("left out: {}{place}", remark.text));
    }
    if proposal.left_out.is_empty() {
        d = d.saying("looked in every folder for FastAPI, Django, Flask, Next.js, Express, Go, Spring, static pages and Dockerfiles");
    }
    let d = d.fix("run it in the root of a repository with code, or write a block by hand (see README.md)");
    Err(report::findings(context.output, &[d], &sources))
}

/// The names in a file of variables, with their lines. Its values are not looked at.
fn variable_names(context: &Context, path: &str) -> Vec<(String, usize)> {
    let text = fs::inside(&context.root, path).and_then(|p| fs::read(&p)).unwrap_or_default();
    let name = |line: &str| {
        let line = line.trim();
        let (name, _) = line.strip_prefix("export ").unwrap_or(line).split_once('=')?;
        let name = name.trim();
        let good = !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_');
        good.then(|| name.to_owned())
    };
    text.lines().enumerate().filter_map(|(i, l)| Some((name(l)?, i + 1))).collect()
}

/// The name of the app: as given, else the file's own, else the root's package, else the folder's. One under whose
/// folders people keep files of their own already, or say so, gets an ending.
fn name(
    context: &Context,
    args: &Init,
    repository: &Repository,
    project: &Project,
    own: Option<Found<String>>,
) -> Found<String> {
    if let Some(name) = &args.name {
        return Found::new(name.clone(), "--name", 0);
    }
    let folder = context.root.canonicalize().unwrap_or_else(|_| context.root.clone());
    let folder = folder.file_name().and_then(|n| n.to_str()).unwrap_or("app").to_owned();
    let package = || node::Package::read(repository, "").and_then(|p| p.name());
    let mut name = own.or_else(package).unwrap_or_else(|| Found::new(folder, "the folder's name", 0));
    let tasks = || project.documents.features.iter().flat_map(|f| &f.tasks).flat_map(|t| &t.paths);
    let taken = |name: &str| {
        let folders = [format!("charts/{name}"), format!("out/{name}")];
        let below =
            |path: &str| folders.iter().any(|f| path.strip_prefix(f.as_str()).is_some_and(|r| r.starts_with('/')));
        folders.iter().any(|f| repository.exists(f)) || tasks().any(|(path, _)| below(path))
    };
    let plain = label(&name.value, 40).unwrap_or_else(|| "app".to_owned());
    let endings = ["", "-app", "-run", "-cluster"].iter().map(|e| format!("{plain}{e}"));
    name.value = endings.into_iter().find(|n| !taken(n)).unwrap_or(plain);
    name
}

/// Puts everything on the stage, and sees that it works there.
fn draft<'a>(
    context: &'a Context,
    project: &Project,
    repository: &Repository,
    mut proposal: Proposal,
) -> Result<(Stage<'a>, Proposal), Exit> {
    let world = |error: fs::FileError| {
        context.output.say(&format!("error[file-unreadable]: {error}"));
        Exit::World
    };
    let present = check::everything(&mut Project::read(&context.root), check::KUBERNETES).findings;
    let before: Vec<Diagnostic> =
        present.into_iter().filter(|d| d.severity == Severity::Error && d.code != "documents-missing").collect();
    for attempt in 0..3 {
        let mut stage = Stage::new(&context.root).map_err(world)?;
        put(context, project, repository, &proposal, &mut stage).map_err(world)?;
        stage.derive().map_err(world)?;
        stage.complete().map_err(world)?;
        let (staged, found) = stage.check();
        let new = |d: &&Diagnostic| {
            let known = before.iter().any(|b| b.code == d.code && b.message == d.message);
            d.severity == Severity::Error && !known
        };
        let errors: Vec<Diagnostic> = found.iter().filter(new).cloned().collect();
        let app_made = staged.app.is_some();
        if errors.is_empty() && (app_made || !before.is_empty()) {
            if !before.is_empty() {
                context.output.say("the repository has errors of its own; `bowline check` shows them");
            }
            return Ok((stage, proposal));
        }
        if attempt == 2 || !adapt(&mut proposal, &errors) {
            context.output.say("what is found here does not make a block that passes its checks; nothing was written");
            report::findings(context.output, &errors, &staged.sources);
            return Err(Exit::Errors);
        }
    }
    Err(Exit::Errors)
}

/// Gives the proposal what the constitution asks for beyond the defaults, and takes out what it forbids. Whether there
/// was anything to do.
fn adapt(proposal: &mut Proposal, errors: &[Diagnostic]) -> bool {
    let told = |code: &str| errors.iter().find(|d| d.code == code);
    let sentence = |d: &Diagnostic| d.because.as_ref().map(|b| b.statement.clone()).unwrap_or_default();
    let mut done = false;
    if let Some(error) = told("min-replicas") {
        let why =
            format!("two pods would not share what they hold, and the constitution wants two ({})", sentence(error));
        for name in proposal.services.iter().filter(|p| starter::single(p)).map(|p| p.name.clone()).collect::<Vec<_>>()
        {
            proposal.remove(&name, &why);
            done = true;
        }
    }
    if let Some(error) =
        told("hpa-required").filter(|_| proposal.services.iter().all(|p| p.get("autoscaling").is_none()))
    {
        let why = format!("the constitution asks for it ({})", sentence(error));
        let requirement = proposal.require("Services MUST grow and shrink with their CPU load, from two pods on.");
        for part in &mut proposal.services {
            let value = serde_json::json!({ "minReplicas": 2, "maxReplicas": 4, "cpu": 70 });
            part.put("autoscaling", value, why.clone(), Vec::new(), Some(requirement));
        }
        done = true;
    }
    done
}

fn put(
    context: &Context,
    project: &Project,
    repository: &Repository,
    proposal: &Proposal,
    stage: &mut Stage<'_>,
) -> Result<(), fs::FileError> {
    let has = |path: &str| repository.exists(path);
    let folders: Vec<String> =
        repository.files().filter_map(|f| f.rsplit_once('/').map(|(folder, _)| folder.to_owned())).collect();
    let paths = documents::paths(&project.documents, &proposal.app, &has, &folders);
    let spec = project
        .documents
        .features
        .iter()
        .find_map(|f| f.spec.filter(|s| project.sources.path(*s) == paths.spec).map(|s| (f, s)));
    match spec {
        Some((feature, file)) => {
            let before = project.sources.text(file);
            let numbers =
                feature.requirements.iter().filter_map(|r| r.id.id.strip_prefix("FR-")?.parse::<usize>().ok());
            let first = numbers.max().unwrap_or(0) + 1;
            stage.put(&paths.spec, format!("{before}{}", documents::appended(proposal, before, first)))?;
        }
        None => stage.put(&paths.spec, documents::spec(proposal, paths.layout))?,
    }
    if !has(".specify/memory/constitution.md") && project.documents.constitution.is_none() {
        let place = if has(".specify") { ".specify/memory/constitution.md" } else { "constitution.md" };
        stage.put(place, starter::text(proposal))?;
    }
    if !has(&paths.plan) {
        let tasks = documents::tasks_path(&paths);
        stage.put(&paths.plan, documents::plan(proposal, &paths, &tasks))?;
    }
    for change in &proposal.changes {
        stage.put(&change.path, change.new.clone())?;
    }
    // what is made belongs into Git
    let made = [format!("out/{}/compose.yaml", proposal.app), format!("charts/{}/Chart.yaml", proposal.app)];
    let git = Git::open(&context.root);
    let hidden: Vec<&str> = made
        .iter()
        .filter(|p| git.as_ref().is_some_and(|g| g.is_ignored(p)))
        .filter_map(|p| p.split('/').next())
        .collect();
    if !hidden.is_empty() {
        let old = fs::read_if_there(&context.root.join(".gitignore"))?
            .and_then(|b| String::from_utf8(b).ok())
            .unwrap_or_default();
        let gap = if old.is_empty() || old.ends_with('\n') { "" } else { "\n" };
        let lines: String = hidden.iter().map(|h| format!("!/{h}/\n")).collect();
        stage.put(".gitignore", format!("{old}{gap}# made by bowline, and kept\n{lines}"))?;
    }
    Ok(())
}

/// The diff, the question, and the files.
fn offer(context: &Context, args: &Init, stage: &Stage<'_>, proposal: &Proposal) -> Exit {
    let out = context.output;
    for (path, file) in &stage.files {
        out.data(&shown(path, file));
    }
    for line in summary(proposal) {
        out.say(&line);
    }
    let new = stage.files.values().filter(|f| f.old.is_none()).count();
    let changed = stage.files.len() - new;
    let what = match (new, changed) {
        (new, 0) => format!("{} to write", count(new, "new file")),
        (0, changed) => format!("{} to change", count(changed, "file")),
        (new, changed) => format!("{} to write, {changed} to change", count(new, "new file")),
    };
    if args.dry_run {
        out.say(&format!("{what}; run `bowline init`"));
        return Exit::Pending;
    }
    if !args.yes && !ask::confirmed(out, &format!("{what}. Write them?")) {
        out.say(&format!("{what}; nothing was written. `bowline init --yes` writes without asking"));
        return Exit::Pending;
    }
    for (path, file) in &stage.files {
        let written = fs::inside(&context.root, path).and_then(|full| {
            // another program may have been quicker
            let now = fs::read_if_there(&full)?.and_then(|b| String::from_utf8(b).ok());
            if now == file.old { fs::write(&full, file.new.as_bytes()).map(|()| true) } else { Ok(false) }
        });
        match written {
            Ok(true) => out.say(&format!("{}  {path}", if file.old.is_none() { "wrote  " } else { "changed" })),
            Ok(false) => {
                out.say(&format!(
                    "error[init-changed]: `{path}` changed while the diff was shown; it was left as it is"
                ));
                out.say("   fix: run `bowline init` again");
                return Exit::Conflict;
            }
            Err(error) => {
                out.say(&format!("error[file-unwritable]: {error}"));
                return Exit::World;
            }
        }
    }
    out.say("next: `bowline generate` makes the files, `bowline up --rehearse` shows the order of a delivery");
    let secrets = required(proposal);
    if !secrets.is_empty() {
        out.say(&format!(
            "before `bowline up`: give {} in the environment, or in a `.env` that Git ignores",
            secrets.join(", ")
        ));
    }
    Exit::Done
}

/// One file of the diff; a new one comes from nowhere.
fn shown(path: &str, file: &Proposed) -> String {
    let text = diff::texts(path, file.old.as_deref().unwrap_or_default(), &file.new);
    if file.old.is_some() { text } else { text.replacen(&format!("--- a/{path}"), "--- /dev/null", 1) }
}

/// What was found, left out, and is to be decided.
fn summary(proposal: &Proposal) -> Vec<String> {
    let mut lines = Vec::new();
    let place = |at: &Option<Place>| at.as_ref().map(|p| format!("{p}: ")).unwrap_or_default();
    let wide = proposal.services.iter().chain(&proposal.resources).map(|p| p.name.chars().count()).max().unwrap_or(0);
    for part in proposal.services.iter().chain(&proposal.resources) {
        let first = part.fields.iter().find(|f| matches!(f.key, "build" | "image" | "type"));
        let at = first.and_then(|f| f.at.first()).map(|p| format!(" ({p})")).unwrap_or_default();
        let what = first.map_or("", |f| if f.why.is_empty() { f.key } else { f.why.as_str() });
        lines.push(format!("found      {:wide$}  {what}{at}", part.name));
    }
    proposal.changes.iter().for_each(|c| lines.push(format!("changes    {}: {}", c.path, c.why)));
    proposal.left_out.iter().for_each(|r| lines.push(format!("left out   {}{}", place(&r.at), r.text)));
    proposal.questions.iter().for_each(|r| lines.push(format!("to decide  {}{}", place(&r.at), r.text)));
    lines
}

/// The names of the secrets that `up` wants.
fn required(proposal: &Proposal) -> Vec<String> {
    let maps = proposal.services.iter().filter_map(|p| p.get("secrets")?.as_object());
    maps.flat_map(|m| m.iter().filter(|(_, how)| how.as_str() == Some("required")).map(|(n, _)| format!("`{n}`")))
        .collect()
}
