//! What a text of the block must look like where not every text will do: names that Kubernetes, Helm and images take.

use crate::base::words;

use super::dns::{is_domain, is_label};
use super::labels::{is_key, is_value};

/// A language of texts. Numbers count as the text that they are written as.
#[derive(Debug)]
pub struct Grammar {
    /// What the message says it must be.
    pub what: &'static str,
    /// The same for editors, as loose as a regular expression of ECMAScript can say it in a line.
    pub pattern: &'static str,
    pub fits: fn(&str) -> bool,
}

/// A DNS name, perhaps with a wildcard as its first label (RFC 1123, as the Ingress takes it).
pub const HOST: Grammar = Grammar {
    what: "a host name alone, such as todo.example.org, without scheme and port",
    pattern: r"^(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    fits: |t| is_domain(t.strip_prefix("*.").unwrap_or(t)),
};

/// The name of an object that Kubernetes calls a DNS subdomain.
pub const OBJECT: Grammar = Grammar {
    what: "the name of an object: lower-case letters, digits, dashes and dots, at most 253",
    pattern: r"^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$",
    fits: is_domain,
};

/// The name of a namespace, or of anything that has to be one DNS label.
pub const LABEL: Grammar = Grammar {
    what: "a name of lower-case letters, digits and dashes, at most 63 long",
    pattern: "^[a-z0-9]([-a-z0-9]*[a-z0-9])?$",
    fits: is_label,
};

/// The version of a chart: `SemVer`, of which Helm lets parts be left out.
pub const VERSION: Grammar = Grammar {
    what: "a version such as 1.4.0 or 1.4.0-rc.1",
    pattern: r"^[0-9]+(\.[0-9]+){0,2}(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?$",
    fits: is_version,
};

/// What stands in the tag of an image: a version of a runtime or a server.
pub const TAG: Grammar = Grammar {
    what: "a version such as 3.11 or 16.4",
    pattern: "^[0-9A-Za-z_][0-9A-Za-z_.-]{0,127}$",
    fits: |t| {
        t.len() <= 128
            && t.starts_with(|c: char| c.is_ascii_alphanumeric() || c == '_')
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    },
};

/// An image with its tag or digest.
pub const IMAGE: Grammar = Grammar {
    what: "an image with its tag, such as node:20.18.1-alpine3.20",
    pattern: "^[0-9A-Za-z][0-9A-Za-z_./:@-]*$",
    fits: |t| {
        t.len() <= 500
            && t.starts_with(|c: char| c.is_ascii_alphanumeric())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'/' | b':' | b'@' | b'-'))
    },
};

/// What is built: a package, a binary, a jar, a folder. It stands in a Dockerfile.
pub const TARGET: Grammar = Grammar {
    what: "a name or a path of letters, digits and `. _ / @ : + -`",
    pattern: "^[0-9A-Za-z._/@:+-]+$",
    fits: |t| {
        !t.is_empty()
            && t.len() <= 500
            && t.split('/').all(|part| part != "..")
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || b"._/@:+-".contains(&b))
    },
};

/// The name of a variable as Kubernetes takes it, which is also a key of a ConfigMap.
pub const VARIABLE: Grammar = Grammar {
    what: "a variable's name: letters, digits, underscores, dashes and dots, beginning with no digit",
    pattern: "^[A-Za-z_.-][A-Za-z0-9_.-]*$",
    fits: |t| {
        t.len() <= 253
            && !matches!(t, "." | "..")
            && t.starts_with(|c: char| !c.is_ascii_digit())
            && t.bytes().all(|b| b.is_ascii_alphanumeric() || matches!(b, b'_' | b'.' | b'-'))
    },
};

/// A variable with its value, as a list of Compose has it.
pub const ASSIGNMENT: Grammar = Grammar {
    what: "NAME=value, the name of letters, digits, underscores, dashes and dots",
    pattern: "^[A-Za-z_.-][A-Za-z0-9_.-]*(=|$)",
    fits: |t| (VARIABLE.fits)(t.split('=').next().unwrap_or_default()),
};

/// The path of a request.
pub const URL_PATH: Grammar = Grammar {
    what: "a path that begins with a slash, such as /health",
    pattern: r"^/[!-~]*$",
    fits: |t| t.starts_with('/') && t.len() <= 2000 && t.bytes().all(|b| b.is_ascii_graphic()),
};

