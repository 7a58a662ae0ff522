//! `bowline graph`: tasks, artifacts and their dependencies as a picture.

use crate::face::cli::{Graph, GraphFormat, GraphLevel};
use crate::face::draw::{self, Level};
use crate::face::exit::Exit;
use crate::face::made;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;

pub fn run(context: &Context, args: &Graph) -> Exit {
    let mut project = Project::read(&context.root);
    let features = match report::features(context.output, &project, &args.feature) {
        Ok(features) => features.into_iter().map(|f| f.id.clone()).collect::<Vec<_>>(),
        Err(exit) => return exit,
    };
    // a picture of contradictory documents is still worth seeing: findings first, then what could be drawn
    let exit = report::findings(context.output, &project.diagnostics, &project.sources);
    let states = if args.tasks { std::collections::BTreeMap::new() } else { made::states(&mut project) };
    let mut picture = draw::picture(&project, &states, args.tasks);
    if !args.feature.is_empty() {
        picture.keep(&project, &features);
    }
    let level = match args.by {
        Some(GraphLevel::Task) => Level::Task,
        Some(GraphLevel::Phase) => Level::Phase,
        Some(GraphLevel::Feature) => Level::Feature,
        // a program reads the whole
        None if args.format == GraphFormat::Json => Level::Task,
        None => draw::level(&picture),
    };
    if level != Level::Task && args.by.is_none() {
        let (tasks, what) = (project.graph.tasks.len(), if level == Level::Phase { "phases" } else { "features" });
        context.output.say(&format!("{tasks} tasks are drawn as {what}; `--feature F` or `--by task` draws the tasks"));
    }
    let picture = draw::fold(&picture, level);
    match args.format {
        GraphFormat::Dot => context.output.data(&draw::dot(&picture)),
        GraphFormat::Mermaid => context.output.data(&draw::mermaid(&picture)),
        GraphFormat::Json => context.output.json("graph", &draw::json(&picture)),
    }
    exit
}
