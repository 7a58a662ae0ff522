//! Files and volumes of a service: their contents, claims, and what is wrong with them.

use std::collections::BTreeMap;

use serde_json::{Value as Json, json};

use crate::base::diag::Diagnostic;
use crate::base::digest;
use crate::base::tree::{Node, Tree};
use crate::model::grammars::MOUNT;
use crate::model::quantity::is_amount;
use crate::read::stack::{Asked, Detect};

use super::defaults::tree;

/// Most bytes of all files of a service: a ConfigMap holds one mebibyte.
const MOST: usize = 1_000_000;

fn list<'n>(node: &'n Node, field: &str) -> &'n [Node] {
    node.get(field).and_then(Node::as_list).unwrap_or_default()
}

/// Whether it has a claim that one node at a time can mount.
pub(super) fn one_node(node: &Node) -> bool {
    let many = |claim: &Node| {
        list(claim, "accessModes").iter().any(|m| matches!(m.as_str(), Some("ReadWriteMany" | "ReadOnlyMany")))
    };
    list(node, "volumes").iter().filter_map(|v| v.get("claim")).any(|c| !many(c))
}

/// Reads the sources of files, and lists the claims. A folder with a volume needs no temporary one.
pub(super) fn complete(node: &mut Node, name: &str, detect: &Detect<'_>) {
    if let Some(Tree::List(files)) = node.get("files").map(|n| n.tree.clone()) {
        let mut all = files;
        for file in &mut all {
            if let Some(source) = file.get("source").cloned() {
                let text = source.as_str().and_then(|s| detect(&Asked::of(s)).text).unwrap_or_default();
                file.put("content", source.with(Tree::Text(text)));
            }
        }
        let parts: Vec<String> = all.iter().map(|f| f.json().to_string()).collect();
        let data: BTreeMap<String, Node> =
            all.iter().filter_map(|f| Some((f.get_str("key")?.to_owned(), f.get("content")?.clone()))).collect();
        let modes = all.iter().any(|f| f.get("mode").is_some());
        let origin = node.get("files").cloned().unwrap_or_else(|| Node::empty_map("files"));
        let checksum = digest::hex(parts.join("\n").as_bytes(), 16);
        node.put("files", origin.with(Tree::List(all)));
        node.put("fileData.data", origin.with(Tree::Map(data.into())));
        node.put("fileData.checksum", origin.with(Tree::Text(checksum)));
        node.put("fileData.modes", origin.with(Tree::Bool(modes)));
    }
    compose(node, name);
    let claims: Vec<Node> = list(node, "volumes").iter().filter_map(|v| v.get("claim").cloned()).collect();
    if let Some(origin) = node.get("volumes").filter(|_| !claims.is_empty()) {
        let claims = origin.with(Tree::List(claims));
        node.put("claims", claims);
    }
    let targets: Vec<String> =
        list(node, "volumes").iter().filter_map(|v| v.get_str("target").map(str::to_owned)).collect();
    if node.get("temporary").is_none() && !targets.iter().any(|t| t.trim_end_matches('/') == "/tmp") {
        node.put("temporary", tree(&json!(["/tmp"]), "/tmp is writable"));
    } else if node.get("temporary").is_none() {
        node.put("temporary", tree(&json!([]), "/tmp has a volume of its own"));
    }
}

/// The same mounts in the words of Compose; a file of the repository is mounted from there.
fn compose(node: &mut Node, name: &str) {
    let (mut mounts, mut tmpfs, mut configs) = (Vec::new(), Vec::new(), Vec::new());
    let why = "its files and volumes, for Compose";
    let of = |written: &Node, value: &Json| {
        let mut made = tree(value, why);
        made.adopt(written);
        made
    };
    for file in list(node, "files") {
        let (target, key) = (file.get_str("target").unwrap_or_default(), file.get_str("key").unwrap_or_default());
        match file.get_str("source") {
            Some(source) => {
                mounts.push(of(file, &json!(format!("../../{}:{target}:ro", source.trim_start_matches("./")))));
            }
            None => configs.push(of(
                file,
                &json!({
                    "name": format!("{name}-{}", super::expand_parts::volume_name(key)), "target": target,
                    "content": file.get_str("content").unwrap_or_default(),
                }),
            )),
        }
    }
    for volume in list(node, "volumes") {
        let target = volume.get_str("target").unwrap_or_default();
        if volume.get("emptyDir").is_some() {
            tmpfs.push(of(volume, &json!(target)));
        } else {
            let named = volume.get_str("name").unwrap_or_default();
            let ending = if volume.get_bool("readOnly") == Some(true) { ":ro" } else { "" };
            mounts.push(of(volume, &json!(format!("{name}-{named}:{target}{ending}"))));
        }
    }
    for (path, all) in [("compose.mounts", mounts), ("compose.tmpfs", tmpfs), ("compose.configs", configs)] {
        if !all.is_empty() {
            node.put(path, Node::default(Tree::List(all), why));
        }
    }
}

