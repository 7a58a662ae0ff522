//! The committed chart and manifests say the same, in the words of the real Helm programs.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::{Ran, tools};
use serde_json::{Value, json};

const APP: &str = "todo";

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn chart() -> PathBuf {
    root().join("charts").join(APP)
}

/// Both generations of Helm, as far as they are there.
fn helms(test: &str) -> Vec<PathBuf> {
    ["helm", "helm4"].iter().filter_map(|name| tools::find_or_skip(name, test)).collect()
}

/// The environments that have manifests.
fn environments() -> Vec<String> {
    let folders = std::fs::read_dir(root().join("out").join(APP)).unwrap().map(|e| e.unwrap().path());
    let names = folders.filter(|p| p.join("kustomization.yaml").is_file());
    let names: BTreeSet<_> = names.map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    assert_eq!(names.iter().map(String::as_str).collect::<Vec<_>>(), ["local", "production"]);
    names.into_iter().collect()
}

fn values(environment: &str) -> String {
    chart().join(format!("values-{environment}.yaml")).display().to_string()
}

#[track_caller]
fn helm(program: &Path, args: &[&str]) -> Ran {
    tools::run(program, args, root(), None)
}

/// What the chart renders, one text for each object.
#[track_caller]
fn rendered(program: &Path, environment: &str, more: &[&str]) -> Vec<String> {
    let (chart, values) = (chart().display().to_string(), values(environment));
    let args = [&["template", APP, &chart, "--skip-tests", "--namespace", APP, "--values", &values], more].concat();
    documents(&helm(program, &args).exits(0).out)
}

fn documents(text: &str) -> Vec<String> {
    let text = format!("\n{text}");
    let all = text.split("\n---").map(str::to_owned);
    all.filter(|d| d.lines().any(|l| !l.trim().is_empty() && !l.starts_with('#'))).collect()
}

/// The manifests of an environment by path; what kustomize reads is no object.
fn manifests(environment: &str) -> BTreeMap<String, String> {
    let folder = root().join("out").join(APP).join(environment);
    let files = std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path());
    let files = files.filter(|p| p.file_name().is_some_and(|n| n != "kustomization.yaml"));
    let read = |p: PathBuf| (p.display().to_string(), std::fs::read_to_string(&p).unwrap());
    files.filter(|p| p.extension().is_some_and(|e| e == "yaml")).map(read).collect()
}

/// Reads YAML as Helm and kubectl do, by Helm's own parser: to it an unquoted `no` is false. Any text may be given,
/// however odd, because a chart of one template passes it through a file.
#[track_caller]
fn objects(program: &Path, texts: &[String]) -> BTreeMap<String, Value> {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    };
    write("Chart.yaml", "apiVersion: v2\nname: reader\nversion: 0.0.0\n");
    write(
        "templates/all.yaml",
        "{{ range $path, $_ := .Files.Glob \"given/*\" }}\n---\nread: {{ $.Files.Get $path | fromYaml | toJson | b64enc }}\n{{ end }}",
    );
    for (index, text) in texts.iter().enumerate() {
        write(&format!("given/{index:05}.yaml"), text);
    }
    let out = helm(program, &["template", "reader", folder.path().to_str().unwrap()]).exits(0).out;
    let mut all = BTreeMap::new();
    for line in out.lines().filter_map(|l| l.strip_prefix("read: ")) {
        let object: Value = serde_json::from_slice(&base64(line)).unwrap();
        assert!(object.get("kind").is_some(), "not an object: {object}");
        let name = common::cluster::title(&object);
        assert!(all.insert(name.clone(), object).is_none(), "{name} stands twice");
    }
    assert_eq!(all.len(), texts.len());
    all
}

/// Standard base64, as Helm's `b64enc` writes it.
fn base64(text: &str) -> Vec<u8> {
    const LETTERS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let (mut bytes, mut bits, mut count) = (Vec::new(), 0_u32, 0);
    for letter in text.bytes().filter(|b| *b != b'=') {
        let value = LETTERS.iter().position(|l| *l == letter).expect("base64");
        bits = bits << 6 | u32::try_from(value).unwrap();
        count += 6;
        if count >= 8 {
            count -= 8;
            bytes.push((bits >> count & 0xff).try_into().unwrap());
        }
    }
    bytes
}

#[track_caller]
fn same(left: &BTreeMap<String, Value>, right: &BTreeMap<String, Value>, what: &str) {
    let names = |all: &BTreeMap<String, Value>| all.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(left), names(right), "{what}");
    for (name, object) in left {
        let text = |v: &Value| serde_json::to_string_pretty(&sorted(v)).unwrap();
        let (one, other) = (text(object), text(&right[name]));
        assert!(one == other, "{what}: {name} differs\n{}", lines_that_differ(&one, &other));
    }
}

