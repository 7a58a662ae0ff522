//! What watches an app: which metrics Prometheus reads and how it finds them, alerts, a dashboard.

use std::collections::BTreeMap;

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::shared_map::SharedMap;
use crate::base::tree::{Node, Tree};

/// Tells each unit what the app's `monitoring` asks of it: below `monitoring` of the unit.
pub(super) fn complete(app: Option<&Node>, units: [&mut BTreeMap<String, Node>; 3]) {
    let Some(asked) = app.and_then(|a| a.get("monitoring")).filter(|n| n.as_map().is_some()) else { return };
    for node in units.into_iter().flat_map(BTreeMap::values_mut) {
        let mut own = asked.clone();
        own.put_default("namespace", Node::text("monitoring", "where Prometheus usually runs"));
        if own.get("labels").is_none() {
            own.put("labels", Node::empty_map("no labels asked for"));
        }
        // without metrics there is nothing to read
        let metrics = node.get("metrics.path").is_some() && node.get("metrics.port").is_some();
        if !metrics {
            own.remove("scrape");
        }
        let port = node.get_int("metrics.port");
        let ports = node.get("ports").and_then(Node::as_list).unwrap_or_default();
        let name = ports.iter().find(|p| p.get_int("targetPort") == port).and_then(|p| p.get("name")).cloned();
        if let Some(name) = name.filter(|_| metrics) {
            own.put("port", name);
        }
        node.put("monitoring", own);
        if metrics {
            node.put_default("metrics.status", Node::text("status", "the usual label"));
        }
    }
}

/// Who may read the metrics of a unit: an entry of `ingressFrom`.
pub(super) fn reader(unit: &Node) -> Option<serde_json::Value> {
    unit.get("monitoring.scrape")?;
    Some(json!({ "prometheus": unit.get_str("monitoring.namespace")?, "port": unit.get_int("metrics.port")? }))
}

/// What the dashboard shows of services that tell about their requests; nothing without a dashboard.
pub(super) fn dashboard(app: &Node, services: &BTreeMap<String, Node>) -> Option<Node> {
    app.get_bool("monitoring.dashboard").filter(|d| *d)?;
    let why = "the app's `monitoring` asks for a dashboard";
    let told = |field: &str| {
        let named = services.iter().filter_map(|(name, node)| {
            let metrics = node.get("metrics")?;
            let metric = metrics.get(field).filter(|m| m.as_str().is_some())?;
            let status = metrics.get("status").cloned().unwrap_or_else(|| Node::text("status", "the usual label"));
            let mut told = metric.with(Tree::Map(SharedMap::default()));
            told.put("name", metric.with(Tree::Text(name.clone())));
            told.put(field, metric.clone());
            told.put("status", status);
            Some(told)
        });
        Node::default(Tree::List(named.collect()), why)
    };
    let mut node = Node::empty_map(why);
    node.put("requests", told("requests"));
    node.put("durations", told("duration"));
    node.origin = app.get("monitoring").map_or(node.origin, |n| n.origin.clone());
    Some(node)
}

/// Metrics that Prometheus could not read, and autoscalers that work against each other.
pub(super) fn check(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    for field in ["requests", "duration", "status"] {
        let Some(given) = node.get(&format!("metrics.{field}")) else { continue };
        let text = given.as_str().unwrap_or_default();
        let plain = text.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')
            && text.chars().all(|c| c.is_ascii_alphanumeric() || c == '_' || c == ':' && field != "status");
        if !plain {
            out.push(
                Diagnostic::error("metric-name", format!("`{text}` is no name that Prometheus takes"))
                    .at(given.span(), "letters, digits and underscores")
                    .fix("write it as the service prints it, such as `http_requests_total`"),
            );
        } else if field == "duration" && ["_bucket", "_sum", "_count"].iter().any(|e| text.ends_with(e)) {
            out.push(
                Diagnostic::error("metric-name", format!("`{text}` is a part of a histogram"))
                    .at(given.span(), "its name has no such ending")
                    .fix("leave out `_bucket`, `_sum` or `_count`"),
            );
        }
    }
    let updates = node.get("verticalAutoscaling").filter(|v| v.as_str() == Some("update"));
    if let (Some(vertical), Some(horizontal)) = (updates, node.get("autoscaling").filter(|n| !n.is_null())) {
        out.push(
            Diagnostic::error("vpa-hpa-conflict", format!("two autoscalers of `{name}` follow the same load"))
                .at(vertical.span(), "changes the requests")
                .and(horizontal.key_span(), "counts in percent of the requests")
                .saying("each answers what the other did, and the number of pods swings")
                .fix("write `verticalAutoscaling: recommend`, or remove one of the two"),
        );
    }
}

/// What `app.monitoring` asks for and cannot have.
pub(super) fn check_app(app: Option<&Node>, services: &BTreeMap<String, Node>, out: &mut Vec<Diagnostic>) {
    let Some(asked) = app.and_then(|a| a.get("monitoring")) else { return };
    let Some(scrape) = asked.get("scrape") else { return };
    if !services.values().any(|n| n.get("metrics.path").is_some()) {
        out.push(
            Diagnostic::error("metrics-missing", "no service says where its metrics are")
                .at(scrape.span(), "nothing to read")
                .fix("add `metrics: /metrics` to a service, or remove `scrape`"),
        );
    }
}
