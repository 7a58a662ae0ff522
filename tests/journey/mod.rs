//! The worked example on its way into a cluster.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use crate::common::cluster::{Cluster, NAMESPACE, is, since, title};
use crate::common::poll::until;
use crate::common::{Space, tools};

pub(crate) struct Journey {
    pub(crate) cluster: Cluster,
    pub(crate) space: Space,
}

impl Journey {
    /// A fresh copy of the example, and a cluster that knows nothing of it.
    pub(crate) fn from_nothing(level: u8, without_images: bool) -> Self {
        let cluster = Cluster::of_level(level);
        cluster.empty();
        cluster.pull();
        if without_images {
            cluster.forget_images();
        }
        Self { cluster, space: Space::example() }
    }

    /// `bowline up`, with its events in order.
    #[track_caller]
    pub(crate) fn up_with_events(&self, more: &[&str]) -> Vec<Value> {
        let args = [&["up", "--yes", "--output", "jsonl"], more].concat();
        let ran = self.cluster.bowline(&self.space, &args).exits(0);
        ran.out.lines().map(|l| serde_json::from_str(l).unwrap_or_else(|e| panic!("{e}: {l}"))).collect()
    }

    /// Builds and loads the images, as somebody would who has no Bowline.
    pub(crate) fn images_are_there(&self) {
        for unit in ["backend", "frontend"] {
            let manifest = self.space.read(&format!("out/todo/local/{unit}-deployment.yaml"));
            let image = manifest.lines().find_map(|l| l.trim().strip_prefix("image:")).unwrap();
            let image = image.trim().trim_matches('"');
            let file = format!("out/todo/images/{unit}/Dockerfile");
            let mut build = Command::new("docker");
            build.args(["build", "--tag", image, "--file", &file, &format!("app/{unit}")]);
            build.current_dir(self.space.path()).env("DOCKER_BUILDKIT", "1");
            tools::run_command(build, None).exits(0);
            self.cluster.load(image);
        }
    }

    /// None may be unready after a run. Autoscalers bring the second pod of a unit a moment later.
    #[track_caller]
    pub(crate) fn all_pods_are_ready(&self) {
        let old =
            |pod: &Value| pod["status"]["phase"] == "Succeeded" || pod["metadata"].get("deletionTimestamp").is_some();
        let ready = |pods: &[Value]| {
            let mut ready = BTreeMap::<String, usize>::new();
            for pod in pods.iter().filter(|p| is(p, "Ready")) {
                let unit = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap().to_owned();
                *ready.entry(unit).or_default() += 1;
            }
            ready
        };
        let now = ready(&self.cluster.list("pods"));
        assert!(
            ["backend", "frontend", "database"].iter().all(|u| now.contains_key(*u)),
            "ready after the run: {now:?}"
        );
        until("two pods of each service are ready, and no other is left", || {
            let pods: Vec<Value> = self.cluster.list("pods").into_iter().filter(|p| !old(p)).collect();
            let now = ready(&pods);
            let all = now.values().sum::<usize>() == pods.len();
            (all && now["backend"] >= 2 && now["frontend"] >= 2 && now["database"] == 1).then_some(())
        });
    }

    /// Waits until controllers write nothing more by themselves: a second run is compared with this.
    pub(crate) fn settled(&self) {
        let mut before = BTreeMap::new();
        let mut calm = 0;
        until("the cluster is at rest", || {
            let now = resource_versions(&self.cluster);
            calm = if now == before { calm + 1 } else { 0 };
            before = now;
            (calm == 3).then_some(())
        });
    }

    /// By the events of the run, and by the times that the API server wrote.
    pub(crate) fn units_came_in_task_order(&self, events: &[Value]) {
        let order = ["database", "database-migrate", "backend", "frontend"];
        let first = |unit: &str| {
            let begins = |e: &&Value| e["unit"] == unit && e["type"] == "started" && e["operation"] == release(unit);
            let at = events.iter().position(|e| begins(&e));
            at.unwrap_or_else(|| panic!("{unit} was never delivered"))
        };
        let ready = |unit: &str| {
            let waits = |e: &Value| e["operation"].as_str().is_some_and(|o| o.starts_with("wait until"));
            let at = events.iter().rposition(|e| e["unit"] == unit && e["type"] == "done" && waits(e));
            at.unwrap_or_else(|| panic!("{unit} was never awaited"))
        };
        for pair in order.windows(2) {
            assert!(ready(pair[0]) < first(pair[1]), "{} began before {} was ready", pair[1], pair[0]);
        }

        let made = |o: &Value| o["metadata"]["creationTimestamp"].as_str().unwrap().to_owned();
        let (database, job) = (self.cluster.must("pod", "database-0"), self.cluster.list("jobs").pop().unwrap());
        let (backend, frontend) =
            (self.cluster.must("deployment", "backend"), self.cluster.must("deployment", "frontend"));
        // an autoscaler adds a pod later, and the Deployment is unavailable for that moment: its first pod counts
        let pods = self.cluster.list("pods");
        let first_pod = |unit: &str| {
            let mine = pods.iter().filter(|p| p["metadata"]["labels"]["app.kubernetes.io/name"] == unit);
            mine.filter_map(|p| since(p, "Ready")).min().unwrap()
        };
        let times = [
            ("database-0 ready", since(&database, "Ready").unwrap()),
            ("migration made", made(&job)),
            ("migration complete", since(&job, "Complete").unwrap()),
            ("backend made", made(&backend)),
            ("backend ready", first_pod("backend")),
            ("frontend made", made(&frontend)),
            ("frontend ready", first_pod("frontend")),
        ];
        assert!(times.windows(2).all(|pair| pair[0].1 <= pair[1].1), "{times:#?}");
    }

