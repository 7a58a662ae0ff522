//! What a block need not say: replicas, resources by framework, probes, `/tmp`, `DATABASE_URL`, who may call whom.
//! Each default carries the sentence that explains it.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::tree::{Node, Tree};
use crate::read::stack::Stack;

use super::runtime;

/// The version that a database is pinned to, where the spec does not say otherwise.
pub const POSTGRES: &str = "16.4";

/// A tree of values that no document wrote.
pub fn tree(value: &Json, why: &str) -> Node {
    Node::from_json(value, why)
}

pub(super) fn put(node: &mut Node, path: &str, value: &Json, why: &str) {
    if node.get(path).is_none() {
        node.put(path, tree(value, why));
    }
}

/// What the rest of the app tells a service.
pub struct Surroundings<'a> {
    pub app: &'a str,
    /// Expanded services and resources by name.
    pub services: &'a BTreeMap<String, Node>,
    pub resources: &'a BTreeMap<String, Node>,
    pub stack: &'a Stack,
}

/// Completes an expanded service.
pub fn service(node: &mut Node, name: &str, around: &Surroundings<'_>) {
    put(node, "enabled", &json!(true), "every unit is on");
    put(node, "kind", &json!("Deployment"), "services are Deployments unless the spec says otherwise");
    if node.get("build").is_some() {
        runtime::how(node, around.stack);
        put(node, "image.repository", &json!(format!("{}/{name}", around.app)), "images are named app/service");
    }
    put(node, "image.pullPolicy", &json!("IfNotPresent"), "images are loaded into the local cluster");
    let framework = node.get_str("runtime.framework").unwrap_or_default().to_owned();
    let job = matches!(node.get_str("kind"), Some("Job" | "CronJob"));
    if !job {
        if super::mounts::one_node(node) {
            put(node, "replicas", &json!(1), "its volume can be mounted by one node at a time");
            put(node, "strategy.type", &json!("Recreate"), "its volume can be mounted by one node at a time");
        }
        put(node, "replicas", &json!(2), "two replicas unless the spec says otherwise");
        if let Some(port) = runtime::usual_port(&framework) {
            let port = json!([{ "name": "http", "port": port, "targetPort": port, "protocol": "TCP" }]);
            put(node, "ports", &port, "the framework's usual port");
        }
    }
    put(node, "ports", &json!([]), "no ports");
    put(node, "service.type", &json!("ClusterIP"), "Services are internal unless the spec says otherwise");
    let port = listens_on(node);
    if node.get("build").is_some() {
        runtime::program(node, around.stack, port);
    }
    if !job {
        probes(node, port, around.stack);
    }
    put(node, "resources", &resources(&framework), "requests and limits that fit the framework");
    for (part, leaf) in [("requests", "cpu"), ("requests", "memory"), ("limits", "cpu"), ("limits", "memory")] {
        let why = "requests and limits that fit the framework";
        put(node, &format!("resources.{part}.{leaf}"), &resources(&framework)[part][leaf], why);
    }
    scratch(node);
    put(node, "environment", &json!({}), "no variables");
    if framework == "nextjs" {
        for (key, value, why) in [
            ("NODE_ENV", "production", "Next.js runs its production build"),
            ("HOSTNAME", "0.0.0.0", "Next.js listens on HOSTNAME, which Kubernetes sets to the name of the pod"),
            ("NEXT_TELEMETRY_DISABLED", "1", "no telemetry leaves the cluster"),
        ] {
            put(node, &format!("environment.{key}"), &json!(value), why);
        }
        if let Some(port) = port {
            put(node, "environment.PORT", &json!(port.to_string()), "Next.js listens on PORT");
        }
    }
    put(node, "secrets", &json!({}), "no secrets");
    put(node, "dependsOn", &json!({}), "no dependencies");
    put(node, "egress", &json!([]), "no calls out of the cluster");
    links(node, around);
    hardening(node, name, 10001);
    if job {
        super::jobs::defaults(node);
    } else {
        put(node, "preStop", &pause(&framework), "endpoints forget the pod before its server stops listening");
        let why = "an upgrade keeps every pod until its successor is ready";
        put(node, "strategy.type", &json!("RollingUpdate"), why);
        if node.get_str("strategy.type") == Some("RollingUpdate") {
            put(node, "strategy.maxSurge", &json!(1), why);
            put(node, "strategy.maxUnavailable", &json!(0), why);
        }
    }
    let spread = if job { "none" } else { "preferred" };
    put(node, "spread", &json!(spread), "pods spread over nodes where there are several");
    put(node, "terminationGracePeriodSeconds", &json!(40), "time to drain after SIGTERM");
    if node.get("metrics.path").is_some()
        && let Some(port) = port
    {
        put(node, "metrics.port", &json!(port), "metrics are served on the first port");
    }
}

