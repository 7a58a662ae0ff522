//! One question, asked only where somebody can answer.

use std::io::{BufRead as _, IsTerminal as _, Write as _};

use super::output::Output;

/// `yes` from a person at a terminal; off a terminal the answer is no.
pub fn confirmed(output: Output, question: &str) -> bool {
    if !output.terminal || !std::io::stdin().is_terminal() {
        return false;
    }
    let _ = write!(std::io::stderr(), "{question} [y/N] ");
    let mut answer = String::new();
    std::io::stdin().lock().read_line(&mut answer).is_ok() && matches!(answer.trim(), "y" | "Y" | "yes")
}