    /// The page of the app, through the frontend's Service.
    pub(crate) fn page(&self) -> Page {
        let service = self.cluster.service("frontend");
        self.cluster.answers("/");
        if self.cluster.network().is_none() {
            return Page { address: service, forward: None };
        }
        // the browser stays in this machine's network
        let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let kubectl = tools::find("kubectl").expect("the testbed has a kubectl");
        let mut command = Command::new(kubectl);
        command.arg("--kubeconfig").arg(self.cluster.kubeconfig()).args(["port-forward", "-n", NAMESPACE]);
        command.args(["service/frontend", &format!("{port}:{}", service.port())]);
        let forward = command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap();
        let address = SocketAddr::from(([127, 0, 0, 1], port));
        let page = Page { address, forward: Some(forward) };
        until("the forwarded port answers", || {
            crate::common::poll::get(address, "todo.local", "/api/health").ok().filter(|a| a.status == 200).map(|_| ())
        });
        page
    }
}

fn release(unit: &str) -> String {
    format!("helm upgrade {NAMESPACE}-{unit}")
}

/// An address that a browser can open.
pub(crate) struct Page {
    address: SocketAddr,
    forward: Option<Child>,
}

impl Page {
    /// Does these steps in a real Chromium.
    #[track_caller]
    pub(crate) fn browser(&self, steps: &[&str]) {
        let script = browser_script();
        let url = format!("http://{}/", self.address);
        let args = [&[script.to_str().unwrap(), &url][..], steps].concat();
        tools::run("node", &args, Path::new(env!("CARGO_MANIFEST_DIR")), None).exits(0);
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        if let Some(forward) = &mut self.forward {
            let _ = forward.kill();
            let _ = forward.wait();
        }
    }
}

/// The script that uses the app as a person does, beside the packages that it needs.
fn browser_script() -> PathBuf {
    let frontend = Path::new(env!("CARGO_MANIFEST_DIR")).join("app/frontend");
    if !frontend.join("node_modules/playwright-core").is_dir() {
        let folder = frontend.to_str().unwrap();
        tools::run("npm", &["--prefix", folder, "ci", "--no-audit", "--no-fund"], &frontend, None).exits(0);
    }
    frontend.join("e2e/todo.mjs")
}

/// The task that an object carries.
pub(crate) fn task_of(object: &Value) -> Option<&str> {
    object["metadata"]["labels"].get("bowline.dev/task")?.as_str()
}

/// The uids of all pods, by unit.
pub(crate) fn pods_by_unit(cluster: &Cluster) -> BTreeMap<String, BTreeSet<String>> {
    let mut all = BTreeMap::<String, BTreeSet<String>>::new();
    for pod in cluster.list("pods") {
        let unit = pod["metadata"]["labels"]["app.kubernetes.io/name"].as_str().unwrap_or_default().to_owned();
        all.entry(unit).or_default().insert(pod["metadata"]["uid"].as_str().unwrap().to_owned());
    }
    all
}

/// The version of every object of the namespace. An autoscaler writes what it measures into its status all the time:
/// of it, all but the status counts.
fn resource_versions(cluster: &Cluster) -> BTreeMap<String, String> {
    let version = |object: Value| {
        let name = title(&object);
        if object["kind"] != "HorizontalPodAutoscaler" {
            return (name, object["metadata"]["resourceVersion"].as_str().unwrap().to_owned());
        }
        let mut metadata = object["metadata"].clone();
        for key in ["resourceVersion", "managedFields"] {
            metadata.as_object_mut().unwrap().remove(key);
        }
        (name, format!("{metadata} {}", object["spec"]))
    };
    cluster.everything().into_iter().map(version).collect()
}

/// What the objects that no controller derives hold, without what controllers write into them: their status, the number
/// of pods that an autoscaler sets, and the versions that both change. Who wrote which field, and when, is kept.
pub(crate) fn delivered(cluster: &Cluster) -> BTreeMap<String, Value> {
    let derived = |o: &Value| {
        let kind = o["kind"].as_str().unwrap_or_default();
        o["metadata"].get("ownerReferences").is_some() || ["Endpoints", "EndpointSlice", "Lease"].contains(&kind)
    };
    let content = |mut object: Value| {
        let name = title(&object);
        let all = object.as_object_mut().unwrap();
        all.remove("status");
        if ["Deployment", "StatefulSet"].iter().any(|k| all["kind"] == *k) {
            all["spec"].as_object_mut().unwrap().remove("replicas");
        }
        let metadata = all["metadata"].as_object_mut().unwrap();
        metadata.remove("resourceVersion");
        metadata.remove("generation");
        if let Some(fields) = metadata.get_mut("managedFields").and_then(Value::as_array_mut) {
            fields.retain(|f| f.get("subresource").is_none() && f["manager"] != "kube-controller-manager");
        }
        (name, object)
    };
    cluster.everything().into_iter().filter(|o| !derived(o)).map(content).collect()
}
