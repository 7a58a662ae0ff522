//! Small apps of every stack: the generated Dockerfile builds, its image runs without root and without a disk, tells that
//! it is healthy, carries its labels, holds no secret, and is small. hadolint finds nothing in any of them.

mod common;

use std::path::Path;
use std::process::Command;

use common::cluster::docker;
use common::images::{Bench, RESTRICTED, cannot_write, healthy, inside, inspect};
use common::poll::until;
use common::{Space, tools};
use serde_json::Value;

/// Stands in `.env` and in a file of npm's; must be in no layer.
const CANARY: &str = "canary-5f1d7a";

struct App {
    /// Folder of `tests/images_apps`.
    name: &'static str,
    port: u16,
    /// Path of the health route; empty where only the port tells.
    health: &'static str,
    /// More fields of the service.
    more: &'static str,
    /// Variables that the program insists on.
    variables: &'static [(&'static str, &'static str)],
    /// Whether the program has nothing that ends it by a signal: the first process of a container gets no default.
    deaf: bool,
    /// Most megabytes beyond the base image: those of the constitution for a backend or a page.
    most: f64,
}

const APP: App = App { name: "", port: 8080, health: "", more: "", variables: &[], deaf: false, most: 200.0 };

/// A repository with the app in `app/`, and everything generated.
fn generated(app: &App) -> Space {
    let space = Space::empty();
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images_apps").join(app.name);
    for file in ignore::WalkBuilder::new(&source).hidden(false).require_git(false).build().map(Result::unwrap) {
        if file.file_type().is_some_and(|t| t.is_file()) {
            let name = file.path().strip_prefix(&source).unwrap().to_str().unwrap();
            space.write(&format!("app/{name}"), std::fs::read(file.path()).unwrap());
        }
    }
    space.write("app/.env", format!("SECRET={CANARY}\n"));
    space.write("app/.npmrc", format!("//registry.example/:_authToken={CANARY}\n"));
    space.write("app/certificate.key", CANARY);
    space.write("constitution.md", common::CONSTITUTION);
    let probe = if app.health.is_empty() { String::new() } else { format!("    livenessProbe: {}\n", app.health) };
    let block = format!(
        "app: {{ name: small }}\nservices:\n  web:\n    build: app   # FR-001\n    ports: [{}]\n{probe}{}",
        app.port, app.more
    );
    space.write(
        "specs/small.md",
        format!("# Small\n\n- **FR-001**: The web service answers.\n\n```yaml bowline\n{block}```\n"),
    );
    space.write("tasks/small.md", "# Tasks: small\n");
    space.run(&["tasks"]).exits(0);
    space.run(&["generate"]).exits(0);
    space
}

const FILE: &str = "out/small/images/web/Dockerfile";

/// Builds the app's image as `bowline up` does, runs it as the cluster does, and looks at it.
fn works(app: &App) {
    let space = generated(app);
    let dockerfile = space.read(FILE);
    let tag = format!("bowline-test/{}:{}", app.name, std::process::id());
    let mut command = Command::new("docker");
    command.args(["build", "--network", "host", "--tag", &tag, "--file", FILE, "app"]);
    command.current_dir(space.path()).env("DOCKER_BUILDKIT", "1");
    tools::run_command(command, None).exits(0);

    let seen = inspect("image", &tag);
    let labels = &seen["Config"]["Labels"];
    assert!(labels["bowline.dev/task"].as_str().is_some_and(|t| t.starts_with('T')), "{labels}");
    assert_eq!(labels["org.opencontainers.image.title"], "small/web");
    assert_eq!(seen["Config"]["User"], "10001:10001", "{dockerfile}");

    let base = dockerfile.lines().rev().find_map(|l| l.strip_prefix("FROM ")).unwrap().split(' ').next().unwrap();
    let size = |image: &serde_json::Value| image["Size"].as_f64().unwrap() / 1e6;
    let (all, below) = (size(&seen), size(&inspect("image", base)));
    tools::note(&format!("image {}: {all:.0} MB, {:.1} MB on top of {base}", app.name, all - below));
    assert!(all - below < app.most, "{} MB beyond {base}", all - below);

    let bench = Bench::new(app.name);
    let variables: Vec<String> =
        app.variables.iter().flat_map(|(k, v)| ["--env".to_owned(), format!("{k}={v}")]).collect();
    let mut options = RESTRICTED.to_vec();
    options.extend(variables.iter().map(String::as_str));
    let web = bench.start("web", &tag, &options, &[]);
    healthy(&web);
    cannot_write(&web);
    // every layer, byte by byte
    let mut search = Command::new("sh");
    search.args(["-c", "docker save \"$1\" | grep -c -a -F \"$2\"", "sh", &tag, CANARY]);
    let found = tools::run_command(search, None);
    assert_eq!((found.code, found.out.trim()), (1, "0"), "a secret is in a layer\n{dockerfile}\n{}", found.err);
    assert_ne!(inside(&web, &["test", "-e", "/app/.env"]).code, 0);

    // the program gets the signal, and ends by itself
    docker(&["stop", "--time", if app.deaf { "1" } else { "30" }, &web]).exits(0);
    let code = inspect("container", &web)["State"]["ExitCode"].as_i64().unwrap();
    assert!(app.deaf || code != 137, "{} had to be killed", app.name);
    docker(&["image", "rm", "--force", &tag]).exits(0);
}

