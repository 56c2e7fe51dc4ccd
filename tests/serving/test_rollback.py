"""The embedded server follows what `push` publishes and rolls back."""

import json
import time

from keras_t2i.commands.push import Arguments, push
from keras_t2i.exporting import lineage
from tests.serving.half_plus_two import write_half_plus_two
from tests.serving.running import Running


def published(models, number, replaces, add):
    write_half_plus_two(models / str(number), add=add)
    lineage.append(models, {"version": number, "decision": "published", "replaces": replaces})


def states(running):
    _, _, body = running.ask("GET", "/v1/models/half")
    known = json.loads(body)["model_version_status"]
    return {each["version"]: each["state"] for each in known}


def wait_for_version(running, version, seconds=60):
    end = time.monotonic() + seconds
    while states(running).get(version) != "AVAILABLE":
        assert time.monotonic() < end, states(running)
        time.sleep(0.2)


def test_the_server_takes_a_rollback_for_the_newest_version(tmp_path):
    models = tmp_path / "half"
    published(models, 1, None, 2.0)
    published(models, 2, 1, 10.0)
    flags = ("--model_name=half", f"--model_base_path={models}")
    with Running(*flags, "--file_system_poll_wait_seconds=1") as running:
        wait_for_version(running, "2")
        assert set(states(running)) == {"2"}  # and nothing of lineage.jsonl
        assert running.predict([1.0], "half")[1] == {"predictions": [10.5]}
        assert push(Arguments(to=models, rollback=True)) == models / "3"
        wait_for_version(running, "3")
        end = time.monotonic() + 30
        while running.predict([1.0], "half")[1] != {"predictions": [2.5]}:
            assert time.monotonic() < end
            time.sleep(0.2)
