//! Fourth layer: the constitution. A rule is on because a sentence of this project asks for it, and says so.

mod bind;
mod catalogue;
mod config;
mod conflicts;
mod delivery;
mod images;
mod network;
mod phrases;
mod platform;
mod pods;
mod probes;
mod scaling;
mod secrets;
mod stamps;
mod state;

pub use bind::{Binding, Bound, Outcome, bindings};

use std::collections::BTreeSet;

use rayon::prelude::*;

use crate::base::diag::{Because, Diagnostic, Severity};
use crate::base::source::Span;
use crate::model::workspace::{Force, Statement};

use super::findings::Findings;
use super::report;
use super::view::{File, Object, Scope, View};

pub(super) use secrets::spans as secret_spans;

/// One rule: what asks for it, and what it looks at.
pub(super) struct Rule {
    pub id: &'static str,
    /// The sentence asks for it when one of these holds (see `phrases`).
    pub asks: &'static [&'static str],
    /// Demands that something is there; a sentence that calls it optional or says not to use it does not ask.
    pub demands: bool,
    /// On without a sentence, because what it finds does not run.
    pub fact: bool,
    /// What number of the sentence is its parameter.
    pub number: Number,
    pub check: Check,
}

/// Which number of a sentence a rule takes.
#[derive(Clone, Copy)]
pub(super) enum Number {
    None,
    /// The first of at least this; a sentence without one does not ask.
    AtLeast(i64),
    /// The first of at least `.0`, one more after `above` or `>`; without one, `.1`.
    Above(i64, i64),
}

/// What a rule looks at.
#[derive(Clone, Copy)]
pub(super) enum Check {
    /// The objects of one environment.
    Scope(fn(&Asked<'_>, &Scope<'_>, &mut Out<'_>)),
    /// Everything.
    View(fn(&Asked<'_>, &View<'_>, &mut Out<'_>)),
}

/// The sentence that switched a rule on, with what it said.
pub(super) struct Asked<'a> {
    pub statement: Option<&'a Statement>,
    pub number: Option<i64>,
    /// The units that it names.
    pub named: BTreeSet<String>,
}

impl<'a> Asked<'a> {
    fn new(view: &View<'_>, statement: &'a Statement, number: Option<i64>) -> Self {
        let sentence = phrases::Sentence::new(&statement.text);
        let named = |unit: &&str| sentence.says(&unit.to_lowercase().replace('-', "_"));
        let named = view.units().filter(named).map(str::to_owned).collect();
        Self { statement: Some(statement), number, named }
    }

    /// Whether the sentence is about this unit: it names it, or names none of the units.
    pub(super) fn concerns(&self, unit: &str) -> bool {
        self.named.is_empty() || self.named.contains(unit)
    }
}

/// Where a rule puts what it finds.
pub(super) struct Out<'a> {
    code: &'static str,
    severity: Severity,
    because: Option<Because>,
    findings: &'a mut Findings,
}

impl Out<'_> {
    fn finding(&self, message: String, at: Option<Span>, text: &str, fix: &str) -> Diagnostic {
        let mut found = Diagnostic::new(self.code, self.severity, message).at(at, text).fix(fix);
        found.because.clone_from(&self.because);
        found
    }

    /// Something wrong with an object.
    pub(super) fn object(
        &mut self,
        scope: &Scope<'_>,
        object: &Object<'_>,
        message: String,
        at: Option<Span>,
        text: &str,
        fix: &str,
    ) {
        let found = self.finding(message, at, text, fix);
        self.findings.object(scope, object, found);
    }

    /// Something wrong with an object, and the spec's line for the value at `path` of the unit's model.
    #[allow(clippy::too_many_arguments, reason = "a finding has so many parts")]
    pub(super) fn caused(
        &mut self,
        scope: &Scope<'_>,
        object: &Object<'_>,
        path: &str,
        message: String,
        at: Option<Span>,
        text: &str,
        fix: &str,
    ) {
        let cause = scope.cause(object, path);
        let found = self.finding(message, at, text, fix).and(cause, "asked for here");
        self.findings.object(scope, object, found);
    }

    /// Something wrong with an object, and another line of the spec that asked for it.
    pub(super) fn placed(
        &mut self,
        scope: &Scope<'_>,
        object: &Object<'_>,
        message: String,
        (at, text): (Option<Span>, &str),
        cause: Option<Span>,
        fix: &str,
    ) {
        let found = self.finding(message, at, text, fix).and(cause, "asked for here");
        self.findings.object(scope, object, found);
    }

    /// Something wrong with a file.
    pub(super) fn file(&mut self, file: &File<'_>, message: String, at: Option<Span>, text: &str, fix: &str) {
        let found = self.finding(message, at, text, fix);
        self.findings.file(file, found);
    }

    /// Something that is nowhere.
    pub(super) fn whole(&mut self, environment: Option<&str>, message: String, fix: &str) {
        // the sentence is the only place there is
        let at = self.because.as_ref().and_then(|b| b.span);
        let found = self.finding(message, at, "asked for here", fix);
        self.findings.whole(environment, found);
    }
}

/// Every rule that a sentence asks for, in the catalogue's order, with how strongly it binds.
struct Task<'a> {
    rule: &'static Rule,
    asked: Asked<'a>,
    severity: Severity,
    because: Option<Because>,
}

