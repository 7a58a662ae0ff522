//! The user's own templates: what they were copied from, and whether that has changed since.

use crate::base::diag::Diagnostic;
use crate::base::digest;

use super::load;
use super::set::{Template, TemplateSet};

/// Digits of the digest that a copy remembers.
const DIGITS: usize = 12;

/// The text of a template that Bowline brings.
pub fn built_in(name: &str) -> Option<String> {
    load::text(name).map(str::to_owned)
}

/// A copy of a template that remembers what it was copied from.
pub fn copy(text: &str) -> String {
    let from = digest::hex(text.as_bytes(), DIGITS);
    match text.split_once("\n-#}") {
        Some((head, rest)) if text.starts_with("{#-\n") => format!("{head}\nfrom: {from}\n-#}}{rest}"),
        // a part has no head
        _ => format!("{{# from: {from} #}}\n{text}"),
    }
}

/// The digest that a copy remembers, with its place in the text.
fn origin(text: &str) -> Option<(usize, &str)> {
    let (start, end) = match text.split_once("\n-#}") {
        Some((head, _)) if text.starts_with("{#-\n") => (head.rfind("\nfrom: ")? + "\nfrom: ".len(), head.len()),
        _ => {
            let rest = text.strip_prefix("{# from: ")?;
            ("{# from: ".len(), text.len() - rest.len() + rest.find(" #}")?)
        }
    };
    let line = text.get(start..end)?.lines().next()?.trim();
    Some((start, line))
}

/// Whether a template of the workspace differs from the one that Bowline brings, where it brings one.
pub fn replaces(template: &Template) -> bool {
    template.own && built_in(&template.name).is_none_or(|text| text != template.text)
}

/// Copies whose original has changed since.
pub fn outdated(set: &TemplateSet, out: &mut Vec<Diagnostic>) {
    for template in set.templates.iter().filter(|t| t.own) {
        let (Some((at, from)), Some(text)) = (origin(&template.text), built_in(&template.name)) else { continue };
        let now = digest::hex(text.as_bytes(), DIGITS);
        if from == now {
            continue;
        }
        let span = template.file.map(|f| crate::base::source::Span::new(f, at, at + from.len()));
        let name = &template.name;
        out.push(
            Diagnostic::warning(
                "template-outdated",
                format!("the template that `templates/{name}` was copied from has changed since"),
            )
            .at(span, format!("it is now {now}"))
            .fix(format!("see `bowline templates diff {name}`, take over what you need, then write `from: {now}`")),
        );
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_copy_remembers_its_original_and_says_when_that_changed() {
        for (name, text, _) in load::embedded() {
            let copied = copy(&text);
            let (at, from) = origin(&copied).unwrap_or_else(|| panic!("{name}"));
            assert_eq!(from, digest::hex(text.as_bytes(), DIGITS), "{name}");
            assert_eq!(copied.get(at..at + from.len()), Some(from), "{name}");
            let mut set = TemplateSet::default();
            set.put(&name, &copied, None, true);
            let mut found = Vec::new();
            outdated(&set, &mut found);
            assert!(found.is_empty(), "{name}");
            set.put(&name, &copied.replace(from, "000000000000"), None, true);
            outdated(&set, &mut found);
            assert_eq!(found.len(), 1, "{name}");
        }
    }
}
