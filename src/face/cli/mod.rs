//! The command line. The doc comments here are the help text.

mod shared;
mod tools;

use std::path::PathBuf;

pub use shared::{Colour, DeliveryFlag, EventOutput, Global, Plain, PlainOutput, Target};
pub use tools::{Help, Print, Printed, Templates};

use clap::{ArgAction, Args, CommandFactory as _, Parser, Subcommand, ValueEnum};

/// Ties everything that runs in a cluster to the line of the spec that asked for it.
///
/// Bowline reads a constitution, specs, plans and tasks in Markdown; generates Dockerfiles, Compose, manifests and a
/// Helm chart; stamps each with its task; checks them against the constitution; and applies them in task order.
///
/// Exit codes: 0 done, 1 errors in documents or artifacts, 2 usage, 3 changes pending, 4 the world failed
/// (Docker, cluster, disk; run again to resume), 5 conflict or stale plan, 6 locked, 130 interrupted.
#[derive(Parser, Debug)]
#[command(name = "bowline", version, max_term_width = 100, propagate_version = true, disable_help_subcommand = true)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Write block, plan and tasks for this repository, shown as one diff first
    ///
    /// Looks at folders, lock files, Dockerfiles, Compose and the code itself, and proposes a typed block with a
    /// reason for each value, a plan, the tasks, and where there is none a short constitution. Nothing is written
    /// before the one question is answered; off a terminal only with `--yes` (else exit code 3). Files that are there
    /// are never overwritten; with a typed block already there nothing happens. Of `.env.example` only names are read.
    Init(Init),
    /// Generate, check, diff and apply: from Markdown to running pods
    ///
    /// Without a kubeconfig context it rehearses: the same order and waits, with nothing real changed.
    Up(Up),
    /// Write Dockerfiles, Compose, manifests and the chart; touch only what changed
    Generate(Generate),
    /// Say what is wrong with documents and artifacts, citing the constitution
    Check(Check),
    /// Show what would change: documents to disk, disk to a Git revision, disk to the cluster
    Diff(Diff),
    /// Apply what is on disk, or a plan saved by `diff --save`
    Apply(Apply),
    /// Show documents, tasks, artifacts and what runs
    ///
    /// Every task is done or open, and the two add up to the total. How many a person must do, by the kind of the task
    /// or by its words, is counted beside that. A requirement is covered when a task cites it, a part of it, or the
    /// whole that it is a part of; scenarios are parts of their story or requirement and are not counted themselves.
    Status(Status),
    /// Draw tasks, artifacts and their dependencies
    Graph(Graph),
    /// Explain one thing: a file, file:line, object, task, two tasks, requirement, feature, port:8080, env:X, or code
    ///
    /// A feature is named by its path, its last part or its number, a task by `T012` or `008/T012`, a requirement by
    /// `FR-003`, `US1` or its name, a sentence of the constitution by `C/II.3`. A name that means several things is
    /// answered with all of them and exit code 2; one that means nothing with the nearest names and exit code 1.
    /// `task:`, `requirement:`, `story:`, `feature:` and `statement:` in front ask for one kind of thing.
    Why(Why),
    /// Append the tasks that the spec asks for and no line names, and what the plan lacks; tick what is done
    ///
    /// Lines go to the end of the tasks file, in its own form and numbering; ids are never given twice. The plan gets
    /// layers, decisions, a Constitution Check with what the checks say, and the table of deviations. Sections whose
    /// heading ends in `(bowline)` are written anew when they change; nothing else that stands there is touched.
    Tasks(Tasks),
    /// Tie Dockerfiles, manifests and charts that people wrote to the tasks that name them
    ///
    /// A file answers to the tasks that name it: by its path, by a pattern, by the end of its path when no other file
    /// ends so, by a folder of nothing but such files, or by its own comment `# [Task]: T-001`. What is not certain is
    /// listed with the reason. The stamp is a comment at the head, and labels on objects whose metadata is certain;
    /// only lines are added, and a chart renders as before. Adopted files are checked like generated ones, may be
    /// edited freely, and are never generated.
    Adopt(Adopt),
    /// Forward the exposed services and print their addresses
    Open(Open),
    /// Go back to the previous release of each unit
    Rollback(Rollback),
    /// Remove what `up` brought in; volumes and the namespace stay
    Down(Down),
    /// Print every sentence of the constitution with what it became
    #[command(hide = true)]
    Constitution(Plain),
    /// List, show, copy and compare the templates that artifacts are made from
    ///
    /// A file of the same name in `templates/` replaces a template, under the same laws; `NAME.patch.yaml` there
    /// changes one object, for one task.
    #[command(hide = true, subcommand)]
    Templates(Templates),
    /// Print the typed block's JSON Schema, completions of a shell, or the manual page
    #[command(hide = true)]
    Print(Print),
    /// Explain a command, the typed block (`help block`), or name every command (`help all`)
    Help(Help),
}

