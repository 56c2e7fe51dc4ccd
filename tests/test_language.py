"""The plain language of docstrings, help texts and messages: a noun in front, no riddles."""

import ast
import inspect
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FOLDERS = ("keras_t2i", "pipelines", "serving", "benchmarks")

# Sections of a docstring whose lines are entries `name: text`, and the one that is a text.
ENTRIES = ("Args", "Attributes", "Raises")
TEXTS = ("Returns",)
OTHERS = ("Example", "Examples", "Yields")

_MARKED = re.compile(r"`[^`]*`")
_QUOTED = re.compile(r'"[^"]*"')
_ENTRY = re.compile(r"^(\*{0,2}\w+): (.*)$")


@dataclass(frozen=True)
class Passage:
    """A text that somebody reads."""

    place: str
    name: str
    role: str  # module, class, function, field, entry, raises, returns, body or message
    text: str

    @property
    def words(self) -> str:
        """The text without code and quotations."""
        return _QUOTED.sub("“”", _MARKED.sub("``", self.text))

    @property
    def leads(self) -> bool:
        """Whether its first words say what the thing is."""
        return self.role not in ("body", "message")


def _one(lines: list[str]) -> str:
    return " ".join(line.strip() for line in lines if line.strip())


def parts_of(docstring: str, role: str) -> Iterator[tuple[str, str, str]]:
    """Names, roles and texts of a docstring: summary, entries, paragraphs."""
    section, entry, body = "", [], []
    summary, *rest = docstring.strip().splitlines()
    # A description of a field may run over several lines; any other summary is one line.
    while role == "field" and rest and rest[0].strip():
        summary = f"{summary} {rest.pop(0).strip()}"
    yield "", role, summary
    found: list[tuple[str, str, list[str]]] = []
    for line in rest:
        title = re.fullmatch(r"(\w+):", line.strip())
        if title and title[1] in ENTRIES + TEXTS + OTHERS:
            section, entry, body = title[1], [], []
            if section in TEXTS:
                found.append(("", "returns", entry))
            continue
        if not line.strip():
            body = []
            continue
        name = _ENTRY.match(line[4:]) if section in ENTRIES and line.startswith("    ") else None
        if name:
            entry = [name[2]]
            found.append((name[1], "raises" if section == "Raises" else "entry", entry))
        elif section in ENTRIES + TEXTS:
            entry.append(line)
        elif not section and not line.startswith("    "):
            if not body:
                found.append(("", "body", body))
            body.append(line)
    for name_of, kind, lines in found:
        yield name_of, kind, _one(lines)


