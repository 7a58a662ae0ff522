//! Facts about what runs: variables, ways out, and secrets that everybody knows.

mod common;
mod repositories;

use repositories::{each, findings, space};

/// A backend with one source file and a Dockerfile.
fn backend<'a>(code: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let docker = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nCMD [\"python\", \"main.py\"]\n";
    [&[("backend/Dockerfile", docker), ("backend/main.py", code)], more].concat()
}

const WORKLOAD: &str = "\
apiVersion: apps/v1
kind: Deployment
metadata:
  name: backend
spec:
  template:
    spec:
      containers:
        - name: backend
          image: app/backend:1
          env:
            - name: LOG_LEVEL
              value: info
";

#[test]
fn variables_that_are_read_and_not_given() {
    let code = "import os\nA = os.environ[\"SEARCH_KEY\"]\n";
    let manifest = ("k8s/backend.yaml", WORKLOAD);
    let with = |extra: &str| format!("{WORKLOAD}{extra}");
    let given = with("            - name: SEARCH_KEY\n              value: x\n");
    let unknown = with("          envFrom:\n            - secretRef: { name: made-by-hand }\n");
    let known = with("          envFrom:\n            - configMapRef: { name: c }\n");
    let map = ("k8s/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  SEARCH_KEY: x\n");
    let other = ("k8s/map.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: c\ndata:\n  OTHER: x\n");
    let command = with("          command: [\"sh\"]\n");
    let wrong = &["env-read-not-given backend/main.py:2"][..];
    each(&[
        (&backend(code, &[manifest]), wrong),
        (&backend(code, &[("k8s/backend.yaml", &known), other]), wrong),
        (
            &backend(
                code,
                &[("compose.yaml", "services:\n  api:\n    build: backend\n    environment: { LOG_LEVEL: info }\n")],
            ),
            wrong,
        ),
        // nothing is deployed
        (&backend(code, &[]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &given)]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &unknown)]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &known), map]), &[]),
        (&backend(code, &[("k8s/backend.yaml", &command)]), &[]),
        (&backend(code, &[("compose.yaml", "services:\n  api:\n    build: backend\n    env_file: .env\n")]), &[]),
        // goes on without it, or is never loaded
        (&backend("import os\nA = os.getenv(\"SEARCH_KEY\")\n", &[manifest]), &[]),
        (
            &backend("import os\nA = os.environ[\"SEARCH_KEY\"]\nB = os.getenv(\"SEARCH_KEY\", \"x\")\n", &[manifest]),
            &[],
        ),
        (&backend("print(1)\n", &[manifest, ("backend/aside.py", code)]), &[]),
        (&backend("print(1)\n", &[manifest, ("backend/scripts/main.py", code), ("backend/tests/main.py", code)]), &[]),
        (
            &backend("import aside\n", &[manifest, ("backend/aside.py", code)]),
            &["env-read-not-given backend/aside.py:2"],
        ),
        // the manifest of another component
        (&backend(code, &[("k8s/worker.yaml", &WORKLOAD.replace("backend", "worker"))]), &[]),
    ]);
}

#[test]
fn variables_that_are_given_under_another_name() {
    let manifest = WORKLOAD.replace("LOG_LEVEL", "DATABSE_URL");
    let manifest = ("k8s/backend.yaml", manifest.as_str());
    let code = "import os\nA = os.getenv(\"DATABASE_URL\")\n";
    each(&[
        (&backend(code, &[manifest]), &["env-given-not-read k8s/backend.yaml:12"]),
        (&backend("import os\nA = os.getenv(\"DATABASE_URL\")\nB = os.getenv(name)\n", &[manifest]), &[]),
        (&backend(code, &[manifest, ("backend/start.conf", "x = $DATABSE_URL\n")]), &[]),
        (&backend("import os\nA = os.getenv(\"UNLIKE\")\n", &[manifest]), &[]),
    ]);
}

