"""Settings of the server: its configuration files for models, versions and batching."""

from collections import Counter
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

from google.protobuf import descriptor_pb2, descriptor_pool, message_factory, text_format
from google.protobuf.message import Message

from .errors import ServingError
from .protos import model_server_config_pb2

_PACKAGE = "keras_t2i.serving"
_BATCHING_NUMBERS = (
    "max_batch_size",
    "batch_timeout_micros",
    "max_enqueued_batches",
    "num_batch_threads",
)


@dataclass(frozen=True)
class Policy:
    """Choice of the versions of a model that are served.

    Args:
        latest: Number of versions; the highest ones are served.
        every: Whether all versions are served instead.
        specific: Numbers of versions that are served instead.
    """

    latest: int = 1
    every: bool = False
    specific: frozenset[int] = frozenset()

    def choose(self, versions: set[int]) -> set[int]:
        """The versions to serve of those that there are."""
        if self.every:
            return versions
        if self.specific:
            return versions & self.specific
        return set(sorted(versions)[-self.latest :])


@dataclass(frozen=True)
class ModelSettings:
    """A model to serve.

    Args:
        name: Name under which it is served.
        base_path: Folder of its versions.
        policy: Choice of the versions that are served.
        labels: Versions by their names, such as `stable`.

    Raises:
        ServingError: A folder from which TensorFlow cannot load.
    """

    name: str
    base_path: Path
    policy: Policy = Policy()
    labels: dict[str, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if set("[\\") & set(str(self.base_path)):
            raise ServingError(
                "INVALID_ARGUMENT",
                f"model_base_path {self.base_path}: TensorFlow takes [ and \\ in a path for a "
                "pattern; give a link without them.",
            )
        if "\0" in str(self.base_path):
            raise ServingError(
                "INVALID_ARGUMENT",
                f"The model {self.name!r} has a model_base_path with a zero byte, as no path has.",
            )


@dataclass(frozen=True)
class BatchingSettings:
    """Dynamic batching, by the names of TensorFlow Serving's `BatchingParameters`.

    Args:
        max_batch_size: Largest number of rows of a batch; a request with more is refused.
        batch_timeout_micros: Microseconds that the first row of a batch waits for more.
        num_batch_threads: Number of batches that run at a time.
        max_enqueued_batches: Number of batches that may wait; further requests are refused.
        allowed_batch_sizes: Sizes that batches are filled up to; the last one is the maximum.
    """

    max_batch_size: int = 32
    batch_timeout_micros: int = 1000
    num_batch_threads: int = 2
    max_enqueued_batches: int = 100
    allowed_batch_sizes: tuple[int, ...] = ()


def models_of(path: Path) -> list[ModelSettings]:
    """The models of a `models.config`: a text proto `ModelServerConfig`.

    Raises:
        ServingError: Not such a file, or a model without name or folder, or named twice.
    """
    return models_in(_read(path, model_server_config_pb2.ModelServerConfig()), str(path))


def models_in(config: Message, path: str) -> list[ModelSettings]:
    """The models of a message `ModelServerConfig`.

    Args:
        config: Message `ModelServerConfig`.
        path: Source of the message, for errors.

    Raises:
        ServingError: A model without name or folder, or named twice.
    """
    models = [_model(path, one) for one in config.model_config_list.config]
    names = Counter(model.name for model in models)
    twice = next((name for name, count in names.items() if count > 1), None)
    if twice is not None:
        raise _wrong(path, f"the model {twice!r} is named twice")
    if not models:
        raise _wrong(path, "names no model in model_config_list")
    return models


def batching_of(path: Path) -> BatchingSettings:
    """The batching of a `batching.config`: a text proto `BatchingParameters`.

    Raises:
        ServingError: Not such a file, or sizes that contradict each other.
    """
    config = _read(path, _message("BatchingParameters"))
    given = {
        descriptor.name: held.value
        for descriptor, held in config.ListFields()
        if descriptor.name in _BATCHING_NUMBERS
    }
    settings = BatchingSettings(**given, allowed_batch_sizes=tuple(config.allowed_batch_sizes))
    sizes = settings.allowed_batch_sizes
    if min(settings.max_batch_size, settings.num_batch_threads, settings.max_enqueued_batches) < 1:
        raise _wrong(path, "sizes, threads and batches must be at least 1")
    if settings.batch_timeout_micros < 0:
        raise _wrong(path, "batch_timeout_micros must not be negative")
    if sizes and (list(sizes) != sorted(set(sizes)) or sizes[0] < 1):
        raise _wrong(path, "allowed_batch_sizes must rise from 1 or more")
    if sizes and sizes[-1] != settings.max_batch_size:
        raise _wrong(
            path,
            f"the last of allowed_batch_sizes must be max_batch_size, {settings.max_batch_size}",
        )
    return settings


def metrics_path_of(path: Path) -> str | None:
    """Path of Prometheus's metrics, from a `monitoring.config`; `None` if it is not enabled.

    Raises:
        ServingError: Not such a file.
    """
    config = _read(path, _message("MonitoringConfig")).prometheus_config
    return (config.path or "/monitoring/prometheus/metrics") if config.enable else None


@dataclass(frozen=True)
class Tls:
    """Keys and certificates of gRPC over TLS.

    Args:
        key: Server's private key, PEM.
        certificate: Server's certificate, PEM.
        authority: Certificate of who signs the clients', PEM; `None` for the system's.
        clients: Whether clients must show a certificate.
    """

    key: bytes
    certificate: bytes
    authority: bytes | None = None
    clients: bool = False


def tls_of(path: Path) -> Tls:
    """The keys of a file: a text proto `SSLConfig`, as TensorFlow Serving takes it.

    Raises:
        ServingError: Not such a file, or without a key or a certificate.
    """
    config = _read(path, _message("SSLConfig"))
    if not config.server_key or not config.server_cert:
        raise _wrong(path, "needs server_key and server_cert")
    return Tls(
        config.server_key.encode(),
        config.server_cert.encode(),
        config.custom_ca.encode() or None,
        config.client_verify,
    )


def _model(path: str, config: Message) -> ModelSettings:
    if not config.name or not config.base_path:
        raise _wrong(path, "a model needs a name and a base_path")
    policy, kind = (
        config.model_version_policy,
        config.model_version_policy.WhichOneof("policy_choice"),
    )
    chosen = {
        None: lambda: Policy(),
        "latest": lambda: Policy(latest=policy.latest.num_versions or 1),
        "all": lambda: Policy(every=True),
        "specific": lambda: Policy(specific=frozenset(policy.specific.versions)),
    }[kind]()
    if kind == "specific" and not chosen.specific:
        raise _wrong(path, f"the model {config.name!r} needs versions in `specific`")
    return ModelSettings(config.name, Path(config.base_path), chosen, dict(config.version_labels))


def _read(path: Path, message: Message) -> Message:
    try:
        return text_format.Parse(path.read_text("utf-8"), message)
    except OSError as error:
        raise _wrong(path, f"not readable ({error.strerror})") from error
    except (UnicodeDecodeError, text_format.ParseError) as error:
        raise _wrong(path, f"no text proto of {message.DESCRIPTOR.name}: {error}") from error


def _wrong(path: Path | str, what: str) -> ServingError:
    return ServingError("INVALID_ARGUMENT", f"{path}: {what}.")


def _message(name: str) -> Message:
    """An empty message of those that tensorflow-serving-api does not bring."""
    return message_factory.GetMessageClass(_pool().FindMessageTypeByName(f"{_PACKAGE}.{name}"))()


@cache
def _pool() -> descriptor_pool.DescriptorPool:
    """`BatchingParameters` and other messages, as TensorFlow Serving defines them."""
    kinds = descriptor_pb2.FieldDescriptorProto
    file = descriptor_pb2.FileDescriptorProto(
        name="serving.proto", package=_PACKAGE, syntax="proto3"
    )

    def message(name: str, *fields: tuple[str, int, int, str]) -> None:
        made = file.message_type.add(name=name)
        for number, (field_name, label, kind, type_name) in enumerate(fields, 1):
            made.field.add(
                name=field_name, number=number, label=label, type=kind,
                type_name=f".{_PACKAGE}.{type_name}" if type_name else None,
            )  # fmt: skip

    one, many = kinds.LABEL_OPTIONAL, kinds.LABEL_REPEATED
    message("Int64Value", ("value", one, kinds.TYPE_INT64, ""))
    message("StringValue", ("value", one, kinds.TYPE_STRING, ""))
    message("BoolValue", ("value", one, kinds.TYPE_BOOL, ""))
    message(
        "BatchingParameters",
        *((name, one, kinds.TYPE_MESSAGE, "Int64Value") for name in _BATCHING_NUMBERS),
        ("thread_pool_name", one, kinds.TYPE_MESSAGE, "StringValue"),
        ("allowed_batch_sizes", many, kinds.TYPE_INT64, ""),
        ("pad_variable_length_inputs", one, kinds.TYPE_BOOL, ""),
    )
    message(
        "PrometheusConfig",
        ("enable", one, kinds.TYPE_BOOL, ""),
        ("path", one, kinds.TYPE_STRING, ""),
    )
    message(
        "SSLConfig",
        ("server_key", one, kinds.TYPE_STRING, ""),
        ("server_cert", one, kinds.TYPE_STRING, ""),
        ("custom_ca", one, kinds.TYPE_STRING, ""),
        ("client_verify", one, kinds.TYPE_BOOL, ""),
    )
    message("MonitoringConfig", ("prometheus_config", one, kinds.TYPE_MESSAGE, "PrometheusConfig"))
    pool = descriptor_pool.DescriptorPool()
    pool.Add(file)
    return pool
