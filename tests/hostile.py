"""A fictional document whose names are markup, scripts, letters that run the other way, very long or made of parts."""

from pathlib import Path

from conftest import CARD, HEADER, write_case

from kpigraph import pipeline
from kpigraph.config import Settings

SCRIPT = "<script>alert('a script ran')</script>"
HANDLER = '"><img src=x onerror=alert(1)><svg onload=alert(2)>'
TURNED = "\u202egnp.exe\u2066 names"  # opens two directions and closes neither
ARABIC = "عدد الزوار (زائر) 12"
LONG = "とても長い名前" * 280 + "end"
UNBROKEN = "W" * 2_000
FAMILY = "👩\u200d👩\u200d👧\u200d👦 家族"
STACKED = "Z" + "\u0335\u0321\u0352" * 40 + "algo"
TEMPLATE = "{{ 7 * 7 }} {% raw %} ${1+1} &amp; &#x3c;b&gt; javascript:alert(1)"
NAMES = (SCRIPT, HANDLER, TURNED, ARABIC, LONG, UNBROKEN, FAMILY, STACKED, TEMPLATE)


def publish(folder: Path) -> None:
    """Publish it into folder/public."""
    text = HEADER + f"【基本目標1】{SCRIPT}\n① {TURNED}\n"
    for number, name in enumerate(NAMES):
        heading = f"{'アイウエオカキクケ'[number]} {name}"
        text += (
            f"{heading}\t・{name}\t現状値\tH26年度\t100.0\tトン\t{name[:300]}課\n"
            "\t\t実績値\tH27年度\t110.5\t\t\n\t\t目標値\tH31年度\t120.0\t\t\n"
        )
    card = CARD.replace("架空市KPI一覧", f"{TURNED} {HANDLER.replace(chr(34), '')}").replace(
        "試験用の架空の文書", SCRIPT
    )
    write_case(folder, text, card=card)
    pipeline.build(folder / "data", folder / "public", Settings())
