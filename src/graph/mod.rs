//! From documents to one graph: the typed blocks become an app, tasks and artifacts are joined and ordered.

pub mod actions;
pub mod adopt;
pub mod budget;
pub mod build;
pub mod contradictions;
pub mod coverage;
pub mod defaults;
pub mod derive;
pub mod edges;
pub mod environments;
pub mod evidence;
pub mod expand;
pub mod find;
mod foreign;
pub mod form;
mod infer;
pub mod join;
mod links;
pub mod merge;
pub mod names;
pub mod order;
mod parts;
pub mod pattern;
pub mod propose;
pub mod resolve;
pub mod runtime;
pub mod shape;
pub mod tasks;
pub mod why;

pub use build::build;

#[cfg(test)]
mod tests;
