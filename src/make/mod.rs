//! Artifacts: templates rendered once and printed many times, stamped, digested, stored.

pub mod artifact;
