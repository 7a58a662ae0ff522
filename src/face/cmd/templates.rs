//! `bowline templates`: which there are, whose they are, copies to change, and what was changed.

use serde_json::json;

use crate::base::fs;
use crate::base::source::Sources;
use crate::base::suggest::did_you_mean;
use crate::change::diff;
use crate::face::cli::{Plain, PlainOutput, Templates};
use crate::face::exit::Exit;
use crate::face::report;
use crate::face::run::Context;
use crate::make::load::{self, Loaded};
use crate::make::own;
use crate::make::set::Template;

pub fn run(context: &Context, args: &Templates) -> Exit {
    let mut sources = Sources::default();
    let loaded = load::load(&context.root, &mut sources);
    match args {
        Templates::List(plain) => list(context, &loaded, &sources, plain),
        Templates::Show { name, built_in } => show(context, &loaded, name, *built_in),
        Templates::Eject { names } => eject(context, names),
        Templates::Diff { names, exit_code } => compare(context, &loaded, &sources, names, *exit_code),
    }
}

/// `built in`, `yours, in place of the built-in one`, `yours`.
fn whose(template: &Template) -> &'static str {
    match (own::replaces(template), own::built_in(&template.name).is_some()) {
        (false, _) => "built in",
        (true, true) => "yours, in place of the built-in one",
        (true, false) => "yours",
    }
}

fn list(context: &Context, loaded: &Loaded, sources: &Sources, plain: &Plain) -> Exit {
    let rows: Vec<(&Template, String, String)> = loaded
        .set
        .templates
        .iter()
        .map(|template| {
            let entry = loaded.entries.iter().find(|e| e.template == template.name);
            let kind = entry.map(|e| e.kind.clone() + &e.name.iter().map(|n| format!("/{n}")).collect::<String>());
            let roles: Vec<&str> = entry.map(|e| e.roles.iter().map(|r| r.name()).collect()).unwrap_or_default();
            (template, kind.unwrap_or_else(|| "part of others".to_owned()), roles.join(", "))
        })
        .collect();
    if plain.output == PlainOutput::Json {
        let data: Vec<_> = rows
            .iter()
            .map(|(t, kind, roles)| json!({ "name": t.name, "makes": kind, "for": roles, "whose": whose(t) }))
            .collect();
        context.output.json("templates", &json!({ "templates": data }));
    } else {
        let width = |of: &dyn Fn(&(&Template, String, String)) -> usize| rows.iter().map(of).max().unwrap_or_default();
        let (a, b, c) = (width(&|r| r.0.name.len()), width(&|r| r.1.len()), width(&|r| r.2.len()));
        let text: String = rows
            .iter()
            .map(|(t, kind, roles)| format!("{:a$}  {kind:b$}  {roles:c$}  {}\n", t.name, whose(t)))
            .collect();
        context.output.data(&text);
    }
    if loaded.diagnostics.is_empty() {
        Exit::Done
    } else {
        report::findings(context.output, &loaded.diagnostics, sources)
    }
}

fn unknown<'n>(context: &Context, name: &str, names: impl Iterator<Item = &'n str>) -> Exit {
    let fix = did_you_mean(name, names).unwrap_or_else(|| "`bowline templates list` names them all".to_owned());
    context.output.say(&format!("error: there is no template `{name}`"));
    context.output.say(&format!("   fix: {fix}"));
    Exit::Usage
}

fn show(context: &Context, loaded: &Loaded, name: &str, built_in: bool) -> Exit {
    let text = if built_in { own::built_in(name) } else { loaded.set.get(name).map(|t| t.text.clone()) };
    match text {
        Some(text) => {
            context.output.data(&text);
            Exit::Done
        }
        None => unknown(context, name, loaded.set.templates.iter().map(|t| t.name.as_str())),
    }
}

/// Everything is looked at before anything is written.
fn eject(context: &Context, names: &[String]) -> Exit {
    let all: Vec<String> = load::embedded().into_iter().map(|(name, ..)| name).collect();
    let mut copies = Vec::new();
    for name in names {
        let Some(text) = own::built_in(name) else {
            return unknown(context, name, all.iter().map(String::as_str));
        };
        let path = match fs::inside(&context.root, &format!("templates/{name}")) {
            Ok(path) => path,
            Err(error) => {
                context.output.say(&format!("error[file-unwritable]: {error}"));
                return Exit::World;
            }
        };
        if path.symlink_metadata().is_ok() {
            context.output.say(&format!("error: `templates/{name}` is there already; nothing was written"));
            context.output.say(&format!("   fix: `bowline templates diff {name}` compares it with the built-in one"));
            return Exit::Conflict;
        }
        copies.push((name, path, own::copy(&text)));
    }
    for (name, path, text) in copies {
        if let Err(error) = fs::write(&path, text.as_bytes()) {
            context.output.say(&format!("error[file-unwritable]: {error}"));
            return Exit::World;
        }
        context.output.say(&format!("templates/{name} written; it replaces the built-in one from now on"));
    }
    Exit::Done
}

fn compare(context: &Context, loaded: &Loaded, sources: &Sources, names: &[String], exit_code: bool) -> Exit {
    if let Some(name) = names.iter().find(|n| loaded.set.get(n).is_none()) {
        return unknown(context, name, loaded.set.templates.iter().map(|t| t.name.as_str()));
    }
    let mut differs = false;
    for template in loaded.set.templates.iter().filter(|t| own::replaces(t)) {
        if !names.is_empty() && !names.contains(&template.name) {
            continue;
        }
        let Some(built_in) = own::built_in(&template.name) else { continue };
        let text = diff::texts(&format!("templates/{}", template.name), &built_in, &template.text);
        differs |= !text.is_empty();
        context.output.data(&text);
    }
    if !differs {
        context.output.say("no template differs from the one that Bowline brings");
    }
    let outdated: Vec<_> = loaded.diagnostics.iter().filter(|d| d.code == "template-outdated").cloned().collect();
    if !outdated.is_empty() {
        report::findings(context.output, &outdated, sources);
    }
    if exit_code && differs { Exit::Pending } else { Exit::Done }
}
