import resource
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest
from PIL import Image

from keras_t2i.catalogue import preset
from keras_t2i.networks.widths import checked_widths
from keras_t2i.pipelines.attribute import Attribute
from keras_t2i.pipelines.captions import captioned_pictures
from keras_t2i.pipelines.command import run
from keras_t2i.pipelines.dataset_info import SplitInfo
from keras_t2i.pipelines.errors import InputError
from keras_t2i.pipelines.preparation import print_end
from keras_t2i.pipelines.prepare import main, prepare
from keras_t2i.pipelines.records import DatasetInfo, read_split
from keras_t2i.pipelines.sources.birds import Birds
from keras_t2i.pipelines.sources.folder import Folder

ROOT = Path(__file__).parents[2]
BIRDS_INFO = DatasetInfo("birds", "CC0", 64, 76)
COMMAND = (sys.executable, "-m", "pipelines.prepare")


def command(*arguments):
    return subprocess.run(
        [*COMMAND, *map(str, arguments)], cwd=ROOT, capture_output=True, text=True, timeout=60
    )


def call_main(monkeypatch, *arguments):
    monkeypatch.setattr(sys, "argv", ["prepare", *map(str, arguments)])
    main()


def make_folder(folder, count=3, captions="a picture\n"):
    folder.mkdir()
    for i in range(count):
        Image.new("RGB", (8, 8), (i, 0, 0)).save(folder / f"{i}.png")
        (folder / f"{i}.txt").write_text(captions)
    return folder


def test_prepared_pictures_leave_room_for_a_crop(tmp_path):
    info = prepare(Birds(pictures=40), tmp_path / "birds", image_size=16)
    assert info.stored_size == 19
    assert info.options == {"pictures": 40, "seed": 0}
    train = read_split(tmp_path / "birds", "train")
    # Loaded in threads, written in the source's order.
    wanted = [item for item in Birds(pictures=40).items() if item.split == "train"]
    assert train.images.shape == (len(wanted), 19, 19, 3)
    assert len(train.captions) == 10 * len(wanted)
    assert train.ids == [item.id for item in wanted]
    assert (train.images[5] == wanted[5].load(19)).all()


@pytest.mark.parametrize("out_first", [True, False])
def test_options_may_stand_on_either_side(tmp_path, monkeypatch, capsys, out_first):
    options = ["--out", tmp_path / "birds", "--image-size", 32]
    parts = [*options, "birds"] if out_first else ["birds", *options]
    call_main(monkeypatch, *parts, "--pictures", 30)
    printed = capsys.readouterr()
    table = [line.split() for line in printed.out.splitlines()]
    assert ["│", "train", "│", "24", "│", "240", "│", "24", "│"] in table
    assert "warning: class 'jade parrot' has one picture only." in printed.err
    assert f"--data {tmp_path / 'birds'}" in printed.out.replace("\n", "")


def test_a_data_set_without_a_test_split_is_warned_of(tmp_path):
    (lonely, *_) = prepare(Birds(pictures=1), tmp_path / "one", image_size=8).warnings[-1:]
    assert lonely.startswith("warning: no picture is in the split 'test'")
    assert "test" not in " ".join(prepare(Birds(pictures=40), tmp_path / "b", 8).warnings)


def test_what_is_skipped_is_printed_and_kept(tmp_path, monkeypatch, capsys):
    source = make_folder(tmp_path / "source")
    (source / "1.txt").unlink()
    out = tmp_path / "out"
    call_main(monkeypatch, "folder", "--source", source, "--out", out, "--skip-broken")
    printed = capsys.readouterr().err
    assert "1.txt: the caption file is missing" in printed
    assert "1 skipped; dataset.json lists them" in printed
    (line,) = DatasetInfo.load(out).skipped
    assert "1.txt" in line


def test_nothing_left_is_an_error(tmp_path):
    source = make_folder(tmp_path / "source", captions="\n")
    with pytest.raises(InputError, match=r"no pictures are left.*3 skipped, first: .*0\.txt"):
        prepare(Folder(source), tmp_path / "out", skip_broken=True)
    assert not (tmp_path / "out").exists()


def test_no_train_split_is_an_error(tmp_path):
    source = make_folder(tmp_path / "source")
    rows = "".join(f"{i}.png,x,test\n" for i in range(3))
    (source / "captions.csv").write_text(f"file,caption,split\n{rows}")
    with pytest.raises(InputError, match="all pictures are in test: there is no train split"):
        prepare(Folder(source), tmp_path / "out")


