"""Text in pictures, by RapidOCR (PaddleOCR's networks): lines, and the words of each."""

import functools
import threading
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from PIL import Image

from sandbox.aws.vision import networks

LEAST = 0.9  # of a line; below it textures are taken for letters
LONGEST_SIDE = 1280  # a larger picture is read in this size: a second of one core at the most

Point = tuple[float, float]
_lock = threading.Lock()  # RapidOCR does not promise that its engine may be shared


@dataclass(frozen=True)
class Text:
    """Something written: its four corners in pixels from the top left on clockwise, and, of a line, its words."""

    text: str
    probability: float
    corners: tuple[Point, ...]
    words: tuple["Text", ...] = field(default=())


def read(picture: Image.Image) -> list[Text] | None:
    """The lines from top to bottom; None where RapidOCR is not there."""
    scale = min(1.0, LONGEST_SIDE / max(picture.size))
    seen = picture if scale == 1.0 else picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BOX)
    with _lock:
        engine = _engine()
        if engine is None:
            return None
        result = engine(np.asarray(seen)[..., ::-1], return_word_box=True)
    if not result.txts:
        return []
    lines = zip(result.txts, result.scores, result.boxes, result.word_results, strict=True)
    return [Text(line, float(score), _corners(box, scale), tuple(
        Text(word, float(sure), _corners(place, scale)) for word, sure, place in words if word.strip()))
        for line, score, box, words in lines if score >= LEAST]


def _corners(box: Any, scale: float) -> tuple[Point, ...]:
    return tuple((float(x) / scale, float(y) / scale) for x, y in box)


@functools.cache
def _engine() -> Any | None:
    try:
        from rapidocr import RapidOCR
    except ImportError:
        networks.missing("text", "make models-extra")
        return None
    threads = {f"EngineConfig.onnxruntime.{kind}_op_num_threads": 1 for kind in ("intra", "inter")}
    return RapidOCR(params={"Global.log_level": "error", **threads})
