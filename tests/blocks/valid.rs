//! Blocks that make sense: every field of the table may stand, with values that fit each other.

use serde_json::{Map, Value as Json, json};

use crate::choices::Choices;

type Fields = Map<String, Json>;

const VARIABLES: &[&str] = &["A", "NO", "Y", "LOG_LEVEL", "ON_1"];
const SCHEDULES: &[&str] = &["0 3 * * *", "@hourly", "*/5 1-4 1,15 * 1-5"];

/// A block that is nearly always valid.
pub(crate) fn block(c: &mut Choices<'_>) -> Json {
    let name = c.pick(&["shop", "a", "no", "todo-2", "null"]);
    let mut services = Fields::new();
    let resources = resources(c);
    let count = 1 + c.byte() % 3;
    for (index, service) in ["api", "web-page", "on1"].iter().take(count).enumerate() {
        let before: Vec<String> = services.keys().chain(resources.keys()).cloned().collect();
        let made = service_of(c, index, &before);
        services.insert((*service).to_owned(), made);
    }
    let app = app(c, name, &services);
    let production = production(c, &services, &resources);
    let mut resources = resources;
    if let (Some(database), Some(first)) =
        (resources.get_mut("database").and_then(Json::as_object_mut), built(&services))
    {
        c.may_be(
            database,
            "migrations",
            &[
                json!({ "service": first, "command": "alembic upgrade head" }),
                json!({ "service": first, "command": ["sh", "-c", "echo {{ x }}"] }),
            ],
        );
    }
    json!({ "app": app, "services": services, "resources": resources, "environments": { "local": {}, "production": production } })
}

fn is_job(service: &Json) -> bool {
    service["kind"] == "Job" || service["kind"] == "CronJob"
}

/// The first service with an image of the app's own.
fn built(services: &Fields) -> Option<&String> {
    services.iter().find(|(_, s)| s.get("build").is_some()).map(|(name, _)| name)
}

fn app(c: &mut Choices<'_>, name: &str, services: &Fields) -> Json {
    let mut app = Fields::new();
    app.insert("name".to_owned(), json!(name));
    c.may_be(&mut app, "namespace", &[json!("shop-ns"), json!("true"), json!("null")]);
    c.may_be(&mut app, "version", &[json!("1.2.3"), json!("2.0.0-rc.1")]);
    c.may_be(&mut app, "host", &[json!("shop.local"), json!("a.example.org")]);
    c.may_be(&mut app, "ingressClassName", &[json!("nginx"), json!("traefik"), json!("on")]);
    c.may_be(
        &mut app,
        "ingressController",
        &[json!("edge"), json!({ "namespace": "edge", "podLabels": { "app": "on" } })],
    );
    c.may_be(
        &mut app,
        "secretStore",
        &[json!("vault"), json!({ "name": "vault", "kind": "ClusterSecretStore", "path": "no/way" })],
    );
    c.may_be(&mut app, "delivery", &[json!("native"), json!("helm")]);
    c.may_be(&mut app, "quota", &[json!({ "pods": 90, "limits.cpu": 40, "limits.memory": "90Gi" })]);
    let metrics = services.values().any(|s| s.get("metrics").is_some());
    if metrics {
        c.may_be(
            &mut app,
            "monitoring",
            &[
                json!("annotations"),
                json!("operator"),
                json!({ "scrape": "serviceMonitor", "rules": true, "dashboard": true, "namespace": "no", "labels": { "release": "1e3" } }),
            ],
        );
    } else {
        c.may_be(&mut app, "monitoring", &[json!({ "rules": true, "dashboard": true })]);
    }
    c.may_be(
        &mut app,
        "telemetry",
        &[
            json!("collector"),
            json!("http://collector.observability.svc:4318"),
            json!({ "collector": true, "endpoint": "https://traces.example.org" }),
            json!({ "endpoint": "https://traces.example.org/v1" }),
        ],
    );
    c.may_be(&mut app, "mesh", &[json!("linkerd"), json!("istio")]);
    c.may_be(&mut app, "cluster", &[json!({ "encryption": true, "audit": true }), json!({ "audit": true })]);
    c.may(&mut app, "agents", |c| {
        let tool = services.iter().find(|(_, s)| !is_job(s) && s.get("ports").is_some()).map(|(name, _)| name);
        let mut agent = Fields::new();
        agent.insert("instructions".to_owned(), json!(format!("x{}", c.text())));
        let model = json!({ "provider": "Ollama", "name": "llama3.2", "host": "http://ollama.ollama.svc:11434" });
        let key = json!({ "secretName": "keys", "key": "no" });
        if c.one_in(2) {
            agent.insert("model".to_owned(), json!("gemini-2.5-flash"));
            agent.insert("apiKey".to_owned(), key);
        } else {
            agent.insert("model".to_owned(), model);
        }
        c.may(&mut agent, "description", |c| json!(format!("x{}", c.text())));
        if let Some(tool) = tool {
            c.may_be(
                &mut agent,
                "tools",
                &[json!([tool]), json!([{ "service": tool, "path": "/tools", "tools": ["list", "no"] }])],
            );
        }
        json!({ "helper": agent })
    });
    Json::Object(app)
}

