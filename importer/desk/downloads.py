"""CSV files that the desk offers: all text, no cell or header that a spreadsheet would take for a formula."""

import csv
import io

import polars as pl
from starlette.responses import Response

from importer.models.formula_guard import guarded_cells, guarded_names


def download(frame: pl.DataFrame, name: str) -> Response:
    """Return a frame of text as a CSV file to be kept under this name."""
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(guarded_names(frame.columns))
    writer.writerows(guarded_cells(frame).iter_rows())
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text.getvalue(), media_type="text/csv; charset=utf-8", headers=headers)
