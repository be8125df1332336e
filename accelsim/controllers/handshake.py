"""Delays of the world outside an event-driven core, as a workload sets them."""

from __future__ import annotations

from pydantic import Field

from accelsim.config.model import Model


class Handshake(Model):
    """Four-phase handshakes in clock cycles; the defaults are the fastest registered circuits."""

    sender_falls: int = Field(default=1, ge=1, le=1_000_000)
    """From the acknowledge until the sender lowers its request."""
    sender_gap: int = Field(default=1, ge=0, le=1_000_000)
    """From the end of a handshake to the sender's next request."""
    receiver_rises: int = Field(default=1, ge=1, le=1_000_000)
    """From an output request until the receiver acknowledges it."""
    receiver_falls: int = Field(default=1, ge=1, le=1_000_000)
    """From the request's end until the receiver lowers its acknowledge."""

    @property
    def cycles(self) -> tuple[int, int, int, int]:
        """In the order of the event engines."""
        return self.sender_falls, self.sender_gap, self.receiver_rises, self.receiver_falls