const APPS: &[App] = &[
    App { name: "fastapi-uv", port: 8000, health: "/health", ..APP },
    App { name: "django-poetry", port: 8000, health: "/health/", variables: &[("SHOP_KEY", "x")], ..APP },
    App { name: "python-pip", port: 5000, health: "/health", ..APP },
    App { name: "python-worker", port: 9000, ..APP },
    App { name: "express-npm", port: 3000, health: "/health", ..APP },
    App { name: "express-yarn", port: 3000, ..APP },
    App { name: "node-pnpm", port: 4000, health: "/health", ..APP },
    App { name: "nextjs-pnpm", port: 3000, most: 150.0, ..APP },
    App { name: "nextjs-yarn", port: 3000, most: 150.0, ..APP },
    App { name: "static-plain", most: 150.0, ..APP },
    App { name: "static-vite", most: 150.0, ..APP },
    App { name: "go-api", health: "/health", ..APP },
    App { name: "rust-api", health: "/health", deaf: true, ..APP },
    App { name: "java-api", ..APP },
];

fn app(name: &str) -> &'static App {
    APPS.iter().find(|a| a.name == name).unwrap()
}

macro_rules! stacks {
    ($($test:ident: $name:literal,)*) => {
        $(
            #[test]
            #[ignore = "needs docker: tests/run images"]
            fn $test() {
                works(app($name));
            }
        )*
    };
}

stacks! {
    images_fastapi_with_uv: "fastapi-uv",
    images_django_with_poetry: "django-poetry",
    images_flask_with_pip: "python-pip",
    images_python: "python-worker",
    images_express_with_npm: "express-npm",
    images_express_with_yarn: "express-yarn",
    images_node_built_with_pnpm: "node-pnpm",
    images_nextjs_with_pnpm: "nextjs-pnpm",
    images_nextjs_with_yarn: "nextjs-yarn",
    images_static: "static-plain",
    images_static_built_with_vite: "static-vite",
    images_go: "go-api",
    images_rust: "rust-api",
    images_java_with_maven: "java-api",
}

/// Rules of hadolint that generated Dockerfiles break on purpose, with the reason. There is none.
const ACCEPTED: &[(&str, &str)] = &[];

#[test]
#[ignore = "needs hadolint: tests/run images"]
fn images_hadolint_finds_nothing() {
    let Some(hadolint) = tools::find_or_skip("hadolint", "images_hadolint_finds_nothing") else { return };
    let mut found = Vec::new();
    let mut lint = |name: &str, folder: &Path, file: &str| {
        let mut command = Command::new(&hadolint);
        for (rule, _) in ACCEPTED {
            command.args(["--ignore", rule]);
        }
        command.args(["--failure-threshold", "style", "--no-color", file]).current_dir(folder);
        let ran = tools::run_command(command, None);
        if ran.code != 0 {
            found.push(format!("{name}\n{}{}", ran.out, ran.err));
        }
    };
    for app in APPS {
        lint(app.name, generated(app).path(), FILE);
    }
    for unit in ["backend", "frontend"] {
        let file = format!("out/todo/images/{unit}/Dockerfile");
        lint(unit, Path::new(env!("CARGO_MANIFEST_DIR")), &file);
    }
    tools::note(&format!("hadolint: {} Dockerfiles, {} findings", APPS.len() + 2, found.len()));
    assert!(found.is_empty(), "{}", found.join("\n"));
}

