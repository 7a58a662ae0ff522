//! Templates and objects of the user's own: `bowline templates`, `templates/NAME`, `templates/NAME.patch.yaml`.

mod common;

use common::{Space, tools};

const PATCH: &str = "\
patch: web/Deployment
task: T005
object:
  metadata:
    annotations:
      team: \"no\"
  spec:
    minReadySeconds: 5
    revisionHistoryLimit: null
    template:
      spec:
        # braces are text, also in a chart
        priorityClassName: \"{{ high }}\"
        tolerations:
          - key: pool
            operator: Equal
            value: spot
        containers:
          - name: web
            env:
              - name: EXTRA
                value: '0x10'
          - name: side
            image: busybox:1.36.1
            command: [\"sleep\", \"1e3\"]
";

fn space() -> Space {
    let space = Space::small();
    let tasks = space.read("tasks/small.md");
    space.write("tasks/small.md", format!("{tasks}- [ ] T050 Keep the pods of web on the spot pool\n"));
    space
}

fn helm(space: &Space, program: &str, environment: &str) -> Option<Vec<serde_json::Value>> {
    let helm = tools::find_or_skip(program, "a_patch_changes_manifest_and_chart_alike")?;
    let values = format!("charts/small/values-{environment}.yaml");
    let ran = tools::run(helm, &["template", "small", "charts/small", "-f", &values], space.path(), None).exits(0);
    Some(documents(&ran.out))
}

fn documents(text: &str) -> Vec<serde_json::Value> {
    text.split("\n---\n").filter_map(|t| serde_yaml::from_str(t).ok()).collect()
}

#[test]
fn templates_are_listed_shown_copied_and_compared() {
    let space = space();
    space.run(&["templates", "list"]).exits(0).says(&["deployment.yaml", "Deployment", "service", "built in"]);
    let shown = space.run(&["templates", "show", "pdb.yaml"]).exits(0).out;
    assert!(shown.starts_with("{#-\nkind: PodDisruptionBudget"), "{shown}");
    space.run(&["templates", "show", "pbd.yaml"]).exits(2).says(&["there is no template `pbd.yaml`", "`pdb.yaml`"]);
    space.run(&["templates", "diff"]).exits(0).says(&["no template differs"]);

    space.run(&["generate"]).exits(0);
    let before = space.tree("out");
    space.run(&["templates", "eject", "pdb.yaml", "_stamp.yaml"]).exits(0).says(&["templates/pdb.yaml written"]);
    space
        .run(&["templates", "eject", "pdb.yaml", "hpa.yaml"])
        .exits(5)
        .says(&["is there already", "nothing was written"]);
    assert!(!space.join("templates/hpa.yaml").exists());
    // a copy makes the same bytes
    space.run(&["generate", "--check"]).exits(0);
    assert_eq!(before, space.tree("out"));

    space.edit("templates/pdb.yaml", "AlwaysAllow", "IfHealthyBudget");
    space.run(&["templates", "list"]).exits(0).says(&["yours, in place of the built-in one"]);
    space
        .run(&["templates", "diff", "--exit-code"])
        .exits(3)
        .says(&["+  unhealthyPodEvictionPolicy: IfHealthyBudget", "+from: "]);
    space.run(&["generate", "--explain"]).exits(0).says(&["changed: templates/_stamp.yaml, templates/pdb.yaml"]);
    assert!(space.read("out/small/local/web-poddisruptionbudget.yaml").contains("IfHealthyBudget"));
    let data = space.run(&["templates", "list", "--output", "json"]).exits(0).json();
    let rows = data["data"]["templates"].as_array().unwrap();
    assert!(rows.iter().any(|r| r["name"] == "pdb.yaml" && r["makes"] == "PodDisruptionBudget"), "{rows:?}");

    // the original has changed since
    let text = space.read("templates/pdb.yaml");
    let from = text.lines().find_map(|l| l.strip_prefix("from: ")).unwrap();
    space.write("templates/pdb.yaml", text.replace(from, "0123456789ab"));
    space.run(&["check"]).exits(0).says(&["warning[template-outdated]", "templates/pdb.yaml", from]);
}

#[test]
fn templates_that_break_a_law_are_findings_and_nothing_is_written() {
    for (name, body, code, says) in [
        (
            "pdb.yaml",
            "kind: {{ values.replicas == 2 }}",
            "template-decides",
            "`==` cannot be used on `values.replicas`",
        ),
        ("pdb.yaml", "{% include \"pdb.yaml\" %}", "template-render", "pdb.yaml"),
        ("pdb.yaml", "{% include \"../../etc/passwd\" %}", "template-render", "passwd"),
        (
            "pdb.yaml",
            "{% for i in range(100000) %}{% for j in range(100000) %}x{% endfor %}{% endfor %}",
            "template-render",
            "fuel",
        ),
        ("pdb.yaml", "a: [", "template-yaml", "prints what is no YAML"),
        ("pdb.yaml", "{% if %}", "template-render", "line"),
        ("pdb.yaml", "a: {{ service.nothing.below }}", "template-render", "nothing"),
    ] {
        let space = space();
        space.run(&["templates", "eject", name]).exits(0);
        let text = space.read(&format!("templates/{name}"));
        let head = text.split_inclusive("-#}\n").next().unwrap();
        space.write(&format!("templates/{name}"), format!("{head}{body}\n"));
        let ran = space.run(&["generate"]);
        assert_eq!(ran.code, 1, "{body}\n{}", ran.err);
        ran.says(&[&format!("error[{code}]"), says]);
        assert!(!space.join("out").exists(), "{body}");
    }
}

/// What only writes reads back no more than what the user's own templates print: a part of theirs is in all objects.
#[test]
fn a_part_of_ones_own_that_breaks_an_object_is_found_before_anything_is_written() {
    let space = space();
    space.run(&["templates", "eject", "_metadata.yaml"]).exits(0);
    let text = space.read("templates/_metadata.yaml");
    space.write("templates/_metadata.yaml", format!("a: [\n{text}"));
    let ran = space.run(&["generate"]).exits(1);
    ran.says(&["error[template-yaml]", "prints what is no YAML"]);
    assert!(!space.join("out").exists());
}

#[test]
fn a_patch_changes_manifest_and_chart_alike() {
    let space = space();
    space.write("templates/web.patch.yaml", PATCH.replace("T005", "T050"));
    space.run(&["generate"]).exits(0);
    for environment in ["local", "production"] {
        let text = space.read(&format!("out/small/{environment}/web-deployment.yaml"));
        let object: serde_json::Value = serde_yaml::from_str(&text).unwrap();
        assert_eq!(object["metadata"]["annotations"]["team"], "no");
        assert!(object["metadata"]["annotations"]["bowline.dev/tasks"].as_str().unwrap().contains("T050"));
        assert_eq!(object["spec"]["minReadySeconds"], 5);
        assert!(object["spec"]["revisionHistoryLimit"].is_null());
        let pod = &object["spec"]["template"]["spec"];
        assert_eq!(pod["priorityClassName"], "{{ high }}");
        assert_eq!(pod["tolerations"][0]["value"], "spot");
        assert_eq!(pod["containers"].as_array().unwrap().len(), 2);
        assert_eq!(pod["containers"][0]["env"][0]["value"], "0x10");
        assert_eq!(pod["containers"][0]["image"], "nginx:1.27.3");
        assert_eq!(pod["containers"][1]["command"][1], "1e3");
        for program in ["helm", "helm4"] {
            let Some(rendered) = helm(&space, program, environment) else { continue };
            let same = rendered.iter().find(|o| o["kind"] == "Deployment").unwrap();
            assert_eq!(*same, object, "{program} {environment}");
        }
    }
    // the line's cause is the patch's line, and its task
    let text = space.read("out/small/local/web-deployment.yaml");
    let line = text.lines().position(|l| l.contains("priorityClassName")).unwrap() + 1;
    let place = format!("out/small/local/web-deployment.yaml:{line}");
    space.run(&["why", &place]).exits(0).says(&["templates/web.patch.yaml:13", "T050"]);
    space.run(&["check"]).exits(0);

    // only the patched object rests on the patch
    space.edit("templates/web.patch.yaml", "spot", "other");
    let ran = space.run(&["generate", "--explain"]).exits(0);
    let made: Vec<&str> = ran.out.lines().filter(|l| l.contains("templates/web.patch.yaml")).collect();
    assert_eq!(made.len(), 3, "{}", ran.out);
    std::fs::remove_file(space.join("templates/web.patch.yaml")).unwrap();
    space.run(&["generate"]).exits(0);
    assert!(!space.read("out/small/local/web-deployment.yaml").contains("minReadySeconds"));
}

#[test]
fn patches_that_cannot_be_are_findings_at_their_line() {
    for (text, code, says) in [
        (
            "patch: web/Deploymnt\ntask: T050\nobject: { spec: { paused: true } }\n",
            "patch-object",
            "did you mean `web/Deployment`",
        ),
        (
            "patch: web/Deployment\ntask: T999\nobject: { spec: { paused: true } }\n",
            "patch-task",
            "which no tasks file has",
        ),
        (
            "patch: web/Deployment\ntask: T050\nobject: { spec: { replicas: 4 } }\n",
            "patch-value",
            "set `replicas` of `web` in the spec",
        ),
        (
            "patch: web/Deployment\ntask: T050\nobject: { spec: { pausd: true } }\n",
            "schema-unknown-field",
            "did you mean `paused`",
        ),
        (
            "patch: web/Deployment\ntask: T050\nobject: { spec: { paused: maybe } }\n",
            "schema-wrong-type",
            "is text, not `true` or `false`",
        ),
        (
            "patch: web/Deployment\ntask: T050\nobject: { metadata: { name: other } }\n",
            "patch-form",
            "may not change `metadata.name`",
        ),
        (
            "patch: web/Deployment\ntask: T050\nobject: { metadata: { labels: { bowline.dev/task: T1 } } }\n",
            "patch-form",
            "bowline.dev/task",
        ),
        ("patch: web/Deployment\ntask: T050\n", "patch-form", "`object` says nothing"),
        ("patch: web/Deployment\nobject: { spec: { paused: true } }\n", "patch-form", "`task` is missing"),
        (
            "patch: web/Deployment\ntsak: T050\nobject: { spec: { paused: true } }\n",
            "patch-form",
            "did you mean `task`",
        ),
        ("patch: web/Deployment\ntask: T050\nobject: [\n", "yaml-syntax", "not valid YAML"),
        ("patch: web/Deployment\ntask: T050\ntask: T050\nobject: {}\n", "yaml-", "twice"),
    ] {
        let space = space();
        space.write("templates/web.patch.yaml", text);
        let ran = space.run(&["generate"]);
        assert_eq!(ran.code, 1, "{text}\n{}", ran.err);
        ran.says(&[&format!("error[{code}"), says, "templates/web.patch.yaml:"]);
        assert!(!space.join("out").exists(), "{text}");
    }
}

#[test]
fn help_and_print_say_what_there_is() {
    let space = Space::empty();
    let block = space.run(&["help", "block"]).exits(0).out;
    assert!(block.lines().count() < 120, "{} lines", block.lines().count());
    let all = space.run(&["help", "all"]).exits(0).out;
    for name in ["init", "up", "templates", "constitution", "print"] {
        assert!(all.lines().any(|l| l.starts_with(name)), "{all}");
    }
    space.run(&["help", "up"]).exits(0).says(&["--rehearse"]);
    space.run(&["help", "templates", "eject"]).exits(0).says(&["NAME"]);
    space.run(&["help", "upp"]).exits(2).says(&["there is no help on `upp`", "`up`"]);
    space.run(&["print", "completions", "bash"]).exits(0).says(&["_bowline()"]);
    space.run(&["print", "completions", "basch"]).exits(2).says(&["bash, zsh"]);
    space.run(&["print", "completions"]).exits(2);
    space.run(&["print", "man"]).exits(0).says(&[".TH bowline 1"]);
    let schema = space.run(&["print", "schema"]).exits(0).json();
    let service = &schema["properties"]["services"];
    assert!(service.to_string().contains("readinessProbe"), "{schema}");
}
