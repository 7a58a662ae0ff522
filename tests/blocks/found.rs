//! What random blocks have found: one block each, small.

use crate::fixture::Example;
use crate::laws;

/// Holds a block to every law, and gives the text of a file of it.
#[track_caller]
fn held(services: &str, production: &str, path: &str) -> String {
    let block = format!(
        "{{ \"app\": {{ \"name\": \"shop\" }}, \"services\": {{ {services} }}, \"environments\": {{ \"local\": {{}}, \"production\": {{ {production} }} }} }}"
    );
    let example = Example::new(&block);
    laws::hold(&example, &serde_json::from_str(&block).unwrap());
    let made = example.make();
    let artifact = made.artifacts.iter().find(|a| a.path == path).unwrap_or_else(|| panic!("{path}"));
    String::from_utf8(artifact.bytes.clone()).unwrap()
}

#[test]
fn a_claim_that_exists_already_is_not_missed() {
    held(
        r#""api": { "build": "app/backend", "volumes": { "/shared": { "source": "files" } } }"#,
        "",
        "out/shop/local/api-deployment.yaml",
    );
}

#[test]
fn a_job_of_a_page_has_no_port_to_listen_on() {
    let text = held(r#""seed": { "kind": "Job", "build": "app/frontend" }"#, "", "out/shop/images/seed/Dockerfile");
    assert!(!text.contains("PORT="), "{text}");
}

#[test]
fn an_image_listens_where_its_container_says() {
    let text = held(
        r#""page": { "build": "app/frontend", "ports": { "web": { "port": 80, "targetPort": 3001 } } }"#,
        "",
        "out/shop/images/page/Dockerfile",
    );
    assert!(text.contains("    PORT=3001\n") && text.contains("\nEXPOSE 3001\n"), "{text}");
    assert!(text.contains(r#""3001"]"#), "the health check asks there: {text}");
}

#[test]
fn a_null_that_removes_nothing_leaves_nothing() {
    let text = held(
        r#""api": { "build": "app/backend" }"#,
        r#""services": { "api": { "environment": { "A": null, "B": "x" } } }"#,
        "out/shop/production/api-configmap.yaml",
    );
    assert!(!text.contains("A:"), "{text}");
}
