"""A network under construction: layers in, an ONNX file out."""

from pathlib import Path
from typing import Any

import numpy as np
import onnx
from numpy.typing import NDArray
from onnx import TensorProto, helper, numpy_helper

OPSET, IR_VERSION = 18, 8


class Graph:
    """Each method adds a layer that takes the named input and returns its output's name. Pictures are batches of planes (NCHW)."""

    def __init__(self, name: str, shape: tuple[int | str, ...]) -> None:
        self._name, self._nodes = name, []  # type: str, list[onnx.NodeProto]
        self._constants: list[onnx.TensorProto] = []
        self._input = helper.make_tensor_value_info("picture", TensorProto.FLOAT, shape)
        self.start = "picture"

    def layer(self, kind: str, *inputs: str, **attributes: Any) -> str:
        """Any operator with one output."""
        output = f"{kind}_{len(self._nodes)}"
        self._nodes.append(helper.make_node(kind, list(inputs), [output], **attributes))
        return output

    def constant(self, values: NDArray[Any]) -> str:
        """Weights."""
        name = f"weights_{len(self._constants)}"
        self._constants.append(numpy_helper.from_array(np.ascontiguousarray(values), name))
        return name

    def convolution(self, taken: str, kernel: NDArray[np.float32], bias: NDArray[np.float32] | None = None, stride: int = 1, groups: int = 1,
                    same: bool = True) -> str:
        """`kernel` is (out, in, height, width); `same` pads as TensorFlow does."""
        inputs = [taken, self.constant(kernel)] + ([] if bias is None else [self.constant(bias)])
        return self.layer("Conv", *inputs, strides=[stride, stride], group=groups, auto_pad="SAME_UPPER" if same else "VALID")

    def clipped(self, taken: str, highest: float) -> str:
        """ReLU with a ceiling."""
        return self.layer("Clip", taken, self.constant(np.array(0, np.float32)), self.constant(np.array(highest, np.float32)))

    def save(self, results: dict[str, list[int | str]], path: Path) -> None:
        """Writes the network whose outputs are these, each with its shape; checked."""
        outputs = [helper.make_tensor_value_info(result, TensorProto.FLOAT, shape) for result, shape in results.items()]
        graph = helper.make_graph(self._nodes, self._name, [self._input], outputs, self._constants)
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", OPSET)], ir_version=IR_VERSION)
        onnx.checker.check_model(model)
        onnx.save(model, path)


def folded(kernel: NDArray[np.float32], gamma: NDArray[np.float32], beta: NDArray[np.float32], mean: NDArray[np.float32],
           variance: NDArray[np.float32], epsilon: float) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """A kernel and a bias that do what the kernel and the batch normalisation after it did."""
    scale = gamma / np.sqrt(variance + np.float32(epsilon))
    return kernel * scale[:, None, None, None], beta - mean * scale
