//! The network policies of several apps, by the rules of NetworkPolicy itself: of all pairs of pods, namespaces and
//! addresses, on all ports, exactly the declared ones may speak, and both ends agree.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::net::IpAddr;

use bowline::base::source::Sources;
use bowline::read::yaml::{Piece, parse};
use common::Space;
use serde_json::Value;

/// Somebody who may call or be called.
#[derive(Clone, Debug)]
struct Party {
    name: String,
    /// Namespace and labels of a pod; an address outside has none.
    pod: Option<(String, BTreeMap<String, String>)>,
    address: IpAddr,
}

impl Party {
    fn pod(name: &str, namespace: &str, labels: &[(&str, &str)], address: &str) -> Self {
        let labels = labels.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect();
        Self { name: name.to_owned(), pod: Some((namespace.to_owned(), labels)), address: address.parse().unwrap() }
    }

    fn outside(name: &str, address: &str) -> Self {
        Self { name: name.to_owned(), pod: None, address: address.parse().unwrap() }
    }

    fn is_in(&self, namespace: &str) -> bool {
        self.pod.as_ref().is_some_and(|(n, _)| n == namespace)
    }
}

fn list<'v>(value: &'v Value, path: &str) -> &'v [Value] {
    value.pointer(path).and_then(Value::as_array).map_or(&[], Vec::as_slice)
}

/// A label selector; only the words that the templates use are known, so that another one is seen.
fn selects(selector: &Value, labels: &BTreeMap<String, String>) -> bool {
    let map = selector.as_object().unwrap();
    assert!(map.keys().all(|k| k == "matchLabels" || k == "matchExpressions"), "{selector}");
    let excluded = list(selector, "/matchExpressions").iter().any(|e| {
        assert_eq!(e["operator"], "NotIn", "{selector}");
        let value = labels.get(e["key"].as_str().unwrap());
        value.is_some_and(|value| list(e, "/values").iter().any(|v| v == value))
    });
    if excluded {
        return false;
    }
    let wanted = map.get("matchLabels").and_then(Value::as_object).into_iter().flatten();
    wanted.into_iter().all(|(k, v)| labels.get(k).map(String::as_str) == v.as_str())
}

/// Whether an address lies in a range.
fn within(cidr: &str, address: IpAddr) -> bool {
    let (base, length) = cidr.split_once('/').unwrap();
    let length: u32 = length.parse().unwrap();
    match (base.parse().unwrap(), address) {
        (IpAddr::V4(base), IpAddr::V4(address)) => {
            length == 0 || (u32::from(base) ^ u32::from(address)) >> (32 - length) == 0
        }
        (IpAddr::V6(base), IpAddr::V6(address)) => {
            length == 0 || (u128::from(base) ^ u128::from(address)) >> (128 - length) == 0
        }
        _ => false,
    }
}

/// Whether a peer of a rule is this party. `home` is the namespace of the policy.
fn is_peer(peer: &Value, home: &str, party: &Party) -> bool {
    if let Some(block) = peer.get("ipBlock") {
        assert!(peer.as_object().unwrap().len() == 1, "{peer}");
        let except = list(block, "/except").iter().any(|e| within(e.as_str().unwrap(), party.address));
        return within(block["cidr"].as_str().unwrap(), party.address) && !except;
    }
    let Some((namespace, labels)) = &party.pod else { return false };
    let there = match peer.get("namespaceSelector") {
        // the API server gives each namespace this label
        Some(s) => selects(s, &BTreeMap::from([("kubernetes.io/metadata.name".to_owned(), namespace.clone())])),
        None => namespace == home,
    };
    there && peer.get("podSelector").is_none_or(|s| selects(s, labels))
}

