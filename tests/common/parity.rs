//! The chart and the manifests of a workspace, object by object, in the words of the real Helm programs.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use std::collections::BTreeMap;

use bowline::base::source::Sources;
use bowline::base::tree::Node;
use bowline::read::yaml::{Piece, parse_all};
use serde_json::Value;

use super::{Space, tools};

/// The objects of a text, by kind and name.
pub fn objects(text: &str) -> BTreeMap<String, Value> {
    let mut sources = Sources::default();
    let file = sources.add("objects", text);
    let all = parse_all(&Piece::at(file, text, 0)).unwrap();
    let title = |o: &Value| format!("{}/{}", o["kind"].as_str().unwrap(), o["metadata"]["name"].as_str().unwrap());
    let mut out = BTreeMap::new();
    for object in all.iter().map(Node::json).filter(|o| !o.is_null()) {
        assert!(out.insert(title(&object), object).is_none(), "an object twice\n{text}");
    }
    out
}

/// The manifests of an environment, the kustomization left out.
pub fn manifests(space: &Space, app: &str, environment: &str) -> BTreeMap<String, Value> {
    let files = space.tree(&format!("out/{app}/{environment}")).into_keys();
    files.filter(|f| !f.ends_with("kustomization.yaml")).flat_map(|f| objects(&space.read(&f))).collect()
}

/// What Helm renders with the values of an environment and more arguments.
#[track_caller]
pub fn rendered(
    space: &Space,
    helm: &std::path::Path,
    app: &str,
    environment: &str,
    more: &[&str],
) -> BTreeMap<String, Value> {
    let (chart, values) = (format!("charts/{app}"), format!("charts/{app}/values-{environment}.yaml"));
    let args = [&["template", app, &chart, "--skip-tests", "--namespace", app, "--values", &values], more].concat();
    objects(&tools::run(helm, &args, space.path(), None).exits(0).out)
}

/// The two Helms, as far as they are there.
pub fn helms(test: &str) -> Vec<std::path::PathBuf> {
    ["helm", "helm4"].iter().filter_map(|name| tools::find_or_skip(name, test)).collect()
}

/// Compares both, for every Helm that is there, and lints the chart.
#[track_caller]
pub fn agree(space: &Space, app: &str, environments: &[&str]) {
    for helm in helms("the chart is the manifests") {
        for environment in environments {
            let mut there = manifests(space, app, environment);
            there.remove(&format!("Namespace/{app}")).unwrap();
            assert_eq!(there, rendered(space, &helm, app, environment, &[]), "{app} in {environment}");
            let (chart, values) = (format!("charts/{app}"), format!("charts/{app}/values-{environment}.yaml"));
            tools::run(&helm, &["lint", "--strict", &chart, "--values", &values], space.path(), None).exits(0);
        }
    }
}
