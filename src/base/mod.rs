//! What every layer stands on: source text with spans, trees of values that remember where they came from,
//! diagnostics, digests and careful file access. Knows nothing of documents, Kubernetes or the terminal.

mod alloc;
pub mod base64;
pub mod diag;
pub mod digest;
pub mod fs;
pub mod glob;
pub mod gzip;
pub mod id_index;
pub mod ids;
pub mod lines;
pub mod paths;
pub mod shared_map;
pub mod source;
pub mod suggest;
pub mod tree;
pub mod width;
pub mod words;