/// What compose.yaml lists at its end: volumes and texts of all services.
pub(super) fn shared(services: &BTreeMap<String, Node>) -> Option<Node> {
    let mounts = services.values().flat_map(|n| list(n, "compose.mounts"));
    let volumes = mounts.filter_map(|m| Some((m.as_str()?.split(':').next()?, m)));
    let volumes: BTreeMap<&str, &Node> = volumes.filter(|(name, _)| !name.starts_with("../")).collect();
    let configs: Vec<Node> = services.values().flat_map(|n| list(n, "compose.configs")).cloned().collect();
    let why = "files and volumes of the services";
    let mut out = Node::empty_map(why);
    if !volumes.is_empty() {
        let all = volumes.into_iter().map(|(name, mount)| mount.with(Tree::Text(name.to_owned())));
        out.put("volumes", Node::default(Tree::List(all.collect()), why));
    }
    if !configs.is_empty() {
        out.put("configs", Node::default(Tree::List(configs), why));
    }
    out.as_map().is_some_and(|m| !m.is_empty()).then_some(out)
}

/// Files that hold keys or passwords by their name.
fn is_secret(path: &str) -> bool {
    let name = path.rsplit('/').next().unwrap_or_default().to_lowercase();
    let ends = [".pem", ".key", ".p12", ".pfx", ".jks", ".keystore", ".kubeconfig"];
    name.starts_with(".env")
        || name.starts_with("id_rsa")
        || name.starts_with("id_ed25519")
        || ends.iter().any(|e| name.ends_with(e))
}

/// What is wrong with the files and volumes of a service as they are written.
pub(super) fn check(name: &str, node: &Node, detect: &Detect<'_>, out: &mut Vec<Diagnostic>) {
    let mut size = 0;
    for file in list(node, "files") {
        target(file, "file", out);
        let (content, source) = (file.get("content"), file.get("source"));
        match (content, source) {
            (Some(_), Some(source)) => out.push(
                Diagnostic::error("file-two-sources", format!("a file of `{name}` has `content` and `source`"))
                    .at(source.key_span(), "and this")
                    .and(content.and_then(Node::key_span), "this")
                    .fix("keep one of the two"),
            ),
            (None, None) => out.push(
                Diagnostic::error("file-empty", format!("a file of `{name}` has no `content` and no `source`"))
                    .at(file.key_span(), "nothing is in it")
                    .fix("add `content: …`, or `source:` with a file of the repository"),
            ),
            (None, Some(source)) if is_secret(source.as_str().unwrap_or_default()) => out.push(
                Diagnostic::error(
                    "file-secret",
                    format!("`{}` looks like a secret", source.as_str().unwrap_or_default()),
                )
                .at(source.span(), "its text would stand in a ConfigMap, and in Git")
                .fix("name it under `secrets`, and give the value through the environment or .env"),
            ),
            (None, Some(source)) => {
                let text = source.as_str().and_then(|s| detect(&Asked::of(s)).text);
                size += text.as_ref().map_or(0, String::len);
                if text.is_none() {
                    let path = source.as_str().unwrap_or_default();
                    out.push(
                        Diagnostic::error("file-source", format!("`{path}` is no text file here"))
                            .at(source.span(), "no such file in the repository, or it is not UTF-8")
                            .fix("correct the path, relative to the root of the repository; for a text itself write `{ content: … }`"),
                    );
                }
            }
            (Some(content), None) => size += content.as_str().map_or(0, str::len),
        }
        if let Some(mode) = file.get("mode").filter(|m| m.as_str().is_some()) {
            out.push(
                Diagnostic::error("file-mode", format!("`{}` is no mode of a file", mode.as_str().unwrap_or_default()))
                    .at(mode.span(), "three octal digits")
                    .fix("write it like `0440` or `0444`"),
            );
        }
    }
    if size > MOST {
        out.push(
            Diagnostic::error("file-size", format!("the files of `{name}` hold {size} bytes"))
                .at(node.get("files").and_then(Node::key_span), "a ConfigMap holds one mebibyte")
                .fix("put large files into the image, or on a volume"),
        );
    }
    for volume in list(node, "volumes") {
        a_volume(name, volume, out);
    }
    let mut seen: BTreeMap<&str, &Node> = BTreeMap::new();
    for mount in list(node, "volumes").iter().chain(list(node, "files")).chain(list(node, "temporary")) {
        let Some(path) = mount.get_str("target").or(mount.as_str()) else { continue };
        if let Some(first) = seen.insert(path.trim_end_matches('/'), mount) {
            out.push(
                Diagnostic::error("mount-twice", format!("`{name}` mounts two things at `{path}`"))
                    .at(mount.key_span(), "this one")
                    .and(first.key_span(), "and this one")
                    .fix("keep one of the two, or use another folder"),
            );
        }
    }
    many_pods(name, node, out);
}

