//! `bowline graph`: tasks, artifacts and their dependencies as a picture.

use crate::face::cli::{Graph, GraphFormat};
use crate::face::draw;
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
    match args.format {
        GraphFormat::Dot => context.output.data(&draw::dot(&picture)),
        GraphFormat::Mermaid => context.output.data(&draw::mermaid(&picture)),
        GraphFormat::Json => context.output.json("graph", &draw::json(&picture)),
    }
    exit
}
