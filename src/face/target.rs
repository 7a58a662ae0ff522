//! Which cluster a command is about, and whether it may touch it.

use std::sync::Arc;

use crate::change::failure::{Failure, Fault};
use crate::world::cluster::{self, Cluster};
use crate::world::local::{self, Locality};
use crate::world::process;
use crate::world::runtime::Runtime;

use super::cli::Target;
use super::exit::Exit;
use super::progress::failure_text;
use super::run::Context;

/// What a delivery is aimed at.
pub enum Aim {
    /// No cluster: a rehearsal, and why.
    Rehearse(String),
    Cluster(Box<Reached>),
}

/// A cluster that answers and may be touched.
pub struct Reached {
    pub cluster: Cluster,
    pub runtime: Arc<Runtime>,
    pub locality: Locality,
}

/// Finds the cluster. Without a kubeconfig context it is a rehearsal, except where `CI` is set: a deploy job must
/// not turn green. A context that does not answer, or is not local and was not named, is a failure.
///
/// # Errors
/// What stands in the way, with its exit code.
pub fn aim(target: &Target, start: Option<&Context>) -> Result<Aim, Failure> {
    if let Some(context) = start {
        minikube(context, target)?;
    }
    let contexts = cluster::contexts().map_err(|e| e.failure())?;
    let current = contexts.iter().any(|c| c.current);
    if target.context.is_none() && !current {
        if std::env::var_os("CI").is_some_and(|v| !v.is_empty()) {
            return Err(Failure::world(
                "no-cluster",
                "no kubeconfig context is configured, and CI is set: a deploy job must not pass without a cluster",
            )
            .fix("configure a context, or ask for a rehearsal with `--rehearse`"));
        }
        return Ok(Aim::Rehearse("no kubeconfig context is configured".to_owned()));
    }
    reach(target).map(|r| Aim::Cluster(Box::new(r)))
}

/// Connects to the named or the current context.
///
/// # Errors
/// As [`aim`].
pub fn reach(target: &Target) -> Result<Reached, Failure> {
    let contexts = cluster::contexts().map_err(|e| e.failure())?;
    let named = target.context.as_deref();
    let context = contexts.iter().find(|c| named.map_or(c.current, |n| c.name == n));
    let Some(context) = context else {
        let error = named.map_or(cluster::ClusterError::NoContext, |name| cluster::ClusterError::UnknownContext {
            name: name.to_owned(),
            known: contexts.iter().map(|c| c.name.clone()).collect(),
        });
        return Err(error.failure());
    };
    let containerd = std::env::var("BOWLINE_CONTAINERD").ok();
    let kind = if context.name.starts_with("kind-") { local::kind_clusters() } else { None };
    let locality = local::locality(context, containerd.as_deref(), kind.as_deref());
    local::allow(&locality, &context.name, named.is_some()).map_err(|refusal| {
        Failure::new("context-not-local", Fault::World, refusal.to_string())
            .fix(format!("name it to go on all the same: `--context {}`", context.name))
    })?;
    let runtime = Runtime::start().map_err(|e| Failure::world("runtime", format!("cannot start: {e}")))?;
    let cluster = Cluster::connect(&runtime, named).map_err(|e| e.failure())?;
    Ok(Reached { cluster, runtime, locality })
}

/// Prints a failure and gives its exit code.
pub fn refused(context: &Context, failure: &Failure) -> Exit {
    context.output.say(failure_text(failure, None).trim_end());
    exit_of(failure.fault)
}

/// The exit code of a fault.
pub fn exit_of(fault: Fault) -> Exit {
    match fault {
        Fault::Documents => Exit::Errors,
        Fault::World => Exit::World,
        Fault::Conflict => Exit::Conflict,
        Fault::Locked => Exit::Locked,
        Fault::Interrupted => Exit::Interrupted,
    }
}

/// Starts Minikube, unless the context answers already.
fn minikube(context: &Context, target: &Target) -> Result<(), Failure> {
    if reach(target).is_ok() {
        return Ok(());
    }
    context.output.say("starting Minikube");
    let start = process::command("minikube", ["start", "--addons=metrics-server"]);
    let output = process::run(start, &process::Cancel::default()).map_err(|e| {
        Failure::world("minikube-absent", format!("Minikube cannot be started: {e}"))
            .fix("install Minikube, or start a cluster by hand")
    })?;
    if output.success {
        return Ok(());
    }
    Err(Failure::world("minikube-start", "Minikube did not start").output(output.last_lines(5)))
}
