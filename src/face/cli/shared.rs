//! What several commands take: where to work, which environment and cluster, what to print.

use std::path::PathBuf;

use clap::{Args, ValueEnum};

#[derive(Args, Debug, Clone)]
pub struct Global {
    /// Work in this repository instead of the current folder
    #[arg(short = 'C', long = "directory", value_name = "DIR", global = true, help_heading = "Everywhere")]
    pub directory: Option<PathBuf>,
    /// When to use colours
    #[arg(long, value_enum, default_value_t = Colour::Auto, global = true, help_heading = "Everywhere")]
    pub color: Colour,
    /// Number of threads; the output does not depend on it
    #[arg(short, long, value_name = "N", global = true, help_heading = "Everywhere")]
    pub jobs: Option<usize>,
    /// Say why each artifact is made again
    #[arg(long, global = true, help_heading = "Everywhere")]
    pub explain: bool,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum Colour {
    Auto,
    Always,
    Never,
}

/// Which environment, which cluster.
#[derive(Args, Debug, Clone, Default)]
pub struct Target {
    /// Environment of the spec; `local`, or the first one, unless given
    #[arg(short, long, value_name = "NAME")]
    pub environment: Option<String>,
    /// Context of the kubeconfig; naming it allows a cluster that is not local
    #[arg(long, value_name = "NAME")]
    pub context: Option<String>,
    /// Bring objects in by Helm releases, or by server-side apply
    #[arg(long, value_enum, value_name = "HOW")]
    pub delivery: Option<DeliveryFlag>,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum DeliveryFlag {
    Helm,
    Native,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum EventOutput {
    Human,
    Jsonl,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlainOutput {
    Human,
    Json,
}

#[derive(Args, Debug, Clone)]
pub struct Plain {
    #[arg(short, long, value_enum, default_value_t = PlainOutput::Human)]
    pub output: PlainOutput,
}
