//! Where values of secrets come from, that they arrive, and that nothing else ever holds one.

mod common;

use std::collections::BTreeMap;

use common::stub::Stub;
use common::{Ran, Space, parity};
use serde_json::{Value, json};

/// A value that stands nowhere by chance.
const PLANTED: &str = "zq7-planted-Value+with/strange=chars%41";
const CODED: &str = "enE3LXBsYW50ZWQtVmFsdWUrd2l0aC9zdHJhbmdlPWNoYXJzJTQx";

/// One service whose `secrets` is this; the workspace is a Git repository.
fn space(secrets: &str) -> Space {
    let space = Space::empty();
    let block = format!(
        "app: {{ name: shop, delivery: native }}\nservices:\n  web:\n    image: nginx:1.27.3\n    ports: [80]\n    secrets: {secrets}\n"
    );
    space.write("specs/shop.md", format!("# Shop\n\n```yaml bowline\n{block}```\n"));
    space.write("tasks/shop.md", "# Tasks\n");
    space.write(".gitignore", ".env\n*.secret\n.bowline\n");
    space.git(&["init", "--quiet"]);
    space
}

#[track_caller]
fn made(secrets: &str) -> Space {
    let space = space(secrets);
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.git(&["add", "--all"]);
    space.git(&["commit", "--quiet", "--message", "All"]);
    space
}

/// `bowline` against the stub, with variables.
fn against(space: &Space, stub: &Stub, args: &[&str], variables: &[(&str, &str)]) -> Ran {
    space.write("kube.secret", stub.kubeconfig());
    let config = space.join("kube.secret").display().to_string();
    let all = [&[("KUBECONFIG", config.as_str())], variables].concat();
    space.run_with(args, &all)
}

const SECRET: &str = "/api/v1/namespaces/shop/secrets/web-secrets";

/// The values of a Secret that the stub has been given.
fn delivered(stub: &Stub, path: &str) -> BTreeMap<String, String> {
    let object = stub.get(path).unwrap_or_else(|| panic!("no {path} among {:?}", stub.paths()));
    let text = |v: &Value| String::from_utf8(bowline::base::base64::from_base64(v.as_str().unwrap()).unwrap()).unwrap();
    object["data"].as_object().unwrap().iter().map(|(k, v)| (k.clone(), text(v))).collect()
}

#[test]
fn each_source_brings_its_value_to_the_cluster() {
    let space = made(
        "{ PLAIN: required, RENAMED: { fromEnv: OTHER_NAME }, FILE: { fromFile: keys/file.secret }, DOTENV: required, MADE: { generate: 48 }, MAYBE: optional }",
    );
    space.write("keys/file.secret", format!("{PLANTED}-file\n"));
    space.write(".env", format!("DOTENV={PLANTED}-dotenv\nPLAIN=not-this-one\n"));
    let stub = Stub::start();
    let plain = format!("{PLANTED}-plain");
    let variables = [("PLAIN", plain.as_str()), ("OTHER_NAME", "renamed"), ("FILE", "the file wins")];
    against(&space, &stub, &["up", "--yes"], &variables).exits(0).never_says(&[PLANTED, CODED]);
    let first = delivered(&stub, SECRET);
    assert_eq!(first["PLAIN"], plain, "the process comes before the file");
    assert_eq!(first["RENAMED"], "renamed");
    assert_eq!(first["FILE"], format!("{PLANTED}-file"), "without the line's end");
    assert_eq!(first["DOTENV"], format!("{PLANTED}-dotenv"));
    assert!(first["MADE"].len() == 48 && first["MADE"].bytes().all(|b| b.is_ascii_alphanumeric()));
    assert!(!first.contains_key("MAYBE") && !first.contains_key("OTHER_NAME"));
    // once made, always the same; a changed source is written
    space.write("keys/file.secret", "changed");
    against(&space, &stub, &["up", "--yes"], &variables).exits(0).never_says(&[&first["MADE"]]);
    let again = delivered(&stub, SECRET);
    assert_eq!(again["MADE"], first["MADE"]);
    assert_eq!(again["FILE"], "changed");
    // what nobody gives any more stays as the cluster has it
    std::fs::remove_file(space.join("keys/file.secret")).unwrap();
    std::fs::remove_file(space.join(".env")).unwrap();
    against(&space, &stub, &["up", "--yes"], &[]).exits(0);
    assert_eq!(delivered(&stub, SECRET), again);
}

#[test]
fn all_that_is_missing_is_said_at_once_and_nothing_is_begun() {
    let space = made(
        "{ A: required, B: { fromEnv: OTHER }, C: { fromFile: keys/c.secret }, D: optional, E: { generate: 16 }, F: { secretName: theirs, key: f } }",
    );
    let stub = Stub::start();
    let before = stub.paths();
    let ran = against(&space, &stub, &["up", "--yes"], &[]).exits(1);
    ran.says(&[
        "error[secret-missing]: secrets are missing: A (key `A` of secret/web-secrets), OTHER (key `B` of secret/web-secrets), `keys/c.secret`",
        "error[secret-absent]: the spec counts on what is not in the cluster: secret/theirs (for `web`)",
    ]);
    assert_eq!(stub.paths(), before, "nothing was applied");
    // a Secret that is there without the key
    stub.put(
        "/api/v1/namespaces/shop/secrets/theirs",
        json!({ "metadata": { "name": "theirs", "namespace": "shop" }, "data": { "g": "eA==" } }),
    );
    let ran = against(&space, &stub, &["up", "--yes"], &[("A", "a"), ("OTHER", "b")]).exits(1);
    ran.says(&["a secret is missing: `keys/c.secret`", "key `f` of secret/theirs (for `web`)"]);
}

