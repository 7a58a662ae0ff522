//! Graphviz.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::picture::{Link, Node, Picture};

/// The picture in DOT, for `dot -Tsvg`.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from(
        "digraph bowline {\n  rankdir=LR;\n  graph [fontname=\"sans-serif\", fontsize=11, style=\"rounded\", color=\"#bdbdbd\", nodesep=0.15];\n  node [fontname=\"sans-serif\", fontsize=10, style=\"filled,rounded\", shape=box, height=0.3];\n  edge [color=\"#757575\", arrowsize=0.6];\n",
    );
    let mut groups: BTreeMap<(bool, usize), (&str, Vec<&Node>)> = BTreeMap::new();
    let mut ranks: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for node in &picture.nodes {
        let next = ranks.len();
        let rank = *ranks.entry((node.task, &node.group)).or_insert(next);
        groups.entry((!node.task, rank)).or_insert((&node.group, Vec::new())).1.push(node);
    }
    for (number, (name, nodes)) in groups.values().enumerate() {
        let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(name));
        for node in nodes {
            let (fill, line) = node.state.colours();
            let shape = if node.task { "box" } else { "ellipse" };
            let _ = writeln!(
                out,
                "    {} [label={}, shape={shape}, fillcolor=\"{fill}\", color=\"{line}\", tooltip={}];",
                node.id,
                quoted(&node.label),
                quoted(&format!("{} ({})", node.name, node.state.name())),
            );
        }
        out.push_str("  }\n");
    }
    for link in &picture.links {
        let _ = writeln!(out, "  {} -> {} [{}];", link.from, link.to, style(link));
    }
    out.push_str("}\n");
    out
}

fn style(link: &Link) -> String {
    let stroke = match link.evidence {
        "declared" => "style=solid, color=\"#212121\"",
        "makes" => "style=solid, color=\"#1565c0\", arrowhead=empty",
        "phase order" => "style=dotted, constraint=false",
        _ => "style=dashed",
    };
    let tip = if link.why.is_empty() { link.evidence.to_owned() } else { format!("{}: {}", link.evidence, link.why) };
    format!("{stroke}, tooltip={}", quoted(&tip))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
