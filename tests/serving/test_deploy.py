"""The files for production: each is read by what will read it, or by its schema."""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import kubernetes_validate
import promql_parser
import pytest
import yaml

from keras_t2i.catalogue import DEFAULT
from keras_t2i.exporting.warmup import BATCH_SIZES
from serving.__main__ import parser
from serving.errors import ServingError
from serving.metrics import Metrics
from serving.settings import Policy, batching_of, metrics_path_of, models_of

ONE = 'name: "a" base_path: "/"'
ROOT = Path(__file__).parents[2]
DEPLOY = ROOT / "serving" / "deploy"

_HISTOGRAM = ("_bucket", "_sum", "_count")
_TENSORFLOW_SERVING = {
    # Names of tensorflow_model_server's page, from its sources: a metric "/a/b" is ":a:b" there.
    # tensorflow_serving/servables/tensorflow/util.cc
    ":tensorflow:serving:request_count": ("",),
    ":tensorflow:serving:request_latency": _HISTOGRAM,
    ":tensorflow:serving:runtime_latency": _HISTOGRAM,
    # tensorflow_serving/batching/batching_session.cc
    ":tensorflow:serving:batching_session:queuing_latency": _HISTOGRAM,
    ":tensorflow:serving:batching_session:input_batch_size": ("_sum", "_count"),
    ":tensorflow:serving:batching_session:processed_batch_size": ("_sum", "_count"),
    # tensorflow/cc/saved_model/loader.cc
    ":tensorflow:cc:saved_model:load_attempt_count": ("",),
}
_PROMETHEUS = {"up"}  # its own, of every target


def documents(name):
    return list(yaml.safe_load_all((DEPLOY / name).read_text()))


def test_the_text_protos():
    (model,) = models_of(DEPLOY / "models.config")
    assert model.policy == Policy(1)
    # `docker compose up` right after `make fit`: ./saved_models is /models there.
    assert (model.name, model.base_path) == (DEFAULT, Path("/models") / DEFAULT)
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
    for each in found:
        kubernetes_validate.validate(each, "1.34", strict=True)
    kinds = [each["kind"] for each in found]
    assert kinds == [
        "Deployment", "Service", "Service", "NetworkPolicy", "PodDisruptionBudget",
        "HorizontalPodAutoscaler",
    ]  # fmt: skip
    deployment, rest, grpc, network, budget, scaler = found
    pod = deployment["spec"]["template"]
    labels = pod["metadata"]["labels"]
    selectors = [
        rest["spec"]["selector"],
        grpc["spec"]["selector"],
        network["spec"]["podSelector"]["matchLabels"],
        budget["spec"]["selector"]["matchLabels"],
        *(s["labelSelector"]["matchLabels"] for s in pod["spec"]["topologySpreadConstraints"]),
    ]
    assert all(selector.items() <= labels.items() for selector in selectors)
    assert scaler["spec"]["scaleTargetRef"]["name"] == deployment["metadata"]["name"]
    assert "replicas" not in deployment["spec"]  # an `apply` would undo what the autoscaler did
    (container,) = pod["spec"]["containers"]
    names = {port["name"] for port in container["ports"]}
    ports = [port["targetPort"] for service in (rest, grpc) for port in service["spec"]["ports"]]
    allowed = [port["port"] for rule in network["spec"]["ingress"] for port in rule["ports"]]
    assert {*ports} == {*allowed} == names
    assert grpc["spec"]["clusterIP"] == "None"  # else all calls of a connection go to one pod
    volumes = {volume["name"] for volume in pod["spec"]["volumes"]}
    assert {mount["name"] for mount in container["volumeMounts"]} == volumes


def test_pods_may_do_nothing_that_they_need_not():
    pod = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]
    (container,) = pod["containers"]
    assert pod["automountServiceAccountToken"] is False
    assert pod["securityContext"]["runAsNonRoot"] is True
    assert pod["securityContext"]["seccompProfile"] == {"type": "RuntimeDefault"}
    assert container["securityContext"] == {
        "allowPrivilegeEscalation": False,
        "readOnlyRootFilesystem": True,
        "capabilities": {"drop": ["ALL"]},
    }
    assert container["resources"]["limits"]["memory"]
    probes = [container[probe] for probe in ("readinessProbe", "startupProbe")]
    assert {probe["httpGet"]["path"] for probe in probes} == {f"/v1/models/{DEFAULT}"}


