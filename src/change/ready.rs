//! Whether an object is ready, from JSON alone: kstatus' rules, corrected where they let a broken app pass or wait for ever
//! (Jobs, failed pods, addresses on a local cluster, late-binding claims, autoscalers without metrics).

use serde_json::Value;

use super::failure::Failure;
use super::object::{self, ObjectId, condition, condition_is, int, text};
use super::ready_pods as pods;

/// How far an object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Readiness {
    Ready {
        warning: Option<String>,
    },
    Waiting {
        /// A few words, such as `1 of 2 pods ready`.
        reason: String,
        /// What will be the failure if it stays so for longer than is tolerated.
        trouble: Option<Failure>,
    },
    /// It will not heal.
    Failed(Failure),
}

impl Readiness {
    pub const READY: Self = Self::Ready { warning: None };

    pub fn is_ready(&self) -> bool {
        matches!(self, Self::Ready { .. })
    }

    pub(super) fn waiting(reason: impl Into<String>) -> Self {
        Self::Waiting { reason: reason.into(), trouble: None }
    }

    fn warning(text: impl Into<String>) -> Self {
        Self::Ready { warning: Some(text.into()) }
    }
}

/// What else of the cluster the answer rests on.
#[derive(Clone, Copy, Debug, Default)]
pub struct Related<'a> {
    /// Pods of the namespace; those of others are told apart by their owners.
    pub pods: &'a [Value],
    pub replica_sets: &'a [Value],
    /// Events of the namespace.
    pub events: &'a [Value],
    /// The claim's storage class binds when a pod uses the claim (`WaitForFirstConsumer`).
    pub late_binding: bool,
}

/// Kinds that are not ready by being there.
pub fn waits_for(kind: &str) -> bool {
    const AT_ONCE: &[&str] = &[
        "Namespace",
        "ConfigMap",
        "Secret",
        "Service",
        "ServiceAccount",
        "Role",
        "RoleBinding",
        "ClusterRole",
        "ClusterRoleBinding",
        "NetworkPolicy",
        "ResourceQuota",
        "LimitRange",
        "CronJob",
        // an address needs a controller that a local cluster may not have
        "Ingress",
        "IngressClass",
        "StorageClass",
        "PriorityClass",
        // its budget is computed from pods that may come later
        "PodDisruptionBudget",
        "ValidatingAdmissionPolicy",
        "ValidatingAdmissionPolicyBinding",
        "ServiceMonitor",
        "PrometheusRule",
    ];
    !AT_ONCE.contains(&kind)
}

/// The state of an object. `written`: the generation that this run wrote; an older status says nothing.
pub fn readiness(id: &ObjectId, live: Option<&Value>, written: Option<i64>, related: &Related<'_>) -> Readiness {
    let Some(live) = live else { return Readiness::waiting("not there yet") };
    if text(live, "metadata.deletionTimestamp").is_some() {
        return Readiness::waiting("being deleted");
    }
    if written.is_some_and(|w| object::generation(live) < w) {
        return Readiness::waiting("the change is not there yet");
    }
    if !waits_for(&id.kind) {
        return Readiness::READY;
    }
    if let Some(observed) = int(live, "status.observedGeneration")
        && observed < object::generation(live)
    {
        return Readiness::waiting("the controller has not seen the change yet");
    }
    if condition_is(live, "Reconciling", "True") {
        return Readiness::waiting(message(live, "Reconciling", "being reconciled"));
    }
    if condition_is(live, "Stalled", "True") {
        let why = message(live, "Stalled", "stalled");
        return Readiness::Failed(Failure::world("stalled", format!("`{id}` is stalled: {why}")).on(id.clone()));
    }
    match id.kind.as_str() {
        "Deployment" => pods::or_trouble(id, live, related, deployment(id, live)),
        "StatefulSet" => pods::or_trouble(id, live, related, stateful_set(live)),
        "DaemonSet" => pods::or_trouble(id, live, related, daemon_set(live)),
        "ReplicaSet" => pods::or_trouble(id, live, related, replica_set(live)),
        "Job" => job(id, live, related),
        "Pod" => pods::pod(id, live, related.events),
        "PersistentVolumeClaim" => claim(live, related),
        "HorizontalPodAutoscaler" => autoscaler(live),
        "CustomResourceDefinition" => definition(id, live),
        "ExternalSecret" => external_secret(id, live),
        _ => generic(live),
    }
}

