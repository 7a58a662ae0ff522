//! A real API server takes every kind of object, with Pod Security `restricted` enforced and the real definitions of
//! custom kinds. They come from the modules of their makers (`tests/testbed/build definitions`).

use std::path::{Path, PathBuf};

use bowline::make::run::Made;

use crate::common::cluster::Cluster;
use crate::fixture::Example;
use crate::{backup, everything, helm, jobs, monitoring, platform, services, tls};

const DRY: [&str; 10] = [
    "apply",
    "--server-side",
    "--force-conflicts",
    "--dry-run=server",
    "--validate=strict",
    "-f",
    "-",
    "-o",
    "name",
    "--field-manager=test",
];

/// Installs the definitions of a folder, and waits until the server knows them.
fn define(cluster: &Cluster, folder: &Path) {
    let folder = folder.canonicalize().unwrap().display().to_string();
    cluster.kubectl(&["apply", "--server-side", "--force-conflicts", "-f", &folder]).exits(0);
    cluster.kubectl(&["wait", "--for=condition=Established", "--timeout=60s", "-f", &folder]).exits(0);
}

fn manifests(made: &Made, environment: &str) -> Vec<(String, String)> {
    let ours = made.artifacts.iter().filter(|a| a.environment.as_deref() == Some(environment) && a.object.is_some());
    ours.map(|a| (a.identity.to_string(), String::from_utf8(a.bytes.clone()).unwrap())).collect()
}

