//! Small apps of every stack: the generated Dockerfile builds, its image runs without root and without a disk, tells that
//! it is healthy, carries its labels, holds no secret, and is small. hadolint finds nothing in any of them.

mod common;

use std::path::Path;
use std::process::Command;

use common::cluster::docker;
use common::images::{Bench, RESTRICTED, cannot_write, healthy, inside, inspect};
use common::{Space, tools};

/// Stands in `.env` and in a file of npm's; must be in no layer.
const CANARY: &str = "canary-5f1d7a";

struct App {
    /// Folder of `tests/images_apps`.
    name: &'static str,
    port: u16,
    /// Path of the health route; empty where only the port tells.
    health: &'static str,
    framework: &'static str,
    manager: &'static str,
    /// More fields of the service.
    more: &'static str,
    /// Variables that the program insists on.
    variables: &'static [(&'static str, &'static str)],
    /// Whether the program has nothing that ends it by a signal: the first process of a container gets no default.
    deaf: bool,
    /// Most megabytes beyond the base image: those of the constitution for a backend or a page.
    most: f64,
}

const APP: App = App {
    name: "",
    port: 8080,
    health: "",
    framework: "",
    manager: "",
    more: "",
    variables: &[],
    deaf: false,
    most: 200.0,
};

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
    App { name: "fastapi-uv", port: 8000, health: "/health", framework: "fastapi", manager: "uv", ..APP },
    App {
        name: "django-poetry",
        port: 8000,
        health: "/health/",
        framework: "django",
        manager: "poetry",
        variables: &[("SHOP_KEY", "x")],
        ..APP
    },
    App { name: "python-pip", port: 5000, health: "/health", framework: "python", manager: "pip", ..APP },
    App { name: "python-worker", port: 9000, framework: "python", manager: "pip", ..APP },
    App { name: "express-npm", port: 3000, health: "/health", framework: "express", manager: "npm", ..APP },
    App { name: "express-yarn", port: 3000, framework: "express", manager: "yarn", ..APP },
    App { name: "node-pnpm", port: 4000, health: "/health", framework: "node", manager: "pnpm", ..APP },
    App { name: "nextjs-pnpm", port: 3000, framework: "nextjs", manager: "pnpm", most: 150.0, ..APP },
    App { name: "nextjs-yarn", port: 3000, framework: "nextjs", manager: "yarn", most: 150.0, ..APP },
    App { name: "static-plain", framework: "static", manager: "", most: 150.0, ..APP },
    App { name: "static-vite", framework: "static", manager: "npm", most: 150.0, ..APP },
    App { name: "go-api", health: "/health", framework: "go", ..APP },
    App { name: "rust-api", health: "/health", framework: "rust", deaf: true, ..APP },
    App { name: "java-api", framework: "java", manager: "maven", ..APP },
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