/// Pods wait for the Secret that comes of it; without a controller none ever comes.
fn external_secret(id: &ObjectId, live: &Value) -> Readiness {
    if condition_is(live, "Ready", "True") {
        return Readiness::READY;
    }
    let (reason, fix) = match condition(live, "Ready") {
        None => ("no controller has looked at it".to_owned(), "is External Secrets running in this cluster?"),
        Some(_) => (message(live, "Ready", "not fetched"), "see the store that it names, and the name of the entry"),
    };
    let failure = Failure::world("external-secret", format!("`{id}` has no Secret: {reason}"));
    Readiness::Waiting { reason, trouble: Some(failure.on(id.clone()).fix(fix)) }
}

fn message(live: &Value, kind: &str, or: &str) -> String {
    condition(live, kind).and_then(|c| text(c, "message").or_else(|| text(c, "reason"))).unwrap_or(or).to_owned()
}

fn status(live: &Value, field: &str) -> i64 {
    live.get("status").and_then(|s| s.get(field)).and_then(Value::as_i64).unwrap_or(0)
}

fn wanted(live: &Value) -> i64 {
    int(live, "spec.replicas").unwrap_or(1)
}

fn of(have: i64, want: i64, what: &str) -> Readiness {
    Readiness::waiting(format!("{have} of {want} pods {what}"))
}

fn deployment(id: &ObjectId, live: &Value) -> Readiness {
    if object::at(live, "spec.paused").and_then(Value::as_bool) == Some(true) {
        return Readiness::warning("paused: its pods are not rolled out");
    }
    if object::at(live, "status.observedGeneration").is_none() {
        return Readiness::waiting("the controller has not seen it yet");
    }
    if let Some(c) = condition(live, "Progressing")
        && text(c, "reason") == Some("ProgressDeadlineExceeded")
    {
        let why = text(c, "message").unwrap_or("no progress");
        let failure = Failure::world("progress-deadline", format!("`{id}` makes no progress: {why}"));
        return Readiness::Failed(failure.on(id.clone()));
    }
    let want = wanted(live);
    let (all, updated) = (status(live, "replicas"), status(live, "updatedReplicas"));
    let (ready, available) = (status(live, "readyReplicas"), status(live, "availableReplicas"));
    if updated < want {
        of(updated, want, "updated")
    } else if all > want {
        Readiness::waiting(format!("{} old pods still there", all - want))
    } else if ready < want {
        of(ready, want, "ready")
    } else if available < want {
        of(available, want, "available")
    } else if want > 0 && condition(live, "Available").is_some() && !condition_is(live, "Available", "True") {
        Readiness::waiting("not available yet")
    } else {
        Readiness::READY
    }
}

fn stateful_set(live: &Value) -> Readiness {
    if text(live, "spec.updateStrategy.type") == Some("OnDelete") {
        return Readiness::warning("OnDelete: its pods change when they are deleted");
    }
    if object::at(live, "status.observedGeneration").is_none() {
        return Readiness::waiting("the controller has not seen it yet");
    }
    let want = wanted(live);
    let partition = int(live, "spec.updateStrategy.rollingUpdate.partition").unwrap_or(0);
    let (all, ready, updated) =
        (status(live, "replicas"), status(live, "readyReplicas"), status(live, "updatedReplicas"));
    let revision = |name: &str| text(live, &format!("status.{name}")).unwrap_or_default().to_owned();
    if all < want {
        of(all, want, "there")
    } else if ready < want {
        of(ready, want, "ready")
    } else if all > want {
        Readiness::waiting(format!("{} pods too many still there", all - want))
    } else if partition > 0 {
        if updated < want - partition { of(updated, want - partition, "updated") } else { Readiness::READY }
    } else if revision("currentRevision") != revision("updateRevision") {
        of(updated, want, "updated")
    } else {
        Readiness::READY
    }
}

fn daemon_set(live: &Value) -> Readiness {
    if text(live, "spec.updateStrategy.type") == Some("OnDelete") {
        return Readiness::warning("OnDelete: its pods change when they are deleted");
    }
    if object::at(live, "status.observedGeneration").is_none() {
        return Readiness::waiting("the controller has not seen it yet");
    }
    let want = status(live, "desiredNumberScheduled");
    let counts = [
        ("currentNumberScheduled", "scheduled"),
        ("updatedNumberScheduled", "updated"),
        ("numberAvailable", "available"),
        ("numberReady", "ready"),
    ];
    let missing = counts.iter().find(|(field, _)| status(live, field) < want);
    missing.map_or(Readiness::READY, |(field, what)| of(status(live, field), want, what))
}

