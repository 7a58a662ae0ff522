//! What `bowline tasks` adds to the plan: layers, decisions, what the checks say of each sentence, and the table of
//! deviations.

pub mod edits;
pub mod merge;

use std::collections::{BTreeMap, BTreeSet};

use crate::base::diag::{Diagnostic, Severity};
use crate::base::tree::{Node, Tree};
use crate::check::rules::{self, Bound, Outcome};
use crate::model::app::App;
use crate::model::catalogue::{Layer, Possible};
use crate::model::workspace::{Constitution, Feature, Layout};

use super::output::count;
use super::project::Project;
use merge::{Kept, Section};

/// The sections that the plan of a feature should have. `findings` are those of the app with all its tasks.
pub fn sections(project: &Project, app: &App, feature: &Feature, findings: &[Diagnostic]) -> Vec<Section> {
    let mut sections =
        vec![Section { title: "Four Layers".into(), body: layers(project, app), kind: Kept::Alone, alike: &["layer"] }];
    let decisions = decisions(feature);
    if !decisions.is_empty() {
        sections.push(Section { title: "Decisions".into(), body: decisions, kind: Kept::Alone, alike: &["decision"] });
    }
    if let Some(constitution) = &project.documents.constitution {
        let file = project.sources.path(constitution.file);
        let body = checked(constitution, file, findings);
        sections.push(Section { title: "Constitution Check".into(), body, kind: Kept::Always, alike: &[] });
    }
    let body = "| Violation | Why Needed | Simpler Alternative Rejected Because |\n|---|---|---|\n".to_owned();
    let alike: &[&str] = &["complexity tracking"];
    sections.push(Section { title: "Complexity Tracking".into(), body, kind: Kept::Begun, alike });
    sections
}

/// Where the plan of a feature lies that has none.
pub fn new_path(feature: &Feature) -> String {
    match feature.layout {
        Layout::Flat => format!("plans/{}.md", feature.id),
        Layout::SpecKit => format!("{}/plan.md", feature.id),
        Layout::Kiro | Layout::OpenSpec => format!("{}/design.md", feature.id),
    }
}

/// What a new plan begins with.
pub fn opening(feature: &Feature) -> String {
    format!("# Implementation Plan: {}\n", feature.title)
}

/// The four layers with the folders of this app.
fn layers(project: &Project, app: &App) -> String {
    let contexts: BTreeSet<&str> = app.units.iter().filter_map(|u| u.union.get_str("build.context")).collect();
    let code: Vec<String> = contexts.iter().map(|c| format!("`{c}`")).collect();
    let of = |layer: Layer| {
        let entry = |p: &&Possible| project.templates.entries.get(p.entry).is_some_and(|e| e.layer == layer);
        project.possible.iter().filter(entry).collect::<Vec<_>>()
    };
    let docker = of(Layer::Docker);
    let images: BTreeSet<&str> = docker.iter().map(|p| p.identity.unit.as_str()).filter(|u| *u != app.name).collect();
    let mut image: Vec<String> = images.iter().map(|u| format!("`out/{}/images/{u}/`", app.name)).collect();
    if docker.iter().any(|p| p.identity.unit == app.name) {
        image.push(format!("`out/{}/compose.yaml`", app.name));
    }
    let manifest: Vec<String> = app.environments.iter().map(|e| format!("`out/{}/{e}/`", app.name)).collect();
    let mut text = "| layer | where | what |\n|---|---|---|\n".to_owned();
    let rows = [
        ("1 code", code, "people write it; a delivery never changes it".to_owned()),
        ("2 image", image, "a Dockerfile for each service, and Compose".to_owned()),
        ("3 manifest", manifest, "the objects of each environment".to_owned()),
        (
            "4 chart",
            vec![format!("`charts/{}/`", app.name)],
            "the same objects for Helm; each unit can be switched off".to_owned(),
        ),
    ];
    for (layer, places, what) in rows {
        let places = if places.is_empty() { "none".to_owned() } else { places.join(", ") };
        text += &format!("| {layer} | {places} | {what} |\n");
    }
    text
}