def _message(node: ast.expr) -> str:
    """A text with `…` for what is filled in, if the expression is one."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return node.value
    if isinstance(node, ast.JoinedStr):
        return "".join(v.value if isinstance(v, ast.Constant) else "…" for v in node.values)
    return ""


def passages(path: Path) -> Iterator[Passage]:
    """All that a reader of a module, of its help and of its messages reads."""
    tree = ast.parse(path.read_text("utf-8"))
    short = path.relative_to(ROOT)
    for node in ast.walk(tree):
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            role = {ast.Module: "module", ast.ClassDef: "class"}.get(type(node), "function")
            text, line = ast.get_docstring(node), getattr(node, "lineno", 1)
            for name, part, words in parts_of(text, role) if text else ():
                yield Passage(f"{short}:{line}", name or getattr(node, "name", ""), part, words)
        if isinstance(node, ast.ClassDef):
            for field, after in zip(node.body, node.body[1:], strict=False):
                if isinstance(field, ast.AnnAssign) and isinstance(after, ast.Expr):
                    text, name = _message(after.value), ast.unparse(field.target)
                    for _, part, words in parts_of(text, "field") if text else ():
                        yield Passage(f"{short}:{after.lineno}", name, part, words)
        if isinstance(node, ast.Raise) and isinstance(node.exc, ast.Call):
            for argument in node.exc.args:
                if text := _message(argument):
                    yield Passage(f"{short}:{argument.lineno}", "", "message", text)
        is_help = isinstance(node, ast.keyword) and node.arg in ("help", "description")
        if is_help and (text := _message(node.value)):
            yield Passage(f"{short}:{node.value.lineno}", "", "message", text)


Rule = Callable[[Passage], bool]


def _starts(pattern: str, *roles: str) -> Rule:
    expression = re.compile(pattern)
    return lambda passage: (
        passage.leads
        and (not roles or passage.role in roles)
        and expression.match(passage.words) is not None
    )


def _says(pattern: str) -> Rule:
    expression = re.compile(pattern, re.IGNORECASE)
    return lambda passage: expression.search(passage.words) is not None


def _is_one_word(passage: Passage) -> bool:
    """Whether an entry, or the summary of something, names no thing and says nothing of it."""
    if passage.role not in ("entry", "module", "class", "field", "raises"):
        return False
    bare = re.sub(r"\b(float|int|uint|bfloat)\d*\b|\bbool\b|\([^()]*\)", "", passage.words)
    words = re.findall(r"[^\W\d_]{2,}|``|“”", bare)
    return len(words) < (2 if bare == passage.words else 1)


def _cites_no_thesis(passage: Passage) -> bool:
    return bool(re.search(r"\bthesis\b", passage.words)) and "No's thesis" not in passage.words


_COUNTED = (
    r"(rows|pictures|captions|tokens|bars|points|steps|units|width|requests|files|seeds|quarters"
    r"|noises|pieces)"
)
_ONE = (
    r"(seed|row|caption|line|chord|PNG|plane|column|token|text|name|picture|record|class|file|value"
    r"|number|block|text file|float32 value|folder|embedding)"
)
_UNIT = (
    r"(step|move|batch|picture|caption|turn|split|resolution|direction|request|run|bar|minute|row"
    r"|column|level|label|line|group|combination|name|example|output|head|layer|class|record"
    r"|epoch|domain|concept|map|task|pair|character|word)\b"
)
_AFTER_NOUN = r"(?=\s*[.,;:)]|\s+(?:that|which|for|with|to|of|in|and|or|at|as|on|by|is|are)\b|$)"

# Name of the rule, what to do, and the rule.
RULES = {
    "a preposition in front: begin with the thing (Split of …, Width of …)": _starts(
        r"(Of|By|For|In|As|To|From|With|On|Between|Beside|As many|At(?! (?:most|least))) "
    ),
    "a clause for a noun: say what the thing is": _starts(r"(What|Where|Which|Who|Whose|When) "),
    "a question for a noun: say what the thing is (Number of …, Share of …)": _starts(
        r"How ", "module", "class", "field", "entry", "returns"
    ),
    "nothing in front: name what is missing": _starts(
        r"(None|Something else|Something of|Another one)\b|Nothing(?=[.,:;])"
    ),
    "`a` for `per`: say Rows per step, or a row for each caption": _says(
        rf"^(\w+ ){{0,3}}{_COUNTED} an? {_UNIT}|\b(pictures|rows|requests) a second"
        rf"|\ban? {_ONE} (an? {_UNIT}|each\b)"
    ),
    "a genitive without a noun: name the thing that is somebody's": _starts(
        r"(?:(?!\b(?:as|than|from|with|to|by|of|in|for|like|is|are) )[^.,:;()])*?['’]s?(?=[.,:;]|$)"
    ),
    "a type in front: name the thing (Labels, multi-hot float32 (N, n))": _starts(
        r"(float|int|uint|bool|bfloat)\d*\b|[Mm]ulti-hot|\(|Pairs \(|Integers\b", "entry", "field"
    ),
    "a pronoun in front: name the thing": _starts(
        r"(Its|Their|Theirs|It|They|Them|That|Those|These|This)\b(?! (module|package|version)\b)"
    ),
    "a comparison in front: name the thing": _starts(
        r"(As many|The (same|one|other|others|like))\b"
        r"(?=[.,:;]| (with|without|for|at|in|on|as|of|but|that)\b)"
    ),
    "one word: say what it is": _is_one_word,
    "`told`: say shown, logged, printed or known": _says(r"\btold\b"),
    "`the letter`: say as in the paper": _says(r"\b(to )?the letter\b|'s letter\b"),
    "`what is given`: say input or source": _says(r"\bwhat (is|was|are) given\b"),
    "`kinds`: say types, domains or classes": _says(
        r"\bkinds\b|\b(the|a|an) (first|second|other|another) kind\b"
    ),
    "`own` for a noun: say your, or drop it": _says(
        rf"['’]s? own\b{_AFTER_NOUN}"
        r"|\b(is|add|adds|derives|default|beside) (its|their)? ?own\b"
        r"(?=\s*[.,;:)]|\s+(with|data|as|to)\b|$)"
    ),
    "`the wanted`: say the target": _says(r"\bthe wanted\b"),
    "the thesis without its author: say No's thesis": _cites_no_thesis,
}


def modules() -> list[Path]:
    """All modules of the project, each once: links are left out."""
    return sorted(
        path
        for folder in FOLDERS
        for path in (ROOT / folder).rglob("*.py")
        if not any((ROOT / part).is_symlink() for part in path.relative_to(ROOT).parents)
    )


# For each rule, an entry that it refuses, and one that says the same.
EXAMPLES = {
    "a preposition": ("Of every random choice.", "Seed of all random draws."),
    "a clause": ("What scores are computed from.", "Inputs of scores."),
    "a question": ("How captions become tokens.", "Tokenizer of the captions."),
    "nothing in front": ("None, or a broken one.", "No picture, or a broken one."),
    "`a` for `per`": ("Pictures a step.", "Number of pictures per step."),
    "a genitive": ("The generator's and the critic's.", "Optimizers of generator and critic."),
    "a type": ("float32 (N, n), ones and zeros.", "Labels, float32 (N, n), ones and zeros."),
    "a pronoun": ("Its address.", "Address of the file."),
    "a comparison": ("The same without a critic.", "pix2pix without a critic."),
    "one word": ("d_a.", "Hidden width d_a of the attention."),
    "`told`": ("Whether medians are told.", "Whether medians are printed."),
    "`the letter`": ("Width; 0 is the letter.", "Width; 0 is as in the paper."),
    "`what is given`": ("Logits of what is given.", "Logits of the source pictures."),
    "`kinds`": ("Pictures of both kinds.", "Pictures of both domains."),
    "`own`": ("Layers of the project's own.", "Layers of this project."),
    "`the wanted`": ("Pictures of the wanted domain.", "Pictures of the target domain."),
    "the thesis": ("Width as in the thesis.", "Width as in No's thesis."),
}


@pytest.fixture(scope="module")
def read() -> list[Passage]:
    return [passage for path in modules() for passage in passages(path)]


@pytest.mark.parametrize("rule", RULES)
def test_plain_language(rule: str, read: list[Passage]) -> None:
    assert len(read) > 1000, "the modules were not found"
    found = [f"{p.place} {p.name}: {p.text}" for p in read if RULES[rule](p)]
    assert not found, rule + "\n" + "\n".join(found)


@pytest.mark.parametrize("rule", RULES)
def test_each_rule_refuses_a_fragment_and_no_plain_text(rule: str) -> None:
    fragment, plain = next(texts for name, texts in EXAMPLES.items() if rule.startswith(name))
    assert RULES[rule](Passage("here", "x", "entry", fragment))
    assert not [name for name, refuses in RULES.items() if refuses(Passage("", "", "entry", plain))]


def test_all_parts_of_a_docstring_are_read() -> None:
    docstring = """Draw.

    A body of
    two lines.

    Args:
        one: A long
            entry.
        **two: Another.

    Returns:
        A picture.

    Raises:
        ValueError: A number below 0.
    """
    assert list(parts_of(inspect.cleandoc(docstring), "function")) == [
        ("", "function", "Draw."),
        ("", "body", "A body of two lines."),
        ("one", "entry", "A long entry."),
        ("**two", "entry", "Another."),
        ("", "returns", "A picture."),
        ("ValueError", "raises", "A number below 0."),
    ]
