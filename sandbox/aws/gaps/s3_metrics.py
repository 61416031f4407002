"""MiniStack has no request metrics of buckets: here, puts, for the filters that a bucket's template names.

Source: Amazon S3 user guide, "Metrics and dimensions" and "Monitoring metrics with Amazon CloudWatch".
"""

from typing import Any

from ministack.core.responses import AccountRegionScopedDict
from ministack.services import s3
from ministack.services.cloudformation import provisioners

from sandbox.aws import metrics
from sandbox.aws.patching import Function, patch

_filters = AccountRegionScopedDict()  # of a bucket: (id, prefix) each


def install() -> None:
    """Remembers buckets' filters, and counts what is put under their prefixes."""
    handlers = provisioners._RESOURCE_HANDLERS["AWS::S3::Bucket"]

    @patch(handlers, "create", "477b78a3cb15")
    def create(original: Function, logical_id: str, properties: dict[str, Any], stack: str) -> Any:
        answer = original(logical_id, properties, stack)
        _remember(answer[0], properties)
        return answer

    @patch(handlers, "update", "1d4f3f6390bb")
    def update(original: Function, bucket: str, old: dict[str, Any], new: dict[str, Any], *more: Any) -> Any:
        answer = original(bucket, old, new, *more)
        _remember(bucket, new)
        return answer

    @patch(s3, "_put_object", "cf5861e4d999")
    def put_object(original: Function, bucket: str, key: str, *more: Any) -> Any:
        answer = original(bucket, key, *more)
        for identifier, prefix in _filters.get(bucket) or []:
            if key.startswith(prefix):
                metrics.put("AWS/S3", "PutRequests", 1, dimensions={"BucketName": bucket, "FilterId": identifier})
        return answer


def _remember(bucket: str, properties: dict[str, Any]) -> None:
    _filters[bucket] = [(each["Id"], each.get("Prefix", "")) for each in properties.get("MetricsConfigurations") or []]
