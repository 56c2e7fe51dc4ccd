"""What the client makes of servers that fail, and of those that are none: a line, no traceback."""

import asyncio
import socket
import ssl
import subprocess
import sys
import threading
import time
from contextlib import contextmanager

import grpc
import pytest
import trustme

from serving.client import AsyncClient, Client, ClientError
from tests.serving.fakes import (
    METADATA,
    GrpcService,
    Model,
    RestServer,
    answering,
    dropped,
    grpc_server,
)
from tests.serving.running import free_port

Code = grpc.StatusCode


@pytest.fixture(autouse=True)
def _at_once(monkeypatch):
    """No wait between attempts."""
    monkeypatch.setattr("serving.client.retrying._FIRST", 0.0)


def fault_of(url, **more):
    """The line that a client fails with."""
    with pytest.raises(ClientError) as caught, Client(url, "m", **more) as client:
        client.generate(["a"])
    line = str(caught.value)
    assert line
    assert "\n" not in line
    return line


def another_protocol(handler):
    handler.wfile.write(b"SSH-2.0-x\r\n\r\n")
    dropped(handler)


@pytest.mark.parametrize(
    ("fault", "line"),
    [
        (answering(200, b"<html>\n<p>hello"), "no server of models: it answers '<html> <p>hello'."),
        (answering(200), "no server of models: it answers ''."),
        (answering(200, b"\xff\xfe"), "no server of models: it answers"),
        (answering(200, b"[" * 100_000), "no server of models: it answers '[["),
        (answering(200, {"some": "JSON"}), "holds no signatures; is it a model's URL?"),
        (answering(200, [1]), "holds no signatures; is it a model's URL?"),
        (answering(200, b"no such thing", content_encoding="gzip"), "Error -3 while decompressing"),
        (answering(204), "no server of models: it answers '204'."),
        (
            answering(302, location="https://elsewhere/v1/models/m"),
            "answers 302, a redirection to https://elsewhere/v1/models/m; give the URL",
        ),
        (answering(301), "answers 301, a redirection to nowhere"),
        (answering(401, {"error": "no\ntoken"}), "The server answers 401: no token"),
        (answering(404, b"<html>" + b"x" * 9999), "The server answers 404: <html>xxx"),
        (answering(400, {"error": ["?"]}), "The server answers 400: ['?']"),
        (answering(501, b"[" * 100_000), "The server answers 501: [["),
        (answering(504, {"error": "too long"}), "The server answers 504: too long"),
        (another_protocol, "no answer after 2 attempts (illegal"),
    ],
)
def test_another_answer_is_a_line_and_not_asked_for_again(fault, line):
    with RestServer(faults=[fault] * 9) as server:
        told = fault_of(f"http://127.0.0.1:{server.port}")
        assert line in told
        assert len(told) < 400
        assert len(server.asked) == (2 if "2 attempts" in line else 1)


@pytest.mark.parametrize(
    "outputs",
    [
        {},
        [],
        {"outputs": "?"},
        {"outputs": []},
        {"outputs": ["x"]},
        {"outputs": [None]},
        {"outputs": [{"b64": "?"}]},
        {"outputs": [{"c64": "?"}]},
        {"outputs": [{"b64": "aGVsbG8="}]},
        {"outputs": [{"b64": "aGVsbG8="}] * 2},
        b'{"outputs":' + b"[" * 900 + b"]" * 900 + b"}",
    ],
)
def test_outputs_of_another_form_are_a_line(outputs):
    faults = [answering(200, METADATA), answering(200, outputs)]
    with RestServer(faults=faults) as server:
        told = fault_of(f"http://127.0.0.1:{server.port}")
    assert "no server of models: it answers" in told or "server's answer" in told


def test_numbers_of_another_form_are_a_line():
    for noise in (["x"], [None], [[1], [2]], [{"b64": "aGVsbG8="}]):
        faults = [answering(200, METADATA), answering(200, {"outputs": noise})]
        with RestServer(faults=faults) as server, pytest.raises(ClientError, match="answer"):
            Client(f"http://127.0.0.1:{server.port}").noise([1])


