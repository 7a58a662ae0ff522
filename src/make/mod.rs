//! Artifacts: templates rendered once and printed many times, stamped, digested, stored.

pub mod adopt;
pub mod artifact;
pub mod causes;
pub mod dockerignore;
pub mod draw;
pub mod helpers;
pub mod image;
pub mod ingredients;
pub mod lint;
pub mod literal;
pub mod load;
pub mod log;
pub mod loops;
pub mod mark;
pub mod metadata;
pub mod own;
pub mod patch;
pub mod print;
pub mod run;
pub mod set;
pub mod stamp;
pub mod store;
pub mod template;
pub mod values;
pub mod writes;
