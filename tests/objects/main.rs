//! Every kind of object that a typed block can ask for: made, the same by Helm, known to the schema, and refused with a
//! reason where the block is wrong.

#[path = "../printing/fixture.rs"]
#[expect(dead_code, reason = "shared with the law of printing")]
mod fixture;
#[path = "../printing/helm.rs"]
mod helm;
#[path = "../printing/plain.rs"]
mod plain;

#[path = "../common/mod.rs"]
mod common;

mod backup;
mod everything;
mod jobs;
mod laws;
mod level1;
mod monitoring;
mod platform;
mod services;
mod tls;
mod wrong;
mod wrong_values;