@pytest.mark.parametrize(
    ("url", "line"),
    [
        ("ftp://x", "must begin with http://, https://, grpc:// or grpcs://."),
        ("htp://localhost:1", "Did you mean http://?"),
        ("http://127.0.0.1:abc", "no address of a server (Port could not be cast"),
        ("http://localhost:99999", "no address of a server (Port out of range"),
        ("http://[::1", "no address of a server (Invalid IPv6 URL)"),
        ("http://[", "no address of a server"),
        ("http://", "no address of a server; it must be such as http://HOST:8501"),
        ("http:///v1/models/a", "no address of a server; it must be such as"),
        ("http://a b", "no address of a server"),
        ("http://" + "a" * 64, "no address of a server ("),
        ("http://x/v1/models/a?x=1", "with nothing after it"),
        ("http://x/v1/models/a#b", "with nothing after it"),
        ("http://x/v1/models/a:predict", "its path must be /v1/models/NAME"),
        ("http://x/v1/models", "its path must be /v1/models/NAME"),
        ("http://x/models/a", "Received: /models/a"),
        ("http://x/v1/models/a/versions/new", "must be a whole number. Received: new."),
        ("http://x/v1/models/a/versions/" + "9" * 19, "must lie in [0, 2^63)"),
        ("http://x/v1/models/a/labels/", "its path must be"),
        ("grpc://u:p@x/v1/models/a", "gRPC has neither users nor a path"),
        ("grpc://x/birds/v1/models/a", "gRPC has neither users nor a path"),
    ],
)  # fmt: skip
def test_what_is_no_address_is_told(url, line):
    with pytest.raises(ClientError) as caught:
        Client(url)
    assert line in str(caught.value)
    assert "\n" not in str(caught.value)


@pytest.mark.parametrize(
    ("url", "arguments", "line"),
    [
        ("http://x/v1/models/a/versions/1", {"version": 2}, "the URL has another version"),
        ("http://x/v1/models/a/labels/new", {"label": "old"}, "the URL has another label"),
        ("http://x/v1/models/a/labels/new", {"version": 2}, "by its label, not by both"),
        ("http://x", {"version": -1}, "must lie in [0, 2^63). Received: -1"),
        ("http://x", {"label": ""}, "must have a name"),
        ("http://x", {"model": ""}, "must have a name"),
        ("http://x", {"timeout": 0.0}, "must be above 0 s. Received: 0.0"),
        ("http://x", {"timeout": float("nan")}, "must be above 0 s. Received: nan"),
        ("http://x", {"timeout": float("inf")}, "must be above 0 s. Received: inf"),
        ("http://x", {"retries": -1}, "at least 0. Received: -1"),
        ("http://x", {"rows": 0}, "at least 1. Received: 0"),
        ("http://x", {"api_key": "a b"}, "visible ASCII characters"),
        ("http://x", {"api_key": "a\r\nx: y"}, "visible ASCII characters"),
        ("http://x", {"ca_file": __file__}, "certificates go with https:// or grpcs://"),
        ("https://x", {"ca_file": __file__}, "must hold certificates in the form PEM"),
        ("grpcs://x", {"ca_file": __file__}, "must hold certificates in the form PEM"),
        ("grpcs://x", {"ca_file": "none.pem"}, "none.pem: No such file or directory."),
    ],
)
def test_impossible_arguments_are_told_before_anything_is_asked(url, arguments, line):
    with pytest.raises(ClientError) as caught:
        Client(url, **arguments)
    assert line in str(caught.value)


@pytest.mark.parametrize(
    ("name", "value"), [("HTTP_PROXY", "what://x"), ("ALL_PROXY", "socks5://127.0.0.1:1")]
)
def test_an_impossible_proxy_of_the_system_is_a_line(name, value, monkeypatch):
    monkeypatch.setenv(name, value)
    with pytest.raises(ClientError, match=r"http://x: cannot be asked .*(proxy|SOCKS)"):
        Client("http://x")


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_what_cannot_be_drawn_is_refused_before_the_server_is_asked(scheme):
    client = Client(f"{scheme}://127.0.0.1:{free_port()}", "m")  # where nothing listens
    for work, rule in (
        (lambda: client.generate(["a"], 2**63), r"must lie in \[-2\^63, 2\^63\)"),
        (lambda: client.generate(["a", "b"], 2**63 - 1), "the last of 2 from 9"),
        (lambda: client.draw(1, -(2**63) - 1), r"must lie in \[-2\^63, 2\^63\)"),
        (lambda: client.draw(1, 1.5), "must be a whole number. Received: 1.5"),
        (lambda: client.draw(1, truncation=float("nan")), r"in \[0, 1\]. Received: nan"),
        (lambda: client.draw(1, truncation=1e38), r"in \[0, 1\]. Received: 1e\+38"),
        (lambda: client.noise([2**63]), r"must lie in \[-2\^63, 2\^63\)"),
        (lambda: client.melody("C", 2**63), r"must lie in \[-2\^63, 2\^63\)"),
        (lambda: client.interpolate("a", "b", steps=0), "at least 1. Received: 0"),
    ):
        with pytest.raises(ClientError, match=rule):
            work()


