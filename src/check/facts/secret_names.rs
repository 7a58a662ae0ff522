//! Which names are those of secrets, and which values only stand for one.

/// Whether a variable or key of that name holds a secret itself, and not its length, its file or its name.
pub(super) fn is_secret(name: &str) -> bool {
    let words = words(name);
    let (Some(first), Some(last)) = (words.first(), words.last()) else { return false };
    let about = [
        "name",
        "file",
        "path",
        "ttl",
        "expiry",
        "expires",
        "expire",
        "seconds",
        "minutes",
        "hours",
        "days",
        "length",
        "count",
        "limit",
        "url",
        "uri",
        "host",
        "enabled",
        "algorithm",
        "alg",
        "ref",
        "header",
        "type",
        "id",
        "lifetime",
        "age",
        "rounds",
        "issuer",
        "audience",
        "prefix",
        "field",
        "mount",
        "provider",
        "manager",
        "store",
        "class",
        "version",
        "policy",
        "required",
        "rotation",
        "endpoint",
        "min",
        "max",
        "reset",
        "hash",
        "expiration",
        "days",
        "mode",
        "scheme",
        "location",
        "namespace",
        "from",
        "usage",
    ];
    let question = [
        "max",
        "min",
        "existing",
        "enable",
        "disable",
        "use",
        "has",
        "is",
        "require",
        "create",
        "generate",
        "num",
        "total",
        "automount",
        "image",
        "external",
    ];
    if about.contains(&last.as_str()) || question.contains(&first.as_str()) {
        return false;
    }
    let one = ["password", "passwd", "passphrase", "secret", "token", "apikey", "credential", "credentials"];
    let before_key = ["api", "secret", "private", "access", "signing", "encryption", "jwt", "session", "master"];
    if last == "key" {
        return words.len() > 1 && before_key.contains(&words[words.len() - 2].as_str());
    }
    words.iter().any(|w| one.contains(&w.as_str()))
}

/// The parts of a name in any way of writing: `jwtSecret`, `JWT_SECRET`, `jwt-secret`.
fn words(name: &str) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let mut current = String::new();
    let mut small = false;
    for c in name.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && small) {
            words.extend((!current.is_empty()).then(|| std::mem::take(&mut current)));
        }
        if c.is_alphanumeric() {
            current.extend(c.to_lowercase());
        }
        small = c.is_lowercase() || c.is_ascii_digit();
    }
    words.extend((!current.is_empty()).then_some(current));
    words
}

/// Whether a value may be a secret at all: not empty, not a reference, not a word of configuration.
pub(super) fn is_value(text: &str) -> bool {
    let text = text.trim();
    let reference = text.starts_with(['$', '/', '<', '%']) || text.contains("{{") || text.contains("${");
    let word = matches!(text.to_lowercase().as_str(), "" | "true" | "false" | "null" | "none" | "nil" | "~" | "bearer");
    !reference && !word && !super::objects::is_printed(text) && !text.contains("://")
}

/// Whether a value says of itself that it is to be replaced.
pub(super) fn is_placeholder(text: &str) -> bool {
    let lower = text.to_lowercase();
    let says = [
        "change",
        "replace",
        "your",
        "example",
        "placeholder",
        "todo",
        "xxx",
        "dummy",
        "insert",
        "fill",
        "set-me",
        "setme",
        "redacted",
        "sample",
        "...",
        "***",
        "put-",
        "override",
        "not-set",
        "notset",
        "default",
    ];
    says.iter().any(|s| lower.contains(s))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_secrets() {
        for name in [
            "JWT_SECRET",
            "jwtSecret",
            "password",
            "POSTGRES_PASSWORD",
            "OPENAI_API_KEY",
            "openaiApiKey",
            "secret-key",
            "BETTER_AUTH_SECRET",
            "accessToken",
            "GITHUB_TOKEN",
            "dbCredentials",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "existingSecret",
            "secretName",
            "passwordKey",
            "MAX_TOKENS",
            "TOKENIZER",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "JWT_ALGORITHM",
            "PASSWORD_FILE",
            "key",
            "API_URL",
            "name",
            "",
            "token_type",
            "SECRET_REF",
            "imagePullSecretName",
            "primaryKey",
            "completion_tokens",
            "automountServiceAccountToken",
            "TOKEN_URL",
        ] {
            assert!(!is_secret(name), "{name}");
        }
    }

    #[test]
    fn values_and_placeholders() {
        for value in ["s3cret", "change-me-in-production", "sk-1234"] {
            assert!(is_value(value), "{value}");
        }
        for value in ["", "$X", "${X}", "true", "/run/secrets/x", "<secret>", "{{ .x }}", "~~~~~~~", "https://x/y"] {
            assert!(!is_value(value), "{value}");
        }
        assert!(is_placeholder("CHANGE_ME") && is_placeholder("your-key-here") && !is_placeholder("k3J-9sd"));
    }
}
