//! Typed blocks to apps: the worked example's shape, and each mistake with its message.

use crate::base::diag::Diagnostic;
use crate::base::source::Sources;
use crate::base::tree::Origin;
use crate::model::app::{App, Role};
use crate::model::ids::FeatureId;
use crate::model::workspace::{Block, Documents, Feature, Layout};
use crate::read::stack::{Asked, Stack};
use crate::read::yaml::{Piece, parse};

use super::resolve::resolve;

const TODO: &str = "\
app: { name: todo, host: todo.local }
services:
  backend:
    build: app/backend                              # FR-001
    ports: [8000]
    livenessProbe: /health/live
    readinessProbe: /health/ready                   # FR-010
    autoscaling: { minReplicas: 2, maxReplicas: 6, cpu: 70 }   # FR-012
    dependsOn: [database]
    egress: [generativelanguage.googleapis.com:443] # FR-009
    environment: { LOG_LEVEL: INFO }                # FR-006
    secrets: { GEMINI_API_KEY: optional }           # FR-005
  frontend: { build: app/frontend, ports: [3000], ingress: /, dependsOn: [backend] }
resources:
  database: { type: postgres, class: in-cluster, migrations: { service: backend, command: alembic upgrade head } }   # FR-004
environments: { local: {}, production: { app: { host: todo.example.org }, services: { backend: { environment: { LOG_LEVEL: WARNING, EXTRA: 1 }, autoscaling: ~, replicas: 3 } } } }
";

fn run(specs: &[&str]) -> (Sources, Option<App>, Vec<Diagnostic>) {
    let mut sources = Sources::default();
    let mut documents = Documents::default();
    for (i, text) in specs.iter().enumerate() {
        let name = format!("specs/00{}-f/spec.md", i + 1);
        let file = sources.add(&name, *text);
        let node = parse(&Piece::at(file, text, 0)).unwrap();
        let id = FeatureId(format!("specs/00{}-f", i + 1).into());
        let mut feature = Feature::new(id, Layout::SpecKit);
        (feature.spec, feature.blocks) = (Some(file), vec![Block { span: node.span().unwrap(), node }]);
        documents.features.push(feature);
    }
    let stack = |asked: &Asked<'_>| Stack {
        exists: asked.context.starts_with("app/"),
        framework: Some(if asked.context.ends_with("frontend") { "nextjs" } else { "fastapi" }.to_owned()),
        ..Stack::default()
    };
    let (app, out) = resolve(&documents, &stack);
    (sources, app, out)
}

fn messages(specs: &[&str]) -> Vec<String> {
    let (sources, _, out) = run(specs);
    out.iter()
        .map(|d| {
            let at = d.primary.as_ref().map(|l| sources.position(l.span).line).unwrap_or_default();
            format!("{} {at} {} | {}", d.code, d.message, d.fix.clone().unwrap_or_default())
        })
        .collect()
}

#[test]
fn the_example_becomes_an_app() {
    let (sources, app, out) = run(&[TODO]);
    assert!(out.is_empty(), "{out:#?}");
    let app = app.unwrap();
    let names: Vec<_> = app.units.iter().map(|u| (u.name.as_str(), u.role)).collect();
    assert_eq!(
        names,
        [
            ("todo", Role::App),
            ("database", Role::Resource),
            ("database-migrate", Role::Migration),
            ("backend", Role::Service),
            ("frontend", Role::Service)
        ]
    );
    let backend = app.unit("backend").unwrap();
    let (local, production) = (&backend.environments["local"], &backend.environments["production"]);
    assert_eq!(local.get_int("autoscaling.minReplicas"), Some(2));
    assert!(production.get("autoscaling").is_none());
    assert_eq!(production.get_int("replicas"), Some(3));
    assert_eq!(production.get_str("environment.EXTRA"), Some("1"));
    assert!(local.get("environment.EXTRA").is_none());
    assert_eq!(local.get("readinessProbe.httpGet.path").unwrap().requirements, ["FR-010"]);
    assert_eq!(local.get_int("readinessProbe.httpGet.port"), Some(8000));
    let links = local.get("links").unwrap().json();
    assert_eq!(links[0]["url"], "postgresql://todo:$(DATABASE_PASSWORD)@database:5432/todo");
    assert_eq!(local.get("egress").unwrap().json()[1]["unit"], "database");
    let callers = app.unit("database").unwrap().union.get("ingressFrom").unwrap().json();
    let caller = |unit: &str| serde_json::json!({ "unit": unit, "ports": [{ "port": 5432, "protocol": "TCP" }] });
    assert_eq!(callers, serde_json::json!([caller("database-migrate"), caller("backend")]));
    assert_eq!(app.own().unwrap().environments["production"].get_str("host"), Some("todo.example.org"));
    assert!(backend.needs.iter().any(|n| n.unit == "database-migrate"));
    assert!(matches!(&local.get("replicas").unwrap().origin, Origin::Default(why) if why.starts_with("two replicas")));
    let port = local.get("autoscaling.cpu").unwrap().span().unwrap();
    assert_eq!(sources.slice(port), "70");
    assert_eq!(app.unit("frontend").unwrap().union.get_str("environment.BACKEND_URL"), Some("http://backend:8000"));
}

