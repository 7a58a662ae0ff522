//! `bowline down`: the way back, in reverse; what holds data stays unless told.

use std::collections::{BTreeMap, BTreeSet};

use crate::change::object::ObjectId;
use crate::change::plan::Means;
use crate::change::planner;
use crate::face::ask;
use crate::face::cli::{Down, EventOutput};
use crate::face::deliver::{self, Manner};
use crate::face::exit::Exit;
use crate::face::prepare::prepare;
use crate::face::run::Context;
use crate::face::target;
use crate::world::helm;

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
    distance.input.means = if distance.input.releases.is_empty() { Means::Native } else { Means::Helm };
    let live = &distance.seen.live;
    let namespace = distance.input.namespace.clone();
    let releases: BTreeSet<&str> = distance.input.releases.iter().map(|r| r.release.name.as_str()).collect();
    distance.input.objects.retain(|o| {
        let id = ObjectId::of(&o.object, Some(&namespace));
        // Helm takes its release's objects along
        id.and_then(|id| live.get(&id.key()))
            .is_some_and(|live| helm::owner(live).is_none_or(|(release, _)| !releases.contains(release)))
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
