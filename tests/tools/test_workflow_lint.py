"""The lint of workflows: nothing to say of the repository's own, and each of its rules has something to say of what breaks it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.tools.commands import run
from tools import workflow_files, workflow_lint
from tools.workflow_files import Workflow

TEMPLATE = """\
Transform: AWS::Serverless-2016-10-31
Parameters:
  EventBusName: {Type: String}
Resources:
  Tell:
    Type: AWS::Serverless::StateMachine
    Metadata:
      Reasons:
        Keep: {Catch: The last resort.}
    Properties:
      DefinitionUri: tell.asl.json
      DefinitionSubstitutions:
        Partition: !Ref AWS::Partition
        EventBusName: !Ref EventBusName
        QueueUrl: !Ref Queue
  Queue: {Type: AWS::SQS::Queue}
"""
RETRY = [{"ErrorEquals": ["States.ALL"], "MaxAttempts": 2}]
DEFINITION: dict[str, Any] = {
    "QueryLanguage": "JSONata", "StartAt": "Both", "States": {
        "Both": {"Type": "Parallel", "Next": "Keep", "Branches": [{"StartAt": "Tell", "States": {
            "Tell": {
                "Type": "Task", "Resource": "arn:${Partition}:states:::events:putEvents",
                "Arguments": {"Entries": [
                    {"EventBusName": "${EventBusName}", "Source": "BOT", "DetailType": "TOLD", "Detail": "{% $states.input %}"}]},
                "TimeoutSeconds": 5, "Retry": RETRY, "Catch": [{"ErrorEquals": ["States.ALL"], "Next": "Not told"}], "End": True},
            "Not told": {"Type": "Pass", "End": True}}}]},
        "Keep": {"Type": "Task", "Resource": "arn:${Partition}:states:::sqs:sendMessage",
                 "Arguments": {"QueueUrl": "${QueueUrl}", "MessageBody": "{% $states.input %}"}, "TimeoutSeconds": 5, "Retry": RETRY, "End": True}}}

CASES = """\
- {state: Both, input: {a: 1}, result: [{}], expect: {next: Keep, output: [{}]}}
- {state: Tell, input: {a: 1}, result: {FailedEntryCount: 0}, expect: {output: {FailedEntryCount: 0}}}
- {state: Tell, input: {a: 1}, error: States.Timeout, retried: 2, expect: {catch: 0, next: Not told, output: {Error: States.Timeout, Cause: ""}}}
- {state: Keep, input: {a: 1}, result: {MessageId: m}, expect: {output: {MessageId: m}}}
"""

States = dict[str, Any]


def written(folder: Path, change: Callable[[States, States], object] = lambda states, branch: None, template: str = TEMPLATE) -> Path:
    """The example's template in a folder, beside the definition with a change to its states or to those of its branch."""
    definition = json.loads(json.dumps(DEFINITION))
    change(definition["States"], definition["States"]["Both"]["Branches"][0]["States"])
    (folder / "tell.asl.json").write_text(json.dumps(definition, indent=2))
    (folder / "tell.cases.yaml").write_text(CASES)
    (folder / "template.yaml").write_text(template)
    return folder / "template.yaml"


def findings(template: Path) -> list[tuple[str, str, str]]:
    """The rule, state and message of each."""
    [workflow] = workflow_files.workflows([template])
    return [(finding.rule, finding.state, finding.message) for finding in workflow_lint.lint(workflow)]


def told(rule: str, template: Path) -> list[tuple[str, str]]:
    """The state and message of each finding of one rule."""
    [workflow] = workflow_files.workflows([template])
    return list(workflow_lint.RULES[rule](workflow, workflow.definition()))


def test_the_example_is_clean_as_long_as_nothing_breaks_it(tmp_path: Path) -> None:
    assert findings(written(tmp_path)) == []


@pytest.mark.parametrize("workflow", workflow_files.workflows(), ids=lambda workflow: workflow.name)
def test_the_repositorys_workflows_are_clean(workflow: Workflow) -> None:
    assert [f"{finding.state}: {finding.message}" for finding in workflow_lint.lint(workflow)] == []


