"""PredictionService, ModelService and the health service over gRPC."""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import ClassVar

import grpc
import grpc.aio
from google.protobuf.message import Message

from .codec import Codec, work_of
from .errors import ServingError, invalid
from .grpc_messages import (
    InferenceTask,
    ModelSpec,
    describe,
    parsed,
    read_examples_request,
    read_multi_inference_request,
    read_predict_request,
    spec_of,
    write_classes,
    write_classification,
    write_predict_response,
    write_regression,
    write_values,
)
from .keys import Keys
from .limits import Budget
from .metrics import Metrics
from .protos import (
    get_model_metadata_pb2,
    get_model_status_pb2,
    inference_pb2,
    model_management_pb2,
)
from .rest.examples import ExamplesRequest
from .servable import Servable
from .service import CLASSIFY, REGRESS, Service, within
from .settings import ModelSettings, models_in

_LOG = logging.getLogger("serving")
_HEALTH = b"\x08\x01"  # a HealthCheckResponse: SERVING

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
                await context.abort(grpc.StatusCode[error.code], error.message)
            except Exception as error:
                _LOG.exception("a call failed")
                await context.abort(grpc.StatusCode.INTERNAL, type(error).__name__)
            raise AssertionError  # abort always raises

        return answer

    async def _predict(self, data: bytes, deadline: float | None) -> bytes:
        """Run a signature; only the outputs of `output_filter` come back, if it names any."""
        limits = self.service.limits
        async with within(deadline):
            spec, tensors, wanted = await self.codec.run(
                len(data), read_predict_request, data, limits
            )
        async with self._running(spec, "Predict", deadline) as servable:
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
        spec, request = await self._examples(data, deadline)
        async with self._running(spec, "Classify", deadline) as servable:
            results = await self.service.classify(servable, request, deadline)
            return write_classification((servable.name, servable.version, spec.signature), results)

    async def _regress(self, data: bytes, deadline: float | None) -> bytes:
        """Run a signature of the method regress."""
        spec, request = await self._examples(data, deadline)
        async with self._running(spec, "Regress", deadline) as servable:
            values = await self.service.regress(servable, request, deadline)
            return write_regression((servable.name, servable.version, spec.signature), values)

    async def _multi_inference(self, data: bytes, deadline: float | None) -> bytes:
        """Run several signatures of the methods classify and regress on the same examples."""
        async with within(deadline):
            tasks = await self.codec.run(
                len(data), read_multi_inference_request, data, self.service.limits
            )
        if not tasks:
            raise invalid("ModelSpec has no name specified.")
        answer = inference_pb2.MultiInferenceResponse()
        async with self._running(tasks[0].spec, "MultiInference", deadline) as servable:
            self._check_together(tasks, servable)
            for task in tasks:
                result = answer.results.add()
                describe(result.model_spec, servable.name, servable.version, task.spec.signature)
                await self._METHODS[task.method](self, servable, task.request, deadline, result)
            return answer.SerializeToString()

    def _check_together(self, tasks: list[InferenceTask], servable: Servable) -> None:
        """Check that tasks are of known methods, and take the same tensor."""
        unknown = next((task.method for task in tasks if task.method not in self._METHODS), None)
        if unknown is not None:
            raise ServingError(
                "UNIMPLEMENTED", f"Unsupported signature method_name: {unknown[:200]}"
            )
        found = [servable.signatures.find(task.spec.signature) for task in tasks]
        if len({info.name for one in found for info in one.inputs.values()}) > 1:
            raise invalid("Input tensor must be the same for all Signatures.")

    async def _classes(
        self, servable: Servable, request: ExamplesRequest, deadline: float | None, result: Message
    ) -> None:
        found = await self.service.classify(servable, request, deadline)
        write_classes(result.classification_result, found)

    async def _values(
        self, servable: Servable, request: ExamplesRequest, deadline: float | None, result: Message
    ) -> None:
        found = await self.service.regress(servable, request, deadline)
        write_values(result.regression_result, found)

    _METHODS: ClassVar[Mapping[str, Callable[..., Awaitable[None]]]] = {
        CLASSIFY: _classes,
        REGRESS: _values,
    }

    async def _examples(
        self, data: bytes, deadline: float | None
    ) -> tuple[ModelSpec, ExamplesRequest]:
        async with within(deadline):
            return await self.codec.run(len(data), read_examples_request, data, self.service.limits)

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
        request = parsed(get_model_metadata_pb2.GetModelMetadataRequest, data)
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
        request = parsed(get_model_status_pb2.GetModelStatusRequest, data)
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
        request = parsed(model_management_pb2.ReloadConfigRequest, data)
        answer = model_management_pb2.ReloadConfigResponse()
        models = models_in(request.config, "the request")
        # Whoever asked may go meanwhile: half a configuration is none.
        await asyncio.shield(asyncio.ensure_future(self.service.manager.configure(models)))
        return answer.SerializeToString()

    async def _check_health(self, data: bytes, deadline: float | None) -> bytes:
        """Whether the server serves: it does."""
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


def _authorization(context: grpc.aio.ServicerContext) -> str:
    held = dict(context.invocation_metadata() or ())
    value = held.get("authorization", "")
    return value if isinstance(value, str) else ""
