//! How long the program takes as a workspace grows: whole processes, beside ninja with as many edges.
//!
//!     cargo bench --bench workspaces                  10 and 1,000 artifacts
//!     cargo bench --bench workspaces -- 100000        other sizes
//!     BOWLINE_BENCH_RUNS=9                            runs of each, of which the fastest counts
//!
//! Growth is how much longer it takes than with the size before, for each artifact: 1.0 is linear, 2.0 is twice as long.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant, SystemTime};

/// Services in one feature's spec.
const PER_FEATURE: usize = 100;
/// Files of one service: manifest and chart template of each of its objects.
const PER_SERVICE: usize = 14;
/// Files of the app itself, beside its services.
const OWN: usize = 13;

fn main() {
    // cargo passes `--bench`
    let mut sizes: Vec<usize> =
        std::env::args().skip(1).filter_map(|a| a.replace(['_', ','], "").parse().ok()).collect();
    if sizes.is_empty() {
        sizes = vec![10, 1_000];
    }
    sizes.sort_unstable();
    let runs = std::env::var("BOWLINE_BENCH_RUNS").ok().and_then(|r| r.parse().ok()).unwrap_or(5);
    println!("{:>9}  {:<28} {:>10}  {:>10}  {:>8}", "artifacts", "what", "time", "ninja no-op", "growth");
    let mut before: Option<(usize, BTreeMap<&str, Duration>)> = None;
    for size in sizes {
        let (files, times) = measure(size, runs);
        let ninja = times["ninja no-op"];
        for (what, time) in &times {
            let growth = before.as_ref().map(|(fewer, old)| per(*time, files) / per(old[what], *fewer));
            let growth = growth.map_or(String::new(), |g| format!("{g:.2}"));
            let ratio = time.as_secs_f64() / ninja.as_secs_f64();
            println!("{files:>9}  {what:<28} {:>10}  {:>10}  {growth:>8}", text(*time), format!("{ratio:.2} x"));
        }
        before = Some((files, times));
    }
}

#[allow(clippy::cast_precision_loss, reason = "a ratio to print")]
fn per(time: Duration, files: usize) -> f64 {
    time.as_secs_f64() / files as f64
}

fn text(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{:.1} ms", time.as_secs_f64() * 1e3)
    } else {
        format!("{:.2} s", time.as_secs_f64())
    }
}

/// Measures one size; gives the number of generated files, and the times.
fn measure(size: usize, runs: usize) -> (usize, BTreeMap<&'static str, Duration>) {
    // what takes minutes is not repeated as often
    let few = if size > 10_000 { runs.min(2) } else { runs };
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let services = (size.saturating_sub(OWN) / PER_SERVICE).max(1);
    let specs = write_documents(root, services);
    let mut times = BTreeMap::new();

    times.insert("1 derive tasks", time(|| bowline(root, &["tasks"])));
    times.insert("2 read (status --offline)", fastest(runs, || (), || bowline(root, &["status", "--offline"])));
    let cold = || {
        for made in ["out", "charts", ".bowline"] {
            let _ = std::fs::remove_dir_all(root.join(made));
        }
    };
    times.insert("3 generate, cold", fastest(few, cold, || bowline(root, &["generate"])));
    let made = files(root);
    times.insert("4 generate, nothing to do", fastest(runs, || (), || bowline(root, &["generate"])));
    assert!(made == files(root), "a run with nothing to do wrote something");
    // one service in the middle of everything
    let spec = &specs[specs.len() / 2];
    let mut level = 0;
    let change = || {
        let text = std::fs::read_to_string(spec).unwrap();
        let old = format!("LEVEL: \"{level}\"");
        assert!(text.contains(&old), "{old}");
        level += 1;
        std::fs::write(spec, text.replacen(&old, &format!("LEVEL: \"{level}\""), 1)).unwrap();
    };
    times.insert("5 generate, one field", fastest(runs, change, || bowline(root, &["generate"])));
    let now = files(root);
    let written = now.iter().filter(|(path, time)| made.get(*path) != Some(time)).count();
    assert!((1..=8).contains(&written), "one field wrote {written} files");
    times.insert("ninja no-op", ninja(made.len(), runs));
    (made.len(), times)
}

