//! `--deny CODE` and `--allow CODE`: which findings are errors, and which are not said, by choice.

use std::collections::BTreeSet;

use crate::base::diag::{Diagnostic, Severity};
use crate::base::suggest::did_you_mean;
use crate::check::explain;

/// What the command line says about codes.
#[derive(Debug, Default)]
pub struct Levels<'a> {
    deny: BTreeSet<&'a str>,
    allow: BTreeSet<&'a str>,
}

impl<'a> Levels<'a> {
    /// # Errors
    /// A sentence about a code that does not exist, or that is denied and allowed at once.
    pub fn new(deny: &'a [String], allow: &'a [String]) -> Result<Self, String> {
        let codes = |list: &'a [String]| list.iter().flat_map(|l| l.split(',')).map(str::trim).collect::<BTreeSet<_>>();
        let levels = Self { deny: codes(deny), allow: codes(allow) };
        if let Some(code) = levels.deny.union(&levels.allow).find(|c| explain::page(c).is_none()) {
            let near = did_you_mean(code, explain::codes()).map(|n| format!("; {n}")).unwrap_or_default();
            return Err(format!("`{code}` is no code of a finding{near}"));
        }
        match levels.deny.intersection(&levels.allow).next() {
            Some(code) => Err(format!("`{code}` is denied and allowed at once")),
            None => Ok(levels),
        }
    }

    /// Makes what is denied an error, and leaves out what is allowed. An error stays: it cannot be allowed away.
    pub fn apply(&self, findings: &mut Vec<Diagnostic>) {
        findings.retain(|d| d.severity == Severity::Error || !self.allow.contains(d.code));
        for finding in findings.iter_mut().filter(|d| self.deny.contains(d.code)) {
            finding.severity = Severity::Error;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_raised_and_left_out() {
        let [deny, allow] = [["task-without-requirement".to_owned()], ["clarification-open".to_owned()]];
        let mut findings = vec![
            Diagnostic::note("task-without-requirement", "a"),
            Diagnostic::note("clarification-open", "b"),
            Diagnostic::error("task-cycle", "c"),
        ];
        Levels::new(&deny, &allow).expect("known").apply(&mut findings);
        let seen: Vec<_> = findings.iter().map(|d| (d.code, d.severity)).collect();
        assert_eq!(seen, [("task-without-requirement", Severity::Error), ("task-cycle", Severity::Error)]);
        let wrong = Levels::new(&["task-cycel".to_owned()], &[]).expect_err("no code");
        assert_eq!(wrong, "`task-cycel` is no code of a finding; did you mean `task-cycle`");
        assert!(Levels::new(&deny, &deny).is_err());
    }
}
