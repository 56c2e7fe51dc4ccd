"""The workers of a job step of Slurm, in the form of `TF_CONFIG`.

TensorFlow's `SlurmClusterResolver` does the same, but takes no machines without NVIDIA GPUs, sorts
`n10` before `n2` where Slurm numbers its tasks the other way, and has one port for all jobs.
"""

import json
import os

from keras_t2i.pipelines.errors import InputError

_FIRST_PORT, _PORTS_OF_A_JOB, _JOBS = 20_000, 64, 190  # below the system's own ports, 32768 on


def place_in_step() -> tuple[int, int]:
    """The number of this task of the job step that `srun` started, and the number of all.

    (0, 1) outside of a step, also in a batch script itself.
    """
    count = int(os.environ.get("SLURM_STEP_NUM_TASKS", "1"))
    return (int(os.environ["SLURM_PROCID"]), count) if count > 1 else (0, 1)


def config_of_step() -> str:
    """The value of `TF_CONFIG` for this task: each task of the step is a worker.

    Tasks are numbered node by node, as `srun` does unless `--distribution` says otherwise. Their
    ports depend on the job, so that two jobs on one node do not meet.

    Raises:
        InputError: Slurm's variables are missing, or not as it sets them.
    """
    from tensorflow.python.distribute.cluster_resolver import slurm_cluster_resolver as slurm

    number, _ = place_in_step()
    try:
        hosts = slurm.expand_hostlist(os.environ["SLURM_STEP_NODELIST"])
        counts = slurm.expand_tasks_per_node(os.environ["SLURM_STEP_TASKS_PER_NODE"])
        job = int(os.environ["SLURM_JOB_ID"])
        port = _FIRST_PORT + job % _JOBS * _PORTS_OF_A_JOB
        tasks = [host for host, count in zip(hosts, counts, strict=True) for _ in range(count)]
    except (KeyError, ValueError) as error:
        raise InputError(
            f"Slurm's variables do not say where the workers are ({error}): set TF_CONFIG."
        ) from None
    workers = [f"{host}:{port + i % _PORTS_OF_A_JOB}" for i, host in enumerate(tasks)]
    task = {"type": "worker", "index": number}
    return json.dumps({"cluster": {"worker": workers}, "task": task})
