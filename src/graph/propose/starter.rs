//! A short constitution for a repository that has none.

use crate::model::proposal::Proposal;

const TEXT: &str = include_str!("starter.md");

/// The whole text, without the sentence that the proposal itself could not keep.
pub fn text(proposal: &Proposal) -> String {
    let alone = proposal.services.iter().any(single);
    TEXT.lines().filter(|l| !(alone && l.starts_with("- **Replicas**"))).flat_map(|l| [l, "\n"]).collect()
}

/// Whether a service is one pod by its nature.
pub fn single(part: &crate::model::proposal::Part) -> bool {
    part.get("replicas").and_then(serde_json::Value::as_i64).is_some_and(|n| n < 2)
}
