"""`python -m tests.documents`: all code blocks, and what the tests do with them."""

from collections import Counter

from tests.documents.blocks import blocks_of, pages


def main() -> None:
    """Print a line a block, then the totals."""
    totals: Counter[str] = Counter()
    for page in pages():
        for block in blocks_of(page):
            print(f"{block!s:<44} {block.language or '-':<8} {block.fate}")
            totals[block.fate.split(":")[0].split(" as ")[0]] += 1
    print(f"\n{sum(totals.values())} blocks: " + ", ".join(f"{n} {k}" for k, n in totals.items()))


if __name__ == "__main__":
    main()