#[test]
fn plain_text_that_git_has_is_refused_with_the_line() {
    let space = made("{ A: { fromFile: keys/a.txt } }");
    space.write("keys/a.txt", format!("{PLANTED}\n"));
    space.run(&["check"]).exits(0);
    space.git(&["add", "keys/a.txt"]);
    for args in [&["check"][..], &["up", "--rehearse"], &["diff"]] {
        let ran = space.run(args).exits(1);
        ran.says(&["error[secret-file-tracked]: `keys/a.txt`", "specs/shop.md:9:", "git rm --cached keys/a.txt"])
            .never_says(&[PLANTED]);
    }
    // a link to it is no way around, and a link to what Git has not is one
    space.git(&["reset", "--quiet"]);
    space.git(&["add", "--force", "keys/a.txt"]);
    space.edit("specs/shop.md", "keys/a.txt", "keys/link.secret");
    std::os::unix::fs::symlink("a.txt", space.join("keys/link.secret")).unwrap();
    space.run(&["check"]).exits(1).says(&["error[secret-file-tracked]"]);
}

/// Everything that runs of the program left on the disk, but for the sources of the values.
fn left(space: &Space, sources: &[&str]) -> Vec<(String, String)> {
    let all = space.tree("").into_iter();
    let all = all.filter(|(path, _)| !sources.contains(&path.as_str()) && !path.starts_with(".git/"));
    all.map(|(path, (bytes, _))| (path, String::from_utf8_lossy(&bytes).into_owned())).collect()
}

#[test]
fn a_value_is_in_no_output_and_no_file() {
    let space = made("{ A: required, B: { fromEnv: OTHER }, C: { fromFile: keys/c.secret }, D: required }");
    space.write("keys/c.secret", format!("{PLANTED}\n"));
    space.write(".env", format!("D=\"{PLANTED}\"\n"));
    let stub = Stub::start();
    let variables = [("A", PLANTED), ("OTHER", PLANTED), ("RUST_BACKTRACE", "1")];
    let runs: &[&[&str]] = &[
        &["generate"],
        &["generate", "--check"],
        &["check"],
        &["check", "--output", "json"],
        &["check", "--output", "sarif"],
        &["check", "--output", "junit"],
        &["check", "--output", "github"],
        &["check", "--output", "markdown"],
        &["check", "--output", "short"],
        &["diff"],
        &["diff", "--git", "HEAD"],
        &["status"],
        &["status", "--output", "json"],
        &["why", "env:A"],
        &["why", "env:A", "--output", "json"],
        &["why", "charts/shop/templates/web-deployment.yaml:60"],
        &["why", "out/shop/local/web-deployment.yaml"],
        &["graph"],
        &["up", "--rehearse"],
        &["up", "--rehearse", "--output", "jsonl"],
        &["up", "--yes"],
        &["up", "--yes", "--output", "jsonl"],
        &["diff", "--save", "plan.json"],
        &["apply", "plan.json", "--yes"],
        &["up", "--yes", "--delivery", "helm"],
        &["rollback", "--yes"],
        &["down", "--yes"],
    ];
    let mut delivered_once = false;
    for args in runs {
        let ran = against(&space, &stub, args, &variables);
        assert!(ran.code != 101 && !ran.err.contains("panicked"), "{args:?}: {}", ran.err);
        for text in [&ran.out, &ran.err] {
            assert!(!text.contains(PLANTED) && !text.contains(CODED), "{args:?} prints it:\n{text}");
        }
        for (path, text) in left(&space, &["keys/c.secret", ".env"]) {
            assert!(!text.contains(PLANTED) && !text.contains(CODED), "{args:?} leaves it in {path}");
        }
        delivered_once |= stub.get(SECRET).is_some_and(|s| s.to_string().matches(CODED).count() == 4);
    }
    assert!(delivered_once, "the cluster got it, so that there was something to leak");
}

#[test]
fn a_message_that_quotes_a_value_is_masked() {
    // the server refuses the Secret and quotes it, in plain text and in base64
    let mut masker = bowline::change::mask::Masker::default();
    masker.learn(PLANTED);
    masker.learn("-----BEGIN KEY-----\nfirst-line-of-it\nsecond-line-of-it\n");
    for text in [format!("bad value {PLANTED}!"), format!("data.A: {CODED}"), "at second-line-of-it".to_owned()] {
        let shown = masker.scrub(&text);
        assert!(!shown.contains(PLANTED) && !shown.contains(CODED) && !shown.contains("second-line"), "{shown}");
        assert!(shown.contains("<secret #"), "{shown}");
    }
}

