//! What a folder of sources is made with: framework, package manager, entry point. Looks at a few well-known
//! files and says what it saw; a spec can say otherwise.

pub mod component;
pub mod docker;
pub mod health;
pub mod names;
pub mod node;
pub mod other;
pub mod python;
pub mod sealed;
pub mod sources;
pub mod survey;
pub mod version;

use std::collections::BTreeMap;
use std::path::Path;

use crate::base::fs;

pub use sealed::Sealed;

/// What was found in one build context.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stack {
    /// `fastapi` or `nextjs`; `None` when nothing known was found.
    pub framework: Option<String>,
    pub package_manager: Option<String>,
    /// Program and arguments that start it.
    pub entrypoint: Vec<String>,
    /// Path of a health route that the framework serves, where one is visible.
    pub health: Option<String>,
    /// For each field above, the file that gave it.
    pub evidence: BTreeMap<String, String>,
    /// Whether the folder exists.
    pub exists: bool,
    /// Whether the path is that of a file.
    pub is_file: bool,
    /// What a file says that is a SealedSecret.
    pub sealed: Option<Sealed>,
}

/// Looks at `root/context`. An unreadable file counts as absent: the build says more about it than we could.
pub fn detect(root: &Path, context: &str) -> Stack {
    let mut stack = Stack::default();
    let Ok(folder) = fs::inside(root, context) else { return stack };
    stack.exists = folder.is_dir();
    stack.is_file = folder.is_file();
    if stack.is_file {
        // what is larger than a Secret can be is none
        let small = folder.metadata().is_ok_and(|m| m.len() <= 1024 * 1024);
        stack.sealed = small.then(|| fs::read(&folder).ok()).flatten().and_then(|text| sealed::read(&text));
        return stack;
    }
    let text = |name: &str| fs::read(&folder.join(name)).unwrap_or_default();
    let see = |stack: &mut Stack, what: &str, file: &str| {
        stack.evidence.insert(what.to_owned(), format!("{context}/{file}"));
    };
    let package = text("package.json");
    if package.contains("\"next\"") {
        stack.framework = Some("nextjs".to_owned());
        see(&mut stack, "framework", "package.json");
        stack.package_manager = Some("npm".to_owned());
        stack.entrypoint = vec!["node".to_owned(), "server.js".to_owned()];
        for route in ["app/api/health/route.ts", "src/app/api/health/route.ts", "app/api/health/route.js"] {
            if folder.join(route).is_file() {
                stack.health = Some("/api/health".to_owned());
                see(&mut stack, "health", route);
                break;
            }
        }
        return stack;
    }
    let Some(file) =
        ["requirements.txt", "pyproject.toml"].into_iter().find(|f| text(f).to_lowercase().contains("fastapi"))
    else {
        return stack;
    };
    stack.framework = Some("fastapi".to_owned());
    see(&mut stack, "framework", file);
    stack.package_manager = Some("pip".to_owned());
    if let Some((module, file)) = fastapi_module(&folder) {
        see(&mut stack, "entrypoint", &file);
        stack.entrypoint =
            ["uvicorn", &format!("{module}:app"), "--host", "0.0.0.0", "--port", "8000"].map(str::to_owned).to_vec();
    }
    stack
}

/// The module with `app = FastAPI(` or a function that makes one: `main.py`, or `main.py` of a package.
fn fastapi_module(folder: &Path) -> Option<(String, String)> {
    let mut candidates = vec!["main.py".to_owned(), "app.py".to_owned()];
    let mut packages: Vec<String> = std::fs::read_dir(folder)
        .ok()?
        .filter_map(Result::ok)
        .filter(|e| e.path().join("main.py").is_file())
        .filter_map(|e| e.file_name().into_string().ok())
        .collect();
    packages.sort();
    candidates.extend(packages.into_iter().map(|p| format!("{p}/main.py")));
    candidates.into_iter().find_map(|file| {
        let text = fs::read(&folder.join(&file)).ok()?;
        text.lines()
            .any(|l| l.starts_with("app =") || l.starts_with("app:"))
            .then(|| (file.trim_end_matches(".py").replace('/', "."), file.clone()))
    })
}
