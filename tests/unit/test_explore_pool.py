"""Workers that die."""

import os
import signal
import time

import pytest

from accelsim.explore.pool import WorkerDied, process_pool


def die(path):
    """Kill the own process at the first call; the second finds the trace of the first."""
    if not os.path.exists(path):
        with open(path, "w") as file:
            file.write("")
        os.kill(os.getpid(), signal.SIGKILL)
    return "alive"


def always_die():
    os.kill(os.getpid(), signal.SIGKILL)


def test_a_point_whose_worker_is_killed_is_run_once_more(tmp_path):
    with process_pool(1) as pool:
        first = pool.submit(die, str(tmp_path / "trace"))
        second = pool.submit(abs, -3)
        assert (first.result(), second.result()) == ("alive", 3)


@pytest.mark.slow
def test_a_point_that_kills_two_workers_has_failed_and_no_other(tmp_path):
    with process_pool(1) as pool:
        bad, good = pool.submit(always_die), pool.submit(abs, -3)
        with pytest.raises(WorkerDied, match=r"2 worker processes died at this point .*: signal 9"):
            bad.result()
        assert good.result() == 3


@pytest.mark.slow
def test_a_worker_that_is_killed_while_idle_is_replaced():
    with process_pool(1) as pool:
        assert pool.submit(abs, -1).result() == 1
        [pid] = pool.pids
        os.kill(pid, signal.SIGKILL)
        time.sleep(0.2)
        assert pool.submit(abs, -2).result() == 2


def test_errors_come_back():
    with process_pool(1) as pool:
        with pytest.raises(ValueError, match="invalid literal"):
            pool.submit(int, "x").result()
        with pytest.raises(Exception, match="pickle"):
            pool.submit(lambda: 1).result()
        with pytest.raises(TypeError, match="pickle"):
            pool.submit(open, os.devnull).result()
        assert pool.submit(abs, -2).result() == 2
