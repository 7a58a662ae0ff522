//! The ticked task that says the opposite of a finding.

use crate::base::diag::Diagnostic;
use crate::model::workspace::{Documents, Task};
use crate::read::repository::{folder, join, name};

use super::Found;

/// Names in each finding the ticked task that claims the opposite, where there is one.
pub(super) fn contradict(found: Vec<Found>, documents: &Documents) -> Vec<Diagnostic> {
    let ticked: Vec<&Task> =
        documents.features.iter().flat_map(|f| &f.tasks).map(|t| &**t).filter(|t| t.done).collect();
    let each = found.into_iter().map(|Found { mut diagnostic, about }| {
        let best = ticked.iter().map(|task| (score(task, &about), task)).rev().max_by_key(|(score, _)| *score);
        if let Some((score, task)) = best
            && score > 0
        {
            let at = if task.id_span.start < task.id_span.end { task.id_span } else { task.span };
            diagnostic = diagnostic.and(at, format!("`{}` is ticked and says the opposite", task.id.id));
            diagnostic.task = Some(task.id.to_string());
        }
        diagnostic
    });
    each.collect()
}

/// How much a task has to do with the files: one that says that they build or load counts before one that wrote them.
fn score(task: &Task, about: &[String]) -> usize {
    let title = task.title.to_lowercase();
    let has = |word: &str| title.split(|c: char| !c.is_alphanumeric()).any(|w| w == word);
    let named = about.iter().any(|file| task.paths.iter().any(|(path, _)| names(path, file, &title)));
    let chart = about.iter().any(|f| f.ends_with("Chart.yaml"));
    let proves = if chart {
        ["lint", "lints", "template", "install", "renders"].iter().any(|w| has(w))
    } else {
        ["build", "builds", "built", "compiles"].iter().any(|w| has(w))
    };
    if named {
        return if proves { 5 } else { 3 };
    }
    let subject = about.iter().any(|file| {
        let folder = folder(file);
        if chart {
            let path = folder.to_lowercase();
            has("chart") || (path.contains('/') && title.contains(&path)) || (has("helm") && path.is_empty())
        } else {
            let image = has("image") || has("docker") || has("dockerfile") || has("container");
            image && folder.split('/').next_back().is_some_and(|c| !c.is_empty() && has(&c.to_lowercase()))
        }
    });
    if subject && proves && (task.paths.is_empty() || chart) { 4 } else { 0 }
}

/// Whether a path of a task is that file, a folder above it that says so, or its name beside its folder's.
fn names(path: &str, file: &str, title: &str) -> bool {
    let path = join("", path);
    if path.is_empty() {
        return false;
    }
    let below =
        |long: &str, short: &str| long.strip_suffix(short).is_some_and(|rest| rest.is_empty() || rest.ends_with('/'));
    if path.contains('/') && (below(file, &path) || below(&path, file)) {
        return true;
    }
    let component = folder(file).rsplit('/').next().unwrap_or_default().to_lowercase();
    path == file
        || (path == name(file) && !component.is_empty() && title.contains(&component))
        || (file.ends_with("Chart.yaml") && path.contains('/') && path.starts_with(&format!("{}/", folder(file))))
}
