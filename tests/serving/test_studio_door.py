"""What the page's server takes and keeps."""

import asyncio
import json
import os
import time

import httpx
import pytest

from serving.client import ClientError
from serving.studio.accounts import accounts_of_file
from serving.studio.door import Door
from serving.studio.folder import Folder, temporary_folder

API = "/gradio_api"


class Inside:
    """A server behind the door that takes everything, and waits while it is told to."""

    def __init__(self):
        self.bodies, self.open = [], asyncio.Event()
        self.open.set()

    async def __call__(self, scope, receive, send):
        await self.open.wait()
        body, more = b"", scope["method"] == "POST"
        while more:
            message = await receive()
            body, more = body + message["body"], message.get("more_body", False)
        self.bodies.append(body)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"in"})


@pytest.fixture
def inside():
    return Inside()


def door(inside, folder, *uploads, presses=0):
    return Door(inside, Folder(folder), frozenset(uploads), 1000, lambda _: presses, 3)


def status(made, method, path, **more):
    """The status of an answer."""

    async def ask():
        transport = httpx.ASGITransport(made)
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            return (await client.request(method, path, **more)).status_code

    return asyncio.run(ask())


@pytest.mark.parametrize("path", ["/", "/config", "/assets/a.js", f"{API}/queue/data"])
def test_what_the_page_reads_is_let_in(inside, tmp_path, path):
    assert status(door(inside, tmp_path), "GET", path) == 200


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", f"{API}/proxy=http://example.com/"),
        ("GET", f"{API}/file=http://example.com/a.png"),
        ("GET", f"{API}/file=/etc/passwd"),
        ("GET", "/monitoring/summary"),
        ("GET", f"{API}/runs"),
        ("POST", f"{API}/run-history/connect"),
        ("POST", f"{API}/process_recording"),
        ("POST", f"{API}/call/draw"),
        ("POST", f"{API}/upload"),
        ("POST", f"{API}/component_server"),
        ("PUT", f"{API}/upload"),
        ("DELETE", "/"),
    ],
)
def test_all_else_is_refused(inside, tmp_path, method, path):
    content = {} if method == "GET" else {"content": b"{}"}
    assert status(door(inside, tmp_path), method, path, **content) in (403, 404, 405)
    assert inside.bodies == []


def test_files_of_the_folder_alone_are_read(inside, tmp_path):
    (tmp_path / "in").mkdir()
    made = door(inside, tmp_path / "in")
    assert status(made, "GET", f"{API}/file={tmp_path}/in/a.png") == 200
    assert status(made, "GET", f"{API}/file={tmp_path}/in/../a.png") == 403
    assert status(made, "GET", f"{API}/file={tmp_path}/in/%2e%2e/a.png") == 403


def test_files_come_in_where_a_field_takes_some_up_to_a_size(inside, tmp_path):
    made = door(inside, tmp_path, "upload")
    assert status(made, "POST", f"{API}/upload", content=b"x" * 1000) == 200
    assert status(made, "POST", f"{API}/upload", content=b"x" * 1001) == 413
    assert status(made, "POST", f"{API}/component_server", content=b"x") == 404

    async def parts():
        yield b"x"

    assert status(made, "POST", f"{API}/upload", content=parts()) == 411
    assert len(inside.bodies) == 1


def test_no_files_come_in_when_there_are_too_many(inside, tmp_path, monkeypatch):
    monkeypatch.setattr("serving.studio.folder._LARGEST", 5)
    made = door(inside, tmp_path, "upload")
    (tmp_path / "a").write_bytes(b"12345")
    assert status(made, "POST", f"{API}/upload", content=b"x") == 200
    (tmp_path / "b").write_bytes(b"6")
    assert status(made, "POST", f"{API}/upload", content=b"x") == 507


def test_requests_arrive_whole_and_bounded(inside, tmp_path):
    made, path = door(inside, tmp_path), f"{API}/queue/join"
    body = json.dumps({"data": ["a red bird"], "session_hash": "s"}).encode()
    assert status(made, "POST", path, content=body) == 200
    assert inside.bodies == [body]
    assert status(made, "POST", path, content=b" " * 262_145) == 413
    assert status(made, "POST", path, content=b"{") == 400
    assert status(made, "POST", path, content=b"[" * 100_000) == 400


