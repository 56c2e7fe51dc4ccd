"""Keys, encryption, other configurations, tries to load, and the flags of the real server."""

import datetime
import ipaddress
import json
import shutil
import signal
import socket
import time

import grpc
import numpy as np
import pytest

from serving.flags import NOTICED, parser
from serving.keys import Keys
from serving.protos import (
    get_model_status_pb2,
    model_management_pb2,
    model_service_pb2_grpc,
    predict_pb2,
    prediction_service_pb2_grpc,
)
from serving.tensors import proto
from tests.serving.busy import write_busy
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.running import Running, wait_for
from tests.serving.test_processes import workers

REAL = [
    "allow_version_labels_for_unavailable_models", "batching_parameters_file",
    "enable_batching", "enable_grpc_healthcheck_service", "enable_model_warmup",
    "enable_per_model_batching_parameters", "enable_profiler",
    "enable_serialization_as_tensor_content", "enable_signature_method_name_check",
    "file_system_poll_wait_seconds", "flush_filesystem_caches", "grpc_channel_arguments",
    "grpc_max_threads", "grpc_socket_path", "load_retry_interval_micros",
    "max_num_load_retries", "mixed_precision", "model_base_path", "model_config_file",
    "model_config_file_poll_wait_seconds", "model_name", "monitoring_config_file",
    "num_load_threads", "num_request_iterations_for_warmup",
    "num_tflite_interpreters_per_pool", "num_tflite_pools", "num_unload_threads",
    "per_process_gpu_memory_fraction", "platform_config_file", "port", "prefer_tflite_model",
    "remove_unused_fields_from_bundle_metagraph", "rest_api_enable_cors_support",
    "rest_api_num_threads", "rest_api_port", "rest_api_timeout_in_ms", "saved_model_tags",
    "skip_initialize_tpu", "ssl_config_file", "tensorflow_inter_op_parallelism",
    "tensorflow_intra_op_parallelism", "tensorflow_session_config_file",
    "tensorflow_session_parallelism", "thread_pool_factory_config_file",
    "use_alts_credentials", "xla_cpu_compilation_enabled", "xla_gpu_compilation_enabled",
]  # fmt: skip


@pytest.fixture(scope="module")
def half(tmp_path_factory):
    base = tmp_path_factory.mktemp("models") / "half"
    write_half_plus_two(base / "1")
    return base


def states(running, name="default"):
    status, _, text = running.ask("GET", f"/v1/models/{name}")
    if status != 200:
        return {}
    return {s["version"]: s["state"] for s in json.loads(text)["model_version_status"]}


def config(*models):
    return "model_config_list {" + "".join(
        f'config {{ name: "{name}" base_path: "{path}" model_platform: "tensorflow" {more} }}'
        for name, path, more in models
    ) + "}"  # fmt: skip


def predict(stub, **more):
    request = predict_pb2.PredictRequest()
    request.model_spec.name = "default"
    request.inputs["x"].CopyFrom(proto(np.array([[2.0]], "float32")))
    return list(stub.Predict(request, timeout=10, **more).outputs["y"].float_val)


@pytest.mark.parametrize("name", REAL)
def test_every_flag_of_the_real_server_is_taken(name):
    known = {action.dest for action in parser()._actions}
    assert name in known
    if name in NOTICED:
        assert getattr(parser().parse_args([f"--{name}"]), name) == "true"


@pytest.mark.parametrize(
    ("flags", "words"),
    [
        (["--file_system_poll_wait_seconds=nan"], "number of seconds"),
        (["--file_system_poll_wait_seconds=-1"], "number of seconds"),
        (["--rest_api_num_threads=0"], "at least 1"),
        (["--max_rows=0"], "at least 1"),
        (["--rest_api_port=٣"], "must be a port"),
        (["--mode=x"], "unrecognized"),
        (["--max_body_mb=99999999999999999999"], "whole number"),
    ],
)
def test_values_of_flags(flags, words, capsys):
    with pytest.raises(SystemExit) as ended:
        parser().parse_args(flags)
    assert ended.value.code == 2
    assert words in capsys.readouterr().err


def test_a_key_is_asked_for_everywhere(half, tmp_path):
    (tmp_path / "keys").write_text("# of the studio\nabc-1\n\nxyz-2\n")
    flags = (f"--model_base_path={half}", f"--api_key_file={tmp_path / 'keys'}")
    with Running(*flags, "--enable_grpc_healthcheck_service", grpc=True) as running:
        path, body = "/v1/models/default:predict", {"instances": [2.0]}
        for shown in ({}, {"Authorization": "Bearer abc"}, {"Authorization": "Basic abc-1"}):
            status, headers, _ = running.ask("POST", path, body, shown)
            assert (status, headers["WWW-Authenticate"]) == (401, "Bearer")
            assert running.ask("GET", "/v1/models/default", headers=shown)[0] == 401
        right = {"Authorization": "Bearer xyz-2"}
        assert running.ask("POST", path, body, right)[0] == 200
        with grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            with pytest.raises(grpc.RpcError) as caught:
                predict(stub)
            assert caught.value.code() == grpc.StatusCode.UNAUTHENTICATED
            assert predict(stub, metadata=[("authorization", "Bearer abc-1")]) == [3.0]
            check = channel.unary_unary("/grpc.health.v1.Health/Check")
            assert check(b"", timeout=10) == b"\x08\x01"  # a probe has no key
            with pytest.raises(grpc.RpcError, match="unknown service"):
                check(b"\x0a\x05other", timeout=10)