/// Completes an expanded in-cluster postgres.
pub fn postgres(node: &mut Node, name: &str, app: &str) {
    put(node, "enabled", &json!(true), "every unit is on");
    put(node, "type", &json!("postgres"), "the one resource type there is");
    put(node, "class", &json!("in-cluster"), "resources run in the cluster unless the spec says otherwise");
    put(node, "kind", &json!("StatefulSet"), "a database keeps its name and its volume");
    put(node, "replicas", &json!(1), "a database is one pod");
    let version = node.get_str("version").unwrap_or(POSTGRES).to_owned();
    let user = app.replace('-', "_");
    put(node, "postgres.version", &json!(version), "the pinned version of PostgreSQL");
    for field in ["database", "username"] {
        let given = node.get(field).cloned();
        node.put_default(
            &format!("postgres.{field}"),
            given.unwrap_or_else(|| Node::text(&user, "named after the app")),
        );
    }
    put(node, "image.repository", &json!("postgres"), "the official image");
    put(node, "image.tag", &json!(format!("{version}-alpine3.20")), "pinned to the patch level");
    put(node, "image.pullPolicy", &json!("IfNotPresent"), "images are loaded into the local cluster");
    let port = json!([{ "name": "postgres", "port": 5432, "targetPort": 5432, "protocol": "TCP" }]);
    put(node, "ports", &port, "PostgreSQL's port");
    put(node, "service.type", &json!("Headless"), "a StatefulSet needs a headless Service");
    put(node, "storage.size", &json!("1Gi"), "1Gi unless the spec says otherwise");
    let ready = json!({ "exec": { "command": ["pg_isready", "--host=127.0.0.1", format!("--username={user}")] } });
    // busy is no reason to restart a database: alive is what accepts connections
    put(node, "livenessProbe", &json!({ "tcpSocket": { "port": 5432 } }), "PostgreSQL listens");
    for (probe, failures, period) in [("startupProbe", 30, 2), ("livenessProbe", 6, 10), ("readinessProbe", 3, 5)] {
        put(node, probe, &ready, "PostgreSQL's own check");
        timing(node, probe, failures, period);
    }
    let size =
        json!({ "requests": { "cpu": "100m", "memory": "256Mi" }, "limits": { "cpu": "500m", "memory": "512Mi" } });
    put(node, "resources", &size, "requests and limits that fit a small database");
    scratch(node);
    put(node, "environment", &json!({}), "no variables");
    put(node, "secrets", &json!({}), "no secrets of its own but the password");
    put(node, "links", &json!([]), "a database calls nothing");
    put(node, "egress", &json!([]), "a database calls nothing");
    put(node, "dependsOn", &json!({}), "a database needs nothing");
    put(node, "temporary", &json!(["/tmp", "/var/run/postgresql"]), "PostgreSQL's socket and lock files");
    put(node, "spread", &json!("none"), "one pod");
    put(node, "terminationGracePeriodSeconds", &json!(60), "time to write its buffers");
    hardening(node, name, 10001);
}

