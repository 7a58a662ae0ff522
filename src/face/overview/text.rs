//! The overview for people: a table of the features, totals, and what was not read.

use std::collections::BTreeMap;

use crate::base::width::{cut, left, line, right, width};
use crate::face::output::count;
use crate::model::workspace::{Feature, Requirement, TaskAsideKind, TaskKind, Unread};

use super::{Counts, Overview, is_manual, requirements, state};

/// As many lines of one file that were not read are shown, unless all are asked for.
const MOST: usize = 20;

/// Columns that the text of a requirement, a task or a line may take.
const TEXT: usize = 90;

/// Lines to print; `verbose` adds requirements with their tasks, tasks with their artifacts, and every line not read.
pub fn text(overview: &Overview<'_>, verbose: bool) -> Vec<String> {
    let mut lines = head(overview);
    if !overview.features.is_empty() {
        lines.push(String::new());
        lines.extend(table(overview));
    }
    if verbose {
        let tasks = overview.tasks();
        for feature in &overview.features {
            lines.push(String::new());
            details(overview, feature, tasks.get(&feature.id).map_or(&[], Vec::as_slice), &mut lines);
        }
    }
    let mut unread = unread(overview, verbose);
    let whole = &overview.project.documents.passed_over;
    unread.extend(whole.iter().map(|p| format!("not read: {}, because {}", line(&p.path), p.reason)));
    if !unread.is_empty() {
        lines.push(String::new());
        lines.extend(unread);
    }
    let asides = asides(overview, verbose);
    if !asides.is_empty() {
        lines.push(String::new());
        lines.extend(asides);
    }
    lines.push(String::new());
    lines
}

/// What looks like a task and belongs to one: the sum, and with `verbose` each line.
fn asides(overview: &Overview<'_>, verbose: bool) -> Vec<String> {
    let all = overview.asides();
    let mut kinds: BTreeMap<TaskAsideKind, usize> = BTreeMap::new();
    all.iter().for_each(|a| *kinds.entry(a.kind).or_default() += 1);
    if all.is_empty() {
        return Vec::new();
    }
    let sums: Vec<String> = kinds.iter().map(|(kind, n)| count(*n, kind.name())).collect();
    let more = if verbose { "" } else { "; `--verbose` lists them" };
    let mut lines = vec![format!("beside the tasks: {}{more}", sums.join(", "))];
    if verbose {
        let sources = &overview.project.sources;
        let mut file = "";
        for aside in all {
            let path = sources.path(aside.span.file);
            if path != file {
                file = path;
                lines.push(format!("in {}:", line(path)));
            }
            let text = sources.slice(aside.span).trim().lines().next().unwrap_or_default();
            let text = cut(&line(text), TEXT);
            lines.push(format!("  {:>5}  {text}  ({})", sources.position(aside.span).line, line(&aside.reason())));
        }
    }
    lines
}

fn head(overview: &Overview<'_>) -> Vec<String> {
    let project = overview.project;
    let mut lines = Vec::new();
    if let Some(app) = &project.app {
        let environments = app.environments.join(", ");
        lines.push(format!("app           {} in namespace {}; environments {environments}", app.name, app.namespace));
    }
    match &project.documents.constitution {
        Some(c) => {
            let version = c.version.as_ref().map(|v| format!(" {v}")).unwrap_or_default();
            let sentences = count(c.statements.len(), "sentence");
            lines.push(format!("constitution  {}{version}, {sentences}", project.sources.path(c.file)));
        }
        None => lines.push("constitution  none".to_owned()),
    }
    lines.extend(project.documents.not_read.iter().map(|path| format!("              {path} (not read)")));
    lines
}

/// One row for each feature, and one that adds them up.
fn table(overview: &Overview<'_>) -> Vec<String> {
    let row = |name: String, layout: &str, counts: Counts, (covered, all): (usize, usize)| {
        let numbers = [counts.total, counts.done, counts.open, counts.manual].map(|n| n.to_string());
        let covered = if all == 0 { "none".to_owned() } else { format!("{covered} of {all}") };
        let [total, done, open, manual] = numbers;
        [name, layout.to_owned(), total, done, open, manual, covered]
    };
    let titles = ["feature", "layout", "tasks", "done", "open", "manual", "requirements with tasks"].map(str::to_owned);
    let mut rows = vec![titles];
    let mut all = Counts::default();
    let mut requirements = (0, 0);
    for feature in &overview.features {
        let counts = Counts::of(&feature.tasks);
        let covered = overview.covered(feature);
        all = Counts {
            total: all.total + counts.total,
            done: all.done + counts.done,
            open: all.open + counts.open,
            begun: all.begun + counts.begun,
            manual: all.manual + counts.manual,
        };
        requirements = (requirements.0 + covered.0, requirements.1 + covered.1);
        rows.push(row(line(&feature.id.0), feature.layout.name(), counts, covered));
    }
    if overview.features.len() > 1 {
        rows.push(row(count(overview.features.len(), "feature"), "", all, requirements));
    }
    let mut widths = [0; 7];
    for row in &rows {
        for (column, cell) in row.iter().enumerate() {
            widths[column] = widths[column].max(width(cell));
        }
    }
    let print = |row: &[String; 7]| {
        let cells = row.iter().enumerate().map(|(column, cell)| match column {
            2..=5 => right(cell, widths[column]),
            _ => left(cell, widths[column]),
        });
        cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
    };
    rows.iter().map(print).collect()
}

