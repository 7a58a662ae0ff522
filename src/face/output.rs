//! What reaches the user: data on standard output, everything else on standard error, colour only where wanted.

use std::io::{IsTerminal as _, Write as _};

use serde_json::{Value as Json, json};

use super::cli::Colour;

/// Where text goes, decided once.
#[derive(Clone, Copy, Debug)]
pub struct Output {
    /// Colour on standard error.
    pub colour: bool,
    /// Standard error is a terminal: progress may redraw.
    pub terminal: bool,
}

impl Output {
    /// `NO_COLOR` and a pipe switch colours off, unless asked for.
    pub fn new(colour: Colour, no_color: bool) -> Self {
        let terminal = std::io::stderr().is_terminal();
        let colour = match colour {
            Colour::Always => true,
            Colour::Never => false,
            Colour::Auto => terminal && !no_color,
        };
        Self { colour, terminal }
    }

    /// A line of data. A closed pipe ends the program quietly: the reader has what it wanted.
    pub fn data(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let newline = if text.ends_with('\n') || text.is_empty() { "" } else { "\n" };
        if write!(out, "{text}{newline}").and_then(|()| out.flush()).is_err() {
            std::process::exit(0);
        }
    }

    /// A line of data from a run that changes the world: it goes on, whether or not anybody still reads.
    pub fn event(self, text: &str) {
        let mut out = std::io::stdout().lock();
        let _ = writeln!(out, "{text}").and_then(|()| out.flush());
    }

    /// A line for the person at the terminal.
    pub fn say(self, text: &str) {
        let _ = writeln!(std::io::stderr().lock(), "{text}");
    }

    /// `{"bowline":1,"command":…,"data":…}`.
    pub fn json(self, command: &str, data: &Json) {
        let document = json!({ "bowline": 1, "command": command, "data": data });
        self.data(&serde_json::to_string_pretty(&document).unwrap_or_default());
    }
}

/// `1 file`, `2 files`.
pub fn count(number: usize, one: &str) -> String {
    if number == 1 { format!("1 {one}") } else { format!("{number} {one}s") }
}
