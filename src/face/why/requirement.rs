//! `why` for requirements, stories, features, sentences of the constitution, and diagnostic codes.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value as Json, json};

use crate::check::explain::Page;
use crate::check::rules::Outcome;
use crate::face::output::count;
use crate::face::overview::{Counts, requirements, state};
use crate::face::project::Project;
use crate::graph::coverage::coverage;
use crate::graph::tasks::TaskIx;
use crate::make::run::Made;
use crate::model::ids::FeatureId;
use crate::model::workspace::{Constitution, Delta, Force, Requirement, Statement};

use super::answer::Answer;
use super::documents::cited_fields;
use super::places::{About, at};

/// A requirement: its text, the fields of the block that cite it, its tasks, their artifacts.
pub(super) fn requirement(about: &About<'_>, made: &Made, requirement: &Requirement) -> Answer {
    let project = about.project;
    let mut answer = Answer::new("requirement", format!("requirement {}", requirement.id));
    answer.put("id", json!(requirement.id.to_string()));
    answer.put("feature", json!(&*requirement.id.feature.0));
    answer.put("requirement", json!(requirement.id.id));
    answer.put("text", json!(requirement.text)).put("at", at(project, requirement.span));
    answer.row("text", requirement.text.clone());
    answer.row("line", project.sources.display(requirement.span));
    answer.row("kind", requirement.kind.name()).put("kindOfRequirement", json!(requirement.kind.name()));
    if requirement.derived {
        answer.row("", "it has no id: its place is its name, and changes when lines move");
    }
    state_of(requirement, &mut answer);
    let mut fields = Vec::new();
    for feature in project.documents.features.iter().filter(|f| f.id == requirement.id.feature) {
        for block in &feature.blocks {
            cited_fields(&block.node, "", &requirement.id.id, false, &mut |path, node| {
                let span = node.key_span();
                let place = span.map(|s| project.sources.display(s)).unwrap_or_default();
                answer.row("field", format!("{path}  {place}"));
                fields.push(json!({ "field": path, "at": span.map(|s| at(project, s)) }));
            });
        }
    }
    answer.put("fields", Json::Array(fields));
    let tasks = coverage(&project.documents, &project.graph).remove(&requirement.id).unwrap_or_default();
    let covered = put_tasks(project, &tasks, &mut answer);
    answer.put("covered", json!(covered));
    let resting = made.artifacts.iter().filter(|a| a.requirements.contains(&requirement.id));
    let mut artifacts: BTreeSet<String> = resting.map(|a| a.identity.to_string()).collect();
    artifacts.extend(tasks.iter().flat_map(|ix| project.graph.artifacts_of(*ix)).map(ToString::to_string));
    answer.put("artifacts", json!(artifacts));
    answer.rows("artifact", artifacts);
    about.findings(&mut answer, |d| {
        let id = format!("`{}`", requirement.id.id);
        let in_feature = d.task.as_ref().is_some_and(|t| t.starts_with(&format!("{}/", requirement.id.feature)));
        let here = d.primary.iter().chain(&d.also).any(|l| {
            l.span.file == requirement.span.file
                && l.span.start >= requirement.span.start
                && l.span.end <= requirement.span.end
        });
        here || (in_feature && d.message.contains(&id))
    });
    answer
}

/// Whether it still asks for something, and what a change does to it.
fn state_of(requirement: &Requirement, answer: &mut Answer) {
    let delta = requirement.delta.as_ref().map(|delta| match delta {
        Delta::Added => "added by this change".to_owned(),
        Delta::Modified => "modified by this change".to_owned(),
        Delta::Removed => "removed by this change".to_owned(),
        Delta::Renamed(old) => format!("renamed by this change; it was `{old}`"),
    });
    let replaced = requirement.replaced_by.as_ref().map(|f| format!("replaced or taken away by the open change {f}"));
    let retired = requirement.retired.then(|| "retired: it asks for nothing any more".to_owned());
    answer.rows("state", delta.iter().chain(&replaced).chain(&retired).cloned());
    answer.put("live", json!(requirement.is_live())).put("delta", json!(delta));
    answer.put("replacedBy", json!(requirement.replaced_by.as_ref().map(|f| &*f.0)));
}

