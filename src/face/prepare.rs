//! Documents to artifacts on disk, checked: what `up`, `apply`, `diff` and `generate` begin with.

use std::collections::BTreeMap;

use crate::base::diag::has_errors;
use crate::base::suggest::did_you_mean;
use crate::make::run::Made;
use crate::model::app::App;

use super::exit::Exit;
use super::made;
use super::project::Project;
use super::report;
use super::run::Context;

/// A project whose artifacts are made and checked.
pub struct Prepared {
    pub project: Project,
    pub made: Made,
    /// The app with its image tags.
    pub app: Option<App>,
    pub environment: String,
}

impl Prepared {
    /// `file:line` of each task.
    pub fn places(&self) -> BTreeMap<String, String> {
        let tasks = self.project.graph.tasks.iter().map(|n| &n.task);
        tasks.map(|t| (t.id.to_string(), self.project.sources.display(t.span))).collect()
    }
}

/// Reads, makes and checks. Findings are printed.
///
/// # Errors
/// The exit code when documents or artifacts have errors, or there is no such environment.
pub fn prepare(context: &Context, environment: Option<&str>) -> Result<Prepared, Exit> {
    let mut project = Project::read(&context.root);
    let mut findings = std::mem::take(&mut project.diagnostics);
    if has_errors(&findings) || project.app.is_none() {
        if project.app.is_none() && !has_errors(&findings) {
            findings.push(no_block(&project));
        }
        return Err(report::findings(context.output, &findings, &project.sources));
    }
    let made = made::make(&project);
    findings.extend(made.diagnostics.iter().cloned());
    if !has_errors(&findings) {
        let facts = crate::check::Facts {
            ignored_by_git: made::ignored(&project, &made),
            unseen: super::adopted::hides(&project),
            ..Default::default()
        };
        let checked =
            super::cmd::check::artifacts(&mut project, &made.artifacts, super::cmd::check::KUBERNETES, &facts);
        findings.extend(checked.findings);
    }
    findings.extend(super::adopted::not_delivered(&project));
    findings.extend(project.app.iter().flat_map(|app| super::wanted_secrets::findings(&project.root, app)));
    if report::findings(context.output, &findings, &project.sources) != Exit::Done {
        return Err(Exit::Errors);
    }
    let app = made::tagged(&project);
    let environments = app.as_ref().map(|a| a.environments.clone()).unwrap_or_default();
    let default = app.as_ref().map(|a| a.default_environment.clone()).unwrap_or_default();
    let environment = environment.map_or(default, str::to_owned);
    if !environments.contains(&environment) {
        let near = did_you_mean(&environment, environments.iter().map(String::as_str));
        let hint = near.unwrap_or_else(|| format!("there are: {}", environments.join(", ")));
        context.output.say(&format!("error: there is no environment `{environment}`; {hint}"));
        return Err(Exit::Usage);
    }
    Ok(Prepared { project, made, app, environment })
}

/// Documents without a typed block: everything else still works, generation does not.
pub fn no_block(project: &Project) -> crate::base::diag::Diagnostic {
    let spec = project.documents.features.iter().find_map(|f| f.spec);
    let at = spec.and_then(|file| project.sources.line_span(file, 1));
    crate::base::diag::Diagnostic::error(
        "block-missing",
        "no spec holds a typed block, so there is nothing to generate",
    )
    .at(at, "for example in this spec")
    .fix("add a fence that opens with ```yaml bowline and names `app`, `services` and `resources`")
}
