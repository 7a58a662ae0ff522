//! What is asked of the platform around an app: backups, HTTPS, a dashboard, agents.

use serde_json::Value as Json;

use crate::base::tree::Node;
use crate::check::view::{Object, Scope, list};

use super::images::is_database;
use super::{Asked, Out};

/// A CronJob with the name of the database and what it does in its own.
pub(super) fn backup(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for database in scope.long_running().filter(is_database) {
        let saves = |job: &Object<'_>| {
            let name = job.name();
            name.contains(database.name()) && (name.contains("backup") || name.contains("dump"))
        };
        if !scope.of_kind("CronJob").any(|job| saves(&job)) {
            let message = format!("nothing backs {} up", database.label());
            let fix = "add `backup: \"0 3 * * *\"` to the resource in the spec";
            out.object(scope, &database, message, database.place(), "no CronJob saves its data", fix);
        }
    }
}

/// Every host of every Ingress has a certificate.
pub(super) fn ingress_tls(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    for ingress in scope.of_kind("Ingress") {
        let covered: Vec<&str> = list(ingress.node, "spec.tls")
            .iter()
            .filter(|t| t.get_str("secretName").is_some())
            .flat_map(|t| list(t, "hosts"))
            .filter_map(Node::as_str)
            .collect();
        for host in list(ingress.node, "spec.rules").iter().filter_map(|r| r.get("host")) {
            if !host.as_str().is_some_and(|h| covered.contains(&h)) {
                let message =
                    format!("{} answers {} without HTTPS", ingress.label(), host.as_str().unwrap_or_default());
                let fix =
                    "write `ingress: { path: /, tls: self-signed }`, or name a Secret with `tls: { secretName: … }`";
                out.object(scope, &ingress, message, host.span(), "no certificate for this host", fix);
            }
        }
    }
}

/// A dashboard that Grafana finds, that is JSON, and that asks something in every panel.
pub(super) fn dashboard(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let labelled = |o: &Object<'_>| {
        o.node.get("metadata.labels").and_then(Node::as_map).is_some_and(|m| m.contains_key("grafana_dashboard"))
    };
    let mut any = false;
    for map in scope.of_kind("ConfigMap").filter(labelled) {
        any = true;
        for (key, node) in map.node.get("data").and_then(Node::as_map).into_iter().flatten() {
            let json: Option<Json> = node.as_str().and_then(|text| serde_json::from_str(text).ok());
            let asks = |panel: &Json| {
                let targets = panel["targets"].as_array();
                targets.is_some_and(|t| {
                    !t.is_empty() && t.iter().all(|q| q["expr"].as_str().is_some_and(|e| !e.is_empty()))
                })
            };
            let panels = json.as_ref().and_then(|j| j["panels"].as_array());
            let whole = panels.is_some_and(|p| !p.is_empty() && p.iter().all(asks));
            if !whole {
                let message = format!("the dashboard `{key}` of {} shows nothing", map.label());
                let fix = "give it panels with a query each, as JSON";
                out.object(scope, &map, message, node.span(), "no panels, or one without a query", fix);
            }
        }
    }
    if !any {
        let fix = "add `monitoring: { dashboard: true }` to `app` in the spec";
        out.whole(Some(scope.environment), "there is no Grafana dashboard".to_owned(), fix);
    }
}

/// An agent, its model, and the servers of its tools.
pub(super) fn kagent(_: &Asked<'_>, scope: &Scope<'_>, out: &mut Out<'_>) {
    let ours = |o: &Object<'_>| o.api_version().starts_with("kagent.dev/");
    let agents: Vec<Object<'_>> = scope.of_kind("Agent").filter(ours).collect();
    if agents.is_empty() {
        let fix =
            "add `agents: { helper: { instructions: …, model: gemini-2.5-flash, apiKey: … } }` to `app` in the spec";
        out.whole(Some(scope.environment), "there is no kagent Agent".to_owned(), fix);
    }
    for agent in agents {
        let model = agent.node.get("spec.declarative.modelConfig").map(|n| ("ModelConfig", n));
        let tools = list(agent.node, "spec.declarative.tools").iter().filter_map(|t| t.get("mcpServer"));
        let servers = tools
            .filter(|s| s.get_str("kind") == Some("RemoteMCPServer") && s.get("namespace").is_none())
            .filter_map(|s| Some(("RemoteMCPServer", s.get("name")?)));
        for (kind, name) in model.into_iter().chain(servers) {
            let text = name.as_str().unwrap_or_default();
            if scope.find(kind, text).is_none() {
                let message = format!("{} uses the {kind} `{text}`, which nothing makes", agent.label());
                let fix = "correct the name, or let `app.agents` of the spec make it";
                out.object(scope, &agent, message, name.span(), "not there", fix);
            }
        }
    }
}
