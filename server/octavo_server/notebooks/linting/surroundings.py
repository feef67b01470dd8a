"""Rules on what a result depends on besides its inputs: time, network, people, paths. Pure."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from typing import Final

from octavo_server.notebooks.document import VOLATILE_TAG
from octavo_server.notebooks.linting.domain import Finding
from octavo_server.notebooks.linting.reading import CodeCell, Imports, dotted

CLOCK: Final = re.compile(
    r"^(?:datetime\.(?:datetime\.(?:now|utcnow|today)|date\.today)"
    r"|time\.(?:time|time_ns|ctime)|pandas\.(?:Timestamp|to_datetime)\.(?:now|today|utcnow)"
    r"|arrow\.(?:now|utcnow)|pendulum\.(?:now|today))$"
)
CLOCK_OF_NOW: Final = re.compile(r"^time\.(?:localtime|gmtime|strftime|asctime)$")
"""What reads the clock only where it is given no time."""
NETWORK: Final = re.compile(
    r"^(?:requests|httpx)\.(?:get|post|put|patch|delete|head|options|request|stream|Session"
    r"|session|Client|AsyncClient)$"
    r"|^aiohttp\.(?:ClientSession|request)$|^urllib3\.(?:PoolManager|request)$"
    r"|^urllib\.request\.(?:urlopen|urlretrieve|Request)$"
    r"|^http\.client\.HTTPS?Connection$|^socket\.(?:socket|create_connection)$"
    r"|^ftplib\.FTP(?:_TLS)?$|^smtplib\.SMTP(?:_SSL)?$|^paramiko\.SSHClient$"
    r"|^boto3\.(?:client|resource|Session|session\.Session)$|^google\.cloud\.\w+\.Client$"
    r"|^yfinance\.(?:download|Ticker|Tickers)$|^wget\.download$|^gdown\.download$"
    r"|^kagglehub\.\w+_download$|^huggingface_hub\.(?:hf_hub_download|snapshot_download|login)$"
    r"|^openai\.\w*OpenAI$|^anthropic\.\w*Anthropic$|^nltk\.download$|^opendatasets\.download$"
    r"|^datasets\.load_dataset$|^sklearn\.datasets\.fetch_\w+$|^seaborn\.load_dataset$"
    r"|^(?:psycopg2?|pymysql|MySQLdb|pyodbc|snowflake\.connector|oracledb|cx_Oracle)\.connect$"
)
WEB: Final = re.compile(r"^(?:https?|ftp|s3|gs|abfss?)://")
READS: Final = re.compile(
    r"^(?:pandas|polars|geopandas|dask\.dataframe|pyarrow\.parquet|numpy|duckdb)\."
    r"(?:read_\w+|scan_\w+|loadtxt|genfromtxt)$"
)
ABSOLUTE: Final = re.compile(
    r"^(?:/(?:home|Users|root|tmp|mnt|data|var|opt|srv|etc|media|work|content|kaggle|workspace"
    r"|notebooks|scratch|dbfs)/\S+|~[\w.-]*/\S+|[A-Za-z]:[\\/](?![\\/])\S+|\\\\[\w.-]+\\\S+)$"
)
LONGEST_PATH: Final = 4096
ASKS: Final = frozenset({"input", "raw_input", "getpass.getpass"})


class Surroundings:
    """Looks at calls and texts, knowing what the notebook imported."""

    def __init__(self, imports: Imports, lake: str = "") -> None:
        """``lake`` is the folder that `$OCTAVO_LAKE` stands for; empty: not known."""
        self._imports = imports
        self._lake = lake.rstrip("/")

    def findings(self, code: CodeCell, bound: frozenset[str] = frozenset()) -> Iterator[Finding]:
        """Yield findings of one cell; ``bound``: builtins that the notebook defines itself."""
        routes = _decorator_texts(code)
        told: set[tuple[str, str]] = set()
        for node in code.nodes:
            if isinstance(node, ast.Call):
                for one in self._call(code, node, bound):
                    if (one.rule, one.message) not in told:
                        yield one  # once a cell: a timed loop reads the clock again and again
                    told.add((one.rule, one.message))
            elif isinstance(node, ast.Constant) and node not in routes:
                text = node.value if isinstance(node.value, str) else ""
                if len(text) < LONGEST_PATH and ABSOLUTE.match(text):
                    yield self._path(code, node, text)

    def _call(self, code: CodeCell, node: ast.Call, bound: frozenset[str]) -> Iterator[Finding]:
        origin, shown = self._imports.origin(node.func), dotted(node.func)
        now = CLOCK.match(origin) or (CLOCK_OF_NOW.match(origin) and _without_time(origin, node))
        if now and VOLATILE_TAG not in code.cell.tags:
            yield _found(
                "wall-clock", code, node, f"`{shown}()` gives another answer each time.",
                "Make the time a parameter, or tag the cell `volatile`.",
            )  # fmt: skip
        if NETWORK.match(origin) or (READS.match(origin) and _first_text_is_web(node)):
            yield _found(
                "network", code, node, f"`{shown}` depends on the network.",
                "Read from the lake, so that the input can be pinned.",
            )  # fmt: skip
        if origin in ASKS or (not origin and shown in ASKS - bound):
            yield _found(
                "asks-input", code, node, f"`{shown}()` waits for a person; a run has none.",
                "Make what it asks for a parameter; read secrets from the environment.",
            )  # fmt: skip

    def _path(self, code: CodeCell, node: ast.Constant, text: str) -> Finding:
        inside = bool(self._lake) and text.startswith(f"{self._lake}/")
        fix = "Use a path relative to the working folder, or $OCTAVO_LAKE."
        if inside:
            rest = text[len(self._lake) + 1 :]
            fix = f"Write `os.path.join(os.environ['OCTAVO_LAKE'], {rest!r})`."
        return Finding(
            rule="absolute-path",
            cell=code.cell.index,
            span=code.span(node),
            message=f"{text[:80]!r} exists on one machine only.",
            fix=fix,
        )


def _without_time(origin: str, node: ast.Call) -> bool:
    """Return whether a function of `time` is given no moment: strftime's first is the format."""
    return len(node.args) < (2 if origin.endswith("strftime") else 1)


def _first_text_is_web(node: ast.Call) -> bool:
    first = node.args[0] if node.args else next((one.value for one in node.keywords), None)
    if isinstance(first, ast.JoinedStr) and first.values:
        first = first.values[0]
    text = first.value if isinstance(first, ast.Constant) else None
    return isinstance(text, str) and bool(WEB.match(text))


def _decorator_texts(code: CodeCell) -> set[ast.AST]:
    """Return the texts in decorators: those of web routes look like paths."""
    found: set[ast.AST] = set()
    for node in code.nodes:
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            for one in node.decorator_list:
                found.update(ast.walk(one))
    return found


def _found(rule: str, code: CodeCell, node: ast.Call, message: str, fix: str) -> Finding:
    return Finding(
        rule=rule, cell=code.cell.index, span=code.span(node.func), message=message, fix=fix
    )
