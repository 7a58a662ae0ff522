//! What the pods of a workload say: trouble that will not heal, and trouble that may.

use serde_json::Value;

use super::failure::{Failure, PodRef};
use super::object::{self, ObjectId, condition, condition_is, int, label, list, text};
use super::ready::{Readiness, Related, last_event};

/// A cause found in a pod.
struct Trouble {
    /// No patience helps.
    hopeless: bool,
    failure: Failure,
}

/// The answer itself when it is ready or failed; else the same with the trouble of the pods of the new revision, or a failure
/// when that trouble will not heal.
pub(super) fn or_trouble(id: &ObjectId, live: &Value, related: &Related<'_>, answer: Readiness) -> Readiness {
    let reason = match answer {
        Readiness::Ready { .. } => return answer,
        Readiness::Failed(mut failure) => {
            blame(&mut failure, live, related);
            return Readiness::Failed(failure);
        }
        Readiness::Waiting { reason, .. } => reason,
    };
    let found = new_pods(id, live, related).filter_map(|p| pod_trouble(id, p, related.events));
    let found = found.max_by_key(|t| t.hopeless).or_else(|| controller_trouble(id, live, related));
    match found {
        None => Readiness::Waiting { reason, trouble: None },
        Some(Trouble { hopeless, mut failure }) => {
            serves_still(live, &mut failure);
            if hopeless {
                Readiness::Failed(failure)
            } else {
                Readiness::Waiting {
                    reason: format!("{reason}, {}", failure.code.replace('-', " ")),
                    trouble: Some(failure),
                }
            }
        }
    }
}

/// Adds to a failure what the pods and events of its object say.
pub(super) fn blame(failure: &mut Failure, live: &Value, related: &Related<'_>) {
    let Some(id) = ObjectId::of(live, None) else { return };
    let cause =
        new_pods(&id, live, related).filter_map(|p| pod_trouble(&id, p, related.events)).max_by_key(|t| t.hopeless);
    if let Some(mut cause) = cause {
        failure.last_event = failure.last_event.take().or(cause.failure.last_event.take());
        failure.pod = failure.pod.take().or(cause.failure.pod.take());
        failure.fix = failure.fix.take().or(cause.failure.fix.take());
    }
    if failure.pod.is_none() {
        failure.pod = new_pods(&id, live, related).last().and_then(|p| first_container(p, false));
    }
    failure.last_event = failure.last_event.take().or_else(|| last_event(related.events, &id.kind, &id.name));
    serves_still(live, failure);
}

/// `the old version still serves 2 of 2`: what a person asks next.
fn serves_still(live: &Value, failure: &mut Failure) {
    let serving = int(live, "status.availableReplicas").unwrap_or(0);
    let want = int(live, "spec.replicas").unwrap_or(1);
    let updated = int(live, "status.updatedReplicas").unwrap_or(0);
    if serving > 0 && text(live, "kind") == Some("Deployment") && int(live, "status.replicas").unwrap_or(0) > updated {
        failure.message = format!("{}; the old version still serves {serving} of {want}", failure.message);
    }
}

/// The pods of the revision that is being rolled out.
fn new_pods<'a>(id: &ObjectId, live: &'a Value, related: &Related<'a>) -> impl Iterator<Item = &'a Value> {
    let uid = text(live, "metadata.uid").unwrap_or_default().to_owned();
    let (owner, revision) = match id.kind.as_str() {
        "Deployment" => {
            let newest = object::annotation(live, "deployment.kubernetes.io/revision");
            let set = related.replica_sets.iter().find(|r| {
                object::is_owned_by(r, &uid) && object::annotation(r, "deployment.kubernetes.io/revision") == newest
            });
            (set.and_then(|r| text(r, "metadata.uid")).unwrap_or_default().to_owned(), None)
        }
        "StatefulSet" => (uid, text(live, "status.updateRevision").map(str::to_owned)),
        _ => (uid, None),
    };
    related.pods.iter().filter(move |pod| {
        !owner.is_empty()
            && object::is_owned_by(pod, &owner)
            && text(pod, "metadata.deletionTimestamp").is_none()
            && revision.as_ref().is_none_or(|r| label(pod, "controller-revision-hash") == Some(r))
    })
}

/// A ReplicaSet or Job that may not make pods: a quota, an admission policy.
fn controller_trouble(id: &ObjectId, live: &Value, related: &Related<'_>) -> Option<Trouble> {
    let uid = text(live, "metadata.uid").unwrap_or_default();
    let sets = related.replica_sets.iter().filter(|r| !uid.is_empty() && object::is_owned_by(r, uid));
    let refused = std::iter::once(live).chain(sets).find_map(|o| {
        condition(o, "ReplicaFailure").filter(|c| text(c, "status") == Some("True")).and_then(|c| text(c, "message"))
    });
    let event = last_event(related.events, &id.kind, &id.name).filter(|e| e.starts_with("FailedCreate"));
    let message = refused.map(str::to_owned).or_else(|| event.clone())?;
    let (code, fix) = if message.contains("exceeded quota") {
        ("quota-exceeded", "raise the quota in the spec's `app.quota`, or lower replicas or resources")
    } else if message.contains("violates PodSecurity") {
        ("pod-security", "let the pod's securityContext meet the Namespace's Pod Security level")
    } else {
        ("pods-refused", "read the event; the API server refuses the pods")
    };
    let failure = Failure::world(code, format!("`{id}` may not make its pods: {message}"));
    Some(Trouble { hopeless: false, failure: failure.on(id.clone()).event(event).fix(fix) })
}

