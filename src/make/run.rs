//! Making: all artifacts of an app, from owners and models to stamped bytes. Pure, and the same at any thread count.

use std::collections::BTreeMap;
use std::sync::Arc;

use rayon::prelude::*;
use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::source::Sources;
use crate::base::tree::Node;
use crate::model::app::Role;
use crate::model::catalogue::Layer;
use crate::read::yaml::{Piece, parse};

use super::artifact::Artifact;
use super::draw::{Drawn, File, Inputs, Objects, Studio, in_chart};
use super::helpers;
use super::ingredients::{self, Pantry};
use super::mark;
use super::print::Line;
use super::stamp;
use super::template::Renderer;
use super::values::Chart;

/// What was made, and what is wrong.
#[derive(Clone, Debug, Default)]
pub struct Made {
    /// In order of unit and catalogue, then of path.
    pub artifacts: Vec<Artifact>,
    pub diagnostics: Vec<Diagnostic>,
}

/// Makes every artifact that has an owner, on the threads of the current pool.
pub fn make(inputs: Inputs<'_>) -> Made {
    let mut diagnostics = mark::unmarkable(inputs.app);
    if !diagnostics.is_empty() {
        return Made { artifacts: Vec::new(), diagnostics };
    }
    let studio = Studio::new(inputs);
    let (drawn, found) = draw_all(&studio);
    diagnostics.extend(found);
    let chart = Chart::new(&studio, &drawn);
    let pantry = Pantry::new(&studio);
    let finished: Vec<_> = drawn
        .par_iter()
        .with_min_len(32)
        .flat_map_iter(|d| d.files.iter().map(|f| finish(&studio, &pantry, &chart, d, f)).collect::<Vec<_>>())
        .collect();
    let mut artifacts = Vec::with_capacity(finished.len());
    for result in finished {
        match result {
            Ok(artifact) => artifacts.push(artifact),
            Err(diagnostic) => diagnostics.push(*diagnostic),
        }
    }
    // giving back the lines of a large app takes as long as deciding what to write, and nobody waits for it
    rayon::spawn(move || drop(drawn));
    Made { artifacts, diagnostics }
}

/// Draws everything: first what stands by itself, then what lists or documents the rest.
pub fn draw_all(studio: &Studio<'_>) -> (Vec<Drawn>, Vec<Diagnostic>) {
    let owned = || (0..studio.inputs.possible.len()).filter(|p| studio.owner(*p).is_some());
    let (late, early): (Vec<usize>, Vec<usize>) = owned().partition(|p| is_late(studio, *p));
    let none = BTreeMap::new();
    let results: Vec<_> = early
        .par_chunks(chunk(early.len()))
        .flat_map_iter(|chunk| {
            let renderer = Renderer::new(studio.inputs.templates);
            chunk.iter().map(|p| studio.draw(&renderer, *p, &none, None)).collect::<Vec<_>>()
        })
        .collect();
    let (mut drawn, mut diagnostics) = (Vec::with_capacity(results.len()), Vec::new());
    for result in results {
        match result {
            Ok(d) => drawn.push(d),
            Err(d) => diagnostics.push(*d),
        }
    }
    let mut written = Vec::new();
    {
        let chart = Chart::new(studio, &drawn);
        let about = Arc::new(chart_facts(studio, &chart));
        let shared = Late { chart: &chart, drawn: &drawn, node: Arc::new(Node::from_json(&about, ABOUT)), about };
        let results: Vec<_> =
            late.par_iter().with_max_len(1).map(|possible| draw_late(studio, &shared, *possible)).collect();
        for result in results {
            match result {
                Ok(d) => written.push(d),
                Err(d) => diagnostics.push(*d),
            }
        }
    }
    drawn.extend(written);
    drawn.sort_by_key(|d| d.possible);
    (drawn, diagnostics)
}

/// Why there are facts about the chart.
const ABOUT: &str = "what the chart's templates print";

/// Each chunk compiles the templates that it needs, so chunks are not small.
fn chunk(items: usize) -> usize {
    (items / (rayon::current_num_threads() * 4)).max(32)
}

/// What can only be drawn when the rest is: lists of files, and what documents the chart.
pub fn is_late(studio: &Studio<'_>, possible: usize) -> bool {
    let entry = studio.entry(possible);
    entry.layer == Layer::Helm || entry.kind == "Kustomization"
}

/// What everything that is drawn late looks at.
struct Late<'a> {
    chart: &'a Chart<'a>,
    /// What was drawn before.
    drawn: &'a [Drawn],
    /// What its README and notes read of the chart.
    about: Arc<Json>,
    /// The same, as templates see it.
    node: Arc<Node>,
}

