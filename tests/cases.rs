//! Four small apps, one for each kind of constitution that people write: a database outside (A), Minikube with an
//! assistant (B), everything in the cluster (C), a local cluster with backups (D). Each is generated, checked, rendered
//! by the real Helm, and shown to the judges that platform teams use.

mod common;

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use common::cluster::Cluster;
use common::{Space, definitions, parity, tools};
use serde_json::Value;

const CASES: [&str; 4] = ["a-external", "b-minikube", "c-cluster", "d-local"];
const APP: &str = "notes";

/// A case with its sources, its tasks derived, everything generated.
fn made(case: &str) -> Space {
    let space = common::cases::space(case);
    space.run(&["generate"]).exits(0);
    space
}

fn files(folder: &Path, ending: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![folder.to_path_buf()];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).unwrap().map(|e| e.unwrap().path()) {
            if entry.is_dir() {
                folders.push(entry);
            } else if entry.to_str().unwrap().ends_with(ending) {
                found.push(entry);
            }
        }
    }
    found.sort();
    found
}

fn environments(space: &Space) -> Vec<String> {
    let all = std::fs::read_dir(space.join(&format!("out/{APP}"))).unwrap().map(|e| e.unwrap().path());
    let with = all.filter(|p| p.join("kustomization.yaml").is_file());
    let mut names: Vec<String> = with.map(|p| p.file_name().unwrap().to_str().unwrap().to_owned()).collect();
    names.sort();
    names
}

/// The files of the manifests of an environment.
fn manifests(space: &Space, environment: &str) -> Vec<PathBuf> {
    let folder = space.join(&format!("out/{APP}/{environment}"));
    files(&folder, ".yaml").into_iter().filter(|p| !p.ends_with("kustomization.yaml")).collect()
}

#[test]
fn each_is_valid_for_its_constitution() {
    for case in CASES {
        let space = made(case);
        let ran = space.run(&["check", "--output", "json"]);
        let data = ran.json();
        let findings = data["data"]["findings"].as_array().unwrap_or_else(|| panic!("{}", ran.out));
        let wrong: Vec<String> = findings
            .iter()
            .filter(|f| f["severity"] == "error" || f["severity"] == "warning")
            .map(|f| format!("{}: {}", f["code"], f["message"]))
            .collect();
        assert!(wrong.is_empty(), "{case}\n{}", wrong.join("\n"));
        space.run(&["generate", "--check"]).exits(0);
        space.run(&["tasks", "--dry-run"]).exits(0);
        space.run(&["up", "--rehearse", "--yes"]).exits(0).says(&["nothing real was changed"]);
    }
}

#[test]
fn chart_and_manifests_are_equal_object_by_object() {
    for case in CASES {
        let space = made(case);
        let mut compared = 0;
        for helm in parity::helms("chart_and_manifests_are_equal_object_by_object") {
            for environment in environments(&space) {
                let mut ours = parity::manifests(&space, APP, &environment);
                ours.retain(|name, _| !name.starts_with("Namespace/"));
                let theirs = parity::rendered(&space, &helm, APP, &environment, &[]);
                let names = |o: &BTreeMap<String, Value>| o.keys().cloned().collect::<BTreeSet<_>>();
                assert_eq!(names(&ours), names(&theirs), "{case} {environment}");
                for (name, object) in &ours {
                    assert_eq!(*object, theirs[name], "{case} {environment} {name}");
                    compared += 1;
                }
                // one release for each unit: disjoint, and together the whole
                let switches = switches(&space);
                let mut union = BTreeMap::new();
                for unit in &switches {
                    let off: Vec<String> =
                        switches.iter().filter(|u| *u != unit).map(|u| format!("--set={u}.enabled=false")).collect();
                    let off: Vec<&str> = off.iter().map(String::as_str).collect();
                    for (name, object) in parity::rendered(&space, &helm, APP, &environment, &off) {
                        assert!(union.insert(name.clone(), object).is_none(), "{case}: {name} in two releases");
                    }
                }
                assert!(union == theirs, "{case} {environment}: the union of the unit releases");
                let chart = format!("charts/{APP}");
                let values = format!("charts/{APP}/values-{environment}.yaml");
                tools::run(&helm, &["lint", "--strict", &chart, "-f", &values], space.path(), None).exits(0);
            }
        }
        tools::note(&format!("case {case}: {compared} objects of chart and manifests equal"));
    }
}

