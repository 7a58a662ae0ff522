//! The overview as data. The shape is an interface: keys are added, never changed.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::source::Span;
use crate::face::project::Project;
use crate::graph::tasks::TaskIx;
use crate::model::ids::FeatureId;
use crate::model::workspace::Feature;

use super::{Counts, Overview, is_manual, state};

/// `data` of `{"bowline":1,"command":"status","data":…}`.
pub fn data(overview: &Overview<'_>) -> Json {
    let project = overview.project;
    let tasks = overview.tasks();
    let features: Vec<Json> = overview.features.iter().map(|f| feature(overview, f, &tasks)).collect();
    // one list for everything that looks like a task or a requirement and is none: nothing is lost in silence
    let mut lines: Vec<Json> =
        overview.unread().into_iter().map(|u| line(project, u.span, &u.reason, "not read")).collect();
    lines.extend(overview.asides().into_iter().map(|a| line(project, a.span, &a.reason(), a.kind.name())));
    let key = |l: &Json| (l["file"].as_str().unwrap_or_default().to_owned(), l["line"].as_u64());
    lines.sort_by_key(key);
    let constitution = project.documents.constitution.as_ref();
    json!({
        "app": project.app.as_ref().map(|a| a.name.clone()),
        "constitution": constitution.map(|c| project.sources.path(c.file)),
        "constitutionsNotRead": project.documents.not_read,
        "features": features,
        "unread": lines,
        "passedOver": project.documents.passed_over.iter().map(|p| json!({ "path": p.path, "reason": p.reason }))
            .collect::<Vec<_>>(),
        "missing": project.graph.missing.iter().map(ToString::to_string).collect::<Vec<_>>(),
        "files": overview.files.json(),
    })
}

fn feature(overview: &Overview<'_>, feature: &Feature, tasks: &BTreeMap<&FeatureId, Vec<TaskIx>>) -> Json {
    let project = overview.project;
    let counts = Counts::of(&feature.tasks);
    let (covered, requirements) = overview.covered(feature);
    let document = |file: Option<crate::base::source::FileId>| file.map(|f| project.sources.path(f));
    let all = tasks.get(&feature.id).map_or(&[][..], Vec::as_slice);
    json!({
        "path": &*feature.id.0,
        "layout": feature.layout.name(),
        "title": feature.title,
        "documents": {
            "spec": document(feature.spec), "plan": document(feature.plan), "tasks": document(feature.tasks_file),
        },
        "tasks": {
            "total": counts.total,
            "done": counts.done,
            "open": counts.open,
            "begun": counts.begun,
            "manual": counts.manual,
            "items": all.iter().map(|ix| task(overview, *ix)).collect::<Vec<_>>(),
        },
        "requirements": {
            "total": requirements,
            "covered": covered,
            "items": feature.requirements.iter().map(|r| {
                let tasks = overview.coverage.get(&r.id).map_or(&[][..], Vec::as_slice);
                let ids: Vec<&str> = tasks.iter().map(|ix| project.graph.task(*ix).task.id.id.as_str()).collect();
                json!({ "id": r.id.id, "kind": r.kind.name(), "file": project.sources.path(r.span.file),
                    "line": project.sources.position(r.span).line, "live": r.is_live(), "tasks": ids })
            }).collect::<Vec<_>>(),
        },
        "blocks": feature.blocks.len(),
    })
}

fn task(overview: &Overview<'_>, ix: TaskIx) -> Json {
    let task = &overview.project.graph.task(ix).task;
    json!({
        "id": task.id.id,
        "state": state(task),
        "kind": task.kind.name(),
        "manual": is_manual(task),
        "line": overview.project.sources.position(task.span).line,
        "artifacts": overview.artifacts(ix),
    })
}

/// `file`, `line`, `text`, `reason`; and `as`, what the line was taken for.
fn line(project: &Project, span: Span, reason: &str, taken: &str) -> Json {
    json!({
        "file": project.sources.path(span.file),
        "line": project.sources.position(span).line,
        "text": project.sources.slice(span).trim().lines().next().unwrap_or_default(),
        "reason": reason,
        "as": taken,
    })
}
