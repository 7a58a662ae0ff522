//! A real cluster that the testbed has started, seen through kubectl: what a person would see, not what Bowline says.

use std::net::{IpAddr, SocketAddr};
use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use super::poll::{get_from, until};
use super::{Ran, Space, tools};

pub const NAMESPACE: &str = "todo";
/// The images that a real node pulls, and that this one cannot.
const PULLED: [&str; 1] = ["postgres:16.4-alpine3.20"];

pub struct Cluster {
    pub level: u8,
    folder: PathBuf,
}

impl Cluster {
    /// The cluster of a level; `BOWLINE_TEST_LEVEL2` names its folder.
    #[track_caller]
    pub fn of_level(level: u8) -> Self {
        let variable = format!("BOWLINE_TEST_LEVEL{level}");
        let folder =
            std::env::var_os(&variable).unwrap_or_else(|| panic!("{variable} names no cluster: run tests/run"));
        let cluster = Self { level, folder: folder.into() };
        assert!(cluster.kubeconfig().is_file(), "{} is not there", cluster.kubeconfig().display());
        cluster
    }

    pub fn kubeconfig(&self) -> PathBuf {
        self.folder.join("kubeconfig")
    }

    /// What a person's shell would hold.
    pub fn variables(&self) -> Vec<(String, String)> {
        let mut all = vec![
            ("PATH".to_owned(), tools::path()),
            ("HOME".to_owned(), tools::home().display().to_string()),
            ("KUBECONFIG".to_owned(), self.kubeconfig().display().to_string()),
        ];
        let below = |name: &str| self.folder.join(name).display().to_string();
        match self.level {
            2 => all.push(("BOWLINE_CONTAINERD".to_owned(), below("containerd.sock"))),
            3 => all.push(("MINIKUBE_HOME".to_owned(), below("home"))),
            _ => {}
        }
        for name in ["DOCKER_HOST", "DOCKER_CONFIG", "MINIKUBE_HOME"] {
            if let Ok(value) = std::env::var(name) {
                all.push((name.to_owned(), value));
            }
        }
        all
    }

    /// The program, ready to be run against this cluster.
    pub fn command(&self, space: &Space, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command.args(args).current_dir(space.path()).env_clear().envs(self.variables());
        command
    }

    #[track_caller]
    pub fn bowline(&self, space: &Space, args: &[&str]) -> Ran {
        tools::run_command(self.command(space, args), None)
    }

    #[track_caller]
    pub fn kubectl(&self, args: &[&str]) -> Ran {
        let kubectl = tools::find("kubectl").expect("the testbed has a kubectl");
        let mut command = Command::new(kubectl);
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(args);
        tools::run_command(command, None)
    }

    /// The same with a text on standard input.
    #[track_caller]
    pub fn kubectl_with(&self, args: &[&str], input: &str) -> Ran {
        let kubectl = tools::find("kubectl").expect("the testbed has a kubectl");
        let mut command = Command::new(kubectl);
        command.arg("--kubeconfig").arg(self.kubeconfig()).args(args);
        tools::run_command(command, Some(input.as_bytes()))
    }

    #[track_caller]
    pub fn helm(&self, program: &Path, args: &[&str], folder: &Path) -> Ran {
        let mut command = Command::new(program);
        command.args(args).current_dir(folder).env("KUBECONFIG", self.kubeconfig());
        tools::run_command(command, None)
    }

    /// One object of the namespace, when it is there.
    pub fn object(&self, kind: &str, name: &str) -> Option<Value> {
        let ran = self.kubectl(&["get", kind, name, "-n", NAMESPACE, "-o", "json", "--ignore-not-found"]).exits(0);
        if ran.out.trim().is_empty() { None } else { Some(ran.json()) }
    }

    #[track_caller]
    pub fn must(&self, kind: &str, name: &str) -> Value {
        self.object(kind, name).unwrap_or_else(|| panic!("no {kind}/{name}"))
    }

    /// Objects of kinds (`pods,services`) in the namespace.
    #[track_caller]
    pub fn list(&self, kinds: &str) -> Vec<Value> {
        let ran = self.kubectl(&["get", kinds, "-n", NAMESPACE, "-o", "json", "--show-managed-fields"]).exits(0);
        ran.json()["items"].as_array().cloned().unwrap_or_default()
    }

    /// Everything that the namespace holds, of every kind that the cluster knows; events are no state.
    pub fn everything(&self) -> Vec<Value> {
        let kinds = self.kubectl(&["api-resources", "--namespaced", "--verbs=list", "-o", "name"]).exits(0).out;
        let kinds: Vec<&str> =
            kinds.lines().filter(|k| !k.starts_with("events") && !k.ends_with("metrics.k8s.io")).collect();
        self.list(&kinds.join(","))
    }

