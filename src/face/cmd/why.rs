//! `bowline why`: one thing, explained both ways.

use serde_json::json;

use crate::face::cli::{PlainOutput, Why};
use crate::face::exit::Exit;
use crate::face::project::Project;
use crate::face::report;
use crate::face::run::Context;
use crate::face::why::{self, Answer, Unanswered};

pub fn run(context: &Context, args: &Why) -> Exit {
    let mut project = Project::read(&context.root);
    let answered = match args.things.as_slice() {
        [first, second] => why::two(&project, first, second),
        [one] => why::one(&mut project, one, args),
        _ => return Exit::Usage,
    };
    match answered {
        Ok(answers) => {
            print(context, args.output, &answers);
            Exit::Done
        }
        Err(Unanswered::Unclear(name, unclear)) => report::unclear(context.output, &name, "thing", &unclear),
        Err(Unanswered::Text(problem)) => {
            context.output.say(&format!("error: {problem}"));
            Exit::Errors
        }
    }
}

fn print(context: &Context, format: PlainOutput, answers: &[Answer]) {
    match format {
        PlainOutput::Json => {
            let all: Vec<_> = answers.iter().map(Answer::json).collect();
            context.output.json("why", &json!({ "answers": all }));
        }
        PlainOutput::Human => {
            let all: Vec<String> = answers.iter().map(Answer::text).collect();
            context.output.data(&all.join("\n"));
        }
    }
}