#[test]
fn a_secret_in_a_build_context_is_in_no_image() {
    let space = space("[]");
    space.write("app/api/requirements.txt", "fastapi==0.115.0\nuvicorn==0.32.0\n");
    space.write("app/api/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n");
    space.write("app/api/keys/a.secret", PLANTED);
    let spec = "# Shop\n\n```yaml bowline\napp: { name: shop }\nservices:\n  api: { build: app/api, secrets: { A: { fromFile: app/api/keys/a.secret } } }\n  \
                other: { build: app/api, secrets: { B: { fromFile: keys/b.secret } } }\n```\n";
    space.write("specs/shop.md", spec);
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    for unit in ["api", "other"] {
        let ignored = space.read(&format!("out/shop/images/{unit}/Dockerfile.dockerignore"));
        assert!(ignored.lines().any(|l| l == "keys/a.secret") && !ignored.contains("b.secret"), "{ignored}");
    }
    // beside a Dockerfile of one's own, one is told
    space.write("app/mine/Dockerfile", "FROM busybox:1.36.1\nCOPY . .\n");
    space.write("app/mine/a.secret", PLANTED);
    let own = "  mine: { build: { context: app/mine, dockerfile: Dockerfile }, ports: [80], secrets: { A: { fromFile: app/mine/a.secret } } }\n```\n";
    space.write("specs/shop.md", spec.replacen("} }\n```\n", &format!("}} }}\n{own}"), 1));
    space.run(&["check"]).says(&[
        "warning[secret-in-context]: the image of `mine` may come to hold `app/mine/a.secret`",
        "specs/shop.md:8:",
    ]);
    space.write("app/mine/.dockerignore", "*.secret\n");
    space.run(&["check"]).never_says(&["secret-in-context"]);
    space.write("specs/shop.md", spec);
    space.run(&["generate"]).exits(0);
    // what is not in the image is not in its tag
    let before = space.tree("out");
    space.write("app/api/keys/a.secret", "another value");
    space.run(&["generate", "--check"]).exits(0);
    assert_eq!(before, space.tree("out"));
}

#[test]
fn the_chart_takes_an_existing_secret_and_values_and_says_the_same_as_the_manifests() {
    let space = made("{ A: required, B: { secretName: theirs, key: b } }");
    parity::agree(&space, "shop", &["local"]);
    for helm in parity::helms("an existing secret in a chart") {
        let names = |more: &[&str]| -> Vec<String> {
            let all = parity::rendered(&space, &helm, "shop", "local", more);
            let env = all["Deployment/web"]
                .pointer("/spec/template/spec/containers/0/env")
                .unwrap()
                .as_array()
                .unwrap()
                .clone();
            let mut names: Vec<String> =
                env.iter().map(|v| v["valueFrom"]["secretKeyRef"]["name"].as_str().unwrap().to_owned()).collect();
            names.extend(all.keys().filter(|k| k.starts_with("Secret/")).cloned());
            names
        };
        assert_eq!(names(&[]), ["web-secrets", "theirs"]);
        assert_eq!(names(&["--set", "web.existingSecret=mine"]), ["mine", "theirs"]);
        assert_eq!(names(&["--set", "web.existingSecret="]), ["web-secrets", "theirs"]);
        assert_eq!(names(&["--set", "web.secretValues.A=x"]), ["web-secrets", "theirs", "Secret/web-secrets"]);
    }
    // in one environment only, and `up` makes none there and asks for that one
    let spec = space.read("specs/shop.md");
    let environments =
        "environments: { local: { services: { web: { existingSecret: mine } } }, production: {} }\n```\n";
    space.write("specs/shop.md", spec.replace("} }\n```\n", &format!("}} }}\n{environments}")));
    space.run(&["generate"]).exits(0);
    parity::agree(&space, "shop", &["local", "production"]);
    let stub = Stub::start();
    let ran = against(&space, &stub, &["up", "--yes"], &[]).exits(1);
    ran.says(&["error[secret-absent]", "secret/mine (for `web`)", "secret/theirs"]).never_says(&["secret-missing"]);
}

/// A file as SOPS leaves it, and beside it what a stand-in for its program prints: the real one needs keys.
fn encrypted(space: &Space, path: &str, text: &str, opened: &Value) {
    space.write(path, text);
    space.write(&format!("{path}.opened.secret"), opened.to_string());
}

/// A folder with a program called `sops` that has this body, first on `PATH`.
fn with_sops(space: &Space, body: &str) -> String {
    use std::os::unix::fs::PermissionsExt as _;
    space.write("bin.secret/sops", format!("#!/bin/sh\n{body}\n"));
    let program = space.join("bin.secret/sops");
    std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
    format!("{}:{}", space.join("bin.secret").display(), std::env::var("PATH").unwrap_or_default())
}

