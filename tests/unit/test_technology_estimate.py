"""Bands and provenance."""

import pytest

from accelsim.technology.constants import constant, constant_names
from accelsim.technology.estimate import Estimate, Source, total

SOURCE = Source("a paper", "memory")


def test_band_must_be_ordered_and_not_negative() -> None:
    with pytest.raises(ValueError, match="ordered"):
        Estimate(2.0, 1.0, 3.0)
    with pytest.raises(ValueError, match="not negative"):
        Estimate(-1.0, 1.0, 3.0)


def test_sources_must_say_how_far_they_were_checked() -> None:
    with pytest.raises(ValueError, match="verified, measured, memory, assumed"):
        Source("a paper", "perhaps")  # type: ignore[arg-type]


def test_arithmetic_keeps_band_sources_and_formula() -> None:
    a = Estimate(1.0, 2.0, 3.0, (SOURCE,), "a")
    b = Estimate(2.0, 2.0, 4.0, (SOURCE, Source("a tool", "measured")), "b")
    assert ((a + b).low, (a + b).nominal, (a + b).high) == (3.0, 4.0, 7.0)
    assert (a + b).sources == b.sources
    assert (a + b).formula == "a + b"
    assert (2 * a).high == 6.0
    assert (a * 2).formula == "(a) x 2"
    assert a.scaled(b).high == 12.0
    assert (a.inverse().low, a.inverse().high) == (1 / 3, 1.0)
    assert a.provenance() == "a | a paper [memory]"


def test_total_describes_itself_instead_of_chaining() -> None:
    part = Estimate(1.0, 2.0, 3.0, (SOURCE,), "part")
    assert total([part] * 3, "three parts") == Estimate(3.0, 6.0, 9.0, (SOURCE,), "three parts")


def test_spanning_takes_the_smallest_band() -> None:
    assert Estimate.spanning(2.0, (5.0, 3.0)) == Estimate(2.0, 2.0, 5.0)


@pytest.mark.parametrize("name", constant_names())
def test_every_constant_has_a_band_and_a_source(name: str) -> None:
    value = constant(name)
    assert value.low <= value.nominal <= value.high
    assert value.sources[0].text


def test_constants_are_in_si_units() -> None:
    assert constant("wire_capacitance").nominal == pytest.approx(0.2e-12 / 1e-3, rel=1e-9, abs=1e-40)
    assert constant("off_chip_lpddr_bit").nominal == pytest.approx(5e-12, rel=1e-9, abs=1e-40)


def test_factors_that_err_independently_compound_in_quadrature() -> None:
    one, other = Estimate(1.0, 2.0, 4.0, (Source("a", "measured"),)), Estimate(1.5, 3.0, 6.0, (Source("b", "assumed"),))
    product = one.compounded(other)
    assert product.nominal == pytest.approx(6.0)
    assert product.high / product.nominal == pytest.approx(2**2**0.5)
    assert product.nominal / product.low == pytest.approx(2**2**0.5)
    assert [source.text for source in product.sources] == ["a", "b"]
    assert product.high < one.scaled(other).high
    exact = one.compounded(Estimate.exact(1.0), Estimate.exact(5.0))
    assert (exact.low, exact.nominal, exact.high) == pytest.approx((5.0, 10.0, 20.0))
