//! Small repositories, and what is found in them.

#![allow(dead_code, unreachable_pub, reason = "each test program uses a part of it")]

use crate::common::Space;

/// `code file:line` of each finding that is no note.
pub fn findings(space: &Space) -> Vec<String> {
    let ran = space.run(&["check", "--output", "json"]);
    let findings = ran.json()["data"]["findings"].as_array().unwrap().clone();
    let line = |f: &serde_json::Value| {
        format!("{} {}:{}", f["code"].as_str().unwrap(), f["at"]["file"].as_str().unwrap_or("-"), f["at"]["line"])
    };
    findings.iter().filter(|f| f["severity"] != "note").map(line).collect()
}

pub fn space(files: &[(&str, &str)]) -> Space {
    let space = Space::empty();
    for (path, text) in files {
        space.write(path, text);
    }
    space
}

/// Files of a case, and what is found in them.
pub type Case<'a> = (&'a [(&'a str, &'a str)], &'a [&'a str]);

#[track_caller]
pub fn each(cases: &[Case<'_>]) {
    for (files, wanted) in cases {
        assert_eq!(findings(&space(files)), *wanted, "{files:#?}");
    }
}