const YAML: &str = "A: ENC[AES256_GCM,data:x,type:str]\nsops:\n    mac: ENC[y]\n    version: 3.9.4\n";
const JSON: &str = "{\n\t\"A\": \"ENC[x]\",\n\t\"sops\": { \"mac\": \"ENC[y]\", \"version\": \"3.9.4\" }\n}\n";
const DOTENV: &str = "A=ENC[AES256_GCM,data:x,type:str]\nsops_mac=ENC[y]\nsops_version=3.9.4\n";

#[test]
fn files_that_sops_has_encrypted_are_opened_by_its_own_program() {
    let space = made(
        "{ A: { fromFile: enc/a.yaml }, B: { fromFile: enc/a.yaml, key: nested.b }, C: { fromFile: enc/c.json, key: A }, D: { fromFile: enc/d.env, key: A }, \
         E: { fromFile: enc/e.bin }, F: required }"
            .replace("\\\n         ", "")
            .as_str(),
    );
    encrypted(&space, "enc/a.yaml", YAML, &json!({ "A": PLANTED, "nested": { "b": 7 } }));
    encrypted(&space, "enc/c.json", JSON, &json!({ "A": "from json" }));
    encrypted(&space, "enc/d.env", DOTENV, &json!({ "A": "from dotenv" }));
    encrypted(&space, "enc/e.bin", &JSON.replace("\"A\"", "\"data\""), &json!({ "data": "whole" }));
    encrypted(&space, ".env", &DOTENV.replace("A=", "F="), &json!({ "F": "from .env" }));
    // encrypted files are there to be in Git
    space.git(&["add", "--force", "enc", ".env"]);
    space.run(&["check"]).exits(0);
    let stub = Stub::start();
    let path = with_sops(
        &space,
        "[ \"$1 $2 $4 $5\" = \"--decrypt --input-type --output-type json\" ] || exit 3\necho \"$3 $6\" >> calls.secret\ncat \"$6.opened.secret\"",
    );
    against(&space, &stub, &["up", "--yes"], &[("PATH", &path)]).exits(0).never_says(&[PLANTED, CODED]);
    let got = delivered(&stub, SECRET);
    let wanted =
        [("A", PLANTED), ("B", "7"), ("C", "from json"), ("D", "from dotenv"), ("E", "whole"), ("F", "from .env")];
    assert_eq!(got, wanted.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect());
    let mut calls: Vec<String> = space.read("calls.secret").lines().map(str::to_owned).collect();
    calls.sort();
    let each = ["dotenv .env", "dotenv enc/d.env", "json enc/c.json", "json enc/e.bin", "yaml enc/a.yaml"];
    assert_eq!(calls, each, "each file is opened once, in its own syntax");
    for (path, text) in left(&space, &["enc/a.yaml.opened.secret"]) {
        assert!(!text.contains(PLANTED) && !text.contains(CODED), "{path}");
    }
}

#[test]
fn without_the_program_or_its_key_nothing_is_begun() {
    let space = made("{ A: { fromFile: enc/a.yaml }, B: required }");
    encrypted(&space, "enc/a.yaml", YAML, &json!({}));
    let stub = Stub::start();
    let before = stub.paths();
    let only = space.join("nothing.secret").display().to_string();
    let ran = against(&space, &stub, &["up", "--yes"], &[("PATH", &only)]);
    ran.exits(4).says(&[
        "error[sops-missing]: `enc/a.yaml` is encrypted with SOPS, and `sops` is not installed",
        "install sops",
    ]);
    let path = with_sops(&space, &format!("echo '{PLANTED}'; echo 'no key could decrypt the data' >&2; exit 128"));
    let ran = against(&space, &stub, &["up", "--yes"], &[("PATH", &path), ("B", "b")]);
    ran.exits(4)
        .says(&["error[sops-failed]: `sops` does not decrypt `enc/a.yaml`", "no key could decrypt the data"])
        .never_says(&[PLANTED]);
    let path = with_sops(&space, "echo '{}'");
    let ran = against(&space, &stub, &["up", "--yes"], &[("PATH", &path)]);
    ran.exits(1).says(&["secrets are missing: `enc/a.yaml` (key `A` of secret/web-secrets), B (key `B`"]);
    let path = with_sops(&space, "printf 'not json %s' 'hunter2-not-shown'");
    against(&space, &stub, &["up", "--yes"], &[("PATH", &path)])
        .exits(4)
        .says(&["sops-failed"])
        .never_says(&["hunter2"]);
    assert_eq!(stub.paths(), before, "nothing was applied");
}

