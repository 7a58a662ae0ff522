//! kagent's agents: each with its model, its key, and the services whose tools it uses.

use std::collections::BTreeMap;

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::suggest::did_you_mean;
use crate::base::tree::{Node, Tree};
use crate::model::dns::is_name;

use super::defaults::{self, tree};

fn asked(app: Option<&Node>) -> impl Iterator<Item = (&String, &Node)> {
    app.and_then(|a| a.get("agents")?.as_map()).into_iter().flatten().filter(|(_, n)| n.as_map().is_some())
}

/// Service, path and names of each tool of an agent.
fn tools(agent: &Node) -> impl Iterator<Item = (&Node, &str, Option<&Node>)> {
    let list = agent.get("tools").and_then(Node::as_list).unwrap_or_default();
    list.iter().filter_map(|t| match t.as_str() {
        Some(_) => Some((t, "/mcp", None)),
        None => Some((t.get("service")?, t.get_str("path").unwrap_or("/mcp"), t.get("tools"))),
    })
}

fn model(agent: &Node) -> (Option<&str>, Option<&str>) {
    let model = agent.get("model");
    let name = model.and_then(|m| m.as_str().or_else(|| m.get_str("name")));
    let known = [
        ("gemini", "Gemini"),
        ("gpt", "OpenAI"),
        ("o1", "OpenAI"),
        ("o3", "OpenAI"),
        ("o4", "OpenAI"),
        ("claude", "Anthropic"),
    ];
    let told = name.and_then(|n| known.iter().find(|(begin, _)| n.starts_with(begin))).map(|(_, p)| *p);
    (model.and_then(|m| m.get_str("provider")).or(told), name)
}

/// Where the provider's key lies: a Secret and a key in it.
fn key<'n>(agent: &'n Node, services: &'n BTreeMap<String, Node>) -> Option<(&'n str, &'n str)> {
    let asked = agent.get("apiKey")?;
    let Some(name) = asked.as_str() else { return Some((asked.get_str("secretName")?, asked.get_str("key")?)) };
    let of = |node: &'n Node| {
        let secret = node.get("secrets")?.as_map()?.get(name)?;
        Some((secret.get_str("secret")?, secret.get_str("key")?))
    };
    services.values().find_map(of)
}

/// Tells the services which agents call them, so that policies let them.
pub(super) fn complete(app: Option<&Node>, services: &mut BTreeMap<String, Node>) {
    for (name, agent) in asked(app) {
        for (service, ..) in tools(agent) {
            if let Some(node) = service.as_str().and_then(|s| services.get_mut(s)) {
                called_by(node, name);
            }
        }
    }
}

/// Notes that pods of a unit call a service.
pub(super) fn called_by(service: &mut Node, unit: &str) {
    let mut all = service.get("calledBy").and_then(Node::as_list).unwrap_or_default().to_vec();
    if !all.iter().any(|n| n.as_str() == Some(unit)) {
        all.push(Node::text(unit, "it calls the service"));
    }
    service.put("calledBy", Node::default(Tree::List(all), "who else calls the service"));
}

/// What the app's own unit holds: `agents` and `agentServers`, one entry for each object.
pub(super) fn of(app: &Node, services: &BTreeMap<String, Node>, name: &str, namespace: &str) -> Option<(Node, Node)> {
    let (mut agents, mut servers) = (Vec::new(), BTreeMap::new());
    for (agent, node) in asked(Some(app)) {
        let mut used = Vec::new();
        let mut targets = Vec::new();
        for (service, path, names) in tools(node) {
            let unit = service.as_str().unwrap_or_default();
            let Some(port) = services.get(unit).and_then(defaults::first_port) else { continue };
            let server = format!("{unit}-mcp");
            let url = format!("http://{unit}.{namespace}:{port}{path}");
            let target = services.get(unit).and_then(defaults::listens_on).unwrap_or(port);
            targets.push(json!({ "unit": unit, "instance": format!("{name}-{unit}"), "port": target }));
            let mut entry = tree(
                &json!({ "name": server, "url": url, "description": format!("tools of {unit}") }),
                "a service with tools",
            );
            entry.adopt(service);
            used.push(json!({ "server": server, "names": names.map(Node::json).unwrap_or(json!([])) }));
            servers.entry(server).or_insert(entry);
        }
        let (provider, model) = model(node);
        let (secret, key) = key(node, services).unzip();
        let host = node.get_str("model.host");
        let facts = json!({
            "name": agent, "instance": format!("{name}-{agent}"), "provider": provider, "model": model, "tools": used, "calls": targets,
            "description": node.get_str("description").unwrap_or("an agent"), "instructions": node.get_str("instructions"),
            "secret": secret, "key": key, "host": host,
        });
        let mut entry = tree(&facts, "an agent of the app");
        entry.adopt(node);
        for field in ["secret", "key", "host"] {
            if entry.get(field).is_some_and(Node::is_null) {
                entry.remove(field);
            }
        }
        for (field, from) in [
            ("description", "description"),
            ("instructions", "instructions"),
            ("provider", "model"),
            ("model", "model"),
            ("host", "model"),
            ("secret", "apiKey"),
            ("key", "apiKey"),
            ("tools", "tools"),
            ("calls", "tools"),
        ] {
            if let (Tree::Map(map), Some(written)) = (&mut entry.tree, node.get(from))
                && let Some(made) = map.get_mut(field)
            {
                made.adopt(written);
            }
        }
        agents.push(entry);
    }
    if agents.is_empty() {
        return None;
    }
    let list = |items| Node::default(Tree::List(items), "the agents of the app");
    Some((list(agents), list(servers.into_values().collect())))
}

