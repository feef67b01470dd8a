"""Secrets and personal data have forms that check themselves; look-alikes are left alone."""

from __future__ import annotations

import pytest
from tests.support.notebooks import code, notebook

from octavo.records.linting import LintFinding
from octavo_server.notebooks.document import parse
from octavo_server.notebooks.linting.rules import lint


def shown(text: str, kind: str = "text/plain") -> list[LintFinding]:
    output = {"output_type": "display_data", "data": {kind: text}, "metadata": {}}
    return lint(parse(notebook(code("n", outputs=[output])))).findings


def written(source: str) -> list[str]:
    return [one.rule for one in lint(parse(notebook(source))).findings]


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("jane.doe@airline.aero", "1 e-mail addresses, such as j…@a…"),
        ("call +49 30 901820 now", "1 phone numbers, such as +4…20"),
        ("card 4111 1111 1111 1111.", "1 card numbers, such as 41…11"),
        ("DE89 3704 0044 0532 0130 00", "1 account numbers, such as DE…00"),
        ("ssn 219-09-9999", "1 social security numbers, such as 21…99"),
        ("<td>jane.doe@airline.aero</td><td>joe@airline.aero</td>", "2 e-mail addresses"),
    ],
)
def test_personal_data_are_counted_and_masked(text: str, says: str) -> None:
    findings = [one for one in shown(text) if one.rule == "personal-data"]
    assert [says in one.message for one in findings] == [True]
    assert findings[0].blocks == ["prod"]
    assert "jane.doe" not in findings[0].message


@pytest.mark.parametrize(
    "text",
    [
        "git@github.com:octavo/octavo.git", "user@example.com", "noreply@airline.aero",
        "image@2x.png", "https://me@host.aero/x", "<script>var a='jane.doe@airline.aero'</script>",
        "2013-06-01 12:00:00+00:00", "+1.5 +2.5 +3.5", "4111 1111 1111 1112", "0.4111111111111111",
        "4000 2013 2014 2015 2016 2017 2018", "DE89 3704 0044 0532 0130 01", "000-12-3456",
        "1970-01-01", "<0x7f1234567890>", "a = b @ c", "1601-01-0001",
    ],
)  # fmt: skip
def test_look_alikes_are_left_alone(text: str) -> None:
    assert shown(text, "text/html" if "<" in text else "text/plain") == []


def test_pictures_are_not_read() -> None:
    assert shown("jane.doe@airline.aero", "image/png") == []


@pytest.mark.parametrize(
    "source",
    [
        "password = 'hunter22'",
        "connect(password='hunter22') if n else connect",
        "conf = {'api_key': 'b7f3a91c'}",
        "import os\nos.environ['API_TOKEN'] = 'b7f3a91c'",
        "token = 'b7f3a91c55de41aa9f'",
    ],
)
def test_a_written_password_is_found(source: str) -> None:
    assert "written-password" in written(source)


@pytest.mark.parametrize(
    "source",
    [
        "password = ''", "password = 'your-password'", "password = '<password>'",
        "password_field = 'password'", "pad_token = '[PAD]'", "token = 'EWR'",
        "secret = '{secret}'", "api_key = 'API_KEY'", "import os\nkey = os.environ['API_KEY']",
        "token = 'the quick brown fox jumps'", "x = 'postgresql://me:${PASSWORD}@db/x'",
        "x = 'postgresql://user:password123_example@db/x'",
        "x = 'sk-XXXXXXXXXXXXXXXXXXXXXXXXXXXXXXXX'",
    ],
)  # fmt: skip
def test_placeholders_are_no_secrets(source: str) -> None:
    assert {"written-password", "secret"} & set(written(source)) == set()


@pytest.mark.parametrize(
    ("source", "rules"),
    [
        ("import time\ntime.time() - time.time()", ["wall-clock"]),
        ("import time\ntime.strftime('%Y', time.gmtime(0))", []),
        ("random = n\nrandom.random()", []),
        ("def input(): return 1\ninput()", []),
        ("input()", ["asks-input"]),
        ("import getpass\ngetpass.getpass()", ["asks-input"]),
        ("def route(path): return print\n@route('/data/rows')\ndef rows(): pass", []),
        ("import numpy as np\nnp.random.seed()\nnp.random.rand(3)", ["unseeded-randomness"]),
        ("import numpy as np\nnp.random.rand(3)\nnp.random.seed(1)", ["unseeded-randomness"]),
        ("import torch\ntorch.manual_seed(0)\ntorch.rand(3)", []),
        ("import torch\ntorch.rand(3)", ["unseeded-randomness"]),
        ("def set_seed(n): pass\nset_seed(1)\nimport torch\ntorch.rand(3)", []),
        ("import os\nos.system('pip install pandas')", ["unpinned-install"]),
        ("%%bash\npip install pandas", ["unpinned-install", "shell"]),
        ("%pip install git+https://example.org/a.git@" + "a" * 40, ["install"]),
        ("import pandas as pd\npd.read_parquet('s3://bucket/a.parquet')", ["network"]),
        ("import pandas as pd\npd.read_parquet('curated/a.parquet')", []),
    ],
)
def test_only_what_really_depends_on_it_is_faulted(source: str, rules: list[str]) -> None:
    assert written(source) == rules


def test_a_volatile_cell_may_read_the_clock() -> None:
    cell = code("import time\ntime.time()", "volatile")
    assert lint(parse(notebook(cell))).findings == []
