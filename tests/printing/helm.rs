//! The real Helm: its output is the manifests, object by object.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;

use bowline::base::fs;
use bowline::base::source::Sources;
use bowline::make::run::Made;
use bowline::model::app::{App, Unit};
use bowline::read::yaml::{Piece, parse_all};
use serde_json::Value as Json;

type Objects = BTreeMap<(String, String), Json>;

/// The Helms to test with, 3 and 4: each named by its variable, on PATH, or the testbed's.
pub(crate) fn helms() -> Vec<PathBuf> {
    let home = std::env::var_os("HOME").map(PathBuf::from).unwrap_or_default();
    let path = std::env::var_os("PATH").unwrap_or_default();
    let find = |(variable, program): (&str, &str)| {
        let named = std::env::var_os(variable).map(PathBuf::from).into_iter();
        let candidates = named
            .chain(std::env::split_paths(&path).map(|p| p.join(program)))
            .chain([home.join(".cache/bowline-testbed/bin").join(program)]);
        let found = candidates.into_iter().find(|p| p.is_file());
        if found.is_none() {
            println!("skipped: {program} not found ({variable}, PATH)");
        }
        found
    };
    [("HELM", "helm"), ("HELM4", "helm4")].into_iter().filter_map(find).collect()
}

/// Writes everything that was made below a fresh folder.
pub(crate) fn write(made: &Made, name: &str) -> PathBuf {
    let root = Path::new(env!("CARGO_TARGET_TMPDIR")).join(name);
    let _ = std::fs::remove_dir_all(&root);
    for artifact in &made.artifacts {
        fs::write(&root.join(&artifact.path), &artifact.bytes).unwrap();
    }
    root
}

pub(crate) fn run(helm: &Path, root: &Path, arguments: &[&str]) -> Result<String, String> {
    let output = Command::new(helm).current_dir(root).args(arguments).output().unwrap();
    let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
    if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stdout) + &text(&output.stderr)) }
}

pub(crate) fn objects(yaml: &str) -> Objects {
    let mut sources = Sources::default();
    let file = sources.add("helm", yaml);
    let documents = parse_all(&Piece::at(file, yaml, 0)).unwrap();
    let mut out = Objects::new();
    for object in documents.iter().map(bowline::base::tree::Node::json).filter(|o| !o.is_null()) {
        let name = |path: &str| object.pointer(path).and_then(Json::as_str).unwrap_or_default().to_owned();
        assert!(out.insert((name("/kind"), name("/metadata/name")), object).is_none(), "an object twice");
    }
    out
}

/// The manifests of an environment that belong into a chart.
pub(crate) fn manifests(made: &Made, environment: &str) -> Objects {
    let ours = made
        .artifacts
        .iter()
        .filter(|a| a.environment.as_deref() == Some(environment) && a.identity.kind != "Namespace");
    let objects = ours.filter_map(|a| a.object.clone());
    objects
        .map(|o| ((o["kind"].as_str().unwrap().to_owned(), o["metadata"]["name"].as_str().unwrap().to_owned()), o))
        .collect()
}

pub(crate) fn assert_same(helm: &Objects, ours: &Objects, what: &str) {
    let names = |o: &Objects| o.keys().cloned().collect::<BTreeSet<_>>();
    assert_eq!(names(helm), names(ours), "{what}");
    for (name, object) in ours {
        assert_eq!(&helm[name], object, "{what}: {name:?}");
    }
}

/// Everything that both Helms must agree with.
pub(crate) fn agree(app: &App, made: &Made, name: &str) {
    let root = write(made, name);
    for helm in helms() {
        for environment in &app.environments {
            let whole = whole(&helm, &root, app, made, environment);
            let union = union(&helm, &root, app, made, environment);
            assert_same(&union, &whole, "the union of the unit releases");
        }
    }
}

/// Lints the chart; the whole release is the manifests.
pub(crate) fn whole(helm: &Path, root: &Path, app: &App, made: &Made, environment: &str) -> Objects {
    let chart = format!("charts/{}", app.name);
    let values = format!("{chart}/values-{environment}.yaml");
    let what = format!("{} {environment}", helm.display());
    run(helm, root, &["lint", "--strict", &chart, "-f", &values]).unwrap_or_else(|e| panic!("{what}: helm lint: {e}"));
    let whole = run(helm, root, &["template", &app.name, &chart, "--skip-tests", "-f", &values])
        .unwrap_or_else(|e| panic!("{what}: {e}"));
    let whole = objects(&whole);
    assert_same(&whole, &manifests(made, environment), &what);
    whole
}

/// One release for each unit: disjoint, and together the whole.
fn union(helm: &Path, root: &Path, app: &App, made: &Made, environment: &str) -> Objects {
    let chart = format!("charts/{}", app.name);
    let values = format!("{chart}/values-{environment}.yaml");
    let mut union = Objects::new();
    // of a database outside of the cluster there may be nothing in the chart
    let units: Vec<&Unit> = app.units.iter().filter(|u| switches(app, made).contains(&u.key)).collect();
    for unit in &units {
        let off = units.iter().filter(|u| u.name != unit.name);
        let off = off.flat_map(|u| ["--set".to_owned(), format!("{}.enabled=false", u.key)]);
        let mut arguments: Vec<String> =
            ["template", "x", &chart, "--skip-tests", "-f", &values].map(str::to_owned).to_vec();
        arguments.extend(off);
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        for (key, object) in objects(&run(helm, root, &arguments).unwrap_or_else(|e| panic!("{}: {e}", unit.name))) {
            assert!(union.insert(key.clone(), object).is_none(), "{key:?} stands in two releases");
        }
    }
    union
}

/// The keys of values.yaml, each with the switch of its unit.
pub(crate) fn switches(app: &App, made: &Made) -> BTreeSet<String> {
    let path = format!("charts/{}/values.yaml", app.name);
    let text = &made.artifacts.iter().find(|a| a.path == path).expect("values.yaml").bytes;
    let text = std::str::from_utf8(text).unwrap();
    let mut sources = Sources::default();
    let file = sources.add("values", text);
    let all = parse_all(&Piece::at(file, text, 0)).unwrap();
    all[0].as_map().unwrap().keys().cloned().collect()
}