fn service_of(c: &mut Choices<'_>, index: usize, before: &[String]) -> Json {
    let mut s = Fields::new();
    let kind = c.pick(&["Deployment", "Deployment", "Deployment", "Job", "CronJob"]);
    let job = kind != "Deployment";
    if job || c.one_in(4) {
        s.insert("kind".to_owned(), json!(kind));
    }
    image(c, &mut s);
    if job {
        c.may_be(&mut s, "backoffLimit", &[json!(0), json!(3)]);
        c.may_be(&mut s, "activeDeadlineSeconds", &[json!(30), json!(3600)]);
        c.may_be(&mut s, "ttlSecondsAfterFinished", &[json!(0), json!(60)]);
        if kind == "CronJob" {
            s.insert("schedule".to_owned(), json!(c.pick(SCHEDULES)));
            c.may_be(&mut s, "timeZone", &[json!("Europe/Berlin"), json!("Etc/UTC")]);
            c.may_be(&mut s, "concurrencyPolicy", &[json!("Allow"), json!("Replace")]);
            c.may_be(&mut s, "suspend", &[json!(true), json!(false)]);
        }
    } else {
        running(c, &mut s, index);
    }
    c.may(&mut s, "environment", |c| c.texts(VARIABLES, true));
    c.may_be(&mut s, "secrets", &secrets());
    c.may_be(&mut s, "existingSecret", &[json!("given")]);
    c.may_be(&mut s, "resources", &sizes());
    if !before.is_empty() {
        c.may(&mut s, "dependsOn", |c| {
            let all: Vec<&String> = before.iter().filter(|_| c.one_in(2)).collect();
            json!(all)
        });
    }
    c.may_be(
        &mut s,
        "egress",
        &[
            json!(["api.example.org"]),
            json!(["203.0.113.0/24:25", "[2001:db8::/32]:443"]),
            json!(["redis.cache.svc:6379", "api.example.org:8443"]),
        ],
    );
    c.may(&mut s, "nodeSelector", |c| c.texts(&["disk", "example.org/zone"], false));
    c.may_be(&mut s, "terminationGracePeriodSeconds", &[json!(0), json!(90)]);
    c.may_be(&mut s, "temporary", &[json!([]), json!(["/tmp", "/run/no"])]);
    c.may(&mut s, "files", |c| {
        json!({
            "/etc/app/motd": { "content": format!("x{}", c.text()), "mode": c.pick(&["0440", "0644"]) },
            "/etc/app/1e3": { "content": format!("{}x", c.text()) },
            "/etc/app/settings.toml": "app/backend/settings.toml",
        })
    });
    c.may_be(
        &mut s,
        "securityContext",
        &[
            json!({ "runAsUser": 1234 }),
            json!({ "runAsUser": 70000, "runAsGroup": 1, "fsGroup": 2, "readOnlyRootFilesystem": false }),
        ],
    );
    c.may_be(
        &mut s,
        "serviceAccount",
        &[
            json!({ "name": format!("account-{index}") }),
            json!({ "rules": ["get,list configmaps", { "resources": ["leases"], "apiGroups": ["coordination.k8s.io"], "verbs": ["update"], "resourceNames": ["no"] }] }),
            json!({ "automount": true }),
        ],
    );
    c.may(&mut s, "labels", |c| c.texts(&["team", "example.org/tier"], false));
    c.may(&mut s, "annotations", |c| c.texts(&["team", "example.org/note"], true));
    Json::Object(s)
}

