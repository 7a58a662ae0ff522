//! `bowline apply`: what is on disk, or exactly a saved plan.

use crate::change::plan::{Plan, PlanError};
use crate::face::cli::Apply;
use crate::face::deliver::{self, Manner};
use crate::face::exit::Exit;
use crate::face::made;
use crate::face::prepare::prepare;
use crate::face::run::Context;
use crate::face::target;

pub fn run(context: &Context, args: &Apply) -> Exit {
    let Some(file) = &args.plan else { return super::up::start(context, &args.up, false) };
    let name = file.display().to_string();
    let text = match crate::base::fs::read(file) {
        Ok(text) => text,
        Err(error) => {
            context.output.say(&format!("error: {error}"));
            return Exit::World;
        }
    };
    let plan = match Plan::load(&name, &text) {
        Ok(plan) => plan,
        Err(error) => return refuse(context, &error),
    };
    let prepared = match prepare(context, Some(&plan.environment)) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    if let Err(exit) = made::fresh(context, &prepared) {
        return exit;
    }
    let mut aim = args.up.target.clone();
    aim.environment = Some(plan.environment.clone());
    let reached = match target::reach(&aim) {
        Ok(reached) => reached,
        Err(failure) => return target::refused(context, &failure),
    };
    let now = reached.cluster.context.clone();
    if let Some(planned) = plan.context.clone().filter(|planned| *planned != now) {
        return refuse(context, &PlanError::Context { planned, now });
    }
    let distance = match deliver::distance(context, &prepared, &reached, &aim, true) {
        Ok(distance) => distance,
        Err(failures) => return deliver::refuse(context, &failures),
    };
    if let Err(error) = plan.verify_base(&distance.seen.base) {
        return refuse(context, &error);
    }
    deliver::describe(context, &distance, &plan);
    let manner = Manner { timeout: args.up.timeout, output: args.up.output };
    deliver::carry_out(context, &prepared, &reached, distance, &plan, &manner)
}

fn refuse(context: &Context, error: &PlanError) -> Exit {
    context.output.say(&format!("error[plan]: {error}"));
    match error {
        PlanError::Stale(_) | PlanError::Context { .. } => Exit::Conflict,
        PlanError::Unreadable(..) | PlanError::Altered(_) | PlanError::Version(..) => Exit::Errors,
    }
}