fn severity(force: Force) -> Severity {
    match force {
        Force::Must => Severity::Error,
        Force::Should => Severity::Warning,
        Force::May => Severity::Note,
    }
}

/// Checks every rule that is on.
pub(super) fn check(view: &View<'_>, scopes: &[Scope<'_>], out: &mut Findings) -> report::Scope {
    let bound = view.input.documents.constitution.as_ref().map(bindings).unwrap_or_default();
    let mut tasks: Vec<Task<'_>> = Vec::new();
    let mut on: BTreeSet<&str> = BTreeSet::new();
    conflicts::check(&bound, out);
    for rule in catalogue::RULES {
        let mut sentences: Vec<Task<'_>> = Vec::new();
        for binding in &bound {
            let Outcome::Rules(rules) = &binding.outcome else { continue };
            for bound in rules.iter().filter(|r| r.rule == rule.id) {
                let statement = binding.statement;
                sentences.push(Task {
                    rule,
                    asked: Asked::new(view, statement, bound.number),
                    severity: severity(statement.force),
                    because: Some(Because {
                        statement: statement.id.clone(),
                        sentence: statement.text.clone(),
                        span: Some(statement.span),
                    }),
                });
            }
        }
        if !sentences.is_empty() {
            on.insert(rule.id);
        }
        if sentences.is_empty() && rule.fact {
            let asked = Asked { statement: None, number: None, named: BTreeSet::new() };
            sentences.push(Task { rule, asked, severity: Severity::Error, because: None });
        }
        // the strongest sentence speaks first, and what it says is not said again
        sentences.sort_by_key(|t| t.severity);
        tasks.extend(sentences);
    }
    let sentences = bound.iter().filter(|b| matches!(b.outcome, Outcome::Rules(_))).count();
    let found: Vec<Findings> = tasks.par_iter().map(|task| run(task, view, scopes)).collect();
    for findings in found {
        out.append(findings);
    }
    report::Scope { rules: on.len(), sentences }
}

fn run(task: &Task<'_>, view: &View<'_>, scopes: &[Scope<'_>]) -> Findings {
    let mut findings = Findings::default();
    let (code, because) = (task.rule.id, task.because.clone());
    // a fact is an error, however softly a sentence speaks of it
    let severity = if task.rule.fact { Severity::Error } else { task.severity };
    let mut out = Out { code, severity, because, findings: &mut findings };
    match task.rule.check {
        Check::Scope(check) => scopes.iter().for_each(|s| check(&task.asked, s, &mut out)),
        Check::View(check) => check(&task.asked, view, &mut out),
    }
    findings
}

/// Every rule's id.
pub fn ids() -> impl Iterator<Item = &'static str> {
    catalogue::RULES.iter().map(|r| r.id)
}

#[cfg(test)]
mod tests;
