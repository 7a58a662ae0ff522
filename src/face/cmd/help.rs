//! `bowline help`: a command, the typed block, or every command.

use crate::base::suggest::did_you_mean;
use crate::face::cli::{self, Help};
use crate::face::exit::Exit;
use crate::face::run::Context;

/// The page on the typed block, for a person or a model.
const BLOCK: &str = include_str!("../../../docs/block.md");

pub fn run(context: &Context, args: &Help) -> Exit {
    let mut command = cli::command();
    let topics: Vec<&str> = args.topic.iter().map(String::as_str).collect();
    match topics[..] {
        ["block"] => {
            context.output.data(BLOCK);
            return Exit::Done;
        }
        ["all"] => {
            // one line for each command, those that `--help` leaves out as well
            let width = command.get_subcommands().map(|c| c.get_name().len()).max().unwrap_or_default();
            let line = |name: &str, about: String| format!("{name:width$}  {about}\n");
            let lines = command.get_subcommands().map(|c| {
                let about = c.get_about().map(ToString::to_string).unwrap_or_default();
                line(c.get_name(), about)
            });
            context.output.data(&lines.collect::<String>());
            return Exit::Done;
        }
        _ => {}
    }
    command.build();
    for topic in topics {
        let names: Vec<String> = command.get_subcommands().map(|c| c.get_name().to_owned()).collect();
        let Some(below) = command.find_subcommand(topic) else {
            let fix = did_you_mean(topic, names.iter().map(String::as_str).chain(["block", "all"]));
            context.output.say(&format!("error: there is no help on `{topic}`"));
            context.output.say(&format!("   fix: {}", fix.unwrap_or_else(|| "try `bowline help all`".to_owned())));
            return Exit::Usage;
        };
        command = below.clone();
    }
    context.output.data(&command.render_long_help().to_string());
    Exit::Done
}
