//! From the command line to an exit code.

use std::ffi::OsString;
use std::path::PathBuf;

use super::cli::{self, Cli, Command};
use super::cmd;
use super::exit::Exit;
use super::output::Output;
use super::project;

/// What every command gets: where it works and where its words go.
pub struct Context {
    pub root: PathBuf,
    pub output: Output,
    /// `--explain`: say why each artifact is made again.
    pub explain: bool,
}

/// Runs the program with these arguments.
pub fn run(args: impl IntoIterator<Item = OsString>) -> Exit {
    let cli: Cli = match cli::parse(args) {
        Ok(cli) => cli,
        Err(exit) => return exit,
    };
    let no_color = std::env::var_os("NO_COLOR").is_some_and(|v| !v.is_empty());
    let output = Output::new(cli.global.color, no_color);
    if let Some(jobs) = cli.global.jobs {
        // a second call cannot happen in one process: the first one holds
        let _ = rayon::ThreadPoolBuilder::new().num_threads(jobs.max(1)).build_global();
    }
    let from = match cli.global.directory {
        Some(folder) if !folder.is_dir() => {
            output.say(&format!("error: `{}` is no folder", folder.display()));
            return Exit::Usage;
        }
        Some(folder) => Ok(folder),
        None => std::env::current_dir().map(|d| project::root_of(&d)),
    };
    let root = match from {
        Ok(root) => root,
        Err(error) => {
            output.say(&format!("error: the current folder cannot be read: {error}"));
            return Exit::World;
        }
    };
    let context = Context { root, output, explain: cli.global.explain };
    match cli.command {
        Command::Init(args) => cmd::init::run(&context, &args),
        Command::Up(args) => cmd::up::run(&context, &args),
        Command::Generate(args) => cmd::generate::run(&context, &args),
        Command::Check(args) => cmd::check::run(&context, &args),
        Command::Diff(args) => cmd::diff::run(&context, &args),
        Command::Apply(args) => cmd::apply::run(&context, &args),
        Command::Status(args) => cmd::status::run(&context, &args),
        Command::Graph(args) => cmd::graph::run(&context, &args),
        Command::Why(args) => cmd::why::run(&context, &args),
        Command::Tasks(args) => cmd::tasks::run(&context, &args),
        Command::Adopt(args) => cmd::adopt::run(&context, &args),
        Command::Open(args) => cmd::open::run(&context, &args),
        Command::Rollback(args) => cmd::rollback::run(&context, &args),
        Command::Down(args) => cmd::down::run(&context, &args),
        Command::Constitution(args) => cmd::constitution::run(&context, &args),
        Command::Templates(args) => cmd::templates::run(&context, &args),
        Command::Print(args) => cmd::print::run(&context, &args),
        Command::Help(args) => cmd::help::run(&context, &args),
    }
}