/// Whether the policies of a namespace let a pod speak with a party in one direction.
fn lets(policies: &[Value], home: &str, pod: &Party, other: &Party, port: (i64, &str), out: bool) -> bool {
    let (word, rules, peers) =
        if out { ("Egress", "/spec/egress", "/to") } else { ("Ingress", "/spec/ingress", "/from") };
    let Some((namespace, labels)) = &pod.pod else { return true };
    if namespace != home {
        return true;
    }
    let own: Vec<&Value> = policies
        .iter()
        .filter(|p| p["metadata"]["namespace"] == home && selects(&p["spec"]["podSelector"], labels))
        .filter(|p| list(p, "/spec/policyTypes").iter().any(|t| t == word))
        .collect();
    own.is_empty()
        || own.iter().flat_map(|p| list(p, rules)).any(|rule| {
            let ports = list(rule, "/ports");
            let on_port = ports.is_empty()
                || ports.iter().any(|p| p["port"] == port.0 && p["protocol"].as_str().unwrap_or("TCP") == port.1);
            let with = list(rule, peers);
            on_port && (with.is_empty() || with.iter().any(|p| is_peer(p, home, other)))
        })
}

/// Everything that an environment's manifests say.
fn objects(space: &Space, folder: &str) -> Vec<Value> {
    let files = space.tree(folder).into_keys().filter(|f| !f.ends_with("kustomization.yaml"));
    let read = |path: String| {
        let text = space.read(&path);
        let mut sources = Sources::default();
        let file = sources.add(&path, text.as_str());
        parse(&Piece::at(file, &text, 0)).unwrap().json()
    };
    files.map(read).collect()
}

/// An app, and every edge that its spec declares: caller, callee, port. `*` calls from everywhere.
struct Case {
    name: &'static str,
    block: &'static str,
    edges: &'static [(&'static str, &'static str, i64)],
}

const CASES: &[Case] = &[
    Case {
        name: "chain",
        block: "
services:
  web: { image: nginx:1.27.3, ports: [3000], ingress: /, dependsOn: [api] }
  api: { build: app/api, ports: [8000], dependsOn: [database], egress: [api.example.org:443] }
resources:
  database: { type: postgres, class: in-cluster, migrations: { service: api, command: alembic upgrade head } }
",
        edges: &[
            ("ingress-nginx", "web", 3000),
            ("web", "api", 8000),
            ("api", "database", 5432),
            ("database-migrate", "database", 5432),
            ("api", "public-v4", 443),
            ("api", "in-range-v4", 443),
            ("api", "public-v6", 443),
            ("api", "in-range-v6", 443),
        ],
    },
    Case {
        name: "external",
        block: "
services:
  api: { build: app/api, ports: [8000], dependsOn: [neon, ledger] }
  bystander: { image: nginx:1.27.3, ports: [8000] }
resources:
  neon: { type: postgres, class: external, migrations: { service: api, command: alembic upgrade head } }
  ledger: { type: postgres, class: external, egress: ['203.0.113.0/24:6432', '[2001:db8:7::/48]:6432'] }
",
        edges: &[
            ("api", "public-v4", 5432),
            ("api", "in-range-v4", 5432),
            ("api", "public-v6", 5432),
            ("api", "in-range-v6", 5432),
            ("api", "in-range-v4", 6432),
            ("api", "in-range-v6", 6432),
            ("neon-migrate", "public-v4", 5432),
            ("neon-migrate", "in-range-v4", 5432),
            ("neon-migrate", "public-v6", 5432),
            ("neon-migrate", "in-range-v6", 5432),
        ],
    },
    Case {
        name: "ports",
        block: "
services:
  gate: { image: nginx:1.27.3, ports: [8080], service: { type: NodePort }, dependsOn: { store: started } }
  store: { image: nginx:1.27.3, ports: { http: 7000, grpc: 7001 }, egress: [redis.cache.svc:6379, '10.1.2.3:25'] }
  page: { image: nginx:1.27.3, ports: [3000, 3001], ingress: { path: /page } }
  silent: { image: busybox:1.36.1, dependsOn: [store, page] }
",
        edges: &[
            ("*", "gate", 8080),
            ("gate", "store", 7000),
            ("gate", "store", 7001),
            ("store", "cache", 6379),
            ("store", "cache-other", 6379),
            ("store", "private-10", 25),
            ("traefik", "page", 3000),
            ("silent", "store", 7000),
            ("silent", "store", 7001),
            ("silent", "page", 3000),
            ("silent", "page", 3001),
        ],
    },
    Case {
        name: "unknown",
        block: "
services:
  one: { image: nginx:1.27.3, ports: [80], ingress: / }
  two: { image: nginx:1.27.3, ports: [80] }
",
        edges: &[
            ("elsewhere", "one", 80),
            ("ingress-nginx", "one", 80),
            ("ingress-nginx-other", "one", 80),
            ("traefik", "one", 80),
            ("cache", "one", 80),
            ("cache-other", "one", 80),
            ("kube-dns", "one", 80),
            ("kube-system-other", "one", 80),
        ],
    },
];

