//! `why` for tasks: one of them, and why one comes after another.

use serde_json::{Value as Json, json};

use crate::base::source::Span;
use crate::face::overview::{is_manual, is_there, state};
use crate::face::project::Project;
use crate::graph::tasks::{Edge, Evidence, Join, TaskIx};
use crate::model::ids::Identity;
use crate::model::workspace::{StatusWord, Task, TaskForm};

use super::answer::Answer;
use super::documents::requirement_line;
use super::places::{About, at};

/// More lines below a task are not shown; the file has them.
const MOST_DETAILS: usize = 40;

/// A task: where it stands, what it makes, what it waits for, who waits for it, and what was found about it.
pub(super) fn task(about: &About<'_>, ix: TaskIx) -> Answer {
    let project = about.project;
    let node = project.graph.task(ix);
    let task = &node.task;
    let mut answer = Answer::new("task", format!("task {}  {}", task.id, task.title));
    answer.put("id", json!(task.id.to_string()));
    answer.put("feature", json!(&*task.id.feature.0));
    answer.put("task", json!(task.id.id));
    answer.put("title", json!(task.title));
    answer.put("at", at(project, task.span));
    answer.row("line", project.sources.display(task.span));
    standing(project, task, &mut answer);
    let requirements = project.graph.requirements_of(ix);
    answer.rows("requirement", requirements.iter().map(|r| requirement_line(project, r)));
    answer.put(
        "requirements",
        requirements
            .iter()
            .map(|r| {
                let found = super::documents::find_requirement(project, r);
                json!({ "id": r.id, "text": found.map(|f| &f.text), "at": found.map(|f| at(project, f.span)) })
            })
            .collect(),
    );
    paths(project, task, &mut answer);
    artifacts(project, ix, &mut answer);
    edges(project, ix, &mut answer);
    details(project, task, &mut answer);
    about.findings(&mut answer, |d| {
        let here = |s: Span| s.file == task.detail.file && s.start >= task.span.start && s.end <= task.detail.end;
        let named = d.task.as_deref() == Some(&task.id.to_string());
        named || d.primary.iter().chain(&d.also).any(|l| here(l.span))
    });
    answer
}

/// State, kind, words, phase, story and labels.
fn standing(project: &Project, task: &Task, answer: &mut Answer) {
    let form = match task.form {
        TaskForm::Box => "box",
        TaskForm::Heading => "heading",
        TaskForm::Row => "row",
        TaskForm::Positional => "positional",
    };
    let manual = if is_manual(task) && task.kind.name() != "manual" { "; a person does it" } else { "" };
    answer.row("state", format!("{}; {}{manual}", state(task), task.kind.name()));
    answer.put("form", json!(form));
    if task.form == TaskForm::Positional {
        answer.row("", "it has no id: its place is its name, and changes when lines move");
    }
    answer.put("state", json!(state(task)));
    answer.put("does", json!(task.kind.name()));
    answer.put("manual", json!(is_manual(task)));
    let words = task.status.map(|(word, span)| {
        let means = match word {
            StatusWord::Done => "done",
            StatusWord::Skipped => "skipped",
            StatusWord::Manual => "manual",
            StatusWord::Failed => "failed",
        };
        let text = project.sources.slice(span).trim().to_owned();
        answer.row("words", format!("{means}: `{text}` ({})", project.sources.display(span)));
        json!({ "means": means, "text": text, "at": at(project, span) })
    });
    answer.put("words", json!(words));
    if !task.phase_title.is_empty() {
        answer.row("phase", task.phase_title.to_string());
    }
    answer.put("phase", json!({ "number": task.phase, "title": &*task.phase_title }));
    if let Some(story) = &task.story {
        let title = project.documents.features.iter().find(|f| f.id == task.id.feature);
        let title =
            title.and_then(|f| f.requirements.iter().find(|r| r.id.id == *story)).map(|r| format!("  {}", r.text));
        answer.row("story", format!("{story}{}", title.unwrap_or_default()));
    }
    answer.put("story", json!(task.story));
    if task.parallel {
        answer.row("parallel", "`[P]`: it may be done beside others");
    }
    answer.put("parallel", json!(task.parallel));
    answer.rows("label", task.labels.iter().cloned());
    answer.put("labels", json!(task.labels));
}

