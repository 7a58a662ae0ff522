//! What the name of a variable tells: a secret, a provider's key, something that the platform sets.

/// Names that a platform, a shell or a framework sets by itself.
const GIVEN: &[&str] = &[
    "CI",
    "HOME",
    "HOST",
    "HOSTNAME",
    "LANG",
    "LC_ALL",
    "NODE_ENV",
    "NODE_OPTIONS",
    "PATH",
    "PORT",
    "PWD",
    "PYTHONPATH",
    "PYTHONUNBUFFERED",
    "SHELL",
    "TERM",
    "TMPDIR",
    "TZ",
    "USER",
    "VERCEL",
    "VERCEL_ENV",
    "VERCEL_URL",
    "NEXT_RUNTIME",
    "NEXT_PHASE",
    "NEXT_TELEMETRY_DISABLED",
    "PYTEST_CURRENT_TEST",
    "ANALYZE",
    "DEBUG_COLORS",
];

/// Providers by the word before `_API_KEY`, `_TOKEN` and the like, with the host that takes the key.
const PROVIDERS: &[(&str, &str)] = &[
    ("ANTHROPIC", "api.anthropic.com"),
    ("CLAUDE", "api.anthropic.com"),
    ("COHERE", "api.cohere.com"),
    ("DEEPSEEK", "api.deepseek.com"),
    ("ELEVENLABS", "api.elevenlabs.io"),
    ("GEMINI", "generativelanguage.googleapis.com"),
    ("GITHUB", "api.github.com"),
    ("GOOGLE_GENERATIVE_AI", "generativelanguage.googleapis.com"),
    ("GROQ", "api.groq.com"),
    ("HF", "huggingface.co"),
    ("HUGGINGFACE", "huggingface.co"),
    ("MISTRAL", "api.mistral.ai"),
    ("OPENAI", "api.openai.com"),
    ("OPENROUTER", "openrouter.ai"),
    ("PERPLEXITY", "api.perplexity.ai"),
    ("RESEND", "api.resend.com"),
    ("SENDGRID", "api.sendgrid.com"),
    ("SLACK", "slack.com"),
    ("STRIPE", "api.stripe.com"),
    ("TAVILY", "api.tavily.com"),
    ("TOGETHER", "api.together.xyz"),
    ("TWILIO", "api.twilio.com"),
];

/// Domains of databases that others run.
pub const DATABASE_HOSTS: &[&str] = &[
    "neon.tech",
    "supabase.co",
    "supabase.com",
    "rds.amazonaws.com",
    "postgres.database.azure.com",
    "cockroachlabs.cloud",
    "planetscale.com",
    "psdb.cloud",
    "mongodb.net",
    "upstash.io",
    "turso.io",
    "railway.app",
    "render.com",
];

/// Words of a name that say that it does not hold the secret itself.
const ABOUT: &[&str] = &[
    "FILE",
    "PATH",
    "NAME",
    "TTL",
    "EXPIRY",
    "EXPIRE",
    "EXPIRES",
    "SECONDS",
    "MINUTES",
    "HOURS",
    "DAYS",
    "LENGTH",
    "COUNT",
    "LIMIT",
    "HOST",
    "ENABLED",
    "ALGORITHM",
    "REF",
    "HEADER",
    "COOKIE",
    "TOKENS",
    "DURATION",
    "ISSUER",
    "PREFIX",
];

/// Whether a variable of that name holds something that must not be read by others.
pub fn is_secret(name: &str) -> bool {
    let upper = name.to_ascii_uppercase();
    if is_public(&upper) {
        return false;
    }
    let words: Vec<&str> = upper.split('_').collect();
    let about = words.last().is_some_and(|l| ABOUT.contains(l)) || words.contains(&"EXPIRE") || words[0] == "MAX";
    let holds = words.iter().any(|w| {
        matches!(
            *w,
            "KEY"
                | "TOKEN"
                | "SECRET"
                | "PASSWORD"
                | "PASSWD"
                | "PASS"
                | "PWD"
                | "CREDENTIAL"
                | "CREDENTIALS"
                | "DSN"
                | "APIKEY"
                | "SECRETS"
        ) || w.ends_with("PASSWORD")
            || w.ends_with("SECRET")
            || w.ends_with("APIKEY")
    });
    let address = upper.strip_suffix("_URL").or_else(|| upper.strip_suffix("_URI")).is_some_and(|what| {
        [
            "DATABASE",
            "DB",
            "POSTGRES",
            "POSTGRESQL",
            "PG",
            "MYSQL",
            "MONGO",
            "MONGODB",
            "REDIS",
            "AMQP",
            "RABBITMQ",
            "BROKER",
            "CELERY_BROKER",
        ]
        .iter()
        .any(|d| what == *d || what.ends_with(&format!("_{d}")))
    });
    (holds && !about) || address
}

