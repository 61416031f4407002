"""What a face shows, by a small network trained on FER-2013: happy and calm it tells well, posed anger, disgust and fear badly."""

import numpy as np
from PIL import Image

from sandbox.aws.vision import networks
from sandbox.aws.vision.faces import Face

EMOTIONS = ("ANGRY", "DISGUSTED", "FEAR", "HAPPY", "SAD", "SURPRISED", "CALM")  # the network's order, Rekognition's names
SIDE = 64


def of(picture: Image.Image, face: Face) -> dict[str, float] | None:
    """The probability of each emotion; they add to 1. None where the network is not there."""
    network = networks.session("emotions")
    if network is None:
        return None
    left, top, right, bottom = face.box
    x, y, half = (left + right) / 2, (top + bottom) / 2, max(right - left, bottom - top) / 2
    seen = picture.crop((int(x - half), int(y - half), int(x + half), int(y + half))).convert("L").resize((SIDE, SIDE), Image.Resampling.BOX)
    [probabilities] = network.run(None, {"picture": np.asarray(seen, np.float32)[None, None] / 127.5 - 1})[0]
    return {emotion: float(probability) for emotion, probability in zip(EMOTIONS, probabilities, strict=True)}
