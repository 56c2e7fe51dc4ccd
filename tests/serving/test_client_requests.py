"""What the client asks: versions, parts, tokens, waits; the same from coroutines."""

import asyncio
import email.utils
import io
import os
import subprocess
import sys
import time
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from keras_t2i.commands import generate
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.images import open_picture
from serving.client import AsyncClient, Client, ClientError, places
from serving.client.errors import Busy, Dropped
from serving.client.pictures import opened, to_png
from serving.client.retrying import RetryingConnection
from serving.client.sources import sources_of
from serving.client.waiting import finished
from tests.serving.fakes import GrpcService, Model, RestServer, answering, grpc_server


@pytest.fixture(params=["http", "grpc"])
def serve(request):
    """A function that serves a model, and gives its URL and what is asked of it."""
    opened = []

    def serve(model=None):
        if request.param == "http":
            server = RestServer(model)
            opened.append(server)
            return f"http://127.0.0.1:{server.__enter__().port}", server.asked
        service = GrpcService(model)
        opened.append(grpc_server(service))
        return f"grpc://127.0.0.1:{opened[-1].__enter__()}", service.asked

    yield serve
    for server in opened:
        server.__exit__(None, None, None)


def colours(pictures):
    return [picture.getpixel((1, 1)) for picture in pictures]


@pytest.mark.parametrize(
    ("path", "more", "asked"),
    [
        ("", {"model": "m"}, "/v1/models/m"),
        ("/", {"model": "m", "version": 4}, "/v1/models/m/versions/4"),
        ("/v1/models/a%20b", {"model": "m"}, "/v1/models/a%20b"),
        ("/v1/models/m/", {}, "/v1/models/m"),
        ("/v1/models/m/versions/9", {}, "/v1/models/m/versions/9"),
        ("/v1/models/m/versions/9", {"version": 9}, "/v1/models/m/versions/9"),
        ("/v1/models/m", {"version": 0}, "/v1/models/m/versions/0"),
        ("/v1/models/m", {"label": "a/b"}, "/v1/models/m/labels/a%2Fb"),
        ("/v1/models/m/labels/stable", {}, "/v1/models/m/labels/stable"),
        ("/birds/v1/models/m/versions/2", {}, "/birds/v1/models/m/versions/2"),
    ],
)
def test_the_version_of_a_url_is_asked(path, more, asked):
    with RestServer() as server:
        client = Client(f"http://127.0.0.1:{server.port}{path}", **more)
        client.noise([1])
    assert [path for _, path, _ in server.asked] == [f"{asked}/metadata", f"{asked}:predict"]


def test_the_version_of_a_url_is_asked_over_grpc():
    service = GrpcService()
    with grpc_server(service) as port:
        for path in ("versions/9", "labels/stable", ""):
            Client(f"grpc://127.0.0.1:{port}/v1/models/a%20b/{path}").noise([1])
    held = [(s.name, s.WhichOneof("version_choice")) for s, _ in service.asked[::2]]
    assert held == [("a b", "version"), ("a b", "version_label"), ("a b", None)]
    assert [s.version.value for s, _ in service.asked] == [9, 9, 0, 0, 0, 0]
    assert [s.version_label for s, _ in service.asked] == ["", "", "stable", "stable", "", ""]


def test_a_client_says_which_version_it_asks():
    assert Client("http://x/v1/models/m/versions/9").version == 9
    assert Client("grpc://x/v1/models/m/labels/new").label == "new"


def test_many_rows_are_sent_in_parts(serve):
    model = Model()
    url, _ = serve(model)
    captions = ["a" * (1 + number % 9) for number in range(70)]
    drawn = Client(url).generate(captions, seed=5, truncation=0.5)
    assert model.rows == [32, 32, 6]
    assert colours(drawn) == [(len(c), 5 + i, 50) for i, c in enumerate(captions)]


def test_a_server_that_takes_fewer_is_sent_fewer(serve):
    model = Model(most=8)
    url, _ = serve(model)
    client = Client(url)
    assert colours(client.generate(["a"] * 20)) == [(1, seed, 100) for seed in range(20)]
    assert model.rows == [20, 8, 8, 4]
    client.noise(range(9))
    assert model.rows[4:] == [8, 1]


