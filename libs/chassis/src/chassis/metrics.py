"""Metrics: one provider per process, `/metrics` in Prometheus' text format, OTLP when an endpoint is set.

An instrument is named `<service>_<noun>_<unit>`, or after its library, and made here, at import. Adding to a counter is
adding to an integer, which a hot path can afford (OpenTelemetry's own add takes 19 µs); it is read when it is exported.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from litestar import Request, Response, get
from opentelemetry import metrics
from opentelemetry.exporter.otlp.proto.http.metric_exporter import OTLPMetricExporter
from opentelemetry.exporter.prometheus import PrometheusMetricReader
from opentelemetry.metrics import CallbackOptions, Observation
from opentelemetry.sdk.metrics import Histogram, MeterProvider
from opentelemetry.sdk.metrics.export import MetricReader, PeriodicExportingMetricReader
from opentelemetry.sdk.metrics.view import ExplicitBucketHistogramAggregation, View
from opentelemetry.sdk.resources import Resource
from prometheus_client import CONTENT_TYPE_LATEST, REGISTRY, generate_latest

from chassis.settings import ServiceSettings
from contracts.problems import NotFound

PATH: Final = "/metrics"
SECONDS: Final = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0)
"""Buckets of histograms in seconds: from what a wake-up takes to what an outage takes."""
LOOPBACK: Final = frozenset({"127.0.0.1", "::1"})

INSTRUMENTS: Final[dict[str, str]] = {}
"""Every instrument of this process: its name and its help."""

_meter: Final = metrics.get_meter("guildhall")


class Count:
    """A number by attributes, kept as plain integers."""

    def __init__(self) -> None:
        self._values: dict[tuple[tuple[str, str], ...], int] = {(): 0}

    def add(self, amount: int, attributes: Mapping[str, str] | None = None) -> None:
        key = tuple(attributes.items()) if attributes else ()
        self._values[key] = self._values.get(key, 0) + amount

    def value(self, attributes: Mapping[str, str] | None = None) -> int:
        """How much it is now."""
        return self._values.get(tuple(attributes.items()) if attributes else (), 0)

    def observe(self, _: CallbackOptions) -> Iterable[Observation]:
        with_attributes = len(self._values) > 1
        return [
            Observation(value, dict(key))
            for key, value in tuple(self._values.items())
            if key or value or not with_attributes
        ]


def counter(name: str, description: str) -> Count:
    """Something that happens; it only grows."""
    made = Count()
    _meter.create_observable_counter(_known(name, description), [made.observe], description=description)
    return made


def level(name: str, description: str) -> Count:
    """Something of which there is more or less."""
    made = Count()
    _meter.create_observable_up_down_counter(_known(name, description), [made.observe], description=description)
    return made


def histogram(name: str, description: str) -> metrics.Histogram:
    """How long something takes, in seconds. Recording takes 6 µs: once for a batch, never for each socket."""
    return _meter.create_histogram(_known(name, description), unit="s", description=description)


def observed(name: str, description: str, callback: metrics.CallbackT, *, grows: bool = False) -> None:
    """Something that is asked for when it is exported."""
    make = _meter.create_observable_counter if grows else _meter.create_observable_gauge
    make(_known(name, description), [callback], description=description)


def _known(name: str, description: str) -> str:
    if name in INSTRUMENTS:
        raise ValueError(f"there is an instrument {name} already")
    INSTRUMENTS[name] = description
    return name


def configure(service: str, settings: ServiceSettings) -> None:
    """Once per process."""
    readers: list[MetricReader] = [PrometheusMetricReader(scope_info_enabled=False)]
    if settings.otel_exporter_otlp_endpoint:
        exporter = OTLPMetricExporter(endpoint=f"{settings.otel_exporter_otlp_endpoint}/v1/metrics")
        readers.append(PeriodicExportingMetricReader(exporter))
    buckets = ExplicitBucketHistogramAggregation(SECONDS)
    in_seconds = View(instrument_type=Histogram, instrument_unit="s", aggregation=buckets)
    resource = Resource.create({"service.name": service})
    metrics.set_meter_provider(MeterProvider(metric_readers=readers, resource=resource, views=[in_seconds]))


def exposition() -> bytes:
    """Everything, in Prometheus' text format; what was never recorded has its help alone."""
    text = generate_latest(REGISTRY)
    missing = [name for name in INSTRUMENTS if b"# HELP " + name.encode() not in text]
    return text + b"".join(f"# HELP {name} {INSTRUMENTS[name]}\n".encode() for name in missing)


@get(PATH, include_in_schema=False)
async def shown() -> Response[bytes]:
    """On a service's own port, which the gateway does not forward to."""
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)


@get(PATH, include_in_schema=False)
async def shown_on_loopback(request: Request[Any, Any, Any]) -> Response[bytes]:
    """To this machine alone, and not to what a proxy on it forwards."""
    peer = request.client.host if request.client else ""
    if peer not in LOOPBACK or "x-forwarded-for" in request.headers or "forwarded" in request.headers:
        raise NotFound
    return Response(exposition(), media_type=CONTENT_TYPE_LATEST)


def route_for(settings: ServiceSettings) -> object:
    """`/metrics`, shown to nobody from outside."""
    return shown_on_loopback if settings.IS_PUBLIC else shown