/// The `dev` profile of compose.yaml, started as Compose would, answers, and answers otherwise after an edit.
fn reloads(app: &App, path: &str, file: &str, old: &str, new: &str) {
    let space = generated(app);
    let compose: Value = serde_yaml::from_str(&space.read("out/small/compose.yaml")).unwrap();
    let dev = &compose["services"]["web-dev"];
    let words = |value: &Value| -> Vec<String> {
        value.as_array().into_iter().flatten().map(|w| w.as_str().unwrap().to_owned()).collect()
    };
    let tag = format!("bowline-test/dev-{}:{}", app.name, std::process::id());
    let mut command = Command::new("docker");
    command.args(["build", "--network", "host", "--tag", &tag, "--file", FILE]);
    if let Some(stage) = dev["build"]["target"].as_str() {
        command.args(["--target", stage]);
    }
    command.arg("app").current_dir(space.path()).env("DOCKER_BUILDKIT", "1");
    tools::run_command(command, None).exits(0);

    assert_eq!(dev["user"], "${DEV_USER:-1000:1000}");
    // a temporary folder is its owner's alone
    std::fs::set_permissions(space.path(), std::os::unix::fs::PermissionsExt::from_mode(0o755)).unwrap();
    let mut options = vec!["--user".to_owned(), "1000:1000".into(), "--cap-drop".into(), "ALL".into()];
    for folder in words(&dev["tmpfs"]) {
        options.extend(["--tmpfs".into(), folder]);
    }
    for volume in words(&dev["volumes"]) {
        // Compose counts from the folder of its file
        let volume = volume.replace("../../app:", &format!("{}:", space.join("app").display()));
        options.extend(["--volume".into(), volume]);
    }
    for (name, value) in dev["environment"].as_object().into_iter().flatten() {
        options.extend(["--env".into(), format!("{name}={}", value.as_str().unwrap())]);
    }
    let entrypoint = words(&dev["entrypoint"]);
    if let Some(program) = entrypoint.first() {
        options.extend(["--entrypoint".into(), program.clone()]);
    }
    let bench = Bench::new(&format!("dev-{}", app.name));
    let options: Vec<&str> = options.iter().map(String::as_str).collect();
    let rest: Vec<&str> = entrypoint.iter().skip(1).map(String::as_str).collect();
    let web = bench.start("web", &tag, &options, &rest);
    let url = format!("http://web:{}{path}", app.port);
    let ask = |text: &str| {
        until(&format!("{url} says {text}"), || {
            assert_eq!(inspect("container", &web)["State"]["Running"], true, "{:?}", docker(&["logs", &web]));
            // a browser on this machine says localhost
            let wget = ["busybox:1.36", "wget", "-q", "-O", "-", "--header", "Host: localhost", &url];
            let asked = docker(&[&["run", "--rm", "--network", &bench.name][..], &wget].concat());
            asked.out.contains(text).then_some(())
        });
    };
    ask(old);
    space.edit(&format!("app/{file}"), old, new);
    ask(new);
    docker(&["rm", "--force", "--volumes", &web]);
    docker(&["image", "rm", "--force", &tag]).exits(0);
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_dev_fastapi_reloads() {
    reloads(app("fastapi-uv"), "/health", "src/notes/main.py", "ok", "fine");
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_dev_express_reloads() {
    reloads(app("express-npm"), "/health", "index.js", "ok", "fine");
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_dev_nextjs_reloads() {
    reloads(app("nextjs-pnpm"), "/", "app/page.jsx", "Notes", "Pages");
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_dev_static_shows_the_files() {
    reloads(app("static-plain"), "/", "index.html", "Notes", "Pages");
}

#[test]
#[ignore = "needs docker: tests/run images"]
fn images_dev_vite_reloads() {
    reloads(app("static-vite"), "/src/main.js", "src/main.js", "Board", "Table");
}

/// Every app has a test, and every test an app.
#[test]
fn every_app_is_a_stack() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/images_apps");
    let mut there: Vec<String> =
        std::fs::read_dir(folder).unwrap().map(|e| e.unwrap().file_name().into_string().unwrap()).collect();
    there.sort();
    let mut known: Vec<&str> = APPS.iter().map(|a| a.name).collect();
    known.sort_unstable();
    assert_eq!(there, known);
}
