//! From documents to one graph: the typed blocks become an app, tasks and artifacts are joined and ordered.

pub mod actions;
pub mod adopt;
mod agents;
mod backup;
pub mod budget;
pub mod build;
mod by_feature;
mod conflicts;
pub mod contradictions;
pub mod coverage;
mod databases;
pub mod defaults;
pub mod derive;
pub mod edges;
pub mod environments;
pub mod evidence;
pub mod expand;
mod expand_parts;
pub mod find;
mod foreign;
pub mod form;
mod infer;
mod ingress;
mod jobs;
pub mod join;
mod limits;
mod links;
pub mod merge;
mod mesh;
mod monitoring;
mod mounts;
pub mod names;
mod network;
pub mod order;
mod parts;
pub mod patches;
pub mod pattern;
pub mod propose;
pub mod resolve;
pub mod runtime;
pub mod secret_checks;
mod secrets;
pub mod shape;
mod shaping;
pub mod tasks;
mod telemetry;
pub mod why;

pub use build::build;

#[cfg(test)]
mod tests;
