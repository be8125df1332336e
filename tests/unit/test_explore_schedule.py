"""Which point is run before which."""

import random

from accelsim.explore.schedule import Job, Schedule


def test_longest_first():
    schedule = Schedule([Job(name, length=length) for name, length in (("a", 1.0), ("b", 3.0), ("c", 2.0))])
    assert [schedule.take().thing for _ in range(3)] == ["b", "c", "a"]
    assert schedule.take() is None


def test_one_goes_first_where_stages_are_shared():
    jobs = [Job(f"{timing}{i}", "activity", timing) for timing in ("x", "y") for i in range(2)]
    schedule = Schedule(jobs)
    first = schedule.take()
    assert (first.thing, schedule.take(), len(schedule)) == ("x0", None, 3)
    schedule.finished(first)
    second, third = schedule.take(), schedule.take()
    assert {second.thing, third.thing} == {"x1", "y0"}  # the other timing of the activity, and one of its own
    assert schedule.take() is None
    schedule.finished(third)
    assert schedule.take().thing == "y1"


def test_points_without_shared_stages_wait_for_none():
    schedule = Schedule([Job(i, None, str(i)) for i in range(5)])
    assert [schedule.take().thing for _ in range(5)] == [0, 1, 2, 3, 4]


def test_every_job_is_taken_once_and_no_stage_is_computed_twice():
    source = random.Random(0)
    jobs = []
    for i in range(300):
        activity = source.choice([None, "a", "b", "c"])
        jobs.append(Job(i, activity, f"{activity}{source.randrange(8)}", source.random()))
    schedule = Schedule(jobs)
    running, taken, computed = [], [], set()
    while len(taken) < len(jobs):
        while len(running) < 4 and (job := schedule.take()) is not None:
            for key in (job.activity, job.timing):
                others = {other.activity for other in running} | {other.timing for other in running}
                assert key is None or key in computed or key not in others
            running.append(job)
        job = running.pop(source.randrange(len(running)))
        schedule.finished(job)
        computed |= {job.activity, job.timing}
        taken.append(job.thing)
    assert sorted(taken) == list(range(300))
    assert len(schedule) == 0
