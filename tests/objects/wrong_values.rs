//! Each field of the block's table with what does not fit there: of another kind, outside of its range, a word that
//! is none of its choices, a field that there is not.

use bowline::model::fields::{BLOCK, Shape};

use crate::wrong::found;

/// Every place of the table: the keys on the way to it, and its shape.
fn places(shape: &'static Shape, way: &[&'static str], all: &mut Vec<(Vec<&'static str>, &'static Shape)>) {
    if !way.is_empty() {
        all.push((way.to_vec(), shape));
    }
    let below = |key| [way, &[key]].concat();
    match shape {
        Shape::Fields(fields) => {
            for field in *fields {
                places(&field.shape, &below(field.name), all);
            }
        }
        Shape::MapOf(value) | Shape::Keyed(_, value) => places(value, &below("k"), all),
        Shape::ListOf(item) => places(item, &below("-"), all),
        Shape::Either(shapes) => {
            for shape in *shapes {
                places(shape, way, all);
            }
        }
        _ => {}
    }
}

/// Values that a shape refuses.
fn misfits(shape: &Shape) -> Vec<String> {
    let fixed: &[&str] = match shape {
        Shape::Text | Shape::Scalar | Shape::Word(_) => &["[[1]]", "{ a: { b: 1 } }"],
        Shape::Name(_) => &["[[1]]", "{ a: { b: 1 } }", "Big", "under_score", "\"\"", "-a", "a.b"],
        Shape::Boolean => &["maybe", "1", "[[1]]"],
        Shape::Quantity => &["lots", "-1", "1GB", "10 Mi", "[[1]]", "{ a: { b: 1 } }"],
        Shape::Choice(_) => &["no-such-choice", "17", "[[1]]"],
        Shape::Integer(..) => &["many", "1.5", "\"7\"", "[[1]]"],
        Shape::ListOf(_) | Shape::MapOf(_) | Shape::Keyed(..) | Shape::Fields(_) | Shape::Either(_) => &[],
    };
    let mut all: Vec<String> = fixed.iter().map(ToString::to_string).collect();
    match shape {
        Shape::Integer(least, most) => all.extend([least - 1, most + 1].map(|n| n.to_string())),
        Shape::Name(most) => all.push("a".repeat(most + 1)),
        Shape::Fields(_) => all.push("{ noSuchField: 1 }".to_owned()),
        _ => {}
    }
    all
}

/// A block that has this value there.
fn block(way: &[&str], value: &str) -> String {
    let mut text = String::new();
    for (depth, key) in way.iter().enumerate() {
        let key = if *key == "-" { "- ".to_owned() } else { format!("{key}:") };
        text += &format!("\n{}{key}", "  ".repeat(depth));
    }
    format!("{} {value}\n", text.trim_start())
}

#[test]
fn every_field_refuses_what_is_of_another_kind() {
    let mut all = Vec::new();
    places(&BLOCK, &[], &mut all);
    let mut tried = 0;
    for (way, shape) in &all {
        for value in misfits(shape) {
            let text = block(way, &value);
            let line = text.lines().count();
            let either = all.iter().filter(|(other, _)| other == way).count() > 1;
            let found = found(&text);
            // a short and a long form stand at one place: what one refuses, the other may take
            let told = found.iter().any(|(code, at)| *at == line && code.starts_with("field-"));
            assert!(told || either, "{} = {value}: {found:?}", way.join("."));
            tried += usize::from(told);
        }
    }
    assert!(tried > 1500, "{tried} of {} places", all.len());
}

/// An app, a service and a database with one field more, which stands on a line of its own.
fn around(field: &str) -> String {
    let (whose, field) = field.split_once(' ').unwrap();
    let [app, service, database, block] =
        ["app", "service", "database", "block"].map(|w| if w == whose { field } else { "" });
    format!(
        "app:\n  name: shop\n  {app}\nservices:\n  api:\n    build: app/backend\n    {service}\n  door:\n    image: \"a:1\"\n    \
         ports: [80]\n    ingress: /\nresources:\n  db:\n    type: postgres\n    {database}\n{block}\n"
    )
}

#[test]
fn texts_that_kubernetes_helm_or_docker_would_refuse_are_told() {
    const ANY: &[&str] = &["\"\"", "\"a b\"", "\"é{{\"", "../../x", "\"a\\nb\""];
    const SPACES: &[&str] = &["\"\"", "\" \""];
    for field in [
        "app host: V",
        "app version: V",
        "app ingressClassName: V",
        "app ingressController: V",
        "app ingressController: { namespace: x, podLabels: { V: k } }",
        "app secretStore: V",
        "app secretStore: { name: x, path: V }",
        "app telemetry: V",
        "app quota: { V: 2 }",
        "app quota: { pods: V }",
        "app monitoring: { labels: { V: k } }",
        "service environment: { V: x }",
        "service environment: [V]",
        "service secrets: [V]",
        "service secrets: { V: optional }",
        "service secrets: { K: { fromEnv: V } }",
        "service files: { V: { content: x } }",
        "service volumes: { V: 1Gi }",
        "service volumes: { /a: V }",
        "service volumes: { /a: { size: 1Gi, storageClassName: V } }",
        "service temporary: [V]",
        "service livenessProbe: V",
        "service readinessProbe: { httpGet: { path: V, port: 80 } }",
        "service ingress: { path: /, annotations: { V: x } }",
        "service dependsOn: [V]",
        "service egress: [V]",
        "service metrics: V",
        "service metrics: { path: /metrics, requests: V }",
        "service nodeSelector: { V: x }",
        "service annotations: { V: x }",
        "service labels: { V: x }",
        "service existingSecret: V",
        "service serviceAccount: { name: V }",
        "service ports: { V: 80 }",
        "service ports: [ { name: V, port: 80 } ]",
        "service runtime: { framework: python, version: V }",
        "service runtime: { framework: node, target: V }",
        "service runtime: { baseImage: V }",
        "service runtime: { buildImage: V }",
        "database version: V",
        "database database: V",
        "database username: V",
        "database storage: V",
        "database storageClassName: V",
        "database backup: V",
        "database backup: { schedule: \"@daily\", retention: V }",
        "database migrations: { service: V, command: x }",
        "block environments: { V: {} }",
    ] {
        refused(field, ANY);
    }
    for field in [
        "service command: V",
        "service runtime: { framework: python, entrypoint: V }",
        "database migrations: { service: api, command: V }",
        "database backup: { schedule: \"@daily\", command: V }",
    ] {
        refused(field, SPACES);
    }
}

#[track_caller]
fn refused(field: &str, values: &[&str]) {
    for value in values {
        let text = around(&field.replace('V', value));
        let line =
            text.lines().position(|l| l.contains(&field.replace('V', value)[field.find(' ').unwrap() + 1..])).unwrap()
                + 1;
        let found = found(&text);
        assert!(found.iter().any(|(_, at)| *at == line), "{field} = {value}: {found:?}");
    }
}
