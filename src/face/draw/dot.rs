//! Graphviz.

use std::collections::BTreeMap;
use std::fmt::Write as _;

use super::picture::{Link, Node, Picture};

/// The picture in DOT, for `dot -Tsvg`.
pub fn dot(picture: &Picture) -> String {
    let mut out = String::from(
        "digraph bowline {\n  rankdir=LR;\n  compound=true;\n  graph [fontname=\"sans-serif\", fontsize=11, style=\"rounded\", color=\"#bdbdbd\", nodesep=0.15];\n  node [fontname=\"sans-serif\", fontsize=10, style=\"filled,rounded\", shape=box, height=0.3];\n  edge [color=\"#757575\", arrowsize=0.6];\n",
    );
    let mut groups: BTreeMap<(bool, usize), (&str, Vec<&Node>)> = BTreeMap::new();
    let mut ranks: BTreeMap<(bool, &str), usize> = BTreeMap::new();
    for node in &picture.nodes {
        let next = ranks.len();
        let rank = *ranks.entry((node.task, &node.group)).or_insert(next);
        groups.entry((!node.task, rank)).or_insert((&node.group, Vec::new())).1.push(node);
    }
    let numbers: BTreeMap<&str, usize> =
        groups.iter().enumerate().filter(|(_, ((a, _), _))| !a).map(|(i, (_, (n, _)))| (*n, i)).collect();
    for (number, (name, nodes)) in groups.values().enumerate() {
        if name.is_empty() {
            nodes.iter().for_each(|n| line(&mut out, n));
            continue;
        }
        let _ = writeln!(out, "  subgraph cluster_{number} {{\n    label={};", quoted(name));
        for node in nodes {
            line(&mut out, node);
        }
        out.push_str("  }\n");
    }
    for link in &picture.links {
        let cluster = |end: &str, group: &Option<String>| {
            let number = group.as_ref().and_then(|g| numbers.get(g.as_str()));
            number.map(|n| format!(", {end}=cluster_{n}")).unwrap_or_default()
        };
        let (tail, head) = (cluster("ltail", &link.from_group), cluster("lhead", &link.to_group));
        let _ = writeln!(out, "  {} -> {} [{}{tail}{head}];", link.from, link.to, style(link));
    }
    out.push_str("}\n");
    out
}

fn line(out: &mut String, node: &Node) {
    let (fill, border) = node.state.colours();
    let shape = if node.task { "box" } else { "ellipse" };
    let _ = writeln!(
        out,
        "    {} [label={}, shape={shape}, fillcolor=\"{fill}\", color=\"{border}\", tooltip={}];",
        node.id,
        quoted(&node.label),
        quoted(&format!("{} ({})", node.name, node.state.name())),
    );
}

fn style(link: &Link) -> String {
    let stroke = match link.evidence {
        "declared" => "style=solid, color=\"#212121\"",
        "declared for the group" => "style=solid, color=\"#757575\", penwidth=1.6",
        "makes" => "style=solid, color=\"#1565c0\", arrowhead=empty",
        "phase order" => "style=dotted, constraint=false",
        _ => "style=dashed",
    };
    let tip = if link.why.is_empty() { link.evidence.to_owned() } else { format!("{}: {}", link.evidence, link.why) };
    let tip = link.at.as_ref().map_or(tip.clone(), |at| format!("{tip} ({at})"));
    format!("{stroke}, tooltip={}", quoted(&tip))
}

fn quoted(text: &str) -> String {
    format!("\"{}\"", text.replace('\\', "\\\\").replace('"', "\\\"").replace('\n', "\\n"))
}
