from tilefold.config.data import LandCoverClass
from tilefold.plan.levels import class_levels
from tilefold.plan.nomenclature import choose_nodata, class_names, read_nomenclature


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


def test_groups_and_aliases_of_a_csv(tmp_path):
    path = tmp_path / "n.csv"
    path.write_text(
        "\ufeffcode,label,colour,parent,alias\n"
        '1,wheat,#ff0000,crops,"blé; winter wheat"\n'
        "2,maize,,crops,\n"
        "3,water,#0000ff,,511\n",
        encoding="utf-8",
    )
    classes, faults = read_nomenclature(str(path))
    assert faults == []
    assert [item.parent for item in classes] == ["crops", "crops", None]
    assert [item.alias for item in classes] == [["blé", "winter wheat"], [], ["511"]]
    assert class_names(classes, labels=False) == {"blé": 1, "winter wheat": 1, "511": 3}
    assert class_names(classes, labels=True)["maize"] == 2


def test_a_name_of_two_classes_is_a_fault():
    def faults(*classes):
        return read_nomenclature([LandCoverClass(**item) for item in classes])[1]

    (fault,) = faults({"code": 1, "label": "Wheat"}, {"code": 2, "label": "b", "alias": ["wheat "]})
    assert "means the codes 1 and 2" in fault
    (fault,) = faults({"code": 1, "label": "a", "alias": ["2"]}, {"code": 2, "label": "b"})
    assert "the name '2' means the codes 1 and 2" in fault
    assert faults({"code": 1, "label": "a", "alias": ["A", "1"]}, {"code": 2, "label": "b"}) == []


STUDY = {
    "continuous urban fabric": (1, (255, 0, 255)),
    "beaches, dunes and sand plains": (21, (255, 184, 2)),
    "others: all": (255, (255, 255, 255)),
}


def test_the_two_text_files_of_the_reference_system(tmp_path):
    names, colours = tmp_path / "nomenclature.txt", tmp_path / "colours.txt"
    names.write_text("".join(f"{name}:{code}\n" for name, (code, _) in STUDY.items()) + "\n")
    colours.write_text("0 0 0 0\n" + "".join(f"{code} {r} {g} {b}\n" for code, (r, g, b) in STUDY.values()))
    classes, faults = read_nomenclature(str(names), str(colours))
    assert faults == []
    assert [(item.code, item.label, item.colour) for item in classes] == [
        (1, "continuous urban fabric", "#ff00ff"),
        (21, "beaches, dunes and sand plains", "#ffb802"),
        (255, "others: all", "#ffffff"),
    ]


def test_bad_lines_of_the_two_text_files(tmp_path):
    names, colours = tmp_path / "nomenclature.txt", tmp_path / "colours.txt"
    names.write_text("water:1\n\nforest\nsand:x\n:4\nhuge:99999\n")
    colours.write_text("1 0 0\n2 0 0 300\n3 a b c\n4 1 2 3\n4 1 2 3\n")
    _, faults = read_nomenclature(str(names), str(colours))
    for line, text in (
        (3, "found 'forest'"),
        (4, "found 'sand:x'"),
        (5, "found ':4'"),
        (6, "code: found '99999'"),
    ):
        assert any(f"{names}, line {line}: " in fault and text in fault for fault in faults), line
    for line in (1, 3):
        assert any(f"{colours}, line {line}: expected `code red green blue`" in fault for fault in faults)
    assert any(f"{colours}, line 2: red, green and blue are 0 to 255" in fault for fault in faults)
    assert any(f"{colours}, line 5: code 4 has a colour already" in fault for fault in faults)
    assert len(faults) == 8
    names.write_bytes("a:1\nforêt:2\n".encode("latin-1"))
    (fault,) = read_nomenclature(str(names))[1]
    assert "line 2: not UTF-8" in fault
    assert "no file" in read_nomenclature([], str(tmp_path / "none.txt"))[1][-1]


def of_group(code, parent):
    return LandCoverClass(code=code, label=f"class {code}", parent=parent)


def test_levels_of_the_nomenclature():
    classes = [
        of_group(1, "cereals;crops"),
        of_group(2, "roots; crops"),
        of_group(3, None),
        of_group(5, "cereals;crops"),
    ]
    first, second = class_levels(classes)
    assert [(item["label"], item["classes"]) for item in first] == [
        ("cereals", [1, 5]),
        ("roots", [2]),
        ("class 3", [3]),
    ]
    assert [(item["label"], item["classes"]) for item in second] == [("crops", [1, 2, 5]), ("class 3", [3])]
    assert [item["code"] for item in first] == [1, 2, 3]
    assert class_levels([of_group(1, None), of_group(2, None)]) == []


def test_a_group_in_two_larger_groups_is_a_fault():
    _, faults = read_nomenclature([of_group(1, "cereals;crops"), of_group(2, "cereals")])
    assert faults == [
        "reference.nomenclature: the group 'cereals' lies in crops and in no larger group; give all its classes the "
        "same parents"
    ]