#[derive(Args, Debug, Clone)]
pub struct Up {
    #[command(flatten)]
    pub target: Target,
    /// Show order, waits and critical path against an imagined cluster; change nothing
    #[arg(long)]
    pub rehearse: bool,
    /// Start Minikube first when it is installed and stopped
    #[arg(long)]
    pub start: bool,
    /// Time for one operation to become ready, in seconds
    #[arg(long, value_name = "SECONDS", default_value_t = 300)]
    pub timeout: u64,
    /// Do not ask before something is deleted and made again, or pods may go for a moment
    #[arg(short, long)]
    pub yes: bool,
    /// `human`, or `jsonl` for events
    #[arg(short, long, value_enum, default_value_t = EventOutput::Human)]
    pub output: EventOutput,
}

#[derive(Args, Debug, Clone)]
pub struct Init {
    /// Carry this Compose or Score file over instead; what cannot be carried over is listed with its line
    #[arg(long, value_name = "FILE")]
    pub from: Option<String>,
    /// Name of the app; the repository's or its folder's unless given
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Show the diff, ask nothing, write nothing; exit with 3 when there is something to write
    #[arg(long)]
    pub dry_run: bool,
    /// Write without asking
    #[arg(short, long, conflicts_with = "dry_run")]
    pub yes: bool,
}

#[derive(Args, Debug, Clone)]
pub struct Generate {
    /// Write nothing; exit with 3 when something would be written
    #[arg(long)]
    pub check: bool,
    /// Overwrite this generated file although it was edited by hand; may be repeated
    #[arg(long, value_name = "FILE")]
    pub discard: Vec<String>,
    /// Take over this file, which a person wrote or edited; only if Git has exactly what stands there committed
    #[arg(long, value_name = "FILE", num_args = 1..)]
    pub replace: Vec<String>,
    /// Compare a chart that people wrote, object by object, with what would be made; write nothing
    ///
    /// The chart is rendered by Helm (HELM, or `helm` on the PATH) with its own values. Objects are paired by kind and
    /// name, then by kind and unit. Secret values are masked.
    #[arg(long, value_name = "CHART", conflicts_with_all = ["check", "discard", "replace"])]
    pub compare: Option<PathBuf>,
    /// With --compare: a file of values for the chart; may be repeated
    #[arg(long, value_name = "FILE", requires = "compare")]
    pub values: Vec<PathBuf>,
    /// With --compare: environment of the spec; `local`, or the first one, unless given
    #[arg(short, long, value_name = "NAME", requires = "compare")]
    pub environment: Option<String>,
    /// With --compare: exit with 3 when anything differs
    #[arg(long, requires = "compare")]
    pub exit_code: bool,
    #[arg(short, long, value_enum, default_value_t = PlainOutput::Human)]
    pub output: PlainOutput,
}

#[derive(Args, Debug, Clone)]
pub struct Check {
    /// Output format; may be repeated, `FORMAT=FILE` writes to a file
    #[arg(short, long, value_name = "FORMAT[=FILE]", default_value = "human")]
    pub output: Vec<String>,
    /// Kubernetes version to check against
    #[arg(long, value_name = "VERSION", default_value = "1.34")]
    pub kubernetes: String,
    /// Make the changes that are certain, then check again
    #[arg(long)]
    pub fix: bool,
    /// With `--fix`: show the changes, write nothing
    #[arg(long, requires = "fix")]
    pub diff: bool,
    /// Take findings of this code for errors; may be repeated
    #[arg(long, value_name = "CODE")]
    pub deny: Vec<String>,
    /// Leave out warnings and notes of this code; may be repeated
    #[arg(long, value_name = "CODE")]
    pub allow: Vec<String>,
}

#[derive(Args, Debug, Clone)]
pub struct Diff {
    #[command(flatten)]
    pub target: Target,
    /// Compare the documents with what is on disk (the default when no cluster is configured)
    #[arg(long, group = "what")]
    pub disk: bool,
    /// Compare what is on disk with a Git revision
    #[arg(long, group = "what", value_name = "REVISION", num_args = 0..=1, default_missing_value = "HEAD")]
    pub git: Option<String>,
    /// Compare what is on disk with the cluster
    #[arg(long, group = "what")]
    pub live: bool,
    /// Save the plan, for `bowline apply FILE`
    #[arg(long, value_name = "FILE")]
    pub save: Option<PathBuf>,
    /// Exit with 3 when there are changes
    #[arg(long)]
    pub exit_code: bool,
    #[arg(short, long, value_enum, default_value_t = PlainOutput::Human)]
    pub output: PlainOutput,
}