fn target(mount: &Node, what: &str, out: &mut Vec<Diagnostic>) {
    let path = mount.get_str("target").unwrap_or_default();
    if !(MOUNT.fits)(path) {
        out.push(
            Diagnostic::error("mount-path", format!("`{path}` cannot be the place of a {what} in a container"))
                .at(mount.key_span(), MOUNT.what)
                .fix("write the whole path, such as `/etc/app/settings.toml` or `/var/lib/app`"),
        );
    }
}

fn a_volume(name: &str, volume: &Node, out: &mut Vec<Diagnostic>) {
    target(volume, "volume", out);
    let kinds: Vec<&str> = ["claim", "emptyDir", "source"].into_iter().filter(|k| volume.get(k).is_some()).collect();
    let path = volume.get_str("target").unwrap_or_default();
    if kinds.len() != 1 {
        let message = if kinds.is_empty() {
            format!("the volume `{path}` of `{name}` does not say what it is")
        } else {
            format!("the volume `{path}` of `{name}` is several things at once")
        };
        out.push(
            Diagnostic::error("volume-kind", message)
                .at(volume.key_span(), "one of `size`, `emptyDir` and `source`")
                .fix("`1Gi` makes a claim, `emptyDir` a folder that is gone with the pod, `source` names a claim that exists"),
        );
    }
    if let Some(size) = volume.get("claim.size").filter(|s| !s.as_str().is_some_and(is_amount)) {
        out.push(
            Diagnostic::error("volume-size", format!("`{}` is no size", size.as_str().unwrap_or_default()))
                .at(size.span(), "a quantity such as 1Gi")
                .fix("write `1Gi`, or `emptyDir`"),
        );
    }
    for field in ["storageClassName", "accessModes"] {
        if let Some(given) = volume.get(field) {
            out.push(
                Diagnostic::error("volume-kind", format!("`{field}` is for a claim, and `{path}` has no `size`"))
                    .at(given.key_span(), "means nothing here")
                    .fix("add `size: 1Gi`, or remove the line"),
            );
        }
    }
}

/// Several pods and a claim that one node can mount: the second pod waits for ever on another node.
fn many_pods(name: &str, node: &Node, out: &mut Vec<Diagnostic>) {
    if !one_node(node) || matches!(node.get_str("kind"), Some("Job" | "CronJob")) {
        return;
    }
    let several = node.get_int("replicas").is_some_and(|r| r > 1);
    let more = node.get("autoscaling").filter(|n| !n.is_null());
    if let Some(at) = node.get("replicas").filter(|_| several).or(more) {
        let claim = list(node, "volumes").iter().find(|v| v.get("claim").is_some());
        out.push(
            Diagnostic::error(
                "volume-one-node",
                format!("`{name}` has several pods and a volume that one node can mount"),
            )
            .at(at.key_span(), "several pods")
            .and(claim.and_then(Node::key_span), "ReadWriteOnce")
            .fix("use one replica, or `accessModes: [ReadWriteMany]` with a StorageClass that can do it"),
        );
    }
}
