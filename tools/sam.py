"""What SAM makes of a template for CloudFormation, without an AWS account and without uploading anything."""

import json
import logging
import os
from typing import Any

from samtranslator.translator.transform import transform

from tools.intrinsics import Template

REGION = "eu-west-1"
UPLOADED = "s3://bucket/key"


def expand(template: Template) -> Template:
    """A template as CloudFormation gets it, with some place in S3 for every local file. Raises what SAM's translator raises."""
    os.environ.setdefault("AWS_DEFAULT_REGION", REGION)
    logging.getLogger("samtranslator").setLevel(logging.ERROR)  # it warns of its own metrics
    copy: Template = json.loads(json.dumps(template))
    if "Transform" not in copy:
        return copy
    for resource in copy["Resources"].values():
        properties = resource.get("Properties", {})
        for local in {"CodeUri", "DefinitionUri"} & properties.keys():
            properties[local] = UPLOADED
        if resource["Type"] == "AWS::Serverless::Application":
            properties["Location"] = "https://bucket.s3.amazonaws.com/key"
    parameters = {key: parameter.get("Default", "x") for key, parameter in copy.get("Parameters", {}).items()}
    expanded: Template = transform(copy, parameters, _NoManagedPolicies())
    return expanded


class _NoManagedPolicies:
    """SAM asks for these of IAM; no template uses one."""

    def load(self) -> dict[str, Any]:
        return {}