fn lines_that_differ(one: &str, other: &str) -> String {
    let diff = similar::TextDiff::from_lines(one, other);
    diff.unified_diff().context_radius(3).to_string()
}

/// The order of keys says nothing.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(map) => {
            let map: BTreeMap<_, _> = map.iter().map(|(k, v)| (k.clone(), sorted(v))).collect();
            json!(map)
        }
        Value::Array(list) => list.iter().map(sorted).collect(),
        other => other.clone(),
    }
}

#[test]
fn the_chart_with_an_environments_values_is_that_environments_manifests() {
    for helm in helms("chart equals manifests") {
        for environment in environments() {
            let chart = objects(&helm, &rendered(&helm, &environment, &[]));
            let mut manifests = objects(&helm, &manifests(&environment).into_values().collect::<Vec<_>>());
            // Helm makes the namespace itself: one inside a chart fails with and without --create-namespace
            assert!(manifests.remove(&format!("Namespace/{APP}")).is_some(), "{environment} has a Namespace");
            same(&manifests, &chart, &format!("{} {environment}", helm.display()));
            assert!(chart.len() > 20, "only {} objects", chart.len());
        }
    }
}

#[test]
fn helm_lint_is_content_with_every_environment() {
    for program in helms("helm lint") {
        for environment in environments() {
            let (chart, values) = (chart().display().to_string(), values(&environment));
            helm(&program, &["lint", "--strict", &chart, "--values", &values]).exits(0).says(&["0 chart(s) failed"]);
        }
    }
}

/// Units of values.yaml that can be switched off.
fn units(program: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(chart().join("values.yaml")).unwrap();
    let text = format!("kind: Values\nmetadata: {{name: all}}\nvalues:\n{}", indented(&text));
    let all = objects(program, &[text]);
    let units = all["Values/all"]["values"].as_object().unwrap().clone();
    let units = units.into_iter().filter(|(_, v)| v.get("enabled").is_some());
    units.map(|(name, _)| name).collect()
}

fn indented(text: &str) -> String {
    text.lines().map(|l| format!("  {l}\n")).collect()
}

#[test]
fn the_releases_of_all_units_together_are_the_whole_chart() {
    for helm in helms("unit releases") {
        let units = units(&helm);
        assert_eq!(units.len(), 5, "app, two services, a resource and its migration: {units:?}");
        for environment in environments() {
            let whole = objects(&helm, &rendered(&helm, &environment, &[]));
            let mut union = BTreeMap::new();
            for unit in &units {
                let others = units.iter().filter(|u| *u != unit);
                let off: Vec<String> =
                    others.flat_map(|u| ["--set".to_owned(), format!("{u}.enabled=false")]).collect();
                let off: Vec<&str> = off.iter().map(String::as_str).collect();
                let part = objects(&helm, &rendered(&helm, &environment, &off));
                assert!(!part.is_empty(), "{unit} has objects");
                for (name, object) in part {
                    let twice = union.insert(name.clone(), object);
                    assert!(twice.is_none(), "{name} is in two releases, one of them {unit}'s");
                }
            }
            same(&whole, &union, &format!("union of the units in {environment}"));
            let off: Vec<String> =
                units.iter().flat_map(|u| ["--set".to_owned(), format!("{u}.enabled=false")]).collect();
            let none = rendered(&helm, &environment, &off.iter().map(String::as_str).collect::<Vec<_>>());
            assert!(none.is_empty(), "without any unit nothing is left: {none:?}");
        }
    }
}

#[test]
fn the_schema_of_the_values_refuses_what_is_wrong() {
    for program in helms("values schema") {
        let chart = chart().display().to_string();
        for (set, complaint) in [
            ("frontend.replicas=abc", "replicas"),
            ("backend.enabled=7", "enabled"),
            ("backend.replikas=3", "replikas"),
            ("bakend.enabled=true", "bakend"),
        ] {
            let ran = helm(&program, &["template", APP, &chart, "--set-json", &set.replace("abc", "\"abc\"")]);
            assert_ne!(ran.code, 0, "{set} was accepted by {}", program.display());
            ran.says(&[complaint]);
        }
        helm(&program, &["template", APP, &chart, "--set", "frontend.replicas=3"]).exits(0);
    }
}

#[test]
fn a_password_brings_the_secret_and_no_environment_holds_one() {
    for program in helms("chart secrets") {
        for environment in environments() {
            let plain = objects(&program, &rendered(&program, &environment, &[]));
            assert!(plain.keys().all(|name| !name.starts_with("Secret/")), "a manifest holds a secret");
            let with = objects(&program, &rendered(&program, &environment, &["--set", "database.password=p4ss"]));
            let added: Vec<_> = with.iter().filter(|(name, _)| !plain.contains_key(*name)).collect();
            assert_eq!(added.len(), 1, "{added:?}");
            assert_eq!(added[0].0, "Secret/database-credentials");
            let text = added[0].1.to_string();
            assert!(text.contains("p4ss") || text.contains("cDRzcw=="), "{text}");
        }
    }
}

