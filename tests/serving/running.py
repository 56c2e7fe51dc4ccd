"""A server in a process of its own."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time


def free_port():
    with socket.socket() as made:
        made.bind(("127.0.0.1", 0))
        return made.getsockname()[1]


def wait_for(condition, seconds=30):
    """Wait until a condition holds."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end
        time.sleep(0.05)


class Running:
    """`python -m serving` with some flags, until the block ends; `package` is its other name."""

    def __init__(self, *flags, grpc=False, package="serving"):
        self.port, self.grpc_port = free_port(), free_port() if grpc else 0
        words = [sys.executable, "-m", package, "--host=127.0.0.1"]
        words += [f"--rest_api_port={self.port}", f"--port={self.grpc_port}", *flags]
        self.child = subprocess.Popen(
            words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
            env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "3"},
        )  # fmt: skip

    def __enter__(self):
        end = time.monotonic() + 60
        while time.monotonic() < end:
            if self.child.poll() is not None:
                raise RuntimeError(self.child.stdout.read())
            try:
                self.ask("GET", "/v1/models/none")
                return self
            except OSError:
                time.sleep(0.1)
        raise TimeoutError

    def __exit__(self, *_):
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        try:
            self.output = self.child.communicate(timeout=40)[0]
        except subprocess.TimeoutExpired:
            self.child.kill()
            raise

    def ask(self, method, path, body=None, headers=None, timeout=30):
        """Status, headers and body of an answer."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=timeout)
        try:
            text = json.dumps(body) if isinstance(body, dict | list) else body
            connection.request(method, path, text, headers or {})
            answer = connection.getresponse()
            return answer.status, answer.headers, answer.read()
        finally:
            connection.close()

    def predict(self, instances, model="default", **more):
        """The predictions for instances."""
        body = {"instances": instances, **more}
        status, _, text = self.ask("POST", f"/v1/models/{model}:predict", body)
        return status, json.loads(text)
