"""Servers in threads of the tests' own process, which answer, and fail, as a test wants.

The model draws from captions: a picture of one colour (length of the caption, seed, 100 ×
truncation), as those of `tests.serving.models` do.
"""

import base64
import io
import json
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import grpc
import numpy as np
from google.protobuf import json_format
from PIL import Image

from serving import tensors
from serving.protos import (
    get_model_metadata_pb2,
    predict_pb2,
    prediction_service_pb2_grpc,
)


def tensor(dtype, *sizes):
    return {"dtype": dtype, "tensor_shape": {"dim": [{"size": str(size)} for size in sizes]}}


SIGNATURES = {
    "generate": {
        "inputs": {
            "caption": tensor("DT_STRING", -1),
            "seed": tensor("DT_INT64", -1),
            "truncation": tensor("DT_FLOAT", -1),
        },
        "outputs": {"image_bytes": tensor("DT_STRING", -1)},
    },
    "sample_noise": {
        "inputs": {"seed": tensor("DT_INT64", -1)},
        "outputs": {"noise": tensor("DT_FLOAT", -1, 1)},
    },
    "total": {
        "inputs": {"values": tensor("DT_FLOAT", -1)},
        "outputs": {"total": tensor("DT_FLOAT")},
    },
}
METADATA = {"metadata": {"signature_def": {"signature_def": SIGNATURES}}}


def png(*colour):
    held = io.BytesIO()
    Image.new("RGB", (4, 4), colour).save(held, "PNG")
    return held.getvalue()


class Model:
    """Model that counts the rows of each request.

    Args:
        most: Rows that a request may have; none above it.
    """

    def __init__(self, most=10**9):
        self.most, self.rows = most, []

    def run(self, name, inputs):
        """Columns of outputs, or a line that refuses."""
        count = len(next(iter(inputs.values())))
        self.rows.append(count)
        if count > self.most:
            raise ValueError(
                f"Task size {count} is not between 1 and the maximum batch size {self.most}."
            )
        return getattr(self, name)(**inputs)

    def generate(self, caption, seed, truncation):
        rows = zip(caption, seed, truncation, strict=True)
        return {"image_bytes": [png(len(c), s % 256, round(100 * t)) for c, s, t in rows]}

    def sample_noise(self, seed):
        return {"noise": [[float(number)] for number in seed]}

    def total(self, values):
        return {"total": sum(values)}


class RestServer:
    """REST API of a model.

    Args:
        model: Model.
        faults: Functions of the request's handler that answer the first requests in place of it.
        tls: TLS context, if any.

    `asked` holds method, path and headers of each request.
    """

    def __init__(self, model=None, faults=(), tls=None):
        self.model, self.faults, self.asked = model or Model(), list(faults), []
        owner = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def handle_one_request(self):
                try:
                    super().handle_one_request()
                except OSError:
                    self.close_connection = True

            def do_GET(self):
                body = self.rfile.read(int(self.headers.get("content-length", 0)))
                owner.asked.append((self.command, self.path, self.headers))
                if owner.faults:
                    owner.faults.pop(0)(self)
                elif self.command == "GET":
                    answer(self, 200, METADATA)
                else:
                    owner.predict(self, json.loads(body))

            do_POST = do_GET

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        if tls is not None:
            self.server.socket = tls.wrap_socket(
                self.server.socket, server_side=True, do_handshake_on_connect=False
            )
        self.port = self.server.server_port

    def predict(self, handler, body):
        try:
            outputs = self.model.run(body["signature_name"], body["inputs"])
        except ValueError as error:
            answer(handler, 400, {"error": str(error)})
            return
        held = {
            key: [_to_json(value) for value in column] if isinstance(column, list) else column
            for key, column in outputs.items()
        }
        (only,) = held.values()
        answer(handler, 200, {"outputs": only})

    def __enter__(self):
        self.thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def answer(handler, status, body=b"", **headers):
    """Answer a request; a body that is no bytes is sent as JSON."""
    data = body if isinstance(body, bytes) else json.dumps(body).encode()
    handler.send_response(status)
    for name, value in headers.items():
        handler.send_header(name.replace("_", "-"), value)
    handler.send_header("content-length", str(len(data)))
    handler.end_headers()
    handler.wfile.write(data)


def answering(status, body=b"", **headers):
    """A fault: another answer."""
    return lambda handler: answer(handler, status, body, **headers)


def dropped(handler):
    """A fault: the connection ends before the answer."""
    handler.close_connection = True
    handler.connection.close()


def _to_json(value):
    return {"b64": base64.b64encode(value).decode()} if isinstance(value, bytes) else value


class GrpcService(prediction_service_pb2_grpc.PredictionServiceServicer):
    """PredictionService of a model.

    Args:
        model: Model.
        faults: Codes and words that the first calls end with.

    `asked` holds the `ModelSpec` and the metadata of each call.
    """

    def __init__(self, model=None, faults=()):
        self.model, self.faults, self.asked = model or Model(), list(faults), []

    def _ask(self, request, context):
        self.asked.append((request.model_spec, dict(context.invocation_metadata())))
        if self.faults:
            context.abort(*self.faults.pop(0))

    def GetModelMetadata(self, request, context):
        self._ask(request, context)
        held = json_format.ParseDict(
            {"signature_def": SIGNATURES}, get_model_metadata_pb2.SignatureDefMap()
        )
        found = get_model_metadata_pb2.GetModelMetadataResponse()
        found.metadata["signature_def"].Pack(held)
        return found

    def Predict(self, request, context):
        self._ask(request, context)
        inputs = {
            key: [v.decode() if isinstance(v, bytes) else v for v in tensors.array(t, 0).tolist()]
            for key, t in request.inputs.items()
        }
        try:
            outputs = self.model.run(request.model_spec.signature_name, inputs)
        except ValueError as error:
            context.abort(grpc.StatusCode.INVALID_ARGUMENT, str(error))
        found = predict_pb2.PredictResponse()
        for key, column in outputs.items():
            texts = isinstance(column, list) and isinstance(column[0], bytes)
            made = np.array(column, object if texts else np.float32)
            found.outputs[key].CopyFrom(tensors.proto(made))
        return found


@contextmanager
def grpc_server(service, credentials=None):
    """Serve it; gives the port."""
    server = grpc.server(ThreadPoolExecutor(8))
    prediction_service_pb2_grpc.add_PredictionServiceServicer_to_server(service, server)
    place = "127.0.0.1:0" if credentials is None else "localhost:0"
    if credentials is None:
        port = server.add_insecure_port(place)
    else:
        port = server.add_secure_port(place, credentials)
    server.start()
    try:
        yield port
    finally:
        server.stop(None).wait()
