//! Blocks that are wrong, and what is said about them: one clear finding, at the line.

use std::collections::BTreeSet;

use bowline::base::source::Sources;
use bowline::graph::resolve::resolve;
use bowline::model::ids::FeatureId;
use bowline::model::workspace::{Block, Documents, Feature, Layout};
use bowline::read::stack::Stack;
use bowline::read::yaml::{Piece, parse};

/// Code and line of every finding.
pub(crate) fn found(block: &str) -> Vec<(&'static str, usize)> {
    let mut sources = Sources::default();
    let file = sources.add("specs/shop.md", block);
    let node = parse(&Piece::at(file, block, 0)).unwrap();
    let mut feature = Feature::new(FeatureId("shop".into()), Layout::Flat);
    (feature.spec, feature.blocks) = (Some(file), vec![Block { span: node.span().unwrap(), node }]);
    let documents = Documents { features: vec![feature].into(), ..Documents::default() };
    let stack = |asked: &bowline::read::stack::Asked<'_>| Stack {
        exists: true,
        framework: Some("fastapi".to_owned()),
        text: asked.context.ends_with(".toml").then(|| "a = 1\n".to_owned()),
        ..Stack::default()
    };
    let (app, found) = resolve(&documents, &stack);
    assert_eq!(app.is_none(), !found.is_empty(), "an app is made only when nothing is wrong");
    let line = |d: &bowline::base::diag::Diagnostic| {
        let place = d.primary.as_ref().unwrap_or_else(|| panic!("{d:#?} has no place"));
        assert!(d.fix.is_some() || d.code == "field-shape", "{d:#?} has no way out");
        (d.code, sources.position(place.span).line)
    };
    let messages: BTreeSet<_> = found.iter().map(|d| &d.message).collect();
    assert_eq!(messages.len(), found.len(), "each once: {found:#?}");
    found.iter().map(line).collect::<BTreeSet<_>>().into_iter().collect()
}

/// `code line` of every finding.
pub(crate) fn said(block: &str) -> Vec<String> {
    found(block).iter().map(|(code, line)| format!("{code} {line}")).collect()
}

/// A service of one line, the fourth, in a block.
pub(crate) fn service(fields: &str) -> Vec<String> {
    said(&format!("app: {{ name: shop }}\nservices:\n  api:\n    {{ build: app/backend, {fields} }}\n"))
}

#[test]
fn a_job_serves_nothing() {
    for field in [
        "replicas: 2",
        "ports: [80]",
        "service: NodePort",
        "ingress: /",
        "autoscaling: { minReplicas: 1, maxReplicas: 2 }",
        "metrics: /metrics",
        "podDisruptionBudget: { maxUnavailable: 1 }",
        "strategy: Recreate",
        "spread: none",
        "livenessProbe: /",
        "readinessProbe: /",
        "startupProbe: /",
        "schedule: \"@daily\"",
        "suspend: true",
    ] {
        assert!(service(&format!("kind: Job, {field}")).contains(&"job-field 4".to_owned()), "{field}");
    }
    for field in [
        "backoffLimit: 2",
        "activeDeadlineSeconds: 5",
        "ttlSecondsAfterFinished: 5",
        "schedule: \"@daily\"",
        "timeZone: UTC",
    ] {
        assert_eq!(service(field), ["job-field 4"], "{field}");
    }
    assert_eq!(service("kind: CronJob"), ["schedule-missing 4"]);
    assert_eq!(service("kind: CronJob, schedule: every night"), ["schedule-invalid 4"]);
    assert_eq!(service("kind: CronJob, schedule: \"@daily\", timeZone: Local"), ["time-zone 4"]);
    let environment = "app: { name: shop }\nservices:\n  a: { kind: CronJob, image: \"a:1\", schedule: \"@daily\" }\nenvironments:\n  local:\n    services: { a: { schedule: \"61 * * * *\" } }\n";
    assert_eq!(said(environment), ["schedule-invalid 6"]);
}

