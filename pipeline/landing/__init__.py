"""Landing: delivered batches are checked, kept as Parquet and registered as the schema ``raw``.

``land`` takes what is new below EXPORTS and says what is there, ``register_raw`` shows it to dbt.
"""

from pipeline.landing.declaration import Column, Source, Table, read_source
from pipeline.landing.land import PUBLIC_SALT_OF_SYNTHETIC_DATA, Landed, land, salt_for
from pipeline.landing.register import register_raw
from pipeline.landing.store import LandedBatch, LandedFile, forget

__all__ = [
    "PUBLIC_SALT_OF_SYNTHETIC_DATA",
    "Column",
    "Landed",
    "LandedBatch",
    "LandedFile",
    "Source",
    "Table",
    "forget",
    "land",
    "read_source",
    "register_raw",
    "salt_for",
]
