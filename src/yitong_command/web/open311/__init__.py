"""Open311 GeoReport v2 for everybody: what may be read without a key."""
