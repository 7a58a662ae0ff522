//! `bowline print`: what other programs read: JSON Schema, completions, manual page.

use std::str::FromStr as _;

use clap_complete::Shell;

use crate::face::cli::{self, Print, Printed};
use crate::face::exit::Exit;
use crate::face::run::Context;
use crate::model::block_schema;

pub fn run(context: &Context, args: &Print) -> Exit {
    let mut command = cli::command();
    let mut bytes = Vec::new();
    match args.what {
        Printed::Schema => {
            bytes = serde_json::to_vec_pretty(&block_schema::schema()).unwrap_or_default();
        }
        Printed::Completions => {
            let name = args.shell.as_deref().unwrap_or_default();
            let Ok(shell) = Shell::from_str(name) else {
                context.output.say(&format!("error: there are no completions for `{name}`"));
                context.output.say("   fix: use bash, zsh, fish, elvish or powershell");
                return Exit::Usage;
            };
            clap_complete::generate(shell, &mut command, "bowline", &mut bytes);
        }
        Printed::Man => {
            if clap_mangen::Man::new(command).render(&mut bytes).is_err() {
                bytes.clear();
            }
        }
    }
    context.output.data(&String::from_utf8_lossy(&bytes));
    Exit::Done
}
