"""The gateway's own pages: what runs here, the documents, the status."""