/// What `app` holds besides the name.
fn app(name: &str) -> &'static str {
    match name {
        "ports" => ", ingressController: traefik",
        "unknown" => ", ingressClassName: homegrown",
        _ => "",
    }
}

fn parties(name: &str) -> Vec<Party> {
    vec![
        Party::pod("ingress-nginx", "ingress-nginx", &[("app.kubernetes.io/name", "ingress-nginx")], "10.244.1.1"),
        Party::pod("ingress-nginx-other", "ingress-nginx", &[("app", "other")], "10.244.1.2"),
        Party::pod("traefik", "traefik", &[("app.kubernetes.io/name", "traefik")], "10.244.1.3"),
        Party::pod("cache", "cache", &[("app", "redis")], "10.244.1.4"),
        Party::pod("cache-other", "cache", &[("app", "other")], "10.244.1.5"),
        Party::pod("elsewhere", "elsewhere", &[], "10.244.1.6"),
        Party::pod("kube-dns", "kube-system", &[("k8s-app", "kube-dns")], "10.244.1.7"),
        Party::pod("kube-system-other", "kube-system", &[("k8s-app", "other")], "10.244.1.8"),
        // in the namespace of the app, and not of the app
        Party::pod("stranger", name, &[("app.kubernetes.io/name", "stranger")], "10.244.1.9"),
        Party::outside("public-v4", "198.51.100.7"),
        Party::outside("in-range-v4", "203.0.113.9"),
        Party::outside("public-v6", "2606:4700::1111"),
        Party::outside("in-range-v6", "2001:db8:7::1"),
        Party::outside("private-10", "10.1.2.3"),
        Party::outside("private-172", "172.20.0.1"),
        Party::outside("private-192", "192.168.49.1"),
        Party::outside("shared", "100.64.0.1"),
        Party::outside("metadata", "169.254.169.254"),
        Party::outside("unique-local", "fd00:ec2::254"),
        Party::outside("link-local", "fe80::1"),
    ]
}

fn generated(case: &Case) -> Space {
    let space = Space::empty();
    let text = format!(
        "# App\n\n```yaml bowline\napp: {{ name: {}{} }}\n{}```\n",
        case.name,
        app(case.name),
        case.block.trim_start()
    );
    space.write("specs/app.md", text);
    space.write("app/api/requirements.txt", "fastapi==0.115.0\nuvicorn==0.32.0\n");
    space.write("app/api/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n");
    space.write("tasks/app.md", "# Tasks\n");
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space
}

fn pods(objects: &[Value], namespace: &str) -> Vec<(Party, Vec<i64>)> {
    let workloads = objects.iter().filter(|o| o.pointer("/spec/template/spec").is_some());
    let all = workloads.enumerate().map(|(index, object)| {
        assert_eq!(object["metadata"]["namespace"], namespace);
        let labels = object.pointer("/spec/template/metadata/labels").unwrap().as_object().unwrap();
        let labels: BTreeMap<String, String> =
            labels.iter().map(|(k, v)| (k.clone(), v.as_str().unwrap().to_owned())).collect();
        let name = labels["app.kubernetes.io/name"].clone();
        let ports = list(object, "/spec/template/spec/containers/0/ports").iter();
        let ports = ports.map(|p| p["containerPort"].as_i64().unwrap()).collect();
        let address = format!("10.244.0.{}", index + 1).parse().unwrap();
        (Party { name, pod: Some((namespace.to_owned(), labels)), address }, ports)
    });
    all.collect()
}

