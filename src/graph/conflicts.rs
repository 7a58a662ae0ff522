//! Fields of a service that contradict each other, or hold what Kubernetes would refuse.

use std::collections::BTreeMap;

use crate::base::diag::Diagnostic;
use crate::base::tree::Node;
use crate::model::dns::is_name;
use crate::model::labels::{is_key, is_value};

/// What is wrong in a service as it is written, before defaults.
pub(super) fn check(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    replicas(name, node, out);
    shares(name, node, out);
    exposure(name, node, out);
    ports(name, node, out);
    account(name, node, out);
    words(name, node, out);
}

fn replicas(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    let given = |field: &str| node.get(field).filter(|n| !n.is_null());
    if let (Some(fixed), Some(scaled)) = (given("replicas"), given("autoscaling")) {
        out.push(
            Diagnostic::error("replicas-autoscaling", format!("`{name}` has a fixed number of pods and an autoscaler"))
                .at(fixed.key_span(), "the autoscaler decides the number")
                .and(scaled.key_span(), "here")
                .fix("remove `replicas`; `autoscaling.minReplicas` is the least there will be"),
        );
    }
}

/// `podDisruptionBudget` and `strategy`.
fn shares(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    for path in [
        "podDisruptionBudget.minAvailable",
        "podDisruptionBudget.maxUnavailable",
        "strategy.maxSurge",
        "strategy.maxUnavailable",
    ] {
        let Some(given) = node.get(path) else { continue };
        let percent = |t: &str| t.strip_suffix('%').is_some_and(|d| d.parse::<u32>().is_ok_and(|p| p <= 100));
        if given.as_str().is_some_and(|t| !percent(t)) {
            out.push(
                Diagnostic::error("share", format!("`{path}` must be a number of pods or a percentage"))
                    .at(given.span(), "neither")
                    .fix("write `1` or `25%`"),
            );
        }
    }
    let nothing = |path: &str| node.get_int(path) == Some(0) || node.get_str(path) == Some("0%");
    if let (Some(least), Some(most)) =
        (node.get("podDisruptionBudget.minAvailable"), node.get("podDisruptionBudget.maxUnavailable"))
    {
        out.push(
            Diagnostic::error("budget-two", format!("the disruption budget of `{name}` says two things"))
                .at(most.key_span(), "and this")
                .and(least.key_span(), "this")
                .fix("keep one of the two"),
        );
    }
    let fewest = node.get_int("autoscaling.minReplicas").or(node.get_int("replicas")).unwrap_or(2);
    let least = node.get("podDisruptionBudget.minAvailable");
    let blocked = node.get_int("podDisruptionBudget.minAvailable").is_some_and(|m| m >= fewest)
        || node.get_str("podDisruptionBudget.minAvailable") == Some("100%");
    if let Some(at) = least
        .filter(|_| blocked)
        .or(node.get("podDisruptionBudget.maxUnavailable").filter(|_| nothing("podDisruptionBudget.maxUnavailable")))
    {
        out.push(
            Diagnostic::error("budget-blocks", format!("the disruption budget of `{name}` lets no pod go"))
                .at(at.span(), format!("with {fewest} pods at the least, a node can never be drained"))
                .fix("leave at least one pod: `maxUnavailable: 1`"),
        );
    }
    if node.get_str("strategy.type") == Some("Recreate") {
        for field in ["maxSurge", "maxUnavailable"] {
            if let Some(given) = node.get(&format!("strategy.{field}")) {
                out.push(
                    Diagnostic::error("strategy-field", format!("`{field}` means nothing with `Recreate`"))
                        .at(given.key_span(), "all old pods end before a new one starts")
                        .fix("remove the line, or use `RollingUpdate`"),
                );
            }
        }
    } else if nothing("strategy.maxSurge")
        && node.get("strategy.maxUnavailable").is_none_or(|_| nothing("strategy.maxUnavailable"))
    {
        out.push(
            Diagnostic::error("strategy-stuck", format!("an upgrade of `{name}` could never begin"))
                .at(node.get("strategy.maxSurge").and_then(Node::span), "no pod more, and none may be missing")
                .fix("let `maxSurge` or `maxUnavailable` be 1"),
        );
    }
}

