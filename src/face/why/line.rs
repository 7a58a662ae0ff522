//! `why FILE` and `why FILE:LINE` for documents: what is read there, or why it is not.

use serde_json::json;

use crate::base::source::{FileId, Span};
use crate::base::tree::{Node, Tree};
use crate::face::project::Project;
use crate::make::run::Made;
use crate::model::ids::FeatureId;
use crate::model::workspace::Feature;

use super::answer::Answer;
use super::places::About;
use super::{requirement, task};

/// The document of that path, when it is one.
pub(super) fn document(project: &Project, path: &str) -> Option<FileId> {
    let path = path.trim_start_matches("./").replace('\\', "/");
    let documents = project.documents.features.iter().flat_map(documents);
    let constitution = project.documents.constitution.iter().flat_map(|c| c.more.iter().copied().chain([c.file]));
    documents.chain(constitution).find(|file| project.sources.path(*file) == path)
}

fn documents(feature: &Feature) -> impl Iterator<Item = FileId> {
    let one = [feature.spec, feature.plan, feature.tasks_file].into_iter().flatten();
    one.chain(feature.deltas.iter().copied())
}

/// The feature that a document belongs to.
pub(super) fn feature_of(project: &Project, file: FileId) -> Option<&FeatureId> {
    project.documents.features.iter().find(|f| documents(f).any(|d| d == file)).map(|f| &f.id)
}

/// Everything that begins in a line of a document, or else what the line belongs to.
///
/// # Errors
/// When the file has no such line.
pub(super) fn line(about: &About<'_>, made: &Made, file: FileId, number: usize) -> Result<Vec<Answer>, String> {
    let project = about.project;
    let sources = &project.sources;
    let whole = sources.line_span(file, number).filter(|_| number <= sources.line_count(file));
    let Some(whole) = whole else {
        return Err(format!("`{}` has {} lines", sources.path(file), sources.line_count(file)));
    };
    let begins = |span: Span| span.file == file && sources.position(span).line == number;
    let holds = |span: Span| span.file == file && span.start <= whole.end && whole.start < span.end;
    let mut answers = Vec::new();
    let tasks = || project.graph.indices().filter(|ix| project.graph.task(*ix).task.span.file == file);
    answers.extend(tasks().filter(|ix| begins(project.graph.task(*ix).task.span)).map(|ix| task::task(about, ix)));
    let requirements = project.documents.features.iter().flat_map(|f| &f.requirements).filter(|r| holds(r.span));
    answers.extend(requirements.map(|r| requirement::requirement(about, made, r)));
    let statements = project.documents.constitution.iter().flat_map(|c| &c.statements);
    answers.extend(statements.filter(|s| holds(s.span)).map(|s| requirement::statement(about, s)));
    for unread in project.documents.features.iter().flat_map(|f| &f.unread).filter(|u| begins(u.span)) {
        let mut answer = plain(project, file, number, whole);
        answer.row("not read", unread.reason.clone()).put("unread", json!(unread.reason));
        answers.push(answer);
    }
    answers.extend(field(project, file, number, whole));
    if answers.is_empty() {
        answers.push(within(project, file, number, whole));
    }
    Ok(answers)
}

fn plain(project: &Project, file: FileId, number: usize, whole: Span) -> Answer {
    let text = project.sources.slice(whole).trim();
    let mut answer = Answer::new("line", format!("{}:{number}", project.sources.path(file)));
    if !text.is_empty() {
        answer.row("line", text);
    }
    answer.put("file", json!(project.sources.path(file))).put("line", json!(number)).put("text", json!(text));
    answer
}

/// What a line belongs to that begins nothing itself.
fn within(project: &Project, file: FileId, number: usize, whole: Span) -> Answer {
    let mut answer = plain(project, file, number, whole);
    let mut tasks = project.graph.tasks.iter().map(|n| &n.task);
    let belongs = |span: Span| span.file == file && span.start <= whole.start && whole.start < span.end;
    let above = tasks.rfind(|t| belongs(t.detail));
    let orders: Vec<String> = project
        .documents
        .features
        .iter()
        .flat_map(|f| &f.statements)
        .filter(|s| s.span.file == file && s.span.start < whole.end.max(whole.start + 1) && whole.start < s.span.end)
        .map(|s| format!("{} before {}", s.before.join(", "), s.after.join(", ")))
        .collect();
    let asides = project.documents.constitution.iter().flat_map(|c| &c.asides);
    let aside = asides.filter(|a| belongs(a.span)).map(|a| a.what).next();
    let mut boxes = project.documents.features.iter().flat_map(|f| &f.asides);
    let item = boxes.find(|a| a.span.file == file && a.span.start < whole.end && whole.start < a.span.end);
    if let Some(item) = item {
        answer.row("read as", item.reason());
    }
    answer.put("aside", json!(aside));
    answer.put("belongsTo", json!(above.map(|t| t.id.to_string())));
    answer.put("orders", json!(orders));
    match above {
        _ if !orders.is_empty() => _ = answer.rows("order", orders),
        Some(task) if aside.is_none() => {
            let place = project.sources.display(task.span);
            answer.row("belongs to", format!("{}  {} ({place})", task.id, task.title));
        }
        _ if item.is_some() => {}
        _ => {
            let text = "running text: no task, requirement or sentence begins here";
            answer.row("read as", aside.map_or_else(|| text.to_owned(), |a| format!("{a}: it states nothing")));
        }
    }
    answer
}

/// The field of a typed block that stands in the line.
fn field(project: &Project, file: FileId, number: usize, whole: Span) -> Option<Answer> {
    let blocks = project.documents.features.iter().flat_map(|f| &f.blocks).filter(|b| b.span.file == file);
    let mut found = Vec::new();
    for block in blocks {
        let here = &mut |path: &str, node: &Node| {
            if node.key_span().is_some_and(|s| s.file == file && project.sources.position(s).line == number) {
                found.push((path.to_owned(), node.requirements.join(", ")));
            }
        };
        walk(&block.node, "", here);
    }
    if found.is_empty() {
        return None;
    }
    let mut answer = plain(project, file, number, whole);
    answer.put("fields", found.iter().map(|(path, _)| json!(path)).collect());
    for (path, requirements) in found {
        let cited = if requirements.is_empty() { String::new() } else { format!("  {requirements}") };
        answer.row("field", format!("{path}{cited}"));
    }
    Some(answer)
}

fn walk(node: &Node, path: &str, each: &mut dyn FnMut(&str, &Node)) {
    if !path.is_empty() {
        each(path, node);
    }
    if let Tree::Map(map) = &node.tree {
        for (key, value) in map {
            walk(value, &if path.is_empty() { key.clone() } else { format!("{path}.{key}") }, each);
        }
    }
}