def test_every_definition_of_the_repository_is_among_them() -> None:
    definitions = {path for folder in ("statemachine", "examples") for path in (workflow_files.ROOT / folder).rglob("*.asl.json")}
    assert {workflow.path for workflow in workflow_files.workflows()} == definitions


def expression(text: str) -> Callable[[States, States], object]:
    return lambda states, _: states["Keep"]["Arguments"].update(MessageBody=text)


BROKEN: list[tuple[str, Callable[[States, States], object], str, str]] = [
    ("cfn-lint", lambda _, branch: branch["Tell"].update(TimeoutSecond=5), "Tell", "'TimeoutSecond' was unexpected"),
    ("cfn-lint", lambda states, _: states["Keep"].pop("Resource"), "Keep", "'Resource' is a required property"),
    ("structure", lambda _, branch: branch.update(Keep={"Type": "Pass", "End": True}), "Keep", "2 states have this name"),
    ("structure", lambda _, branch: branch["Tell"]["Catch"][0].update(Next="Nowhere"), "Tell", "“Nowhere”, and there is no such state"),
    ("structure", lambda _, branch: branch["Tell"]["Catch"][0].update(Next="Keep"), "Tell", "“Keep”, and there is no such state in its branch"),
    ("structure", lambda states, _: states["Both"]["Branches"][0].update(StartAt="Nowhere"), "Both", "It starts at “Nowhere”"),
    ("structure", lambda _, branch: branch.update(Alone={"Type": "Pass", "End": True}), "Alone", "Nothing leads to it"),
    ("structure", lambda _, branch: branch["Not told"].pop("End"), "Not told", "It leads nowhere"),
    ("substitutions", lambda states, _: states["Keep"]["Arguments"].update(QueueUrl="${QueueUri}"), "Keep", "${QueueUri} is not among the Def"),
    ("substitutions", lambda states, _: states["Keep"]["Arguments"].update(QueueUrl="https://x"), "", "template.yaml gives QueueUrl, which"),
    ("arns", lambda _, branch: branch["Tell"]["Arguments"]["Entries"][0].update(EventBusName="arn:aws:events:eu-west-1:1:event-bus/b"), "Tell",
     "arn:aws:events:eu-west-1:1:event-bus/b is written out"),
    ("arns", expression("{% 'arn:' & $states.input.x %}"), "Keep", "is written out"),
    ("arns", lambda states, _: states["Keep"].update(Resource="arn:aws:states:::sqs:sendMessage"), "Keep", "is written out"),
    ("precautions", lambda _, branch: branch["Tell"].pop("TimeoutSeconds"), "Tell", "It has no time-out. Add one, or say why not"),
    ("precautions", lambda _, branch: branch["Tell"].pop("Retry"), "Tell", "It has no Retry"),
    ("precautions", lambda _, branch: branch["Tell"].update(Retry=[{"ErrorEquals": ["States.ALL"], "MaxAttempts": 0}]), "Tell", "It has no Retry"),
    ("precautions", lambda _, branch: (branch["Tell"].pop("Catch"), branch.pop("Not told")), "Tell", "It has no Catch"),
    ("expressions", expression("a {% $states.input %}"), "Keep", "is JSONata only in part"),
    ("expressions", expression("{% $states.input"), "Keep", "is JSONata only in part"),
    ("expressions", expression("{% $merge([$states.input) %}"), "Keep", "is no JSONata"),
    ("samples", expression("{% $states.input.b %}"), "Keep", "it fails: JSONata expression did not return a result: $states.input.b"),
    ("samples", expression("{% $sum($states.input) %}"), "Keep", "On the input of the case “answered” it fails: T0412"),
    ("samples", lambda _, branch: branch["Tell"].update(Output="{% $states.result.EventId %}"), "Tell", "did not return a result"),
    ("samples", lambda _, branch: branch["Tell"]["Catch"][0].update(Output="{% $states.errorOutput.Why %}"), "Tell", "did not return a result"),
    ("samples", lambda _, branch: branch["Not told"].update(Output="{% $states.input.Cause %}"), "Not told", "No case evaluates “$states"),
    ("samples", lambda states, _: states.pop("Keep"), "Keep", "tell has no state “Keep”"),
]