/// Where something is mounted in a container.
pub const MOUNT: Grammar = Grammar {
    what: "an absolute path, without `..` and colons",
    pattern: "^/[^:]+$",
    fits: |t| {
        t.starts_with('/')
            && t.len() <= 4096
            && !t.trim_matches('/').is_empty()
            && !t.contains(|c: char| c == ':' || c.is_control())
            && t.split('/').all(|part| part != "..")
    },
};

/// A program with its arguments, as a shell splits them.
pub const PROGRAM: Grammar =
    Grammar { what: "a program with its arguments, each quote closed", pattern: r"\S", fits: is_program };

/// The key of a label, an annotation, a node's label.
pub const LABEL_KEY: Grammar = Grammar {
    what: "a name of 63 letters, digits, dashes, dots and underscores, perhaps behind a domain and a slash",
    pattern: r"^([a-z0-9][-a-z0-9.]*/)?[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$",
    fits: is_key,
};

/// The value of a label.
pub const LABEL_VALUE: Grammar = Grammar {
    what: "at most 63 letters, digits, dashes, dots and underscores, a letter or digit first and last",
    pattern: "^([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?$",
    fits: is_value,
};

fn is_program(line: &str) -> bool {
    words::split(line).is_some_and(|all| !all.is_empty())
}

fn is_version(text: &str) -> bool {
    let (rest, build) = text.split_once('+').map_or((text, None), |(r, b)| (r, Some(b)));
    let (numbers, pre) = rest.split_once('-').map_or((rest, None), |(n, p)| (n, Some(p)));
    let identifier = |i: &str| !i.is_empty() && i.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-');
    let dotted = |t: Option<&str>| t.is_none_or(|t| t.split('.').all(identifier));
    let number = |n: &str| n.len() <= 9 && n.parse::<u32>().is_ok() && (n == "0" || !n.starts_with(['0', '+']));
    // the version is also the value of a label
    text.len() <= 63
        && numbers.split('.').count() <= 3
        && numbers.split('.').all(number)
        && dotted(pre)
        && dotted(build)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_fits_and_what_does_not() {
        for (grammar, good, bad) in [
            (&HOST, "todo.local *.example.org a", "*. A.b http://x x:80 a..b -a *"),
            (&OBJECT, "fast.disk a-1", "Fast a_b .a"),
            (&LABEL, "ingress-nginx 9a", "a.b A"),
            (&VERSION, "0.1.0 1 1.2 1.4.0-rc.1 1.0.0+a.b", "v1 1.2.3.4 01.2 1.2- 1.2+ 1..2"),
            (&TAG, "3.11 16.4 lts", "-1 .1 a/b"),
            (&IMAGE, "node:20.18.1-alpine3.20 a.b:5000/c/d@sha256:00", ":a a\\b a$b"),
            (&TARGET, "./cmd/api api target/a.jar", "../x a/../b a;b $x"),
            (&VARIABLE, "LOG_LEVEL a.b-c _", "1a a=b .. é"),
            (&ASSIGNMENT, "A=1 A A= A=b=c", "=1 1A=1"),
            (&MOUNT, "/tmp /var/lib/app/", "tmp / // /a/../b /a:b"),
            (&URL_PATH, "/ /a?b=c", "a \"\" /é"),
            (&LABEL_KEY, "a example.org/Team", "a/b/c -a a/"),
            (&LABEL_VALUE, "a 1.2_b", "-a a/b é"),
        ] {
            let expression = by_editor(grammar.pattern);
            for text in good.split(' ') {
                assert!((grammar.fits)(text) && expression(text), "{text}: {grammar:?}");
            }
            for text in bad.split(' ') {
                assert!(!(grammar.fits)(text), "{text}: {grammar:?}");
            }
        }
        assert!((PROGRAM.fits)("a b") && !(PROGRAM.fits)(" \n") && !(PROGRAM.fits)("sh -c 'a"));
        for grammar in [&HOST, &OBJECT, &LABEL, &VERSION, &TAG, &IMAGE, &TARGET, &VARIABLE, &URL_PATH, &PROGRAM] {
            assert!(!(grammar.fits)("") && !(grammar.fits)(" "), "{grammar:?}");
        }
    }

    /// What an editor makes of the pattern.
    fn by_editor(pattern: &str) -> impl Fn(&str) -> bool {
        let schema = serde_json::json!({ "type": "string", "pattern": pattern });
        let validator = jsonschema::validator_for(&schema).unwrap();
        move |text| validator.is_valid(&serde_json::json!(text))
    }
}