/// A label of tasks that no spec defines.
pub(super) fn story(about: &About<'_>, feature: &FeatureId, story: &str) -> Answer {
    let project = about.project;
    let mut answer = Answer::new("story", format!("story {feature}/{story}"));
    answer.put("id", json!(format!("{feature}/{story}")));
    answer.row("text", "no spec defines it; it is a label of tasks");
    let labelled = |ix: &TaskIx| {
        let task = &project.graph.task(*ix).task;
        task.id.feature == *feature && task.story.as_deref() == Some(story)
    };
    let tasks: Vec<TaskIx> = project.graph.indices().filter(labelled).collect();
    put_tasks(project, &tasks, &mut answer);
    answer
}

/// The tasks, a line each; whether there are any.
fn put_tasks(project: &Project, tasks: &[TaskIx], answer: &mut Answer) -> bool {
    let mut data = Vec::new();
    for ix in tasks {
        let task = &project.graph.task(*ix).task;
        let place = project.sources.display(task.span);
        answer.row("task", format!("{}  {}  {} ({place})", task.id.id, state(task), task.title));
        data.push(json!({ "task": task.id.to_string(), "state": state(task), "title": task.title,
            "at": at(project, task.span) }));
    }
    if tasks.is_empty() {
        answer.row("task", "none: no task cites it");
    }
    answer.put("tasks", Json::Array(data));
    !tasks.is_empty()
}

/// A feature: its documents, how much of it is done, what it depends on, and what was found in it.
pub(super) fn feature(about: &About<'_>, id: &FeatureId) -> Option<Answer> {
    let project = about.project;
    let feature = project.documents.features.iter().find(|f| f.id == *id)?;
    let mut answer = Answer::new("feature", format!("feature {id}  {}", feature.title));
    answer.put("path", json!(&*id.0)).put("title", json!(feature.title)).put("layout", json!(feature.layout.name()));
    answer.row("layout", feature.layout.name());
    let files = feature.spec.into_iter().chain(feature.deltas.iter().copied());
    let files: Vec<_> = files.chain(feature.plan).chain(feature.tasks_file).collect();
    let documents: Vec<&str> = files.iter().map(|file| project.sources.path(*file)).collect();
    answer.rows("document", documents.iter().map(|d| (*d).to_owned()));
    answer.put("documents", json!(documents));
    let c = Counts::of(&feature.tasks);
    answer.row("tasks", format!("{} of {} done, {} open, {} manual", c.done, c.total, c.open, c.manual));
    answer.put("tasks", json!({ "total": c.total, "done": c.done, "open": c.open, "manual": c.manual }));
    let covered = coverage(&project.documents, &project.graph);
    let live: Vec<&Requirement> = requirements(feature).collect();
    let without = live.iter().filter(|r| covered.get(&r.id).is_none_or(Vec::is_empty));
    let without: Vec<&str> = without.map(|r| r.id.id.as_str()).collect();
    let all = live.len();
    answer.row("requirements", format!("{} of {all} have tasks", all - without.len()));
    if !without.is_empty() && without.len() < all {
        answer.row("without", without.join(", "));
    }
    answer.put("requirements", json!({ "total": all, "covered": all - without.len(), "without": without }));
    if let Some(app) = project.app.as_ref().filter(|_| !feature.blocks.is_empty()) {
        answer.row("app", app.name.clone());
    }
    answer.rows("block", feature.blocks.iter().map(|b| project.sources.display(b.span)));
    answer.put("blocks", feature.blocks.iter().map(|b| at(project, b.span)).collect());
    answer.rows(
        "supersedes",
        feature.supersedes.iter().map(|(old, span)| format!("{old} ({})", project.sources.display(*span))),
    );
    answer.put("supersedes", feature.supersedes.iter().map(|(old, _)| json!(old)).collect());
    let app = project.app.as_ref();
    let taken = app.map(|a| &a.superseded).into_iter().flatten().filter(|(_, _, new)| Some(new.file) == feature.spec);
    answer.rows("takes over", taken.map(|(path, old, _)| format!("{path} from {}", project.sources.display(*old))));
    neighbours(project, id, &mut answer);
    if !feature.unread.is_empty() {
        answer.row("not read", format!("{}; `bowline status` lists them", count(feature.unread.len(), "line")));
    }
    answer.put("unread", json!(feature.unread.len()));
    about.findings(&mut answer, |d| {
        let named = d.task.as_ref().is_some_and(|t| t.rsplit_once('/').is_some_and(|(f, _)| f == &*id.0));
        named || d.primary.as_ref().is_some_and(|l| files.contains(&l.span.file))
    });
    Some(answer)
}

