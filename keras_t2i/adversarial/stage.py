"""Base of the stages of all GANs: their losses, schedules and averages, and training by epochs."""

from collections.abc import Callable
from dataclasses import field, fields
from typing import TYPE_CHECKING, Any, ClassVar

from keras_t2i.adversarial.averaging import (
    Average,
    NoAverage,
)
from keras_t2i.adversarial.losses import (
    AdversarialLoss,
    NonSaturating,
)
from keras_t2i.adversarial.schedules import Schedule, Simultaneous
from keras_t2i.adversarial.terms import Penalty, Term, distinct
from keras_t2i.components.registry import component
from keras_t2i.pipelines.errors import InputError
from keras_t2i.training.optimizers import OptimizerSpec
from keras_t2i.training.stage import Given, Stage, Training

if TYPE_CHECKING:
    from keras_t2i.adversarial.model import AdversarialModel
    from keras_t2i.pipelines.records import DatasetInfo


@component
class AdversarialStage(Stage):
    """A stage that trains a GAN; the one of each task derives from it.

    Args:
        batch_size: Number of rows per move of a player.
        loss: The adversarial loss.
        critic_terms: Further terms of the critic's loss, such as penalties of its slope.
        schedule: Schedule of the moves of both players in a step.
        averaging: Average of the trained weights that is sampled from.
        checkpoint_minutes: Minutes between checkpoints.
    """

    batch_size: int = 64
    loss: AdversarialLoss = field(default_factory=NonSaturating)
    critic_terms: tuple[Penalty, ...] = ()
    schedule: Schedule = field(default_factory=Simultaneous)
    averaging: Average = field(default_factory=NoAverage)
    checkpoint_minutes: float = 2.0

    @property
    def knows_steps(self) -> bool:
        """Whether its number of steps is known before its model, as a falling rate asks."""
        return False

    @property
    def offers(self) -> frozenset[str]:
        """Inputs, in words, that its steps have for further terms beside pictures and logits."""
        return frozenset()

    @property
    def terms(self) -> dict[str, tuple[Term, ...]]:
        """The further terms of both players' losses, by the field that has them."""
        return {"critic_terms": self.critic_terms}

    def check(self) -> None:
        """Refuse terms of one name, terms and rates that need what the stage does not have."""
        for field_name, terms in self.terms.items():
            for term in distinct(terms):
                missing = sorted(term.needs - self.offers)
                if missing:
                    raise InputError(
                        f"{type(term).__name__} cannot be among the {field_name} of the stage "
                        f"`{self.name}`: it needs {' and '.join(missing)}, which the stage does "
                        "not have."
                    )
                term.check()
        for each in fields(self):
            optimizer = getattr(self, each.name)
            if isinstance(optimizer, OptimizerSpec):
                optimizer.check(self.knows_steps)

    def remarks(self, info: "DatasetInfo") -> tuple[str, ...]:
        """A step that takes more records than there are."""
        records = info.splits["train"].pictures
        if self.rows <= records:
            return ()
        return (
            f"{self.name}: a step takes {self.rows:,} rows, and the data have {records:,} to train "
            "on: each step takes some of them again, and an epoch is one step.",
        )

    @property
    def rows(self) -> int:
        """Rows of real data a step."""
        return self.batch_size * self.schedule.batches

    def game(self, seed: int) -> dict[str, Any]:
        """The rules, as arguments of a GAN."""
        return {
            "loss": self.loss,
            "critic_extras": self.critic_terms,
            "schedule": self.schedule,
            "averaging": self.averaging,
            "seed": seed,
        }

    def training(
        self,
        given: Given,
        model: "AdversarialModel",
        dataset: Callable[[int], Any],
        *,
        steps: int,
        interval: int,
        epoch: int,
        draw_every: int,
        at_start: bool = False,
    ) -> Training:
        """The stage's training, its model made ready for the batches.

        Args:
            given: Inputs of the stage from its task.
            model: The model, untrained or prepared.
            dataset: Function from a step to the endless batches that begin there.
            steps: Number of the last step.
            interval: Steps between reports.
            epoch: Steps in which every record is visited about once.
            draw_every: Steps between samples.
            at_start: Whether samples are drawn before the first step as well.
        """
        from keras_t2i.training.callbacks.every import Every
        from keras_t2i.training.hardware import jit_compile

        names = model.term_names(next(iter(dataset(0))))
        model.ready(names, jit_compile=jit_compile(given.xla))

        def draw(step: int) -> None:
            given.draw(model, step)

        return Training(
            model=model,
            dataset=dataset,
            steps=steps,
            interval=interval,
            epoch=epoch,
            rows_per_step=self.rows,
            checkpoint_minutes=self.checkpoint_minutes,
            callbacks=[Every(draw_every, interval, draw, at_start=at_start)],
            finish=lambda: given.finish(model),
        )


@component
class EpochStage(AdversarialStage):
    """A GAN's stage whose length is given in visits of its records.

    Args:
        epochs: Number of visits of every record.
        sample_every: Epochs between samples.
    """

    length: ClassVar[str | None] = "epochs"

    epochs: int = 25
    sample_every: int = 5

    def steps_an_epoch(self, records: int) -> int:
        """Steps in which so many records are visited once, at least 1."""
        return max(1, records // self.rows)

    def training_of(
        self,
        given: Given,
        model: "AdversarialModel",
        dataset: Callable[[int], Any],
        records: int,
        at_start: bool = False,
    ) -> Training:
        """The training of all epochs; see `training`.

        Args:
            given: Inputs of the stage from its task.
            model: The model, untrained or prepared.
            dataset: Function from a step to the endless batches that begin there.
            records: Number of records of the training split.
            at_start: Whether samples are drawn before the first step as well.
        """
        epoch = self.steps_an_epoch(records)
        return self.training(
            given,
            model,
            dataset,
            steps=epoch * self.epochs,
            interval=epoch,
            epoch=epoch,
            draw_every=epoch * self.sample_every,
            at_start=at_start,
        )
