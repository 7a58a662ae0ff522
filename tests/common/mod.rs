//! A temporary workspace and the real program in it.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

pub mod cases;
pub mod cluster;
pub mod definitions;
pub mod images;
pub mod parity;
pub mod poll;
pub mod stub;
pub mod tools;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

/// What a run of the program gave.
#[derive(Debug)]
pub struct Ran {
    pub code: i32,
    pub out: String,
    pub err: String,
}

impl Ran {
    /// Fails with everything that was printed unless the exit code is this one.
    #[track_caller]
    pub fn exits(self, code: i32) -> Self {
        assert_eq!(self.code, code, "\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        self
    }

    /// Each text must stand somewhere in what was printed.
    #[track_caller]
    pub fn says(self, texts: &[&str]) -> Self {
        for text in texts {
            let all = format!("{}\n{}", self.out, self.err);
            assert!(all.contains(text), "nothing says\n  {text}\n--- stdout\n{}\n--- stderr\n{}", self.out, self.err);
        }
        self
    }

    #[track_caller]
    pub fn never_says(self, texts: &[&str]) -> Self {
        for text in texts {
            assert!(!self.out.contains(text) && !self.err.contains(text), "says {text}:\n{}\n{}", self.out, self.err);
        }
        self
    }

    #[track_caller]
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_str(&self.out).unwrap_or_else(|e| panic!("{e}\n{}", self.out))
    }
}

/// A temporary folder with a small app in it.
pub struct Space {
    folder: tempfile::TempDir,
}

pub const CONSTITUTION: &str = "\
# Rules of the small app

## Core Principles

### I. Images
- **Pinned**: Every image names its version; `latest` must never be used.
- **Non-root**: Containers must run as a non-root user.

### II. Traceability
- Every artifact must reference a task id.

**Version**: 1.0.0 | **Ratified**: 2026-01-05 | **Last Amended**: 2026-01-05
";

pub const SPEC: &str = "\
# Small

- **FR-001**: The web service answers on port 8080.
- **FR-002**: Two pods serve at any time.

```yaml bowline
app: { name: small }
services:
  web:
    image: nginx:1.27.3          # FR-001
    ports: [8080]
    replicas: 2                  # FR-002
environments: { local: {}, production: { services: { web: { replicas: 3 } } } }
```
";

impl Space {
    /// An empty folder.
    pub fn empty() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    /// A flat workspace with a constitution, a spec, and the tasks that `bowline tasks` derives.
    pub fn small() -> Self {
        let space = Self::empty();
        space.write("constitution.md", CONSTITUTION);
        space.write("specs/small.md", SPEC);
        space.write("tasks/small.md", "# Tasks: small\n");
        space.run(&["tasks"]).exits(0);
        space
    }

    /// A copy of a folder of this repository.
    pub fn of(folder: &str) -> Self {
        let space = Self::empty();
        let home = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
        for file in ignore::WalkBuilder::new(&home).hidden(false).build().map(Result::unwrap) {
            if file.file_type().is_some_and(|t| t.is_file()) {
                let name = file.path().strip_prefix(&home).unwrap();
                space.write(name.to_str().unwrap(), std::fs::read(file.path()).unwrap());
            }
        }
        space
    }

    /// A copy of this repository's worked example, committed to a Git repository of its own.
    pub fn example() -> Self {
        let space = Self::empty();
        let home = Path::new(env!("CARGO_MANIFEST_DIR"));
        for part in
            [".gitignore", ".gitattributes", "constitution.md", "specs", "plans", "tasks", "app", "out", "charts"]
        {
            // what Git ignores is not part of it: packages, builds, `.env`
            let files =
                ignore::WalkBuilder::new(home.join(part)).hidden(false).require_git(false).parents(true).build();
            for file in files.map(Result::unwrap).filter(|f| f.file_type().is_some_and(|t| t.is_file())) {
                let name = file.path().strip_prefix(home).unwrap();
                space.write(name.to_str().unwrap(), std::fs::read(file.path()).unwrap());
            }
        }
        for args in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "The example"]] {
            space.git(args);
        }
        space
    }

    /// Runs Git here, and gives what it printed.
    #[track_caller]
    pub fn git(&self, args: &[&str]) -> String {
        let identity = ["-c", "user.name=Test", "-c", "user.email=test@example.com", "-c", "commit.gpgsign=false"];
        tools::run("git", &[&identity[..], args].concat(), self.path(), None).exits(0).out
    }

    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, path: &str) -> PathBuf {
        self.path().join(path)
    }

    pub fn write(&self, path: &str, text: impl AsRef<[u8]>) {
        let path = self.join(path);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, text).unwrap();
    }

    #[track_caller]
    pub fn read(&self, path: &str) -> String {
        std::fs::read_to_string(self.join(path)).unwrap_or_else(|e| panic!("{path}: {e}"))
    }

    /// Replaces a text that must be there.
    #[track_caller]
    pub fn edit(&self, path: &str, old: &str, new: &str) {
        let text = self.read(path);
        assert!(text.contains(old), "{path} does not hold {old}");
        self.write(path, text.replacen(old, new, 1));
    }

    /// Runs the program here, without a cluster and without the caller's configuration.
    pub fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    /// The same, with variables.
    pub fn run_with(&self, args: &[&str], variables: &[(&str, &str)]) -> Ran {
        let mut command = Command::new(env!("CARGO_BIN_EXE_bowline"));
        command.args(args).current_dir(self.path()).env_clear();
        command.env("PATH", std::env::var("PATH").unwrap_or_default()).env("HOME", self.path());
        command.envs(variables.iter().copied());
        let output = command.output().unwrap();
        Ran {
            code: output.status.code().unwrap_or(-1),
            out: String::from_utf8_lossy(&output.stdout).into_owned(),
            err: String::from_utf8_lossy(&output.stderr).into_owned(),
        }
    }

    /// Every file below a folder with its bytes and the time it was written.
    pub fn tree(&self, folder: &str) -> BTreeMap<String, (Vec<u8>, std::time::SystemTime)> {
        let mut all = BTreeMap::new();
        let mut folders = vec![self.join(folder)];
        while let Some(folder) = folders.pop() {
            for entry in std::fs::read_dir(&folder).into_iter().flatten() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    let name = path.strip_prefix(self.path()).unwrap().to_str().unwrap().to_owned();
                    let time = path.metadata().unwrap().modified().unwrap();
                    all.insert(name, (std::fs::read(&path).unwrap(), time));
                }
            }
        }
        all
    }
}
