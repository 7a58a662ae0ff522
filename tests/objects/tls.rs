//! HTTPS at the Ingress: a certificate that is given, or one that is made in the cluster.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::laws::{at, held};

pub(crate) fn block(frontend: &str, admin: &str) -> String {
    format!(
        "app: {{ name: shop, host: shop.local }}\nservices:\n  page: {{ build: app/frontend, ports: [3000], ingress: {frontend} }}   # \
         FR-004\n  admin: {{ build: app/backend, ports: [8000], ingress: {admin} }}\nenvironments: {{ local: {{}}, production: {{ app: \
         {{ host: shop.example.org }} }} }}\n"
    )
}

#[test]
fn a_given_secret_stands_in_the_ingress_alone() {
    let made = held(&block("{ path: /, tls: { secretName: wildcard } }", "/admin"), "objects-tls-given");
    assert_eq!(at(&made["shop/Ingress"], "/spec/tls"), &json!([{ "hosts": ["shop.local"], "secretName": "wildcard" }]));
    assert!(made.keys().all(|k| !k.ends_with("/certificate")), "{:?}", made.keys());
}

/// What the pod of a Job is told.
fn environment(job: &Json) -> BTreeMap<String, String> {
    let list = at(job, "/spec/template/spec/containers/0/env").as_array().unwrap();
    let text = |v: &Json| v.as_str().unwrap().to_owned();
    list.iter().map(|e| (text(&e["name"]), text(&e["value"]))).collect()
}

#[test]
fn a_self_signed_certificate_is_made_with_rights_to_one_secret() {
    let made = held(
        &block("{ path: /, tls: self-signed }", "{ host: admin.shop.local, tls: self-signed }"),
        "objects-tls-made",
    );
    let tls = at(&made["shop/Ingress"], "/spec/tls").as_array().unwrap();
    assert!(tls.iter().all(|t| t["secretName"] == "shop-tls"), "{tls:?}");
    assert_eq!(tls.len(), 2);
    let secret = &made["shop/Secret/certificate"];
    assert!(secret.get("data").is_none() && secret.get("stringData").is_none(), "{secret}");
    let role = &made["shop/Role/certificate"];
    assert_eq!(
        role["rules"],
        json!([{ "apiGroups": [""], "resources": ["secrets"], "resourceNames": ["shop-tls"], "verbs": ["get", "patch"] }])
    );
    let told = environment(&made["shop/Job/certificate"]);
    assert_eq!(told["CERTIFICATE_HOSTS"], "shop.local admin.shop.local");
    assert_eq!(told["SECRET_NAME"], "shop-tls");
    let name = at(&made["shop/Job/certificate"], "/metadata/name").as_str().unwrap();
    assert!(name.starts_with("shop-tls-") && name.len() < 63, "{name}");
    let again = &made["shop/CronJob/certificate"];
    assert_eq!(
        at(again, "/spec/jobTemplate/spec/template/spec"),
        at(&made["shop/Job/certificate"], "/spec/template/spec")
    );

    // a host of its own alone: nothing of the app's host is in it
    let made = held(&block("/", "{ host: admin.shop.local, tls: self-signed }"), "objects-tls-host");
    assert_eq!(environment(&made["shop/Job/certificate"])["CERTIFICATE_HOSTS"], "admin.shop.local");
}

#[test]
fn another_host_is_another_job() {
    let example = crate::fixture::Example::new(&block("{ path: /, tls: self-signed }", "/admin"));
    let made = example.make();
    let names: Vec<&str> = made
        .artifacts
        .iter()
        .filter(|a| a.identity.to_string() == "shop/Job/certificate")
        .filter_map(|a| a.object.as_ref()?.pointer("/metadata/name")?.as_str())
        .collect();
    assert!(names.len() == 2 && names[0] != names[1], "{names:?}");
}
