//! A repository with Dockerfiles, manifests and a chart that people wrote by hand.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use crate::common::Space;

pub const TASKS: &str = "\
# Tasks: notes on a cluster

## Phase 1: Images

- [x] T001 [US1] Write the backend image in services/api/Dockerfile (FR-001)
- [x] T002 [P] [US1] Write services/web/Dockerfile (FR-001)
- [x] T003 Build both images with `docker build services/api`

## Phase 2: Chart

- [x] T010 [US2] Create `Chart.yaml` and `values.yaml` in `deploy/chart/` per FR-002
- [x] T011 [US2] Write `deploy/chart/templates/api-{deployment,service}.yaml` per FR-002
- [x] T012 [US2] Add probes to deploy/chart/templates/api-deployment.yaml per FR-003
- [x] T013 [US2] Write helm/notes/templates/web-deployment.yaml
- [ ] T014 [US2] Write `_helpers.tpl` and deploy/chart/templates/NOTES.txt
- [x] T015 Verify with `helm lint` that deploy/chart/templates/ingress.yaml is right

## Phase 3: Plain manifests

- [x] T020 [US3] Write everything in k8s/base/
- [ ] T021 [US3] Write settings.yaml
";

const SPEC: &str = "\
# Notes

- **FR-001**: Images are built for both services.
- **FR-002**: The chart installs both services.
- **FR-003**: A pod gets traffic only when it answers.
";

pub const DEPLOYMENT: &str = "\
{{- if .Values.api.enabled }}
apiVersion: apps/v1
kind: Deployment
metadata:
  name: {{ include \"notes.fullname\" . }}-api
  labels:
    {{- include \"notes.labels\" . | nindent 4 }}
    tier: api # ours
spec:
  replicas: {{ .Values.api.replicas }}
  selector:
    matchLabels:
      app: notes-api
  template:
    metadata:
      labels:
        app: notes-api
    spec:
      containers:
        - name: api
          image: \"{{ .Values.api.image.repository }}:{{ .Values.api.image.tag }}\"
          ports:
            - containerPort: 8000
          readinessProbe:
            httpGet: { path: /ready, port: 8000 }
{{- end }}
";

/// Files by path.
pub const FILES: &[(&str, &str)] = &[
    ("specs/004-cluster/spec.md", SPEC),
    ("specs/004-cluster/tasks.md", TASKS),
    (
        "services/api/Dockerfile",
        "# syntax=docker/dockerfile:1\n# escape=\\\n# the API\nFROM python:3.12.4-slim\nUSER 10001\n",
    ),
    ("services/api/main.py", "print('hello')\n"),
    ("services/web/Dockerfile", "FROM node:20.15.1-alpine\r\nUSER 10001\r\n"),
    ("deploy/chart/Chart.yaml", "apiVersion: v2\nname: notes\nversion: 0.3.0\n"),
    (
        "deploy/chart/values.yaml",
        "# defaults\napi:\n  enabled: true\n  replicas: 2\n  image: { repository: notes/api, tag: \"0.3.0\" }\nweb:\n  image: { repository: notes/web, tag: \"0.3.0\" }\n  annotations: {}\nsession:\n  secret: \"top-secret-words\"\n",
    ),
    (
        "deploy/chart/templates/_helpers.tpl",
        "{{- define \"notes.fullname\" -}}\n{{ .Release.Name }}-notes\n{{- end }}\n{{- define \"notes.labels\" -}}\napp.kubernetes.io/name: notes\napp.kubernetes.io/instance: {{ .Release.Name }}\n{{- end }}\n",
    ),
    ("deploy/chart/templates/api-deployment.yaml", DEPLOYMENT),
    (
        "deploy/chart/templates/api-service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: notes-api\nspec:\n  selector:\n    app: notes-api\n  ports:\n    - port: 80\n      targetPort: 8000\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: notes-session\ntype: Opaque\nstringData:\n  key: {{ .Values.session.secret | quote }}\n",
    ),
    (
        "deploy/chart/templates/web-deployment.yaml",
        "\napiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: notes-web\n  {{- with .Values.web.annotations }}\n  annotations:\n    {{- toYaml . | nindent 4 }}\n  {{- end }}\nspec:\n  selector:\n    matchLabels: { app: notes-web }\n  template:\n    metadata:\n      labels: { app: notes-web }\n    spec:\n      containers:\n        - name: web\n          image: {{ .Values.web.image.repository }}:{{ .Values.web.image.tag }}\n",
    ),
    ("deploy/chart/templates/NOTES.txt", "\n  Open http://notes.local\n"),
    (
        "deploy/chart/templates/ingress.yaml",
        "apiVersion: networking.k8s.io/v1\nkind: Ingress\nmetadata:\n  name: notes\nspec:\n  defaultBackend:\n    service: { name: notes-api, port: { number: 80 } }\n",
    ),
    ("k8s/base/kustomization.yaml", "resources:\n  - all.yaml\npatches:\n  - path: patch.yaml\n"),
    (
        "k8s/base/all.yaml",
        "apiVersion: v1\nkind: Namespace\nmetadata:\n  name: notes\n---\n# the settings\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: notes\n  namespace: notes\n  labels:\n    app: notes\ndata:\n  LOG_LEVEL: info\n  GREETING: not-for-the-diff\n",
    ),
    (
        "k8s/base/patch.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata: { name: notes-api }\nspec: { replicas: 3 }\n",
    ),
    ("k8s/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: one\n"),
    ("k8s/old/settings.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: two\n"),
    (
        "k8s/mine.yaml",
        "# [Task]: T-021\n# [From]: speckit.plan\napiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: mine\n",
    ),
    ("k8s/alone.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: alone\n"),
];

/// The repository of [`FILES`].
pub fn space() -> Space {
    let space = Space::empty();
    for (path, text) in FILES {
        space.write(path, text);
    }
    space
}