@pytest.mark.parametrize(
    ("signature", "rows", "rule"),
    [
        ("sample_noise", {"seed": [2**63]}, "DT_INT64"),
        ("sample_noise", {"seed": [2**70]}, "DT_INT64"),
        ("sample_noise", {"seed": [0.5]}, "DT_INT64"),
        ("sample_noise", {"seed": ["a"]}, "DT_INT64"),
        ("generate", {"caption": [1], "seed": [1], "truncation": [1.0]}, "DT_STRING"),
        ("generate", {"caption": ["\ud800"], "seed": [1], "truncation": [1.0]}, "DT_STRING"),
        ("generate", {"caption": ["a"], "seed": [1, 2], "truncation": [1.0]}, "equally many rows"),
    ],
)
def test_values_of_another_type_are_not_turned_into_it(signature, rows, rule):
    with grpc_server(GrpcService()) as port, pytest.raises(ClientError, match=rule):
        Client(f"grpc://127.0.0.1:{port}").call(signature, rows)


def test_a_text_that_is_not_unicode_is_a_line():
    with RestServer() as server, pytest.raises(ClientError, match="must be Unicode"):
        Client(f"http://127.0.0.1:{server.port}").generate(["\udcff"])


@pytest.mark.parametrize("status", [429, 502, 503])
def test_a_busy_server_is_asked_again(status):
    with RestServer(faults=[answering(status, {"error": "full"})] * 2) as server:
        client = Client(f"http://127.0.0.1:{server.port}", "a b")
        assert client.metadata() == METADATA
        assert [path for _, path, _ in server.asked] == ["/v1/models/a%20b/metadata"] * 3
    with RestServer(faults=[answering(status, {"error": "full"})] * 9) as server:
        told = fault_of(f"http://127.0.0.1:{server.port}", retries=2)
        assert f"no answer after 3 attempts ({status}: full)" in told
        assert len(server.asked) == 3


@pytest.mark.parametrize("code", [Code.UNAVAILABLE, Code.RESOURCE_EXHAUSTED])
def test_a_busy_server_is_asked_again_over_grpc(code):
    service = GrpcService(faults=[(code, "full")] * 2)
    with grpc_server(service) as port:
        assert Client(f"grpc://127.0.0.1:{port}").noise([7]).tolist() == [[7.0]]
    assert len(service.asked) == 4


@pytest.mark.parametrize(
    ("code", "words", "line"),
    [
        (Code.RESOURCE_EXHAUSTED, "Received message larger than max (5 vs. 4)", "larger than max"),
        (Code.DEADLINE_EXCEEDED, "late", "no answer within 60 s."),
        (Code.UNAUTHENTICATED, "no\ntoken", "The server answers UNAUTHENTICATED: no token"),
        (Code.UNIMPLEMENTED, "Method not found!", "UNIMPLEMENTED: Method not found!"),
        (Code.INTERNAL, "x" * 5000, "INTERNAL: xxx"),
    ],
)
def test_what_would_come_again_is_not_asked_again_over_grpc(code, words, line):
    service = GrpcService(faults=[(code, words)] * 9)
    with grpc_server(service) as port:
        told = fault_of(f"grpc://127.0.0.1:{port}")
    assert line in told
    assert len(told) < 400
    assert len(service.asked) == 1


def test_a_dropped_connection_is_tried_once_more():
    with RestServer(faults=[dropped]) as server:
        assert len(Client(f"http://127.0.0.1:{server.port}").generate(["a"])) == 1
    with RestServer(faults=[dropped] * 9) as server:
        assert "no answer after 2 attempts" in fault_of(f"http://127.0.0.1:{server.port}")
        assert len(server.asked) == 2


def test_a_time_out_is_not_tried_again():
    with RestServer(faults=[lambda _: time.sleep(1)] * 9) as server:
        told = fault_of(f"http://127.0.0.1:{server.port}", timeout=0.2)
        assert f"http://127.0.0.1:{server.port}: no answer within 0.2 s." in told
        assert len(server.asked) == 1


