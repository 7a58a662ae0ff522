//! `bowline generate --compare CHART`: what a chart that people wrote gives, beside what Bowline would make.

use std::path::Path;

use serde_json::json;

use crate::change::compare::{Here, Match, Pair, compare};
use crate::change::mask::Masker;
use crate::change::render;
use crate::face::cli::{Generate, PlainOutput};
use crate::face::exit::Exit;
use crate::face::prepare::prepare;
use crate::face::run::Context;
use crate::face::target;
use crate::model::catalogue::Layer;
use crate::world::helm::Helm;

/// Renders the chart with its own values and those that are named, and writes nothing.
pub fn run(context: &Context, args: &Generate, chart: &Path) -> Exit {
    let prepared = match prepare(context, args.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let Some(app) = &prepared.app else { return Exit::Errors };
    let name = chart.to_string_lossy();
    let name = name.trim_end_matches('/');
    if !context.root.join(chart).join("Chart.yaml").is_file() {
        let charts: Vec<String> = prepared.project.repository.charts().iter().map(|c| format!("`{c}`")).collect();
        let hint =
            if charts.is_empty() { String::new() } else { format!("; there are charts in {}", charts.join(", ")) };
        context.output.say(&format!("error: `{name}` is no chart: it has no `Chart.yaml`{hint}"));
        return Exit::Usage;
    }
    let rendered = Helm::for_rendering()
        .and_then(|helm| helm.render(&app.name, &context.root, chart, &args.values, &app.namespace));
    let there = match rendered {
        Ok(there) => there,
        Err(failure) => return target::refused(context, &failure),
    };
    let made = prepared.made.artifacts.iter().filter(|a| {
        a.layer == Layer::Kubernetes
            && a.environment.as_deref() == Some(prepared.environment.as_str())
            && !matches!(a.identity.kind.as_str(), "Kustomization" | "Namespace")
    });
    let here: Vec<Here> = made
        .filter_map(|a| {
            let tasks = a.tasks.iter().map(ToString::to_string).collect();
            Some(Here { object: a.object.clone()?, unit: a.identity.unit.clone(), tasks })
        })
        .collect();
    let pairs = compare(&there, &here, &app.namespace, &mut Masker::default());
    let same = pairs.iter().all(|p| p.word() == "same");
    match args.output {
        PlainOutput::Json => json_output(context, name, &prepared.environment, &pairs),
        PlainOutput::Human => human_output(context, &pairs),
    }
    let of = |word: &str| pairs.iter().filter(|p| p.word() == word).count();
    context.output.say(&format!(
        "{name} beside what Bowline would make for {}: {} same, {} differ, {} only there, {} only here; nothing was written",
        prepared.environment,
        of("same"),
        of("differs"),
        of("only there"),
        of("only here")
    ));
    if !same && args.exit_code { Exit::Pending } else { Exit::Done }
}

fn json_output(context: &Context, chart: &str, environment: &str, pairs: &[Pair]) {
    let rows: Vec<_> = pairs
        .iter()
        .map(|p| {
            let fields: Vec<_> =
                p.fields.iter().map(|f| json!({ "path": f.path, "there": f.old, "here": f.new })).collect();
            let by = p.by.map(|m| if m == Match::Name { "name" } else { "unit" });
            json!({ "there": p.there, "here": p.here, "state": p.word(), "matched": by, "tasks": p.tasks, "fields": fields })
        })
        .collect();
    context.output.json("generate", &json!({ "compared": chart, "environment": environment, "objects": rows }));
}

fn human_output(context: &Context, pairs: &[Pair]) {
    let name = |p: &Pair| match (&p.there, &p.here) {
        (Some(a), Some(b)) if a != b => format!("{a} ~ {b}"),
        (Some(a), _) => a.clone(),
        (None, b) => b.clone().unwrap_or_default(),
    };
    let width = pairs.iter().map(|p| name(p).chars().count()).max().unwrap_or(0);
    let mut text = String::new();
    for pair in pairs {
        let task = pair.tasks.first().map_or("", String::as_str);
        let line = format!("{:<10}  {:<width$}  {task}", pair.word(), name(pair));
        text += &format!("{}\n", line.trim_end());
        text += &render::fields(&pair.fields);
    }
    if !text.is_empty() {
        context.output.data(&text);
    }
}
