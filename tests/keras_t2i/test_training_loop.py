"""The loop that trains: intervals, callbacks, means, and what ends it."""

import keras
import pytest
import tensorflow as tf

from keras_t2i.training.callbacks.stop_at import StopAt
from keras_t2i.training.errors import NonFiniteLoss
from keras_t2i.training.intervals import Pace, train_intervals
from keras_t2i.training.stage import Training
from keras_t2i.training.steps import Steps
from keras_t2i.training.tracked_model import TrackedModel


class Counting(TrackedModel):
    """Its terms are the numbers that it is fed, a sum of them and their reciprocals."""

    def __init__(self):
        super().__init__()
        self.sum = keras.Variable(0.0, name="sum")
        self.ready(("number", "sum", "reciprocal"))

    def train_step(self, data):
        self.sum.assign_add(data["number"])
        return self.track({
            "number": data["number"], "sum": self.sum.value,
            "reciprocal": 1.0 / data["number"],
        })  # fmt: skip


def numbers(step, first=1):
    """The batches from a step on; that of step n, from 1, is the number `first` + n − 1."""
    endless = tf.data.Dataset.counter(step + first, dtype=tf.int64)
    return endless.map(lambda n: {"number": tf.cast(n, tf.float32)})


def training(model, steps=25, interval=10, first=1):
    return Training(
        model, lambda step, **_: numbers(step, first), steps, interval, epoch=interval,
        rows_per_step=1, checkpoint_minutes=0.0,
    )  # fmt: skip


class Heard(keras.callbacks.Callback):
    """What a callback is told."""

    def __init__(self):
        super().__init__()
        self.told = []

    def on_train_begin(self, logs=None):
        self.told.append(("begin", int(self.model.step.numpy())))

    def on_epoch_begin(self, epoch, logs=None):
        self.told.append((epoch, int(self.model.step.numpy())))

    def on_epoch_end(self, epoch, logs=None):
        self.told.append((epoch, int(self.model.step.numpy()), logs["number"]))

    def on_train_end(self, logs=None):
        self.told.append(("end", int(self.model.step.numpy())))


class Saved:
    """Steps at which a state was saved, and whether it was said to be the last."""

    due = True

    def __init__(self, model):
        self.model, self.states = model, []

    def save(self):
        self.states.append((int(self.model.step.numpy()), bool(self.model.finished.numpy())))


def train(model, callbacks=(), observers=(), asked_to_stop=lambda: False, saved=None, **sizes):
    saved = saved or Saved(model)
    train_intervals(
        training(model, **sizes), callbacks, observers, asked_to_stop=asked_to_stop,
        checkpoints=saved,
    )  # fmt: skip
    return saved.states


def mean(first, last):
    """The mean of the numbers of some steps."""
    return (first + last) / 2


@pytest.mark.parametrize(
    ("step", "wanted"),
    [
        (0, [(0, 0), (0, 10, mean(1, 10)), (1, 10), (1, 20, mean(11, 20)), (2, 20),
             (2, 25, mean(21, 25))]),
        (10, [(1, 10), (1, 20, mean(11, 20)), (2, 20), (2, 25, mean(21, 25))]),
        (13, [(1, 13), (1, 20, mean(14, 20)), (2, 20), (2, 25, mean(21, 25))]),
        (22, [(2, 22), (2, 25, mean(23, 25))]),
        (25, []),
    ],
)  # fmt: skip
def test_intervals_cover_the_rest(step, wanted):
    model, heard = Counting(), Heard()
    model.step.assign(step)
    train(model, [heard])
    assert heard.told == [("begin", step), *wanted, ("end", 25)]


def test_a_signal_ends_the_training_within_an_interval_whose_means_go_on():
    model, heard = Counting(), Heard()
    asked = iter([False] * 2)  # true after the second call: of 1 step, then of at most 4
    assert train(model, [heard], asked_to_stop=lambda: next(asked, True)) == []
    stopped = int(model.step.numpy())
    assert 0 < stopped < 10
    assert heard.told == [("begin", 0), (0, 0), ("end", stopped)]
    again = Heard()
    assert train(model, [again], steps=10) == [(10, False)]
    assert again.told[1:-1] == [(0, stopped), (0, 10, mean(1, 10))]