fn time(run: impl FnOnce()) -> Duration {
    let began = Instant::now();
    run();
    began.elapsed()
}

fn fastest(runs: usize, mut prepare: impl FnMut(), mut run: impl FnMut()) -> Duration {
    let one = |_| {
        prepare();
        time(&mut run)
    };
    (0..runs).map(one).min().unwrap()
}

fn bowline(root: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_bowline")).args(args).current_dir(root).output().unwrap();
    assert!(
        output.status.success(),
        "bowline {args:?}: {}\n{}",
        output.status,
        String::from_utf8_lossy(&output.stderr).chars().take(4000).collect::<String>()
    );
}

/// A constitution and features of services that depend on each other; gives the specs.
fn write_documents(root: &Path, services: usize) -> Vec<PathBuf> {
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
        path
    };
    write(
        "constitution.md",
        "# Rules\n\n## Core Principles\n\n### I. Images\n- Every image names its version; `latest` must never be used.\n",
    );
    let mut specs = Vec::new();
    for feature in 0..services.div_ceil(PER_FEATURE) {
        let mut spec = format!("# Feature {feature}\n\n## Requirements\n\n");
        let mine = feature * PER_FEATURE..services.min((feature + 1) * PER_FEATURE);
        for service in mine.clone() {
            writeln!(spec, "- **FR-{:03}**: Service {service} answers on port 8080.", service % PER_FEATURE + 1)
                .unwrap();
        }
        spec.push_str("\n```yaml bowline\n");
        if feature == 0 {
            spec.push_str("app: { name: many }\nenvironments: { local: {} }\n");
        }
        spec.push_str("services:\n");
        for service in mine.clone() {
            let requirement = service % PER_FEATURE + 1;
            writeln!(spec, "  s{service}:                       # FR-{requirement:03}").unwrap();
            spec.push_str("    image: nginx:1.27.3\n    ports: [8080]\n    environment: { LEVEL: \"0\" }\n");
            if service > mine.start {
                let needed = mine.start + (service - mine.start) / 2;
                writeln!(spec, "    dependsOn: [s{needed}]").unwrap();
            }
        }
        spec.push_str("```\n");
        specs.push(write(&format!("specs/feature-{feature:04}.md"), &spec));
        write(&format!("tasks/feature-{feature:04}.md"), &format!("# Tasks: Feature {feature}\n"));
    }
    specs
}

/// Every generated file and when it was written.
fn files(root: &Path) -> BTreeMap<PathBuf, SystemTime> {
    let (mut all, mut folders) = (BTreeMap::new(), vec![root.join("out"), root.join("charts")]);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
            let data = entry.metadata().unwrap();
            if data.is_dir() {
                folders.push(entry.path());
            } else {
                all.insert(entry.path(), data.modified().unwrap());
            }
        }
    }
    all
}

/// ninja with nothing to do, over as many edges; each output has an input of its own.
fn ninja(edges: usize, runs: usize) -> Duration {
    let folder = tempfile::tempdir().unwrap();
    let root = folder.path();
    let mut rules = String::from("rule make\n  command = : >$out\n");
    for edge in 0..edges {
        std::fs::create_dir_all(root.join(format!("in/{}", edge / 1000))).unwrap();
        std::fs::write(root.join(format!("in/{}/{edge}", edge / 1000)), "").unwrap();
        writeln!(rules, "build out/{0}/{edge}: make in/{0}/{edge}", edge / 1000).unwrap();
    }
    std::fs::write(root.join("build.ninja"), rules).unwrap();
    let run = || {
        let ran = Command::new("ninja").arg("--quiet").current_dir(root).stdout(Stdio::null()).status();
        assert!(ran.expect("ninja (the package ninja-build) is installed").success());
    };
    run();
    fastest(runs, || (), run)
}