/// What the pods of the agents may use, for the quota.
pub(super) fn models(app: &Node) -> Vec<Node> {
    let size = json!({ "requests": { "cpu": "100m", "memory": "256Mi" }, "limits": { "cpu": "1", "memory": "1Gi" } });
    asked(Some(app)).map(|_| tree(&json!({ "kind": "Deployment", "resources": size }), "an agent's pod")).collect()
}

/// What is wrong with the agents. `services` are complete.
pub(super) fn check(app: Option<&Node>, services: &BTreeMap<String, Node>, others: &[&str], out: &mut Vec<Diagnostic>) {
    for (name, agent) in asked(app) {
        if !is_name(name, 50) || services.contains_key(name) || others.contains(&name.as_str()) {
            out.push(
                Diagnostic::error("agent-name", format!("`{name}` cannot be the name of an agent"))
                    .at(agent.key_span(), "a DNS label of at most 50 characters that no part of the app has")
                    .fix("use lower-case letters, digits and dashes, such as `todo-helper`"),
            );
        }
        let mut missing = |field: &str, fix: &str| {
            if agent.get(field).is_none() {
                out.push(
                    Diagnostic::error("agent-field", format!("the agent `{name}` has no `{field}`"))
                        .at(agent.key_span(), "not said")
                        .fix(fix),
                );
            }
        };
        missing("instructions", "add `instructions:` with what it is to do");
        missing("model", "add `model: gemini-2.5-flash`, or another");
        let (provider, word) = model(agent);
        if let Some(asked) = agent.get("model")
            && (provider.is_none() || word.is_none())
        {
            out.push(
                Diagnostic::error("agent-model", "nothing tells who offers this model, or which it is")
                    .at(asked.span(), "unknown")
                    .fix("write `model: { provider: Ollama, name: llama3.2 }`"),
            );
        }
        match agent.get("apiKey") {
            Some(asked) if key(agent, services).is_none() => {
                let names = services.values().filter_map(|n| n.get("secrets")?.as_map()).flat_map(BTreeMap::keys);
                let near = asked.as_str().and_then(|w| did_you_mean(w, names.map(String::as_str)));
                out.push(
                    Diagnostic::error("agent-key", format!("no service has the secret that `{name}` needs"))
                        .at(asked.span(), "not a secret of a service")
                        .fix(near.unwrap_or_else(|| {
                            "name one of `secrets`, or write `{ secretName: …, key: … }`".to_owned()
                        })),
                );
            }
            None if provider.is_some_and(|p| p != "Ollama") => out.push(
                Diagnostic::error("agent-key", format!("the model of `{name}` needs its provider's key"))
                    .at(agent.get("model").and_then(Node::span), "not without a key")
                    .fix("add `apiKey: GEMINI_API_KEY` with a secret of one of the services"),
            ),
            _ => {}
        }
        for (service, path, _) in tools(agent) {
            let word = service.as_str().unwrap_or_default();
            if services.get(word).and_then(defaults::first_port).is_none() {
                let near = did_you_mean(word, services.keys().map(String::as_str));
                out.push(
                    Diagnostic::error("agent-tool", format!("`{word}` is no service with a port"))
                        .at(service.span(), "nothing to call")
                        .fix(near.unwrap_or_else(|| "name a service that offers its tools by MCP".to_owned())),
                );
            }
            if !path.starts_with('/') {
                out.push(
                    Diagnostic::error("ingress-path", format!("the path `{path}` does not begin with a slash"))
                        .at(service.span(), "of this tool")
                        .fix(format!("write `/{path}`")),
                );
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_models_name_tells_its_provider() {
        let told = |text: &str| {
            let agent = tree(&json!({ "model": text }), "test");
            model(&agent).0.map(str::to_owned)
        };
        assert_eq!(told("gemini-2.5-flash").as_deref(), Some("Gemini"));
        assert_eq!(told("claude-sonnet-4").as_deref(), Some("Anthropic"));
        assert_eq!(told("llama3"), None);
        let long = json!({ "model": { "provider": "Ollama", "name": "llama3" } });
        assert_eq!(model(&tree(&long, "test")), (Some("Ollama"), Some("llama3")));
    }
}