/// Everything that an environment lets through and the spec does not declare, or the reverse, over all pairs and ports.
fn violations(case: &Case, space: &Space) -> Vec<String> {
    let objects = objects(space, &format!("out/{}/local", case.name));
    let policies: Vec<Value> = objects.iter().filter(|o| o["kind"] == "NetworkPolicy").cloned().collect();
    let own = pods(&objects, case.name);
    let others = parties(case.name);
    let all: Vec<&Party> = own.iter().map(|(p, _)| p).chain(&others).collect();
    let mut ports: BTreeSet<i64> = own.iter().flat_map(|(_, p)| p.iter().copied()).collect();
    ports.extend(case.edges.iter().map(|(.., port)| *port));
    ports.extend([22, 25, 53, 80, 443, 5432, 6379, 6432, 9999]);
    let (mut looked, mut found) = (0, Vec::new());
    for (from, to) in all.iter().flat_map(|from| all.iter().map(move |to| (*from, *to))) {
        if from.name == to.name || !(from.is_in(case.name) || to.is_in(case.name)) {
            continue;
        }
        for (port, protocol) in ports.iter().flat_map(|p| [(*p, "TCP"), (*p, "UDP")]) {
            looked += 1;
            let out = lets(&policies, case.name, from, to, (port, protocol), true);
            let into = lets(&policies, case.name, to, from, (port, protocol), false);
            let declared = |name: &str| {
                protocol == "TCP" && case.edges.iter().any(|(a, b, p)| *a == name && *b == to.name && *p == port)
            };
            let dns = from.is_in(case.name) && to.name == "kube-dns" && port == 53;
            // both ends say the same, so that neither relies on the other: a pod of the app calls what it depends on, and is
            // called by those who do and, when it is open to all, by everyone
            let may_call = !from.is_in(case.name) || declared(&from.name) || dns;
            let may_be_called = !to.is_in(case.name) || declared(&from.name) || declared("*");
            if (out, into) != (may_call, may_be_called) {
                found.push(format!("{} to {} on {port}/{protocol}: out {out}, in {into}", from.name, to.name));
            }
        }
    }
    assert!(looked > 1000, "{}: only {looked} pairs", case.name);
    // and no rule that nothing needs: each one opens an edge that is declared
    for policy in policies.iter().filter(|p| p["metadata"]["name"] != "dns") {
        let unit = policy["metadata"]["name"].as_str().unwrap();
        let rules = list(policy, "/spec/ingress").len() + list(policy, "/spec/egress").len();
        let edges = case.edges.iter().filter(|(a, b, _)| *a == unit || *b == unit).count();
        if rules > edges {
            found.push(format!("{unit} has {rules} rules for {edges} edges"));
        }
    }
    found
}

#[test]
fn exactly_the_declared_pairs_may_speak() {
    for case in CASES {
        assert_eq!(violations(case, &generated(case)), Vec::<String>::new(), "{}", case.name);
    }
}

