"""What a picture shows, by EfficientNet-Lite0: ImageNet's thousand classes, and the kinds of kinds.toml with the sums of their classes."""

import numpy as np
from PIL import Image

from sandbox.aws.vision import kinds, networks

SIDE = 224
SHRUNK = 256  # the short side of a picture whose middle is looked at


def seen(picture: Image.Image) -> dict[str, float] | None:
    """The probability of each class and kind; None where the network is not there. Two looks are averaged: the middle, and all of it squeezed."""
    network = networks.session("scene")
    if network is None:
        return None
    middle = _middle(picture)
    whole = picture.resize((SIDE, SIDE), Image.Resampling.BICUBIC)
    looks = np.stack([np.asarray(look, np.float32).transpose(2, 0, 1) for look in (middle, whole)])
    probabilities = network.run(None, {"picture": (looks - 127) / 128})[0].mean(axis=0)
    found: dict[str, float] = {}
    for name, probability in zip(kinds.classes(), probabilities, strict=True):
        found[name] = found.get(name, 0.0) + float(probability)
    sums = {kind: float(probabilities[numbers].sum()) for kind, numbers in kinds.members().items()}
    return {name: min(1.0, probability) for name, probability in (found | sums).items()}


def _middle(picture: Image.Image) -> Image.Image:
    scale = SHRUNK / min(picture.size)
    shrunk = picture.resize((round(picture.width * scale), round(picture.height * scale)), Image.Resampling.BICUBIC)
    left, top = (shrunk.width - SIDE) // 2, (shrunk.height - SIDE) // 2
    return shrunk.crop((left, top, left + SIDE, top + SIDE))