#[test]
fn variables_that_the_build_has_taken() {
    let docker = "FROM node:20\nWORKDIR /s\nCOPY . .\nRUN npm run build\nCMD [\"npm\", \"start\"]\n";
    let compose = "services:\n  site:\n    build: site\n    environment:\n      NEXT_PUBLIC_API: http://x\n";
    let argument = "services:\n  site:\n    build: { context: site, args: { NEXT_PUBLIC_API: http://x } }\n    environment:\n      NEXT_PUBLIC_API: http://x\n";
    let page = ("site/page.tsx", "\"use client\";\nexport const a = process.env.NEXT_PUBLIC_API;\n");
    let package = ("site/package.json", "{ \"dependencies\": { \"next\": \"15\" } }");
    let wrong = &["env-inlined-at-build compose.yaml:5"][..];
    let declared = docker.replace("RUN", "ARG NEXT_PUBLIC_API\nRUN");
    each(&[
        (&[("site/Dockerfile", docker), ("compose.yaml", compose), page, package], wrong),
        (&[("site/Dockerfile", &declared), ("compose.yaml", argument), page, package], &[]),
        (
            &[
                ("site/Dockerfile", docker),
                ("compose.yaml", compose),
                page,
                package,
                ("site/.env.production", "NEXT_PUBLIC_API=x\n"),
            ],
            &[],
        ),
        (
            &[("site/Dockerfile", &docker.replace("start", "run\", \"dev")), ("compose.yaml", compose), page, package],
            &[],
        ),
        (
            &[
                ("site/Dockerfile", &docker.replace("\"npm\", \"start\"", "\"./entrypoint.sh\"")),
                ("compose.yaml", compose),
                page,
                package,
            ],
            &[],
        ),
        (
            &[("site/Dockerfile", docker), ("compose.yaml", &compose.replace("NEXT_PUBLIC_API", "API")), page, package],
            &[],
        ),
    ]);
    let space = space(&[("site/Dockerfile", docker), ("compose.yaml", argument), page, package]);
    assert_eq!(findings(&space), wrong);
    space.run(&["check", "--fix"]).exits(0);
    assert_eq!(space.read("site/Dockerfile"), declared);
}

#[test]
fn ways_out() {
    let manifest = WORKLOAD
        .replace("LOG_LEVEL", "OPENAI_API_KEY")
        .replace("value: info", "valueFrom: { secretKeyRef: { name: s, key: k } }");
    let manifest = ("k8s/backend.yaml", manifest.as_str());
    let policy = |selector: &str, rest: &str| {
        format!(
            "apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\nmetadata:\n  name: p\nspec:\n  podSelector: {selector}\n  policyTypes: [Ingress, Egress]\n{rest}"
        )
    };
    let denial = policy("{}", "");
    let dns = policy("{}", "  egress:\n    - ports: [{ port: 53, protocol: UDP }]\n");
    let out = policy("{ matchLabels: { app: backend } }", "  egress:\n    - ports: [{ port: 443 }]\n");
    let inside = policy("{}", "  egress:\n    - to: [{ podSelector: {} }]\n");
    let wrong = &["egress-undeclared k8s/backend.yaml:12"][..];
    let code = "import os\nA = os.getenv(\"OPENAI_API_KEY\")\n";
    each(&[
        (&backend(code, &[manifest, ("k8s/deny.yaml", &denial)]), wrong),
        (
            &backend(code, &[manifest, ("k8s/deny.yaml", &denial), ("k8s/dns.yaml", &dns), ("k8s/in.yaml", &inside)]),
            wrong,
        ),
        (&backend(code, &[manifest, ("k8s/deny.yaml", &denial), ("k8s/out.yaml", &out)]), &[]),
        (&backend(code, &[manifest, ("k8s/out.yaml", &out)]), &[]),
        (&backend(code, &[manifest]), &[]),
        (&backend(code, &[("k8s/backend.yaml", WORKLOAD), ("k8s/deny.yaml", &denial)]), &[]),
    ]);
}

