//! Requirements in the forms that people write them in.

use super::*;
use crate::base::source::Sources;

fn all(layout: Layout, text: &str) -> (Vec<(String, String)>, Vec<String>) {
    let mut sources = Sources::default();
    let file = sources.add("specs/f.md", text);
    let doc = crate::read::markdown::parse(text);
    let (found, unread) = read(file, &FeatureId("f".into()), layout, &doc);
    assert!(found.iter().all(|r| !sources.slice(r.span).is_empty()), "{found:?}");
    let unread = unread.into_iter().map(|u| sources.slice(u.span).to_owned()).collect();
    (found.into_iter().map(|r| (r.id.id, r.text)).collect(), unread)
}

fn pairs(found: &[(String, String)]) -> Vec<(&str, &str)> {
    found.iter().map(|(a, b)| (a.as_str(), b.as_str())).collect()
}

#[test]
fn ids_in_front() {
    let (found, unread) = all(
        Layout::SpecKit,
        "# Spec\n\n### User Story 1 - Chat (Priority: P1)\n\n- **FR-001**: The system MUST\n  work.\n  \
         - even **then**\n- **FR-002:** b\n- FR-003: c\n\n**SC-001**: d\n**SC-002**: e\n\n\
         - fr 004: odd\n- FR-001 is mentioned\n- **NFR-001** (perf): f\n- **FR-AUTH-01a** – g\n- ~~**FR-009**: gone~~\n",
    );
    assert_eq!(
        pairs(&found),
        [
            ("US1", "Chat (Priority: P1)"),
            ("FR-001", "The system MUST work. even then"),
            ("FR-002", "b"),
            ("FR-003", "c"),
            ("SC-001", "d"),
            ("SC-002", "e"),
            ("NFR-001", "(perf): f"),
            ("FR-AUTH-01a", "g"),
            ("FR-009", "gone"),
        ]
    );
    assert_eq!(unread, ["fr 004: odd", "FR-001 is mentioned"]);
}

#[test]
fn nested_ids_and_headings() {
    let (found, _) = all(
        Layout::SpecKit,
        "## Requirements\n\n### FR-001: Start\n\nIt starts.\n\n- at once\n\n#### Notes\n\nreally\n\n### NFR-1 Speed\n\n- fast\n  - **NFR-1.1**: very\n\n\
         **FR-7**: it must have:\n\n- a\n- b\n\ntext\n\n- **FR-8**: one\n  - **FR-8a**: two\n",
    );
    assert_eq!(
        pairs(&found),
        [
            ("FR-001", "Start It starts. at once Notes really"),
            ("NFR-1", "Speed fast"),
            ("NFR-1.1", "very"),
            ("FR-7", "it must have: a b"),
            ("FR-8", "one"),
            ("FR-8a", "two"),
        ]
    );
}

#[test]
fn stories_and_scenarios() {
    let (found, _) = all(
        Layout::SpecKit,
        "# S\n\n## User Scenarios\n\n### User Story 1 – Chat (Priority: P0)\n\nAs a user.\n\n**Why this priority**: it is first\n\n\
         **Acceptance Scenarios**:\n\n1. **Given** a, **When** b, **Then** c\n2. **Scenario**: d\n   - **Given** e\n\n---\n\n\
         ### US-02: List\n\n- **Given** f\n- **When** g\n- **Then** h\n\nGiven i, when j, then k.\n\n#### Acceptance Criteria\n\n- l m\n\n\
         ### Edge Cases\n\n- What if n?\n",
    );
    assert_eq!(
        pairs(&found),
        [
            ("US1", "Chat (Priority: P0)"),
            ("US1/AC1", "Given a, When b, Then c"),
            ("US1/AC2", "Scenario: d Given e"),
            ("US2", "List"),
            ("US2/AC1", "Given f When g Then h"),
            ("US2/AC2", "Given i, when j, then k."),
            ("US2/AC3", "l m"),
        ]
    );
    let (found, _) = all(
        Layout::SpecKit,
        "## User Scenarios\n\n### Primary User Story\n\nAs a user.\n\n### Acceptance Scenarios\n\n1. **Given** a\n\n### Edge Cases\n\n1. **b**\n",
    );
    assert_eq!(pairs(&found), [("US1", ""), ("US1/AC1", "Given a")]);
}

