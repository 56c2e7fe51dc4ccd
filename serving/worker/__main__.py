"""`python -m serving.worker`: the process that `serving.process` starts. Nobody else does."""

import argparse
import contextlib
import os
import select
import signal
import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from google.protobuf.message import DecodeError

from ..errors import ServingError, invalid, reason_of
from ..protos import (
    config_pb2,
    error_codes_pb2,
    get_model_metadata_pb2,
    predict_pb2,
)
from ..quiet import quiet
from ..tensors import array, packed
from .frames import CONTROL, Frame, read
from .model import Model
from .warmup import warm_up

_ANY_NUMBER = 1 << 40  # elements: the server has looked at the tensors already


class _Channel:
    """The way to the server; threads write whole messages.

    Args:
        connection: Socket that the server gave.
    """

    def __init__(self, connection: socket.socket) -> None:
        self._stream = connection.makefile("rwb")
        self._lock = threading.Lock()

    def send(self, frame: Frame) -> None:
        with self._lock:
            self._stream.write(frame.head())
            self._stream.write(frame.body)
            self._stream.flush()

    def receive(self) -> Frame | None:
        return read(self._stream)


def main() -> None:
    """Load a version, then answer until the server closes the connection."""
    for number in (signal.SIGINT, signal.SIGTERM):  # sent to a whole group, they are the server's
        signal.signal(number, signal.SIG_IGN)
    given = _arguments()
    channel = _Channel(socket.socket(fileno=given.descriptor))
    threading.Thread(target=_end_with_server, args=(given.descriptor,), daemon=True).start()
    try:
        with quiet():
            config = config_pb2.ConfigProto.FromString(bytes.fromhex(given.config))
            model = Model(given.path, config)
        for _ in range(given.warm_up):
            warm_up(model, given.path)
    except ServingError as error:
        channel.send(_refusal(CONTROL, error))
        return
    except OSError as error:
        channel.send(_refusal(CONTROL, ServingError("INTERNAL", reason_of(error))))
        return
    except MemoryError:
        channel.send(_refusal(CONTROL, ServingError("RESOURCE_EXHAUSTED", "Out of memory.")))
        return
    held = get_model_metadata_pb2.SignatureDefMap()
    for name, definition in model.signatures.definitions.items():
        held.signature_def[name].CopyFrom(definition)
    with contextlib.suppress(OSError):  # a server that has gone meanwhile: the loop ends at once
        channel.send(Frame(CONTROL, 0, held.SerializeToString()))
    with ThreadPoolExecutor(given.threads, "request") as pool:
        while frame := channel.receive():
            if frame.number == CONTROL:
                channel.send(frame)
            else:
                pool.submit(_answer, model, channel, frame, time.monotonic())
        os._exit(0)  # the server has gone, or wants no more: nobody waits for what still runs


def _end_with_server(descriptor: int) -> None:
    """End the process when the server closes the connection, also while a version is loaded."""
    closed = select.poll()
    closed.register(descriptor, 0)  # the end of a connection is told without being asked for
    closed.poll()
    os._exit(0)


def _answer(model: Model, channel: _Channel, frame: Frame, arrived: float) -> None:
    try:
        answer = Frame(frame.number, 0, _run(model, frame, arrived))
    except ServingError as error:
        answer = _refusal(frame.number, error)
    except MemoryError:
        out = ServingError("RESOURCE_EXHAUSTED", "The request needs more memory than there is.")
        answer = _refusal(frame.number, out)
    except Exception as error:  # told to the client; the worker goes on
        answer = _refusal(frame.number, ServingError("INTERNAL", f"{type(error).__name__}"))
    channel.send(answer)


def _run(model: Model, frame: Frame, arrived: float) -> bytes:
    left = 0
    if frame.value:
        left = frame.value - int(1000 * (time.monotonic() - arrived))
        if left <= 0:
            raise ServingError("DEADLINE_EXCEEDED", "The request waited longer than its time.")
    try:
        request = predict_pb2.PredictRequest.FromString(frame.body)
    except DecodeError as error:
        raise invalid("The request is no PredictRequest.") from error
    tensors = {name: array(proto, _ANY_NUMBER) for name, proto in request.inputs.items()}
    answer = predict_pb2.PredictResponse()
    outputs = model.run(request.model_spec.signature_name, tensors, left)
    for name, value in outputs.items():
        answer.outputs[name].CopyFrom(packed(value))
    return answer.SerializeToString()


def _refusal(number: int, error: ServingError) -> Frame:
    code = error_codes_pb2.Code.Value(error.code)
    return Frame(number, code, error.message.encode("utf-8", "replace"))


def _arguments() -> argparse.Namespace:
    made = argparse.ArgumentParser()
    made.add_argument("descriptor", type=int, help="descriptor of the connection to the server")
    made.add_argument("path", type=Path, help="folder of the version")
    made.add_argument("--threads", type=int, default=4, help="number of requests run at a time")
    made.add_argument("--config", default="", help="a ConfigProto in hexadecimal digits")
    made.add_argument("--warm_up", type=int, default=1, help="times that the recorded requests run")
    return made.parse_args()


if __name__ == "__main__":
    main()
