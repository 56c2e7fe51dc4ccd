"""Training the stages of an experiment."""

import shutil
import sys
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Any

from keras_t2i.pipelines.dataset_info import DatasetInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.gpus import reason_without_gpu
from keras_t2i.pipelines.lazy import load_tensorflow, tf
from keras_t2i.pipelines.whole_file import write_json
from keras_t2i.tasks.base.checks import check_data, check_experiment
from keras_t2i.tasks.base.experiment import TaskExperiment
from keras_t2i.tasks.base.task import Task
from keras_t2i.training import checkpoint
from keras_t2i.training.branching import Branch, undo
from keras_t2i.training.cluster import barrier, is_chief, place, same_for_all, several_workers
from keras_t2i.training.deadline import deadline
from keras_t2i.training.hardware import tell_of_unused_gpu
from keras_t2i.training.own_folder import own_folder
from keras_t2i.training.reuse import reusable, take_stages
from keras_t2i.training.run import START, Run
from keras_t2i.training.stage import Stage, Training
from keras_t2i.training.starting import check_start, discard_start, mark_start, taken
from keras_t2i.training.writer import only_writer

if TYPE_CHECKING:
    from keras_t2i.metrics.watch import EvalSchedule
    from keras_t2i.metrics.watcher import Watcher


def fit(
    experiment: TaskExperiment,
    data: Path | None,
    run: Run,
    reuse: Run | None = None,
    watch: "EvalSchedule | None" = None,
    start: Run | None = None,
    branch: Branch | None = None,
    stop_after: float | None = None,
) -> Task:
    """Train the stages of an experiment that are not finished yet.

    Args:
        experiment: Experiment to train.
        data: Folder of a prepared data set, if the experiment needs one.
        run: Run folder; a run of the same experiment goes on.
        reuse: A run to take finished stages from.
        watch: Scores that are taken while the last stage trains.
        start: A run or pretrained model that a new run begins with: its stages before the last are
            taken, and the last stage begins with its weights.
        branch: A state of another run that a new run goes on from.
        stop_after: Seconds after which the training stops, saved, as at SIGTERM.

    Returns:
        The trained run.

    Raises:
        InputError: A number that means nothing, settings that contradict each other, or the data
            or the run folder do not fit the experiment.
    """
    check_experiment(experiment)
    _join()
    info = check_data(experiment, data)
    if info and not start:  # a start brings its encoder along
        experiment = _suited(experiment, info, [run, reuse, branch.run if branch else None])
    if watch:
        watch.check(info)
    if sum(other is not None for other in (start, reuse, branch)) > 1:
        raise InputError("Give one of a model to start from, --reuse and --from.")
    if start:
        check_start(experiment, info, start, run)
    if branch and branch.is_origin_of(experiment, run):
        branch = None  # the run goes on, also where the other one has gone on or is gone
    if branch:
        branch.check(experiment, info, run)
    stages = reusable(experiment, info, reuse) if reuse else []
    barrier()  # what the checks above read may not be written before all have read it
    with only_writer(run) if is_chief() else nullcontext(), deadline(stop_after):
        if is_chief():
            run.open(experiment, info, data)
            if reuse:
                take_stages(stages, reuse, run)
            if branch:
                branch.begin(experiment, run)
        run = own_folder(run)
        try:
            return _train_stages(experiment, data, run, watch, start, branch)
        except InputError:
            if branch:
                undo(experiment, run)
            raise


def _join() -> None:
    """Meet the other workers, if there are any: the first thing that TensorFlow is to do.

    Checks of the data may open networks that a user gives.
    """
    if place()[1] > 1:
        load_tensorflow()
        several_workers()


def _suited(
    experiment: TaskExperiment, info: DatasetInfo, others: list[Run | None]
) -> TaskExperiment:
    """The experiment as it suits its data, unless it goes on with a run that began without that."""
    suited = experiment.suited_to(info)
    suited.check_data(info)
    plain = type(experiment.stages[0])
    begun = [other for other in others if other and (other.path / "experiment.json").exists()]
    if any(type(other.experiment.stages[0]) is plain for other in begun):
        return experiment
    return suited


def _train_stages(
    experiment: TaskExperiment,
    data: Path | None,
    run: Run,
    watch: "EvalSchedule | None",
    start: Run | None,
    branch: Branch | None,
) -> Task:
    """Train what is not finished, in a run that is open; the arguments are those of `fit`."""
    load_tensorflow()
    tell_of_unused_gpu(reason_without_gpu())
    if experiment.deterministic:
        tf.config.experimental.enable_op_determinism()
    if start:
        begin(experiment, start, run)
    task = experiment.task(run, data)
    task.remember()
    _check_networks(task, branch)
    # What cannot be used shall be known before hours of training.
    watched = prepared(watch, task, data) if watch and watch.every else None
    for stage in experiment.stages:
        summary = finished(experiment, stage, run)
        if summary is None:
            try:
                summary = _train(task, stage, watched if stage is experiment.stages[-1] else None)
            except InputError:
                if start:
                    discard_start(experiment, run)
                raise
        print(f"{stage.name}: " + ", ".join(f"{k} {v}" for k, v in summary.items()))
    return experiment.task(run, data)


