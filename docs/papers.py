"""Write papers.md, the table of what the four papers number, from papers.toml.

python docs/papers.py
"""

from __future__ import annotations

import tomllib
from pathlib import Path

HERE = Path(__file__).resolve().parent


def page() -> str:
    """The page as text."""
    from bosonpeak.benchmark.judging.claim_file import find_claim

    content = tomllib.loads((HERE / "papers.toml").read_text(encoding="utf-8"))
    lines = [
        "# The papers, figure by figure",
        "",
        "Every figure, table and numbered equation of the four papers: the claims that test it and the figure that "
        "shows what came out, or the reason why nothing does. Written by `python docs/papers.py`.",
    ]
    for paper, title in content["papers"].items():
        lines += ["", f"**{paper}**: {title}", "", "| of the paper | claims | figures | note |", "|---|---|---|---|"]
        for item in content["item"]:
            if item["paper"] == paper:
                claims = item.get("claims", [])
                figures = dict.fromkeys(find_claim(claim).figure or "" for claim in claims)
                lines.append(
                    f"| {item['what']} | {', '.join(claims)} | {', '.join(figures)} | {item.get('note', '')} |"
                )
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    (HERE / "papers.md").write_text(page(), encoding="utf-8")
