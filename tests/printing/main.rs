//! The law of generation: one rendering, many printings, all of them the same app.

mod fixture;
mod helm;

use fixture::{Example, HOSTILE, TODO};

#[test]
fn helm_prints_what_the_manifests_say() {
    let example = Example::new(TODO);
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    helm::agree(&example.app, &made, "todo");
}

#[test]
fn helm_prints_hostile_texts_as_the_manifests_do() {
    let example = Example::new(HOSTILE);
    let made = example.make();
    assert!(made.diagnostics.is_empty(), "{:#?}", made.diagnostics);
    helm::agree(&example.app, &made, "hostile");
}
