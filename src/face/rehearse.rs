//! The rehearsal: order, waits and critical path against an imagined cluster. It says first and last that nothing
//! real was changed.

use crate::change::event::End;
use crate::change::plan::What;
use crate::change::step::Policy;
use crate::world::sim::{self, Script, World};

use super::cli::EventOutput;
use super::exit::Exit;
use super::output::{Output, count};
use super::prepare::Prepared;
use super::progress::{Progress, seconds};
use super::wanted;

/// Rehearses the prepared project natively, whatever delivers it for real, and prints the Helm commands it stands for.
pub fn run(prepared: &Prepared, output: Output, format: EventOutput, why: &str) -> Exit {
    let Some(app) = prepared.app.as_ref() else { return Exit::Errors };
    let environment = prepared.environment.as_str();
    let means = crate::change::plan::Means::Native;
    let input = wanted::input(app, &prepared.project.graph, &prepared.made.artifacts, environment, means);
    let plan = crate::change::planner::plan(&input);
    let human = format == EventOutput::Human;
    if human {
        output.say(&format!("Rehearsal ({why}): nothing real is changed.\n"));
    }
    let shown = sim::rehearse(&plan, &mut World::default(), &Script::default(), Policy::default());
    let mut progress = Progress::new(&plan, output, format, true, prepared.places());
    for (now, news) in &shown.news {
        progress.news(*now, news);
    }
    if !human {
        return if shown.end == Some(End::Done) { Exit::Done } else { Exit::World };
    }
    output.say(&format!("\nCritical path, about {} with usual times:", seconds(plan.critical_path(sim::usual).1)));
    let mut last = String::new();
    for op in &shown.critical_path {
        let Some(operation) = plan.operation(*op) else { continue };
        if !matches!(
            operation.what,
            What::WaitReady { .. } | What::BuildImage { .. } | What::LoadImage { .. } | What::Verify { .. }
        ) {
            continue;
        }
        let title = operation.title();
        if title != last {
            output.say(&format!("  {title}"));
        }
        last = title;
    }
    if app.delivery == crate::model::app::Delivery::Helm {
        let helm = wanted::input(
            app,
            &prepared.project.graph,
            &prepared.made.artifacts,
            environment,
            crate::change::plan::Means::Helm,
        );
        output.say("\nFor real, these Helm commands bring it in:");
        for wanted in &helm.releases {
            output.say(&format!(
                "  {}",
                crate::world::helm::Helm::words(&wanted.release, &helm.chart, &helm.values, &helm.namespace)
            ));
        }
    }
    let waits = plan.operations.iter().filter(|o| matches!(o.what, What::WaitReady { .. })).count();
    output.say(&format!(
        "\n{} for {} in namespace {}; {}. This was a rehearsal: nothing real was changed.",
        count(plan.operations.len(), "operation"),
        count(input.objects.len(), "object"),
        plan.namespace,
        count(waits, "wait"),
    ));
    output.say(
        "For a real run, start a cluster: `minikube start` or `kind create cluster`; then run `bowline up` again.",
    );
    Exit::Done
}
