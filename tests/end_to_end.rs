//! From Markdown to running pods and back, on a real node (level 2) and on a real Minikube (level 3).

mod common;
mod journey;

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::os::unix::process::CommandExt as _;
use std::process::Stdio;
use std::time::Duration;

use common::cluster::{NAMESPACE, is, title};
use common::poll::{Poller, until};
use common::tools;
use journey::{Journey, delivered, pods_by_unit, task_of};
use serde_json::Value;

/// The same tests on each level.
macro_rules! on_each_level {
    ($($name:ident => $two:ident $three:ident;)*) => {$(
        #[test]
        #[ignore = "needs a real node: tests/run level2"]
        fn $two() {
            $name(2);
        }

        #[test]
        #[ignore = "needs minikube: tests/run level3"]
        fn $three() {
            $name(3);
        }
    )*};
}

on_each_level! {
    from_markdown_to_running_pods_and_back => level2_from_markdown_to_running_pods_and_back level3_from_markdown_to_running_pods_and_back;
    a_plain_helm_install_converges => level2_a_plain_helm_install_converges level3_a_plain_helm_install_converges;
    a_killed_run_is_completed_by_the_next => level2_a_killed_run_is_completed_by_the_next level3_a_killed_run_is_completed_by_the_next;
    a_crash_loop_is_explained_and_its_fix_completes => level2_a_crash_loop_is_explained_and_its_fix_completes level3_a_crash_loop_is_explained_and_its_fix_completes;
}

/// A FastAPI and a Next.js folder, and nothing else: `init`, `up`, and what one writes is kept.
#[test]
#[ignore = "needs a real node: tests/run level2"]
fn level2_two_folders_run_after_init() {
    let cluster = common::cluster::Cluster::of_level(2);
    cluster.empty();
    cluster.pull();
    let space = common::Space::of("tests/init/shop");
    // the namespace that the testbed is emptied of is named so
    cluster.bowline(&space, &["init", "--yes", "--name", NAMESPACE]).exits(0);
    let block = space.read(&format!("specs/{NAMESPACE}.md"));
    let block = block.split("```").nth(1).unwrap();
    assert!((15..=25).contains(&block.lines().count()), "{block}");
    cluster.bowline(&space, &["up", "--yes"]).exits(0);
    cluster.answers("/");
    cluster.answers("/api/health");
    for name in ["deployment/backend", "deployment/frontend"] {
        cluster.bowline(&space, &["why", name]).exits(0).says(&["task", "requirement", "FR-00"]);
    }
    let note = "written before the pod went";
    let backend = |script: &str| {
        let program = format!("import json, urllib.request as u\n{script}");
        cluster.kubectl(&["exec", "-n", NAMESPACE, "deployment/backend", "--", "python", "-c", &program]).exits(0).out
    };
    backend(&format!(
        "u.urlopen(u.Request('http://127.0.0.1:8000/notes', json.dumps({{'text': '{note}'}}).encode(), {{'content-type': 'application/json'}}))"
    ));
    cluster.kubectl(&["delete", "pod", "-n", NAMESPACE, "database-0"]).exits(0);
    until("the database is back with what it held", || {
        let page = cluster.page("/")?;
        page.contains(note).then_some(())
    });
    cluster.bowline(&space, &["up", "--yes"]).exits(0).says(&["nothing to do"]);
    cluster.bowline(&space, &["tasks", "--tick"]).exits(0).says(&["ticked"]);
    cluster.bowline(&space, &["down", "--yes"]).exits(0);
}

