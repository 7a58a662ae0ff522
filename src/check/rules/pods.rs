//! What a pod may do to its node: users, file systems, capabilities, namespaces.

use crate::base::tree::{Node, Tree};
use crate::check::view::{Object, Scope, list, texts};

use super::{Asked, Out};

/// Runs `check` on every container of every pod.
fn containers(scope: &Scope<'_>, mut check: impl FnMut(&Object<'_>, &Node, &Node)) {
    for object in scope.workloads() {
        if let Some(pod) = object.pod() {
            object.all_containers().for_each(|c| check(&object, pod, c));
        }
    }
}

/// A setting of the container, else of its pod.
fn setting<'a>(pod: &'a Node, container: &'a Node, path: &str) -> Option<&'a Node> {
    let at = format!("securityContext.{path}");
    container.get(&at).or_else(|| pod.get(&at))
}

fn of(object: &Object<'_>, container: &Node) -> String {
    format!("container `{}` of {}", container.get_str("name").unwrap_or_default(), object.label())
}

fn is(node: Option<&Node>, wanted: bool) -> bool {
    node.is_some_and(|n| n.tree == Tree::Bool(wanted))
}

pub(super) fn non_root(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, pod, container| {
        let flag = setting(pod, container, "runAsNonRoot");
        let user = setting(pod, container, "runAsUser").filter(|u| u.tree == Tree::Int(0));
        if !is(flag, true) || user.is_some() {
            let at = user.or(flag).map_or_else(|| container.span(), Node::span);
            let fix = "set `securityContext.runAsNonRoot: true` and a `runAsUser` above 0";
            let message = format!("{} may run as root", of(object, container));
            out.caused(scope, object, "securityContext.runAsUser", message, at, "root is allowed", fix);
        }
    });
}

pub(super) fn uid(asked: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let least = asked.number.unwrap_or(1001);
    containers(scope, |object, pod, container| {
        let user = setting(pod, container, "runAsUser");
        let found = match user.map(|u| &u.tree) {
            Some(Tree::Int(id)) if *id >= least => return,
            Some(Tree::Int(id)) => format!("runs as user {id}, below {least}"),
            _ => format!("does not say that its user is {least} or above"),
        };
        let at = user.map_or_else(|| container.span(), Node::span);
        let fix = format!("set `securityContext.runAsUser` to {least} or above");
        let message = format!("{} {found}", of(object, container));
        out.caused(scope, object, "securityContext.runAsUser", message, at, "the user", &fix);
    });
}

pub(super) fn read_only(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, _, container| {
        let flag = container.get("securityContext.readOnlyRootFilesystem");
        if !is(flag, true) {
            let at = flag.map_or_else(|| container.span(), Node::span);
            let fix = "set `securityContext.readOnlyRootFilesystem: true` and mount an `emptyDir` where it writes";
            let message = format!("{} may write to its root file system", of(object, container));
            let path = "securityContext.readOnlyRootFilesystem";
            out.caused(scope, object, path, message, at, "writable", fix);
        }
    });
}

pub(super) fn privileged(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, _, container| {
        let flag = container.get("securityContext.privileged");
        if is(flag, true) {
            let message = format!("{} is privileged", of(object, container));
            out.object(scope, object, message, flag.and_then(Node::span), "as root on the node", "set it to `false`");
        }
    });
}

pub(super) fn capabilities(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, _, container| {
        let dropped = list(container, "securityContext.capabilities.drop");
        if !dropped.iter().any(|d| d.as_str().is_some_and(|d| d.eq_ignore_ascii_case("all"))) {
            let at = container.get("securityContext.capabilities.drop").map_or_else(|| container.span(), Node::span);
            let message = format!("{} keeps capabilities", of(object, container));
            out.object(
                scope,
                object,
                message,
                at,
                "not all dropped",
                "set `securityContext.capabilities.drop: [\"ALL\"]`",
            );
        }
    });
}

pub(super) fn context(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, pod, container| {
        if pod.get("securityContext").or_else(|| container.get("securityContext")).is_none() {
            let message = format!("{} has no security context", of(object, container));
            out.object(scope, object, message, container.span(), "none here, none on the pod", "add `securityContext`");
        }
    });
}

pub(super) fn escalation(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, _, container| {
        let flag = container.get("securityContext.allowPrivilegeEscalation");
        if !is(flag, false) {
            let at = flag.map_or_else(|| container.span(), Node::span);
            let message = format!("{} may gain privileges", of(object, container));
            let fix = "set `securityContext.allowPrivilegeEscalation: false`";
            out.object(scope, object, message, at, "allowed unless refused", fix);
        }
    });
}

pub(super) fn seccomp(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    containers(scope, |object, pod, container| {
        let profile = setting(pod, container, "seccompProfile.type");
        if !profile.and_then(Node::as_str).is_some_and(|p| matches!(p, "RuntimeDefault" | "Localhost")) {
            let at = profile.map_or_else(|| container.span(), Node::span);
            let message = format!("{} may make any system call", of(object, container));
            out.object(
                scope,
                object,
                message,
                at,
                "no seccomp profile",
                "set `securityContext.seccompProfile.type: RuntimeDefault`",
            );
        }
    });
}

pub(super) fn host_namespaces(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        for key in ["hostNetwork", "hostPID", "hostIPC"] {
            let flag = object.pod().and_then(|p| p.get(key));
            if is(flag, true) {
                let message = format!("the pods of {} share the node with `{key}`", object.label());
                out.object(scope, &object, message, flag.and_then(Node::key_span), "the node's own", "remove it");
            }
        }
    }
}

pub(super) fn host_path(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.workloads() {
        for volume in object.pod().map(|p| list(p, "volumes")).unwrap_or_default() {
            if let Some(path) = volume.get("hostPath") {
                let message = format!("{} mounts a folder of the node", object.label());
                let fix = "use a volume claim, or an `emptyDir` for temporary files";
                out.object(scope, &object, message, path.key_span(), "a folder of the node", fix);
            }
        }
    }
}

pub(super) fn security_labels(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let fix = "label it `pod-security.kubernetes.io/enforce: restricted`";
    let mut there = false;
    for namespace in scope.of_kind("Namespace") {
        there = true;
        let level = texts(namespace.node, "metadata.labels").get("pod-security.kubernetes.io/enforce").copied();
        if !matches!(level, Some("restricted" | "baseline")) {
            let message = format!("{} enforces no Pod Security Standard", namespace.label());
            out.caused(scope, &namespace, "podSecurity", message, namespace.place(), "no such label", fix);
        }
    }
    if !there && scope.workloads().next().is_some() {
        let message = "no Namespace is made, so none enforces a Pod Security Standard".to_owned();
        out.whole(Some(scope.environment), message, &format!("make a Namespace and {fix}"));
    }
}

pub(super) fn grace(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for object in scope.long_running() {
        let seconds = object.pod().and_then(|p| p.get("terminationGracePeriodSeconds"));
        if seconds.is_some_and(|s| s.tree == Tree::Int(0)) {
            let message = format!("the pods of {} are killed without time to stop", object.label());
            let path = "terminationGracePeriodSeconds";
            out.caused(scope, &object, path, message, seconds.and_then(Node::span), "no time", "give it 30 seconds");
        }
    }
}
