//! `chart-loads`: what keeps Helm from loading or printing a chart.

use std::collections::BTreeMap;

use crate::base::diag::{Diagnostic, Edit};
use crate::base::source::{FileId, Span};
use crate::base::tree::{Node, Tree};
use crate::read::repository::{join, name};
use crate::read::yaml::{self, Piece};

use super::Ground;
use super::gotemplate::{self, Template};
use super::helmignore::Rules;

/// A chart whose files can be read.
pub(super) struct Chart {
    /// The folder.
    pub path: String,
    pub values: Option<Node>,
    /// Every file below `templates/` that Helm reads.
    pub templates: Vec<(String, FileId, Template)>,
    meta: Node,
    meta_file: FileId,
}

/// Every chart, with what is wrong with each already found.
pub(super) fn read(ground: &mut Ground<'_>) -> Vec<Chart> {
    let folders = ground.repository.charts();
    folders.into_iter().filter(|p| !super::is_test(&join(p, "x"))).filter_map(|path| chart(ground, path)).collect()
}

fn chart(ground: &mut Ground<'_>, path: String) -> Option<Chart> {
    let meta_path = join(&path, "Chart.yaml");
    let meta_file = ground.text(&meta_path)?;
    // what a program fills in is no chart yet
    if ["{{", "{%"].iter().any(|w| ground.sources.text(meta_file).contains(w)) {
        return None;
    }
    let meta = tree(ground, meta_file, &meta_path)?;
    let hidden = hidden(ground, &path, &meta_path);
    let values_path = join(&path, "values.yaml");
    let values = ground.text(&values_path).and_then(|file| tree(ground, file, &meta_path));
    let mut templates = Vec::new();
    let below: Vec<String> = ground.repository.below(&join(&path, "templates")).map(str::to_owned).collect();
    for file_path in below {
        let inside = file_path.get(path.len()..).unwrap_or_default().trim_start_matches('/');
        if hidden.as_ref().is_some_and(|rules| rules.hiding(inside).is_some()) || name(inside).starts_with('.') {
            continue;
        }
        let Some(file) = ground.text(&file_path) else { continue };
        let template = gotemplate::parse(ground.sources.text(file));
        templates.push((file_path, file, template));
    }
    let chart = Chart { path, values, templates, meta, meta_file };
    fields(ground, &chart, &meta_path);
    parses(ground, &chart, &meta_path);
    nil(ground, &chart, &meta_path);
    dependencies(ground, &chart, &meta_path);
    Some(chart)
}

/// The YAML of a file; broken YAML is a finding.
fn tree(ground: &mut Ground<'_>, file: FileId, meta: &str) -> Option<Node> {
    let parsed = yaml::parse(&Piece::at(file, ground.sources.text(file), 0));
    match parsed {
        Ok(node) => Some(node),
        Err(mut error) if error.code == "yaml-syntax" => {
            let path = ground.sources.path(file).to_owned();
            error.code = "chart-loads";
            error.message = format!("Helm cannot load the chart: `{path}` is no valid YAML");
            ground.add(error, &[meta, &path]);
            None
        }
        Err(_) => None,
    }
}

