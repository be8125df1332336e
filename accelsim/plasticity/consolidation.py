"""The interface of consolidations: what decides how plastic a synapse still is, on top of any plasticity rule.

A consolidation is a class with parameters, words of its own, and stages. Besides the triggers of a rule its stages
per synapse may take part in a move of the rule under it:

==============  ==========================  ====================================================================
on              may write                   when
==============  ==========================  ====================================================================
`modulate`      ``change``, own words       a rule has proposed ``change`` (kept as ``proposed``) of the weight ``w``
`after commit`  own words                   ``w_before`` has become ``w``; ``proposed`` and ``change`` still stand
`transmit`      ``transmitted``             the synapse is read: what it transmits of its weight ``w``
a trigger       own words, ``change``, w    behind the rule's stages on the same trigger; its change is not modulated
==============  ==========================  ====================================================================

Formulas are written once, in real numbers. With float weights they run on floats. With fixed-point weights the words
are integers with a point (`accelsim.datapath.fixed_point`): sums align the points, products are exact, parameters are
constants of 8 significant bits, and what is written is rounded to nearest and saturated. `random` is uniform in [0, 1).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from accelsim.config.registry import Registry
from accelsim.datapath.component import C, Component, check_words, register_component
from accelsim.datapath.stages import Program
from accelsim.datapath.words import Float, Format, Word

SPECIAL = ("w", "change", "proposed", "w_before", "learning_rate", "inverse_learning_rate", "transmitted")
"""Words of the rule under it that a consolidation sees; the rates are those of the rule, 0 for the inverse of 0."""


class Consolidation(Component):
    """Base of every consolidation; see `accelsim.plasticity` for how to write one.

    The methods say which words it keeps on weights of a given format. All its words outlive samples and tasks.
    """

    def synapse_words(self, weight: Format) -> Mapping[str, Format]:
        """Words kept per synapse."""
        return {}

    def presynaptic_words(self, weight: Format) -> Mapping[str, Format]:
        """Words kept per presynaptic neuron."""
        return {}

    def postsynaptic_words(self, weight: Format) -> Mapping[str, Format]:
        """Words kept per postsynaptic neuron."""
        return {}

    def transmitted(self, weight: Format) -> Format:
        """Format of what the synapse transmits, if a stage computes it."""
        return weight

    @property
    def weight_copies(self) -> tuple[str, ...]:
        """Words per synapse that start as a copy of the initial weight; the others start at 0."""
        return ()

    @property
    def period(self) -> int | None:
        """K of the stages on ``every K steps``."""
        return None

    def words(self, per: str, weight: Format) -> Mapping[str, Format]:
        """The words kept per ``synapse``, ``presynaptic neuron`` or ``postsynaptic neuron``."""
        kept = {
            "synapse": self.synapse_words,
            "presynaptic neuron": self.presynaptic_words,
            "postsynaptic neuron": self.postsynaptic_words,
        }
        return kept[per](weight)

    def describe(self) -> str:
        """State and operations, as they are on the float32 and on the fixed-point form of e-prop."""
        from accelsim.plasticity.composition import references

        return "\n\n".join(unit.describe() for unit in references(self))

    def programs(self) -> dict[str, Program]:
        """Its datapaths on top of both forms of e-prop, each under the name of the rule and of when it runs."""
        from accelsim.plasticity.composition import references

        units = references(self)
        return {f"{unit.base.name}, {title}": each for unit in units for title, each in unit.programs().items()}

    def check(self) -> None:
        """Raise `ConfigError` if it cannot be run on rules with float32 and with fixed-point weights."""
        from accelsim.plasticity.composition import references

        for unit in references(self):
            weight = unit.base.synapse_state["w"]
            for owner in ("synapse", "presynaptic neuron", "postsynaptic neuron"):
                check_words(self, f"words per {owner}", self.words(owner, weight))
            unit.check()


def word_like(weight: Format, bits: int, fraction: int = 0, signed: bool = True) -> Format:
    """A fixed-point word beside fixed-point weights, a float like them beside floats."""
    return weight if isinstance(weight, Float) else Word(bits, signed=signed, fraction=fraction)


consolidations: Registry[type[Consolidation]] = Registry(
    "consolidation",
    entry_point_group="accelsim.consolidation",
    builtin={
        "l2-anchor": "accelsim.plasticity.l2_anchor:L2Anchor",
        "ewc": "accelsim.plasticity.ewc:EWC",
        "ewc-online": "accelsim.plasticity.ewc:OnlineEWC",
        "synaptic-intelligence": "accelsim.plasticity.synaptic_intelligence:SynapticIntelligence",
        "metaplastic-binary": "accelsim.plasticity.metaplastic_binary:MetaplasticBinary",
        "benna-fusi": "accelsim.plasticity.benna_fusi:BennaFusi",
        "cascade": "accelsim.plasticity.cascade:Cascade",
        "neuromodulated": "accelsim.plasticity.neuromodulated:Neuromodulated",
        "stochastic-metaplasticity": "accelsim.plasticity.stochastic_metaplasticity:StochasticMetaplasticity",
        "activity-dependent": "accelsim.plasticity.activity_dependent:ActivityDependent",
    },
)
"""Every consolidation by name."""


def register_consolidation(name: str) -> Callable[[C], C]:
    """Register a consolidation under `name`; one that cannot be run with its default parameters is refused."""
    return register_component(consolidations, name, Consolidation)
