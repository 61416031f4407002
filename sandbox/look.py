"""`python -m sandbox look PHOTO`: what the sandbox's Rekognition answers about a photo, as tables and as a picture; no sandbox has to be up."""

import argparse
import base64
import importlib
import io
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

from PIL import Image
from rich.console import Console
from rich.table import Table

from sandbox.stack import ROOT

REQUESTS: dict[str, dict[str, Any]] = {
    "RecognizeCelebrities": {}, "DetectLabels": {"MinConfidence": 50}, "DetectText": {}, "DetectModerationLabels": {}}
MOST_BYTES = 5 * 1024 * 1024  # of an image in a request
SHRUNK = 2048

Answers = dict[str, dict[str, Any]]


def add_to(commands: Any) -> None:
    """Adds the command to a command line."""
    command = commands.add_parser("look", help="say what Rekognition answers about a photo, and draw it", description=__doc__)
    command.add_argument("photo", type=Path, help="a JPEG, PNG, WebP or GIF file")
    command.add_argument("--output", type=Path, help="where the annotated picture goes (default: beside the photo, NAME-annotated.jpg)")
    command.add_argument("--json", action="store_true", help="print the raw answers, and draw nothing")
    command.set_defaults(run=_run)


def look(content: bytes) -> Answers:
    """What each operation answers about an image, as the bot would send it. Raises what the bot's own functions raise, and ServiceError."""
    from sandbox.aws.vision import answers

    image = {"Bytes": base64.b64encode(_sendable(content)).decode()}
    return {operation: answers.answer(operation, {"Image": image, **request}) for operation, request in REQUESTS.items()}


def draw(content: bytes, answers: Answers) -> bytes | None:
    """A JPEG with every box that has a name, drawn as the bot draws; None where there is none."""
    drawing = _of_function("annotate_image", "drawing")
    celebrities = answers["RecognizeCelebrities"]
    named = [(face["Name"], face["Face"]["BoundingBox"]) for face in celebrities["CelebrityFaces"]]
    named += [("Unknown", face["BoundingBox"]) for face in celebrities["UnrecognizedFaces"]]
    named += [(label["Name"], instance["BoundingBox"]) for label in answers["DetectLabels"]["Labels"] if label["Name"] != "Face"
              for instance in label["Instances"]]
    return bytes(drawing.draw(_sendable(content), [drawing.Name(*each) for each in named], [], blur=False)) if named else None


def _run(arguments: argparse.Namespace, console: Console) -> int:
    photo: Path = arguments.photo
    try:
        content = photo.read_bytes()
        answers = look(content)
    except Exception as error:  # whatever a photo can be, its user is told in a line
        print(f"{photo}: {type(error).__name__}: {error}", file=sys.stderr)
        return 1
    if arguments.json:
        print(json.dumps(answers, indent=2))
        return 0
    for table in _tables(answers):
        console.print(table if table.row_count else f"{table.title}: nothing found")
    picture = draw(content, answers)
    if picture:
        output: Path = arguments.output or photo.with_name(f"{photo.stem}-annotated.jpg")
        output.write_bytes(picture)
        console.print(f"picture: {output}")
    else:
        console.print("There is nothing to draw.")
    return 0


def _sendable(content: bytes) -> bytes:
    """The image upright, as a JPEG or PNG: the bot's own function does that to what it downloads; smaller where a request takes no more."""
    upright: bytes = _of_function("download_image", "normalising").upright(content)[0]
    if len(upright) <= MOST_BYTES:
        return upright
    with Image.open(io.BytesIO(upright)) as image:
        image.thumbnail((SHRUNK, SHRUNK))
        out = io.BytesIO()
        image.convert("RGB").save(out, "JPEG", quality=90)
    return out.getvalue()


def _of_function(function: str, module: str) -> ModuleType:
    folder = str(ROOT / "functions" / function)
    if folder not in sys.path:
        sys.path.append(folder)
    return importlib.import_module(module)


def _tables(answers: Answers) -> list[Table]:
    return [_faces(answers["RecognizeCelebrities"]), _labels(answers["DetectLabels"]["Labels"]), _texts(answers["DetectText"]["TextDetections"]),
            _moderation(answers["DetectModerationLabels"]["ModerationLabels"])]


def _faces(answer: dict[str, Any]) -> Table:
    table = Table("face", "match", "emotion", "smile", "place", title="RecognizeCelebrities", title_justify="left")
    known = [(face["Name"], f"{face['MatchConfidence']:.0f} %", face["Face"]) for face in answer["CelebrityFaces"]]
    for name, match, face in known + [("unknown", "", face) for face in answer["UnrecognizedFaces"]]:
        emotion = next(iter(face.get("Emotions", [])), None)
        smile = face.get("Smile")
        table.add_row(name, match, f"{emotion['Type'].lower()} {emotion['Confidence']:.0f} %" if emotion else "",
                      ("yes" if smile["Value"] else "no") if smile else "", _place(face["BoundingBox"]))
    return table


def _labels(labels: list[dict[str, Any]]) -> Table:
    table = Table("label", "confidence", "parents", "places", title="DetectLabels", title_justify="left")
    for label in labels:
        places = "; ".join(_place(instance["BoundingBox"]) for instance in label["Instances"])
        table.add_row(label["Name"], f"{label['Confidence']:.0f} %", ", ".join(parent["Name"] for parent in label["Parents"]), places)
    return table


def _texts(texts: list[dict[str, Any]]) -> Table:
    table = Table("line", "confidence", "place", title="DetectText", title_justify="left")
    for text in (each for each in texts if each["Type"] == "LINE"):
        table.add_row(text["DetectedText"], f"{text['Confidence']:.0f} %", _place(text["Geometry"]["BoundingBox"]))
    return table


def _moderation(labels: list[dict[str, Any]]) -> Table:
    table = Table("label", "confidence", title="DetectModerationLabels", title_justify="left")
    for label in labels:
        table.add_row(label["Name"], f"{label['Confidence']:.0f} %")
    return table


def _place(box: dict[str, float]) -> str:
    """Left, top, right and bottom in per cent."""
    left, top = box["Left"], box["Top"]
    return " ".join(f"{100 * value:.0f}" for value in (left, top, left + box["Width"], top + box["Height"]))
