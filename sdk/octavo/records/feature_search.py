"""What a search over all of a person's features asks and answers; times are UTC."""

from typing import Literal

from pydantic import Field

from octavo.records.base import Answer
from octavo.records.features import FeatureViewSummary, Name


class SearchReason(Answer):
    """Why a view was found, and why it stands where it does: one word of the query in one place."""

    asked: Name = Field(description="The word of the query.")
    found: Name = Field(description="The word that was found for it.")
    how: Literal["exact", "prefix", "inside", "typo"] = Field(
        description="The word itself, its beginning, a part of a word, or a typing error."
    )
    field: Literal[
        "name", "column", "entity", "service", "tag", "owner", "description", "column description"
    ] = Field(description="In which kind of field.")
    of: Name = Field(description="Which one of its kind: the column's or tag's name; may be empty.")
    points: float = Field(description="What this adds to the score.")


class FeatureSearchHit(FeatureViewSummary):
    """One found view; `reasons` explain its place."""

    score: float = Field(description="Sum of the best points of each word and of `use_points`.")
    reasons: list[SearchReason] = Field(
        description="Best first; at most 8. Empty without a query: then views are listed by name."
    )
    use_points: float = Field(description="What recent use by people adds to the score, up to 1.")
    columns_matched: list[Name] = Field(
        description="Columns in which words were found; at most 20."
    )
    more_columns: int = Field(description="Columns that `columns` leaves out.")


class FacetValue(Answer):
    """One value of a facet."""

    value: Name = Field(description="Send it as the facet's query parameter to narrow the search.")
    count: int = Field(description="Views with it, under the query and the other facets' choices.")
    chosen: bool = Field(description="True: the search was narrowed to it.")


class FeatureFacet(Answer):
    """How the found views divide by one property."""

    name: Literal["project", "entity", "owner", "tag", "freshness", "type", "online", "state"] = (
        Field(description="Also the name of the query parameter.")
    )
    values: list[FacetValue] = Field(description="Most frequent first, chosen ones always; <= 50.")
    more: int = Field(description="Values that are left out.")


class FeatureSearchPage(Answer):
    """What a search found, best match first."""

    items: list[FeatureSearchHit] = Field(description="The views.")
    total: int = Field(description="Views found in all.")
    columns_total: int = Field(description="Features (columns) of the views found.")
    next_offset: int | None = Field(description="Pass as `offset` for the next page; None ends.")
    facets: list[FeatureFacet] = Field(description="How the found views divide.")
    unknown_words: list[Name] = Field(
        description="Words of the query for which no view of the caller's has anything like it."
    )
