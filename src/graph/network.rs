//! Who may call whom: what `egress` says, and the edges that follow from dependencies, exposure and databases.

use std::collections::BTreeMap;
use std::net::IpAddr;

use serde_json::json;

use crate::base::diag::Diagnostic;
use crate::base::shared_map::SharedMap;
use crate::base::tree::{Node, Tree};
use crate::model::app::{Role, Unit};

use super::defaults;

/// What one line of `egress` means.
#[derive(Debug, PartialEq, Eq)]
enum Target {
    /// A host outside of the cluster.
    Public,
    /// Addresses: a canonical CIDR.
    Addresses(String),
    /// A Service of the cluster, with its namespace.
    Service { name: String, namespace: String },
}

/// Names that stand for private addresses, which a rule for public ones leaves out.
const PRIVATE: &[&str] = &[".internal", ".local", ".localdomain", ".lan", ".home.arpa", ".intranet", ".corp"];

/// What cannot be meant, and what to write.
type Wrong = (String, String);

/// Takes `host`, `host:port`, `cidr:port` or `[v6]:port` apart; port 443 unless given.
fn parse(text: &str) -> Result<(Target, String, i64), Wrong> {
    let wrong = |message: String, fix: &str| Err((message, fix.to_owned()));
    if let Some((scheme, rest)) = text.split_once("://") {
        let host = rest.split(['/', '?', '#']).next().unwrap_or(rest);
        let host = host.rsplit('@').next().unwrap_or(host);
        let port = match scheme {
            "http" => 80,
            "postgres" | "postgresql" => 5432,
            _ => 443,
        };
        let fix = if host.contains(':') { host.to_owned() } else { format!("{host}:{port}") };
        return wrong(
            format!("`{scheme}://…` is an address; a policy knows hosts and ports"),
            &format!("write `{fix}`"),
        );
    }
    let (host, port) = split(text)?;
    if let Some((address, length)) = address(host) {
        let Some(cidr) = canonical(address, length) else {
            return wrong(format!("`{host}` is no range of addresses"), "write it as `203.0.113.0/24`");
        };
        if address.is_loopback() {
            return wrong(format!("`{host}` never leaves the pod"), "remove it: no policy is asked");
        }
        if length.is_some() && cidr != host {
            return wrong(format!("`{host}` has more digits than its range"), &format!("write `{cidr}:{port}`"));
        }
        return Ok((Target::Addresses(cidr), host.to_owned(), port));
    }
    let name = host.strip_prefix("*.").unwrap_or(host).trim_end_matches('.').to_lowercase();
    let label = |l: &str| {
        (1..=63).contains(&l.len())
            && l.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
            && !l.starts_with('-')
            && !l.ends_with('-')
    };
    if name.len() > 253 || !name.split('.').all(label) {
        return wrong(
            format!("`{host}` is neither a host name nor a range of addresses"),
            "write `host:port` or `cidr:port`",
        );
    }
    if name == "localhost" || name.ends_with(".localhost") {
        return wrong(format!("`{host}` never leaves the pod"), "remove it: no policy is asked");
    }
    let inside = name.strip_suffix(".cluster.local").unwrap_or(&name);
    if let Some(service) = inside.strip_suffix(".svc") {
        let mut labels = service.rsplit('.');
        if let (Some(namespace), Some(name)) = (labels.next(), labels.next()) {
            let (name, namespace) = (name.to_owned(), namespace.to_owned());
            return Ok((Target::Service { name, namespace }, host.to_owned(), port));
        }
    }
    if inside != name || name.ends_with(".svc") {
        return wrong(format!("`{host}` names no Service of the cluster"), "write `name.namespace.svc:port`");
    }
    if !name.contains('.') {
        let fix = format!(
            "name a part of the app under `dependsOn`; a Service of another namespace is `{name}.<namespace>.svc:{port}`"
        );
        return wrong(format!("`{host}` is no host outside of the cluster"), &fix);
    }
    if PRIVATE.iter().any(|p| name.ends_with(p)) {
        let fix = format!("write the address: `192.168.49.1/32:{port}`");
        return wrong(format!("`{host}` has a private address, which a rule for public ones leaves out"), &fix);
    }
    Ok((Target::Public, host.to_owned(), port))
}

