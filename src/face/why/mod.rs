//! What a name means, and what is known of it: a file, a line of it, an object, a task, a requirement, a port,
//! a variable, a sentence, a feature, a unit, a diagnostic code.

mod answer;
mod artifacts;
mod documents;
mod live;

pub use answer::Answer;
pub(super) use documents::requirement_line;

use crate::base::suggest::did_you_mean;
use crate::check::explain;
use crate::graph::tasks::TaskIx;

use super::cli;
use super::made;
use super::project::Project;

/// Explains one thing; several answers when a name means several things that all are meant.
///
/// # Errors
/// What is wrong with the name: unknown (with the nearest ones), or ambiguous (with the candidates).
pub fn one(project: &Project, thing: &str, args: &cli::Why) -> Result<Vec<Answer>, String> {
    if let Some(name) = thing.strip_prefix("env:") {
        return documents::variable(project, name)
            .map(|a| vec![a])
            .ok_or_else(|| format!("no unit has an environment variable `{name}`"));
    }
    if let Some(number) = thing.strip_prefix("port:") {
        let port = number.parse().map_err(|_| format!("`{number}` is no port number"))?;
        return documents::port(project, port)
            .map(|a| vec![a])
            .ok_or_else(|| format!("nothing listens on port {port}"));
    }
    if let Some(answer) = artifacts::line(project, thing)? {
        return Ok(vec![answer]);
    }
    if let Some(answer) = artifacts::file(project, thing) {
        return Ok(vec![answer]);
    }
    let tasks = project.graph.find(thing);
    if !tasks.is_empty() {
        return task(project, thing, &tasks).map(|ix| vec![documents::task(project, ix)]);
    }
    let requirements: Vec<_> = project
        .documents
        .features
        .iter()
        .flat_map(|f| &f.requirements)
        .filter(|r| {
            let (feature, id) = (&r.id.feature, &r.id.id);
            id.eq_ignore_ascii_case(thing)
                || thing == format!("{feature}/{id}")
                || thing == format!("{}/{id}", feature.short())
        })
        .collect();
    if !requirements.is_empty() {
        let made = made::make(project);
        return Ok(requirements.into_iter().map(|r| documents::requirement(project, &made, r)).collect());
    }
    if let Some(statement) = project.documents.constitution.iter().flat_map(|c| &c.statements).find(|s| s.id == thing) {
        return Ok(vec![documents::statement(project, statement)]);
    }
    let made = made::make(project);
    let names = made::object_names(&made);
    let objects = artifacts::objects(project, &names, thing);
    if !objects.is_empty() {
        let answers = objects.iter().map(|identity| {
            let mut answer = artifacts::object(project, &made, &names, identity);
            if !args.offline {
                live::add(&mut answer, project, &made, identity, &args.target);
            }
            answer
        });
        return Ok(answers.collect());
    }
    if let Some(page) = explain::page(thing) {
        let mut answer = Answer::new(page.code);
        answer.row("", page.text);
        return Ok(vec![answer]);
    }
    if let Some(unit) = project.app.as_ref().and_then(|a| a.unit(thing)) {
        return Ok(vec![documents::unit(project, unit)]);
    }
    if let Some(answer) = project.graph.feature(thing).and_then(|f| documents::feature(project, f)) {
        return Ok(vec![answer]);
    }
    Err(unknown(project, thing))
}

/// Why one task comes after another.
///
/// # Errors
/// As [`one`].
pub fn two(project: &Project, first: &str, second: &str) -> Result<Vec<Answer>, String> {
    let ix = |name: &str| {
        let found = project.graph.find(name);
        if found.is_empty() { Err(unknown(project, name)) } else { task(project, name, &found) }
    };
    Ok(vec![documents::two_tasks(project, ix(first)?, ix(second)?)])
}

fn task(project: &Project, name: &str, found: &[TaskIx]) -> Result<TaskIx, String> {
    match found {
        [one] => Ok(*one),
        several => {
            let names: Vec<String> = several.iter().map(|ix| format!("`{}`", project.graph.task(*ix).id())).collect();
            Err(format!("`{name}` is a task of several features: {}", names.join(", ")))
        }
    }
}

fn unknown(project: &Project, thing: &str) -> String {
    let mut known: Vec<String> = project.graph.tasks.iter().map(|n| n.task.id.id.clone()).collect();
    known.extend(project.documents.features.iter().flat_map(|f| &f.requirements).map(|r| r.id.id.clone()));
    let names = made::object_names(&made::make(project));
    known.extend(project.possible.iter().map(|p| artifacts::object_name(&names, &p.identity)));
    known.extend(project.possible.iter().flat_map(|p| p.paths.iter().cloned()));
    known.extend(explain::codes().map(str::to_owned));
    known.extend(project.app.iter().flat_map(|a| &a.units).map(|u| u.name.clone()));
    let hint = did_you_mean(thing, known.iter().map(String::as_str));
    let hint = hint.unwrap_or_else(|| {
        "ask for a file, file:line, object, task, requirement, port:N, env:NAME or a code".to_owned()
    });
    format!("nothing here is called `{thing}`; {hint}")
}
