//! All of it at once: what each part brings must not stand in the way of another.

use crate::laws::held;

pub(crate) const BLOCK: &str = r#"
app:
  name: shop
  host: shop.local
  monitoring: operator
  telemetry: collector
  mesh: istio
  cluster: { encryption: true, audit: true }
  agents:
    helper: { instructions: "Keep todos.", model: gemini-2.5-flash, apiKey: GEMINI_API_KEY, tools: [backend] }
services:
  backend:
    build: app/backend
    ports: { http: 80, extra: { port: 81, targetPort: 8001 } }
    metrics: { path: /metrics, requests: http_requests_total, duration: http_request_duration_seconds }
    dependsOn: [database]
    egress: [generativelanguage.googleapis.com:443]
    secrets: { GEMINI_API_KEY: optional }
    serviceAccount: { rules: ["get,list configmaps"] }
    volumes: { /data: { size: 1Gi, accessModes: [ReadWriteMany] }, /cache: emptyDir }
    files: { /etc/shop/settings.toml: settings.toml, /etc/shop/motd: { content: "hello\nthere\n" } }
    labels: { example.org/team: shop }
    annotations: { example.org/page: "{{ x }}" }
    autoscaling: { minReplicas: 2, maxReplicas: 4, cpu: 70 }
    verticalAutoscaling: recommend
  frontend: { build: app/frontend, ports: [3000], ingress: { path: /, tls: self-signed }, dependsOn: [backend] }
  seed: { kind: Job, image: "registry.local:5000/seed:1.0.0", dependsOn: [database] }
  report: { kind: CronJob, image: "registry.local:5000/report:1.0.0", schedule: "0 6 * * *", dependsOn: [backend] }
resources:
  database: { type: postgres, class: in-cluster, migrations: { service: backend, command: alembic upgrade head }, backup: "0 3 * * *" }
environments: { local: {}, production: { app: { host: shop.example.org }, services: { report: { suspend: true }, backend: { autoscaling: ~ } } } }
"#;

#[test]
fn everything_at_once_holds_to_all_laws() {
    let made = held(BLOCK, "objects-everything");
    assert!(made.len() > 75, "{} objects", made.len());
    let linkerd = held(&BLOCK.replace("mesh: istio", "mesh: linkerd"), "objects-everything-linkerd");
    assert!(linkerd.contains_key("backend/Server/extra") && !linkerd.contains_key("backend/PeerAuthentication"));
}
