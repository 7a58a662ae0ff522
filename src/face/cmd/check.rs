//! `bowline check`: what is wrong with documents and artifacts, in every format.

use std::collections::BTreeSet;
use std::path::Path;

use crate::base::diag::{self, Diagnostic, Severity, has_errors};
use crate::base::fs;
use crate::check::{self, Facts, report};
use crate::face::adopted;
use crate::face::cli::Check;
use crate::face::exit::Exit;
use crate::face::fix;
use crate::face::levels::Levels;
use crate::face::looked::Looked;
use crate::face::made;
use crate::face::output::count;
use crate::face::project::Project;
use crate::face::run::Context;
use crate::face::wanted_secrets;

pub fn run(context: &Context, args: &Check) -> Exit {
    let mut outputs = Vec::new();
    for spec in &args.output {
        let (name, file) = spec.split_once('=').map_or((spec.as_str(), None), |(n, f)| (n, Some(f)));
        let Some(format) = FORMATS.iter().find(|f| **f == name) else {
            let near = crate::base::suggest::did_you_mean(name, FORMATS.iter().copied());
            let near = near.map(|n| format!("; {n}")).unwrap_or_default();
            context.output.say(&format!("error: `{name}` is no output format ({}){near}", FORMATS.join(", ")));
            return Exit::Usage;
        };
        outputs.push((*format, file));
    }
    let levels = match Levels::new(&args.deny, &args.allow) {
        Ok(levels) => levels,
        Err(wrong) => {
            context.output.say(&format!("error: {wrong}"));
            return Exit::Usage;
        }
    };
    let mut project = Project::read(&context.root);
    let mut found = everything(&mut project, &args.kubernetes);
    if args.fix {
        let fixes = fix::choose(&context.root, &found.findings, &project.sources);
        if args.diff {
            context.output.data(&fixes.diff(&project.sources));
            return if has_errors(&found.findings) { Exit::Errors } else { Exit::Done };
        }
        if let Err(error) = fixes.write(&context.root, &project.sources) {
            context.output.say(&format!("error[file-unwritable]: {error}"));
            return Exit::World;
        }
        fixes.said.iter().for_each(|line| context.output.say(&format!("fixed {line}")));
        if fixes.skipped > 0 {
            context.output.say(&format!(
                "{} of these left alone: what they change is changed already, or Bowline makes it",
                count(fixes.skipped, "finding")
            ));
        }
        project = Project::read(&context.root);
        found = everything(&mut project, &args.kubernetes);
    }
    levels.apply(&mut found.findings);
    diag::sort(&mut found.findings, &project.sources);
    for (format, file) in outputs {
        let text = printed(format, &found, &project, context.output.colour && file.is_none());
        match file {
            Some(file) => {
                if let Err(error) = fs::write(Path::new(file), text.as_bytes()) {
                    context.output.say(&format!("error: {error}"));
                    return Exit::World;
                }
            }
            None => context.output.data(&text),
        }
    }
    if has_errors(&found.findings) { Exit::Errors } else { Exit::Done }
}

/// The Kubernetes version that artifacts are checked against unless another is named.
pub const KUBERNETES: &str = "1.34";

const FORMATS: &[&str] = &["human", "short", "json", "sarif", "github", "junit", "markdown"];

/// All findings of a project: documents, generation, files on disk, artifacts.
pub struct Found {
    pub findings: Vec<Diagnostic>,
    pub scope: report::Scope,
}

/// Checks the documents and, as far as they allow it, what is made from them.
pub fn everything(project: &mut Project, kubernetes: &str) -> Found {
    let mut findings = project.diagnostics.clone();
    let contradictions = project.contradictions();
    let mut scope = report::Scope::default();
    let adopted = adopted::artifacts(project);
    if !has_errors(&findings) && project.app.is_some() {
        let made = made::make(project);
        findings.extend(made.diagnostics.iter().cloned());
        let disk = made::disk(project, &made);
        findings.extend(disk.findings.iter().cloned());
        findings.extend(project.app.iter().flat_map(|app| wanted_secrets::findings(&project.root, app)));
        let facts = Facts {
            ignored_by_git: made::ignored(project, &made),
            edited_by_hand: disk.edited,
            unseen: adopted::hides(project),
        };
        let all: Vec<_> = made.artifacts.iter().chain(&adopted).cloned().collect();
        let checked = artifacts(project, &all, kubernetes, &facts);
        findings.extend(checked.findings);
        scope = checked.scope;
    } else if !adopted.is_empty() {
        let checked = artifacts(project, &adopted, kubernetes, &Facts::default());
        findings.extend(checked.findings);
        scope = checked.scope;
    }
    facts(project, &mut findings);
    findings.extend(contradictions);
    diag::sort(&mut findings, &project.sources);
    Found { findings, scope }
}

/// The facts about everything else in the repository. Where there is something to check, the want of documents is
/// worth a note and no more, and not even that beside something that is wrong.
fn facts(project: &mut Project, findings: &mut Vec<Diagnostic>) {
    // for the time of the call: it reads texts into the sources beside it
    let mut repository = std::mem::take(&mut project.repository);
    findings.extend(check::facts::repository(&mut repository, &project.documents, &mut project.sources));
    project.repository = repository;
    if check::facts::has_subject(&project.repository) {
        let missing = |d: &Diagnostic| d.code == "documents-missing";
        let wrong = findings.iter().any(|d| d.severity != Severity::Note && !missing(d));
        findings.retain(|d| !(wrong && missing(d)));
        findings.iter_mut().filter(|d| missing(d)).for_each(|d| d.severity = Severity::Note);
    }
}

/// The findings about artifacts alone.
pub fn artifacts(
    project: &mut Project,
    artifacts: &[crate::make::artifact::Artifact],
    kubernetes: &str,
    facts: &Facts,
) -> check::Checked {
    let input = check::Input { artifacts, documents: &project.documents, app: project.app.as_ref(), kubernetes, facts };
    check::check(&input, &mut project.sources)
}

fn printed(format: &str, found: &Found, project: &Project, colour: bool) -> String {
    let pretty = |value: &serde_json::Value| serde_json::to_string_pretty(value).unwrap_or_default();
    let (findings, sources) = (&found.findings, &project.sources);
    match format {
        "short" => report::short(findings, sources),
        "json" => {
            let mut data = report::data(findings, sources, found.scope);
            data["looked"] = Looked::at(project).data();
            pretty(&serde_json::json!({ "bowline": 1, "command": "check", "data": data }))
        }
        "sarif" => pretty(&report::sarif(findings, sources)),
        "github" => report::github(findings, sources),
        "junit" => {
            let codes: BTreeSet<&str> = findings.iter().map(|d| d.code).collect();
            report::junit(findings, sources, &codes.into_iter().collect::<Vec<_>>())
        }
        "markdown" => report::markdown(findings, sources, found.scope),
        _ => human(found, project, colour),
    }
}

/// What was looked at, what was found, and what to do next.
fn human(found: &Found, project: &Project, colour: bool) -> String {
    let (findings, sources) = (&found.findings, &project.sources);
    let looked = Looked::at(project);
    let fixable = match findings.iter().filter(|d| fix::is_fixable(d)).count() {
        0 => String::new(),
        n => format!("; {n} can be fixed with `bowline check --fix`"),
    };
    let parts = [
        looked.line(),
        report::grouped(findings, sources, colour),
        report::notes(findings, sources),
        report::summary(findings, found.scope) + &fixable + &looked.next(project),
    ];
    let parts: Vec<&str> = parts.iter().map(|p| p.trim_end()).filter(|p| !p.is_empty()).collect();
    parts.join("\n\n")
}
