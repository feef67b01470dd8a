"""Pure: the Python that reads features in a notebook, for a frame that is there or one to come.

Every name of a view, feature or service is a checked identifier and every variable one too; what a
person called a column of theirs is written as a Python literal, so that no name becomes code.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

PLACE = "octavo_row"
"""The column that brings the joined rows back into the frame's own order."""
TIME = "event_timestamp"
"""What Feast calls the column with each row's time."""


@dataclass(frozen=True, kw_only=True)
class LiveFrame:
    """A frame in a person's kernel."""

    name: str
    """The variable."""
    library: str
    """pandas or polars."""
    keys: Mapping[str, str]
    """Join key to the frame's column."""
    time: str
    """The column with each row's time."""
    index: bool
    """Whether keys or time lie in its index."""


def historical(wanted: str, keys: Sequence[str], result: str, frame: LiveFrame | None) -> str:
    """Return code that joins as of each row's own time; ``wanted`` is what features gets."""
    if frame is None:
        needs = ", ".join([*keys, f"{TIME} (UTC)"])
        return (
            "from octavo.features import store\n\n"
            f"# entity_df: a pandas frame with {needs}, one row a prediction\n"
            f"{result} = store().get_historical_features(\n"
            "    entity_df=entity_df,\n"
            f"    features={wanted},\n"
            ").to_df()\n"
            f"{result}.head()\n"
        )
    return (
        "from octavo.features import store\n\n"
        f"# one row for each row of {frame.name}, in its order; times without a zone are UTC\n"
        f"{result} = (\n"
        "    store()\n"
        "    .get_historical_features(\n"
        f"{_entity_frame(frame, keys)}"
        f"        features={_indented(wanted)},\n"
        "    )\n"
        "    .to_df()\n"
        f'    .sort_values("{PLACE}")\n'
        f'    .drop(columns="{PLACE}")\n'
        f'    .set_axis({_axis(frame)}, axis="index")\n'
        ")\n"
        f"{result}.head()\n"
    )


def _entity_frame(frame: LiveFrame, keys: Sequence[str]) -> str:
    """Return the argument with keys and time alone: more columns could clash with features."""
    names = [frame.keys[key] for key in keys]
    picked = ", ".join(repr(name) for name in [*names, frame.time])
    axis = ", ".join(f'"{name}"' for name in [*keys, TIME])
    source = {
        "pandas": f"{frame.name}{'.reset_index()' if frame.index else ''}[[{picked}]]",
        "polars": f"{frame.name}.select([{picked}]).to_pandas()",
    }[frame.library]
    return (
        f"        entity_df={source}\n"
        f'        .set_axis([{axis}], axis="columns")\n'
        f"        .assign({PLACE}=range(len({frame.name}))),\n"
    )


def _axis(frame: LiveFrame) -> str:
    return f"{frame.name}.index" if frame.library == "pandas" else f"range(len({frame.name}))"


def online(wanted: str, keys: Sequence[str]) -> str:
    """Return code that reads the newest values of one entity."""
    row = ", ".join(f'"{key}": ...' for key in keys)
    return (
        "from octavo.features import store\n\n"
        "store().get_online_features(\n"
        f"    features={wanted},\n"
        f"    entity_rows=[{{{row}}}],\n"
        ").to_dict()\n"
    )


def listed(features: Sequence[str]) -> str:
    """Return a list of ``view:feature`` as code."""
    return "[\n" + "".join(f'        "{one}",\n' for one in features) + "    ]"


def named(service: str) -> str:
    """Return a feature service as code."""
    return f'"{service}"'


def _indented(wanted: str) -> str:
    return wanted.replace("\n", "\n    ")