/// Whether it reaches the browser, by the prefix that bundlers give such names.
pub fn is_public(name: &str) -> bool {
    ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "PUBLIC_", "NUXT_PUBLIC_", "EXPO_PUBLIC_"]
        .iter()
        .any(|p| name.starts_with(p))
}

/// Whether the platform, not the app's operator, gives it.
pub fn is_given(name: &str) -> bool {
    GIVEN.contains(&name)
}

/// The host outside that takes a key of that name.
pub fn provider(name: &str) -> Option<&'static str> {
    let upper = name.to_ascii_uppercase();
    is_secret(&upper).then_some(())?;
    PROVIDERS.iter().find(|(word, _)| upper == *word || upper.starts_with(&format!("{word}_"))).map(|(_, host)| *host)
}

/// Whether it is the address of the database.
pub fn is_database(name: &str) -> bool {
    matches!(
        name,
        "DATABASE_URL"
            | "POSTGRES_URL"
            | "DB_URL"
            | "DATABASE_URI"
            | "POSTGRES_URI"
            | "SQLALCHEMY_DATABASE_URL"
            | "SQLALCHEMY_DATABASE_URI"
    )
}

/// Whether it is the address of another service of the app.
pub fn is_address(name: &str) -> bool {
    let bare =
        ["NEXT_PUBLIC_", "VITE_", "REACT_APP_", "PUBLIC_"].iter().find_map(|p| name.strip_prefix(p)).unwrap_or(name);
    let ends = ["_URL", "_URI", "_ORIGIN", "_ENDPOINT", "_HOST"];
    let Some(what) = ends.iter().find_map(|e| bare.strip_suffix(e)) else { return false };
    let words: Vec<&str> = what.split('_').collect();
    matches!(words[0], "API" | "BACKEND" | "SERVER" | "FASTAPI" | "SERVICE")
        && words[1..]
            .iter()
            .all(|w| matches!(*w, "API" | "BASE" | "BACKEND" | "SERVER" | "INTERNAL" | "URL" | "SERVICE"))
        || what == "INTERNAL_API"
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_tell_secrets() {
        for name in [
            "OPENAI_API_KEY",
            "JWT_SECRET",
            "BETTER_AUTH_SECRET",
            "DATABASE_URL",
            "DB_PASSWORD",
            "PGPASSWORD",
            "SENTRY_DSN",
            "GITHUB_TOKEN",
            "REDIS_URL",
            "SECRET_KEY",
            "SMTP_PASS",
        ] {
            assert!(is_secret(name), "{name}");
        }
        for name in [
            "LOG_LEVEL",
            "API_URL",
            "NEXT_PUBLIC_API_KEY",
            "MAX_TOKENS",
            "ACCESS_TOKEN_EXPIRE_MINUTES",
            "SECRET_KEY_FILE",
            "JWT_ALGORITHM",
            "TOKEN_TTL",
            "PORT",
            "MONKEY",
            "KEYCLOAK_URL",
            "MAX_TOKEN",
        ] {
            assert!(!is_secret(name), "{name}");
        }
        assert_eq!(provider("OPENAI_API_KEY"), Some("api.openai.com"));
        assert_eq!(provider("OPENAI_MODEL"), None);
        assert!(is_address("NEXT_PUBLIC_API_URL") && is_address("BACKEND_URL") && is_address("API_BASE_URL"));
        assert!(!is_address("STRIPE_API_URL") && !is_address("FRONTEND_URL") && !is_address("DATABASE_URL"));
    }
}