/// With the real program and a key of its own, where they are there.
#[test]
fn the_real_sops_opens_what_it_encrypted() {
    // no part of the testbed: it would take longer to build than all the rest
    let (Some(sops), Some(keygen)) = (common::tools::find("sops"), common::tools::find("age-keygen")) else {
        return common::tools::note("the real SOPS is not tried: no `sops` and `age-keygen` here");
    };
    let space = made("{ A: { fromFile: enc/a.yaml }, B: { fromFile: enc/b.env }, C: { fromFile: enc/c.bin } }");
    let key = common::tools::run(&keygen, &[], space.path(), None).exits(0);
    space.write("key.secret", &key.out);
    let public = key.out.lines().find_map(|l| l.strip_prefix("# public key: ")).unwrap().to_owned();
    for (name, syntax, text) in [
        ("enc/a.yaml", "yaml", format!("A: \"{PLANTED}\"\n")),
        ("enc/b.env", "dotenv", format!("B={PLANTED}\n")),
        ("enc/c.bin", "binary", PLANTED.to_owned()),
    ] {
        space.write("plain.secret", text);
        let args = [
            "--encrypt",
            "--age",
            &public,
            "--input-type",
            syntax,
            "--output-type",
            if syntax == "binary" { "json" } else { syntax },
            "plain.secret",
        ];
        let out = common::tools::run(&sops, &args, space.path(), None).exits(0).out;
        assert!(!out.contains(PLANTED));
        space.write(name, out);
    }
    std::fs::remove_file(space.join("plain.secret")).unwrap();
    space.git(&["add", "enc"]);
    let stub = Stub::start();
    let path = format!("{}:{}", sops.parent().unwrap().display(), std::env::var("PATH").unwrap_or_default());
    let ran = against(&space, &stub, &["up", "--yes"], &[("PATH", &path)]).exits(4);
    ran.says(&["error[sops-failed]"]).never_says(&[PLANTED]);
    let key = space.join("key.secret").display().to_string();
    against(&space, &stub, &["up", "--yes"], &[("PATH", &path), ("SOPS_AGE_KEY_FILE", &key)]).exits(0);
    let got = delivered(&stub, SECRET);
    assert!(got.len() == 3 && got.values().all(|v| v == PLANTED), "{got:?}");
}

const SEALED: &str = "apiVersion: bitnami.com/v1alpha1\nkind: SealedSecret\nmetadata: { name: web-keys, namespace: shop }\n\
                      spec: { encryptedData: { A: AgBx, token: AgBy } }\n";

#[test]
fn a_sealed_secret_is_applied_as_it_is_and_its_secret_is_read() {
    let space = space("{ A: { fromFile: sealed.yaml }, B: { fromFile: sealed.yaml, key: token }, C: required }");
    space.write("sealed.yaml", SEALED);
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.git(&["add", "--all"]);
    space.run(&["check"]).exits(0);
    let all = parity::manifests(&space, "shop", "local");
    let env =
        all["Deployment/web"].pointer("/spec/template/spec/containers/0/env").unwrap().as_array().unwrap().clone();
    let read: Vec<String> = env
        .iter()
        .map(|v| &v["valueFrom"]["secretKeyRef"])
        .map(|r| format!("{}/{}", r["name"].as_str().unwrap(), r["key"].as_str().unwrap()))
        .collect();
    assert_eq!(read, ["web-keys/A", "web-keys/token", "web-secrets/C"]);
    // a cluster without the controller: said before anything is begun
    let stub = Stub::start();
    let before = stub.paths();
    let ran = against(&space, &stub, &["up", "--yes"], &[("C", "c")]).exits(4);
    ran.says(&["error[no-such-kind]", "SealedSecret of `bitnami.com/v1alpha1`", "controller of Sealed Secrets"]);
    assert_eq!(stub.paths(), before);
    // one with it
    let kinds = json!({ "kind": "APIResourceList", "groupVersion": "bitnami.com/v1alpha1", "resources": [
        { "name": "sealedsecrets", "singularName": "sealedsecret", "namespaced": true, "kind": "SealedSecret", "verbs": ["get", "patch"] }] });
    stub.put("/apis/bitnami.com/v1alpha1", kinds);
    stub.put(
        "/api/v1/namespaces/shop/secrets/web-keys",
        json!({ "metadata": { "name": "web-keys", "namespace": "shop" }, "data": { "A": "eA==", "token": "eQ==" } }),
    );
    against(&space, &stub, &["up", "--yes"], &[("C", "c")]).exits(0);
    let sealed = stub.get("/apis/bitnami.com/v1alpha1/namespaces/shop/sealedsecrets/web-keys").unwrap();
    assert_eq!(sealed["spec"]["encryptedData"]["A"], "AgBx");
    assert_eq!(sealed["metadata"]["labels"]["app.kubernetes.io/part-of"], "shop");
    // sealed again under another name: what reads it changes, although no document did
    space.run(&["generate"]).exits(0);
    space.edit("sealed.yaml", "name: web-keys", "name: web-other");
    space.run(&["generate", "--check"]).exits(3);
    space.edit("sealed.yaml", "name: web-other", "name: web-keys");
    // a key that it does not have, and another namespace, at the line
    for (old, new, says) in [
        ("key: token", "key: tokn", "the SealedSecret `sealed.yaml` has no key `tokn`"),
        ("name: shop,", "name: shop, namespace: other,", "for the namespace `shop`, and the app is in `other`"),
    ] {
        let spec = space.read("specs/shop.md");
        space.edit("specs/shop.md", old, new);
        space.run(&["check"]).exits(1).says(&["error[secret-file]", says, "specs/shop.md:9:"]);
        space.write("specs/shop.md", spec);
    }
}

