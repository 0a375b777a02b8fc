"""The live feed: Kafka topics to screens as server-sent events, resumable."""
