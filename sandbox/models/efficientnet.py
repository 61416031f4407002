"""EfficientNet-Lite from PyTorch's weights to ONNX.

Source: the layers are those of Google's EfficientNet-Lite (no squeeze-and-excite, ReLU6, TensorFlow's padding); names and shapes are the weights'.
"""

from pathlib import Path

import numpy as np

from sandbox.models.graph import Graph, folded
from sandbox.models.torch_file import Tensors, read

STRIDES = (1, 2, 2, 2, 1, 2, 1)  # of the first block of each stage; a stage is a run of blocks of one width
EPSILON = 1e-3
SIDE = 224


def convert(source: Path, target: Path) -> None:
    """Writes a network that takes (n, 3, 224, 224) from -1 to 1 and answers 1000 probabilities."""
    weights = read(source)
    graph = Graph("efficientnet-lite", ("n", 3, SIDE, SIDE))
    flow = graph.clipped(_normalised(graph, weights, graph.start, "_conv_stem", "_bn0", stride=2), 6)
    stage, width = -1, 0
    for number in range(sum(name.endswith("_project_conv.weight") for name in weights)):
        block = f"_blocks.{number}."
        wide = len(weights[f"{block}_project_conv.weight"])
        first, stage = wide != width, stage + (wide != width)
        inner = flow
        if f"{block}_expand_conv.weight" in weights:
            inner = graph.clipped(_normalised(graph, weights, inner, f"{block}_expand_conv", f"{block}_bn0"), 6)
        inner = graph.clipped(_normalised(
            graph, weights, inner, f"{block}_depthwise_conv", f"{block}_bn1", STRIDES[stage] if first else 1, depthwise=True), 6)
        inner = _normalised(graph, weights, inner, f"{block}_project_conv", f"{block}_bn2")
        flow, width = inner if first else graph.layer("Add", flow, inner), wide
    flow = graph.clipped(_normalised(graph, weights, flow, "_conv_head", "_bn1"), 6)
    flow = graph.layer("Flatten", graph.layer("GlobalAveragePool", flow))
    flow = graph.layer("Gemm", flow, graph.constant(weights["_fc.weight"]), graph.constant(weights["_fc.bias"]), transB=1)
    graph.save({graph.layer("Softmax", flow, axis=1): ["n", len(weights["_fc.bias"])]}, target)


def _normalised(graph: Graph, weights: Tensors, taken: str, convolution: str, normalisation: str, stride: int = 1, depthwise: bool = False) -> str:
    kernel = weights[f"{convolution}.weight"].astype(np.float32)
    gamma, beta, mean, variance = (weights[f"{normalisation}.{each}"] for each in ("weight", "bias", "running_mean", "running_var"))
    kernel, bias = folded(kernel, gamma, beta, mean, variance, EPSILON)
    return graph.convolution(taken, kernel, bias, stride, groups=len(kernel) if depthwise else 1)