/// Reads `.helmignore`, and says when it hides what a chart cannot do without. The rules that hold once that is
/// put right.
fn hidden(ground: &mut Ground<'_>, chart: &str, meta: &str) -> Option<Rules> {
    let path = join(chart, ".helmignore");
    let file = ground.text(&path)?;
    let line = |ground: &Ground<'_>, number: usize| ground.sources.line_span(file, number);
    let rules = match Rules::read(ground.sources.text(file)) {
        Ok(rules) => rules,
        Err((number, why)) => {
            let at = line(ground, number);
            let found = Diagnostic::error(
                "chart-loads",
                format!("Helm cannot load the chart `{chart}`: it refuses `.helmignore`"),
            )
            .at(at, why)
            .fix("name folders and files without it; a name without `/` counts at any depth");
            ground.add(found, &[meta, &path]);
            return None;
        }
    };
    let start = if chart.is_empty() { 0 } else { chart.len() + 1 };
    let inside: Vec<String> = ground.repository.below(chart).map(|p| p[start..].to_owned()).collect();
    let template = |p: &str| p.starts_with("templates/") && !name(p).starts_with('.');
    let all_templates = |rules: &Rules| {
        let mut templates = inside.iter().filter(|p| template(p)).peekable();
        let first = templates.peek().map(|p| (*p).clone());
        first.filter(|_| templates.all(|p| rules.hiding(p).is_some()))
    };
    let needed = |rules: &Rules| {
        let file = ["Chart.yaml", "values.yaml"]
            .into_iter()
            .find(|f| inside.iter().any(|p| p == f) && rules.hiding(f).is_some());
        file.map(str::to_owned).or_else(|| all_templates(rules))
    };
    let Some(victim) = needed(&rules) else { return Some(rules) };
    let number = rules.hiding(&victim).unwrap_or_default();
    let at = line(ground, number)?;
    let (what, hides) = match victim.as_str() {
        "Chart.yaml" => ("cannot load", "`Chart.yaml`"),
        "values.yaml" => ("loads no defaults of", "`values.yaml`"),
        _ => ("prints nothing of", "every template"),
    };
    let negated = rules.negated();
    let mut found =
        Diagnostic::error("chart-loads", format!("Helm {what} the chart `{chart}`: `.helmignore` hides {hides}"));
    let better = rules.without_negated();
    if negated.contains(&number) {
        let pattern = ground.sources.slice(at).trim().trim_start_matches('!').to_owned();
        found = found
            .at(at, format!("hides everything that is not called `{pattern}`"))
            .saying("in `.helmignore` no line lets anything in again");
        if needed(&better).is_none() {
            let lines: Vec<String> = negated
                .iter()
                .filter_map(|n| Some(ground.sources.slice(line(ground, *n)?).trim().to_owned()))
                .collect();
            let lines: Vec<String> = lines.into_iter().map(|l| format!("`{l}`")).collect();
            found =
                found.fix(format!("remove the line{} {}", if lines.len() == 1 { "" } else { "s" }, lines.join(", ")));
            for number in negated {
                let Some(span) = line(ground, number) else { continue };
                let text = ground.sources.text(file);
                let end = text[span.end as usize..].find('\n').map_or(text.len(), |n| span.end as usize + n + 1);
                found.edits.push(Edit { span: Span::new(file, span.start as usize, end), replacement: String::new() });
            }
        }
    } else {
        found = found.at(at, "hides it").fix("remove the line, or write it narrower");
    }
    ground.add(found, &[meta, &path]);
    Some(better)
}

fn fields(ground: &mut Ground<'_>, chart: &Chart, meta: &str) {
    for (field, example) in [("name", name(&chart.path)), ("version", "0.1.0")] {
        let node = chart.meta.get(field);
        let empty = node.is_none_or(|n| n.is_null() || n.as_str() == Some(""));
        let bad = field == "version" && node.and_then(Node::as_str).is_some_and(|v| !is_version(v));
        if !empty && !bad {
            continue;
        }
        let at = node
            .and_then(Node::span)
            .filter(|s| s.start < s.end)
            .or_else(|| ground.sources.line_span(chart.meta_file, 1));
        let found = if bad {
            Diagnostic::error(
                "chart-loads",
                format!("Helm cannot load the chart `{}`: its version is none", chart.path),
            )
            .at(at, "not three numbers with points")
            .fix(format!("write a version such as `version: {example}`"))
        } else {
            Diagnostic::error(
                "chart-loads",
                format!("Helm cannot load the chart `{}`: `Chart.yaml` has no `{field}`", chart.path),
            )
            .at(at, format!("no `{field}` in this file"))
            .fix(format!("add `{field}: {example}`"))
        };
        ground.add(found, &[meta]);
    }
}

/// Numbers with points, perhaps behind a `v`; Helm adds the ones that are missing.
fn is_version(text: &str) -> bool {
    let text = text.strip_prefix('v').unwrap_or(text);
    let core = text.split(['-', '+']).next().unwrap_or_default();
    let parts: Vec<&str> = core.split('.').collect();
    parts.len() <= 3 && parts.iter().all(|p| !p.is_empty() && p.bytes().all(|b| b.is_ascii_digit()))
}

fn parses(ground: &mut Ground<'_>, chart: &Chart, meta: &str) {
    for (path, file, template) in &chart.templates {
        let Some(fault) = &template.fault else { continue };
        let found = Diagnostic::error(
            "chart-loads",
            format!("Helm cannot print the chart `{}`: `{}` is no template", chart.path, name(path)),
        )
        .at(Span::new(*file, fault.range.start, fault.range.end), fault.text)
        .fix(fault.fix);
        ground.add(found, &[meta, path]);
    }
}

