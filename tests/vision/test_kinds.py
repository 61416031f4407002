"""The table of kinds: made by hand, so held against what can be checked."""

import pytest

from sandbox.aws.vision import kinds, objects


def test_there_are_a_thousand_classes() -> None:
    assert len(kinds.classes()) == 1000
    assert all(name.strip() == name != "" for name in kinds.classes())


@pytest.mark.parametrize(("name", "parents"), [
    ("Chihuahua", ["Dog", "Mammal", "Pet", "Animal"]),
    ("Mexican Hairless", ["Dog", "Mammal", "Pet", "Animal"]),
    ("Egyptian Cat", ["Cat", "Mammal", "Pet", "Animal"]),
    ("Tench", ["Fish", "Animal"]),
    ("Puffer", ["Fish", "Animal"]),
    ("Monarch", ["Butterfly", "Insect", "Invertebrate", "Animal"]),
    ("Siamang", ["Ape", "Primate", "Mammal", "Animal"]),
    ("Convertible", ["Car", "Vehicle"]),
    ("Trolleybus", ["Bus", "Vehicle"]),
    ("Space Shuttle", ["Rocket", "Vehicle"]),
    ("Grand Piano", ["Piano", "Musical Instrument"]),
    ("Suspension Bridge", ["Bridge", "Architecture"]),
    ("Running Shoe", ["Footwear", "Clothing"]),
    ("Espresso", ["Coffee", "Beverage"]),
    ("Pizza", ["Fast Food", "Food"]),
    ("Volcano", ["Mountain", "Nature"]),
    ("Daisy", ["Flower", "Plant"]),
    ("Scuba Diver", ["Person"]),
    ("Face", ["Head", "Person"]),
])
def test_a_thing_is_of_its_kinds(name: str, parents: list[str]) -> None:
    assert list(kinds.parents(name)) == parents


def test_the_breeds_are_dogs_and_nothing_else_is() -> None:
    assert len(kinds.members()["Dog"]) == 118
    assert {"Timber Wolf", "Red Fox", "Dingo"} & {kinds.classes()[number] for number in kinds.members()["Dog"]} == set()


def test_every_thing_with_a_place_is_in_the_table() -> None:
    assert len(objects.NAMES) == 80
    assert [name for name in objects.NAMES if not kinds.category(name)] == []


def test_every_kind_has_a_category_of_its_root() -> None:
    assert [kind for kind in kinds.members() if not kinds.category(kind)] == []