def test_picture_that_appears_twice_is_an_error(tmp_path):
    class Twice(Folder):
        def items(self):
            yield from super().items()
            yield from super().items()

    with pytest.raises(InputError, match=r"0\.png: the picture appears twice"):
        prepare(Twice(make_folder(tmp_path / "source")), tmp_path / "out")


def test_overwrite_replaces_data_and_nothing_else(tmp_path):
    out = tmp_path / "out"
    prepare(Birds(pictures=10), out, image_size=8)
    with pytest.raises(InputError, match="--overwrite"):
        prepare(Birds(pictures=20), out, image_size=8)
    assert DatasetInfo.load(out).options["pictures"] == 10
    prepare(Birds(pictures=20), out, image_size=8, overwrite=True)
    assert DatasetInfo.load(out).options["pictures"] == 20
    with pytest.raises(InputError, match="other files"):
        prepare(Birds(pictures=10), tmp_path, image_size=8, overwrite=True)


def test_image_size_is_checked(tmp_path):
    with pytest.raises(InputError, match=r"--image-size.*Received: 3"):
        prepare(Birds(pictures=1), tmp_path / "out", image_size=3)
    with pytest.raises(
        InputError, match=r"--image-size must be at most 8,192\. Received: 999,999,999"
    ):
        prepare(Birds(pictures=1), tmp_path / "out", image_size=999_999_999)


def test_help_is_quick_and_names_all_options():
    before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
    top = command("--help")
    # Processor time: other work on the machine does not count.
    assert resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before < 1
    assert top.returncode == 0
    for option in ("--out", "--image-size", "--skip-broken", "--overwrite", "birds", "cub"):
        assert option in top.stdout
    below = command("cub", "--help").stdout
    for option in ("--out", "--image-size", "--source", "--captions", "--split", "--seed"):
        assert option in below


@pytest.mark.parametrize("package", ["pipelines", "keras_t2i.pipelines"])
@pytest.mark.parametrize("program", ["prepare", "prepare_melodies"])
def test_help_names_the_command_as_it_was_started(package, program):
    words = [sys.executable, "-m", f"{package}.{program}", "--help"]
    shown = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=True).stdout
    assert shown.startswith(f"usage: python -m {package}.{program} [-h]")


@pytest.mark.parametrize(
    "words",
    [["prepare", "birds", "--pictures", "2"], ["prepare_melodies", "tunes", "--count", "2"]],
)
def test_the_pipelines_need_nothing_of_the_rest(tmp_path, words):
    (tmp_path / "pipelines").symlink_to(ROOT / "pipelines")
    blocked = (
        "import runpy, sys; sys.modules['keras_t2i'] = sys.modules['keras'] = None; "
        "runpy.run_module(sys.argv.pop(1), run_name='__main__')"
    )
    command = [sys.executable, "-c", blocked, f"pipelines.{words[0]}", *words[1:], "--out", "out"]
    ended = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True)
    assert ended.returncode == 0, ended.stderr
    assert "Next: python -m keras_t2i.fit" in ended.stdout
    assert (tmp_path / "out" / "dataset.json").exists()


@pytest.mark.parametrize("side", [8, 32, 50, 64, 100, 128, 256, 512])
@pytest.mark.parametrize("usual", ["self-attention-gan-narrow", "dcgan", "psc-gan", "pix2pix"])
def test_the_next_command_draws_at_the_side_of_the_data(tmp_path, capsys, usual, side):
    """Whatever preset is named can be trained on the data; none is where none can."""
    info = replace(
        BIRDS_INFO, image_size=side, paired=True, classes=("a", "b"),
        attributes=(Attribute("colour", ("red", "blue")),),
        splits={"train": SplitInfo(100, 200, {}, 2), "test": SplitInfo(10, 20, {}, 2)},
    )  # fmt: skip
    print_end(info, usual, tmp_path / "birds")
    said = capsys.readouterr().out
    captions = usual == "self-attention-gan-narrow"
    fits = (32, 64, 128, 256) if captions else (8, 32, 64, 128, 256, 512)
    assert ("keras_t2i.fit" in said) == (side in fits)
    if side not in fits:
        assert f"--image-size 64; {usual} and its like draw no pictures of {side}×{side}" in said
        return
    named = said.split("keras_t2i.fit ")[1].split()[0]
    assert captions or named == usual
    experiment = preset(named)
    for stage in experiment.stages:
        stage.check_data(info)
    assert captions or len(checked_widths(side, 1, 1)) > 0