def test_what_says_no_fewer_is_told():
    faults = [answering(400, {"error": "Task size 1 is larger than maximum input batch size 1"})]
    with RestServer() as server:
        client = Client(f"http://127.0.0.1:{server.port}")
        assert client.signatures
        server.faults += faults
        with pytest.raises(ClientError, match="answers 400: Task size 1"):
            client.noise([1])


def test_the_words_of_tensorflow_serving_are_known_too():
    words = "Task size 5 is larger than maximum input batch size 3"
    with RestServer(faults=[]) as server:
        client = Client(f"http://127.0.0.1:{server.port}")
        assert client.signatures
        server.faults.append(answering(400, {"error": words}))
        assert client.noise(range(5)).ravel().tolist() == [0, 1, 2, 3, 4]
    assert server.model.rows == [3, 2]


def test_large_pictures_make_small_parts(monkeypatch):
    monkeypatch.setattr("serving.client.parts._LARGEST", 100)
    model = Model()
    with RestServer(model) as server:
        client = Client(f"http://127.0.0.1:{server.port}")
        drawn = client.generate(["a" * 40, "b" * 40, "c" * 200, "d"])
    assert model.rows == [1, 1, 1, 1]
    assert [colour[0] for colour in colours(drawn)] == [40, 40, 200, 1]


def test_a_photograph_of_too_many_pixels_is_sent_smaller():
    for size, wanted in (((8000, 4000), (5792, 2896)), ((20, 10), (20, 10))):
        assert Image.open(io.BytesIO(to_png(Image.new("RGB", size)))).size == wanted


def test_nothing_is_asked_for_no_rows(serve):
    model = Model()
    url, _ = serve(model)
    assert Client(url).generate([]) == []
    assert model.rows == []


def test_a_signature_without_rows_is_asked_once(serve):
    model = Model()
    url, _ = serve(model)
    found = Client(url).call("total", {"values": list(range(100))})
    assert (found, model.rows) == ({"total": 4950.0}, [100])


def test_arrays_are_rows_too(serve):
    url, _ = serve()
    assert Client(url).call("sample_noise", {"seed": np.arange(2)}) == {"noise": [[0.0], [1.0]]}
    assert Client(url).noise(np.arange(2)).tolist() == [[0.0], [1.0]]


def tokens(asked):
    return [dict(one[-1]).get("authorization", dict(one[-1]).get("Authorization")) for one in asked]


def test_a_token_goes_with_each_request(serve, monkeypatch):
    monkeypatch.delenv("KERAS_T2I_API_KEY", raising=False)
    url, asked = serve()
    Client(url).noise([1])
    Client(url, api_key="given").noise([1])
    monkeypatch.setenv("KERAS_T2I_API_KEY", "of-the-environment")
    Client(url).noise([1])
    Client(url, api_key="given").noise([1])
    held = ["Bearer given"] * 2
    assert tokens(asked) == [None, None, *held, *["Bearer of-the-environment"] * 2, *held]


def test_a_token_and_a_password_are_told_to_nobody(monkeypatch):
    assert "secret" not in repr(Client("http://x", api_key="secret"))
    monkeypatch.setenv("KERAS_T2I_API_KEY", "of-the-environment")
    with RestServer() as server:
        Client(f"http://u:secret@127.0.0.1:{server.port}").noise([1])
        assert tokens(server.asked)[0].startswith("Basic ")
    for url in ("http://u:secret@127.0.0.1:1", "http://u:secret@127.0.0.1:1/x", "a://u:secret@x"):
        with pytest.raises(ClientError) as caught:
            Client(url, retries=0).metadata()
        assert "secret" not in str(caught.value)


class Recorded:
    """Waiting that takes no time, and a connection that is busy."""

    def __init__(self, *faults):
        self.faults, self.slept = list(faults), []

    async def sleep(self, seconds):
        self.slept.append(seconds)

    async def metadata(self):
        if self.faults:
            raise self.faults.pop(0)
        return {}


def asked(*faults, retries=4):
    held = Recorded(*faults)
    connection = RetryingConnection(held, "http://x", retries, 60.0, held)
    try:
        finished(connection.metadata())
    except ClientError as error:
        return held.slept, str(error)
    return held.slept, None


