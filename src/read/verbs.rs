//! What doing a task means, from its first words.

use std::borrow::Cow;

use crate::model::workspace::TaskKind;

use super::word_set::WordSet;

static PRODUCE: WordSet = WordSet::new(
    "author compose create declare define design develop document draft extract generate implement \
    init initialise initialize introduce make prepare produce scaffold setup write",
);
static EDIT: WordSet = WordSet::new(
    "adjust append change configure connect convert correct edit enhance expose extend fix harden \
    improve integrate mark migrate modify mount move optimise optimize refactor register rename \
    replace set tidy translate tune update wire",
);
static RUN: WordSet = WordSet::new(
    "apply deploy enable execute install launch load port-forward publish pull push rebuild release \
    restart roll rollback run scale seed start stop tag uninstall upgrade",
);
static VERIFY: WordSet = WordSet::new(
    "assert audit benchmark check checkpoint confirm demonstrate ensure inspect lint measure monitor \
    observe prove re-verify scan smoke smoke-test test validate verify wait",
);
static THINK: WordSet = WordSet::new(
    "agree analyse analyze ask compare consider decide discuss evaluate identify investigate look \
    manual manually obtain plan read research review sign study",
);
static REMOVE: WordSet = WordSet::new("clean cleanup delete drop remove retire");

/// Verbs of languages that write them without spaces, or at the end: a piece of the title, and what it says.
const ELSEWHERE: [(&str, TaskKind); 34] = [
    ("创建", TaskKind::Produces),
    ("新建", TaskKind::Produces),
    ("编写", TaskKind::Produces),
    ("生成", TaskKind::Produces),
    ("实现", TaskKind::Produces),
    ("更新", TaskKind::Edits),
    ("修改", TaskKind::Edits),
    ("修复", TaskKind::Edits),
    ("配置", TaskKind::Edits),
    ("删除", TaskKind::Removes),
    ("移除", TaskKind::Removes),
    ("运行", TaskKind::Runs),
    ("部署", TaskKind::Runs),
    ("安装", TaskKind::Runs),
    ("启动", TaskKind::Runs),
    ("构建", TaskKind::Runs),
    ("验证", TaskKind::Verifies),
    ("测试", TaskKind::Verifies),
    ("检查", TaskKind::Verifies),
    ("确认", TaskKind::Verifies),
    ("评审", TaskKind::Manual),
    ("讨论", TaskKind::Manual),
    ("جانچ", TaskKind::Verifies),
    ("تصدیق", TaskKind::Verifies),
    ("بنائیں", TaskKind::Produces),
    ("لکھیں", TaskKind::Produces),
    ("چلائیں", TaskKind::Runs),
    ("لگائیں", TaskKind::Runs),
    ("نصب", TaskKind::Runs),
    ("حذف", TaskKind::Removes),
    ("créer", TaskKind::Produces),
    ("écrire", TaskKind::Produces),
    ("déployer", TaskKind::Runs),
    ("vérifier", TaskKind::Verifies),
];

/// The lists, and what their verbs say.
static KNOWN: [(&WordSet, TaskKind); 7] = [
    (&PRODUCE, TaskKind::Produces),
    (&EDIT, TaskKind::Edits),
    (&REMOVE, TaskKind::Removes),
    (&RUN, TaskKind::Runs),
    (&THINK, TaskKind::Manual),
    (&VERIFY, TaskKind::Verifies),
    (&MIXED, TaskKind::Produces),
];

/// Verbs that what they are done to may make others of.
static MIXED: WordSet = WordSet::new("add build");

/// Verbs that are done by a command when the title names one: `create the bucket using kubectl …`.
static MAY_RUN: WordSet = WordSet::new(
    "create fetch generate get init initialise initialize list make open perform prepare scaffold setup show",
);

/// Programs that tasks are done with.
const PROGRAMS: [&str; 20] = [
    "alembic", "argocd", "aws", "az", "cargo", "curl", "docker", "flux", "gcloud", "gh", "git", "helm", "kind",
    "kubectl", "minikube", "mkdir", "npm", "npx", "pip", "uv",
];

/// What a verb in its plain form says.
fn known(verb: &str) -> Option<TaskKind> {
    KNOWN.iter().find(|(list, _)| list.has(verb)).map(|(_, kind)| *kind)
}

/// What the first word says, whatever it is done to; `None` if it is no verb that is known.
pub fn of(title: &str) -> Option<TaskKind> {
    said(title, &verb(title).0)
}

fn said(title: &str, verb: &str) -> Option<TaskKind> {
    let found = known(verb);
    if found.is_some() || title.is_ascii() {
        return found;
    }
    // the one that comes first; verbs at the end of a sentence come alone
    let start: String = title.chars().take(120).collect::<String>().to_lowercase();
    let found = ELSEWHERE.iter().filter_map(|(w, kind)| Some((start.find(w)?, *kind)));
    found.min_by_key(|(at, _)| *at).map(|(_, kind)| kind)
}

/// The kind of a task. `title` has no box, id and labels; `path` is the first path that it names.
pub fn kind(title: &str, path: Option<&str>) -> TaskKind {
    let (verb, rest) = verb(title);
    let words = || rest.split(|c: char| !(c.is_alphanumeric() || c == '-')).take(64);
    let image =
        || words().any(|w| ["image", "images", "container", "containers"].iter().any(|i| w.eq_ignore_ascii_case(i)));
    let with_path = if path.is_some() { TaskKind::Produces } else { TaskKind::Manual };
    match said(title, &verb) {
        _ if verb == "add" && path.is_some_and(|p| adds_to(title, p)) => TaskKind::Edits,
        _ if verb == "build" && image() => TaskKind::Runs,
        None if path.is_none() && words().any(|w| w.eq_ignore_ascii_case("testing")) => TaskKind::Verifies,
        None | Some(TaskKind::Produces) if path.is_none() && MAY_RUN.has(&verb) && names_command(title) => {
            TaskKind::Runs
        }
        None | Some(TaskKind::Produces) => with_path,
        Some(TaskKind::Edits | TaskKind::Removes) if path.is_none() => TaskKind::Manual,
        Some(kind) => kind,
    }
}

