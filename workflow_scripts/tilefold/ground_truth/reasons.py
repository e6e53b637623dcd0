"""Why features or parts are not used, what was mended, what is worth knowing: the words of tables and files."""

from __future__ import annotations

UNREADABLE = "unreadable geometry"
NULL = "null geometry"
EMPTY = "empty geometry"
WRONG_KIND = "neither polygon nor point"
NOT_FINITE = "coordinates that are no numbers"
OUTSIDE_CRS = "outside the area of the CRS"
NO_AREA = "no area left after repair"
NULL_CLASS = "null class"
UNKNOWN_CLASS = "class not in nomenclature"
CONTRADICTION = "same geometry with different classes"
DUPLICATE = "duplicate geometry"
IN_TEST = "same geometry in the test file"
GROUP_IN_TEST = "group in the test file"
TOO_SMALL = "smaller than min_area"
TOO_NARROW = "narrower than min_width"
CONTESTED = "ground of several classes"

#: Reasons for which features or parts are rejected.
REJECTED = (
    UNREADABLE,
    NULL,
    EMPTY,
    WRONG_KIND,
    NOT_FINITE,
    OUTSIDE_CRS,
    NO_AREA,
    NULL_CLASS,
    UNKNOWN_CLASS,
    CONTRADICTION,
    DUPLICATE,
    IN_TEST,
    GROUP_IN_TEST,
    TOO_SMALL,
    TOO_NARROW,
    CONTESTED,
)

TAKEN_APART = "several parts, taken apart"
AREA_GAINED = "made valid, area gained"
AREA_LOST = "made valid, area lost"
SUB_PIXEL = "smaller than a pixel"
NARROW = "narrower than a pixel"
#: Followed by the code of the class, and by the second where the two polygons come from two files.
OVERLAPS, OTHER_FILE = "overlaps class", "of the other file"

#: What the rows of the cleaning table tell, in this order: features of the files, what was mended, what was
#: rejected, what is worth knowing of the rest, and the rest.
READ, REPAIRED, REJECTION, NOTED, USED = STEPS = ("read", "repaired", "rejected", "noted", "used")
#: Which file a feature comes from.
MAIN, TEST = "main", "test"
