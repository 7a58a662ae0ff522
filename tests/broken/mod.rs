//! A small repository whose every task is ticked and whose parts neither build nor load nor run.

use crate::common::Space;

/// The files, by path.
pub(crate) const FILES: &[(&str, &str)] = &[
    (
        "specs/005-cluster/tasks.md",
        "\
# Tasks: notes in a cluster

## Phase 1: Images

- [x] T001 Write backend/Dockerfile in two stages
- [x] T002 [P] Write frontend/Dockerfile in three stages
- [x] T003 Verify that both images build

## Phase 2: Chart

- [x] T004 Write helm/notes/Chart.yaml and helm/notes/values.yaml
- [x] T005 Write helm/notes/templates/secrets.yaml
- [x] T006 Write helm/notes/templates/frontend-deployment.yaml
- [x] T007 Run `helm lint helm/notes`; it passes
- [x] T008 Write helm/notes/templates/backend-deployment.yaml
- [x] T009 Write helm/notes/templates/network-policies.yaml: every way out is closed but those that are needed
- [x] T010 The backend gets `RATE_LIMIT` and `OPENAI_API_KEY` from the chart

## Phase 3: Review

- [x] T011 Verify that no secrets are hardcoded
- [x] T012 Verify that `DATABASE_URL` and `SEARCH_URL` reach the backend
- [x] T013 Open the site; it calls the address in `NEXT_PUBLIC_API_URL`
- [ ] T014 Verify that the frontend image builds
",
    ),
    (
        "backend/Dockerfile",
        "\
FROM python:3.12-slim AS build
WORKDIR /src
COPY pyproject.toml ./
COPY notes ./notes
RUN pip install --no-cache-dir --prefix=/install .

FROM python:3.12-slim
WORKDIR /src
COPY --from=build /install /usr/local
COPY alembic.ini ./
USER 10001
CMD [\"uvicorn\", \"notes.main:app\"]
",
    ),
    (
        "backend/pyproject.toml",
        "\
[build-system]
requires = [\"hatchling\"]
build-backend = \"hatchling.build\"

[project]
name = \"notes\"
version = \"0.1.0\"
readme = \"README.md\"
",
    ),
    ("backend/README.md", "# Notes\n"),
    ("backend/alembic.ini", "[alembic]\n"),
    ("backend/.dockerignore", "*.md\n*.ini\n"),
    (
        "backend/notes/main.py",
        "\
import os

from fastapi import FastAPI

DATABASE_URL = os.environ[\"DATABASE_URL\"]
SEARCH_URL = os.environ[\"SEARCH_URL\"]
JWT_SECRET = os.getenv(\"JWT_SECRET\", \"the-notes-jwt-secret-2024\")
OPENAI_API_KEY = os.getenv(\"OPENAI_API_KEY\")
RATE_LIMIT = int(os.getenv(\"RATE_LIMIT\", \"60\"))
app = FastAPI()
",
    ),
    (
        "frontend/Dockerfile",
        "\
FROM node:20-alpine AS deps
WORKDIR /site
COPY package.json package-lock.json ./
RUN npm ci --only=production

FROM node:20-alpine AS build
WORKDIR /site
COPY --from=deps /site/node_modules ./node_modules
COPY . .
RUN npm run build

FROM node:20-alpine
WORKDIR /site
COPY --from=build /site/.next/standalone ./
COPY --from=biuld /site/.next/static ./.next/static
CMD [\"node\", \"server.js\"]
",
    ),
    (
        "frontend/package.json",
        "\
{
  \"name\": \"site\",
  \"scripts\": { \"build\": \"next build\" },
  \"dependencies\": { \"next\": \"15.1.0\", \"react\": \"19.0.0\" },
  \"devDependencies\": { \"typescript\": \"5.7.2\" }
}
",
    ),
    ("frontend/package-lock.json", "{ \"lockfileVersion\": 3 }\n"),
    ("frontend/tsconfig.json", "{}\n"),
    ("frontend/next.config.mjs", "const nextConfig = {\n  reactStrictMode: true,\n};\n\nexport default nextConfig;\n"),
    (
        "frontend/app/page.tsx",
        "\"use client\";\n\nconst api = process.env.NEXT_PUBLIC_API_URL;\n\nexport default function Page() {\n  return <p>{api}</p>;\n}\n",
    ),
    ("helm/notes/.helmignore", "# what the package leaves out\n.git/\n*.md\n!README.md\n"),
    ("helm/notes/README.md", "# The chart\n"),
    ("helm/notes/Chart.yaml", "apiVersion: v2\nname: notes\nversion: 0.1.0\n"),
    (
        "helm/notes/values.yaml",
        "\
backend:
  image: notes/backend:1.0.0
frontend:
  image: notes/frontend:1.0.0
  apiUrl: http://backend:8000
jwtSecret: \"\"
databaseUrl: \"\"
openaiApiKey: \"\"
",
    ),
    (
        "helm/notes/templates/secrets.yaml",
        "\
apiVersion: v1
kind: Secret
metadata:
  name: notes-secrets
stringData:
  JWT_SECRET: {{ .Values.jwtSecret | default \"the-notes-jwt-secret-2024\" | quote }}
  DATABASE_URL: {{ .Values.databaseUrl | quote }}
  OPENAI_API_KEY: {{ .Values.openaiApiKey | quote }}
",
    ),
    (
        "helm/notes/templates/backend-deployment.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  selector:
    matchLabels: { app: backend }
  template:
    metadata:
      labels: { app: backend }
    spec:
      containers:
        - name: backend
          image: {{ .Values.backend.image }}
          envFrom:
            - secretRef:
                name: notes-secrets
          env:
            - name: RATE_LIMITS
              value: \"120\"
            - name: OPENAI_API_KEY
              valueFrom:
                secretKeyRef: { name: notes-secrets, key: OPENAI_API_KEY }
",
    ),
    (
        "helm/notes/templates/network-policies.yaml",
        "\
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: closed
spec:
  podSelector: {}
  policyTypes: [Ingress, Egress]
---
apiVersion: networking.k8s.io/v1
kind: NetworkPolicy
metadata:
  name: names
spec:
  podSelector: {}
  policyTypes: [Egress]
  egress:
    - ports:
        - { port: 53, protocol: UDP }
",
    ),
    (
        "helm/notes/templates/frontend-deployment.yaml",
        "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: frontend
spec:
  selector:
    matchLabels: { app: frontend }
  template:
    metadata:
      labels: { app: frontend }
    spec:
      containers:
        - name: frontend
          image: {{ .Values.frontend.image }}
          env:
            - name: NEXT_PUBLIC_API_URL
              value: {{ .Values.frontend.apiUrl | quote }}
",
    ),
];

/// A fresh copy.
pub(crate) fn space() -> Space {
    let space = Space::empty();
    for (path, text) in FILES {
        space.write(path, text);
    }
    space
}