fn replica_set(live: &Value) -> Readiness {
    let want = wanted(live);
    let ready = status(live, "readyReplicas").min(status(live, "availableReplicas"));
    if ready < want { of(ready, want, "ready") } else { Readiness::READY }
}

/// Ready when it has run to its end, and not when it has merely started.
fn job(id: &ObjectId, live: &Value, related: &Related<'_>) -> Readiness {
    if condition_is(live, "Complete", "True") {
        return Readiness::READY;
    }
    if condition_is(live, "Failed", "True") {
        let why = message(live, "Failed", "its pods failed");
        let mut failure = Failure::world("job-failed", format!("`{id}` failed: {why}")).on(id.clone());
        pods::blame(&mut failure, live, related);
        return Readiness::Failed(failure);
    }
    if object::at(live, "spec.suspend").and_then(Value::as_bool) == Some(true) {
        return Readiness::waiting("suspended");
    }
    let failed = status(live, "failed");
    let reason = match (status(live, "active"), failed) {
        (0, 0) => "not started yet".to_owned(),
        (_, 0) => "running".to_owned(),
        (_, n) => format!("running, {n} failed before"),
    };
    pods::or_trouble(id, live, related, Readiness::waiting(reason))
}

fn claim(live: &Value, related: &Related<'_>) -> Readiness {
    match text(live, "status.phase") {
        Some("Bound") => Readiness::READY,
        // it will not be bound before a pod uses it, and that pod may come later
        Some("Pending") if related.late_binding => Readiness::READY,
        Some("Lost") => Readiness::Failed(Failure::world("volume-lost", "the volume behind the claim is gone")),
        phase => Readiness::waiting(format!("{} volume", phase.unwrap_or("pending").to_lowercase())),
    }
}

/// Never a reason to stop: without metrics the pods run, only not scaled.
fn autoscaler(live: &Value) -> Readiness {
    // a Deployment starts from one pod; its autoscaler first of all asks for as many as the spec wants, without any metrics
    let have = status(live, "desiredReplicas").max(status(live, "currentReplicas"));
    let want = int(live, "spec.minReplicas").unwrap_or(1);
    let off = condition(live, "ScalingActive").and_then(|c| text(c, "reason")) == Some("ScalingDisabled");
    if have < want && !off {
        return of(have, want, "asked for");
    }
    let broken = [("ScalingActive", "FailedGet"), ("ScalingActive", "InvalidSelector"), ("AbleToScale", "Failed")];
    for (kind, reason) in broken {
        if let Some(c) = condition(live, kind)
            && text(c, "status") == Some("False")
            && text(c, "reason").is_some_and(|r| r.starts_with(reason))
        {
            let reason = text(c, "reason").unwrap_or_default();
            return Readiness::warning(if reason.contains("ResourceMetric") {
                "it reads no metrics yet (is metrics-server there?)".to_owned()
            } else {
                format!("it cannot scale: {reason}")
            });
        }
    }
    Readiness::READY
}

fn definition(id: &ObjectId, live: &Value) -> Readiness {
    if condition_is(live, "NamesAccepted", "False") {
        let why = message(live, "NamesAccepted", "its names are taken");
        return Readiness::Failed(Failure::world("crd-names", format!("`{id}`: {why}")).on(id.clone()));
    }
    if condition_is(live, "Established", "True") { Readiness::READY } else { Readiness::waiting("not established yet") }
}

fn generic(live: &Value) -> Readiness {
    match condition(live, "Ready") {
        Some(c) if text(c, "status") != Some("True") => Readiness::waiting(message(live, "Ready", "not ready")),
        _ => Readiness::READY,
    }
}

/// The newest warning event about an object of that kind and name: `FailedScheduling: 0/1 nodes are available…`.
pub fn last_event(events: &[Value], kind: &str, name: &str) -> Option<String> {
    let stamp = |e: &Value| {
        ["series.lastObservedTime", "lastTimestamp", "eventTime", "metadata.creationTimestamp"]
            .iter()
            .find_map(|p| text(e, p))
            .unwrap_or_default()
            .to_owned()
    };
    list_of(events, kind, name)
        .max_by_key(|e| stamp(e))
        .map(|e| format!("{}: {}", text(e, "reason").unwrap_or("?"), text(e, "message").unwrap_or_default().trim()))
}

fn list_of<'a>(events: &'a [Value], kind: &'a str, name: &'a str) -> impl Iterator<Item = &'a Value> {
    events.iter().filter(move |e| {
        text(e, "type") == Some("Warning")
            && text(e, "involvedObject.kind") == Some(kind)
            && text(e, "involvedObject.name") == Some(name)
    })
}
