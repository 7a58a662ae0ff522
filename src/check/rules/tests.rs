//! Each rule with what breaks it; one workspace that keeps them all.

use std::collections::BTreeSet;

use super::*;
use crate::base::source::Sources;
use crate::check::testing::{Case, constitution};
use crate::check::{Checked, Facts};
use crate::model::ids::{FeatureId, TaskId};
use crate::model::workspace::{Documents, Feature, Layout, Task as TaskLine, TaskKind};

/// What a case changes in the good workspace: a file, what stands there, and what stands there then.
/// An empty `from` removes the file.
type Change = (&'static str, &'static str, &'static str);

/// The good workspace, with a chart template for each manifest.
fn good() -> Vec<(String, String)> {
    let mut files: Vec<(String, String)> = include_str!("good.txt")
        .split("\n=== ")
        .skip(1)
        .map(|part| part.split_once('\n').unwrap())
        .map(|(path, text)| (path.to_owned(), format!("{}\n", text.trim_end())))
        .collect();
    let templates: Vec<_> = files
        .iter()
        .filter_map(|(path, _)| path.strip_prefix("out/todo/local/"))
        .filter(|name| !name.contains("namespace"))
        .map(|name| (format!("charts/todo/templates/{name}"), "{{- /* bowline:v1 task=T001 */ -}}\n".to_owned()))
        .collect();
    files.extend(templates);
    files
}

fn changed((path, from, to): Change) -> Vec<(String, String)> {
    let mut files = good();
    let before = files.len();
    if from.is_empty() {
        files.retain(|(p, _)| !p.starts_with(path));
        assert!(files.len() < before, "no file {path}");
        return files;
    }
    let (_, text) = files.iter_mut().find(|(p, _)| p == path).unwrap_or_else(|| panic!("no file {path}"));
    assert!(text.contains(from), "{path} does not contain {from}");
    *text = text.replacen(from, to, 1);
    files
}

fn documents() -> Documents {
    let mut sources = Sources::default();
    let file = sources.add("tasks/todo.md", "- [ ] T001 x\n");
    let span = Span::new(file, 0, 1);
    let feature = FeatureId("todo".to_owned());
    let task = TaskLine {
        id: TaskId { feature: feature.clone(), id: "T001".to_owned() },
        title: "x".to_owned(),
        done: true,
        mark: span,
        span,
        id_span: span,
        parallel: false,
        story: None,
        requirements: vec![],
        depends_on: vec![],
        paths: vec![],
        phase: 0,
        phase_title: String::new(),
        kind: TaskKind::Produces,
    };
    let feature = Feature {
        id: feature,
        layout: Layout::Flat,
        title: String::new(),
        spec: None,
        plan: None,
        tasks_file: Some(file),
        requirements: vec![],
        tasks: vec![task],
        blocks: vec![],
        supersedes: vec![],
        unread: vec![],
    };
    Documents { features: vec![feature], ..Documents::default() }
}

fn run(files: &[(String, String)], sentences: &[&str]) -> (Sources, Checked) {
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    Case { files: &files, sentences, documents: documents(), ..Case::default() }.run()
}

const DEPLOYMENT: &str = "out/todo/local/backend-deployment.yaml";
const SERVICE: &str = "out/todo/local/backend-service.yaml";
const DOCKERFILE: &str = "out/todo/images/backend/Dockerfile";
const STATEFULSET: &str = "out/todo/local/database-statefulset.yaml";

/// Rule, a sentence that asks for it, and changes that each break it.
const CASES: &[(&str, &str, &[Change])] = &[
    (
        "image-tag-pinned",
        "Never use the `latest` tag.",
        &[
            (DEPLOYMENT, "backend:0123456789ab", "backend:latest"),
            (DEPLOYMENT, "backend:0123456789ab", "backend"),
            (DEPLOYMENT, "todo/backend:0123456789ab", "registry:5000/backend"),
        ],
    ),
    (
        "base-image-pinned",
        "Pin base image versions.",
        &[(DOCKERFILE, "FROM python:3.11.9-slim\n", "FROM python\n"), (DOCKERFILE, "3.11.9-slim AS", "latest AS")],
    ),
    (
        "dockerfile-multi-stage",
        "Multi-stage builds separate build and runtime.",
        &[(DOCKERFILE, "FROM python:3.11.9-slim AS build", "ARG A")],
    ),
    (
        "dockerfile-user-nonroot",
        "Containers run as non-root users.",
        &[(DOCKERFILE, "USER 10001:10001\n", ""), (DOCKERFILE, "USER 10001:10001", "USER root")],
    ),
    (
        "dockerfile-healthcheck",
        "Include HEALTHCHECK instructions in Dockerfiles.",
        &[
            (DOCKERFILE, "HEALTHCHECK CMD", "LABEL a="),
            (DOCKERFILE, "HEALTHCHECK CMD [\"python3\", \"-c\", \"pass\"]", "HEALTHCHECK NONE"),
        ],
    ),
    (
        "dockerfile-no-secrets",
        "No secrets in images.",
        &[(DOCKERFILE, "WORKDIR /app", "ENV GEMINI_API_KEY=abcdef"), (DOCKERFILE, "WORKDIR /app", "COPY .env ./")],
    ),
    (
        "dockerfile-cache-order",
        "Order instructions to maximize cache hits.",
        &[(DOCKERFILE, "COPY requirements.txt ./", "COPY . .")],
    ),
    (
        "graceful-shutdown",
        "Graceful shutdown: handle SIGTERM.",
        &[
            (DOCKERFILE, "CMD [\"uvicorn\", \"main:app\"]", "CMD uvicorn main:app"),
            (DEPLOYMENT, "GracePeriodSeconds: 30", "GracePeriodSeconds: 0"),
        ],
    ),
    (
        "run-as-non-root",
        "No root user in containers.",
        &[(DEPLOYMENT, "runAsNonRoot: true", "runAsNonRoot: false"), (DEPLOYMENT, "runAsUser: 10001", "runAsUser: 0")],
    ),
    (
        "run-as-uid-min",
        "Run as a UID > 1000.",
        &[(DEPLOYMENT, "runAsUser: 10001", "runAsUser: 1000"), (DEPLOYMENT, "        runAsUser: 10001\n", "")],
    ),
    (
        "read-only-root-fs",
        "The root filesystem is mounted read-only.",
        &[
            (DEPLOYMENT, "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false"),
            (DEPLOYMENT, "            readOnlyRootFilesystem: true\n", ""),
        ],
    ),
    ("no-privileged", "Never use `privileged: true`.", &[(DEPLOYMENT, "privileged: false", "privileged: true")]),
    ("drop-all-capabilities", "Drop all capabilities.", &[(DEPLOYMENT, "drop: [\"ALL\"]", "drop: [NET_RAW]")]),
    (
        "security-context-required",
        "All pods must define a security context.",
        &[(
            "out/todo/local/database-job.yaml",
            "      securityContext: { runAsNonRoot: true, runAsUser: 10001, seccompProfile: { type: RuntimeDefault } }\n      containers:\n        - name: migrate\n          image: todo/backend:0123456789ab\n          securityContext: { allowPrivilegeEscalation: false, readOnlyRootFilesystem: true, capabilities: { drop: [ALL] } }\n",
            "      containers:\n        - name: migrate\n          image: todo/backend:0123456789ab\n",
        )],
    ),
    (
        "no-privilege-escalation",
        "Privilege escalation is forbidden.",
        &[(DEPLOYMENT, "            allowPrivilegeEscalation: false\n", "")],
    ),
    (
        "seccomp-runtime-default",
        "Use the default seccomp profile.",
        &[(DEPLOYMENT, "{ type: RuntimeDefault }", "{ type: Unconfined }")],
    ),
    (
        "no-host-namespaces",
        "No pod shares a host namespace.",
        &[(
            DEPLOYMENT,
            "automountServiceAccountToken: false",
            "hostNetwork: true\n      automountServiceAccountToken: false",
        )],
    ),
    (
        "no-host-path",
        "Never mount a hostPath.",
        &[(
            DEPLOYMENT,
            "      containers:",
            "      volumes: [ { name: a, hostPath: { path: / } } ]\n      containers:",
        )],
    ),
    (
        "pod-security-labels",
        "Namespaces enforce the restricted Pod Security Standard.",
        &[
            ("out/todo/local/todo-namespace.yaml", "/enforce: restricted", "/warn: restricted"),
            ("out/todo/local/todo-namespace.yaml", "", ""),
        ],
    ),
    (
        "resources-required",
        "CPU and memory limits and requests for all containers.",
        &[(DEPLOYMENT, "limits: { cpu: 500m, memory: 256Mi }", "limits: { cpu: 500m }")],
    ),
    ("namespace-resource-quota", "Resource quotas.", &[("out/todo/local/todo-resourcequota.yaml", "", "")]),
    ("hpa-required", "Horizontal Pod Autoscaler for the backend.", &[("out/todo/local/backend-hpa.yaml", "", "")]),
    ("hpa-required", "Horizontal pod autoscaling configured.", &[("out/todo/local/backend-hpa.yaml", "", "")]),
    ("hpa-bounds", "Every HPA defines its bounds.", &[("out/todo/local/backend-hpa.yaml", "  minReplicas: 2\n", "")]),
    ("hpa-owns-replicas", "The HPA owns the replica count.", &[(DEPLOYMENT, "spec:\n", "spec:\n  replicas: 3\n")]),
    (
        "min-replicas",
        "Backend: 2+ replicas.",
        &[
            ("out/todo/local/backend-hpa.yaml", "minReplicas: 2", "minReplicas: 1"),
            ("out/todo/local/backend-hpa.yaml", "", ""),
        ],
    ),
    (
        "pdb-required",
        "Pod Disruption Budgets keep a minimum available.",
        &[
            ("out/todo/local/backend-pdb.yaml", "", ""),
            ("out/todo/local/backend-pdb.yaml", "maxUnavailable: 1", "maxUnavailable: 0"),
        ],
    ),
    (
        "spread-replicas",
        "Anti-affinity: spread replicas across nodes.",
        &[(
            DEPLOYMENT,
            "topologySpreadConstraints:\n        - maxSkew: 1\n          topologyKey: kubernetes.io/hostname\n          whenUnsatisfiable: ScheduleAnyway\n          labelSelector: { matchLabels: { app.kubernetes.io/name: backend } }",
            "hostname: a",
        )],
    ),
    (
        "rolling-update",
        "Rolling updates for zero-downtime.",
        &[
            (DEPLOYMENT, "type: RollingUpdate", "type: Recreate"),
            (DEPLOYMENT, "maxUnavailable: 0", "maxUnavailable: 100%"),
        ],
    ),
    (
        "liveness-probe",
        "All services must have liveness/readiness probes.",
        &[(DEPLOYMENT, "livenessProbe:", "lifecycle: {}\n          x:")],
    ),
    (
        "readiness-probe",
        "Health checks for all services.",
        &[(STATEFULSET, "readinessProbe: { tcpSocket: { port: 5432 } }", "tty: false")],
    ),
    ("startup-probe", "A startup probe allows slow starts.", &[(DEPLOYMENT, "startupProbe:", "x:")]),
    (
        "probe-port-exists",
        "Liveness and readiness probes.",
        &[(DEPLOYMENT, "port: 8000 } }", "port: 8080 } }"), (DEPLOYMENT, "live, port: http", "live, port: web")],
    ),
    (
        "no-plaintext-secret",
        "Secrets are never hardcoded.",
        &[
            (DEPLOYMENT, "value: postgresql://todo:$(DATABASE_PASSWORD)@", "value: postgresql://todo:hunter2@"),
            ("out/todo/local/backend-configmap.yaml", "LOG_LEVEL: INFO", "GEMINI_API_KEY: abcdef"),
            ("out/todo/compose.yaml", "${DATABASE_PASSWORD}", "hunter2"),
            ("charts/todo/values.yaml", "{ replicas: 2 }", "{ password: hunter2 }"),
        ],
    ),
    (
        "configmap-for-config",
        "ConfigMaps for non-sensitive configuration.",
        &[(
            DEPLOYMENT,
            "          env:\n",
            "          env:\n            - { name: A, value: a }\n            - { name: B, value: a }\n            - { name: C, value: a }\n            - { name: D, value: a }\n",
        )],
    ),
    (
        "networkpolicy-required",
        "Network policies restrict traffic.",
        &[
            ("out/todo/local/todo-networkpolicy.yaml", "", ""),
            ("out/todo/local/todo-networkpolicy.yaml", "[Ingress, Egress]", "[Ingress]"),
        ],
    ),
    (
        "networkpolicy-targets-pod",
        "Network policies for pod communication.",
        &[
            (
                "out/todo/local/backend-networkpolicy.yaml",
                "podSelector: { matchLabels: { app.kubernetes.io/name: backend } }",
                "podSelector: { matchLabels: { app: gone } }",
            ),
            ("out/todo/local/backend-networkpolicy.yaml", "name: database } }", "name: gone } }"),
        ],
    ),
    (
        "egress-allowlist",
        "Egress is limited to required endpoints.",
        &[
            ("out/todo/local/todo-networkpolicy.yaml", "[Ingress, Egress]", "[Ingress]"),
            ("out/todo/local/backend-networkpolicy.yaml", "      ports: [ { port: 443 } ]\n", ""),
        ],
    ),
    (
        "service-selects-pods",
        "Use service discovery.",
        &[(SERVICE, "selector: { app.kubernetes.io/name: backend }", "selector: { app: gone }")],
    ),
    (
        "service-target-port-exists",
        "Use service discovery.",
        &[(SERVICE, "targetPort: http", "targetPort: web"), (SERVICE, "targetPort: http", "targetPort: 80")],
    ),
    ("internal-clusterip", "ClusterIP for internal services.", &[(SERVICE, "ClusterIP", "NodePort")]),
    (
        "statefulset-headless-service",
        "Headless Services for StatefulSets.",
        &[("out/todo/local/database-service.yaml", "  clusterIP: None\n", "")],
    ),
    (
        "database-statefulset",
        "The database is a StatefulSet.",
        &[
            (STATEFULSET, "replicas: 1", "replicas: 2"),
            (DEPLOYMENT, "todo/backend:0123456789ab", "bitnami/postgresql:16"),
        ],
    ),
    (
        "database-persistent",
        "Database data must survive pod restarts.",
        &[(STATEFULSET, "name: data, mountPath", "name: other, mountPath")],
    ),
    (
        "db-migration-defined",
        "Migrations run before the backend, as a Job.",
        &[("out/todo/local/database-job.yaml", "database-migrate", "database-setup")],
    ),
    (
        "dedicated-namespace",
        "The app has its own namespace.",
        &[(DEPLOYMENT, "  namespace: todo\n", ""), (SERVICE, "namespace: todo", "namespace: default")],
    ),
    (
        "dedicated-service-account",
        "Dedicated service accounts.",
        &[(DEPLOYMENT, "      serviceAccountName: backend\n", "")],
    ),
    ("no-token-automount", "Least privilege.", &[(DEPLOYMENT, "      automountServiceAccountToken: false\n", "")]),
    (
        "recommended-labels",
        "Follow labeling conventions.",
        &[(DEPLOYMENT, "    app.kubernetes.io/part-of: todo\n", "")],
    ),
    (
        "chart-values-per-env",
        "Separate values files for each environment.",
        &[
            ("charts/todo/values-local.yaml", "", ""),
            ("charts/todo/values-local.yaml", "backend:", "frontend:"),
            ("charts/todo/values", "", ""),
        ],
    ),
    ("chart-semver", "Semantic versioning for chart releases.", &[("charts/todo/Chart.yaml", "0.1.0", "\"1.0\"")]),
    ("helm-only", "All deployments via Helm charts.", &[("charts/todo/templates/backend-deployment.yaml", "", "")]),
    (
        "local-only",
        "Local only, no cloud required.",
        &[
            (DEPLOYMENT, "metadata:\n", "metadata:\n  annotations: { eks.amazonaws.com/role: a }\n"),
            (DEPLOYMENT, "todo/backend:", "1.dkr.ecr.eu.amazonaws.com/backend:"),
            (STATEFULSET, "accessModes:", "storageClassName: gp3, accessModes:"),
        ],
    ),
    ("compose-present", "Docker Compose for quick local testing.", &[("out/todo/compose.yaml", "", "")]),
    ("four-layer-coverage", "Adhere to the four-layer model.", &[("out/todo/local", "", ""), ("charts/todo/", "", "")]),
    (
        "task-stamp-required",
        "Every change must reference a task ID.",
        &[(DEPLOYMENT, "    bowline.dev/task: T001\n", ""), (DOCKERFILE, "# bowline:v1 task=T001\n", "")],
    ),
    (
        "task-id-valid",
        "Every change must reference a task ID.",
        &[(DEPLOYMENT, "task: T001", "task: T099"), (DOCKERFILE, "task=T001", "task=T099")],
    ),
];

#[test]
fn the_good_workspace_keeps_every_rule() {
    let sentences: Vec<&str> = CASES.iter().map(|(_, sentence, _)| *sentence).collect();
    let (sources, checked) = run(&good(), &sentences);
    assert_eq!(report::human(&checked.findings, &sources, false), "");
    assert!(checked.scope.rules >= 50 && checked.scope.sentences == sentences.len(), "{:?}", checked.scope);
}

#[test]
fn each_rule_finds_what_breaks_it_and_cites_the_sentence() {
    for (rule, sentence, changes) in CASES {
        for change in *changes {
            let (sources, checked) = run(&changed(*change), &[sentence]);
            let mut found = checked.findings.iter().filter(|d| d.code == *rule);
            let Some(first) = found.next() else {
                panic!("{rule} misses {change:?}: {:?}", checked.findings.iter().map(|d| d.code).collect::<Vec<_>>());
            };
            let because = first.because.as_ref().unwrap_or_else(|| panic!("{rule} cites nothing"));
            assert_eq!(because.sentence, *sentence, "{rule}");
            assert_eq!(sources.slice(because.span.unwrap()), *sentence, "{rule}");
            assert_eq!(first.severity, Severity::Error, "{rule}");
            assert!(first.primary.is_some() && first.fix.is_some(), "{rule}: {first:?}");
            let at = first.primary.as_ref().unwrap().span;
            let whole = sources.path(at.file) == "constitution.md";
            assert!(whole || first.task.as_deref() == Some("todo/T001"), "{rule}: {:?}", first.task);
            assert!(whole || first.notes.iter().any(|n| n.contains("ticked")), "{rule}");
            let message = &first.message;
            assert!(message.starts_with(|c: char| !c.is_uppercase()) || message.starts_with("T0"), "{rule}: {message}");
        }
    }
}

#[test]
fn a_rule_is_silent_when_no_sentence_asks() {
    let other = ["Write good documentation."];
    for (rule, _, changes) in CASES.iter().filter(|(r, _, _)| !r.starts_with("service-")) {
        for change in *changes {
            let (_, checked) = run(&changed(*change), &other);
            assert!(checked.findings.iter().all(|d| d.code != *rule), "{rule} speaks unasked of {change:?}");
        }
    }
}

#[test]
fn every_rule_has_a_case() {
    let tested: BTreeSet<&str> = CASES.iter().map(|(r, _, _)| *r).collect();
    let untested: Vec<&str> = ids().filter(|r| !tested.contains(r)).collect();
    assert_eq!(untested, ["dockerfile-per-service", "no-manual-edit"], "these two need a model or a fact");
}

#[test]
fn an_edited_file_is_found_by_its_fact() {
    let files = good();
    let files: Vec<(&str, &str)> = files.iter().map(|(p, t)| (p.as_str(), t.as_str())).collect();
    let path = || BTreeSet::from([DOCKERFILE.to_owned()]);
    let facts = Facts { edited_by_hand: path(), ignored_by_git: path() };
    let sentences = ["No manual configuration is allowed."];
    let (_, checked) = Case { files: &files, sentences: &sentences, facts, ..Case::default() }.run();
    let mut codes: Vec<&str> = checked.findings.iter().map(|d| d.code).collect();
    codes.sort_unstable();
    assert_eq!(codes, ["artifact-ignored-by-git", "no-manual-edit"]);
}

#[test]
fn the_force_of_the_sentence_is_the_severity() {
    let mut sources = Sources::default();
    for (force, wanted) in
        [(Force::Must, Severity::Error), (Force::Should, Severity::Warning), (Force::May, Severity::Note)]
    {
        let constitution = constitution(&mut sources, &["No root user in containers."], force);
        let found = bindings(&constitution);
        assert_eq!(severity(found[0].statement.force), wanted);
    }
}

#[test]
fn a_secret_is_never_printed() {
    let secret = "correct-horse-battery";
    let changes: &[(Change, &str)] = &[
        (
            (DEPLOYMENT, "postgresql://todo:$(DATABASE_PASSWORD)@", "postgresql://todo:correct-horse-battery@"),
            "no-plaintext-secret",
        ),
        (
            (
                DEPLOYMENT,
                "            - name: DATABASE_URL\n",
                "            - { name: API_TOKEN, value: correct-horse-battery, valueFrom: { fieldRef: { fieldPath: a } } }\n            - name: DATABASE_URL\n",
            ),
            "api-env-source",
        ),
        ((DOCKERFILE, "WORKDIR /app", "ENV API_KEY=correct-horse-battery"), "dockerfile-no-secrets"),
        ((DOCKERFILE, "WORKDIR /app", "ENV A=b \\\n  API_KEY=\"correct-horse-battery\""), "dockerfile-no-secrets"),
        (("charts/todo/values.yaml", "{ replicas: 2 }", "{ password: correct-horse-battery }"), "no-plaintext-secret"),
        (("out/todo/compose.yaml", "{ LOG_LEVEL: INFO", "{ A_SECRET: correct-horse-battery"), "no-plaintext-secret"),
    ];
    let sentences = ["No secrets in images.", "Secrets are never hardcoded.", "No secrets in Git."];
    for (change, code) in changes {
        let (sources, checked) = run(&changed(*change), &sentences);
        assert!(checked.findings.iter().any(|d| d.code == *code), "{change:?}");
        let printed = [
            report::human(&checked.findings, &sources, false),
            report::short(&checked.findings, &sources),
            report::data(&checked.findings, &sources, checked.scope).to_string(),
            report::sarif(&checked.findings, &sources).to_string(),
            report::github(&checked.findings, &sources),
            report::junit(&checked.findings, &sources, &[]),
            report::markdown(&checked.findings, &sources, checked.scope),
        ];
        for text in printed {
            assert!(!text.contains(secret), "{change:?}\n{text}");
        }
    }
    // a number that YAML 1.1 reads otherwise: the finding is about the value itself
    let change = ("charts/todo/values.yaml", "{ replicas: 2 }", "{ password: 0123456 }");
    let (sources, checked) = run(&changed(change), &sentences);
    let text = report::human(&checked.findings, &sources, false);
    assert!(text.contains("api-yaml11") && !text.contains("123456"), "{text}");
}

#[test]
fn sentences_become_rules_or_say_why_not() {
    let cases: &[(&str, &str)] = &[
        ("Backend: 3 replicas for fault tolerance.", "min-replicas (3)"),
        ("Database: 1 replica (StatefulSet) with persistent storage", "database-statefulset database-persistent"),
        ("Run as non-root (UID > 1000)", "dockerfile-user-nonroot run-as-non-root run-as-uid-min (1001)"),
        ("Run as UID 10001 or above", "run-as-uid-min (10002)"),
        ("An HPA is not required.", "none"),
        ("Rationale: rolling updates avoid downtime.", "none"),
        ("All changes undergo peer review.", "human"),
        ("Be excellent to each other.", "not understood"),
    ];
    let mut sources = Sources::default();
    let sentences: Vec<&str> = cases.iter().map(|(s, _)| *s).collect();
    let constitution = constitution(&mut sources, &sentences, Force::Must);
    for (binding, (sentence, wanted)) in bindings(&constitution).iter().zip(cases) {
        let got = match &binding.outcome {
            Outcome::Rules(rules) => rules.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "),
            Outcome::NeedsHuman => "human".to_owned(),
            Outcome::NoRule => "none".to_owned(),
            Outcome::NotUnderstood => "not understood".to_owned(),
        };
        assert_eq!(got, *wanted, "{sentence}");
    }
}