/// Every field that the feature's blocks set, with the requirement that it rests on.
fn decisions(feature: &Feature) -> String {
    let mut rows = Vec::new();
    for block in &feature.blocks {
        walk(&block.node, "", &[], &mut rows);
    }
    if rows.is_empty() {
        return String::new();
    }
    let mut text = "What the typed block sets; every other field has its default.\n\n".to_owned();
    text += "| field | value | because of |\n|---|---|---|\n";
    for (path, value, requirements) in rows {
        let value = if value.is_empty() { String::new() } else { format!("`{}`", cell(&value)) };
        text += &format!("| `{}` | {value} | {} |\n", cell(&path), requirements.join(", "));
    }
    text
}

/// Collects fields: below `app` one level deep, below services and resources two, and deeper where lines within a
/// field cite different requirements.
fn walk(node: &Node, path: &str, above: &[String], rows: &mut Vec<(String, String, Vec<String>)>) {
    let cited: &[String] = if node.requirements.is_empty() { above } else { &node.requirements };
    let mut parts = path.split('.');
    let deep = match (parts.next().unwrap_or_default(), parts.nth(1)) {
        ("", _) => 1,
        ("services" | "resources", _) => 3,
        ("environments", Some("services" | "resources")) => 5,
        ("environments", _) => 4,
        _ => 2,
    };
    let depth = if path.is_empty() { 0 } else { path.split('.').count() };
    match &node.tree {
        Tree::Map(map) if !map.is_empty() && (depth < deep || differ(node)) => {
            for (key, child) in map {
                let path = if path.is_empty() { key.clone() } else { format!("{path}.{key}") };
                walk(child, &path, cited, rows);
            }
        }
        // what variables hold is not repeated
        Tree::Map(map) if path.ends_with(".environment") || path.ends_with(".secrets") => {
            let names: Vec<&str> = map.keys().map(String::as_str).collect();
            rows.push((path.to_owned(), shorten(&names.join(", ")), cited.to_vec()));
        }
        Tree::List(list) if path.ends_with(".environment") => {
            let name = |n: &Node| match &n.tree {
                Tree::Text(text) => text.split('=').next().unwrap_or_default().to_owned(),
                _ => String::new(),
            };
            let names: Vec<String> = list.iter().map(name).collect();
            rows.push((path.to_owned(), shorten(&names.join(", ")), cited.to_vec()));
        }
        _ => rows.push((path.to_owned(), shorten(&flow(node)), cited.to_vec())),
    }
}

/// Whether lines below a node cite other requirements than it does.
fn differ(node: &Node) -> bool {
    match &node.tree {
        Tree::Map(map) => {
            map.values().any(|n| (!n.requirements.is_empty() && n.requirements != node.requirements) || differ(n))
        }
        _ => false,
    }
}

/// A value on one line, without what environments may hold.
fn flow(node: &Node) -> String {
    match &node.tree {
        Tree::Null => "null".to_owned(),
        Tree::Bool(b) => b.to_string(),
        Tree::Int(i) => i.to_string(),
        Tree::Float(f) => f.to_string(),
        Tree::Text(text) => text.clone(),
        Tree::List(list) => format!("[{}]", list.iter().map(flow).collect::<Vec<_>>().join(", ")),
        Tree::Map(map) => {
            let pair = |(key, n): (&String, &Node)| match (key.as_str(), &n.tree) {
                ("environment" | "secrets", Tree::Map(inner)) => {
                    format!("{key}: {}", inner.keys().cloned().collect::<Vec<_>>().join(", "))
                }
                ("environment", _) => format!("{key}: …"),
                _ => format!("{key}: {}", flow(n)),
            };
            format!("{{ {} }}", map.iter().map(pair).collect::<Vec<_>>().join(", "))
        }
    }
}