def in_drops(data):
    """A fault: an answer whose bytes come one by one, each of them in time."""

    def fault(handler):
        handler.close_connection = True
        for place in range(len(data)):
            handler.connection.sendall(data[place : place + 1])
            time.sleep(0.05)

    return fault


@pytest.mark.parametrize(
    "data",
    [
        b"HTTP/1.1 200 OK\r\n" + b"x: y\r\n" * 100,
        b"HTTP/1.1 100 Continue\r\n\r\n" * 30,
        b"HTTP/1.1 200 OK\r\ncontent-length: 500\r\n\r\n" + b" " * 400,
    ],
)
def test_an_answer_in_drops_is_a_time_out_too(data, tmp_path):
    async def ask(url):
        async with AsyncClient(url, timeout=0.5) as client:
            with pytest.raises(ClientError, match=r"no answer within 0\.5 s"):
                await client.metadata()

    with RestServer(faults=[in_drops(data)] * 3) as server:
        url = f"http://127.0.0.1:{server.port}"
        start = time.monotonic()
        assert "no answer within 0.5 s" in fault_of(url, timeout=0.5)
        asyncio.run(ask(url))
        assert time.monotonic() - start < 3
        words = [sys.executable, "-m", "serving.client", url, "a", "--timeout=0.5"]
        done = subprocess.run(
            [*words, "--out", str(tmp_path / "a.png")], capture_output=True, text=True, timeout=15
        )
        line = f"error: {url}: no answer within 0.5 s.\n"
        assert (done.returncode, done.stderr) == (2, line)


def test_a_name_that_is_looked_up_for_long_holds_up_no_end():
    script = (
        "import socket, sys, time\n"
        "from serving.client.__main__ import main\n"
        "socket.getaddrinfo = lambda *_, **__: time.sleep(60)\n"
        "sys.argv = ['client', 'http://slow.test', 'a', '--timeout=0.5', '--out=none.png']\n"
        "main()\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30
    )
    line = "error: http://slow.test: no answer within 0.5 s.\n"
    assert (done.returncode, done.stderr) == (2, line)


def test_a_client_asks_on_in_a_process_that_was_forked():
    script = (
        "import os, sys\n"
        "from serving.client import Client\n"
        "assert Client(sys.argv[1]).noise([1]).tolist() == [[1.0]]\n"
        "child = os.fork()\n"
        "if not child:\n"
        "    os._exit(Client(sys.argv[1]).noise([2]).tolist() != [[2.0]])\n"
        "sys.exit(os.waitpid(child, 0)[1])\n"
    )
    with RestServer() as server:
        words = [sys.executable, "-c", script, f"http://127.0.0.1:{server.port}"]
        done = subprocess.run(words, capture_output=True, text=True, timeout=30)
    assert (done.returncode, done.stderr) == (0, "")


def test_a_call_of_grpc_that_times_out_is_not_tried_again():
    model = Model()
    model.sample_noise = lambda seed: time.sleep(1)
    service = GrpcService(model)
    with grpc_server(service) as port:
        client = Client(f"grpc://127.0.0.1:{port}", timeout=0.3)
        assert client.signatures
        with pytest.raises(ClientError, match=r"no answer within 0\.3 s"):
            client.noise([1])
    assert model.rows == [1]


def test_no_server_and_one_attempt():
    for scheme in ("http", "grpc"):
        for host in ("127.0.0.1", "localhost"):
            told = fault_of(f"{scheme}://{host}:{free_port()}", retries=0)
            assert "no answer after 1 attempts" in told
            assert "refused" in told


def test_a_host_without_a_name_is_a_line():
    assert "no answer after 1 attempts" in fault_of("http://nowhere.invalid", retries=0)
    assert "no answer after 1 attempts" in fault_of("grpc://nowhere.invalid", retries=0)


