//! The four cases on a real node: everything becomes ready, the chart's own tests pass, Helm goes back, and what each
//! case is about works: a database outside, monitoring, HTTPS and an agent, backups that can be restored.

mod common;

use std::path::Path;

use common::cluster::{Cluster, NAMESPACE, is, title};
use common::poll::until;
use common::{Space, definitions, tools};
use serde_json::Value;

/// The namespace of the database that somebody else runs.
const OUTSIDE: &str = "outside";

struct Deployed {
    cluster: Cluster,
    space: Space,
}

impl Deployed {
    /// A case, brought in by `bowline up`.
    fn up(case: &str, prepare: impl FnOnce(&Cluster, &Space)) -> Self {
        let cluster = Cluster::of_level(2);
        cluster.empty();
        cluster.pull();
        let space = common::cases::space(case);
        // the namespace that the testbed is emptied of
        let spec = space.read("specs/notes.md");
        let old = ["app: { name: notes,", "  name: notes\n"].into_iter().find(|o| spec.contains(o)).unwrap();
        let new = old
            .replace("name: notes", &format!("namespace: {NAMESPACE}, name: notes"))
            .replace("  namespace: todo, ", "  namespace: todo\n  ");
        space.edit("specs/notes.md", old, &new);
        prepare(&cluster, &space);
        cluster.bowline(&space, &["up", "--yes", "--timeout", "420"]).exits(0);
        let deployed = Self { cluster, space };
        deployed.all_pods_are_ready();
        deployed
    }

    fn all_pods_are_ready(&self) {
        until("all pods are ready", || {
            let pods = self.cluster.list("pods");
            let done =
                |p: &Value| p["status"]["phase"] == "Succeeded" || p["metadata"].get("deletionTimestamp").is_some();
            pods.iter().all(|p| done(p) || is(p, "Ready")).then_some(())
        });
    }

    /// A program in a pod of a Deployment.
    fn exec(&self, of: &str, command: &[&str]) -> common::Ran {
        let of = format!("deployment/{of}");
        let args = [&["exec", "-n", NAMESPACE, &of, "--"][..], command].concat();
        self.cluster.kubectl(&args)
    }

    fn add(&self, note: &str) {
        let program = format!(
            "import json, urllib.request as u; u.urlopen(u.Request('http://127.0.0.1:8000/notes', json.dumps({{'text': '{note}'}}).encode(), {{'content-type': 'application/json'}}))"
        );
        self.exec("backend", &["python3", "-c", &program]).exits(0);
    }

    fn notes(&self) -> String {
        let program = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/notes').read().decode())";
        self.exec("backend", &["python3", "-c", program]).exits(0).out
    }

    fn releases(&self, helm: &Path) -> Vec<String> {
        let listed = self.cluster.helm(helm, &["list", "-n", NAMESPACE, "-q"], self.space.path()).exits(0).out;
        listed.lines().map(str::to_owned).collect()
    }

    /// `helm test` for every release, by both generations of Helm.
    fn the_chart_tests_itself(&self) {
        for program in ["helm", "helm4"] {
            let helm = tools::find(program).unwrap_or_else(|| panic!("no {program}"));
            let releases = self.releases(&helm);
            assert!(!releases.is_empty());
            for release in &releases {
                let ran = self.cluster.helm(
                    &helm,
                    &["test", release, "-n", NAMESPACE, "--timeout", "120s"],
                    self.space.path(),
                );
                let tested = ran.exits(0).out.matches("Phase:          Succeeded").count();
                let own = release.ends_with("-backend") || release.ends_with("-frontend") || release == "notes";
                assert_eq!(tested > 0, own, "{program} test {release}: {tested} tests");
            }
        }
        let left = self.cluster.list("pods,networkpolicies");
        assert!(!left.iter().any(|o| title(o).ends_with("-test")), "tests leave nothing behind");
    }

