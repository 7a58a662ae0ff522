//! How long it takes to generate many services, beside `helm template` of the charts that were generated.
//!
//!     cargo bench --bench artifacts                   1,000 services
//!     cargo bench --bench artifacts -- 100            another number
//!     BOWLINE_BENCH_RUNS=9                            runs of each, of which the fastest counts
//!     HELM=/path/to/helm                              else the testbed's, else the one on PATH
//!
//! The services are in one app, which is Helm's best case: it starts once for all of them, with one environment to print.
//! They are also in apps of 20, as people have them, and Helm is measured there once more as the charts are installed: one
//! release for each unit, the others switched off. Whole processes are measured, Bowline's as in a new workspace: it
//! reads, resolves, makes, and writes 12 files for a service, where Helm prints 6 objects to a pipe. Time is counted for each object of the manifests, though Bowline writes it into the chart as well. Memory is
//! the most that a process held. Ends with 1 when an object of Bowline is not 20 times as fast as one of a release, or
//! when Bowline is slower than one `helm template` of all services of an app.

#[path = "../tests/common/mod.rs"]
mod common;

use std::fmt::Write as _;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode, Stdio};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use common::tools;

/// Services of one feature, and of one small app.
const FEW: usize = 20;
/// How many times as fast as Helm Bowline has to be, for each object: beside releases of units, and beside one
/// `helm template` of everything.
const WANTED: Ratios = Ratios { releases: 20.0, whole: 1.0 };
/// What is generated; everything else that a run leaves is removed with it.
const MADE: [&str; 3] = ["out", "charts", ".bowline"];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    if let [flag, folder] = &arguments[..]
        && flag == "--held"
    {
        println!("{}", held(folder));
        return ExitCode::SUCCESS;
    }
    // cargo passes `--bench`
    let services = arguments.iter().find_map(|a| a.replace(['_', ','], "").parse().ok()).unwrap_or(1_000);
    let runs = std::env::var("BOWLINE_BENCH_RUNS").ok().and_then(|r| r.parse().ok()).unwrap_or(3);
    let Some(helm) = tools::find("helm") else {
        eprintln!("no `helm` in HELM, on the testbed or on PATH");
        return ExitCode::FAILURE;
    };
    let one = measure(&helm, services, services, runs);
    let small = measure(&helm, services, FEW, runs);
    let worst = Ratios { releases: one.releases.min(small.releases), whole: one.whole.min(small.whole) };
    let rows = [
        ("a release for each unit", worst.releases, WANTED.releases),
        ("everything at once", worst.whole, WANTED.whole),
    ];
    println!();
    for (what, found, wanted) in rows {
        println!("beside Helm, {what}: {found:.1} times as fast, wanted are {wanted:.0}");
    }
    if rows.iter().any(|(_, found, wanted)| found < wanted) { ExitCode::FAILURE } else { ExitCode::SUCCESS }
}

/// How many times as fast as Helm an object is made.
struct Ratios {
    /// Helm renders each unit as a release of its own, as the charts are installed; endless where it was not measured.
    releases: f64,
    /// Helm renders all services of an app at once.
    whole: f64,
}

/// Measures services in apps of a size.
fn measure(helm: &Path, services: usize, size: usize, runs: usize) -> Ratios {
    let folder = tempfile::tempdir().unwrap();
    let apps: Vec<PathBuf> = (0..services.div_ceil(size))
        .map(|app| write_app(folder.path(), app, app * size..services.min((app + 1) * size)))
        .collect();
    let (mut cold, mut templated) = (Duration::MAX, Duration::MAX);
    let mut printed = 0;
    // in turns, so that a busy machine is one for both
    for _ in 0..runs {
        apps.iter().for_each(|app| clean(app));
        cold = cold.min(all(&apps, |app| bowline(app, &["generate"])));
        let began = Instant::now();
        printed = apps.iter().map(|app| template(helm, app)).sum();
        templated = templated.min(began.elapsed());
    }
    let noop = (0..runs).map(|_| all(&apps, |app| bowline(app, &["generate"]))).min().unwrap();
    let (files, objects) = count(&apps);

    println!("\n{services} services in apps of {size}: {files} files, {objects} objects; Helm prints {printed}");
    row("bowline generate, cold", cold, objects, &megabytes(held_by_bowline(&apps)));
    row("helm template", templated, printed, &megabytes(held_by_helm(helm, &apps)));
    row("bowline generate, nothing to do", noop, objects, "");
    let deployment = apps[0].join("out/many-0/local").join("s0-deployment.yaml");
    let line = format!("{}:12", deployment.strip_prefix(&apps[0]).unwrap().display());
    let mut commands = vec![vec!["status", "--offline"], vec!["check"], vec!["graph"]];
    if apps.len() == 1 {
        // each app has services of other names
        commands.extend([vec!["why", "s0"], vec!["why", &line]]);
    }
    for args in &commands {
        let time = (0..runs).map(|_| all(&apps, |app| bowline(app, args))).min().unwrap();
        row(&format!("bowline {}", args.join(" ")), time, objects, "");
    }
    let whole = per(templated, printed) / per(cold, objects);
    println!("{:<50} {whole:>9.1} times as fast", "an object of Bowline beside one of Helm");
    let mut releases = f64::INFINITY;
    if apps.len() > 1 {
        let (time, printed) = template_units(helm, &apps);
        row("helm template, a release for each unit", time, printed, "");
        releases = per(time, printed) / per(cold, objects);
        println!("{:<50} {releases:>9.1} times as fast", "an object of Bowline beside one of a release");
        let unchanged = per(time, printed) / per(noop, objects);
        println!("{:<50} {unchanged:>9.1} times as fast", "the same with nothing to do");
    }
    Ratios { releases, whole }
}

