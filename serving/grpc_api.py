"""PredictionService, ModelService and the health service over gRPC."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar, TypeVar

import grpc
import grpc.aio

from .codec import Codec, work_of
from .errors import ServingError, invalid, not_found
from .examples import CLASSIFY, REGRESS
from .grpc_messages import (
    InferenceTask,
    M,
    ModelSpec,
    describe,
    parsed,
    read_examples_request,
    read_multi_inference_request,
    read_predict_request,
    spec_in,
    spec_of,
    write_classification,
    write_multi_inference,
    write_predict_response,
    write_regression,
)
from .keys import Keys
from .limits import Budget, Limits
from .metrics import Metrics
from .protos import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    model_management_pb2,
)
from .servable import Servable
from .service import Service, within
from .settings import ModelSettings, models_in

_LOG = logging.getLogger("serving")
_HEALTH = b"\x08\x01"  # a HealthCheckResponse: SERVING
_LONGEST = 2000  # bytes of an error's message; clients refuse headers of more than 8 kB
_SHORT = 256 << 10  # bytes of a message that is read at once

T = TypeVar("T")
Call = Callable[[bytes, float | None], Awaitable[bytes]]
Reload = Callable[[list[ModelSettings]], Awaitable[None]]


@dataclass(frozen=True)
class GrpcApi:
    """Answers calls.

    Messages come and go as bytes, so that a large one is read where it holds up nobody.

    Args:
        service: Service that runs models.
        metrics: Counts and times of requests.
        codec: Reads and writes messages.
        budget: Bytes of all messages that are held.
        keys: Keys of which a call must show one; the health service asks for none.
        health: Whether the health service answers.
    """

    service: Service
    metrics: Metrics
    codec: Codec
    budget: Budget
    keys: Keys
    health: bool = True

    def add_to(self, server: grpc.aio.Server) -> None:
        """Let a server answer with this."""
        services = dict(self._SERVICES)
        if self.health:
            services["grpc.health.v1.Health"] = {"Check": GrpcApi._check_health}
        server.add_generic_rpc_handlers(
            tuple(
                grpc.method_handlers_generic_handler(
                    name,
                    {
                        method: grpc.unary_unary_rpc_method_handler(
                            self._answering(call, name != "grpc.health.v1.Health")
                        )
                        for method, call in calls.items()
                    },
                )
                for name, calls in services.items()
            )
        )

    def _answering(
        self, call: Callable[..., Awaitable[bytes]], asks: bool
    ) -> Callable[[bytes, grpc.aio.ServicerContext], Awaitable[bytes]]:
        """A handler that turns errors into the status of the call."""

        async def answer(data: bytes, context: grpc.aio.ServicerContext) -> bytes:
            limits = [context.time_remaining(), self.service.timeout or None]
            if call is GrpcApi._reload:  # loading takes as long as it takes
                limits.pop()
            seconds = min((limit for limit in limits if limit is not None), default=None)
            try:
                if asks:
                    self.keys.check(_authorization(context))
                loop = asyncio.get_running_loop()
                deadline = loop.time() + seconds if seconds is not None else None
                with self.budget.body(len(data)):
                    return await call(self, data, deadline)
            except ServingError as error:
                await context.abort(grpc.StatusCode[error.code], _cut(error.message))
            except Exception as error:
                _LOG.exception("a call failed")
                await context.abort(grpc.StatusCode.INTERNAL, type(error).__name__)
            raise AssertionError  # abort always raises

        return answer

    async def _predict(self, data: bytes, deadline: float | None) -> bytes:
        """Run a signature; only the outputs of `output_filter` come back, if it names any."""
        spec = spec_in(data)
        async with self._running(spec, "Predict", deadline) as servable:
            tensors, wanted = await self._read(read_predict_request, data)
            known = servable.signatures.find(spec.signature).outputs
            unknown = [name for name in wanted if name not in known]
            if unknown:
                raise invalid(f"output tensor alias not found in signature: {unknown[0][:200]}")
            outputs = await self.service.predict(servable, spec.signature, tensors, deadline)
            told = (servable.name, servable.version, spec.signature)
            size = work_of(outputs)
            return await self.codec.run(size, write_predict_response, told, outputs, wanted)

    async def _classify(self, data: bytes, deadline: float | None) -> bytes:
        """Run a signature of the method classify."""
        spec = spec_in(data)
        async with self._running(spec, "Classify", deadline) as servable:
            request = await self._read(read_examples_request, data)
            outputs = await self.service.infer(servable, CLASSIFY, request, deadline)
            told = (servable.name, servable.version, spec.signature)
            return await self.codec.run(work_of(outputs), write_classification, told, outputs)

    async def _regress(self, data: bytes, deadline: float | None) -> bytes:
        """Run a signature of the method regress."""
        spec = spec_in(data)
        async with self._running(spec, "Regress", deadline) as servable:
            request = await self._read(read_examples_request, data)
            outputs = await self.service.infer(servable, REGRESS, request, deadline)
            told, count = (servable.name, servable.version, spec.signature), len(request.serialized)
            return await self.codec.run(work_of(outputs), write_regression, told, outputs, count)

    async def _multi_inference(self, data: bytes, deadline: float | None) -> bytes:
        """Run several signatures of the methods classify and regress on the same examples."""
        async with within(deadline):
            tasks = await self._read(read_multi_inference_request, data)
        if not tasks:
            raise invalid("ModelSpec has no name specified.")
        async with self._running(tasks[0].spec, "MultiInference", deadline) as servable:
            self._check_together(tasks, servable)
            found = [
                (task, await self.service.infer(servable, task.method, task.request, deadline))
                for task in tasks
            ]
            told, size = (servable.name, servable.version), sum(work_of(held) for _, held in found)
            return await self.codec.run(size, write_multi_inference, told, found)

    def _check_together(self, tasks: list[InferenceTask], servable: Servable) -> None:
        """Check that tasks are of known methods, and take the same tensor."""
        methods = (task.method for task in tasks)
        unknown = next((method for method in methods if method not in (CLASSIFY, REGRESS)), None)
        if unknown is not None:
            raise ServingError(
                "UNIMPLEMENTED", f"Unsupported signature method_name: {unknown[:200]}"
            )
        found = [servable.signatures.find(task.spec.signature) for task in tasks]
        if len({info.name for one in found for info in one.inputs.values()}) > 1:
            raise invalid("Input tensor must be the same for all Signatures.")

    async def _read(self, read: Callable[[bytes, Limits], T], data: bytes) -> T:
        """Result of a function that reads a message, run where it holds up nobody."""
        return await self.codec.run(len(data), read, data, self.service.limits)

    @asynccontextmanager
    async def _running(
        self, spec: ModelSpec, name: str, deadline: float | None
    ) -> AsyncIterator[Servable]:
        """The version that a request means, for a block that is counted and that ends in time."""
        with self._find(spec).in_use() as servable, self.metrics.request(spec.name, name, "GRPC"):
            async with within(deadline):
                yield servable

    async def _metadata(self, data: bytes, deadline: float | None) -> bytes:
        """The signatures of a model."""
        request = _short(get_model_metadata_pb2.GetModelMetadataRequest, data)
        if list(request.metadata_field) != ["signature_def"]:
            raise invalid("metadata_field must be signature_def.")
        servable = self._find(spec_of(request.model_spec))
        answer = get_model_metadata_pb2.GetModelMetadataResponse()
        describe(answer.model_spec, servable.name, servable.version)
        held = get_model_metadata_pb2.SignatureDefMap()
        for name, definition in servable.signatures.definitions.items():
            held.signature_def[name].CopyFrom(definition)
        answer.metadata["signature_def"].Pack(held)
        return answer.SerializeToString()

    async def _status(self, data: bytes, deadline: float | None) -> bytes:
        """The states of a model's versions."""
        request = _short(get_model_status_pb2.GetModelStatusRequest, data)
        spec = spec_of(request.model_spec)
        manager = self.service.manager
        version = spec.version
        if spec.label is not None:
            version = manager.labelled(spec.name, spec.label)
        answer = get_model_status_pb2.GetModelStatusResponse()
        kinds = get_model_status_pb2.ModelVersionStatus.State
        for number, state in manager.states(spec.name, version).items():
            row = answer.model_version_status.add(version=number, state=kinds.Value(state.state))
            row.status.error_code = grpc.StatusCode[state.code].value[0]
            row.status.error_message = state.message
        return answer.SerializeToString()

    async def _reload(self, data: bytes, deadline: float | None) -> bytes:
        """Serve the models of another configuration."""
        request = _short(model_management_pb2.ReloadConfigRequest, data)
        answer = model_management_pb2.ReloadConfigResponse()
        models = models_in(request.config, "the request")
        # Whoever asked may go meanwhile: half a configuration is none.
        await asyncio.shield(asyncio.ensure_future(self.service.manager.configure(models)))
        return answer.SerializeToString()

    async def _check_health(self, data: bytes, deadline: float | None) -> bytes:
        """Whether the server serves: it does. It tells it of no single service."""
        if data:
            raise not_found("unknown service")
        return _HEALTH

    def _find(self, spec: ModelSpec) -> Servable:
        return self.service.manager.find(spec.name, spec.version, spec.label)

    _SERVICES: ClassVar[Mapping[str, Mapping[str, Callable[..., Awaitable[bytes]]]]] = {
        "tensorflow.serving.PredictionService": {
            "Predict": _predict,
            "Classify": _classify,
            "Regress": _regress,
            "MultiInference": _multi_inference,
            "GetModelMetadata": _metadata,
        },
        "tensorflow.serving.ModelService": {
            "GetModelStatus": _status,
            "HandleReloadConfigRequest": _reload,
        },
    }


def _cut(message: str) -> str:
    """A message that fits in a call's headers, where a byte may take three."""
    return message.encode("utf-8", "replace")[:_LONGEST].decode("utf-8", "ignore")


def _short(kind: type[M], data: bytes) -> M:
    """A message that holds no tensors.

    Raises:
        ServingError: No such message, or a long one.
    """
    if len(data) > _SHORT:
        raise invalid(f"A {kind.DESCRIPTOR.name} may have {_SHORT >> 10} kB here.")
    return parsed(kind, data)


def _authorization(context: grpc.aio.ServicerContext) -> str:
    held = dict(context.invocation_metadata() or ())
    value = held.get("authorization", "")
    return value if isinstance(value, str) else ""
