//! Secret values are masked before any diff exists. Equal values get equal numbers, so that a reader sees that
//! something differs, or that two things coincide, and nothing else.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::base::base64::{from_base64, to_base64};

/// Gives each distinct secret value a number; lives for one run, is never written and never printed.
#[derive(Default)]
pub struct Masker {
    numbers: BTreeMap<Vec<u8>, usize>,
}

impl std::fmt::Debug for Masker {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Masker({} values)", self.numbers.len())
    }
}

/// Parts of a name that say its value is a secret.
const TELLING: &[&str] = &[
    "PASSWORD",
    "PASSWD",
    "PASSPHRASE",
    "SECRET",
    "TOKEN",
    "API_KEY",
    "APIKEY",
    "PRIVATE_KEY",
    "ACCESS_KEY",
    "CREDENTIAL",
    "DSN",
];

/// Whether a variable of that name holds a secret. `SECRET_NAME` and the like name one and hold none.
pub fn is_secret_name(name: &str) -> bool {
    let upper: String = name.to_uppercase().replace(['-', '.'], "_");
    let names_only = ["_NAME", "_FILE", "_PATH", "_TTL", "_EXPIRE", "_MINUTES", "_SECONDS", "_LENGTH", "_URL"];
    if names_only.iter().any(|end| upper.ends_with(end)) {
        return false;
    }
    TELLING.iter().any(|part| {
        upper.find(part).is_some_and(|i| {
            let before = upper[..i].chars().next_back().is_none_or(|c| c == '_');
            // `TOKENS` in MAX_TOKENS is a number, no token
            let after = upper[i + part.len()..].chars().next().is_none_or(|c| c == '_' || c.is_ascii_digit());
            (before || part.len() > 4) && after
        })
    })
}

impl Masker {
    /// The token that stands for a value: `<secret #1>`.
    pub fn token(&mut self, value: &[u8]) -> String {
        let next = self.numbers.len() + 1;
        let number = *self.numbers.entry(value.to_vec()).or_insert(next);
        format!("<secret #{number}>")
    }

    /// Masks an object in place: a Secret's data, variables named like secrets with a literal value (in containers and
    /// in ConfigMaps), passwords inside URLs anywhere, and what kubectl keeps of them in an annotation.
    pub fn mask(&mut self, object: &mut Value) {
        if let Some(annotations) = object.pointer_mut("/metadata/annotations").and_then(Value::as_object_mut) {
            annotations.remove("kubectl.kubernetes.io/last-applied-configuration");
        }
        match object.get("kind").and_then(Value::as_str) {
            Some("Secret") => self.mask_secret(object),
            Some("ConfigMap") => {
                if let Some(data) = object.get_mut("data").and_then(Value::as_object_mut) {
                    for (_, value) in data.iter_mut().filter(|(name, _)| is_secret_name(name)) {
                        self.replace(value);
                    }
                }
            }
            _ => {}
        }
        self.walk(object);
    }

    fn mask_secret(&mut self, object: &mut Value) {
        for field in ["data", "stringData"] {
            let Some(map) = object.get_mut(field).and_then(Value::as_object_mut) else { continue };
            for (_, value) in map.iter_mut() {
                let Some(text) = value.as_str() else {
                    *value = Value::String("<secret>".into());
                    continue;
                };
                let bytes = if field == "data" { from_base64(text) } else { None };
                let token = self.token(&bytes.unwrap_or_else(|| text.as_bytes().to_vec()));
                *value = Value::String(token);
            }
        }
    }

    fn walk(&mut self, value: &mut Value) {
        match value {
            Value::Object(map) => {
                let secret = map.get("name").and_then(Value::as_str).is_some_and(is_secret_name);
                if secret && let Some(value) = map.get_mut("value") {
                    self.replace(value);
                }
                for (_, inner) in map.iter_mut() {
                    self.walk(inner);
                }
            }
            Value::Array(list) => list.iter_mut().for_each(|v| self.walk(v)),
            Value::String(text) => {
                if let Some(masked) = self.mask_url(text) {
                    *text = masked;
                }
            }
            _ => {}
        }
    }

    fn replace(&mut self, value: &mut Value) {
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        // `$(NAME)` refers to another variable and tells nothing
        if !text.is_empty() && !is_reference(&text) && !text.starts_with("<secret") {
            *value = Value::String(self.token(text.as_bytes()));
        }
    }

    /// `scheme://user:password@host` with the password masked; nothing when there is none.
    fn mask_url(&mut self, text: &str) -> Option<String> {
        let scheme = text.find("://")? + 3;
        let rest = &text[scheme..];
        let authority = &rest[..rest.find(['/', '?', '#', ' ', '"', '\'']).unwrap_or(rest.len())];
        let at = authority.rfind('@')?;
        let colon = authority[..at].find(':')?;
        let password = &authority[colon + 1..at];
        if password.is_empty() || is_reference(password) || password.starts_with("<secret") {
            return None;
        }
        let (from, to) = (scheme + colon + 1, scheme + at);
        let token = self.token(password.as_bytes());
        let tail = &text[to..];
        let tail = self.mask_url(tail).unwrap_or_else(|| tail.to_owned());
        Some(format!("{}{token}{tail}", &text[..from]))
    }

