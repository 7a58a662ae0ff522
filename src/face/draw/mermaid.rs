//! Mermaid, for Markdown viewers.

use std::collections::BTreeSet;
use std::fmt::Write as _;

use super::picture::{Node, Picture, State};

/// The picture as a Mermaid flowchart.
pub fn mermaid(picture: &Picture) -> String {
    let mut out = String::from("flowchart LR\n");
    let mut groups: Vec<(bool, &str, Vec<&Node>)> = Vec::new();
    for node in &picture.nodes {
        match groups.iter_mut().find(|g| g.0 == node.task && g.1 == node.group) {
            Some(group) => group.2.push(node),
            None => groups.push((node.task, &node.group, vec![node])),
        }
    }
    for (number, (_, name, nodes)) in groups.iter().enumerate() {
        if !name.is_empty() {
            let _ = writeln!(out, "  subgraph g{number}[{}]", quoted(name));
        }
        for node in nodes {
            let label = quoted(&node.label);
            let shape = if node.task { format!("[{label}]") } else { format!("([{label}])") };
            let _ = writeln!(out, "    {}{shape}:::{}", node.id, node.state.name());
        }
        if !name.is_empty() {
            out.push_str("  end\n");
        }
    }
    for link in &picture.links {
        let arrow = match link.evidence {
            "declared" | "makes" => "-->",
            "declared for the group" => "==>",
            _ => "-.->",
        };
        let end = |node: &str, group: &Option<String>| {
            let number = group.as_ref().and_then(|name| groups.iter().position(|g| g.0 && g.1 == name));
            number.map_or_else(|| node.to_owned(), |n| format!("g{n}"))
        };
        let (from, to) = (end(&link.from, &link.from_group), end(&link.to, &link.to_group));
        let _ = writeln!(out, "  {from} {arrow} {to}");
    }
    let used: BTreeSet<State> = picture.nodes.iter().map(|n| n.state).collect();
    for state in used {
        let (fill, line) = state.colours();
        let _ = writeln!(out, "  classDef {} fill:{fill},stroke:{line},color:#212121", state.name());
    }
    out
}

fn quoted(text: &str) -> String {
    let escaped = text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;").replace('>', "&gt;");
    format!("\"{}\"", escaped.replace('\n', "<br/>"))
}
