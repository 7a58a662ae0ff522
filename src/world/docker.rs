//! Docker's command line: build what is not there yet, and hand it to the nodes.

use std::collections::BTreeSet;
use std::path::Path;
use std::process::Command;

use crate::change::failure::{Failure, Fault};
use crate::change::plan::Image;

use super::local::Node;
use super::process::{Cancel, Output, ProcessError, command, pipe, run};

/// A Docker that answers.
#[derive(Clone, Debug)]
pub struct Docker {
    program: String,
    /// Of the server.
    pub version: String,
}

impl Docker {
    /// Finds Docker; says what is missing when it does not answer.
    pub fn find() -> Result<Self, Failure> {
        Self::find_as("docker")
    }

    /// The same, under another name.
    pub fn find_as(program: &str) -> Result<Self, Failure> {
        let fix = "install Docker and start it, or build the images elsewhere";
        let asked = run(command(program, ["version", "--format", "{{.Server.Version}}"]), &Cancel::default());
        match asked {
            Ok(output) if output.success => {
                Ok(Self { program: program.to_owned(), version: output.stdout.trim().to_owned() })
            }
            Ok(output) => {
                let message = format!("Docker does not answer: {}", output.last_line());
                Err(Failure::world("docker-down", message).fix("start Docker"))
            }
            Err(e) => Err(Failure::world("docker-absent", format!("images cannot be built: {e}")).fix(fix)),
        }
    }

    /// Whether an image of that name and tag is there.
    pub fn has(&self, reference: &str) -> Result<bool, Failure> {
        let asked = self.run(["image", "inspect", "--format", "{{.Id}}", reference], &Cancel::default())?;
        Ok(asked.success)
    }

    /// Builds an image unless its tag is there: a tag is the digest of what goes in, so that the same tag is the same image.
    /// `root`: the workspace. Returns whether anything was built.
    pub fn build(&self, image: &Image, root: &Path, cancel: &Cancel) -> Result<bool, Failure> {
        if self.has(&image.reference)? {
            return Ok(false);
        }
        let mut build = command(&self.program, ["build", "--tag", &image.reference, "--file", &image.dockerfile]);
        for (key, value) in &image.labels {
            build.arg("--label").arg(format!("{key}={value}"));
        }
        build.arg(&image.context).current_dir(root);
        if std::env::var_os("DOCKER_BUILDKIT").is_none() {
            // cache mounts and a .dockerignore per Dockerfile need it; older clients do not choose it themselves
            build.env("DOCKER_BUILDKIT", "1");
        }
        let output = run(build, cancel).map_err(|e| failure(&e))?;
        if output.success {
            return Ok(true);
        }
        let message = format!("the image {} will not build: {}", image.reference, cause(&output));
        Err(Failure::new("image-build", Fault::World, message)
            .output(output.last_lines(20))
            .fix(format!("see {}; then run it again", image.dockerfile)))
    }

    fn run<const N: usize>(&self, args: [&str; N], cancel: &Cancel) -> Result<Output, Failure> {
        run(command(&self.program, args), cancel).map_err(|e| failure(&e))
    }

    fn save(&self, reference: &str) -> Command {
        command(&self.program, ["save", reference])
    }

    /// Puts an image into every node that does not have it, and looks whether it is there afterwards. `runtime`: the nodes'
    /// container runtime as the cluster tells it (`containerd://1.7`). Returns whether anything was loaded.
    pub fn load(&self, reference: &str, node: &Node, runtime: Option<&str>, cancel: &Cancel) -> Result<bool, Failure> {
        if self.nodes_have(reference, node, runtime)? == Some(true) {
            return Ok(false);
        }
        if !self.has(reference)? {
            let message = format!("the image {reference} is not in Docker");
            return Err(Failure::world("image-missing", message).fix("run `bowline up`, which builds it"));
        }
        let output = match node {
            Node::Containerd { socket } => {
                let import = command("ctr", ["--address", socket, "-n", "k8s.io", "images", "import", "-"]);
                pipe(self.save(reference), import, cancel).map_err(|e| failure(&e))?
            }
            Node::Minikube { profile } => self.load_minikube(reference, profile, runtime, cancel)?,
            Node::Kind { cluster } => {
                run(command("kind", ["load", "docker-image", reference, "--name", cluster]), cancel)
                    .map_err(|e| failure(&e))?
            }
            Node::Unknown => {
                let message = format!(
                    "{reference} cannot be loaded: the cluster is neither Minikube, kind nor a known containerd"
                );
                return Err(
                    Failure::world("image-load", message).fix("set BOWLINE_CONTAINERD to the node's containerd socket")
                );
            }
        };
        if !output.success {
            let message = format!("{reference} cannot be loaded: {}", output.last_line());
            return Err(Failure::world("image-load", message).output(output.last_lines(10)));
        }
        // a tag that is in use is silently kept by some: look
        if self.nodes_have(reference, node, runtime)? == Some(false) {
            let message = format!("{reference} was loaded, and the node does not have it");
            return Err(Failure::world("image-load", message).fix("load it by hand, then run it again"));
        }
        Ok(true)
    }

