"""The REST API, the live stream and the console's server."""