#[test]
fn what_cannot_be_meant_is_a_finding_at_its_line_and_nothing_is_written() {
    for (secrets, code, says) in [
        ("{ A: maybe }", "field-shape", "must be one of `optional`, `required`"),
        ("{ A: 5 }", "field-shape", "must be one of `optional`, `required`"),
        ("{ A: [x] }", "field-shape", "must be"),
        ("A", "field-shape", "must be a list or a map"),
        ("{ A: { fromenv: X } }", "field-unknown", "did you mean `fromEnv`"),
        ("{ A: { value: hunter2 } }", "field-unknown", "has no field `value`"),
        ("{ A: { generate: 4 } }", "field-shape", "a whole number from 8 to 1024"),
        ("{ A: { generate: long } }", "field-shape", "a whole number from 8 to 1024"),
        ("{ A: { generate: 32, fromEnv: X } }", "secret-source", "two sources: `fromEnv` and `generate`"),
        ("{ A: { secretName: x, fromFile: y } }", "secret-source", "two sources: `secretName` and `fromFile`"),
        ("{ A: { generate: 32, optional: true } }", "secret-source", "never absent"),
        ("{ A: { key: x } }", "secret-source", "add `secretName`, or remove `key`"),
        ("{ A: { secretName: Not_A_Name } }", "field-shape", "must be a name"),
        ("{ A: { secretName: x, key: 'a b' } }", "secret-source", "cannot have the key"),
        ("{ A: { fromEnv: 'X Y' } }", "secret-name", "`X Y` of `web` cannot be the name of a variable"),
        ("{ 1A: required }", "secret-name", "`1A` of `web`"),
        ("['A-B']", "secret-name", "`A-B` of `web`"),
        ("[A, B, A]", "secret-source", "names the secret `A` twice"),
        ("{ A: { fromFile: /etc/key } }", "secret-file", "outside of the repository"),
        ("{ A: { fromFile: ../key } }", "secret-file", "outside of the repository"),
        ("{ A: { fromFile: '~/key' } }", "secret-file", "outside of the repository"),
        ("{ A: { fromFile: 'C:\\key' } }", "secret-file", "outside of the repository"),
        ("{ A: { fromFile: '' } }", "secret-file", "does not say which file"),
        ("{ A: { fromFile: [x] } }", "field-shape", "must be a text"),
        ("{ A: { external: { key: x } } }", "secret-source", "which store it is in"),
        ("{ A: { external: { store: v } } }", "secret-source", "which entry of the store"),
        ("{ A: { external: x } }", "secret-source", "which store it is in"),
        ("{ A: { external: { store: v, key: x, kind: Vault } } }", "field-shape", "`ClusterSecretStore`"),
        (
            "{ A: { external: { store: v, key: x }, fromEnv: Y } }",
            "secret-source",
            "two sources: `fromEnv` and `external`",
        ),
    ] {
        let space = space(secrets);
        let ran = space.run(&["generate"]).exits(1);
        ran.says(&[&format!("error[{code}]"), says, "specs/shop.md:9:"]).never_says(&["panicked"]);
        assert!(!space.join("out").exists() && !space.join("charts").exists(), "{secrets}");
    }
    // several at once, each with its line
    let ran = space("{ A: { generate: 32, fromEnv: X }, 1B: required, C: { fromFile: /x } }").run(&["check"]).exits(1);
    ran.says(&["error[secret-source]", "error[secret-name]", "error[secret-file]", "3 errors"]);
    // a value that somebody wrote where none belongs is not repeated
    for secrets in [
        format!("{{ A: {PLANTED} }}"),
        format!("[A={PLANTED}]"),
        format!("{{ A: {{ value: {PLANTED} }} }}"),
        format!("{{ A: {{ secretName: x, val: [{PLANTED}] }} }}"),
        format!("[A]\n    egress: ['https://u:{PLANTED}@api.example.org']"),
    ] {
        for args in [
            &["check"][..],
            &["check", "--output", "json"],
            &["generate"],
            &["up", "--rehearse"],
            &["check", "--output", "sarif"],
        ] {
            space(&secrets).run(args).exits(1).never_says(&[PLANTED]);
        }
    }
    space("{ A: { secretName: x, key: k } }\n    environment: { A: x }")
        .run(&["check"])
        .exits(1)
        .says(&["error[variable-twice]: `A` of `web` has two values: a plain value and a secret", "specs/shop.md:10:"]);
    for (store, says) in [
        ("{ kind: SecretStore }", "`app.secretStore` does not say what the store is called"),
        ("[vault]", "must be a single value or a map"),
        ("{ name: vault, kind: Vault }", "must be one of `SecretStore`, `ClusterSecretStore`"),
        ("{ name: vault, pth: x }", "did you mean `path`"),
    ] {
        let space = space("[A]");
        space.edit("specs/shop.md", "name: shop,", &format!("name: shop, secretStore: {store},"));
        space.run(&["check"]).exits(1).says(&[says, "specs/shop.md:4:"]);
    }
    let structure = space("[A]");
    let spec = structure.read("specs/shop.md").replace(
        "secrets: [A]\n",
        "secrets: [A]\nenvironments: { local: { services: { web: { secrets: { A: optional } } } } }\n",
    );
    structure.write("specs/shop.md", spec);
    structure.run(&["check"]).exits(1).says(&["error[environment-structure]"]);
}

