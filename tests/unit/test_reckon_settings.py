import pytest
from pydantic import ValidationError

from accelsim.config.document import Document
from accelsim.config.errors import ConfigError
from accelsim.config.model import validate
from accelsim.controllers.reckon.registers import WIDTHS
from accelsim.controllers.reckon.settings import ReckonOptions, ReckonSettings
from accelsim.controllers.reckon.state import decode_registers


def problems(**settings):
    with pytest.raises(ConfigError) as error:
        validate(Document.of({"workload": "w", **settings}, "workload"), _Within)
    return [(problem.path, problem.message) for problem in error.value.problems]


class _Within(ReckonSettings):
    workload: str


def test_registers():
    found = dict(problems(registers={"KAPA": 1, "KAPPA": 256, "NUM_REC_NEUR": 3, "LOCAL_TICK": 1, "H_0": -17}))
    assert found == {
        "registers.KAPA": "unknown register (did you mean `KAPPA`?)",
        "registers.KAPPA": "256 does not fit the register's 8 bits, -128 to 255",
        "registers.NUM_REC_NEUR": "follows from the network and cannot be set",
        "registers.LOCAL_TICK": "1 never starts a sample in the released design",
        "registers.H_0": "-17 does not fit the register's 5 bits, -16 to 31",
    }


@pytest.mark.parametrize(("name", "values"), [("H_0", (-16, 31)), ("KAPPA", (0, 255)), ("THR_H_3", (-32768, 65535))])
def test_extremes_fit(name, values):
    for value in values:
        assert ReckonSettings(registers={name: value}).registers[name] == value


def test_signed_fields_are_twos_complement():
    raw = dict.fromkeys(WIDTHS, 0) | {"H_1": 31, "H_2": 15, "THR_H_0": 2**32 - 200, "THR_H_1": 0x8000, "KAPPA": 255}
    registers = decode_registers(raw)
    assert (registers.h_1, registers.h_2, registers.thr_h_0, registers.thr_h_1, registers.kappa) == (
        -1,
        15,
        -200,
        -32768,
        255,
    )


@pytest.mark.parametrize("change", [{"threshold": 32768}, {"alpha_lsb": 4096}, {"alpha_lsb": -1}, {"treshold": 1}])
def test_settings_out_of_range(change):
    with pytest.raises(ValidationError):
        ReckonSettings(**change)


def test_options_are_yes_or_no():
    assert ReckonOptions(skip_odd_tail=False).stale_neuron_word
    with pytest.raises(ValidationError):
        ReckonOptions(skip_odd_tail=1)
