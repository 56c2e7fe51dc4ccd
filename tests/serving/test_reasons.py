"""What a client is told of TensorFlow's errors: their reason, not the graph around it."""

import pytest

from serving.worker.model import reason_of

_WHY = "Feature: x (data type: float) is required but could not be found."


@pytest.mark.parametrize(
    "around",
    [
        "",
        "Graph execution error:\n\nDetected at node a/b defined at (most recent call last):\n"
        "<stack traces unavailable>\n",
        "Graph execution error:\n\nDetected at node 'a/b' defined at (most recent call last):\n"
        '  File "/x/y.py", line 912, in load\n\n  File "/x/z.py", line 3, in f\n',
        "Graph execution error:\n\nDetected at node 'a/b' defined at (most recent call last):\n"
        "    File \"/x/y.py\", line 912, in load\nNode: 'a/b'\n",
    ],
)
def test_reasons(around):
    message = f"{around}{_WHY}\n\t [[{{{{node a/b}}}}]] [Op:__inference_signature_3]"
    assert reason_of(message) == _WHY
