//! What a name means, and what is known of it: a file, a line of it, an object, a task, a requirement, a port,
//! a variable, a sentence, a feature, a unit, a diagnostic code.

mod answer;
mod artifacts;
mod documents;
mod line;
mod live;
mod places;
mod requirement;
mod task;

pub use answer::Answer;
pub(super) use documents::requirement_line;

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::check::explain;
use crate::graph::find::{Names, Thing, Unclear};

use super::cli;
use super::cmd::check;
use super::made;
use super::output::count;
use super::project::Project;
use places::About;

/// Why there is no answer.
pub enum Unanswered {
    /// A name with several meanings.
    Unclear(String, Unclear),
    /// Anything else, in words.
    Text(String),
}

impl From<String> for Unanswered {
    fn from(text: String) -> Self {
        Self::Text(text)
    }
}

/// Explains one thing; several answers where a line holds several.
///
/// # Errors
/// What is wrong with the name: unknown (with the nearest ones), or ambiguous (with the candidates).
pub fn one(project: &mut Project, thing: &str, args: &cli::Why) -> Result<Vec<Answer>, Unanswered> {
    if let Some(name) = thing.strip_prefix("env:") {
        let unknown = || format!("no unit has an environment variable `{name}`");
        return Ok(vec![documents::variable(project, name).ok_or_else(unknown)?]);
    }
    if let Some(number) = thing.strip_prefix("port:") {
        let port = number.parse().map_err(|_| format!("`{number}` is no port number"))?;
        let unknown = || format!("nothing listens on port {port}");
        return Ok(vec![documents::port(project, port).ok_or_else(unknown)?]);
    }
    if let Some(answers) = document(project, thing)? {
        return Ok(answers);
    }
    if let Some(answer) = artifacts::line(project, thing)? {
        return Ok(vec![answer]);
    }
    if let Some(answer) = artifacts::file(project, thing) {
        return Ok(vec![answer]);
    }
    let code = explain::page(thing.strip_prefix("code:").unwrap_or(thing));
    let mut found = Names::new(&project.documents, &project.graph).find(thing);
    // a unit or an object of that name is nearer than a feature that ends so
    let feature = matches!(found[..], [Thing::Feature(_)]).then(|| found.remove(0));
    match &found[..] {
        [_] => return Ok(named(project, &found)),
        [] => {
            let section = section(project, thing);
            if !section.is_empty() {
                return Ok(named(project, &section));
            }
        }
        // one name, such as a number of Kiro, may be a task's and a requirement's: both are meant
        several if same_name(project, several) => return Ok(named(project, &found)),
        several => {
            let unclear = Names::new(&project.documents, &project.graph).ambiguous(several);
            return Err(Unanswered::Unclear(thing.to_owned(), unclear));
        }
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
    if let Some(page) = code {
        let findings = findings(project);
        return Ok(vec![requirement::code(&About { project, findings: &findings }, page)]);
    }
    if let Some(unit) = project.app.as_ref().and_then(|a| a.unit(thing)) {
        return Ok(vec![documents::unit(project, unit)]);
    }
    match feature {
        Some(feature) => Ok(named(project, &[feature])),
        None => Err(Unanswered::Text(unknown(project, thing))),
    }
}

/// Everything that is wrong here.
fn findings(project: &mut Project) -> Vec<Diagnostic> {
    check::everything(project, check::KUBERNETES).findings
}

fn same_name(project: &Project, things: &[Thing]) -> bool {
    let names = Names::new(&project.documents, &project.graph);
    let mut all = things.iter().map(|t| names.name(t));
    let first = all.next();
    all.all(|name| Some(name) == first)
}

/// Every sentence below a heading of the constitution: `C/II` is `C/II.1`, `C/II.2` and so on.
fn section(project: &Project, name: &str) -> Vec<Thing> {
    let name = format!("{}.", name.to_lowercase());
    let below = |id: &str| {
        let id = id.to_lowercase();
        id.starts_with(&name) || id.strip_prefix("c/").is_some_and(|id| id.starts_with(&name))
    };
    let all = project.documents.constitution.iter().flat_map(|c| &c.statements);
    all.filter(|s| below(&s.id)).map(|s| Thing::Statement(s.id.clone())).collect()
}

/// What is known of things of the documents.
fn named(project: &mut Project, things: &[Thing]) -> Vec<Answer> {
    let findings = findings(project);
    let project = &*project;
    let about = About { project, findings: &findings };
    let answer = |thing: &Thing| match thing {
        Thing::Task(ix) => Some(task::task(&about, *ix)),
        Thing::Requirement(id) => {
            let found = documents::find_requirement(project, id);
            found.map(|r| requirement::requirement(&about, &made::make(project), r))
        }
        Thing::Story(feature, story) => Some(requirement::story(&about, feature, story)),
        Thing::Feature(id) => requirement::feature(&about, id),
        Thing::Statement(id) => {
            let mut all = project.documents.constitution.iter().flat_map(|c| &c.statements);
            all.find(|s| s.id == *id).map(|s| requirement::statement(&about, s))
        }
    };
    things.iter().filter_map(answer).collect()
}

/// `FILE` and `FILE:LINE` of a document.
fn document(project: &mut Project, thing: &str) -> Result<Option<Vec<Answer>>, String> {
    if let Some(file) = line::document(project, thing) {
        if let Some(id) = line::feature_of(project, file).cloned() {
            return Ok(Some(named(project, &[Thing::Feature(id)])));
        }
        let findings = findings(project);
        let about = About { project, findings: &findings };
        return Ok(project.documents.constitution.as_ref().map(|c| vec![requirement::constitution(&about, c)]));
    }
    let split = thing.rsplit_once(':').and_then(|(path, number)| Some((path, number.parse::<usize>().ok()?)));
    let Some((file, number)) = split.and_then(|(p, n)| Some((line::document(project, p)?, n))) else {
        return Ok(None);
    };
    let findings = findings(project);
    let made = made::make(project);
    line::line(&About { project, findings: &findings }, &made, file, number).map(Some)
}

/// Why one task comes after another.
///
/// # Errors
/// As [`one`].
pub fn two(project: &Project, first: &str, second: &str) -> Result<Vec<Answer>, Unanswered> {
    let names = Names::new(&project.documents, &project.graph);
    // the feature of one holds for the other as well
    let beside = |name: &str, other: &str| {
        let feature = names.task(other).ok().map(|ix| &project.graph.task(ix).task.id.feature);
        feature.and_then(|f| names.task(&format!("{f}/{name}")).ok())
    };
    let ix = |name: &str, other: &str| {
        names.task(name).or_else(|unclear| match unclear {
            Unclear::Ambiguous(_) => beside(name, other).ok_or(unclear),
            Unclear::Unknown(_) => Err(unclear),
        })
    };
    let unclear = |name: &str, unclear: Unclear| match unclear {
        Unclear::Unknown(_) => Unanswered::Text(unknown(project, name)),
        several @ Unclear::Ambiguous(_) => Unanswered::Unclear(name.to_owned(), several),
    };
    let one = ix(first, second).map_err(|u| unclear(first, u))?;
    let other = ix(second, first).map_err(|u| unclear(second, u))?;
    Ok(vec![task::two(project, one, other)])
}

fn unknown(project: &Project, thing: &str) -> String {
    let documents = Names::new(&project.documents, &project.graph);
    let made = made::object_names(&made::make(project));
    let mut known: Vec<String> = documents.near(thing);
    known.extend(project.possible.iter().map(|p| artifacts::object_name(&made, &p.identity)));
    known.extend(project.possible.iter().flat_map(|p| p.paths.iter().cloned()));
    known.extend(explain::codes().map(str::to_owned));
    known.extend(project.app.iter().flat_map(|a| &a.units).map(|u| u.name.clone()));
    let near = documents.near(thing).iter().map(|n| format!("`{n}`")).collect::<Vec<_>>();
    let hint = did_you_mean(thing, known.iter().map(String::as_str))
        .or_else(|| (!near.is_empty()).then(|| format!("did you mean {}", near.join(" or "))))
        .or_else(|| contents(project, &documents, thing))
        .unwrap_or_else(|| {
            "ask for a file, file:line, object, task, requirement, feature, port:N, env:NAME or a code".to_owned()
        });
    format!("nothing here is called `{thing}`; {hint}")
}

/// What there is in the feature, or the constitution, that stands in front of a name.
fn contents(project: &Project, documents: &Names<'_>, thing: &str) -> Option<String> {
    if thing.to_lowercase().starts_with("c/") && project.documents.constitution.is_some() {
        return Some("`bowline constitution` lists the sentences with their names".to_owned());
    }
    let feature = documents.feature(thing.rsplit_once('/')?.0).ok()?;
    let tasks = match &feature.tasks[..] {
        [] => "no tasks".to_owned(),
        [one] => format!("one task, `{}`", one.id.id),
        [first, .., last] => format!("{} tasks, `{}` to `{}`", feature.tasks.len(), first.id.id, last.id.id),
    };
    Some(format!("`{}` has {tasks}, and {}", feature.id, count(feature.requirements.len(), "requirement")))
}
