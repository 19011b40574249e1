"""The status of the service as a page, as JSON, as a feed."""
