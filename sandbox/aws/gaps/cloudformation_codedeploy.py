"""CodeDeploy, which MiniStack does not have: its applications and deployment groups are recorded, and an alias gets its new version at once."""

from ministack.services.cloudformation import provisioners

from sandbox.aws import recorded
from sandbox.aws.patching import add


def install() -> None:
    """Registers the types that SAM makes of a function's DeploymentPreference."""
    add(provisioners._RESOURCE_HANDLERS, {
        name: recorded.handlers(recorded.generated_id, lambda physical_id, _: {})
        for name in ("AWS::CodeDeploy::Application", "AWS::CodeDeploy::DeploymentGroup")})
