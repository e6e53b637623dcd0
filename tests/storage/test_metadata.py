import hashlib
from pathlib import Path

from tilefold.storage.metadata import content_digest, digest, file_digest, provenance


def test_order_of_keys_does_not_count_and_order_of_lists_does() -> None:
    assert digest({"a": 1, "b": [1, 2]}) == digest({"b": [1, 2], "a": 1})
    assert digest({"b": [1, 2]}) != digest({"b": [2, 1]})


def test_swapped_values_have_another_digest() -> None:
    assert digest({"epochs": 10, "patience": 5}) != digest({"epochs": 5, "patience": 10})


def test_paths_and_stamps_are_no_content() -> None:
    first = {"products": [{"name": "A", "stamp": [1, 2]}], "path": "/here", "number_of_chunks": 3}
    second = {"products": [{"name": "A", "stamp": [9, 9]}], "path": "/there", "number_of_chunks": 7}
    assert content_digest(first) == content_digest(second)
    assert content_digest(first) != content_digest({**first, "products": [{"name": "B"}]})


def test_digest_of_a_file_is_the_beginning_of_its_sha256(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"content")
    assert file_digest(path) == hashlib.sha256(b"content").hexdigest()[:16]


def test_provenance_has_no_clock() -> None:
    assert provenance({"a": 1}) == provenance({"a": 1})
    assert provenance({"a": 1})["tilefold_settings"] == content_digest({"a": 1})
