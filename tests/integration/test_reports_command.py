"""Tables of reports, partners' keys and QR codes from the command line."""

from __future__ import annotations

import json
import shutil
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path

import cv2
import pytest
import yaml
from typer.testing import CliRunner

from yitong_command.cli.app import app
from yitong_command.errors import ConfigError
from yitong_command.settings.environment import CHECKOUT
from yitong_command.settings.platform_keys import PlatformKeys, make_key
from yitong_command.settings.platforms import load_platforms
from yitong_command.settings.taxonomy import load_taxonomy
from yitong_command.sources.adapters import ADAPTERS

RUN = CliRunner()
NOW = datetime(2026, 11, 23, 2, 0, tzinfo=UTC)
TABLE = (
    "编号,类别,内容,地址,经度,纬度,坐标系\r\n"
    "T-1,ar_manhole.damaged,井盖破了,示例街,125.3012,43.3461,CGCS2000\r\n"
    "T-2,ar_manhole.damaged,井盖破了,示例街,125.3012,43.3461,GCJ-02\r\n"
)


def test_a_table_is_taken_row_by_row_and_again_changes_nothing(tmp_path: Path) -> None:
    file = tmp_path / "reports.csv"
    file.write_text(TABLE, encoding="gb18030")
    first, again = (
        RUN.invoke(app, ["reports", "import", str(file), "--data", str(tmp_path / "data")])
        for _ in range(2)
    )
    assert (first.exit_code, again.exit_code) == (1, 1)
    assert "T-1  已接收" in first.output
    assert "T-2  拒收" in first.output
    assert "坐标系" in first.output
    assert "T-1  重复" in again.output


def test_a_dropped_table_is_put_away_with_its_answers(tmp_path: Path) -> None:
    folder = tmp_path / "drop"
    folder.mkdir()
    (folder / "good.csv").write_text("\r\n".join(TABLE.splitlines()[:2]), encoding="utf-8")
    (folder / "bad.xlsx").write_bytes(b"no workbook")
    (folder / "note.txt").write_text("left alone", encoding="utf-8")
    data = str(tmp_path / "data")
    done = RUN.invoke(app, ["reports", "drop", str(folder), "--once", "--data", data])
    assert done.exit_code == 0, done.output
    assert [path.name for path in folder.iterdir() if path.is_file()] == ["note.txt"]
    assert len(list((folder / "done").glob("*good.csv"))) == 1
    (answers,) = (folder / "done").glob("*.answers.csv")
    assert "accepted" in answers.read_text(encoding="utf-8-sig")
    assert len(list((folder / "refused").glob("*bad.xlsx"))) == 1


def test_a_key_is_shown_once_and_kept_for_its_owner_only(tmp_path: Path) -> None:
    data = ["--data", str(tmp_path)]
    made = RUN.invoke(app, ["platforms", "key", "city-management", *data])
    assert made.exit_code == 0, made.output
    file = tmp_path / "platform-keys.json"
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    (key,) = json.loads(file.read_text(encoding="utf-8"))["city-management"]
    assert key["secret"] in made.output
    listed = RUN.invoke(app, ["platforms", "list", *data])
    assert key["kid"] in listed.output
    assert key["secret"] not in listed.output
    assert RUN.invoke(app, ["platforms", "key", "nobody", *data]).exit_code == 2
    assert RUN.invoke(app, ["platforms", "end", "city-management", *data]).exit_code == 0
    assert PlatformKeys(file).find("city-management", key["kid"], NOW) is None


def test_keys_overlap_and_are_read_again_when_the_file_changes(tmp_path: Path) -> None:
    keys = PlatformKeys(tmp_path / "keys.json")
    assert keys.find("a", "x", NOW) is None
    old = make_key(keys.path, "a", NOW)
    assert keys.find("a", old.kid, NOW) == old.secret
    new = make_key(keys.path, "a", NOW, timedelta(hours=1))
    later = NOW + timedelta(hours=1)
    assert keys.find("a", old.kid, NOW) == old.secret
    assert keys.find("a", old.kid, later) is None
    assert keys.find("a", new.kid, later) == new.secret
    keys.path.write_text('{"a": [{"kid": "x", "secret": "short"}]}', encoding="utf-8")
    with pytest.raises(ConfigError, match="secret"):
        keys.find("a", "x", NOW)


def test_a_qr_code_leads_to_the_report_page_of_its_place(tmp_path: Path) -> None:
    out = tmp_path / "square.png"
    command = ["qr", "demo-square", "--url", "https://county.example", "--out", str(out)]
    assert RUN.invoke(app, command).exit_code == 0
    picture = cv2.imread(str(out))
    assert picture is not None
    text, *_ = cv2.QRCodeDetector().detectAndDecode(picture)
    assert text == "https://county.example/report?spot=demo-square"
    assert RUN.invoke(app, ["qr", "nowhere", "--out", str(out)]).exit_code == 2
    assert RUN.invoke(app, ["qr", "--url", "javascript:x", "--out", str(out)]).exit_code == 2


WRONG = {
    "partners.city-management.adapter": ("adapter", "soap"),
    "partners.city-management.source": ("source", "rumour"),
    "partners.city-management.codes.E:0110": ("codes", {"E:0110": "cp_dumping.nothing"}),
    "partners.city-management.codes.x": ("codes", {"x": "kp_elder_alone.pendant_call"}),
}


@pytest.mark.parametrize("key", WRONG)
def test_what_is_wrong_in_the_file_is_named(tmp_path: Path, key: str) -> None:
    shutil.copy(CHECKOUT / "config/platforms.yaml", tmp_path)
    file = yaml.safe_load((tmp_path / "platforms.yaml").read_text(encoding="utf-8"))
    name, value = WRONG[key]
    file["partners"]["city-management"][name] = value
    (tmp_path / "platforms.yaml").write_text(yaml.safe_dump(file), encoding="utf-8")
    taxonomy = load_taxonomy(CHECKOUT / "config/taxonomy.yaml")
    with pytest.raises(ConfigError) as caught:
        load_platforms(tmp_path, taxonomy, frozenset(ADAPTERS))
    assert caught.value.key == key