/// Every unit of the first apps templated as its own release; the time, and how many objects Helm printed.
fn template_units(helm: &Path, apps: &[PathBuf]) -> (Duration, usize) {
    let (mut time, mut printed) = (Duration::ZERO, 0);
    for app in apps.iter().take(3) {
        let name = app.file_name().unwrap().to_str().unwrap();
        let values = std::fs::read_to_string(app.join(format!("charts/{name}/values.yaml"))).unwrap();
        let keys: Vec<&str> =
            values.lines().filter(|l| !l.starts_with([' ', '#'])).filter_map(|l| l.strip_suffix(':')).collect();
        for on in &keys {
            let off: Vec<String> = keys.iter().filter(|k| *k != on).map(|k| format!("{k}.enabled=false")).collect();
            let mut command = helm_template(helm, app);
            command.args(["--set", &off.join(",")]);
            let began = Instant::now();
            let output = command.output().unwrap();
            time += began.elapsed();
            assert!(output.status.success(), "helm: {}", String::from_utf8_lossy(&output.stderr));
            printed += objects(&String::from_utf8_lossy(&output.stdout));
        }
    }
    (time, printed)
}

fn row(what: &str, time: Duration, objects: usize, memory: &str) {
    let (all, each) = (time.as_secs_f64(), per(time, objects) * 1e6);
    println!("{what:<50} {all:>8.3} s  {each:>8.1} µs per object  {memory}");
}

#[allow(clippy::cast_precision_loss, reason = "figures to print")]
fn per(time: Duration, objects: usize) -> f64 {
    time.as_secs_f64() / objects as f64
}

fn megabytes(kilobytes: u64) -> String {
    format!("{} MB", kilobytes / 1024)
}

fn all(apps: &[PathBuf], run: impl Fn(&Path)) -> Duration {
    let began = Instant::now();
    apps.iter().for_each(|app| run(app));
    began.elapsed()
}

/// Moves away what was made. Nothing is deleted before the end: a file system may look for a while at what was deleted
/// before it makes new files, which is no part of a first run.
fn clean(app: &Path) {
    static RUN: AtomicUsize = AtomicUsize::new(0);
    let gone = app.with_file_name(format!("gone-{}", RUN.fetch_add(1, Ordering::Relaxed)));
    std::fs::create_dir_all(&gone).unwrap();
    for made in MADE.iter().filter(|made| app.join(made).exists()) {
        std::fs::rename(app.join(made), gone.join(made)).unwrap();
    }
}

fn bowline(app: &Path, args: &[&str]) {
    let output = Command::new(env!("CARGO_BIN_EXE_bowline")).args(args).current_dir(app).output().unwrap();
    let said = || String::from_utf8_lossy(&output.stderr).chars().take(4000).collect::<String>();
    assert!(output.status.success(), "bowline {args:?}: {}\n{}", output.status, said());
}

fn helm_template(helm: &Path, app: &Path) -> Command {
    let name = app.file_name().unwrap().to_str().unwrap();
    let mut command = Command::new(helm);
    command.args(["template", name, &format!("charts/{name}")]).current_dir(app);
    command
}

/// Gives the number of objects that Helm printed.
fn template(helm: &Path, app: &Path) -> usize {
    let output = helm_template(helm, app).output().unwrap();
    assert!(output.status.success(), "helm: {}", String::from_utf8_lossy(&output.stderr));
    objects(&String::from_utf8_lossy(&output.stdout))
}

fn objects(text: &str) -> usize {
    text.lines().filter(|l| l.starts_with("kind: ") && *l != "kind: Kustomization").count()
}

/// Generated files, and the objects in the manifests.
fn count(apps: &[PathBuf]) -> (usize, usize) {
    let (mut number, mut found) = (0, 0);
    for app in apps {
        let mut folders = vec![app.join("out"), app.join("charts")];
        while let Some(folder) = folders.pop() {
            for path in std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().path()) {
                if path.is_dir() {
                    folders.push(path);
                    continue;
                }
                number += 1;
                if path.starts_with(app.join("out")) {
                    found += objects(&std::fs::read_to_string(path).unwrap());
                }
            }
        }
    }
    (number, found)
}