def test_one_command_makes_objects_and_configuration():
    (found,) = documents("kustomization.yaml")
    assert all((DEPLOY / name).exists() for name in found["resources"])
    (config,) = found["configMapGenerator"]
    volumes = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]["volumes"]
    assert {"name": config["name"]} in [volume.get("configMap") for volume in volumes]
    asked = [flag.split("/config/")[1] for flag in flags("kubernetes") if "/config/" in flag]
    assert sorted(config["files"]) == sorted(asked)
    if shutil.which("kubectl"):
        made = subprocess.run(
            ["kubectl", "kustomize", DEPLOY], capture_output=True, text=True, check=True
        )
        objects = list(yaml.safe_load_all(made.stdout))
        assert len(objects) == 1 + len(documents("kubernetes.yaml"))


def test_the_inference_service():
    (found,) = documents("kserve.yaml")
    assert found["apiVersion"] == "serving.kserve.io/v1beta1"
    predictor = found["spec"]["predictor"]
    assert predictor["model"]["modelFormat"] == {"name": "tensorflow"}
    assert predictor["model"]["storageUri"] == f"pvc://t2i-models/{DEFAULT}"
    assert predictor["minReplicas"] <= predictor["maxReplicas"]
    assert predictor["automountServiceAccountToken"] is False
    volumes = {volume["name"] for volume in predictor["volumes"]}
    assert {mount["name"] for mount in predictor["model"]["volumeMounts"]} == volumes


def test_one_version_of_the_server_everywhere_and_it_is_the_one_that_was_tried():
    found = {
        documents("compose.yaml")[0]["services"]["serving"]["image"],
        documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]["containers"][0]["image"],
        f"tensorflow/serving:{documents('kserve.yaml')[0]['spec']['predictor']['model']['runtimeVersion']}",
    }
    (tried,) = re.findall(r"^SERVING_VERSION := (\S+)$", (ROOT / "Makefile").read_text(), re.M)
    assert found == {f"tensorflow/serving:{tried}"}


def test_compose_mounts_what_there_is_and_names_what_it_starts():
    (found,) = documents("compose.yaml")
    services = found["services"]
    for service in services.values():
        assert re.fullmatch(r"[\w./-]+:[\w.-]+", service["image"])
        for mount in service.get("volumes", []):
            source = mount.split(":")[0]
            assert source in found["volumes"] or (DEPLOY / source).resolve().exists(), mount
        assert set(service.get("depends_on", [])) <= set(services)
    (scrape,) = documents("prometheus.yaml")[0]["scrape_configs"]
    host, port = scrape["static_configs"][0]["targets"][0].split(":")
    assert host in services
    assert f"127.0.0.1:{port}:{port}" in services[host]["ports"]
    assert scrape["metrics_path"] == metrics_path_of(DEPLOY / "monitoring.config")
    mounted = [mount.split(":")[0] for mount in services["prometheus"]["volumes"]]
    assert {f"./{name}" for name in documents("prometheus.yaml")[0]["rule_files"]} <= {*mounted}


def test_compose_is_bounded_watched_and_open_to_this_machine_alone():
    (found,) = documents("compose.yaml")
    for service in found["services"].values():
        assert all(port.startswith("127.0.0.1:") for port in service["ports"])
        assert service["mem_limit"]
        assert service["healthcheck"]["test"]
        assert service["read_only"] is True
        assert service["cap_drop"] == ["ALL"]
        kept = {mount.split(":")[0] for mount in service["volumes"]} & {*found["volumes"]}
        assert kept or service["image"].startswith("tensorflow/serving")
    check = found["services"]["serving"]["healthcheck"]["test"][-1]
    assert f"GET /v1/models/{DEFAULT} " in check
    grafana = found["services"]["grafana"]["environment"]
    assert grafana["GF_SECURITY_DISABLE_INITIAL_ADMIN_CREATION"] == "true"  # no admin/admin
    assert grafana["GF_AUTH_ANONYMOUS_ORG_ROLE"] == "Viewer"
    assert not [name for name in grafana if "PASSWORD" in name]
    (provider,) = documents("grafana/provider.yaml")[0]["providers"]
    mounts = dict(mount.split(":")[:2] for mount in found["services"]["grafana"]["volumes"])
    place = mounts["./grafana/dashboard.json"]
    assert Path(place).parent == Path(provider["options"]["path"])


