"""The tables that workflows write to, in this process's embedded AWS: its DynamoDB evaluates their conditions."""

import json
from typing import Any

from boto3.dynamodb.types import TypeDeserializer, TypeSerializer
from ministack.services import dynamodb

KEYS = {"claims": "MessageId", "ledger": "IdempotencyKey"}


class Table:
    """A table with plain values, numbers as int."""

    def __init__(self, name: str) -> None:
        """Makes it anew, empty."""
        self.name, self.key = name, KEYS[name]
        if name in dynamodb._tables:
            _call(dynamodb._delete_table, TableName=name)
        _call(dynamodb._create_table, TableName=name, BillingMode="PAY_PER_REQUEST",
              AttributeDefinitions=[{"AttributeName": self.key, "AttributeType": "S"}], KeySchema=[{"AttributeName": self.key, "KeyType": "HASH"}])

    def item(self, key: str) -> dict[str, Any] | None:
        """An item without its key; None where there is none."""
        found = _call(dynamodb._get_item, TableName=self.name, Key={self.key: {"S": key}}).get("Item")
        if found is None:
            return None
        plain = {name: TypeDeserializer().deserialize(value) for name, value in found.items() if name != self.key}
        return {name: value if isinstance(value, str) else int(value) for name, value in plain.items()}

    def put(self, key: str, **attributes: Any) -> None:
        """Writes an item."""
        item = {name: TypeSerializer().serialize(value) for name, value in {self.key: key, **attributes}.items()}
        _call(dynamodb._put_item, TableName=self.name, Item=item)

    @property
    def keys(self) -> set[str]:
        """The keys of all items."""
        return {item[self.key]["S"] for item in _call(dynamodb._scan, TableName=self.name)["Items"]}


def _call(operation: Any, **arguments: Any) -> Any:
    status, _, body = operation(arguments)
    assert status == 200, body
    return json.loads(body)
