//! OpenTelemetry: the variables that its libraries read, and a collector beside the services when the app asks for one.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::tree::{Node, Tree};

use super::defaults::tree;
use super::{agents, expand};

/// Name of the collector's unit.
pub(super) const COLLECTOR: &str = "otel-collector";
const IMAGE: &str = "otel/opentelemetry-collector:0.138.0";

fn asked(app: Option<&Node>) -> Option<&Node> {
    app?.get("telemetry").filter(|n| n.as_map().is_some())
}

/// The collector as a service of the app, when it asks for one and has none of that name.
pub(super) fn collector(app: Option<&Node>, services: &mut BTreeMap<String, Node>) {
    let Some(asked) = asked(app).filter(|t| t.get_bool("collector") == Some(true)) else { return };
    if services.contains_key(COLLECTOR) {
        return;
    }
    let onward = asked.get_str("endpoint");
    let health = json!({ "httpGet": { "path": "/", "port": 13133 } });
    let block = json!({
        "image": IMAGE,
        "args": ["--config=/etc/otel/config.yaml"],
        "replicas": 1,
        "ports": [
            { "name": "otlp-http", "port": 4318 }, { "name": "otlp-grpc", "port": 4317 }, { "name": "health", "port": 13133 },
        ],
        "livenessProbe": health, "readinessProbe": health, "startupProbe": health,
        "files": { "/etc/otel/config.yaml": { "content": config(onward) } },
        "resources": { "requests": { "cpu": "50m", "memory": "128Mi" }, "limits": { "cpu": "500m", "memory": "256Mi" } },
    });
    let mut node = expand::service(&tree(&block, "the app's `telemetry` asks for a collector"), COLLECTOR);
    node.origin = asked.origin.clone();
    node.requirements.clone_from(&asked.requirements);
    if let Some(target) = onward.and_then(target) {
        node.put(
            "egress",
            Node::default(Tree::List(vec![tree(&target, "where the collector sends traces on")]), "telemetry"),
        );
    }
    services.insert(COLLECTOR.to_owned(), node);
}

fn config(onward: Option<&str>) -> String {
    let exporter = onward.map_or_else(|| "debug".to_owned(), |_| "otlphttp".to_owned());
    let settings =
        onward.map_or_else(|| "debug: {}".to_owned(), |url| format!("otlphttp:\n    endpoint: {}", Json::from(url)));
    let pipeline = |name: &str| {
        format!(
            "    {name}:\n      receivers: [otlp]\n      processors: [memory_limiter, batch]\n      exporters: [{exporter}]\n"
        )
    };
    format!(
        "receivers:\n  otlp:\n    protocols:\n      http: {{ endpoint: \"0.0.0.0:4318\" }}\n      grpc: {{ endpoint: \"0.0.0.0:4317\" }}\n\
         processors:\n  memory_limiter: {{ check_interval: 1s, limit_percentage: 80, spike_limit_percentage: 20 }}\n  batch: {{}}\n\
         exporters:\n  {settings}\n\
         extensions:\n  health_check: {{ endpoint: \"0.0.0.0:13133\" }}\n\
         service:\n  extensions: [health_check]\n  pipelines:\n{}{}{}",
        pipeline("traces"),
        pipeline("metrics"),
        pipeline("logs")
    )
}

/// Gives services that run all the time the variables, and lets them reach the collector. They are complete.
pub(super) fn complete(app: Option<&Node>, name: &str, services: &mut BTreeMap<String, Node>) {
    let Some(asked) = asked(app) else { return };
    let beside = asked.get_bool("collector") == Some(true);
    let endpoint = if beside {
        format!("http://{COLLECTOR}:4318")
    } else {
        asked.get_str("endpoint").unwrap_or_default().to_owned()
    };
    let mut callers = Vec::new();
    for (service, node) in services.iter_mut() {
        if node.get_str("kind") != Some("Deployment") || service == COLLECTOR {
            continue;
        }
        for (variable, value) in [
            ("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint.as_str()),
            ("OTEL_EXPORTER_OTLP_PROTOCOL", "http/protobuf"),
            ("OTEL_SERVICE_NAME", service),
            ("OTEL_RESOURCE_ATTRIBUTES", &format!("service.namespace={name}")),
        ] {
            node.put_default(&format!("environment.{variable}"), asked.with(Tree::Text(value.to_owned())));
        }
        let entry = if beside {
            Some(json!({ "unit": COLLECTOR, "port": 4318, "protocol": "TCP" }))
        } else {
            target(&endpoint)
        };
        if let Some(entry) = entry {
            let mut all = node.get("egress").and_then(Node::as_list).unwrap_or_default().to_vec();
            all.push(tree(&entry, "where OpenTelemetry sends traces"));
            node.put("egress", Node::default(Tree::List(all), "what the unit calls"));
        }
        callers.push(service.clone());
    }
    if let Some(collector) = services.get_mut(COLLECTOR).filter(|_| beside) {
        callers.iter().for_each(|caller| agents::called_by(collector, caller));
    }
}

/// An entry of `egress` for a URL: a namespace of the cluster when the host is a Service's whole name, else a host.
fn target(url: &str) -> Option<Json> {
    let (scheme, rest) = url.split_once("://")?;
    let authority = rest.split('/').next()?;
    let default = if scheme == "https" { 443 } else { 80 };
    let (host, port) = authority.rsplit_once(':').map_or((authority, default), |(h, p)| (h, p.parse().unwrap_or(0)));
    let valid = ["http", "https"].contains(&scheme)
        && (1..=65535).contains(&port)
        && !host.is_empty()
        && host.chars().all(|c| c.is_ascii_alphanumeric() || c == '-' || c == '.');
    if !valid {
        return None;
    }
    let inside = host.trim_end_matches(".cluster.local").strip_suffix(".svc");
    Some(match inside.and_then(|h| h.split_once('.')) {
        Some((_, namespace)) => {
            json!({ "namespace": namespace, "port": port, "why": "where OpenTelemetry sends traces" })
        }
        None => json!({ "host": host, "port": port }),
    })
}

/// An endpoint that is no address.
pub(super) fn check(app: Option<&Node>, out: &mut Vec<Diagnostic>) {
    let Some(asked) = asked(app) else { return };
    match asked.get("endpoint") {
        Some(given) if given.as_str().and_then(target).is_none() => out.push(
            Diagnostic::error("telemetry-endpoint", "`telemetry` does not name an address")
                .at(given.span(), "not a URL of a collector")
                .saying("traces go by OTLP over HTTP")
                .fix("write `http://collector.observability.svc:4318`, or `telemetry: collector` for one beside the services"),
        ),
        None if asked.get_bool("collector") != Some(true) => out.push(
            Diagnostic::error("telemetry-endpoint", "`telemetry` does not say where traces go")
                .at(asked.key_span(), "no `endpoint`")
                .fix("add `endpoint:`, or `collector: true` for one beside the services"),
        ),
        _ => {}
    }
}
