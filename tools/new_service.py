"""`python -m tools new-service`: a microservice that listens to an event and announces another one, with all that every microservice owes.

`tools/service/` has the files that it writes, with `@NAME@` and the like in place of names.
"""

import argparse
import copy
import json
import re
from pathlib import Path
from typing import Any

from tools import command, docs, schemas
from tools.stack import Failure

ROOT = Path(__file__).parents[1]
PARTS = Path(__file__).parent / "service"
NAME = re.compile(r"[a-z][a-z0-9]{1,15}")
DETAIL_TYPE = re.compile(r"[A-Z][A-Z0-9]*(_[A-Z0-9]+)*")
EVENT_ID = "0f4b7d0e-5d5b-4b55-9d5c-2f6d1c9a7e10"
NESTED = """  {logical_id}:
    Type: AWS::Serverless::Application
    Properties:
      Location: microservices/{name}.yaml
      Parameters:
        EventBusName: !GetAtt Plumbing.Outputs.EventBusName
        OperationsTopicArn: !GetAtt Plumbing.Outputs.OperationsTopicArn
        LogRetentionDays: !Ref LogRetentionDays
        WorkflowLogLevel: !Ref WorkflowLogLevel
        KmsKeyArn: !Ref KmsKeyArn
        DeploymentPreference: !Ref DeploymentPreference

"""
NEXT = """
Next:
  make it yours          statemachine/{name}.asl.json says what it does, microservices/{name}.yaml on what and with what
  say what it announces  schemas/{published}.json, events/{published}.json, tests/workflow/cases/{name}.yaml
  check it               python -m tools workflows test statemachine/{name}.asl.json; make lint; make test
  deploy it              make sandbox, or: sam build, sam deploy
  after each change      python -m tools schemas render; python -m tools docs"""


def add_to(commands: Any) -> None:
    """`python -m tools new-service`."""
    parser = command.add(
        commands, "new-service", _run, "write a microservice that listens to an event and announces another one",
        "new-service greeting --on TWITTER_FOLLOWED\nnew-service greeting --on TWITTER_FOLLOWED --publishes GREETING_WRITTEN",
        "Its template, workflow, cases, schema and sample are new files; template.yaml gains a nested application, and the pages in docs/ are "
        "rendered anew. Nothing of another microservice changes, and no file is overwritten.", stack=False)
    parser.add_argument("name", metavar="NAME", help="lower-case letters and digits, 2 to 16, such as greeting")
    parser.add_argument("--on", required=True, metavar="DETAIL_TYPE", help="the event that it listens to: one of schemas/")
    parser.add_argument("--publishes", metavar="DETAIL_TYPE", help="the event that it announces (default: NAME_DONE, in capitals)")


def files(name: str, heard: str, published: str) -> dict[Path, str]:
    """What is written, by its path from the project's root. Raises Failure for names that will not do, and where something is there already."""
    known = {path.stem for path in (ROOT / "schemas").glob("*.json")}
    if not NAME.fullmatch(name):
        raise Failure(f"“{name}” will not do as a name: lower-case letters and digits, 2 to 16, beginning with a letter.")
    if heard not in known:
        raise Failure(f"There is no event {heard}: schemas/ has {', '.join(sorted(known))}.")
    if not DETAIL_TYPE.fullmatch(published):
        raise Failure(f"“{published}” will not do as a detail type: capitals, digits and underscores, such as GREETING_WRITTEN.")
    sample = json.loads((ROOT / "events" / f"{heard}.json").read_text())
    others = any((ROOT / "events").glob(f"{heard}.*.json"))
    values = {"NAME": name, "TITLE": name.capitalize(), "LOGICAL": name.capitalize(), "HEARD": heard, "PUBLISHED": published, "SOURCE": name.upper(),
              "SAMPLES": f"{heard}, {heard}.*" if others else heard, "EVENT_ID": sample["id"]}
    made = {
        Path("microservices", f"{name}.yaml"): _filled("microservice.yaml", values),
        Path("statemachine", f"{name}.asl.json"): _filled("workflow.asl.json", values),
        Path("tests", "workflow", "cases", f"{name}.yaml"): _filled("cases.yaml", values),
        Path("schemas", f"{published}.json"): _json(_schema(name, heard, published)),
        Path("events", f"{published}.json"): _json(_sample(sample, name.upper(), published)),
    }
    if there := [str(path) for path in made if (ROOT / path).exists()]:
        raise Failure(f"{', '.join(there)} is there already, and is left as it is: choose another name, or remove it.")
    return made


def root_template(name: str) -> str:
    """`template.yaml` with the microservice among its nested applications. Raises Failure where one is called so."""
    text, entry = (ROOT / "template.yaml").read_text(), NESTED.format(name=name, logical_id=name.capitalize())
    if re.search(rf"^  {name.capitalize()}:$", text, re.MULTILINE):
        raise Failure(f"template.yaml has a {name.capitalize()} already: choose another name.")
    before, found, after = text.partition("\nOutputs:\n")
    if not found:
        raise Failure("template.yaml has no Outputs: where its nested applications end cannot be told.")
    return f"{before.rstrip()}\n\n{entry}Outputs:\n{after}"


def _run(arguments: argparse.Namespace) -> int:
    name, heard = arguments.name, arguments.on
    published = arguments.publishes or f"{name.upper()}_DONE"
    made, root = files(name, heard, published), root_template(name)
    for path, text in made.items():
        (ROOT / path).write_text(text)
        print(f"Written: {path}")
    (ROOT / "template.yaml").write_text(root)
    print("Changed: template.yaml")
    schemas.TEMPLATE.write_text(schemas.render())
    print(f"Rendered: {schemas.TEMPLATE.relative_to(ROOT)}")
    for path in docs.render():
        print(f"Rendered: {path}")
    print(NEXT.format(name=name, published=published))
    return 0


def _filled(part: str, values: dict[str, str]) -> str:
    return re.sub(r"@([A-Z_]+)@", lambda found: values[found[1]], (PARTS / part).read_text())


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _schema(name: str, heard: str, published: str) -> dict[str, Any]:
    """The schema of what is announced: the envelope that all events have, and the id of the event that was heard."""
    envelope = json.loads((ROOT / "schemas" / "TWEET_SENT.json").read_text())["properties"]
    own = {**copy.deepcopy(envelope), "detail-type": {"enum": [published]}, "source": {"enum": [name.upper()]}, "detail": {
        "type": "object", "required": ["EventId"], "properties": {
            "EventId": {"type": "string", "minLength": 1, "description": f"The id of the {heard} that it stems from."},
            "ReplayName": {"type": "string", "description": "The replay that this event stems from; absent otherwise."}}}}
    return {"$schema": "http://json-schema.org/draft-04/schema#", "id": f"{published}.json", "title": published,
            "description": f"The {name} microservice has worked on a {heard}.", "x-since": schemas.version(),
            "x-amazon-events-source": name.upper(), "x-amazon-events-detail-type": published, "type": "object",
            "required": ["version", "id", "detail-type", "source", "account", "time", "region", "resources", "detail"], "properties": own}


def _sample(heard: dict[str, Any], source: str, published: str) -> dict[str, Any]:
    return {**heard, "id": EVENT_ID, "detail-type": published, "source": source, "detail": {"EventId": heard["id"]}}