#[test]
#[ignore = "needs a real API server: tests/run level1"]
fn level1_the_api_server_and_kubeconform_accept_everything() {
    let cluster = common::cluster::Cluster::of_level(1);
    let helm = tools::find("helm").expect("the testbed has helm");
    cluster.kubectl(&["create", "namespace", APP, "--dry-run=client", "-o", "name"]).exits(0);
    let made = cluster.kubectl(&["get", "namespace", APP, "-o", "name", "--ignore-not-found"]).out.trim().is_empty();
    if made {
        cluster.kubectl(&["create", "namespace", APP]).exits(0);
    }
    for environment in environments() {
        let manifests = manifests(&environment);
        let all = manifests.values().map(|t| format!("---\n{t}")).collect::<String>();
        let dry = [
            "apply",
            "--server-side",
            "--force-conflicts",
            "--dry-run=server",
            "--validate=strict",
            "-f",
            "-",
            "-o",
            "name",
        ];
        let accepted = cluster.kubectl_with(&dry, &all).exits(0);
        assert_eq!(accepted.out.lines().count(), manifests.len(), "{}", accepted.out);
        // no warning either: deprecated versions, Pod Security
        assert_eq!(accepted.err, "", "{environment}");

        let chart = rendered(&helm, &environment, &["--set", "database.password=p"]).join("\n---\n");
        let accepted = cluster.kubectl_with(&dry, &chart).exits(0);
        assert_eq!(accepted.err, "", "chart {environment}");

        let checked = kubeconform(&cluster, &format!("{all}\n---\n{chart}"));
        assert_eq!(checked["summary"]["invalid"], 0, "{checked:#}");
        assert_eq!(checked["summary"]["errors"], 0, "{checked:#}");
        assert_eq!(checked["summary"]["skipped"], 0, "{checked:#}");
        assert!(checked["summary"]["valid"].as_u64() > Some(40), "{checked:#}");
    }
    // the oracle can say no
    let wrong = "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: a\n  nmae: b\ndata: {a: 1}\n";
    let checked = kubeconform(&cluster, wrong);
    assert_eq!(checked["summary"]["invalid"], 1, "{checked:#}");
    if made {
        cluster.kubectl(&["delete", "namespace", APP, "--wait=false"]).exits(0);
    }
}

/// kubeconform with the schemas that the API server itself publishes: its own come from a site that not every network reaches.
fn kubeconform(cluster: &common::cluster::Cluster, yaml: &str) -> Value {
    let program = tools::find("kubeconform").expect("the testbed has kubeconform");
    let folder = tempfile::tempdir().unwrap();
    let mut api = cluster.kubectl(&["get", "--raw", "/openapi/v2"]).exits(0).json();
    let definitions = api["definitions"].as_object_mut().unwrap();
    for (name, schema) in definitions.iter_mut() {
        let kinds = schema.get("x-kubernetes-group-version-kind").and_then(Value::as_array).cloned();
        if schema.get("properties").is_some() && schema.get("additionalProperties").is_none() {
            schema["additionalProperties"] = json!(false);
        }
        if name.ends_with("intstr.IntOrString") || name.ends_with("resource.Quantity") {
            *schema = json!({ "oneOf": [{ "type": "string" }, { "type": "number" }] });
        }
        for kind in kinds.iter().flatten().filter(|_| name.starts_with("io.k8s.api.")) {
            let text = |key: &str| kind[key].as_str().unwrap().to_lowercase();
            // as kubeconform abbreviates: deployment-apps-v1, networkpolicy-networking-v1, service-v1
            let group = text("group").split('.').next().map(|g| format!("-{g}")).filter(|g| g.len() > 1);
            let file = format!("{}{}-{}.json", text("kind"), group.unwrap_or_default(), text("version"));
            let reference = json!({ "$ref": format!("_definitions.json#/definitions/{name}") });
            std::fs::write(folder.path().join(file), reference.to_string()).unwrap();
        }
    }
    std::fs::write(folder.path().join("_definitions.json"), api.to_string()).unwrap();
    let location = format!("{}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", folder.path().display());
    let args = ["-strict", "-summary", "-output", "json", "-schema-location", &location, "-"];
    let ran = tools::run(program, &args, root(), Some(yaml.as_bytes()));
    assert!(ran.code <= 1, "{}", ran.err);
    ran.json()
}