fn exposure(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    if let Some(port) = node.get("service.nodePort")
        && node.get_str("service.type") != Some("NodePort")
    {
        out.push(
            Diagnostic::error("node-port", format!("`{name}` names a port of the nodes, and its Service opens none"))
                .at(port.key_span(), "for type NodePort only")
                .fix("add `type: NodePort`, or remove the line"),
        );
    }
}

fn ports(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    let list = node.get("ports").and_then(Node::as_list).unwrap_or_default();
    let mut names: BTreeMap<&str, &Node> = BTreeMap::new();
    let mut numbers: BTreeMap<(i64, &str), &Node> = BTreeMap::new();
    for entry in list {
        let word = entry.get_str("name").unwrap_or_default();
        let (Some(port), protocol) = (entry.get_int("port"), entry.get_str("protocol").unwrap_or("TCP")) else {
            out.push(
                Diagnostic::error("port-missing", format!("the port `{word}` of `{name}` has no number"))
                    .at(entry.key_span(), "no `port`")
                    .fix("add `port: 8080`"),
            );
            continue;
        };
        if !is_name(word, 15) {
            out.push(
                Diagnostic::error("port-name", format!("`{word}` cannot be the name of a port"))
                    .at(entry.key_span(), "lower-case letters, digits and dashes, at most 15")
                    .fix("shorten it, such as `http` or `metrics`"),
            );
        }
        let first = names.insert(word, entry).or(numbers.insert((port, protocol), entry));
        if let Some(first) = first {
            out.push(
                Diagnostic::error("port-twice", format!("`{name}` has the port {port} ({word}) twice"))
                    .at(entry.key_span(), "this one")
                    .and(first.key_span(), "and this one")
                    .fix("remove one of the two, or give it another name and number"),
            );
        }
    }
    if let Some(port) = node.get("metrics.port")
        && !list.is_empty()
        && !list.iter().any(|p| p.get_int("targetPort") == node.get_int("metrics.port"))
    {
        out.push(
            Diagnostic::error("metrics-port", format!("`{name}` serves metrics on a port that it does not declare"))
                .at(port.span(), "not among `ports`")
                .fix("add it to `ports`, such as `ports: { http: 8000, metrics: 9090 }`"),
        );
    }
}

fn account(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    let rules = node.get("serviceAccount.rules").and_then(Node::as_list).unwrap_or_default();
    for rule in rules {
        for field in ["verbs", "resources"] {
            let empty = rule.get(field).and_then(Node::as_list).is_none_or(<[Node]>::is_empty);
            if empty {
                out.push(
                    Diagnostic::error("rule-empty", format!("a rule of the account of `{name}` has no `{field}`"))
                        .at(rule.key_span(), "allows nothing")
                        .fix("write `get,list configmaps`, or `{ resources: [configmaps], verbs: [get, list] }`"),
                );
            }
        }
        for field in ["verbs", "resources", "apiGroups"] {
            let all = rule.get(field).and_then(Node::as_list).unwrap_or_default();
            if let Some(star) = all.iter().find(|v| v.as_str() == Some("*")) {
                out.push(
                    Diagnostic::error(
                        "rule-wildcard",
                        format!("a rule of the account of `{name}` allows every one of its {field}"),
                    )
                    .at(star.span(), "more than anybody can check")
                    .fix("name what it needs"),
                );
            }
        }
    }
    if node.get_bool("serviceAccount.automount") == Some(false)
        && let Some(first) = node.get("serviceAccount.rules").filter(|_| !rules.is_empty())
    {
        out.push(
            Diagnostic::error(
                "rule-without-token",
                format!("the account of `{name}` has rules, and its pods get no token"),
            )
            .at(node.get("serviceAccount.automount").and_then(Node::span), "no token")
            .and(first.key_span(), "of no use without one")
            .fix("remove `automount: false`, or the rules"),
        );
    }
}