#[derive(Args, Debug, Clone)]
pub struct Apply {
    /// A plan that `diff --save` wrote; refused when the cluster has changed since
    pub plan: Option<PathBuf>,
    #[command(flatten)]
    pub up: Up,
}

#[derive(Args, Debug, Clone)]
pub struct Status {
    /// Features to show, with their requirements and tasks: by path, last part, or number; all of them unless given
    #[arg(value_name = "FEATURE")]
    pub features: Vec<String>,
    /// Show the tasks of each requirement, the artifacts of each task, and every line that was not read
    #[arg(short, long)]
    pub verbose: bool,
    #[command(flatten)]
    pub target: Target,
    /// Do not ask the cluster
    #[arg(long)]
    pub offline: bool,
    #[arg(short, long, value_enum, default_value_t = PlainOutput::Human)]
    pub output: PlainOutput,
}

#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphFormat {
    Dot,
    Mermaid,
    Json,
}

#[derive(Args, Debug, Clone)]
pub struct Graph {
    /// Output format
    #[arg(short, long, value_enum, default_value_t = GraphFormat::Dot)]
    pub format: GraphFormat,
    /// Draw tasks only
    #[arg(long)]
    pub tasks: bool,
    /// Draw this feature and what its tasks make: by path, last part, or number; may be repeated
    #[arg(long, value_name = "FEATURE")]
    pub feature: Vec<String>,
    /// A node for each of these; the finest that can still be looked at, unless given
    #[arg(long, value_enum, value_name = "WHAT")]
    pub by: Option<GraphLevel>,
}

/// What a node of the graph stands for.
#[derive(ValueEnum, Debug, Clone, Copy, PartialEq, Eq)]
pub enum GraphLevel {
    Task,
    Phase,
    Feature,
}

#[derive(Args, Debug, Clone)]
pub struct Why {
    /// One thing, or two tasks
    #[arg(required = true, num_args = 1..=2, value_name = "THING")]
    pub things: Vec<String>,
    #[command(flatten)]
    pub target: Target,
    /// Do not ask the cluster
    #[arg(long)]
    pub offline: bool,
    #[arg(short, long, value_enum, default_value_t = PlainOutput::Human)]
    pub output: PlainOutput,
}

#[derive(Args, Debug, Clone)]
pub struct Tasks {
    /// Show the changes, write nothing; exit with 3 when there are any
    #[arg(long)]
    pub dry_run: bool,
    /// Tick the tasks whose evidence holds, and say why the others are not ticked; never unticks
    ///
    /// A task that makes or changes files: every one of them exists, is stamped with the task and free of errors. One
    /// that runs or verifies: it succeeded in the last run that reached it (`.bowline/runs/`). A person's work is never ticked.
    #[arg(long)]
    pub tick: bool,
}

#[derive(Args, Debug, Clone)]
pub struct Adopt {
    /// Files and folders to look at; everything unless given
    #[arg(value_name = "FILE")]
    pub files: Vec<String>,
    /// Show the diff, write nothing; exit with 3 when something would change
    #[arg(long)]
    pub dry_run: bool,
    /// Keep the stamps in `bowline.lock`, to be committed, and edit no file
    #[arg(long)]
    pub sidecar: bool,
    #[arg(short, long, value_enum, default_value_t = PlainOutput::Human)]
    pub output: PlainOutput,
}

#[derive(Args, Debug, Clone)]
pub struct Open {
    /// Services to forward; those with an Ingress path unless given
    pub services: Vec<String>,
    #[command(flatten)]
    pub target: Target,
    /// Local port of the first service
    #[arg(short, long, value_name = "PORT")]
    pub port: Option<u16>,
    /// Print the addresses and end when they answer once
    #[arg(long)]
    pub once: bool,
    /// Do not open a browser
    #[arg(long, action = ArgAction::SetTrue)]
    pub no_browser: bool,
}

#[derive(Args, Debug, Clone)]
pub struct Rollback {
    /// Unit to roll back; all of them unless given
    pub unit: Option<String>,
    #[command(flatten)]
    pub target: Target,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

#[derive(Args, Debug, Clone)]
pub struct Down {
    #[command(flatten)]
    pub target: Target,
    /// Remove volumes and the namespace too
    #[arg(long)]
    pub all: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// The command line as a value, for help, completions and the manual page.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Reads the command line. Help and usage errors are printed here; the caller only passes the exit code on.
///
/// # Errors
/// The exit code when there is nothing to run.
pub fn parse(args: impl IntoIterator<Item = std::ffi::OsString>) -> Result<Cli, super::exit::Exit> {
    Cli::try_parse_from(args).map_err(|error| {
        let _ = error.print();
        if error.use_stderr() { super::exit::Exit::Usage } else { super::exit::Exit::Done }
    })
}
