//! The `bowline` program: runs the command line and sets the exit code.

// documents become many small texts, read on all cores
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

fn main() -> std::process::ExitCode {
    bowline::face::run::run(std::env::args_os()).into()
}