/// The migration Job of a resource: the service's image and surroundings, another command.
pub fn migration(service: &Node, command: &Node, name: &str, image_of: &str) -> Node {
    let why = "the migration runs in the image of its service";
    let mut node = Node::empty_map(why);
    for field in ["image", "environment", "secrets", "links", "temporary", "nodeSelector"] {
        if let Some(value) = service.get(field) {
            node.put(field, value.clone());
        }
    }
    put(&mut node, "enabled", &json!(true), "every unit is on");
    put(&mut node, "image.from", &json!(image_of), why);
    node.put("command", command.clone());
    put(&mut node, "kind", &json!("Job"), "a migration runs once for each image");
    put(&mut node, "backoffLimit", &json!(6), "Kubernetes' own default: six tries, further and further apart");
    put(&mut node, "activeDeadlineSeconds", &json!(900), "a migration that hangs is ended after a quarter of an hour");
    put(&mut node, "ports", &json!([]), "a migration listens on nothing");
    put(&mut node, "egress", &json!([]), "a migration calls its database only");
    let size =
        json!({ "requests": { "cpu": "50m", "memory": "128Mi" }, "limits": { "cpu": "500m", "memory": "384Mi" } });
    put(&mut node, "resources", &size, "requests and limits that fit a migration");
    scratch(&mut node);
    put(&mut node, "spread", &json!("none"), "one pod");
    put(&mut node, "terminationGracePeriodSeconds", &json!(30), "Kubernetes' own default");
    hardening(&mut node, name, 10001);
    node
}

/// The number of the first port of the Service.
pub fn first_port(node: &Node) -> Option<i64> {
    node.get("ports")?.as_list()?.first()?.get_int("port")
}

/// The number of the first port of the container.
pub fn listens_on(node: &Node) -> Option<i64> {
    node.get("ports")?.as_list()?.first()?.get_int("targetPort")
}

fn timing(node: &mut Node, probe: &str, failures: i64, period: i64) {
    put(node, &format!("{probe}.periodSeconds"), &json!(period), "often enough to notice, seldom enough not to load");
    put(node, &format!("{probe}.timeoutSeconds"), &json!(3), "a healthy service answers within three seconds");
    put(node, &format!("{probe}.failureThreshold"), &json!(failures), "one slow answer is no failure");
}

fn probes(node: &mut Node, port: Option<i64>, stack: &Stack) {
    let path_of =
        |node: &Node, probe: &str| node.get(&format!("{probe}.httpGet.path")).filter(|p| p.as_str().is_some()).cloned();
    let found = stack.health.clone().map(|path| Node::text(path, "the service's health route"));
    let live = path_of(node, "livenessProbe").or(found);
    let ready = path_of(node, "readinessProbe").or_else(|| live.clone());
    for (probe, path, failures, period) in
        [("livenessProbe", live.clone(), 3, 10), ("readinessProbe", ready, 3, 5), ("startupProbe", live, 30, 2)]
    {
        if let Some(port) = port.filter(|_| node.get(probe).is_none()) {
            // what one probe says, the others follow
            if let Some(path) = path {
                put(node, probe, &json!({ "httpGet": { "port": port } }), "the service's health route");
                node.put(&format!("{probe}.httpGet.path"), path);
            } else {
                let value = json!({ "tcpSocket": { "port": port } });
                put(node, probe, &value, "no health route is known: the port accepts");
            }
        }
        for kind in ["httpGet", "tcpSocket"] {
            if let Some(port) = port.filter(|_| node.get(&format!("{probe}.{kind}")).is_some()) {
                put(node, &format!("{probe}.{kind}.port"), &json!(port), "probes use the first port");
            }
        }
        if node.get(&format!("{probe}.httpGet")).is_some() {
            put(node, &format!("{probe}.httpGet.path"), &json!("/"), "Kubernetes' own: the root");
        }
        // a service without ports has the probes that its spec gives it
        if node.get(probe).is_some() {
            timing(node, probe, failures, period);
        }
    }
}

fn resources(framework: &str) -> Json {
    match framework {
        "fastapi" | "django" | "python" => {
            json!({ "requests": { "cpu": "100m", "memory": "128Mi" }, "limits": { "cpu": "500m", "memory": "384Mi" } })
        }
        "java" => {
            json!({ "requests": { "cpu": "100m", "memory": "256Mi" }, "limits": { "cpu": "1", "memory": "512Mi" } })
        }
        "nextjs" => {
            json!({ "requests": { "cpu": "50m", "memory": "96Mi" }, "limits": { "cpu": "500m", "memory": "256Mi" } })
        }
        _ => json!({ "requests": { "cpu": "50m", "memory": "64Mi" }, "limits": { "cpu": "500m", "memory": "256Mi" } }),
    }
}

