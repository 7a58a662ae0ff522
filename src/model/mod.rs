//! Plain data: what the documents mean. No parsing of text, no files, no templates.

pub mod app;
pub mod block_schema;
pub mod catalogue;
pub mod constitution;
pub mod dns;
pub mod existing;
pub mod features;
pub mod fields;
pub mod grammars;
pub mod ids;
pub mod knobs;
pub mod labels;
pub mod patch;
pub mod proposal;
pub mod quantity;
pub mod requirement;
pub mod shapes;
pub mod shapes_app;
pub mod workspace;
