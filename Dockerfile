# Images of keras-t2i. Training, on the CPU, and on NVIDIA GPUs:
#   docker build --target training -t keras-t2i:training .
#   docker build --target training --build-arg EXTRAS=serving,cuda -t keras-t2i:training-cuda .
# With gcs or s3 among the extras it reads and writes gs:// or s3://.
# The embedded server of exported models:
#   docker build --target server -t keras-t2i:server .
# CUDA's libraries come from PyPI with TensorFlow; the host brings the driver and NVIDIA's
# container toolkit.
ARG PYTHON=3.12

FROM python:${PYTHON}-slim-bookworm AS wheel
WORKDIR /source
COPY . .
RUN python -m pip wheel --no-cache-dir --no-deps --wheel-dir /wheels .

FROM python:${PYTHON}-slim-bookworm AS base
ENV PYTHONUNBUFFERED=1 \
    PIP_DISABLE_PIP_VERSION_CHECK=1 \
    HOME=/tmp
# Nothing runs as root, and the programs do not belong to who runs them; `docker run -u` takes
# another user, who has no home: so it is /tmp.
RUN useradd --uid 65532 --user-group keras-t2i
WORKDIR /work

FROM base AS training
ARG EXTRAS=serving
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir "$(echo /wheels/*.whl)[${EXTRAS}]"
ENV NVIDIA_VISIBLE_DEVICES=all \
    NVIDIA_DRIVER_CAPABILITIES=compute,utility
USER 65532:65532
# Data, runs and models lie in /work, a folder of the host's (docs/howto/deploying.md).
ENTRYPOINT ["python", "-m"]
CMD ["keras_t2i.fit", "--help"]

FROM base AS server
RUN --mount=type=bind,from=wheel,source=/wheels,target=/wheels \
    python -m pip install --no-cache-dir "$(echo /wheels/*.whl)[serving]"
USER 65532:65532
EXPOSE 8500 8501
HEALTHCHECK --interval=10s --timeout=5s --start-period=120s --retries=3 \
    CMD ["python", "-c", "import socket; socket.create_connection(('127.0.0.1', 8501), 3)"]
ENTRYPOINT ["python", "-m", "keras_t2i.serving", "--host=0.0.0.0", "--port=8500", "--rest_api_port=8501"]
CMD ["--model_config_file=/config/models.config"]
