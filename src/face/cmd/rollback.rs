//! `bowline rollback`: every release, or one, back to the revision before.

use crate::change::plan::Means;
use crate::face::ask;
use crate::face::cli::Rollback;
use crate::face::deliver;
use crate::face::exit::Exit;
use crate::face::prepare::prepare;
use crate::face::run::Context;
use crate::face::target;
use crate::world::helm::{self, Helm};
use crate::world::process::Cancel;

pub fn run(context: &Context, args: &Rollback) -> Exit {
    let prepared = match prepare(context, args.target.environment.as_deref()) {
        Ok(prepared) => prepared,
        Err(exit) => return exit,
    };
    let Some(app) = &prepared.app else { return Exit::Errors };
    if deliver::means(&args.target, app.delivery) == Means::Native {
        context.output.say("error: under native delivery the documents are the history: take the change back in Git and run `bowline up`");
        return Exit::Usage;
    }
    let reached = match target::reach(&args.target) {
        Ok(reached) => reached,
        Err(failure) => return target::refused(context, &failure),
    };
    let (cluster, namespace) = (&reached.cluster, &app.namespace);
    let installed = match helm::installed(cluster, namespace) {
        Ok(installed) => installed,
        Err(error) => return target::refused(context, &error.failure()),
    };
    let names: Vec<String> = match &args.unit {
        Some(unit) => vec![format!("{}-{unit}", app.name), unit.clone()],
        None => std::iter::once(app.name.clone())
            .chain(app.units.iter().map(|u| format!("{}-{}", app.name, u.name)))
            .collect(),
    };
    let mut steps = Vec::new();
    for release in installed.iter().filter(|i| names.contains(&i.name)) {
        match helm::previous(cluster, namespace, &release.name) {
            Ok(Some(revision)) => steps.push((release.name.clone(), release.revision, revision)),
            Ok(None) => {
                context.output.say(&format!("note: {} has no revision before {}", release.name, release.revision));
            }
            Err(error) => return target::refused(context, &error.failure()),
        }
    }
    if steps.is_empty() {
        context.output.say("nothing to roll back");
        return Exit::Done;
    }
    for (release, now, before) in &steps {
        context.output.say(&format!("  {release}  revision {now} -> {before}"));
    }
    context.output.say("note: a migration that has run is not taken back, and the documents stay as they are");
    if !args.yes && !ask::confirmed(context.output, "roll back?") {
        context.output.say("nothing was changed; `--yes` answers for you");
        return Exit::Usage;
    }
    let helm = match Helm::find(&cluster.context, namespace) {
        Ok(helm) => helm,
        Err(failure) => return target::refused(context, &failure),
    };
    // in reverse: users of a service go back before the service
    for (release, _, before) in steps.iter().rev() {
        if let Err(failure) = helm.rollback(release, *before, &Cancel::default()) {
            return target::refused(context, &failure);
        }
        context.output.say(&format!("  {release}  rolled back to revision {before}"));
    }
    Exit::Done
}
