//! Each defect with a small manifest.

use super::*;
use crate::check::testing::{Case, lines};

/// Sixteen defects that schema validators, `helm lint` and policy scanners let through.
const SERVICE: &str = "\
apiVersion: v1
kind: Service
metadata:
  name: Backend_Svc
spec:
  type: ClusterIp
  selector: { app: backend }
  ports:
    - port: 99999
      protocol: tcp
      targetPort: http
";
const DEPLOYMENT: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata: { name: backend }
spec:
  replicas: -1
  selector: { matchLabels: { app: backend } }
  strategy: { type: Rolling }
  template:
    metadata: { labels: { app: api } }
    spec:
      containers:
        - name: backend
          image: todo/backend:1
          imagePullPolicy: Alwayss
          resources:
            requests: { cpu: 1 core, memory: 2Gi }
            limits: { cpu: 2, memory: 1Gi }
          readinessProbe:
            httpGet: { path: /, port: 8000 }
            tcpSocket: { port: 8000 }
          env:
            - { name: A, value: x, valueFrom: { fieldRef: { fieldPath: metadata.name } } }
            - { name: B, value: x }
            - { name: B, value: z }
          volumeMounts: [ { name: data, mountPath: /data } ]
        - name: side
          image: todo/side:1
          resources: { limits: { memory: 1GB } }
";

#[test]
fn sixteen_defects_are_found_each_at_its_line() {
    let files =
        [("out/todo/local/backend-deployment.yaml", DEPLOYMENT), ("out/todo/local/backend-service.yaml", SERVICE)];
    let (sources, checked) = Case { files: &files, ..Case::default() }.run();
    assert_eq!(
        lines(&sources, &checked.findings),
        [
            "api-replicas 5",
            "api-selector-match 6",
            "api-enum 7",
            "api-enum 14",
            "api-quantity 16",
            "api-request-le-limit 16",
            "api-probe-one-handler 20",
            "api-env-source 22",
            "api-duplicate-name 24",
            "api-volume-resolves 25",
            "api-quantity 28",
            "api-name 4",
            "api-enum 6",
            "service-selects-pods 7",
            "api-port-range 9",
            "api-enum 10",
            "service-target-port-exists 11",
        ]
    );
    let named = checked.findings.iter().find(|d| d.code == "api-name").unwrap();
    assert!(named.fix.as_ref().unwrap().ends_with("`backend-svc`"), "{:?}", named.fix);
    assert_eq!(named.task.as_deref(), Some("todo/T001"));
}

/// A pod of a Deployment with these lines in its only container, and these in its spec.
fn deployment(container: &str, pod: &str) -> String {
    format!(
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: {{ name: a }}\nspec:\n  selector: {{ matchLabels: {{ app: a }} }}\n  template:\n    metadata: {{ labels: {{ app: a }} }}\n    spec:\n{}      containers:\n        - name: a\n          image: a:1\n{}",
        indent(pod, 6),
        indent(container, 10)
    )
}

fn indent(text: &str, by: usize) -> String {
    text.lines().fold(String::new(), |all, l| all + &" ".repeat(by) + l + "\n")
}

fn codes(files: &[(&str, &str)]) -> Vec<&'static str> {
    let (_, checked) = Case { files, ..Case::default() }.run();
    checked.findings.iter().map(|d| d.code).collect()
}

fn object(text: &str) -> Vec<&'static str> {
    codes(&[("out/todo/local/a-x.yaml", text)])
}

#[test]
fn a_pod_breaks_or_keeps_each_rule() {
    let bad: &[(&str, &str, &str)] = &[
        ("api-name", "ports: [ { containerPort: 1, name: a_very_long_port_name } ]", ""),
        ("api-name", "env: [ { name: A-B, value: x } ]", ""),
        ("api-name", "", "volumes: [ { name: Data, emptyDir: {} } ]"),
        ("api-enum", "", "restartPolicy: Never"),
        ("api-enum", "", "securityContext: { seccompProfile: { type: Default } }"),
        ("api-port-range", "ports: [ { containerPort: 0 } ]", ""),
        ("api-port-range", "readinessProbe: { httpGet: { port: \"8000\" } }", ""),
        ("api-quantity", "resources: { requests: { cpu: -1 } }", ""),
        ("api-quantity", "resources: { requests: { memory: 128m } }", ""),
        ("api-probe-one-handler", "livenessProbe: { periodSeconds: 5 }", ""),
        ("api-probe-one-handler", "livenessProbe: { httpGet: { port: 1 }, successThreshold: 2 }", ""),
        ("api-env-source", "env: [ { name: A, valueFrom: {} } ]", ""),
        ("api-env-source", "env: [ { name: A, value: x$(B) }, { name: B, value: z } ]", ""),
        (
            "api-volume-resolves",
            "volumeMounts: [ { name: d, mountPath: /a }, { name: d, mountPath: /a } ]",
            "volumes: [ { name: d, emptyDir: {} } ]",
        ),
        ("api-volume-resolves", "", "volumes: [ { name: d, emptyDir: {}, hostPath: { path: / } } ]"),
        ("api-duplicate-name", "", "initContainers: [ { name: a, image: a:1 } ]"),
        ("api-label-syntax", "", "nodeSelector: { -a: b }"),
        ("api-ref-exists", "", "serviceAccountName: gone"),
        ("api-ref-exists", "envFrom: [ { configMapRef: { name: gone } } ]", ""),
        ("api-ref-exists", "env: [ { name: A, valueFrom: { secretKeyRef: { name: gone, key: k } } } ]", ""),
        ("api-ref-exists", "", "volumes: [ { name: d, persistentVolumeClaim: { claimName: gone } } ]"),
        ("api-yaml11", "args: [ no ]", ""),
    ];
    for (code, container, pod) in bad {
        assert_eq!(object(&deployment(container, pod)), [*code], "{container} {pod}");
    }
    let good: &[(&str, &str)] = &[
        ("", ""),
        (
            "ports: [ { containerPort: 8000, name: http } ]",
            "securityContext: { seccompProfile: { type: RuntimeDefault } }",
        ),
        (
            "resources: { requests: { cpu: 100m, memory: 128Mi }, limits: { cpu: 1, memory: 128Mi } }",
            "restartPolicy: Always",
        ),
        ("livenessProbe: { httpGet: { port: http, path: / } }", "serviceAccountName: default"),
        ("env: [ { name: B, value: z }, { name: A, value: \"x$(B)$$(C)$(D)\" } ]", ""),
        ("envFrom: [ { configMapRef: { name: gone, optional: true } } ]", ""),
        ("volumeMounts: [ { name: d, mountPath: /a } ]", "volumes: [ { name: d, emptyDir: {} } ]"),
    ];
    for (container, pod) in good {
        assert!(object(&deployment(container, pod)).is_empty(), "{container} {pod}");
    }
}

