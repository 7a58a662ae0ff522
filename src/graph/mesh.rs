//! A service mesh: its proxy beside services that run all the time, and only encrypted calls to those that nobody
//! calls from outside. Jobs end and databases speak first, so both stay out of it.

use std::collections::BTreeMap;

use serde_json::json;

use crate::base::tree::{Node, Tree};

use super::defaults::tree;

/// Puts the services into the app's mesh. They are complete.
pub(super) fn complete(app: Option<&Node>, services: &mut BTreeMap<String, Node>) {
    let Some(mesh) = app.and_then(|a| a.get("mesh")) else { return };
    let Some(kind) = mesh.as_str() else { return };
    let (namespace, control): (&str, &[i64]) =
        if kind == "istio" { ("istio-system", &[15012]) } else { ("linkerd", &[8080, 8086, 8090]) };
    for node in services.values_mut().filter(|n| n.get_str("kind") == Some("Deployment")) {
        // an Ingress controller and a port of the nodes are outside the mesh
        let open =
            node.get("ingress").is_some() || matches!(node.get_str("service.type"), Some("NodePort" | "LoadBalancer"));
        let scraped = node.get("monitoring.scrape").is_some().then(|| node.get_int("metrics.port")).flatten();
        let ports = node.get("ports").and_then(Node::as_list).unwrap_or_default();
        let closed: Vec<Node> = ports
            .iter()
            .filter(|p| !open && p.get_int("targetPort") != scraped && p.get_str("protocol") == Some("TCP"))
            .cloned()
            .collect();
        let mut facts =
            tree(&json!({ "kind": kind, "mode": if open { "PERMISSIVE" } else { "STRICT" } }), "the app's mesh");
        facts.origin = mesh.origin.clone();
        facts.requirements.clone_from(&mesh.requirements);
        facts.put("ports", Node::default(Tree::List(closed), "what is called from inside the mesh"));
        if let Some(port) = scraped.filter(|_| !open) {
            facts.put("scraped", tree(&json!(port), "Prometheus reads from outside the mesh"));
        }
        let mut egress = node.get("egress").and_then(Node::as_list).unwrap_or_default().to_vec();
        let why = "the proxy asks the mesh's control plane";
        egress.extend(control.iter().map(|p| tree(&json!({ "namespace": namespace, "port": p, "why": why }), why)));
        node.put("egress", Node::default(Tree::List(egress), "what the unit calls"));
        node.put("mesh", facts);
    }
}