#[test]
fn fields_that_contradict_each_other_are_told() {
    for (fields, expected) in [
        ("replicas: 2, autoscaling: { minReplicas: 1, maxReplicas: 2 }", "replicas-autoscaling 4"),
        ("podDisruptionBudget: { minAvailable: 1, maxUnavailable: 1 }", "budget-two 4"),
        ("podDisruptionBudget: { minAvailable: 2 }", "budget-blocks 4"),
        ("podDisruptionBudget: { maxUnavailable: 0 }", "budget-blocks 4"),
        ("podDisruptionBudget: { maxUnavailable: half }", "share 4"),
        ("strategy: { type: Recreate, maxSurge: 1 }", "strategy-field 4"),
        ("strategy: { maxSurge: 0 }", "strategy-stuck 4"),
        ("strategy: Replace", "field-shape 4"),
        ("service: { nodePort: 30000 }", "node-port 4"),
        ("service: { type: NodePort, nodePort: 80 }", "field-shape 4"),
        ("ports: { web: { port: 80 }, api: { port: 80 } }", "port-twice 4"),
        ("ports: { web: {} }", "port-missing 4"),
        ("ports: { Web_1: 80 }", "port-name 4"),
        ("ports: [80, 99999]", "field-shape 4"),
        ("ports: [8000], metrics: { path: /metrics, port: 9090 }", "metrics-port 4"),
        ("ingress: api", "ingress-path 4"),
        ("ingress: { host: \"https://x\" }", "ingress-host 4"),
        ("securityContext: { runAsUser: 0 }", "field-shape 4"),
        ("serviceAccount: { rules: [\"get\"] }", "rule-empty 4"),
        ("serviceAccount: { rules: [\"* pods\"] }", "rule-wildcard 4"),
        ("serviceAccount: { automount: false, rules: [\"get pods\"] }", "rule-without-token 4"),
        ("labels: { app.kubernetes.io/name: x }", "label-reserved 4"),
        ("labels: { team: \"a b\" }", "label-invalid 4"),
        ("annotations: { \"a b\": x }", "label-invalid 4"),
        ("annotations: { bowline.dev/task: x }", "label-reserved 4"),
    ] {
        assert_eq!(service(fields), [expected], "{fields}");
    }
}

#[test]
fn files_and_volumes_are_checked() {
    for (fields, expected) in [
        ("files: { /etc/a: nowhere.txt }", "file-source 4"),
        ("files: { /etc/a: app/.env }", "file-secret 4"),
        ("files: { /etc/a: {} }", "file-empty 4"),
        ("files: { /etc/a: { content: x, source: a.toml } }", "file-two-sources 4"),
        ("files: { /etc/a: { content: x, mode: 0999 } }", "file-mode 4"),
        ("files: { etc/a: a.toml }", "mount-path 4"),
        ("files: { /etc/../a: a.toml }", "mount-path 4"),
        ("volumes: { /data: big }", "volume-size 4"),
        ("volumes: { /data: {} }", "volume-kind 4"),
        ("volumes: { /data: { size: 1Gi, source: x } }", "volume-kind 4"),
        ("volumes: { /data: { emptyDir: true, storageClassName: x } }", "volume-kind 4"),
        ("volumes: { /tmp: emptyDir }, temporary: [/tmp]", "mount-twice 4"),
        ("volumes: { /data: 1Gi }, replicas: 2", "volume-one-node 4"),
    ] {
        assert_eq!(service(fields), [expected], "{fields}");
    }
}

#[test]
fn what_two_services_claim_is_told_with_both_places() {
    let two = |a: &str, b: &str| {
        said(&format!(
            "app: {{ name: shop }}\nservices:\n  a: {{ build: app/a, ports: [80], {a} }}\n  b: {{ build: app/b, ports: [80], {b} }}\n"
        ))
    };
    assert_eq!(two("ingress: /x", "ingress: /x/"), ["ingress-twice 4"]);
    assert_eq!(two("ingress: /x", "ingress: { path: /x, host: other.local }"), Vec::<String>::new());
    assert_eq!(
        two("ingress: { path: /x, tls: self-signed }", "ingress: { path: /y, tls: { secretName: s } }"),
        ["ingress-tls-twice 4"]
    );
    assert_eq!(
        two("ingress: { path: /x, annotations: { k: a } }", "ingress: { path: /y, annotations: { k: b } }"),
        ["ingress-annotation 4"]
    );
    let door = "service: { type: NodePort, nodePort: 30001 }";
    assert_eq!(two(door, door), ["node-port-twice 4"]);
    assert_eq!(two("serviceAccount: { name: x }", "serviceAccount: { name: x }"), ["account-twice 4"]);
    let ingress = "app: { name: shop }\nservices:\n  a: { image: \"a:1\", ingress: / }\n";
    assert_eq!(said(ingress), ["ingress-port 3"]);
}