/// Labels and annotations: keys that Kubernetes takes, and that are not ours.
fn words(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    for field in ["labels", "annotations"] {
        for (key, value) in node.get(field).and_then(Node::as_map).into_iter().flatten() {
            let ours = key.starts_with("bowline.dev/") || field == "labels" && key.starts_with("app.kubernetes.io/");
            if ours {
                out.push(
                    Diagnostic::error("label-reserved", format!("`{key}` of `{name}` is set by Bowline"))
                        .at(value.key_span(), "selectors and stamps rest on it")
                        .fix("use a key of your own, such as `example.org/team`"),
                );
            } else if !is_key(key) || field == "labels" && !value.as_str().is_some_and(is_value) {
                out.push(
                    Diagnostic::error("label-invalid", format!("`{key}` of `{name}` is no {} that Kubernetes takes", &field[..field.len() - 1]))
                        .at(value.key_span(), "a name of 63 letters, digits, dashes, dots and underscores, perhaps behind a domain and a slash; values of labels alike")
                        .fix(if field == "labels" { "shorten it, or make it an annotation" } else { "correct the key" }),
                );
            }
        }
    }
}

/// What several services claim. `services` are complete.
pub(super) fn check_all(services: &BTreeMap<String, Node>, out: &mut Vec<Diagnostic>) {
    let mut doors: BTreeMap<i64, (&String, &Node)> = BTreeMap::new();
    let mut claims: BTreeMap<&str, (&String, &Node)> = BTreeMap::new();
    let mut accounts: BTreeMap<&str, (&String, &Node)> = BTreeMap::new();
    for (name, node) in services {
        for (need, written) in node.get("dependsOn").and_then(Node::as_map).into_iter().flatten() {
            if services.get(need).and_then(|n| n.get_str("kind")) == Some("CronJob") {
                out.push(
                    Diagnostic::error(
                        "depends-schedule",
                        format!("`{name}` waits for `{need}`, which runs by the clock"),
                    )
                    .at(written.key_span(), "a CronJob is never healthy and never done")
                    .fix("remove the dependency, or make it `kind: Job`"),
                );
            }
        }
        if let Some(port) = node.get("service.nodePort")
            && let Some((other, first)) =
                doors.insert(node.get_int("service.nodePort").unwrap_or_default(), (name, port))
        {
            out.push(
                Diagnostic::error("node-port-twice", format!("`{other}` and `{name}` open the same port of the nodes"))
                    .at(port.span(), format!("`{name}`"))
                    .and(first.span(), format!("`{other}`"))
                    .fix("give one of the two another number from 30000 to 32767"),
            );
        }
        for claim in node.get("claims").and_then(Node::as_list).unwrap_or_default() {
            let word = claim.get_str("name").unwrap_or_default();
            if let Some((other, first)) = claims.insert(word, (name, claim)).filter(|(o, _)| *o != name) {
                out.push(
                    Diagnostic::error("claim-twice", format!("`{other}` and `{name}` both make the claim `{word}`"))
                        .at(claim.key_span(), format!("`{name}`"))
                        .and(first.key_span(), format!("`{other}`"))
                        .fix("mount the volume at another path in one of the two"),
                );
            }
        }
        if let Some(account) = node.get("serviceAccount.name").and_then(Node::as_str)
            && let Some((other, first)) = accounts.insert(account, (name, node)).filter(|(o, _)| *o != name)
        {
            let place = |n: &Node| n.get("serviceAccount.name").and_then(Node::span).or(n.key_span());
            out.push(
                Diagnostic::error("account-twice", format!("`{other}` and `{name}` share the account `{account}`"))
                    .at(place(node), format!("`{name}`"))
                    .and(place(first), format!("`{other}`"))
                    .saying("each service makes the account that its pods use")
                    .fix("give each its own"),
            );
        }
    }
}
