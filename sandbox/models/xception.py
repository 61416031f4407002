"""A small Keras network of Xception's kind, from Keras's own file to ONNX: the layers are those that the file describes."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
from numpy.typing import NDArray

from sandbox.models.graph import Graph

SIDE, CLASSES = 64, 7


def convert(source: Path, target: Path) -> None:
    """Writes a network that takes (n, 1, 64, 64) from -1 to 1. Raises KeyError for a kind of layer that it does not know."""
    with h5py.File(source) as file:
        layers = json.loads(file.attrs["model_config"])["config"]["layers"]
        weights = {layer["name"]: _weights(file["model_weights"][layer["name"]]) for layer in layers}
    graph = Graph("xception", ("n", 1, SIDE, SIDE))
    outputs: dict[str, str] = {}
    for layer in layers:
        name, inputs = layer["name"], [outputs[origin[0]] for node in layer["inbound_nodes"] for origin in node]
        outputs[name] = LAYERS[layer["class_name"]](graph, layer["config"], weights[name], *inputs)
    graph.save({outputs[layers[-1]["name"]]: ["n", CLASSES]}, target)


def _weights(group: h5py.Group) -> dict[str, NDArray[np.float32]]:
    return {name.split("/")[-1].split(":")[0]: np.asarray(group[name], np.float32) for name in
            (each.decode() if isinstance(each, bytes) else each for each in group.attrs["weight_names"])}


def _input(graph: Graph, settings: dict[str, Any], weights: Any) -> str:
    return graph.start


def _convolution(graph: Graph, settings: dict[str, Any], weights: Any, taken: str) -> str:
    kernel = weights["kernel"].transpose(3, 2, 0, 1)
    return graph.convolution(taken, kernel, weights.get("bias"), settings["strides"][0], same=settings["padding"] == "same")


def _separable(graph: Graph, settings: dict[str, Any], weights: Any, taken: str) -> str:
    depthwise = weights["depthwise_kernel"].transpose(2, 3, 0, 1)
    flow = graph.convolution(taken, depthwise, stride=settings["strides"][0], groups=len(depthwise), same=settings["padding"] == "same")
    return graph.convolution(flow, weights["pointwise_kernel"].transpose(3, 2, 0, 1), weights.get("bias"))


def _normalisation(graph: Graph, settings: dict[str, Any], weights: Any, taken: str) -> str:
    statistics = [graph.constant(weights[each]) for each in ("gamma", "beta", "moving_mean", "moving_variance")]
    return graph.layer("BatchNormalization", taken, *statistics, epsilon=settings["epsilon"])


def _activation(graph: Graph, settings: dict[str, Any], weights: Any, taken: str) -> str:
    return graph.layer("Relu", taken) if settings["activation"] == "relu" else graph.layer("Softmax", taken, axis=1)


def _pooling(graph: Graph, settings: dict[str, Any], weights: Any, taken: str) -> str:
    return graph.layer("MaxPool", taken, kernel_shape=settings["pool_size"], strides=settings["strides"], auto_pad="SAME_UPPER")


def _mean(graph: Graph, settings: dict[str, Any], weights: Any, taken: str) -> str:
    return graph.layer("Flatten", graph.layer("GlobalAveragePool", taken))


def _sum(graph: Graph, settings: dict[str, Any], weights: Any, one: str, other: str) -> str:
    return graph.layer("Add", one, other)


LAYERS: dict[str, Callable[..., str]] = {
    "InputLayer": _input, "Conv2D": _convolution, "SeparableConv2D": _separable, "BatchNormalization": _normalisation, "Activation": _activation,
    "MaxPooling2D": _pooling, "GlobalAveragePooling2D": _mean, "Add": _sum,
}
