//! From sentences to rules: what each sentence of a constitution became.

use crate::model::workspace::{Constitution, Statement};

use super::catalogue::RULES;
use super::phrases::Sentence;
use super::{Number, Rule};

/// A sentence and what it became.
#[derive(Clone, Debug)]
pub struct Binding<'a> {
    pub statement: &'a Statement,
    pub outcome: Outcome,
}

/// What a sentence became.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// The rules that it switches on, in the catalogue's order.
    Rules(Vec<Bound>),
    /// Understood, and nothing that can be read from artifacts: a review, a process, a running system.
    NeedsHuman,
    /// Not a demand: a reason, what is out of scope, or what need not be.
    NoRule,
    NotUnderstood,
}

/// A rule with its parameter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bound {
    pub rule: &'static str,
    pub number: Option<i64>,
}

impl std::fmt::Display for Bound {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(self.rule)?;
        self.number.map_or(Ok(()), |n| write!(f, " ({n})"))
    }
}

/// Takes what it speaks of back.
const OPTIONAL: &[&str] = &[
    "not_required|not_needed|not_necessary",
    "do_not_use|don_t_use|never_use|must_not_use",
    "is_optional|are_optional",
];

/// What a person or another tool has to look at.
const HUMAN: &[&str] = &[
    "review*|approv*|amend*|governance|ratif*|audit*|justif*|rationale|complian*|deviation*|violation*|supersede*",
    "document*|readme|guide*|explain*|explanation*|diagram*",
    "test|tests|tested|testing|coverage|smoke|validate*|validation|verif*|benchmark*",
    "scan*|vulnerabilit*|cve|sbom|patch*|update*|signed",
    "kubectl_ai|kagent|gordon|ai|agent*|llm|model|models",
    "log|logs|logged|logging|metric*|monitor*|observab*|trace|traces|tracing|dashboard*|alert*|grafana|prometheus|correlation",
    "backup*|recover*|restore*|rotat*|encrypt*|tls|mtls|mesh|circuit|retr*|backoff|cache|cost|costs|spot",
    "spec|specs|specification*|plan|plans|task|tasks|constitution|requirement*|git|repository|commit*|version_control*|ci",
    "stack|fastapi|next|python|node|typescript|react|sqlmodel|mcp|api|apis|endpoint*|contract*|code|readable|simple*",
    "minikube|kind|kubectl|docker|kubernetes|helm|cluster|deploy*|rollback|upgrade|release*|command*",
];

/// Binds every sentence, in order.
pub fn bindings(constitution: &Constitution) -> Vec<Binding<'_>> {
    constitution.statements.iter().map(|statement| Binding { statement, outcome: outcome(statement) }).collect()
}

fn outcome(statement: &Statement) -> Outcome {
    let heading = Sentence::new(&statement.heading);
    let sentence = Sentence::new(&statement.text);
    let aside = ["out_of_scope|non_goals|future", "not_in_scope"];
    let reason = statement.text.trim_start_matches(['*', '_']).to_lowercase();
    if heading.says_any(&aside)
        || sentence.says_any(&["out_of_scope|not_in_scope", "future_work|future_phase"])
        || reason.starts_with("rationale")
        || reason.starts_with("reason:")
    {
        return Outcome::NoRule;
    }
    let taken_back = sentence.says_any(OPTIONAL);
    let asks = |rule: &&Rule| sentence.says_any(rule.asks);
    let mut rules: Vec<Bound> = RULES
        .iter()
        .filter(|rule| asks(rule) && !(rule.demands && taken_back))
        .filter_map(|rule| Some(Bound { rule: rule.id, number: number(rule.number, &sentence, &statement.text)? }))
        .collect();
    // a rule that looks at several things stands in the catalogue once for each
    rules.dedup();
    if !rules.is_empty() {
        Outcome::Rules(rules)
    } else if taken_back && RULES.iter().any(|r| asks(&r)) {
        Outcome::NoRule
    } else if sentence.says_any(HUMAN) || heading.says_any(&HUMAN[..1]) {
        Outcome::NeedsHuman
    } else {
        Outcome::NotUnderstood
    }
}

/// The parameter; `None` when the sentence lacks what the rule needs.
#[allow(clippy::option_option, reason = "outer: does it bind; inner: with which number")]
fn number(wanted: Number, sentence: &Sentence, text: &str) -> Option<Option<i64>> {
    match wanted {
        Number::None => Some(None),
        Number::AtLeast(least) => sentence.numbers().find(|n| *n >= least).map(Some),
        Number::Above(least, default) => {
            let above = text.contains("> ") && !text.contains(">=") || sentence.says("above|over|greater|higher");
            let found = sentence.numbers().find(|n| *n >= least);
            Some(Some(found.map_or(default, |n| n + i64::from(above))))
        }
    }
}
