from tilefold.config.data import LandCoverClass
from tilefold.plan.nomenclature import choose_nodata, read_nomenclature


def test_csv_is_read_in_code_order(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text("code,label,colour\n7,b,#ff0000\n2,a,\n")
    classes, faults = read_nomenclature(str(path))
    assert faults == []
    assert [(item.code, item.label, item.colour) for item in classes] == [
        (2, "a", "#808080"),
        (7, "b", "#ff0000"),
    ]


def test_faults_name_file_and_line(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text("code,label,colour\nx,b,#ff0000\n2,a,red\n2,c,\n")
    _, faults = read_nomenclature(str(path))
    assert any("line 2: code: found 'x'" in fault for fault in faults)
    assert any("line 3: colour: found 'red'" in fault for fault in faults)
    assert "no file" in read_nomenclature(str(tmp_path / "none.csv"))[1][0]
    path.write_text("class,name\n")
    assert "lacks code, label; it has class, name" in read_nomenclature(str(path))[1][0]


def test_a_code_twice_is_a_fault():
    twice = [LandCoverClass(code=1, label="a"), LandCoverClass(code=1, label="b")]
    assert "code 1 is given twice" in read_nomenclature(twice)[1][0]


def test_nodata_is_outside_all_class_codes():
    assert choose_nodata("auto", [1, 2, 255]) == (0, [])
    assert choose_nodata("auto", [0, 1, 3]) == (2, [])
    assert choose_nodata(9, [1]) == (9, [])
    assert "code of a class" in choose_nodata(255, [1, 255])[1][0]
