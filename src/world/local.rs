//! Is the cluster of a context on this machine? Evidence first; without any, only a person who names the context may go on.

use serde_json::Value;

use super::cluster::Context;
use super::process::{Cancel, command, run};

/// Where images have to go, so that the cluster has them.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Node {
    Minikube {
        profile: String,
    },
    Kind {
        cluster: String,
    },
    /// A containerd socket, as `BOWLINE_CONTAINERD` names it.
    Containerd {
        socket: String,
    },
    /// Not known: nothing can be loaded.
    Unknown,
}

/// The decision, and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Locality {
    pub local: bool,
    pub node: Node,
    /// One line: `context minikube: Minikube wrote it (provider minikube.sigs.k8s.io)`.
    pub evidence: String,
}

/// Why a context is refused.
#[derive(Debug, thiserror::Error, PartialEq, Eq)]
#[error("context `{context}` is not known to be local ({evidence})")]
pub struct NotLocal {
    pub context: String,
    pub evidence: String,
}

/// Looks at the evidence. `containerd`: the value of `BOWLINE_CONTAINERD`; `kind_clusters`: see [`kind_clusters`].
pub fn locality(context: &Context, containerd: Option<&str>, kind_clusters: Option<&[String]>) -> Locality {
    let name = &context.name;
    let socket = containerd.filter(|s| !s.is_empty()).map(|s| Node::Containerd { socket: s.to_owned() });
    let minikube = context.extensions.iter().any(|e| provider(e) == Some("minikube.sigs.k8s.io"));
    if minikube {
        let evidence = format!("context {name}: Minikube wrote it (provider minikube.sigs.k8s.io)");
        let profile = Node::Minikube { profile: name.clone() };
        return Locality { local: true, node: socket.unwrap_or(profile), evidence };
    }
    if let Some(cluster) = name.strip_prefix("kind-") {
        let node = socket.clone().unwrap_or(Node::Kind { cluster: cluster.to_owned() });
        let (local, evidence) = match kind_clusters {
            Some(all) if all.iter().any(|c| c == cluster) => {
                (true, format!("context {name}: `kind get clusters` lists {cluster}"))
            }
            Some(_) => {
                (false, format!("it is named as kind names them, and `kind get clusters` does not list {cluster}"))
            }
            // the name alone is no proof; an address on this machine beside it is
            None if is_loopback(&context.server) => {
                (true, format!("context {name}: named as kind names them, at {} on this machine", context.server))
            }
            None => (false, "it is named as kind names them, and `kind` is not installed to confirm it".to_owned()),
        };
        return Locality { local, node, evidence };
    }
    if let Some(node) = socket {
        if is_loopback(&context.server) {
            let evidence =
                format!("context {name}: BOWLINE_CONTAINERD is set, and {} is on this machine", context.server);
            return Locality { local: true, node, evidence };
        }
        let evidence = format!("BOWLINE_CONTAINERD is set, but {} is not on this machine", context.server);
        return Locality { local: false, node, evidence };
    }
    let evidence = format!("neither Minikube nor kind made it; its server is {}", context.server);
    Locality { local: false, node: Node::Unknown, evidence }
}

/// A context that is not local is refused, unless it was named.
pub fn allow(locality: &Locality, context: &str, named: bool) -> Result<(), NotLocal> {
    if locality.local || named {
        return Ok(());
    }
    Err(NotLocal { context: context.to_owned(), evidence: locality.evidence.clone() })
}

/// `kind get clusters`; nothing when kind is not installed or does not answer.
pub fn kind_clusters() -> Option<Vec<String>> {
    let output = run(command("kind", ["get", "clusters"]), &Cancel::default()).ok().filter(|o| o.success)?;
    Some(output.stdout.lines().map(str::trim).filter(|l| !l.is_empty()).map(str::to_owned).collect())
}

fn provider(extension: &Value) -> Option<&str> {
    extension.get("provider")?.as_str()
}

fn is_loopback(server: &str) -> bool {
    let host = server.split("://").nth(1).unwrap_or(server);
    let host = host.split('/').next().unwrap_or_default();
    let host = host.rsplit_once(':').map_or(host, |(h, port)| if port.contains(']') { host } else { h });
    let host = host.trim_matches(['[', ']']);
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn context(name: &str, server: &str, extensions: Vec<Value>) -> Context {
        let cluster = name.to_owned();
        Context { name: name.into(), cluster, server: server.into(), namespace: None, current: true, extensions }
    }

    #[test]
    fn evidence_decides() {
        let minikube = context("work", "https://192.168.49.2:8443", vec![json!({"provider":"minikube.sigs.k8s.io"})]);
        let found = locality(&minikube, None, None);
        assert!(found.local);
        assert_eq!(found.node, Node::Minikube { profile: "work".into() });

        let named_so = context("minikube", "https://prod.example.com", vec![]);
        let found = locality(&named_so, None, None);
        assert!(!found.local, "a name is no evidence");
        let refusal = allow(&found, "minikube", false).unwrap_err().to_string();
        assert!(refusal.contains("prod.example.com"), "{refusal}");
        assert!(allow(&found, "minikube", true).is_ok());

        let kind = context("kind-dev", "https://127.0.0.1:4000", vec![]);
        assert!(locality(&kind, None, Some(&["dev".into()])).local);
        assert!(!locality(&kind, None, Some(&["other".into()])).local);
        assert!(locality(&kind, None, None).local);
        let far = context("kind-dev", "https://10.1.2.3:6443", vec![]);
        assert!(!locality(&far, None, None).local);

        let bare = context("x", "https://[::1]:6443", vec![]);
        assert_eq!(locality(&bare, Some("/run/c.sock"), None).node, Node::Containerd { socket: "/run/c.sock".into() });
        assert!(locality(&bare, Some("/run/c.sock"), None).local);
        assert!(!locality(&context("x", "https://a.example", vec![]), Some("/run/c.sock"), None).local);
    }
}
