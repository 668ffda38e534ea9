"""Queries worth asking, for the query form: title in Japanese and English, and the query without its prefixes."""

import re
from urllib.parse import urlencode

from kpigraph.prefixes import PREFIXES

EXAMPLES: tuple[tuple[str, str, str], ...] = (
    (
        "どの指標が目標を達成し、どれが未達成か。評価できないものは、なぜか",
        "Which indicators have met their target, which not, and which cannot be judged, and why?",
        """SELECT ?name ?status ?reason WHERE {
  ?assessment a kpi:Assessment ; kpi:indicator/skos:prefLabel ?name ; kpi:status/skos:notation ?status .
  OPTIONAL { ?assessment kpi:reason/skos:notation ?reason }
}
ORDER BY ?status ?name""",
    ),
    (
        "ある数字は原文の何行目にあるか",
        "On which line of the source does a figure stand?",
        """SELECT ?name ?value ?line ?text WHERE {
  ?statement kpi:statedValue ?value ; kpi:indicator/skos:prefLabel ?name ; prov:wasDerivedFrom ?row .
  ?row kpi:order ?line ; oa:hasSelector/oa:exact ?text .
}
ORDER BY ?line""",
    ),
    (
        "担当部署ごとの指標の数",
        "Indicators by department",
        """SELECT ?department (COUNT(DISTINCT ?indicator) AS ?indicators) WHERE {
  ?indicator a kpi:Indicator ; kpi:department/skos:prefLabel ?department .
}
GROUP BY ?department
ORDER BY DESC(?indicators)""",
    ),
    (
        "基準値より目標から遠ざかった指標",
        "Indicators that moved away from their target",
        """SELECT ?name ?progress WHERE {
  ?assessment kpi:progressRatio ?progress ; kpi:indicator/skos:prefLabel ?name .
  FILTER(?progress < 0)
}
ORDER BY ?progress""",
    ),
    (
        "相対的な目標（25%増など）は、数字にするといくらか",
        "What do relative targets (such as 25 % more) come to?",
        """SELECT ?name ?stated ?value ?unit WHERE {
  ?resolved kpi:resolves ?target ; sm:obsValue ?value ; kpi:unit/skos:prefLabel ?unit .
  ?target kpi:statedValue ?stated ; kpi:indicator/skos:prefLabel ?name .
  FILTER(LANG(?unit) = "ja")
}""",
    ),
    (
        "累計の目標: 期間のどれだけが過ぎ、どれだけ進んだか",
        "Targets that are totals: the share reached and the share of time elapsed",
        """SELECT ?name ?share ?elapsed WHERE {
  ?assessment kpi:cumulativeShare ?share ; kpi:elapsedShare ?elapsed ; kpi:indicator/skos:prefLabel ?name .
}
ORDER BY (?share - ?elapsed)""",
    ),
    (
        "言葉だけで示された目標",
        "Targets stated in words only",
        """SELECT ?name ?target WHERE {
  ?statement a kpi:Target ; kpi:valueForm c:form-qualitative ; kpi:statedValue ?target ;
    kpi:indicator/skos:prefLabel ?name .
}""",
    ),
    (
        "何が、なぜ訂正されたか",
        "What was corrected, and why?",
        """SELECT ?printed ?corrected ?why WHERE {
  ?correction a kpi:Correction ; kpi:originalText ?printed ; kpi:correctedText ?corrected ; skos:note ?why .
}""",
    ),
    (
        "同じ指標が置かれている基本目標",
        "Indicators that stand under more than one goal",
        """SELECT ?name (COUNT(DISTINCT ?goal) AS ?goals) WHERE {
  ?listing a kpi:Listing ; kpi:indicator ?indicator ; kpi:underMeasure/skos:broader/skos:broader ?goal .
  ?indicator skos:prefLabel ?name .
}
GROUP BY ?indicator ?name
HAVING (COUNT(DISTINCT ?goal) > 1)""",
    ),
    (
        "ある指標についてのすべてを RDF で（CONSTRUCT）",
        "Everything said of one indicator, as RDF (CONSTRUCT)",
        """CONSTRUCT { ?statement ?property ?value } WHERE {
  ?statement kpi:indicator ?indicator ; ?property ?value .
  ?indicator skos:prefLabel "釧路港年間水揚量"@ja .
}""",
    ),
)


def with_prefixes(query: str) -> str:
    """Return `query` preceded by the PREFIX lines that it needs."""
    used = [p for p in PREFIXES if re.search(rf"(?<![\w:]){p}:\w", query)]
    return "".join(f"PREFIX {p}: <{PREFIXES[p]}>\n" for p in sorted(used)) + "\n" + query


def examples(lang: str) -> list[dict[str, str]]:
    """Return the examples for a page: title, and the parameters of an address that runs it as a table."""
    return [
        {
            "title": ja if lang == "ja" else en,
            "parameters": urlencode({"query": with_prefixes(query), "format": "html"}),
        }
        for ja, en, query in EXAMPLES
    ]
