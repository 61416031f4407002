"""A TensorFlow.js graph model (a JSON file and a file of weights beside it) to ONNX: the graph's nodes one by one, tensors as TensorFlow has them."""

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sandbox.models.graph import Graph

Node = dict[str, Any]
Constants = dict[str, NDArray[Any]]


def convert(source: Path, target: Path) -> None:
    """Writes a network with the model's own outputs, in order of their names. Raises KeyError for an operation that it does not know."""
    model = json.loads(source.read_text())
    constants = _weights(model["weightsManifest"][0]["weights"], source.with_suffix(".bin").read_bytes())
    [given] = model["signature"]["inputs"].values()
    graph = Graph(source.stem, tuple(int(each["size"]) for each in given["tensorShape"]["dim"]))
    values = {given["name"].split(":")[0]: graph.start}

    def value(name: str) -> str:
        return values[name] if name in values else graph.constant(constants[name])

    for node in _in_order(model["modelTopology"]["node"]):
        if node["op"] in ("Const", "Placeholder"):
            continue
        folded = FOLDED.get(node["op"]) if all(each in constants for each in node["input"]) else None
        if folded:
            constants[node["name"]] = folded(*(constants[each] for each in node["input"]))
        else:
            results = OPERATIONS[node["op"]](graph, node, constants, value)
            values |= {node["name"] + (f":{number}" if number else ""): result for number, result in enumerate(results)}
    outputs: dict[str, list[int | str]] = {
        name.split(":")[0]: [int(each["size"]) for each in shape["tensorShape"]["dim"]] for name, shape in model["signature"]["outputs"].items()}
    graph.save({values[name]: outputs[name] for name in sorted(outputs)}, target)


def _weights(manifest: list[Node], content: bytes) -> Constants:
    constants: Constants = {}
    offset = 0
    for entry in manifest:
        stored = np.dtype(entry.get("quantization", {}).get("dtype", entry["dtype"])).newbyteorder("<")
        count = int(np.prod(entry["shape"]))
        constants[entry["name"]] = np.frombuffer(content, stored, count, offset).astype(entry["dtype"]).reshape(entry["shape"])
        offset += count * stored.itemsize
    return constants


def _in_order(nodes: list[Node]) -> list[Node]:
    """Each node after those that it takes its inputs from."""
    named = {node["name"]: node for node in nodes}
    ordered: dict[str, Node] = {}

    def add(name: str) -> None:
        if name in ordered:
            return
        for origin in named[name].get("input", []):
            add(origin.split(":")[0])
        ordered[name] = named[name]

    for name in named:
        add(name)
    return list(ordered.values())


Value = Callable[[str], str]


def _channels_first(graph: Graph, taken: str) -> str:
    return graph.layer("Transpose", taken, perm=[0, 3, 1, 2])


def _channels_last(graph: Graph, taken: str) -> str:
    return graph.layer("Transpose", taken, perm=[0, 2, 3, 1])


def _padding(node: Node) -> str:
    return {"VALID": "VALID", "SAME": "SAME_UPPER"}[base64.b64decode(node["attr"]["padding"]["s"]).decode()]


def _numbers(node: Node, attribute: str) -> list[int]:
    return [int(each) for each in node["attr"][attribute]["list"]["i"]]


def _convolution(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    taken, kernel = node["input"]
    result = graph.layer("Conv", _channels_first(graph, value(taken)), graph.constant(constants[kernel].transpose(3, 2, 0, 1)),
                         strides=_numbers(node, "strides")[1:3], dilations=_numbers(node, "dilations")[1:3], auto_pad=_padding(node))
    return [_channels_last(graph, result)]


def _pooling(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    result = graph.layer("MaxPool", _channels_first(graph, value(node["input"][0])), kernel_shape=_numbers(node, "ksize")[1:3],
                         strides=_numbers(node, "strides")[1:3], auto_pad=_padding(node))
    return [_channels_last(graph, result)]


def _resize(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    taken, size = node["input"]
    sides = graph.constant(constants[size].astype(np.int64))
    result = graph.layer("Resize", _channels_first(graph, value(taken)), "", "", sides, axes=[2, 3], mode="linear",
                         coordinate_transformation_mode="half_pixel")
    return [_channels_last(graph, result)]


def _pad(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    taken, paddings, *rest = node["input"]
    pads = constants[paddings].T.reshape(-1).astype(np.int64)
    fill = [value(rest[0])] if rest else []
    return [graph.layer("Pad", value(taken), graph.constant(pads), *fill)]


def _split(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    taken, sizes, axis = node["input"]
    ends = np.cumsum(constants[sizes])
    axes = graph.constant(np.array([int(constants[axis])], np.int64))
    return [graph.layer("Slice", value(taken), graph.constant(np.array([end - size], np.int64)), graph.constant(np.array([end], np.int64)), axes)
            for end, size in zip(ends, constants[sizes], strict=True)]


def _transpose(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    return [graph.layer("Transpose", value(node["input"][0]), perm=[int(each) for each in constants[node["input"][1]]])]


def _reshape(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    return [graph.layer("Reshape", value(node["input"][0]), graph.constant(constants[node["input"][1]].astype(np.int64)))]


def _concatenation(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    *parts, axis = node["input"]
    return [graph.layer("Concat", *map(value, parts), axis=int(constants[axis]))]


def _leaky(graph: Graph, node: Node, constants: Constants, value: Value) -> list[str]:
    return [graph.layer("LeakyRelu", value(node["input"][0]), alpha=float(node["attr"]["alpha"]["f"]))]


def _plain(kind: str) -> Callable[[Graph, Node, Constants, Value], list[str]]:
    return lambda graph, node, constants, value: [graph.layer(kind, *map(value, node["input"]))]


OPERATIONS: dict[str, Callable[[Graph, Node, Constants, Value], list[str]]] = {
    "Conv2D": _convolution, "MaxPool": _pooling, "ResizeBilinear": _resize, "Pad": _pad, "PadV2": _pad, "SplitV": _split, "Transpose": _transpose,
    "Reshape": _reshape, "ConcatV2": _concatenation, "LeakyRelu": _leaky,
    "Add": _plain("Add"), "AddV2": _plain("Add"), "Sigmoid": _plain("Sigmoid"), "Identity": _plain("Identity"),
}


def _dense(places: NDArray[Any], shape: NDArray[Any], values: NDArray[Any], default: NDArray[Any]) -> NDArray[Any]:
    dense = np.full(shape.astype(int), default)
    if len(places):
        dense[tuple(places.T)] = values
    return dense


FOLDED: dict[str, Callable[..., NDArray[Any]]] = {"SparseToDense": _dense, "AddV2": np.add}
