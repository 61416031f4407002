"""The weights on this machine, and the embedded AWS of the sandbox's tests, for those of its seeing."""

from collections.abc import Callable
from pathlib import Path

import pytest
from PIL import Image

from sandbox.aws.vision import identities
from sandbox.models.catalogue import WEIGHTS
from sandbox.models.fetching import fetch
from tests.sandbox.conftest import account, embedded_aws

__all__ = ["account", "embedded_aws"]
PHOTOS = Path(__file__).parents[2] / "sandbox" / "photos"


@pytest.fixture(scope="session", autouse=True)
def _weights() -> None:
    """What `make` fetches: nothing to do where it is there."""
    failures = fetch(weights for weights in WEIGHTS.values() if not weights.extra)
    assert not failures, failures


@pytest.fixture
def gallery(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty gallery of the user's, and none that ships."""
    monkeypatch.setattr(identities, "SHIPPED", tmp_path / "none")
    monkeypatch.setenv("SANDBOX_GALLERY", str(tmp_path / "gallery"))
    (tmp_path / "gallery").mkdir()
    return tmp_path / "gallery"


@pytest.fixture
def photo() -> Callable[[str], Image.Image]:
    """A sample photo by its name."""
    return lambda name: Image.open(PHOTOS / f"{name}.jpg").convert("RGB")
