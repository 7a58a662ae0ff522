//! Generated and hand-written side by side: an adopted file in the place of a generated one, `generate --compare`,
//! `generate --replace`.

mod common;

use common::{Space, tools};

const MANIFEST: &str = "charts/small/templates/web-service.yaml";

/// The small app, generated and committed.
fn committed() -> Space {
    let space = Space::small();
    space.run(&["generate"]).exits(0);
    for args in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "All"]] {
        space.git(args);
    }
    space
}

/// A chart by hand whose names are other ones.
fn by_hand(space: &Space) {
    space.write("deploy/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    space.write("deploy/web/values.yaml", "replicas: 5\npassword: from-the-values\n");
    space.write(
        "deploy/web/templates/all.yaml",
        "apiVersion: apps/v1\nkind: Deployment\nmetadata:\n  name: {{ .Release.Name }}-web\n  labels: { app: web }\nspec:\n  replicas: {{ .Values.replicas }}\n  selector: { matchLabels: { app: web } }\n  template:\n    metadata: { labels: { app: web } }\n    spec:\n      containers:\n        - name: web\n          image: nginx:1.27.3\n          env:\n            - { name: API_PASSWORD, value: {{ .Values.password }} }\n---\napiVersion: v1\nkind: Secret\nmetadata:\n  name: web-extra\nstringData: { password: {{ .Values.password }} }\n",
    );
}

#[test]
fn a_chart_by_hand_is_compared_object_by_object() {
    let space = committed();
    by_hand(&space);
    space.write("more.yaml", "replicas: 2\n");
    let before = space.tree("");
    for program in ["helm", "helm4"] {
        let Some(helm) = tools::find_or_skip(program, "a_chart_by_hand_is_compared_object_by_object") else { continue };
        let helm = helm.display().to_string();
        let run = |args: &[&str]| {
            let args = [&["generate", "--compare", "deploy/web/"], args].concat();
            space.run_with(&args, &[("HELM", &helm)])
        };
        let ran = run(&[]).exits(0).says(&[
            "only there  secret/web-extra",
            "differs     deployment/small-web ~ deployment/web",
            "spec.replicas",
            "5 -> 2",
            "only here   service/web",
            "deploy/web beside what Bowline would make for local: 0 same, 1 differ, 1 only there,",
            "nothing was written",
        ]);
        ran.never_says(&["from-the-values", "bowline.dev/"]);
        run(&["--exit-code"]).exits(3);
        run(&["--values", "more.yaml"]).exits(0).never_says(&["5 -> 2", "spec.replicas"]);
        run(&["--environment", "production"]).exits(0).says(&["5 -> 3", "for production"]);
        run(&["--environment", "nowhere"]).exits(2);
        let data = run(&["--output", "json"]).exits(0).json();
        let objects = data["data"]["objects"].as_array().unwrap();
        let deployment = objects.iter().find(|o| o["there"] == "deployment/small-web").unwrap();
        assert_eq!(
            (deployment["here"].as_str(), deployment["matched"].as_str()),
            (Some("deployment/web"), Some("unit"))
        );
        let fields = deployment["fields"].as_array().unwrap();
        let masked = fields.iter().find(|f| f["there"].to_string().contains("API_PASSWORD")).unwrap();
        assert!(masked["there"].to_string().contains("<secret #1>"), "{masked}");

        // Bowline's own chart gives what Bowline would make
        let own =
            ["generate", "--compare", "charts/small", "--values", "charts/small/values-local.yaml", "--exit-code"];
        let ran = space.run_with(&own, &[("HELM", &helm)]).exits(0);
        assert!(!ran.out.contains("differs") && !ran.out.contains("only"), "{}", ran.out);

        space.edit("deploy/web/templates/all.yaml", "{{ .Values.replicas }}", "{{ .Values.replicas | nothing }}");
        run(&[]).exits(1).says(&["chart-render", "Helm cannot render `deploy/web", "function \"nothing\" not defined"]);
        space.edit("deploy/web/templates/all.yaml", " | nothing }}", " }}");
    }
    let same = |path: &str| space.tree("").get(path) == before.get(path);
    assert!(before.keys().filter(|p| !p.contains("templates/all") && !p.starts_with(".bowline")).all(|p| same(p)));
    space
        .run(&["generate", "--compare", "deploy"])
        .exits(2)
        .says(&["it has no `Chart.yaml`; there are charts in `charts/small`, `deploy/web`"]);
    space
        .run_with(&["generate", "--compare", "deploy/web"], &[("HELM", "no-helm-here")])
        .exits(4)
        .says(&["the chart cannot be rendered: `no-helm-here` is not installed", "install Helm, or name it"]);
}

#[test]
fn only_what_git_has_is_taken_over() {
    let space = committed();
    let made = space.read(MANIFEST);
    let mine = "# mine\napiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports: [{ port: 80 }]\n";
    let replace = ["generate", "--replace", MANIFEST];

    space.write(MANIFEST, mine);
    space.run(&["generate"]).exits(1).says(&["error[file-foreign]", &format!("bowline generate --replace {MANIFEST}")]);
    space.run(&replace).exits(1).says(&["error[file-uncommitted]", "it was changed since the last commit"]);
    assert_eq!(space.read(MANIFEST), mine);
    space.git(&["add", "--all"]);
    space.run(&replace).exits(1).says(&["the index holds another text than the last commit"]);
    space.git(&["commit", "--quiet", "--message", "Mine"]);
    space.write(MANIFEST, format!("{mine}# more\n"));
    space.run(&replace).exits(1).says(&["it was changed since the last commit"]);
    space.write(MANIFEST, mine);
    space.run(&["generate", "--check", "--replace", MANIFEST]).exits(3);
    assert_eq!(space.read(MANIFEST), mine);
    let ran = space.run(&replace).exits(0).says(&["1 written", "the old text: git show "]);
    assert_eq!(space.read(MANIFEST), made);
    let way = ran.err.lines().find_map(|l| l.strip_prefix("the old text: git ")).unwrap();
    assert_eq!(space.git(&way.split(' ').collect::<Vec<_>>()), mine, "what it says gives the old text back");

    // edited by hand, and committed so
    space.write(MANIFEST, made.replace("port: 8080", "port: 8081"));
    space.run(&["generate"]).exits(1).says(&["file-edited"]);
    space.run(&replace).exits(1);
    space.git(&["add", "--all"]);
    space.git(&["commit", "--quiet", "--message", "Edited"]);
    space.run(&replace).exits(0);
    assert_eq!(space.read(MANIFEST), made);

    space
        .run(&["generate", "--replace", "charts/small/templates/web-servic.yaml"])
        .exits(1)
        .says(&["error[replace-unknown]", "did you mean `charts/small/templates/web-service.yaml`"]);
    space.git(&["rm", "--quiet", "--cached", MANIFEST]);
    space.git(&["commit", "--quiet", "--message", "Gone"]);
    space.write(MANIFEST, mine);
    space.run(&replace).exits(1).says(&["Git has never had it"]);
    std::fs::remove_dir_all(space.join(".git")).unwrap();
    space.run(&replace).exits(1).says(&["this is no Git repository"]);
    assert_eq!(space.read(MANIFEST), mine);
}

#[test]
fn an_adopted_file_stays_where_one_would_be_generated() {
    let space = committed();
    let made = space.read(MANIFEST);
    let mine = "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  ports:\n    - port: 80\n";
    space.write(MANIFEST, mine);
    space.run(&["adopt", MANIFEST]).exits(0).says(&["1 file adopted"]);
    let adopted = space.read(MANIFEST);
    assert!(adopted.starts_with("{{/* bowline:v1 adopted task=small/") && adopted.contains("port: 80\n"), "{adopted}");
    space.run(&["generate", "--check"]).exits(0);
    space.run(&["generate"]).exits(0);
    assert_eq!(space.read(MANIFEST), adopted);
    space.run(&["check"]).exits(0);
    space.run(&["diff", "--disk", "--exit-code"]).exits(0);
    space.run(&["status", "--offline"]).exits(0).says(&["1 adopted"]);
    space.run(&["why", MANIFEST]).exits(0).says(&["adopted: a person wrote it"]);
    // and goes back when it is taken over
    space.git(&["add", "--all"]);
    space.git(&["commit", "--quiet", "--message", "Adopted"]);
    space.run(&["generate", "--replace", MANIFEST]).exits(0);
    assert_eq!(space.read(MANIFEST), made);

    space.write(MANIFEST, mine);
    space.run(&["adopt", "--sidecar", MANIFEST]).exits(0);
    space.run(&["generate"]).exits(0);
    assert_eq!(space.read(MANIFEST), mine);
    space.run(&["check"]).exits(0);
    space.git(&["add", "--all"]);
    space.git(&["commit", "--quiet", "--message", "Sidecar"]);
    space.run(&["generate", "--replace", MANIFEST]).exits(0);
    assert_eq!(space.read(MANIFEST), made);
    assert!(!space.read("bowline.lock").contains(MANIFEST));
}

#[test]
fn a_task_that_names_an_adopted_file_asks_for_no_other() {
    let space = Space::small();
    let line = space.read("tasks/small.md").lines().find(|l| l.contains("web-service.yaml")).unwrap().to_owned();
    let path = line.split_whitespace().find(|w| w.contains("web-service.yaml")).unwrap().trim_matches('`').to_owned();
    space.edit("tasks/small.md", &path, "k8s/web-service.yaml");
    space.run(&["generate"]).exits(0);
    assert!(space.join(MANIFEST).is_file(), "by its name, the task asks for the generated one");
    space.write(
        "k8s/web-service.yaml",
        "apiVersion: v1\nkind: Service\nmetadata:\n  name: web\nspec:\n  selector: { app.kubernetes.io/name: web }\n  ports:\n    - { name: http, port: 80, targetPort: 8080 }\n",
    );
    space.run(&["adopt", "k8s/web-service.yaml"]).exits(0).says(&["exact path"]);
    space.run(&["generate"]).exits(0).says(&["remove"]).never_says(&["task-missing"]);
    assert!(!space.join(MANIFEST).exists());
    space.run(&["check"]).exits(0).never_says(&["task-missing", "artifact-unknown"]);
    space.run(&["tasks"]).exits(0).says(&["nothing to append"]);
    // a file in the generated folders that nothing makes
    space.edit("tasks/small.md", "k8s/web-service.yaml", "charts/small/templates/extra.yaml");
    space.run(&["check"]).exits(1).says(&["artifact-unknown"]);
    space.write("charts/small/templates/extra.yaml", "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: extra\n");
    space.run(&["adopt", "charts/small/templates/extra.yaml"]).exits(0).says(&["1 file adopted"]);
    space.run(&["check"]).never_says(&["artifact-unknown"]);
}

const BUILT: &str = "\
# Built

- **FR-001**: The api answers.

```yaml bowline
app: { name: small }
services:
  api:
    build: api
    runtime: { framework: fastapi, version: \"3.12\", entrypoint: \"main:app\" }
    ports: [8000]
    readinessProbe: /ready
```
";

#[test]
fn an_image_is_built_from_the_dockerfile_that_a_person_wrote() {
    let space = Space::empty();
    space.write("specs/small.md", BUILT);
    space.write("tasks/small.md", "# Tasks: small\n\n- [ ] T001 Write api/Dockerfile per FR-001\n");
    space.write("api/main.py", "from fastapi import FastAPI\napp = FastAPI()\n");
    space.write("api/requirements.txt", "fastapi==0.115.0\nuvicorn==0.30.6\n");
    space.write("api/Dockerfile", "FROM python:3.12.4-slim\nCOPY main.py .\nUSER 10001\n");
    space.run(&["adopt"]).exits(0).says(&["T001", "1 file adopted"]);
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    assert!(!space.join("out/small/images/api/Dockerfile").exists());
    let compose = space.read("out/small/compose.yaml");
    assert!(compose.contains("dockerfile: Dockerfile\n"), "{compose}");
    space.edit("api/Dockerfile", "USER 10001", "USER 10002");
    space.run(&["generate", "--check"]).exits(3).says(&["values.yaml"]);
    space.run(&["why", "api/Dockerfile"]).exits(0).says(&["adopted", "small/T001", "FR-001"]);
}

#[test]
fn what_up_leaves_to_people_is_said() {
    let space = Space::small();
    let line = space.read("tasks/small.md").lines().find(|l| l.contains("web-deployment.yaml")).unwrap().to_owned();
    let path =
        line.split_whitespace().find(|w| w.contains("web-deployment.yaml")).unwrap().trim_matches('`').to_owned();
    space.edit("tasks/small.md", &path, "helm/web/templates/web-deployment.yaml");
    space.write("helm/web/Chart.yaml", "apiVersion: v2\nname: web\nversion: 0.1.0\n");
    space.write(
        "helm/web/templates/web-deployment.yaml",
        "kind: Deployment\nmetadata:\n  name: web\nspec: {{ toYaml .Values.x }}\n",
    );
    space.run(&["adopt"]).exits(0);
    space.run(&["generate"]).exits(0);
    space.run(&["check"]).exits(0).never_says(&["service-selects-pods"]);
    space.run(&["up", "--rehearse"]).exits(0).says(&[
        "warning[adopted-elsewhere]: `web/Deployment` is not brought in: `helm/web/templates/web-deployment.yaml` stands in its place",
    ]);
}
