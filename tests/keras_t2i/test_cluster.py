"""Which worker a process is, and the part of the batches that it gets."""

import json
import os
import sys

import numpy as np
import pytest

from keras_t2i.pipelines.captions import caption_batches
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.points import Ring, mixture_points
from keras_t2i.training import cluster, slurm, workers

HOSTS = ["a:1", "b:1", "c:1"]


def config(kind="worker", index=0, **hosts):
    return json.dumps({"cluster": hosts, "task": {"type": kind, "index": index}})


@pytest.mark.parametrize(
    ("environment", "place"),
    [
        ({}, (0, 1)),
        ({"TF_CONFIG": ""}, (0, 1)),
        ({"TF_CONFIG": "{}"}, (0, 1)),
        ({"TF_CONFIG": config(worker=HOSTS[:1])}, (0, 1)),
        ({"TF_CONFIG": config(index=2, worker=HOSTS)}, (2, 3)),
        ({"TF_CONFIG": config("chief", chief=HOSTS[:1], worker=HOSTS[1:])}, (0, 3)),
        ({"TF_CONFIG": config("worker", 1, chief=HOSTS[:1], worker=HOSTS[1:])}, (2, 3)),
        ({"SLURM_STEP_NUM_TASKS": "4", "SLURM_PROCID": "3"}, (3, 4)),
        ({"SLURM_NTASKS": "4", "SLURM_PROCID": "0"}, (0, 1)),  # the batch script itself
        ({"TF_CONFIG": config(worker=HOSTS), "SLURM_STEP_NUM_TASKS": "4"}, (0, 3)),
    ],
)
def test_the_place_of_a_worker(environment, place, monkeypatch):
    for name in ("TF_CONFIG", "SLURM_STEP_NUM_TASKS", "SLURM_PROCID"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert cluster.place() == place
    assert cluster.is_chief() == (place[0] == 0)
    worker, workers = place
    shard = {"num_shards": workers, "shard_index": worker}
    assert cluster.shard() == (shard if workers > 1 else {})
    assert cluster.of_chief(7) == (7 if worker == 0 else 0)


@pytest.mark.parametrize("same", [True, False])
def test_workers_with_other_files_are_found(same, monkeypatch):
    """Two workers, one after the other: what the first gives to each sum is kept for the second."""
    given, answers = [], []

    def agreed(number):
        given.append(int(number))
        return (int(number) + (sums.pop(0) if sums else 0),)

    monkeypatch.setattr(cluster, "agreed", agreed)
    for worker, text in enumerate(["sha256 a", "sha256 a" if same else "sha256 b"]):
        sums = given[:] if worker else []
        monkeypatch.setattr(cluster, "is_chief", lambda worker=worker: worker == 0)
        answers.append(cluster.same_for_all(text))
    assert answers == [True, same]


@pytest.mark.parametrize(
    "text",
    [
        "worker 1", "[]", '{"cluster": 3}', config("ps", worker=HOSTS),
        config(index=3, worker=HOSTS),
        json.dumps({"cluster": {"worker": HOSTS}}), config(index="one", worker=HOSTS),
    ],
)  # fmt: skip
def test_a_wrong_configuration_is_named(text, monkeypatch):
    monkeypatch.setenv("TF_CONFIG", text)
    with pytest.raises(InputError, match="TF_CONFIG"):
        cluster.place()


STEP = {
    "SLURM_JOB_ID": "1901", "SLURM_STEP_NUM_TASKS": "5", "SLURM_PROCID": "3",
    "SLURM_STEP_NODELIST": "n[2,10],gpu-[07-08]", "SLURM_STEP_TASKS_PER_NODE": "1(x2),2,1",
}  # fmt: skip


def in_step(monkeypatch, **changed):
    for name, value in {**STEP, **changed}.items():
        monkeypatch.setenv(name, value) if value else monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv("TF_CONFIG", raising=False)


def test_the_tasks_of_a_job_step_are_the_workers_in_slurm_s_order(monkeypatch):
    in_step(monkeypatch)
    before, config = cluster.place(), slurm.config_of_step()
    held = json.loads(config)["cluster"]["worker"]
    hosts = [worker.split(":")[0] for worker in held]
    assert hosts == ["n2", "n10", "gpu-07", "gpu-07", "gpu-08"]
    ports = [int(worker.split(":")[1]) for worker in held]
    assert len({*ports}) == 5
    monkeypatch.setenv("TF_CONFIG", config)
    assert cluster.place() == before == (3, 5)
    # Another job on the same machines has ports of its own, none of those that the system gives.
    in_step(monkeypatch, SLURM_JOB_ID="1902")
    others = [w.split(":")[1] for w in json.loads(slurm.config_of_step())["cluster"]["worker"]]
    assert not {*map(int, others)} & {*ports}
    assert all(1024 < port < 32768 for port in [*ports, *map(int, others)])


@pytest.mark.parametrize(
    "changed",
    [
        {"SLURM_STEP_NODELIST": ""}, {"SLURM_STEP_TASKS_PER_NODE": "many"}, {"SLURM_JOB_ID": ""},
        {"SLURM_STEP_TASKS_PER_NODE": "5"},
    ],
)  # fmt: skip
def test_a_job_step_that_says_too_little_is_named(changed, monkeypatch):
    in_step(monkeypatch, **changed)
    with pytest.raises(InputError, match=r"Slurm.*set TF_CONFIG"):
        slurm.config_of_step()


def test_one_worker_agrees_with_itself(monkeypatch):
    monkeypatch.delenv("TF_CONFIG", raising=False)
    assert cluster.agreed(3, True, False) == (3, 1, 0)


@pytest.mark.parametrize(
    "batches",
    [
        lambda **shard: mixture_points(Ring(), 8, seed=3, start_step=2, **shard),
        lambda **shard: caption_batches(
            np.arange(60).reshape(20, 3), np.arange(20) % 4, 8, seed=3, start_step=2, **shard
        ),
    ],
)
def test_the_parts_of_two_workers_are_the_batch_of_one(batches):
    whole = next(iter(batches()))
    parts = [next(iter(batches(num_shards=2, shard_index=i))) for i in range(2)]
    for name, values in whole.items():
        np.testing.assert_array_equal(np.concatenate([p[name] for p in parts]), values)
        assert not np.array_equal(parts[0][name], parts[1][name])


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process to cores")
@pytest.mark.parametrize(
    ("count", "shares"),
    [(1, [[0, 1, 5]]), (2, [[0], [1, 5]]), (3, [[0], [1], [5]]), (4, [[0], [0], [1], [5]])],
)
def test_workers_on_one_machine_share_the_cores_that_launch_may_use(count, shares, monkeypatch):
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {5, 0, 1})
    assert workers._shares(count) == shares


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux binds a process to cores")
@pytest.mark.parametrize("wish", [None, "3"])
def test_a_worker_stays_on_its_cores_unless_threads_are_set(wish, tmp_path, monkeypatch):
    monkeypatch.delenv(workers.THREADS, raising=False)
    share, every = workers._shares(2)[1], sorted(os.sched_getaffinity(0))
    if wish:
        monkeypatch.setenv(workers.THREADS, wish)
    found = tmp_path / "found"
    code = (
        f"import json, os, time; time.sleep(0.5)\n"
        f"if json.loads(os.environ['TF_CONFIG'])['task']['index'] == 1:\n"
        f"    found = [sorted(os.sched_getaffinity(0)), os.environ['{workers.THREADS}']]\n"
        f"    open({str(found)!r}, 'w').write(json.dumps(found))"
    )
    assert workers.train_together(["-c", code], 2, tmp_path / "logs") == 0
    expected = [every, wish] if wish else [share, str(len(share))]
    assert json.loads(found.read_text()) == expected