fn from_markdown_to_running_pods_and_back(level: u8) {
    let journey = Journey::from_nothing(level, true);
    let (cluster, space) = (&journey.cluster, &journey.space);
    // what Bowline makes is made again, from the documents alone
    std::fs::remove_dir_all(space.join("out")).unwrap();
    std::fs::remove_dir_all(space.join("charts")).unwrap();

    let events = journey.up_with_events(&[]);
    assert_eq!(space.git(&["status", "--porcelain"]), "", "it makes what is committed");
    journey.all_pods_are_ready();
    images_were_built_and_loaded(&journey, &events);
    journey.units_came_in_task_order(&events);
    every_object_carries_its_task(&journey);

    let todo = "Tie a bowline";
    let url = journey.page();
    url.browser(&["add", todo, "expect", todo]);
    the_database_pod_is_deleted(&journey);
    url.browser(&["expect", todo]);

    a_second_run_changes_nothing(&journey, &[]);
    why_tells_the_whole_chain(&journey);
    an_upgrade_drops_no_request(&journey, &[]);

    cluster.bowline(space, &["down", "--yes"]).exits(0);
    let left = cluster.everything();
    let left: Vec<_> = left.iter().filter(|o| task_of(o).is_some()).map(title).collect();
    // what holds data stays, and the password that opens it
    assert_eq!(left, ["Secret/backend-secrets", "Secret/database-credentials"]);
    assert!(!cluster.list("persistentvolumeclaims").is_empty(), "volumes stay");

    // the other delivery, on the volume that stayed
    cluster.bowline(space, &["up", "--yes", "--delivery", "native"]).exits(0);
    journey.all_pods_are_ready();
    every_object_carries_its_task(&journey);
    let url = journey.page();
    url.browser(&["expect", todo]);
    a_second_run_changes_nothing(&journey, &["--delivery", "native"]);
    an_upgrade_drops_no_request(&journey, &["--delivery", "native"]);

    // the way back follows what runs here, whatever the flag was
    cluster.bowline(space, &["down", "--all", "--yes"]).exits(0);
    until("the namespace is gone", || {
        let asked = cluster.kubectl(&["get", "namespace", NAMESPACE, "-o", "name", "--ignore-not-found"]).exits(0);
        asked.out.trim().is_empty().then_some(())
    });
}

fn images_were_built_and_loaded(journey: &Journey, events: &[Value]) {
    let node = journey.cluster.node_images();
    for unit in ["backend", "frontend"] {
        let deployment = journey.cluster.must("deployment", unit);
        let image = deployment["spec"]["template"]["spec"]["containers"][0]["image"].as_str().unwrap();
        let tag = image.strip_prefix(&format!("todo/{unit}:")).unwrap_or_else(|| panic!("{image}"));
        assert_eq!(tag.len(), 12, "{image} is named by its content");
        assert!(node.contains(&format!("docker.io/{image}")), "{image} is not on the node: {node:?}");
        let changed = |verb: &str| {
            let mut done = events.iter().filter(|e| e["type"] == "done" && e["changed"] == true && e["unit"] == unit);
            done.any(|e| e["operation"].as_str().is_some_and(|o| o.starts_with(verb)))
        };
        assert!(changed("build"), "{unit} was built on the way");
        assert!(changed("load"), "{unit} was loaded on the way");
    }
}

/// Everything that nobody but Bowline made: not what controllers derive, and not what a cluster puts into every namespace.
fn every_object_carries_its_task(journey: &Journey) {
    let tasks = journey.space.read("tasks/todo-chatbot.md");
    let mut counted = 0;
    for object in journey.cluster.everything() {
        let name = title(&object);
        let derived = object["metadata"].get("ownerReferences").is_some();
        let kind = object["kind"].as_str().unwrap_or_default();
        let given = ["ServiceAccount/default", "ConfigMap/kube-root-ca.crt"].contains(&name.as_str());
        let helms = object["type"] == "helm.sh/release.v1";
        // the list of what native delivery brought in is no artifact
        let own = name == "ConfigMap/bowline-todo";
        // a claim's labels come from its template, which must never change
        if derived
            || given
            || helms
            || own
            || ["Endpoints", "EndpointSlice", "PersistentVolumeClaim", "Lease"].contains(&kind)
        {
            continue;
        }
        let task = task_of(&object).unwrap_or_else(|| panic!("{name} carries no task"));
        assert!(tasks.contains(&format!(" {task} ")), "{name} carries {task}, which is no task");
        counted += 1;
    }
    assert!(counted > 25, "only {counted} objects");
}

fn the_database_pod_is_deleted(journey: &Journey) {
    let cluster = &journey.cluster;
    let before = cluster.must("pod", "database-0")["metadata"]["uid"].clone();
    cluster.kubectl(&["delete", "pod", "database-0", "-n", NAMESPACE]).exits(0);
    until("the database pod is back", || {
        let pod = cluster.object("pod", "database-0")?;
        (pod["metadata"]["uid"] != before && is(&pod, "Ready")).then_some(())
    });
    until("the backend is available again", || is(&cluster.must("deployment", "backend"), "Available").then_some(()));
    cluster.answers("/api/tasks");
}