#[test]
fn kiro() {
    let (found, unread) = all(
        Layout::Kiro,
        "# Requirements Document\n\n## Introduction\n\nText with 3 words.\n\n## Requirements\n\n### Requirement 1: Sign in\n\n\
         **User Story:** As a user, I want in.\n\n#### Acceptance Criteria\n\n1. WHEN a THEN the system SHALL b\n2. IF c THEN d\n   - detail\n\n\
         ### Requirement 2\n\n**User Story:** x\n\n#### Acceptance Criteria\n\n1. WHILE e THE SYSTEM SHALL f\n\n### 需求 3：登录\n\n#### 验收标准\n\n1. 当用户登录时\n",
    );
    assert_eq!(
        pairs(&found),
        [
            ("1", "Sign in User Story: As a user, I want in."),
            ("1.1", "WHEN a THEN the system SHALL b"),
            ("1.2", "IF c THEN d detail"),
            ("2", "User Story: x"),
            ("2.1", "WHILE e THE SYSTEM SHALL f"),
            ("3", "登录"),
            ("3.1", "当用户登录时"),
        ]
    );
    assert!(unread.is_empty());
    let (found, _) = all(
        Layout::Kiro,
        "# Bugfix\n\n### Current Behavior (Defect)\n\n1.1 WHEN a THEN the system crashes\n1.2 WHEN b THEN c\n\n### Expected\n\n2.1 WHEN a THEN the system SHALL work\n",
    );
    assert_eq!(found.iter().map(|f| f.0.as_str()).collect::<Vec<_>>(), ["1.1", "1.2", "2.1"]);
}

#[test]
fn openspec() {
    let text = "# Auth\n\n## ADDED Requirements\n\n### Requirement: User login\n\nThe system SHALL let users in.\n\n#### Scenario: Good password\n\n\
                - **WHEN** a\n- **THEN** b\n\n#### Anything\n\n- c\n\n## MODIFIED Requirements\n\n### requirement: Logout\nIt SHALL end.\n\n\
                ## REMOVED Requirements\n\n### Requirement: Old\n\n## RENAMED Requirements\n\n- FROM: `### Requirement: A`\n- TO: `### Requirement: B`\n\n\
                ```\n### Requirement: Fake\n```\n";
    let (found, _) = all(Layout::OpenSpec, text);
    assert_eq!(
        pairs(&found),
        [
            ("User login", "The system SHALL let users in."),
            ("User login/Good password", "WHEN a THEN b"),
            ("User login/Anything", "c"),
            ("Logout", "It SHALL end."),
            ("Old", ""),
            ("B", ""),
        ]
    );
}

#[test]
fn tables_and_lines_without_ids() {
    let (found, unread) = all(
        Layout::SpecKit,
        "# S\n\n## Functional Requirements\n\n| ID | Requirement | Priority |\n|---|---|---|\n| FR-001 | The system stores | P1 |\n| **FR-002** | It `reads` x | P2 |\n\n\
         - it MUST do more\n- note\n\n### Non-Functional Requirements\n\n1. Answers in 2 s\n   - always\n2. Never falls over\n\n\
         ## Edge Cases\n\n- WHEN it rains THE SYSTEM SHALL stay dry\n- What if?\n\n## Traceability\n\n| FR | Story |\n|--|--|\n| FR-001 | a long text |\n",
    );
    assert_eq!(
        pairs(&found),
        [
            ("FR-001", "The system stores | P1"),
            ("FR-002", "It `reads` x | P2"),
            ("R1", "Answers in 2 s always"),
            ("R2", "Never falls over"),
            ("R3", "WHEN it rains THE SYSTEM SHALL stay dry"),
        ]
    );
    assert_eq!(unread, ["it MUST do more"]);
}

#[test]
fn other_languages() {
    let (found, _) = all(
        Layout::SpecKit,
        "# 规格\n\n### 用户故事 1 - 聊天（优先级：P1）\n\n1. **假设** 用户已登录，**当** 发送，**那么** 回复\n\n- **FR-001**：系统必须回复\n\n\
         ### صارف کی کہانی 2 - فہرست (ترجیح: P2)\n\n1. **فرض کریں** صارف لاگ ان ہے\n\n### Récit 3 – Liste (Priorité : P3)\n\n\
         **Scénarios d'acceptation** :\n\n1. **Étant donné** un compte, **quand** je clique\n\n## Exigences\n\n- Le système doit répondre\n",
    );
    assert_eq!(
        pairs(&found),
        [
            ("US1", "聊天（优先级：P1）"),
            ("US1/AC1", "假设 用户已登录，当 发送，那么 回复"),
            ("FR-001", "系统必须回复"),
            ("US2", "فہرست (ترجیح: P2)"),
            ("US2/AC1", "فرض کریں صارف لاگ ان ہے"),
            ("US3", "Liste (Priorité : P3)"),
            ("US3/AC1", "Étant donné un compte, quand je clique"),
            ("R1", "Le système doit répondre"),
        ]
    );
}
