"""The files that start a training on a cluster: read by their schemas, their shell executed."""

import json
import os
import subprocess
from pathlib import Path

import jsonschema
import kubernetes_validate
import pytest
import yaml

from keras_t2i.commands import fit
from keras_t2i.training import cluster

ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "keras_t2i" / "training" / "deploy"
KUBERNETES = "1.34"


def documents(name):
    return {found["kind"]: found for found in yaml.safe_load_all((DEPLOY / name).read_text())}


def jobset_of(name):
    """The specification of a manifest's JobSet; Kubeflow makes one of the runtime."""
    if name == "jobset":
        return documents("jobset.yaml")["JobSet"]["spec"]
    return documents("trainjob.yaml")["TrainingRuntime"]["spec"]["template"]["spec"]


def job_of(name):
    """The template of its only Job."""
    (found,) = jobset_of(name)["replicatedJobs"]
    return found["template"]


def container_of(name):
    """The container as it is started: Kubeflow adds words and variables of the TrainJob."""
    (container,) = job_of(name)["spec"]["template"]["spec"]["containers"]
    if name == "jobset":
        return container
    trainer = documents("trainjob.yaml")["TrainJob"]["spec"]["trainer"]
    return {**container, "args": trainer["args"], "env": [*container["env"], *trainer["env"]]}


def workers_of(name):
    """Number of pods."""
    if name == "trainjob":
        return documents("trainjob.yaml")["TrainJob"]["spec"]["trainer"]["numNodes"]
    spec = job_of(name)["spec"]
    assert spec["completions"] == spec["parallelism"]
    return spec["completions"]


@pytest.mark.parametrize("name", ["jobset", "trainjob"])
def test_the_jobs_and_policies_fit_the_schemas_of_kubernetes(name):
    named = {"apiVersion": "batch/v1", "kind": "Job", "metadata": {"name": "t2i"}}
    job = {**named, "spec": job_of(name)["spec"]}
    kubernetes_validate.validate(job, KUBERNETES, strict=True)
    policy = documents(f"{name}.yaml")["NetworkPolicy"]
    kubernetes_validate.validate(policy, KUBERNETES, strict=True)
    labels = job_of(name)["spec"]["template"]["metadata"]["labels"]
    assert policy["spec"]["podSelector"]["matchLabels"].items() <= labels.items()


@pytest.mark.parametrize(
    ("file", "kind", "model"),
    [
        ("jobset.yaml", "JobSet", "JobsetV1alpha2JobSet"),
        ("trainjob.yaml", "TrainingRuntime", "TrainerV1alpha1TrainingRuntime"),
        ("trainjob.yaml", "TrainJob", "TrainerV1alpha1TrainJob"),
    ],
)
def test_the_resources_fit_kubeflow_s_own_types(file, kind, model):
    models = pytest.importorskip("kubeflow_trainer_api.models")
    held = documents(file)[kind]
    # What the types do not know is dropped: it would be missing here.
    assert_within(held, getattr(models, model).from_dict(held).to_dict())


def assert_within(held, read):
    """That all that a file holds was read; defaults may have been added."""
    if isinstance(held, dict):
        assert held.keys() <= read.keys()
        for name, value in held.items():
            assert_within(value, read[name])
    elif isinstance(held, list):
        assert len(held) == len(read)
        for one, other in zip(held, read, strict=True):
            assert_within(one, other)
    else:
        assert held == read


def started(name, number, tmp_path, **changed):
    """What `python` would be given: its words and TF_CONFIG, or the shell's complaint."""
    program = tmp_path / "python"
    program.write_text('#!/bin/bash\nprintf "%s\\n" "$TF_CONFIG" "$@"\n')
    program.chmod(0o755)
    container = container_of(name)
    own = {each["name"]: each["value"] for each in container["env"] if "value" in each}
    fields = {
        "metadata.labels['batch.kubernetes.io/job-name']": f"t2i-fit-{name}-0",
        "metadata.labels['jobset.sigs.k8s.io/jobset-name']": "t2i-fit",
    }
    read = {
        each["name"]: fields[each["valueFrom"]["fieldRef"]["fieldPath"]]
        for each in container["env"]
        if "valueFrom" in each
    }
    place = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "JOB_COMPLETION_INDEX": str(number)}
    return subprocess.run(
        [*container["command"], *container["args"]],
        env={**place, **own, **read, **changed}, capture_output=True, text=True, check=False,
    )  # fmt: skip


@pytest.mark.parametrize("name", ["jobset", "trainjob"])
def test_the_pods_tell_tensorflow_where_all_are(name, tmp_path, monkeypatch):
    workers = workers_of(name)
    assert workers > 1
    said = [started(name, number, tmp_path).stdout.splitlines() for number in range(workers)]
    for number, (config, *words) in enumerate(said):
        monkeypatch.setenv("TF_CONFIG", config)
        assert cluster.place() == (number, workers)
        hosts = [f"t2i-fit-{name}-0-{i}.t2i-fit:2222" for i in range(workers)]
        assert json.loads(config)["cluster"] == {"worker": hosts}
        assert words == ["-m", "keras_t2i.fit", *container_of(name)["args"]]


def test_the_shell_is_one_and_any_number_of_workers_is_told(tmp_path, monkeypatch):
    assert container_of("jobset")["command"] == container_of("trainjob")["command"]
    for number, workers in ((11, 12), (0, 1)):
        said = started("jobset", number, tmp_path, WORKERS=str(workers)).stdout
        monkeypatch.setenv("TF_CONFIG", said.splitlines()[0])
        assert cluster.place() == (number, workers)


