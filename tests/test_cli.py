import geopandas
import pytest

from tilefold.cli import main


def test_a_small_scene_needs_no_further_dial(tmp_path, capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["tilefold", "simulate", str(tmp_path / "scene"), "--size", "24"])
    main()
    assert "simulated scene" in capsys.readouterr().out
    assert len(geopandas.read_file(tmp_path / "scene" / "reference.gpkg")) > 0


def test_an_unknown_command_names_the_known_ones(capsys, monkeypatch):
    monkeypatch.setattr("sys.argv", ["tilefold", "simulat"])
    with pytest.raises(SystemExit):
        main()
    assert "simulate" in capsys.readouterr().err
