"""What media counts."""

from opentelemetry import metrics

_meter = metrics.get_meter("guildhall.media")

uploads_swept = _meter.create_counter("media_uploads_swept", description="Files nobody wanted, by what they lacked")
