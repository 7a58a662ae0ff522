//! The four cases of `tests/cases`, each with the sources that its images are built from.

use std::path::Path;

use super::Space;

/// A case with its tasks derived, in a Git repository.
pub fn space(case: &str) -> Space {
    let space = Space::of(&format!("tests/cases/{case}"));
    copy(&space, "tests/cases/backend", "app/backend");
    copy(&space, "tests/init/shop/frontend", "app/frontend");
    space.edit("app/frontend/next.config.ts", "  poweredByHeader", "  output: \"standalone\",\n  poweredByHeader");
    space.write(".gitignore", ".env\n.bowline/\n");
    space.run(&["tasks"]).exits(0);
    for args in [&["init", "--quiet"][..], &["add", "--all"], &["commit", "--quiet", "--message", "The case"]] {
        space.git(args);
    }
    space
}

fn copy(space: &Space, from: &str, to: &str) {
    let home = Path::new(env!("CARGO_MANIFEST_DIR")).join(from);
    // what Git ignores is not part of it: packages, builds
    let walk = ignore::WalkBuilder::new(&home).hidden(false).require_git(false).parents(true).build();
    for file in walk.map(Result::unwrap).filter(|f| f.file_type().is_some_and(|t| t.is_file())) {
        let name = file.path().strip_prefix(&home).unwrap().to_str().unwrap();
        space.write(&format!("{to}/{name}"), std::fs::read(file.path()).unwrap());
    }
}
