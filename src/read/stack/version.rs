//! Versions of languages: from what a project asks for to one that a base image is pinned to.

/// A language whose base images are pinned.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Language {
    Python,
    Node,
    Go,
    Rust,
    Java,
}

impl Language {
    /// Patch versions with a base image, the preferred one first, then from new to old.
    fn pins(self) -> &'static [&'static str] {
        match self {
            Self::Python => &["3.11.9", "3.13.1", "3.12.8", "3.10.16", "3.9.21"],
            Self::Node => &["20.18.1", "22.12.0", "24.11.1", "18.20.5"],
            Self::Go => &["1.23.4", "1.25.4", "1.24.10", "1.22.10"],
            Self::Rust => &["1.83.0", "1.91.1", "1.88.0", "1.85.1"],
            Self::Java => &["21.0.5", "17.0.13"],
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Python => "Python",
            Self::Node => "Node",
            Self::Go => "Go",
            Self::Rust => "Rust",
            Self::Java => "Java",
        }
    }
}

type Version = Vec<u32>;

/// The pinned version that a project may run on: the preferred one where the project allows it.
///
/// # Errors
/// What to tell the reader when no pinned version is allowed.
pub fn pin(language: Language, wanted: &str) -> Result<String, String> {
    let allowed = |pin: &&&str| numbers(pin).is_some_and(|v| admits(wanted, &v));
    if let Some(pin) = language.pins().iter().find(allowed) {
        return Ok((*pin).to_owned());
    }
    // a whole version of these is the tag of an image; images of old versions of Node have another base
    let exact = wanted.trim().trim_start_matches(['=', 'v', ' ']);
    let tagged = matches!(language, Language::Python | Language::Go | Language::Rust);
    if tagged && numbers(exact).is_some_and(|v| v.len() == 3) {
        return Ok(exact.to_owned());
    }
    let major = numbers(exact).and_then(|v| v.first().copied());
    let near = language.pins().iter().find(|p| language == Language::Node && numbers(p).map(|v| v[0]) == major);
    near.map(|p| (*p).to_owned()).ok_or_else(|| {
        let known = language.pins().join(", ");
        format!("no base image of {} is known for `{}` (known: {known})", language.name(), printable(wanted))
    })
}

/// The version of a base image for what a spec or the sources name: a whole version as it is.
///
/// # Errors
/// What to tell the reader when no pinned version is allowed.
pub fn tag(language: Language, wanted: &str) -> Result<String, String> {
    if numbers(wanted).is_some_and(|v| v.len() == 3) { Ok(wanted.to_owned()) } else { pin(language, wanted) }
}

/// What a person wrote, short enough to repeat.
fn printable(text: &str) -> String {
    text.chars().filter(|c| !c.is_control()).take(40).collect()
}

/// `3.12.4` as numbers; `None` for anything else.
fn numbers(text: &str) -> Option<Version> {
    let text = text.trim().trim_start_matches('v');
    text.split('.').map(|p| p.parse().ok()).collect()
}

/// Whether a constraint of Python's or npm's kind admits a version. What cannot be read admits nothing.
fn admits(wanted: &str, version: &Version) -> bool {
    wanted.split("||").any(|choice| {
        let spaced = [">=", "<=", "==", "!=", "~=", "===", ">", "<", "^", "~"];
        let mut text = choice.replace(',', " ");
        for operator in spaced {
            text = text.replace(&format!("{operator} "), operator);
        }
        let mut clauses = text.split_whitespace().filter(|c| *c != "-").peekable();
        clauses.peek().is_some() && clauses.all(|c| clause(c, version))
    })
}

fn clause(clause: &str, version: &Version) -> bool {
    let operators = ["===", ">=", "<=", "==", "!=", "~=", ">", "<", "^", "~", "="];
    let (operator, rest) = operators.iter().find_map(|o| Some((*o, clause.strip_prefix(*o)?))).unwrap_or(("", clause));
    if matches!(rest, "*" | "lts/*" | "node" | "stable") {
        return true;
    }
    let rest = match rest {
        "lts/hydrogen" => "18",
        "lts/iron" => "20",
        "lts/jod" => "22",
        other => other,
    };
    let rest = rest.trim_end_matches(".*").trim_end_matches(".x").trim_end_matches(".x");
    let Some(wanted) = numbers(rest) else { return false };
    let padded: Version = wanted.iter().copied().chain(std::iter::repeat(0)).take(3).collect();
    let begins = version.starts_with(&wanted);
    match operator {
        ">=" => *version >= padded,
        ">" => *version > padded && !begins,
        "<=" => *version <= padded || begins,
        "<" => *version < padded,
        "!=" => !begins,
        "^" => {
            // Poetry and npm: the leftmost number that is not zero stays
            *version >= padded && version.first() == padded.first()
        }
        "~=" => *version >= padded && version.starts_with(&wanted[..wanted.len().saturating_sub(1)]),
        "~" => *version >= padded && version.starts_with(&wanted[..wanted.len().min(2)]),
        _ => begins,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_preferred_version_where_it_is_allowed() {
        for (wanted, version) in [
            (">=3.11", "3.11.9"),
            ("3.11", "3.11.9"),
            (">=3.12", "3.13.1"),
            (">=3.12,<3.13", "3.12.8"),
            ("~=3.12.1", "3.12.8"),
            ("^3.10", "3.11.9"),
            ("3.12.4", "3.12.4"),
            ("==3.13.*", "3.13.1"),
            ("< 3.11", "3.10.16"),
        ] {
            assert_eq!(pin(Language::Python, wanted).as_deref(), Ok(version), "{wanted}");
        }
        for (wanted, version) in [
            (">=20.9", "20.18.1"),
            ("20", "20.18.1"),
            ("v20.11.0", "20.18.1"),
            ("20.x", "20.18.1"),
            ("^22 || ^24", "22.12.0"),
            (">=18 <20", "18.20.5"),
            ("lts/jod", "22.12.0"),
            ("lts/*", "20.18.1"),
            (">=24", "24.11.1"),
        ] {
            assert_eq!(pin(Language::Node, wanted).as_deref(), Ok(version), "{wanted}");
        }
        for (language, wanted, version) in [
            (Language::Go, ">=1.21", "1.23.4"),
            (Language::Go, ">=1.24.1", "1.25.4"),
            (Language::Rust, "1.80.1", "1.80.1"),
            (Language::Rust, "stable", "1.83.0"),
            (Language::Java, "17", "17.0.13"),
        ] {
            assert_eq!(pin(language, wanted).as_deref(), Ok(version), "{wanted}");
        }
        assert_eq!(tag(Language::Node, "20.11.0").as_deref(), Ok("20.11.0"));
        assert_eq!(tag(Language::Python, "3.12").as_deref(), Ok("3.12.8"));
        assert!(pin(Language::Node, "25").is_err());
        assert!(pin(Language::Python, "banana\u{1b}").unwrap_err().contains("`banana`"));
    }
}