/// Host and port; IPv6 addresses stand in brackets.
fn split(text: &str) -> Result<(&str, i64), Wrong> {
    let number = |port: &str| {
        let given = port.parse::<i64>().ok().filter(|p| (1..=65535).contains(p) && !port.starts_with('+'));
        given.ok_or_else(|| {
            (format!("`{port}` is no port"), "write a number from 1 to 65535 behind the colon".to_owned())
        })
    };
    if let Some(rest) = text.strip_prefix('[') {
        let Some((host, behind)) = rest.split_once(']') else {
            return Err((
                format!("`{text}` opens a bracket and does not close it"),
                "write `[2001:db8::/32]:443`".to_owned(),
            ));
        };
        return match behind.strip_prefix(':') {
            Some(port) => Ok((host, number(port)?)),
            None if behind.is_empty() => Ok((host, 443)),
            None => Err((format!("`{behind}` is no port"), "write `[2001:db8::/32]:443`".to_owned())),
        };
    }
    match text.split_once(':') {
        None => Ok((text, 443)),
        Some((_, port)) if port.contains(':') => Err((
            format!("`{text}` can be read in two ways"),
            "put an IPv6 address in brackets: `[2001:db8::/32]:443`".to_owned(),
        )),
        Some((host, port)) => Ok((host, number(port)?)),
    }
}

/// An address with the length of its prefix; `None` for a name. A length that is no number comes as 255.
fn address(text: &str) -> Option<(IpAddr, Option<u8>)> {
    match text.split_once('/') {
        Some((address, length)) => Some((address.parse().ok()?, Some(length.parse().unwrap_or(u8::MAX)))),
        None => Some((text.parse().ok()?, None)),
    }
}

/// The range that an address and a length stand for, as the API server wants it.
fn canonical(address: IpAddr, length: Option<u8>) -> Option<String> {
    match address {
        IpAddr::V4(v4) => {
            let length = length.unwrap_or(32);
            let mask = u32::MAX.checked_shl(32 - u32::from(length.min(32))).unwrap_or(0);
            (length <= 32).then(|| format!("{}/{length}", std::net::Ipv4Addr::from(u32::from(v4) & mask)))
        }
        IpAddr::V6(v6) => {
            let length = length.unwrap_or(128);
            let mask = u128::MAX.checked_shl(128 - u32::from(length.min(128))).unwrap_or(0);
            (length <= 128).then(|| format!("{}/{length}", std::net::Ipv6Addr::from(u128::from(v6) & mask)))
        }
    }
}

/// The long form of one line of `egress`; what is wrong with it, [`check`] says.
pub(super) fn target(node: &Node) -> Node {
    let Some(text) = node.as_str() else { return node.clone() };
    let (what, host, port) = parse(text).unwrap_or((Target::Public, text.to_owned(), 443));
    let said = |value: &serde_json::Value| {
        let mut made = defaults::tree(value, "");
        made.adopt(node);
        made
    };
    said(&match what {
        Target::Public => json!({ "host": host, "ports": tcp(&[port]) }),
        Target::Addresses(cidr) => json!({ "host": host, "cidr": cidr, "ports": tcp(&[port]) }),
        Target::Service { namespace, .. } => json!({ "host": host, "namespace": namespace, "ports": tcp(&[port]) }),
    })
}

/// Lines of `egress` that cannot be meant. `block` is as it was written; `units` are the names of the app's parts.
pub(super) fn check(block: &Node, namespace: &str, out: &mut Vec<Diagnostic>) {
    let section = |name: &str| block.get(name).and_then(Node::as_map).into_iter().flatten();
    let own = |name: &str| section("services").chain(section("resources")).any(|(n, _)| n == name);
    for (unit, node) in section("services").chain(section("resources")) {
        for line in node.as_map().and_then(|m| m.get("egress")).and_then(Node::as_list).unwrap_or_default() {
            let Some(text) = line.as_str() else { continue };
            let (message, fix) = match parse(text) {
                Err(wrong) => wrong,
                Ok((Target::Service { name, namespace: of }, ..)) if of == namespace && own(&name) => (
                    format!("`{text}` is a part of the app"),
                    format!("name it under `dependsOn`: `dependsOn: [{name}]`"),
                ),
                Ok(_) => continue,
            };
            let found = Diagnostic::error("egress-target", format!("`{unit}` may not call that: {message}"));
            out.push(found.at(line.span(), "no host and port").fix(fix));
        }
    }
}

/// The Ingress controllers that are known by their IngressClass: namespace and label of the pods.
const CONTROLLERS: &[(&str, &str, &str)] = &[
    ("nginx", "ingress-nginx", "ingress-nginx"),
    ("traefik", "traefik", "traefik"),
    ("contour", "projectcontour", "contour"),
    ("haproxy", "haproxy-controller", "kubernetes-ingress"),
];