    /// Takes away what an earlier run left: the namespace with its volumes, and the images that are built here.
    pub fn empty(&self) {
        self.kubectl(&["delete", "namespace", NAMESPACE, "--ignore-not-found", "--wait=false"]).exits(0);
        until("the namespace is gone", || {
            let left = self.kubectl(&["get", "namespace", NAMESPACE, "-o", "name", "--ignore-not-found"]).exits(0);
            left.out.trim().is_empty().then_some(())
        });
        // a volume's folder is named after its claim: the next claim of that name must not find the old data, nor have its
        // own taken away with them
        until("its volumes are gone", || {
            let volumes = self.kubectl(&["get", "persistentvolumes", "-o", "json"]).exits(0).json();
            let mut left = volumes["items"].as_array().unwrap().iter();
            left.all(|v| v["spec"]["claimRef"]["namespace"] != NAMESPACE).then_some(())
        });
    }

    /// So that the next run has to build and to load.
    pub fn forget_images(&self) {
        for image in self.node_images().iter().filter(|i| i.starts_with("docker.io/todo/")) {
            self.ctr(&["images", "rm", "--sync", image]).exits(0);
        }
        let listed = docker(&["image", "ls", "--format", "{{.Repository}}:{{.Tag}}", "--filter", "reference=todo/*"]);
        for image in listed.exits(0).out.lines() {
            docker(&["image", "rm", "--force", image]).exits(0);
        }
    }

    /// Hands the node what it would pull.
    pub fn pull(&self) {
        for image in PULLED {
            self.load(image);
        }
    }

    /// Hands an image of the local Docker to the node, unless it has it.
    pub fn load(&self, image: &str) {
        let full =
            if image.contains('/') { format!("docker.io/{image}") } else { format!("docker.io/library/{image}") };
        if self.node_images().contains(&full) {
            return;
        }
        let archive = tempfile::NamedTempFile::new().unwrap();
        docker(&["save", "--output", archive.path().to_str().unwrap(), image]).exits(0);
        let bytes = std::fs::read(archive.path()).unwrap();
        tools::run_command(self.ctr_command(&["images", "import", "-"]), Some(&bytes)).exits(0);
    }

    /// Names of the images on the node.
    pub fn node_images(&self) -> Vec<String> {
        self.ctr(&["images", "ls", "-q"]).exits(0).out.lines().map(str::to_owned).collect()
    }

    fn ctr_command(&self, args: &[&str]) -> Command {
        let mut command = if self.level == 3 {
            let mut command = Command::new("docker");
            command.args(["exec", "-i", "minikube", "ctr"]);
            command
        } else {
            let mut command = Command::new("ctr");
            command.arg("--address").arg(self.folder.join("containerd.sock"));
            command
        };
        command.args(["--namespace", "k8s.io"]).args(args);
        command
    }

    fn ctr(&self, args: &[&str]) -> Ran {
        tools::run_command(self.ctr_command(args), None)
    }

    /// The network in which Services answer: this machine's own at level 2, the node container's at level 3.
    pub fn network(&self) -> Option<PathBuf> {
        (self.level == 3).then(|| {
            let pid = docker(&["inspect", "--format", "{{.State.Pid}}", "minikube"]).exits(0).out;
            format!("/proc/{}/ns/net", pid.trim()).into()
        })
    }

    /// Address and port of a Service.
    #[track_caller]
    pub fn service(&self, name: &str) -> SocketAddr {
        let spec = &self.must("service", name)["spec"];
        let address: IpAddr = spec["clusterIP"].as_str().unwrap().parse().unwrap();
        let port = spec["ports"][0]["port"].as_u64().unwrap();
        SocketAddr::new(address, u16::try_from(port).unwrap())
    }

    /// What a path of the frontend's Service answers, if with 200.
    pub fn page(&self, path: &str) -> Option<String> {
        let answer = get_from(self.network().as_deref(), self.service("frontend"), "todo.local", path).ok()?;
        (answer.status == 200).then_some(answer.body)
    }

    /// Waits until a path of the frontend's Service answers with 200.
    pub fn answers(&self, path: &str) {
        let (address, network) = (self.service("frontend"), self.network());
        until(&format!("the frontend answers {path}"), || {
            let answer = get_from(network.as_deref(), address, "todo.local", path).ok()?;
            (answer.status == 200).then_some(())
        });
    }
}

pub fn docker(args: &[&str]) -> Ran {
    let mut command = Command::new("docker");
    command.args(args);
    tools::run_command(command, None)
}

/// `Deployment/backend`.
pub fn title(object: &Value) -> String {
    let text = |v: &Value| v.as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text(&object["kind"]), text(&object["metadata"]["name"]))
}

/// Whether a condition of an object is true.
pub fn is(object: &Value, condition: &str) -> bool {
    since(object, condition).is_some()
}

/// When a condition became true; times of one form compare as texts.
pub fn since(object: &Value, condition: &str) -> Option<String> {
    let all = object["status"]["conditions"].as_array()?;
    let found = all.iter().find(|c| c["type"] == condition && c["status"] == "True")?;
    Some(found["lastTransitionTime"].as_str()?.to_owned())
}
