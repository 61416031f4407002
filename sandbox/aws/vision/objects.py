"""Where things are in a picture, by NanoDet: the 80 kinds of COCO."""

from typing import NamedTuple

import numpy as np
from PIL import Image

from sandbox.aws.vision import networks

SIDE = 416
STRIDES = (8, 16, 32)  # pixels between the places at which the network looks, for each of its three outputs
STEPS = 11  # a side's distance from such a place is told as a distribution over 0 to 10 strides
MEAN, DEVIATION = np.array([103.53, 116.28, 123.675], np.float32), np.array([57.375, 57.12, 58.395], np.float32)  # blue, green, red
LEAST = 0.4
OVERLAP = 0.6

NAMES = (
    "Person", "Bicycle", "Car", "Motorcycle", "Airplane", "Bus", "Train", "Truck", "Boat", "Traffic Light", "Fire Hydrant", "Stop Sign",
    "Parking Meter", "Bench", "Bird", "Cat", "Dog", "Horse", "Sheep", "Cow", "Elephant", "Bear", "Zebra", "Giraffe", "Backpack", "Umbrella",
    "Handbag", "Tie", "Suitcase", "Frisbee", "Skis", "Snowboard", "Ball", "Kite", "Baseball Bat", "Baseball Glove", "Skateboard", "Surfboard",
    "Tennis Racket", "Bottle", "Wine Glass", "Cup", "Fork", "Knife", "Spoon", "Bowl", "Banana", "Apple", "Sandwich", "Orange", "Broccoli", "Carrot",
    "Hot Dog", "Pizza", "Donut", "Cake", "Chair", "Couch", "Potted Plant", "Bed", "Dining Table", "Toilet", "Television", "Laptop",
    "Computer Mouse", "Remote Control", "Computer Keyboard", "Mobile Phone", "Microwave Oven", "Oven", "Toaster", "Sink", "Refrigerator", "Book",
    "Clock", "Vase", "Scissors", "Teddy Bear", "Hair Dryer", "Toothbrush")


class Thing(NamedTuple):
    """A thing and where it is: left, top, right, bottom as parts of the picture."""

    name: str
    probability: float
    box: tuple[float, float, float, float]


def find(picture: Image.Image) -> list[Thing] | None:
    """The things, surest first; None where the network is not there."""
    network = networks.session("objects")
    if network is None:
        return None
    seen = np.asarray(picture.resize((SIDE, SIDE), Image.Resampling.BILINEAR), np.float32)[..., ::-1]
    outputs = network.run(None, {"picture": ((seen - MEAN) / DEVIATION).transpose(2, 0, 1)[None]})
    things = [thing for scores, sides, stride in zip(outputs[:3], outputs[3:], STRIDES, strict=True) for thing in _at(scores[0], sides[0], stride)]
    kept: list[Thing] = []
    for thing in sorted(things, key=lambda each: -each.probability):
        if not any(other.name == thing.name and _overlap(other.box, thing.box) > OVERLAP for other in kept):
            kept.append(thing)
    return kept


def _at(scores: np.ndarray, sides: np.ndarray, stride: int) -> list[Thing]:
    places, numbers = np.nonzero(scores >= LEAST)
    likely = np.exp(sides[places].reshape(-1, 4, STEPS))
    distances = (likely / likely.sum(axis=-1, keepdims=True)) @ np.arange(STEPS, dtype=np.float32) * stride
    across = SIDE // stride
    middles = (np.stack([places % across, places // across], axis=1) + 0.5) * stride
    boxes = np.clip(np.concatenate([middles - distances[:, :2], middles + distances[:, 2:]], axis=1) / SIDE, 0, 1)
    probabilities = scores[places, numbers]
    return [Thing(NAMES[number], float(probability), (float(left), float(top), float(right), float(bottom)))
            for number, probability, (left, top, right, bottom) in zip(numbers, probabilities, boxes, strict=True)]


def _overlap(one: tuple[float, float, float, float], other: tuple[float, float, float, float]) -> float:
    width, height = min(one[2], other[2]) - max(one[0], other[0]), min(one[3], other[3]) - max(one[1], other[1])
    shared = max(0.0, width) * max(0.0, height)
    areas = [(box[2] - box[0]) * (box[3] - box[1]) for box in (one, other)]
    return shared / (sum(areas) - shared or 1)