/// The walk over all pairs sees each hole and each lack that a template can have: a test that cannot fail is none.
#[test]
fn a_template_that_is_wrong_is_seen() {
    let home = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("templates");
    let changes: &[(&str, &str, &str, &str)] = &[
        ("chain", "networkpolicy.yaml", "\"172.16.0.0/12\", ", ""),
        ("chain", "networkpolicy.yaml", ", \"fe80::/10\"", ""),
        (
            "chain",
            "networkpolicy.yaml",
            "            cidr: ::/0\n            except: [\"fc00::/7\", \"fe80::/10\"]\n",
            "            cidr: 2001:db8:ffff::/48\n",
        ),
        ("chain", "networkpolicy.yaml", "          port: {{ port.port }}\n", ""),
        (
            "chain",
            "networkpolicy.yaml",
            "              app.kubernetes.io/name: {{ caller.unit }}\n              app.kubernetes.io/instance: {{ app.name ~ \"-\" ~ caller.unit }}\n",
            "              app.kubernetes.io/part-of: {{ app.name }}\n",
        ),
        ("chain", "networkpolicy.yaml", "{% if service.egress %}", "{% if service.ingressFrom %}"),
        ("chain", "networkpolicy.yaml", "{% elif caller.namespace %}", "{% elif caller.nowhere %}"),
        ("chain", "networkpolicy-dns.yaml", "              k8s-app: kube-dns\n", "              app: other\n"),
        ("external", "networkpolicy.yaml", "cidr: {{ target.cidr }}", "cidr: 0.0.0.0/0"),
        ("ports", "networkpolicy.yaml", "{% for port in caller.ports %}", "{% for port in [caller.ports[0]] %}"),
        ("ports", "networkpolicy.yaml", "{% elif caller.anyone %}", "{% elif caller.nobody %}"),
        ("unknown", "networkpolicy.yaml", "operator: NotIn", "operator: NotIn\n                # all\n"),
    ];
    for (name, template, old, new) in changes {
        let case = CASES.iter().find(|c| c.name == *name).unwrap();
        let space = generated(case);
        let text = std::fs::read_to_string(home.join(template)).unwrap();
        assert!(text.contains(old), "{template} does not hold {old}");
        space.write(&format!("templates/{template}"), text.replace(old, new));
        space.run(&["generate"]).exits(0);
        let found = violations(case, &space);
        // the last one changes a comment, and nothing else
        assert_eq!(found.is_empty(), *name == "unknown", "{name} {template}: {old} became {new}: {found:?}");
    }
}

#[test]
fn the_evaluator_sees_a_hole() {
    // a test that cannot fail is a bug: policies that are too wide, and none at all
    let pod = Party::pod("a", "x", &[("l", "a")], "10.244.0.1");
    let other = Party::pod("b", "y", &[], "10.244.0.2");
    assert!(lets(&[], "x", &pod, &other, (1, "TCP"), true), "no policy denies nothing");
    let policy = |egress: Value| serde_json::json!({ "metadata": { "namespace": "x" }, "spec": { "podSelector": {}, "policyTypes": ["Egress"], "egress": egress } });
    let closed = policy(serde_json::json!([]));
    assert!(!lets(std::slice::from_ref(&closed), "x", &pod, &other, (1, "TCP"), true));
    assert!(
        lets(std::slice::from_ref(&closed), "x", &pod, &other, (1, "TCP"), false),
        "the other direction is another matter"
    );
    for (peer, allowed) in [
        (serde_json::json!({ "podSelector": {} }), false),
        (serde_json::json!({ "namespaceSelector": {} }), true),
        (serde_json::json!({ "namespaceSelector": {}, "podSelector": { "matchLabels": { "l": "b" } } }), false),
        (serde_json::json!({ "ipBlock": { "cidr": "0.0.0.0/0" } }), true),
        (serde_json::json!({ "ipBlock": { "cidr": "0.0.0.0/0", "except": ["10.0.0.0/8"] } }), false),
    ] {
        let open = policy(serde_json::json!([{ "to": [peer], "ports": [{ "protocol": "TCP", "port": 1 }] }]));
        let both = [closed.clone(), open];
        assert_eq!(lets(&both, "x", &pod, &other, (1, "TCP"), true), allowed, "{}", both[1]);
        assert!(!lets(&both, "x", &pod, &other, (2, "TCP"), true));
        assert!(!lets(&both, "x", &pod, &other, (1, "UDP"), true));
    }
    assert!(within("203.0.113.0/24", "203.0.113.9".parse().unwrap()));
    assert!(!within("203.0.113.0/24", "203.0.114.9".parse().unwrap()));
    assert!(within("fc00::/7", "fd00:ec2::254".parse().unwrap()) && !within("0.0.0.0/0", "fe80::1".parse().unwrap()));
}

/// A small app whose service has these fields.
fn small(fields: &str) -> Space {
    let space = Space::empty();
    let block = format!(
        "app: {{ name: shop }}\nservices:\n  store: {{ image: nginx:1.27.3, ports: [80] }}\n  web:\n    image: nginx:1.27.3\n{fields}"
    );
    space.write("specs/shop.md", format!("# Shop\n\n```yaml bowline\n{block}```\n"));
    space.write("tasks/shop.md", "# Tasks\n");
    space
}