def test_a_trainjob_without_its_number_of_workers_is_told_so(tmp_path):
    container = container_of("trainjob")
    container["env"] = []
    done = subprocess.run(
        container["command"], capture_output=True, text=True, check=False,
        env={"PATH": os.environ["PATH"]},
    )  # fmt: skip
    assert done.returncode
    assert "WORKERS: unbound variable" in done.stderr


@pytest.mark.parametrize("name", ["jobset", "trainjob"])
def test_all_start_again_but_after_wrong_input(name):
    policy, job = jobset_of(name)["failurePolicy"], job_of(name)["spec"]
    assert policy["maxRestarts"] > 1
    assert policy["restartStrategy"] == "BlockingRecreate"  # the run has one writer
    assert job["backoffLimit"] == 0
    assert job["template"]["spec"]["restartPolicy"] == "Never"
    (rule,), (of_job,) = policy["rules"], job["podFailurePolicy"]["rules"]
    assert (rule["action"], rule["onJobFailureReasons"]) == ("FailJobSet", ["PodFailurePolicy"])
    exits = of_job["onExitCodes"]
    assert (of_job["action"], exits["values"]) == ("FailJob", [2])
    assert exits["containerName"] == container_of(name)["name"]


@pytest.mark.parametrize("name", ["jobset", "trainjob"])
def test_pods_may_do_nothing_that_they_need_not(name):
    pod, container = job_of(name)["spec"]["template"]["spec"], container_of(name)
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert container["securityContext"]["readOnlyRootFilesystem"] is True
    assert container["securityContext"]["capabilities"] == {"drop": ["ALL"]}
    volumes = {volume["name"] for volume in pod["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


@pytest.mark.parametrize("name", ["jobset", "trainjob"])
def test_the_words_are_those_of_fit(name):
    _, options, _ = fit.parse(container_of(name)["args"])
    assert options.run == Path("runs/birds")


def text(**more):
    return {"type": "string", **more}


def exactly(required, **fields):
    return {
        "type": "object", "properties": fields, "required": required, "additionalProperties": False,
    }  # fmt: skip


# The fields of Vertex AI's CustomJobSpec that are used, as its reference describes them.
_POOL = exactly(
    ["replicaCount", "machineSpec", "containerSpec"],
    replicaCount={"type": "integer", "minimum": 1},
    machineSpec=exactly(
        ["machineType"],
        machineType=text(),
        acceleratorType=text(pattern="^NVIDIA_"),
        acceleratorCount={"type": "integer", "minimum": 1},
    ),
    diskSpec=exactly(
        [],
        bootDiskType=text(enum=["pd-ssd", "pd-standard", "hyperdisk-balanced"]),
        bootDiskSizeGb={"type": "integer", "minimum": 100, "maximum": 64000},
    ),
    containerSpec=exactly(
        ["imageUri"], imageUri=text(), args={"type": "array", "items": {"type": "string"}}
    ),
)
_CUSTOM_JOB_SPEC = exactly(
    ["workerPoolSpecs"],
    workerPoolSpecs={"type": "array", "items": _POOL, "minItems": 1, "maxItems": 4},
    scheduling=exactly(
        [], timeout=text(pattern=r"^\d+s$"), restartJobOnWorkerRestart={"type": "boolean"}
    ),
)


def test_the_custom_job_of_vertex_ai():
    found = yaml.safe_load((DEPLOY / "vertex.yaml").read_text())
    jsonschema.validate(found, _CUSTOM_JOB_SPEC)
    chief, others = found["workerPoolSpecs"]
    assert chief["replicaCount"] == 1
    assert {**chief, "replicaCount": 0} == {**others, "replicaCount": 0}
    module, *words = chief["containerSpec"]["args"]
    assert module == "keras_t2i.fit"
    fit.parse(words)
    assert found["scheduling"]["restartJobOnWorkerRestart"] is True


def batch(tmp_path, code):
    """Run the batch script where `srun` ends with a code; what was called, a line each."""
    for name, ends in (("srun", code), ("scontrol", 0)):
        program = tmp_path / name
        program.write_text(f'#!/bin/bash\necho {name} "$@"\nexit {ends}\n')
        program.chmod(0o755)
    done = subprocess.run(
        ["bash", DEPLOY / "train.sbatch", "dcgan-demo", "--run", "a run"],
        env={"PATH": f"{tmp_path}:{os.environ['PATH']}", "SLURM_JOB_ID": "7"},
        capture_output=True, text=True, check=False,
    )  # fmt: skip
    assert done.returncode == code, done.stderr
    return done.stdout.splitlines()


@pytest.mark.parametrize("code", [0, 1, 2, 137, 143])
def test_a_job_that_its_time_has_stopped_takes_its_place_in_the_queue_again(code, tmp_path):
    first, *rest = batch(tmp_path, code)
    assert first.startswith("srun ")
    assert first.endswith("python -m keras_t2i.fit dcgan-demo --run a run")
    assert rest == (["scontrol requeue 7"] if code == 143 else [])


def test_the_batch_script_asks_for_a_signal_and_for_a_second_start():
    lines = (DEPLOY / "train.sbatch").read_text().splitlines()
    assert lines[0] == "#!/bin/bash"
    asked = dict(
        line.removeprefix("#SBATCH --").partition("=")[::2]
        for line in lines
        if line.startswith("#SBATCH ")
    )
    assert asked["signal"].startswith("TERM@")  # to the tasks; with B: the shell alone would get it
    assert "requeue" in asked
    assert asked["ntasks-per-node"] == "1"  # a worker takes all GPUs of its machine
    first_command = next(i for i, line in enumerate(lines) if line and not line.startswith("#"))
    assert not [line for line in lines[first_command:] if line.startswith("#SBATCH")]
