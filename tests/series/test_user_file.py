from pathlib import Path

import pytest

from tilefold.series.user_file import error_place, load_user_file


@pytest.mark.parametrize("relative", [False, True])
def test_errors_name_the_last_line_of_the_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, relative: bool
) -> None:
    (tmp_path / "mine.py").write_text(
        "import json\n\n\ndef f():\n    return g()\n\n\ndef g():\n    json.loads('')\n"
    )
    monkeypatch.chdir(tmp_path)
    file = Path("mine.py") if relative else tmp_path / "mine.py"
    with pytest.raises(ValueError) as error:
        load_user_file(file).f()
    assert error_place(error.value, file).startswith("line 9: JSONDecodeError: ")


def test_a_wrong_syntax_has_its_line(tmp_path: Path) -> None:
    (tmp_path / "mine.py").write_text("a = 1\nb = = 2\n")
    with pytest.raises(SyntaxError) as error:
        load_user_file(tmp_path / "mine.py")
    assert error_place(error.value, tmp_path / "mine.py").startswith("line 2: SyntaxError")


def test_a_file_of_another_kind_is_refused(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("")
    with pytest.raises(ImportError, match="is not a Python file"):
        load_user_file(tmp_path / "mine.txt")