#[test]
fn secrets_that_everybody_knows() {
    const VALUE: &str = "kT9-w0nderful";
    let meta = ("c/Chart.yaml", "apiVersion: v2\nname: c\nversion: 1.0.0\n");
    let template = |line: &str| format!("apiVersion: v1\nkind: Secret\nmetadata:\n  name: s\nstringData:\n  {line}\n");
    let wrong = &["secret-fallback-public c/templates/s.yaml:6"][..];
    let values = &["secret-fallback-public c/values.yaml:1"][..];
    let secret = |line: &str| template(line).replace("{{", "").replace("}}", "");
    let cases: &[(&str, String, &[&str])] = &[
        ("c/templates/s.yaml", template(&format!("JWT_SECRET: {{{{ .Values.jwt | default \"{VALUE}\" }}}}")), wrong),
        (
            "c/templates/s.yaml",
            template(&format!("x: {{{{ default \"{VALUE}\" .Values.auth.password | b64enc }}}}")),
            &[wrong[0], "chart-loads c/templates/s.yaml:6"],
        ),
        ("c/templates/s.yaml", template("JWT_SECRET: {{ .Values.jwt | default \"\" }}"), &[]),
        ("c/templates/s.yaml", template("JWT_SECRET: {{ .Values.jwt | default (randAlphaNum 32) }}"), &[]),
        ("c/templates/s.yaml", template("secretName: {{ .Values.existingSecret | default \"c-secrets\" }}"), &[]),
        ("c/templates/s.yaml", template("level: {{ .Values.level | default \"info\" }}"), &[]),
        ("c/values.yaml", format!("jwtSecret: {VALUE}\n"), values),
        ("c/values.yaml", "jwtSecret: change-me\n".to_owned(), values),
        (
            "c/values.yaml",
            "jwtSecret: \"\"\nexistingSecret: c\npasswordKey: p\nmaxTokens: 5\ntokenUrl: https://x/y\n".to_owned(),
            &[],
        ),
        ("k/s.yaml", secret(&format!("JWT_SECRET: {VALUE}")), &["secret-fallback-public k/s.yaml:6"]),
        (
            "k/s.yaml",
            secret("JWT_SECRET: a1Q5LXcwbmRlcmZ1bA==").replace("stringData", "data"),
            &["secret-fallback-public k/s.yaml:6"],
        ),
        ("k/s.yaml", secret("JWT_SECRET: ${JWT_SECRET}"), &[]),
        ("k/s.example.yaml", secret(&format!("JWT_SECRET: {VALUE}")), &[]),
        ("docs/s.yaml", secret(&format!("JWT_SECRET: {VALUE}")), &[]),
        (
            "compose.yaml",
            format!("services:\n  a:\n    environment:\n      JWT_SECRET: ${{JWT_SECRET:-{VALUE}}}\n"),
            &["secret-fallback-public compose.yaml:4"],
        ),
        (
            "compose.yaml",
            "services:\n  a:\n    environment:\n      JWT_SECRET: ${JWT_SECRET:?set it}\n      B_TOKEN: ${B_TOKEN:-}\n"
                .to_owned(),
            &[],
        ),
    ];
    for (path, text, wanted) in cases {
        let space = space(&[meta, (path, text)]);
        let found: Vec<String> = findings(&space)
            .into_iter()
            .filter(|f| wanted.iter().any(|w| *w == f) || f.starts_with("secret"))
            .collect();
        assert_eq!(found, *wanted, "{path}\n{text}");
        for format in ["human", "json", "sarif", "markdown"] {
            space.run(&["check", "--output", format]).never_says(&[VALUE, "a1Q5LXcwbmRlcmZ1bA"]);
        }
    }
    let nested = format!(
        "      A_SECRET: ${{A_SECRET:-${{JWT_SECRET:-{VALUE}}}}}\n      URL: x://u:${{B_PASSWORD:-{VALUE}}}@h\n"
    );
    let nested = space(&[("compose.yaml", &format!("services:\n  a:\n    environment:\n{nested}"))]);
    assert_eq!(
        findings(&nested),
        ["secret-fallback-public compose.yaml:4", "secret-fallback-public compose.yaml:5"],
        "inside of another, and inside of an address"
    );
    nested.run(&["check"]).exits(0).never_says(&[VALUE]);
    let code =
        format!("import os\nA = os.getenv(\"JWT_SECRET\", \"{VALUE}\")\nB = os.getenv(\"TOKEN_URL\", \"{VALUE}\")\n");
    let space = space(&backend(&code, &[]));
    assert_eq!(findings(&space), ["secret-fallback-public backend/main.py:2"]);
    space.run(&["check"]).exits(0).never_says(&["A = os.getenv(\"JWT_SECRET\", \"kT9"]).says(&["\"*************\")"]);
    // deployed without it, the default is what holds
    let space = self::space(&backend(&code, &[("k8s/backend.yaml", WORKLOAD)]));
    space
        .run(&["check"])
        .exits(1)
        .says(&["error[secret-fallback-public]: `JWT_SECRET`", "deployed here without it"])
        .never_says(&[VALUE]);
    let given = WORKLOAD.replace("LOG_LEVEL", "JWT_SECRET").replace("value: info", "value: $X");
    assert_eq!(self::space(&backend(&code, &[("k8s/backend.yaml", &given)])).run(&["check"]).code, 0);
    // a placeholder is called one
    let placeholder = self::space(&[meta, ("c/values.yaml", "jwtSecret: change-me\n")]);
    placeholder
        .run(&["check"])
        .exits(0)
        .says(&["warning[secret-fallback-public]: `jwtSecret` falls back to a placeholder"]);
}