/// Where a schema of a definition allows a field, and what it wants there.
fn schema_at<'s>(schema: &'s Value, path: &str) -> &'s Value {
    path.split('.').fold(schema, |at, part| if part == "[]" { &at["items"] } else { &at["properties"][part] })
}

#[test]
fn external_secrets_are_objects_of_their_definition() {
    let space = space(
        "{ A: required, B: { external: { store: other, kind: ClusterSecretStore, key: kv/b, property: b } }, C: { external: plain }, D: { fromEnv: OURS } }",
    );
    space.edit("specs/shop.md", "name: shop,", "name: shop, secretStore: { name: vault, path: kv/prod/shop },");
    let spec = space
        .read("specs/shop.md")
        .replace("OURS } }\n", "OURS } }\n    dependsOn: [database]\nresources:\n  database: { type: postgres }\n");
    space.write("specs/shop.md", spec);
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.run(&["check"]).exits(0);
    parity::agree(&space, "shop", &["local"]);
    let all = parity::manifests(&space, "shop", "local");
    let found: Vec<&String> = all.keys().filter(|k| k.starts_with("ExternalSecret/")).collect();
    assert_eq!(found, ["ExternalSecret/database-credentials", "ExternalSecret/web-external"]);
    let web = &all["ExternalSecret/web-external"];
    assert_eq!(web["apiVersion"], "external-secrets.io/v1");
    assert_eq!(web["spec"]["secretStoreRef"], json!({ "name": "vault", "kind": "SecretStore" }));
    assert_eq!(
        web["spec"]["data"],
        json!([
            { "secretKey": "A", "remoteRef": { "key": "kv/prod/shop/web", "property": "A" } },
            { "secretKey": "B", "sourceRef": { "storeRef": { "name": "other", "kind": "ClusterSecretStore" } }, "remoteRef": { "key": "kv/b", "property": "b" } },
            { "secretKey": "C", "remoteRef": { "key": "plain" } },
        ])
    );
    assert_eq!(
        all["ExternalSecret/database-credentials"]["spec"]["data"],
        json!([{ "secretKey": "password", "remoteRef": { "key": "kv/prod/shop/database", "property": "password" } }])
    );
    // our own Secret holds what is not in the store, and nothing else
    let stub = Stub::start();
    let ran = against(&space, &stub, &["up", "--yes"], &[]).exits(4);
    ran.says(&[
        "a secret is missing: OURS (key `D` of secret/web-secrets)",
        "does not know ExternalSecret of `external-secrets.io/v1`, which External Secrets defines",
    ]);
    assert!(!space.join("charts/shop/templates/database-secret.yaml").exists());
    // every field that we write is one of the definition, where a copy of that is at hand
    let Some(definition) = definition() else { return };
    let version = definition["spec"]["versions"].as_array().unwrap().iter().find(|v| v["name"] == "v1").unwrap();
    assert!(version["served"] == true);
    let schema = &version["schema"]["openAPIV3Schema"];
    fits(&web["spec"], schema_at(schema, "spec"), "spec");
}

/// The definition of ExternalSecret, from the module cache of Go; the testbed fetches it.
fn definition() -> Option<Value> {
    let cache = std::env::var_os("GOMODCACHE").map(std::path::PathBuf::from);
    let cache = cache.unwrap_or_else(|| common::tools::home().join("go/pkg/mod"));
    let file = cache.join("github.com/external-secrets/external-secrets@v1.3.2/config/crds/bases/external-secrets.io_externalsecrets.yaml");
    let Ok(text) = std::fs::read_to_string(&file) else {
        common::tools::note("ExternalSecrets are not held against their definition: it is not in the module cache");
        return None;
    };
    parity::objects(&text).into_values().next()
}

/// Every field stands in the schema, is of its type and one of its values; what the schema asks for is there.
fn fits(value: &Value, schema: &Value, path: &str) {
    for wanted in schema["required"].as_array().into_iter().flatten() {
        assert!(value.get(wanted.as_str().unwrap()).is_some(), "{path} lacks {wanted}");
    }
    if let Some(allowed) = schema["enum"].as_array() {
        assert!(allowed.contains(value), "{path}: {value}");
    }
    match value {
        Value::Object(map) => {
            assert_eq!(schema["type"], "object", "{path}");
            for (key, below) in map {
                let known = schema["properties"].get(key).unwrap_or_else(|| panic!("{path} has no field {key}"));
                fits(below, known, &format!("{path}.{key}"));
            }
        }
        Value::Array(list) => {
            assert_eq!(schema["type"], "array", "{path}");
            list.iter().for_each(|v| fits(v, &schema["items"], &format!("{path}[]")));
        }
        Value::String(text) => {
            assert_eq!(schema["type"], "string", "{path}");
            let longest = schema["maxLength"].as_u64().unwrap_or(u64::MAX);
            assert!(text.len() as u64 <= longest, "{path}");
        }
        _ => {}
    }
}

