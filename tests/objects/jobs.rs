//! Services that run to an end.

use serde_json::json;

use crate::laws::{at, held};

pub(crate) const BLOCK: &str = "\
app: { name: shop }
services:
  api: { build: app/backend, ports: [8000], dependsOn: { seed: completed } }
  seed:
    kind: Job
    image: registry.local:5000/shop/seed:1.4.2
    command: python -m seed
    backoffLimit: 0
    activeDeadlineSeconds: 120
    ttlSecondsAfterFinished: 0
    dependsOn: [database]
  report:
    kind: CronJob
    image: registry.local:5000/shop/report:2.0.0
    args: [\"--send\", \"no\"]
    schedule: \"30 2 * * 1-5\"
    timeZone: Europe/Berlin
    dependsOn: [api]
    environment: { MODE: \"on\" }
    annotations: { example.org/team: \"{{ x }}\" }
  sweep: { kind: CronJob, image: \"registry.local:5000/shop/sweep:2\", schedule: \"@hourly\", concurrencyPolicy: Replace }
resources:
  database: { type: postgres, class: in-cluster }
environments:
  local: { services: { report: { suspend: true } } }
  production: { services: { report: { schedule: \"0 6 * * *\" } } }
";

#[test]
fn jobs_and_schedules_are_made_and_helm_agrees() {
    let made = held(BLOCK, "objects-jobs");
    let seed = &made["seed/Job"];
    let name = at(seed, "/metadata/name").as_str().unwrap();
    assert!(name.starts_with("seed-") && name.len() == 13, "a digest of the tag: {name}");
    assert_eq!(at(seed, "/spec/backoffLimit"), 0);
    assert_eq!(at(seed, "/spec/activeDeadlineSeconds"), 120);
    assert_eq!(at(seed, "/spec/ttlSecondsAfterFinished"), 0);
    assert_eq!(at(seed, "/spec/template/spec/restartPolicy"), "Never");
    let report = &made["report/CronJob"];
    assert_eq!(at(report, "/spec/schedule"), "30 2 * * 1-5");
    assert_eq!(at(report, "/spec/timeZone"), "Europe/Berlin");
    assert_eq!(at(report, "/spec/concurrencyPolicy"), "Forbid");
    assert_eq!(at(report, "/spec/suspend"), true);
    let pod = "/spec/jobTemplate/spec/template";
    assert_eq!(at(report, &format!("{pod}/spec/containers/0/args")), &json!(["--send", "no"]));
    assert_eq!(at(report, &format!("{pod}/spec/securityContext/runAsNonRoot")), true);
    assert_eq!(at(report, &format!("{pod}/metadata/annotations/example.org~1team")), "{{ x }}");
    assert_eq!(at(&made["sweep/CronJob"], "/spec/concurrencyPolicy"), "Replace");
    // nobody calls them, and they are called by none
    for kind in ["Service", "HorizontalPodAutoscaler", "PodDisruptionBudget", "Deployment"] {
        assert!(!made.contains_key(&format!("report/{kind}")), "{kind}");
    }
    assert_eq!(
        at(&made["report/NetworkPolicy"], "/spec/egress/0/to/0/podSelector/matchLabels/app.kubernetes.io~1name"),
        "api"
    );
}
