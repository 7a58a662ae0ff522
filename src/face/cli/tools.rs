//! Commands for those who look behind the artifacts: templates, what other programs read, help.

use clap::{Args, Subcommand, ValueEnum};

use super::Plain;

#[derive(Subcommand, Debug, Clone)]
pub enum Templates {
    /// Name every template, what it makes, and whose it is
    List(Plain),
    /// Print a template: the one in use
    Show {
        /// Such as `deployment.yaml`
        name: String,
        /// Print the one that Bowline brings, also where yours replaces it
        #[arg(long)]
        built_in: bool,
    },
    /// Copy templates to `templates/`, to change them there; nothing that is there is overwritten
    Eject {
        /// Such as `deployment.yaml`
        #[arg(required = true, value_name = "NAME")]
        names: Vec<String>,
    },
    /// Compare your templates with those that Bowline brings
    Diff {
        /// Those of this name; all of yours unless given
        #[arg(value_name = "NAME")]
        names: Vec<String>,
        /// Exit with 3 when there are differences
        #[arg(long)]
        exit_code: bool,
    },
}

#[derive(Args, Debug, Clone)]
pub struct Print {
    #[arg(value_enum)]
    pub what: Printed,
    /// Shell of the completions
    #[arg(value_name = "SHELL", required_if_eq("what", "completions"))]
    pub shell: Option<String>,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Printed {
    /// JSON Schema of the typed block
    Schema,
    /// Completions for bash, zsh, fish, elvish or powershell
    Completions,
    /// Manual page, in roff
    Man,
}

#[derive(Args, Debug, Clone)]
pub struct Help {
    /// A command, `block`, or `all`
    #[arg(value_name = "TOPIC")]
    pub topic: Vec<String>,
}
