//! Readings of each language, written as a reader of the code would list them.

use super::reads;

/// `NAME` with `=` for a default, `!` for one that is needed, `*` at the end for names that are not written.
fn seen(path: &str, text: &str) -> String {
    let found = reads(path, text).expect("a known language");
    let mut words: Vec<String> = found
        .list
        .iter()
        .map(|r| {
            assert!(
                text.get(r.range.clone()).is_some_and(|w| r.name.to_lowercase().ends_with(&w.to_lowercase())),
                "{r:?}"
            );
            let literal = r.literal.clone().map(|l| text[l].to_owned()).unwrap_or_default();
            let mark = if r.needed { "!" } else { "" };
            if r.default { format!("{}={literal}{mark}", r.name) } else { format!("{}{mark}", r.name) }
        })
        .collect();
    if found.dynamic {
        words.push("*".to_owned());
    }
    words.join(" ")
}

#[test]
fn python() {
    for (text, wanted) in [
        ("import os\nA = os.environ[\"A\"]\n", "A!"),
        ("A = os.environ['A']\n", "A!"),
        ("def f():\n    return os.environ[\"A\"]\n", "A"),
        ("os.environ[\"A\"] = \"1\"\n", ""),
        ("if os.environ[\"A\"] == \"1\": pass\n", "A!"),
        ("A = os.getenv(\"A\")\nB = os.getenv(\"B\", \"b\")\nC = os.getenv( 'C' , None)\n", "A B=b C"),
        ("A = os.environ.get(\"A\") or \"x\"\n", "A=x"),
        ("# os.environ[\"A\"]\nS = 'os.environ[\"B\"]'\n\"\"\"\nos.getenv(\"C\")\n\"\"\"\n", ""),
        ("for n in names:\n    os.environ.get(n.upper())\n", "*"),
        ("env = dict(os.environ)\n", "*"),
        ("env = {**os.environ}\n", ""),
        ("try:\n    A = os.environ[\"A\"]\nexcept KeyError:\n    A = 1\n", "A"),
        ("if \"A\" in os.environ:\n  pass\nA = os.environ[\"A\"]\n", "A"),
        (
            "from decouple import config\nA = config(\"A\")\nB = config(\"B\", default=\"b\")\nC = config('C', cast=int)\n",
            "A! B=b C!",
        ),
        ("A = config(\"A\")\n", ""),
        ("from environs import Env\nenv = Env()\nA = env.str(\"A\")\nB = env.int(\"B\", 3)\n", "A! B="),
        ("myos_getenv(\"A\")\n", ""),
    ] {
        assert_eq!(seen("app/config.py", text), wanted, "{text}");
    }
}

#[test]
fn settings_of_pydantic() {
    let text = "\
from pydantic_settings import BaseSettings, SettingsConfigDict

class Settings(BaseSettings):
    \"\"\"What: it needs.\"\"\"
    model_config = SettingsConfigDict(env_file=\".env\", env_prefix=\"APP_\")

    database_url: str
    level: str = \"info\"  # a comment: x
    secret: SecretStr = Field(..., alias=\"JWT_SECRET\")
    size: int = Field(default=3)
    other: str = Field(\"o\")
    nested: Inner
    maybe: str | None = None
    KIND: ClassVar[str] = \"x\"

    @property
    def url(self) -> str:
        local: str = \"x\"
        return local

class Plain(BaseModel):
    name: str
";
    assert_eq!(
        seen("app/settings.py", text),
        "APP_DATABASE_URL! APP_LEVEL=info JWT_SECRET! APP_SIZE= APP_OTHER=o APP_NESTED APP_MAYBE="
    );
    assert!(reads("app/settings.py", text).unwrap().from_file);
}

#[test]
fn scripts() {
    for (text, wanted) in [
        ("const a = process.env.A;\n", "A"),
        ("const a = process.env.A || \"x\", b = process.env['B'] ?? 'y';", "A=x B=y"),
        ("process.env.A = \"1\"; if (process.env.B === \"1\") {}", "B"),
        ("// process.env.A\n/* process.env.B */ const s = \"process.env.C\";", ""),
        ("const u = `${process.env.A}/x/${b ? `${process.env.B}` : {a: 1}.a}` + process.env.C;", "A B C"),
        ("const { A, B = \"b\", ...rest } = process.env;", "A B=b *"),
        ("fetch(import.meta.env.VITE_API)", "VITE_API"),
        ("run({ env: { ...process.env } })", "*"),
        ("process.env[name]", "*"),
        ("const url = 'http://x'; process.env.A!", "A"),
        ("myprocess.env.A", ""),
        ("it's; process.env.A\nprocess.env.B", "B"),
    ] {
        assert_eq!(seen("web/lib/api.ts", text), wanted, "{text}");
    }
}

#[test]
fn go_and_java() {
    assert_eq!(seen("main.go", "x := os.Getenv(\"A\") // os.Getenv(\"B\")\ny, ok := os.LookupEnv(\"C\")\n"), "A C");
    assert_eq!(
        seen("main.go", "type T struct {\n\tPort int `env:\"PORT,required\" envDefault:\"80\"`\n}\nos.Getenv(k)\n"),
        "PORT= *"
    );
    assert_eq!(
        seen("A.java", "String a = System.getenv(\"A\"); @Value(\"${B:b}\") String b; @Value(\"${c.d}\") String c;"),
        "A B=b"
    );
    assert_eq!(
        seen("application.yml", "url: ${DB_URL}\nport: ${PORT:8080}\n# ${NO}\nx: ${spring.name}\n"),
        "DB_URL! PORT=8080"
    );
}

#[test]
fn tests_are_not_read() {
    for path in
        ["tests/a.py", "a/test_x.py", "a/conftest.py", "a/b.test.ts", "a/b.spec.tsx", "x_test.go", "a/README.md"]
    {
        assert_eq!(reads(path, "os.environ[\"A\"]"), None, "{path}");
    }
}

#[test]
fn no_text_is_too_strange() {
    let pieces = [
        "\"",
        "'",
        "`",
        "${",
        "}",
        "{",
        "é",
        "\n",
        "\\",
        "process.env",
        ".",
        "[",
        "os.environ[",
        "Field(",
        "class A(BaseSettings):\n  a: ",
        "/*",
        "#",
        "=",
        "\"\"\"",
    ];
    let mut state = 1_u64;
    for _ in 0..3000 {
        let mut text = String::new();
        for _ in 0..12 {
            state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            text += pieces[usize::try_from(state >> 33).unwrap() % pieces.len()];
        }
        for path in ["a.py", "a.ts", "a.go", "A.java", "application.yml"] {
            for read in reads(path, &text).unwrap().list {
                assert!(text.get(read.range).is_some() && read.literal.is_none_or(|l| text.get(l).is_some()));
            }
        }
    }
}
