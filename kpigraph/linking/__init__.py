"""Which indicators of several municipalities may be one: proposals with scores and reasons, for a person to decide.

    matcher = Matcher(shared_indicators)
    matcher.propose("保育所等利用待機児童数", unit=nin)    # [Proposal(notation="childcare-waiting", score=0.94, …)]
    compare(one, other, matcher.weights)                    # two municipalities' own indicators

Nothing here decides: what a person accepted stands in the mapping file (`sssom.py`).
"""

from kpigraph.linking.mapping import LocalId, Mapping, MappingStatus, Predicate, SharedId

__all__ = [
    "LocalId",
    "Mapping",
    "MappingStatus",
    "Predicate",
    "SharedId",
]
