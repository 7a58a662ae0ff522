//! What `init` proposes: a typed block as data, with the reason for each value, and what was left out and why.
//! Plain data; found in the sources of a repository, or carried over from a Compose or Score file.

use serde_json::Value as Json;

/// A place in the repository that speaks for a value. Never its text: that could be a secret.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Place {
    /// Relative to the repository.
    pub file: String,
    /// From 1; 0 means the file as a whole.
    pub line: usize,
}

impl Place {
    pub fn new(file: impl Into<String>, line: usize) -> Self {
        Self { file: file.into(), line }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self.line {
            0 => f.write_str(&self.file),
            line => write!(f, "{}:{line}", self.file),
        }
    }
}

/// A value with the place that speaks for it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Found<T> {
    pub value: T,
    pub at: Place,
}

impl<T> Found<T> {
    pub fn new(value: T, file: impl Into<String>, line: usize) -> Self {
        Self { value, at: Place::new(file, line) }
    }
}

/// One line of a service or resource of the block.
#[derive(Clone, Debug, PartialEq)]
pub struct Field {
    pub key: &'static str,
    pub value: Json,
    /// Where the value comes from, in words, for the table of evidence.
    pub why: String,
    pub at: Vec<Place>,
    /// Index into [`Proposal::requirements`].
    pub requirement: Option<usize>,
}

/// A service or a resource.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Part {
    pub name: String,
    pub fields: Vec<Field>,
}

impl Part {
    pub fn get(&self, key: &str) -> Option<&Json> {
        self.fields.iter().find(|f| f.key == key).map(|f| &f.value)
    }

    /// Adds a line; `at` may be empty for a value that needs no place.
    pub fn put(
        &mut self,
        key: &'static str,
        value: Json,
        why: impl Into<String>,
        at: Vec<Place>,
        requirement: Option<usize>,
    ) {
        self.fields.push(Field { key, value, why: why.into(), at, requirement });
    }
}

/// Something that is in no line of the block: left out, or to be decided by a person.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    pub at: Option<Place>,
    pub text: String,
}

/// A file that must change so that what is generated works.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Change {
    pub path: String,
    /// `None` for a file that does not exist yet.
    pub old: Option<String>,
    pub new: String,
    pub why: String,
}

/// Everything that `init` proposes.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Proposal {
    pub app: String,
    pub app_at: Option<Place>,
    /// Host name, when something is exposed.
    pub host: Option<String>,
    pub services: Vec<Part>,
    pub resources: Vec<Part>,
    /// What a person reads as `FR-001`, `FR-002`, …
    pub requirements: Vec<String>,
    pub left_out: Vec<Remark>,
    pub questions: Vec<Remark>,
    pub changes: Vec<Change>,
}

impl Proposal {
    /// The number of a requirement with this text; the same text is one requirement.
    pub fn require(&mut self, text: impl Into<String>) -> usize {
        let text = text.into();
        self.requirements.iter().position(|r| *r == text).unwrap_or_else(|| {
            self.requirements.push(text);
            self.requirements.len() - 1
        })
    }

    pub fn leave_out(&mut self, at: Option<Place>, text: impl Into<String>) {
        self.left_out.push(Remark { at, text: text.into() });
    }

    pub fn ask(&mut self, at: Option<Place>, text: impl Into<String>) {
        self.questions.push(Remark { at, text: text.into() });
    }

    /// Takes a service out again, and out of what others wait for.
    pub fn remove(&mut self, name: &str, why: &str) {
        let Some(at) = self.services.iter().position(|p| p.name == name) else { return };
        let part = self.services.remove(at);
        let place = part.fields.first().and_then(|f| f.at.first()).cloned();
        self.leave_out(place, format!("`{name}`: {why}"));
        for other in &mut self.services {
            for field in other.fields.iter_mut().filter(|f| f.key == "dependsOn") {
                match &mut field.value {
                    Json::Array(list) => list.retain(|n| n.as_str() != Some(name)),
                    Json::Object(map) => drop(map.remove(name)),
                    _ => {}
                }
            }
            let empty = |v: &Json| {
                v.as_array().is_some_and(Vec::is_empty) || v.as_object().is_some_and(serde_json::Map::is_empty)
            };
            other.fields.retain(|f| f.key != "dependsOn" || !empty(&f.value));
        }
    }
}

/// A name for a Kubernetes object from any text: lower case, digits and dashes, a letter first, at most `most` long.
pub fn label(text: &str, most: usize) -> Option<String> {
    let mut out = String::new();
    for c in text.chars() {
        match c {
            'a'..='z' | '0'..='9' => out.push(c),
            'A'..='Z' => out.push(c.to_ascii_lowercase()),
            _ if out.ends_with('-') || out.is_empty() => {}
            _ => out.push('-'),
        }
    }
    let start = out.find(|c: char| c.is_ascii_lowercase())?;
    let name: String = out[start..].chars().take(most).collect();
    let name = name.trim_end_matches('-');
    (!name.is_empty()).then(|| name.to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_become_labels() {
        assert_eq!(label("My_Shop App", 53).as_deref(), Some("my-shop-app"));
        assert_eq!(label("2024-todo--", 53).as_deref(), Some("todo"));
        assert_eq!(label("@scope/web", 53).as_deref(), Some("scope-web"));
        assert_eq!(label("日本", 53), None);
        assert_eq!(label("abc-def", 4).as_deref(), Some("abc"));
    }
}