def test_waits_double_and_differ():
    found = [asked(*[Busy("full")] * 4)[0] for _ in range(50)]
    for number, waits in enumerate(zip(*found, strict=True)):
        longest = 0.25 * 2**number
        assert longest / 2 <= min(waits) < 0.65 * longest
        assert 0.85 * longest < max(waits) <= longest
    assert all(later > earlier * 0.99 for waits in found for earlier, later in pairwise(waits))


def test_a_server_s_wish_is_obeyed():
    assert asked(Busy("full", 7.0), Busy("full", 0.01)) == (
        [7.0, pytest.approx(0.375, abs=0.125)],
        None,
    )
    slept, line = asked(Busy("full", 3600.0))
    assert slept == []
    assert line == "http://x: busy (full); it asks to wait for 3600 s."


def test_attempts_are_counted():
    assert (
        asked(*[Busy("full")] * 5, retries=4)[1] == "http://x: no answer after 5 attempts (full)."
    )
    assert asked(Busy("full"), retries=0)[1] == "http://x: no answer after 1 attempts (full)."
    assert asked(Dropped("gone"), Busy("full"))[1] is None
    assert asked(Dropped("gone"), Busy("full"), Dropped("gone"))[1] is not None


@pytest.mark.parametrize(
    ("text", "wait"),
    [
        ("1", 1.0),
        ("0", 0.0),
        ("soon", 0.0),
        ("-5", 0.0),
        (-9, 0.0),
        (2, 1.0),
    ],
)
def test_retry_after_is_obeyed(text, wait):
    """As seconds, or as a date, which is so many seconds from now."""
    if isinstance(text, int):
        text = email.utils.formatdate(time.time() + text, usegmt=True)
    with RestServer(faults=[answering(503, {"error": "full"}, retry_after=text)]) as server:
        start = time.monotonic()
        Client(f"http://127.0.0.1:{server.port}").metadata()
        took = time.monotonic() - start
    assert wait <= took + 0.01
    assert len(server.asked) == 2


def test_the_same_from_coroutines(serve):
    model = Model(most=8)
    url, _ = serve(model)

    async def ask():
        async with AsyncClient(url) as client:
            drawn, noise = await asyncio.gather(client.generate(["a"] * 20, 3), client.noise([7]))
            assert (await client.signatures()).keys() >= {"generate", "sample_noise"}
            assert (await client.text_input()).name == "caption"
            with pytest.raises(ClientError, match="no signature 'classify'"):
                await client.labels([])
            return drawn, noise

    drawn, noise = asyncio.run(ask())
    assert colours(drawn) == colours(Client(url).generate(["a"] * 20, 3))
    assert noise.tolist() == [[7.0]]


def test_coroutines_wait_beside_each_other(serve):
    model = Model()
    real = model.sample_noise

    def slow(seed):
        time.sleep(0.5)
        return real(seed)

    model.sample_noise = slow
    url, _ = serve(model)

    async def ask():
        async with AsyncClient(url) as client:
            await client.signatures()
            start = time.monotonic()
            await asyncio.gather(*(client.noise([number]) for number in range(6)))
            return time.monotonic() - start

    assert asyncio.run(ask()) < 2.0  # 3 s one after the other


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_faults_are_the_same_from_coroutines(scheme):
    async def ask(url, **more):
        async with AsyncClient(url, **more) as client:
            with pytest.raises(ClientError) as caught:
                await client.noise([1])
            return str(caught.value)

    def slow(seed):
        time.sleep(1.0)
        return {"noise": [[0.0]]}

    assert "no answer after 2 attempts" in asyncio.run(ask(f"{scheme}://127.0.0.1:1", retries=1))
    model = Model()
    model.sample_noise = slow
    if scheme == "http":
        with RestServer(model) as server:
            told = asyncio.run(ask(f"http://127.0.0.1:{server.port}", timeout=0.5))
    else:
        with grpc_server(GrpcService(model)) as port:
            told = asyncio.run(ask(f"grpc://127.0.0.1:{port}", timeout=0.5))
    assert "no answer within 0.5 s." in told


def test_every_method_comes_in_both_colours():
    def public(kind):
        return {name for name in vars(kind) if not name.startswith("_")}

    assert public(AsyncClient) == public(Client)
    assert Client.generate.__doc__ == AsyncClient.generate.__doc__