def test_a_callback_of_batches_hears_each():
    batches, model = [], Counting()
    each = keras.callbacks.LambdaCallback(
        on_train_batch_begin=lambda batch, logs: batches.append(batch),
        on_train_batch_end=lambda batch, logs: batches.append((batch, logs["number"])),
    )
    train(model, [each], steps=5, interval=3)
    assert batches == [0, (0, 1.0), 1, (1, 1.5), 2, (2, 2.0), 0, (0, 4.0), 1, (1, 4.5)]


def test_observers_hear_of_calls_of_more_and_more_steps():
    class Observer:
        def __init__(self):
            self.steps = [0]

        def reached(self, step):
            self.steps.append(step)

    observer = Observer()
    train(Counting(), observers=[observer], steps=400, interval=200)
    counts = [b - a for a, b in zip(observer.steps, observer.steps[1:], strict=False)]
    assert observer.steps[-1] == 400
    assert 200 in observer.steps  # a call ends with its interval
    assert counts[0] == 1
    assert max(counts) >= 16


def test_a_call_takes_about_half_a_second(monkeypatch):
    class Slow:
        """Steps of 20 ms, the first of which takes three seconds."""

        step, now = 0, 0.0

        def take(self, count):
            self.now += 0.02 * count + (0 if self.step else 3.0)
            self.step += count
            return self.step

    steps, pace = Slow(), Pace()
    monkeypatch.setattr("time.perf_counter", lambda: steps.now)
    reached = [pace.take(steps, 1000) for _ in range(7)]
    assert reached == [1, 2, 6, 22, 47, 72, 97]  # 1, 1, 4, 16, then 25 a call
    assert pace.take(steps, 3) == 100


def test_a_rule_ends_the_training_for_good():
    model = Counting()
    assert train(model, [StopAt("number", 15.0)]) == [(10, False), (20, True)]
    heard = Heard()
    assert train(model, [heard]) == []
    assert heard.told == [("begin", 20), ("end", 20)]


def test_a_callback_of_batches_can_end_the_training_within_an_interval():
    model = Counting()

    def stop(batch, logs):
        model.stop_training = batch == 2

    heard = Heard()
    assert train(model, [keras.callbacks.LambdaCallback(on_train_batch_end=stop), heard]) == [
        (3, True)
    ]
    assert heard.told[-2] == (0, 3, 2.0)


@pytest.mark.parametrize("hooked", [False, True])
def test_the_first_step_with_a_term_that_is_no_number_is_named(hooked):
    model = Counting()
    callbacks = [keras.callbacks.LambdaCallback(on_batch_end=lambda batch, logs: None)] * hooked
    saved = Saved(model)
    with pytest.raises(NonFiniteLoss, match=r"^reciprocal not finite at step 14\.$"):
        train(model, callbacks, saved=saved, steps=40, first=-13)
    assert saved.states == [(10, False)]


def test_nothing_is_saved_before_it_is_time():
    model = Counting()
    saved = Saved(model)
    saved.due = False
    assert train(model, saved=saved) == []


def test_many_steps_in_one_call_name_the_first_that_failed():
    model = Counting()
    steps = Steps(model, numbers(0, first=-3))
    model.sum.assign(float("inf"))
    with pytest.raises(NonFiniteLoss, match=r"^sum not finite at step 1\.$"):
        steps.take(30)
    assert int(model.step.numpy()) == 30


def test_one_call_of_many_steps_is_many_calls_of_one():
    once, often = Counting(), Counting()
    Steps(once, numbers(0)).take(30)
    steps = Steps(often, numbers(0))
    assert [steps.take(1) for _ in range(30)] == [*range(1, 31)]
    assert float(once.sum.numpy()) == float(often.sum.numpy()) == sum(range(1, 31))
    assert steps.means() == Steps(once, numbers(30)).means()
    assert steps.means()["number"] == 15.5