fn image(c: &mut Choices<'_>, s: &mut Fields) {
    match c.byte() % 4 {
        0 => _ = s.insert("image".to_owned(), json!("registry.local:5000/some/thing:1e3")),
        1 => _ = s.insert("build".to_owned(), json!("app/backend")),
        2 => _ = s.insert("build".to_owned(), json!("app/frontend")),
        _ => {
            s.insert("build".to_owned(), json!({ "context": "app/backend" }));
            c.may_be(
                s,
                "runtime",
                &[
                    json!({ "framework": "fastapi", "version": "3.12", "packageManager": "pip" }),
                    json!({ "framework": "python", "entrypoint": ["python", "-m", "no"], "baseImage": "python:3.12.4-slim-bookworm" }),
                    json!({ "framework": "go", "target": "./cmd/api", "buildImage": "golang:1.23.4-bookworm" }),
                ],
            );
        }
    }
    c.may(s, "command", |c| json!(["sh", "-c", c.text()]));
    c.may(s, "args", |c| json!([c.text(), "no", c.text()]));
}

/// What only stands for what runs all the time.
fn running(c: &mut Choices<'_>, s: &mut Fields, index: usize) {
    let ports = [
        json!([8000]),
        json!([8000, 8001]),
        json!({ "web": { "port": 80, "targetPort": 8000 }, "stats": { "port": 9125, "protocol": "UDP" } }),
        json!([{ "name": "rpc", "port": 8000 }]),
    ];
    c.may_be(s, "ports", &ports);
    let open = s.get("ports").is_some();
    if open {
        let node_port = json!({ "type": "NodePort", "nodePort": 30080 + index });
        c.may_be(s, "service", &[json!("NodePort"), json!("LoadBalancer"), node_port, json!("Headless")]);
        let host = format!("h{index}.example.org");
        c.may_be(
            s,
            "ingress",
            &[
                json!(format!("/p{index}")),
                json!({ "host": host, "path": "/", "pathType": "Exact", "tls": "self-signed" }),
                json!({ "host": host, "tls": { "secretName": "wildcard" } }),
                json!({ "path": format!("/q{index}"), "annotations": { "example.org/size": "1e3", "example.org/x": "{{ x }}" } }),
            ],
        );
        c.may_be(
            s,
            "metrics",
            &[
                json!("/metrics"),
                json!({ "path": "/m", "port": 8000, "requests": "http_requests_total", "duration": "http_seconds", "status": "code" }),
            ],
        );
        c.may_be(
            s,
            "livenessProbe",
            &[json!("/health"), json!({ "tcpSocket": {} }), json!({ "httpGet": { "path": "/no", "port": 8000 } })],
        );
    }
    c.may_be(
        s,
        "readinessProbe",
        &[json!({ "exec": { "command": ["true", "no", "{{ x }}"] }, "initialDelaySeconds": 3, "periodSeconds": 7 })],
    );
    c.may_be(
        s,
        "startupProbe",
        &[json!({ "exec": { "command": ["true"] }, "timeoutSeconds": 2, "failureThreshold": 9 })],
    );
    let scaled = c.one_in(3);
    if scaled {
        let all = [
            json!({ "minReplicas": 2, "maxReplicas": 4, "cpu": 70 }),
            json!({ "minReplicas": 2, "maxReplicas": 9, "cpu": 50, "memory": 80 }),
        ];
        s.insert("autoscaling".to_owned(), c.pick(&[&all[0], &all[1]]).clone());
    } else {
        c.may_be(s, "replicas", &[json!(2), json!(1), json!(3)]);
    }
    c.may_be(s, "verticalAutoscaling", &[json!("recommend")]);
    c.may_be(s, "spread", &[json!("none"), json!("preferred")]);
    if s.get("replicas").is_none_or(|r| *r != 1) {
        c.may_be(s, "podDisruptionBudget", &[json!({ "maxUnavailable": 1 }), json!({ "minAvailable": "50%" })]);
    }
    c.may_be(s, "strategy", &[json!({ "maxSurge": "25%", "maxUnavailable": 1 }), json!("RollingUpdate")]);
    c.may_be(
        s,
        "volumes",
        &[
            json!({ "/cache": "emptyDir", "/scratch": { "emptyDir": { "sizeLimit": "1Gi", "medium": "Memory" } } }),
            json!({ "/data": { "size": "1Gi", "accessModes": ["ReadWriteMany"], "storageClassName": "1e3" }, "/shared": { "source": "files", "readOnly": true } }),
        ],
    );
}

fn secrets() -> [Json; 4] {
    [
        json!(["TOKEN"]),
        json!({ "TOKEN": "optional", "OTHER": "required", "NO": { "fromEnv": "ELSE", "optional": true } }),
        json!({ "THEIRS": { "secretName": "theirs", "key": "no" }, "MADE": { "generate": 32 } }),
        json!({ "FAR": { "external": { "store": "other", "kind": "SecretStore", "key": "{{ x }}", "property": "1e3" } } }),
    ]
}

