"""The configuration registers of ReckOn, by the names of its documentation."""

from __future__ import annotations

from typing import NamedTuple

SIGNED_BITS = {f"H_{k}": 5 for k in range(5)} | {f"THR_H_{k}": 16 for k in range(4)}
WIDTHS = {
    "RST_MODE": 1, "DO_EPROP": 3, "LOCAL_TICK": 1, "ERROR_HALT": 1,
    "FP_LOC_WINP": 3, "FP_LOC_WREC": 3, "FP_LOC_WOUT": 3, "FP_LOC_TINP": 3, "FP_LOC_TREC": 3, "FP_LOC_TOUT": 3,
    "LEARN_SIG_SCALE": 4, "REGUL_MODE": 3, "REGUL_W": 2, "EN_STOCH_ROUND": 1, "TIMING_MODE": 1,
    "REGRESSION": 1, "SINGLE_LABEL": 1, "NO_OUT_ACT": 1, "SEND_PER_TIMESTEP": 1, "SEND_LABEL_ONLY": 1,
    "NOISE_EN": 1, "FORCE_TRACES": 1, "CYCLES_PER_TICK": 32,
    "ALPHA_CONF0": 32, "ALPHA_CONF1": 32, "ALPHA_CONF2": 32, "ALPHA_CONF3": 32, "KAPPA": 8,
    "THR_H_0": 16, "THR_H_1": 16, "THR_H_2": 16, "THR_H_3": 16,
    "H_0": 5, "H_1": 5, "H_2": 5, "H_3": 5, "H_4": 5,
    "LR_R_WINP": 5, "LR_P_WINP": 5, "LR_R_WREC": 5, "LR_P_WREC": 5, "LR_R_WOUT": 5, "LR_P_WOUT": 5,
    "SEED_INP": 25, "SEED_REC": 25, "SEED_OUT": 22, "SEED_STRND_NEUR": 30, "SEED_STRND_ONEUR": 15,
    "SEED_STRND_TINP": 30, "SEED_STRND_TREC": 30, "SEED_STRND_TOUT": 30, "SEED_NOISE_NEUR": 17,
    "NUM_INP_NEUR": 8, "NUM_REC_NEUR": 8, "NUM_OUT_NEUR": 4,
    "REGUL_F0": 12, "REGUL_K_INP_R": 5, "REGUL_K_INP_P": 5, "REGUL_K_REC_R": 5, "REGUL_K_REC_P": 5,
    "REGUL_K_MUL": 5, "NOISE_STR": 4,
}  # fmt: skip
"""Register name to field width in bits (documentation of the open RTL)."""
DEFAULTS = {
    "SEED_INP": 0x1, "SEED_REC": 0x0424242, "SEED_OUT": 0x1,
    "SEED_STRND_NEUR": 0x1234 | 0x70F0 << 15, "SEED_STRND_ONEUR": 0x7ABA,
    "SEED_STRND_TINP": 0x1348 | 0x7FCF << 15, "SEED_STRND_TREC": 0x4321 | 0x7BEA << 15,
    "SEED_STRND_TOUT": 0x3FF3 | 0x7EF0 << 15, "SEED_NOISE_NEUR": 0x1F0F1,
}  # fmt: skip
"""Reset values of the random sources; every other register resets to 0."""


class Registers(NamedTuple):
    """Every register as an integer, signed where the hardware reads it so; named as :data:`WIDTHS`, in lower case."""

    rst_mode: int
    do_eprop: int
    local_tick: int
    error_halt: int
    fp_loc_winp: int
    fp_loc_wrec: int
    fp_loc_wout: int
    fp_loc_tinp: int
    fp_loc_trec: int
    fp_loc_tout: int
    learn_sig_scale: int
    regul_mode: int
    regul_w: int
    en_stoch_round: int
    timing_mode: int
    regression: int
    single_label: int
    no_out_act: int
    send_per_timestep: int
    send_label_only: int
    noise_en: int
    force_traces: int
    cycles_per_tick: int
    alpha_conf0: int
    alpha_conf1: int
    alpha_conf2: int
    alpha_conf3: int
    kappa: int
    thr_h_0: int
    thr_h_1: int
    thr_h_2: int
    thr_h_3: int
    h_0: int
    h_1: int
    h_2: int
    h_3: int
    h_4: int
    lr_r_winp: int
    lr_p_winp: int
    lr_r_wrec: int
    lr_p_wrec: int
    lr_r_wout: int
    lr_p_wout: int
    seed_inp: int
    seed_rec: int
    seed_out: int
    seed_strnd_neur: int
    seed_strnd_oneur: int
    seed_strnd_tinp: int
    seed_strnd_trec: int
    seed_strnd_tout: int
    seed_noise_neur: int
    num_inp_neur: int
    num_rec_neur: int
    num_out_neur: int
    regul_f0: int
    regul_k_inp_r: int
    regul_k_inp_p: int
    regul_k_rec_r: int
    regul_k_rec_p: int
    regul_k_mul: int
    noise_str: int
