//! What watches an app.

use serde_json::{Value as Json, json};

use crate::laws::{at, held};
use crate::wrong::{said, service};

pub(crate) fn block(monitoring: &str, metrics: &str) -> String {
    format!(
        "app: {{ name: shop, monitoring: {monitoring} }}\nservices:\n  backend: {{ build: app/backend, ports: {{ http: 80, stats: 9090 }}, \
         metrics: {metrics}, dependsOn: [database] }}\n  page: {{ build: app/frontend, ports: [3000], verticalAutoscaling: recommend, \
         autoscaling: {{ minReplicas: 1, maxReplicas: 2, cpu: 70 }} }}\nresources:\n  database: {{ type: postgres, class: in-cluster, \
         verticalAutoscaling: update, backup: \"@daily\" }}   # FR-004\nenvironments: {{ local: {{}} }}\n"
    )
}

/// The names that the worked example's backend prints at /metrics (app/backend/todo/observe.py).
pub(crate) const NAMES: &str =
    "{ path: /metrics, port: 9090, requests: http_requests_total, duration: http_request_duration_seconds }";

#[test]
fn the_operator_gets_monitors_alerts_and_a_dashboard() {
    let made = held(&block("operator", NAMES), "objects-operator");
    let monitor = &made["backend/ServiceMonitor"]["spec"];
    assert_eq!(monitor["endpoints"][0]["port"], "stats");
    assert_eq!(monitor["endpoints"][0]["path"], "/metrics");
    let labels = at(&made["backend/Service"], "/metadata/labels");
    for (label, value) in monitor["selector"]["matchLabels"].as_object().unwrap() {
        assert_eq!(&labels[label], value, "the monitor selects the Service");
    }
    assert!(!made.contains_key("page/ServiceMonitor"), "no metrics, no monitor");
    let policy = made["backend/NetworkPolicy"]["spec"]["ingress"].as_array().unwrap();
    let reads = policy.iter().find(|r| r.to_string().contains("\"monitoring\"")).expect("Prometheus may read");
    assert_eq!(reads["ports"], json!([{ "protocol": "TCP", "port": 9090 }]), "and nothing but the metrics");

    let alerts = |unit: &str| -> Vec<String> {
        let rules = at(&made[&format!("{unit}/PrometheusRule")], "/spec/groups/0/rules").as_array().unwrap();
        assert!(
            rules.iter().all(|r| r["expr"].as_str().is_some_and(|e| e.contains("namespace=\"shop\""))),
            "{rules:?}"
        );
        rules.iter().map(|r| r["alert"].as_str().unwrap().to_owned()).collect()
    };
    assert_eq!(alerts("backend"), ["PodsMissing", "RestartsOften", "MemoryNearLimit", "ManyErrors", "SlowAnswers"]);
    assert_eq!(alerts("page"), ["PodsMissing", "RestartsOften", "MemoryNearLimit"]);
    assert_eq!(alerts("database"), ["PodsMissing", "VolumeNearlyFull", "RestartsOften", "MemoryNearLimit"]);
    assert_eq!(alerts("database-backup"), ["JobFailed", "NoneForTwoDays"]);

    let map = &made["shop/ConfigMap/dashboard"];
    assert_eq!(at(map, "/metadata/labels/grafana_dashboard"), "1");
    let dashboard: Json =
        serde_json::from_str(map["data"]["dashboard.json"].as_str().unwrap()).expect("a dashboard is JSON");
    let panels = dashboard["panels"].as_array().unwrap();
    assert_eq!(panels.len(), 8);
    let all: Vec<&str> =
        panels.iter().flat_map(|p| p["targets"].as_array().unwrap()).map(|t| t["expr"].as_str().unwrap()).collect();
    assert!(all.iter().all(|e| e.contains("namespace=\"shop\"")), "{all:#?}");
    assert!(all.contains(&"sum(rate(http_requests_total{namespace=\"shop\", pod=~\"backend-.+\"}[5m]))"), "{all:#?}");
    assert!(all.iter().any(|e| e.contains("http_request_duration_seconds_bucket")), "{all:#?}");
    assert_eq!(panels[3]["targets"][0]["legendFormat"], "{{deployment}}");

    let vertical = |unit: &str| made[&format!("{unit}/VerticalPodAutoscaler")]["spec"].clone();
    assert_eq!(vertical("page")["updatePolicy"]["updateMode"], "Off");
    assert_eq!(vertical("database")["updatePolicy"]["updateMode"], "Recreate");
    assert_eq!(vertical("database")["targetRef"]["kind"], "StatefulSet");
}

#[test]
fn a_dashboard_without_known_metrics_is_json_too() {
    let made = held(&block("{ dashboard: true }", "/metrics"), "objects-dashboard");
    let text = made["shop/ConfigMap/dashboard"]["data"]["dashboard.json"].as_str().unwrap();
    let dashboard: Json = serde_json::from_str(text).expect(text);
    assert_eq!(dashboard["panels"].as_array().unwrap().len(), 5);
    assert!(!made.keys().any(|k| k.ends_with("Monitor") || k.ends_with("Rule")), "{:?}", made.keys());
}

#[test]
fn annotations_need_no_operator() {
    let made = held(&block("{ scrape: annotations, namespace: observability }", NAMES), "objects-annotations");
    let annotations = at(&made["backend/Deployment"], "/spec/template/metadata/annotations");
    assert_eq!(annotations["prometheus.io/scrape"], "true");
    assert_eq!(annotations["prometheus.io/port"], "9090");
    assert!(!made.keys().any(|k| k.ends_with("Monitor") || k.ends_with("Rule")), "{:?}", made.keys());
    assert!(made["backend/NetworkPolicy"].to_string().contains("observability"));
    let labelled = held(&block("{ scrape: serviceMonitor, labels: { release: stack } }", NAMES), "objects-labels");
    assert_eq!(at(&labelled["backend/ServiceMonitor"], "/metadata/labels/release"), "stack");
}

#[test]
fn what_cannot_be_watched_is_told() {
    assert_eq!(
        said("app: { name: shop, monitoring: annotations }\nservices:\n  a: { image: \"a:1\" }\n"),
        ["metrics-missing 1"]
    );
    for (fields, expected) in [
        ("ports: [80], metrics: { path: /m, requests: http-requests }", "metric-name 4"),
        ("ports: [80], metrics: { path: /m, duration: seconds_bucket }", "metric-name 4"),
        ("verticalAutoscaling: update, autoscaling: { minReplicas: 1, maxReplicas: 2, cpu: 70 }", "vpa-hpa-conflict 4"),
        ("verticalAutoscaling: off", "field-shape 4"),
    ] {
        assert_eq!(service(fields), [expected], "{fields}");
    }
}
