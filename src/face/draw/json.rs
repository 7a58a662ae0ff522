//! The picture as data.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use super::picture::Picture;

/// `data` of `graph --format json`: nodes by their names in the documents, edges with their evidence; what is said
/// of whole groups is not taken apart into pairs.
pub fn json(picture: &Picture) -> Json {
    let names: BTreeMap<&str, &str> = picture.nodes.iter().map(|n| (n.id.as_str(), n.name.as_str())).collect();
    let name = |id: &str| names.get(id).copied();
    let nodes: Vec<Json> = picture
        .nodes
        .iter()
        .map(|n| {
            let kind = if n.task { "task" } else { "artifact" };
            json!({ "id": n.name, "kind": kind, "state": n.state.name(), "group": n.group })
        })
        .collect();
    let edges: Vec<Json> = picture
        .links
        .iter()
        .filter(|l| !l.join)
        .map(|l| json!({ "from": name(&l.from), "to": name(&l.to), "evidence": l.evidence, "why": l.why, "at": l.at }))
        .collect();
    let groups: Vec<Json> = picture
        .said
        .iter()
        .map(|s| json!({ "before": s.before, "after": s.after, "evidence": s.evidence, "why": s.why, "at": s.at }))
        .collect();
    json!({ "nodes": nodes, "edges": edges, "groups": groups })
}
