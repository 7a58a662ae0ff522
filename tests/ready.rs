//! Readiness, kind by kind: what counts as ready, what is waited for, what will not heal.

#![allow(clippy::needless_pass_by_value, reason = "objects are built where they are given")]

use bowline::change::object::ObjectId;
use bowline::change::ready::{Readiness, Related, readiness, waits_for};
use serde_json::{Value, json};

fn id(kind: &str) -> ObjectId {
    ObjectId::new("apps/v1", kind, Some("todo"), "backend")
}

fn bare(kind: &str, object: &Value) -> Readiness {
    readiness(&id(kind), Some(object), None, &Related::default())
}

/// `ready`, `ready: <warning>`, `waiting: <reason>`, `failed: <code>`.
fn word(answer: &Readiness) -> String {
    match answer {
        Readiness::Ready { warning: None } => "ready".into(),
        Readiness::Ready { warning: Some(w) } => format!("ready: {w}"),
        Readiness::Waiting { reason, trouble: None } => format!("waiting: {reason}"),
        Readiness::Waiting { trouble: Some(t), .. } => format!("trouble: {}", t.code),
        Readiness::Failed(f) => format!("failed: {}", f.code),
    }
}

fn deployment(replicas: i64, mut status: Value) -> Value {
    status["observedGeneration"] = json!(2);
    let mut object = json!({"kind": "Deployment", "metadata": {"name": "backend", "uid": "d", "generation": 2,
        "annotations": {"deployment.kubernetes.io/revision": "2"}}, "spec": {"replicas": replicas}});
    object["status"] = status;
    object
}

