"""The public edge: HTTP forwarded to the services, realtime sockets, rate limits, documents, the start page."""