/// Disk of a container beside its volumes: its log, and what it writes to `/tmp`.
pub(super) fn scratch(node: &mut Node) {
    let why = "room for the log and temporary files";
    put(node, "resources.requests.ephemeral-storage", &json!("64Mi"), why);
    put(node, "resources.limits.ephemeral-storage", &json!("512Mi"), why);
}

/// Five seconds, by what the image has: before 1.30 Kubernetes has no `sleep` of its own.
fn pause(framework: &str) -> Json {
    match framework {
        "fastapi" | "django" | "python" => json!({ "command": ["python3", "-c", "import time; time.sleep(5)"] }),
        "nextjs" | "express" | "node" => json!({ "command": ["node", "-e", "setTimeout(() => {}, 5000)"] }),
        _ => json!({ "command": ["sleep", "5"] }),
    }
}

/// Addresses of what a service depends on: a URL variable for each service, a link with a password for each database.
/// They come from the line that names the dependency.
fn links(node: &mut Node, around: &Surroundings<'_>) {
    let needs = node.get("dependsOn").and_then(Node::as_map).cloned().unwrap_or_default();
    let databases = needs.keys().filter(|n| around.resources.contains_key(*n)).count();
    let caused =
        |made: Node, need: &Node| Node { origin: need.origin.clone(), requirements: need.requirements.clone(), ..made };
    let mut links = Vec::new();
    for (name, need) in &needs {
        let upper = name.to_uppercase().replace('-', "_");
        if let Some(port) = around.services.get(name).and_then(first_port) {
            let why = "the address of a service it depends on";
            let url = Node::text(format!("http://{name}:{port}"), why);
            let inside = around.services.get(name).and_then(listens_on).filter(|p| *p != port);
            if let Some(inside) = inside.filter(|_| node.get(&format!("environment.{upper}_URL")).is_none()) {
                // Compose has no Services: the container itself is called
                put(node, &format!("compose.environment.{upper}_URL"), &json!(format!("http://{name}:{inside}")), why);
            }
            node.put_default(&format!("environment.{upper}_URL"), caused(url, need));
        }
        if let Some(resource) = around.resources.get(name) {
            let variable = if databases == 1 { "DATABASE_URL".to_owned() } else { format!("{upper}_URL") };
            let of = |path: &str| resource.get_str(path).unwrap_or_default();
            let mut link = json!({
                "unit": name, "env": variable,
                "secret": of("credentials.secret"), "key": of("credentials.key"),
                "given": resource.get_bool("credentials.given") == Some(true),
            });
            if resource.get_str("class") == Some("external") {
                link["variable"] = json!(of("credentials.env"));
            } else {
                let (user, database) = (of("postgres.username"), of("postgres.database"));
                let password = format!("{}_PASSWORD", variable.trim_end_matches("_URL"));
                link["url"] = json!(format!("postgresql://{user}:$({password})@{name}:5432/{database}"));
                link["passwordEnv"] = json!(password);
            }
            links.push(caused(tree(&link, "DATABASE_URL for a postgres dependency"), need));
        }
    }
    node.put_default("links", Node::default(Tree::List(links), "DATABASE_URL for a postgres dependency"));
}

pub(super) fn hardening(node: &mut Node, name: &str, user: i64) {
    let why = "the restricted Pod Security Standard";
    put(node, "securityContext.runAsUser", &json!(user), why);
    let user = node.get_int("securityContext.runAsUser").unwrap_or(user);
    put(node, "securityContext.runAsGroup", &json!(user), why);
    put(node, "securityContext.fsGroup", &json!(user), why);
    put(node, "securityContext.readOnlyRootFilesystem", &json!(true), why);
    put(node, "temporary", &json!(["/tmp"]), "/tmp is writable");
    put(node, "serviceAccount.name", &json!(name), "an account of its own");
    let asks = node.get("serviceAccount.rules").and_then(Node::as_list).is_some_and(|r| !r.is_empty());
    let why = if asks { "its rules are of use with a token only" } else { "an account of its own, without a token" };
    put(node, "serviceAccount.automount", &json!(asks), why);
}