/// Who stands in front of the Ingress: what the spec says, else what its IngressClass tells; without a class the one
/// that Minikube and kind bring. An empty map when nobody knows.
pub(super) fn controller<'a>(app: Option<&Node>, each: impl Iterator<Item = Option<&'a Node>>) -> Node {
    if let Some(given) = app.and_then(|a| a.get("ingressController")) {
        return given.clone();
    }
    let mut classes: Vec<&str> =
        each.map(|a| a.and_then(|a| a.get_str("ingressClassName")).unwrap_or("nginx")).collect();
    classes.sort_unstable();
    classes.dedup();
    let known = match classes.as_slice() {
        [class] => CONTROLLERS.iter().find(|(name, ..)| name == class),
        [] => CONTROLLERS.first(),
        _ => None,
    };
    match known {
        Some((class, namespace, label)) => defaults::tree(
            &json!({ "namespace": namespace, "podLabels": { "app.kubernetes.io/name": label } }),
            &format!("where the controller of the IngressClass {class} runs"),
        ),
        None => Node::empty_map("nobody says where the Ingress controller runs"),
    }
}

/// Gives each unit its edges: `egress` from what it depends on and declares, `ingressFrom` from who depends on it and
/// from how it is exposed. Both ends name the same ports.
pub(super) fn edges(units: &mut [Unit], controller: &Node) {
    let ports: BTreeMap<String, Vec<Node>> = units.iter().map(|u| (u.name.clone(), all_ports(&u.union))).collect();
    let outside: BTreeMap<String, Vec<Node>> =
        units.iter().filter(|u| is_external(&u.union)).map(|u| (u.name.clone(), list(&u.union, "egress"))).collect();
    let mut callers: BTreeMap<String, Vec<Node>> = BTreeMap::new();
    for unit in units.iter() {
        for need in unit.needs.iter().filter(|n| ports.get(&n.unit).is_some_and(|p| !p.is_empty())) {
            let mut caller = defaults::tree(&json!({ "unit": unit.name }), "those who depend on the unit");
            caller.put("ports", numbers(&ports[&need.unit]));
            callers.entry(need.unit.clone()).or_default().push(caller);
        }
    }
    for unit in units.iter_mut() {
        let external = is_external(&unit.union);
        let own = ports.get(&unit.name).cloned().unwrap_or_default();
        let mut from = callers.remove(&unit.name).unwrap_or_default();
        for caller in list(&unit.union, "calledBy") {
            let mut node = caller.with(Tree::Map(SharedMap::default()));
            node.put("ports", numbers(&own));
            node.put("unit", caller);
            from.push(node);
        }
        from.extend(
            super::monitoring::reader(&unit.union).map(|r| spelled(defaults::tree(&r, "Prometheus reads metrics"))),
        );
        if let (Some(written), Some(port)) = (unit.union.get("ingress"), own.first()) {
            let mut caller = controller.clone();
            caller.put("ingress", written.with(Tree::Bool(true)));
            caller.put("ports", numbers(std::slice::from_ref(port)));
            from.push(caller);
        }
        if matches!(unit.union.get_str("service.type"), Some("NodePort" | "LoadBalancer")) && !own.is_empty() {
            let mut caller = defaults::tree(&json!({ "anyone": true }), "the Service is open to the outside");
            caller.put("ports", numbers(&own));
            from.push(caller);
        }
        let mut egress: Vec<Node> =
            if external { Vec::new() } else { list(&unit.union, "egress").into_iter().map(spelled).collect() };
        for need in &unit.needs {
            let written = unit.union.get("dependsOn").and_then(|n| n.as_map()?.get(&need.unit));
            let of_need = |mut node: Node| {
                if let Some(written) = written {
                    node.adopt(written);
                }
                node
            };
            if let Some(targets) = outside.get(&need.unit) {
                egress.extend(targets.iter().map(|t| {
                    let mut target = t.clone();
                    target.put("database", Node::text(&need.unit, "a database outside of the cluster"));
                    if target.span().is_some() { target } else { of_need(target) }
                }));
            } else if let Some(ports) = ports.get(&need.unit).filter(|p| !p.is_empty()) {
                let made = defaults::tree(&json!({ "unit": need.unit }), "a unit may call what it depends on");
                let mut target = of_need(made);
                target.put("ports", numbers(ports));
                egress.push(target);
            }
        }
        if let Some(rules) = unit.union.get("serviceAccount.rules") {
            let api = json!({ "api": true, "ports": tcp(&[443, 6443, 8443]) });
            let mut target = defaults::tree(&api, "its rules are of use with the API server only");
            target.adopt(rules);
            egress.push(target);
        }
        if unit.role == Role::App {
            continue;
        }
        for node in unit.environments.values_mut().chain(std::iter::once(&mut unit.union)) {
            node.put("egress", Node::default(Tree::List(egress.clone()), "what the unit depends on and declares"));
            node.put("ingressFrom", Node::default(Tree::List(from.clone()), "those who depend on the unit"));
        }
    }
}