fn a_second_run_changes_nothing(journey: &Journey, more: &[&str]) {
    let (cluster, space) = (&journey.cluster, &journey.space);
    journey.settled();
    let (before, pods, files) = (delivered(cluster), pods_by_unit(cluster), space.tree(""));
    let ran = cluster.bowline(space, &[&["up", "--yes"], more].concat()).exits(0);
    let (after, pods_now, now) = (delivered(cluster), pods_by_unit(cluster), space.tree(""));
    assert!(before.len() > 25, "only {} objects", before.len());
    let names: BTreeSet<_> = before.keys().chain(after.keys()).collect();
    let changed = names.into_iter().filter(|n| before.get(*n) != after.get(*n));
    let changed: Vec<_> = changed.map(|n| (n, before.get(n), after.get(n))).collect();
    assert!(changed.is_empty(), "changed in the cluster: {changed:#?}");
    // an autoscaler may have added pods or taken some; none is replaced
    for (unit, was) in &pods {
        let is = pods_now.get(unit).unwrap_or_else(|| panic!("no pod of {unit} is left"));
        assert!(was.is_subset(is) || is.is_subset(was), "pods of {unit} were replaced: {was:?}, {is:?}");
    }
    let written: Vec<_> =
        now.iter().filter(|(name, file)| files.get(*name) != Some(file)).map(|(name, _)| name).collect();
    assert!(written.is_empty(), "written on disk: {written:?}");
    assert_eq!(files.len(), now.len(), "nothing is removed from the disk");
    ran.says(&["nothing to do"]);
}

fn why_tells_the_whole_chain(journey: &Journey) {
    let spec = journey.space.read("specs/todo-chatbot.md");
    let line = 1 + spec.lines().position(|l| l.trim() == "backend:").unwrap();
    let line = format!("specs/todo-chatbot.md:{line}");
    let ran = journey.cluster.bowline(&journey.space, &["why", "deployment/backend"]).exits(0);
    ran.says(&["FR-001", &line, "T030", "ready (context minikube)"]);
}

/// One value of a ConfigMap and a number of pods.
fn an_upgrade_drops_no_request(journey: &Journey, more: &[&str]) {
    let (cluster, space) = (&journey.cluster, &journey.space);
    cluster.answers("/api/tasks");
    let (from, to, pods) = if more.is_empty() { ("INFO", "DEBUG", 3) } else { ("DEBUG", "INFO", 2) };
    space.edit("specs/todo-chatbot.md", &format!("LOG_LEVEL: {from} }}"), &format!("LOG_LEVEL: {to} }}"));
    let old = format!("minReplicas: {}, maxReplicas: 6", if pods == 3 { 2 } else { 3 });
    space.edit("specs/todo-chatbot.md", &old, &format!("minReplicas: {pods}, maxReplicas: 6"));

    let before = cluster.must("deployment", "backend")["status"]["observedGeneration"].clone();
    let network = cluster.network();
    let client = Poller::start(cluster.service("frontend"), "todo.local", &["/", "/api/tasks"], network.as_deref());
    let ran = cluster.bowline(space, &[&["up", "--yes"], more].concat());
    // until the last pod of the old version is gone, and as many run as were asked for
    until("the rollout is over", || {
        let pods_now = cluster.list("pods");
        let backend = pods_now.iter().filter(|p| p["metadata"]["labels"]["app.kubernetes.io/name"] == "backend");
        let backend: Vec<_> = backend.collect();
        let calm = backend.iter().all(|p| is(p, "Ready") && p["metadata"].get("deletionTimestamp").is_none());
        (calm && backend.len() >= pods).then_some(())
    });
    let seen = client.stop();
    let ran = ran.exits(0);
    tools::note(&format!(
        "level {} upgrade {}: {} requests, {:.1} a second, {} failed, slowest {:.0?}, over {:.0?}",
        cluster.level,
        more.join(" "),
        seen.requests,
        seen.rate(),
        seen.failures.len(),
        seen.slowest,
        seen.took
    ));
    assert!(
        seen.failures.is_empty(),
        "{} of {} failed:\n{}",
        seen.failures.len(),
        seen.requests,
        seen.failures.join("\n")
    );
    assert!(seen.requests >= 100, "only {} requests: {}", seen.requests, ran.out);
    assert_ne!(cluster.must("deployment", "backend")["status"]["observedGeneration"], before, "it was upgraded");
    let data = &cluster.must("configmap", "backend-config")["data"];
    assert_eq!(data["LOG_LEVEL"], to);
    assert_eq!(cluster.must("horizontalpodautoscaler", "backend")["spec"]["minReplicas"], pods);
}

