//! `bowline status`: documents, tasks, artifacts, releases, live state, and what was not understood.

use serde_json::{Value as Json, json};

use crate::base::diag::{Severity, has_errors};
use crate::change::diff::Verb;
use crate::face::cli::{PlainOutput, Status};
use crate::face::exit::Exit;
use crate::face::output::count;
use crate::face::prepare::Prepared;
use crate::face::project::Project;
use crate::face::run::Context;
use crate::face::{deliver, made, target};
use crate::make::writes::State as FileState;
use crate::model::workspace::{Feature, TaskKind};

pub fn run(context: &Context, args: &Status) -> Exit {
    let project = Project::read(&context.root);
    let mut data = documents(&project);
    let mut lines = document_lines(&project);
    let errors = project.diagnostics.iter().filter(|d| d.severity == Severity::Error).count();
    if errors > 0 {
        lines.push(format!("documents     {}; `bowline check` shows them", count(errors, "error")));
    }
    if !has_errors(&project.diagnostics) && project.app.is_some() {
        let made = made::make(&project);
        let disk = made::disk(&project, &made);
        let of = |wanted: FileState| disk.states.values().filter(|s| **s == wanted).count();
        let absent = made.artifacts.iter().filter(|a| !disk.states.contains_key(&a.path)).count();
        let numbers = [
            ("fresh", of(FileState::Same)),
            ("stale", of(FileState::Intact)),
            ("edited", of(FileState::Edited)),
            ("foreign", of(FileState::Foreign)),
            ("absent", absent),
        ];
        let shown: Vec<String> = numbers.iter().filter(|(_, n)| *n > 0).map(|(w, n)| format!("{n} {w}")).collect();
        lines.push(format!("artifacts     {}: {}", made.artifacts.len(), shown.join(", ")));
        data["artifacts"] =
            numbers.iter().map(|(w, n)| ((*w).to_owned(), json!(n))).collect::<serde_json::Map<_, _>>().into();
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
        PlainOutput::Human => context.output.data(&lines.join("\n")),
    }
    Exit::Done
}

fn numbers(project: &Project, feature: &Feature) -> Json {
    let done = feature.tasks.iter().filter(|t| t.done).count();
    let manual = feature.tasks.iter().filter(|t| t.kind == TaskKind::Manual).count();
    let counted: Vec<_> = feature.requirements.iter().filter(|r| r.is_counted()).collect();
    let covered = counted.iter().filter(|r| !project.graph.tasks_of(&r.id).is_empty()).count();
    json!({
        "path": feature.id.0,
        "layout": feature.layout.name(),
        "title": feature.title,
        "tasks": { "total": feature.tasks.len(), "done": done, "open": feature.tasks.len() - done, "manual": manual },
        "requirements": { "total": counted.len(), "covered": covered },
        "blocks": feature.blocks.len(),
    })
}

fn documents(project: &Project) -> Json {
    let features: Vec<Json> = project.documents.features.iter().map(|f| numbers(project, f)).collect();
    let unread: Vec<Json> = project
        .documents
        .features
        .iter()
        .flat_map(|f| &f.unread)
        .map(|u| {
            let text = project.sources.slice(u.span).trim();
            json!({ "file": project.sources.path(u.span.file), "line": project.sources.position(u.span).line, "text": text, "reason": u.reason })
        })
        .collect();
    let constitution = project.documents.constitution.as_ref();
    json!({
        "app": project.app.as_ref().map(|a| a.name.clone()),
        "constitution": constitution.map(|c| project.sources.path(c.file)),
        "constitutionsNotRead": project.documents.not_read,
        "passedOver": project.documents.passed_over.iter().map(|p| json!({ "path": p.path, "reason": p.reason })).collect::<Vec<_>>(),
        "features": features,
        "unread": unread,
        "missing": project.graph.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
    })
}

fn document_lines(project: &Project) -> Vec<String> {
    let mut lines = Vec::new();
    if let Some(app) = &project.app {
        lines.push(format!(
            "app           {} in namespace {}; environments {}",
            app.name,
            app.namespace,
            app.environments.join(", ")
        ));
    }
    match &project.documents.constitution {
        Some(c) => {
            let version = c.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
            lines.push(format!(
                "constitution  {}{version}, {}",
                project.sources.path(c.file),
                count(c.statements.len(), "sentence")
            ));
        }
        None => lines.push("constitution  none".to_owned()),
    }
    for path in &project.documents.not_read {
        lines.push(format!("              {path} (not read)"));
    }
    for feature in &project.documents.features {
        let data = numbers(project, feature);
        let (tasks, requirements) = (&data["tasks"], &data["requirements"]);
        lines.push(format!(
            "feature       {} ({}): {} of {} tasks done, {} of {} requirements have tasks",
            feature.id,
            feature.layout.name(),
            tasks["done"],
            tasks["total"],
            requirements["covered"],
            requirements["total"]
        ));
    }
    for passed in &project.documents.passed_over {
        lines.push(format!("not read      {} ({})", passed.path, passed.reason));
    }
    for identity in &project.graph.missing {
        lines.push(format!("no task       {identity}"));
    }
    for unread in project.documents.features.iter().flat_map(|f| &f.unread) {
        lines.push(format!(
            "not read      {}: {} ({})",
            project.sources.display(unread.span),
            project.sources.slice(unread.span).trim(),
            unread.reason
        ));
    }
    lines
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
