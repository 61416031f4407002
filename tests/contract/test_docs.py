"""What is rendered from schemas, templates and workflows is as it would be rendered now, and Mermaid draws it."""

import re
from pathlib import Path

import pytest

from tools import docs
from tools.docs import event_pages, flow, mermaid, permission_page, schema_table, workflow_pages
from tools.templates import ROOT

MARKDOWN = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
DIAGRAMS = [pytest.param(found, id=f"{path.relative_to(ROOT)}-{number}") for path in MARKDOWN
            for number, found in enumerate(re.findall(r"```mermaid\n(flowchart.*?)```", path.read_text(), re.DOTALL))]


def test_every_page_is_as_it_would_be_rendered() -> None:
    assert docs.stale() == [], docs.STALE


def test_a_page_that_is_not_is_named_and_mended(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rendered = {Path("docs/events/SENT.md"): "sent\n", Path("docs/permissions.md"): "all\n"}
    monkeypatch.setattr(docs, "ROOT", tmp_path)
    monkeypatch.setattr(docs, "pages", lambda: rendered)
    (tmp_path / "docs" / "events").mkdir(parents=True)
    (tmp_path / "docs" / "permissions.md").write_text("none\n")
    (tmp_path / "docs" / "events" / "NO_MORE.md").write_text("of an event that is no more\n")
    assert docs.render() == [Path("docs/events/SENT.md"), Path("docs/permissions.md"), Path("docs/events/NO_MORE.md")]
    assert docs.stale() == []
    assert not (tmp_path / "docs" / "events" / "NO_MORE.md").exists()


def test_the_main_path_is_in_the_picture() -> None:
    for arrow in ('ingress -- "MESSAGE_RECEIVED" --> analysis', 'analysis -- "MESSAGE_ANALYSED" --> responding',
                  'analysis -- "MESSAGE_ANALYSED" --> alerting', 'responding -- "SEND_TWEET" --> egress'):
        assert arrow in flow.picture()


@pytest.mark.parametrize("diagram", DIAGRAMS)
def test_a_diagram_is_one_that_mermaid_draws(diagram: str) -> None:
    assert mermaid.problems(diagram) == []


@pytest.mark.parametrize(("line", "problem"), [
    ('a["one"] --> b', "there is no label for b"),
    ('a["one"] -> b["two"]', 'not a line of a flowchart: a["one"] -> b["two"]'),
    ('a["say "no""]', 'not a line of a flowchart: a["say "no""]'),
    ("a[open", "not a line of a flowchart: a[open"),
    ('subgraph a ["within"]', "as many subgraphs begin as do not end"),
    ("end-of-it", "not a line of a flowchart: end-of-it"),
])
def test_what_mermaid_would_not_draw_is_refused(line: str, problem: str) -> None:
    assert any(problem in each for each in mermaid.problems(f"flowchart LR\n    {line}\n"))
    with pytest.raises(ValueError, match=re.escape(problem)):
        mermaid.block(["flowchart LR", line])


@pytest.mark.parametrize("text", ['say "no"', "a < b > c", "`code`", "a; b", "$count($x) > 0 {% y %} [z] | #1"])
def test_any_text_can_be_a_label(text: str) -> None:
    assert mermaid.problems(f"flowchart LR\n    a[{mermaid.label(text, 10)}]") == []


def test_a_field_says_whether_it_has_to_be_there() -> None:
    schema = {"definitions": {"Box": {"type": "object", "properties": {"Left": {"type": "number"}}}}}
    part = {"required": ["Id"], "properties": {
        "Id": {"type": "string", "minLength": 1, "description": "Whose."}, "Kind": {"enum": ["A", "B"], "x-since": "0.2.0"},
        "Images": {"type": "array", "maxItems": 4, "items": {"anyOf": [
            {"required": ["Url", "Box"], "properties": {"Url": {"type": "string"}, "Box": {"$ref": "#/definitions/Box"}}},
            {"required": ["Url", "Error"], "properties": {"Url": {"type": "string"}, "Error": {"type": "string"}}}]}}}}
    assert list(schema_table.rows(schema, part)) == [
        ("`Id`", "string, not empty", "yes", "Whose."), ("`Kind`", "`A` or `B`", "", "Since 0.2.0."),
        ("`Images`", "list of one of 2 shapes, at most 4", "", ""), ("`Images[].Url`", "string", "yes", ""),
        ("`Images[].Box`", "object", "in shape 1", ""), ("`Images[].Box.Left`", "number", "", ""), ("`Images[].Error`", "string", "in shape 2", "")]


def test_a_condition_is_in_words() -> None:
    pattern = {"detail-type": ["A"], "account": ["1"], "replay-name": [{"exists": False}], "detail": {"Kind": ["B", {"prefix": "C"}]}}
    assert event_pages.conditions(pattern) == '`replay-name` is absent, and `detail.Kind` is `B` or matches `{"prefix": "C"}`'


def test_every_permission_is_on_the_page() -> None:
    [page] = permission_page.pages().values()
    section = page.split("## egress")[1]
    assert "| `dynamodb:UpdateItem` | `LedgerTable` |" in section
    assert "| `s3:GetObject` |" in section
    assert "`events:detail-type` is `TWEET_SENT` or `TWEET_FAILED`" in section
    assert "### Rule `SendTweetSendTweetCommand`" in section


def test_a_workflow_is_drawn_with_its_questions_errors_and_ends() -> None:
    definition = {"StartAt": "Known?", "States": {
        "Known?": {"Type": "Choice", "Choices": [{"Condition": "{% $x %}", "Next": "Ask"}], "Default": "No"},
        "Ask": {"Type": "Task", "Resource": "arn:aws:states:::lambda:invoke", "End": True,
                "Catch": [{"ErrorEquals": ["Refused"], "Next": "No"}, {"ErrorEquals": ["States.ALL"], "Next": "No"}]},
        "No": {"Type": "Fail"}}}
    drawn = workflow_pages.diagram(definition, "ASKED")
    for line in ('begin(["ASKED"]) --> s0', 's0{{"Known?"}}', 's1["Ask<br/>lambda:invoke"]', 's0 -- "yes" --> s1', 's0 -- "no" --> s2',
                 's1 -. "Refused" .-> s2', "s1 --> done"):
        assert f"    {line}\n" in drawn