@pytest.mark.parametrize(
    ("text", "words"), [(b"", "no key"), (b"a b\n", "has spaces"), (b"\xff", "UTF-8")]
)
def test_wrong_files_of_keys(text, words, tmp_path):
    (tmp_path / "keys").write_bytes(text)
    with pytest.raises(Exception, match=words):
        Keys.of_file(tmp_path / "keys")


def certificate():
    """A key and a certificate of 127.0.0.1, PEM."""
    x509 = pytest.importorskip("cryptography.x509")
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "here")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(
            x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]),
            critical=False,
        )
        .sign(key, hashes.SHA256())
    )
    pem = serialization.Encoding.PEM
    private = key.private_bytes(
        pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return private.decode(), made.public_bytes(pem).decode()


def test_grpc_over_tls(half, tmp_path):
    key, cert = certificate()
    (tmp_path / "ssl.config").write_text(
        f"server_key: {json.dumps(key)}\nserver_cert: {json.dumps(cert)}\n"
    )
    flags = (f"--model_base_path={half}", f"--ssl_config_file={tmp_path / 'ssl.config'}")
    with Running(*flags, grpc=True) as running:
        address = f"127.0.0.1:{running.grpc_port}"
        trusted = grpc.ssl_channel_credentials(cert.encode())
        with grpc.secure_channel(address, trusted) as channel:
            stub = prediction_service_pb2_grpc.PredictionServiceStub(channel)
            assert predict(stub) == [3.0]
        with grpc.insecure_channel(address) as channel, pytest.raises(grpc.RpcError):
            predict(prediction_service_pb2_grpc.PredictionServiceStub(channel))


def test_another_configuration_is_taken_over(half, tmp_path):
    file = tmp_path / "models.config"
    shutil.copytree(half, tmp_path / "b")
    write_half_plus_two(tmp_path / "b" / "2", add=10.0)
    both = "model_version_policy { all {} }"
    label = 'version_labels { key: "stable" value: %d }'
    file.write_text(config(("a", half, ""), ("b", tmp_path / "b", both + label % 1)))
    flags = (f"--model_config_file={file}", "--model_config_file_poll_wait_seconds=0.1")
    with Running(*flags, grpc=True) as running:

        def stable():
            path = "/v1/models/b/labels/stable:predict"
            status, _, text = running.ask("POST", path, {"instances": [2.0]})
            return json.loads(text)["predictions"][0] if status == 200 else status

        assert stable() == 3.0
        file.write_text(config(("b", tmp_path / "b", both + label % 2), ("c", half, "")))
        wait_for(lambda: stable() == 11.0)
        wait_for(lambda: states(running, "c") == {"1": "AVAILABLE"})
        assert running.ask("GET", "/v1/models/a")[0] == 404
        file.write_text("nonsense {")  # what is served goes on
        time.sleep(0.5)
        assert stable() == 11.0

        with grpc.insecure_channel(f"127.0.0.1:{running.grpc_port}") as channel:
            stub = model_service_pb2_grpc.ModelServiceStub(channel)
            request = model_management_pb2.ReloadConfigRequest()
            one = request.config.model_config_list.config.add()
            one.name, one.base_path, one.model_platform = "d", str(half), "tensorflow"
            stub.HandleReloadConfigRequest(request, timeout=20)
            assert states(running, "d") == {"1": "AVAILABLE"}
            write_half_plus_two(tmp_path / "other" / "1", add=10.0)
            one.base_path = str(tmp_path / "other")  # another folder, the same number
            stub.HandleReloadConfigRequest(request, timeout=20)
            assert running.predict([2.0], "d") == (200, {"predictions": [11.0]})
            one.base_path = str(tmp_path / "nowhere")
            one.name = "e"
            with pytest.raises(grpc.RpcError, match="no version") as caught:
                stub.HandleReloadConfigRequest(request, timeout=20)
            assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
            one.base_path = "/no\0path"
            with pytest.raises(grpc.RpcError, match="zero byte"):
                stub.HandleReloadConfigRequest(request, timeout=20)
            for number in range(300):
                more = request.config.model_config_list.config.add()
                more.name, more.base_path = f"m{number}", f"/nowhere/{'x' * 100}"
            one.base_path = str(half)
            with pytest.raises(grpc.RpcError, match="no version") as caught:
                stub.HandleReloadConfigRequest(request, timeout=20)
            assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION  # though it is long
            del request.config.model_config_list.config[1:]
            one = request.config.model_config_list.config[0]
            one.base_path, one.name = str(tmp_path / "b"), "d"
            one.version_labels["stable"] = 7
            with pytest.raises(grpc.RpcError, match="not available for inference") as caught:
                stub.HandleReloadConfigRequest(request, timeout=20)
            assert caught.value.code() == grpc.StatusCode.FAILED_PRECONDITION
            status = get_model_status_pb2.GetModelStatusRequest()
            status.model_spec.name = "d"
            status.model_spec.version_label = "stable"
            with pytest.raises(grpc.RpcError) as caught:
                stub.GetModelStatus(status, timeout=20)
            assert caught.value.code() == grpc.StatusCode.INVALID_ARGUMENT


def test_a_version_that_failed_for_a_passing_reason_is_tried_again(half, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(half / "1", base / "1")
    hidden = base / "1" / "variables"
    hidden.rename(tmp_path / "variables")
    # A link that leads nowhere for now: the version's own files do not change.
    hidden.symlink_to(tmp_path / "later")
    flags = (
        f"--model_base_path={base}", "--file_system_poll_wait_seconds=0.1",
        "--load_retry_interval_micros=300000", "--max_num_load_retries=50",
    )  # fmt: skip
    with Running(*flags) as running:
        assert states(running) == {"1": "END"}
        (tmp_path / "variables").rename(tmp_path / "later")
        wait_for(lambda: states(running) == {"1": "AVAILABLE"})


def test_versions_beyond_64_bits_are_no_versions(half, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(half / "1", base / "1")
    shutil.copytree(half / "1", base / "9999999999999999999")
    with Running(f"--model_base_path={base}") as running:
        assert states(running) == {"1": "AVAILABLE"}


def test_ports_in_use_are_said_before_a_model_is_loaded(half):
    with Running(f"--model_base_path={half}", grpc=True) as running:
        for flags in (
            (f"--rest_api_port={running.port}", "--port=0"),
            (f"--port={running.grpc_port}",),
        ):
            started = time.monotonic()
            with pytest.raises(RuntimeError, match="cannot be listened at"):
                Running(f"--model_base_path={half}", *flags).__enter__()
            assert time.monotonic() - started < 10
    with pytest.raises(RuntimeError, match=r"256\.1\.1\.1"):
        Running(f"--model_base_path={half}", "--host=256.1.1.1").__enter__()


def test_a_second_signal_ends_at_once(half):
    with Running(f"--model_base_path={half}") as running:
        head = b"POST /v1/models/default:predict HTTP/1.1\r\nHost: x\r\nContent-Length: 9\r\n\r\n"
        with socket.create_connection(("127.0.0.1", running.port), 10) as waiting:
            waiting.sendall(head)
            time.sleep(0.5)
            running.child.send_signal(signal.SIGTERM)
            time.sleep(0.5)
            assert running.child.poll() is None  # a body is still on its way
            running.child.send_signal(signal.SIGTERM)
            assert running.child.wait(5) == 1


def test_a_version_that_went_and_is_back_with_other_files_is_loaded_again(half, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(half, base)
    write_half_plus_two(tmp_path / "other", add=10.0)
    flags = (f"--model_base_path={base}", "--file_system_poll_wait_seconds=0.1")
    with Running(*flags) as running:
        shutil.move(base / "1", tmp_path / "before")
        time.sleep(1.0)
        assert running.predict([2.0]) == (200, {"predictions": [3.0]})  # what is loaded goes on
        shutil.move(tmp_path / "other", base / "1")
        wait_for(lambda: running.predict([2.0]) == (200, {"predictions": [11.0]}))
        wait_for(lambda: states(running) == {"1": "AVAILABLE"})


def test_a_process_started_again_has_the_signatures_of_the_files_there_are(half, tmp_path):
    base = tmp_path / "model"
    shutil.copytree(half, base)
    write_busy(tmp_path / "other")
    with Running(f"--model_base_path={base}", "--file_system_poll_wait_seconds=0") as running:
        shutil.rmtree(base / "1")
        shutil.move(tmp_path / "other", base / "1")
        (worker,) = workers(running)
        worker.kill()
        wait_for(lambda: running.predict([2]) == (200, {"predictions": [2]}))


def test_handshakes_that_fail_and_a_log_that_nobody_reads_hold_up_nothing(half, tmp_path):
    key, cert = certificate()
    (tmp_path / "ssl.config").write_text(
        f"server_key: {json.dumps(key)}\nserver_cert: {json.dumps(cert)}\n"
    )
    flags = (f"--model_base_path={half}", f"--ssl_config_file={tmp_path / 'ssl.config'}")
    with Running(*flags, grpc=True) as running:  # its pipe is read at the end
        for _ in range(500):
            with socket.create_connection(("127.0.0.1", running.grpc_port), 10) as connection:
                connection.sendall(b"GET / HTTP/1.1\r\n\r\n")
        address = f"127.0.0.1:{running.grpc_port}"
        trusted = grpc.ssl_channel_credentials(cert.encode())
        with grpc.secure_channel(address, trusted) as channel:
            assert predict(prediction_service_pb2_grpc.PredictionServiceStub(channel)) == [3.0]
        running.child.send_signal(signal.SIGTERM)
        assert running.child.wait(20) == 0
    assert "andshake" not in running.output
