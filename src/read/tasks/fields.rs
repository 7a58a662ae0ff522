//! Lines below a task that say one thing of it: `**Dependencies**: T004`, `File: a/b.yaml`, `_Requirements: 1.1_`.

use std::ops::Range;

use super::opening::is_sign;

/// What a field says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Field {
    DependsOn,
    Blocks,
    /// Files that it makes or changes.
    Files,
    /// Ids of requirements.
    Cites,
    /// Ids of requirements that may be bare numbers.
    Requirements,
    Status,
    Title,
    Story,
    Parallel,
    /// Something else that is named, and ends what stands before it.
    Other,
}

/// A field on a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Found {
    pub(super) field: Field,
    /// As written, in small letters.
    pub(super) name: String,
    pub(super) value: Range<usize>,
}

/// The field of a name in small letters; `None` if the name is not known.
pub(super) fn field_of(name: &str) -> Option<Field> {
    Some(match name {
        "dependencies" | "dependency" | "depends on" | "depends" | "depend on" | "deps" | "blocked by" | "requires"
        | "prerequisites" | "prerequisite" | "pre-requisites" | "after" | "needs" | "waits for"
        | "task dependencies" | "依赖" | "依赖关系" | "前置任务" | "依赖任务" | "انحصار" | "dépendances"
        | "dépend de" | "dependencias" | "abhängigkeiten" => Field::DependsOn,
        "blocks" | "blocking" | "unblocks" => Field::Blocks,
        "directory" | "directories" | "folder" | "location" | "output to" | "output" | "outputs" | "artifact"
        | "artifacts" | "creates" | "modifies" | "target" | "target file" | "target files" | "deliverable"
        | "deliverables" | "output file" | "output files" | "文件" | "فائل" | "فائلیں" | "fichier" | "fichiers"
        | "archivos" | "dateien" => Field::Files,
        "requirements" | "requirement" | "validates" | "需求" | "要求" | "要件" | "exigences" | "requisitos"
        | "anforderungen" | "ضروریات" | "تقاضے" => Field::Requirements,
        "maps to"
        | "requirement refs"
        | "requirement ref"
        | "requirement_refs"
        | "requirement references"
        | "carries"
        | "covers"
        | "implements"
        | "satisfies"
        | "references"
        | "reference"
        | "refs"
        | "traces to"
        | "traceability"
        | "trace"
        | "frs"
        | "fr"
        | "scs"
        | "sc"
        | "functional requirements"
        | "success criteria"
        | "spec"
        | "spec ref"
        | "spec refs"
        | "spec reference"
        | "from" => Field::Cites,
        "status" | "state" | "状态" | "حیثیت" => Field::Status,
        "title" | "task title" | "标题" | "عنوان" => Field::Title,
        "user story" | "story" | "stories" | "user stories" => Field::Story,
        "parallel" | "parallelizable" | "can run in parallel" | "[p]" => Field::Parallel,
        name => {
            let mut words = name.split([' ', '/', '(', ')', '-', '_']).filter(|w| !w.is_empty());
            let first = words.next()?;
            let files = matches!(first, "file" | "files" | "path" | "paths" | "filepath" | "filepaths");
            if files && words.count() <= 4 {
                return Some(Field::Files);
            }
            return None;
        }
    })
}