/// What the checks say of each sentence of the constitution.
fn checked(constitution: &Constitution, file: &str, findings: &[Diagnostic]) -> String {
    let bindings = rules::bindings(constitution);
    let mut found: BTreeMap<&str, Vec<&Diagnostic>> = BTreeMap::new();
    for finding in findings {
        if let Some(because) = &finding.because {
            found.entry(&because.statement).or_default().push(finding);
        }
    }
    let mut rows = String::new();
    let mut rules: BTreeSet<&str> = BTreeSet::new();
    let (mut bound, mut human, mut not_understood) = (0, 0, 0);
    // what one sentence found is not said again for the next one that asks for the same
    let mut spoken: Vec<(&Bound, &str)> = Vec::new();
    for binding in &bindings {
        if let Outcome::Rules(list) = &binding.outcome {
            let all = found.get(binding.statement.id.as_str()).into_iter().flatten();
            let codes: BTreeSet<&str> = all.map(|d| d.code).collect();
            spoken.extend(list.iter().filter(|b| codes.contains(b.rule)).map(|b| (b, binding.statement.id.as_str())));
        }
    }
    for binding in &bindings {
        let statement = binding.statement;
        let (names, result) = match &binding.outcome {
            Outcome::NoRule => continue,
            Outcome::NeedsHuman => {
                human += 1;
                (String::new(), "needs a human".to_owned())
            }
            Outcome::NotUnderstood => {
                not_understood += 1;
                (String::new(), "not understood: no rule checks it".to_owned())
            }
            Outcome::Rules(list) => {
                bound += 1;
                rules.extend(list.iter().map(|b| b.rule));
                let own = found.get(statement.id.as_str()).map_or(&[][..], Vec::as_slice);
                let other = spoken.iter().find(|(b, id)| *id != statement.id && list.contains(b)).map(|(_, id)| *id);
                let names = list.iter().map(|b| format!("`{b}`")).collect::<Vec<_>>().join(", ");
                (names, verdict(own, other))
            }
        };
        rows += &format!("| {} | {} | {names} | {result} |\n", statement.id, cell(&shorten(&statement.text)));
    }
    let mut text = format!("What `bowline check` says of `{file}`: ");
    text += &format!("{} of {} checked", count(rules.len(), "rule"), count(bound, "sentence"));
    let number = |s: Severity| findings.iter().filter(|d| d.because.is_some() && d.severity == s).count();
    let (errors, warnings) = (number(Severity::Error), number(Severity::Warning));
    text += &format!(", {}, {}. ", count(errors, "error"), count(warnings, "warning"));
    text += &format!("{} a human, {} not understood.\n\n", needs(human), are(not_understood));
    text + "| sentence | says | rules | result |\n|---|---|---|---|\n" + &rows
}

fn needs(n: usize) -> String {
    if n == 1 { "1 sentence needs".to_owned() } else { format!("{n} sentences need") }
}

fn are(n: usize) -> String {
    if n == 1 { "1 is".to_owned() } else { format!("{n} are") }
}

fn verdict(own: &[&Diagnostic], other: Option<&str>) -> String {
    let worst = own.iter().map(|d| d.severity).min();
    let findings = count(own.len(), "finding");
    match (worst, other) {
        (Some(Severity::Error), _) => format!("FAIL: {findings}"),
        (Some(Severity::Warning), _) => format!("WARN: {findings}"),
        (Some(Severity::Note), _) => format!("NOTE: {findings}"),
        (None, Some(other)) => format!("as {other}"),
        (None, None) => "PASS".to_owned(),
    }
}

/// At most some eighty characters.
fn shorten(text: &str) -> String {
    if text.chars().count() <= 90 {
        return text.to_owned();
    }
    let cut: String = text.chars().take(84).collect();
    let cut = cut.rsplit_once(' ').map_or(cut.as_str(), |(before, _)| before);
    format!("{} …", cut.trim_end_matches([',', ';', ':', ' ']))
}

/// Text as the cell of a table.
fn cell(text: &str) -> String {
    let text: String = text.split_whitespace().collect::<Vec<_>>().join(" ");
    text.replace('`', "'").replace('|', "\\|").replace('<', "&lt;")
}