#[test]
#[ignore = "needs a real control plane: tests/run level1"]
fn level1_secrets_arrive_stay_and_are_replaced_by_theirs() {
    let cluster = common::cluster::Cluster::of_level(1);
    let space = made("{ A: required, B: { fromFile: b.secret }, C: { generate: 40 } }");
    // a namespace of its own: tests share the cluster
    let spec = space.read("specs/shop.md").replace("name: shop,", "name: shop, namespace: secret-sources,");
    space.write("specs/shop.md", spec);
    space.write("b.secret", format!("{PLANTED}\n"));
    let up = |variables: &[(&str, &str)]| {
        let mut command = cluster.command(&space, &["up", "--yes"]);
        command.envs(variables.iter().copied());
        common::tools::run_command(command, None)
    };
    let held = || -> BTreeMap<String, Value> {
        let args = ["get", "secret", "web-secrets", "-n", "secret-sources", "-o", "json", "--ignore-not-found"];
        let out = cluster.kubectl(&args).exits(0).out;
        serde_json::from_str::<Value>(&out)
            .ok()
            .and_then(|o| serde_json::from_value(o["data"].clone()).ok())
            .unwrap_or_default()
    };
    up(&[]).exits(1).says(&["a secret is missing: A (key `A` of secret/web-secrets)"]);
    assert!(held().is_empty());
    up(&[("A", "one")]).exits(0).never_says(&[PLANTED, CODED]);
    let first = held();
    assert_eq!((first["A"].as_str(), first["B"].as_str()), (Some("b25l"), Some(CODED)));
    up(&[("A", "two")]).exits(0);
    let second = held();
    assert_eq!((second["A"].as_str(), &second["C"]), (Some("dHdv"), &first["C"]), "the made up one stays");
    up(&[]).exits(0).says(&["nothing to do"]);
    let spec = space.read("specs/shop.md").replace("} }\n```", "} }\n    existingSecret: mine\n```");
    space.write("specs/shop.md", spec);
    up(&[]).exits(1).says(&["error[secret-absent]", "secret/mine (for `web`)"]);
    let literal =
        ["create", "secret", "generic", "mine", "-n", "secret-sources", "--from-literal=A=x", "--from-literal=B=x"];
    cluster.kubectl(&literal).exits(0);
    up(&[]).exits(1).says(&["key `C` of secret/mine"]);
    cluster.kubectl(&["delete", "secret", "mine", "-n", "secret-sources"]).exits(0);
    cluster.kubectl(&[&literal[..], &["--from-literal=C=x"]].concat()).exits(0);
    up(&[]).exits(0);
    let env = "jsonpath={.spec.template.spec.containers[0].env[*].valueFrom.secretKeyRef.name}";
    let names = cluster.kubectl(&["get", "deployment", "web", "-n", "secret-sources", "-o", env]).exits(0).out;
    assert_eq!(names, "mine mine mine");
    cluster.kubectl(&["delete", "namespace", "secret-sources", "--wait=false"]).exits(0);
}

#[test]
fn a_file_that_is_none_is_said_and_nothing_hangs() {
    let space = made("{ A: { fromFile: keys/a.secret } }");
    let stub = Stub::start();
    let path = space.join("keys/a.secret");
    std::fs::create_dir_all(space.join("keys")).unwrap();
    let says = |text: &str| {
        let ran = against(&space, &stub, &["up", "--yes"], &[]).exits(1);
        ran.says(&["error[secret-", text]).never_says(&[PLANTED, "panicked"]);
        space.run(&["check"]).never_says(&["panicked"]);
    };
    std::fs::create_dir(&path).unwrap();
    says("is no file that a secret can be read from");
    std::fs::remove_dir(&path).unwrap();
    common::tools::run("mkfifo", &[path.to_str().unwrap()], space.path(), None).exits(0);
    says("is no file that a secret can be read from");
    std::fs::remove_file(&path).unwrap();
    space.write("keys/a.secret", [PLANTED.as_bytes(), b"\xff\xfe"].concat());
    says("is no text");
    space.write("keys/a.secret", PLANTED.repeat(40_000));
    says("is larger than a Secret can be");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("/etc/hostname", &path).unwrap();
    says("is outside of the repository");
    std::fs::remove_file(&path).unwrap();
    std::os::unix::fs::symlink("a.secret", &path).unwrap();
    says("`keys/a.secret`");
    std::fs::remove_file(&path).unwrap();
    space.write("keys/a.secret", "\n");
    says("a secret is missing: `keys/a.secret`");
    // of everything that YAML can be made to do, nothing is done: it is a value
    space.write("keys/a.secret", "sops: &a [*a, {mac: x}]\nkind: SealedSecret\n");
    against(&space, &stub, &["up", "--yes"], &[]).never_says(&["panicked"]);
    space.write("keys/a.secret", "kind: SealedSecret\nmetadata: [\n");
    against(&space, &stub, &["up", "--yes"], &[]).exits(0);
    assert_eq!(delivered(&stub, SECRET)["A"], "kind: SealedSecret\nmetadata: [");
}
