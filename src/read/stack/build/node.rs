//! Node.js: npm, pnpm or yarn; Next.js, servers, and pages that are built.

use serde_json::json;

use super::Look;
use crate::read::stack::node::{self, Package};
use crate::read::stack::sources::quoted;

const LOCKS: &[(&str, &str)] = &[
    ("package-lock.json", "npm"),
    ("npm-shrinkwrap.json", "npm"),
    ("pnpm-lock.yaml", "pnpm"),
    ("yarn.lock", "yarn"),
    ("bun.lock", "bun"),
    ("bun.lockb", "bun"),
];

/// Settings of package managers that may hold a token.
const SETTINGS: &[&str] = &[".npmrc", ".yarnrc", ".yarnrc.yml"];

pub(super) fn look(look: &mut Look<'_>) {
    let Some(package) = package(look) else { return };
    install(look, &package);
    if look.stack.framework.as_deref() == Some("nextjs") {
        look.start(&["node", "server.js"], "package.json");
        for route in ["app/api/health/route.ts", "src/app/api/health/route.ts", "app/api/health/route.js"] {
            if look.has(route) {
                look.stack.health = Some("/api/health".to_owned());
                look.see("health", route);
                break;
            }
        }
        if package.script("build").is_none() {
            let fix = "add `\"build\": \"next build\"` to the scripts";
            look.lack(
                "build-entrypoint",
                "has no script `build` in `package.json`",
                "nothing says how to build",
                fix,
                "",
            );
        }
        return;
    }
    server(look, &package);
}

fn package(look: &mut Look<'_>) -> Option<Package> {
    let package = Package::read(&look.files, "");
    if package.is_none() {
        let fix = "add one (`npm init`), or correct the one that is there";
        look.lack("build-lock", "has no `package.json` that can be read", "nothing says what is installed", fix, "");
    }
    package
}

fn install(look: &mut Look<'_>, package: &Package) {
    look.stack.version = node::version(&look.files, "", package).map(|v| v.value);
    let said = package.manager();
    let manager = look.manager(LOCKS, said.as_ref().map(|(n, _)| (n.clone(), "package.json")), "npm");
    let (lock, command) = match manager.as_str() {
        "pnpm" => ("pnpm-lock.yaml", "pnpm install --lockfile-only"),
        "yarn" => ("yarn.lock", "yarn install"),
        "npm" if look.has("npm-shrinkwrap.json") => ("npm-shrinkwrap.json", ""),
        "npm" => ("package-lock.json", "npm install --package-lock-only"),
        other => {
            let what = format!("is installed by {other}, which Bowline has no template for");
            let fix = "write the lock file of npm, pnpm or yarn, or name your own Dockerfile (`build: { context: …, dockerfile: Dockerfile }`)";
            look.lack("build-lock", &what, "no lock file of npm, pnpm or yarn", fix, "packageManager");
            return;
        }
    };
    if !look.has(lock) {
        let what = format!("has no `{lock}`, which {manager} installs from");
        let fix = format!("run `{command}` in that folder, and commit `{lock}`");
        look.lack("build-lock", &what, "nothing says which versions are installed", fix, "");
    }
    let said = said.and_then(|(name, version)| version.filter(|_| name == manager));
    let text = look.text(lock);
    match manager.as_str() {
        "pnpm" => {
            let old = text.lines().find(|l| l.starts_with("lockfileVersion")).is_some_and(|l| l.contains("6."));
            let version = said.unwrap_or_else(|| if old { "8.15.9" } else { "9.15.4" }.to_owned());
            look.fact("managerVersion", version, lock);
        }
        "yarn" => {
            // the lock files of Yarn 2 and later begin with their own version
            let format = text.lines().skip_while(|l| *l != "__metadata:").nth(1);
            let number = format.and_then(|l| l.trim().strip_prefix("version: ")?.parse::<u32>().ok());
            let classic = said.as_deref().map_or(number.is_none(), |v| v.starts_with("1."));
            let default = match number {
                None => "1.22.22",
                Some(..8) => "3.8.7",
                Some(_) => "4.6.0",
            };
            look.fact("managerVersion", said.unwrap_or_else(|| default.to_owned()), lock);
            look.fact("classic", classic, lock);
        }
        _ => {}
    }
    let plain: Vec<&str> = SETTINGS.iter().copied().filter(|s| look.has(s) && !holds_token(&look.text(s))).collect();
    look.manifests(["package.json", lock, "pnpm-workspace.yaml"].into_iter().chain(plain.clone()), lock);
    look.fact("settings", json!(plain), "package.json");
    look.fact("build", package.script("build").is_some(), "package.json");
}

fn holds_token(settings: &str) -> bool {
    let lower = settings.to_lowercase();
    ["_auth", "_password", "authtoken", "authident"].iter().any(|w| lower.contains(w))
}

