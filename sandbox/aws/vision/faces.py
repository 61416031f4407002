"""Faces with their five landmarks, by MTCNN: three small networks, each of which looks closer at what the one before it kept.

Source: Zhang et al., "Joint Face Detection and Alignment using Multi-task Cascaded Convolutional Networks" (2016). The networks take pictures on
their side (columns first), so every crop is turned before it is seen.
"""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from sandbox.aws.vision import networks

LANDMARKS = ("eyeLeft", "eyeRight", "nose", "mouthLeft", "mouthRight")
LONGEST_SIDE = 1024  # a larger picture is looked at in this size
SMALLEST_FACE = 28  # pixels, in that size
PYRAMID = 0.709  # each size of the picture is this part of the last: half the area
PROPOSAL_CELL, PROPOSAL_STRIDE = 12, 2  # pixels that the first network sees, and by which it moves
PROPOSED, REFINED, CERTAIN = 0.6, 0.7, 0.95  # the least probability at each of the three; the paper's last, .7, takes patterns for faces
MOST_PROPOSALS = 2000  # to be refined at a time: a picture of grass has many

Floats = NDArray[np.float32]


@dataclass(frozen=True)
class Face:
    """A face in pixels of the picture: `box` is left, top, right, bottom; `landmarks` are five (x, y) in the order of LANDMARKS."""

    box: tuple[float, float, float, float]
    landmarks: tuple[tuple[float, float], ...]
    probability: float


def find(picture: Image.Image) -> list[Face] | None:
    """The faces of an RGB picture, largest first; None where the networks are not there."""
    propose, refine, decide = (networks.session(f"faces-{stage}") for stage in ("propose", "refine", "decide"))
    if propose is None or refine is None or decide is None:
        return None
    scale = min(1.0, LONGEST_SIDE / max(picture.size))
    seen = picture if scale == 1.0 else picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BILINEAR)
    boxes = _proposals(propose, seen)
    boxes, _ = _looked_at_closer(refine, seen, boxes, side=24, least=REFINED, overlap=0.7)
    boxes, points = _looked_at_closer(decide, seen, boxes, side=48, least=CERTAIN, overlap=0.5)
    faces = [_face(box, point, picture, scale) for box, point in zip(boxes, points, strict=True)]
    return sorted(faces, key=lambda face: -(face.box[2] - face.box[0]) * (face.box[3] - face.box[1]))


def _face(box: Floats, points: Floats, picture: Image.Image, scale: float) -> Face:
    left, top, right, bottom = (float(value) / scale for value in box[:4])
    return Face(
        (max(0.0, left), max(0.0, top), min(float(picture.width), right), min(float(picture.height), bottom)),
        tuple((float(x) / scale, float(y) / scale) for x, y in points), float(box[4]))


def _proposals(network: Any, picture: Image.Image) -> Floats:
    """Square boxes (left, top, right, bottom, probability) that may hold a face, from the picture in ever smaller sizes."""
    found = [np.empty((0, 9), np.float32)]
    scale = PROPOSAL_CELL / SMALLEST_FACE
    while min(picture.size) * scale >= PROPOSAL_CELL:
        small = picture.resize((int(np.ceil(picture.width * scale)), int(np.ceil(picture.height * scale))), Image.Resampling.BOX)
        shifts, faces = network.run(None, {network.get_inputs()[0].name: _input([small])})
        columns, rows = np.nonzero(faces[0, :, :, 1] >= PROPOSED)
        corners = np.stack([columns, rows], axis=1) * PROPOSAL_STRIDE
        boxes = np.concatenate([
            corners / scale, (corners + PROPOSAL_CELL) / scale, faces[0, columns, rows, 1:], shifts[0, columns, rows]], axis=1, dtype=np.float32)
        found.append(boxes[_distinct(boxes, 0.5)])
        scale *= PYRAMID
    boxes = np.concatenate(found)
    boxes = boxes[_distinct(boxes, 0.7)][:MOST_PROPOSALS]
    return _square(np.concatenate([_shifted(boxes[:, :4], boxes[:, 5:]), boxes[:, 4:5]], axis=1))


def _looked_at_closer(network: Any, picture: Image.Image, boxes: Floats, side: int, least: float, overlap: float) -> tuple[Floats, Floats]:
    """The boxes that the next network keeps, moved as it says, and their landmarks (none from the second network)."""
    nothing: tuple[Floats, Floats] = np.empty((0, 5), np.float32), np.empty((0, 5, 2), np.float32)
    if not len(boxes):
        return nothing
    outputs = network.run(None, {network.get_inputs()[0].name: _input([_crop(picture, box, side) for box in boxes])})
    shifts, faces = outputs[0], outputs[-1][:, 1]
    kept = np.nonzero(faces >= least)[0]
    if not len(kept):
        return nothing
    boxes, shifts, faces = boxes[kept], shifts[kept], faces[kept]
    size = boxes[:, 2:4] - boxes[:, :2]
    points = np.zeros((len(kept), 5, 2), np.float32)
    last = len(outputs) == 3
    if last:
        relative = outputs[1][kept].reshape(-1, 2, 5).transpose(0, 2, 1)
        points = boxes[:, None, :2] + relative * size[:, None]
    moved = np.concatenate([_shifted(boxes[:, :4], shifts), faces[:, None]], axis=1, dtype=np.float32)
    distinct = _distinct(moved, overlap, within=last)
    return (moved[distinct] if last else _square(moved[distinct])), points[distinct]


def _crop(picture: Image.Image, box: Floats, side: int) -> Image.Image:
    left, top, right, bottom = (float(value) for value in box[:4])
    if right - left < 2 * side:
        return picture.transform((side, side), Image.Transform.EXTENT, (left, top, right, bottom), Image.Resampling.BILINEAR)
    return picture.crop((int(left), int(top), int(right), int(bottom))).resize((side, side), Image.Resampling.BOX)


def _input(pictures: list[Image.Image]) -> Floats:
    """Columns first, from -1 to 1."""
    return (np.stack([np.asarray(each, np.float32).transpose(1, 0, 2) for each in pictures]) - np.float32(127.5)) / np.float32(128)


def _shifted(boxes: Floats, shifts: Floats) -> Floats:
    """Boxes whose sides are moved by parts of their width and height."""
    size = boxes[:, 2:4] - boxes[:, :2]
    return np.asarray(boxes + shifts * np.concatenate([size, size], axis=1), np.float32)


def _square(boxes: Floats) -> Floats:
    """The least square around each box's middle that holds it."""
    middle, half = (boxes[:, :2] + boxes[:, 2:4]) / 2, (boxes[:, 2:4] - boxes[:, :2]).max(axis=1, keepdims=True) / 2
    return np.concatenate([middle - half, middle + half, boxes[:, 4:]], axis=1)


def _distinct(boxes: Floats, overlap: float, within: bool = False) -> list[int]:
    """The most probable boxes, first; of those that share more than `overlap` of their union (`within`: of the smaller) only one."""
    kept: list[int] = []
    area = (boxes[:, 2] - boxes[:, 0]) * (boxes[:, 3] - boxes[:, 1])
    left = np.argsort(-boxes[:, 4], kind="stable")
    while len(left):
        best, left = left[0], left[1:]
        kept.append(int(best))
        corner, end = np.maximum(boxes[best, :2], boxes[left, :2]), np.minimum(boxes[best, 2:4], boxes[left, 2:4])
        shared = np.prod(np.clip(end - corner, 0, None), axis=1)
        whole = np.minimum(area[best], area[left]) if within else area[best] + area[left] - shared
        left = left[shared <= overlap * whole]
    return kept
