"""MiniStack leaves nested templates without the SAM transform, and loses the attributes of unchanged resources when a nested stack is updated."""

from typing import Any

from ministack.services.cloudformation import _stacks, engine, provisioners

from sandbox.aws.patching import Function, patch


def install() -> None:
    """Transforms every template that has a Transform; hands an update the attributes recorded for its resource."""

    @patch(engine, "_parse_template", "3accea2c0e11")
    def parse_template(original: Function, body: Any) -> Any:
        template = original(body)
        return engine._apply_transforms(template) if "Transform" in template else template

    @patch(provisioners, "_update_resource", "21b9b1207f59")
    def update_resource(original: Function, resource_type: str, physical_id: str, old: Any, new: Any, stack: str,
                        logical_id: str | None = None, old_attrs: Any = None, *rest: Any, **named: Any) -> Any:
        if old_attrs is None:
            resources = (_stacks.get(stack) or {}).get("_resources", {})
            old_attrs = (resources.get(logical_id) or {}).get("Attributes")
        return original(resource_type, physical_id, old, new, stack, logical_id, old_attrs, *rest, **named)