#[test]
fn kustomize_gives_every_manifest_and_nothing_else() {
    let Some(kubectl) = tools::find_or_skip("kubectl", "kustomize_gives_every_manifest_and_nothing_else") else {
        return;
    };
    for case in CASES {
        let space = made(case);
        let mut compared = 0;
        for environment in environments(&space) {
            let folder = format!("out/{APP}/{environment}");
            let ran = tools::run(&kubectl, &["kustomize", &folder], space.path(), None).exits(0);
            assert_eq!(ran.err, "", "{case} {environment}");
            let (theirs, ours) = (parity::objects(&ran.out), parity::manifests(&space, APP, &environment));
            let names = |o: &BTreeMap<String, Value>| o.keys().cloned().collect::<BTreeSet<_>>();
            assert_eq!(names(&theirs), names(&ours), "{case} {environment}");
            for (name, object) in &ours {
                assert_eq!(theirs[name], *object, "{case} {environment} {name}");
                compared += 1;
            }
        }
        tools::note(&format!("case {case}: {compared} objects of kustomize and manifests equal"));
    }
}

/// The keys of values.yaml that switch a unit.
fn switches(space: &Space) -> Vec<String> {
    let values: Value = serde_yaml::from_str(&space.read(&format!("charts/{APP}/values.yaml"))).unwrap();
    let all = values.as_object().unwrap().iter().filter(|(_, v)| v.get("enabled").is_some());
    all.map(|(key, _)| key.clone()).collect()
}

const JUDGES: [&str; 4] = ["kubeconform", "kube-score", "checkov", "hadolint"];

/// One judge's findings that are right in general and not followed here, each with the sentence that says otherwise.
/// The judge, parts of the finding with a star between them, and why.
const ACCEPTED: &[(&str, &str, &str)] = &[
    ("kube-score", "ImagePullPolicy is not set to Always", "images are loaded into the local cluster (C366)"),
    ("kube-score", "host podAntiAffinity", "topologySpreadConstraints spread pods, softly, for one node (C69, D12)"),
    ("kube-score", "Container has the same readiness and liveness probe", "an app with one health route (D46)"),
    ("checkov", "CKV_K8S_15", "images are loaded into the local cluster (C366)"),
    ("checkov", "CKV_K8S_43", "a locally built image has no digest before it is loaded; its tag is a digest (C43)"),
    ("checkov", "CKV_K8S_35", "secrets come as environment variables (B24, C80)"),
    (
        "checkov",
        "CKV_K8S_38*notes-tls",
        "the Job of the certificate reads and writes one Secret, and nothing else (C231)",
    ),
    (
        "kube-score",
        "watch/notes*NetworkPolicys selector",
        "the agent's pods are made by kagent, not by a manifest (C192)",
    ),
    ("kube-linter", "job-ttl-seconds-after-finished", "the Job of a version is the record that it was migrated (C140)"),
];

fn accepted(judge: &str, finding: &str) -> bool {
    ACCEPTED.iter().any(|(j, parts, _)| *j == judge && parts.split('*').all(|p| finding.contains(p)))
}

/// Whether a manifest's kind comes with a definition of its own.
fn is_custom(manifest: &str) -> bool {
    const OWN: [&str; 3] = ["networking.k8s.io", "rbac.authorization.k8s.io", "admissionregistration.k8s.io"];
    let version = manifest.lines().find_map(|l| l.strip_prefix("apiVersion: ")).unwrap();
    version.split_once('/').is_some_and(|(group, _)| group.contains('.') && !OWN.contains(&group))
}