fn draw_late(studio: &Studio<'_>, shared: &Late<'_>, possible: usize) -> Result<Drawn, Box<Diagnostic>> {
    let (app, chart) = (&studio.app, shared.chart);
    let renderer = Renderer::new(studio.inputs.templates);
    let kind = studio.entry(possible).kind.as_str();
    let tool = json!({ "version": env!("CARGO_PKG_VERSION"), "constitution": studio.inputs.constitution });
    let owner = studio.owner(possible).map(|o| o.resting_on(|_| true)).unwrap_or_default();
    let mut whole = Drawn { facts: shared.about.clone(), ..Drawn::empty(possible, owner) };
    for (index, path) in studio.inputs.possible[possible].paths.iter().enumerate() {
        let environment = app.environments.get(index).filter(|_| studio.inputs.possible[possible].paths.len() > 1);
        let environment = environment.unwrap_or(&app.default_environment);
        let folder = path.rsplit_once('/').map_or("", |(folder, _)| folder);
        let beside = shared
            .drawn
            .iter()
            .flat_map(|d| &d.files)
            .filter(|f| f.path.strip_prefix(folder).is_some_and(|r| r.starts_with('/')));
        let mut manifests: Vec<&str> = beside.filter_map(|f| f.path.rsplit('/').next()).collect();
        manifests.sort_unstable();
        let facts: BTreeMap<&'static str, Arc<Node>> = BTreeMap::from([
            ("tool", Arc::new(Node::from_json(&tool, "this version of Bowline"))),
            ("chart", shared.node.clone()),
            ("manifests", Arc::new(Node::from_json(&json!(manifests), "the manifests of this environment"))),
            ("environment", Arc::new(Node::from_json(&json!(environment), "the environment of this file"))),
        ]);
        let one = studio.draw(&renderer, possible, &facts, Some(index))?;
        whole.touched.extend(one.touched);
        for mut file in one.files {
            match kind {
                "Values" => file.lines.extend(chart.lines()),
                "EnvironmentValues" => file.lines.extend(chart.difference(environment)),
                "ValuesSchema" => file.lines = chart.schema(&app.name),
                helpers::KIND => {
                    let index = studio.inputs.templates.index(&studio.entry(possible).template);
                    file.lines = helpers::lines(app, index.unwrap_or_default());
                }
                _ => {}
            }
            if file.lines.iter().all(|l| l.text.is_empty()) && kind != "Values" {
                continue;
            }
            whole.files.push(file);
        }
    }
    Ok(whole)
}

/// What the README and the notes of the chart read as `chart.…`.
fn chart_facts(studio: &Studio<'_>, chart: &Chart<'_>) -> Json {
    let app = &studio.app;
    let secrets = chart.secrets();
    let sets: String = secrets.iter().flat_map(|s| [" --set ", s, "=..."]).collect();
    let built = app.units.iter().filter(|u| u.union.get("build").is_some());
    let image = |u: &crate::model::app::Unit| u.union.get_str("image.repository").map(str::to_owned);
    json!({
        "values": chart.facts(),
        "install": format!("helm install {0} . --namespace {1} --create-namespace{sets}", app.name, app.namespace),
        "images": built.filter_map(image).collect::<Vec<_>>(),
        "environments": app.environments,
        "backups": app.units.iter().filter(|u| u.role == Role::Backup).map(|u| {
            let resource = u.union.get_str("resource.name").unwrap_or_default();
            let restore = u.union.get("command").is_none().then(|| format!("{resource}-restore"));
            json!({ "unit": u.name, "resource": resource, "restore": restore })
        }).collect::<Vec<_>>(),
        "doors": app.own().and_then(|u| u.union.get("ingress.rules")).map_or_else(|| json!([]), Node::json),
    })
}

/// The text of a file before its stamp.
pub fn body(lines: &[Line]) -> String {
    let mut out = String::with_capacity(lines.iter().map(|l| l.text.len() + 1).sum());
    for line in lines {
        out.push_str(&line.text);
        out.push('\n');
    }
    out
}

fn finish(
    studio: &Studio<'_>,
    pantry: &Pantry<'_>,
    chart: &Chart<'_>,
    drawn: &Drawn,
    file: &File,
) -> Result<Artifact, Box<Diagnostic>> {
    let entry = studio.entry(drawn.possible);
    let owner = drawn.owner.clone();
    let body = body(&file.lines);
    let manifest = entry.layer == Layer::Kubernetes && !in_chart(&file.path) && entry.kind != "Kustomization";
    let read = || studio.inputs.objects == Objects::All || pantry.own(studio, drawn.possible);
    let object = if manifest && read() { Some(object(studio, file, &body)?) } else { None };
    let stamp = stamp::of(&owner, studio.inputs.requirement_texts);
    Ok(Artifact {
        path: file.path.clone(),
        identity: studio.inputs.possible[drawn.possible].identity.clone(),
        layer: entry.layer,
        environment: file.environment.clone(),
        bytes: stamp::write(&file.path, &body, &stamp).into_bytes(),
        ingredients: ingredients::of(studio, pantry, chart, drawn, file, &stamp),
        tasks: owner.tasks,
        requirements: owner.requirements,
        object,
    })
}

/// The object of a manifest, read back from its text: a template that prints broken YAML is found here.
fn object(studio: &Studio<'_>, file: &File, body: &str) -> Result<Json, Box<Diagnostic>> {
    let mut sources = Sources::default();
    let id = sources.add(file.path.clone(), body);
    let place = |line: usize| {
        let place = file.lines.get(line.saturating_sub(1)).map(|l| l.place).unwrap_or_default();
        let name = studio.inputs.templates.templates.get(place.template).map_or("", |t| t.name.as_str());
        (name.to_owned(), place.line)
    };
    let node = parse(&Piece::at(id, body, 0)).map_err(|error| {
        let line = error.primary.as_ref().map_or(1, |l| sources.position(l.span).line);
        let (name, at) = place(line);
        Diagnostic::error("template-yaml", format!("`templates/{name}` prints what is no YAML: {}", error.message))
            .at(studio.inputs.templates.span(&name, at), format!("becomes line {} of {}", line + 1, file.path))
            .fix("correct the template; `{{ }}` quotes values where they need it")
    })?;
    let object = node.json();
    let task = &object["metadata"]["labels"]["bowline.dev/task"];
    if !task.is_string() {
        let (name, at) = place(1);
        return Err(Box::new(
            Diagnostic::error(
                "template-unstamped",
                format!("`templates/{name}` makes an object without the label `bowline.dev/task`"),
            )
            .at(studio.inputs.templates.span(&name, at), "this template")
            .fix("put `{% include \"_metadata.yaml\" %}` below `metadata:` and its `name:`"),
        ));
    }
    Ok(object)
}
