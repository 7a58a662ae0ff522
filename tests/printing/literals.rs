//! A text stays the text that it is, whichever YAML reader looks at it.

use bowline::base::source::Sources;
use bowline::check::parse::yaml11;
use bowline::make::literal;
use bowline::read::yaml::{Piece, parse};
use proptest::prelude::*;
use serde_json::{Value as Json, json};

fn read(yaml: &str) -> Json {
    let mut sources = Sources::default();
    let file = sources.add("text", yaml);
    parse(&Piece::at(file, yaml, 0)).unwrap_or_else(|e| panic!("{}\n{yaml}", e.message)).json()
}

fn keeps(text: &str) {
    let scalar = literal::scalar(text);
    let value = Json::String(text.to_owned());
    assert_eq!(read(&format!("a: {scalar}\n"))["a"], value, "{scalar}");
    assert_eq!(read(&format!("a: [{0}, {0}]\n", literal::flow(&json!([text]))))["a"][1][0], value, "{scalar}");
    assert_eq!(read(&format!("{scalar}: 1\n")).as_object().unwrap().keys().next().unwrap(), text, "{scalar}");
    if !scalar.starts_with('"') {
        assert_eq!(yaml11(&scalar), None, "{scalar} is no text under YAML 1.1");
    }
    let mut lines = Vec::new();
    literal::block(&json!({ "a": { text: text, "list": [{ "b": text, "c": [text] }] } }), 2, &mut lines);
    let block = read(&lines.join("\n"));
    assert_eq!(block["a"][text], value);
    assert_eq!(block["a"]["list"][0]["c"][0], value);
}

#[test]
fn texts_that_some_reader_takes_for_something_else_are_kept() {
    for text in [
        "",
        "no",
        "No",
        "NO",
        "y",
        "N",
        "on",
        "Off",
        "true",
        "null",
        "~",
        "Null",
        ".nan",
        ".inf",
        "-.INF",
        "1",
        "-1",
        "0",
        "0123",
        "0o7",
        "0x1F",
        "0b1",
        "1e3",
        "1E+3",
        "1.",
        ".5",
        "1_000",
        "12:30",
        "1:2:3",
        "2001-01-01",
        "2001-01-01T00:00:00Z",
        "<<",
        "=",
        "-",
        "--",
        "---",
        "...",
        "- a",
        "? a",
        ": a",
        "a: b",
        "a:",
        "a #b",
        "#a",
        "&a",
        "*a",
        "!a",
        "!!str a",
        "|",
        ">",
        "%a",
        "@a",
        "`a`",
        "{a}",
        "[a]",
        "a, b",
        "'a'",
        "\"a\"",
        "\\",
        "\\n",
        " a",
        "a ",
        "a\nb",
        "\n",
        "a\n",
        "\ta",
        "a\r\nb",
        "\u{85}",
        "\u{2028}",
        "\u{FEFF}",
        "é🙂",
        "{{ x }}",
        "{{",
        "100m",
        "512Mi",
        "1Gi",
        "1k",
        "250M",
        "1e3Mi",
        "$(A)",
        "http://a:80/b?c=d#e",
        "/tmp",
        "a/b:c",
        "a.b-c_d",
        "\u{1}",
        "\u{7F}",
        "\u{9F}",
        "e1",
        "E2",
    ] {
        keeps(text);
    }
}

proptest! {
    #[test]
    fn any_text_is_kept(text in "\\PC{0,12}|[ -~]{0,8}|[0-9eEx_:.+-]{1,8}|[\\x00-\\x20\u{2028}\u{FEFF}'\"#:-]{0,6}") {
        keeps(&text);
    }
}

#[test]
fn json_is_written_as_go_writes_it() {
    let value = json!({ "b": "<a href=\"x\">&\u{2028}", "a": [1, true, null, "é"] });
    assert_eq!(
        literal::go_json(&value),
        "{\"a\":[1,true,null,\"é\"],\"b\":\"\\u003ca href=\\\"x\\\"\\u003e\\u0026\\u2028\"}"
    );
}
