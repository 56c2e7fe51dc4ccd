"""The files for production: each is read by what will read it, or by its schema."""

import json
import re
from pathlib import Path

import kubernetes_validate
import pytest
import yaml

from keras_t2i.exporting.warmup import BATCH_SIZES
from serving.__main__ import parser
from serving.errors import ServingError
from serving.metrics import Metrics
from serving.settings import Policy, batching_of, metrics_path_of, models_of

ONE = 'name: "a" base_path: "/"'
DEPLOY = Path(__file__).parents[2] / "serving" / "deploy"


def documents(name):
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def test_the_text_protos():
    (model,) = models_of(DEPLOY / "models.config")
    assert (model.name, model.base_path, model.policy) == (
        "birds",
        Path("/models/birds"),
        Policy(1),
    )
    batching = batching_of(DEPLOY / "batching.config")
    assert batching.allowed_batch_sizes == BATCH_SIZES  # those that exports warm up
    assert metrics_path_of(DEPLOY / "monitoring.config") == "/monitoring/prometheus/metrics"


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("max_batch_size { value: 8 } allowed_batch_sizes: 4", "must be max_batch_size, 8"),
        ("allowed_batch_sizes: 8 allowed_batch_sizes: 4", "must rise"),
        ("max_batch_size { value: 0 }", "at least 1"),
        ("max_batch_sise { value: 8 }", "no text proto of BatchingParameters"),
    ],
)
def test_wrong_batching_is_named(tmp_path, text, words):
    (tmp_path / "batching.config").write_text(text)
    with pytest.raises(ServingError, match=words):
        batching_of(tmp_path / "batching.config")


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "names no model"),
        ('model_config_list { config { name: "a" } }', "needs a name and a base_path"),
        (f"model_config_list {{ config {{ {ONE} }} config {{ {ONE} }} }}", "'a' is named twice"),
        (f"model_config_list {{ config {{ {ONE} model_version_policy {{ specific {{}} }} }} }}",
         "needs versions"),
        ("model_config_lst {}", "no text proto of ModelServerConfig"),
    ],
)  # fmt: skip
def test_wrong_models_are_named(tmp_path, text, words):
    (tmp_path / "models.config").write_text(text)
    with pytest.raises(ServingError, match=words):
        models_of(tmp_path / "models.config")


def test_kubernetes_objects_fit_their_schemas():
    found = documents("kubernetes.yaml")
    assert [each["kind"] for each in found] == ["Deployment", "Service", "HorizontalPodAutoscaler"]
    for each in found:
        kubernetes_validate.validate(each, "1.34", strict=True)
    deployment, service, scaler = found
    pod = deployment["spec"]["template"]
    assert service["spec"]["selector"].items() <= pod["metadata"]["labels"].items()
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    (container,) = pod["spec"]["containers"]
    names = {port["name"] for port in container["ports"]}
    assert {port["targetPort"] for port in service["spec"]["ports"]} <= names
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_the_inference_service():
    (found,) = documents("kserve.yaml")
    assert found["apiVersion"] == "serving.kserve.io/v1beta1"
    predictor = found["spec"]["predictor"]
    assert predictor["model"]["modelFormat"] == {"name": "tensorflow"}
    assert predictor["model"]["storageUri"].startswith("pvc://")
    assert predictor["minReplicas"] <= predictor["maxReplicas"]


def test_compose_mounts_what_there_is_and_names_what_it_starts():
    (found,) = documents("compose.yaml")
    services = found["services"]
    for service in services.values():
        assert re.fullmatch(r"[\w./-]+:[\w.-]+", service["image"])
        for mount in service.get("volumes", []):
            source = (DEPLOY / mount.split(":")[0]).resolve()
            assert source.exists(), mount
        assert set(service.get("depends_on", [])) <= set(services)
    (scrape,) = documents("prometheus.yaml")[0]["scrape_configs"]
    host, port = scrape["static_configs"][0]["targets"][0].split(":")
    assert host in services
    assert f"{port}:{port}" in services[host]["ports"]
    assert scrape["metrics_path"] == metrics_path_of(DEPLOY / "monitoring.config")


def test_the_dashboard_asks_for_metrics_that_the_server_has():
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    (source,) = documents("grafana/datasource.yaml")[0]["datasources"]
    metrics = Metrics()
    with metrics.request("m", "Predict", "REST"):
        metrics.batch(3)
    known = set(re.findall(r"^(\S+?)(?:\{| )", metrics.text().decode(), re.M))
    for panel in dashboard["panels"]:
        assert panel["datasource"]["uid"] == source["uid"]
        for target in panel["targets"]:
            names = set(re.findall(r":[\w:]+", target["expr"]))
            assert names <= known, names - known


def test_the_flags_are_those_of_the_original():
    (compose,) = documents("compose.yaml")
    flags = {word.split("=")[0] for word in compose["services"]["serving"]["command"]}
    known = {option for action in parser()._actions for option in action.option_strings}
    assert flags - known <= {"--model_config_file_poll_wait_seconds"}
