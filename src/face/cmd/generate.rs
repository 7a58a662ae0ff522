//! `bowline generate`: write what changed, and nothing else.

use crate::face::cli::Generate;
use crate::face::exit::Exit;
use crate::face::made;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;

pub fn run(context: &Context, args: &Generate) -> Exit {
    let _ = args;
    let project = Project::read(&context.root);
    let exit = report::findings(context.output, &project.diagnostics, &project.sources);
    if exit != Exit::Done {
        return exit;
    }
    let made = made::make(&project);
    let exit = report::findings(context.output, &made.diagnostics, &project.sources);
    if exit != Exit::Done {
        return exit;
    }
    for a in &made.artifacts {
        let path = context.root.join(&a.path);
        match crate::base::fs::write_if_different(&path, &a.bytes) {
            Ok(true) => context.output.say(&format!("wrote {}", a.path)),
            Ok(false) => {}
            Err(e) => context.output.say(&e.to_string()),
        }
    }
    Exit::Done
}
