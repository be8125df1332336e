"""A plasticity rule of one's own, in one file.

Three-factor rule with an eligibility trace of coincidences, kept per synapse::

    e_ji  <- lambda e_ji + psi_j z_i          when a presynaptic spike z_i arrives: + psi_j; decay in every step
    w_ji  <- w_ji - eta L_j e_ji              when there is a learning signal L_j
"""

from pydantic import Field

from accelsim.plasticity import Float, PlasticityRule, register, stage


@register("three-factor-example")
class ThreeFactor(PlasticityRule):
    """Three-factor rule: trace of coincidences times learning signal."""

    rate: float = Field(default=1e-2, ge=0)
    decay: float = Field(default=0.9, ge=0, le=1)
    synapse_state = {"w": Float(32), "eligibility": Float(32)}  # noqa: RUF012

    @stage(on="time step", per="synapse", writes=("eligibility",))
    def forget(eligibility, decay):
        """e <- lambda e."""
        return decay * eligibility

    @stage(on="presynaptic spike", per="synapse", writes=("eligibility",))
    def remember(eligibility, surrogate):
        """e <- e + psi."""
        return eligibility + surrogate

    @stage(on="learning signal", per="synapse", writes=("change",))
    def propose(eligibility, learning_signal, rate):
        """-eta L e."""
        return -rate * learning_signal * eligibility