/// What each judge says of a case, without what is accepted.
fn judged(space: &Space) -> BTreeMap<&'static str, Vec<String>> {
    let mut out: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    let share = tools::testbed_bin().parent().unwrap().join("share/judges");
    let paths: Vec<String> =
        environments(space).iter().flat_map(|e| manifests(space, e)).map(|p| p.display().to_string()).collect();
    let paths: Vec<&str> = paths.iter().map(String::as_str).collect();
    let find = |name: &str| tools::find_or_skip(name, "judges_accept_everything");

    if let Some(kubeconform) = find("kubeconform") {
        let found = out.entry("kubeconform").or_default();
        let custom = paths.iter().filter(|p| is_custom(&std::fs::read_to_string(p).unwrap())).count();
        for version in ["v1.28", "v1.29", "v1.30", "v1.31", "v1.32", "v1.33", "v1.34"] {
            let location =
                format!("{}/schemas/{version}/{{{{.ResourceKind}}}}{{{{.KindSuffix}}}}.json", share.display());
            let args =
                ["-strict", "-summary", "-ignore-missing-schemas", "-output", "json", "-schema-location", &location];
            let ran = tools::run(&kubeconform, &[&args[..], &paths].concat(), space.path(), None).json();
            // what has no schema is what no release has
            assert_eq!(ran["summary"]["skipped"], custom, "{version}: {}", ran["summary"]);
            for resource in ran["resources"].as_array().into_iter().flatten() {
                found.push(format!("{version} {} {}", resource["name"], resource["msg"]));
            }
        }
    }
    if let Some(score) = find("kube-score") {
        let args = ["score", "--output-format", "ci", "--kubernetes-version", "v1.34"];
        let ran = tools::run(&score, &[&args[..], &paths].concat(), space.path(), None);
        let lines = ran.out.lines().filter(|l| l.starts_with("[CRITICAL]") || l.starts_with("[WARNING]"));
        out.entry("kube-score").or_default().extend(lines.map(str::to_owned));
    }
    let checkov = share.join("bin/checkov");
    if checkov.is_file() {
        let folder = format!("out/{APP}");
        let args = ["-d", &folder, "--compact", "--quiet", "-o", "json", "--framework", "kubernetes", "dockerfile"];
        let ran = tools::run(&checkov, &args, space.path(), None);
        let all: Value = ran.json();
        let reports = if let Value::Array(list) = all { list } else { vec![all] };
        for failed in reports.iter().flat_map(|r| r["results"]["failed_checks"].as_array().into_iter().flatten()) {
            let line = format!("{} {} {}", failed["check_id"], failed["check_name"], failed["resource"]);
            out.entry("checkov").or_default().push(line);
        }
    } else {
        tools::skip("judges_accept_everything", "no checkov: tests/testbed/judges installs it");
    }
    let hadolint = share.join("bin/hadolint");
    if hadolint.is_file() {
        for file in files(&space.join(&format!("out/{APP}/images")), "/Dockerfile") {
            let ran = tools::run(&hadolint, &[file.to_str().unwrap()], space.path(), None);
            out.entry("hadolint").or_default().extend(ran.out.lines().map(str::to_owned));
        }
    } else {
        tools::skip("judges_accept_everything", "no hadolint: tests/testbed/judges installs it");
    }
    // no registry carries it: judged where it is installed
    if let Some(linter) = tools::find("kube-linter") {
        let ran = tools::run(&linter, &["lint", "--format", "json", &format!("out/{APP}")], space.path(), None);
        for report in ran.json()["Reports"].as_array().into_iter().flatten() {
            let line = format!("{} {}", report["Check"], report["Diagnostic"]["Message"]);
            out.entry("kube-linter").or_default().push(line);
        }
    }
    out
}

#[test]
#[ignore = "needs the judges: tests/run judges"]
fn judges_accept_everything() {
    let mut wrong = Vec::new();
    let mut used = BTreeSet::new();
    for case in CASES {
        let space = made(case);
        for (judge, found) in judged(&space) {
            let all = found.len();
            let open: Vec<String> = found.into_iter().filter(|f| !accepted(judge, f)).collect();
            tools::note(&format!("{case} {judge}: {} findings, {} accepted exceptions", open.len(), all - open.len()));
            used.insert(judge);
            wrong.extend(open.into_iter().map(|f| format!("{case} {judge}: {f}")));
        }
    }
    for (judge, finding, why) in ACCEPTED {
        tools::note(&format!("accepted of {judge}: {finding}: {why}"));
    }
    assert!(JUDGES.iter().all(|j| used.contains(j)), "{used:?}");
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
#[ignore = "needs the judges: tests/run judges"]
fn judges_refuse_what_is_bad() {
    let space = made("d-local");
    let manifest = format!("out/{APP}/local/backend-deployment.yaml");
    space.edit(&manifest, "runAsNonRoot: true", "runAsNonRoot: false\n        runAsNobody: true");
    space.edit(&manifest, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false");
    let dockerfile = format!("out/{APP}/images/backend/Dockerfile");
    let text = space.read(&dockerfile);
    space.write(&dockerfile, format!("{text}RUN apt-get install curl\nCMD python main.py\n"));
    let found = judged(&space);
    for judge in JUDGES {
        let open = found[judge].iter().filter(|f| !accepted(judge, f)).count();
        assert!(open > 0, "{judge} accepts anything: {found:?}");
    }
}

/// What a person does who has `kubectl` and no Bowline.
#[test]
#[ignore = "needs a real API server: tests/run level1"]
fn level1_kubectl_applies_the_folders() {
    let cluster = Cluster::of_level(1);
    definitions::install(&cluster);
    let mut applied = 0;
    for case in CASES {
        let space = made(case);
        definitions::stand_in_for_agents(&cluster, &space);
        // the fullest of the environments, which differ in values alone
        let environment = environments(&space).pop().unwrap();
        let wanted = manifests(&space, &environment).len();
        let folder = space.join(&format!("out/{APP}/{environment}")).display().to_string();
        let first = cluster.kubectl(&["apply", "-k", &folder]).exits(0);
        assert_eq!(first.err, "", "{case} {environment}");
        assert_eq!(first.out.lines().count(), wanted, "{case} {environment}\n{}", first.out);
        applied += wanted;
        // the API server sees no difference; `apply` itself calls what it sends again "configured"
        let again = cluster.kubectl(&["diff", "-k", &folder]);
        assert_eq!((again.code, again.out.as_str()), (0, ""), "{case} {environment}: the second time changes");
        cluster.kubectl(&["delete", "namespace", APP, "--timeout=120s"]).exits(0);
    }
    println!("{applied} objects of {} cases", CASES.len());
    assert!(applied > 100, "{applied}");
}
