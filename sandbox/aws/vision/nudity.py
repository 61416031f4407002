"""How likely a picture is not safe for work, by Yahoo's open_nsfw: nudity, and nothing else of what moderation looks for."""

import numpy as np
from PIL import Image

from sandbox.aws.vision import networks

SIDE, SHRUNK = 224, 256  # the middle of the picture squeezed into a square
MEAN = np.array([104, 117, 123], np.float32)  # blue, green, red


def probability(picture: Image.Image) -> float | None:
    """0 to 1; None where the network is not there."""
    network = networks.session("nudity")
    if network is None:
        return None
    edge = (SHRUNK - SIDE) // 2
    middle = picture.resize((SHRUNK, SHRUNK), Image.Resampling.BILINEAR).crop((edge, edge, edge + SIDE, edge + SIDE))
    seen = np.asarray(middle, np.float32)[..., ::-1] - MEAN
    return float(network.run(None, {network.get_inputs()[0].name: seen[None]})[0][0, 1])