#[test]
fn mistakes_are_named_with_their_line_all_at_once() {
    let text =
        TODO.replace("    ports: [8000]", "    prots: [8000]").replace("ingress: /", "ingress: 5, replicas: many");
    assert_eq!(
        messages(&[&text]),
        [
            "field-unknown 5 `services.backend` has no field `prots` | did you mean `ports`",
            "field-shape 13 `services.frontend.ingress` must be a text | ",
            "field-shape 13 `services.frontend.replicas` must be a whole number from 0 to 1000 | ",
        ]
    );
}

#[test]
fn a_field_has_one_owner_unless_a_feature_supersedes() {
    let second = "services:\n  backend:\n    ports: [9000]\n    metrics: /metrics\n";
    let found = messages(&[TODO, second]);
    assert_eq!(
        found,
        [
            "field-twice 3 `services.backend.ports` is set by two blocks | remove one of the two, or let the later feature take the field over with `supersedes: <feature>`"
        ]
    );
    let (_, app, out) = run(&[TODO, &format!("supersedes: 001-f\n{second}")]);
    assert!(out.is_empty(), "{out:#?}");
    let app = app.unwrap();
    assert_eq!(app.superseded.len(), 1);
    assert_eq!(app.unit("backend").unwrap().union.get_int("metrics.port"), Some(9000));
}

#[test]
fn dependencies_and_names_are_checked() {
    let text = TODO.replace("dependsOn: [backend]", "dependsOn: [bakend]");
    assert_eq!(
        messages(&[&text]),
        ["depends-unknown 13 `frontend` depends on `bakend`, which the app does not have | did you mean `backend`"]
    );
    let text = TODO.replace("dependsOn: [database]", "dependsOn: [database, frontend]");
    let found = messages(&[&text]);
    assert_eq!(found.len(), 1);
    assert!(found[0].starts_with("depends-cycle 9 `backend` and `frontend` wait for each other"), "{found:?}");
    let text = TODO.replace("  frontend:", "  Front_End:");
    assert!(messages(&[&text])[0].starts_with("name-invalid 13 `Front_End` cannot be the name"));
    let text = TODO.replace("app/frontend", "../frontend");
    assert!(messages(&[&text])[0].starts_with("build-context 13 service `frontend` is built from `../frontend`"));
}

#[test]
fn only_knobs_may_differ() {
    let text = TODO.replace("replicas: 3 }", "replicas: 3, ports: [9000] }");
    let found = messages(&[&text]);
    assert_eq!(
        found,
        [
            "environment-structure 16 `backend.ports` must be the same in every environment | set the field outside `environments`"
        ]
    );
}

#[test]
fn control_characters_are_refused() {
    let text = TODO.replace("LOG_LEVEL: INFO", "LOG_LEVEL: \"a\\u0085b\"");
    assert!(
        messages(&[&text])[0]
            .starts_with("text-control 11 `services.backend.environment.LOG_LEVEL` holds the control character U+0085")
    );
}