/// A field of a value that is not there: Go stops at it, where a missing value alone prints nothing.
fn nil(ground: &mut Ground<'_>, chart: &Chart, meta: &str) {
    let empty = Node::empty_map("no values");
    let values = match &chart.values {
        Some(values) => values,
        // values that could not be read, or are too many to read, may hold anything
        None if ground.repository.has_file(&join(&chart.path, "values.yaml")) => return,
        None => &empty,
    };
    let subcharts: Vec<&str> = dependency_names(chart).collect();
    let mut missing: BTreeMap<String, Vec<(Span, String)>> = BTreeMap::new();
    for (path, file, template) in &chart.templates {
        if template.fault.is_some() || name(path).starts_with('_') {
            continue;
        }
        let text = ground.sources.text(*file);
        for action in template.actions.iter().filter(|a| a.depth == 0) {
            let words = &text[action.inner.clone()];
            // what is not always evaluated, and what opens a block that may not be printed
            let lazy = ["and", "or", "dig", "ternary", "coalesce", "hasKey", "define", "block", "tpl"];
            if words.split(|c: char| !c.is_alphanumeric()).any(|w| lazy.contains(&w)) {
                continue;
            }
            for (parts, range) in gotemplate::values(text, &action.inner) {
                if parts[0] == "global" || subcharts.contains(&parts[0].as_str()) {
                    continue;
                }
                if let Some(depth) = stops(values, &parts) {
                    let at = Span::new(*file, range.start, range.end);
                    missing.entry(parts[..depth].join(".")).or_default().push((at, path.clone()));
                }
            }
        }
    }
    if missing.is_empty() {
        return;
    }
    let others: Vec<Node> = others(ground);
    for (path, places) in missing {
        let parts: Vec<String> = path.split('.').map(str::to_owned).chain(["x".to_owned()]).collect();
        // a file that is given with `-f` may bring it
        if others.iter().any(|o| stops(o, &parts).is_none_or(|d| d > parts.len() - 1) && o.get(&path).is_some()) {
            continue;
        }
        let mut found = Diagnostic::error(
            "chart-loads",
            format!("Helm cannot print the chart `{}`: there is no value `{path}`", chart.path),
        )
        .at(places[0].0, format!("a field of `.Values.{path}`, which `values.yaml` does not have"))
        .fix(format!(
            "add `{path}` to `{}`, or write `{{{{ with .Values.{path} }}}}` around it",
            join(&chart.path, "values.yaml")
        ));
        for (at, _) in places.iter().skip(1).take(3) {
            found = found.and(*at, "and here");
        }
        ground.add(found, &[meta, &places[0].1]);
    }
}

/// How many parts of the path lead to nothing, when a further part follows.
fn stops(values: &Node, parts: &[String]) -> Option<usize> {
    let mut node = values;
    for (index, part) in parts.iter().enumerate() {
        let next = match &node.tree {
            Tree::Map(map) => map.get(part),
            _ => return Some(index),
        };
        match next {
            Some(below) if !below.is_null() => node = below,
            _ if index + 1 < parts.len() => return Some(index + 1),
            _ => return None,
        }
    }
    None
}

/// Every other file of values in the repository.
fn others(ground: &mut Ground<'_>) -> Vec<Node> {
    let yaml_file =
        |n: &str| n.contains("values") && (n.ends_with(".yaml") || n.ends_with(".yml")) && n != "values.yaml";
    let paths = ground.repository.named(yaml_file);
    let files: Vec<FileId> = paths.iter().filter_map(|p| ground.text(p)).collect();
    files.into_iter().filter_map(|f| yaml::parse(&Piece::at(f, ground.sources.text(f), 0)).ok()).collect()
}

fn dependency_names(chart: &Chart) -> impl Iterator<Item = &str> {
    let list = chart.meta.get("dependencies").and_then(Node::as_list).unwrap_or_default();
    list.iter().flat_map(|d| [d.get_str("name"), d.get_str("alias")]).flatten()
}

fn dependencies(ground: &mut Ground<'_>, chart: &Chart, meta: &str) {
    let folder = join(&chart.path, "charts");
    if ["Chart.lock", "requirements.lock"].iter().any(|l| ground.repository.has_file(&join(&chart.path, l))) {
        return;
    }
    for dependency in chart.meta.get("dependencies").and_then(Node::as_list).unwrap_or_default() {
        let Some(wanted) = dependency.get_str("name") else { continue };
        let packed = format!("{folder}/{wanted}-");
        let there = ground.repository.below(&folder).any(|p| p.starts_with(&packed) && p.ends_with(".tgz"))
            || ground.repository.has_file(&join(&folder, &format!("{wanted}/Chart.yaml")));
        if there || ground.repository.is_ignored(&format!("{packed}1.tgz")) {
            continue;
        }
        let at = dependency.get("name").and_then(Node::span);
        let found = Diagnostic::warning(
            "chart-loads",
            format!("Helm cannot load the chart `{}`: `{wanted}` is not in `{folder}/`", chart.path),
        )
        .at(at, "asked for here")
        .fix(format!("run `helm dependency update {}`, and commit `Chart.lock`", chart.path));
        ground.add(found, &[meta]);
    }
}
