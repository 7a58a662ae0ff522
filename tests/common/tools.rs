//! Programs that the tests use beside the one under test.

use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use super::Ran;

/// Where the testbed puts what it builds.
pub fn testbed_bin() -> PathBuf {
    if let Some(bin) = std::env::var_os("BOWLINE_TESTBED_BIN") {
        return bin.into();
    }
    if let Some(cache) = std::env::var_os("BOWLINE_TESTBED_CACHE") {
        return Path::new(&cache).join("bin");
    }
    let cache = std::env::var_os("XDG_CACHE_HOME").map_or_else(|| home().join(".cache"), PathBuf::from);
    cache.join("bowline-testbed/bin")
}

pub fn home() -> PathBuf {
    std::env::var_os("HOME").map_or_else(|| "/".into(), PathBuf::from)
}

/// The caller's `PATH` with the testbed's programs first.
pub fn path() -> String {
    let rest = std::env::var("PATH").unwrap_or_default();
    format!("{}:{rest}", testbed_bin().display())
}

/// A program: `HELM4` names it, else the testbed has it, else it is on `PATH`.
pub fn find(program: &str) -> Option<PathBuf> {
    let named = std::env::var_os(program.to_uppercase()).map(PathBuf::from);
    let folders = path();
    named.into_iter().chain(folders.split(':').map(|f| Path::new(f).join(program))).find(|p| p.is_file())
}

/// The same; when it is missing the test says that it is skipped, or fails where tools are required.
pub fn find_or_skip(program: &str, test: &str) -> Option<PathBuf> {
    let found = find(program);
    if found.is_none() {
        skip(test, &format!("no `{program}` in {}, on the testbed or on PATH", program.to_uppercase()));
    }
    found
}

/// Says, past the capture of output, that a test proves nothing here; fails with `BOWLINE_TEST_TOOLS=required`.
pub fn skip(test: &str, why: &str) {
    assert!(std::env::var_os("BOWLINE_TEST_TOOLS").is_none_or(|v| v != "required"), "{test}: {why}");
    let _ = writeln!(std::io::stderr(), "note: {test} skipped: {why}");
}

/// Figures that are worth reading although the test passes.
pub fn note(text: &str) {
    let _ = writeln!(std::io::stderr(), "note: {text}");
}

/// Runs a program to its end, with `input` on its standard input.
#[track_caller]
pub fn run(program: impl AsRef<Path>, args: &[&str], folder: &Path, input: Option<&[u8]>) -> Ran {
    let mut command = Command::new(program.as_ref());
    command.args(args).current_dir(folder).env("PATH", path());
    run_command(command, input)
}

/// The same for a command that is made already.
#[track_caller]
pub fn run_command(mut command: Command, input: Option<&[u8]>) -> Ran {
    let stdin = if input.is_some() { Stdio::piped() } else { Stdio::null() };
    command.stdin(stdin).stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = command.spawn().unwrap_or_else(|e| panic!("{command:?}: {e}"));
    let writer = child.stdin.take().zip(input.map(<[u8]>::to_vec)).map(|(mut pipe, bytes)| {
        // on its own thread: a program that answers before it has read all would wait for ever
        std::thread::spawn(move || {
            let _ = pipe.write_all(&bytes);
        })
    });
    let output = child.wait_with_output().unwrap();
    if let Some(writer) = writer {
        writer.join().unwrap();
    }
    Ran {
        code: output.status.code().unwrap_or(-1),
        out: String::from_utf8_lossy(&output.stdout).into_owned(),
        err: String::from_utf8_lossy(&output.stderr).into_owned(),
    }
}