@contextmanager
def raw_server(data):
    """A server that sends bytes to whoever comes, and ends the connection."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve():
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection:
                    connection.settimeout(0.5)
                    try:
                        connection.recv(65536)
                        connection.sendall(data)
                    except OSError:
                        pass

        thread = threading.Thread(target=serve)
        thread.start()
        yield listening.getsockname()[1]
        listening.shutdown(socket.SHUT_RDWR)
    thread.join()


@pytest.mark.parametrize("scheme", ["http", "https", "grpc", "grpcs"])
@pytest.mark.parametrize("data", [b"", b"\0" * 100, b"220 smtp\r\n", b"HTTP/1.1 200 OK\r\n\r\nhi"])
def test_another_program_at_the_port_is_a_line(scheme, data):
    with raw_server(data) as port:
        assert fault_of(f"{scheme}://127.0.0.1:{port}", retries=1, timeout=5)


@pytest.fixture(scope="module")
def authority():
    return trustme.CA()


@pytest.fixture(scope="module")
def ca_file(authority, tmp_path_factory):
    path = tmp_path_factory.mktemp("ca") / "ca.pem"
    authority.cert_pem.write_to_path(str(path))
    return path


@pytest.fixture(scope="module")
def certificate(authority):
    return authority.issue_cert("localhost", "127.0.0.1")


@contextmanager
def encrypted(scheme, certificate):
    """A server of a protocol by TLS; gives its place."""
    if scheme == "https":
        tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        certificate.configure_cert(tls)
        with RestServer(tls=tls) as server:
            yield f"127.0.0.1:{server.port}"
    else:
        key = certificate.private_key_pem.bytes()
        chain = b"".join(blob.bytes() for blob in certificate.cert_chain_pems)
        credentials = grpc.ssl_server_credentials([(key, chain)])
        with grpc_server(GrpcService(), credentials) as port:
            yield f"localhost:{port}"


@pytest.mark.parametrize("scheme", ["https", "grpcs"])
def test_encrypted_with_the_authority_s_file(scheme, certificate, ca_file):
    with encrypted(scheme, certificate) as place:
        for file in (ca_file, str(ca_file)):
            with Client(f"{scheme}://{place}", ca_file=file, api_key="key") as client:
                assert client.noise([3]).tolist() == [[3.0]]
        told = fault_of(f"{scheme}://{place}", retries=1)
        assert "certificate" in told.lower() or "handshake" in told.lower()


@pytest.mark.parametrize(("to", "scheme"), [("https", "http"), ("grpcs", "grpc")])
def test_plain_to_encrypted_is_a_line(to, scheme, certificate):
    with encrypted(to, certificate) as place:
        assert fault_of(f"{scheme}://{place}", retries=1, timeout=5)


def test_encrypted_to_plain_is_a_line_and_asked_once():
    with RestServer() as server:
        told = fault_of(f"https://127.0.0.1:{server.port}")
        assert "no encrypted connection" in told
    with grpc_server(GrpcService()) as port:
        told = fault_of(f"grpcs://127.0.0.1:{port}")
        assert "no encrypted connection" in told
        words = [sys.executable, "-m", "serving.client", f"grpcs://127.0.0.1:{port}", "--count=1"]
        done = subprocess.run(words, capture_output=True, text=True)
        assert (done.returncode, done.stderr) == (2, f"error: {told}\n")


def test_grpc_to_rest_and_the_reverse_are_lines():
    with RestServer() as server:
        assert "no server that speaks gRPC" in fault_of(f"grpc://127.0.0.1:{server.port}")
    with grpc_server(GrpcService()) as port:
        assert fault_of(f"http://127.0.0.1:{port}", retries=1, timeout=5)


@pytest.mark.parametrize(
    "fault", [answering(302, location="https://x"), answering(200, b"<html>"), dropped]
)
def test_the_command_ends_with_a_line_and_code_2(fault, tmp_path):
    with RestServer(faults=[fault] * 9) as server:
        words = [sys.executable, "-m", "serving.client", f"http://127.0.0.1:{server.port}", "a"]
        done = subprocess.run(
            [*words, "--out", str(tmp_path / "a.png")], capture_output=True, text=True
        )
    assert done.returncode == 2
    assert done.stderr.startswith("error: ")
    assert done.stderr.count("\n") == 1
    assert list(tmp_path.iterdir()) == []


def test_a_failure_half_way_keeps_the_pictures_before_it(tmp_path):
    model = Model()
    with RestServer(model) as server:
        real = model.generate

        def generate(**inputs):
            if len(model.rows) > 1:
                raise ValueError("enough")
            return real(**inputs)

        model.generate = generate
        words = [sys.executable, "-m", "serving.client", f"http://127.0.0.1:{server.port}"]
        done = subprocess.run(
            [*words, *("a" * 40), "--out", str(tmp_path / "all")], capture_output=True, text=True
        )
    assert done.returncode == 2
    assert done.stderr == "error: The server answers 400: enough\n"
    assert len(list((tmp_path / "all").iterdir())) == len(done.stdout.split()) == 32
