"""What an EventBridge target is sent for an event: the operator's tools know it too."""

from tools.event_input import at, for_target, transformed

__all__ = ["at", "for_target", "transformed"]
