//! `bowline up`: generate, check, diff and apply.

use crate::face::cli::Up;
use crate::face::deliver;
use crate::face::exit::Exit;
use crate::face::prepare::prepare;
use crate::face::run::Context;
use crate::face::target::{self, Aim};
use crate::face::{made, rehearse};

pub fn run(context: &Context, args: &Up) -> Exit {
    let aim =
        if args.rehearse { Ok(Aim::Rehearse("asked for by --rehearse".to_owned())) } else { target::aim(&args.target) };
    let aim = match aim {
        Ok(aim) => aim,
        Err(failure) => return target::refused(context, &failure),
    };
    let prepared = match prepare(context, args.target.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    if let Err(exit) = made::write(context, &prepared) {
        return exit;
    }
    match aim {
        Aim::Rehearse(why) => rehearse::run(&prepared, context.output, args.output, &why),
        Aim::Cluster(cluster) => deliver::up(context, args, &prepared, cluster),
    }
}
