"""A patch applies to the MiniStack that it was written for, and to no other."""

import subprocess
import sys
from types import ModuleType

import pytest

from sandbox.aws import patching
from sandbox.aws.patching import UpstreamChanged, add, check, digest, patch


def greet(name: str) -> str:
    """A function of upstream's."""
    return f"Hello {name}"


@pytest.fixture
def upstream() -> ModuleType:
    module = ModuleType("upstream")
    module.greet = greet  # type: ignore[attr-defined]
    return module


def test_a_patch_replaces_the_function_it_was_written_for(upstream: ModuleType) -> None:
    @patch(upstream, "greet", digest(greet))
    def shout(original: patching.Function, name: str) -> str:
        return str(original(name)).upper()

    assert upstream.greet("you") == "HELLO YOU"


def test_two_patches_of_one_function_are_both_applied(upstream: ModuleType) -> None:
    for mark in "!", "?":
        @patch(upstream, "greet", digest(greet))
        def marked(original: patching.Function, name: str, mark: str = mark) -> str:
            return str(original(name)) + mark

    assert upstream.greet("you") == "Hello you!?"


def test_a_table_entry_is_patched_alike() -> None:
    table = {"greet": greet}

    @patch(table, "greet", digest(greet))
    def shout(original: patching.Function, name: str) -> str:
        return str(original(name)).upper()

    assert table["greet"]("you") == "HELLO YOU"


def test_another_source_is_refused_with_what_to_do(upstream: ModuleType) -> None:
    with pytest.raises(UpstreamChanged) as refusal:
        patch(upstream, "greet", "000000000000")(lambda original, name: name)
    assert f"{__name__}.greet is not the function" in str(refusal.value)
    assert digest(greet) in str(refusal.value)
    assert "000000000000" in str(refusal.value)
    assert "drop it where MiniStack needs it no more" in str(refusal.value)


def test_check_refuses_alike() -> None:
    check(greet, digest(greet))
    with pytest.raises(UpstreamChanged, match=r"test_patching was written for"):
        check(greet, "000000000000")


def test_an_entry_that_upstream_has_gained_is_not_overwritten() -> None:
    table = {"AWS::Lex::Bot": "upstream's"}
    with pytest.raises(UpstreamChanged, match="MiniStack has AWS::Lex::Bot by now"):
        add(table, {"AWS::Lex::Bot": "ours"})
    assert table == {"AWS::Lex::Bot": "upstream's"}


def test_every_gap_is_still_one_of_the_installed_ministack() -> None:
    report = subprocess.run([sys.executable, "-m", "sandbox.aws.patching"], capture_output=True, text=True, check=True).stdout
    lines = report.splitlines()
    assert len(lines) > 20
    assert [line for line in lines if "CHANGED" in line or "by now" in line] == []
