//! Databases of two classes: in the cluster and external, each with what it needs and nothing of the other.

mod common;

use common::{Space, parity};
use serde_json::Value;

/// A workspace with one FastAPI service, a constitution and this block.
fn space(block: &str, sentence: &str) -> Space {
    let space = Space::empty();
    space.write(
        "constitution.md",
        format!("# Rules\n\n## Core Principles\n\n### I. State\n- {sentence}\n\n**Version**: 1.0.0\n"),
    );
    space.write("specs/shop.md", format!("# Shop\n\n- **FR-001**: Orders are kept.\n\n```yaml bowline\n{block}```\n"));
    space.write("tasks/shop.md", "# Tasks\n");
    space.write("app/api/requirements.txt", "fastapi==0.115.0\nuvicorn==0.32.0\n");
    space.write("app/api/main.py", "from fastapi import FastAPI\n\napp = FastAPI()\n");
    space
}

#[track_caller]
fn made(block: &str) -> Space {
    let space = space(block, "Containers must run as a non-root user.");
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.run(&["check"]).exits(0);
    parity::agree(&space, "shop", &["local", "production"]);
    space
}

const EXTERNAL: &str = "\
app: { name: shop }
services:
  api: { build: app/api, ports: [8000], dependsOn: [database] }
resources:
  database: { type: postgres, class: external, migrations: { service: api, command: alembic upgrade head } }   # FR-001
environments: { local: {}, production: {} }
";

/// The variables of the only container of a workload.
fn variables(object: &Value) -> Vec<(String, Value)> {
    let all = object.pointer("/spec/template/spec/containers/0/env").and_then(Value::as_array).cloned();
    all.unwrap_or_default().into_iter().map(|v| (v["name"].as_str().unwrap().to_owned(), v)).collect()
}