/// The field that the line `text[range]` gives, if it gives one: bold or plain, as an item of a list or not.
pub(super) fn field(text: &str, range: &Range<usize>) -> Option<Found> {
    let raw = &text[range.clone()];
    let list = raw.trim_start_matches([' ', '\t', '>']);
    let list = ["- ", "* ", "+ "].iter().find_map(|m| list.strip_prefix(m)).unwrap_or(list);
    let front = list.trim_start_matches(|c: char| c.is_whitespace() || is_sign(c));
    let plain = front.trim_start_matches(['*', '_']);
    let bold = plain.len() < front.len();
    let start = range.end - plain.len();
    let (end, colon) = plain
        .char_indices()
        .take(48)
        .find(|(i, c)| matches!(c, ':' | '：') || (bold && plain[*i..].starts_with("**")) || *c == '`')?;
    if colon == '`' {
        return None;
    }
    let mut written = plain[..end].trim_end_matches(['*', '_', ' ']);
    let mut value = start + end;
    let after = &text[value..range.end];
    // `**Name**:`, `**Name:**`, `**Name** value`, `**Name** (remark): value`
    let after = after.trim_start_matches(['*', '_']).trim_start_matches(' ');
    let remark = after.strip_prefix('(').and_then(|r| r.split_once(')')).filter(|(r, _)| colon == '*' && r.len() < 48);
    let closed = after.strip_prefix([':', '：']).or_else(|| remark.and_then(|(_, r)| r.strip_prefix([':', '：'])));
    let whole = colon == '*' && closed.is_none();
    if let Some(rest) = closed {
        value = range.end - rest.trim_start_matches(['*', '_']).len();
    } else {
        value = range.end - after.len();
    }
    // `**Acceptance Criteria** (from spec):`
    if let Some((name, _)) = written.split_once('(') {
        written = name.trim_end();
    }
    let name = written.to_lowercase();
    let known = field_of(&name);
    let field = match known {
        Some(field) => field,
        None if whole => return None,
        None if bold && is_numbers(&text[value..range.end]) => Field::Requirements,
        None if bold && written.split_whitespace().count() <= 6 => Field::Other,
        None => return None,
    };
    if whole && matches!(field, Field::Cites | Field::Files | Field::Requirements | Field::Status | Field::Title) {
        return None;
    }
    // `Output the address: …` and `From here: …` are sentences
    (bold || written.split_whitespace().count() <= 3).then_some(Found { field, name, value: value..range.end })
}

/// Numbers of an outline and nothing else, as after a requirements' keyword of any language: `9.4, 9.5_`.
fn is_numbers(value: &str) -> bool {
    let value = value.trim_end_matches(['*', '_', ' ', '\r']);
    let marks = |c: char| c.is_ascii_digit() || " ,.，、;；-–".contains(c);
    value.len() < 200
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.chars().all(marks)
        && value.split([' ', ',', '，', '、', ';', '；', '-', '–']).any(|n| n.contains('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(text: &str) -> Option<(Field, &str)> {
        field(text, &(0..text.len())).map(|f| (f.field, text[f.value].trim()))
    }

    #[test]
    fn names_and_values() {
        assert_eq!(seen("**Dependencies**: T004, T007"), Some((Field::DependsOn, "T004, T007")));
        assert_eq!(seen("**Depends on:** T004"), Some((Field::DependsOn, "T004")));
        assert_eq!(seen("- **Depends on** T004"), Some((Field::DependsOn, "T004")));
        assert_eq!(seen("Dependencies: None"), Some((Field::DependsOn, "None")));
        assert_eq!(seen("**Files to Create/Modify**:"), Some((Field::Files, "")));
        assert_eq!(seen("File: `a/b.yaml` (CREATE)"), Some((Field::Files, "`a/b.yaml` (CREATE)")));
        assert_eq!(seen("Output to: a/b"), Some((Field::Files, "a/b")));
        assert_eq!(seen("_Requirements: 1.1, 2.3_"), Some((Field::Requirements, "1.1, 2.3_")));
        assert_eq!(seen("_需求：9.4_"), Some((Field::Requirements, "9.4_")));
        assert_eq!(seen("_Ibisabwa: 9.4, 1.2_"), Some((Field::Requirements, "9.4, 1.2_")));
        assert_eq!(seen("**Validates: Requirements 1.2**"), Some((Field::Requirements, "Requirements 1.2**")));
        assert_eq!(seen("**AI Tool**: Gordon"), Some((Field::Other, "Gordon")));
        assert_eq!(seen("**Acceptance Criteria** (from spec):"), Some((Field::Other, "")));
        for none in ["Port: 8000", "A sentence with **bold**: and more", "`helm: lint`", "**5.1 Title**"] {
            assert_eq!(seen(none), None, "{none}");
        }
    }
}
