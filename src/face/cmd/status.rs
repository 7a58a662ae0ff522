//! `bowline status`: documents, tasks, artifacts, releases, live state, and what was not understood.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::diag::{Severity, has_errors};
use crate::change::diff::Verb;
use crate::face::cli::{PlainOutput, Status};
use crate::face::exit::Exit;
use crate::face::output::count;
use crate::face::overview::{self, Overview};
use crate::face::prepare::Prepared;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;
use crate::face::{deliver, made, target};
use crate::make::run::Made;
use crate::make::writes::State as FileState;

pub fn run(context: &Context, args: &Status) -> Exit {
    let project = Project::read(&context.root);
    let features = match report::features(context.output, &project, &args.features) {
        Ok(features) => features,
        Err(exit) => return exit,
    };
    let app = !has_errors(&project.diagnostics) && project.app.is_some();
    let made = if app { made::make(&project) } else { Made::default() };
    let overview = Overview::new(&project, features);
    let verbose = args.verbose || !args.features.is_empty();
    let mut data = overview::data(&overview);
    let mut lines = overview::text(&overview, verbose);
    lines.extend(overview::files(&overview, args.verbose));
    let errors = project.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    if errors > 0 {
        lines.push(format!("documents     {}; `bowline check` shows them", count(errors, "error")));
    }
    lines.extend(without_task(&project));
    if app {
        artifacts(&project, &made, &mut data, &mut lines);
        if !args.offline {
            let app = made::tagged(&project);
            let environment =
                args.target.environment.clone().or(project.app.as_ref().map(|a| a.default_environment.clone()));
            let prepared = Prepared { project, made, app, environment: environment.unwrap_or_default() };
            live(context, args, &prepared, &mut data, &mut lines);
        }
    }
    match args.output {
        PlainOutput::Json => context.output.json("status", &data),
        PlainOutput::Human => context.output.data(lines.join("\n").trim_end()),
    }
    Exit::Done
}

/// The artifacts that no task asks for, a line for each unit.
fn without_task(project: &Project) -> Vec<String> {
    let mut units: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for identity in &project.graph.missing {
        let name = identity.name.as_ref().map(|n| format!("/{n}")).unwrap_or_default();
        units.entry(&identity.unit).or_default().push(format!("{}{name}", identity.kind));
    }
    units.iter().map(|(unit, kinds)| format!("no task       {unit}: {}", kinds.join(", "))).collect()
}

/// How the made files stand on disk.
fn artifacts(project: &Project, made: &Made, data: &mut Json, lines: &mut Vec<String>) {
    let disk = made::disk(project, made);
    let of = |wanted: FileState| disk.states.values().filter(|s| **s == wanted).count();
    let absent = made.artifacts.iter().filter(|a| !disk.states.contains_key(&a.path)).count();
    let numbers = [
        ("fresh", of(FileState::Same)),
        ("stale", of(FileState::Intact)),
        ("edited", of(FileState::Edited)),
        ("adopted", of(FileState::Adopted)),
        ("foreign", of(FileState::Foreign)),
        ("absent", absent),
    ];
    let shown: Vec<String> = numbers.iter().filter(|(_, n)| *n > 0).map(|(w, n)| format!("{n} {w}")).collect();
    lines.push(format!("artifacts     {}: {}", made.artifacts.len(), shown.join(", ")));
    data["artifacts"] =
        numbers.iter().map(|(w, n)| ((*w).to_owned(), json!(n))).collect::<serde_json::Map<_, _>>().into();
}

/// Being without a cluster is a state, not an error.
fn live(context: &Context, args: &Status, prepared: &Prepared, data: &mut Json, lines: &mut Vec<String>) {
    let reached = match target::reach(&args.target) {
        Ok(reached) => reached,
        Err(failure) => {
            lines.push(format!("cluster       not asked: {}", failure.message));
            data["live"] = json!({ "asked": false, "why": failure.message });
            return;
        }
    };
    match deliver::distance(context, prepared, &reached, &args.target, false) {
        Err(failures) => {
            let why = failures.first().map(|f| f.message.clone()).unwrap_or_default();
            lines.push(format!("cluster       {}: {why}", reached.cluster.context));
            data["live"] = json!({ "asked": true, "context": reached.cluster.context, "why": why });
        }
        Ok(distance) => {
            let of = |verb: Verb| distance.diffs.iter().filter(|d| d.verb == verb).count();
            let ready = distance.seen.settled.iter().filter(|s| **s).count();
            let (absent, same) = (of(Verb::Create), of(Verb::None));
            let differ = distance.diffs.len() - absent - same;
            lines.push(format!(
                "cluster       {}: {same} of {} objects as wanted, {ready} of them ready, {differ} differ, {absent} absent",
                reached.cluster.context, distance.diffs.len()
            ));
            for release in &distance.seen.installed {
                lines
                    .push(format!("release       {} revision {} ({})", release.name, release.revision, release.status));
            }
            for diff in distance.diffs.iter().filter(|d| d.verb != Verb::None).take(20) {
                lines.push(format!("              {} {}", diff.verb.name(), diff.object));
            }
            let releases: Vec<Json> = distance
                .seen
                .installed
                .iter()
                .map(|r| json!({ "name": r.name, "revision": r.revision, "status": r.status }))
                .collect();
            data["live"] = json!({ "asked": true, "context": reached.cluster.context, "objects": distance.diffs.len(),
                "same": same, "ready": ready, "differ": differ, "absent": absent, "releases": releases });
        }
    }
}