#[test]
fn an_object_breaks_or_keeps_each_rule() {
    let bad: &[(&str, &str)] = &[
        ("api-name", "apiVersion: v1\nkind: ServiceAccount\nmetadata: {}\n"),
        ("api-name", "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }\ndata: { \"a b\": x }\n"),
        (
            "api-replicas",
            "apiVersion: policy/v1\nkind: PodDisruptionBudget\nmetadata: { name: a }\nspec: { minAvailable: 1, maxUnavailable: 1 }\n",
        ),
        ("api-label-syntax", "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, labels: { a: \"b c\" } }\n"),
        (
            "api-label-syntax",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a, annotations: { \"a/b/c\": x } }\n",
        ),
        (
            "api-duplicate-name",
            "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a }\n---\napiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a }\n",
        ),
        (
            "api-ref-exists",
            "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata: { name: a }\nspec: { defaultBackend: { service: { name: a, port: { number: 80 } } } }\n",
        ),
        (
            "api-ref-exists",
            "apiVersion: rbac.authorization.k8s.io/v1\nkind: RoleBinding\nmetadata: { name: a }\nroleRef: { apiGroup: rbac.authorization.k8s.io, kind: Role, name: b }\n",
        ),
        (
            "api-enum",
            "apiVersion: batch/v1\nkind: Job\nmetadata: { name: a }\nspec: { template: { spec: { containers: [ { name: a, image: a:1 } ] } } }\n",
        ),
    ];
    for (code, text) in bad {
        assert_eq!(object(text), [*code], "{text}");
    }
    let good = [
        "apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a.b, labels: { a.b/c: D_e.f, empty: \"\" } }\ndata: { a.B-c_d: x }\n",
        "apiVersion: rbac.authorization.k8s.io/v1\nkind: ClusterRole\nmetadata: { name: \"system:x\" }\n",
        "apiVersion: batch/v1\nkind: Job\nmetadata: { name: a }\nspec: { template: { spec: { restartPolicy: Never, containers: [ { name: a, image: a:1 } ] } } }\n",
    ];
    for text in good {
        assert!(object(text).is_empty(), "{text}");
    }
}

fn hpa(target: &str, least: i64, most: i64) -> String {
    format!(
        "apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {{ name: a }}\nspec:\n  scaleTargetRef: {{ apiVersion: apps/v1, kind: Deployment, name: {target} }}\n  minReplicas: {least}\n  maxReplicas: {most}\n  metrics: [ {{ type: Resource, resource: {{ name: cpu, target: {{ type: Utilization, averageUtilization: 70 }} }} }} ]\n"
    )
}

#[test]
fn an_autoscaler_needs_its_target() {
    let with = |container: &str, hpa: &str| {
        codes(&[("out/todo/local/a-deployment.yaml", &deployment(container, "")), ("out/todo/local/a-hpa.yaml", hpa)])
    };
    let requests = "resources: { requests: { cpu: 1 } }";
    assert!(with(requests, &hpa("a", 2, 6)).is_empty());
    assert_eq!(with(requests, &hpa("b", 2, 6)), ["api-hpa-target"]);
    assert_eq!(with("", &hpa("a", 2, 6)), ["api-hpa-target"]);
    assert_eq!(with(requests, &hpa("a", 6, 2)), ["api-replicas"]);
}

#[test]
fn environments_are_apart_and_one_cause_is_one_finding() {
    let broken = deployment("imagePullPolicy: Sometimes", "serviceAccountName: a");
    let account = "apiVersion: v1\nkind: ServiceAccount\nmetadata: { name: a }\n";
    let files = [
        ("out/todo/local/a-deployment.yaml", broken.as_str()),
        ("out/todo/local/a-serviceaccount.yaml", account),
        ("out/todo/production/a-deployment.yaml", broken.as_str()),
    ];
    let (_, checked) = Case { files: &files, ..Case::default() }.run();
    let found: Vec<(&str, &[String])> = checked.findings.iter().map(|d| (d.code, d.notes.as_slice())).collect();
    let also = ["also in `production` (out/todo/production/a-deployment.yaml:13)".to_owned()];
    assert_eq!(found, [("api-enum", &also[..]), ("api-ref-exists", &[])]);
}

#[test]
fn the_tables_name_fields_that_exist() {
    let schema = crate::check::schema::newest();
    let has = |ty: &str, field: &str| schema.object(ty).is_some_and(|t| t.fields.contains_key(field));
    for (ty, field, _) in enums::TABLE {
        assert!(has(ty, field), "{ty}.{field}");
    }
    for (ty, field) in ports::TABLE {
        assert!(has(ty, field), "{ty}.{field}");
    }
}