/// The program that `start` runs, without a shell and without npm between it and the signals where that can be.
fn server(look: &mut Look<'_>, package: &Package) {
    if let Some(script) = package.script("start") {
        let words = direct(&script.value);
        look.start(&words.unwrap_or_else(|| vec!["npm".to_owned(), "start".to_owned()]), "package.json");
        return;
    }
    let main = package.main();
    let files =
        main.iter().map(String::as_str).chain(["server.js", "index.js", "app.js", "src/server.js", "src/index.js"]);
    let found: Option<String> = files.into_iter().find(|f| look.has(f)).map(str::to_owned);
    match found {
        Some(file) => look.start(&["node", &file], &file),
        None => {
            let fix = "add a script `start` to `package.json`, or `runtime: { entrypoint: node <file> }`";
            let what = "has no script `start` in `package.json`, and no `main`";
            look.lack("build-entrypoint", what, "nothing says what to start", fix, "entrypoint");
        }
    }
}

/// The words of a script that needs no shell. A file of variables is not in the image; `NODE_ENV` is set there.
fn direct(script: &str) -> Option<Vec<String>> {
    if script.contains(['|', '&', ';', '<', '>', '$', '`', '"', '\'', '(', '*', '\\']) {
        return None;
    }
    let mut words = Vec::new();
    let mut all = script.split_whitespace();
    while let Some(word) = all.next() {
        if word.starts_with("--env-file") {
            if !word.contains('=') {
                all.next();
            }
        } else if words.is_empty() && word.contains('=') {
            if word != "NODE_ENV=production" {
                return None;
            }
        } else {
            words.push(word.to_owned());
        }
    }
    // npm and friends start a program of the packages themselves
    let program = words.first()?;
    (!matches!(program.as_str(), "npm" | "npx" | "pnpm" | "yarn" | "cross-env" | "bun")).then_some(words)
}

/// Tools that build a page, with the folder that they write.
const BUILDERS: &[(&str, &str)] =
    &[("vite", "dist"), ("react-scripts", "build"), ("astro", "dist"), ("@angular/core", "dist")];

/// A page: files as they are, or built by a tool.
pub(super) fn page(look: &mut Look<'_>) {
    look.stack.health = Some("/".to_owned());
    if !look.has("package.json") {
        look.fact("target", ".", "index.html");
        if !look.has("index.html") {
            let fix = "add `index.html`, or name the folder of your page: `build: <folder>`";
            look.lack("build-entrypoint", "has no `index.html`", "nothing to serve", fix, "target");
        }
        return;
    }
    let Some(package) = package(look) else { return };
    install(look, &package);
    if package.script("build").is_none() {
        look.fact("target", ".", "package.json");
        return;
    }
    let all = package.all_packages();
    let builder = BUILDERS.iter().find(|(name, _)| all.contains(*name));
    let config = ["vite.config.ts", "vite.config.js", "vite.config.mjs", "astro.config.mjs"];
    let said = config.iter().find_map(|file| {
        let text = look.text(file);
        let line = text.lines().find(|l| l.contains("outDir:"))?;
        Some((quoted(line.split_once("outDir:")?.1)?.trim_start_matches("./").to_owned(), *file))
    });
    match (said, builder) {
        (Some((folder, file)), _) => look.fact("target", folder, file),
        (None, Some(("@angular/core", _))) => {
            let name = package.name().map(|n| n.value).unwrap_or_default();
            look.fact("target", format!("dist/{name}/browser"), "package.json");
        }
        (None, Some((_, folder))) => look.fact("target", *folder, "package.json"),
        (None, None) => {
            let fix = "add `runtime: { target: <folder> }` with the folder that `build` writes";
            look.lack(
                "build-entrypoint",
                "has a script `build`, and nothing says where it writes",
                "which folder?",
                fix,
                "target",
            );
        }
    }
    // one page whose own code reads the path; Astro writes a file for each
    let single = builder.is_some_and(|(name, _)| *name != "astro");
    look.fact("single", single, "package.json");
    look.fact("vite", all.contains("vite"), "package.json");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scripts_that_need_no_shell() {
        let words = |script: &str| direct(script).map(|w| w.join(" "));
        assert_eq!(
            words("NODE_ENV=production node --env-file=.env dist/main.js").as_deref(),
            Some("node dist/main.js")
        );
        assert_eq!(words("node --env-file .env .").as_deref(), Some("node ."));
        assert_eq!(words("tsx src/server.ts").as_deref(), Some("tsx src/server.ts"));
        for script in ["npm run serve", "node a.js && node b.js", "PORT=80 node a.js", "node $X"] {
            assert_eq!(words(script), None, "{script}");
        }
        assert!(holds_token("//registry.example/:_authToken=x"));
        assert!(!holds_token("engine-strict=true\n"));
    }
}
