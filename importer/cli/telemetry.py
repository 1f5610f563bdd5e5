"""OpenTelemetry (extra ``otel``): a run as a trace, with a span a stage and a batch, and figures; nobody's data.

It is on where the environment names a receiver as the SDK does (``OTEL_EXPORTER_OTLP_ENDPOINT``), speaks OTLP over
HTTP, and heeds the SDK's other variables. A log hears every event of a command; so does this.
"""

import logging
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from threading import Lock
from time import perf_counter, time_ns
from typing import Any

from importer import __version__
from importer.models.outcomes import Outcome

_RECEIVERS = {
    signal: ("OTEL_EXPORTER_OTLP_ENDPOINT", f"OTEL_EXPORTER_OTLP_{signal}_ENDPOINT") for signal in ("TRACES", "METRICS")
}
_REPORT = "writing the reports"
_RUN, _STAGE, _BATCH, _JOB = "importer.run_id", "importer.stage", "importer.batch", "importer.job"


class Telemetry:
    """Makes spans and figures of a log's events; belongs to one command, and is called from any thread.

    Args:
        tracer: of the SDK.
        meter: of the SDK.
        below: makes the context in which a new span is the child of this one.
    """

    def __init__(self, tracer: Any, meter: Any, below: Callable[[Any], Any]) -> None:
        self._tracer, self._below = tracer, below
        self._rows = meter.create_counter("importer.rows", "{row}", "Rows of a run, by outcome.")
        self._stage_s = meter.create_histogram("importer.stage.duration", "s", "How long a stage of a run took.")
        self._batch_s = meter.create_histogram("importer.batch.duration", "s", "From a request to what came of it.")
        self._exit_code = meter.create_gauge("importer.exit_code", "1", "Of a run, or of a job's start.")
        self._lock = Lock()
        self._job: Any = None
        self._runs: dict[str, Any] = {}
        self._over_at: dict[str, int] = {}
        self._stages: dict[str, tuple[Any, float]] = {}
        self._batches: dict[int, tuple[Any, float]] = {}

    def hear(self, event: str, run: str | None, batch: int | None, facts: Mapping[str, Any]) -> None:
        """Take an event of the log; those without a span of their own are passed over."""
        with self._lock:
            if event == "start begun":
                if self._job is not None:
                    self._job.end()  # the start before found another one under way
                self._job = self._span("job", None, {_JOB: facts["job"]})
            elif event == "start ended" and self._job is not None:
                self._end(self._job, facts["exit_code"], {_JOB: facts["job"]})
                self._job = None
            elif event == "run begun" and run is not None:
                self._runs[run] = self._span("run", self._job, {_RUN: run})
                self._begin("prepare", run)
            elif run in self._runs:
                self._hear_of_run(event, run, batch, facts)

    def _hear_of_run(self, event: str, run: str, batch: int | None, facts: Mapping[str, Any]) -> None:
        match event:
            case "prepared" if facts["share_read"] >= 1:
                self._end_stages(run, "prepare")
            case "sent":
                self._begin("deliver", run)
                about = {_RUN: run, _BATCH: batch, "importer.rows": facts["rows"]}
                self._batches[batch or 0] = self._span("batch", self._stages["deliver"][0], about), perf_counter()
            case "answered" if batch in self._batches:
                span, began = self._batches.pop(batch)
                span.set_attribute("importer.state", facts["state"])
                span.end()
                self._batch_s.record(perf_counter() - began, {_RUN: run}, self._below(span))
            case "doing" if facts["what"] == _REPORT:
                self._end_stages(run)
                self._begin("report", run)
            case "done":
                self._end_stages(run)
                self._over_at[run] = time_ns()
            case "run ended" | "filed":
                self._end_run(run, facts)

    def close(self) -> None:
        """End what is still open, where a command ends by a bug."""
        with self._lock:
            for span in (*(span for span, _ in self._stages.values()), *self._runs.values(), self._job):
                if span is not None:
                    span.end()

    def _span(self, name: str, parent: Any, about: dict[str, Any]) -> Any:
        return self._tracer.start_span(name, None if parent is None else self._below(parent), attributes=about)

    def _begin(self, stage: str, run: str) -> None:
        if stage not in self._stages:
            self._stages[stage] = self._span(stage, self._runs[run], {_RUN: run}), perf_counter()

    def _end_stages(self, run: str, *names: str) -> None:
        """End these stages of a run, all that are open if none is named."""
        for name in names or tuple(self._stages):
            if name in self._stages:
                span, began = self._stages.pop(name)
                span.end()
                self._stage_s.record(perf_counter() - began, {_RUN: run, _STAGE: name}, self._below(span))

    def _end_run(self, run: str, facts: Mapping[str, Any]) -> None:
        """End a run with its figures, at the time when its reports were written: a job tells of it later."""
        span = self._runs.pop(run)
        counts = {outcome.value: facts[outcome.value] for outcome in Outcome if facts.get(outcome.value)}
        for outcome, count in counts.items():
            span.set_attribute(f"importer.{outcome}", count)
            self._rows.add(count, {_RUN: run, "importer.outcome": outcome}, self._below(span))
        self._end(span, facts["exit_code"], {_RUN: run}, self._over_at.pop(run, None))

    def _end(self, span: Any, exit_code: int, about: dict[str, str], at: int | None = None) -> None:
        span.set_attribute("importer.exit_code", exit_code)
        self._exit_code.set(exit_code, about)
        span.end(at)


