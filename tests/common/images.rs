//! Images as they run in the cluster: without root, and without a disk to write to.

use serde_json::Value;

use super::Ran;
use super::cluster::docker;
use super::poll::until;

/// Takes away the containers and the network of a test, also when it fails.
pub struct Bench {
    pub name: String,
}

impl Bench {
    pub fn new(name: &str) -> Self {
        let bench = Self { name: format!("bowline-test-{name}-{}", std::process::id()) };
        docker(&["network", "create", &bench.name]).exits(0);
        bench
    }

    /// Starts a container in the background as restricted as in the cluster; others reach it by its `alias`.
    #[track_caller]
    pub fn start(&self, alias: &str, image: &str, options: &[&str], command: &[&str]) -> String {
        let name = format!("{}-{alias}", self.name);
        let fixed = ["run", "--detach", "--name", &name, "--network", &self.name, "--network-alias", alias];
        docker(&[&fixed[..], options, &[image], command].concat()).exits(0);
        name
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let filter = format!("network={}", self.name);
        let left = docker(&["ps", "--all", "--quiet", "--filter", &filter]).out;
        for container in left.lines() {
            docker(&["rm", "--force", "--volumes", container]);
        }
        docker(&["network", "rm", &self.name]);
    }
}

/// What the security context of the pods says, as far as Docker can say it.
pub const RESTRICTED: [&str; 7] =
    ["--read-only", "--tmpfs", "/tmp", "--cap-drop", "ALL", "--security-opt", "no-new-privileges"];

pub fn inspect(what: &str, name: &str) -> Value {
    docker(&[what, "inspect", name]).exits(0).json()[0].clone()
}

/// Waits for Docker's own verdict of the image's health check.
pub fn healthy(container: &str) {
    let health = until(&format!("{container} is healthy or not"), || {
        let state = inspect("container", container)["State"].clone();
        assert_eq!(state["Running"], true, "{:?}", docker(&["logs", container]));
        (state["Health"]["Status"] != "starting").then_some(state["Health"].clone())
    });
    assert_eq!(health["Status"], "healthy", "{health:#}\n{:?}", docker(&["logs", container]));
}

pub fn inside(container: &str, command: &[&str]) -> Ran {
    docker(&[&["exec", container], command].concat())
}

pub fn cannot_write(container: &str) {
    assert_ne!(inside(container, &["id", "-u"]).exits(0).out.trim(), "0");
    for folder in ["/", "/app", "/usr", "/var"] {
        let ran = inside(container, &["touch", &format!("{folder}/here")]);
        assert_ne!(ran.code, 0, "{container} can write to {folder}");
    }
    inside(container, &["touch", "/tmp/here"]).exits(0);
}
