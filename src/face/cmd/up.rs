//! `bowline up`: generate, check, diff and apply.

use crate::face::cli::{EventOutput, Up};
use crate::face::deliver::{self, Manner};
use crate::face::exit::Exit;
use crate::face::prepare::{Prepared, prepare};
use crate::face::run::Context;
use crate::face::target::{self, Aim, Reached};
use crate::face::{ask, made, rehearse};

pub fn run(context: &Context, args: &Up) -> Exit {
    start(context, args, true)
}

/// `up`, or with `write` off `apply`: what is on disk as it is.
pub fn start(context: &Context, args: &Up, write: bool) -> Exit {
    let aim = if args.rehearse {
        Ok(Aim::Rehearse("asked for by --rehearse".to_owned()))
    } else {
        target::aim(&args.target, args.start.then_some(context))
    };
    let aim = match aim {
        Ok(aim) => aim,
        Err(failure) => return target::refused(context, &failure),
    };
    let prepared = match prepare(context, args.target.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let files = if write { made::write(context, &prepared) } else { made::fresh(context, &prepared) };
    if let Err(exit) = files {
        return exit;
    }
    match aim {
        Aim::Rehearse(why) => rehearse::run(&prepared, context.output, args.output, &why),
        Aim::Cluster(reached) => apply(context, args, &prepared, &reached),
    }
}

fn apply(context: &Context, args: &Up, prepared: &Prepared, reached: &Reached) -> Exit {
    context.output.say(&reached.locality.evidence);
    let distance = match deliver::distance(context, prepared, reached, &args.target, true) {
        Ok(distance) => distance,
        Err(failures) => return deliver::refuse(context, &failures),
    };
    let plan = deliver::plan(&distance);
    if plan.is_empty() {
        context.output.say("The cluster is as the documents want it: nothing to do.");
        return Exit::Done;
    }
    if args.output == EventOutput::Human {
        deliver::describe(context, &distance, &plan);
        context.output.say("");
    }
    let risks = deliver::risks(&distance);
    if !risks.is_empty() && !args.yes {
        risks.iter().for_each(|risk| context.output.say(&format!("careful: {risk}")));
        if !ask::confirmed(context.output, "go on?") {
            context.output.say("nothing was applied; `--yes` answers for you");
            return Exit::Usage;
        }
    }
    let manner = Manner { timeout: args.timeout, output: args.output };
    let exit = deliver::carry_out(context, prepared, reached, distance, &plan, &manner);
    if exit == Exit::Done {
        super::open::addresses(context, prepared, reached);
    }
    exit
}