/// The most that a process of its own held while it generated the largest app anew, in kilobytes.
fn held_by_bowline(apps: &[PathBuf]) -> u64 {
    clean(&apps[0]);
    let output = Command::new(std::env::current_exe().unwrap()).arg("--held").arg(&apps[0]).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8_lossy(&output.stdout);
    said.lines().last().and_then(|l| l.parse().ok()).unwrap()
}

/// Generates in this very process, which has done nothing else.
fn held(folder: &str) -> u64 {
    let arguments = ["bowline", "--directory", folder, "generate"].map(Into::into);
    assert_eq!(bowline::face::run::run(arguments), bowline::face::exit::Exit::Done);
    peak("self")
}

/// The same for Helm. It prints when everything is rendered, and waits with all it holds while nobody reads on.
fn held_by_helm(helm: &Path, apps: &[PathBuf]) -> u64 {
    let mut child = helm_template(helm, &apps[0]).stdout(Stdio::piped()).spawn().unwrap();
    let mut out = child.stdout.take().unwrap();
    out.read_exact(&mut [0]).unwrap();
    let held = peak(&child.id().to_string());
    std::io::copy(&mut out, &mut std::io::sink()).unwrap();
    child.wait().unwrap();
    held
}

/// `VmHWM` of Linux.
fn peak(process: &str) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = status.lines().find(|l| l.starts_with("VmHWM:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// An app with a constitution, and a spec and tasks for every few services.
fn write_app(folder: &Path, number: usize, services: std::ops::Range<usize>) -> PathBuf {
    let app = format!("many-{number}");
    let root = folder.join(&app);
    let write = |path: &str, text: &str| {
        let path = root.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, text).unwrap();
    };
    write(
        "constitution.md",
        "# Rules\n\n## Core Principles\n\n### I. Images\n- Every image names its version; `latest` must never be used.\n",
    );
    let numbers: Vec<usize> = services.collect();
    for (feature, mine) in numbers.chunks(FEW).enumerate() {
        let mut spec = format!("# Feature {feature}\n\n## Requirements\n\n");
        for (at, service) in mine.iter().enumerate() {
            writeln!(spec, "- **FR-{:03}**: Service {service} does its part of the work.", at + 1).unwrap();
        }
        spec.push_str("\n```yaml bowline\n");
        if feature == 0 {
            writeln!(spec, "app: {{ name: {app}, host: {app}.local }}\nenvironments: {{ local: {{}} }}").unwrap();
        }
        spec.push_str("services:\n");
        for (at, service) in mine.iter().enumerate() {
            spec.push_str(&service_block(at, *service, mine[0]));
        }
        write!(spec, "resources:\n  db{}: {{ type: postgres }}\n```\n", mine[0]).unwrap();
        write(&format!("specs/feature-{feature:04}.md"), &spec);
        write(&format!("tasks/feature-{feature:04}.md"), &format!("# Tasks: Feature {feature}\n"));
    }
    bowline(&root, &["tasks"]);
    root
}

/// A service of one kind or another: pages, interfaces, workers, one with a volume, jobs.
fn service_block(at: usize, service: usize, first: usize) -> String {
    let requirement = format!("# FR-{:03}", at + 1);
    let mut text = format!("  s{service}:  {requirement}\n    image: registry.local/s{service}:1.27.3\n");
    text.push_str("    environment: { LEVEL: info, REGION: north }\n");
    let web = "    ports: [8080]\n    readinessProbe: /ready\n    livenessProbe: /live\n";
    let scaled = "    autoscaling: { minReplicas: 2, maxReplicas: 4, cpu: 70 }\n";
    let more = match at % 10 {
        0..=3 => format!(
            "{web}{scaled}    secrets: {{ API_KEY: {{ secretName: keys, key: s{service} }} }}\n    dependsOn: [db{first}]\n"
        ),
        4 => format!("{web}{scaled}    ingress: /s{service}\n    dependsOn: [s{}]\n", service - 4),
        5 => format!(
            "    replicas: 2\n    dependsOn: [s{}]\n    files: {{ /etc/worker.toml: {{ content: \"threads = 4\" }} }}\n",
            service - 4
        ),
        6 => format!("{web}    volumes: {{ /data: 1Gi }}\n"),
        7 => "    kind: CronJob\n    schedule: \"0 3 * * *\"\n    command: clean --old\n".to_owned(),
        8 => format!("    kind: Job\n    command: prepare\n    dependsOn: [db{first}]\n"),
        _ => format!(
            "{web}    metrics: /metrics\n    egress: [api.example.org:443]\n    dependsOn: [s{}]\n",
            service - 3
        ),
    };
    text + &more
}
