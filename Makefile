PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
ORACLE_VENV ?= .venv-oracles
# Test processes side by side; each takes about 4 GB.
WORKERS ?= 2
# TensorFlow Serving of the deploy files: the newest image that is known, older than the exporter.
SERVING_VERSION := 2.19.1
OLDER_TENSORFLOW := $(CURDIR)/build/tensorflow-$(SERVING_VERSION)

.PHONY: fit test lint slow docs results oracles older clean

# Train the default preset on birds that it draws itself: pictures in minutes.
fit: $(VENV)/.installed
	$(BIN)/python -m keras_t2i.fit $(ARGS)

test: lint docs
	$(BIN)/python -m pytest -n $(WORKERS) --dist loadfile --no-loadscope-reorder $(ARGS)

# Style, the direction of imports, types.
lint: $(VENV)/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy

slow: $(VENV)/.installed-dev
	$(BIN)/python -m pytest -m slow $(ARGS)

# The documents as a site in build/site; a dead link, a missing picture or anchor fails.
docs: $(VENV)/.installed-dev
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

# Write the documents' tables from benchmarks/results; ARGS=--age says which figures have older code.
results: $(VENV)/.installed-dev
	$(BIN)/python -m benchmarks.results $(ARGS)

# Record tests/oracles/oracles.json anew with TensorFlow 2.15, tensorflow-addons and tensorflow-gan.
oracles: $(ORACLE_VENV)/.installed
	$(ORACLE_VENV)/bin/python tests/oracles/record.py

# Run exported models in the C library of the TensorFlow that the deploy files' server holds.
older: $(VENV)/.installed-dev $(OLDER_TENSORFLOW)/.installed
	KERAS_T2I_OLDER_TENSORFLOW=$(OLDER_TENSORFLOW) $(BIN)/python -m pytest tests/serving/test_older_server.py $(ARGS)

$(OLDER_TENSORFLOW)/.installed: | $(VENV)/.installed
	$(BIN)/python -m pip install --quiet --no-deps --python-version 3.11 --only-binary=:all: --target $(@D) tensorflow-cpu==$(SERVING_VERSION)
	touch $@

$(VENV)/.installed: pyproject.toml
	$(PYTHON) -c 'import sys; sys.exit(None if sys.version_info >= (3, 11) else "keras-t2i needs Python 3.11 or later; set PYTHON=python3.11")'
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet -e '.[serving]'
	touch $@

$(VENV)/.installed-dev: $(VENV)/.installed
	$(BIN)/python -m pip install --quiet -e '.[dev]'
	touch $@

$(ORACLE_VENV)/.installed: tests/oracles/requirements.txt
	$(PYTHON) -m venv $(ORACLE_VENV)
	$(ORACLE_VENV)/bin/python -m pip install --quiet -r tests/oracles/requirements.txt
	touch $@

clean:
	rm -rf $(VENV) $(ORACLE_VENV) build *.egg-info