#[test]
fn each_kind_has_its_rule() {
    let full = json!({"replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2,
        "conditions": [{"type": "Available", "status": "True"}]});
    let with = |key: &str, value: i64| {
        let mut status = full.clone();
        status[key] = json!(value);
        deployment(2, status)
    };
    let set = |revision: &str, ready: i64| {
        json!({"metadata": {"generation": 1}, "spec": {"replicas": 1}, "status": {"observedGeneration": 1, "replicas": 1,
            "readyReplicas": ready, "currentRevision": "a", "updateRevision": revision}})
    };
    let job = |status: Value| json!({"metadata": {"uid": "j", "name": "backend"}, "spec": {}, "status": status});
    let hpa = |kind: &str, status: &str, reason: &str| {
        json!({"spec": {"minReplicas": 2},
        "status": {"currentReplicas": 2, "conditions": [{"type": kind, "status": status, "reason": reason}]}})
    };
    let one = json!({"spec": {"minReplicas": 2}, "status": {"currentReplicas": 1}});
    let stale = json!({"metadata": {"generation": 3}, "spec": {"replicas": 2},
        "status": {"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "readyReplicas": 2, "availableReplicas": 2}});
    let mut paused = with("replicas", 2);
    paused["spec"]["paused"] = json!(true);
    let late = json!({"conditions": [{"type": "Progressing", "status": "False", "reason": "ProgressDeadlineExceeded",
        "message": "timed out"}]});
    for (kind, object, expected) in [
        ("Deployment", deployment(2, full.clone()), "ready"),
        ("Deployment", deployment(0, json!({})), "ready"),
        ("Deployment", with("updatedReplicas", 1), "waiting: 1 of 2 pods updated"),
        ("Deployment", with("replicas", 3), "waiting: 1 old pods still there"),
        ("Deployment", with("readyReplicas", 1), "waiting: 1 of 2 pods ready"),
        ("Deployment", with("availableReplicas", 0), "waiting: 0 of 2 pods available"),
        ("Deployment", json!({"spec": {"replicas": 1}}), "waiting: the controller has not seen it yet"),
        ("Deployment", stale, "waiting: the controller has not seen the change yet"),
        ("Deployment", paused, "ready: paused: its pods are not rolled out"),
        ("Deployment", deployment(2, late), "failed: progress-deadline"),
        ("StatefulSet", set("a", 1), "ready"),
        ("StatefulSet", set("a", 0), "waiting: 0 of 1 pods ready"),
        ("StatefulSet", set("b", 1), "waiting: 0 of 1 pods updated"),
        ("Job", job(json!({"active": 1})), "waiting: running"),
        ("Job", job(json!({"active": 1, "failed": 2})), "waiting: running, 2 failed before"),
        ("Job", job(json!({"conditions": [{"type": "Complete", "status": "True"}]})), "ready"),
        (
            "Job",
            job(json!({"conditions": [{"type": "Failed", "status": "True", "reason": "BackoffLimitExceeded"}]})),
            "failed: job-failed",
        ),
        ("PersistentVolumeClaim", json!({"status": {"phase": "Bound"}}), "ready"),
        ("PersistentVolumeClaim", json!({"status": {"phase": "Pending"}}), "waiting: pending volume"),
        (
            "HorizontalPodAutoscaler",
            hpa("ScalingActive", "False", "FailedGetResourceMetric"),
            "ready: it reads no metrics yet (is metrics-server there?)",
        ),
        ("HorizontalPodAutoscaler", hpa("AbleToScale", "True", "ReadyForNewScale"), "ready"),
        ("HorizontalPodAutoscaler", one, "waiting: 1 of 2 pods asked for"),
        (
            "HorizontalPodAutoscaler",
            json!({"spec": {"minReplicas": 2}, "status": {"desiredReplicas": 1}}),
            "waiting: 1 of 2 pods asked for",
        ),
        (
            "CustomResourceDefinition",
            json!({"status": {"conditions": [{"type": "Established", "status": "True"}]}}),
            "ready",
        ),
        ("CustomResourceDefinition", json!({}), "waiting: not established yet"),
        (
            "Agent",
            json!({"status": {"conditions": [{"type": "Ready", "status": "False", "message": "no model"}]}}),
            "waiting: no model",
        ),
        ("Agent", json!({}), "ready"),
        ("ConfigMap", json!({}), "ready"),
        ("Service", json!({"spec": {"type": "LoadBalancer"}, "status": {}}), "ready"),
        ("Pod", json!({"status": {"phase": "Failed", "reason": "Evicted"}}), "failed: pod-failed"),
        ("Pod", json!({"status": {"phase": "Succeeded"}}), "ready"),
        ("Deployment", json!({"metadata": {"deletionTimestamp": "x"}}), "waiting: being deleted"),
    ] {
        assert_eq!(word(&bare(kind, &object)), expected, "{kind} {object}");
    }
    let claim = json!({"status": {"phase": "Pending"}});
    let related = Related { late_binding: true, ..Related::default() };
    assert!(readiness(&id("PersistentVolumeClaim"), Some(&claim), None, &related).is_ready());
    assert_eq!(word(&readiness(&id("Deployment"), None, None, &Related::default())), "waiting: not there yet");
    assert!(!waits_for("Ingress") && waits_for("Job"));
}

fn pod(owner: &str, status: Value) -> Value {
    let mut pod = json!({"metadata": {"name": "backend-1", "namespace": "todo", "ownerReferences": [{"uid": owner}]},
        "spec": {"containers": [{"name": "backend"}]}});
    pod["status"] = status;
    pod
}

fn container(rest: &Value) -> Value {
    let mut status = json!({"name": "backend", "image": "todo/backend:1", "ready": false, "restartCount": 0});
    status.as_object_mut().unwrap().extend(rest.as_object().unwrap().clone());
    json!({"containerStatuses": [status]})
}

#[test]
fn pods_tell_what_is_wrong() {
    let live = deployment(2, json!({"replicas": 3, "updatedReplicas": 1, "readyReplicas": 2, "availableReplicas": 2}));
    let set = |revision: &str, uid: &str| {
        json!({"metadata": {"uid": uid, "ownerReferences": [{"uid": "d"}],
            "annotations": {"deployment.kubernetes.io/revision": revision}}})
    };
    let sets = [set("1", "old"), set("2", "new")];
    let waiting = |reason: &str| container(&json!({"state": {"waiting": {"reason": reason, "message": "m"}}}));
    let crashed = container(&json!({"restartCount": 2, "state": {"waiting": {"reason": "CrashLoopBackOff"}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}));
    let between = container(&json!({"restartCount": 1, "state": {"running": {}},
        "lastState": {"terminated": {"exitCode": 1, "reason": "Error"}}}));
    let killed =
        container(&json!({"restartCount": 1, "state": {"terminated": {"exitCode": 137, "reason": "OOMKilled"}}}));
    let unschedulable = json!({"conditions": [{"type": "PodScheduled", "status": "False", "reason": "Unschedulable", "message": "no cpu"}]});
    for (status, expected, says) in [
        (waiting("ErrImageNeverPull"), "trouble: image-missing", "`todo/backend:1` is not on the node"),
        (waiting("InvalidImageName"), "failed: image-name", "no image name"),
        (waiting("CreateContainerConfigError"), "trouble: container-config", "cannot start: m"),
        (waiting("CreateContainerError"), "trouble: container-create", "cannot start: m"),
        (waiting("RunContainerError"), "trouble: container-create", "cannot start: m"),
        (waiting("ImagePullBackOff"), "trouble: image-pull", "cannot be pulled"),
        (crashed, "trouble: pod-crash-loop", "exit code 1; the old version still serves 2 of 2"),
        (between, "trouble: pod-crash-loop", "exit code 1"),
        (killed, "trouble: pod-crash-loop", "more memory than its limit"),
        (unschedulable, "trouble: unschedulable", "no cpu"),
        (
            container(&json!({"state": {"waiting": {"reason": "ContainerCreating"}}})),
            "waiting: 1 of 2 pods updated",
            "",
        ),
    ] {
        let event = json!({"type": "Warning", "reason": "BackOff", "message": "restarting", "lastTimestamp": "2026",
            "involvedObject": {"kind": "Pod", "name": "backend-1"}});
        let (pods, events) = ([pod("new", status.clone())], [event]);
        let related = Related { pods: &pods, replica_sets: &sets, events: &events, late_binding: false };
        let answer = readiness(&id("Deployment"), Some(&live), None, &related);
        assert_eq!(word(&answer), expected, "{status}");
        if let Readiness::Failed(failure) | Readiness::Waiting { trouble: Some(failure), .. } = &answer {
            assert!(failure.message.contains(says), "{}", failure.message);
            assert_eq!(failure.last_event.as_deref(), Some("BackOff: restarting"));
        }
        // the same trouble in a pod of the old revision says nothing about the new one
        let pods = [pod("old", status)];
        let related = Related { pods: &pods, ..related };
        assert_eq!(word(&readiness(&id("Deployment"), Some(&live), None, &related)), "waiting: 1 of 2 pods updated");
    }
}

#[test]
fn a_quota_that_forbids_pods_is_the_cause() {
    let live = deployment(2, json!({}));
    let set = json!({"metadata": {"uid": "new", "ownerReferences": [{"uid": "d"}],
        "annotations": {"deployment.kubernetes.io/revision": "2"}},
        "status": {"conditions": [{"type": "ReplicaFailure", "status": "True",
            "message": "pods \"x\" is forbidden: exceeded quota: todo"}]}});
    let sets = [set];
    let related = Related { replica_sets: &sets, ..Related::default() };
    let answer = readiness(&id("Deployment"), Some(&live), None, &related);
    assert_eq!(word(&answer), "trouble: quota-exceeded");
}

#[test]
fn a_failed_job_names_the_pod_to_read() {
    let live = json!({"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "backend", "namespace": "todo", "uid": "j"},
        "status": {"conditions": [{"type": "Failed", "status": "True", "message": "backoff limit reached"}]}});
    let pods = [pod("j", json!({"phase": "Failed"}))];
    let related = Related { pods: &pods, ..Related::default() };
    let Readiness::Failed(failure) = readiness(&id("Job"), Some(&live), None, &related) else { panic!() };
    assert_eq!(failure.pod.as_ref().map(|p| (p.name.as_str(), p.container.as_str())), Some(("backend-1", "backend")));
    assert!(failure.message.ends_with("backoff limit reached"), "{}", failure.message);
}

#[test]
fn an_external_secret_is_ready_when_it_is_fetched() {
    let with = |status: Value| bare("ExternalSecret", &json!({"metadata": {"generation": 1}, "status": status}));
    let ready = |status: &str, message: &str| json!({"conditions": [{"type": "Ready", "status": status, "reason": "x", "message": message}]});
    assert_eq!(word(&with(ready("True", ""))), "ready");
    // neither is an end: a store comes, a controller starts; both are told when they last
    for (status, says) in [(json!({}), "no controller"), (ready("False", "could not get secret data"), "could not get")]
    {
        let answer = with(status);
        assert_eq!(word(&answer), "trouble: external-secret");
        let Readiness::Waiting { reason, trouble: Some(failure) } = answer else { panic!() };
        assert!(reason.contains(says) && failure.message.contains(says), "{reason}");
    }
}
