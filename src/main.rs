//! The `bowline` program: parses the command line, runs it, sets the exit code.

fn main() {}
