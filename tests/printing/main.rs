//! The law of generation: one rendering, many printings, all of them the same app.

mod fixture;

use fixture::{Example, HOSTILE, TODO};

#[test]
fn look() {
    let example = Example::new(TODO);
    let made = example.make();
    for d in &made.diagnostics {
        println!("{d:#?}");
    }
    let out = std::path::Path::new(env!("CARGO_TARGET_TMPDIR")).join("look");
    let _ = std::fs::remove_dir_all(&out);
    for a in &made.artifacts {
        bowline::base::fs::write(&out.join(&a.path), &a.bytes).unwrap();
    }
    println!("{} in {}", made.artifacts.len(), out.display());
    let _ = HOSTILE;
}
