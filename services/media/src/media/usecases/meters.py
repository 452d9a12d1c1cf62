"""What media counts."""

from chassis import metrics

uploads_swept = metrics.counter("media_uploads_swept", "Files nobody wanted, by what they lacked")
