//! Findings: what is wrong with the artifacts, by four layers, each reporting everything:
//! parse, schema, api, constitution.

mod adopted;
mod api;
pub mod dockerfile;
pub mod explain;
pub mod facts;
mod findings;
mod index;
pub mod parse;
pub mod report;
pub mod rules;
pub mod schema;
#[cfg(test)]
mod testing;
mod view;

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::diag::{Diagnostic, sort};
use crate::base::source::{FileId, Sources, Span};
use crate::make::artifact::Artifact;
use crate::model::app::App;
use crate::model::patch::Patch;
use crate::model::workspace::Documents;

use findings::Findings;
use schema::Schema;
use view::{Object, Scope, View};

/// What is checked, and what it is checked against. Nothing here is read from a disk or a cluster.
pub struct Input<'a> {
    /// In order of path.
    pub artifacts: &'a [Artifact],
    pub documents: &'a Documents,
    pub app: Option<&'a App>,
    /// The release that the cluster runs, such as `1.34`.
    pub kubernetes: &'a str,
    pub facts: &'a Facts,
}

/// What the caller knows of the world.
#[derive(Clone, Debug, Default)]
pub struct Facts {
    /// Paths of artifacts that Git ignores.
    pub ignored_by_git: BTreeSet<String>,
    /// Paths of generated files whose bytes a person changed.
    pub edited_by_hand: BTreeSet<String>,
    /// Objects of the app stand in chart templates that people wrote, which nothing here can read.
    pub unseen: bool,
}

/// What is wrong with the part of an object that a patch changes.
pub fn patch(patch: &Patch) -> Vec<Diagnostic> {
    schema::part(schema::newest(), &patch.object.kind, &patch.body)
}

/// Findings that another object is missing.
const MISSING: [&str; 5] =
    ["api-hpa-target", "api-ref-exists", "database-in-cluster", "networkpolicy-targets-pod", "service-selects-pods"];

/// What came of a check.
#[derive(Clone, Debug)]
pub struct Checked {
    /// Errors first, then by place.
    pub findings: Vec<Diagnostic>,
    /// How many rules of how many sentences were looked at.
    pub scope: report::Scope,
}

/// Checks every artifact, adding its text to `sources` so that findings can point into it. The same input gives
/// the same findings in the same order, on any number of threads.
pub fn check(input: &Input<'_>, sources: &mut Sources) -> Checked {
    let add = |a: &Artifact| sources.add(a.path.clone(), String::from_utf8_lossy(&a.bytes).into_owned());
    let ids: Vec<FileId> = input.artifacts.iter().map(add).collect();
    let (mut checked, secrets) = look(input, sources, ids);
    findings::hide(&mut checked.findings, &secrets, sources);
    for span in secrets {
        sources.mask(span);
    }
    checked
}

/// Everything that only reads: the findings, and where secrets stand.
fn look(input: &Input<'_>, sources: &Sources, ids: Vec<FileId>) -> (Checked, Vec<Span>) {
    let (view, mut all) = View::read(input, sources, ids);
    let schema = Schema::nearest(input.kubernetes);
    let mut findings = Findings::default();
    let scopes = view.scopes();
    for scope in &scopes {
        let each: Vec<Findings> = scope.objects.par_iter().map(|object| alone(schema, scope, object)).collect();
        for found in each {
            findings.append(found);
        }
        api::together(scope, &mut findings);
    }
    facts::check(&view, &mut findings);
    adopted::check(&view, &mut findings);
    let scope = rules::check(&view, &scopes, &mut findings);
    all.extend(findings.merged(sources));
    if input.facts.unseen {
        // what seems to be missing may stand where nobody can look
        all.retain(|d| !MISSING.contains(&d.code));
    }
    findings::contradict_ticks(&mut all, input.documents);
    sort(&mut all, sources);
    (Checked { findings: all, scope }, rules::secret_spans(&view, sources))
}

/// What is wrong with one object by itself.
fn alone(schema: &Schema, scope: &Scope<'_>, object: &Object<'_>) -> Findings {
    let mut out = Findings::default();
    for diagnostic in schema::check(schema, object.node) {
        out.object(scope, object, diagnostic);
    }
    api::object(schema, scope, object, &mut out);
    out
}