fn details(overview: &Overview<'_>, feature: &Feature, tasks: &[crate::graph::tasks::TaskIx], lines: &mut Vec<String>) {
    let graph = &overview.project.graph;
    let title = if feature.title == feature.id.short() { String::new() } else { format!("  {}", line(&feature.title)) };
    lines.push(format!("{}{title}", line(&feature.id.0)));
    let names = feature.requirements.iter().map(|r| width(&r.id.id)).max().unwrap_or(0).min(40);
    let tasks_of = |r: &Requirement| overview.coverage.get(&r.id).map_or(&[][..], Vec::as_slice);
    let (with, without): (Vec<&Requirement>, Vec<&Requirement>) =
        requirements(feature).partition(|r| !tasks_of(r).is_empty());
    let retired = feature.requirements.iter().filter(|r| !r.is_live());
    let head = |r: &Requirement| {
        let id = left(&cut(&line(&r.id.id), names), names);
        format!("    {id}  {}", cut(&line(&r.text), TEXT)).trim_end().to_owned()
    };
    if !with.is_empty() {
        lines.push("  requirements with tasks".to_owned());
    }
    for requirement in with {
        let ids: Vec<&str> = tasks_of(requirement).iter().map(|ix| graph.task(*ix).task.id.id.as_str()).collect();
        lines.push(head(requirement));
        lines.push(format!("    {}  → {}", " ".repeat(names), ids.join(", ")));
    }
    if !without.is_empty() {
        lines.push("  requirements without a task".to_owned());
    }
    lines.extend(without.into_iter().map(head));
    if feature.requirements.iter().any(|r| !r.is_live()) {
        lines.push("  requirements that ask for nothing any more".to_owned());
    }
    lines.extend(retired.map(head));
    if !tasks.is_empty() {
        lines.push("  tasks".to_owned());
    }
    let names = feature.tasks.iter().map(|t| width(&t.id.id)).max().unwrap_or(0);
    for ix in tasks {
        let task = &graph.task(*ix).task;
        let manual = if is_manual(task) && task.kind != TaskKind::Manual { ", manual" } else { "" };
        let kind = left(&format!("{}{manual}", task.kind.name()), 8);
        let id = left(&line(&task.id.id), names);
        lines.push(format!("    {id}  {:<5}  {kind}  {}", state(task), cut(&line(&task.title), TEXT)));
        for artifact in overview.artifacts(*ix) {
            lines.push(format!("    {}  → {}", " ".repeat(names), line(&artifact)));
        }
    }
}

/// How many files are whose; all that have no task, and why, when all is asked for.
pub fn files(overview: &Overview<'_>, verbose: bool) -> Vec<String> {
    let Some(counts) = overview.files.line() else { return Vec::new() };

    let foreign = overview.files.foreign.iter().map(|(path, reason, _)| (width(path), path.as_str(), reason.as_str()));
    let foreign: Vec<(usize, &str, &str)> = foreign.collect();
    let mut lines = vec![format!("files         {counts}")];
    if verbose {
        let columns = foreign.iter().map(|(width, _, _)| *width).max().unwrap_or(0);
        let row = |(_, path, why): &(usize, &str, &str)| format!("              {}  {why}", left(&line(path), columns));
        lines.extend(foreign.iter().map(row));
    }
    lines
}

/// Below each file, its lines that were not read; a reason that repeats is written once.
fn unread(overview: &Overview<'_>, verbose: bool) -> Vec<String> {
    let sources = &overview.project.sources;
    let mut files: BTreeMap<&str, Vec<&Unread>> = BTreeMap::new();
    let all = overview.unread();
    for unread in &all {
        files.entry(sources.path(unread.span.file)).or_default().push(unread);
    }
    let mut lines = Vec::new();
    for (path, list) in files {
        lines.push(format!("not read in {}: {}", line(path), count(list.len(), "line")));
        let shown = if verbose { list.len() } else { MOST };
        let mut reason = "";
        for unread in list.iter().take(shown) {
            if unread.reason != reason {
                reason = &unread.reason;
                lines.push(format!("  because {reason}:"));
            }
            let text = sources.slice(unread.span).trim();
            let text = text.lines().next().unwrap_or_default();
            lines.push(format!("  {:>5}  {}", sources.position(unread.span).line, cut(&line(text), TEXT)));
        }
        if list.len() > shown {
            lines.push(format!("         {} more, `--verbose` lists them", list.len() - shown));
        }
    }
    lines
}
