//! What is known of one thing: a title, and lines that each have a name.

use serde_json::{Value as Json, json};

/// An answer of `why`.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    pub title: String,
    pub rows: Vec<(&'static str, String)>,
}

impl Answer {
    pub fn new(title: impl Into<String>) -> Self {
        Self { title: title.into(), rows: Vec::new() }
    }

    /// Adds a line; several of one name stand below each other.
    pub fn row(&mut self, name: &'static str, text: impl Into<String>) -> &mut Self {
        self.rows.push((name, text.into()));
        self
    }

    pub fn rows(&mut self, name: &'static str, texts: impl IntoIterator<Item = String>) -> &mut Self {
        self.rows.extend(texts.into_iter().map(|t| (name, t)));
        self
    }

    /// Aligned text; a name that repeats is written once.
    pub fn text(&self) -> String {
        let width = self.rows.iter().map(|(n, _)| n.len()).max().unwrap_or(0);
        let mut out = format!("{}\n", self.title);
        let mut last = "";
        for (name, text) in &self.rows {
            let shown = if *name == last { "" } else { name };
            for (i, line) in text.lines().enumerate() {
                let shown = if i == 0 { shown } else { "" };
                out += format!("  {shown:width$}  {line}").trim_end();
                out.push('\n');
            }
            last = name;
        }
        out
    }

    /// The same as data; names that repeat become lists.
    pub fn json(&self) -> Json {
        let mut map = serde_json::Map::new();
        map.insert("thing".to_owned(), json!(self.title));
        for (name, text) in &self.rows {
            match map.get_mut(*name) {
                Some(Json::Array(list)) => list.push(json!(text)),
                Some(_) | None => {
                    map.insert((*name).to_owned(), json!([text]));
                }
            }
        }
        Json::Object(map)
    }
}
