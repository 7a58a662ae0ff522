//! For each rule a sentence that asks for it, and changes to the good workspace that break it.

/// What a case changes in the good workspace: a file, what stands there, and what stands there then.
/// An empty `from` removes the file.
pub(super) type Change = (&'static str, &'static str, &'static str);

pub(super) const DEPLOYMENT: &str = "out/todo/local/backend-deployment.yaml";
const SERVICE: &str = "out/todo/local/backend-service.yaml";
pub(super) const DOCKERFILE: &str = "out/todo/images/backend/Dockerfile";
const STATEFULSET: &str = "out/todo/local/database-statefulset.yaml";

/// Rule, a sentence that asks for it, and changes that each break it.
pub(super) const CASES: &[(&str, &str, &[Change])] = &[
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
        "database-in-cluster",
        "PostgreSQL must run in the cluster.",
        &[(STATEFULSET, "", ""), (STATEFULSET, "image: postgres", "image: todo/proxy")],
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
    (
        "backup-defined",
        "Back up the database every night.",
        &[
            ("out/todo/local/database-backup.yaml", "", ""),
            ("out/todo/local/database-backup.yaml", "database-backup", "database-sweep"),
        ],
    ),
    (
        "ingress-tls",
        "External traffic is encrypted by TLS.",
        &[("out/todo/local/todo-ingress.yaml", "hosts: [todo.local]", "hosts: [other.local]")],
    ),
    (
        "grafana-dashboard",
        "A Grafana dashboard shows what is used.",
        &[
            ("out/todo/local/todo-dashboard.yaml", "", ""),
            ("out/todo/local/todo-dashboard.yaml", "\"expr\": \"up\"", "\"expr\": \"\""),
            ("out/todo/local/todo-dashboard.yaml", "{\"panels\"", "{panels"),
        ],
    ),
    (
        "kagent-configured",
        "kagent agents are configured.",
        &[
            ("out/todo/local/helper-agent.yaml", "", ""),
            ("out/todo/local/helper-agent.yaml", "modelConfig: helper-model", "modelConfig: other"),
            ("out/todo/local/helper-agent.yaml", "name: backend-mcp", "name: frontend-mcp"),
        ],
    ),
];