    /// Makes a value known, so that [`Masker::scrub`] finds it, as it is and in base64.
    pub fn learn(&mut self, value: &str) {
        if !value.is_empty() {
            self.token(value.as_bytes());
        }
    }

    /// A line of a log or of another program's output, without any known secret value and any password in a URL.
    pub fn scrub(&mut self, line: &str) -> String {
        let mut out = line.to_owned();
        // longest first: one secret may be part of another; shorter than four bytes would hide ordinary words
        let mut known: Vec<(String, usize)> = self
            .numbers
            .iter()
            .filter_map(|(bytes, n)| Some((String::from_utf8(bytes.clone()).ok()?, *n)))
            .filter(|(text, _)| text.len() >= 4)
            .collect();
        // a Secret carries its values in base64, and so does a message that quotes one
        let coded: Vec<(String, usize)> = known.iter().map(|(text, n)| (to_base64(text.as_bytes()), *n)).collect();
        known.extend(coded);
        // of a value of several lines each may be quoted alone
        let lines: Vec<(String, usize)> = known
            .iter()
            .filter(|(text, _)| text.contains('\n'))
            .flat_map(|(text, n)| text.lines().filter(|l| l.len() >= 8).map(|l| (l.to_owned(), *n)).collect::<Vec<_>>())
            .collect();
        known.extend(lines);
        known.sort_by_key(|(text, _)| std::cmp::Reverse(text.len()));
        for (text, number) in known {
            out = out.replace(&text, &format!("<secret #{number}>"));
        }
        self.mask_url(&out).unwrap_or(out)
    }
}

fn is_reference(text: &str) -> bool {
    text.starts_with("$(") && text.ends_with(')') && !text[2..text.len() - 1].contains("$(")
}

#[cfg(test)]
mod tests {
    use crate::base::base64::from_base64;

    use super::*;
    use serde_json::json;

    #[test]
    fn names_that_tell() {
        for name in ["POSTGRES_PASSWORD", "GEMINI_API_KEY", "JWT_SECRET", "token", "AUTH_TOKEN_2", "db-password"] {
            assert!(is_secret_name(name), "{name}");
        }
        for name in ["LOG_LEVEL", "MAX_TOKENS", "SECRET_NAME", "TOKEN_EXPIRE_MINUTES", "KEYBOARD", "BACKEND_URL"] {
            assert!(!is_secret_name(name), "{name}");
        }
    }

    #[test]
    fn secrets_become_numbers_and_coincidence_shows() {
        let mut masker = Masker::default();
        let mut secret =
            json!({"kind":"Secret","data":{"a":"aHVudGVyMg==","b":"b3RoZXI="},"stringData":{"c":"hunter2"}});
        masker.mask(&mut secret);
        assert_eq!(
            secret,
            json!({"kind":"Secret","data":{"a":"<secret #1>","b":"<secret #2>"},"stringData":{"c":"<secret #1>"}})
        );
    }

    #[test]
    fn environment_and_urls() {
        let mut masker = Masker::default();
        let mut pod = json!({"kind":"Pod","spec":{"containers":[{"name":"x","env":[
            {"name":"JWT_SECRET","value":"abc"},
            {"name":"LOG_LEVEL","value":"INFO"},
            {"name":"DATABASE_URL","value":"postgresql://todo:hunter2@database:5432/todo"},
            {"name":"OTHER","value":"postgresql://todo:$(DATABASE_PASSWORD)@database:5432/todo"},
            {"name":"DATABASE_PASSWORD","valueFrom":{"secretKeyRef":{"name":"s","key":"password"}}}]}]}});
        masker.mask(&mut pod);
        let text = pod.to_string();
        assert!(!text.contains("hunter2") && !text.contains("\"abc\""), "{text}");
        assert!(text.contains("postgresql://todo:<secret #2>@database"), "{text}");
        assert!(text.contains("todo:$(DATABASE_PASSWORD)@"), "{text}");
        let again = pod.clone();
        masker.mask(&mut pod);
        assert_eq!(pod, again, "masking twice changes nothing");
    }

    #[test]
    fn known_values_are_scrubbed_from_lines() {
        let mut masker = Masker::default();
        masker.learn("s3cr3t-value");
        assert_eq!(masker.scrub("login with s3cr3t-value failed"), "login with <secret #1> failed");
        assert_eq!(
            masker.scrub("redis://u:pw12@h and http://a:b@c"),
            "redis://u:<secret #2>@h and http://a:<secret #3>@c"
        );
        assert!(!format!("{masker:?}").contains("s3cr3t"));
    }

    #[test]
    fn base64() {
        assert_eq!(from_base64("aHVudGVyMg==").unwrap(), b"hunter2");
        assert_eq!(from_base64("a*b"), None);
    }
}