    /// Whether all nodes have the image; nothing when they cannot be asked.
    pub fn nodes_have(&self, reference: &str, node: &Node, runtime: Option<&str>) -> Result<Option<bool>, Failure> {
        let calm = Cancel::default();
        let name = full_name(reference);
        let filter = format!("name=={name}");
        let listed = |output: Result<Output, ProcessError>| match output {
            Ok(output) if output.success => Some(output.stdout.lines().any(|l| l.trim() == name)),
            _ => None,
        };
        Ok(match node {
            Node::Containerd { socket } => {
                listed(run(command("ctr", ["--address", socket, "-n", "k8s.io", "images", "ls", "-q", &filter]), &calm))
            }
            Node::Minikube { .. } | Node::Kind { .. } => {
                let nodes = self.containers(node)?;
                if nodes.is_empty() || !runtime.is_none_or(|r| r.starts_with("containerd")) {
                    return Ok(match node {
                        Node::Minikube { profile } => minikube_has(reference, profile),
                        _ => None,
                    });
                }
                let ask = |container: &String| {
                    let args = ["exec", container, "ctr", "-n", "k8s.io", "images", "ls", "-q", &filter];
                    listed(run(command(&self.program, args), &calm))
                };
                let answers: Option<Vec<bool>> = nodes.iter().map(ask).collect();
                answers.map(|a| a.iter().all(|has| *has))
            }
            Node::Unknown => None,
        })
    }

    /// The containers that are the cluster's nodes; none when it runs in machines.
    fn containers(&self, node: &Node) -> Result<Vec<String>, Failure> {
        let filter = match node {
            Node::Minikube { profile } => format!("label=name.minikube.sigs.k8s.io={profile}"),
            Node::Kind { cluster } => format!("label=io.x-k8s.kind.cluster={cluster}"),
            Node::Containerd { .. } | Node::Unknown => return Ok(Vec::new()),
        };
        let asked = self.run(["ps", "--filter", &filter, "--format", "{{.Names}}"], &Cancel::default())?;
        let names: BTreeSet<String> =
            asked.stdout.lines().map(|l| l.trim().to_owned()).filter(|l| !l.is_empty()).collect();
        Ok(names.into_iter().collect())
    }

    /// Straight into containerd where that is possible: `minikube image load` takes several times as long.
    fn load_minikube(
        &self,
        reference: &str,
        profile: &str,
        runtime: Option<&str>,
        cancel: &Cancel,
    ) -> Result<Output, Failure> {
        if runtime.is_some_and(|r| r.starts_with("containerd")) {
            let nodes = self.containers(&Node::Minikube { profile: profile.to_owned() })?;
            let mut direct = !nodes.is_empty();
            for node in &nodes {
                let import =
                    command(&self.program, ["exec", "-i", node, "ctr", "-n", "k8s.io", "images", "import", "-"]);
                match pipe(self.save(reference), import, cancel) {
                    Ok(output) if output.success => {}
                    Err(e @ ProcessError::Cancelled(_)) => return Err(failure(&e)),
                    _ => direct = false,
                }
            }
            if direct {
                return Ok(Output { success: true, ..Output::default() });
            }
        }
        run(command("minikube", ["-p", profile, "image", "load", reference]), cancel).map_err(|e| failure(&e))
    }
}

fn minikube_has(reference: &str, profile: &str) -> Option<bool> {
    let listed = run(command("minikube", ["-p", profile, "image", "ls", "--format", "short"]), &Cancel::default());
    let output = listed.ok().filter(|o| o.success)?;
    let name = full_name(reference);
    Some(output.stdout.lines().any(|l| full_name(l.trim()) == name))
}

/// As nodes name it: with the default registry and `library/`.
fn full_name(reference: &str) -> String {
    let first = reference.split('/').next().unwrap_or_default();
    let has_registry = reference.contains('/') && (first.contains(['.', ':']) || first == "localhost");
    match (has_registry, reference.contains('/')) {
        (true, _) => reference.to_owned(),
        (false, true) => format!("docker.io/{reference}"),
        (false, false) => format!("docker.io/library/{reference}"),
    }
}

/// The line of a build's output that says what went wrong.
fn cause(output: &Output) -> String {
    let lines = output.last_lines(200);
    let telling = |l: &&String| {
        let lower = l.to_lowercase();
        lower.contains("error") && !lower.starts_with("warning")
            || lower.contains("did not complete")
            || lower.contains("not found")
    };
    lines.iter().rev().find(telling).map_or_else(|| output.last_line(), |l| l.trim().to_owned())
}

pub(super) fn failure(error: &ProcessError) -> Failure {
    match error {
        ProcessError::Cancelled(_) => Failure::new("interrupted", Fault::Interrupted, error.to_string()),
        ProcessError::NotFound(_) => Failure::world("program-absent", error.to_string()),
        ProcessError::Io { .. } => Failure::world("program", error.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_nodes_write_them() {
        for (short, full) in [
            ("busybox:1", "docker.io/library/busybox:1"),
            ("todo/backend:3f", "docker.io/todo/backend:3f"),
            ("localhost:5000/a:1", "localhost:5000/a:1"),
            ("ghcr.io/a/b:1", "ghcr.io/a/b:1"),
            ("localhost/a:1", "localhost/a:1"),
        ] {
            assert_eq!(full_name(short), full);
        }
    }

    #[test]
    fn docker_that_is_not_there_is_said() {
        let failure = Docker::find_as("no-docker-here").unwrap_err();
        assert_eq!(failure.code, "docker-absent");
        assert_eq!(failure.message, "images cannot be built: `no-docker-here` is not installed");
        assert_eq!(failure.fault.exit_code(), 4);
    }
}
