"""Patterns of names, as short as what the names share."""

import itertools
import re

from hypothesis import given
from hypothesis import strategies as st

from tilefold.plan.patterns import one_of


@given(st.sets(st.text("ab.-]^|", min_size=1, max_size=4), min_size=1), st.text("ab.-]^|", max_size=5))
def test_these_names_and_no_others(names, other):
    pattern = re.compile(one_of(names))
    assert all(pattern.fullmatch(name) for name in names)
    assert bool(pattern.fullmatch(other)) == (other in names)


def test_what_names_share_is_written_once():
    assert one_of(["T31TDJ", "T31TCJ"]) == "T31T(?:CJ|DJ)"
    assert one_of(["without_B", "all", "without_A"]) == "(?:all|without_[AB])"
    assert one_of(["T31", "T31T"]) == "T31(?:|T)"
    assert one_of([]) == ""
    tiles = ["T31" + "".join(letters) for letters in itertools.product("ABCDEFGHJK", repeat=3)]
    assert len(one_of(tiles)) < len("|".join(tiles)) / 4
