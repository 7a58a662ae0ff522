//! Other programs: run, read, cancelled when the person asks for it.

use std::ffi::OsStr;
use std::io::Read;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;

/// Set once, seen by everything that runs for it.
#[derive(Clone, Debug, Default)]
pub struct Cancel(Arc<AtomicBool>);

impl Cancel {
    pub fn cancel(&self) {
        self.0.store(true, Ordering::SeqCst);
    }

    pub fn is_cancelled(&self) -> bool {
        self.0.load(Ordering::SeqCst)
    }
}

/// What a program wrote, and whether it was content.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Output {
    pub success: bool,
    pub code: Option<i32>,
    pub stdout: String,
    pub stderr: String,
}

impl Output {
    /// The last lines that say something, of both streams: what a person needs of a failed build.
    pub fn last_lines(&self, most: usize) -> Vec<String> {
        let text = if self.stderr.trim().is_empty() { &self.stdout } else { &self.stderr };
        let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|l| !l.trim().is_empty()).collect();
        lines[lines.len().saturating_sub(most)..].iter().map(|l| (*l).to_owned()).collect()
    }

    /// The last line that says something.
    pub fn last_line(&self) -> String {
        self.last_lines(1).pop().unwrap_or_else(|| "it said nothing".into())
    }
}

#[derive(Debug, thiserror::Error)]
pub enum ProcessError {
    #[error("`{0}` is not installed")]
    NotFound(String),
    #[error("`{program}` cannot be run: {source}")]
    Io { program: String, source: std::io::Error },
    #[error("`{0}` was stopped")]
    Cancelled(String),
}

/// A command of that program, without a terminal to ask questions on.
pub fn command<I, S>(program: &str, args: I) -> Command
where
    I: IntoIterator<Item = S>,
    S: AsRef<OsStr>,
{
    let mut command = Command::new(program);
    command.args(args).stdin(Stdio::null());
    command
}

/// Runs it to its end, or until `cancel`.
pub fn run(mut command: Command, cancel: &Cancel) -> Result<Output, ProcessError> {
    let program = name(&command);
    command.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut child = spawn(&mut command, &program)?;
    let (out, err) = (collect(child.stdout.take()), collect(child.stderr.take()));
    let stdout = wait(&out, &mut child, &program, cancel)?;
    let stderr = wait(&err, &mut child, &program, cancel)?;
    finish(child, &program, stdout, stderr)
}

/// `first | second`, without a shell; the output is that of the second. Fails with the first's words when that fails.
pub fn pipe(mut first: Command, mut second: Command, cancel: &Cancel) -> Result<Output, ProcessError> {
    let (one, two) = (name(&first), name(&second));
    first.stdout(Stdio::piped()).stderr(Stdio::piped());
    let mut from = spawn(&mut first, &one)?;
    if let Some(stdout) = from.stdout.take() {
        second.stdin(stdout);
    }
    second.stdout(Stdio::piped()).stderr(Stdio::piped());
    let into = spawn(&mut second, &two);
    // the pipe's other end must not be kept open here
    drop(second);
    let mut into = match into {
        Ok(child) => child,
        Err(e) => {
            let _ = from.kill();
            let _ = from.wait();
            return Err(e);
        }
    };
    let (said, out, err) = (collect(from.stderr.take()), collect(into.stdout.take()), collect(into.stderr.take()));
    let both = wait(&out, &mut into, &two, cancel).and_then(|o| Ok((o, wait(&err, &mut into, &two, cancel)?)));
    let (stdout, stderr) = match both {
        Ok(both) => both,
        Err(e) => {
            let _ = from.kill();
            let _ = from.wait();
            return Err(e);
        }
    };
    let complaint = wait(&said, &mut from, &one, cancel)?;
    let sent = finish(from, &one, Vec::new(), complaint)?;
    let got = finish(into, &two, stdout, stderr)?;
    Ok(if got.success && !sent.success { sent } else { got })
}

fn name(command: &Command) -> String {
    command.get_program().to_string_lossy().into_owned()
}

fn spawn(command: &mut Command, program: &str) -> Result<Child, ProcessError> {
    command.spawn().map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound => ProcessError::NotFound(program.to_owned()),
        _ => ProcessError::Io { program: program.to_owned(), source },
    })
}

fn collect(stream: Option<impl Read + Send + 'static>) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        if let Some(mut stream) = stream {
            // a broken pipe is the end of what there is to read
            let _ = stream.read_to_end(&mut bytes);
        }
        let _ = sender.send(bytes);
    });
    receiver
}

fn wait(bytes: &Receiver<Vec<u8>>, child: &mut Child, program: &str, cancel: &Cancel) -> Result<Vec<u8>, ProcessError> {
    loop {
        match bytes.recv_timeout(Duration::from_millis(100)) {
            Ok(bytes) => return Ok(bytes),
            Err(RecvTimeoutError::Disconnected) => return Ok(Vec::new()),
            Err(RecvTimeoutError::Timeout) if cancel.is_cancelled() => {
                let _ = child.kill();
                let _ = child.wait();
                return Err(ProcessError::Cancelled(program.to_owned()));
            }
            Err(RecvTimeoutError::Timeout) => {}
        }
    }
}

fn finish(mut child: Child, program: &str, stdout: Vec<u8>, stderr: Vec<u8>) -> Result<Output, ProcessError> {
    let status = child.wait().map_err(|source| ProcessError::Io { program: program.to_owned(), source })?;
    let text = |bytes: Vec<u8>| String::from_utf8_lossy(&bytes).into_owned();
    Ok(Output { success: status.success(), code: status.code(), stdout: text(stdout), stderr: text(stderr) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_program_that_is_not_there() {
        let error = run(command("no-such-program-here", [""; 0]), &Cancel::default()).unwrap_err();
        assert_eq!(error.to_string(), "`no-such-program-here` is not installed");
    }

    #[test]
    fn pipes_join_two_programs_and_tell_who_failed() {
        let calm = Cancel::default();
        let got = pipe(command("printf", ["a\nb\n"]), command("wc", ["-l"]), &calm).unwrap();
        assert_eq!(got.stdout.trim(), "2");
        let got = pipe(command("ls", ["/no/such/folder"]), command("cat", [""; 0]), &calm).unwrap();
        assert!(!got.success && got.last_line().contains("/no/such/folder"), "{got:?}");
    }

    #[test]
    fn a_cancelled_program_is_ended() {
        let cancel = Cancel::default();
        cancel.cancel();
        let error = run(command("sleep", ["1000"]), &cancel).unwrap_err();
        assert_eq!(error.to_string(), "`sleep` was stopped");
    }
}