def names_in(query):
    """Names of the metrics that a query asks for; a query that cannot be parsed fails."""
    asked = query.replace("$__rate_interval", "1m").replace("$model", ".*")
    return set(re.findall(r"(?<![\w\"])(:[\w:]+|up)\b", str(promql_parser.parse(asked))))


def of_tensorflow_serving():
    names = {name + end for name, ends in _TENSORFLOW_SERVING.items() for end in ends}
    return names | _PROMETHEUS


def of_the_embedded_server():
    metrics = Metrics()
    with metrics.request("m", "Predict", "REST"):
        metrics.batch(3)
    return set(re.findall(r"^(\S+?)(?:\{| )", metrics.text().decode(), re.M)) | _PROMETHEUS


def test_the_dashboard_asks_for_metrics_that_the_servers_have():
    dashboard = json.loads((DEPLOY / "grafana" / "dashboard.json").read_text())
    (source,) = documents("grafana/datasource.yaml")[0]["datasources"]
    panels = dashboard["panels"]
    (row,) = [place for place, panel in enumerate(panels) if panel["type"] == "row"]
    assert panels[row]["title"] == "Of TensorFlow Serving alone"
    for place, panel in enumerate(panels):
        for target in panel.get("targets", []):
            assert panel["datasource"]["uid"] == source["uid"]
            names = names_in(target["expr"])
            assert names, target["expr"]
            assert names <= of_tensorflow_serving(), panel["title"]
            assert (names <= of_the_embedded_server()) == (place < row), panel["title"]


def test_the_alert_rules():
    rules = [rule for group in documents("alerts.yaml")[0]["groups"] for rule in group["rules"]]
    for rule in rules:
        assert names_in(rule["expr"]) <= of_tensorflow_serving(), rule["alert"]
    tried = {
        case["alertname"]
        for test in documents("alerts_test.yaml")[0]["tests"]
        for case in test["alert_rule_test"]
    }
    assert {rule["alert"] for rule in rules} == tried


@pytest.mark.skipif(shutil.which("promtool") is None, reason="needs promtool")
@pytest.mark.parametrize(
    "command",
    [("check", "config", "prometheus.yaml"), ("test", "rules", "alerts_test.yaml")],
)
def test_prometheus_takes_its_files(command):
    done = subprocess.run(
        ["promtool", *command], cwd=DEPLOY, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def flags(place):
    if place == "compose":
        return documents("compose.yaml")[0]["services"]["serving"]["command"]
    if place == "kubernetes":
        pod = documents("kubernetes.yaml")[0]["spec"]["template"]["spec"]
        return pod["containers"][0]["args"]
    return documents("kserve.yaml")[0]["spec"]["predictor"]["model"]["args"]


@pytest.mark.parametrize("place", ["compose", "kubernetes", "kserve"])
def test_the_flags_are_those_of_the_original(place):
    known = {option for action in parser()._actions for option in action.option_strings}
    asked = {word.split("=")[0] for word in flags(place)}
    assert asked <= known


def test_the_dockerfile_is_linted():
    program = Path(sys.executable).with_name("hadolint")
    done = subprocess.run(
        [program, ROOT / "Dockerfile"], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout


def test_images_are_built_of_what_the_package_needs_and_nothing_else():
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    rules = [line for line in ignored if line and not line.startswith("#")]
    assert rules[0] == "*"
    taken = {line[1:] for line in rules if line.startswith("!")}
    assert all((ROOT / name).exists() for name in taken)
    links = [path for path in (ROOT / "keras_t2i").iterdir() if path.is_symlink()]
    needed = {path.resolve().name for path in links} | {"keras_t2i", "pyproject.toml", "setup.py"}
    assert needed <= {Path(name).parts[0] for name in taken}
