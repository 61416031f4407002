"""`python -m sandbox look PHOTO`."""

import json
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image, ImageChops
from rich.console import Console

from sandbox import __main__ as command_line
from tests.vision.conftest import PHOTOS

Look = Callable[..., tuple[int, str, str]]


@pytest.fixture
def look(capsys: pytest.CaptureFixture[str]) -> Look:
    """Runs the command: its exit status, and what it printed as output and as errors."""
    def run(*arguments: str | Path) -> tuple[int, str, str]:
        parsed = command_line._parser().parse_args(["look", *map(str, arguments)])
        status = parsed.run(parsed, Console(width=150))
        return status, *capsys.readouterr()

    return run


def test_a_photo_is_told_and_drawn(look: Look, tmp_path: Path) -> None:
    picture = tmp_path / "seen.jpg"
    status, told, _ = look(PHOTOS / "astronaut.jpg", "--output", picture)
    assert status == 0
    assert "Eileen Collins" in told
    assert "Person" in told
    with Image.open(picture) as drawn, Image.open(PHOTOS / "astronaut.jpg") as photo:
        changed = ImageChops.difference(drawn.convert("L"), photo.convert("L").resize(drawn.size)).point(lambda value: 255 * (value > 100)).getbbox()
    assert changed


def test_the_raw_answers_are_json() -> None:
    done = subprocess.run([sys.executable, "-m", "sandbox", "look", PHOTOS / "coffee.jpg", "--json"], cwd=PHOTOS.parents[1], check=True,
                          capture_output=True, timeout=120)
    answers = json.loads(done.stdout)
    assert answers["RecognizeCelebrities"] == {"CelebrityFaces": [], "UnrecognizedFaces": []}
    assert "Coffee" in [label["Name"] for label in answers["DetectLabels"]["Labels"]]


def test_the_picture_goes_beside_the_photo_and_other_formats_are_taken(look: Look, tmp_path: Path) -> None:
    with Image.open(PHOTOS / "astronaut.jpg") as photo:
        photo.save(tmp_path / "her.webp")
    assert look(tmp_path / "her.webp")[0] == 0
    assert (tmp_path / "her-annotated.jpg").exists()


def test_what_is_no_photo_is_told_in_a_line(look: Look, tmp_path: Path) -> None:
    (tmp_path / "page.jpg").write_text("<html>")
    for file, reason in ((tmp_path / "page.jpg", "not an image"), (tmp_path / "none.jpg", "No such file")):
        status, told, errors = look(file)
        assert (status, told, errors.count("\n")) == (1, "", 1)
        assert reason in errors