    /// A setting changes, `helm rollback` brings the old one back, `up` the new one again.
    fn helm_goes_back(&self) {
        let setting = || self.cluster.must("configmap", "backend-config")["data"]["LOG_LEVEL"].clone();
        assert!(setting().is_null());
        let line = "    build: app/backend                                # FR-001\n";
        self.space.edit("specs/notes.md", line, &format!("{line}    environment: {{ LOG_LEVEL: WARNING }}\n"));
        self.cluster.bowline(&self.space, &["up", "--yes", "--timeout", "420"]).exits(0);
        assert_eq!(setting(), "WARNING");
        let helm = tools::find("helm").unwrap();
        let release = self.releases(&helm).into_iter().find(|r| r == "notes" || r == "notes-backend").unwrap();
        let args = ["rollback", &release, "-n", NAMESPACE, "--wait", "--timeout", "240s"];
        self.cluster.helm(&helm, &args, self.space.path()).exits(0);
        assert!(setting().is_null());
        self.all_pods_are_ready();
        self.cluster.bowline(&self.space, &["up", "--yes", "--timeout", "420"]).exits(0);
        assert_eq!(setting(), "WARNING");
        self.cluster.bowline(&self.space, &["up", "--yes"]).exits(0).says(&["nothing to do"]);
    }

    /// The node enforces policies: the page may call the backend and nothing else.
    fn policies_hold(&self, forbidden: &str, port: u16) {
        let reach = |host: &str, port: u16| {
            let program = format!(
                "const s = require('net').connect({{host: '{host}', port: {port}}}); s.setTimeout(4000); s.on('connect', () => process.exit(0)); s.on('timeout', () => process.exit(7)); s.on('error', () => process.exit(8))"
            );
            self.exec("frontend", &["node", "-e", &program]).code
        };
        assert_eq!(reach("backend", 8000), 0, "the page calls the backend");
        assert_ne!(reach(forbidden, port), 0, "the page may not call {forbidden}:{port}");
    }

    fn down(&self) {
        self.cluster.bowline(&self.space, &["down", "--all", "--yes"]).exits(0);
        self.cluster.empty();
    }
}

/// A PostgreSQL that is none of the app's business but for its address.
fn a_database_outside(cluster: &Cluster, space: &Space) {
    cluster.kubectl(&["delete", "namespace", OUTSIDE, "--ignore-not-found"]).exits(0);
    let manifest = format!(
        "apiVersion: v1\nkind: Namespace\nmetadata: {{ name: {OUTSIDE} }}\n---\napiVersion: v1\nkind: Pod\nmetadata: {{ name: postgres, namespace: {OUTSIDE}, labels: {{ app: postgres }} }}\nspec:\n  containers:\n    - name: postgres\n      image: postgres:16.4-alpine3.20\n      imagePullPolicy: IfNotPresent\n      env: [{{ name: POSTGRES_PASSWORD, value: elsewhere }}]\n      readinessProbe: {{ exec: {{ command: [pg_isready, --host=127.0.0.1] }}, periodSeconds: 1 }}\n---\napiVersion: v1\nkind: Service\nmetadata: {{ name: postgres, namespace: {OUTSIDE} }}\nspec: {{ selector: {{ app: postgres }}, ports: [{{ port: 5432 }}] }}\n"
    );
    cluster.kubectl_with(&["apply", "-f", "-"], &manifest).exits(0);
    cluster.kubectl(&["wait", "-n", OUTSIDE, "--for=condition=Ready", "pod/postgres", "--timeout=120s"]).exits(0);
    space.write(".env", format!("DATABASE_URL=postgresql://postgres:elsewhere@postgres.{OUTSIDE}.svc:5432/postgres\n"));
}

#[test]
#[ignore = "needs a real node: tests/run level2"]
fn level2_case_a_keeps_its_notes_outside() {
    let app = Deployed::up("a-external", a_database_outside);
    app.add("kept outside");
    assert!(app.notes().contains("kept outside"));
    app.the_chart_tests_itself();
    app.policies_hold(&format!("postgres.{OUTSIDE}.svc"), 5432);
    app.helm_goes_back();
    assert!(app.notes().contains("kept outside"));
    assert!(app.cluster.list("statefulsets,persistentvolumeclaims").is_empty(), "the cluster keeps nothing");
    app.down();
    app.cluster.kubectl(&["delete", "namespace", OUTSIDE, "--wait=false"]).exits(0);
}

