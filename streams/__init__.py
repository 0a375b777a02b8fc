"""The Faust app: incidents become cases."""