/// Features whose tasks come before or after tasks of this one.
fn neighbours(project: &Project, id: &FeatureId, answer: &mut Answer) {
    let mut after: BTreeMap<&FeatureId, usize> = BTreeMap::new();
    let mut before: BTreeMap<&FeatureId, usize> = BTreeMap::new();
    for edge in &project.graph.edges {
        let (from, to) = (project.graph.task(edge.from).id(), project.graph.task(edge.to).id());
        if from.feature == to.feature {
            continue;
        }
        if to.feature == *id {
            *after.entry(&from.feature).or_default() += 1;
        } else if from.feature == *id {
            *before.entry(&to.feature).or_default() += 1;
        }
    }
    answer.rows("after", after.keys().map(ToString::to_string));
    answer.rows("before", before.keys().map(ToString::to_string));
    answer.put("after", after.keys().map(|f| json!(&*f.0)).collect());
    answer.put("before", before.keys().map(|f| json!(&*f.0)).collect());
}

/// The constitution: its files, its version, and how many of its sentences something checks.
pub(super) fn constitution(about: &About<'_>, constitution: &Constitution) -> Answer {
    let project = about.project;
    let mut answer = Answer::new("constitution", format!("constitution {}", constitution.title));
    let files: Vec<&str> =
        [constitution.file].iter().chain(&constitution.more).map(|f| project.sources.path(*f)).collect();
    answer.rows("document", files.iter().map(|f| (*f).to_owned()));
    answer.put("documents", json!(files)).put("version", json!(constitution.version));
    answer.rows("version", constitution.version.clone());
    let bindings = crate::check::rules::bindings(constitution);
    let checked = bindings.iter().filter(|b| matches!(b.outcome, Outcome::Rules(_))).count();
    let all = constitution.statements.len();
    answer.row("sentences", format!("{all}, {checked} of them checked by rules; `bowline constitution` lists them"));
    answer.put("sentences", json!({ "total": all, "checked": checked }));
    answer.rows("not read", project.documents.not_read.iter().cloned());
    answer.put("notRead", json!(project.documents.not_read));
    about.findings(&mut answer, |d| d.primary.as_ref().is_some_and(|l| l.span.file == constitution.file));
    answer
}

/// A sentence of the constitution: what it became, and what was found because of it.
pub(super) fn statement(about: &About<'_>, statement: &Statement) -> Answer {
    let project = about.project;
    let mut answer = Answer::new("statement", format!("statement {}  {}", statement.id, statement.heading));
    answer.put("id", json!(statement.id)).put("heading", json!(statement.heading));
    answer.put("sentence", json!(statement.text)).put("at", at(project, statement.span));
    answer.row("sentence", statement.text.clone());
    answer.row("line", project.sources.display(statement.span));
    let force = match statement.force {
        Force::Must => "must",
        Force::Should => "should",
        Force::May => "may",
    };
    answer.row("force", force).put("force", json!(force));
    let bindings = project.documents.constitution.as_ref().map(crate::check::rules::bindings).unwrap_or_default();
    let became = bindings.into_iter().find(|b| b.statement.id == statement.id).map(|b| b.outcome);
    answer.rows("became", became.as_ref().map(crate::face::cmd::constitution::outcome));
    answer.put("became", json!(became.as_ref().map(crate::face::cmd::constitution::outcome)));
    let rules: Vec<&str> = match &became {
        Some(Outcome::Rules(rules)) => rules.iter().map(|r| r.rule).collect(),
        _ => Vec::new(),
    };
    answer.put("rules", json!(rules));
    about.findings(&mut answer, |d| d.because.as_ref().is_some_and(|b| b.statement == statement.id));
    answer
}

/// A diagnostic code: its page, and where it is found here.
pub(super) fn code(about: &About<'_>, page: Page) -> Answer {
    let mut answer = Answer::new("code", page.code);
    answer.row("", page.text);
    answer.put("code", json!(page.code)).put("what", json!(page.what)).put("text", json!(page.text));
    let here = about.findings.iter().filter(|d| d.code == page.code).count();
    answer.row("", "");
    match here {
        0 => answer.row("", "not found here now"),
        n => answer.row("", format!("found {n} {} here now:", if n == 1 { "time" } else { "times" })),
    };
    about.findings(&mut answer, |d| d.code == page.code);
    answer
}
