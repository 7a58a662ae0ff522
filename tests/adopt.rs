//! `bowline adopt`: people's own files, tied to their tasks.

mod adopting;
mod common;

#[test]
fn look() {
    let space = adopting::space();
    let ran = space.run(&["adopt", "--dry-run"]);
    println!("{}\n---\n{}\n{}", ran.out, ran.err, ran.code);
    let ran = space.run(&["status"]);
    println!("{}\n---\n{}\n{}", ran.out, ran.err, ran.code);
    let ran = space.run(&["adopt"]);
    println!("{}\n---\n{}\n{}", ran.out, ran.err, ran.code);
    let ran = space.run(&["check"]);
    println!("{}\n---\n{}\n{}", ran.out, ran.err, ran.code);
    let ran = space.run(&["why", "deploy/chart/templates/api-deployment.yaml"]);
    println!("{}\n---\n{}\n{}", ran.out, ran.err, ran.code);
}