@pytest.mark.parametrize("address", ["http://127.0.0.1:1/a.png", "https://a.b/c", "file:///etc"])
def test_no_address_is_fetched_for_a_visitor(inside, tmp_path, address):
    file = {"path": address, "meta": {"_type": "gradio.FileData"}}
    made, data = door(inside, tmp_path), {"data": [[{"background": file}]]}
    assert status(made, "POST", f"{API}/queue/join", json=data) == 400
    file["path"] = "/tmp/a.png"
    assert status(made, "POST", f"{API}/queue/join", json=data) == 200


def test_a_visitor_has_so_many_presses(inside, tmp_path):
    path = f"{API}/queue/join"
    assert status(door(inside, tmp_path, presses=2), "POST", path, json={}) == 200
    assert status(door(inside, tmp_path, presses=3), "POST", path, json={}) == 429


def test_presses_that_come_together_are_counted(inside, tmp_path):
    """Also while their bodies arrive."""
    made = door(inside, tmp_path, presses=1)

    async def body():
        await inside.open.wait()
        yield b"{}"

    async def ask():
        inside.open.clear()
        transport, headers = httpx.ASGITransport(made), {"content-length": "2"}
        async with httpx.AsyncClient(transport=transport, base_url="http://page") as client:
            asked = [
                asyncio.create_task(
                    client.post(f"{API}/queue/join", content=body(), headers=headers)
                )
                for _ in range(9)
            ]
            await asyncio.sleep(0.2)
            inside.open.set()
            return sorted(answer.status_code for answer in await asyncio.gather(*asked))

    assert asyncio.run(ask()) == [200] * 2 + [429] * 7
    assert not made._entering


def test_passwords_cannot_be_tried_fast(inside, tmp_path):
    made = door(inside, tmp_path)
    found = [status(made, "POST", "/login", data={"username": "a"}) for _ in range(11)]
    assert found == [200] * 10 + [429]


def test_files_go_with_their_age_and_with_their_number(tmp_path):
    folder = Folder(tmp_path)
    (tmp_path / "shown").write_bytes(b"12345")
    folder.keep()
    now = time.time()
    for name, age in (("old/a", 700), ("b", 60), ("c", 30), ("d", 1)):
        path = tmp_path / name
        path.parent.mkdir(exist_ok=True)
        path.write_bytes(b"12345")
        os.utime(path, (now - age, now - age))
    folder.sweep()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["b", "c", "d", "shown"]
    folder.sweep(largest=10)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c", "d", "shown"]


def test_the_folder_goes_with_the_page():
    before = os.environ.get("GRADIO_TEMP_DIR")
    with temporary_folder() as folder:
        assert os.environ["GRADIO_TEMP_DIR"] == str(folder.path)
        (folder.path / "left").write_bytes(b"1")
    assert not folder.path.exists()
    assert os.environ.get("GRADIO_TEMP_DIR") == before


def test_accounts(tmp_path):
    file = tmp_path / "accounts"
    file.write_text("# who\n\nanna:a:b c\n ben:x \n", "utf-8")
    assert accounts_of_file(file) == [("anna", "a:b c"), ("ben", "x")]


@pytest.mark.parametrize(
    ("content", "rule"),
    [
        (b"# nobody\n", "nobody in it"),
        (b"anna:a\nsecret\n", "line 2 must be NAME:PASSWORD"),
        (b":secret\n", "line 1 must be"),
        (b"anna:a\nanna:b\n", "line 2 names anna again"),
        (b"\xff", "no UTF-8"),
        (None, "No such file"),
    ],
)
def test_accounts_that_are_none_are_told(tmp_path, content, rule):
    file = tmp_path / "accounts"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(ClientError, match=rule) as caught:
        accounts_of_file(file)
    assert "secret" not in str(caught.value)