fn paths(project: &Project, task: &Task, answer: &mut Answer) {
    let mut all = Vec::new();
    for (path, span) in &task.paths {
        let pattern = path.contains(['*', '{', '<']);
        let there = !pattern && is_there(project, path);
        let state = match (pattern, there) {
            (true, _) => "a pattern",
            (_, true) => "is there",
            (_, false) => "is not there",
        };
        answer.row("path", format!("{path}  {state}"));
        all.push(json!({ "path": path, "exists": (!pattern).then_some(there), "at": at(project, *span) }));
    }
    answer.put("paths", Json::Array(all));
}

fn artifacts(project: &Project, ix: TaskIx, answer: &mut Answer) {
    let node = project.graph.task(ix);
    let files = |identity: &Identity| {
        project.possible.iter().find(|p| p.identity == *identity).map(|p| p.paths.clone()).unwrap_or_default()
    };
    let mut all = Vec::new();
    let claims = node.claims();
    for (role, list) in [("makes", &claims.makes), ("edits", &claims.edits), ("removes", &claims.removes)] {
        for identity in list {
            let paths = files(identity);
            answer.row(role, format!("{identity}  {}", paths.join("  ")));
            all.push(json!({ "artifact": identity.to_string(), "role": role, "paths": paths }));
        }
    }
    answer.put("artifacts", Json::Array(all));
    answer.rows("runs", claims.runs.iter().map(|(action, unit)| format!("{} {unit}", action.name())));
    answer.put(
        "runs",
        claims.runs.iter().map(|(action, unit)| json!({ "action": action.name(), "unit": unit })).collect(),
    );
}

fn edges(project: &Project, ix: TaskIx, answer: &mut Answer) {
    let graph = &project.graph;
    let shown = |edge: &&Edge| edge.evidence != Evidence::PhaseOrder;
    let after: Vec<&Edge> = graph.incoming(ix).filter(shown).collect();
    let before: Vec<&Edge> = graph.outgoing(ix).filter(shown).collect();
    answer.rows("after", after.iter().map(|e| edge_line(project, e, e.from)));
    answer.rows("before", before.iter().map(|e| edge_line(project, e, e.to)));
    // what is said about groups of tasks
    let (waits, awaited) = graph.joins_of(ix);
    for (name, joins) in [("after", &waits), ("before", &awaited)] {
        let told = joins.iter().filter(|j| j.evidence != Evidence::PhaseOrder);
        answer.rows(
            name,
            told.map(|j| {
                let place = j.span.map(|s| format!(", {}", project.sources.display(s))).unwrap_or_default();
                format!("{} ({}{place})", j.why, j.evidence.name())
            }),
        );
    }
    let data = |e: &Edge, other: TaskIx| {
        let task = &graph.task(other).task;
        json!({ "task": task.id.to_string(), "state": state(task), "evidence": e.evidence.name(), "why": e.why,
            "at": e.span.map(|s| at(project, s)) })
    };
    answer.put("after", after.iter().map(|e| data(e, e.from)).collect());
    answer.put("before", before.iter().map(|e| data(e, e.to)).collect());
    let (waits, awaited) = graph.joins_of(ix);
    let groups = |answer: &mut Answer, row: &'static str, key: &str, list: Vec<&Join>| {
        let told: Vec<&Join> = list.into_iter().filter(|j| j.evidence != Evidence::PhaseOrder).collect();
        answer.rows(
            row,
            told.iter().map(|j| {
                let place = j.span.map(|s| format!(", {}", project.sources.display(s))).unwrap_or_default();
                format!("{} ({}{place})", j.why, j.evidence.name())
            }),
        );
        let data =
            |j: &&Join| json!({ "evidence": j.evidence.name(), "why": j.why, "at": j.span.map(|s| at(project, s)) });
        answer.put(key, told.iter().map(data).collect());
    };
    groups(answer, "after", "afterGroups", waits);
    groups(answer, "before", "beforeGroups", awaited);
}

fn edge_line(project: &Project, edge: &Edge, other: TaskIx) -> String {
    let task = &project.graph.task(other).task;
    let place = edge.span.map(|s| format!(", {}", project.sources.display(s))).unwrap_or_default();
    format!("{}  {} ({}{place})", task.id.id, edge.why, edge.evidence.name())
}

