//! Findings on their way to the user.

use crate::base::diag::{self, Diagnostic, has_errors};
use crate::base::source::Sources;
use crate::check::report::{self, Scope};
use crate::graph::find::{Names, Unclear};
use crate::model::workspace::Feature;

use super::exit::Exit;
use super::output::Output;
use super::project::Project;

/// Prints findings to standard error with a line that counts them; says nothing when there are none.
/// Notes are counted, not printed.
pub fn findings(output: Output, findings: &[Diagnostic], sources: &Sources) -> Exit {
    let mut shown: Vec<Diagnostic> = findings.iter().filter(|d| d.severity != diag::Severity::Note).cloned().collect();
    diag::sort(&mut shown, sources);
    if !shown.is_empty() {
        output.say(&report::grouped(&shown, sources, output.colour));
        output.say(&report::summary(&shown, Scope::default()));
    }
    if has_errors(findings) { Exit::Errors } else { Exit::Done }
}

/// Says why a name does not mean one thing: 1 when nothing is called so, 2 when several things are.
pub fn unclear(output: Output, name: &str, what: &str, unclear: &Unclear) -> Exit {
    match unclear {
        Unclear::Unknown(near) => {
            let near: Vec<String> = near.iter().map(|n| format!("`{n}`")).collect();
            let hint = if near.is_empty() { String::new() } else { format!("; did you mean {}", near.join(" or ")) };
            output.say(&format!("error: there is no {what} `{name}`{hint}"));
            Exit::Errors
        }
        Unclear::Ambiguous(names) => {
            output.say(&format!("error: `{name}` means {} things; name one of them:", names.len()));
            names.iter().for_each(|n| output.say(&format!("  {n}")));
            Exit::Usage
        }
    }
}

/// The features of these names; all of them without a name.
///
/// # Errors
/// The exit code, after saying which name means none or several.
pub fn features<'p>(output: Output, project: &'p Project, names: &[String]) -> Result<Vec<&'p Feature>, Exit> {
    if names.is_empty() {
        return Ok(project.documents.features.iter().collect());
    }
    let known = Names::new(&project.documents, &project.graph);
    let mut chosen: Vec<&Feature> = Vec::new();
    for name in names {
        match known.feature(name) {
            Ok(feature) => chosen.extend((!chosen.iter().any(|f| f.id == feature.id)).then_some(feature)),
            Err(problem) => return Err(unclear(output, name, "feature", &problem)),
        }
    }
    Ok(chosen)
}