@contextmanager
def telemetry(tell: Callable[[str], None]) -> Iterator[Telemetry | None]:
    """Yield what makes spans and figures until the command ends; None if nobody receives them.

    Nothing of the extra is imported then. ``tell`` gets what keeps the receiver from being told, which changes nothing.
    """
    wanted = {signal for signal, names in _RECEIVERS.items() if _is_wanted(signal, names)}
    if not wanted:
        yield None
        return
    try:
        from opentelemetry.sdk.metrics import MeterProvider  # noqa: PLC0415 - an extra
        from opentelemetry.sdk.trace import TracerProvider  # noqa: PLC0415
        from opentelemetry.trace import set_span_in_context  # noqa: PLC0415
    except ImportError:
        tell("OTEL_… names a receiver, but OpenTelemetry is not here: pip install 'contacts-importer[otel]'")
        yield None
        return
    with ExitStack() as stack:
        stack.enter_context(_quiet(tell))
        resource = _resource()
        traces = TracerProvider(resource=resource, shutdown_on_exit=False)
        metrics = MeterProvider(_readers() if "METRICS" in wanted else (), resource, shutdown_on_exit=False)
        if "TRACES" in wanted:
            traces.add_span_processor(_processor())
        stack.callback(metrics.shutdown)
        stack.callback(traces.shutdown)
        heard = Telemetry(traces.get_tracer("importer"), metrics.get_meter("importer"), set_span_in_context)
        stack.callback(heard.close)
        yield heard


def _is_wanted(signal: str, names: tuple[str, ...]) -> bool:
    is_off = os.environ.get("OTEL_SDK_DISABLED", "").lower() == "true"
    is_ours = os.environ.get(f"OTEL_{signal}_EXPORTER", "otlp") == "otlp"
    return not is_off and is_ours and any(os.environ.get(name) for name in names)


def _processor() -> Any:
    from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.trace.export import BatchSpanProcessor  # noqa: PLC0415

    return BatchSpanProcessor(OTLPSpanExporter())


def _readers() -> list[Any]:
    from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter  # noqa: PLC0415 - an extra
    from opentelemetry.sdk.metrics.export import PeriodicExportingMetricReader  # noqa: PLC0415

    return [PeriodicExportingMetricReader(OTLPMetricExporter())]


def _resource() -> Any:
    """Return who tells: this program, unless the environment names it."""
    from opentelemetry.sdk.resources import Resource  # noqa: PLC0415 - an extra

    named = "OTEL_SERVICE_NAME" in os.environ or "service.name=" in os.environ.get("OTEL_RESOURCE_ATTRIBUTES", "")
    return Resource.create({"service.version": __version__} | ({} if named else {"service.name": "importer"}))


@contextmanager
def _quiet(tell: Callable[[str], None]) -> Iterator[None]:
    """Let the SDK's own log go to this command's, once a message: its default is standard error."""
    told: set[str] = set()

    class ToLog(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            if record.msg not in told:
                told.add(record.msg)
                tell(f"{record.name}: {record.getMessage().splitlines()[0]}")

    logger, handler = logging.getLogger("opentelemetry"), ToLog(logging.WARNING)
    logger.addHandler(handler)
    was, logger.propagate = logger.propagate, False
    try:
        yield
    finally:
        logger.removeHandler(handler)
        logger.propagate = was