#[test]
fn an_external_database_is_an_address_in_a_secret() {
    let space = made(EXTERNAL);
    let all = parity::manifests(&space, "shop", "local");
    let kinds: Vec<&str> = all.values().map(|o| o["kind"].as_str().unwrap()).collect();
    for kind in ["StatefulSet", "Secret", "PersistentVolumeClaim"] {
        assert!(!kinds.contains(&kind), "{kind}");
    }
    assert!(all.keys().all(|k| !k.ends_with("/database")), "{:?}", all.keys());
    let job = all.iter().find(|(k, _)| k.starts_with("Job/database-migrate-")).unwrap().1;
    for object in [&all["Deployment/api"], job] {
        let [(name, variable)] = &variables(object)[..] else { panic!("{object}") };
        assert_eq!(name, "DATABASE_URL");
        let reference = &variable["valueFrom"]["secretKeyRef"];
        assert_eq!(
            (reference["name"].as_str(), reference["key"].as_str()),
            (Some("database-credentials"), Some("url"))
        );
        assert!(variable.get("value").is_none());
    }
    for policy in ["NetworkPolicy/api", "NetworkPolicy/database-migrate"] {
        let egress = all[policy]["spec"]["egress"].as_array().unwrap();
        assert_eq!(egress.len(), 1, "{policy}");
        assert_eq!(egress[0]["ports"][0]["port"], 5432);
    }
    let text = space.read("out/shop/local/api-networkpolicy.yaml");
    assert!(text.contains("# database: a policy knows no names, so any public address on its port"), "{text}");
    let compose = space.read("out/shop/compose.yaml");
    assert_eq!(compose.matches(r#"DATABASE_URL: "${DATABASE_URL:?set it in .env}""#).count(), 3, "{compose}");
    assert!(!compose.contains("\n  database:") && !compose.contains("\nvolumes:"), "{compose}");
    assert!(!compose.contains("      database:\n        condition"), "{compose}");
    // nothing counts a pod that is not there
    assert_eq!(all["ResourceQuota/shop"]["spec"]["hard"]["persistentvolumeclaims"], "1");
}

#[test]
fn the_chart_takes_the_address_or_a_secret_that_holds_it() {
    let space = made(EXTERNAL);
    for helm in parity::helms("an external database in a chart") {
        let given = parity::rendered(&space, &helm, "shop", "local", &["--set", "database.url=postgresql://u:p@h/d"]);
        assert_eq!(given["Secret/database-credentials"]["stringData"]["url"], "postgresql://u:p@h/d");
        let existing = parity::rendered(&space, &helm, "shop", "local", &["--set", "database.existingSecret=neon"]);
        assert!(existing.keys().all(|k| !k.starts_with("Secret/")));
        let names: Vec<Value> = existing
            .values()
            .flat_map(variables)
            .map(|(_, v)| v["valueFrom"]["secretKeyRef"]["name"].clone())
            .collect();
        assert_eq!(names, ["neon", "neon"], "the service and its migration read the same Secret");
    }
}

#[test]
fn the_address_comes_from_where_the_spec_says() {
    for (from, secret, key, variable) in [
        ("urlFrom: { secretName: neon, key: dsn }", "neon", "dsn", "DATABASE_URL"),
        ("urlFrom: { fromEnv: NEON_URL }", "database-credentials", "url", "NEON_URL"),
        ("secrets: [NEON_URL]", "database-credentials", "url", "NEON_URL"),
        ("secrets: { NEON_URL: required }", "database-credentials", "url", "NEON_URL"),
        ("existingSecret: neon", "neon", "url", "DATABASE_URL"),
    ] {
        let space = made(&EXTERNAL.replace("class: external", &format!("class: external, {from}")));
        let all = parity::manifests(&space, "shop", "local");
        let variables = variables(&all["Deployment/api"]);
        let reference = &variables[0].1["valueFrom"]["secretKeyRef"];
        assert_eq!((reference["name"].as_str(), reference["key"].as_str()), (Some(secret), Some(key)), "{from}");
        let compose = space.read("out/shop/compose.yaml");
        assert!(compose.contains(&format!("DATABASE_URL: \"${{{variable}:?set it in .env}}\"")), "{from}: {compose}");
        // every release switches off only what the chart has
        let ran = space.run(&["up", "--rehearse"]).exits(0);
        let names_it = ran.err.contains("database.enabled=false") || ran.out.contains("database.enabled=false");
        assert_eq!(names_it, space.read("charts/shop/values.yaml").contains("\ndatabase:\n  # Whether"), "{from}");
        ran.never_says(&["shop-database "]);
    }
}

#[test]
fn several_databases_of_both_classes() {
    let space = made(
        "app: { name: shop }\nservices:\n  api: { build: app/api, ports: [8000], dependsOn: [neon, local-cache] }\n\
         resources:\n  neon: { type: postgres, class: external, egress: ['203.0.113.0/24:6432'] }\n  \
         local-cache: { type: postgres, class: in-cluster }\nenvironments: { local: {}, production: {} }\n",
    );
    let all = parity::manifests(&space, "shop", "production");
    let names: Vec<String> = variables(&all["Deployment/api"]).into_iter().map(|(n, _)| n).collect();
    assert_eq!(names, ["LOCAL_CACHE_PASSWORD", "LOCAL_CACHE_URL", "NEON_URL"]);
    assert!(all.contains_key("StatefulSet/local-cache"));
    let egress = all["NetworkPolicy/api"]["spec"]["egress"].as_array().unwrap();
    let ranges: Vec<&Value> = egress.iter().filter_map(|e| e["to"][0].get("ipBlock")).collect();
    assert_eq!(ranges, [&serde_json::json!({ "cidr": "203.0.113.0/24" })]);
    let compose = space.read("out/shop/compose.yaml");
    assert!(compose.contains("      local-cache:\n        condition: service_healthy"), "{compose}");
}

#[test]
fn a_field_of_the_other_class_is_a_finding_at_its_line() {
    for (fields, code, says) in [
        ("storage: 2Gi", "database-class", "`storage` is for a database that runs in the cluster"),
        ("version: 16.4", "database-class", "`version` is for a database that runs in the cluster"),
        ("storageClassName: fast", "database-class", "remove `storageClassName`, or let the database run here"),
        ("resources: { limits: { cpu: 1 } }", "database-class", "`resources` is for a database"),
        ("username: x", "database-class", "`username` is for a database"),
        ("urlFrom: { secretName: a, fromEnv: B }", "secret-source", "two sources: `secretName` and `fromEnv`"),
        ("urlFrom: { key: a }", "secret-source", "add `secretName`, or remove `key`"),
        ("urlFrom: { fromEnv: A }, secrets: [B]", "secret-source", "has two sources"),
        ("urlFrom: { secretName: a }, existingSecret: b", "secret-source", "has two sources"),
        ("secrets: [A, B]", "secret-source", "and not 2"),
        ("secrets: []", "secret-source", "and not 0"),
        ("urlFrom: NEON_URL", "field-shape", "`resources.database.urlFrom` must be a map"),
        ("urlFrom: { secret: x }", "field-unknown", "did you mean `secretName`"),
        ("egress: [5432]", "field-shape", "must be a text"),
        ("egress: ['ep-x.neon.tech:five']", "egress-target", "`five` is no port"),
        ("egress: ['postgresql://u@ep-x.neon.tech/d']", "egress-target", "write `ep-x.neon.tech:5432`"),
    ] {
        let space =
            space(&EXTERNAL.replace("class: external", &format!("class: external,\n    {fields}")), "No root user.");
        let ran = space.run(&["generate"]).exits(1);
        ran.says(&[&format!("error[{code}]"), says, "specs/shop.md:11:"]);
        assert!(!space.join("out").exists() && !space.join("charts").exists(), "{fields}");
    }
    for (fields, says) in [
        ("urlFrom: { fromEnv: A }", "`urlFrom` is for an external database"),
        ("secrets: [A]", "`secrets` is for an external database"),
        ("egress: ['a.example.org:1']", "`egress` is for an external database"),
    ] {
        for class in ["class: in-cluster, ", ""] {
            let space = space(&EXTERNAL.replace("class: external", &format!("{class}{fields}")), "No root user.");
            space.run(&["generate"]).exits(1).says(&["error[database-class]", says, "specs/shop.md:10:"]);
        }
    }
    // two at once, each said
    let both =
        space(&EXTERNAL.replace("class: external", "class: external, storage: 1Gi, version: 15"), "No root user.");
    both.run(&["check"]).exits(1).says(&["`storage` is for", "`version` is for", "2 errors"]);
    let word = space(&EXTERNAL.replace("class: external", "class: extrenal"), "No root user.");
    word.run(&["check"]).exits(1).says(&["error[field-shape]", "did you mean `external`"]);
    let elsewhere = space(
        &EXTERNAL.replace("production: {}", "production: { resources: { database: { class: in-cluster } } }"),
        "No root user.",
    );
    elsewhere.run(&["check"]).exits(1).says(&["error[environment-structure]", "`database.class`"]);
}

#[test]
fn the_constitution_chooses_the_class() {
    let inside = EXTERNAL.replace("class: external", "class: in-cluster");
    for (block, sentence, code) in [
        (EXTERNAL, "PostgreSQL must run in the cluster.", Some("database-in-cluster")),
        (EXTERNAL, "The database must be a StatefulSet with one replica.", Some("database-in-cluster")),
        (EXTERNAL, "The app must run on Minikube, with no cloud required.", Some("local-only")),
        (EXTERNAL, "All persistent state must be stored in Neon PostgreSQL.", None),
        (&inside, "All persistent state must be stored in Neon PostgreSQL.", Some("external-database")),
        (&inside, "An external database must be used.", Some("external-database")),
        (&inside, "PostgreSQL must run in the cluster.", None),
        (&inside, "The database must be PostgreSQL (in Kubernetes) or Neon (cloud).", None),
        (EXTERNAL, "The database must be PostgreSQL (in Kubernetes) or Neon (cloud).", None),
    ] {
        let space = space(block, sentence);
        space.run(&["tasks"]).exits(0);
        space.run(&["generate"]);
        let ran = space.run(&["check"]);
        match code {
            Some(code) => {
                // the sentence, and the line of the spec
                ran.exits(1).says(&[&format!("error[{code}]"), sentence, "specs/shop.md:10:", "asked for here"]);
            }
            None => {
                ran.exits(0).never_says(&["database-in-cluster", "external-database", "local-only"]);
            }
        }
    }
}

#[test]
fn a_constitution_that_wants_both_is_told_so() {
    let space = space(EXTERNAL, "State must be kept in Neon.\n- PostgreSQL must run in the cluster as a StatefulSet.");
    let ran = space.run(&["check"]).exits(1);
    ran.says(&[
        "error[constitution-conflict]",
        "constitution.md:7:3",
        "6 | - State must be kept in Neon.",
        "amend one of the two",
    ]);
    space.run(&["why", "constitution-conflict"]).exits(0);
}