@pytest.mark.parametrize(("rule", "change", "state", "words"), BROKEN)
def test_a_broken_rule_is_told(tmp_path: Path, rule: str, change: Callable[[States, States], object], state: str, words: str) -> None:
    found = told(rule, written(tmp_path, change))
    assert any(where == state and words in message for where, message in found), found


def test_every_rule_has_been_broken() -> None:
    assert {rule for rule, *_ in BROKEN} | {"deployed"} == set(workflow_lint.RULES)


@pytest.mark.parametrize(("reasons", "state", "words"), [
    ("{Keep: {Catch: The last resort.}, Gone: {Catch: It was there.}}", "", "a reason for “Gone”, which is no Task here"),
    ("{Keep: {Catch: The last resort.}, Both: {Catch: It is no Task.}}", "", "a reason for “Both”, which is no Task here"),
    ("{Keep: {Catch: The last resort.}, Tell: {Catch: It is told.}}", "Tell", "It has a Catch, and Tell in template.yaml says why it has none"),
    ("{Keep: {Catch: The last resort., Coffee: Black.}}", "Keep", "a reason for Coffee: reasons are for TimeoutSeconds, Retry, Catch"),
    ("{Keep: {Catch: ''}}", "Keep", "It has no Catch"),
])
def test_a_reason_cannot_go_stale(tmp_path: Path, reasons: str, state: str, words: str) -> None:
    template = TEMPLATE.replace("\n        Keep: {Catch: The last resort.}", f" {reasons}")
    [(where, message)] = told("precautions", written(tmp_path, template=template))
    assert where == state
    assert words in message


def test_a_definition_that_no_template_deploys_is_told(tmp_path: Path) -> None:
    written(tmp_path)
    (tmp_path / "template.yaml").unlink()
    [workflow] = workflow_files.workflows([tmp_path / "tell.asl.json"])
    assert [(finding.rule, finding.state) for finding in workflow_lint.lint(workflow)] == [("deployed", ""), ("precautions", "Keep")]


def test_without_cases_there_is_nothing_to_evaluate_on(tmp_path: Path) -> None:
    template = written(tmp_path)
    (tmp_path / "tell.cases.yaml").unlink()
    [(state, message)] = told("samples", template)
    assert (state, "have no sample input: write cases to" in message) == ("", True)


def test_an_undefined_result_that_its_case_expects_is_none_of_its_business(tmp_path: Path) -> None:
    template = written(tmp_path, lambda _, branch: branch["Tell"]["Arguments"]["Entries"][0].update(Source="{% $states.input.a %}"))
    with (tmp_path / "tell.cases.yaml").open("a") as cases:
        cases.write("- {state: Tell, input: {}, result: {}, expect: {error: States.QueryEvaluationError, retry: 0, backoff: 1}}\n")
    assert told("samples", template) == []


def test_a_definition_within_a_template_is_read_there(tmp_path: Path) -> None:
    inline = TEMPLATE.replace("DefinitionUri: tell.asl.json", f"Definition: {json.dumps(DEFINITION)}")
    (tmp_path / "template.cases.yaml").write_text(CASES)
    assert findings(written(tmp_path, template=inline)) == []
    assert findings(written(tmp_path, template=inline.replace('"End": true', '"Ende": true', 1))) != []


@pytest.mark.parametrize("text", ["{", "{}", "[]", '{"StartAt": "A", "States": {"A": {}}}', '{"StartAt": "A", "States": []}'])
def test_what_is_no_workflow_has_one_finding(tmp_path: Path, text: str) -> None:
    template = written(tmp_path)
    (tmp_path / "tell.asl.json").write_text(text)
    [(rule, _, message)] = findings(template)
    assert (rule, message.endswith("Mend that first.")) == ("json", True)


