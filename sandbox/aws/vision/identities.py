"""Who a face is: its 128 numbers by dlib's network, held against those of the photos in the galleries."""

import contextlib
import functools
import hashlib
import json
import logging
import os
import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray
from PIL import Image, ImageOps

from sandbox.aws.vision import alignment, faces, networks
from sandbox.models.catalogue import WEIGHTS, folder

log = logging.getLogger("sandbox.vision")
ROOT = Path(__file__).parents[3]
SHIPPED = ROOT / "sandbox" / "gallery"
SUFFIXES = (".jpg", ".jpeg", ".png", ".webp")
SAME_PERSON = 0.5  # the most that two photos of one person may differ; strangers differ by .55 and more (docs/local-ai-vision.md)
SIDE = 150  # pixels of a face as the network sees it

Numbers = NDArray[np.float64]
_lock = threading.Lock()  # dlib's network keeps what it computes in itself: one face at a time


class Match(NamedTuple):
    """A person, and by how much the face differs from the likest photo of that person: 0 to SAME_PERSON."""

    name: str
    difference: float


def galleries() -> list[Path]:
    """The folders with photos of known people: the shipped one, and the user's own."""
    return [SHIPPED, Path(os.environ.get("SANDBOX_GALLERY") or ROOT / "gallery")]


def recognise(picture: Image.Image, face: faces.Face) -> Match | None:
    """The person of the galleries whom the face shows; None for a stranger, or where the network is not there."""
    known = [person for path, changed in _photos() for person in _person(path, changed)]
    described = describe(picture, face) if known else None
    if described is None:
        return None
    best = min((Match(name, float(np.linalg.norm(described - numbers))) for name, numbers in known), key=lambda match: match.difference)
    return best if best.difference <= SAME_PERSON else None


def describe(picture: Image.Image, face: faces.Face) -> Numbers | None:
    """The face's 128 numbers: those of one person lie close together. None where the network is not there."""
    with _lock:
        network = _network()
        if network is None:
            return None
        return np.array(network.compute_face_descriptor(np.asarray(alignment.aligned(picture, face, SIDE))))


def named(path: Path) -> str:
    """The name that a photo's file has: `Keanu Reeves 2.jpg` is of Keanu Reeves."""
    return re.sub(r"[ _-]*\(?\d*\)?$", "", path.stem.replace("_", " ")).strip() or path.stem


@functools.cache
def _network() -> Any | None:
    weights = WEIGHTS["identity"]
    if not weights.path.exists():
        networks.missing(weights.what, networks.INSTALL)
        return None
    try:
        import dlib
    except ImportError:
        networks.missing(weights.what, "pip install dlib-bin")
        return None
    return dlib.face_recognition_model_v1(str(weights.path))


def _photos() -> Iterator[tuple[Path, int]]:
    """The galleries' photos, and when each was changed."""
    for gallery in galleries():
        for path in sorted(gallery.glob("*")):
            if path.suffix.lower() in SUFFIXES:
                with contextlib.suppress(FileNotFoundError):  # it may be taken out while we look
                    yield path, path.stat().st_mtime_ns


@functools.lru_cache(maxsize=4096)
def _person(path: Path, changed: int) -> list[tuple[str, Numbers]]:
    """The name and the numbers of a gallery's photo, or nothing where it shows no face; `changed` makes an overwritten file another."""
    content = path.read_bytes()
    kept = folder() / "gallery" / f"{hashlib.sha256(content).hexdigest()}.json"
    if kept.exists():
        return [(named(path), np.array(json.loads(kept.read_text())))]
    try:
        with Image.open(path) as image:
            picture = ImageOps.exif_transpose(image).convert("RGB")
    except OSError as error:
        log.warning("%s cannot be read: %s", path, error)
        return []
    found = faces.find(picture)
    described = describe(picture, found[0]) if found else None
    if described is None:
        if found == []:
            log.warning("%s shows no face that could be found.", path)
        return []
    kept.parent.mkdir(parents=True, exist_ok=True)
    kept.write_text(json.dumps(described.tolist()))
    return [(named(path), described)]