fn sizes() -> [Json; 2] {
    [
        json!({ "requests": { "cpu": "100m", "memory": "64Mi" }, "limits": { "cpu": 1, "memory": "128Mi", "ephemeral-storage": "1Gi" } }),
        json!({ "limits": { "cpu": "2", "memory": "1Gi" } }),
    ]
}

fn resources(c: &mut Choices<'_>) -> Fields {
    let mut all = Fields::new();
    if c.one_in(2) {
        let mut database = Fields::new();
        database.insert("type".to_owned(), json!("postgres"));
        c.may_be(&mut database, "class", &[json!("in-cluster")]);
        c.may_be(&mut database, "version", &[json!("16.4")]);
        c.may_be(&mut database, "database", &[json!("on"), json!("notes")]);
        c.may_be(&mut database, "username", &[json!("null"), json!("me")]);
        c.may_be(&mut database, "storage", &[json!("2Gi")]);
        c.may_be(&mut database, "storageClassName", &[json!("1e3")]);
        c.may_be(&mut database, "existingSecret", &[json!("theirs")]);
        c.may_be(&mut database, "resources", &sizes());
        c.may_be(&mut database, "verticalAutoscaling", &[json!("recommend"), json!("update")]);
        c.may_be(
            &mut database,
            "backup",
            &[
                json!("0 3 * * *"),
                json!({ "schedule": "@daily", "timeZone": "Etc/UTC", "suspend": true, "retention": "14d", "storage": "3Gi", "storageClassName": "no" }),
                json!({ "retention": 3 }),
                json!({ "command": ["sh", "-c", "pg_dump > /backup/{{ x }}"] }),
            ],
        );
        all.insert("database".to_owned(), Json::Object(database));
    }
    if c.one_in(3) {
        let mut neon = Fields::new();
        neon.extend([("type".to_owned(), json!("postgres")), ("class".to_owned(), json!("external"))]);
        c.may_be(&mut neon, "egress", &[json!(["198.51.100.7:6543"]), json!(["db.example.org:5432"])]);
        c.may_be(
            &mut neon,
            "urlFrom",
            &[
                json!({ "fromEnv": "FAR_AWAY" }),
                json!({ "secretName": "theirs", "key": "no" }),
                json!({ "external": { "store": "s", "key": "k" } }),
            ],
        );
        if neon.get("urlFrom").is_none() {
            c.may_be(&mut neon, "secrets", &[json!(["NEON"]), json!({ "NEON": "required" })]);
        }
        all.insert("neon".to_owned(), Json::Object(neon));
    }
    all
}

/// What may differ between environments.
fn production(c: &mut Choices<'_>, services: &Fields, resources: &Fields) -> Json {
    let mut over = Fields::new();
    c.may_be(
        &mut over,
        "app",
        &[json!({ "host": "0123" }), json!({ "host": "prod.example.org", "ingressClassName": "no" })],
    );
    let mut changed = Fields::new();
    for (name, service) in services {
        let mut fields = Fields::new();
        c.may(&mut fields, "environment", |c| {
            let mut all = c.texts(VARIABLES, true);
            if c.one_in(3) {
                all["A"] = Json::Null;
            }
            all
        });
        c.may(&mut fields, "nodeSelector", |c| c.texts(&["disk", "arch"], false));
        c.may_be(&mut fields, "resources", &sizes());
        match service["kind"].as_str().unwrap_or("Deployment") {
            "CronJob" => {
                c.may_be(&mut fields, "schedule", &[json!("15 4 * * *")]);
                c.may_be(&mut fields, "suspend", &[json!(true)]);
            }
            "Deployment" if service.get("autoscaling").is_some() => {
                c.may_be(&mut fields, "autoscaling", &[json!({ "maxReplicas": 12 }), Json::Null]);
            }
            "Deployment" => c.may_be(&mut fields, "replicas", &[json!(5), json!(2)]),
            _ => {}
        }
        if !fields.is_empty() {
            changed.insert(name.clone(), Json::Object(fields));
        }
    }
    over.insert("services".to_owned(), Json::Object(changed));
    if resources.contains_key("database") {
        c.may_be(
            &mut over,
            "resources",
            &[json!({ "database": { "storage": "10Gi" } }), json!({ "database": { "existingSecret": "ours" } })],
        );
    }
    Json::Object(over)
}
