//! What is known of one thing: a title, lines that each have a name, and the same as data.

use serde_json::{Map, Value as Json, json};

use crate::base::width::{left, width};

/// An answer of `why`.
#[derive(Clone, Debug, Default)]
pub struct Answer {
    /// What kind of thing it is about: `task`, `requirement`, `file` and so on.
    pub kind: &'static str,
    pub title: String,
    pub rows: Vec<(&'static str, String)>,
    /// The same as data, where the kind of thing has a shape of its own.
    pub data: Map<String, Json>,
}

impl Answer {
    pub fn new(kind: &'static str, title: impl Into<String>) -> Self {
        Self { kind, title: title.into(), rows: Vec::new(), data: Map::new() }
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

    /// Adds a key of the data.
    pub fn put(&mut self, key: &str, value: Json) -> &mut Self {
        self.data.insert(key.to_owned(), value);
        self
    }

    /// Aligned text; a name that repeats is written once.
    pub fn text(&self) -> String {
        let columns = self.rows.iter().map(|(n, _)| width(n)).max().unwrap_or(0);
        let mut out = format!("{}\n", self.title);
        let mut last = "";
        for (name, text) in &self.rows {
            let shown = if *name == last { "" } else { name };
            for (i, line) in text.lines().enumerate() {
                let shown = if i == 0 { shown } else { "" };
                out += format!("  {}  {}", left(shown, columns), crate::base::width::line(line)).trim_end();
                out.push('\n');
            }
            last = name;
        }
        out
    }

    /// The same as data: `kind`, `thing`, and the keys of the kind, or the lines as lists by their names.
    pub fn json(&self) -> Json {
        let mut map = Map::new();
        map.insert("kind".to_owned(), json!(self.kind));
        map.insert("thing".to_owned(), json!(self.title));
        if !self.data.is_empty() {
            map.extend(self.data.clone());
            return Json::Object(map);
        }
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
