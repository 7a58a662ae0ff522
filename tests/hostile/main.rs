//! Documents that nobody writes on purpose, as real files under the real program: each ends with a clear finding and
//! exit code 1 or is read rightly, and none takes longer than it is long.

#[path = "../common/mod.rs"]
mod common;

mod files;
mod linear;
