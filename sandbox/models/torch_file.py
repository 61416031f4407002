"""Reads the tensors out of a PyTorch weights file without PyTorch, and without running anything that such a pickle could ask for.

Source: the format that `torch.save` wrote before version 1.6: five pickles (magic number, protocol, sizes, tensors, keys), then for each key
its number of elements and its bytes.
"""

import pickle
import struct
from collections import OrderedDict
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from numpy.typing import NDArray

MAGIC = 0x1950A86A20F9469CFC6C
TYPES = {"FloatStorage": np.dtype("<f4"), "LongStorage": np.dtype("<i8")}

Tensors = dict[str, NDArray[Any]]


def read(path: Path) -> Tensors:
    """The tensors by name. Raises pickle.UnpicklingError for anything that is not a file of tensors."""
    with path.open("rb") as file:
        if _Unpickler(file).load() != MAGIC:
            raise pickle.UnpicklingError(f"{path.name} is not a file of torch.save's before version 1.6.")
        for _ in ("protocol", "sizes"):
            _Unpickler(file).load()
        tensors: dict[str, _Tensor] = _Unpickler(file).load()
        keys: list[str] = _Unpickler(file).load()
        types = {tensor.key: tensor.type for tensor in tensors.values()}
        storages = {key: _storage(file, types[key]) for key in keys}
    return {name: tensor.of(storages[tensor.key]) for name, tensor in tensors.items()}


def _storage(file: BinaryIO, kind: np.dtype[Any]) -> NDArray[Any]:
    (count,) = struct.unpack("<q", file.read(8))
    return np.frombuffer(file.read(count * kind.itemsize), kind)


class _Tensor:
    """A view of a storage that is yet to be read."""

    def __init__(self, storage: tuple[Any, ...], offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *ignored: Any) -> None:
        _, self.type, self.key, *_ = storage
        self._offset, self._shape, self._strides = offset, shape, strides

    def of(self, storage: NDArray[Any]) -> NDArray[Any]:
        strides = tuple(step * storage.itemsize for step in self._strides)
        view = np.lib.stride_tricks.as_strided(storage[self._offset:], self._shape, strides, writeable=False)
        return np.ascontiguousarray(view)


class _Unpickler(pickle.Unpickler):
    """Knows the four names that a file of tensors needs, and refuses every other."""

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return _Tensor
        if module == "torch" and name in TYPES:
            return TYPES[name]
        raise pickle.UnpicklingError(f"{module}.{name} has no business in a file of tensors.")

    def persistent_load(self, pid: Any) -> Any:
        return pid
