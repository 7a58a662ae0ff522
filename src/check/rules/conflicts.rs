//! Sentences of a constitution that cannot both be kept.

use crate::base::diag::{Diagnostic, Severity};
use crate::check::findings::Findings;
use crate::model::workspace::{Force, Statement};

use super::{Binding, Outcome};

/// Two rules, and what their sentences want.
struct Conflict {
    rules: [&'static str; 2],
    wants: [&'static str; 2],
}

const CONFLICTS: &[Conflict] = &[
    Conflict {
        rules: ["database-in-cluster", "external-database"],
        wants: ["the database in the cluster", "the database outside of it"],
    },
    Conflict { rules: ["local-only", "external-database"], wants: ["nothing of a cloud", "the database of a cloud"] },
];

/// Every pair of rules that contradict each other, at the first sentence of each.
pub(super) fn check(bound: &[Binding<'_>], out: &mut Findings) {
    let asks = |rule: &str| {
        let binds =
            |b: &&Binding<'_>| matches!(&b.outcome, Outcome::Rules(rules) if rules.iter().any(|r| r.rule == rule));
        let all: Vec<&Statement> = bound.iter().filter(binds).map(|b| b.statement).collect();
        all.into_iter().min_by_key(|s| s.force)
    };
    for conflict in CONFLICTS {
        let [Some(one), Some(other)] = conflict.rules.map(asks) else { continue };
        // what is only advised yields, and then there is nothing to decide
        let severity =
            if one.force == Force::Must && other.force == Force::Must { Severity::Error } else { Severity::Warning };
        let [first, second] = conflict.wants;
        let message = format!("one sentence wants {first}, and another {second}");
        let found = Diagnostic::new("constitution-conflict", severity, message)
            .at(one.span, format!("wants {first}"))
            .and(other.span, format!("wants {second}"))
            .fix("amend one of the two, so that the spec can keep both");
        out.whole(None, found);
    }
}
