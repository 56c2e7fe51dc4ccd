"""Write the documents' tables from the stored figures; say which figures are old; store new ones.

    python -m benchmarks.results                        write all tables into the pages
    python -m benchmarks.results --age                  tables whose code has changed since
    python -m benchmarks.results --add TABLE RUN …      store a run's scores as records of a table

`--add` takes each score that is a column from `RUN/evaluation/metrics.jsonl`, of the state that
`compare` would take, and the name and the seed from `RUN/experiment.json`. `--set KEY=VALUE` gives
the other columns.
"""

import argparse
import json
import subprocess
from dataclasses import replace
from pathlib import Path

from benchmarks.results.pages import ROOT, filled, pages, shown
from benchmarks.results.table import SEED, Table, names, read, write
from keras_t2i.commands.compare import column


def main() -> None:
    """Do what the command line says."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.results", description=__doc__.partition("\n")[0]
    )
    parser.add_argument("--age", action="store_true", help="List tables with older code.")
    parser.add_argument("--add", nargs="+", metavar=("TABLE", "RUN"), help="Store runs' scores.")
    parser.add_argument("--set", nargs="*", default=[], metavar="KEY=VALUE", help="Other columns.")
    options = parser.parse_args()
    if options.age:
        print("\n".join(age(read(name)) for name in names()))
        return
    if options.add:
        table, *runs = options.add
        given = dict(pair.split("=", 1) for pair in options.set)
        for run in runs:
            write(with_run(read(table), Path(run), given))
    for page in pages():
        text = page.read_text("utf-8")
        if filled(text) != text:
            page.write_text(filled(text), "utf-8")
            print(page.relative_to(ROOT))
    for name in sorted(set(names()) - shown()):
        print(f"{name}: on no page")


def age(table: Table) -> str:
    """A line on how much of the code behind a table's figures has changed since."""
    listed = ["git", "log", "--oneline", f"{table.commit}..HEAD", "--", *table.code]
    done = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        return f"{table.name}: commit {table.commit} is not in this history"
    changes = len(done.stdout.splitlines())
    return f"{table.name}: {changes} changes of its code since {table.commit} ({table.date})"


def with_run(table: Table, run: Path, given: dict[str, str]) -> Table:
    """A table with a run's scores, in place of the record of the same words and seed."""
    experiment = json.loads((run / "experiment.json").read_text("utf-8"))["experiment"]
    values = {"preset": f"`{experiment['name']}`", SEED: experiment["seed"], **_read(given)}
    for line in column(run).lines.values():
        values[line["name"]] = line["value"]
        values |= {f"{line['name']}: {k}": v for k, v in (line.get("details") or {}).items()}
    record = {key: values[key] for key in (*table.columns, SEED) if key in values}

    def same(other: dict) -> bool:
        words = [key for key, value in record.items() if isinstance(value, str) or key == SEED]
        return all(other.get(key) == record[key] for key in words)

    if any(map(same, table.records)):
        return replace(table, records=[record if same(r) else r for r in table.records])
    return replace(table, records=[*table.records, record])


def _read(given: dict[str, str]) -> dict[str, str | float | int]:
    def value(text: str) -> str | float | int:
        try:
            return json.loads(text)
        except ValueError:
            return text

    return {key: value(text) for key, text in given.items()}


if __name__ == "__main__":
    main()
