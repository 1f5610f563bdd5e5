"""OpenTelemetry gets a run, its stages and batches, and figures, over OTLP: nobody's data, and no harm if it fails."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import Sandbox, Typed
from tests.support.jobs import people
from tests.support.receivers import Hook


@pytest.fixture
def receiver(monkeypatch: pytest.MonkeyPatch) -> Iterator[Hook]:
    """A receiver of OTLP over HTTP, as the SDK's own variables name it."""
    with Hook(status=200) as hook:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", hook.url.partition("/hook")[0])
        yield hook


def value_of(value: Any) -> Any:
    return getattr(value, value.WhichOneof("value"))


def attributes(one: Any) -> dict[str, Any]:
    return {pair.key: value_of(pair.value) for pair in one.attributes}


def received(hook: Hook) -> tuple[dict[str, list[Any]], dict[str, list[Any]], dict[str, Any]]:
    """Spans and points of figures by their names, and who told them."""
    pytest.importorskip("opentelemetry.sdk", reason="an extra: pip install 'contacts-importer[otel]'")
    from opentelemetry.proto.collector.metrics.v1.metrics_service_pb2 import ExportMetricsServiceRequest  # noqa: PLC0415
    from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest  # noqa: PLC0415

    spans: dict[str, list[Any]] = {}
    points: dict[str, list[Any]] = {}
    who: dict[str, Any] = {}
    for path, (_, body) in zip(hook.paths, hook.posts, strict=True):
        if path == "/v1/traces":
            for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                who = attributes(resource.resource)
                for scope in resource.scope_spans:
                    for span in scope.spans:
                        spans.setdefault(span.name, []).append(span)
        else:
            assert path == "/v1/metrics"
            for measured in ExportMetricsServiceRequest.FromString(body).resource_metrics:
                for metric in (metric for scope in measured.scope_metrics for metric in scope.metrics):
                    data = getattr(metric, metric.WhichOneof("data"))
                    points.setdefault(metric.name, []).extend(data.data_points)
    return spans, points, who


def test_a_run_is_a_trace_with_its_stages_and_batches(
    typed: Typed, sandbox: Sandbox, receiver: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By the ids of run and batch, with exit code and rows by outcome; no name, number or file is in a byte of it."""
    pytest.importorskip("opentelemetry.sdk", reason="an extra: pip install 'contacts-importer[otel]'")
    monkeypatch.chdir(tmp_path)
    Path("canary-list.csv").write_text(people(3) + "No Number,n/a\n", "utf-8")
    done = typed("run", "canary-list.csv", "--base-url", sandbox.url, "--batch-size", "2", "--json")
    assert done.code == 3, done.err
    run_id = json.loads(done.out)["run_id"]
    spans, points, who = received(receiver)
    assert who["service.name"] == "importer"
    assert {name: len(some) for name, some in spans.items()} == {
        "run": 1, "prepare": 1, "deliver": 1, "report": 1, "batch": 2,
    }  # fmt: skip
    (run,), (deliver,) = spans["run"], spans["deliver"]
    told = {"importer.run_id": run_id, "importer.exit_code": 3, "importer.imported": 3, "importer.errored": 1}
    assert attributes(run) == told
    assert all(attributes(span)["importer.run_id"] == run_id for some in spans.values() for span in some)
    assert {span.trace_id for some in spans.values() for span in some} == {run.trace_id}
    assert {spans[name][0].parent_span_id for name in ("prepare", "deliver", "report")} == {run.span_id}
    batches = {attributes(span)["importer.batch"]: span for span in spans["batch"]}
    assert [attributes(batches[number])["importer.rows"] for number in (1, 2)] == [2, 1]
    assert {(span.parent_span_id, attributes(span)["importer.state"]) for span in spans["batch"]} == {
        (deliver.span_id, "settled")
    }
    rows = {attributes(point)["importer.outcome"]: point.as_int for point in points["importer.rows"]}
    assert rows == {"imported": 3, "errored": 1}
    assert sum(point.count for point in points["importer.batch.duration"]) == 2
    stages = {attributes(point)["importer.stage"] for point in points["importer.stage.duration"]}
    assert stages == {"prepare", "deliver", "report"}
    for _, body in receiver.posts:
        assert not any(text in body for text in (b"Person", b"2025550", b"canary", str(tmp_path).encode()))


def test_a_job_is_the_root_of_its_runs(
    typed: Typed, sandbox: Sandbox, receiver: Hook, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """One trace a start, with the job's name; a service named by the environment keeps its name."""
    pytest.importorskip("opentelemetry.sdk", reason="an extra: pip install 'contacts-importer[otel]'")
    monkeypatch.setenv("OTEL_SERVICE_NAME", "lists")
    (tmp_path / "inbox").mkdir()
    for number, name in enumerate(("a.csv", "b.csv")):
        (tmp_path / "inbox" / name).write_text(people(2, first=number * 2), "utf-8")
    job = tmp_path / "job.toml"
    job.write_text('name = "nightly"\nregion = "US"\nsource = {inbox = "inbox", settle_s = 0}\n', "utf-8")
    assert typed("job", "run", job, "--base-url", sandbox.url).code == 0
    spans, points, who = received(receiver)
    assert who["service.name"] == "lists"
    (start,) = spans["job"]
    assert attributes(start) == {"importer.job": "nightly", "importer.exit_code": 0}
    assert [run.parent_span_id for run in spans["run"]] == [start.span_id] * 2
    assert sum(point.as_int for point in points["importer.rows"]) == 4


@pytest.mark.parametrize("is_installed", [True, False])
def test_what_cannot_be_told_changes_nothing(  # noqa: PLR0917
    typed: Typed, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, receiver: Hook, is_installed: bool
) -> None:
    """A receiver that refuses, or the extra missing: the run ends as it would, with a line in its log alone."""
    if is_installed:
        pytest.importorskip("opentelemetry.sdk", reason="an extra: pip install 'contacts-importer[otel]'")
        receiver.status = 400
    else:
        monkeypatch.setitem(sys.modules, "opentelemetry.sdk.metrics", None)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(people(2), "utf-8")
    log = ("--log-file", "run.log", "--log-format", "json")
    done = typed("run", "a.csv", "--base-url", sandbox.url, "--json", *log)
    assert (done.code, done.err) == (0, "")
    problems = [
        line["problem"]
        for line in map(json.loads, Path("run.log").read_text("utf-8").splitlines())
        if "problem" in line
    ]
    assert problems
    assert ("contacts-importer[otel]" in problems[0]) is not is_installed


@pytest.mark.parametrize("variable", ["OTEL_SDK_DISABLED", None])
def test_nothing_of_it_is_loaded_where_nobody_receives_it(
    typed: Typed, sandbox: Sandbox, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, variable: str | None
) -> None:
    """Without a receiver in the environment, or switched off: the extra could not even be imported."""
    if variable:
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", "http://127.0.0.1:9")
        monkeypatch.setenv(variable, "true")
    monkeypatch.setitem(sys.modules, "opentelemetry", None)
    monkeypatch.chdir(tmp_path)
    Path("a.csv").write_text(people(2), "utf-8")
    done = typed("run", "a.csv", "--base-url", sandbox.url, "--json", "--log-file", "run.log")
    assert done.code == 0, done.err
    assert "telemetry" not in Path("run.log").read_text("utf-8")