def client_command(*words, **environment):
    own = {name: value for name, value in os.environ.items() if name != "KERAS_T2I_API_KEY"}
    return subprocess.run(
        [sys.executable, "-m", "serving.client", *map(str, words)],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env={**own, **environment},
    )


@pytest.mark.parametrize("scheme", ["http", "grpc"])
def test_tensorflow_is_not_imported(scheme):
    code = (
        "import sys; from pathlib import Path; from serving.client import Client, ClientError\n"
        f"try: Client('{scheme}://127.0.0.1:1', retries=0).noise([1])\n"
        "except ClientError: pass\n"
        "assert 'tensorflow' not in sys.modules\n"
        "assert 'libtensorflow' not in Path('/proc/self/maps').read_text()\n"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_the_command_saves_what_it_is_asked_for(serve, tmp_path):
    url, asked = serve()
    (tmp_path / "key").write_text("of-the-file\n")
    for name, kind in (("a.png", "PNG"), ("a.jpg", "JPEG"), ("a.webp", "WEBP")):
        done = client_command(
            f"{url}/v1/models/m", "--version", 3, "abc", "--seed", 9, "--out", tmp_path / name,
            "--api-key-file", tmp_path / "key", "--timeout", 20,
        )  # fmt: skip
        assert (done.returncode, done.stdout) == (0, f"{tmp_path / name}\n"), done.stderr
        with Image.open(tmp_path / name) as picture:
            assert picture.format == kind
            colour = picture.convert("RGB").getpixel((1, 1))
            assert colour == pytest.approx((3, 9, 100), abs=2)
    assert set(tokens(asked)) == {"Bearer of-the-file"}
    done = client_command(
        f"{url}/v1/models/m/labels/new",
        *["a"] * 40,
        "--out",
        tmp_path / "all",
        KERAS_T2I_API_KEY="k",
    )
    assert done.returncode == 0, done.stderr
    files = sorted((tmp_path / "all").iterdir())
    assert [path.name for path in files[::39]] == ["00000.png", "00039.png"]
    assert Image.open(files[39]).getpixel((1, 1)) == (1, 39, 100)
    assert tokens(asked)[-1] == "Bearer k"


@pytest.mark.parametrize(
    ("words", "line"),
    [
        (["a", "--truncation", "nan"], "The truncation must lie in [0, 1]. Received: nan."),
        (["a", "--seed", "9" * 20], "A seed must lie in [-2^63, 2^63)"),
        (["a", "b", "--seed", 2**63 - 1], "A seed must lie in [-2^63, 2^63); the last of 2"),
        (["a", "--timeout", "-1"], "The time-out must be above 0 s. Received: -1.0."),
        (["a", "--version", 1, "--label", "b"], "by its label, not by both"),
        (["a", "--ca-file", "x"], "certificates go with https:// or grpcs://"),
        (["a", "--api-key-file", "none"], "--api-key-file none: No such file or directory."),
        (["a", "--api-key-file", "taken.png"], "must hold one token"),
        (["a", "--out", "folder.png"], "--out folder.png ends in .png, but is a folder."),
        (["a", "--out", "taken.png"], "taken.png exists already; --overwrite replaces it"),
        (["a", "--out", "full"], "full/00000.png exists already; --overwrite replaces it"),
        (["a", "--out", "taken"], "--out taken must be a folder or end in .png, .jpg"),
        (["a", "--out", "a.gif"], "--out a.gif must be a folder or end in .png, .jpg"),
        (["a", "--out", "taken.png/x"], "is a file, and cannot hold"),
        (["a", "--out", "/proc/x/y.png"], "--out: nothing can be written to /proc/x (No such"),
        (["a", "--out", "x" * 300 + ".png"], "File name too long"),
        (["a", "b", "--out", "b.png"], "--out b.png is one file for 2 pictures; give a folder."),
        (["a", "--translate", "taken.png"], "Give either texts, or --count"),
        (["--translate", "taken.png", "--seed", 2], "do not go with --translate"),
        (["--translate", "none.png"], "none.png: no such picture."),
        (["--translate", "empty.png"], "empty.png: the picture is an empty file."),
        (["--translate", "taken"], "taken: no picture that can be read"),
        (["--translate", "cut.png"], "cut.png: no picture that can be read"),
        (["--translate", "none"], "none: no such picture."),
        (["--translate", "folder.png"], "folder.png: there are no pictures in it."),
        (["--count", 2, "--back"], "--back goes with --translate."),
        ([b"\xff"], r"\xff: is not UTF-8; write texts in UTF-8."),
    ],
)
def test_impossible_options_are_told_before_anything_is_asked(words, line, tmp_path, monkeypatch):
    """Nothing listens at the URL, whose message would be another one."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parents[2]))
    (tmp_path / "folder.png").mkdir()
    (tmp_path / "full").mkdir()
    for name in ("taken", "taken.png", "full/00000.png"):
        (tmp_path / name).write_text("not one token")
    (tmp_path / "empty.png").touch()
    noise = np.random.default_rng(0).integers(0, 256, (64, 64, 3), np.uint8)
    Image.fromarray(noise).save(tmp_path / "whole.png")
    (tmp_path / "cut.png").write_bytes((tmp_path / "whole.png").read_bytes()[:4000])
    before = sorted(tmp_path.rglob("*"))
    shown = [os.fsdecode(word) if isinstance(word, bytes) else word for word in words]
    done = client_command("http://127.0.0.1:1", *shown)
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("error: ")
    assert line in done.stderr
    assert done.stderr.count("\n") == 1
    assert sorted(tmp_path.rglob("*")) == before


def test_files_are_replaced_if_one_says_so(tmp_path):
    (tmp_path / "a.png").write_text("old")
    with RestServer() as server:
        words = (f"http://127.0.0.1:{server.port}", "a", "--out", tmp_path / "a.png")
        assert client_command(*words, "--overwrite").returncode == 0
    assert Image.open(tmp_path / "a.png").size == (4, 4)
    assert len(list(tmp_path.iterdir())) == 1


def test_pictures_of_folders_are_named_as_their_sources(tmp_path):
    for name in ("a.jpg", "b.c.png", "x/A.png", "x/y/d.webp", "x/y/note.txt", "x/.hidden.png"):
        (tmp_path / name).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / name).touch()
    found = sources_of([tmp_path / "a.jpg", tmp_path / "b.c.png", tmp_path / "x"])
    assert [one.name for one in found] == ["a", "b.c", "A-2", "y/d"]
    assert found[3].path == tmp_path / "x" / "y" / "d.webp"
    (tmp_path / "empty").mkdir()
    with pytest.raises(ClientError, match="there are no pictures in it"):
        sources_of([tmp_path / "empty"])


@pytest.mark.parametrize("name", ["a.tif", "zero-is-white.tif", "a.png", "a.jp2", "a.pgm"])
def test_pictures_of_16_bits_are_read_as_commands_read_them(name, tmp_path):
    path = tmp_path / name
    levels = np.linspace(0, 65535, 64).reshape(8, 8).astype(np.uint16)
    more = {"tiffinfo": {262: 0}} if "zero" in name else {}
    Image.fromarray(levels).save(path, **more)
    np.testing.assert_array_equal(opened(path), open_picture(path))


@pytest.mark.parametrize("dtype", [np.int32, np.float32])
def test_numbers_without_black_and_white_are_refused(dtype, tmp_path):
    picture = Image.fromarray(np.ones((4, 4), dtype))
    picture.save(tmp_path / "a.tif")
    with pytest.raises(ClientError, match=r"a\.tif: no picture .*nobody says what black"):
        opened(tmp_path / "a.tif")
    with pytest.raises(ClientError, match="nobody says what black"):
        to_png(picture)


@pytest.mark.parametrize(
    "out", ["a.png", "A.PNG", "new", "old", "old.png", "x.y", "file", "file.png"]
)
@pytest.mark.parametrize("names", [["00000"], ["00000", "00001"]])
def test_places_are_those_of_generate(out, names, tmp_path, monkeypatch):
    """The rules stand twice, as the server and its client stand alone."""
    monkeypatch.chdir(tmp_path)
    for folder in ("old", "old.png"):
        (tmp_path / folder).mkdir()
    for file in ("file", "file.png", "old/00000.png"):
        (tmp_path / file).touch()

    def told(module, fault):
        try:
            found = module.places(places.Path(out), names)
            module.check_free(found)
            return found
        except fault as error:
            return str(error).replace(", or --grid", "")

    assert told(places, ClientError) == told(generate, InputError)