/// Every object of every environment, and what Helm makes of the chart, in one dry run each.
#[track_caller]
fn accepted(cluster: &Cluster, block: &str, name: &str) -> Vec<String> {
    let example = Example::new(block);
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    let app = &example.app;
    let mut kinds = Vec::new();
    for environment in &app.environments {
        let all = manifests(&made, environment);
        let (namespace, _) = all.iter().find(|(i, _)| i.ends_with("/Namespace")).expect("a namespace");
        let of = |identity: &str| all.iter().find(|(i, _)| i == identity).unwrap().1.clone();
        cluster.kubectl_with(&["apply", "--server-side", "--force-conflicts", "-f", "-"], &of(namespace)).exits(0);
        let text: String = all.iter().map(|(_, t)| format!("---\n{t}")).collect();
        let ran = cluster.kubectl_with(&DRY, &text).exits(0);
        assert_eq!(ran.out.lines().count(), all.len(), "{}", ran.out);
        assert_eq!(ran.err, "", "{name} in {environment}: no warning either");
        kinds.extend(ran.out.lines().filter_map(|l| Some(l.split('/').next()?.to_owned())));
        for helm in helm::helms() {
            let root = helm::write(&made, &format!("level1-{name}"));
            let chart = format!("charts/{}", app.name);
            let values = format!("{chart}/values-{environment}.yaml");
            let text =
                helm::run(&helm, &root, &["template", &app.name, &chart, "--skip-tests", "-f", &values]).unwrap();
            let ran = cluster.kubectl_with(&DRY, &text).exits(0);
            assert_eq!(ran.err, "", "the chart of {name} in {environment}");
        }
    }
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
#[ignore = "needs a real API server: tests/run level1"]
fn level1_every_kind_of_object_is_accepted() {
    let cluster = Cluster::of_level(1);
    let folder = |name: &str| std::env::var_os(name).map(PathBuf::from).filter(|f| f.is_dir());
    let definitions =
        folder("BOWLINE_TEST_DEFINITIONS").expect("BOWLINE_TEST_DEFINITIONS names the definitions: tests/run sets it");
    define(&cluster, &definitions);
    let mut kinds = Vec::new();
    for (block, name) in [
        (jobs::BLOCK.to_owned(), "jobs"),
        (services::BLOCK.to_owned(), "services"),
        (backup::block("{ schedule: \"@daily\", retention: 14d, storage: 9Gi, timeZone: Etc/UTC }"), "backup"),
        (tls::block("{ path: /, tls: self-signed }", "{ host: admin.shop.local, tls: self-signed }"), "tls"),
        (monitoring::block("operator", monitoring::NAMES), "monitoring"),
        (platform::block("telemetry: collector, mesh: istio, monitoring: operator"), "platform"),
    ] {
        kinds.extend(accepted(&cluster, &block, name));
    }
    // kagent's own definitions cannot be had from a registry: they are tried where a folder with them is named
    match folder("BOWLINE_TEST_KAGENT") {
        Some(definitions) => {
            define(&cluster, &definitions);
            let tried = accepted(&cluster, &platform::block(platform::AGENTS), "agents");
            accepted(&cluster, everything::BLOCK, "everything");
            for kind in ["agent.kagent.dev", "modelconfig.kagent.dev", "remotemcpserver.kagent.dev"] {
                assert!(tried.iter().any(|k| k == kind), "{kind} was tried: {tried:?}");
            }
        }
        None => println!("skipped: BOWLINE_TEST_KAGENT names no folder with kagent's definitions"),
    }
    for kind in [
        "servicemonitor.monitoring.coreos.com",
        "prometheusrule.monitoring.coreos.com",
        "verticalpodautoscaler.autoscaling.k8s.io",
        "peerauthentication.security.istio.io",
    ] {
        assert!(kinds.iter().any(|k| k == kind), "{kind} was tried: {kinds:?}");
    }
    cluster.kubectl(&["delete", "namespace", "shop", "--wait=false", "--ignore-not-found"]).exits(0);
}

/// What stands behind a key of a kubeconfig.
fn from_config(cluster: &Cluster, path: &str) -> String {
    cluster.kubectl(&["config", "view", "--raw", "-o", &format!("jsonpath={{{path}}}")]).exits(0).out
}

#[test]
#[ignore = "needs a real API server: tests/run level1"]
fn level1_the_certificate_is_made_once_and_by_rights_to_one_secret() {
    let cluster = Cluster::of_level(1);
    let block = tls::block("{ path: /, tls: self-signed }", "{ host: \"*.admin.local\", tls: self-signed }");
    let block = block.replace("name: shop,", "name: signed,");
    let example = Example::new(&block);
    let made = example.make();
    let all = manifests(&made, "local");
    let of = |identity: &str| all.iter().find(|(i, _)| i == identity).unwrap_or_else(|| panic!("{identity}")).1.clone();
    for kind in
        ["Namespace", "Secret/certificate", "ServiceAccount/certificate", "Role/certificate", "RoleBinding/certificate"]
    {
        cluster.kubectl_with(&["apply", "--server-side", "-f", "-"], &of(&format!("signed/{kind}"))).exits(0);
    }
    let account = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(account.path().join(name), text).unwrap();
    write("token", &cluster.kubectl(&["create", "token", "signed-tls", "-n", "signed"]).exits(0).out);
    let ca = from_config(&cluster, ".clusters[0].cluster.certificate-authority-data");
    write("ca.crt", std::str::from_utf8(&bowline::base::base64::from_base64(&ca).unwrap()).unwrap());
    let map = made.artifacts.iter().find(|a| a.identity.to_string() == "signed/ConfigMap/certificate").unwrap();
    write("issue.py", map.object.as_ref().unwrap()["data"]["issue.py"].as_str().unwrap());
    let server = from_config(&cluster, ".clusters[0].cluster.server");
    let (host, port) = server.trim_start_matches("https://").rsplit_once(':').unwrap();
    let run = |hosts: &str| {
        let mut python = std::process::Command::new("python3");
        python
            .arg(account.path().join("issue.py"))
            .env("ACCOUNT_FOLDER", account.path())
            .env("CERTIFICATE_HOSTS", hosts);
        python.env("KUBERNETES_SERVICE_HOST", host).env("KUBERNETES_SERVICE_PORT", port);
        python.env("NAMESPACE", "signed").env("SECRET_NAME", "signed-tls");
        crate::common::tools::run_command(python, None)
    };
    let held = || {
        let secret = cluster.kubectl(&["get", "secret", "signed-tls", "-n", "signed", "-o", "json"]).exits(0).json();
        secret["data"].as_object().map(|d| (d["tls.crt"].clone(), d["tls.key"].clone()))
    };
    assert_eq!(held(), None);
    run("shop.local *.admin.local").exits(0).says(&["made a certificate for shop.local, *.admin.local"]);
    let first = held().expect("filled");
    run("shop.local *.admin.local").exits(0).says(&["is good"]);
    assert_eq!(held().as_ref(), Some(&first), "a good one stays");
    // delivering it again takes nothing away
    cluster.kubectl_with(&["apply", "--server-side", "-f", "-"], &of("signed/Secret/certificate")).exits(0);
    assert_eq!(held().as_ref(), Some(&first));
    run("shop.example.org").exits(0).says(&["made a certificate for shop.example.org"]);
    assert_ne!(held().as_ref(), Some(&first), "another host, another certificate");
    let may = |what: &[&str]| {
        let user = "--as=system:serviceaccount:signed:signed-tls";
        cluster.kubectl(&[&["auth", "can-i", "-n", "signed", user], what].concat()).out.trim() == "yes"
    };
    assert!(may(&["patch", "secret/signed-tls"]));
    for other in [
        ["get", "secret/other"],
        ["list", "secrets"],
        ["create", "secrets"],
        ["delete", "secret/signed-tls"],
        ["get", "pods"],
    ] {
        assert!(!may(&other), "{other:?}");
    }
    cluster.kubectl(&["delete", "namespace", "signed", "--wait=false"]).exits(0);
}