/// Readiness of a pod of its own.
pub(super) fn pod(id: &ObjectId, live: &Value, events: &[Value]) -> Readiness {
    match text(live, "status.phase") {
        Some("Succeeded") => Readiness::READY,
        Some("Running") if condition_is(live, "Ready", "True") => Readiness::READY,
        phase => {
            let reason = format!("pod is {}", phase.unwrap_or("pending").to_lowercase());
            match pod_trouble(id, live, events) {
                Some(t) if t.hopeless => Readiness::Failed(t.failure),
                Some(t) => Readiness::Waiting { reason, trouble: Some(t.failure) },
                None => Readiness::Waiting { reason, trouble: None },
            }
        }
    }
}

fn first_container(pod: &Value, restarted: bool) -> Option<PodRef> {
    let container = text(list(pod, "spec.containers").first()?, "name")?;
    reference(pod, container, restarted)
}

fn reference(pod: &Value, container: &str, restarted: bool) -> Option<PodRef> {
    Some(PodRef {
        namespace: text(pod, "metadata.namespace")?.to_owned(),
        name: text(pod, "metadata.name")?.to_owned(),
        container: container.to_owned(),
        restarted,
    })
}

fn pod_trouble(id: &ObjectId, pod: &Value, events: &[Value]) -> Option<Trouble> {
    let name = text(pod, "metadata.name").unwrap_or_default();
    let event = last_event(events, "Pod", name);
    let trouble = |code: &str, hopeless: bool, message: String, fix: &str| {
        let failure = Failure::world(code, message).on(id.clone()).event(event.clone()).fix(fix);
        Some(Trouble { hopeless, failure })
    };
    if condition(pod, "PodScheduled").is_some_and(|c| text(c, "reason") == Some("Unschedulable")) {
        let why = condition(pod, "PodScheduled").and_then(|c| text(c, "message")).unwrap_or("no node fits");
        let fix = "lower requests, or give the cluster more room";
        return trouble("unschedulable", false, format!("no node takes the pods of `{id}`: {why}"), fix);
    }
    let kinds = ["status.initContainerStatuses", "status.containerStatuses"];
    for status in kinds.iter().flat_map(|k| list(pod, k)) {
        if let Some(mut found) = container_trouble(id, status, event.as_ref()) {
            let container = text(status, "name").unwrap_or_default();
            found.failure.pod = reference(pod, container, int(status, "restartCount").unwrap_or(0) > 0);
            return Some(found);
        }
    }
    // a Job may try again; its own condition decides
    if text(pod, "status.phase") == Some("Failed") && id.kind != "Job" {
        let why =
            text(pod, "status.message").or_else(|| text(pod, "status.reason")).unwrap_or("it ended with an error");
        let mut found =
            trouble("pod-failed", id.kind == "Pod", format!("a pod of `{id}` failed: {why}"), "read its log")?;
        found.failure.pod = first_container(pod, false);
        return Some(found);
    }
    None
}

fn container_trouble(id: &ObjectId, status: &Value, event: Option<&String>) -> Option<Trouble> {
    let image = text(status, "image").unwrap_or_default();
    let waiting = text(status, "state.waiting.reason").unwrap_or_default();
    let detail = text(status, "state.waiting.message").unwrap_or_default();
    let (code, message, fix) = match waiting {
        // the runtime tells the kubelet of an image a moment after it was loaded
        "ErrImageNeverPull" => {
            ("image-missing", format!("`{image}` is not on the node"), "load the image: run `bowline up` again")
        }
        "InvalidImageName" => ("image-name", format!("`{image}` is no image name"), "correct the image's name"),
        // the kubelet also says this while its caches are behind, and a Secret may still be made by External Secrets
        "CreateContainerConfigError" => {
            let fix = "make the Secret or ConfigMap it names";
            ("container-config", format!("`{id}` cannot start: {detail}"), fix)
        }
        // a busy node runs into its own deadlines here, and tries again
        "CreateContainerError" | "RunContainerError" => {
            ("container-create", format!("`{id}` cannot start: {detail}"), "read the event")
        }
        "ErrImagePull" | "ImagePullBackOff" => {
            let fix = "check the image's name, or load it into the cluster";
            ("image-pull", format!("`{image}` cannot be pulled"), fix)
        }
        _ => {
            let ended = ["state.terminated", "lastState.terminated"]
                .iter()
                .filter_map(|p| object::at(status, p))
                .find(|t| int(t, "exitCode").unwrap_or(0) != 0);
            let crashing = waiting == "CrashLoopBackOff" || int(status, "restartCount").unwrap_or(0) > 0;
            let ready = object::at(status, "ready").and_then(Value::as_bool) == Some(true);
            let ended = ended.filter(|_| crashing && !ready)?;
            let code = int(ended, "exitCode").unwrap_or(0);
            let why = match text(ended, "reason") {
                Some("OOMKilled") => "it needs more memory than its limit".to_owned(),
                _ => format!("exit code {code}"),
            };
            ("pod-crash-loop", format!("`{id}` does not start: {why}"), "read the last log line")
        }
    };
    let failure = Failure::world(code, message).on(id.clone()).event(event.cloned()).fix(fix);
    // the kubelet tries again whatever else it says
    Some(Trouble { hopeless: waiting == "InvalidImageName", failure })
}
