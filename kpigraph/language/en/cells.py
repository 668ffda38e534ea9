"""What stands around a value in one English cell."""

import re

from kpigraph.language.words import CellWords
from kpigraph.model import Aggregation

_EACH, _TOTAL = Aggregation.EACH_YEAR, Aggregation.CUMULATIVE

WORDS = CellWords(
    prefixes={
        **dict.fromkeys(("each year", "every year"), _EACH),
        **dict.fromkeys(("cumulative", "total", "a total of", "total of"), _TOTAL),
        **dict.fromkeys(("average", "an average of", "average of"), Aggregation.AVERAGE),
    },
    suffixes={
        **dict.fromkeys(
            ("each year", "every year", "per year", "annually", "per annum", "p.a.", "pa", "a year"), _EACH
        ),
        **dict.fromkeys(("cumulative", "cumulatively", "in total", "total"), _TOTAL),
        **dict.fromkeys(("average", "on average"), Aggregation.AVERAGE),
    },
    spans=re.compile(r"(?:over )?(?P<span>[1-9][0-9]? years?(?: (?:total|cumulative|average))?)[,:] ?(?=[0-9$£€])"),
    revised=re.compile(r"(?:revised|changed|amended|updated)(?: (?:in|on))?(?P<when>[^()]*)"),
    estimated=re.compile(r"e|est\.?|estimated?|projected|projection|forecast|expected"),
    provisional=re.compile(r"p|prov\.?|provisional|prelim\.?|preliminary|unaudited|subject to revision"),
    standing_before=("estimated ", "est. ", "provisional ", "preliminary ", "projected ", "forecast "),
    note=re.compile(
        r"(?:(?:the )?figures? (?:is|are) |this is )?(?:an? )?(?P<word>[a-z]+|subject to revision)"
        r"(?: (?:figures?|data|values?|results?))?\.?"
    ),
    former=re.compile(r"(?:formerly|previously|was|originally)[: ] ?(?P<value>.+)"),
    period_ends=(),
    period_follows=re.compile(
        r"(?: ?: ?|,? (?=by |until |as at |as of |no later than )|,? (?:in|during|for) )(?=(?P<period>.+))"
    ),
    milestone=re.compile(
        r"(?P<what>[^0-9()]+?),? (?:(?:in|on|during) |(?=by |before the end of |end of |q[1-4]|fy))(?P<when>.*[0-9].*)"
    ),
    spans_of_names=frozenset(("year", "month", "week", "day")),
    counts_people=re.compile(r"(?:people|residents|visitors|participants|employees|users|population)$"),
    is_share=re.compile(r"(?:rate|percentage|share|proportion)$"),
    year_before=re.compile(r"(?:the )?(?:previous|prior|last|preceding) (?:financial |fiscal )?year", re.IGNORECASE),
    baseline=re.compile(r"(?:the )?(?:baseline|current level)", re.IGNORECASE),
    changes=re.compile(
        r"change|growth|increase|decrease|reduction|variation|variance|difference|\bgap\b|balance|\bnet\b|surplus|deficit"
        r"|profit|margin|uplift|year[- ]on[- ]year|\byoy\b|inflation"
    ),
    cumulative=re.compile(r"\bcumulative(?:ly)?\b|cumulative\b|[(\[](?:[^()]*)to date[)\]]$"),
    single_year=frozenset(("annual", "in year")),
    direction=re.compile(r"up|down|increase|decrease|maintain|reduce|higher|lower|[↑↓→↗↘⬆⬇]"),
    whole_span=re.compile(
        r"(?:average|total|mean)?,? ?(?:over|for|across) the (?:whole |plan )?period|(?:period|plan) (?:average|total)"
    ),
    roles=re.compile(r"target|actual|baseline|goal|previous|prior"),
)