def _check_networks(task: Task, branch: Branch | None) -> None:
    """Refuse workers that learn by networks of other files, and say where a branch does.

    Raises:
        InputError: The files at the same paths differ between the workers' machines.
    """
    from keras_t2i.tasks.base.opening import task_of

    found = task.learned_by
    if not same_for_all(" ".join(sorted(found))):
        raise InputError(
            "The workers' files of networks, by whose maps pictures are judged or compared, must "
            "be the same on all machines. This worker's have the sha256 "
            f"{', '.join(sorted(found)) or 'of none'}."
        )
    before = task_of(branch.run).learned_by if branch else found
    if branch and found and before and found != before:
        print(
            f"{branch.run.path} learned by networks of other files than these: sha256 "
            f"{', '.join(sorted(found))}.",
            file=sys.stderr,
        )


def finished(experiment: TaskExperiment, stage: Stage, run: Run) -> dict[str, Any] | None:
    """Summary of a stage that is finished and whole; `None` of one that is (again) to be trained.

    Raises:
        InputError: The state that it ended with is damaged, and a later stage has learned from it.
    """
    summary, folder = run.summary(stage.name), run.stage(stage.name) / "checkpoints"
    kept = checkpoint.steps(folder)
    if summary is None or not kept or checkpoint.newest_whole(folder) == kept[-1]:
        return summary
    file = checkpoint.file_of(folder, kept[-1])
    later = experiment.stages[experiment.stages.index(stage) + 1 :]
    if any((run.stage(each.name) / "checkpoints").exists() for each in later):
        raise InputError(
            f"{file}: damaged, and stage `{later[0].name}` has learned from it. Copy the file "
            "again from where it is whole, or start anew in another --run."
        )
    print(f"WARNING: {file}: damaged; the end of `{stage.name}` is trained again.", file=sys.stderr)
    for path in (
        run.stage(stage.name) / "summary.json",
        *run.stage(stage.name).glob("*embeddings.*"),
    ):
        path.unlink(missing_ok=True)
    return None


def begin(experiment: TaskExperiment, start: Run, run: Run) -> None:
    """Copy into a new run what it begins with, so that the other run may go afterwards.

    Weights to draw with are taken: what their data's classes alone decide stays behind.
    """
    from keras_t2i.tasks.base.opening import task_of
    from keras_t2i.training.weights import FILE, save_weights

    *earlier, last = start.experiment.stages
    beginning = run.stage(last.name) / START
    if beginning.exists():
        return
    mark_start(start, run)
    task = task_of(start)
    for stage in earlier:
        folder = run.stage(stage.name)
        folder.mkdir(exist_ok=True)
        for name in stage.kept:
            shutil.copytree(start.stage(stage.name) / name, folder / name, dirs_exist_ok=True)
        save_weights(task.trained(stage), folder / FILE)
        write_json(folder / "summary.json", taken(start.summary(stage.name), start))
    beginning.parent.mkdir(exist_ok=True)
    save_weights(task.trained(last), beginning)


MakeWatcher = Callable[[Stage, Training], "Watcher"]


def prepared(watch: "EvalSchedule", task: Task, data: Path | None) -> MakeWatcher:
    """Factory of the callback of evaluations, for when the last stage is built.

    Args:
        watch: When, and by what.
        task: The run.
        data: Folder of its data.

    Raises:
        InputError: The task draws no pictures to score, or the schedule cannot be used.
    """
    from keras_t2i.tasks.base.opening import open_classifier

    if not task.scored:
        task.subject()  # raises, and says why
    reference = watch.reference(data, open_classifier)

    def made(stage: Stage, training: Training) -> "Watcher":
        return watch.watcher(
            reference,
            subject_of=task.subject,
            run=task.run,
            stage=stage.name,
            epoch_steps=training.epoch,
            interval=training.interval,
            steps=training.steps,
            encode=task.text_encoder,
            learned_by=task.learned_by,
        )

    return made


def _train(task: Task, stage: Stage, watched: MakeWatcher | None) -> dict[str, Any]:
    """Train a stage; returns its summary."""
    from keras_t2i.training.hardware import strategy
    from keras_t2i.training.loop import train
    from keras_t2i.training.weights import begin_with

    with strategy().scope():
        training = task.build(stage)
        beginning = task.run.stage(stage.name) / START
        if beginning.exists():
            begin_with(training.model, beginning)
        if watched:
            training.callbacks.append(watched(stage, training))
        option = task.experiment.place_of(stage)
        return train(stage.name, training, task.run, option, stage.length)
