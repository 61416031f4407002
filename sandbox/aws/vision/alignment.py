"""A face moved, turned and scaled so that its landmarks lie where those of all faces lie."""

import math

import numpy as np
from PIL import Image

from sandbox.aws.vision.faces import Face

# Where eyes, nose and mouth's corners are in a mean face of side 1. Source: dlib's mean face, of the points that these landmarks are.
MEAN_FACE = np.array([(0.228, 0.216), (0.753, 0.216), (0.490, 0.516), (0.254, 0.780), (0.726, 0.780)])
MARGIN = 0.25  # around the mean face, as dlib's network was trained


def aligned(picture: Image.Image, face: Face, side: int) -> Image.Image:
    """The face upright in a square."""
    target = (MEAN_FACE + MARGIN) / (1 + 2 * MARGIN) * side
    return _transformed(picture, _similarity(target, np.array(face.landmarks)), side)


def roll(face: Face) -> float:
    """Degrees by which the line through the eyes is turned, clockwise."""
    (left_x, left_y), (right_x, right_y) = face.landmarks[:2]
    return math.degrees(math.atan2(right_y - left_y, right_x - left_x))


def _similarity(source: np.ndarray, target: np.ndarray) -> tuple[float, ...]:
    """The turn, scale and shift that best takes the source's points to the target's, as Pillow writes it."""
    rows = [row for x, y in source for row in ((x, -y, 1, 0), (y, x, 0, 1))]
    cosine, sine, x, y = np.linalg.lstsq(np.array(rows), target.reshape(-1), rcond=None)[0]
    return float(cosine), float(-sine), float(x), float(sine), float(cosine), float(y)


def _transformed(picture: Image.Image, matrix: tuple[float, ...], side: int) -> Image.Image:
    factor = max(1, int(math.hypot(matrix[0], matrix[1])))  # a much larger face is reduced first, since a transformation skips pixels
    if factor > 1:
        picture, matrix = picture.reduce(factor), tuple(value / factor for value in matrix)
    return picture.transform((side, side), Image.Transform.AFFINE, matrix, Image.Resampling.BICUBIC)