#[test]
#[ignore = "needs a real node: tests/run level2"]
fn level2_case_b_is_watched() {
    let app = Deployed::up("b-minikube", |cluster, space| {
        a_database_outside(cluster, space);
        definitions::install(cluster);
    });
    app.add("watched");
    app.the_chart_tests_itself();
    let monitor = app.cluster.must("servicemonitors.monitoring.coreos.com", "backend");
    assert_eq!(monitor["spec"]["endpoints"][0]["path"], "/metrics");
    let metrics = "import urllib.request as u; print(u.urlopen('http://127.0.0.1:8000/metrics').read().decode())";
    let told = app.exec("backend", &["python3", "-c", metrics]).exits(0).out;
    let boards: Vec<Value> = app
        .cluster
        .list("configmaps")
        .into_iter()
        .filter(|c| c["metadata"]["labels"]["grafana_dashboard"] == "1")
        .collect();
    assert_eq!(boards.len(), 1);
    assert!(told.contains("http_requests_total{") && boards[0].to_string().contains("http_requests_total"), "{told}");
    assert!(!app.cluster.list("prometheusrules.monitoring.coreos.com").is_empty());
    assert_eq!(app.cluster.list("resourcequotas")[0]["spec"]["hard"]["pods"], "20");
    app.helm_goes_back();
    app.down();
    app.cluster.kubectl(&["delete", "namespace", OUTSIDE, "--wait=false"]).exits(0);
}

#[test]
#[ignore = "needs a real node: tests/run level2"]
fn level2_case_c_has_all_in_the_cluster() {
    let app = Deployed::up("c-cluster", |cluster, space| {
        definitions::stand_in_for_agents(cluster, space);
        cluster.load("python:3.11.9-slim-bookworm");
    });
    app.add("kept here");
    app.the_chart_tests_itself();
    app.policies_hold("database", 5432);
    until("the certificate is made", || {
        let held = app.cluster.object("secret", "notes-tls")?["data"]["tls.crt"].as_str()?.to_owned();
        (held.len() > 100).then_some(())
    });
    assert_eq!(app.cluster.must("ingress", "notes")["spec"]["tls"][0]["secretName"], "notes-tls");
    let agent = app.cluster.must("agents.kagent.dev", "watch");
    assert_eq!(agent["spec"]["declarative"]["modelConfig"], "watch-model");
    for file in ["audit", "encryption"] {
        let found = std::fs::read_dir(app.space.join("out/notes/cluster")).unwrap();
        assert!(found.map(|e| e.unwrap().file_name().into_string().unwrap()).any(|n| n.contains(file)), "{file}");
    }
    app.helm_goes_back();
    app.down();
}

#[test]
#[ignore = "needs a real node: tests/run level2"]
fn level2_case_d_comes_back_from_a_backup() {
    let app = Deployed::up("d-local", |_, _| {});
    app.add("before the accident");
    app.the_chart_tests_itself();
    app.policies_hold("database", 5432);
    let job = |from: &str, name: &str| {
        let from = format!("cronjob/{from}");
        app.cluster.kubectl(&["create", "job", name, "-n", NAMESPACE, "--from", &from]).exits(0);
        let job = format!("job/{name}");
        app.cluster.kubectl(&["wait", "-n", NAMESPACE, "--for=condition=Complete", &job, "--timeout=180s"]).exits(0);
    };
    job("database-backup", "backup-by-hand");
    let sql = "import os, psycopg; c = psycopg.connect(os.environ['DATABASE_URL'], autocommit=True); c.execute('delete from notes')";
    app.exec("backend", &["python3", "-c", sql]).exits(0);
    assert!(!app.notes().contains("before the accident"));
    job("database-restore", "restore-by-hand");
    assert!(app.notes().contains("before the accident"));
    app.helm_goes_back();
    app.down();
}
