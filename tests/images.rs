//! The generated Dockerfiles build, and their images run as they run in the cluster: without root and without a disk to write to.

mod common;

use std::path::Path;
use std::process::Command;

use common::cluster::docker;
use common::images::{Bench, RESTRICTED, cannot_write, healthy, inside, inspect};
use common::poll::until;
use common::tools;
use serde_json::Value;

/// Builds the image of a unit as `bowline up` does, and gives its name.
fn build(unit: &str) -> String {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let file = format!("out/todo/images/{unit}/Dockerfile");
    let tag = format!("bowline-test/{unit}:{}", std::process::id());
    let mut command = Command::new("docker");
    command.args(["build", "--tag", &tag, "--file", &file, &format!("app/{unit}")]);
    command.current_dir(root).env("DOCKER_BUILDKIT", "1");
    tools::run_command(command, None).exits(0);
    tag
}

/// What must hold of every image.
fn honest(unit: &str, image: &str) {
    let seen = inspect("image", image);
    let task = seen["Config"]["Labels"]["bowline.dev/task"].as_str().unwrap_or_default();
    let number = task.strip_prefix('T').and_then(|n| n.parse::<u32>().ok());
    assert!(number.is_some(), "{unit} carries no task: {}", seen["Config"]["Labels"]);

    let user = seen["Config"]["User"].as_str().unwrap_or_default();
    let id = user.split(':').next().and_then(|u| u.parse::<u32>().ok());
    assert!(id.is_some_and(|id| id != 0), "{unit} names no user by a number that is not 0: {user}");

    let dockerfile = format!("{}/out/todo/images/{unit}/Dockerfile", env!("CARGO_MANIFEST_DIR"));
    let text = std::fs::read_to_string(dockerfile).unwrap();
    let base = text.lines().rev().find_map(|l| l.strip_prefix("FROM ")).unwrap().split(' ').next().unwrap();
    let size = |image: &Value| image["Size"].as_f64().unwrap() / 1e6;
    let (all, below) = (size(&seen), size(&inspect("image", base)));
    tools::note(&format!("image {unit}: {all:.0} MB, {:.0} MB on top of {base}", all - below));
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_backend_builds_runs_migrates_and_is_healthy() {
    let image = build("backend");
    honest("backend", &image);
    let bench = Bench::new("backend");
    let postgres = ["--env", "POSTGRES_USER=todo", "--env", "POSTGRES_PASSWORD=secret", "--env", "POSTGRES_DB=todo"];
    let database = bench.start("database", "postgres:16.4-alpine3.20", &postgres, &[]);
    until("the database answers", || {
        // over the network: while it initialises itself it answers on its socket only
        let ready = inside(&database, &["pg_isready", "--host", "127.0.0.1", "--username", "todo"]);
        (ready.code == 0).then_some(())
    });
    let url = ["--env", "DATABASE_URL=postgresql://todo:secret@database:5432/todo"];
    let options = [&RESTRICTED[..], &url].concat();
    let backend = bench.start("backend", &image, &options, &[]);
    healthy(&backend);
    cannot_write(&backend);

    let ask = |path: &str| {
        let code = "import sys, urllib.request; print(urllib.request.urlopen(sys.argv[1], timeout=5).status)";
        inside(&backend, &["python3", "-c", code, &format!("http://127.0.0.1:8000{path}")])
    };
    assert_ne!(ask("/health/ready").code, 0, "ready before the schema is there");
    let fixed = ["run", "--rm", "--network", &bench.name];
    let migrate = [&fixed[..], &options, &[&image, "alembic", "upgrade", "head"]].concat();
    docker(&migrate).exits(0);
    until("the backend is ready", || (ask("/health/ready").code == 0).then_some(()));
    assert_eq!(ask("/api/tasks").exits(0).out.trim(), "200");

    // it drains, and is not killed
    docker(&["stop", "--time", "30", &backend]).exits(0);
    assert_eq!(inspect("container", &backend)["State"]["ExitCode"], 0, "{:?}", docker(&["logs", &backend]));
    docker(&["image", "rm", "--force", &image]).exits(0);
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_frontend_builds_runs_and_is_healthy() {
    let image = build("frontend");
    honest("frontend", &image);
    let bench = Bench::new("frontend");
    let frontend = bench.start("frontend", &image, &RESTRICTED, &[]);
    healthy(&frontend);
    cannot_write(&frontend);
    let code = "fetch(process.argv[1]).then(r => r.text()).then(t => console.log(t))";
    inside(&frontend, &["node", "-e", code, "http://127.0.0.1:3000/"]).exits(0).says(&["<html"]);
    docker(&["image", "rm", "--force", &image]).exits(0);
}
