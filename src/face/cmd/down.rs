//! `bowline down`: the way back, in reverse; what holds data stays unless told.

use std::collections::BTreeMap;

use crate::change::plan::Means;
use crate::change::planner;
use crate::face::ask;
use crate::face::cli::{Down, EventOutput};
use crate::face::deliver::{self, Manner};
use crate::face::exit::Exit;
use crate::face::prepare::prepare;
use crate::face::run::Context;
use crate::face::target;

pub fn run(context: &Context, args: &Down) -> Exit {
    let prepared = match prepare(context, args.target.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let reached = match target::reach(&args.target) {
        Ok(reached) => reached,
        Err(failure) => return target::refused(context, &failure),
    };
    let mut distance = match deliver::distance(context, &prepared, &reached, &args.target, false) {
        Ok(distance) => distance,
        Err(failures) => return deliver::refuse(context, &failures),
    };
    // the way down follows what is there, not what a flag says: releases and objects alike
    let installed = |name: &str| distance.seen.installed.iter().any(|i| i.name == name);
    distance.input.releases = distance.input.releases.iter().filter(|r| installed(&r.release.name)).cloned().collect();
    if distance.input.means == Means::Helm {
        distance.input.objects.retain(|o| crate::change::object::text(&o.object, "kind") == Some("Namespace"));
    }
    let live = &distance.seen.live;
    let namespace = distance.input.namespace.clone();
    distance.input.objects.retain(|o| {
        crate::change::object::ObjectId::of(&o.object, Some(&namespace)).is_some_and(|id| live.contains_key(&id.key()))
    });
    let plan = planner::down(&distance.input, args.all);
    if plan.is_empty() {
        context.output.say("nothing of this app runs here");
        return Exit::Done;
    }
    for operation in &plan.operations {
        context.output.say(&format!("  {}", operation.title()));
    }
    for note in &plan.notes {
        context.output.say(&format!("note: {note}"));
    }
    if !args.yes && !ask::confirmed(context.output, &format!("remove this from context {}?", reached.cluster.context)) {
        context.output.say("nothing was removed; `--yes` answers for you");
        return Exit::Usage;
    }
    distance.input.base = BTreeMap::new();
    let manner = Manner { timeout: 300, output: EventOutput::Human };
    deliver::carry_out(context, &prepared, &reached, distance, &plan, &manner)
}
