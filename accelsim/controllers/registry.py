"""Controllers by name."""

from __future__ import annotations

from accelsim.config.registry import Registry
from accelsim.controllers.base import Controller
from accelsim.controllers.event_driven import EventController

controllers: Registry[type[Controller] | type[EventController]] = Registry(
    "controller",
    "accelsim.controllers",
    {
        "reckon": "accelsim.controllers.reckon.controller:Reckon",
        "tick": "accelsim.controllers.tick.controller:Tick",
        "settling": "accelsim.controllers.settling.controller:Settling",
        "odin": "accelsim.controllers.odin.controller:Odin",
        "tinyodin": "accelsim.controllers.tinyodin.controller:TinyOdin",
    },
)
"""Controllers by name; listing them imports none of them."""
