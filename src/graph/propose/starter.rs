//! A short constitution for a repository that has none.

/// The whole text.
pub const TEXT: &str = include_str!("constitution.md");

/// The principles of a constitution, in order: the headings of its statements.
pub fn principles(constitution: &crate::model::workspace::Constitution) -> Vec<String> {
    let mut all: Vec<String> = Vec::new();
    for statement in &constitution.statements {
        if !statement.heading.is_empty() && !all.contains(&statement.heading) {
            all.push(statement.heading.clone());
        }
    }
    all
}