def test_a_split_that_presets_cannot_use_is_warned_of(tmp_path):
    def warnings(count, rows):
        source = make_folder(tmp_path / f"in-{count}-{len(rows)}", count)
        table = "".join(f"{i}.png,{row}\n" for i, row in enumerate(rows))
        (source / "captions.csv").write_text(f"file,caption,label,split\n{table}")
        return prepare(Folder(source), tmp_path / f"out-{source.name}", 8).warnings

    one_class = warnings(4, ["x,red,train", "y,red,train", "z,red,test", "w,red,test"])
    assert one_class == (
        "warning: all pictures of the split 'train' are of the class 'red'; GANs of captions need "
        "two classes, or none.",
    )
    (lone, none) = warnings(1, ["x,,train"])
    assert lone.startswith("warning: the split 'train' has one picture only; GANs of captions")
    assert none.startswith("warning: no picture is in the split 'test'")
    (lone,) = warnings(3, ["x,,train", "y,,train", "z,,test"])
    assert lone.startswith("warning: the split 'test' has one picture only; scores that compare")
    assert warnings(5, ["x,,train", "y,,train", "z,,test", "w,,test", "v,,train"]) == ()


def test_what_is_warned_of_is_what_a_training_refuses(tmp_path):
    """The same data, with one picture or one class to train on."""
    for rows in (["x,red,train", "y,red,train"], ["x,,train"]):
        source = make_folder(tmp_path / f"in-{len(rows)}", len(rows))
        table = "".join(f"{i}.png,{row}\n" for i, row in enumerate(rows))
        (source / "captions.csv").write_text(f"file,caption,label,split\n{table}")
        out = tmp_path / f"out-{len(rows)}"
        prepare(Folder(source), out, 8)
        with pytest.raises(InputError, match="mismatched caption"):
            captioned_pictures(read_split(out, "train"), 1)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("folder", "--source", "no/such", "--out", "{out}"), "error: --source no/such: no such"),
        (("birds", "--pictures", "0", "--out", "{out}"), "pictures must be at least 1"),
        (("birds",), "--out"),
    ],
)
def test_mistakes_end_with_two_and_one_message(tmp_path, arguments, message):
    ended = command(*(argument.format(out=tmp_path / "out") for argument in arguments))
    assert ended.returncode == 2
    assert message in ended.stderr
    assert "Traceback" not in ended.stderr
    assert list(tmp_path.iterdir()) == []


def test_killed_run_leaves_no_data_and_the_next_cleans_up(tmp_path):
    arguments = ("birds", "--pictures", "1000", "--out", str(tmp_path / "out"))
    running = subprocess.Popen([*COMMAND, *arguments], cwd=ROOT, stderr=subprocess.DEVNULL)
    try:
        deadline = time.monotonic() + 300
        while not list(tmp_path.glob(".out.partial-*/test-*")):
            assert time.monotonic() < deadline
            assert running.poll() is None
            time.sleep(0.05)
    finally:
        running.send_signal(signal.SIGKILL)
        running.wait()
    (partial,) = tmp_path.iterdir()
    assert partial.name.startswith(f".out.partial-{running.pid}-")
    prepare(Birds(pictures=10), tmp_path / "out", image_size=8)
    assert list(tmp_path.iterdir()) == [tmp_path / "out"]


@pytest.fixture
def small_disk(tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    try:
        mount = ["mount", "-t", "tmpfs", "-o", "size=1m", "tmpfs", str(folder)]
        mounted = subprocess.run(mount, capture_output=True, text=True)
    except FileNotFoundError:
        pytest.skip("no disk of 1 MB: there is no `mount`")
    if mounted.returncode:
        pytest.skip(f"no disk of 1 MB: {mounted.stderr.strip()}")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def test_full_disk_is_told_and_leaves_nothing(small_disk, capsys):
    with pytest.raises(SystemExit) as ended:
        run(lambda: prepare(Birds(pictures=400), small_disk / "out"))
    assert ended.value.code == 2
    assert "error: the disk is full" in capsys.readouterr().err
    assert list(small_disk.iterdir()) == []
