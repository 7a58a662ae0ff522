//! A command line as Compose reads it: words as a POSIX shell would split them, and nothing else of a shell.

/// The words of a line. Nothing when a quote is not closed.
pub fn split(line: &str) -> Option<Vec<String>> {
    shlex::split(line)
}

#[cfg(test)]
mod tests {
    #[test]
    fn quotes_hold_words_together() {
        assert_eq!(super::split("sh -c 'a && b' \"c d\"").unwrap(), ["sh", "-c", "a && b", "c d"]);
        assert_eq!(super::split(r"a\ b").unwrap(), ["a b"]);
        assert_eq!(super::split("sh -c 'a"), None);
        assert_eq!(super::split(" \n"), Some(vec![]));
    }
}