fn a_plain_helm_install_converges(level: u8) {
    let programs: Vec<_> =
        ["helm", "helm4"].iter().filter_map(|n| tools::find_or_skip(n, "plain helm install")).collect();
    for program in programs {
        let journey = Journey::from_nothing(level, false);
        let (cluster, space) = (&journey.cluster, &journey.space);
        journey.images_are_there();
        let password = "database.password=p4ss-w0rd";
        let install = ["install", NAMESPACE, "charts/todo", "-n", NAMESPACE, "--create-namespace", "--set", password];
        cluster.helm(&program, &install, space.path()).exits(0);
        until("the plain install converges", || {
            let units = ["backend", "frontend"].map(|u| cluster.object("deployment", u));
            let ready = units.iter().flatten().all(|d| is(d, "Available") && d["status"]["readyReplicas"] == 2);
            ready.then_some(())
        });
        cluster.answers("/api/tasks");
        let todo = "Install it plainly";
        journey.page().browser(&["add", todo, "expect", todo]);
        cluster.helm(&program, &["uninstall", NAMESPACE, "-n", NAMESPACE], space.path()).exits(0);
    }
}

/// Killed again and again, each time a little further on; no run cleans up after the one before.
fn a_killed_run_is_completed_by_the_next(level: u8) {
    let journey = Journey::from_nothing(level, false);
    let (cluster, space) = (&journey.cluster, &journey.space);
    let helm = tools::find("helm4").or_else(|| tools::find("helm")).unwrap();
    let mut killed = Vec::new();
    // with the whole process group Helm dies as well, in the middle of its work; alone it goes on
    for (operation, later, group) in [
        ("helm upgrade todo-todo", 0, true),
        ("helm upgrade todo-database", 150, true),
        ("wait until ready: statefulset/database", 0, true),
        ("helm upgrade todo-database-migrate", 100, false),
        ("helm upgrade todo-backend", 200, true),
        ("wait until ready: deployment/backend", 0, true),
        ("helm upgrade todo-frontend", 120, true),
    ] {
        let mut command = cluster.command(space, &["up", "--yes", "--output", "jsonl"]);
        command.env("HELM", &helm).process_group(0);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let reached = lines
            .map(|l| serde_json::from_str::<Value>(&l.unwrap()).unwrap())
            .any(|e| e["type"] == "started" && e["operation"] == operation);
        if reached {
            std::thread::sleep(Duration::from_millis(later));
        }
        if reached && group {
            let all = format!("-{}", child.id());
            tools::run("kill", &["-KILL", "--", &all], space.path(), None).exits(0);
        } else if reached {
            child.kill().unwrap();
        }
        let code = child.wait().unwrap().code();
        if reached {
            assert_eq!(code, None, "it was killed at {operation}");
            killed.push(operation);
        } else {
            // what was to come next, a Helm that lived on has done
            assert_eq!(code, Some(0), "after {killed:?}, on the way to {operation}");
        }
    }
    tools::note(&format!("level {level}: killed {} times", killed.len()));
    assert!(killed.len() >= 5, "killed only at {killed:?}");
    cluster.bowline(space, &["up", "--yes"]).exits(0);
    journey.all_pods_are_ready();
    cluster.answers("/api/tasks");
    every_object_carries_its_task(&journey);
    a_second_run_changes_nothing(&journey, &[]);
}

fn a_crash_loop_is_explained_and_its_fix_completes(level: u8) {
    let journey = Journey::from_nothing(level, false);
    let (cluster, space) = (&journey.cluster, &journey.space);
    cluster.bowline(space, &["up", "--yes"]).exits(0);
    let serving = pods_by_unit(cluster).remove("backend").unwrap();

    let (good, bad) = ("environment: { LOG_LEVEL: INFO }", "environment: { LOG_LEVEL: INFO, DRAIN_SECONDS: soon }");
    space.edit("specs/todo-chatbot.md", good, bad);
    let network = cluster.network();
    let client = Poller::start(cluster.service("frontend"), "todo.local", &["/api/tasks"], network.as_deref());
    let ran = cluster.bowline(space, &["up", "--yes", "--timeout", "120"]);
    let seen = client.stop();
    ran.exits(4).says(&[
        "pod-crash-loop",
        "deployment/backend",
        "DRAIN_SECONDS must be a number of seconds",
        "T030",
        "bowline up",
    ]);
    assert!(seen.failures.is_empty(), "the old version still serves: {:?}", seen.failures);
    let now = pods_by_unit(cluster).remove("backend").unwrap();
    assert!(serving.is_subset(&now), "the old pods stay: {serving:?}, {now:?}");

    space.edit("specs/todo-chatbot.md", bad, good);
    cluster.bowline(space, &["up", "--yes"]).exits(0);
    journey.all_pods_are_ready();
    a_second_run_changes_nothing(&journey, &[]);
}