/// Whether it is a resource that runs elsewhere.
pub(super) fn is_external(node: &Node) -> bool {
    node.get_str("class") == Some("external")
}

fn list(node: &Node, path: &str) -> Vec<Node> {
    node.get(path).and_then(Node::as_list).unwrap_or_default().to_vec()
}

/// What a pod listens on, port and protocol, each from the line that names it.
fn all_ports(node: &Node) -> Vec<Node> {
    let open = |p: &Node| {
        let port = p.get("targetPort").or_else(|| p.get("port"))?;
        let mut open = port.with(Tree::Map(SharedMap::default()));
        open.put("port", port.clone());
        open.put("protocol", p.get("protocol").cloned().unwrap_or_else(|| Node::text("TCP", "TCP unless given")));
        Some(open)
    };
    list(node, "ports").iter().filter_map(open).collect()
}

/// An edge that names one TCP port by its number, with the list of ports that all others have.
fn spelled(mut edge: Node) -> Node {
    if let (None, Some(port)) = (edge.get("ports"), edge.get_int("port")) {
        let mut ports = defaults::tree(&tcp(&[port]), "one port over TCP");
        if let Some(written) = edge.get("port") {
            ports.adopt(written);
        }
        edge.put("ports", ports);
    }
    edge
}

fn tcp(ports: &[i64]) -> serde_json::Value {
    ports.iter().map(|port| json!({ "port": port, "protocol": "TCP" })).collect()
}

fn numbers(ports: &[Node]) -> Node {
    Node::default(Tree::List(ports.to_vec()), "the ports of the unit")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_addresses_and_services() {
        let public = |host: &str, port| Ok((Target::Public, host.to_owned(), port));
        assert_eq!(parse("api.openai.com"), public("api.openai.com", 443));
        assert_eq!(parse("API.example.org:8443"), public("API.example.org", 8443));
        assert_eq!(parse("*.neon.tech:5432"), public("*.neon.tech", 5432));
        for (text, cidr, port) in [
            ("203.0.113.0/24:5432", "203.0.113.0/24", 5432),
            ("203.0.113.7:80", "203.0.113.7/32", 80),
            ("203.0.113.7", "203.0.113.7/32", 443),
            ("0.0.0.0/0:25", "0.0.0.0/0", 25),
            ("[2001:db8::/32]:443", "2001:db8::/32", 443),
            ("[2001:db8::1]", "2001:db8::1/128", 443),
            ("[::/0]:443", "::/0", 443),
        ] {
            let (target, _, found) = parse(text).unwrap_or_else(|e| panic!("{text}: {e:?}"));
            assert_eq!((target, found), (Target::Addresses(cidr.to_owned()), port), "{text}");
        }
        for text in ["redis.cache.svc:6379", "redis.cache.svc.cluster.local:6379", "redis-0.redis.cache.svc:6379"] {
            let target = Target::Service { name: "redis".to_owned(), namespace: "cache".to_owned() };
            assert_eq!(parse(text).unwrap().0, target, "{text}");
        }
    }

    #[test]
    fn what_cannot_be_meant() {
        for (text, fix) in [
            ("https://api.openai.com/v1", "write `api.openai.com:443`"),
            ("postgresql://u:p@db.example.org/x", "write `db.example.org:5432`"),
            ("api.openai.com:https", "write a number from 1 to 65535 behind the colon"),
            ("api.openai.com:0", "write a number from 1 to 65535 behind the colon"),
            ("api.openai.com:70000", "write a number from 1 to 65535 behind the colon"),
            ("2001:db8::1:443", "put an IPv6 address in brackets: `[2001:db8::/32]:443`"),
            ("[2001:db8::1:443", "write `[2001:db8::/32]:443`"),
            ("203.0.113.7/24:443", "write `203.0.113.0/24:443`"),
            ("203.0.113.0/33:443", "write it as `203.0.113.0/24`"),
            ("203.0.113.0/x:443", "write it as `203.0.113.0/24`"),
            ("127.0.0.1:8000", "remove it: no policy is asked"),
            ("localhost:8000", "remove it: no policy is asked"),
            ("redis.svc:6379", "write `name.namespace.svc:port`"),
            ("10-0-0-1.cache.pod.cluster.local:80", "write `name.namespace.svc:port`"),
            ("host.docker.internal:11434", "write the address: `192.168.49.1/32:11434`"),
            ("a b.example.org:443", "write `host:port` or `cidr:port`"),
            ("", "write `host:port` or `cidr:port`"),
        ] {
            assert_eq!(parse(text).map_err(|(_, fix)| fix), Err(fix.to_owned()), "{text}");
        }
        assert!(parse("redis:6379").is_err_and(|(_, fix)| fix.contains("dependsOn") && fix.contains(".svc:6379")));
    }
}