#[test]
fn ways_out_that_cannot_be_meant_are_findings_at_their_line() {
    for (target, says) in [
        ("https://api.example.org/v1", "write `api.example.org:443`"),
        ("api.example.org:https", "`https` is no port"),
        ("api.example.org:65536", "`65536` is no port"),
        ("203.0.113.7/24:443", "write `203.0.113.0/24:443`"),
        ("2001:db8::1:443", "put an IPv6 address in brackets"),
        ("localhost:8000", "never leaves the pod"),
        ("store:80", "`store.<namespace>.svc:80`"),
        ("store.shop.svc:80", "`dependsOn: [store]`"),
        ("host.minikube.internal:11434", "has a private address"),
        ("api example org", "neither a host name nor a range of addresses"),
    ] {
        let space = small(&format!("    egress: [api.example.org:443,\n      \"{target}\"]\n"));
        let ran = space.run(&["generate"]).exits(1);
        ran.says(&["error[egress-target]: `web` may not call that", says, "specs/shop.md:10:7"]);
        assert!(!space.join("out").exists() && !space.join("charts").exists());
    }
    let two = small("    egress: ['localhost:1', 'store:80', 'api.example.org']\n    dependsOn: [stor]\n");
    two.run(&["check"]).exits(1).says(&[
        "`localhost` never",
        "`store` is no host",
        "error[depends-unknown]",
        "3 errors",
    ]);
    for (fields, says) in [
        ("    egress: api.example.org\n", "`services.web.egress` must be a list"),
        ("    egress: [{ host: a, port: 1 }]\n", "`services.web.egress[0]` must be a text"),
        ("    egress: [443]\n", "`services.web.egress[0]` must be a text"),
    ] {
        small(fields).run(&["check"]).exits(1).says(&["error[field-shape]", says, "specs/shop.md:9:"]);
    }
    for (controller, says) in [
        ("[traefik]", "must be a single value or a map"),
        ("{ namespace: Not_A_Name }", "must be a name"),
        ("{ podLabels: [a] }", "must be a map"),
        ("{ namspace: traefik }", "did you mean `namespace`"),
    ] {
        let space = small("");
        space.edit("specs/shop.md", "name: shop }", &format!("name: shop, ingressController: {controller} }}"));
        space.run(&["check"]).exits(1).says(&[says, "specs/shop.md:4:"]);
    }
}

#[test]
fn the_key_of_a_provider_without_a_way_out_is_a_finding() {
    for key in ["[OPENAI_API_KEY]", "{ OPENAI_API_KEY: optional }", "{ OPENAI_API_KEY: { fromEnv: KEY } }"] {
        for rest in ["", "    egress: [api.openai.com:8443]\n", "    egress: [proxy.tools.svc:443]\n"] {
            let space = small(&format!("    secrets: {key}\n{rest}"));
            let says = [
                "error[egress-undeclared]: `web` has the key `OPENAI_API_KEY`",
                "specs/shop.md:9:",
                "`egress: [api.openai.com:443]`",
            ];
            space.run(&["generate"]).exits(1).says(&says);
        }
        for rest in [
            "    egress: [api.openai.com]\n",
            "    egress: ['203.0.113.0/24:443']\n",
            "    environment: { OPENAI_BASE_URL: 'http://store:80/v1' }\n",
        ] {
            small(&format!("    secrets: {key}\n{rest}")).run(&["check"]).exits(0);
        }
    }
    // what a provider sends is no key for calls, and another service's way out is not this one's
    small("    secrets: [STRIPE_WEBHOOK_SECRET]\n").run(&["check"]).exits(0);
    let space = small("    secrets: [GROQ_API_KEY]\n");
    space.edit("specs/shop.md", "ports: [80] }", "ports: [80], egress: [api.groq.com] }");
    space.run(&["check"]).exits(1).says(&["error[egress-undeclared]", "`web`"]);
}