class TestCommand:
    def test_a_finding_says_where_and_what_to_do(self, tmp_path: Path) -> None:
        template = written(tmp_path, lambda _, branch: branch["Tell"].pop("TimeoutSeconds"))
        result = run("workflows", "lint", str(tmp_path / "tell.asl.json"))
        assert (result.status, result.err) == (1, "1 workflow: 1 finding.\n")
        place, message = result.out.split(": ", 1)
        path, line = place.rsplit(":", 1)
        assert '"Tell": {' in Path(path).read_text().splitlines()[int(line) - 1]
        assert message == ("Tell: It has no time-out. Add one, or say why not in the Metadata of Tell in template.yaml: "
                           "Reasons: {Tell: {TimeoutSeconds: …}} [precautions]\n")
        [finding] = run("workflows", "lint", str(template), "--json").json
        assert (finding["state"], finding["rule"], finding["line"]) == ("Tell", "precautions", int(line))

    def test_without_a_finding_it_says_so(self, tmp_path: Path) -> None:
        result = run("workflows", "lint", str(written(tmp_path)))
        assert (result.status, result.out, result.err) == (0, "", "1 workflow: nothing to say.\n")

    @pytest.mark.parametrize(("name", "words"), [
        ("gone.asl.json", "There is no file"), ("notes.txt", "is neither a definition"), ("empty.yaml", "has no state machine")])
    def test_what_it_cannot_read_it_says(self, tmp_path: Path, name: str, words: str) -> None:
        for file in ("notes.txt", "empty.yaml"):
            (tmp_path / file).write_text("")
        result = run("workflows", "lint", str(tmp_path / name))
        assert result.status == 1
        assert words in result.err


class TestCases:
    WHOLE = """\
- {state: Tell, input: {a: 1}, error: States.Timeout, retried: 0, expect: {retry: 0, backoff: 1}}
- {state: Not told, input: {a: 1}, expect: {keeps: {}}}
- {state: Keep, input: {a: 1}, error: States.Timeout, retried: 0, expect: {retry: 0, backoff: 1}}
"""

    def test_all_reached_and_as_expected(self, tmp_path: Path) -> None:
        template = written(tmp_path)
        (tmp_path / "tell.cases.yaml").write_text(CASES + self.WHOLE)
        result = run("workflows", "test", str(template))
        assert (result.status, result.err) == (0, "7 cases: all as expected.\n")
        assert result.out == "workflow,states,choices,retries,catches,covered\ntell,4/4,0/0,2/2,1/1,100 %\n"

    def test_what_is_not_reached_is_named(self, tmp_path: Path) -> None:
        result = run("workflows", "test", str(written(tmp_path)), "--json")
        assert (result.status, result.json[0]["retries"]) == (1, "0/2")
        assert result.err == ("tell: no case reaches “Not told”\ntell: no case reaches “Keep”: Retry[0]\ntell: no case reaches “Tell”: Retry[0]\n"
                              "4 cases: 3 problems.\n")

    def test_what_comes_out_otherwise_is_told(self, tmp_path: Path) -> None:
        template = written(tmp_path, lambda states, _: states["Keep"].update(Output="{% $states.input %}"))
        (tmp_path / "tell.cases.yaml").write_text(CASES + self.WHOLE)
        result = run("workflows", "test", str(template))
        assert (result.status, result.err) == (
            1, 'tell: Keep, answered: output is {"a": 1}, not {"MessageId": "m"}\n7 cases: 1 problem.\n')

    def test_a_case_that_is_none_is_told(self, tmp_path: Path) -> None:
        template = written(tmp_path)
        (tmp_path / "tell.cases.yaml").write_text("- {state: Keep, expect: {nekst: Keep}}")
        result = run("workflows", "test", str(template))
        assert result.status == 1
        assert "case 1 (Keep): nothing is called nekst" in result.err
