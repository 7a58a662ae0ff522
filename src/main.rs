//! The `bowline` program: runs the command line and sets the exit code.

fn main() -> std::process::ExitCode {
    bowline::face::run::run(std::env::args_os()).into()
}
