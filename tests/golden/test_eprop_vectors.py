"""States and gradients of networks that learn with e-prop, replayed on the tick-driven core."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from accelsim.config.errors import ConfigError
from accelsim.plasticity.rtrl import Network, bptt, rtrl, run
from accelsim.validation import validate_folder

FOLDER = Path(__file__).parent / "eprop_vectors"
VECTORS = np.load(FOLDER / "alif_small.npz")


@pytest.mark.parametrize(
    "case", ["alif_small.float64", "alif_small.bptt", pytest.param("alif_small.float32", marks=pytest.mark.slow)]
)
def test_the_core_and_the_reference_repeat_the_vectors(case: str) -> None:
    (report,) = validate_folder(FOLDER, pattern=case)
    assert report.passed, report.line()
    if case != "alif_small.bptt":
        gradients = {"grad_in", "grad_rec", "grad_out", "grad_in_B", "grad_rec_B"}
        assert {check.what for check in report.checks} == {"z", "v", "a", "psi", "L", "y"} | gradients


def _written(folder: Path, arrays: dict[str, np.ndarray]) -> Path:
    np.savez(folder / "case.npz", **arrays)
    (folder / "golden.yaml").write_text((FOLDER / "golden.yaml").read_text())
    return folder


@pytest.mark.slow
def test_other_networks_are_replayed(tmp_path: Path) -> None:
    """Another size, without adaptive neurons and refractory period, readout without memory; no fixed feedback."""
    rng = np.random.default_rng(4)
    inputs, size, outputs, steps = 7, 5, 3, 40
    network = Network(
        rng.normal(0, 0.8, (size, inputs)), rng.normal(0, 0.3, (size, size)), rng.normal(0, 1, (outputs, size)),
        np.zeros(size), 0.8, 0.9, 0.0, 1.3, 0.5, 0,
    )  # fmt: skip
    x, target = (rng.random((steps, inputs)) < 0.3).astype(np.uint8), rng.normal(0, 1, (steps, outputs))
    states = run(network, x.astype(float), target)
    assert states.z.sum() > 10
    found = rtrl(network, states, block_diagonal=True)
    arrays = {"Win": network.w_in, "Wrec": network.w_rec, "Wout": network.w_out, "x": x, "target": target}
    arrays |= {"beta": network.beta, "scalars": np.array([0.8, 0.9, 1.3, 0.5, 0, 0.0])}
    arrays |= {name: getattr(states, name) for name in ("z", "v", "a", "psi", "y")}
    arrays |= {"L": states.error @ network.w_out}
    arrays |= {"grad_in": found.w_in, "grad_rec": found.w_rec, "grad_out": found.w_out}
    reports = {report.name: report for report in validate_folder(_written(tmp_path, arrays))}
    assert reports["case.float32"].passed, reports["case.float32"].line()
    assert reports["case.float64"].passed, reports["case.float64"].line()
    assert reports["case.bptt"].skipped is not None


def test_what_differs_is_told(tmp_path: Path) -> None:
    arrays = dict(VECTORS.items())
    arrays["grad_rec_B"] = arrays["grad_rec_B"].copy()
    arrays["grad_rec_B"][3, 4] += 1e-8
    (report,) = validate_folder(_written(tmp_path, arrays), pattern="case.float64")
    assert report.mismatches == 1
    assert "grad_rec_B [3, 4]: 8.5e-12 of the largest value off" in report.line()


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"x": VECTORS["x"] * 2}, "x[2, 10]: 2 is not <= 1"),
        ({"Win": VECTORS["Win"][:5]}, "Win"),
        ({"grad_in_B": None}, "grad_in_B: missing beside its companions"),
        ({"scalars": VECTORS["scalars"] + 0.5}, "3.5 is no number of time steps"),
    ],
)
def test_a_malformed_file_is_told(tmp_path: Path, change: dict[str, np.ndarray | None], told: str) -> None:
    arrays = {name: array for name, array in {**VECTORS, **change}.items() if array is not None}
    (report,) = validate_folder(_written(tmp_path, arrays), pattern="case.float64")
    assert not report.passed
    assert told in report.line()
    (tmp_path / "case.npz").unlink()
    with pytest.raises(ConfigError, match=r"no `[.]npz` files"):
        list(validate_folder(tmp_path))


def test_published_cosines_to_back_propagation() -> None:
    """E-prop points where back-propagation does, feedback through fixed weights less so."""
    alpha, rho, threshold, gamma, refractory, kappa = VECTORS["scalars"]
    network = Network(
        *(VECTORS[name] for name in ("Win", "Wrec", "Wout", "beta")), alpha, rho, kappa, threshold, gamma,
        int(refractory),
    )  # fmt: skip
    states = run(network, VECTORS["x"].astype(float), VECTORS["target"])
    exact = bptt(network, states)
    for feedback, expected in ((None, (0.962, 0.942)), (VECTORS["B"].T, (0.462, 0.366))):
        found = rtrl(network, states, block_diagonal=True, feedback=feedback)
        for name, cosine in zip(("w_in", "w_rec"), expected, strict=True):
            a, b = getattr(found, name), getattr(exact, name)
            assert (a * b).sum() / np.linalg.norm(a) / np.linalg.norm(b) == pytest.approx(cosine, abs=6e-4)