/// Whether a title ends in a command, or says what command to use: `: \`helm repo add …\``, `using kubectl create`.
fn names_command(title: &str) -> bool {
    let ways = [": `", "using `", "using ", "with `", "via `", "running `"];
    ways.iter().any(|way| {
        title.match_indices(way).any(|(at, _)| {
            let mut words = title[at + way.len()..].split(|c: char| c.is_whitespace() || c == '`');
            words.next().is_some_and(|w| PROGRAMS.contains(&w)) && words.next().is_some_and(|w| !w.is_empty())
        })
    })
}

/// Whether a title says to add something.
pub fn is_add(title: &str) -> bool {
    // all its forms begin with that letter, and a place may stand before it
    let first = title.chars().find(|c| c.is_alphanumeric());
    matches!(first, Some('a' | 'A' | 'I' | 'i')) && verb(title).0 == "add"
}

/// The verb of a title in its plain form, and what follows. `In FILE, add a test` begins with `add`.
fn verb(title: &str) -> (Cow<'_, str>, &str) {
    let mut rest = title;
    if let Some(after) = rest.strip_prefix("In ").or_else(|| rest.strip_prefix("in "))
        && let Some((_, clause)) = after.split_once(", ")
    {
        rest = clause;
    }
    let word = |text: &str| -> (usize, usize) {
        let start = text.find(char::is_alphanumeric).unwrap_or(text.len());
        let length = text[start..].find(|c: char| !(c.is_alphanumeric() || c == '-')).unwrap_or(text.len() - start);
        (start, start + length)
    };
    let (start, end) = word(rest);
    let first = &rest[start..end];
    if first.eq_ignore_ascii_case("set") && rest[end..].starts_with(" up ") {
        return ("setup".into(), &rest[end..]);
    }
    let plain = KNOWN.iter().find_map(|(list, _)| list.folded(first));
    (plain.map_or_else(|| plain_form(first.to_lowercase()).into(), Cow::Borrowed), &rest[end..])
}

/// `created` and `creating` are `create`.
fn plain_form(word: String) -> String {
    let known = |w: &str| known(w).is_some();
    if known(&word) {
        return word;
    }
    match word.as_str() {
        "built" | "building" => return "build".to_owned(),
        "wrote" | "written" => return "write".to_owned(),
        "ran" | "running" => return "run".to_owned(),
        _ => {}
    }
    for ending in ["ed", "ing", "d", "s", "es"] {
        let Some(stem) = word.strip_suffix(ending) else { continue };
        let doubled = stem.len() > 2 && stem.as_bytes()[stem.len() - 1] == stem.as_bytes()[stem.len() - 2];
        let shorter = doubled.then(|| stem.char_indices().next_back().map_or(stem, |(i, _)| &stem[..i]));
        let last_y = stem.strip_suffix('i').map(|s| format!("{s}y"));
        let forms = [Some(stem.to_owned()), Some(format!("{stem}e")), last_y, shorter.map(str::to_owned)];
        if let Some(form) = forms.into_iter().flatten().find(|f| known(f)) {
            return form;
        }
    }
    word
}

/// `add probes to the Deployment in FILE` changes the file; `add FILE` and `add the Service in FILE` make it.
fn adds_to(title: &str, path: &str) -> bool {
    let before = title.find(path).map_or(title, |at| &title[..at]);
    // `In FILE, add a test`
    before.contains(" to ") || before.contains(" into ") || matches!(before, "In " | "in " | "In `" | "in `")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_by_first_word() {
        let path = "charts/todo/values.yaml";
        for (title, path, wanted) in [
            ("Write charts/todo/values.yaml", Some(path), TaskKind::Produces),
            ("Add probes to `charts/todo/values.yaml`", Some(path), TaskKind::Edits),
            ("Add the values in charts/todo/values.yaml", Some(path), TaskKind::Produces),
            ("Update charts/todo/values.yaml", Some(path), TaskKind::Edits),
            ("Build the backend image", None, TaskKind::Runs),
            ("Build the login page in app/x.tsx", Some("app/x.tsx"), TaskKind::Produces),
            ("Load the image into the cluster", None, TaskKind::Runs),
            ("Smoke-test the page", None, TaskKind::Verifies),
            ("Remove charts/todo/values.yaml", Some(path), TaskKind::Removes),
            ("Create an account", None, TaskKind::Manual),
            ("Agree on names", None, TaskKind::Manual),
            ("Review charts/todo/values.yaml", Some(path), TaskKind::Manual),
            ("Created `charts/todo/values.yaml`", Some(path), TaskKind::Produces),
            ("Verified the probes", None, TaskKind::Verifies),
            ("Tagging the images", None, TaskKind::Runs),
            ("In `charts/todo/values.yaml`, update the tag", Some(path), TaskKind::Edits),
            ("Manual test: log in", None, TaskKind::Manual),
            ("Browser Testing", None, TaskKind::Verifies),
            ("Create the namespace using kubectl create namespace shop", None, TaskKind::Runs),
            ("Get the address: `minikube service shop --url`", None, TaskKind::Runs),
            ("Create a page using Docker images", None, TaskKind::Manual),
            ("Document how to run `docker compose up`", None, TaskKind::Manual),
        ] {
            assert_eq!(kind(title, path), wanted, "{title}");
        }
    }
}
