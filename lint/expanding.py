"""What the rules look at: a template as SAM makes it for CloudFormation, with what they say of it at its place in what is written."""

from typing import Any

from cfnlint.rules import RuleMatch

from tools import sam
from tools.intrinsics import Template

_KEPT = "_expanded"


def expanded(cfn: Any) -> Template:
    """A template after SAM; empty where SAM cannot make anything of it, which is for cfn-lint's own rules to tell. Kept for the next rule."""
    if not hasattr(cfn, _KEPT):
        try:
            template = sam.expand(cfn.template)
        except Exception:  # SAM's translator raises anything where a template is not as it should be
            template = {}
        setattr(cfn, _KEPT, {"Resources": {}} | template)
    made: Template = getattr(cfn, _KEPT)
    return made


def at(cfn: Any, logical_id: str, message: str) -> RuleMatch:
    """Something said of a resource: where SAM made it, of the resource that it was made for, which is named alike."""
    there = [each for each in cfn.template.get("Resources", {}) if logical_id.startswith(each)]
    return RuleMatch(["Resources", max(there, key=len)] if there else ["Resources"], message)