#[test]
fn a_namespace_is_the_apps_own() {
    let app = |fields: &str| said(&format!("app:\n  {{ {fields} }}\nservices:\n  a: {{ image: \"a:1\" }}\n"));
    for fields in
        ["name: default", "name: kube-system", "name: shop, namespace: default", "name: shop, namespace: kube-public"]
    {
        assert_eq!(app(fields), ["namespace-taken 2"], "{fields}");
    }
    assert_eq!(app("name: default, namespace: shop"), Vec::<String>::new());
    assert_eq!(said("app: { name: shop }\nservices:\n  default: { image: \"a:1\" }\n"), Vec::<String>::new());
}

#[test]
fn a_line_is_split_as_a_shell_splits_it() {
    assert_eq!(service("command: \"sh -c 'oops\""), ["field-shape 4"]);
    assert_eq!(service("command: \"sh -c 'exec api --port 80'\""), Vec::<String>::new());
}

#[test]
fn what_the_parts_of_a_field_must_agree_on() {
    for (fields, expected) in [
        ("livenessProbe: {}", "probe-action 4"),
        ("livenessProbe: { periodSeconds: 3 }", "probe-action 4"),
        ("startupProbe: { exec: {} }", "probe-action 4"),
        ("startupProbe: { exec: ~ }", "probe-action 4"),
        ("startupProbe: { exec: { command: ~ } }", "probe-action 4"),
        ("readinessProbe: { httpGet: { path: / }, tcpSocket: {} }", "probe-action 4"),
        ("podDisruptionBudget: {}", "budget-empty 4"),
        ("autoscaling: {}", "autoscaling-bounds 4"),
        ("autoscaling: { cpu: 50 }", "autoscaling-bounds 4"),
        ("autoscaling: { minReplicas: ~, maxReplicas: 3 }", "autoscaling-bounds 4"),
        ("autoscaling: { minReplicas: 5, maxReplicas: 3 }", "autoscaling-bounds 4"),
        ("resources: { requests: { cpu: 2 }, limits: { cpu: 1500m } }", "request-over-limit 4"),
        ("resources: { requests: { memory: 40Gi } }", "request-over-limit 4"),
        ("labels: { team: ~ }", "field-shape 4"),
        ("environment: { LOG_LEVEL: ~ }", "field-shape 4"),
        ("egress: [~]", "field-shape 4"),
        ("temporary: [~]", "field-shape 4"),
        ("ports: [~]", "field-shape 4"),
        ("command: [~]", "field-shape 4"),
    ] {
        assert_eq!(service(fields), [expected], "{fields}");
    }
    for fields in [
        "ports: [80], livenessProbe: { tcpSocket: ~ }",
        "ports: [80], livenessProbe: { httpGet: {} }",
        "ports: [80], ingress: { path: ~ }",
        "ports: [80], service: { type: ~ }",
        "strategy: { type: ~ }",
        "runtime: { framework: ~ }",
        "runtime: ~",
        "autoscaling: ~",
    ] {
        assert_eq!(service(fields), Vec::<String>::new(), "{fields}");
    }
    let deaf = "app: { name: shop }\nservices:\n  a: { image: \"a:1\", readinessProbe: /ready }\n";
    assert_eq!(said(deaf), ["probe-port 3"]);
    let environment = "app: { name: shop }\nservices:\n  a: { image: \"a:1\", autoscaling: { minReplicas: 2, maxReplicas: 4 } }\nenvironments:\n  local:\n    services: { a: { autoscaling: { minReplicas: 5 } } }\n";
    assert_eq!(said(environment), ["autoscaling-bounds 3"]);
}