/// The lines below the task that belong to it.
fn details(project: &Project, task: &Task, answer: &mut Answer) {
    let below = Span { start: task.span.end.min(task.detail.end), ..task.detail };
    let first = project.sources.position(below).line;
    let lines = project.sources.slice(below).lines().enumerate();
    let lines: Vec<(usize, &str)> =
        lines.map(|(n, l)| (first + n, l.trim_end())).filter(|(_, l)| !l.trim().is_empty()).collect();
    let margin = lines.iter().map(|(_, l)| l.len() - l.trim_start().len()).min().unwrap_or(0);
    for (_, line) in lines.iter().take(MOST_DETAILS) {
        answer.row("detail", line.get(margin..).unwrap_or(line));
    }
    if lines.len() > MOST_DETAILS {
        answer.row("detail", format!("{} more lines in the file", lines.len() - MOST_DETAILS));
    }
    answer.put("details", lines.iter().map(|(n, l)| json!({ "line": n, "text": l.trim() })).collect());
}

/// Why one task comes after another, step by step.
pub(super) fn two(project: &Project, first: TaskIx, second: TaskIx) -> Answer {
    let graph = &project.graph;
    let name = |ix: TaskIx| graph.task(ix).task.id.to_string();
    let (mut early, mut late) = (first, second);
    let mut path = graph.path(first, second);
    if path.is_empty() {
        path = graph.path(second, first);
        (early, late) = (second, first);
    }
    if path.is_empty() {
        return apart(project, first, second);
    }
    let mut answer = Answer::new("order", format!("{} comes after {}", name(late), name(early)));
    answer.put("ordered", json!(true)).put("before", json!(name(early))).put("after", json!(name(late)));
    let mut steps = Vec::new();
    for edge in path {
        let place = edge.span.map(|s| format!(" ({})", project.sources.display(s))).unwrap_or_default();
        let (from, to) = (name(edge.from), name(edge.to));
        let line = edge.span.and_then(|s| line_of(project, s));
        let quoted = line.as_ref().map(|l| format!("\n  {l}")).unwrap_or_default();
        answer.row(edge.evidence.name(), format!("{to} after {from}: {}{place}{quoted}", edge.why));
        steps.push(json!({ "from": from, "to": to, "evidence": edge.evidence.name(), "why": edge.why,
            "at": edge.span.map(|s| at(project, s)), "line": line }));
    }
    answer.put("steps", Json::Array(steps));
    answer
}

/// Nothing orders the two; says what is known all the same.
fn apart(project: &Project, first: TaskIx, second: TaskIx) -> Answer {
    let graph = &project.graph;
    let (one, two) = (&graph.task(first).task, &graph.task(second).task);
    let mut answer = Answer::new("order", format!("{} and {} do not wait for each other", one.id, two.id));
    let mut reasons = Vec::new();
    if first == second {
        reasons.push("they are the same task".to_owned());
    } else if one.id.feature == two.id.feature {
        reasons.push("no field, sentence or file of the documents puts one after the other".to_owned());
        if one.phase == two.phase && !one.phase_title.is_empty() {
            reasons.push(format!("both stand in `{}`", one.phase_title));
        }
    } else {
        reasons.push("they belong to different features, and no line of either names the other".to_owned());
    }
    let dropped = graph.yielded.iter().filter(|e| [(first, second), (second, first)].contains(&(e.from, e.to)));
    for edge in dropped {
        let place = edge.span.map(|s| format!(" ({})", project.sources.display(s))).unwrap_or_default();
        reasons.push(format!(
            "`{}` after `{}` was dropped, because it contradicts stronger evidence: {}{place}",
            graph.task(edge.to).task.id.id,
            graph.task(edge.from).task.id.id,
            edge.why
        ));
    }
    answer.rows("because", reasons.iter().cloned());
    answer.put("ordered", json!(false)).put("tasks", json!([one.id.to_string(), two.id.to_string()]));
    answer.put("because", json!(reasons)).put("steps", json!([]));
    answer
}

/// The line that a span begins in.
fn line_of(project: &Project, span: Span) -> Option<String> {
    let line = project.sources.line_span(span.file, project.sources.position(span).line)?;
    Some(crate::base::width::cut(project.sources.slice(line).trim(), 160))
}
